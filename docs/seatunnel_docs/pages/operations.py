"""A page for each operation: description, clauses with evidence, and recorded responses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from seatunnel_docs.knowledge import Knowledge
from seatunnel_docs.pages.clauses import Proof, proofs
from seatunnel_docs.rendering import Page, page
from seatunnel_openapi import Operation


@dataclass(frozen=True)
class Listed:
    """An operation in the list: its newest version, and the releases that have it."""

    newest: Operation
    releases: tuple[str, ...]
    proof: Proof


def pages(known: Knowledge) -> Iterator[Page]:
    """Yield the list of operations, then a page for each."""
    listed = [_listed(known, versions) for versions in known.operations().values()]
    tags: dict[str, list[Listed]] = {}
    for each in listed:
        tags.setdefault(each.newest.tag, []).append(each)
    yield page("operations/index", "operations", tags=dict(sorted(tags.items())), releases=known.releases)
    for each in listed:
        operation, proof = each.newest, each.proof
        paths = {versions[release].path for versions in [known.operations()[operation.id]] for release in each.releases}
        cited = [step for clause in proof.clauses for step in clause.history.steps]
        yield page(
            f"operations/{operation.id}",
            "operation",
            operation=operation,
            listed=each,
            proof=proof,
            releases=known.releases,
            facts=_facts(known, operation.id),
            differences=known.differences_of(paths),
            examples=known.exchanges.examples(operation.id, known.contracts, cited),
            recorded=sorted(known.recorded_releases.intersection(each.releases), key=known.releases.index),
        )


def _listed(known: Knowledge, versions: Mapping[str, Operation]) -> Listed:
    newest = list(versions.values())[-1]
    return Listed(newest, tuple(versions), proofs(known, known.clauses_of(newest.id)))


def _facts(known: Knowledge, operation_id: str) -> dict[str, dict[str, list[str]]]:
    """Return the facts of an operation: for each its values as text, with the releases that have them."""
    found: dict[str, dict[str, list[str]]] = {}
    for release, operation in known.operations()[operation_id].items():
        for name, value in operation.behaviour.items():
            text = ", ".join(value) if isinstance(value, list) else str(value).lower()
            found.setdefault(name, {}).setdefault(text or "none", []).append(release)
    return found
