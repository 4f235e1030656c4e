"""What a target looks like when nearly everything fails for one reason, and whether it is a SeaTunnel at all.

Read from the exchanges that a report keeps, which are those of the checks that did not pass.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.verdicts import Verdict
from seatunnel_conformance.text.visible import line

Exchanges: TypeAlias = Sequence[Mapping[str, Any]]

_NEARLY_ALL: Final = 0.6
"""The share of the answers that has to look alike; an honest target's failures are fewer and look different."""

_ENOUGH: Final = 5
"""Answers from which a habit can be told."""

_HOPELESS: Final = 0.5
"""The share of the checks with a verdict that has to fail before the target itself is doubted."""

_SEVERAL: Final = 3
"""Jobs with one id, or kinds of requests with one answer, that are no accident."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the target looks like, in a sentence, and what to do about it."""

    sentence: str
    hint: str


def diagnosis(report: Report) -> Diagnosis | None:
    """Return what the target looks like, None where its failures have no one reason that can be seen."""
    kept = [exchange for outcome in report.outcomes for exchange in outcome.exchanges]
    answered = [exchange for exchange in kept if exchange["status"] is not None]
    failed, passed = report.footer.counts[Verdict.FAIL], report.footer.counts[Verdict.PASS]
    if len(answered) < _ENOUGH or failed < _HOPELESS * (failed + passed):
        return _prism(answered) or _played(answered)
    looks = (look(answered) for look in (_prism, *_LOOKS, _played))
    return next((one for one in looks if one), Diagnosis(_UNLIKE, _ADDRESS))


_ADDRESS: Final = "Is this the address of the engine's HTTP service, its port and context path included?"

_UNLIKE: Final = "Most answers have little to do with the contract: this looks like another service."


def _share(exchanges: Exchanges, is_so: Callable[[Mapping[str, Any]], bool]) -> float:
    return sum(map(is_so, exchanges)) / len(exchanges)


def _refused(exchanges: Exchanges) -> Diagnosis | None:
    if _share(exchanges, lambda one: one["status"] in {401, 403}) < _NEARLY_ALL:
        return None
    return Diagnosis("Nearly every request was refused with 401 or 403.", "The target wants credentials.")


def _absent(exchanges: Exchanges) -> Diagnosis | None:
    if _share(exchanges, lambda one: one["status"] == 404) < _NEARLY_ALL:  # noqa: PLR2004 - the status
        return None
    hint = "Is a context path missing from the address? The engine's default port has a REST API V1 of other paths."
    return Diagnosis("Nearly every path is unknown to the target: it answers 404.", hint)


def _led_away(exchanges: Exchanges) -> Diagnosis | None:
    if _share(exchanges, lambda one: 300 <= one["status"] < 400) < _NEARLY_ALL:  # noqa: PLR2004 - redirects
        return None
    return Diagnosis("Nearly every request is redirected: something stands before the engine.", _ADDRESS)


def _broken(exchanges: Exchanges) -> Diagnosis | None:
    if _share(exchanges, lambda one: one["status"] >= 500) < _NEARLY_ALL:  # noqa: PLR2004 - errors of servers
        return None
    return Diagnosis("The target answers nearly everything with an error of its own (5xx).", "Look at its log first.")


def _pages(exchanges: Exchanges) -> Diagnosis | None:
    if _share(exchanges, _is_html) < _NEARLY_ALL:
        return None
    sentence = (
        "The target answers with HTML pages: it looks like a web site, a login page or a proxy, not like the API."
    )
    return Diagnosis(sentence, _ADDRESS)


def _is_html(exchange: Mapping[str, Any]) -> bool:
    return "<html" in exchange["body"][:2000].lower() or "<!doctype html" in exchange["body"][:2000].lower()


def _echo(exchanges: Exchanges) -> Diagnosis | None:
    asked = [exchange for exchange in exchanges if exchange["sent"]["body"]]
    if len(asked) < _ENOUGH or _share(asked, lambda one: one["sent"]["body"] in one["body"]) < _NEARLY_ALL:
        return None
    return Diagnosis("The target sends back what it is sent: it looks like an echo service.", _ADDRESS)


def _same(exchanges: Exchanges) -> Diagnosis | None:
    body, times = Counter(exchange["body"] for exchange in exchanges).most_common(1)[0]
    asked = {urlsplit(one["url"]).path.rpartition("/")[0] or one["url"] for one in exchanges if one["body"] == body}
    if times / len(exchanges) < _NEARLY_ALL or len(asked) < _SEVERAL:
        return None
    said = f"`{line(body, 60)}`" if body else "an empty body"
    return Diagnosis(
        f"The target answers {said} to nearly everything, whatever is asked: it looks like a stub.", _ADDRESS
    )


_LOOKS: Final = (_refused, _absent, _led_away, _broken, _pages, _echo, _same)
"""In this order: who is refused everything gets the same page every time, too."""


def _prism(exchanges: Exchanges) -> Diagnosis | None:
    """Tell Prism, which signs the errors that it makes up itself."""
    if not any(_PRISM in exchange["body"] for exchange in exchanges):
        return None
    sentence = "Prism answers some of the requests by itself: the target is a mock of a contract, or Prism's proxy."
    return Diagnosis(sentence, "A mock runs no jobs. Is this the address of the engine's HTTP service?")


_PRISM: Final = "https://stoplight.io/prism/errors#"


def _played(exchanges: Exchanges) -> Diagnosis | None:
    """Tell a server that plays jobs by heart: all that are submitted get one id."""
    submitted = [_job_id(one) for one in exchanges if one["method"] == "POST" and "/submit-job?" in f"{one['url']}?"]
    ids = Counter(job_id for job_id in submitted if job_id)
    if not ids or ids.most_common(1)[0][1] < max(_SEVERAL, _NEARLY_ALL * len(submitted)):
        return None
    sentence = "The target gives every job the same id and runs none: it looks like a mock that answers with examples."
    return Diagnosis(sentence, "A mock keeps the shapes of the contract; only a server with an engine keeps its rules.")


def _job_id(exchange: Mapping[str, Any]) -> str | None:
    asked = "jobId=" in exchange["url"]
    try:
        response = json.loads(exchange["body"])
    except ValueError:
        return None
    return str(response["jobId"]) if isinstance(response, dict) and response.get("jobId") and not asked else None
