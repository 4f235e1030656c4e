"""Telling from its answers which release a target speaks as.

Clauses that the contract marks (`recognises`) are decided by their own checks, under the contract of every release. A
release fits as well as the number of them that the target keeps like it: a clause that a release has is kept, one
that only other releases have is not. Operations and members that only some releases have are further signs. All of it
is a few dozen GETs, each sent once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from seatunnel_conformance.checks.registry import Check, all_checks
from seatunnel_conformance.errors import Inconclusive, NotObservable, ResponseTooLong
from seatunnel_conformance.run.signs import Sign, derived
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_openapi import Contract

PATIENCE: Final = 5.0
"""Seconds that one answer may take. A release is recognised by the way: nobody wants to wait for that."""


LONGEST: Final = 2**20
"""Bytes of one answer: all of them are kept until the release is recognised."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How well one release fits: the target is like it in `agreed` of `signs`, and has those of them in `seen`."""

    release: str
    agreed: int
    signs: int
    seen: frozenset[str] = frozenset()


@dataclass(slots=True, repr=False)
class _Remembering(Target):
    """A target that is asked everything once only, and nothing more once it leaves a question without an answer."""

    responses: dict[tuple[str, ...], Response] = field(default_factory=dict)
    too_long: dict[tuple[str, ...], ResponseTooLong] = field(default_factory=dict)
    error: Inconclusive | None = None

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Response:
        asked = (method, path, repr(query), repr(headers))
        if asked in self.responses:
            return self.responses[asked]
        if asked in self.too_long:
            raise self.too_long[asked]
        if self.error is not None:
            raise self.error
        try:
            self.responses[asked] = Target.send(self, method, path, query=query, headers=headers, body=body)
        except ResponseTooLong as trouble:
            self.too_long[asked] = trouble
            raise
        except Inconclusive as trouble:
            self.error = trouble
            raise
        return self.responses[asked]


Kept: TypeAlias = dict[tuple[str, str], bool | None]
"""By release and clause: whether the target keeps the clause as the release words it, None where that can't be seen."""


def fits(target: Target, contracts: Iterable[Contract], overview: Response | None = None) -> tuple[Fit, ...]:
    """Return how well each contract fits a target, in the order of the contracts.

    `overview` is what `GET /overview` was answered, if it was asked already: a busy cluster takes seconds for it.
    """
    known = tuple(contracts)
    telling = {clause.id for contract in known for clause in contract.clauses if clause.recognises}
    checks = [found for found in all_checks() if found.clause_id in telling]
    given = target.limits
    # Of a short run it takes no more than a part.
    patience = min(given.response, PATIENCE, math.inf if given.run is None else given.run / 4)
    limits = replace(given, response=patience, body=min(given.body, LONGEST))
    with _Remembering(target.url, limits=limits, connection=target.connection) as asked:
        if overview is not None:
            asked.responses["GET", "/overview", repr(""), repr(None)] = overview
        kept = {(contract.release, found.clause_id): held for contract, found, held in _judged(asked, known, checks)}
        further = tuple(derived(asked, known))
    return tuple(_fit(contract.release, sorted(telling), kept, further) for contract in known)


def best(found: Iterable[Fit]) -> tuple[str, ...]:
    """Return the releases that fit best, in the given order; several where reads can't tell them apart."""
    every = tuple(found)
    most = max((fit.agreed / fit.signs if fit.signs else 0.0) for fit in every)
    return tuple(fit.release for fit in every if (fit.agreed / fit.signs if fit.signs else 0.0) == most)


def newest_begun(found: Sequence[Fit]) -> str:
    """Return the last release of which a target has something that none before has; empty if it has nothing new.

    That is how far a development version has come: what it still lacks says nothing.
    """
    begun = [
        fit.release
        for number, fit in enumerate(found)
        if number and fit.seen - frozenset(name for before in found[:number] for name in before.seen)
    ]
    return begun[-1] if begun else ""


def _judged(
    target: Target, contracts: Iterable[Contract], checks: Iterable[Check]
) -> Iterator[tuple[Contract, Check, bool | None]]:
    by_clause = {found.clause_id: found for found in checks}
    # One for all contracts: what is asked of several is asked of the target once.
    unused_id = target.own.generate()
    for contract in contracts:
        for clause in contract.clauses:
            if clause.recognises and (found := by_clause.get(clause.id)) is not None:
                yield contract, found, _holds(found, target, contract, unused_id)


def _holds(found: Check, target: Target, contract: Contract, unused_id: str) -> bool | None:
    try:
        found({"target": target, "contract": contract, "unused_id": unused_id})
    except (NotObservable, Inconclusive):
        return None
    except Exception:  # noqa: BLE001 - whatever a check stumbles over in an answer is no sign of this release
        return False
    return True


def _fit(release: str, telling: Iterable[str], kept: Kept, further: Iterable[Sign]) -> Fit:
    further = tuple(further)
    signs = [_agrees(release, clause_id, kept) for clause_id in telling]
    signs += [sign.agrees(release) for sign in further]
    decided = [sign for sign in signs if sign is not None]
    seen = {clause_id for (named, clause_id), held in kept.items() if named == release and held}
    seen |= {sign.name for sign in further if sign.observed and sign.expected.get(release)}
    return Fit(release, sum(decided), len(decided), frozenset(seen))


def _agrees(release: str, clause_id: str, kept: Kept) -> bool | None:
    if (release, clause_id) in kept:
        return kept[release, clause_id]
    elsewhere = [held for (_, other), held in kept.items() if other == clause_id and held is not None]
    return not any(elsewhere) if elsewhere else None
