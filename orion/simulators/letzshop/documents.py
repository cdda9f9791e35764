"""GraphQL over HTTP: documents are parsed and validated once, and executed over plain dictionaries."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    execute_sync,
    parse,
    validate,
)


@dataclass(frozen=True, slots=True)
class Document:
    """A query that the schema allows, or its `errors`; `operation` is its first field, such as `orders`."""

    node: DocumentNode | None
    operation: str
    errors: tuple[GraphQLError, ...] = ()


class Dialect:
    """A schema of ours. `write_amount` says how Decimal is written."""

    def __init__(self, file: str, write_amount: Callable[[str], str | float] = str) -> None:
        self.schema = _load(file, write_amount)
        self.read = lru_cache(maxsize=64)(self._read)

    def _read(self, text: str) -> Document:
        """The document of the text, remembered."""
        try:
            node = parse(text)
        except GraphQLError as error:
            return Document(None, "unknown", (error,))
        errors = validate(self.schema, node)
        return Document(None if errors else node, _operation(node), tuple(errors))

    def execute(
        self, document: Document, root: Mapping[str, Any], variables: dict[str, Any] | None, name: str | None
    ) -> dict[str, Any]:
        """The answer: `data`, `errors`."""
        if document.node is None:
            return {"errors": [error.formatted for error in document.errors]}
        result = execute_sync(self.schema, document.node, root, variable_values=variables, operation_name=name)
        return dict(result.formatted)


def bad_input(message: str) -> GraphQLError:
    """The error for an argument that cannot be used."""
    return GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})


def _load(file: str, write_amount: Callable[[str], str | float]) -> GraphQLSchema:
    schema = build_schema(Path(__file__).with_name(file).read_text(encoding="utf-8"))
    for one in schema.type_map.values():
        if isinstance(one, GraphQLScalarType) and one.name == "DateTime":
            one.coerce_input_value = _moment
        elif isinstance(one, GraphQLScalarType) and one.name == "Decimal":
            one.coerce_output_value = write_amount
        elif isinstance(one, GraphQLEnumType) and not one.name.startswith("__"):
            # Marketplaces do answer with statuses that their schema does not name.
            one.coerce_output_value = str  # type: ignore[method-assign,assignment] # a method there, an attribute of scalars
    return schema


def _moment(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise GraphQLError(f"DateTime cannot represent {str(value)[:40]!r}") from None
    if moment.tzinfo is None:
        raise GraphQLError(f"DateTime needs an offset: {value!r}")
    return moment


def _operation(node: DocumentNode) -> str:
    for definition in node.definitions:
        if isinstance(definition, OperationDefinitionNode):
            for field in definition.selection_set.selections:
                if isinstance(field, FieldNode):
                    return field.name.value
    return "unknown"
