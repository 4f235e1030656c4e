"""Normalises responses: named rules replace variable values by tokens such as `<decimal string>`.

Only strings become tokens, so a number instead of a string is always a difference. Key order and notes are not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from seatunnel_conformance.replay.sender import ReplayResponse
from seatunnel_conformance.replay.values import ValueRules
from seatunnel_conformance.text.differences import canonical, differing

ABSENT: Final = ...
"""The value of a place that one of two exchanges does not have."""

_SHOWN: Final = 160


@dataclass(frozen=True, slots=True)
class ExchangeDifference:
    """A JSON pointer into the exchanges, and both values, of which one can be `ABSENT`."""

    pointer: str
    old: Any
    new: Any

    def __str__(self) -> str:
        if self.new is ABSENT:
            return f"{self.pointer}: missing {shown(self.old)}"
        if self.old is ABSENT:
            return f"{self.pointer}: unexpected {shown(self.new)}"
        return f"{self.pointer}: recorded {shown(self.old)}, got {shown(self.new)}"


def shown(value: Any) -> str:
    """Return a value as a short text."""
    return "absent" if value is ABSENT else canonical(value)[:_SHOWN]


def status_first(difference: ExchangeDifference) -> tuple[bool, str]:
    """Return the key that sorts differences by their places, the status before all others."""
    return difference.pointer != "/status", difference.pointer


def differences(recorded: Any, got: Any) -> Iterator[str]:
    """Yield a line for each difference."""
    return map(str, compared(recorded, got))


def compared(old: Any, new: Any) -> Iterator[ExchangeDifference]:
    """Yield every difference between two exchanges."""
    for pointer, one, other in differing(_counting(old), _counting(new)):
        yield ExchangeDifference(pointer, one, other)


def _counting(exchange: Any) -> Any:
    return {key: exchange[key] for key in exchange if key != "note"} if isinstance(exchange, dict) else exchange


def resolve(value: Any, pointer: str) -> Any:
    """Return the value at a pointer; None if there is none."""
    for part in pointer.split("/")[1:]:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def rewritten(value: Any, pointer: str, change: Callable[[Any], Any]) -> Any:
    """Return a value with the place of a pointer changed; unchanged if there is no such place."""
    if not pointer:
        return change(value)
    parent, _, last = pointer.rpartition("/")
    holder = resolve(value, parent)
    if isinstance(holder, dict) and last in holder:
        holder[last] = change(holder[last])
    return value


KEPT_HEADERS: Final = ("Content-Type", "Allow", "Location", "WWW-Authenticate")
_LONG_ENOUGH: Final = 6
"""The shortest value of a variable that is replaced in texts; shorter ones could occur by chance."""
_TITLE: Final = re.compile(r"<title>(.*?)</title>", re.DOTALL)
_LINK: Final = re.compile(r'href="([^"]*)"')
_CONTAINERS_HOME: Final = "jetty.org"
_TYPES: Final = {str: "<string>", bool: "<boolean>", int: "<number>", float: "<number>"}


@dataclass(frozen=True)
class Normaliser:
    """Turns the responses of one step into the form that is recorded and compared.

    `address` is the target's `host:port`, `context` its context path, `variables` the values of the scenario.
    """

    address: str
    context: str
    variables: Mapping[str, str]
    step: Mapping[str, Any] = field(repr=False)

    def exchange(self, response: ReplayResponse) -> dict[str, Any]:
        """Return the normalised exchange: status, compared headers, body."""
        lower = {name.lower(): value for name, value in response.headers.items()}
        headers = {name: self.text(lower[name.lower()]) for name in KEPT_HEADERS if name.lower() in lower}
        kind = re.sub(r"\s*;\s*", ";", headers.get("Content-Type", "")).lower()
        headers |= {"Content-Type": kind} if kind else {}
        return {"status": response.status, "headers": headers, "body": self._body(response, kind), "note": {}}

    def text(self, text: str) -> str:
        """Replace values of variables by their names, and addresses by a token."""
        for value, token in self._known.items():
            text = text.replace(value, token)
        return self._address.sub("<host:port>", text)

    @cached_property
    def _address(self) -> re.Pattern[str]:
        own = [re.escape(self.address), r"localhost:\d+", r"\d+(?:\.\d+){3}:\d+"]
        return re.compile(f"(?:{'|'.join(own)})(?:{re.escape(self.context)}(?=/))?")

    @cached_property
    def _known(self) -> dict[str, str]:
        longest_first = sorted(self.variables.items(), key=lambda pair: -len(pair[1]))
        return {value: f"{{{{{name}}}}}" for name, value in longest_first if len(value) > _LONG_ENOUGH}

    def _body(self, response: ReplayResponse, kind: str) -> dict[str, Any]:
        if not response.body:
            return {"kind": "empty"}
        if "json" in kind:
            try:
                value = json.loads(response.body)
            except (ValueError, RecursionError):
                return {"kind": "broken json"}
            return {"kind": "json", "value": self._json(value, response.status)}
        text = self.text(response.body.decode("iso-8859-1" if "8859" in kind else "utf-8", "replace"))
        shown = self._page(text) if "html" in kind else self._plain(text)
        if "contains" in self.step:
            shown["contains"] = {needle: needle in text for needle in self.step["contains"]}
        return shown

    def _plain(self, text: str) -> dict[str, Any]:
        return {"kind": "text", "value": text if self.step.get("exactText") else "<text>"}

    def _page(self, text: str) -> dict[str, Any]:
        """Return the compared parts of a page: its title, whether it is HTML, and its links."""
        title = _TITLE.search(text)
        wanted = self.step.get("select", {}).get("hrefs", {"contains": ""})
        links = {link for link in _LINK.findall(text) if matches(link, wanted) and _CONTAINERS_HOME not in link}
        return {"kind": "html", "title": title and title[1], "html": "<html" in text, "hrefs": sorted(links)}

    def _json(self, value: Any, status: int) -> Any:
        rules = ValueRules(
            text=self.text,
            known=self._known,
            request=json.dumps(self.step["request"]),
            exact=frozenset(self.step.get("exact", ())),
            context=self.context,
            status=status,
        )
        value = rules.applied(value)
        select = self.step.get("select", {})
        if "where" in select:
            value = rewritten(value, select.get("pointer", ""), lambda old: _selected(old, select["where"]))
        for option, change in _OPTIONS.items():
            for pointer in self.step.get(option, ()):
                value = rewritten(value, pointer, change)
        return value


def matches(value: Any, wanted: Any) -> bool:
    """Return whether a value equals `wanted`, or contains the text of `{"contains": text}`."""
    return wanted["contains"] in str(value) if isinstance(wanted, dict) else bool(value == wanted)


def shape(value: Any) -> Any:
    """Return the JSON types of a value; an array becomes the set of its items' types."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return {"<array of>": sorted({canonical(shape(item)) for item in value})}
    return "<number>" if str(value).startswith("<number ") else _TYPES.get(type(value), "<null>")


def _selected(items: Any, wanted: Mapping[str, Any]) -> Any:
    if not isinstance(items, list):
        return items
    return [
        item
        for item in items
        if isinstance(item, dict) and all(matches(item.get(key), value) for key, value in wanted.items())
    ]


def _unordered(items: Any) -> Any:
    return sorted(items, key=canonical) if isinstance(items, list) else items


def _ignored(_: Any) -> str:
    return "<ignored>"


_OPTIONS: Final[Mapping[str, Callable[[Any], Any]]] = {"ignore": _ignored, "shape": shape, "unordered": _unordered}
"""The options of a step that change places of the body, applied in this order."""
