"""When a store's feeds are fetched again by themselves."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from orion import feeds, merchants
from orion.feeds import FeedSchedule
from orion.kernel import Conflict, OrionError
from orion.merchants import StoreAccess
from orion.web import labels, parse
from orion.web.import_form import feed_urls
from orion.web.render import redirect, render
from orion.web.visit import Visit, acting, posted, reading

router = APIRouter(prefix="/store/{code}/marketplace/schedules")

CUSTOM = "cron"
"""The choice of an interval that is none: the cron expression counts."""


@dataclass(frozen=True, slots=True)
class ScheduleForm:
    """What the form shows; `errors` are messages by field, "" for the form as a whole."""

    source_url: str = ""
    interval: str = "24h"
    cron: str = ""
    language: str = "en"
    marketplace: str = "Letzshop"
    on_missing: str = "keep"
    errors: Mapping[str, str] = field(default_factory=dict)

    def rhythm(self) -> dict[str, Any]:
        """The interval or the cron expression, as the verbs take them."""
        if self.interval == CUSTOM:
            return {"interval": None, "cron": self.cron}
        return {"interval": self.interval, "cron": None}


@router.get("")
async def schedules(request: Request, code: str) -> Response:
    """The store's schedules, and a form for another."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        form = ScheduleForm(language=access.store.default_language)
        return await _page(request, visit, access, form)


@router.post("")
async def create(request: Request, code: str) -> Response:
    """Add a schedule; or show the form again with what is wrong."""
    form = _sent(await posted(request))
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
            await feeds.create_schedule(
                visit.session,
                access,
                source_url=form.source_url,
                marketplace=form.marketplace,
                language=form.language,
                on_missing=form.on_missing,
                **form.rhythm(),
            )
    except OrionError as error:
        return await _again(request, code, form, error)
    return redirect(f"{request.url.path}?saved=1")


@router.get("/{schedule_id:int}")
async def edit(request: Request, code: str, schedule_id: int) -> Response:
    """One schedule to change."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        schedule = await feeds.get_schedule(visit.session, access, schedule_id)
        return await _page(request, visit, access, _form_of(schedule), editing=schedule)


@router.post("/{schedule_id:int}")
async def update(request: Request, code: str, schedule_id: int) -> Response:
    """Save a schedule; or show the form again with what is wrong."""
    form = _sent(await posted(request))
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
            values = {"source_url": form.source_url, "on_missing": form.on_missing, **form.rhythm()}
            await feeds.update_schedule(visit.session, access, schedule_id, **values)
    except OrionError as error:
        return await _again(request, code, form, error, schedule_id)
    return redirect(f"/store/{access.store.code}/marketplace/schedules?saved=1")


@router.post("/{schedule_id:int}/run")
async def run_now(request: Request, code: str, schedule_id: int) -> Response:
    """Fetch the feed at once."""
    return await _act(request, code, schedule_id, feeds.run_schedule_now, "started")


@router.post("/{schedule_id:int}/pause")
async def pause(request: Request, code: str, schedule_id: int) -> Response:
    """Fetch the feed no more until it is resumed."""
    return await _act(request, code, schedule_id, feeds.update_schedule, "saved", enabled=False)


@router.post("/{schedule_id:int}/resume")
async def resume(request: Request, code: str, schedule_id: int) -> Response:
    """Fetch the feed again as planned."""
    return await _act(request, code, schedule_id, feeds.update_schedule, "saved", enabled=True)


@router.post("/{schedule_id:int}/delete")
async def delete(request: Request, code: str, schedule_id: int) -> Response:
    """End a schedule; what it has imported stays."""
    return await _act(request, code, schedule_id, feeds.delete_schedule, "saved")


async def _act(
    request: Request, code: str, schedule_id: int, verb: Callable[..., Awaitable[Any]], told: str, **options: Any
) -> Response:
    await posted(request)
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
            await verb(visit.session, access, schedule_id, **options)
    except Conflict as error:
        return await _again(request, code, ScheduleForm(), error)
    return redirect(f"/store/{access.store.code}/marketplace/schedules?{told}=1")


async def _again(
    request: Request, code: str, form: ScheduleForm, error: OrionError, schedule_id: int | None = None
) -> Response:
    if error.status not in (409, 422):
        raise error
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        editing = await feeds.get_schedule(visit.session, access, schedule_id) if schedule_id else None
        form = replace(form, errors=parse.field_errors(error))
        return await _page(request, visit, access, form, editing=editing, status=error.status)


async def _page(
    request: Request,
    visit: Visit,
    access: StoreAccess,
    form: ScheduleForm,
    *,
    editing: FeedSchedule | None = None,
    status: int = 200,
) -> Response:
    return render(
        request,
        "store/feeds/schedule.html" if editing else "store/feeds/schedules.html",
        user=visit.user,
        access=access,
        store=access.store,
        nav="schedules",
        form=form,
        editing=editing,
        schedules=[] if editing else await feeds.list_schedules(visit.session, access),
        interval_name=feeds.interval_name,
        failing_from=feeds.FAILING_FROM,
        feed_urls=feed_urls(access.store),
        saved="saved" in request.query_params,
        started="started" in request.query_params,
        custom=CUSTOM,
        intervals=labels.choices(labels.INTERVALS),
        status=status,
    )


def _sent(form: FormData) -> ScheduleForm:
    return ScheduleForm(
        source_url=parse.field(form, "source_url"),
        interval=parse.field(form, "interval"),
        cron=parse.field(form, "cron"),
        language=parse.field(form, "language"),
        marketplace=parse.field(form, "marketplace"),
        on_missing=parse.field(form, "on_missing"),
    )


def _form_of(schedule: FeedSchedule) -> ScheduleForm:
    return ScheduleForm(
        source_url=schedule.source_url,
        interval=feeds.interval_name(schedule) or CUSTOM,
        cron=schedule.cron or "",
        language=schedule.language,
        marketplace=schedule.marketplace,
        on_missing=schedule.on_missing,
    )
