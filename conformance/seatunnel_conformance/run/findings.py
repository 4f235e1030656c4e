"""The finding of a failed check: its exchanges, and the differences from the expected values.

A failed assert has the values that it compared (`text/asserts.py`). A value comes from the exchange whose parsed JSON
contains the same Python object.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Final

from seatunnel_conformance.arrange.comparisons import ComparedValues, DifferencesFound
from seatunnel_conformance.errors import SuiteError
from seatunnel_conformance.report.outcomes import Finding
from seatunnel_conformance.run.repetition import script
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import JSON_TYPES, BodyMismatch, Exchange, MemberLacking, Response, cut
from seatunnel_conformance.text.asserts import FailedAssert, Operand
from seatunnel_conformance.text.differences import NOTHING, Difference, canonical, locate, shown
from seatunnel_conformance.text.redaction import Redactor, redact_text

_PROPERTIES: Final = {"status": "status", "media_type": "content-type", "charset": "content-type"}
"""By property of a response, the place that a report names; other properties are of the body."""

_TELLING: Final = 2
"""The minimum length of a value to search for in responses: shorter ones can occur by chance."""

_UNARY: Final = {"strip": "a text that is not blank", "not": NOTHING, "": "something"}
"""By operator with one operand, what an assert with it expects."""


def failure_of(problem: Exception, every: Sequence[Exchange], target: Target) -> tuple[str, Finding, list[Exchange]]:
    """Return the reason of a failure in one line, its finding, and the exchanges to show.

    `problem` is the exception of the check, `every` are all its exchanges. The last returned exchange has the found
    value.
    """
    failure = _Failure(problem, _Sources(every), target.wire.redactor)
    exchanges, differences = failure.exchanges(), tuple(failure.differences())
    last = exchanges[-1] if exchanges else None
    response = last.response if last else None
    if response:
        differences = tuple(map(response.worded, differences))
    detail = "\n".join(map(str, differences)) or redact_text(
        cut(failure.message), response.sent if response else frozenset()
    )
    detail = detail or "the response is not as the contract says"
    summary = "\n".join(_answered(one, str(one.response)) for one in reversed(exchanges)) or "no request was sent"
    curl = script(exchanges, every, target) if exchanges else ""
    first = detail.partition("\n")[0]
    reason = f"{_answered(last, str(response and response.status))}; {first}" if last else first
    return reason, Finding(summary, detail, curl, differences), exchanges


def _answered(exchange: Exchange, words: str) -> str:
    return f"{exchange.request} was answered {words}" if exchange.response else f"{exchange.request}: {exchange.error}"


@dataclass(frozen=True, slots=True)
class _Origin:
    """The exchange that a value comes from, and its place there, or None if uncertain."""

    exchange: Exchange
    place: str | None = None

    @property
    def response(self) -> Response | None:
        """The response of the exchange."""
        return self.exchange.response


@dataclass(frozen=True, slots=True)
class _Sources:
    """Finds the values of a check's asserts in its exchanges."""

    every: Sequence[Exchange]
    places: dict[int, dict[Any, str]] = field(default_factory=dict)
    """The places of the JSON of exchanges that were searched, by the `id` of the exchange."""

    def of(self, operand: Operand, other: Any = None) -> _Origin | None:
        """Return where an operand comes from; None if unknown. `other` is the other operand's value."""
        if isinstance(operand.base, Response) and (origin := self._holding(operand.base)):
            return _Origin(origin.exchange, _PROPERTIES.get(operand.attribute, ""))
        base = self._holding(operand.base)
        if base and base.place is not None and not operand.attribute:
            return _Origin(base.exchange, "/".join([base.place, *map(str, operand.path)]))
        if origin := self._holding(operand.value):
            return origin
        others = (*_items(operand.value, other), operand.base, *operand.names)
        found = next(filter(None, map(self._holding, others)), None)
        return _Origin(found.exchange) if found else None

    def lacking(self, error: KeyError) -> _Origin | None:
        """Return the place of a member that was read and is missing."""
        holder = self._holding(error.holder) if isinstance(error, MemberLacking) else None
        return _Origin(holder.exchange, f"{holder.place}/{error.args[0]}") if holder else None

    def in_variables(self, problem: BaseException) -> _Origin | None:
        """Return where a variable in an exception's traceback comes from. The innermost function is searched first."""
        frames = reversed([frame for frame, _ in traceback.walk_tb(problem.__traceback__)])
        held = (value for frame in frames for value in [*frame.f_locals.values()])
        found = next(filter(None, map(self._holding, held)), None)
        return _Origin(found.exchange) if found else None

    def last_with(self, value: Any = None) -> _Origin | None:
        """Return the last exchange with an equal value, or else the last one that did not only prepare something."""
        found = (one for one in reversed(self.every) if one.response and _has(one.response, value))
        own = (one for one in reversed(self.every) if not one.arranged)
        last = next(found, None) or next(own, None) or (self.every[-1] if self.every else None)
        return _Origin(last) if last else None

    def _holding(self, value: Any) -> _Origin | None:
        """Return the last exchange whose JSON contains this very object, or the exchange of a response."""
        for one in reversed(self.every):
            if one.response is None:
                continue
            if isinstance(value, Response):
                # A shortened response keeps its header fields.
                if value.fields is one.response.fields:
                    return _Origin(one, "")
            elif _is_distinct(value) and one.response.parsed:
                if id(one) not in self.places:
                    self.places[id(one)] = _places(one.response.parsed[0])
                place = self.places[id(one)].get(_identity(value))
                if place is not None:
                    return _Origin(one, place)
        return None


def _is_distinct(value: Any) -> bool:
    """Return whether equal values in JSON are different objects. Small values are not: Python shares them."""
    small = range(-5, 257)
    if isinstance(value, (bool, type(None))) or not isinstance(value, (str, int, float, list, dict)):
        return False
    return value not in small if isinstance(value, int) else not isinstance(value, str) or len(value) > 1


def _places(document: Any) -> dict[Any, str]:
    """Return the first place of each object in a document, by its identity."""
    places = dict[Any, str]()
    left = [(document, "")]
    while left:
        value, place = left.pop()
        places.setdefault(_identity(value), place)
        left += [(inner, f"{place}/{key}") for key, inner in reversed(_members(value))]
    return places


def _identity(value: Any) -> Any:
    """Return a key that only this object and its shallow copies have: of the members, or of its own address."""
    members = _members(value)
    return (isinstance(value, dict), *((key, id(inner)) for key, inner in members)) if members else id(value)


def _members(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []


def _items(value: Any, other: Any = None) -> list[Any]:
    """Return the items of a value, first the ones that `other` lacks at the same place."""
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=lambda item: isinstance(other, AbstractSet) and item in other)
    pairs = _members(list(value) if isinstance(value, tuple) else value)
    known = dict(_members(list(other) if isinstance(other, tuple) else other))
    return [item for _, item in sorted(pairs, key=lambda pair: known.get(pair[0], ...) == pair[1])]


@dataclass(frozen=True, slots=True)
class _Failure:
    """An exception of a check, and the places where its values can come from."""

    problem: Exception
    sources: _Sources
    redactor: Redactor

    @property
    def message(self) -> str:
        """The message for readers, or an empty string."""
        return self.problem.message if isinstance(self.problem, FailedAssert) else str(self.problem)

    def differences(self) -> Sequence[Difference]:
        """Return the expected and found values; empty if only the message has them."""
        match self.problem:
            case KeyError(args=[name, *_]) as error:
                origin = self.sources.lacking(error)
                return (Difference(origin.place or "" if origin else f"/{name}", "a member", NOTHING),)
            case DifferencesFound(differences=differences):
                return differences
            case BodyMismatch(expected=expected, found=found):
                return (Difference("", expected, found),)
            case FailedAssert() as failed:
                return () if failed.message else [*self._asserted(failed)] or _given(failed)
            case SuiteError() | AssertionError():
                return ()
        return _misshapen(self.problem)

    def _asserted(self, failed: FailedAssert) -> Iterator[Difference]:
        if failed.operator in {"isinstance", "startswith", "endswith", *_UNARY}:
            yield from self._untrue(failed)
        else:
            yield from self._compared(failed.operator, failed.left, failed.right)

    def _compared(self, operator: str, left: Operand, right: Operand) -> Sequence[Difference]:
        found = right if left.is_literal or operator in {"in", "not in"} else left
        due = left if found is right else right
        origin = self.sources.of(found, due.value) or self.sources.last_with(found.value)
        compared = ComparedValues(operator, left.value, right.value)
        place = (origin.place if origin else "") or ""
        # The place of a number can't be found by its value.
        named = found.attribute or "".join(str(key) for key in found.path if isinstance(found.value, int))
        if not place and named.isidentifier() and not isinstance(found.base, Response):
            place = named  # a member of an object that the check has made
        differences = compared.differences(
            origin.response if origin else None, self.redactor, place, expects_left=left.is_literal
        )
        return tuple(map(_of_charset, differences)) if found.attribute == "charset" else differences

    def _untrue(self, failed: FailedAssert) -> Iterator[Difference]:
        """Yield the difference for an assert that compares nothing, such as `assert isinstance(found, str)`."""
        operand, due = failed.left, failed.right.value
        words = _UNARY.get(failed.operator) or f"a text that {failed.operator[:-4]} with {shown(due)}"
        if failed.operator == "isinstance":
            words = JSON_TYPES.get(due.__name__, due.__name__) if isinstance(due, type) else "another type"
        origin = self.sources.of(operand)
        if isinstance(operand.value, bool) and not (origin and origin.place):
            return  # the result of a function, which says nothing to a reader
        response = origin and origin.response
        place = (origin.place if origin else None) or ""
        yield Difference(place, words, shown(operand.value, place, response.sent if response else frozenset()))

    def exchanges(self) -> list[Exchange]:
        """Return the exchanges to show: first the one with the expected value, last the one with the found value."""
        found: list[_Origin | None] = []
        match self.problem:
            case KeyError() as error:
                found = [self.sources.lacking(error)]
            case FailedAssert() as failed:
                found = self._origins(failed)
        known = [one.exchange for one in found if one]
        last = self.sources.in_variables(self.problem) or self.sources.last_with()
        return [*{id(one): one for one in known}.values()] or ([last.exchange] if last else [])

    def _origins(self, failed: FailedAssert) -> list[_Origin | None]:
        left, right = failed.left, failed.right
        item, due = (right, left) if left.is_literal or failed.operator in {"in", "not in"} else (left, right)
        own = self.sources.of(item, due.value) or self.sources.of(Operand(failed.given))
        if failed.operator == "not" and failed.message and own and isinstance(item.value, (AbstractSet, list)):
            # These values are missing in the last response, and come from an earlier one.
            return [own, self.sources.last_with()]
        return [self.sources.of(due, item.value), own or self.sources.last_with(item.value)]


def _of_charset(difference: Difference) -> Difference:
    """Return a difference of charsets in words, because its place is the whole content type."""
    words = [
        "no charset" if charset in {'"none"', "null"} else f"charset {charset}"
        for charset in (difference.expected, difference.found)
    ]
    return Difference(difference.place, *words)


def _given(failed: FailedAssert) -> tuple[Difference, ...]:
    """Return the difference for an assert with a value instead of a message (`assert not wrong, value`)."""
    if failed.given is None or isinstance(failed.given, Response):
        return ()
    return (Difference("", "what the contract says", shown(failed.given)),)


def _has(response: Response, value: Any) -> bool:
    """Return whether a response has a value, as its status or in its body."""
    if isinstance(value, int):
        return value == response.status
    if not isinstance(value, (str, list, dict)) or len(value) < _TELLING:
        return False
    # An exchange keeps no more of a long body than a report shows.
    document = None if response.missing else response.json_as(object)
    if locate(value, document) is not None:
        return True
    if isinstance(value, dict):
        return isinstance(document, dict) and value.items() <= document.items()
    # A list that a check has made of values of a response, such as the ids of jobs.
    return isinstance(value, list) and all(isinstance(one, str) and one in response.text for one in value)


_NO_ITEMS: Final = re.compile(r"'(\w+)' object is not (?:subscriptable|iterable)")
_NO_OBJECT: Final = re.compile(r"'(\w+)' object has no attribute '\w+'|(\w+) indices must be integers.*")
_NO_NUMBER: Final = re.compile(r"invalid literal for int\(\) with base 10: (.*)", re.DOTALL)


def _misshapen(problem: Exception) -> tuple[Difference, ...]:
    """Return the difference for a Python error, at a value that has the wrong type or lacks the item that was read."""
    text = str(problem)
    if isinstance(problem, (IndexError, StopIteration)):
        return (Difference("", "an item", NOTHING),)
    if found := _NO_ITEMS.match(text):
        return (Difference("", "an object or an array", JSON_TYPES.get(found[1], found[1])),)
    if found := _NO_OBJECT.match(text):
        kind = found[1] or {"string": "str"}.get(found[2], found[2])
        return (Difference("", "an object", JSON_TYPES.get(kind, "a value of another type")),)
    if found := _NO_NUMBER.match(text):
        return (Difference("", "a number", canonical(found[1].strip("'\""))),)
    return (Difference("", "a value of the type that the contract states", "a value of another type"),)
