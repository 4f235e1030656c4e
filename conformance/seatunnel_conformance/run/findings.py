"""The finding of a check that has failed: the exchanges that it is about, and what was expected in them."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from seatunnel_conformance.arrange.comparisons import ComparedValues, DifferencesFound
from seatunnel_conformance.errors import SuiteError
from seatunnel_conformance.report.outcomes import Finding
from seatunnel_conformance.run.repetition import script
from seatunnel_conformance.run.statements import FailedStatement, failed_statements
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import JSON_TYPES, BodyMismatch, Exchange, Response, cut
from seatunnel_conformance.text.differences import NOTHING, Difference, canonical, locate, resolve, shown
from seatunnel_conformance.text.redaction import Redactor, redact_text

SHOWN: Final = 4
"""The most exchanges of a finding."""

_PROPERTIES: Final = {
    "status": "status",
    "media_type": "content-type",
    "charset": "content-type",
    "body": "",
    "text": "",
}
"""The places of the properties of a response."""


_OPERATORS: Final[dict[type[ast.cmpop], tuple[str, str]]] = {
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}
"""Each operator and its negation."""


@dataclass(frozen=True, slots=True)
class FailureFinding:
    """The finding of an exception of a check, and the exchanges that it is about, that with the found value last."""

    finding: Finding
    exchanges: tuple[Exchange, ...]

    @classmethod
    def of(
        cls, problem: Exception, every: Sequence[Exchange], compared: Sequence[ComparedValues], target: Target
    ) -> FailureFinding:
        """Return the finding for an exception from the exchanges and the comparisons of the check."""
        redactor = target.wire.redactor
        comparison = next((one for one in compared[-1:] if one.has_failed(problem)), None)
        failure = _Failure.of(problem, every, comparison)
        differences = failure.differences(redactor)
        exchanges = failure.shown(differences)
        sent = exchanges[-1].response.sent if exchanges and exchanges[-1].response else frozenset()
        detail = "\n".join(map(str, differences)) or redact_text(cut(failure.message), sent)
        finding = Finding(
            "\n".join(_answered(one, str(one.response)) for one in reversed(exchanges)) or "no request was sent",
            detail or "the response is not as the contract says",
            script(exchanges, every, target) if exchanges else "",
            differences,
        )
        return cls(finding, tuple(exchanges))

    @property
    def reason(self) -> str:
        """The finding in one line: the request, the status of the response, and the first difference."""
        first = self.finding.detail.partition("\n")[0]
        if not self.exchanges:
            return first
        last = self.exchanges[-1]
        return f"{_answered(last, str(last.response and last.response.status))}; {first}"


def _answered(exchange: Exchange, words: str) -> str:
    return f"{exchange.request} was answered {words}" if exchange.response else f"{exchange.request}: {exchange.error}"


@dataclass(frozen=True, slots=True)
class _Failure:
    """An exception of a check, with its comparison and its statement, if they are known.

    `exchanges` led to the value that was found, `others` to the value that was expected.
    """

    problem: Exception
    exchanges: Sequence[Exchange]
    others: Sequence[Exchange] = ()
    comparison: ComparedValues | None = None
    at: FailedStatement | None = None

    @classmethod
    def of(cls, problem: Exception, every: Sequence[Exchange], comparison: ComparedValues | None) -> _Failure:
        statements = [*failed_statements(problem)]
        at = next(iter(statements), None)
        for statement in statements:
            all_of_it = statement.exchanges(every)
            if all_of_it:
                own = (
                    statement.exchanges(every, _found_nodes(statement)) if statement is at and comparison else all_of_it
                )
                others = [one for one in all_of_it if own and not any(one is other for other in own)]
                return cls(problem, own or all_of_it, others, comparison, at)
        return cls(problem, every[-1:], (), comparison, at)

    @property
    def test(self) -> ast.expr | None:
        """The condition of a failed assertion."""
        return self.at.assertion.test if self.at and self.at.assertion else None

    @property
    def _is_count(self) -> bool:
        """Whether the assertion compares the number of items that it has found."""
        match self.test:
            case ast.Compare(left=ast.Call(func=ast.Name(id="len"))):
                return True
        return False

    @property
    def message(self) -> str:
        """The message of the assertion, without what pytest adds to it; empty if it is not text."""
        text = str(self.problem)
        if isinstance(self.problem, SuiteError):
            return text
        assertion = self.at.assertion if self.at else None
        if assertion and not isinstance(assertion.msg, (ast.JoinedStr, ast.Constant)):
            return ""
        return "" if text.startswith("assert ") else text.partition("\nassert ")[0]

    @property
    def last(self) -> Response | None:
        """The last response."""
        return self.exchanges[-1].response if self.exchanges else None

    def differences(self, redactor: Redactor) -> tuple[Difference, ...]:
        """Return the expected and the found values; empty if only the message has them."""
        match self.problem:
            case KeyError(args=[name, *_]):
                return (Difference(self._place_without(str(name)), "a member", NOTHING),)
            case DifferencesFound(differences=differences):
                return differences
            case BodyMismatch(expected=expected, found=found):
                return (Difference("", expected, found),)
            case SuiteError():
                return ()
            case AssertionError():
                return self._asserted(redactor)
        return _misshapen(self.problem)

    def _asserted(self, redactor: Redactor) -> tuple[Difference, ...]:
        if self.message:
            return ()
        if self.comparison and not isinstance(self.test, ast.UnaryOp):  # what follows `not` has held
            return self._compared(self.comparison, redactor)
        return self._untrue(self.at, self.test) if self.at and self.test else ()

    def _compared(self, comparison: ComparedValues, redactor: Redactor) -> tuple[Difference, ...]:
        expects_left = _compares_a_constant(self.test)
        found = comparison.right if expects_left else comparison.left
        response = self._response_with(found)
        node = next(iter(_found_nodes(self.at)), None) if self.at else None
        if isinstance(node, ast.Tuple) and isinstance(found, tuple) and len(node.elts) == len(found):
            return tuple(self._of_items(node.elts, comparison, redactor))
        if isinstance(node, ast.Compare) and comparison.operator == "==":
            return tuple(
                self._of_items([node], replace(comparison, left=(found,), right=(comparison.right,)), redactor)
            )
        place = self._place_of(node, found, response) if node else ""
        return comparison.differences(response, redactor, place, expects_left=expects_left)

    def _of_items(
        self, nodes: Sequence[ast.expr], comparison: ComparedValues, redactor: Redactor
    ) -> Iterator[Difference]:
        """Yield the differences of two tuples, whose items come from several places."""
        for node, found, due in zip(nodes, comparison.left, comparison.right, strict=True):
            if found != due:
                read, inner = self._inner(node, found, due)
                response = self._response_with(inner.left)
                yield from inner.differences(response, redactor, self._place_of(read, inner.left, response))

    def _inner(self, node: ast.expr, found: Any, due: Any) -> tuple[ast.expr, ComparedValues]:
        """Return the compared expression and its comparison; for `(a == b) == True`, a and its comparison with b."""
        match node:
            case ast.Compare(left=left, ops=[operator], comparators=[right]) if (
                self.at and type(operator) in _OPERATORS
            ):
                values = self.at.value(left), self.at.value(right)
                if ... not in values:
                    return left, ComparedValues(_OPERATORS[type(operator)][not due], *values)
        return node, ComparedValues("==", found, due)

    def _response_with(self, found: Any) -> Response | None:
        responses = [one.response for one in reversed(self.exchanges) if one.response]
        return next((one for one in responses if _has(one, found)), self.last)

    def _place_of(self, node: ast.AST, found: Any, response: Response | None) -> str:
        """Return the place at which an expression has read a value; empty if it is not clear."""
        if isinstance(node, ast.BoolOp):
            node = node.values[0]
        if isinstance(node, ast.Attribute):
            return _PROPERTIES.get(node.attr, node.attr)
        return next((place for place in self._places(node, response) if response and _at(response, place) == found), "")

    def _places(self, node: ast.AST, response: Response | None) -> Iterator[str]:
        """Yield the places that an expression reads in a response: `/jobDag/jobId` for `found["jobDag"]["jobId"]`."""
        for one in ast.walk(node):
            if isinstance(one, ast.Subscript) and response and (place := self._pointer(one, response)):
                yield place

    def _pointer(self, node: ast.expr, response: Response) -> str | None:
        """Return the JSON pointer to what an expression reads in a response, None if that is not clear."""
        match node:
            case ast.Subscript(value=inner, slice=index) if self.at:
                base, part = self._pointer(inner, response), self.at.value(index)
                return None if base is None or not isinstance(part, (str, int)) else f"{base}/{part}"
            case ast.Name() if self.at:
                value = self.at.value(node)
                # A tuple is no value of a response: the nodes of a cluster.
                return None if isinstance(value, tuple) else locate(value, _at(response, ""))
        return ""  # the whole body, which a function or a property has returned

    def _place_without(self, name: str) -> str:
        """Return the place of a member that is missing in one of the responses."""
        for response in [one.response for one in reversed(self.exchanges) if one.response and self.at]:
            for place in self._places(self.at.statement, response) if self.at else ():
                parent, _, last = place.rpartition("/")
                if last == name and _at(response, parent) is not ... and _at(response, place) is ...:
                    return place
        return f"/{name}"

    def _untrue(self, at: FailedStatement, test: ast.expr) -> tuple[Difference, ...]:
        """Return the difference for an assertion that compares nothing, such as `assert isinstance(found, str)`."""
        match test:
            case ast.Call(func=ast.Name(id="isinstance"), args=[subject, ast.Name(id=kind)]):
                words = JSON_TYPES.get(kind, kind)
            case ast.Call(func=ast.Attribute(value=subject, attr="strip"), args=[]):
                words = "a text that is not blank"
            case ast.Call(func=ast.Attribute(value=subject, attr=("startswith" | "endswith") as side), args=[part]):
                words = f"a text that {side[:-4]} with {shown(at.value(part))}"
            case ast.UnaryOp(op=ast.Not(), operand=subject):
                words = NOTHING
            case ast.Name() | ast.Attribute() | ast.Subscript():
                subject, words = test, "something"
            case _:
                return self._given(at)
        found, response = at.value(subject), self._response_with(at.value(subject))
        if found is ...:
            return self._given(at) or (Difference("", words, "another value"),)
        place = self._place_of(subject, found, response)
        return (Difference(place, words, shown(found, place, response.sent if response else frozenset())),)

    def _given(self, at: FailedStatement) -> tuple[Difference, ...]:
        """Return the difference for the value that an assertion was given instead of a message."""
        node = at.assertion.msg if at.assertion else None
        value = at.value(node) if node else ...
        if value is ... or isinstance(value, Response):
            return ()
        return (Difference("", "what the contract says", shown(value)),)

    def shown(self, differences: Sequence[Difference]) -> list[Exchange]:
        """Return the exchanges to show: those with the expected value first, that with the found one last."""
        values = (self.comparison.left, self.comparison.right) if self.comparison else (..., ...)
        found, due = reversed(values) if _compares_a_constant(self.test) else values
        telling = [
            one for one in self.exchanges if differences and one.response and _shows(one.response, differences[0])
        ]
        if not self._is_count:  # some other number of a response can be equal
            telling = telling or [
                one for one in self.exchanges if one.response and _has(one.response, _first_of(found, due))
            ]
        others = [one for one in self.others if one.response and _has(one.response, due)]
        shown = [*others, *(telling[-1:] or self.exchanges)]
        return shown[-SHOWN:]


def _first_of(found: Any, due: Any) -> Any:
    """Return the first item of a tuple that differs from what was expected; any other value unchanged."""
    if not isinstance(found, tuple) or not isinstance(due, tuple):
        return found
    return next((one for one, other in zip(found, due, strict=False) if one != other), found)


def _found_nodes(at: FailedStatement | None) -> Collection[ast.AST]:
    """Return the operand that came from the response: the left one; the right one after a constant or with `in`."""
    test = at.assertion.test if at and at.assertion else None
    if not isinstance(test, ast.Compare):
        return ()
    return (test.comparators[0],) if _compares_a_constant(test) or isinstance(test.ops[0], ast.In) else (test.left,)


def _compares_a_constant(test: ast.expr | None) -> bool:
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Constant)


def _has(response: Response, found: Any) -> bool:
    """Return whether a response has a value, as its status or in its body."""
    if isinstance(found, (bool, type(None))) or not isinstance(found, (str, int, list, dict)) or found in ("", [], {}):
        return False
    body = _at(response, "")
    if found == response.status or locate(found, body) is not None:
        return True
    # A list that a check has made of a response, such as that of the ids.
    return isinstance(found, list) and all(isinstance(one, str) and one in response.text for one in found)


def _shows(response: Response, difference: Difference) -> bool:
    """Return whether a response has what a difference has found, at its place."""
    if difference.place == "status":
        return difference.found == str(response.status)
    value = _at(response, difference.place)
    found = NOTHING if value is ... else shown(value, difference.place, response.sent)
    return difference.place.startswith("/") and difference.found == found


def _at(response: Response, place: str) -> Any:
    """Return the value at a place of a JSON body, `...` if there is none."""
    try:
        return resolve(response.json, place, ...)
    except AssertionError:
        return ...


_NO_ITEMS: Final = re.compile(r"'(\w+)' object is not (?:subscriptable|iterable)")
_NO_OBJECT: Final = re.compile(r"'(\w+)' object has no attribute '\w+'|(\w+) indices must be integers.*")
_NO_NUMBER: Final = re.compile(r"invalid literal for int\(\) with base 10: (.*)", re.DOTALL)


def _misshapen(problem: Exception) -> tuple[Difference, ...]:
    """Return the difference for a response in which a check has not found what it reads."""
    text = str(problem)
    if isinstance(problem, (IndexError, StopIteration)):
        return (Difference("", "an item", NOTHING),)
    if found := _NO_ITEMS.match(text):
        return (Difference("", "an object or an array", JSON_TYPES.get(found[1], found[1])),)
    if found := _NO_OBJECT.match(text):
        kind = found[1] or {"string": "str"}.get(found[2], found[2])
        return (Difference("", "an object", JSON_TYPES.get(kind, "a value of another type")),)
    if found := _NO_NUMBER.match(text):
        return (Difference("", "a number", canonical(ast.literal_eval(found[1]))),)
    return (Difference("", "a value of the type that the contract states", "a value of another type"),)
