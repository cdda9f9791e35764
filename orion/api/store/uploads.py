"""Importing a file that the caller sends."""

from collections.abc import AsyncIterator, Collection
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from starlette.datastructures import UploadFile as Upload

from orion import feeds
from orion.api.dependencies import SessionDep, current_user, store_access
from orion.api.import_answers import ImportAnswer, started
from orion.api.inputs import NO_PARAMETERS
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.routing import REPLAYED, Handler, TransactionalRoute, runtime_of
from orion.api.store.imports import PREFIX, Staff
from orion.kernel import FieldError, Invalid
from orion.plumbing.files import delete_upload, save_upload
from orion.plumbing.runtime import Runtime

UPLOAD_LIMIT = 4 * 1024**3 + 1_000_000
"""Bytes of a request with a file; the setting FEED_MAX_BYTES limits the file itself."""

_FIELDS = ("file", "marketplace", "language", "batch_size", "on_missing", "dry_run", "retry_of")
_CHUNK = 1 << 20


class UploadRoute(TransactionalRoute):
    """Keeps the file of a request before the transaction begins, so that a slow store of files holds no lock.

    Only for a caller who may import into the store; and the file goes again when no import came of it.
    """

    scope = "imports"
    fields: tuple[str, ...] = _FIELDS

    def get_route_handler(self) -> Handler:
        """The transactional handler, behind the upload."""
        handle = super().get_route_handler()

        async def with_upload(request: Request) -> Response:
            runtime = runtime_of(request)
            async with runtime.database.reading() as session:
                user = await current_user(request, session)
                await store_access("staff", self.scope)(request, session, user, request.headers.get("X-Store-Code"))
            try:
                form = await request.form(max_files=1, max_fields=len(self.fields))
                file = form.get("file")
                if not isinstance(file, Upload):
                    return await handle(request)
                return await _keeping(runtime, file, request, handle)
            finally:
                await request.close()

        return with_upload


router = APIRouter(prefix=PREFIX, tags=["store imports"], route_class=UploadRoute, responses=PROBLEM_RESPONSES)


@router.post(
    "/import-file",
    status_code=202,
    summary="Import an uploaded file",
    max_body_size=UPLOAD_LIMIT,
    dependencies=NO_PARAMETERS,
)
async def start_file_import(
    request: Request,
    response: Response,
    session: SessionDep,
    access: Staff,
    file: Annotated[UploadFile, File(description="CSV, plain or packed by gzip or zip")],
    marketplace: Annotated[str, Form(description="Letzshop, Amazon, eBay or CodesWholesale")] = "Letzshop",
    language: Annotated[str, Form(description="the language of the feed's texts: en, fr or de")] = "en",
    batch_size: Annotated[
        int, Form(ge=feeds.MIN_BATCH_SIZE, le=feeds.MAX_BATCH_SIZE, description="rows that are stored at a time")
    ] = 1000,
    on_missing: Annotated[
        str, Form(description="products that the file no longer has: keep, unpublish or out_of_stock")
    ] = "keep",
    dry_run: Annotated[bool, Form(description="only find out what the import would do")] = False,
    retry_of: Annotated[
        int | None, Form(ge=1, le=2**63 - 1, description="the import whose failed rows these are, mended")
    ] = None,
) -> ImportAnswer:
    """Import a product file (multipart/form-data) into the store. Watch the import at the answer's `Location`.

    409 `import_already_running` while the same feed (marketplace and language) is still being imported.
    """
    await refuse_other_fields(request, _FIELDS)
    with body_fields():
        job = await feeds.start_import(
            session,
            access,
            upload_key=request.state.upload_key,
            filename=shown_name(file),
            marketplace=marketplace,
            language=language,
            batch_size=batch_size,
            on_missing=on_missing,
            dry_run=dry_run,
            retry_of=retry_of,
        )
    return started(response, job, access.store, f"{PREFIX}/imports")


async def refuse_other_fields(request: Request, known: Collection[str]) -> None:
    """Raises Invalid (`validation_failed`) for fields of the form that no route takes."""
    unknown = sorted(set(await request.form()) - set(known))
    if unknown:
        message = "There is no such field: take it out, or check its spelling"
        raise Invalid("validation_failed", message, errors=[FieldError(f"body.{name}", message) for name in unknown])


async def _keeping(runtime: Runtime, file: Upload, request: Request, handle: Handler) -> Response:
    settings = runtime.settings
    key = await save_upload(_chunks(file), name=shown_name(file), settings=settings, max_bytes=settings.feed_max_bytes)
    request.state.upload_key = key
    used = False
    try:
        await file.seek(0)
        response = await handle(request)
        used = response.status_code < 400 and REPLAYED not in response.headers
    finally:
        if not used:
            await delete_upload(key, settings)
    return response


async def _chunks(file: Upload) -> AsyncIterator[bytes]:
    while chunk := await file.read(_CHUNK):
        yield chunk


def shown_name(file: Upload) -> str:
    """What people see of a file: its name without folders and without what cannot be printed."""
    name = (file.filename or "").replace("\\", "/").rpartition("/")[2]
    return "".join(character for character in name if character.isprintable())[:255] or "upload.csv"
