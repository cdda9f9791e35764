"""The parameters by which orders are chosen, and where their list goes on: the same for stores and administrators."""

from typing import Any

from pydantic import Field

from orion.api.inputs import Moment, Parameters
from orion.kernel import Channel, Found, OrderStatus
from orion.orders import FLAGS, OrderFilter, OrderSummary
from orion.plumbing.cursors import read_cursor, write_cursor
from orion.plumbing.settings import Settings

_NO_FILTERS = {"cursor", "limit", "format", "store_id"}


class OrderQuery(Parameters):
    """Which orders are wanted."""

    status: list[OrderStatus] = Field([], description="any of these: name it again for each", examples=[["confirmed"]])
    channel: Channel | None = None
    connection_id: int | None = Field(None, ge=1, le=2**63 - 1)
    flag: str | None = Field(None, description=f"with this flag: {', '.join(FLAGS)}", examples=["unmatched_lines"])
    needs_attention: bool | None = Field(None, description="whether they have any flag")
    awaits_acknowledgement: bool | None = None
    sent_by_channel: bool | None = Field(None, description="whether the channel itself sends them")
    ordered_from: Moment | None = Field(None, description="ordered then or later", examples=["2026-01-01T00:00:00Z"])
    ordered_to: Moment | None = Field(None, description="ordered before then")
    search: str | None = Field(
        None,
        max_length=200,
        description="words of the number, the channel's order id, the buyer's name and e-mail, and the SKUs: "
        "orders have all of them, and the last one may be unfinished",
    )
    cursor: str | None = Field(
        None, max_length=2000, description="`next_cursor` of the stretch before; the same filters with it"
    )
    limit: int = Field(50, ge=1, le=200)

    def wanted(self) -> OrderFilter:
        """The filter of the orders."""
        return OrderFilter(statuses=self.status, **self.model_dump(exclude=_NO_FILTERS | {"status"}))

    def after(self, settings: Settings, scope: str) -> list[Any] | None:
        """The position to go on from. Raises Invalid (`invalid_cursor`)."""
        return None if self.cursor is None else read_cursor(settings, self._scope(scope), self.cursor)

    def following(self, settings: Settings, scope: str, found: Found[OrderSummary]) -> dict[str, Any]:
        """What the answer says of the list besides its items: how long it is, and where it goes on."""
        return {
            "total": found.total,
            "total_estimate": found.total_estimate,
            "next_cursor": write_cursor(settings, self._scope(scope), found.after) if found.after else None,
        }

    def _scope(self, scope: str) -> str:
        return f"orders:{scope}:{self.model_dump_json(exclude={'cursor', 'limit', 'format'})}"
