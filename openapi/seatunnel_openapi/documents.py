"""Reads YAML files as plain JSON data: only the types, keys and values that JSON has.

YAML 1.1 reads `12:30` as a number, `2024-10-27` as a date and `on` as a boolean, which would change examples of times
and states. Here a plain scalar is null, a boolean or a number only if it is spelled as in JSON. References within a
document (`$ref`) are resolved here, and its nodes are named by JSON pointers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from json import JSONDecodeError
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.parse import unquote

import yaml
from jsonschema_rs import Draft202012Validator

from seatunnel_openapi.errors import DocumentError, InvalidDocument, UnreadableDocument
from seatunnel_openapi.files import SMALL, read_bytes


def syntax_problem(error: JSONDecodeError) -> str:
    """Return the message of an error in a JSON text, without line and column."""
    before, after = error.doc[: error.pos].rstrip(), error.doc[error.pos :].lstrip(", \t\r\n")[:1]
    behind_a_value = before.endswith(",") and not before[:-1].rstrip().endswith((",", "[", "{"))
    if error.msg.startswith("Illegal trailing comma") or (behind_a_value and after in {"}", "]"}):
        return f"trailing comma before `{after}`"
    if error.msg.startswith("Expecting property name"):
        return "expected a key in double quotes"
    return error.msg


def violations(validator: Draft202012Validator, value: Any) -> Iterator[tuple[str, str]]:
    """Validate a value; yield the place and the message of each violation.

    A place has the form `actions/0/target`; the place of the whole value is empty.
    """
    for error in validator.iter_errors(value):
        # The message for an unknown member of an object with `additionalProperties: false`.
        message = error.message.replace("False schema does not allow", "not allowed here:")
        yield "/".join(map(str, error.instance_path)), message


def part(schema: dict[str, Any], name: str) -> Draft202012Validator:
    """Return a validator for one of the definitions of a schema."""
    return Draft202012Validator({**schema, "$ref": f"#/$defs/{name}"})


try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # pragma: no cover - PyYAML built without libyaml: the same result, ten times slower
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

try:
    from yaml import CSafeDumper as _SafeDumper
except ImportError:  # pragma: no cover - as above
    from yaml import SafeDumper as _SafeDumper  # type: ignore[assignment]

JsonObject: TypeAlias = dict[str, Any]
"""A parsed JSON object."""


class _JsonLoader(_SafeLoader):
    """A YAML loader that recognizes plain scalars by the spelling of JSON instead of YAML 1.1."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's class registry


_TAG: Final = "tag:yaml.org,2002:"
_JsonLoader.add_implicit_resolver(f"{_TAG}null", re.compile(r"^(?:null|~|)$"), ["n", "~", ""])
_JsonLoader.add_implicit_resolver(f"{_TAG}bool", re.compile(r"^(?:true|false)$"), ["t", "f"])
_JsonLoader.add_implicit_resolver(f"{_TAG}int", re.compile(r"^-?(?:0|[1-9][0-9]*)$"), list("-0123456789"))
_JsonLoader.add_implicit_resolver(
    f"{_TAG}float", re.compile(r"^-?(?:0|[1-9][0-9]*)(?=[.eE])(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$"), list("-0123456789")
)

_SCALARS: Final[dict[str, Callable[[str], bool | int | float | str | None]]] = {
    f"{_TAG}null": lambda _: None,
    f"{_TAG}bool": lambda text: text == "true",
    f"{_TAG}int": int,
    f"{_TAG}float": float,
    f"{_TAG}str": str,
}


_KINDS: Final[dict[type, str]] = {type(None): "nothing", bool: "true or false", str: "text", list: "a list"}


MOST_NODES: Final = 200_000
"""The most nodes of a YAML document. An alias counts as all nodes that it stands for."""

_NODE: Final = re.compile(rb"[\n,\[{]|- ")
"""Characters before a node, by which nodes are counted before the text is parsed."""
_ALIAS: Final = re.compile(rb"[\s,\[{]\*")


def compose(content: bytes, loader: type[_SafeLoader]) -> yaml.Node | None:
    """Return the root of a YAML document; None for an empty one.

    Raises `yaml.YAMLError`, `ValueError` for too many nodes, and `RecursionError` for an alias that contains itself.
    """
    if sum(1 for _ in _NODE.finditer(content)) > MOST_NODES:
        raise ValueError(f"it has more than {MOST_NODES:,} values")
    node = yaml.compose(content, Loader=loader)
    if node is not None and _ALIAS.search(content):
        _size(node, {})
    return node


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """Return the number of nodes to which a node expands. `known` has the numbers found so far by the nodes' `id()`.

    Raises `ValueError` for more than `MOST_NODES`.
    """
    if id(node) not in known:
        inner = node.value if isinstance(node, yaml.CollectionNode) else ()
        parts = [part for each in inner for part in (each if isinstance(each, tuple) else (each,))]
        known[id(node)] = 1 + sum(_size(part, known) for part in parts)
        if known[id(node)] > MOST_NODES:
            raise ValueError(f"its aliases expand to more than {MOST_NODES:,} values")
    return known[id(node)]


def load_yaml(content: bytes) -> Any:
    """Return a document as YAML 1.1 reads it. Raises what `compose` raises, and `ValueError` for an impossible date."""
    node = compose(content, _SafeLoader)
    return None if node is None else _SafeLoader(b"").construct_document(node)


def read_yaml(path: Path) -> JsonObject:
    """Read a YAML or JSON file that contains one object.

    Raises `UnreadableDocument`, or `InvalidDocument` if the file contains anything else.
    """
    try:
        node = compose(read_bytes(path, SMALL), _JsonLoader)
        value = None if node is None else _value(node, path)
    except OSError as error:
        raise UnreadableDocument(path, error.strerror or type(error).__name__) from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a number of more digits than Python reads
        raise UnreadableDocument(path, " ".join(str(error).split()).replace(' in "<byte string>"', "")) from error
    except RecursionError as error:
        raise UnreadableDocument(path, "it is nested too deeply, or an alias contains itself") from error
    if not isinstance(value, dict):
        raise InvalidDocument(str(path), "the root", f"expected an object, found {_KINDS.get(type(value), 'a number')}")
    return value


def line_of(path: Path, *keys: str) -> int:
    """Return the line in a YAML file of the value at a path of keys, or of its nearest ancestor that exists."""
    node = compose(read_bytes(path, SMALL), _JsonLoader)
    line = 1
    for key in keys:
        if isinstance(node, yaml.MappingNode):
            found = next(((name, value) for name, value in node.value if name.value == key), None)
        elif isinstance(node, yaml.SequenceNode) and key.isdecimal() and int(key) < len(node.value):
            found = (node.value[int(key)],) * 2
        else:
            found = None
        if found is None:
            break
        line, node = _line(found[0]), found[1]
    return line


class _Dumper(_SafeDumper):
    """A YAML dumper that writes texts of several lines as literal blocks (`|`), and no aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _as_lines(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar(f"{_TAG}str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _as_lines)


def to_yaml(document: JsonObject) -> str:
    """Return a document as YAML, its members in their order."""
    return str(yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120))


_VALUES: Final = frozenset({"example", "value", "default", "enum"})
"""Members of OpenAPI objects whose value is any JSON."""
_BY_NAME: Final = frozenset({"properties", "headers", "examples", "schemas"})
"""Members of OpenAPI objects whose value is an object with user-defined keys, which may start with `x-`."""


def without_extensions(node: Any, *, has_names: bool = False) -> Any:
    """Return a copy of a part of a document without extensions.

    With `has_names`, the keys of the part are user-defined names, which are kept even if they start with `x-`.
    """
    if isinstance(node, list):
        return [without_extensions(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: value
        if key in _VALUES and not has_names
        else without_extensions(value, has_names=key in _BY_NAME and not has_names)
        for key, value in node.items()
        if has_names or not key.startswith("x-")
    }


def copied(node: Any) -> Any:
    """Return a deep copy of JSON data, in which values that YAML aliases share are copied, too."""
    if isinstance(node, dict):
        return {key: copied(value) for key, value in node.items()}
    if isinstance(node, list):
        return [copied(value) for value in node]
    return node


def _value(node: yaml.Node, path: Path) -> Any:
    if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
        mapping: JsonObject = {}
        for key_node, value_node in node.value:
            key = _value(key_node, path)
            if not isinstance(key, str):
                raise UnreadableDocument(path, f"line {_line(key_node)}: the key {key!r} is not a string; quote it")
            if key in mapping:
                raise UnreadableDocument(path, f"line {_line(key_node)}: the key {key!r} occurs twice in one mapping")
            mapping[key] = _value(value_node, path)
        return mapping
    if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
        return [_value(item, path) for item in node.value]
    read = _SCALARS.get(node.tag)
    if read is None or not isinstance(node, yaml.ScalarNode):
        raise UnreadableDocument(path, f"line {_line(node)}: {node.tag} does not exist in JSON")
    return read(node.value)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def resolve(document: JsonObject, node: Any) -> Any:
    """Return a node, or what it refers to if it is a `$ref`; chains of references are followed.

    References deeper inside the node are kept. Raises `DocumentError`.
    """
    followed: set[str] = set()
    while isinstance(node, Mapping) and isinstance(node.get("$ref"), str):
        reference: str = node["$ref"]
        if reference in followed:
            raise DocumentError(f"The reference {reference!r} refers to itself.")
        followed.add(reference)
        node = _target(document, reference)
    return node


def walk(node: Any, where: str = "#") -> Iterator[tuple[str, Any]]:
    """Yield a node and all nodes inside it, parents first, each with its JSON pointer (`#/paths/~1logs`)."""
    left = [(where, node)]
    while left:
        where, node = found = left.pop()
        yield found
        if isinstance(node, dict):
            left += [(f"{where}/{_escaped(key)}", value) for key, value in reversed(node.items())]
        elif isinstance(node, list):
            left += [(f"{where}/{position}", value) for position, value in enumerate(node)][::-1]


def pointer(*keys: str) -> str:
    """Return the JSON pointer for a sequence of keys, in the form of `walk`."""
    return "/".join(("#", *map(_escaped, keys)))


_COMPONENT: Final = re.compile(r"#/components/(schemas|responses|requestBodies|parameters|headers)/([\w.-]+)")


def reached(document: JsonObject, *parts: Any) -> frozenset[str]:
    """Return the names of the component schemas that parts of a document refer to, directly or indirectly."""
    found: set[tuple[str, str]] = set()
    left: list[Any] = list(parts)
    while left:
        new = {(kind, name) for kind, name in _COMPONENT.findall(json.dumps(left))} - found
        found |= new
        left = [document["components"].get(kind, {}).get(name) for kind, name in new]
    return frozenset(name for kind, name in found if kind == "schemas")


def closed(document: JsonObject) -> JsonObject:
    """Return a document with `additionalProperties: false` in the component schemas that only responses use.

    A schema with `additionalProperties` keeps it. Unchanged parts are shared with the given document.
    """
    operations = [each for path in document["paths"].values() for each in path.values() if isinstance(each, dict)]
    sent = reached(document, [(each.get("requestBody"), each.get("parameters")) for each in operations])
    received = reached(document, [each.get("responses") for each in operations])
    components = document.get("components", {})
    schemas = {
        name: {"additionalProperties": False, **schema}
        if "properties" in schema and name in received - sent
        else schema
        for name, schema in components.get("schemas", {}).items()
    }
    return {**document, "components": {**components, "schemas": schemas}}


def _target(document: JsonObject, reference: str) -> Any:
    if not reference.startswith("#/"):
        raise DocumentError(f"The reference {reference!r} is not within the document.")
    node: Any = document
    for part in reference[2:].split("/"):
        try:
            node = node[int(part) if isinstance(node, list) and part.isdecimal() else _unescaped(part)]
        except (LookupError, TypeError) as error:
            problem = f"The reference {reference!r} can't be resolved: {part!r} does not exist."
            raise DocumentError(problem) from error
    return node


def _unescaped(part: str) -> str:
    return unquote(part).replace("~1", "/").replace("~0", "~")


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
