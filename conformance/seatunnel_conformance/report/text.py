"""The sentences of reports: the result of a run, explanations of outcomes, the next step, commands to copy."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from textwrap import indent
from typing import Final
from urllib.parse import urlsplit

from seatunnel_conformance.errors import ReasonKind
from seatunnel_conformance.report.events import CLIENTS, Report
from seatunnel_conformance.report.outcomes import (
    RARE,
    Finding,
    Outcome,
    RunExit,
    RunVerdict,
    Verdict,
    VerdictColumn,
    by_weight,
    is_of_clause,
    is_of_whole_run,
)
from seatunnel_conformance.text.visible import map_texts, visible

_HEADLINES: Final = {
    RunVerdict.CONFORMS: "The target conforms to what was checked",
    RunVerdict.DEVIATES: "The target deviates from the contract",
    RunVerdict.STALE: "The baseline is out of date: it lists deviations that the target no longer has",
    RunVerdict.UNDECIDED: "Undecided: not every check came to a verdict",
    RunVerdict.EMPTY: "Nothing was checked",
}

_OF_CLIENTS: Final = {
    RunVerdict.CONFORMS: "The client keeps the rules that were checked",
    RunVerdict.DEVIATES: "The client breaks rules of the contract",
}

_TAGS: Final = {RunVerdict.STALE: "baseline out of date", RunVerdict.EMPTY: "nothing checked"}
"""The short words for verdicts, where they differ from the values of the verdicts."""

CUT: Final = "Incomplete: the run broke off"


def visible_report(report: Report) -> Report:
    """Return a report with control characters escaped in all texts, because its file can come from anybody."""
    return map_texts(report, visible)


def headline(report: Report) -> str:
    """Return the result of a run as a sentence without a full stop."""
    headlines = {**_HEADLINES, **(_OF_CLIENTS if report.header.profile == CLIENTS else {})}
    return CUT if report.cut else headlines[report.footer.verdict]


def tag(report: Report) -> str:
    """Return the result of a run in a word or two."""
    verdict = report.footer.verdict
    return "incomplete" if report.cut else _TAGS.get(verdict, verdict.value)


def incomplete(report: Report) -> str | None:
    """Return the warning for a run that broke off; None for a complete run."""
    if not report.cut:
        return None
    ended, selected = len(report.outcomes), report.header.selected
    return f"The run broke off after {ended} of {selected} checks: the results of the others are unknown."


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 check`, `2 checks`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def summary(report: Report) -> str:
    """Return the numbers of outcomes in one line, skipped and missing checks included."""
    counts = Counter(outcome.column for outcome in report.outcomes)
    parts = [
        f"{counts[VerdictColumn.PASS] + counts[VerdictColumn.KEPT]} passed",
        f"{counts[VerdictColumn.FAIL]} failed",
    ]
    parts += [f"{counted(advice, 'recommendation')} not kept"] if (advice := counts[VerdictColumn.NOT_KEPT]) else []
    others = (
        VerdictColumn.KNOWN,
        VerdictColumn.STALE,
        VerdictColumn.SKIPPED,
        VerdictColumn.INCONCLUSIVE,
        VerdictColumn.NOT_SCORED,
    )
    parts += [f"{counts[one]} {one.value}" for one in others if counts[one] or one not in RARE]
    parts += [f"{report.footer.missing} never ended"] if report.footer.missing else []
    return ", ".join(parts)


TRY_IT, ONLY_THIS, RUN_AGAIN, READ_MORE = "Try it", "Only this check", "The whole run again", "Read more"

COPYABLE: Final = frozenset({TRY_IT, ONLY_THIS, RUN_AGAIN, READ_MORE})
"""Titles of commands, which are printed without wrapping."""

_SENTENCES = {
    Verdict.FAIL: "The contract says",
    Verdict.KNOWN: "The contract says",
    Verdict.STALE: "What was checked",
    Verdict.PASS: "What was checked",
}
_TO_BE_CHECKED, _NO_VERDICT, _WHY = "What was to be checked", "Why there is no verdict", "Why it matters"
_ACCEPTED, _TO_DO = "Why the baseline lists it", "What to do"

PROSE: Final = frozenset({*_SENTENCES.values(), _TO_BE_CHECKED, _NO_VERDICT, _WHY, _ACCEPTED, _TO_DO})
"""Titles of sections that are sentences. The other sections are requests, responses and commands."""

_LINE = "\n"


def figures(report: Report) -> list[str]:
    """Return the figures of a run, each with the id of its check."""
    return [f"{outcome.id}: {figure}" for outcome in report.outcomes for figure in outcome.figures]


def sentence_title(outcome: Outcome) -> str:
    """Return the title of the section with the sentence of an outcome's clause."""
    return _SENTENCES.get(outcome.verdict, _TO_BE_CHECKED)


def sections(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Yield the title and text of each section about an outcome, the most important first."""
    yield sentence_title(outcome), outcome.text
    if outcome.accepted:
        yield _ACCEPTED, outcome.accepted
    if not outcome.findings and outcome.reason:
        yield _TO_DO if outcome.verdict is Verdict.STALE else _NO_VERDICT, outcome.reason
    if outcome.why:
        yield _WHY, outcome.why
    for finding in distinct(outcome.findings):
        yield "What happened", finding.summary
        if finding.differences or finding.detail:
            yield "Expected and found", _LINE.join(map(str, finding.differences)) or finding.detail
        if finding.curl:
            yield TRY_IT, finding.curl
    yield (RUN_AGAIN if is_of_whole_run(outcome.id) else ONLY_THIS), outcome.only
    if outcome.docs:
        yield READ_MORE, shlex.join(["seatunnel-v2", "explain", outcome.id])


def explain(outcome: Outcome) -> str:
    """Return the explanation of an outcome as plain text with control characters escaped."""
    head = f"{outcome.level.value} {outcome.verdict.value}: {outcome.reason.partition(_LINE)[0]}"
    return visible("\n".join([head, *(f"{title}:\n{indent(text, '    ')}" for title, text in sections(outcome))]))


RERUN: Final = 6
"""The maximum number of failing checks in the command that runs them again."""

_BASELINE: Final = "known.yaml"
"""The name of the baseline file in commands."""

_DEFAULT_PROFILE: Final = "standard"
"""The profile that commands leave out."""

_NEXT: Final = {
    RunVerdict.STALE: "Remove the stale entries from the baseline, or write it again with --write-baseline.",
    RunVerdict.EMPTY: "Change the selection: --only and --skip take clauses, groups, operations, levels and tags.",
}


_UNDECIDED: Final = {
    ReasonKind.UNREACHABLE: "The target no longer responded: start it, and run again.",
    ReasonKind.SLOW: "Look at why checks are inconclusive; a slow target may need a longer --wait.",
}
"""The advice for an undecided run by the cause of an inconclusive check; the first cause that occurs decides."""

_REMEDIES: Final = (
    ((ReasonKind.NOT_ALLOWED,), "--allow-writes"),
    ((ReasonKind.SINGLE_NODE,), "--node for each further node of the cluster"),
    ((ReasonKind.FAILOVER_NOT_ALLOWED,), "--failover, which allows the run to stop the master"),
    ((ReasonKind.NO_JOBS, ReasonKind.ONLY_READS), f"--profile {_DEFAULT_PROFILE}"),
)
"""Causes for skipping a check that the user can remove, and the option that does it."""


def distinct(findings: Iterable[Finding]) -> list[Finding]:
    """Return each finding once. Of several findings with equal curl commands, only the last one keeps the commands."""
    kept = list(dict.fromkeys(findings))
    last = {finding.curl: at for at, finding in enumerate(kept)}
    return [one if last[one.curl] == at else replace(one, curl="") for at, one in enumerate(kept)]


def next_step(report: Report) -> str:
    """Return the advice for the reader of a report."""
    if report.cut:
        return "Run again: this run broke off."
    if report.footer.exit is RunExit.INTERRUPTED:
        return "Run again: this run was interrupted."
    if report.footer.verdict is RunVerdict.UNDECIDED:
        causes = {one.cause for one in report.outcomes if one.verdict is Verdict.INCONCLUSIVE}
        found = (advice for cause, advice in _UNDECIDED.items() if cause in causes)
        return next(found, "Look at why checks are inconclusive, and run again.")
    if report.footer.verdict is RunVerdict.DEVIATES:
        return _after_deviating(report)
    if report.footer.verdict is RunVerdict.CONFORMS:
        return _after_conforming(report)
    remedies = " ".join(_remedies(report)) if report.footer.verdict is RunVerdict.EMPTY else ""
    return remedies or _NEXT[report.footer.verdict]


def _after_deviating(report: Report) -> str:
    if report.header.profile == CLIENTS:
        return "Correct the first failure, and play its scenario again."
    first = "Start the server again: it stopped with the run. " if report.header.served else ""
    return f"{first}Repeat the first failure with its curl commands."


def _after_conforming(report: Report) -> str:
    if report.footer.counts.get(Verdict.KNOWN):
        return "Tell the authors of clients about the known deviations: the baseline hides them only in this report."
    if any(outcome.column is VerdictColumn.NOT_KEPT for outcome in report.outcomes):
        return f"Look at the recommendations that are not kept; none of them makes the {report.header.subject} deviate."
    return " ".join(_remedies(report)) or "nothing to do. Keep this run in CI."


def _remedies(report: Report) -> Iterator[str]:
    """Yield the options with which skipped checks would run. Most skips depend on the target, not on the user."""
    causes = Counter(outcome.cause for outcome in report.outcomes if outcome.verdict is Verdict.SKIPPED)
    for kinds, options in _REMEDIES:
        number = sum(causes[kind] for kind in kinds)
        if number and (ReasonKind.SINGLE_NODE not in kinds or report.footer.verdict is RunVerdict.EMPTY):
            yield f"To run {counted(number, 'skipped check')}: {options}."


def commands(report: Report) -> Iterator[tuple[str, str]]:
    """Yield purpose and command for a report with failures; nothing for other reports."""
    failing = [outcome for outcome in by_weight(report.outcomes) if outcome.verdict is Verdict.FAIL]
    if not failing:
        return
    if report.header.profile == CLIENTS:
        yield "the scenario again", failing[0].only
    if report.header.served:
        port = str(urlsplit(report.header.target).port)
        again = ["seatunnel-v2", "serve", "--port", port, "--release", report.header.release]
        yield "the server, for the curl commands", shlex.join(again)
    if clause := next((outcome.id for outcome in failing if is_of_clause(outcome.id)), None):
        yield "the first broken clause and its evidence", shlex.join(["seatunnel-v2", "explain", clause])
    if report.header.profile == CLIENTS:
        # Clients have no baseline.
        return
    # The explanation of a single failure has this command already.
    alone = [outcome for outcome in failing if not is_of_whole_run(outcome.id)]
    if 1 < len(alone) <= RERUN:
        words = shlex.split(alone[0].only)
        more = [word for outcome in alone[1:] for word in ("--only", outcome.id)]
        seed = ["--seed", str(report.header.seed)] if not all(is_of_clause(outcome.id) for outcome in alone) else []
        yield "all failing checks again", shlex.join([*words, *more, *(seed if "--seed" not in words else [])])
    whole = _whole_run(report, failing[0])
    yield "to accept these failures", shlex.join([*whole, "--write-baseline", _BASELINE])
    yield "later runs, without the accepted failures", shlex.join([*whole, "--baseline", _BASELINE])


def _whole_run(report: Report, outcome: Outcome) -> list[str]:
    """Return the run's command with its selection, made from the command of one of its checks."""
    words = shlex.split(outcome.only)
    for option in ("--only", "--seed", "--profile"):
        if option in words:
            at = words.index(option)
            del words[at : at + 2]
    profile, requirements = report.header.profile, report.header.requirements
    words += [*report.header.selection, *(["--requirements", requirements] if requirements else [])]
    return words if profile == _DEFAULT_PROFILE else [*words, "--profile", profile]
