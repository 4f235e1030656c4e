"""The changes between two contracts, named by the ids of oasdiff. Changed facts have an id of this project."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Final

from seatunnel_openapi import Behaviour, Contract, Fact, JsonObject, Operation
from seatunnel_openapi.comparison.changes import Change, Severity, Side, by_severity
from seatunnel_openapi.comparison.schemas import PropertyChange, SchemaChange, SchemaComparison

BEHAVIOUR_CHANGED: Final = "behaviour-changed"
"""The only id that oasdiff doesn't have: a fact of `x-behaviour` has another value."""


def diff(old: Contract, new: Contract) -> tuple[Change, ...]:
    """Return the changes from an old contract to a new one, breaking changes first."""
    return tuple(sorted(set(_Diff(old, new).changes()), key=by_severity))


class _Diff:
    def __init__(self, old: Contract, new: Contract) -> None:
        self._old, self._new = old, new
        self._schemas = SchemaComparison(old, new)

    def changes(self) -> Iterator[Change]:
        before, after = _by_name(self._old), _by_name(self._new)
        yield from _facts("", self._old.behaviour, self._new.behaviour)
        for name in before.keys() | after.keys():
            if name not in after:
                yield Change("api-removed-without-deprecation", Severity.ERROR, name)
            elif name not in before:
                yield Change("endpoint-added", Severity.INFO, name)
            else:
                yield from self._operation(name, before[name], after[name])

    def _operation(self, name: str, old: Operation, new: Operation) -> Iterator[Change]:
        yield from _facts(name, old.behaviour, new.behaviour)
        before, after = _schemes(self._old, old), _schemes(self._new, new)
        for scheme in sorted(after - before):
            yield Change("api-security-added", Severity.INFO, name, new=scheme)
        for scheme in sorted(before - after):
            yield Change("api-security-removed", Severity.ERROR, name, old=scheme)
        yield from self._parameters(name, old, new)
        yield from self._request(name, old.request_body or {}, new.request_body or {})
        for status in old.responses.keys() | new.responses.keys():
            yield from self._response(name, status, old.responses.get(status), new.responses.get(status))

    def _parameters(self, name: str, old: Operation, new: Operation) -> Iterator[Change]:
        before, after = _parameters(old), _parameters(new)
        for place in before.keys() | after.keys():
            if place not in after:
                yield Change("request-parameter-removed", Severity.WARNING, name, place)
            elif place not in before:
                required = bool(after[place].get("required"))
                word, severity = ("required", Severity.ERROR) if required else ("optional", Severity.INFO)
                yield Change(f"new-{word}-request-parameter", severity, name, place)
            else:
                yield from self._parameter(name, place, before[place], after[place])

    def _parameter(self, name: str, place: str, old: JsonObject, new: JsonObject) -> Iterator[Change]:
        if bool(old.get("required")) != bool(new.get("required")):
            word, severity = ("required", Severity.ERROR) if new.get("required") else ("optional", Severity.INFO)
            yield Change(f"request-parameter-became-{word}", severity, name, place)
        for change in self._schemas.changes(old.get("schema"), new.get("schema")):
            if isinstance(change, SchemaChange):
                severity = Side.REQUEST.severity(change.effect)
                yield Change(f"request-parameter-{change.word}", severity, name, place, change.old, change.new)

    def _request(self, name: str, old: JsonObject, new: JsonObject) -> Iterator[Change]:
        before, after = old.get("content", {}), new.get("content", {})
        if not before and after:
            word, severity = ("required", Severity.ERROR) if new.get("required") else ("optional", Severity.INFO)
            yield Change(f"request-body-added-{word}", severity, name)
            return
        if before and not after:
            yield Change("request-body-removed", Severity.ERROR, name)
            return
        for kind in before.keys() | after.keys():
            if kind not in after:
                yield Change("request-body-media-type-removed", Severity.ERROR, name, kind)
            elif kind not in before:
                yield Change("request-body-media-type-added", Severity.INFO, name, kind)
            else:
                yield from self._body(name, Side.REQUEST, "", before[kind], after[kind])

    def _response(self, name: str, status: str, old: JsonObject | None, new: JsonObject | None) -> Iterator[Change]:
        if old is None or new is None:
            yield _status_change(name, status, is_new=old is None)
            return
        before, after = old.get("content", {}), new.get("content", {})
        for kind in before.keys() | after.keys():
            if kind not in after:
                yield Change("response-media-type-removed", Severity.ERROR, name, f"{status} {kind}")
            elif kind not in before:
                yield Change("response-media-type-added", Severity.INFO, name, f"{status} {kind}")
            else:
                yield from self._body(name, Side.RESPONSE, status, before[kind], after[kind])
        for header in new.get("headers", {}).keys() - old.get("headers", {}).keys():
            yield Change("response-header-added", Severity.INFO, name, f"{status} {header}")
        for header in old.get("headers", {}).keys() - new.get("headers", {}).keys():
            yield Change("optional-response-header-removed", Severity.INFO, name, f"{status} {header}")

    def _body(self, name: str, side: Side, status: str, old: JsonObject, new: JsonObject) -> Iterator[Change]:
        for change in self._schemas.changes(old.get("schema"), new.get("schema")):
            place = f"{status} {change.place}".strip()
            if isinstance(change, PropertyChange):
                identifier, severity = _PROPERTIES[side, change.word, change.is_required]
                yield Change(identifier, severity, name, place)
            else:
                part = "property" if change.place else "body"
                severity = side.severity(change.effect)
                yield Change(f"{side}-{part}-{change.word}", severity, name, place, change.old, change.new)


_PROPERTIES: Final[Mapping[tuple[Side, str, bool], tuple[str, Severity]]] = {
    (Side.REQUEST, "added", True): ("new-required-request-property", Severity.ERROR),
    (Side.REQUEST, "added", False): ("new-optional-request-property", Severity.INFO),
    (Side.REQUEST, "removed", True): ("request-property-removed", Severity.WARNING),
    (Side.REQUEST, "removed", False): ("request-property-removed", Severity.WARNING),
    (Side.REQUEST, "became-required", True): ("request-property-became-required", Severity.ERROR),
    (Side.REQUEST, "became-optional", True): ("request-property-became-optional", Severity.INFO),
    (Side.RESPONSE, "added", True): ("response-required-property-added", Severity.INFO),
    (Side.RESPONSE, "added", False): ("response-optional-property-added", Severity.INFO),
    (Side.RESPONSE, "removed", True): ("response-required-property-removed", Severity.ERROR),
    (Side.RESPONSE, "removed", False): ("response-optional-property-removed", Severity.INFO),
    (Side.RESPONSE, "became-required", True): ("response-property-became-required", Severity.INFO),
    (Side.RESPONSE, "became-optional", True): ("response-property-became-optional", Severity.ERROR),
}
"""Id and severity by side, kind of change, and whether the property is (or was) required."""


def _status_change(name: str, status: str, *, is_new: bool) -> Change:
    is_success = int(status) < HTTPStatus.BAD_REQUEST
    severity = Severity.ERROR if is_success and not is_new else Severity.INFO
    kind, word = "success" if is_success else "non-success", "added" if is_new else "removed"
    return Change(f"response-{kind}-status-{word}", severity, name, status)


def _facts(name: str, old: Behaviour, new: Behaviour) -> Iterator[Change]:
    """Yield the facts that have different values. A fact in only one of the contracts is not a change."""
    for fact in sorted(old.keys() & new.keys()):
        if old[fact] != new[fact]:
            yield Change(BEHAVIOUR_CHANGED, Severity.WARNING, name, fact, _shown(old[fact]), _shown(new[fact]))


def _shown(value: Fact) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _by_name(contract: Contract) -> dict[str, Operation]:
    return {f"{operation.method} {operation.path}": operation for operation in contract.operations}


def _parameters(operation: Operation) -> dict[str, JsonObject]:
    return {f"{each['in']} {each['name']}": each for each in operation.parameters}


def _schemes(contract: Contract, operation: Operation) -> set[str]:
    """Return the security schemes that an operation accepts."""
    holder = operation.document if "security" in operation.document else contract.document
    wanted: list[JsonObject] = holder.get("security", [])
    return {scheme for alternative in wanted for scheme in alternative}
