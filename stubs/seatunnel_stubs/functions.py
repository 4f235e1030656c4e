"""The source text of the functions that implement the operations."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from seatunnel_openapi import Contract, Operation
from seatunnel_server.hosting import BODY, arguments_of

_WIDTH: Final = 116
_PYTHON: Final = {"string": "str", "integer": "int", "boolean": "bool", "number": "float"}


@dataclass(frozen=True, slots=True)
class Function:
    """The function of one operation. `arguments` are pairs of name and annotation."""

    name: str
    tag: str
    arguments: tuple[tuple[str, str], ...]
    returns: str
    doc: str

    @classmethod
    def of(cls, operation: Operation, contract: Contract) -> Self:
        """Return the function of an operation."""
        return cls(
            name=operation.id,
            tag=operation.tag,
            arguments=tuple(_arguments(operation, contract)),
            returns=_returns(operation),
            doc="\n".join(_doc(operation)),
        )

    @property
    def signature(self) -> str:
        """The `async def` of a module function, without colon and body."""
        return self._head()

    @property
    def method(self) -> str:
        """The `async def` of a method, without colon and body."""
        return self._head("self")

    def _head(self, *first: str) -> str:
        pieces = [*first, *(["*"] if self.arguments else []), *(f"{name}: {kind}" for name, kind in self.arguments)]
        one = f"async def {self.name}({', '.join(pieces)}) -> {self.returns}"
        if len(one) < _WIDTH:
            return one
        lines = "".join(f"    {piece},\n" for piece in pieces)
        return f"async def {self.name}(\n{lines}) -> {self.returns}"

    def docstring(self, indent: str = "    ") -> str:
        """Return the docstring with its quotes; all lines except the first are indented."""
        return f'"""{self.doc}\n"""'.replace("\n", f"\n{indent}").replace(f"\n{indent}\n", "\n\n")


def functions_of(contract: Contract) -> tuple[Function, ...]:
    """Return the functions of all operations, in the order of the contract."""
    return tuple(Function.of(operation, contract) for operation in contract.operations)


def _arguments(operation: Operation, contract: Contract) -> Iterator[tuple[str, str]]:
    for name, parameter in zip(arguments_of(operation), operation.parameters, strict=False):
        yield name, _annotation(parameter, contract.resolve(parameter["schema"]))
    if operation.request_body is not None:
        yield BODY, f"Request[{_name(operation.request_schema()) or 'Any'}]"


def _annotation(parameter: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    if schema.get("type") == "object":
        return "dict[str, str]"
    kind = _PYTHON.get(schema.get("type", "string"), "str")
    return kind if parameter.get("required") or "default" in schema else f"{kind} | None"


def _returns(operation: Operation) -> str:
    content = operation.responses.get("200", {}).get("content", {})
    names = [_name(body.get("schema")) for media, body in content.items() if media.startswith("application/json")]
    texts = ["str"] if any(not media.startswith("application/json") for media in content) else []
    return " | ".join([*filter(None, names), *texts, "Answer"])


def _name(schema: Mapping[str, Any] | None) -> str:
    """Return the type of a reference to a component schema; an empty string for any other schema."""
    reference = (schema or {}).get("$ref", "")
    return f"types.{reference.rpartition('/')[2]}" if reference.startswith("#/components/schemas/") else ""


def _doc(operation: Operation) -> Iterator[str]:
    summary = operation.document.get("summary", operation.id).rstrip(".")
    yield f"{summary}: {operation.method} {operation.path}."
    if operation.clauses:
        yield ""
        yield "Clauses:"
    for clause in operation.clauses:
        yield from textwrap.wrap(
            f"- {clause.id} ({clause.level}): {clause.text}".replace("\\", "\\\\").replace('"""', "'''"),
            _WIDTH - 4,
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
