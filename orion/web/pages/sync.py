"""When a store's channels are asked, and what came of it: schedules, past orders, and the log of runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from orion import channels, merchants, sync
from orion.kernel import FieldError, Invalid, OrionError
from orion.merchants import StoreAccess
from orion.sync import RunFilter, SyncSchedule
from orion.web import labels_channels, parse
from orion.web.i18n import gettext
from orion.web.render import is_htmx, redirect, render
from orion.web.visit import Visit, acting, posted, reading

router = APIRouter(prefix="/store/{code}/sync")

RUNS_PER_PAGE = 20
BACKFILL = "order_backfill"


@dataclass(frozen=True, slots=True)
class RhythmForm:
    """What the form of a schedule shows; `errors` are messages by field, "" for the form as a whole."""

    interval_minutes: str = ""
    cron: str = ""
    enabled: bool = True
    max_retries: str = ""
    retry_delay_seconds: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)


@router.get("")
async def overview(request: Request, code: str) -> Response:
    """The schedules and the last runs, or only what changes by itself for htmx."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        return await _overview(request, visit, access)


@router.post("/{schedule_id:int}/run")
async def run_now(request: Request, code: str, schedule_id: int) -> Response:
    """Ask the channel at once."""
    await posted(request)
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
            await sync.run_sync_now(visit.session, access, schedule_id)
    except OrionError as error:
        return await _overview_again(request, code, error)
    return redirect(f"/store/{access.store.code}/sync?done=started#runs")


@router.post("/backfill")
async def backfill(request: Request, code: str) -> Response:
    """Read past orders again, from a day on."""
    form = await posted(request)
    number, since = parse.field(form, "connection"), parse.field(form, "since")
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="manager")
            chosen = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0
            await sync.start_backfill(visit.session, access, chosen, _moment(since))
    except OrionError as error:
        return await _overview_again(request, code, error, {"connection": number, "since": since})
    return redirect(f"/store/{access.store.code}/sync?done=backfill#runs")


@router.get("/{schedule_id:int}")
async def edit(request: Request, code: str, schedule_id: int) -> Response:
    """One schedule to change."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code, role="manager")
        schedule = await sync.get_sync_schedule(visit.session, access, schedule_id)
        return await _edit(request, visit, access, schedule, _form_of(schedule))


@router.post("/{schedule_id:int}")
async def save(request: Request, code: str, schedule_id: int) -> Response:
    """Change a schedule; or show the form again with what is wrong."""
    form = _sent(await posted(request))
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="manager")
            await sync.update_sync_schedule(
                visit.session,
                access,
                schedule_id,
                interval_minutes=None if form.cron else _whole(form.interval_minutes, "interval_minutes"),
                cron=form.cron or None,
                enabled=form.enabled,
                max_retries=_whole(form.max_retries, "max_retries"),
                retry_delay_seconds=_whole(form.retry_delay_seconds, "retry_delay_seconds"),
            )
    except OrionError as error:
        if error.status not in (409, 422):
            raise
        async with reading(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="manager")
            schedule = await sync.get_sync_schedule(visit.session, access, schedule_id)
            again = RhythmForm(
                form.interval_minutes,
                form.cron,
                form.enabled,
                form.max_retries,
                form.retry_delay_seconds,
                parse.field_errors(error),
            )
            return await _edit(request, visit, access, schedule, again)
    return redirect(f"/store/{access.store.code}/sync?done=saved")


@router.get("/runs/{run_id:int}")
async def run(request: Request, code: str, run_id: int) -> Response:
    """What one run did."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        found = await sync.get_sync_run(visit.session, access, run_id)
        connection = await channels.get_connection(visit.session, access, found.connection_id)
        template = "store/sync/_run.html" if is_htmx(request) else "store/sync/run.html"
        return _page(request, visit, access, template, run=found, connection=connection)


async def _overview_again(
    request: Request, code: str, error: OrionError, values: Mapping[str, str] | None = None
) -> Response:
    if error.status not in (404, 409, 422) or error.code == "store_not_found":
        raise error
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        return await _overview(request, visit, access, values, parse.field_errors(error))


async def _overview(
    request: Request,
    visit: Visit,
    access: StoreAccess,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Response:
    filters: dict[str, Any] = {
        "connection": parse.position(request, "connection"),
        "status": parse.choice(request, "status", labels_channels.RUN_STATUSES),
        "only": parse.choice(request, "only", ("news",)),
    }
    wanted = RunFilter(
        connection_id=filters["connection"], status=filters["status"], noteworthy=filters["only"] is not None
    )
    connections = {each.id: each for each in await channels.list_connections(visit.session, access)}
    schedules = await sync.list_sync_schedules(visit.session, access)
    figures = await sync.sync_figures(visit.session, store_id=access.store.id)
    runs = await sync.list_sync_runs(
        visit.session, access, wanted, before=parse.position(request, "before"), limit=RUNS_PER_PAGE
    )
    progress = {each.id: sync.backfill_progress(each) for each in schedules}
    now = datetime.now(UTC)
    fragment = is_htmx(request) and request.method == "GET"
    return _page(
        request,
        visit,
        access,
        "store/sync/_sync.html" if fragment else "store/sync/sync.html",
        schedules=[each for each in schedules if each.job_type != BACKFILL or progress[each.id] is not None],
        connections=connections,
        health={(each.connection_id, each.job_type): each for each in figures},
        progress=progress,
        running={each.id for each in schedules if each.running_until is not None and each.running_until > now},
        runs=runs,
        first="before" not in request.query_params,
        filters=filters,
        filtered=any(filters.values()),
        with_orders=[
            each
            for each in connections.values()
            if "orders_in" in channels.manifest_of(each.channel).capabilities and each.state != "paused"
        ],
        values=values or {},
        errors=errors or {},
        done=parse.choice(request, "done", labels_channels.SYNC_DONE),
        status=422 if errors else 200,
    )


async def _edit(
    request: Request, visit: Visit, access: StoreAccess, schedule: SyncSchedule, form: RhythmForm
) -> Response:
    connection = await channels.get_connection(visit.session, access, schedule.connection_id)
    return _page(
        request,
        visit,
        access,
        "store/sync/schedule.html",
        schedule=schedule,
        connection=connection,
        least=sync.least_minutes(connection.channel, schedule.job_type),
        form=form,
        status=422 if form.errors else 200,
    )


def _form_of(schedule: SyncSchedule) -> RhythmForm:
    return RhythmForm(
        str(schedule.interval_minutes or ""),
        schedule.cron or "",
        schedule.enabled,
        str(schedule.max_retries),
        str(schedule.retry_delay_seconds),
    )


def _sent(form: FormData) -> RhythmForm:
    return RhythmForm(
        parse.field(form, "interval_minutes"),
        parse.field(form, "cron"),
        parse.field(form, "enabled") == "1",
        parse.field(form, "max_retries"),
        parse.field(form, "retry_delay_seconds"),
    )


def _whole(text: str, name: str) -> int:
    if not text and name == "interval_minutes":
        message = gettext("Enter the minutes between two runs, or times of your own.")
        raise Invalid("number_invalid", message, errors=[FieldError(name, message)])
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        message = gettext("Enter a whole number from 0 on.")
        raise Invalid("number_invalid", message, errors=[FieldError(name, message)])
    return int(text)


def _moment(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        message = gettext("Say from which day on.")
        raise Invalid("backfill_day_needed", message, errors=[FieldError("since", message)]) from None


def _page(request: Request, visit: Visit, access: StoreAccess, template: str, **context: Any) -> Response:
    return render(request, template, user=visit.user, access=access, store=access.store, nav="sync", **context)
