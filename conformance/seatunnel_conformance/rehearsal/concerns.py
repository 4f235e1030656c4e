"""Decides whether a change of the API concerns a request, by the parameters, the body or the path of the request.

For example, a change of the parameter `page` does not concern a request without it. If the log does not have the part
of a request that decides, the request counts as concerned.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final, TypeAlias

from seatunnel_conformance.rehearsal.request_log import LoggedRequest
from seatunnel_openapi.comparison import Change

Condition: TypeAlias = Callable[[LoggedRequest], bool]


def _asks(*names: str, body_of: str = "") -> Condition:
    """Return the condition that the query has one of these parameters, or that the path contains `body_of`.

    The body of a request to such a path could have the parameter instead.
    """
    return lambda seen: bool(body_of and body_of in seen.path) or not seen.parameters.isdisjoint(names)


def _says(pattern: str) -> Condition:
    """Return the condition that the query or the body matches a pattern, or that the log has no body."""
    found = re.compile(pattern)
    return lambda seen: seen.body is None or found.search(f"{seen.query} {seen.body}") is not None


def _at(pattern: str) -> Condition:
    """Return the condition that a part of the path matches a pattern; the path can begin with a context path."""
    found = re.compile(pattern)
    return lambda seen: found.search(seen.path) is not None


def _is_refused(seen: LoggedRequest) -> bool:
    return seen.status is None or seen.status >= HTTPStatus.BAD_REQUEST


_PAGES: Final = _asks("page", "rows")
_HOCON: Final = _asks("format", body_of="/upload")

_LOGS: Final = _at(r"/logs?\b")

_FACTS: Final[Mapping[str, Condition]] = {
    "bodyFormats": _asks("format"),
    "chainVertex": _says('"?transform"?'),
    "decryption": _HOCON,
    "dryRun": _asks("dryRun"),
    "errorMessage": _is_refused,
    "force": _says("force"),
    "headCharset": lambda seen: seen.method == "HEAD",
    "hoconRead": _HOCON,
    "longLogs": _LOGS,
    "missingCheckpoint": _asks("isStartWithSavePoint", body_of="/submit-jobs"),
    "notAMap": _is_refused,
    "paging": _PAGES,
    "rejectedId": _asks("jobId", body_of="/submit-jobs"),
    "restoreMode": _asks("restoreMode", "restoreSourceJobId", body_of="/submit-jobs"),
    "rowlessSource": _says(r"row\.num\W{1,5}0\b"),
    "shadeFailure": _is_refused,
    "tableKeys": _at(r"/(running|finished)-jobs?\b(?!/summary)|/job-info/"),
    "textCharset": _LOGS,
    "unknownConnector": _is_refused,
    "unknownPath": _is_refused,
    "unsupportedMethod": _is_refused,
}
"""The conditions of the requests that a change of a fact concerns. Other facts concern all requests."""

_OF_A_PAGE: Final = re.compile(r"\w+Page\b")


def concerns(change: Change, seen: LoggedRequest) -> bool:
    """Return whether a change of an operation concerns a request for this operation."""
    if change.id == "behaviour-changed":
        condition = _FACTS.get(change.place)
        return condition is None or condition(seen)
    if change.id.startswith(("response-", "optional-response")):
        status = change.place.partition(" ")[0]
        if seen.status is not None and status.isdecimal() and status != str(seen.status):
            return False
        return not _OF_A_PAGE.search(f"{change.place} {change.old} {change.new}") or _PAGES(seen)
    return True
