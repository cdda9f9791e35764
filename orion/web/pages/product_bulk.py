"""Doing one thing to many products: asked first, with what it would change, then done at once or by a run."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import catalog, merchants
from orion.catalog import BulkAnswer
from orion.kernel import Conflict, OrionError
from orion.web import parse
from orion.web.bulk_form import PRICED, BulkForm, sent_bulk
from orion.web.i18n import ngettext
from orion.web.render import announce, go_on, is_htmx, redirect, render
from orion.web.visit import acting, posted, reading

router = APIRouter(prefix="/store/{code}/products/bulk")


@router.post("")
async def bulk(request: Request, code: str) -> Response:
    """Say what would happen and ask, with the values that the action needs; `confirmed`: do it."""
    sent = await posted(request)
    form = sent_bulk(sent)
    if not parse.field(sent, "confirmed"):
        return await _ask(request, code, form)
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
            answer = await catalog.act_on_products(
                visit.session, access, action=form.action, values=form.values(), **form.which()
            )
    except OrionError as error:
        if error.status != 422:
            raise
        return await _ask(request, code, form.with_errors(error))
    return _done(request, code, answer)


@router.get("/{run_id:int}")
async def run(request: Request, code: str, run_id: int) -> Response:
    """How far an action on very many products is."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        found = await catalog.get_bulk_run(visit.session, access, run_id)
        return render(
            request,
            "store/_bulk_run.html" if is_htmx(request) else "store/bulk_run.html",
            user=visit.user,
            access=access,
            store=access.store,
            nav="products",
            run=found,
            may_write=access.may("staff"),
        )


@router.post("/{run_id:int}/cancel")
async def cancel(request: Request, code: str, run_id: int) -> Response:
    """Stop an action on very many products; its page says how far it came, also if it has just ended by itself."""
    await posted(request)
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
            await catalog.cancel_bulk_run(visit.session, access, run_id)
    except Conflict:
        pass
    return go_on(request, f"/store/{code}/products/bulk/{run_id}")


async def _ask(request: Request, code: str, form: BulkForm) -> Response:
    """The question: how many products are meant, what the action needs, and a sample once that is known."""
    answer = BulkAnswer(0)
    ready = not form.errors
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code, role="staff")

        async def try_it(action: str, values: dict[str, Any]) -> BulkAnswer:
            return await catalog.act_on_products(
                visit.session, access, action=action, values=values, dry_run=True, **form.which()
            )

        try:
            answer = await try_it("publish", {})  # how many are meant does not hang on the action
            if ready and form.asks:
                ready = form.is_filled
                if ready:
                    answer = await try_it(form.action, form.values())
        except OrionError as error:
            if error.status != 422:
                raise
            form, ready = form.with_errors(error), False
        return render(
            request,
            "store/_bulk.html" if is_htmx(request) else "store/panel.html",
            user=visit.user,
            access=access,
            store=access.store,
            nav="products",
            panel="store/_bulk.html",
            back=f"/store/{access.store.code}/products",
            is_page=not is_htmx(request),
            form=form,
            matched=answer.matched,
            sample=answer.sample if ready and form.action in PRICED else (),
            ready=ready and answer.matched > 0,
            at_once=catalog.AT_ONCE,
            OVERRIDES=catalog.OVERRIDES,
            status=422 if form.errors else 200,
        )


def _done(request: Request, code: str, answer: BulkAnswer) -> Response:
    path = f"/store/{code}/products"
    if answer.run is not None:
        path += f"/bulk/{answer.run.id}"
        return Response(status_code=204, headers={"HX-Redirect": path}) if is_htmx(request) else redirect(path)
    if not is_htmx(request):
        return redirect(f"{path}?done={answer.done}&skipped={answer.skipped}")
    text = ngettext("%(count)s product changed", "%(count)s products changed", answer.done) % {"count": answer.done}
    if answer.skipped:
        text += ". " + ngettext(
            "%(count)s was left out: it has no price to change, or something refers to it.",
            "%(count)s were left out: they have no price to change, or something refers to them.",
            answer.skipped,
        ) % {"count": answer.skipped}
    return announce(Response(status_code=204), toast=text, events=("products-changed", "close-dialog"))
