"""Next steps for the reader of a report: a sentence, and commands."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Final

from seatunnel_conformance.report.events import CLIENTS, Report
from seatunnel_conformance.report.outcomes import Outcome, by_weight, is_of_clause
from seatunnel_conformance.report.verdicts import Column, RunExit, RunVerdict, Verdict

RERUN: Final = 6
"""The maximum number of failing checks in the command that runs them again."""

_BASELINE: Final = "known.yaml"
"""The name of the baseline file in commands."""

_DEFAULT_PROFILE: Final = "standard"
"""The profile that commands leave out."""

_SENTENCES: Final = {
    RunVerdict.DEVIATES: "Take the first failure and repeat it with its curl line.",
    RunVerdict.STALE: "Remove the stale entries from the baseline, or write it again with --write-baseline.",
    RunVerdict.EMPTY: "Change the selection: --only and --skip take clauses, groups, operations, levels and tags.",
}


_UNDECIDED: Final = (
    ("can't be reached", "Start the target, and run again: it no longer responded."),
    ("did not come within", "Look at why checks are inconclusive; a slow target may need a longer --wait."),
    ("", "Look at why checks are inconclusive, and run again."),
)
"""The advice for an undecided run, by a part of the reason of an inconclusive check; the first that matches."""


def next_step(report: Report) -> str:
    """Return the advice for the reader of a report."""
    if report.cut:
        return "Run again: this run broke off."
    if report.footer.exit is RunExit.INTERRUPTED:
        return "Run again: this run was interrupted."
    if report.footer.verdict is RunVerdict.UNDECIDED:
        reasons = "\n".join(one.reason for one in report.outcomes if one.verdict is Verdict.INCONCLUSIVE)
        return next(advice for part, advice in _UNDECIDED if part in reasons)
    if report.header.profile == CLIENTS and report.footer.verdict is RunVerdict.DEVIATES:
        return "Correct the first failure, and play its scenario again."
    if report.footer.verdict is RunVerdict.CONFORMS:
        return _after_conforming(report)
    remedies = " ".join(_remedies(report)) if report.footer.verdict is RunVerdict.EMPTY else ""
    return remedies or _SENTENCES[report.footer.verdict]


def _after_conforming(report: Report) -> str:
    if report.footer.counts.get(Verdict.KNOWN):
        return "Tell the authors of clients about the known deviations: the baseline hides them only in this report."
    if any(outcome.column is Column.NOT_KEPT for outcome in report.outcomes):
        return f"Look at the recommendations that are not kept; none of them makes the {report.header.subject} deviate."
    return " ".join(_remedies(report)) or "nothing to do. Keep this run in CI."


def _remedies(report: Report) -> Iterator[str]:
    """Yield the options with which skipped checks would run. Most skips depend on the target, not on the user."""
    skipped = [outcome.reason for outcome in report.outcomes if outcome.verdict is Verdict.SKIPPED]
    if number := sum("--allow-writes" in reason for reason in skipped):
        yield f"{number} skipped checks run with --allow-writes."
    if number := sum("--node adds" in reason for reason in skipped if report.footer.verdict is RunVerdict.EMPTY):
        yield f"{number} skipped checks run with --node for each further node of the cluster."
    if number := sum("--failover permits" in reason for reason in skipped):
        yield f"{number} skipped checks run with --failover, which allows the run to stop the master."
    if number := sum(reason.startswith("the profile ") for reason in skipped):
        yield f"{number} skipped checks run with --profile {_DEFAULT_PROFILE}."


def commands(report: Report) -> Iterator[tuple[str, str]]:
    """Yield purpose and command for a report with failures; nothing for other reports."""
    failing = [outcome for outcome in by_weight(report.outcomes) if outcome.verdict is Verdict.FAIL]
    if not failing:
        return
    if report.header.profile == CLIENTS:
        yield "the scenario again", failing[0].only
    if clause := next((outcome.id for outcome in failing if is_of_clause(outcome.id)), None):
        yield "the text of a clause, and its evidence", shlex.join(["seatunnel-v2", "explain", clause])
    if report.header.profile == CLIENTS:
        # Clients have no baseline.
        return
    # The explanation of a single failure has this command already.
    if 1 < len(failing) <= RERUN:
        words = shlex.split(failing[0].only)
        more = [word for outcome in failing[1:] for word in ("--only", outcome.id)]
        seed = ["--seed", str(report.header.seed)] if not all(is_of_clause(outcome.id) for outcome in failing) else []
        yield "all failing checks again", shlex.join([*words, *more, *(seed if "--seed" not in words else [])])
    whole = _whole_run(report, failing[0])
    yield "to accept what fails as known", shlex.join([*whole, "--write-baseline", _BASELINE])
    yield "and from then on", shlex.join([*whole, "--baseline", _BASELINE])


def _whole_run(report: Report, outcome: Outcome) -> list[str]:
    """Return the command of the whole run, made from the command of one of its checks."""
    words = shlex.split(outcome.only)
    for option in ("--only", "--seed"):
        if option in words:
            at = words.index(option)
            del words[at : at + 2]
    profile, requirements = report.header.profile, report.header.requirements
    words += ["--requirements", requirements] if requirements else []
    return words if profile == _DEFAULT_PROFILE else [*words, "--profile", profile]
