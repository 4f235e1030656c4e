"""Faults of values that a schema allows: another value of its domain, null, a missing member, another job's value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from seatunnel_conformance.faults.catalogue import Fault, clauses_about, effect_of
from seatunnel_conformance.faults.changes import Change
from seatunnel_conformance.faults.exchange import JSON, ProxiedExchange, without
from seatunnel_conformance.faults.generated.schemas import Break, Path, changed, places, shown_path
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation

KIND: Final = "value"

_ABSENT: Final = object()


def changing(path: Path, change: Break) -> Change:
    """Change every value at a path in the JSON of responses with status 200."""
    return lambda it: (
        it.with_json(changed(it.contract, it.document, path, change)) if it.ok and it.document is not None else it
    )


def _another_jobs(path: Path, member: Path) -> Callable[..., ProxiedExchange]:
    """Show a member of one job with the value of another, once two are known; `path` leads to the job."""

    def change(it: ProxiedExchange, seen: dict[str, Any]) -> ProxiedExchange:
        def exchanged(job: Any) -> Any:
            own = _at(job, member)
            if own is _ABSENT or "jobId" not in job:
                return job
            seen[str(job["jobId"])] = own
            others = (value for owner, value in seen.items() if owner != str(job["jobId"]) and value != own)
            return _replaced(job, member, next(others, own))

        return changing(path, exchanged)(it)

    return change


def _other_text(text: str) -> Change:
    """Send another text in the place of the target's."""
    return lambda it: it.with_text(text) if it.ok and it.media_type != JSON else it


def faults(contract: Contract) -> Iterator[Fault]:
    """Yield all faults, by operation."""
    for operation in contract.operations:
        breaks = clauses_about(contract, operation)
        for path, name, change in _all_changes(contract, operation):
            make = effect_of(change, operation.id)
            place = shown_path(path)
            sentence = f"In responses of {operation.id} with 200, {place}: {name.replace('-', ' ')}."
            yield Fault(f"{KIND}:{operation.id}:{place}:{name}", KIND, breaks, sentence, make)


def _all_changes(
    contract: Contract, operation: Operation
) -> Iterator[tuple[Path, str, Callable[..., ProxiedExchange]]]:
    schema = operation.response_schema(200)
    for path, resolved in places(contract, schema) if schema else ():
        for name, change in _changes(resolved):
            yield path, name, changing(path, change)
        # Receipts are compared with their request only.
        if "jobId" in resolved.get("properties", {}) and operation.method == "GET":
            for member in _members(contract, resolved):
                yield path, f"{'/'.join(member)}-is-another-jobs", _another_jobs(path, member)
    content = operation.responses.get("200", {}).get("content", {})
    if any(not kind.startswith(JSON) for kind in content):
        for name, text in (("is-empty", ""), ("is-another-text", "conformance")):
            yield (), f"text-{name}", _other_text(text)


def _changes(schema: Mapping[str, Any]) -> Iterator[tuple[str, Break]]:
    for name in schema.get("properties", {}):
        if name not in schema.get("required", ()):
            yield f"{name}-is-missing", partial(_without, name)
    if schema.get("nullable"):
        yield "is-null", lambda _: None
    if isinstance(schema.get("additionalProperties"), Mapping):
        yield "has-one-less", lambda found: dict(list(found.items())[1:]) if isinstance(found, dict) else found
        yield "is-empty", lambda found: {} if isinstance(found, dict) else found
    if schema.get("type") in {"string", "integer", "number", "boolean"}:
        yield "is-another", partial(_another, schema)


def _without(name: str, found: Any) -> Any:
    return without(found, name) if isinstance(found, dict) else found


def _another(schema: Mapping[str, Any], value: Any) -> Any:
    """Return another value of the same kind: of the enumeration, a larger number, a later time, a longer text."""
    words = list(schema.get("enum", ()))
    if value in words and len(words) > 1:
        return words[(words.index(value) + 1) % len(words)]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return _another_text(value) if isinstance(value, str) else value


def _another_text(text: str) -> str:
    """Return another text of the same form: with the next number or a later year, else a longer one."""
    if re.fullmatch(r"\d.*", text):
        return re.sub(r"\d{1,19}", lambda found: str(int(found[0]) + 1), text, count=1)
    return f"{text}x"


def _members(contract: Contract, schema: Mapping[str, Any]) -> Iterator[Path]:
    """Yield the members of a job, except booleans: they have only one other value."""
    for name, inner in schema["properties"].items():
        resolved = contract.resolve(inner)
        if name != "jobId" and resolved.get("type") != "boolean":
            yield (name,)
            for below in resolved.get("properties", ()):
                yield (name, below)


def _at(value: Any, path: Path) -> Any:
    for step in path:
        if not isinstance(value, dict) or step not in value:
            return _ABSENT
        value = value[step]
    return value


def _replaced(value: Any, path: Path, new: Any) -> Any:
    return {**value, path[0]: _replaced(value[path[0]], path[1:], new)} if path else new
