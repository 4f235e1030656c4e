"""Keys: one word or several, a name or a path."""

from __future__ import annotations

from collections.abc import Sequence

from seatunnel_server.engine.hocon.refusals import NotAPath
from seatunnel_server.engine.hocon.tokens import Kind, Token

_ARROW = "->"


def path_of(tokens: Sequence[Token], line: int) -> list[str]:
    """Return the elements of the path that a key's tokens spell, mostly one.

    Blanks between the tokens belong to the key. Only an arrow within one word without quotes separates: `a->b` does,
    `a -> b`, `"a->b"` and `1->2` do not, for they are several tokens or quoted. Raises `NotAPath`.
    """
    if not tokens:
        raise NotAPath(line, "a name is missing")
    if len(tokens) == 1 and (tokens[0].kind is Kind.QUOTED or _ARROW not in tokens[0].text):
        return [tokens[0].text]
    elements: list[list[str]] = [[]]
    may_be_empty = [False]
    for place, token in enumerate(tokens):
        if place:
            elements[-1].append(token.gap)
        if token.kind is Kind.QUOTED:
            elements[-1].append(token.text)
            may_be_empty[-1] = True
        else:
            first, *further = token.text.split(_ARROW)
            elements[-1].append(first)
            elements += [[each] for each in further]
            may_be_empty += [False] * len(further)
    names = ["".join(parts) for parts in elements]
    if not all(name or empty for name, empty in zip(names, may_be_empty, strict=True)):
        raise NotAPath(line, "an arrow in a key has nothing on one side of it")
    return names
