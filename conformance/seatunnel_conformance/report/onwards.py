"""Commands with which somebody goes on who has read a report."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Final

from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.report.verdicts import Verdict
from seatunnel_conformance.report.words import by_weight

RERUN: Final = 6
"""Failing checks that the command to run them again can name; more make a line that nobody reads."""

_BASELINE: Final = "known.yaml"
"""What the file with the known deviations is called, as long as nobody calls it something else."""

_DEFAULT_PROFILE: Final = "standard"
"""The profile that a command line need not name."""


def commands(report: Report) -> Iterator[tuple[str, str]]:
    """Yield what there is to do about failures, and the command that does it; nothing where none has failed."""
    failing = [outcome for outcome in by_weight(report.outcomes) if outcome.verdict is Verdict.FAIL]
    if not failing:
        return
    if clause := next((outcome.id for outcome in failing if " " not in outcome.id), None):
        yield "what a clause says, and what it rests on", shlex.join(["seatunnel-v2", "explain", clause])
    # One alone has told it already.
    if 1 < len(failing) <= RERUN:
        yield "all failing checks again", _again(report, failing)
    whole = _whole(report, failing[0])
    yield "to accept what fails as known", shlex.join([*whole, "--write-baseline", _BASELINE])
    yield "and from then on", shlex.join([*whole, "--baseline", _BASELINE])


def _again(report: Report, failing: Sequence[Outcome]) -> str:
    words = shlex.split(failing[0].only)
    more = [word for outcome in failing[1:] for word in ("--only", outcome.id)]
    seed = ["--seed", str(report.header.seed)] if any(" " in outcome.id for outcome in failing) else []
    return shlex.join([*words, *more, *(seed if "--seed" not in words else [])])


def _whole(report: Report, outcome: Outcome) -> list[str]:
    """Return the words that make the whole run again, from those that make one of its checks."""
    words = shlex.split(outcome.only)
    for option in ("--only", "--seed"):
        if option in words:
            at = words.index(option)
            del words[at : at + 2]
    profile = report.header.profile
    return words if profile == _DEFAULT_PROFILE else [*words, "--profile", profile]
