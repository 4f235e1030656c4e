"""Generates the source of functions and types for a contract, and parses the modules with the author's functions."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from seatunnel_openapi import Contract, Operation
from seatunnel_server.hosting import BODY, arguments_of

_WIDTH: Final = 116
_PYTHON: Final = {"string": "str", "integer": "int", "boolean": "bool", "number": "float"}


@dataclass(frozen=True, slots=True)
class Function:
    """The function of one operation. `arguments` are pairs of name and annotation, `returns` is an annotation."""

    name: str
    tag: str
    arguments: tuple[tuple[str, str], ...]
    returns: str
    doc: str

    @classmethod
    def of(cls, operation: Operation, contract: Contract) -> Self:
        """Return the function of an operation."""
        content = operation.responses.get("200", {}).get("content", {})
        names = [_name(body.get("schema")) for media, body in content.items() if media.startswith("application/json")]
        texts = ["str"] if any(not media.startswith("application/json") for media in content) else []
        return cls(
            name=operation.id,
            tag=operation.tag,
            arguments=tuple(_arguments(operation, contract)),
            returns=" | ".join([*filter(None, names), *texts, "Answer"]),
            doc="\n".join(_doc(operation)),
        )

    @property
    def signature(self) -> str:
        """The `async def` of the function in a module, without colon and body."""
        return self._head()

    @property
    def method(self) -> str:
        """The `async def` of the method of a protocol, without colon and body."""
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


def _name(schema: Mapping[str, Any] | None) -> str:
    """Return the annotation for a reference to a component schema, such as `types.Overview`; else an empty string."""
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


HEADER: Final = '"""The schemas of the contract of {release}. Generated: don\'t edit."""'


class GeneratorMissing(ImportError):
    """The package that generates types is not installed. `hint` is the command that installs it."""

    hint: Final = "pip install '.[stubs]'"

    def __init__(self) -> None:
        super().__init__("datamodel-code-generator is not installed")


def types_of(contract: Contract) -> str:
    """Return the source of a module with a typed dict for each component schema. Raises `GeneratorMissing`."""
    try:
        import datamodel_code_generator as generator  # noqa: PLC0415 - an extra
        from datamodel_code_generator import enums  # noqa: PLC0415 - as above
    except ImportError:
        raise GeneratorMissing from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = generator.generate(
            _document(contract),
            input_file_type=enums.InputFileType.OpenAPI,
            output_model_type=enums.DataModelType.TypingTypedDict,
            target_python_version=generator.PythonVersion.PY_311,
            formatters=[generator.Formatter.BUILTIN],
            builtin_format_line_length=120,
            custom_file_header=HEADER.format(release=contract.release),
            use_schema_description=True,
            use_field_description=True,
            use_single_line_docstring=True,
            use_closed_typed_dict=False,
            use_standard_collections=True,
            use_union_operator=True,
            disable_timestamp=True,
        )
    return str(text).rstrip() + "\n"


def _document(contract: Contract) -> dict[str, Any]:
    """Return the document without paths, which the generator does not need: all schemas of bodies are components."""
    components = contract.published.get("components", {})
    schemas = {name: _whole(schema, contract) for name, schema in components.get("schemas", {}).items()}
    return {**contract.published, "paths": {}, "components": {**components, "schemas": schemas}}


def _whole(schema: Mapping[str, Any], contract: Contract) -> Mapping[str, Any]:
    """Return a schema with its `allOf` merged: a typed dict can't require a member that is optional in its base."""
    if "allOf" not in schema:
        return schema
    parts = [_whole(contract.resolve(part), contract) for part in schema["allOf"]]
    properties = {name: value for part in parts for name, value in part.get("properties", {}).items()}
    required = list(dict.fromkeys(name for part in parts for name in part.get("required", ())))
    rest = {key: value for part in parts for key, value in part.items()}
    own = {key: value for key, value in schema.items() if key != "allOf"}
    return {**rest, **own, "properties": properties, "required": required}


class UnreadableSource(ValueError):
    """A module can't be read or is not valid Python."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path} can't be read: {problem}")


@dataclass(frozen=True, slots=True)
class Defined:
    """A public function in a module of handlers.

    `arguments` are names, `line` is that of the `def`, `doc` the docstring, and `doc_lines` its first and last line.
    Lines count from 1; `doc_lines` are 0 without a docstring.
    """

    name: str
    arguments: tuple[str, ...]
    line: int
    has_kwargs: bool
    doc: str
    doc_lines: tuple[int, int]

    @property
    def has_generated_doc(self) -> bool:
        """Whether the docstring has the form of a generated one: a line, and then clauses."""
        return _GENERATED_DOC.fullmatch(self.doc) is not None


_GENERATED_DOC: Final = re.compile(r".*\n\nClauses:(?:\n- [\w-]+\.[\w-]+ \((?:MUST|SHOULD|MAY)\): .*(?:\n  .*)*)+")


@dataclass(frozen=True, slots=True)
class HandlerModule:
    """A module with the author's functions: its text, its public functions, and the names that it imports."""

    text: str
    functions: tuple[Defined, ...]
    imported: frozenset[str]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Parse a file. Raises `UnreadableSource`."""
        try:
            return cls.parse(path.read_text(encoding="utf-8"))
        except (OSError, SyntaxError, ValueError) as problem:
            raise UnreadableSource(path, str(problem)) from problem

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the text of a module, which is not executed. Raises `SyntaxError` and `ValueError`."""
        tree = ast.parse(text)
        return cls(text, tuple(_functions(tree)), frozenset(_imported(tree)))


def _functions(tree: ast.Module) -> list[Defined]:
    return [
        Defined(
            node.name,
            tuple(argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)),
            node.lineno,
            node.args.kwarg is not None,
            doc := ast.get_docstring(node) or "",
            (node.body[0].lineno, node.body[0].end_lineno or 0) if doc else (0, 0),
        )
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")
    ]


def _imported(tree: ast.Module) -> list[str]:
    imports = (node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))
    return [alias.asname or alias.name for node in imports for alias in node.names]
