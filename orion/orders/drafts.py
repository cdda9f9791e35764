"""One order on its way in: what the channel says over what we hold, its status, its flags, and the history of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from orion.channels import Connection, RemoteOrder
from orion.orders import states
from orion.orders.flags import conditions, weigh
from orion.orders.models import FLAGS
from orion.orders.opened import entry
from orion.orders.rows import line_columns, order_columns, payload
from orion.orders.search import search_text

PERSONAL = (
    "customer_name", "customer_email", "customer_phone", "customer_reference", "shipping_address", "billing_address",
)  # fmt: skip
"""What an order says of its buyer."""

FORGOTTEN = {"forgotten": True}
"""The payload of an order whose buyer was forgotten."""

_SENT_FIELDS = ("channel_line_id", "quantity", "cancelled_quantity", "sku", "channel_product_id")
_NOT_TOLD = ("fingerprint", "remote_updated_at", "last_synced_at", "search_text", "shipped_quantity", "position")


@dataclass(slots=True)
class Draft:
    """An order as it was (None: it is new) and as it will be; `stamp` is its fingerprint.

    `happened` are flags that this version raises, `over` those whose reason it takes away.
    """

    remote: RemoteOrder
    stamp: str
    before: Mapping[str, Any] | None = None
    lines_before: Sequence[Mapping[str, Any]] = ()
    order: dict[str, Any] = field(default_factory=dict)
    lines: list[dict[str, Any]] = field(default_factory=list)
    happened: list[str] = field(default_factory=list)
    over: list[str] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    raised: tuple[str, ...] = ()

    def note(self, kind: str, actor: str, now: datetime, **more: Any) -> None:
        """Write into the history."""
        self.history.append(entry(self.order["id"], kind, actor, now, **more))

    @property
    def gone(self) -> list[Mapping[str, Any]]:
        """Lines that the channel does not name any more."""
        told = {line["channel_line_id"] for line in self.lines}
        return [line for line in self.lines_before if line["channel_line_id"] not in told]

    @property
    def payload(self) -> Any:
        """What is kept of the channel's words."""
        return FORGOTTEN if self.order["forgotten_at"] else payload(self.remote)


_NEW_ORDER: dict[str, Any] = {
    "status": "pending",
    "flags": [],
    "cleared": [],
    "needs_attention": False,
    "forgotten_at": None,
} | dict.fromkeys(states.STAMPS.values())
_NEW_LINE: dict[str, Any] = {
    "product_id": None,
    "matched_by": None,
    "shipped_before": 0,
    "stock_state": "none",
    "reserved_quantity": 0,
}
_KEPT = (*_NEW_LINE, "id", "order_id", "store_id")


def merge(draft: Draft, connection: Connection, actor: str, now: datetime) -> None:
    """What the channel says over what we hold: our own progress and matches stay."""
    before = draft.before
    told = line_columns(draft.remote)
    refunded = before["refunded_minor"] if before is not None else 0
    of_channel = order_columns(draft.remote, told, draft.stamp, now, refunded_before=refunded)
    if of_channel["refunded_minor"] is None:
        of_channel["refunded_minor"] = before["refunded_minor"] if before else 0
    if before is not None and before["forgotten_at"]:
        of_channel |= dict.fromkeys(PERSONAL)
        of_channel["search_text"] = search_text(of_channel, told)
    if before is None:
        owner = {"store_id": connection.store_id, "connection_id": connection.id, "channel": connection.channel}
        draft.order |= _NEW_ORDER | owner | {"created_at": now} | of_channel
    else:
        draft.order = dict(before) | of_channel
    draft.order |= {"updated_at": now, "requires_shipping": not draft.remote.sent_by_channel, "is_fully_digital": False}
    old = {line["channel_line_id"]: line for line in draft.lines_before}
    for line in told:
        held = old.get(line["channel_line_id"])
        kept = {name: held[name] for name in _KEPT} if held is not None else dict(_NEW_LINE)
        if held is not None:  # what we have sent ourselves the channel may not know yet
            line["shipped_quantity"] = max(line["shipped_quantity"], min(held["shipped_quantity"], line["quantity"]))
            renamed = any(held[name] != line[name] for name in ("sku", "gtin", "channel_product_id"))
            if renamed and held["matched_by"] != "person" and not held["shipped_quantity"]:
                kept |= {"product_id": None, "matched_by": None}
        draft.lines.append(line | kept | {"order_id": draft.order["id"], "store_id": connection.store_id})
    _apply_status(draft, actor, now)
    sent_before = before is None and draft.remote.ordered_at < connection.created_at
    if sent_before or draft.remote.sent_by_channel:  # stock was counted after these had left, or they were not of it
        for line in draft.lines:
            line["shipped_before"] = line["shipped_quantity"]


def _apply_status(draft: Draft, actor: str, now: datetime) -> None:
    theirs, order, before = states.told_status(draft.remote), draft.order, draft.before
    if before is None:
        order["status"] = theirs or "pending"
        draft.note("created", actor, now, to_status=order["status"], reason=order["raw_status"])
        _stamp(draft)
        return
    ours = before["status"]
    if ours in states.SENT and _to_send(draft.lines_before, before) != _to_send(draft.lines, order):
        draft.happened.append("changed_after_shipping")
    if theirs is None:
        return
    moved = before["raw_status"] != order["raw_status"] or _lines_moved(draft)
    verdict = states.verdict(ours, theirs, moved=moved)
    if verdict == "conflict":
        draft.happened.append("status_conflict")
    elif moved or theirs == ours:  # they agree with us again
        draft.over.append("status_conflict")
    if verdict == "keep" and moved and theirs in states.SENT and order[states.STAMPS[theirs]] is None:
        order[states.STAMPS[theirs]] = draft.remote.updated_at  # a refund says more than that it has left
    if verdict != "take":
        return
    order["status"] = theirs
    draft.note("status", actor, now, from_status=ours, to_status=theirs, reason=order["raw_status"])
    _stamp(draft)
    if theirs in states.CALLED_OFF and ours in states.PICKED:
        draft.happened.append("cancelled_while_picked")


def _stamp(draft: Draft) -> None:
    stamp = states.STAMPS.get(draft.order["status"])
    if stamp and draft.order[stamp] is None:
        draft.order[stamp] = draft.remote.updated_at


def _lines_moved(draft: Draft) -> bool:
    """Whether lines were sent or cancelled since: they decide as much as the channel's word."""
    old = {line["channel_line_id"]: line for line in draft.lines_before}
    names = ("quantity", "shipped_quantity", "cancelled_quantity")
    return any(
        line["channel_line_id"] not in old or any(old[line["channel_line_id"]][name] != line[name] for name in names)
        for line in draft.lines
    )


def _to_send(lines: Sequence[Mapping[str, Any]], order: Mapping[str, Any]) -> tuple[Any, Any]:
    return sorted(tuple(str(line[name]) for name in _SENT_FIELDS) for line in lines), order["shipping_address"]


def conclude(draft: Draft, digital: Mapping[int, bool], actor: str, now: datetime) -> None:
    """Flags, what kind of goods these are, and the history of it all."""
    order, lines, remote, before = draft.order, draft.lines, draft.remote, draft.before
    immaterial = [line["is_digital"] or digital.get(line["product_id"], False) for line in lines]
    order["is_fully_digital"] = bool(lines) and all(immaterial)
    order["requires_shipping"] = not order["is_fully_digital"] and not remote.sent_by_channel
    told: dict[str, Any] = {code: True for code in remote.problems if code in FLAGS}
    if others := sorted(set(remote.problems) - set(FLAGS)):
        told["channel_problem"] = others
    if remote.status is None:
        told["unknown_status"] = order["raw_status"]
    if remote.cancel_requested:
        told["cancel_requested"] = True
    after = conditions(order, lines, told)
    held: dict[str, Any] = {}
    if before is not None:
        held = conditions(before, draft.lines_before) | {"unknown_status": before["raw_status"]}
    flags = before["flags"] if before else []
    standing = [flag for flag in flags if flag not in draft.over]
    order["flags"], order["cleared"] = weigh(after, held, draft.happened, standing, before["cleared"] if before else [])
    order["needs_attention"] = bool(order["flags"])
    draft.raised = tuple(flag for flag in order["flags"] if flag not in flags)
    if before is not None and (changed := _changed(draft)):
        draft.note("changed", actor, now, details=changed)
    if draft.raised:
        more = {"problems": list(remote.problems)} if remote.problems else {}
        draft.note("flagged", "system", now, details={"flags": list(draft.raised)} | more)


def _changed(draft: Draft) -> dict[str, Any]:
    """Which fields of the order and which lines differ, by name alone: the history keeps no personal data."""
    before = draft.before or {}
    told = _told_columns(draft)
    fields = sorted(name for name in told if name not in _NOT_TOLD and before[name] != draft.order[name])
    old = {line["channel_line_id"]: line for line in draft.lines_before}
    new = {line["channel_line_id"]: line for line in draft.lines}
    names = (*_SENT_FIELDS, "shipped_quantity", "subtotal_minor", "total_minor", "refunded_minor", "raw_status")
    details = {
        "fields": fields,
        "lines": sorted(id_ for id_ in new if id_ in old and any(new[id_][name] != old[id_][name] for name in names)),
        "added": sorted(new.keys() - old),
        "removed": sorted(old.keys() - new),
    }
    return {what: those for what, those in details.items() if those}


def _told_columns(draft: Draft) -> list[str]:
    """The columns that the channel fills."""
    return [name for name in draft.order if name not in (*_NEW_ORDER, "id", "store_id", "created_at", "updated_at")]
