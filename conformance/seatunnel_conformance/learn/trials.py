"""Facts by trial: the checks of a clause fail under all values of a fact but one, so each value has a probe.

A clause that fails is checked again under other values of the facts that its check reads, those that other releases
have first, and then under values of two facts. A value under which it passes is a difference; a clause that passes
under none is a suspected fault.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Final
from urllib.parse import urlsplit

from seatunnel_conformance.learn.differences import LIKE_A_FAULT, LearnedDifference
from seatunnel_conformance.report.outcomes import Outcome, Verdict, is_of_clause
from seatunnel_conformance.run.options import WORKERS
from seatunnel_conformance.target import routes
from seatunnel_openapi import Contract, JsonObject, load, overlays, releases
from seatunnel_openapi.contract import Level, Operation
from seatunnel_openapi.documents import resolve
from seatunnel_openapi.loading import facts_schema

DOCUMENT: Final = "document"
_MOST_ROUNDS: Final = {1: 40, 2: 25}
"""The most rounds in which so many facts are changed together for a clause: each takes a second or more."""

_LONGEST: Final = 30.0
"""The most seconds of trials, unless the target is so slow that all clauses took longer; what is left is a fault."""

_MOST_GUARDS: Final = 12
"""The most clauses that are kept, and are checked again under a value that repairs others."""

_OPEN: Final = "unspecified"
_BY_CHANCE: Final = "oldest-first"
"""A list without an order shows this, too, because jobs are added to it one after the other."""

_FACT: Final = re.compile(r"`(\w+)` \(here ")
"""The name of a fact in the text of a clause."""

_QUOTED: Final = re.compile(r"'[^']*'")
"""A name in a target: a path, or `x-behaviour`."""

FactName = tuple[str, str]
"""The id of an operation, or `document`, and the name of a fact."""

Attempt = Callable[[Iterable[JsonObject], frozenset[str]], Mapping[str, Outcome]]
"""Check clauses under further actions; returns their outcomes by id."""


@dataclass(frozen=True, slots=True)
class FactValue:
    """A value of a fact of an operation, or of the document; what is added to a list.

    `releases` are the known ones that have it.
    """

    holder: str
    name: str
    value: str | bool | tuple[str, ...]
    releases: tuple[str, ...] = ()

    @property
    def fact(self) -> FactName:
        """The fact whose value it is."""
        return self.holder, self.name

    def action(self, contract: Contract) -> JsonObject:
        """Return the overlay action that sets it."""
        target = "$['x-behaviour']"
        if self.holder != DOCUMENT:
            target = f"{target_of(contract.operation(self.holder))}['x-behaviour']"
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return {"target": target, "update": {self.name: value}}


def target_of(operation: Operation) -> str:
    """Return the JSONPath of an operation."""
    return f"$.paths['{operation.path}'].{operation.method.lower()}"


def facts_of(contract: Contract, outcome: Outcome) -> set[FactName]:
    """Return the facts on which the outcome of a clause may depend: those that its check has read or its text names."""
    named = set(_FACT.findall(outcome.text))
    holders = (DOCUMENT, *(it.id for it in contract.operations))
    named_by_text = {(holder, name) for holder in holders for name in facts_held(contract, holder).keys() & named}
    return set(outcome.facts) | named_by_text


def clauses_of_others(contract: Contract) -> LearnedDifference:
    """Return the clauses that other releases have of the operations of a contract: their checks are probes, too."""
    own = {it.id for it in contract.clauses}
    actions: dict[str, JsonObject] = {}
    for other in map(load, releases()):
        holders = [("$", other.document)]
        holders += [(target_of(it), it.document) for it in other.operations if _has(contract, it.id)]
        for target, node in holders:
            for clause in node.get("x-clauses", ()):
                if clause["id"] not in own:
                    actions[clause["id"]] = {"target": target, "update": {"x-clauses": [clause]}}
    return LearnedDifference("fact", "clauses", "Clauses of others.", tuple(actions.values()), "trial/trial/send")


def alternatives(contract: Contract, known: Iterable[Contract], facts: Iterable[FactName]) -> list[FactValue]:
    """Return the other values of facts: those that a release has first, and last those that leave something open."""
    known = tuple(known)
    found = [value for fact in sorted(facts) for value in _values(contract, *fact, known)]
    return sorted(found, key=lambda it: (it.value == _OPEN, not it.releases))


def facts_held(contract: Contract, holder: str) -> Mapping[str, Any]:
    """Return the facts of the document or of an operation; none of an operation that a contract does not have."""
    if holder == DOCUMENT:
        return contract.behaviour
    return next((it.behaviour for it in contract.operations if it.id == holder), {})


def _values(contract: Contract, holder: str, name: str, known: Iterable[Contract]) -> Iterator[FactValue]:
    now = facts_held(contract, holder).get(name)
    schema = facts_schema()
    stated = resolve(schema, resolve(schema, schema["properties"][holder])["properties"][name])
    # Of two values that overlap, the schema names the wider one first.
    values = stated.get("enum", [True, False] if stated.get("type") == "boolean" else [])[::-1]
    released = {it.release: facts_held(it, holder).get(name) for it in known}
    values = [it for it in values if it != now and (now, it) != (_OPEN, _BY_CHANCE)]
    yield from (FactValue(holder, name, value, _having(released, value)) for value in values)
    if isinstance(now, list):
        # An overlay adds to a list.
        wider = {release: value for release, value in released.items() if value and set(value) > set(now)}
        more = {release: tuple(it for it in value if it not in now) for release, value in wider.items()}
        yield from (FactValue(holder, name, value, _having(more, value)) for value in sorted(set(more.values())))
        single = {(it,) for it in resolve(schema, stated.get("items", {})).get("enum", ()) if it not in now}
        yield from (FactValue(holder, name, value) for value in sorted(single - set(more.values())))


def _having(values: Mapping[str, Any], wanted: Any) -> tuple[str, ...]:
    return tuple(release for release, value in values.items() if value == wanted)


def _has(contract: Contract, operation_id: str) -> bool:
    return operation_id in {it.id for it in contract.operations}


def failing(outcomes: Iterable[Outcome]) -> dict[str, Outcome]:
    """Return the outcomes of clauses that are not kept, recommendations included."""
    return {it.id: it for it in outcomes if it.verdict is Verdict.FAIL and re.fullmatch(r"[\w-]+\.[\w-]+", it.id)}


def repaired(
    contract: Contract,
    known: Iterable[Contract],
    outcomes: Iterable[Outcome],
    attempt: Attempt,
    settled: Iterable[FactName] = (),
) -> Iterator[LearnedDifference]:
    """Yield the facts under which clauses pass that fail, and then the clauses that pass under no value of a fact.

    `attempt` also checks `clauses_of_others`, which are no clauses of the contract. Facts that were `settled` stay.
    """
    outcomes = list(outcomes)
    search = _Search(contract, tuple(known), outcomes, attempt, frozenset(settled))
    yield from search.facts()
    for outcome in search.left.values():
        is_own = outcome.id in {it.id for it in contract.clauses}
        if outcome.level is Level.MUST and outcome.verdict is Verdict.FAIL and is_own:
            yield _clause(contract, outcome)


Assignment = tuple[FactValue, ...]


class _Search:
    """The search for the facts under which clauses pass. `left` are the clauses that fail.

    In each round, every clause is checked under values that it has not been checked under: most of them together,
    because a clause only depends on the facts that its check reads.
    """

    def __init__(
        self,
        contract: Contract,
        known: tuple[Contract, ...],
        outcomes: Iterable[Outcome],
        attempt: Attempt,
        settled: frozenset[FactName],
    ) -> None:
        self._settled = settled
        self._contract, self._known, self._attempt = contract, known, attempt
        self._own = {it.id for it in contract.clauses}
        self._kept = [it for it in outcomes if it.verdict is Verdict.PASS and is_of_clause(it.id)]
        self._longest = max(_LONGEST, sum(it.seconds for it in outcomes) / WORKERS.default)
        self.left = failing(outcomes) | self._open(outcomes)
        self._reads = {name: facts_of(contract, it) for name, it in self.left.items()}
        self._tried: dict[str, set[Assignment]] = {name: set() for name in self.left}
        self._accepted: list[FactValue] = []

    def _open(self, outcomes: Iterable[Outcome]) -> dict[str, Outcome]:
        """Return the clauses that were not checked because the contract leaves something open."""
        skipped = [it for it in outcomes if it.verdict is Verdict.SKIPPED and is_of_clause(it.id)]
        return {
            it.id: it
            for it in skipped
            if any(facts_held(self._contract, of).get(name) == _OPEN for of, name in it.facts)
        }

    def facts(self) -> Iterator[LearnedDifference]:
        """Yield the facts that are found."""
        end = time.monotonic() + self._longest
        for size, most in _MOST_ROUNDS.items():
            for _ in range(most):
                if time.monotonic() > end or not (chosen := self._round(size)):
                    break
                passed = self._tried_together(chosen)
                causes = self._causes({name: chosen[name] for name in sorted(passed)})
                for clause_id, passing in self._guarded(causes):
                    if clause_id in self.left:
                        yield from self._accepted_facts(causes[clause_id], clause_id, passing)

    def _tried_together(self, chosen: Mapping[str, Assignment]) -> set[str]:
        """Return the clauses that pass. One that turns out to read what was changed for others is tried again."""
        before = {name: set(self._reads[name]) for name in chosen}
        changed = {name: {it.fact for it in each} for name, each in chosen.items()}
        passed = self._passing(chosen, chosen.values())
        for name in chosen.keys() - passed:
            of_others = set().union(*changed.values()) - changed[name]
            if of_others & (self._reads[name] - before[name]):
                self._tried[name].remove(chosen[name])
        return passed

    def _accepted_facts(self, causes: Assignment, clause_id: str, passing: set[str]) -> Iterator[LearnedDifference]:
        """Yield facts, and the same for other operations, and leave out the clauses that pass under them."""
        outcome = self.left[clause_id]
        others = [other for value in causes for other in _of_others(self._contract, value, outcome.text)]
        broken = [self.left[name] for name in {clause_id, *passing} & self.left.keys() & self._own]
        levels = {it.level for it in broken if it.verdict is Verdict.FAIL}
        for value in (*causes, *others):
            found = _fact(self._contract, value, f"by `{outcome.id}`", step_of(outcome))
            fault = LIKE_A_FAULT if Level.MUST in levels and not value.releases else ""
            confidence = "likely" if value in others else found.confidence
            harmless = bool(broken) and Level.MUST not in levels
            yield replace(found, fault=fault, confidence=confidence, harmless=harmless)
        self._accepted += [*causes, *others]
        if concerned := {name for name in self.left if {it.fact for it in others} & self._reads[name]}:
            passing = passing | self._passing(concerned)
        self.left = {name: it for name, it in self.left.items() if name not in passing}

    def _round(self, size: int) -> dict[str, Assignment]:
        """Return an assignment for as many clauses as possible that do not depend on each other's facts."""
        untried = {name: self._untried(name, size) for name in self.left}
        wanted = Counter(each for several in untried.values() for each in several)
        chosen: dict[str, Assignment] = {}
        # What most clauses may depend on comes first.
        for clause_id, assignment in sorted(
            ((name, each) for name, several in untried.items() for each in several), key=lambda it: -wanted[it[1]]
        ):
            if clause_id not in chosen and all(
                self._agree(clause_id, assignment, other, theirs) for other, theirs in chosen.items()
            ):
                chosen[clause_id] = assignment
                self._tried[clause_id].add(assignment)
        return chosen

    def _untried(self, clause_id: str, size: int) -> list[Assignment]:
        done = self._settled | {it.fact for it in self._accepted}
        values = alternatives(self._contract, self._known, self._reads[clause_id] - done)
        several = [each for each in combinations(values, size) if len({it.fact for it in each}) == size]
        return [each for each in several if each not in self._tried[clause_id]]

    def _agree(self, one: str, ones: Assignment, other: str, others: Assignment) -> bool:
        """Return whether two clauses can be checked under both assignments at once."""
        changed, theirs = {it.fact for it in ones if it not in others}, {it.fact for it in others if it not in ones}
        return not (changed & self._reads[other] or theirs & self._reads[one])

    def _passing(self, clauses: Iterable[str], assignments: Iterable[Assignment] = ()) -> set[str]:
        values = dict.fromkeys(value for each in assignments for value in each)
        actions = [it.action(self._contract) for it in (*self._accepted, *values)]
        outcomes = self._attempt(actions, frozenset(clauses)) if clauses else {}
        for name, outcome in outcomes.items():
            # A check that comes further reads further facts.
            self._reads.setdefault(name, set()).update(outcome.facts)
        return {name for name, outcome in outcomes.items() if outcome.verdict is Verdict.PASS}

    def _causes(self, passing: Mapping[str, Assignment]) -> dict[str, Assignment]:
        """Return the values because of which clauses pass, without those of clauses that pass under no value, too."""
        found = dict(passing)
        for at in range(max(map(len, passing.values()), default=0)):
            fewer = {name: (*each[:at], *each[at + 1 :]) for name, each in found.items() if at < len(each)}
            for name in self._passing(fewer, fewer.values()):
                del found[name]
                found |= self._causes({name: fewer[name]}) if fewer[name] else {}
        return found

    def _guarded(self, causes: Mapping[str, Assignment]) -> list[tuple[str, set[str]]]:
        """Return the clauses under whose values those that were kept still are, each with all that then pass."""
        facts = {name: {it.fact for it in each} for name, each in causes.items()}
        guards = {name: [it.id for it in self._kept if facts[name] & it.facts][:_MOST_GUARDS] for name in causes}
        concerned = {
            name: {it for it in self.left if facts[name] & self._reads[it] and causes.get(it, each) == each}
            for name, each in causes.items()
        }
        passed = self._passing(set[str]().union(*guards.values(), *concerned.values()), causes.values())
        return [
            (name, passed & concerned[name])
            for name in causes
            if name in passed and len(passed & concerned[name].union(guards[name])) > len(guards[name])
        ]


def _of_others(contract: Contract, value: FactValue, text: str) -> Iterator[FactValue]:
    """Yield the value for the other operations that have a fact of the same name and value, if the clause names it."""
    before = facts_held(contract, value.holder).get(value.name)
    if value.name in _FACT.findall(text):
        for operation in contract.operations:
            if operation.id != value.holder and before is not None and operation.behaviour.get(value.name) == before:
                yield replace(value, holder=operation.id)


def asked_difference(contract: Contract, value: FactValue, step: str) -> LearnedDifference:
    """Return the difference for a fact that was asked for."""
    return _fact(contract, value, f"as `{step.rpartition('/')[0]}` shows", step).unless(value.releases)


def _fact(contract: Contract, value: FactValue, shown_by: str, step: str) -> LearnedDifference:
    shown = f"also {', '.join(value.value)}" if isinstance(value.value, tuple) else f"`{str(value.value).lower()}`"
    text = _described(value.action(contract)) or f"The fact `{value.name}` of {value.holder} is {shown}, {shown_by}."
    confidence = "certain" if value.releases else "likely"
    subject, actions = f"{value.holder}.{value.name}", (value.action(contract),)
    return LearnedDifference("fact", subject, text, actions, step, confidence, releases=value.releases)


def _described(action: JsonObject) -> str:
    """Return how a release describes this value of a fact, if an action of its overlay sets just that; else empty."""
    names, holder = set(_QUOTED.findall(action["target"])), action["target"].rpartition("].")[2]
    for known in (it for overlay in overlays() for it in overlay.actions):
        is_of_holder = known.target.endswith(holder) and names <= set(_QUOTED.findall(known.target))
        if is_of_holder and known.update == action["update"]:
            return known.description
    return ""


def step_of(outcome: Outcome) -> str:
    """Return the step of the recording that shows an outcome."""
    return f"{outcome.id.replace('.', '/')}/send"


def _clause(contract: Contract, outcome: Outcome) -> LearnedDifference:
    """Return the difference for a clause that is not kept: without it, the contract is that of the deployment."""
    clause = contract.clause(outcome.id)
    holder = contract.operation(clause.operation_id) if clause.operation_id else None
    target = target_of(holder) if holder else "$"
    only = len(holder.clauses) == 1 if holder else False
    which = "" if only else f"[?@.id == '{outcome.id}']"
    actions = [{"target": f"{target}['x-clauses']{which}", "remove": True}, *_statuses(contract, outcome)]
    text = f"{outcome.id} is not kept: {outcome.reason}".rstrip(".") + "."
    return LearnedDifference("clause", outcome.id, text, tuple(actions), step_of(outcome), "certain", LIKE_A_FAULT)


def _statuses(contract: Contract, outcome: Outcome) -> Iterator[JsonObject]:
    """Yield actions for the statuses that an operation does not have in the contract."""
    for exchange in outcome.exchanges:
        operation, _ = routes.find(contract, exchange.method, urlsplit(exchange.url).path)
        if operation is not None and exchange.status and str(exchange.status) not in operation.responses:
            kind = {name.lower(): value for name, value in exchange.headers}.get("content-type", "")
            content: JsonObject = {"content": {kind.partition(";")[0]: {"schema": {}}}} if kind else {}
            response = {str(exchange.status): {"description": "As observed.", **content}}
            yield {"target": target_of(operation), "update": {"responses": response}}
