"""References within a document (`$ref`), JSON pointers, and iteration over all nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from seatunnel_openapi.documents import JsonObject
from seatunnel_openapi.errors import UnresolvableReference


def resolve(document: JsonObject, node: Any) -> Any:
    """Return a node, or what it refers to if it is a `$ref`; chains of references are followed.

    References deeper inside the node are kept. Raises `UnresolvableReference`.
    """
    followed: set[str] = set()
    while isinstance(node, Mapping) and isinstance(node.get("$ref"), str):
        reference: str = node["$ref"]
        if reference in followed:
            raise UnresolvableReference(reference, "refers to itself")
        followed.add(reference)
        node = _target(document, reference)
    return node


def walk(node: Any, where: str = "#") -> Iterator[tuple[str, Any]]:
    """Yield a node and all nodes inside it, parents first, each with its JSON pointer (`#/paths/~1logs`)."""
    yield where, node
    if isinstance(node, dict):
        for key, value in node.items():
            yield from walk(value, f"{where}/{_escaped(key)}")
    elif isinstance(node, list):
        for position, value in enumerate(node):
            yield from walk(value, f"{where}/{position}")


def pointer(*keys: str) -> str:
    """Return the JSON pointer for a sequence of keys, in the form of `walk`."""
    return "/".join(("#", *map(_escaped, keys)))


def references(node: Any) -> Iterator[tuple[str, str]]:
    """Yield every reference of a document: its JSON pointer and its target."""
    for where, inner in walk(node):
        if isinstance(inner, dict) and isinstance(inner.get("$ref"), str):
            yield where, inner["$ref"]


def _target(document: JsonObject, reference: str) -> Any:
    if not reference.startswith("#/"):
        raise UnresolvableReference(reference, "is not within the document")
    node: Any = document
    for part in reference[2:].split("/"):
        try:
            node = node[int(part) if isinstance(node, list) and part.isdecimal() else _unescaped(part)]
        except (LookupError, TypeError) as error:
            raise UnresolvableReference(reference, f"can't be resolved: {part!r} does not exist") from error
    return node


def _unescaped(part: str) -> str:
    return unquote(part).replace("~1", "/").replace("~0", "~")


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
