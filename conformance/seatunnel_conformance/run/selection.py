"""The checks of a run.

`--only` and `--skip` take glob patterns over the names of a check: its id, the group of its clause, its level, and the
method and path, the id and the tag of its operation. Matching is case-sensitive. `*` and `?` are the only special
characters: paths of operations contain braces.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.report.outcomes import group
from seatunnel_conformance.run.kinds import KINDS
from seatunnel_conformance.run.planned import PlannedCheck
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
