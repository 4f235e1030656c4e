"""The catalogue of faults, with the clauses that each one breaks.

A fault is a function on an exchange. It is in the module of its kind in `kinds/`. Its name spells its id, and its
docstring is its description. `on` and `when` say which exchanges it changes. Further parameters are sets, lists or
dictionaries, which are empty at the start of a run.
A fault that changes requests and responses, or counts, is a `FaultEffect`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cache, partial
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Final, Self, TypeAlias, TypeVar, get_type_hints

from seatunnel_conformance.errors import RegistryError
from seatunnel_conformance.faults.exchange import ProxiedExchange
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Level, Operation

GENERATED: Final = ("schema", "whole", "value", "list", "method", "connection", "state")
"""Kinds of faults that are generated from the contract."""

SCHEMA_KINDS: Final = frozenset({"wire", *GENERATED})
"""Kinds of faults that break response schemas, which generated tests detect, too."""

PLAIN: Final = "plain"
"""The deployment for most faults."""

FAILOVER: Final = "failover"
"""The deployment whose master is stopped, which needs a new one for each fault."""

DEPLOYMENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        PLAIN: "dynamic slots, no context path",
        "context-path": "a context path",
        "fixed-slots": "a fixed number of slots",
        "two-nodes": "two nodes, of which the master has the fault",
        FAILOVER: "three nodes, of which the second has the fault when the master stops",
    }
)
"""The deployments that faults need."""


class UnknownFault(RegistryError):
    """No fault has that id."""


class DuplicateFault(RegistryError):
    """Two faults have the same id."""


class MisnamedFault(RegistryError):
    """The id of a fault does not match the name of its function or class, or its kind."""


class Expected(StrEnum):
    """The expected effect of a fault on the suite."""

    DETECTED = "kill"
    """A check of a clause that it breaks fails."""

    UNDECIDED = "doubt"
    """A clause that it breaks fails, or checks are inconclusive, because it could be a network error."""

    IGNORED = "silence"
    """No check fails, because the contract allows the change."""


class FaultEffect:
    """The effect of a fault on traffic. Each run has its own instance, so effects can have state.

    Both methods return the exchange unchanged if the fault does not apply to it.
    """

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Change a request before the target gets it; a response that is set here is sent instead of the target's."""
        return exchange

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Change a response before the client gets it."""
        return exchange


class CombinedEffect(FaultEffect):
    """Several effects, each on what the ones before have made. `altered` counts the responses that each has changed."""

    def __init__(self, effects: Sequence[FaultEffect]) -> None:
        self.effects = effects
        self.altered = [0] * len(effects)

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Apply each effect to the request."""
        for effect in self.effects:
            exchange = effect.on_request(exchange)
        return exchange

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Apply each effect to the response, and count."""
        for number, effect in enumerate(self.effects):
            changed = effect.on_response(exchange)
            self.altered[number] += changed != exchange
            exchange = changed
        return exchange


FaultFunction: TypeAlias = Callable[..., ProxiedExchange]
Condition: TypeAlias = Callable[[ProxiedExchange], object]
"""Returns something true for the exchanges to which a fault applies."""
_Subject = TypeVar("_Subject", bound=FaultFunction | type[FaultEffect])


@dataclass(frozen=True, slots=True)
class _FunctionEffect(FaultEffect):
    """The effect of a function on requests (`before`) or on responses, of those exchanges to which it `applies`."""

    function: FaultFunction
    before: bool
    applies: Condition

    @classmethod
    def of_run(cls, function: FaultFunction, before: bool, applies: Condition) -> Self:  # noqa: FBT001 - as the field
        """Return the effect for one run, with new containers for the function's other parameters."""
        _, *containers, _ = get_type_hints(function).items()
        return cls(partial(function, **{name: container() for name, container in containers}), before, applies)

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        return self.function(exchange) if self.before and self.applies(exchange) else exchange

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        return self.function(exchange) if not self.before and self.applies(exchange) else exchange


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `make` returns its effect for one run; `deployment` is the one it needs (see `DEPLOYMENTS`).

    `operations` are the only ones whose exchanges it changes, if there are any: a release needs one of them.
    `may_break` are recommendations that a harmless change does not follow; their checks are left out. Harmless changes
    of one `group` are tried in one trial; each is tried alone if a check fails under all of them.
    """

    id: str
    kind: str
    breaks: tuple[str, ...]
    sentence: str
    make: Callable[[], FaultEffect]
    expected: Expected = Expected.DETECTED
    deployment: str = PLAIN
    may_break: tuple[str, ...] = ()
    group: str = ""
    operations: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise `MisnamedFault` unless exactly the faults of generated kinds have ids like `kind:operation:place`."""
        generated = self.kind in GENERATED
        if (":" in self.id) != generated or (generated and not re.fullmatch(rf"{self.kind}:\w+:.+", self.id)):
            raise MisnamedFault(
                f"{self.id!r} can't be a fault of the kind {self.kind!r}; hint: the id of a generated fault is "
                "`kind:operation:place`, and its kind is in GENERATED of faults/catalogue.py"
            )

    @property
    def is_harmless(self) -> bool:
        """Whether it is a harmless change of the catalogue: a right deployment, whose nodes all behave like this."""
        return self.expected is Expected.IGNORED and self.kind not in GENERATED

    def breaks_a_must(self, contract: Contract) -> bool:
        """Return whether it breaks a MUST clause."""
        return any(clause.level is Level.MUST for clause in contract.clauses if clause.id in self.breaks)


_REGISTERED: Final[dict[str, Fault]] = {}


def fault(  # noqa: PLR0913 - a parameter for each property
    fault_id: str,
    *,
    breaks: Iterable[str] = (),
    on: str | tuple[str, ...] = (),
    when: Condition = lambda _: True,
    before: bool = False,
    expected: Expected = Expected.DETECTED,
    deployment: str = PLAIN,
    may_break: Iterable[str] = (),
    group: str = "",
) -> Callable[[_Subject], _Subject]:
    """Register a function on exchanges, or an effect class, as a fault.

    Args:
        fault_id: What the broken server does, in kebab-case; the name of the function or class spells it.
        breaks: The ids of the clauses that it breaks.
        on: The operations whose exchanges the function changes; all if there are none.
        when: Which of these exchanges it changes.
        before: Whether the function changes requests instead of responses.
        expected: The expected effect on the suite.
        deployment: The deployment that it needs.
        may_break: The recommendations that a harmless change does not follow.
        group: The harmless changes with which it is tried, in the order of the catalogue.
    """
    operations = (on,) if isinstance(on, str) else on

    def applies(exchange: ProxiedExchange) -> bool:
        return (not operations or exchange.is_for(*operations)) and bool(when(exchange))

    def register(subject: _Subject) -> _Subject:
        if fault_id in _REGISTERED:
            raise DuplicateFault(f"two faults have the id {fault_id}")
        if subject.__name__.replace("_", "").lower() != fault_id.replace("-", ""):
            raise MisnamedFault(f"the name {subject.__name__} does not match the fault {fault_id}")
        make = subject if isinstance(subject, type) else partial(_FunctionEffect.of_run, subject, before, applies)
        kind = subject.__module__.rpartition(".")[2]
        sentence = (inspect.getdoc(subject) or "").partition("\n\n")[0].replace("\n", " ")
        _REGISTERED[fault_id] = Fault(
            fault_id, kind, tuple(breaks), sentence, make, expected, deployment, tuple(may_break), group, operations
        )
        return subject

    return register


@cache
def all_faults() -> tuple[Fault, ...]:
    """Return all faults, in the order of modules and lines."""
    from seatunnel_conformance.faults import kinds  # noqa: PLC0415 - its modules import this one

    for module in iter_modules(kinds.__path__, f"{kinds.__name__}."):
        import_module(module.name)
    return tuple(_REGISTERED.values())


def fault_named(fault_id: str) -> Fault:
    """Return a fault by id. Raises `UnknownFault`, which names similar ids."""
    known = {found.id: found for found in all_faults()}
    if fault_id not in known:
        meant = " or ".join(get_close_matches(fault_id, known, n=2)) or "`seatunnel-v2 faults --list`"
        raise UnknownFault(f"there is no fault {fault_id!r}; see {meant}")
    return known[fault_id]


def clauses_about(contract: Contract, operation: Operation, *others: str) -> tuple[str, ...]:
    """Return the clauses of an operation, also that about the same responses of all nodes, followed by `others`."""
    every_node = ["nodes.same-jobs"] * (operation.id in contract.behaviour.names("sameAtEveryNode"))
    return (*(clause.id for clause in operation.clauses), *every_node, *others)


def clauses_of(contract: Contract, operation: Operation) -> tuple[str, ...]:
    """Return the clauses of an operation, and those about HTTP in general."""
    general = (clause.id for clause in contract.clauses if clause.id.startswith("http."))
    return clauses_about(contract, operation, *general)
