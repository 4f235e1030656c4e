"""What a contract says in sentences: clauses, decisions, deviations, and how each of them is known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

How: TypeAlias = Literal["recorded", "read", "documented"]
"""Recorded on a running engine, read in a release's source or artefact, or stated by the documentation page."""

Confidence: TypeAlias = Literal["certain", "likely", "unknown"]
"""How sure it is that a release does what an overlay action says; what is recorded is certain."""


class Level(StrEnum):
    """How binding a clause is, in the words of RFC 2119."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


@dataclass(frozen=True, slots=True)
class Evidence:
    """How a statement is known, and where to look it up: a recorded step, a heading of the page, a research section."""

    how: How
    ref: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One normative sentence under a permanent id; `operation_id` is None where it spans operations.

    By clauses that `recognises` releases are told apart, with a few reads.
    """

    id: str
    level: Level
    text: str
    evidence: tuple[Evidence, ...]
    operation_id: str | None
    recognises: bool = False

    @property
    def group(self) -> str:
        """The part of the id before the first point: what the clause is about."""
        return self.id.partition(".")[0]


@dataclass(frozen=True, slots=True)
class RetiredClause:
    """An id that no clause has any more: since which day (`2027-01-31`), why, and which clause says it `instead`."""

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
    """A statement of the documentation page that real engines don't keep; `operation_id` is None at document level."""

    id: str
    documented: str
    engine: str
    evidence: tuple[Evidence, ...]
    operation_id: str | None
