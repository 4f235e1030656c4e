"""Detect the release of a target by its responses.

Clauses with `recognises` in the contract are decided by their own checks, under the contract of every release. How well
a release fits is the number of these clauses in which the target behaves like it: it conforms to the clauses of the
release, and not to those that only other releases have. Operations and members that only some releases have are further
signs. That takes a few dozen GET requests, each sent once.
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

LONGEST_WAIT: Final = 5.0
"""Maximum seconds for a response during the detection."""

LARGEST: Final = 2**20
"""Maximum bytes of a response during the detection, because all responses are kept."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a release fits: the target behaves like it in `agreed` of `signs`, and has the signs in `seen`."""

    release: str
    agreed: int
    signs: int
    seen: frozenset[str] = frozenset()

    @property
    def share(self) -> float:
        """The part of the signs in which the target agrees, 0 to 1; 0 if nothing could be read."""
        return self.agreed / self.signs if self.signs else 0.0


@dataclass(slots=True, repr=False)
class _CachingTarget(Target):
    """A target that sends each request once, and no more requests after one without a response."""

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
        request = (method, path, repr(query), repr(headers))
        if request in self.responses:
            return self.responses[request]
        if request in self.too_long:
            raise self.too_long[request]
        if self.error is not None:
            raise self.error
        try:
            self.responses[request] = Target.send(self, method, path, query=query, headers=headers, body=body)
        except ResponseTooLong as error:
            self.too_long[request] = error
            raise
        except Inconclusive as error:
            self.error = error
            raise
        return self.responses[request]


Conforms: TypeAlias = dict[tuple[str, str], bool | None]
"""By release and clause: whether the target conforms to the clause of the release, None if that is unknown."""


def fits(target: Target, contracts: Iterable[Contract], overview: Response | None = None) -> tuple[Fit, ...]:
    """Return how well each contract fits a target, in the order of the contracts.

    `overview` is the response to `GET /overview`, if it was sent already: a busy cluster takes seconds for it.
    """
    known = tuple(contracts)
    telling = {clause.id for contract in known for clause in contract.clauses if clause.recognises}
    checks = [found for found in all_checks() if found.clause_id in telling]
    given = target.limits
    # At most a part of the time of a short run.
    wait = min(given.response, LONGEST_WAIT, math.inf if given.run is None else given.run / 4)
    limits = replace(given, response=wait, body=min(given.body, LARGEST))
    with _CachingTarget(target.url, limits=limits, connection=target.connection) as caching:
        if overview is not None:
            caching.responses["GET", "/overview", repr(""), repr(None)] = overview
        kept = {(contract.release, found.clause_id): held for contract, found, held in _decided(caching, known, checks)}
        further = tuple(derived(caching, known))
    return tuple(_fit(contract.release, sorted(telling), kept, further) for contract in known)


def best(found: Iterable[Fit]) -> tuple[str, ...]:
    """Return the releases that fit best, in the given order; several if reads can't distinguish them."""
    every = tuple(found)
    most = max(fit.share for fit in every)
    return tuple(fit.release for fit in every if fit.share == most)


def newest_begun(found: Sequence[Fit]) -> str:
    """Return the last release of which a target has a sign that no earlier release has; empty if there is none.

    This is for development versions: signs that they lack can still come.
    """
    begun = [
        fit.release
        for number, fit in enumerate(found)
        if number and fit.seen - frozenset(name for before in found[:number] for name in before.seen)
    ]
    return begun[-1] if begun else ""


def _decided(
    target: Target, contracts: Iterable[Contract], checks: Iterable[Check]
) -> Iterator[tuple[Contract, Check, bool | None]]:
    by_clause = {found.clause_id: found for found in checks}
    # The same id for all contracts, so that their requests are the same.
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
    except Exception:  # noqa: BLE001 - any other error means that the response is not of this release
        return False
    return True


def _fit(release: str, telling: Iterable[str], kept: Conforms, further: Iterable[Sign]) -> Fit:
    further = tuple(further)
    signs = [_agrees(release, clause_id, kept) for clause_id in telling]
    signs += [sign.agrees(release) for sign in further]
    decided = [sign for sign in signs if sign is not None]
    seen = {clause_id for (named, clause_id), held in kept.items() if named == release and held}
    seen |= {sign.name for sign in further if sign.observed and sign.expected.get(release)}
    return Fit(release, sum(decided), len(decided), frozenset(seen))


def _agrees(release: str, clause_id: str, kept: Conforms) -> bool | None:
    if (release, clause_id) in kept:
        return kept[release, clause_id]
    elsewhere = [held for (_, other), held in kept.items() if other == clause_id and held is not None]
    return not any(elsewhere) if elsewhere else None
