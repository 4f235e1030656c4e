"""The ids of checks: a clause's id, an operation, or either with the kind of check behind a comma."""

from __future__ import annotations

from typing import Final

GENERATED_GROUP: Final = "generated requests"

LINKED: Final = "linked requests"
"""What the check of sequences of requests, made along the contract's links, is called after its first operation."""

HISTORIES: Final = "random histories"
"""What the check of a clause by random histories is called after the clause."""

RECORDED: Final = "recorded as "
"""What stands in the name of a recorded scenario's check before the scenario, and after the operation."""

RECORDINGS_GROUP: Final = "recordings"


def histories_of(clause_id: str) -> str:
    """Return what the check of a clause by random histories is called."""
    return f"{clause_id}, {HISTORIES}"


def is_drawn(check_id: str) -> bool:
    """Tell whether a check is another one with each seed, and may pass by chance, by its id."""
    return " " in check_id


def group(check_id: str) -> str:
    """Return what a check is about, by its id: the group of its clause; one word for other kinds of checks."""
    subject, _, kind = check_id.partition(", ")
    if kind == HISTORIES:
        return HISTORIES
    if kind.startswith(RECORDED):
        return RECORDINGS_GROUP
    return GENERATED_GROUP if " " in subject else subject.partition(".")[0]
