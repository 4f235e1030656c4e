"""Whether a request uses what a change is about.

A change of pages concerns no request without `page`, one of dry runs none without `dryRun`. Where the log lacks the
part of a request that tells, the request counts as concerned.
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
    """Return whether the query has a parameter; true for a path whose body may say the same."""
    return lambda seen: bool(body_of and body_of in seen.path) or not seen.parameters.isdisjoint(names)


def _says(pattern: str) -> Condition:
    """Return whether the query or the body has a pattern; true without the body."""
    found = re.compile(pattern)
    return lambda seen: seen.body is None or found.search(f"{seen.query} {seen.body}") is not None


def _at(pattern: str) -> Condition:
    """Return whether the path has a pattern, wherever the context path ends."""
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
"""The requests that a fact is about; those that are not here are about all requests of their operations."""

_OF_A_PAGE: Final = re.compile(r"\w+Page\b")


def concerns(change: Change, seen: LoggedRequest) -> bool:
    """Return whether a request of the changed operation uses what a change is about."""
    if change.id == "behaviour-changed":
        condition = _FACTS.get(change.place)
        return condition is None or condition(seen)
    if change.id.startswith(("response-", "optional-response")):
        status = change.place.partition(" ")[0]
        if seen.status is not None and status.isdecimal() and status != str(seen.status):
            return False
        return not _OF_A_PAGE.search(f"{change.place} {change.old} {change.new}") or _PAGES(seen)
    return True
