"""What a store enters for a connection: a form made from the channel's manifest. Secrets are never sent back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import FormData

from orion.channels import Connection, Field, Manifest
from orion.plumbing.settings import Settings
from orion.web import parse

HIDDEN = ("secret",)


@dataclass(frozen=True, slots=True)
class ConnectionForm:
    """What the form shows; `errors` are messages by the plain name of the field, "" for the form as a whole."""

    manifest: Manifest
    environments: tuple[str, ...]
    name: str = ""
    environment: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    errors: Mapping[str, str] = field(default_factory=dict)

    def setting(self, wanted: Field) -> Any:
        """What a setting is, or would be."""
        value = self.settings.get(wanted.name, wanted.default)
        return ([] if wanted.kind == "choices" else "") if value is None else value

    def secret(self, wanted: Field) -> str:
        """What was typed, as far as it may be shown again."""
        return "" if wanted.kind in HIDDEN else self.secrets.get(wanted.name, "")


def blank(manifest: Manifest, settings: Settings) -> ConnectionForm:
    """The form for another connection."""
    there = manifest.environments(settings)
    return ConnectionForm(manifest, there, manifest.name, there[0] if there else "")


def form_of(connection: Connection, manifest: Manifest) -> ConnectionForm:
    """The form for a connection that there is."""
    return ConnectionForm(manifest, (), connection.name, connection.environment, connection.settings)


def sent(form: FormData, manifest: Manifest, settings: Settings) -> ConnectionForm:
    """What was sent. Secrets that were left empty are not in it; those whose removal was asked for are empty."""
    removed = {str(name) for name in form.getlist("remove")}
    secrets = {each.name: parse.field(form, f"secrets.{each.name}") for each in manifest.secrets}
    return ConnectionForm(
        manifest,
        manifest.environments(settings),
        parse.field(form, "name"),
        parse.field(form, "environment"),
        {each.name: _value(form, each) for each in manifest.settings},
        {name: "" if name in removed else text for name, text in secrets.items() if text or name in removed},
    )


def _value(form: FormData, wanted: Field) -> Any:
    name = f"settings.{wanted.name}"
    return [str(each) for each in form.getlist(name)] if wanted.kind == "choices" else parse.field(form, name)
