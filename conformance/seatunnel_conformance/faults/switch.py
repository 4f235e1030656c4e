"""Faults that are switched on and off while a server runs, in code or with requests to `/_reference/faults`."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from seatunnel_conformance.faults.catalogue import Fault, FaultEffect, UnknownFault, fault_named
from seatunnel_conformance.faults.exchange import BAD_REQUEST, METHOD_NOT_ALLOWED, NOT_FOUND, ProxiedExchange

PATH: Final = "/_reference/faults"
"""`GET` lists the faults that are on, `PUT` switches one on, `DELETE` ends all. `DELETE` of `PATH/id` ends one."""


class InvalidSwitch(ValueError):
    """The arguments to switch a fault on are invalid."""


@dataclass(slots=True)
class ActiveFault:
    """A fault that is on. `probability` is the share of exchanges that it changes, among those that it can change.

    `left` is the number of exchanges that it may still change; None if there is no limit.
    """

    fault: Fault
    effect: FaultEffect
    probability: float = 1.0
    left: int | None = None

    @property
    def plain(self) -> dict[str, Any]:
        """The fault as JSON."""
        shown = {"fault": self.fault.id, "does": self.fault.sentence, "probability": self.probability}
        return shown if self.left is None else {**shown, "left": self.left}

    def applied(
        self, change: Callable[[ProxiedExchange], ProxiedExchange], exchange: ProxiedExchange, chance: float
    ) -> ProxiedExchange:
        """Return the changed exchange, or the same one if the limit is reached or `chance` (0 to 1) is too high."""
        if self.left == 0 or chance >= self.probability or (found := change(exchange)) == exchange:
            return exchange
        if self.left is not None:
            self.left -= 1
        return found


class FaultSwitch(FaultEffect):
    """The faults that are on, applied one after the other. Methods may be called from any thread."""

    def __init__(self, seed: int = 0) -> None:
        self._on: dict[str, ActiveFault] = {}
        self._chance = random.Random(seed)  # noqa: S311 - no secret

    @property
    def active(self) -> tuple[ActiveFault, ...]:
        """The faults that are on, in the order in which they were switched on."""
        return tuple(one for one in self._on.values() if one.left != 0)

    def start(self, fault: str, probability: float = 1.0, count: int | None = None) -> None:
        """Switch a fault on, or replace its settings if it is on. `count` is the number of exchanges that it changes.

        Raises `UnknownFault` and `InvalidSwitch`.
        """
        if not 0 < probability <= 1:
            raise InvalidSwitch(f"the probability of a fault is above 0 and at most 1, not {probability:g}")
        if count is not None and count < 1:
            raise InvalidSwitch(f"a fault changes at least one exchange, not {count}")
        found = fault_named(fault)
        others = {name: one for name, one in self._on.items() if name != fault}
        self._on = {**others, fault: ActiveFault(found, found.make(), probability, count)}

    def end(self, fault_id: str | None = None) -> None:
        """Switch a fault off, or all faults."""
        self._on = {name: one for name, one in self._on.items() if fault_id not in {None, name}}

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Respond to a request to `/_reference/faults`; apply the faults to any other request."""
        if (place := _place(exchange)) is not None:
            return self._answer(exchange, place)
        for one in self.active:
            exchange = one.applied(one.effect.on_request, exchange, self._chance.random())
            if exchange.response is not None:
                break
        return exchange

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Apply the faults to a response, except for one of `/_reference/faults`."""
        if _place(exchange) is not None:
            return exchange
        for one in self.active:
            exchange = one.applied(one.effect.on_response, exchange, self._chance.random())
        return exchange

    def _answer(self, exchange: ProxiedExchange, fault_id: str) -> ProxiedExchange:
        if fault_id and fault_id not in self._on:
            return exchange.with_error(NOT_FOUND, f"the fault {fault_id!r} is not on")
        match exchange.method:
            case "PUT" if not fault_id:
                try:
                    self.start(**_arguments(exchange.request_json))
                except (UnknownFault, InvalidSwitch) as problem:
                    return exchange.with_error(BAD_REQUEST, str(problem))
            case "DELETE":
                self.end(fault_id or None)
            case "GET" | "HEAD" if not fault_id:
                pass
            case _:
                return exchange.with_error(METHOD_NOT_ALLOWED, f"{exchange.method} is no method of this path")
        return exchange.with_reply(200, {"faults": [one.plain for one in self.active]})


def _place(exchange: ProxiedExchange) -> str | None:
    """Return the part of the path after `PATH`: an id, or an empty string; None if the path is not below `PATH`."""
    asked = exchange.target.partition("?")[0].removeprefix(exchange.context_path)
    return asked.removeprefix(PATH).strip("/") if f"{asked}/".startswith(f"{PATH}/") else None


def _arguments(body: Any) -> dict[str, Any]:
    """Return the arguments of `FaultSwitch.start` in the body of a request. Raises `InvalidSwitch`."""
    if not isinstance(body, Mapping) or not isinstance(body.get("fault"), str):
        raise InvalidSwitch('the body is JSON like {"fault": "unknown-id-is-404", "probability": 0.5, "count": 3}')
    if unknown := body.keys() - {"fault", "probability", "count"}:
        raise InvalidSwitch(f"unknown members: {', '.join(sorted(unknown))}; known are count, fault, probability")
    if type(body.get("probability", 1)) not in {int, float}:
        raise InvalidSwitch("`probability` is a number above 0 and at most 1")
    if type(body.get("count")) not in {int, type(None)}:
        raise InvalidSwitch("`count` is a whole number")
    return dict(body)
