"""A store's webhooks: make them, see what was sent, send it again."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from orion import merchants, webhooks
from orion.kernel import FieldError, Invalid, OrionError
from orion.merchants import StoreAccess
from orion.web import labels_stock, parse
from orion.web.i18n import gettext, ngettext
from orion.web.render import redirect, render
from orion.web.visit import Visit, acting, posted, reading, runtime_of

router = APIRouter(prefix="/store/{code}/webhooks")

DELIVERIES_PER_PAGE = 25
GROUPS = tuple(dict.fromkeys(f"{name.partition('.')[0]}.*" for name in webhooks.TYPES if name != "webhook.test"))
"""The choices of a form: all of one thing. The API takes single types too."""


@router.get("")
async def index(request: Request, code: str) -> Response:
    """The store's webhooks."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code, role="manager")
        found = await webhooks.list_webhooks(visit.session, access)
        done = parse.choice(request, "done", labels_stock.WEBHOOK_DONE)
        return _page(request, visit, access, "store/webhooks.html", found=found, done=done)


@router.get("/new")
async def new(request: Request, code: str) -> Response:
    """The form for another one."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code, role="manager")
        return _form(request, visit, access, {"url": "", "description": "", "event_types": ["*"]})


@router.post("/new")
async def create(request: Request, code: str) -> Response:
    """Make a webhook, and show its secret this once."""
    form = await posted(request)
    values = _values(form)
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="manager")
            webhook, secret = await webhooks.create_webhook(
                visit.session, access, settings=runtime_of(request).settings, **values
            )
    except OrionError as error:
        return await _form_again(request, code, error, values)
    return _page(request, visit, access, "store/webhook_secret.html", webhook=webhook, secret=secret, is_new=True)


@router.get("/{webhook_id:int}")
async def details(request: Request, code: str, webhook_id: int) -> Response:
    """How it does, what was sent to it, and what can be done."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code, role="manager")
        return await _details(request, visit, access, webhook_id)


@router.get("/{webhook_id:int}/edit")
async def edit(request: Request, code: str, webhook_id: int) -> Response:
    """The form for its address and what it is told of."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code, role="manager")
        webhook = await webhooks.get_webhook(visit.session, access, webhook_id)
        values = {
            "url": webhook.url,
            "description": webhook.description or "",
            "event_types": webhook.event_types,
        }
        return _form(request, visit, access, values, webhook_id=webhook_id)


@router.post("/{webhook_id:int}/edit")
async def save(request: Request, code: str, webhook_id: int) -> Response:
    """Change its address and what it is told of."""
    form = await posted(request)
    values = _values(form)
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="manager")
            await webhooks.update_webhook(
                visit.session, access, webhook_id, settings=runtime_of(request).settings, **values
            )
    except OrionError as error:
        return await _form_again(request, code, error, values, webhook_id)
    return redirect(f"/store/{access.store.code}/webhooks/{webhook_id}?done=updated")


@router.post("/{webhook_id:int}/rotate")
async def rotate(request: Request, code: str, webhook_id: int) -> Response:
    """Make a new secret, and show it this once."""
    await posted(request)
    async with acting(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code, role="manager")
        webhook, secret = await webhooks.rotate_secret(
            visit.session, access, webhook_id, settings=runtime_of(request).settings
        )
    return _page(request, visit, access, "store/webhook_secret.html", webhook=webhook, secret=secret, is_new=False)


@router.post("/{webhook_id:int}/replay")
async def replay(request: Request, code: str, webhook_id: int) -> Response:
    """Send what happened since a moment again."""
    form = await posted(request)
    since = parse.field(form, "since")
    try:
        moment = _moment(since)
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="manager")
            done = await webhooks.replay(visit.session, access, webhook_id, since=moment)
    except OrionError as error:
        return await _details_again(request, code, webhook_id, error, since)
    more = "&more=1" if done.continue_after else ""
    return redirect(f"/store/{access.store.code}/webhooks/{webhook_id}?replayed={done.count}{more}")


@router.post("/{webhook_id:int}/deliveries/{delivery_id:int}")
async def redeliver(request: Request, code: str, webhook_id: int, delivery_id: int) -> Response:
    """Send one event again."""

    async def act(visit: Visit, access: StoreAccess) -> None:
        await webhooks.redeliver(visit.session, access, delivery_id)

    return await _act(request, code, webhook_id, act, "redelivered")


@router.post("/{webhook_id:int}/{what}")
async def act(request: Request, code: str, webhook_id: int, what: str) -> Response:
    """Test, pause, resume or delete it."""

    async def test(visit: Visit, access: StoreAccess) -> None:
        await webhooks.send_test(visit.session, access, webhook_id)

    async def pause(visit: Visit, access: StoreAccess) -> None:
        settings = runtime_of(request).settings
        await webhooks.update_webhook(visit.session, access, webhook_id, settings=settings, is_active=what == "resume")

    async def delete(visit: Visit, access: StoreAccess) -> None:
        await webhooks.delete_webhook(visit.session, access, webhook_id)

    acts = {
        "test": (test, "tested"),
        "pause": (pause, "paused"),
        "resume": (pause, "resumed"),
        "delete": (delete, "deleted"),
    }
    if what not in acts:
        message = gettext("There is no such action.")
        raise Invalid("action_unknown", message)
    return await _act(request, code, webhook_id, *acts[what])


async def _act(
    request: Request,
    code: str,
    webhook_id: int,
    act: Callable[[Visit, StoreAccess], Awaitable[None]],
    done: str,
) -> Response:
    await posted(request)
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="manager")
            await act(visit, access)
    except OrionError as error:
        return await _details_again(request, code, webhook_id, error)
    place = "" if done == "deleted" else f"/{webhook_id}"
    return redirect(f"/store/{access.store.code}/webhooks{place}?done={done}")


async def _details_again(request: Request, code: str, webhook_id: int, error: OrionError, since: str = "") -> Response:
    if error.status not in (409, 422):
        raise error
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code, role="manager")
        return await _details(request, visit, access, webhook_id, parse.field_errors(error), since)


async def _details(
    request: Request,
    visit: Visit,
    access: StoreAccess,
    webhook_id: int,
    errors: Mapping[str, str] | None = None,
    since: str = "",
) -> Response:
    status = parse.choice(request, "status", webhooks.DELIVERY_STATUSES)
    found = await webhooks.list_deliveries(
        visit.session,
        access,
        webhook_id,
        status=status,
        before=parse.position(request, "before"),
        limit=DELIVERIES_PER_PAGE,
    )
    webhook = await webhooks.get_webhook(visit.session, access, webhook_id)
    return _page(
        request,
        visit,
        access,
        "store/webhook.html",
        webhook=webhook,
        found=found,
        chosen=status,
        first="before" not in request.query_params,
        since=since,
        now=datetime.now(UTC),
        done=_done(request),
        errors=errors or {},
        status=422 if errors else 200,
    )


def _done(request: Request) -> str:
    count = parse.position(request, "replayed")
    if count is None:
        code = parse.choice(request, "done", labels_stock.WEBHOOK_DONE)
        return labels_stock.WEBHOOK_DONE[code]() if code else ""
    text = ngettext("%(count)s event is on its way again.", "%(count)s events are on their way again.", count)
    more = (
        gettext("There are more: replay again from the time of the last one.") if "more" in request.query_params else ""
    )
    return f"{text % {'count': count}} {more}".strip()


def _moment(text: str) -> datetime:
    """What a field for date and time holds, taken as UTC. Raises Invalid (`replay_from_needed`)."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        message = gettext("Say from which day and time on.")
        raise Invalid("replay_from_needed", message, errors=[FieldError("since", message)]) from None


def _values(form: FormData) -> dict[str, Any]:
    chosen = [str(value) for value in form.getlist("event_types") if isinstance(value, str)]
    return {
        "url": parse.field(form, "url"),
        "description": parse.field(form, "description")[:255],
        "event_types": ["*"] if "*" in chosen else chosen,
    }


def _form(
    request: Request,
    visit: Visit,
    access: StoreAccess,
    values: Mapping[str, Any],
    errors: Mapping[str, str] | None = None,
    *,
    webhook_id: int | None = None,
) -> Response:
    single = [
        pattern for pattern in values["event_types"] if pattern not in ("*", *GROUPS) and pattern in webhooks.TYPES
    ]
    return _page(
        request,
        visit,
        access,
        "store/webhook_form.html",
        values=values,
        choices=[*GROUPS, *single],
        errors=errors or {},
        webhook_id=webhook_id,
        status=422 if errors else 200,
    )


async def _form_again(
    request: Request, code: str, error: OrionError, values: Mapping[str, Any], webhook_id: int | None = None
) -> Response:
    if error.status not in (409, 422):
        raise error
    errors = parse.field_errors(error)
    if error.code == "unknown_event_type":
        errors = {"event_types": gettext("Choose at least one kind of event.")}
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code, role="manager")
        return _form(request, visit, access, values, errors, webhook_id=webhook_id)


def _page(request: Request, visit: Visit, access: StoreAccess, template: str, **context: Any) -> Response:
    return render(request, template, user=visit.user, access=access, store=access.store, nav="webhooks", **context)
