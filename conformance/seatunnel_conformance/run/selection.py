"""The checks of a run and their changes to its target, known before it starts.

`--only` and `--skip` take glob patterns over the names of a check: its id, the group of its clause, its level, and the
method and path, the id and the tag of its operation. Matching is case-sensitive. `*` and `?` are the only special
characters: paths of operations contain braces.

The numbers of changing requests are limits: a check that would send more is stopped. Each check has a share, enough for
a target that conforms. Further requests, for example after failures, come from a reserve for all checks of its kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any, Self

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.report.outcomes import group
from seatunnel_conformance.run.kinds import KINDS
from seatunnel_conformance.run.planned import ChangingRequests, Kind, PlannedCheck
from seatunnel_conformance.target.job_guard import OwnIds
from seatunnel_conformance.target.limits import Reserve
from seatunnel_conformance.target.routes import label
from seatunnel_openapi import Contract


@dataclass(frozen=True, slots=True)
class UnmatchedPattern:
    """A pattern that matches no check. `option` is `--only` or `--skip`; `similar` are at most three similar names."""

    option: str
    pattern: str
    similar: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.option} {self.pattern} matches no check"

    @property
    def hint(self) -> str:
        """A suggestion."""
        if self.similar:
            return f"did you mean {' or '.join(self.similar)}?"
        return "patterns are clause ids, groups, levels or operations; `seatunnel-v2 ledger` lists the clauses"

    @property
    def warning(self) -> str:
        """The message and the hint in one line."""
        return f"{self}; {self.hint}".rstrip("; ")


def _is_selected(settings: Settings, names: Sequence[str]) -> bool:
    """Return whether a check matches one of `--only`, if there are any, and none of `--skip`."""
    wanted = not settings.only or _any_matches(names, settings.only)
    return wanted and not _any_matches(names, settings.skip)


def _unmatched(settings: Settings, names: Iterable[str]) -> Iterator[UnmatchedPattern]:
    """Yield the patterns that match none of the names of all checks, in the given order."""
    known = tuple(dict.fromkeys(names))
    for option, patterns in (("--only", settings.only), ("--skip", settings.skip)):
        for pattern in patterns:
            if not _any_matches(known, [pattern]):
                yield UnmatchedPattern(option, pattern, _similar(pattern, known))


def _any_matches(names: Iterable[str], patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern.replace("[", "[[]")) for pattern in patterns for name in names)


def _similar(pattern: str, names: Iterable[str]) -> tuple[str, ...]:
    by_letters = {name.casefold(): name for name in names}
    return tuple(by_letters[found] for found in get_close_matches(pattern.casefold(), by_letters, n=3, cutoff=0.65))


@dataclass(frozen=True, slots=True)
class Selection:
    """The selected checks in their order, and the patterns that match no check."""

    checks: tuple[PlannedCheck, ...]
    unmatched: tuple[UnmatchedPattern, ...]


def select(settings: Settings, contract: Contract) -> Selection:
    """Return the selected checks, in the order of kinds."""
    tags = {label(operation): operation.tag for operation in contract.operations}
    named = [(check, names_of(check, tags)) for check in every_check(settings, contract)]
    groups = settings.depth.groups
    selected = tuple(
        check for check, names in named if _is_selected(settings, names) and (not groups or group(check.id) in groups)
    )
    return Selection(selected, tuple(_unmatched(settings, (name for _, names in named for name in names))))


def every_check(settings: Settings, contract: Contract) -> list[PlannedCheck]:
    """Return all checks, selected or not."""
    return [check for kind in KINDS for check in kind.planned(settings, contract)]


def names_of(check: PlannedCheck, tags: Mapping[str, str]) -> tuple[str, ...]:
    """Return all names of a check for patterns; `tags` are those of the operations, by method and path."""
    tag = tags.get(check.operation or "")
    return (check.id, *check.names, group(check.id), check.level.value, *([tag] if tag else []))


@dataclass(frozen=True, slots=True)
class Changes:
    """All changes of a run. `names` are the patterns of the names of its jobs and tags."""

    run: str
    rows: tuple[ChangingRequests, ...]

    @property
    def total(self) -> int:
        """The maximum number of changing requests."""
        return sum(row.at_most for row in self.rows)

    @property
    def names(self) -> dict[str, str]:
        """The names of the run's own jobs and tags."""
        prefix = OwnIds(self.run).prefix
        return {"jobs": f"{prefix}*", "tags": prefix.rstrip("-")}

    @property
    def line(self) -> str:
        """The changes in one sentence."""
        every = dict.fromkeys(operation for row in self.rows for operation in row.operations)
        operations = ", ".join(operation.removeprefix("POST ") for operation in sorted(every))
        return f"at most {self.total} requests that change the target ({operations}), jobs named {self.names['jobs']}"

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        rows = [
            {"what": row.what, "operations": list(row.operations), "checks": row.checks, "atMost": row.at_most}
            for row in self.rows
        ]
        return {"run": self.run, "atMost": self.total, "names": self.names, "requests": rows}


@dataclass(frozen=True, slots=True)
class Allowances:
    """The numbers of changing requests that checks can send: shares, and reserves by kind, which are used up."""

    settings: Settings
    contract: Contract
    checks: Sequence[PlannedCheck] = field(repr=False)
    _reserves: dict[type[Kind], Reserve] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, context: Context) -> Self:
        """Return the allowances of a run, for its plan, or for the checks that its settings select."""
        settings, contract = context.settings, context.contract
        return context.once(cls, lambda: cls(settings, contract, select(settings, contract).checks))

    def share(self, check: PlannedCheck) -> int:
        """Return the share of a check."""
        may_write = self.settings.may_write and not check.skipped
        return check.kind.share(check, self.settings, self.contract) if may_write else 0

    def reserve(self, kind: Kind) -> Reserve:
        """Return the reserve of a kind of checks."""
        own = kind.counted_as()
        return self._reserves.setdefault(own, Reserve(own.reserve(self.settings, self._running(own))))

    def _running(self, kind: type[Kind]) -> list[PlannedCheck]:
        every = self.checks if self.settings.may_write else ()
        return [one for one in every if one.kind.counted_as() is kind and not one.skipped]

    def writing(self, kind: type[Kind]) -> list[PlannedCheck]:
        """Return the checks of a kind that can change the target, by their share or the reserve."""
        return [one for one in self._running(kind) if self.share(one) or kind.shares_reserve]

    def changes(self) -> Changes:
        """Return the changes of all checks."""
        kinds = dict.fromkeys(check.kind.counted_as() for check in self.checks)
        shares = {kind: [(one, self.share(one)) for one in self.writing(kind)] for kind in kinds}
        rows = (row for kind, found in shares.items() for row in kind.changes(self.settings, found))
        return Changes(self.settings.run, tuple(row for row in rows if row.at_most))
