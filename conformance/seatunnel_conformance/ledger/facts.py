"""The facts of contracts, `x-behaviour`: what each says, its value in each release, and the clauses that name it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from seatunnel_conformance.ledger.views import sectioned
from seatunnel_openapi import Contract, JsonObject, UnknownOperation, load, releases
from seatunnel_openapi.documents import resolve
from seatunnel_openapi.extensions import shown
from seatunnel_openapi.loading import facts_schema

_DOCUMENT = "document"


def fact_explained(name: str, release: str | None = None) -> str | None:
    """Return everything about a fact as text, for all releases or for one; None if no operation has it.

    Raises `seatunnel_openapi.UnknownRelease`.
    """
    schema = facts_schema()
    stated = dict(_statements(schema, name))
    if not stated:
        return None
    contracts = [load(each) for each in ([release] if release else releases())]
    values = [line for holder in stated for line in _values(holder, name, contracts)]
    naming = {clause.id: None for each in contracts for clause in each.clauses if f"`{name}` (here" in clause.text}
    sections = (
        ("", list(dict.fromkeys(stated.values()))),
        ("value", values or [f"{release} has none"]),
        ("named by", list(naming)),
    )
    return "\n".join([f"{name}  a fact of the contract", *sectioned(sections), ""])


def _statements(schema: JsonObject, name: str) -> Iterator[tuple[str, str]]:
    """Yield the operations that have a fact, or `document`, each with the description of the fact."""
    for holder, facts in schema["properties"].items():
        fact = resolve(schema, facts).get("properties", {}).get(name)
        if fact is not None:
            yield holder, fact.get("description") or resolve(schema, fact).get("description", "")


def _values(holder: str, name: str, contracts: list[Contract]) -> Iterator[str]:
    """Yield the values of a fact, each with the releases that have it, one after the other."""
    found = [(each.release, shown(value)) for each in contracts if (value := _value(each, holder, name)) is not None]
    place = "" if holder == _DOCUMENT else f", {holder}"
    for value, several in groupby(found, key=lambda it: it[1]):
        names = [release for release, _ in several]
        yield f"{names[0]}{f' to {names[-1]}' if len(names) > 1 else ''}{place}: {value}"


def _value(contract: Contract, holder: str, name: str) -> Any:
    try:
        facts = contract.behaviour if holder == _DOCUMENT else contract.operation(holder).behaviour
    except UnknownOperation:
        return None
    return facts.get(name)
