"""What a store enters for a connection, checked against the manifest: every problem names its field."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from orion.channels.registry import SIMULATOR_APP, Field, Manifest
from orion.kernel import FieldError, Invalid
from orion.plumbing.settings import Settings

MAX_TEXT = 500
MAX_SECRET = 4096
MAX_NAME = 64


def parse_name(text: str) -> str:
    """Raises Invalid (`connection_invalid`)."""
    name = " ".join(text.split())
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise _invalid([FieldError("name", f"Give the connection a name of 1 to {MAX_NAME} characters")])
    return name


def parse_environment(manifest: Manifest, environment: str, settings: Settings) -> str:
    """Raises Invalid (`connection_invalid`) for one that the channel does not have here."""
    there = manifest.environments(settings)
    if environment not in there:
        message = f"{manifest.name} can be reached in: {', '.join(there)}. {environment[:40]!r} is none of them."
        if environment == "simulator":
            message += " (The operator sets SIMULATOR_URL for it.)"
        raise _invalid([FieldError("environment", message)])
    return environment


def parse_settings(manifest: Manifest, given: Mapping[str, Any]) -> dict[str, Any]:
    """All settings of the channel, the ones not given at their default. Raises Invalid (`connection_invalid`)."""
    errors = _unknown("settings", manifest.settings, given)
    parsed = {}
    for wanted in manifest.settings:
        value = given.get(wanted.name)
        if value is None or value in ("", []):
            value = wanted.default
        if value is None:
            if wanted.required:
                errors.append(FieldError(f"settings.{wanted.name}", _missing(wanted)))
            continue
        try:
            parsed[wanted.name] = _parsed(wanted, value)
        except ValueError as problem:
            errors.append(FieldError(f"settings.{wanted.name}", str(problem)))
    if errors:
        raise _invalid(errors)
    return parsed


def parse_secrets(
    manifest: Manifest,
    given: Mapping[str, str | None],
    *,
    kept: Mapping[str, str],
    values: Mapping[str, Any],
    settings: Settings,
    environment: str,
) -> dict[str, str]:
    """The secrets as they are from now on: those `kept`, with the given ones in their place; null takes one away.

    What the operator has set for all stores, and what a consent page will bring, may be missing. Raises Invalid
    (`connection_invalid`).
    """
    errors = _unknown("secrets", manifest.secrets, given)
    secrets = dict(kept)
    beneath: Mapping[str, str] = SIMULATOR_APP if environment == "simulator" else {}
    if environment != "simulator" and manifest.operator_secrets:
        beneath = manifest.operator_secrets(settings)
    for wanted in manifest.secrets:
        if wanted.name in given:
            secrets.pop(wanted.name, None)
            if text := (given[wanted.name] or "").strip():
                secrets[wanted.name] = text
        text = secrets.get(wanted.name, "")
        later = wanted.by_consent and manifest.consent is not None
        if len(text) > MAX_SECRET or not (text.isascii() and text.isprintable()):
            problem = f"{wanted.label} does not look like this: copy it again"
            errors.append(FieldError(f"secrets.{wanted.name}", problem))
        elif wanted.required and not later and not text and not beneath.get(wanted.name):
            errors.append(FieldError(f"secrets.{wanted.name}", _missing(wanted)))
    if not errors and manifest.check:
        errors = list(manifest.check(values, secrets))
    if errors:
        raise _invalid(errors)
    return secrets


def expiry_of(manifest: Manifest, since: Mapping[str, str]) -> datetime | None:
    """When the first of the secrets ends, which were entered at these moments; None when none is known to end."""
    first = first_to_end(manifest, since)
    return first[1] if first else None


def first_to_end(manifest: Manifest, since: Mapping[str, str]) -> tuple[Field, datetime] | None:
    """Which of the secrets ends first, and when; as `expiry_of`."""
    lives: dict[str, timedelta] = {field.name: field.lives for field in manifest.secrets if field.lives}
    ends = [
        (field, datetime.fromisoformat(since[field.name]) + lives[field.name])
        for field in manifest.secrets
        if field.name in lives and field.name in since
    ]
    return min(ends, key=lambda end: end[1], default=None)


def _parsed(wanted: Field, value: Any) -> Any:
    """Raises ValueError in words."""
    if wanted.kind == "choices":
        chosen = value if isinstance(value, list) else [value]
        if bad := [str(one)[:40] for one in chosen if one not in wanted.values]:
            raise ValueError(f"{bad[0]!r} is none of {', '.join(wanted.values)}")
        return [name for name in wanted.values if name in chosen]
    if wanted.kind == "choice":
        if value not in wanted.values:
            raise ValueError(f"{str(value)[:40]!r} is none of {', '.join(wanted.values)}")
        return value
    if not isinstance(value, str):
        raise ValueError("This is a text")
    text = value.strip()
    if len(text) > MAX_TEXT or not text.isprintable():
        raise ValueError(f"Use at most {MAX_TEXT} characters on one line")
    return text


def _unknown(group: str, fields: tuple[Field, ...], given: Mapping[str, Any]) -> list[FieldError]:
    known = {field.name for field in fields}
    names = ", ".join(sorted(known)) or "none"
    return [
        FieldError(f"{group}.{name[:64]}", f"There is no such field; there are: {names}")
        for name in given
        if name not in known
    ]


def _missing(wanted: Field) -> str:
    return f"{wanted.label}: this is needed. {wanted.help}".strip()


def _invalid(errors: list[FieldError]) -> Invalid:
    return Invalid("connection_invalid", errors[0].message, errors=errors)
