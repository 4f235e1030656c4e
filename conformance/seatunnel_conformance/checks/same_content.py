"""Whether two requests get the same content, on a node whose jobs, files and threads come and go."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from seatunnel_conformance.target.exchange import Response

_TRIES: Final = 3

_NAMES: Final = ("jobId", "logName", "threadName", "host", "port")
"""Members that tell one item of a list from the others."""

_LASTING: Final = re.compile(r'\A[^<#\n]+$|href="[^"]*"|^# \w+ \w+', re.MULTILINE)
"""The parts of a text that stay: the first line of a log file, links, and names of samples."""


def holds_the_same(plain: Callable[[], Response], *others: Callable[[], Response]) -> None:
    """Assert that responses have the status, the media type and the lasting parts of a plain one.

    Both are requested again if one has not: lists change, and engines mix up readings of members that several clients
    request at once.
    """
    once = plain()
    for other in others:
        before, found = once, other()
        lost = _parts(before) - _parts(found)
        for _ in range(_TRIES):
            if not lost and _form(found) == _form(before):
                break
            # The last request is the other one: a report shows that.
            before, first, after, found = plain(), other(), plain(), other()
            lost = (_parts(before) & _parts(after)) - _parts(first) - _parts(found)
        assert found.status == before.status, found
        assert found.media_type == before.media_type, found
        assert not lost, f"{', '.join(sorted(lost)[:3])}: missing in {found!r}"


def _form(response: Response) -> tuple[int, str]:
    return response.status, response.media_type


def _parts(response: Response) -> set[str]:
    """Return the parts of a response that the next one has, too: ids, names, members, links, and names of samples."""
    if response.media_type != "application/json":
        return set(_LASTING.findall(response.text))
    try:
        return _parts_of(response.json)
    except AssertionError:
        return set()


def _parts_of(document: Any) -> set[str]:
    if isinstance(document, list):
        return {name for item in document for name in _parts_of(item)}
    if not isinstance(document, dict):
        return {str(document)}
    own = [name for name in _NAMES if name in document]
    return {f"{name} {document[name]}" for name in own} or set(document)
