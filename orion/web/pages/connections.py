"""A store's connections to channels: which there are, how they do, and what managers change."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import channels, merchants, sync
from orion.channels import MANIFESTS, Connection
from orion.kernel import Invalid, OrionError
from orion.merchants import StoreAccess
from orion.web import labels_channels, parse
from orion.web.connection_form import ConnectionForm, blank, form_of, sent
from orion.web.i18n import gettext
from orion.web.render import is_htmx, redirect, render
from orion.web.visit import Visit, acting, posted, reading, runtime_of

router = APIRouter(prefix="/store/{code}/connections")

Act = Callable[[Visit, StoreAccess], Awaitable[Any]]


@router.get("")
async def index(request: Request, code: str) -> Response:
    """The store's connections, what can be connected, and what each channel can do."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        return _page(
            request,
            visit,
            access,
            "store/connections/_connections.html" if is_htmx(request) else "store/connections/connections.html",
            connections=await channels.list_connections(visit.session, access),
            manifests=MANIFESTS,
            matrix=channels.capability_matrix(),
            done=parse.choice(request, "done", labels_channels.DONE),
        )


@router.get("/new/{channel}")
async def new(request: Request, code: str, channel: str) -> Response:
    """The form for a connection to a channel."""
    manifest = channels.manifest_of(channel)
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code, role="manager")
        form = blank(manifest, runtime_of(request).settings)
        return _page(request, visit, access, "store/connections/new.html", form=form)


@router.post("/new/{channel}")
async def create(request: Request, code: str, channel: str) -> Response:
    """Keep a connection; or show the form again with what is wrong."""
    manifest = channels.manifest_of(channel)
    settings = runtime_of(request).settings
    form = sent(await posted(request), manifest, settings)
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="manager")
            connection = await channels.create_connection(
                visit.session,
                access,
                settings=settings,
                channel=channel,
                name=form.name,
                environment=form.environment,
                values=form.settings,
                secrets=form.secrets,
            )
    except OrionError as error:
        if error.status not in (409, 422):
            raise
        async with reading(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="manager")
            again = replace(form, errors=parse.field_errors(error))
            return _page(request, visit, access, "store/connections/new.html", form=again, status=422)
    return redirect(f"/store/{access.store.code}/connections/{connection.id}?done=created")


@router.get("/{connection_id:int}")
async def show(request: Request, code: str, connection_id: int) -> Response:
    """One connection, or only how it does for htmx."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        connection = await channels.get_connection(visit.session, access, connection_id)
        return await _show(request, visit, access, connection)


@router.post("/{connection_id:int}/settings")
async def update(request: Request, code: str, connection_id: int) -> Response:
    """Change the name and the settings."""
    return await _save(request, code, connection_id, "settings")


@router.post("/{connection_id:int}/credentials")
async def replace_credentials(request: Request, code: str, connection_id: int) -> Response:
    """Put secrets in the place of others."""
    return await _save(request, code, connection_id, "credentials")


@router.post("/{connection_id:int}/consent")
async def consent(request: Request, code: str, connection_id: int) -> Response:
    """Make a link to the channel's own page, which is good once and for a quarter of an hour."""
    await posted(request)
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="manager")
            found = await channels.start_consent(visit.session, access, connection_id, runtime=runtime_of(request))
            connection = await channels.get_connection(visit.session, access, connection_id)
    except OrionError as error:
        return await _again(request, code, connection_id, error)
    return _page(request, visit, access, "store/connections/consent.html", connection=connection, consent=found)


@router.post("/{connection_id:int}/{what}")
async def act(request: Request, code: str, connection_id: int, what: str) -> Response:
    """Try it out, pause it, resume it or delete it."""
    verbs = {
        "test": (channels.test_connection, "tested"),
        "pause": (channels.pause_connection, "paused"),
        "resume": (channels.resume_connection, "resumed"),
        "delete": (channels.delete_connection, "deleted"),
    }
    if what not in verbs:
        message = gettext("There is no such action.")
        raise Invalid("action_unknown", message)
    verb, done = verbs[what]
    await posted(request)
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="manager")
            await verb(visit.session, access, connection_id)
    except OrionError as error:
        return await _again(request, code, connection_id, error)
    place = "" if what == "delete" else f"/{connection_id}"
    return redirect(f"/store/{access.store.code}/connections{place}?done={done}")


async def _save(request: Request, code: str, connection_id: int, part: str) -> Response:
    posted_form = await posted(request)
    settings = runtime_of(request).settings
    form: ConnectionForm | None = None
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="manager")
            connection = await channels.get_connection(visit.session, access, connection_id)
            form = sent(posted_form, channels.manifest_of(connection.channel), settings)
            if part == "settings":
                await channels.update_connection(
                    visit.session, access, connection_id, settings=settings, name=form.name, values=form.settings
                )
            else:
                secrets = {name: text or None for name, text in form.secrets.items()}
                await channels.replace_credentials(
                    visit.session, access, connection_id, settings=settings, secrets=secrets
                )
    except OrionError as error:
        return await _again(request, code, connection_id, error, form, part)
    done = "updated" if part == "settings" else "replaced"
    return redirect(f"/store/{access.store.code}/connections/{connection_id}?done={done}")


async def _again(
    request: Request,
    code: str,
    connection_id: int,
    error: OrionError,
    form: ConnectionForm | None = None,
    part: str = "",
) -> Response:
    if error.status not in (409, 422):
        raise error
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code, role="manager")
        connection = await channels.get_connection(visit.session, access, connection_id)
        shown = form if form and part == "settings" else form_of(connection, channels.manifest_of(connection.channel))
        shown = replace(shown, errors=parse.field_errors(error))
        return await _show(request, visit, access, connection, shown)


async def _show(
    request: Request, visit: Visit, access: StoreAccess, connection: Connection, form: ConnectionForm | None = None
) -> Response:
    manifest = channels.manifest_of(connection.channel)
    since = channels.secret_dates(connection)
    figures = await sync.sync_figures(visit.session, store_id=access.store.id)
    fragment = is_htmx(request) and request.method == "GET"
    return _page(
        request,
        visit,
        access,
        "store/connections/_state.html" if fragment else "store/connections/connection.html",
        connection=connection,
        manifest=manifest,
        form=form or form_of(connection, manifest),
        since=since,
        ending=channels.ending_secret(connection),
        figures=[each for each in figures if each.connection_id == connection.id],
        push_address=sync.push_address(runtime_of(request).settings, connection) if access.may("manager") else None,
        may_consent=manifest.consent is not None and "client_id" not in since,
        done=parse.choice(request, "done", labels_channels.DONE),
        status=422 if form else 200,
    )


def _page(request: Request, visit: Visit, access: StoreAccess, template: str, **context: Any) -> Response:
    return render(request, template, user=visit.user, access=access, store=access.store, nav="connections", **context)
