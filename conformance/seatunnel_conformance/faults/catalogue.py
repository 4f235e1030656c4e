"""The catalogue: every fault by its id, with the clauses that it breaks.

A fault is a function on an exchange, or a class with a state of its own for each run. It stands in `kinds/`, in the
module of its kind. Its name spells its id, its docstring is its sentence.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cache, partial
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Final, TypeAlias, TypeVar

from seatunnel_conformance.errors import RegistryError
from seatunnel_conformance.faults.exchange import Exchange
from seatunnel_openapi import Contract
from seatunnel_openapi.clauses import Level
from seatunnel_openapi.contract import Operation

GENERATED: Final = ("schema", "whole")
"""Kinds of faults that nobody wrote."""

WIRE: Final = frozenset({"wire", *GENERATED})
"""Kinds of faults that break the shape of answers: generated requests notice them for the right reason."""

PLAIN: Final = "plain"
"""The deployment that most faults are tried on."""

DEPLOYMENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        PLAIN: "dynamic slots, no context path",
        "context-path": "a context path",
        "fixed-slots": "a fixed number of slots",
    }
)
"""What a deployment has to be like for a fault to be seen on it."""


class UnknownFault(RegistryError):
    """No fault has that id."""


class DuplicateFault(RegistryError):
    """Two faults have the same id."""


class MisnamedFault(RegistryError):
    """A fault's function or class does not spell its id."""


class Due(StrEnum):
    """What the suite has to make of a fault."""

    KILL = "kill"
    """A check of a clause that it breaks fails."""

    DOUBT = "doubt"
    """No check fails, and the run does not conform: the network is never held against a target."""

    SILENCE = "silence"
    """Nothing: the contract allows it. A complaint would be a false alarm."""


class Effect:
    """What a fault does to traffic; a new one is made for each run, so it can remember what it has seen.

    Both methods return the exchange unchanged where the fault has nothing to do with it.
    """

    def asked(self, exchange: Exchange) -> Exchange:
        """Look at a request before the target sees it; an answer that is given here is the answer."""
        return exchange

    def answered(self, exchange: Exchange) -> Exchange:
        """Look at an answer before the client sees it."""
        return exchange


FaultFunction: TypeAlias = Callable[[Exchange], Exchange]
_Subject = TypeVar("_Subject", bound=FaultFunction | type[Effect])


@dataclass(frozen=True, slots=True)
class _FunctionEffect(Effect):
    """A fault without memory."""

    function: FaultFunction
    before: bool

    def asked(self, exchange: Exchange) -> Exchange:
        return self.function(exchange) if self.before else exchange

    def answered(self, exchange: Exchange) -> Exchange:
        return exchange if self.before else self.function(exchange)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `make` returns its effect for one run; `deployment` is where it can be seen (see `DEPLOYMENTS`)."""

    id: str
    kind: str
    breaks: tuple[str, ...]
    sentence: str
    make: Callable[[], Effect]
    due: Due = Due.KILL
    deployment: str = PLAIN

    def breaks_a_must(self, contract: Contract) -> bool:
        """Tell whether one of the clauses that it breaks is a MUST."""
        return any(clause.level is Level.MUST for clause in contract.clauses if clause.id in self.breaks)


_REGISTERED: Final[dict[str, Fault]] = {}


def fault(
    fault_id: str,
    *,
    breaks: Iterable[str] = (),
    before: bool = False,
    due: Due = Due.KILL,
    deployment: str = PLAIN,
) -> Callable[[_Subject], _Subject]:
    """Register a function on exchanges, or a class of effects, as a fault.

    Args:
        fault_id: What the broken server does, in kebab-case; the function's or the class's name spells it.
        breaks: The clauses that it breaks.
        before: Whether the function looks at requests; else it looks at answers.
        due: What the suite has to make of it.
        deployment: What a deployment must be like for it to be seen.
    """

    def register(subject: _Subject) -> _Subject:
        if fault_id in _REGISTERED:
            raise DuplicateFault(f"two faults have the id {fault_id}")
        if subject.__name__.replace("_", "").lower() != fault_id.replace("-", ""):
            raise MisnamedFault(f"the fault {fault_id} must not be called {subject.__name__}")
        make = subject if isinstance(subject, type) else partial(_FunctionEffect, subject, before)
        kind = subject.__module__.rpartition(".")[2]
        sentence = (inspect.getdoc(subject) or "").partition("\n\n")[0].replace("\n", " ")
        _REGISTERED[fault_id] = Fault(fault_id, kind, tuple(breaks), sentence, make, due, deployment)
        return subject

    return register


@cache
def all_faults() -> tuple[Fault, ...]:
    """Return the whole catalogue, by kind and in the order of the modules' lines."""
    from seatunnel_conformance.faults import kinds  # noqa: PLC0415 - its modules import this one

    for module in iter_modules(kinds.__path__, f"{kinds.__name__}."):
        import_module(module.name)
    return tuple(_REGISTERED.values())


def fault_named(fault_id: str) -> Fault:
    """Return a fault of the catalogue. Raises `UnknownFault`, which names those that are spelled alike."""
    known = {found.id: found for found in all_faults()}
    if fault_id not in known:
        meant = " or ".join(get_close_matches(fault_id, known, n=2)) or "`seatunnel-v2 faults --list`"
        raise UnknownFault(f"there is no fault {fault_id!r}; see {meant}")
    return known[fault_id]


def clauses_of(contract: Contract, operation: Operation) -> tuple[str, ...]:
    """Return the clauses that any answer of an operation can break: its own, and those about HTTP in general."""
    general = (clause.id for clause in contract.clauses if clause.id.startswith("http."))
    return (*(clause.id for clause in operation.clauses), *general)


def unknown_clauses(faults: Iterable[Fault], contracts: Iterable[Contract]) -> Iterator[str]:
    """Yield what faults claim to break and no contract has: `fault: clause`."""
    known = {clause.id for contract in contracts for clause in contract.clauses}
    for found in faults:
        yield from (f"{found.id}: {clause_id}" for clause_id in found.breaks if clause_id not in known)
