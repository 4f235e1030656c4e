"""The sentences of a contract: clauses, decisions and deviations, each with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

How: TypeAlias = Literal["recorded", "read", "documented"]
"""Recorded on a running engine, read in a release's source or artifact, or stated by the documentation page."""

Confidence: TypeAlias = Literal["certain", "likely", "unknown"]
"""How certain it is that a release behaves as an overlay action says. Recorded behaviour is always `certain`."""


class Level(StrEnum):
    """How binding a clause is: a keyword of RFC 2119."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The source of a statement; `ref` is a recorded step, a heading of the page or a research section."""

    how: How
    ref: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One normative sentence with a permanent id; `operation_id` is None if it applies to several operations.

    The suite detects the release of a target by the clauses with `recognises`, which need only a few GET requests.
    """

    id: str
    level: Level
    text: str
    evidence: tuple[Evidence, ...]
    operation_id: str | None
    recognises: bool = False

    @property
    def group(self) -> str:
        """The part of the id before the dot: an operation or topic."""
        return self.id.partition(".")[0]


@dataclass(frozen=True, slots=True)
class RetiredClause:
    """The id of a removed clause: the day (`2027-01-31`), the reason, and the id of the clause that replaces it."""

    id: str
    when: str
    why: str
    instead: str | None


@dataclass(frozen=True, slots=True)
class Choice:
    """A decision where the page is silent or contradicts itself (`x-evidence`); `where` is a JSON pointer."""

    text: str
    evidence: Evidence
    where: str


@dataclass(frozen=True, slots=True)
class Deviation:
    """A statement of the documentation page that real engines contradict; `operation_id` is None at document level."""

    id: str
    documented: str
    engine: str
    evidence: tuple[Evidence, ...]
    operation_id: str | None
