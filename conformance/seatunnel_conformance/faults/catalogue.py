"""The catalogue of faults, with the clauses that each one breaks.

A fault is a row in the table `FAULTS` of its kind, a module in `kinds/`: what it is called, what goes wrong, the
clauses that it breaks, what it changes, in which exchanges. `changes` has the words for most changes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import StrEnum
from functools import cache, partial
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Any, Final, Self, TypeAlias

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


Condition: TypeAlias = Callable[[ProxiedExchange], object]
"""Returns something true for the exchanges to which a fault applies."""
Maker: TypeAlias = Callable[[], FaultEffect]
"""Makes the effect of a fault for one run."""


@dataclass(frozen=True, slots=True)
class ChangeEffect(FaultEffect):
    """The effect of a change of requests (`before`), of responses, or of both (None), where it applies."""

    change: Callable[..., ProxiedExchange]
    operations: tuple[str, ...] = ()
    when: Condition = lambda _: True
    before: bool | None = False

    @classmethod
    def of_run(cls, change: Callable[..., ProxiedExchange], *rest: Any) -> Self:
        """Return the effect for one run, with new containers for further parameters of the change."""
        _, *state = inspect.signature(change, eval_str=True).parameters.values()
        return cls(partial(change, **{one.name: one.annotation() for one in state}), *rest)

    def _changed(self, exchange: ProxiedExchange) -> ProxiedExchange:
        applies = (not self.operations or exchange.is_for(*self.operations)) and self.when(exchange)
        return self.change(exchange) if applies else exchange

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Make the change, if it is one of requests."""
        return exchange if self.before is False else self._changed(exchange)

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Make the change, if it is one of responses."""
        return exchange if self.before is True else self._changed(exchange)


def effect_of(
    change: Callable[..., ProxiedExchange],
    *operations: str,
    when: Condition = lambda _: True,
    before: bool | None = False,
) -> Maker:
    """Return the maker of the effect of a change: of requests, of responses or of both, of some operations or of all.

    Parameters of the change other than the exchange are sets, lists or dictionaries, empty at the start of a run.
    """
    return partial(ChangeEffect.of_run, change, operations, when, before)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `make` returns its effect for one run; `deployment` is the one it needs (see `DEPLOYMENTS`).

    The id of a generated fault is `kind:operation:place`. `operations` are the only ones whose exchanges it changes, if
    there are any: a release needs one of them. `may_break` are recommendations that a harmless change does not follow;
    their checks are left out. Harmless changes of one `group` are tried in one trial; each is tried alone if a check
    fails under all of them.
    """

    id: str
    kind: str
    breaks: tuple[str, ...]
    sentence: str
    make: Maker
    expected: Expected = Expected.DETECTED
    deployment: str = PLAIN
    may_break: tuple[str, ...] = ()
    group: str = ""
    operations: tuple[str, ...] = ()

    @property
    def is_harmless(self) -> bool:
        """Whether it is a harmless change of the catalogue: a right deployment, whose nodes all behave like this."""
        return self.expected is Expected.IGNORED and self.kind not in GENERATED

    def breaks_a_must(self, contract: Contract) -> bool:
        """Return whether it breaks a MUST clause."""
        return any(clause.level is Level.MUST for clause in contract.clauses if clause.id in self.breaks)


def row(  # noqa: PLR0913 - a parameter for each column
    fault_id: str,
    sentence: str,
    breaks: str,
    change: Callable[..., ProxiedExchange],
    *,
    on: str | tuple[str, ...] = "",
    when: Condition = lambda _: True,
    before: bool | None = False,
    expected: Expected = Expected.DETECTED,
    deployment: str = PLAIN,
    may_break: str = "",
    group: str = "",
) -> Fault:
    """Return a fault of the catalogue; its kind is the module that has it in its table. Lists are words.

    Args:
        fault_id: What the broken server does, in kebab-case.
        sentence: What goes wrong, for users.
        breaks: The ids of the clauses that it breaks.
        change: Changes an exchange (see `effect_of`).
        on: The operations whose exchanges it changes; all if there are none.
        when: Which of these exchanges it changes.
        before: Whether it changes requests, or responds in the place of the target, instead of changing responses. If
            it is None, the change is called for the request and, once there is one, for the response.
        expected: The expected effect on the suite.
        deployment: The deployment that it needs.
        may_break: The recommendations that a harmless change does not follow.
        group: The harmless changes with which it is tried, in the order of the catalogue.
    """
    operations = tuple(on.split()) if isinstance(on, str) else on
    make = effect_of(change, *operations, when=when, before=before)
    clauses, allowed = tuple(breaks.split()), tuple(may_break.split())
    return Fault(fault_id, "", clauses, sentence, make, expected, deployment, allowed, group, operations)


def generated(  # noqa: PLR0913 - a parameter for each part
    place: str,
    name: str,
    breaks: tuple[str, ...],
    sentence: str,
    change: Callable[..., ProxiedExchange],
    *operations: str,
    expected: Expected = Expected.DETECTED,
    **how: Any,
) -> Fault:
    """Return a fault that is made from the contract.

    Args:
        place: The begin of its id, up to the name: kind, operation, and the place in responses if there is one.
        name: What is wrong there, in kebab-case.
        breaks: The ids of the clauses that it breaks.
        sentence: What goes wrong; without a full stop, the words of the name follow.
        change: Changes an exchange of these operations (see `effect_of`).
        operations: The operations whose exchanges it changes; all if there are none.
        expected: The expected effect on the suite.
        how: When and where it is changed, as for `effect_of`.
    """
    said = sentence if sentence.endswith(".") else f"{sentence}{name.replace('-', ' ')}."
    make = effect_of(change, *operations, **how)
    return Fault(f"{place}:{name}", place.partition(":")[0], breaks, said, make, expected)


@cache
def all_faults() -> tuple[Fault, ...]:
    """Return the faults of all kinds, in the order of modules and rows."""
    from seatunnel_conformance.faults import kinds  # noqa: PLC0415 - its modules import this one

    return tuple(
        replace(one, kind=module.name)
        for module in iter_modules(kinds.__path__)
        for one in import_module(f"{kinds.__name__}.{module.name}").FAULTS
    )


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
