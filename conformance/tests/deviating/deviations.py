"""Deviations: changes of a server, the checks that fail for them, and functions for changes that faults don't have."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from seatunnel_conformance.faults.catalogue import Condition, Maker, effect_of, fault_named
from seatunnel_conformance.faults.changes import Change, Edit, body, everywhere, query
from seatunnel_conformance.faults.documents import DETAILS
from seatunnel_conformance.faults.exchange import Cut, ProxiedExchange

INFO, OLDER = DETAILS
RUNNING, FINISHED, BY_STATE = "get_running_jobs", "get_finished_jobs", "get_finished_jobs_by_state"
UPLOAD = "submit_job_by_upload"
RUNNING_CHECK, INFO_CHECK = "GET /running-jobs, with jobs", "GET /job-info/{jobId}, with jobs"
FINISHED_CHECK, BY_STATE_CHECK = "GET /finished-jobs, with jobs", "GET /finished-jobs/{state}, with jobs"


@dataclass(frozen=True)
class Deviation:
    """A deviation of a server of a release, and the checks that fail for it."""

    name: str
    make: Maker
    fails: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()
    points: Mapping[str, str] = field(default_factory=dict)
    accuses: str = ""
    reason: str = ".*"
    release: str = "2.3.10"
    options: Mapping[str, Any] = field(default_factory=dict)


def deviation(  # noqa: PLR0913 - a parameter for each column
    name: str,
    change: Callable[..., ProxiedExchange] | None = None,
    on: str | tuple[str, ...] = "",
    when: Condition = lambda _: True,
    *,
    before: bool | None = False,
    fails: str | tuple[str, ...] = (),
    passes: str | tuple[str, ...] = (),
    **more: Any,
) -> Deviation:
    """Return a deviation; without a change, it is the fault of the catalogue of this name."""
    operations = tuple(on.split()) if isinstance(on, str) else on
    make = effect_of(change, *operations, when=when, before=before) if change else fault_named(name).make
    failing, passing = ((one,) if isinstance(one, str) else one for one in (fails, passes))
    return Deviation(name, make, failing, passing, **more)


def renamed(change: Callable[[str], str]) -> Change:
    """Change the values of all query parameters."""
    return query(lambda found: [(name, change(text)) for name, text in found])


def texts(change: Callable[[str], Any]) -> Edit:
    """Change each text in a document."""
    return everywhere(lambda value: change(value) if isinstance(value, str) else value)


def replaced(pattern: bytes, by: bytes, most: int = 0) -> Change:
    """Replace a pattern in the body of a response, everywhere or so many times."""
    return body(lambda it: re.sub(pattern, by, it.received.body, count=most))


def closing(it: ProxiedExchange) -> ProxiedExchange:
    """Close the connection, with the header that says so."""
    return it.with_delivery(it.with_header("Connection", "close").received.as_bytes(), Cut.CLOSE)


def has_query(it: ProxiedExchange) -> bool:
    return bool(it.query)


def is_text(it: ProxiedExchange) -> bool:
    return it.media_type == "text/plain"
