"""The class `Fault`, the functions that make faults, and the catalogue, which has all faults that are written by hand.

A fault of the catalogue is a `row` in the table `FAULTS` of a module in `kinds/`, which is its kind. `changes` has
functions for most changes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
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
from seatunnel_openapi.errors import similar

GENERATED: Final = ("schema", "whole", "value", "list", "method", "connection", "state")
"""The kinds of faults that are generated from the contract."""

SCHEMA_KINDS: Final = frozenset({"wire", *GENERATED})
"""The kinds of faults that generated tests can detect, too, because they can break the schema of a response."""

PLAIN: Final = "plain"
"""The deployment for most faults."""

FAILOVER: Final = "failover"
"""The deployment whose master is stopped. Each fault needs a new one."""

DEPLOYMENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        PLAIN: "dynamic slots, no context path",
        "context-path": "a context path",
        "fixed-slots": "a fixed number of slots",
        "two-nodes": "two nodes, of which the master has the fault",
        FAILOVER: "three nodes, of which the second has the fault when the master stops",
    }
)
"""The deployments that faults need, each with its description as a part of a sentence."""


class UnknownFault(RegistryError):
    """No fault of the catalogue has the id that was given."""


class Expected(StrEnum):
    """The expected effect of a fault on the suite."""

    DETECTED = "kill"
    """A check of a clause that the fault breaks fails."""

    UNDECIDED = "doubt"
    """The fault could be a network error, so checks are inconclusive. Or a check of a broken clause fails."""

    IGNORED = "silence"
    """No check fails, because the contract allows the change."""


class FaultEffect:
    """The effect of a fault on traffic. Each trial makes a new instance, so effects can have state.

    Both methods return the same exchange if the fault does not apply to it.
    """

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Change a request before it is sent. If a response is set here, the client gets it, and nothing is sent."""
        return exchange

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Change a response before the client gets it."""
        return exchange


class CombinedEffect(FaultEffect):
    """Several effects, applied one after the other. `altered` has the number of responses that each effect changed."""

    def __init__(self, effects: Sequence[FaultEffect]) -> None:
        self.effects = effects
        self.altered = [0] * len(effects)

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Apply each effect to the request."""
        for effect in self.effects:
            exchange = effect.on_request(exchange)
        return exchange

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Apply each effect to the response, and count its change."""
        for number, effect in enumerate(self.effects):
            changed = effect.on_response(exchange)
            self.altered[number] += changed != exchange
            exchange = changed
        return exchange


Condition: TypeAlias = Callable[[ProxiedExchange], object]
"""Returns a truthy value for the exchanges that a fault changes."""
Maker: TypeAlias = Callable[[], FaultEffect]
"""Makes the effect of a fault for one trial."""


@dataclass(frozen=True, slots=True)
class ChangeEffect(FaultEffect):
    """The effect that applies a change to requests (`before` is True), to responses (False) or to both (None).

    It applies to exchanges of `operations` (empty: all) for which `when` returns a truthy value.
    """

    change: Callable[..., ProxiedExchange]
    operations: tuple[str, ...] = ()
    when: Condition = lambda _: True
    before: bool | None = False

    @classmethod
    def of_run(cls, change: Callable[..., ProxiedExchange], *rest: Any) -> Self:
        """Return the effect for one trial. Each parameter of `change` after the first gets a new, empty container."""
        _, *state = inspect.signature(change, eval_str=True).parameters.values()
        return cls(partial(change, **{one.name: one.annotation() for one in state}), *rest)

    def _changed(self, exchange: ProxiedExchange) -> ProxiedExchange:
        applies = (not self.operations or exchange.is_for(*self.operations)) and self.when(exchange)
        return self.change(exchange) if applies else exchange

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Apply the change if it is a change of requests."""
        return exchange if self.before is False else self._changed(exchange)

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Apply the change if it is a change of responses."""
        return exchange if self.before is True else self._changed(exchange)


def effect_of(
    change: Callable[..., ProxiedExchange],
    *operations: str,
    when: Condition = lambda _: True,
    before: bool | None = False,
) -> Maker:
    """Return a function that makes a `ChangeEffect` for a trial.

    The first parameter of `change` is the exchange. Each further parameter is state, such as a set or dictionary, made
    by a call of its annotation at the start of a trial.
    """
    return partial(ChangeEffect.of_run, change, operations, when, before)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    `breaks` has the ids of the broken clauses. `make` returns the effect for one trial. `deployment` is the key of the
    needed deployment in `DEPLOYMENTS`. The id of a generated fault is `kind:operation:place:name`. With `operations`,
    the fault changes only their exchanges. It is tried if the release has one of them. `may_break` has the SHOULD
    clauses that a harmless change breaks: their checks are left out. Harmless changes of one `group` share a trial. If
    a check fails in it, each change is tried alone.
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
        """Whether the fault is a harmless change. All nodes of a deployment get a harmless change."""
        return self.expected is Expected.IGNORED and self.kind not in GENERATED

    def breaks_a_must(self, contract: Contract) -> bool:
        """Return whether the fault breaks a MUST clause."""
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
    """Return a fault for the table of a module in `kinds/`. Lists are strings with spaces between the items.

    Args:
        fault_id: Names the wrong behaviour of the server, in kebab-case.
        sentence: Describes the wrong behaviour to users.
        breaks: The ids of the clauses that it breaks.
        change: Changes an exchange (see `effect_of`).
        on: The ids of the operations whose exchanges it changes; all if empty.
        when: Returns a truthy value for the exchanges that it changes.
        before: If True, the change gets the request, and can set a response, which is sent instead of the target's. If
            False, it gets the response. If None, it is called for both.
        expected: The expected effect on the suite.
        deployment: The key in `DEPLOYMENTS` of the deployment that it needs.
        may_break: The ids of the SHOULD clauses that a harmless change breaks.
        group: The group of a harmless change (see `Fault`).
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
    """Return a fault that is derived from the contract. Its id is `place:name`.

    Args:
        place: The kind and the operation, and the path of the changed value if there is one, separated by colons.
        name: Names the wrong behaviour, in kebab-case.
        breaks: The ids of the clauses that it breaks.
        sentence: Describes the wrong behaviour to users.
        change: Changes an exchange of these operations (see `effect_of`).
        operations: The ids of the operations whose exchanges it changes; all if there are none.
        expected: The expected effect on the suite.
        how: The arguments `when` and `before` of `effect_of`.
    """
    make = effect_of(change, *operations, **how)
    return Fault(f"{place}:{name}", place.partition(":")[0], breaks, sentence, make, expected)


@cache
def all_faults() -> tuple[Fault, ...]:
    """Return the faults of the catalogue, by kind, in the order of the tables."""
    from seatunnel_conformance.faults import kinds  # noqa: PLC0415 - its modules import this one

    return tuple(
        replace(one, kind=module.name)
        for module in iter_modules(kinds.__path__)
        for one in import_module(f"{kinds.__name__}.{module.name}").FAULTS
    )


def fault_named(fault_id: str) -> Fault:
    """Return a fault of the catalogue by its id. Raises `UnknownFault`, which names similar ids."""
    known = {found.id: found for found in all_faults()}
    if fault_id not in known:
        meant = " or ".join(similar(fault_id, known)) or "`seatunnel-v2 faults --list`"
        raise UnknownFault(f"there is no fault {fault_id!r}; see {meant}")
    return known[fault_id]


def clauses_about(contract: Contract, operation: Operation, *others: str) -> tuple[str, ...]:
    """Return `others` and the ids of an operation's clauses, with `nodes.same-jobs` if all nodes respond alike."""
    every_node = ["nodes.same-jobs"] * (operation.id in contract.behaviour.names("sameAtEveryNode"))
    return (*(clause.id for clause in operation.clauses), *every_node, *others)


def clauses_of(contract: Contract, operation: Operation) -> tuple[str, ...]:
    """Return the ids of the clauses of an operation, and those of the clauses about HTTP in general."""
    general = (clause.id for clause in contract.clauses if clause.id.startswith("http."))
    return clauses_about(contract, operation, *general)
