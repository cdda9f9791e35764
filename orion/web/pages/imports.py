"""A store's marketplace imports: start one, watch them, see what went wrong, cancel."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import feeds, merchants
from orion.feeds import SEVERITIES, STATUSES
from orion.kernel import LANGUAGES, OrionError
from orion.merchants import StoreAccess
from orion.web import cancelling, parse
from orion.web.i18n import gettext
from orion.web.import_form import ImportForm, blank_form, chosen_source, feed_urls, sent_form
from orion.web.joblines import store_lines
from orion.web.render import announce, go_on, is_htmx, redirect, render
from orion.web.visit import Visit, acting, posted, reading, runtime_of

router = APIRouter(prefix="/store/{code}/marketplace")

JOBS_PER_PAGE = 10
ISSUES_PER_PAGE = 20


@router.get("")
async def marketplace(request: Request, code: str) -> Response:
    """The import page, or only its history for htmx."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        form = blank_form(access.store, parse.choice(request, "fill", LANGUAGES))
        return await _page(request, visit, access, form)


@router.post("")
async def start(request: Request, code: str) -> Response:
    """Start an import; the form comes back empty, or as it was sent with what is wrong."""
    sent = await posted(request)
    form = sent_form(sent)
    try:
        async with (
            chosen_source(form, sent, runtime_of(request)) as source,
            acting(request) as visit,
        ):
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
            job = await feeds.start_import(
                visit.session,
                access,
                **source,
                marketplace=form.marketplace,
                language=form.language,
                batch_size=form.checked_batch_size(),
                on_missing=form.on_missing,
                dry_run=form.dry_run,
            )
    except OrionError as error:
        if error.status not in (409, 422):
            raise
        async with reading(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code)
            return await _form_again(request, visit, access, form.with_errors(parse.field_errors(error)))
    if form.dry_run:
        return go_on(request, f"{request.url.path}/imports/{job.id}/changes")
    if not is_htmx(request):
        return redirect(f"{request.url.path}?started=1#jobs")
    async with reading(request) as visit:
        response = _form(request, visit, access, blank_form(access.store))
        return announce(response, toast=gettext("Import started"), events=("jobs-changed",))


@router.get("/imports/{job_id:int}")
async def details(request: Request, code: str, job_id: int) -> Response:
    """How an import was set up, how far it is, and when what happened."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        job = await feeds.get_import(visit.session, access, job_id)
        line = store_lines(access.store, [job])[0]
        return _panel(request, visit, access, "store/_job.html", line=line, job=job)


@router.get("/imports/{job_id:int}/issues")
async def issues(request: Request, code: str, job_id: int) -> Response:
    """The rows that went wrong, with their data."""
    severity = parse.choice(request, "severity", SEVERITIES)
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        job = await feeds.get_import(visit.session, access, job_id)
        found = await feeds.list_issues(
            visit.session, access, job_id, severity=severity, page=parse.page_number(request), limit=ISSUES_PER_PAGE
        )
        return _panel(request, visit, access, "store/_issues.html", job=job, found=found, severity=severity)


@router.get("/imports/{job_id:int}/cancel")
async def ask_to_cancel(request: Request, code: str, job_id: int) -> Response:
    """Ask before an import is cancelled."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code, role="staff")
        job = await feeds.get_import(visit.session, access, job_id)
        path = f"/store/{access.store.code}/marketplace/imports/{job_id}/cancel"
        return _panel(request, visit, access, "store/_cancel.html", job=job, path=path, of="products")


@router.post("/imports/{job_id:int}/cancel")
async def cancel(request: Request, code: str, job_id: int) -> Response:
    """Cancel an import: at once when it waits, after the current batch when it runs."""
    return await cancelling.cancel(request, code, job_id, feeds.cancel_import, back=f"/store/{code}/marketplace#jobs")


async def _page(
    request: Request, visit: Visit, access: StoreAccess, form: ImportForm, *, status: int = 200
) -> Response:
    chosen = parse.choice(request, "status", STATUSES)
    jobs = await feeds.list_imports(
        visit.session, access, status=chosen, page=parse.page_number(request), limit=JOBS_PER_PAGE
    )
    lines = store_lines(access.store, jobs.items)
    return render(
        request,
        "store/_jobs.html" if is_htmx(request) else "store/marketplace.html",
        user=visit.user,
        access=access,
        store=access.store,
        nav="marketplace",
        form=form,
        feed_urls=feed_urls(access.store),
        action=f"/store/{access.store.code}/marketplace",
        stores=None,
        jobs=jobs,
        lines=lines,
        chosen=chosen,
        active=any(line.is_active for line in lines),
        started="started" in request.query_params,
        status=status,
    )


async def _form_again(request: Request, visit: Visit, access: StoreAccess, form: ImportForm) -> Response:
    if is_htmx(request):
        return _form(request, visit, access, form)
    return await _page(request, visit, access, form, status=422)


def _form(request: Request, visit: Visit, access: StoreAccess, form: ImportForm) -> Response:
    return render(
        request,
        "store/_import_form.html",
        user=visit.user,
        access=access,
        store=access.store,
        form=form,
        feed_urls=feed_urls(access.store),
        action=f"/store/{access.store.code}/marketplace",
        stores=None,
        status=422 if form.errors else 200,
    )


def _panel(request: Request, visit: Visit, access: StoreAccess, panel: str, **context: Any) -> Response:
    """A panel: the inside of the dialog for htmx, else a page of its own."""
    return render(
        request,
        panel if is_htmx(request) else "store/panel.html",
        user=visit.user,
        access=access,
        store=access.store,
        nav="marketplace",
        panel=panel,
        back=f"/store/{access.store.code}/marketplace",
        is_page=not is_htmx(request),
        **context,
    )
