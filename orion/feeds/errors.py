"""The refusals that several verbs of this package share."""

from orion.kernel import FieldError, Invalid, NotFound


def import_not_found(job_id: int) -> NotFound:
    """There is no such import, or it belongs to a store that the caller may not enter."""
    return NotFound("import_not_found", f"There is no import {job_id}.")


def invalid(field: str, code: str, message: str) -> Invalid:
    """One field is wrong; `message` says how to mend it."""
    return Invalid(code, message, errors=[FieldError(field, message)])
