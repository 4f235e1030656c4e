"""Finds values of facts by trial: if a check fails, a fact that it reads may have a wrong value in the contract.

A clause that fails is checked again under other values of these facts, beginning with those of other releases, and then
under other values of two facts at once. A value under which it passes is a difference. A MUST clause that passes
under no value is a suspected fault.
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

from seatunnel_conformance.arrange.options import WORKERS
from seatunnel_conformance.learn.differences import LIKE_A_FAULT, LearnedDifference
from seatunnel_conformance.report.outcomes import Outcome, Verdict, is_of_clause
from seatunnel_conformance.target import routes
from seatunnel_openapi import Contract, JsonObject, load, overlays, releases
from seatunnel_openapi.contract import Level, Operation
from seatunnel_openapi.documents import resolve
from seatunnel_openapi.loading import facts_schema

DOCUMENT: Final = "document"
_MOST_ROUNDS: Final = {1: 40, 2: 25}
"""The maximum number of rounds in which one fact, or two facts, are changed for each clause."""

_LONGEST: Final = 30.0
"""The maximum number of seconds for all trials, unless the checks of all clauses took longer."""

_MOST_GUARDS: Final = 12
"""The maximum number of passed clauses that are checked again under a new value, to see whether they still pass."""

_OPEN: Final = "unspecified"
_BY_CHANCE: Final = "oldest-first"
"""A value of `listOrder` that is not tried for a list without an order: such a list can be in this order by chance."""

_FACT: Final = re.compile(r"`(\w+)` \(here ")
"""Matches the name of a fact in the text of a clause."""

_QUOTED: Final = re.compile(r"'[^']*'")
"""Matches a quoted name in the target of an overlay action: a path, or `x-behaviour`."""

FactName = tuple[str, str]
"""The id of an operation, or `document`, and the name of a fact."""

Attempt = Callable[[Iterable[JsonObject], frozenset[str]], Mapping[str, Outcome]]
"""Checks these clauses against the draft with further overlay actions, and returns their outcomes by id."""


@dataclass(frozen=True, slots=True)
class FactValue:
    """A value of a fact. `holder` is the id of an operation, or `document`. A tuple has the items to add to a list.

    `releases` has the known releases that have the value.
    """

    holder: str
    name: str
    value: str | bool | tuple[str, ...]
    releases: tuple[str, ...] = ()

    @property
    def fact(self) -> FactName:
        """The holder and the name of the fact."""
        return self.holder, self.name

    def action(self, contract: Contract) -> JsonObject:
        """Return the overlay action that sets the value."""
        target = "$['x-behaviour']"
        if self.holder != DOCUMENT:
            target = f"{target_of(contract.operation(self.holder))}['x-behaviour']"
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return {"target": target, "update": {self.name: value}}


def target_of(operation: Operation) -> str:
    """Return the JSONPath of an operation."""
    return f"$.paths['{operation.path}'].{operation.method.lower()}"


def facts_of(contract: Contract, outcome: Outcome) -> set[FactName]:
    """Return the facts that may decide the outcome of a clause: its check has read them, or its text names them."""
    named = set(_FACT.findall(outcome.text))
    holders = (DOCUMENT, *(it.id for it in contract.operations))
    named_by_text = {(holder, name) for holder in holders for name in facts_held(contract, holder).keys() & named}
    return set(outcome.facts) | named_by_text


def clauses_of_others(contract: Contract) -> LearnedDifference:
    """Return a difference that adds the clauses of other releases about operations of a contract.

    The clauses are only for trials: their checks can show the values of further facts.
    """
    own, known = {it.id for it in contract.clauses}, {it.id for it in contract.operations}
    actions: dict[str, JsonObject] = {}
    for other in map(load, releases()):
        holders = [("$", other.document)]
        holders += [(target_of(it), it.document) for it in other.operations if it.id in known]
        for target, node in holders:
            for clause in node.get("x-clauses", ()):
                if clause["id"] not in own:
                    actions[clause["id"]] = {"target": target, "update": {"x-clauses": [clause]}}
    return LearnedDifference("fact", "clauses", "Clauses of others.", tuple(actions.values()), "trial/trial/send")


def alternatives(contract: Contract, known: Iterable[Contract], facts: Iterable[FactName]) -> list[FactValue]:
    """Return the other possible values of these facts: first those of known releases, last `unspecified`."""
    known = tuple(known)
    found = [value for fact in sorted(facts) for value in _values(contract, *fact, known)]
    return sorted(found, key=lambda it: (it.value == _OPEN, not it.releases))


def facts_held(contract: Contract, holder: str) -> Mapping[str, Any]:
    """Return the facts of the document or of an operation; none if the contract does not have the operation."""
    if holder == DOCUMENT:
        return contract.behaviour
    return next((it.behaviour for it in contract.operations if it.id == holder), {})


def _values(contract: Contract, holder: str, name: str, known: Iterable[Contract]) -> Iterator[FactValue]:
    now = facts_held(contract, holder).get(name)
    schema = facts_schema()
    stated = resolve(schema, resolve(schema, schema["properties"][holder])["properties"][name])
    # If a check passes under two values, the schema names the wider one first, so the narrower one is tried before.
    values = stated.get("enum", [True, False] if stated.get("type") == "boolean" else [])[::-1]
    released = {it.release: facts_held(it, holder).get(name) for it in known}
    values = [it for it in values if it != now and (now, it) != (_OPEN, _BY_CHANCE)]
    yield from (FactValue(holder, name, value, _having(released, value)) for value in values)
    if isinstance(now, list):
        # An overlay can only add items to a list.
        wider = {release: value for release, value in released.items() if value and set(value) > set(now)}
        more = {release: tuple(it for it in value if it not in now) for release, value in wider.items()}
        yield from (FactValue(holder, name, value, _having(more, value)) for value in sorted(set(more.values())))
        single = {(it,) for it in resolve(schema, stated.get("items", {})).get("enum", ()) if it not in now}
        yield from (FactValue(holder, name, value) for value in sorted(single - set(more.values())))


def _having(values: Mapping[str, Any], wanted: Any) -> tuple[str, ...]:
    return tuple(release for release, value in values.items() if value == wanted)


def failing(outcomes: Iterable[Outcome]) -> dict[str, Outcome]:
    """Return the failed outcomes of clauses by id, including SHOULD clauses."""
    return {it.id: it for it in outcomes if it.verdict is Verdict.FAIL and re.fullmatch(r"[\w-]+\.[\w-]+", it.id)}


def repaired(
    contract: Contract,
    known: Iterable[Contract],
    outcomes: Iterable[Outcome],
    attempt: Attempt,
    settled: Iterable[FactName] = (),
) -> Iterator[LearnedDifference]:
    """Yield the values of facts under which failed clauses pass, then the MUST clauses that pass under no value.

    `outcomes` can also be those of `clauses_of_others`, which the contract does not have. The values of facts in
    `settled` are known, and are not tried.
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
    """The search for values of facts under which clauses pass. `left` has the outcomes of clauses that fail, by id.

    In each round, clauses are checked under values that were not tried for them yet. Most are checked in one run with
    all these values, because a clause only depends on the facts that its check reads.
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
        """Return the outcomes of clauses that were skipped because a fact that they read is `unspecified`."""
        skipped = [it for it in outcomes if it.verdict is Verdict.SKIPPED and is_of_clause(it.id)]
        return {
            it.id: it
            for it in skipped
            if any(facts_held(self._contract, of).get(name) == _OPEN for of, name in it.facts)
        }

    def facts(self) -> Iterator[LearnedDifference]:
        """Yield the values of facts under which clauses pass."""
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
        """Check clauses, each with its values, in one run, and return the clauses that pass.

        If a check has read a fact that was changed for another clause, its values are tried again in a later round.
        """
        before = {name: set(self._reads[name]) for name in chosen}
        changed = {name: {it.fact for it in each} for name, each in chosen.items()}
        passed = self._passing(chosen, chosen.values())
        for name in chosen.keys() - passed:
            of_others = set().union(*changed.values()) - changed[name]
            if of_others & (self._reads[name] - before[name]):
                self._tried[name].remove(chosen[name])
        return passed

    def _accepted_facts(self, causes: Assignment, clause_id: str, passing: set[str]) -> Iterator[LearnedDifference]:
        """Yield differences for these values, also of other operations, and remove clauses that pass from `left`."""
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
        """Return values to try for many clauses at once. No clause reads a fact that is changed for another clause."""
        untried = {name: self._untried(name, size) for name in self.left}
        wanted = Counter(each for several in untried.values() for each in several)
        chosen: dict[str, Assignment] = {}
        # Values that most clauses could need come first.
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
        """Return whether two clauses can be checked in one run, each with its values."""
        changed, theirs = {it.fact for it in ones if it not in others}, {it.fact for it in others if it not in ones}
        return not (changed & self._reads[other] or theirs & self._reads[one])

    def _passing(self, clauses: Iterable[str], assignments: Iterable[Assignment] = ()) -> set[str]:
        values = dict.fromkeys(value for each in assignments for value in each)
        actions = [it.action(self._contract) for it in (*self._accepted, *values)]
        outcomes = self._attempt(actions, frozenset(clauses)) if clauses else {}
        for name, outcome in outcomes.items():
            # A check that no longer fails early can read further facts.
            self._reads.setdefault(name, set()).update(outcome.facts)
        return {name for name, outcome in outcomes.items() if outcome.verdict is Verdict.PASS}

    def _causes(self, passing: Mapping[str, Assignment]) -> dict[str, Assignment]:
        """Return the values that clauses need in order to pass: those without which a clause fails in a trial."""
        found = dict(passing)
        for at in range(max(map(len, passing.values()), default=0)):
            fewer = {name: (*each[:at], *each[at + 1 :]) for name, each in found.items() if at < len(each)}
            for name in self._passing(fewer, fewer.values()):
                del found[name]
                found |= self._causes({name: fewer[name]}) if fewer[name] else {}
        return found

    def _guarded(self, causes: Mapping[str, Assignment]) -> list[tuple[str, set[str]]]:
        """Return the clauses whose values make no passed clause fail, each with the failed clauses that they repair."""
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
    """If `text` names the fact, yield the value for each other operation that has the same old value."""
    before = facts_held(contract, value.holder).get(value.name)
    if value.name in _FACT.findall(text):
        for operation in contract.operations:
            if operation.id != value.holder and before is not None and operation.behaviour.get(value.name) == before:
                yield replace(value, holder=operation.id)


def asked_difference(contract: Contract, value: FactValue, step: str) -> LearnedDifference:
    """Return the difference for the value of a fact that a probe has found."""
    return _fact(contract, value, f"as `{step.rpartition('/')[0]}` shows", step).unless(value.releases)


def _fact(contract: Contract, value: FactValue, shown_by: str, step: str) -> LearnedDifference:
    shown = f"also {', '.join(value.value)}" if isinstance(value.value, tuple) else f"`{str(value.value).lower()}`"
    text = _described(value.action(contract)) or f"The fact `{value.name}` of {value.holder} is {shown}, {shown_by}."
    confidence = "certain" if value.releases else "likely"
    subject, actions = f"{value.holder}.{value.name}", (value.action(contract),)
    return LearnedDifference("fact", subject, text, actions, step, confidence, releases=value.releases)


def _described(action: JsonObject) -> str:
    """Return the description of the action in a known overlay that sets only this value; empty if there is none."""
    names, holder = set(_QUOTED.findall(action["target"])), action["target"].rpartition("].")[2]
    for known in (it for overlay in overlays() for it in overlay.actions):
        is_of_holder = known.target.endswith(holder) and names <= set(_QUOTED.findall(known.target))
        if is_of_holder and known.update == action["update"]:
            return known.description
    return ""


def step_of(outcome: Outcome) -> str:
    """Return the name of the step of the recording that shows an outcome."""
    return f"{outcome.id.replace('.', '/')}/send"


def _clause(contract: Contract, outcome: Outcome) -> LearnedDifference:
    """Return the difference for a failed clause. Its actions remove the clause."""
    clause = contract.clause(outcome.id)
    holder = contract.operation(clause.operation_id) if clause.operation_id else None
    target = target_of(holder) if holder else "$"
    only = len(holder.clauses) == 1 if holder else False
    which = "" if only else f"[?@.id == '{outcome.id}']"
    actions = [{"target": f"{target}['x-clauses']{which}", "remove": True}, *_statuses(contract, outcome)]
    text = f"{outcome.id} is not kept: {outcome.reason}".rstrip(".") + "."
    return LearnedDifference("clause", outcome.id, text, tuple(actions), step_of(outcome), "certain", LIKE_A_FAULT)


def _statuses(contract: Contract, outcome: Outcome) -> Iterator[JsonObject]:
    """Yield actions that add the observed statuses that an operation does not have in the contract."""
    for exchange in outcome.exchanges:
        operation, _ = routes.find(contract, exchange.method, urlsplit(exchange.url).path)
        if operation is not None and exchange.status and str(exchange.status) not in operation.responses:
            kind = {name.lower(): value for name, value in exchange.headers}.get("content-type", "")
            content: JsonObject = {"content": {kind.partition(";")[0]: {"schema": {}}}} if kind else {}
            response = {str(exchange.status): {"description": "As observed.", **content}}
            yield {"target": target_of(operation), "update": {"responses": response}}
