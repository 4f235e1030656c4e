"""The plan of a run: release, checks, baseline and limits. It is made once, before the first check.

`--only` and `--skip` take glob patterns over the names of a check: its id, the group of its clause, its level, and the
method and path, the id and the tag of its operation. Matching is case-sensitive. `*` and `?` are the only special
characters: paths of operations contain braces.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any, Final

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.errors import Reason, ReasonKind
from seatunnel_conformance.report.outcomes import Outcome, group
from seatunnel_conformance.run.attempts import Needs, PlannedCheck
from seatunnel_conformance.run.kinds import every_check
from seatunnel_conformance.run.releases import ReleaseChoice, choose
from seatunnel_conformance.run.scoring import Baseline, Requirements, baseline_for, requirements_for
from seatunnel_conformance.target.deployment import READING
from seatunnel_conformance.target.job_guard import OwnIds
from seatunnel_conformance.target.routes import label
from seatunnel_openapi import Contract
from seatunnel_openapi.errors import did_you_mean


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes that a run can make.

    `run` is the name of the run, `checks` the number of checks that can make changes, `operations` are their
    operations, and `at_most` is the largest number of changing requests.
    """

    run: str
    checks: int
    operations: tuple[str, ...]
    at_most: int

    @property
    def names(self) -> dict[str, str]:
        """The names of the run's own jobs and tags."""
        prefix = OwnIds(self.run).prefix
        return {"jobs": f"{prefix}*", "tags": prefix.rstrip("-")}

    @property
    def paths(self) -> str:
        """The paths of the operations, for readers."""
        return ", ".join(operation.removeprefix("POST ") for operation in self.operations)

    @property
    def line(self) -> str:
        """The changes in one sentence."""
        return f"at most {self.at_most} requests that change the target ({self.paths}), jobs named {self.names['jobs']}"

    def as_json(self) -> dict[str, Any]:
        """Return the changes as `conform --plan --format json` prints them."""
        plain = {"run": self.run, "names": self.names, "checks": self.checks, "operations": list(self.operations)}
        return {**plain, "atMost": self.at_most}


@dataclass(frozen=True, slots=True)
class RunPlan:
    """The plan of a run.

    `settings` contain the detected release and the start time of the run. `note` is a remark on the release for readers
    of the report, or empty. `unmatched` are the patterns that match no check.
    """

    settings: Settings
    contract: Contract
    note: str
    checks: tuple[PlannedCheck, ...]
    unmatched: tuple[UnmatchedPattern, ...]
    baseline: Baseline
    requirements: Requirements

    @property
    def not_allowed(self) -> int:
        """The number of checks that are skipped because changes of the target are not allowed."""
        return sum(check.skipped == Reason(ReasonKind.NOT_ALLOWED) for check in self.checks)

    @property
    def changes(self) -> Changes:
        """The changes that the run can make. They name no operations if the run can't change anything."""
        found = [self._changed(one) for one in self.checks if self.settings.may_write and not one.skipped]
        operations = sorted({operation for some in found for operation in some})
        most = self.settings.most_changes(self.contract) if operations else 0
        return Changes(self.settings.run, sum(map(bool, found)), tuple(operations), most)

    def _changed(self, check: PlannedCheck) -> AbstractSet[str]:
        """Return the operations through which a check can change the target."""
        if not check.writes:
            tries = Needs.GENERATION in check.kind.needs and "coverage" in self.settings.depth.phases
            return {"other methods on GET paths"} if tries else set()
        writing = {label(one) for one in self.contract.operations if one.method not in READING}
        if check.kind.is_linked:
            return writing
        return (writing & {check.operation}).union(*(_OPERATIONS.get(one, ()) for one in check.kind.needs))

    def scored(self, outcome: Outcome) -> Outcome:
        """Return the outcome of a check with its final verdict."""
        return self.baseline.apply(self.requirements.apply(outcome))


_OPERATIONS: Final = {
    Needs.SLOTS: {"POST /submit-job", "POST /stop-job"},
    Needs.TAGS: {"POST /update-tags"},
    Needs.HISTORIES: {"POST /submit-jobs", "POST /stop-jobs", "POST /update-tags"},
}
"""The operations that change a part of the target, by the need for it."""


def plan_run(settings: Settings, choice: ReleaseChoice | None = None) -> RunPlan:
    """Return the plan of a run, and start the run's time. Without a `choice`, requests detect the release.

    Raises `TargetUnreachable`, `InvalidSettings` and `Inconclusive`.
    """
    started = replace(settings, limits=settings.limits.started(time.monotonic()))
    choice = choice or choose(started)
    resolved, contract = choice.applied(started), choice.contract
    selection = select(resolved, contract)
    return RunPlan(
        settings=resolved,
        contract=contract,
        note=choice.note,
        checks=selection.checks,
        unmatched=selection.unmatched,
        baseline=baseline_for(resolved, contract),
        requirements=requirements_for(resolved, contract),
    )


_PATTERNS: Final = "patterns are clause ids, groups, levels or operations; `seatunnel-v2 ledger` lists the clauses"


@dataclass(frozen=True, slots=True)
class UnmatchedPattern:
    """A pattern of `option` (`--only` or `--skip`) that matches no check. `hint` says what may be meant."""

    option: str
    pattern: str
    hint: str

    def __str__(self) -> str:
        return f"{self.option} {self.pattern} matches no check"

    @property
    def warning(self) -> str:
        """The message and the hint in one line."""
        return f"{self}; {self.hint}"


def _is_selected(settings: Settings, names: Sequence[str]) -> bool:
    """Return whether a check's names match one pattern of `--only`, if it is given, and none of `--skip`."""
    wanted = not settings.only or _any_matches(names, settings.only)
    return wanted and not _any_matches(names, settings.skip)


def _unmatched(settings: Settings, names: Iterable[str]) -> Iterator[UnmatchedPattern]:
    """Yield the patterns that match no name, in the order of the command line."""
    known = tuple(dict.fromkeys(names))
    for option, patterns in (("--only", settings.only), ("--skip", settings.skip)):
        for pattern in patterns:
            if not _any_matches(known, [pattern]):
                yield UnmatchedPattern(option, pattern, did_you_mean(pattern, known, _PATTERNS))


def _any_matches(names: Iterable[str], patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern.replace("[", "[[]")) for pattern in patterns for name in names)


@dataclass(frozen=True, slots=True)
class Selection:
    """The selected checks in their order, and the patterns that match no check."""

    checks: tuple[PlannedCheck, ...]
    unmatched: tuple[UnmatchedPattern, ...]


def select(settings: Settings, contract: Contract) -> Selection:
    """Return the checks that the profile, `--only` and `--skip` select, in the order of kinds."""
    tags = {label(operation): operation.tag for operation in contract.operations}
    named = [(check, names_of(check, tags)) for check in every_check(settings, contract)]
    groups = settings.depth.groups
    selected = tuple(
        check for check, names in named if _is_selected(settings, names) and (not groups or group(check.id) in groups)
    )
    return Selection(selected, tuple(_unmatched(settings, (name for _, names in named for name in names))))


def names_of(check: PlannedCheck, tags: Mapping[str, str]) -> tuple[str, ...]:
    """Return all names of a check for patterns. `tags` are the operations' tags, by method and path."""
    tag = tags.get(check.operation or "")
    return (check.id, *check.names, group(check.id), check.level.value, *([tag] if tag else []))
