"""Facts by trial: the checks of a clause fail under all values of a fact but one, so each value has a probe.

A clause that fails is checked again under the other values of the facts that it names, those that other releases have
first. A value under which it passes is a difference; a clause that passes under none is a suspected fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from seatunnel_conformance.learn.differences import LIKE_A_FAULT, LearnedDifference
from seatunnel_conformance.report.outcomes import Outcome, Verdict
from seatunnel_conformance.target import routes
from seatunnel_openapi import Contract, JsonObject
from seatunnel_openapi.contract import Level, Operation
from seatunnel_openapi.documents import resolve
from seatunnel_openapi.loading import facts_schema

DOCUMENT: Final = "document"
_MOST_TRIALS: Final = {True: 40, False: 10}
"""The most values that are tried of facts that clauses name, and of others: each takes some seconds."""

_OPEN: Final = "unspecified"

_NO_CHANGE: Final[JsonObject] = {"target": "$", "update": {}}

_NAMED: Final = re.compile(r"`(\w+)` \(here ")

Attempt = Callable[[JsonObject, frozenset[str]], frozenset[str]]
"""Check clauses under one more action; returns those that fail."""


@dataclass(frozen=True, slots=True)
class FactValue:
    """A value of a fact of an operation, or of the document; what is added to a list.

    `released` tells that a release has it.
    """

    holder: str
    name: str
    value: str | bool | tuple[str, ...]
    released: bool

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


def alternatives(
    contract: Contract, known: Iterable[Contract], clause_id: str, *, named_ones: bool = True
) -> list[FactValue]:
    """Return the values to try for a clause that fails: those of the facts that it names, of other releases first.

    Without `named_ones`, those that other releases have of the other facts of its operation and of the document.
    """
    clause = contract.clause(clause_id)
    named = set(_NAMED.findall(clause.text))
    own = dict.fromkeys((clause.operation_id or DOCUMENT, DOCUMENT))
    found: dict[FactValue, tuple[bool, bool]] = {}
    for holder in dict.fromkeys((*own, *(it.id for it in contract.operations))):
        facts = _facts(contract, holder)
        for name in facts.keys() if holder in own else facts.keys() & named:
            for value in _values(holder, name, facts[name], known):
                if (name in named) is named_ones and (named_ones or value.released):
                    # Under a value that leaves something open, a clause is always kept.
                    found[value] = (value.value == _OPEN, not value.released)
    return sorted(found, key=lambda it: found[it])


def _facts(contract: Contract, holder: str) -> Mapping[str, Any]:
    return contract.behaviour if holder == DOCUMENT else contract.operation(holder).behaviour


def _values(holder: str, name: str, now: Any, known: Iterable[Contract]) -> Iterator[FactValue]:
    schema = facts_schema()
    stated = resolve(schema, resolve(schema, schema["properties"][holder])["properties"][name])
    values = stated.get("enum", [True, False] if stated.get("type") == "boolean" else [])
    released = [_facts(it, holder).get(name) for it in known if holder == DOCUMENT or _has(it, holder)]
    yield from (FactValue(holder, name, value, value in released) for value in values if value != now)
    if isinstance(now, list):
        # An overlay adds to a list.
        more = {tuple(it for it in value if it not in now) for value in released if value and set(value) > set(now)}
        yield from (FactValue(holder, name, value, released=True) for value in sorted(more))


def _has(contract: Contract, operation_id: str) -> bool:
    return operation_id in {it.id for it in contract.operations}


def failing(outcomes: Iterable[Outcome]) -> dict[str, Outcome]:
    """Return the outcomes of clauses that are not kept, recommendations included."""
    return {it.id: it for it in outcomes if it.verdict is Verdict.FAIL and re.fullmatch(r"[\w-]+\.[\w-]+", it.id)}


def repaired(
    contract: Contract, known: tuple[Contract, ...], failed: Mapping[str, Outcome], attempt: Attempt
) -> Iterator[LearnedDifference]:
    """Yield the facts under which clauses pass that fail, and then the clauses that pass under no value of a fact."""
    left = dict(failed)
    for named_ones, most in _MOST_TRIALS.items():
        tried: dict[FactValue, frozenset[str]] = {}
        values = {name: alternatives(contract, known, name, named_ones=named_ones) for name in left}
        for clause_id in list(left):
            for value in values[clause_id] if clause_id in left else ():
                concerned = frozenset(name for name in left if value in values[name])
                if value not in tried and len(tried) < most:
                    tried[value] = attempt(value.action(contract), concerned)
                if clause_id not in tried.get(value, {clause_id}) and _is_cause(contract, value, clause_id, attempt):
                    yield _fact(contract, value, left[clause_id])
                    left = {name: it for name, it in left.items() if name in tried[value] or name not in concerned}
                    break
    for outcome in left.values():
        if outcome.level is Level.MUST:
            yield _clause(contract, outcome)


def _is_cause(contract: Contract, value: FactValue, clause_id: str, attempt: Attempt) -> bool:
    """Return whether a clause passes because of a value: without it, it fails again, and with it, it passes again."""
    clauses = frozenset({clause_id})
    return bool(attempt(_NO_CHANGE, clauses)) and not attempt(value.action(contract), clauses)


def _fact(contract: Contract, value: FactValue, outcome: Outcome) -> LearnedDifference:
    place = DOCUMENT if value.holder == DOCUMENT else value.holder
    shown = f"also {', '.join(value.value)}" if isinstance(value.value, tuple) else f"`{str(value.value).lower()}`"
    text = f"The fact `{value.name}` of {place} is {shown}, by `{outcome.id}`."
    action = value.action(contract)
    fault = "" if value.released or outcome.level is not Level.MUST else LIKE_A_FAULT
    subject = f"{place}.{value.name}"
    confidence = "certain" if value.released else "likely"
    return LearnedDifference("fact", subject, text, (action,), step_of(outcome), confidence, fault)


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
