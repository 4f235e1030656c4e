"""Examples from recordings: the request as a curl command, and the responses of real engines."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from seatunnel_conformance.replay import Recording
from seatunnel_conformance.replay.sender import Sender
from seatunnel_conformance.target.exchange import Request
from seatunnel_conformance.target.routes import find
from seatunnel_openapi import Contract

ORIGIN: Final = "http://localhost:8080"
PER_STATUS: Final = 3
"""Maximum number of examples of an operation for one status."""

_LONGEST: Final = 1500
"""Maximum length of an example's request, in characters."""
_ODD: Final = frozenset({"chunked", "bodyRepeat", "bodyBase64", "httpVersion", "absolute", "multipart"})
"""Keys of requests that test HTTP rather than the operation."""
_VARIABLE: Final = re.compile(r"\{\{([\w.-]+)\}\}")


@dataclass(frozen=True)
class RecordedAnswer:
    """A recorded response, and the releases that sent it. `language` is that of the body, for colouring."""

    releases: tuple[str, ...]
    status: int
    content_type: str
    body: str = field(repr=False)
    language: str


@dataclass(frozen=True)
class RecordedExample:
    """A recorded step: its request, the response of the newest release, and different responses of other releases.

    `curl` is the request as a curl command, or its JSON from the recording if curl can't send it.
    """

    step: str
    curl: str
    answer: RecordedAnswer
    others: tuple[RecordedAnswer, ...]
    selects: bool
    """Whether the recording has only a part of the response, such as the entry of one job."""


@dataclass(frozen=True)
class _ShownStep:
    """One recorded step of one release."""

    name: str
    step: Mapping[str, Any]
    exchange: Mapping[str, Any]

    @property
    def request(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.step["request"]
        return found

    @property
    def oddness(self) -> tuple[int, int]:
        """A sort key that puts simple requests first: the number of unusual parts, and the length of the request."""
        odd = len(self.request.get("headers", {})) + ("%" in self.request["path"]) + (";" in self.request["path"])
        return odd, len(json.dumps(self.request))

    @property
    def is_plain(self) -> bool:
        """Whether curl can send the request."""
        return not _ODD & self.request.keys()

    @property
    def is_fit(self) -> bool:
        """Whether the step can be an example of an operation."""
        return self.is_plain and self.oddness[1] <= _LONGEST and "status" in self.exchange


class Exchanges:
    """All recordings, by release, in the order of releases."""

    def __init__(self, recordings: Mapping[str, Sequence[Recording]]) -> None:
        self._steps = {release: {step.name: step for step in _steps(found)} for release, found in recordings.items()}
        self._operations: dict[str, defaultdict[str, list[_ShownStep]]] = {}

    @cached_property
    def names(self) -> Mapping[str, frozenset[str]]:
        """The recorded steps of each release, as `area/scenario/step`."""
        return {release: frozenset(steps) for release, steps in self._steps.items()}

    def examples(
        self, operation_id: str, contracts: Mapping[str, Contract], cited: Sequence[str]
    ) -> dict[int, list[RecordedExample]]:
        """Return examples of an operation by status, at most `PER_STATUS` each.

        `cited` are steps that clauses name as evidence; they are preferred, in this order.
        """
        found: dict[int, list[RecordedExample]] = {}
        bodies: set[str] = set()
        places = {name: place for place, name in reversed(list(enumerate(cited)))}
        steps = self._of(operation_id, contracts)
        for step in sorted(steps, key=lambda step: (places.get(step.name, len(places)), step.oddness)):
            status, body = step.exchange["status"], json.dumps([step.exchange["status"], step.exchange.get("body")])
            if len(found.get(status, ())) < PER_STATUS and body not in bodies:
                bodies.add(body)
                found.setdefault(status, []).append(self._example(step))
        return dict(sorted(found.items()))

    def cited(self, steps: Iterable[str]) -> Iterator[RecordedExample]:
        """Yield the steps with these names as examples, with the responses of all releases. Skips unknown names."""
        for name in steps:
            newest = next((found[name] for found in reversed(self._steps.values()) if name in found), None)
            if newest is not None:
                yield self._example(newest)

    def _of(self, operation_id: str, contracts: Mapping[str, Contract]) -> Iterator[_ShownStep]:
        """Yield the steps that can be examples of an operation, each from the newest release that has the step."""
        seen: set[str] = set()
        for release in reversed(self._steps):
            for step in self._by_operation(release, contracts[release]).get(operation_id, ()):
                if step.name not in seen:
                    seen.add(step.name)
                    yield step

    def _by_operation(self, release: str, contract: Contract) -> Mapping[str, Sequence[_ShownStep]]:
        """Return the steps of a release that can be examples, by the id of the operation."""
        if release not in self._operations:
            found = self._operations[release] = defaultdict(list)
            for step in filter(lambda step: step.is_fit, self._steps[release].values()):
                operation, _ = find(contract, step.request["method"], step.request["path"].partition("?")[0])
                if operation is not None and step.request["method"] == operation.method:
                    found[operation.id].append(step)
        return self._operations[release]

    def _example(self, step: _ShownStep) -> RecordedExample:
        answers: dict[str, tuple[list[str], _ShownStep]] = {}
        for release in reversed(self._steps):
            other = self._steps[release].get(step.name)
            if other is not None and other.request == step.request:
                key = json.dumps({**other.exchange, "note": None}, sort_keys=True)
                answers.setdefault(key, ([], other))[0].append(release)
        text = json.dumps([step.request, *(found.exchange for _, found in answers.values())])
        variables = dict.fromkeys(_VARIABLE.findall(text))
        names = {variable: "JOB_ID" + (f"_{at}" if at > 1 else "") for at, variable in enumerate(variables, start=1)}
        first, *others = [_answer(releases[::-1], found, names) for releases, found in answers.values()]
        curl = _named(_curl(step.request) if step.is_plain else json.dumps(step.request, indent=2), names)
        return RecordedExample(step.name, curl, first, tuple(others), "select" in step.step)


def _steps(recordings: Iterable[Recording]) -> Iterator[_ShownStep]:
    for recording in recordings:
        for scenario in recording:
            for recorded in scenario.steps:
                if recorded.exchange is not None:
                    yield _ShownStep(f"{scenario.area}/{scenario.name}/{recorded.id}", recorded.step, recorded.exchange)


def _curl(request: Mapping[str, Any]) -> str:
    head, _, body = Sender(ORIGIN).encode(request).content.partition(b"\r\n\r\n")
    lines = [line.partition(": ") for line in head.decode().split("\r\n")[1:]]
    headers = {name: value for name, _, value in lines}
    if "json" in request:
        body = json.dumps(request["json"], indent=2, ensure_ascii=False).encode()
    return Request(request["method"], ORIGIN, request["path"], headers, body or None).curl()


def _answer(releases: Sequence[str], step: _ShownStep, names: Mapping[str, str]) -> RecordedAnswer:
    body, language = _shown(step.exchange.get("body") or {})
    content_type = step.exchange.get("headers", {}).get("Content-Type", "")
    return RecordedAnswer(tuple(releases), step.exchange["status"], content_type, _named(body, names), language)


def _shown(body: Mapping[str, Any]) -> tuple[str, str]:
    """Return a recorded body as text, with its language. Of an HTML page, the recording has only title and links."""
    if body.get("kind") == "json":
        return json.dumps(body["value"], indent=2, ensure_ascii=False), "json"
    if body.get("kind") == "html" and "title" in body:
        links = "".join(f"\n  links to {address}" for address in body.get("hrefs", ()))
        return f"an HTML page with the title {body['title']!r}{links}", "text"
    value = body.get("value")
    return (value, "text") if isinstance(value, str) else ("", "text")


def _named(text: str, names: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: names[found[1]], text)
