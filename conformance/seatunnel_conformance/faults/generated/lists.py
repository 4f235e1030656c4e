"""Faults of lists: reversed, doubled, without an item, or as they were before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from seatunnel_conformance.faults.catalogue import Fault, clauses_about, effect_of
from seatunnel_conformance.faults.exchange import ProxiedExchange
from seatunnel_conformance.faults.generated.schemas import Break, places, shown_path
from seatunnel_conformance.faults.generated.values import changing
from seatunnel_conformance.faults.messages import Message
from seatunnel_openapi import Contract

KIND: Final = "list"


def _as_at_first(exchange: ProxiedExchange, first: dict[str, Message]) -> ProxiedExchange:
    """Respond to a request as to the first one with the same target."""
    if not exchange.ok or exchange.method == "HEAD":
        return exchange
    return exchange.with_response(first.setdefault(exchange.target, exchange.received))


def faults(contract: Contract) -> Iterator[Fault]:
    """Yield all faults, by operation."""
    for operation in contract.operations:
        breaks, schema = clauses_about(contract, operation), operation.response_schema(200)
        for path, resolved in places(contract, schema) if schema else ():
            if resolved.get("type") != "array" or resolved.get("maxItems") == 0:
                continue
            place = shown_path(path)
            every: dict[str, Callable[..., ProxiedExchange]] = {
                name: changing(path, edit) for name, edit in _CHANGES.items()
            }
            if not path and operation.method == "GET":
                every["is-stale"] = _as_at_first
            for name, change in every.items():
                make = effect_of(change, operation.id)
                sentence = f"In responses of {operation.id} with 200, the list {place} {name.replace('-', ' ')}."
                yield Fault(f"{KIND}:{operation.id}:{place}:{name}", KIND, breaks, sentence, make)


def _of_list(change: Callable[[list[Any]], list[Any]]) -> Break:
    """Return a change that leaves everything but lists unchanged."""
    return lambda found: change(found) if isinstance(found, list) else found


_CHANGES: Final[Mapping[str, Break]] = {
    "is-reversed": _of_list(lambda items: items[::-1]),
    "is-doubled": _of_list(lambda items: [item for item in items for _ in range(2)]),
    "lacks-its-first-item": _of_list(lambda items: items[1:]),
    "lacks-its-last-item": _of_list(lambda items: items[:-1]),
}
