"""Find the operation of a recorded request by the rule of servlet mappings: the longest literal path wins."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from seatunnel_openapi import Contract, Operation


class UnreadablePath(Exception):
    """The container refuses the path itself."""


@dataclass(frozen=True, slots=True)
class Route:
    """The operations of a path, by method. Empty for a path of no operation."""

    operations: dict[str, Operation]

    def operation(self, method: str) -> Operation | None:
        """Return the operation for a method; HEAD is answered by GET's."""
        return self.operations.get("GET" if method == "HEAD" else method)


def route(contract: Contract, target: str) -> Route:
    """Return where the target of a request leads. Raises `UnreadablePath`."""
    path = _path(target)
    segments = path.split("/")[1:]
    for length in range(len(segments), 0, -1):
        prefix, rest = "/" + "/".join(segments[:length]), "/".join(segments[length:])
        found = _at(contract, prefix, has_rest=bool(rest))
        if found:
            return Route(found)
    return Route({})


def _at(contract: Contract, prefix: str, *, has_rest: bool) -> dict[str, Operation]:
    """Return the operations of a literal path: those with a parameter behind it if there is something there.

    Without it, one servlet answers both: a method that only the paths below have gets an empty parameter.
    """
    bare = {each.method: each for each in contract.operations if each.path == prefix}
    below = {each.method: each for each in contract.operations if each.path.startswith(f"{prefix}/{{")}
    return (below if has_rest else below | bare) or bare


def _path(target: str) -> str:
    """Return the path of a target: decoded, without parameters, its dot segments resolved."""
    raw = target.partition("?")[0]
    if "://" in raw:
        raw = "/" + raw.partition("://")[2].partition("/")[2]
    if not raw.startswith("/"):
        raise UnreadablePath(target)
    kept: list[str] = []
    for segment in "/".join(_decoded(each) for each in raw.split("/")[1:]).split("/"):
        if segment == ".." and not kept:
            raise UnreadablePath(target)
        if segment == "..":
            kept.pop()
        elif segment != ".":
            kept.append(segment)
    return "/" + "/".join(kept)


def _decoded(segment: str) -> str:
    name, has_parameters, _ = segment.partition(";")
    text = unquote(name)
    broken = any(piece[:2].strip("0123456789abcdefABCDEF") or len(piece) < 2 for piece in name.split("%")[1:])
    if broken or "\0" in text or (text == ".." and has_parameters):
        raise UnreadablePath(segment)
    return text
