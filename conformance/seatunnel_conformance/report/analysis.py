"""Summaries of a run: a diagnosis of the target, the causes of failures, and the coverage of the contract.

The diagnosis is for a target that fails nearly everything for one reason, for example because it is not SeaTunnel. It
uses the exchanges in a report, which are those of checks that did not pass.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import Outcome, ReportedExchange, Verdict, by_weight
from seatunnel_conformance.report.text import counted
from seatunnel_conformance.text.differences import NOTHING, Difference
from seatunnel_conformance.text.visible import line
from seatunnel_openapi.contract import Level
from seatunnel_openapi.files import json_or

Exchanges: TypeAlias = Sequence[ReportedExchange]

_NEARLY_ALL: Final = 0.6
"""The minimum share of similar responses for a diagnosis. Failures of a real deployment are fewer, and differ."""

_ENOUGH: Final = 5
"""The minimum number of responses for a diagnosis."""

_HOPELESS: Final = 0.5
"""The minimum share of failed checks, among those that passed or failed, for most diagnoses."""

_SEVERAL: Final = 3
"""The minimum number of jobs with one id, or of kinds of requests with one response."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A sentence about the target, and a hint."""

    sentence: str
    hint: str


def diagnosis(report: Report) -> Diagnosis | None:
    """Return the diagnosis; None if the failures have no common reason."""
    kept = [exchange for outcome in report.outcomes for exchange in outcome.exchanges]
    answered = [exchange for exchange in kept if exchange.status is not None]
    failed, passed = report.footer.counts[Verdict.FAIL], report.footer.counts[Verdict.PASS]
    if len(answered) < _ENOUGH or failed < _HOPELESS * (failed + passed):
        return _prism(answered) or _mocked(answered)
    found = (detect(answered) for detect in (_prism, *_DETECTORS, _mocked))
    # Patterns often select the checks that have failed before, which says nothing about the others.
    return next((one for one in found if one), None if report.header.partial else Diagnosis(_UNLIKE, _ADDRESS))


_ADDRESS: Final = "Does the address have the port and the context path of the engine's HTTP service?"

_UNLIKE: Final = "Most responses do not match the contract at all: this is probably another service."


def _share(exchanges: Exchanges, is_so: Callable[[ReportedExchange], bool]) -> float:
    return sum(map(is_so, exchanges)) / len(exchanges)


_OF_MOST: Final[tuple[tuple[Callable[[ReportedExchange], bool], Diagnosis], ...]] = (
    (
        lambda one: one.status in {401, 403},
        Diagnosis("Nearly every request was refused with 401 or 403.", "The target requires credentials."),
    ),
    (
        lambda one: one.status == HTTPStatus.NOT_FOUND,
        # Not a hint at a wrong address: the run would not have started with one.
        Diagnosis(
            "The target answers nearly every path with 404.",
            "If it implements only some operations, name them: --only get_overview --only get_job_info.",
        ),
    ),
    (
        lambda one: 300 <= (one.status or 0) < 400,  # noqa: PLR2004 - redirects
        Diagnosis("Nearly every request is redirected, probably by a proxy in front of the engine.", _ADDRESS),
    ),
    (
        lambda one: (one.status or 0) >= HTTPStatus.INTERNAL_SERVER_ERROR,
        Diagnosis("The target answers nearly every request with a server error (5xx).", "Look at its log first."),
    ),
    (
        lambda one: "<html" in one.body[:2000].lower() or "<!doctype html" in one.body[:2000].lower(),
        Diagnosis(
            "The target answers with HTML pages: it is probably a web site, a login page or a proxy, not the API.",
            _ADDRESS,
        ),
    ),
)
"""The diagnoses by a condition for nearly all responses; the first one decides."""


def _of_most(exchanges: Exchanges) -> Diagnosis | None:
    return next((found for is_so, found in _OF_MOST if _share(exchanges, is_so) >= _NEARLY_ALL), None)


def _echo(exchanges: Exchanges) -> Diagnosis | None:
    asked = [exchange for exchange in exchanges if exchange.sent.body]
    if len(asked) < _ENOUGH or _share(asked, lambda one: (one.sent.body or "") in one.body) < _NEARLY_ALL:
        return None
    return Diagnosis("The target returns the bodies that it receives: it is probably an echo service.", _ADDRESS)


def _same(exchanges: Exchanges) -> Diagnosis | None:
    body, times = Counter(exchange.body for exchange in exchanges).most_common(1)[0]
    asked = {urlsplit(one.url).path.rpartition("/")[0] or one.url for one in exchanges if one.body == body}
    if times / len(exchanges) < _NEARLY_ALL or len(asked) < _SEVERAL:
        return None
    said = f"`{line(body, 60)}`" if body else "an empty body"
    return Diagnosis(f"The target answers {said} to nearly every request: it is probably a stub.", _ADDRESS)


_DETECTORS: Final = (_of_most, _echo, _same)
"""In the order of trials: a target that refuses every request also sends the same page every time."""


def _prism(exchanges: Exchanges) -> Diagnosis | None:
    """Detect the mock server Prism by the `type` of its errors."""
    if not any(_PRISM in exchange.body for exchange in exchanges):
        return None
    sentence = "Some responses are errors of Prism: the target is a mock made from a contract, or Prism's proxy."
    return Diagnosis(sentence, "A mock runs no jobs. Is this the address of the engine's HTTP service?")


_PRISM: Final = "https://stoplight.io/prism/errors#"


def _mocked(exchanges: Exchanges) -> Diagnosis | None:
    """Detect a mock by the id of submitted jobs, which is always the same."""
    submitted = [_job_id(one) for one in exchanges if one.method == "POST" and "/submit-job?" in f"{one.url}?"]
    ids = Counter(job_id for job_id in submitted if job_id)
    if not ids or ids.most_common(1)[0][1] < max(_SEVERAL, _NEARLY_ALL * len(submitted)):
        return None
    sentence = "The target gives every job the same id: it is probably a mock that answers with examples."
    return Diagnosis(sentence, "A mock follows the schemas of the contract; most clauses need a server with an engine.")


def _job_id(exchange: ReportedExchange) -> str | None:
    asked = "jobId=" in exchange.url
    response = json_or(exchange.body)
    return str(response["jobId"]) if isinstance(response, dict) and response.get("jobId") and not asked else None


Coverage: TypeAlias = dict[str, tuple[list[str], list[str]]]
"""By operation, the statuses and query parameters that were exercised, and the others. Parameters begin with `?`."""


def coverage(report: Report) -> Coverage:
    """Return the parts of the contract that the requests of a run used; empty for a report of an earlier version."""
    met = {part for outcome in report.outcomes for part in outcome.met}
    found: Coverage = {}
    for part in report.header.parts:
        operation, _, name = part.rpartition(" ")
        found.setdefault(operation, ([], []))[part not in met].append(name)
    return found


def coverage_sentence(found: Coverage) -> str:
    """Return a sentence with the numbers of exercised operations, statuses and parameters; empty for no coverage."""
    if not found:
        return ""
    numbers = [f"{sum(bool(met) for met, _ in found.values())} of {len(found)} operations"]
    for noun, is_parameter in (("statuses", False), ("query parameters", True)):
        met, missed = (
            sum(part.startswith("?") is is_parameter for pair in found.values() for part in pair[at]) for at in (0, 1)
        )
        numbers.append(f"{met} of {met + missed} {noun}")
    return f"The requests exercised {', '.join(numbers)} of the contract."


_DOCUMENT: Final = re.compile(r": \{.*")
"""The object at the end of a reason. It differs between checks that fail for one cause."""

_COMMANDS: Final = "This was done before:"
"""The beginning of a stateful test's details. They list its commands; the reason says what is wrong."""


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failed checks with the same kind of difference, which `sentence` describes. The most important check is first."""

    sentence: str
    outcomes: tuple[Outcome, ...]

    @property
    def broken(self) -> int:
        """The number of failed checks of MUST clauses."""
        return sum(outcome.level is Level.MUST for outcome in self.outcomes)

    @property
    def count(self) -> str:
        """The number of failed checks, and of MUST ones among them: `90 checks, 12 MUST`."""
        return f"{counted(len(self.outcomes), 'check')}, {self.broken} MUST"


def failure_groups(outcomes: Iterable[Outcome]) -> list[FailureGroup]:
    """Return the failures of a run in groups, those with the most broken MUST clauses first."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in by_weight(outcomes):
        if outcome.verdict is Verdict.FAIL:
            groups.setdefault(_sentence(outcome), []).append(outcome)
    found = [FailureGroup(sentence, tuple(failed)) for sentence, failed in groups.items()]
    return sorted(found, key=lambda group: (-group.broken, -len(group.outcomes)))


def _sentence(outcome: Outcome) -> str:
    differences = [difference for finding in outcome.findings for difference in finding.differences]
    if differences:
        return _of_difference(differences[0])
    detail = outcome.findings[0].detail if outcome.findings else ""
    said = outcome.reason if not detail or detail.startswith(_COMMANDS) else detail.partition("\n")[0]
    return line(_DOCUMENT.sub("", said), 100)


def _of_difference(difference: Difference) -> str:
    """Return the reason of a failure, without the values that differ between checks."""
    name = difference.place.rpartition("/")[2]
    if not name or name.isdecimal():
        return line(str(difference), 100)
    # Checks write names of headers in lower case, recordings as they were sent.
    where = f"`{name.lower() if difference.place.startswith('headers/') else name}`"
    if difference.place == "status":
        return f"status {difference.found} instead of {difference.expected}"
    if difference.found == NOTHING:
        return f"{where} is missing"
    if difference.expected == NOTHING:
        return f"{where} should not be there"
    if difference.expected.startswith(("a ", "an ")):
        return f"{where} is not {line(difference.expected, 60)}"
    return f"{where} has another value"
