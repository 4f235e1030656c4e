"""Shell completion of releases and clause ids."""

from __future__ import annotations

from collections.abc import Iterable


def releases(incomplete: str) -> list[str]:
    """Return the releases and proposals that start with a text."""
    from seatunnel_openapi import proposals
    from seatunnel_openapi import releases as known

    return _beginning(incomplete, (*known(), *proposals()))


def releases_or_auto(incomplete: str) -> list[str]:
    """Return releases, proposals and `auto`, if they start with a text."""
    return _beginning(incomplete, ["auto"]) + releases(incomplete)


def clauses(incomplete: str) -> list[str]:
    """Return clause ids of the documented contract that start with a text, rules for clients included."""
    from seatunnel_openapi import load

    contract = load()
    return _beginning(incomplete, (clause.id for clause in (*contract.clauses, *contract.client_clauses)))


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
