"""Compares the content of responses on a node whose jobs, files and threads change between requests."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from seatunnel_conformance.target.exchange import Response

_TRIES: Final = 3

_NAMES: Final = ("jobId", "logName", "threadName", "host", "port")
"""Members that identify an item of a list."""

_LASTING: Final = re.compile(r'\A[^<#\n]+$|href="[^"]*"|^# \w+ \w+', re.MULTILINE)
"""The parts of a text that do not change: the first line of a log file, links, and names of metrics."""


def holds_the_same(plain: Callable[[], Response], *others: Callable[[], Response]) -> None:
    """Assert that other requests get the status, the media type and the lasting parts of the plain request's response.

    Both are sent again after a difference: lists change, and engines mix up monitoring entries that several clients
    request at once.
    """
    once = plain()
    for other in others:
        before, found = once, other()
        lost = _parts(before) - _parts(found)
        for _ in range(_TRIES):
            if not lost and _form(found) == _form(before):
                break
            # The other request is sent last, because a report shows the last one.
            before, first, after, found = plain(), other(), plain(), other()
            lost = (_parts(before) & _parts(after)) - _parts(first) - _parts(found)
        assert found.status == before.status, found
        assert found.media_type == before.media_type, found
        assert not lost, f"{', '.join(sorted(lost)[:3])}: missing in {found!r}"


def _form(response: Response) -> tuple[int, str]:
    return response.status, response.media_type


def _parts(response: Response) -> set[str]:
    """Return the parts of a response that the next response should have, too: ids, names, members, links, metrics."""
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
