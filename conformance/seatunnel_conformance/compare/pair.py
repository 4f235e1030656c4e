"""Both sides at once: one history, played on two deployments with jobs of its own, and what they answered."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final

from seatunnel_conformance.errors import TargetUnreachable
from seatunnel_conformance.replay.comparison import Difference, compared
from seatunnel_conformance.replay.fidelity import MOST
from seatunnel_conformance.replay.leaving import stop_own_jobs
from seatunnel_conformance.replay.recording import RecordedStep, Scenario
from seatunnel_conformance.replay.scenarios import Player
from seatunnel_conformance.replay.wire import Address, Wire
from seatunnel_openapi import Contract

COUNTER: Final = "word.received"
"""The variable for the counter of rows read, whose letter case releases disagree about."""

_PATIENCE: Final = 10.0
"""Seconds for which a step may wait: what has not come by then on one side only is a difference."""
_CAPTURED: Final = re.compile(r"\{\{(?!fresh\.|word\.)")
"""A place for what an earlier answer has told."""
_LOST: Final = ("ConnectionRefusedError", "gaierror", "TimeoutError")
_TROUBLES: Final = ("error", "timedOut")
"""What is compared of a step that only prepares."""


class SideLost(TargetUnreachable):
    """One of the two can't be reached any more, so nothing that follows could be compared."""

    what = "can't be reached any more"


@dataclass(frozen=True, slots=True)
class Compared:
    """One step, the normalised answers of both sides, and what differs between them."""

    recorded: RecordedStep = field(repr=False)
    one: Mapping[str, Any] = field(repr=False)
    other: Mapping[str, Any] = field(repr=False)
    differences: tuple[Difference, ...]

    @property
    def step(self) -> Mapping[str, Any]:
        """The step as its scenario has it."""
        return self.recorded.step

    @property
    def prepares(self) -> bool:
        """Whether the step only prepares others."""
        return self.step.get("record") is False


@dataclass(slots=True)
class Pair:
    """Two deployments, by address, with the words that each has for things that only their spelling sets apart.

    `left` are ids of jobs that could not be stopped. `lag` are the seconds in which the last answer of a history that
    is played again may become alike: one side is slower than the other.
    """

    urls: tuple[str | Address, str | Address]
    words: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {})
    left: list[str] = field(default_factory=list)
    lag: float = 0.0

    @property
    def out_of_time(self) -> str:
        """Why no more is sent; empty as long as there is time."""
        ended = (each.governor.ended for each in self.urls if isinstance(each, Address))
        return str(next(filter(None, ended), ""))

    def open(self) -> None:
        """See whether both are there and let us in. Raises `TargetUnreachable` or a leaf of it."""
        for url in self.urls:
            Wire(url).knock()

    def play(self, history: Scenario, *, lag: float = 0.0) -> list[Compared]:
        """Play a history on both sides, and stop the jobs that it leaves. Raises `SideLost` and `ForeignJob`.

        A last answer that differs is asked for again for `lag` seconds, and counts as it is then.
        """
        one, other = map(Wire, self.urls)
        # The same is hidden on both sides, lest it makes a difference.
        veil, sides = one.veil | other.veil, zip((one, other), self.words, strict=True)
        players = [Player(wire, dict(words), patience=_PATIENCE, veil=veil) for wire, words in sides]
        try:
            played = self._both(players, history)
            last = replace(history, steps=history.steps[-1:])
            deadline = time.monotonic() + lag
            while time.monotonic() < deadline and _may_become_alike(played[-1]):
                time.sleep(lag / 10)
                played[-1:] = self._both(players, last)
        finally:
            for player in players:
                self.left += stop_own_jobs(player)
        return played

    def _both(self, players: Sequence[Player], history: Scenario) -> list[Compared]:
        with ThreadPoolExecutor(len(players)) as pool:
            one, other = pool.map(lambda player: list(player.play(history)), players)
        for url, played in zip(self.urls, (one, other), strict=True):
            self._require_alive(url, played)
        return [_compared(*pair) for pair in zip(one, other, strict=True)]

    def _require_alive(self, url: str | Address, played: list[tuple[RecordedStep, dict[str, Any]]]) -> None:
        for _, exchange in played:
            if str(exchange.get("error", "")).endswith(_LOST):
                raise SideLost(str(url), exchange["error"])


def _may_become_alike(each: Compared) -> bool:
    """Tell whether it could be the moment alone that makes a difference, and asking again could show that."""
    request = each.step["request"]
    uses_answers = bool(_CAPTURED.search(json.dumps(request)))
    return bool(each.differences) and request["method"] == "GET" and not each.prepares and not uses_answers


def words_of(contract: Contract) -> dict[str, str]:
    """Return the words that a deployment of this contract has."""
    running = contract.schema(contract.operation("get_job_info").behaviour.choice("runningForm"))
    metrics = contract.resolve(running["properties"]["metrics"])
    names = (name for name in _properties(contract, metrics) if name.lower() == "sourcereceivedcount")
    return {COUNTER: next(names, "SourceReceivedCount")}


def _properties(contract: Contract, schema: Mapping[str, Any]) -> Iterator[str]:
    yield from schema.get("properties", {})
    for keyword in ("allOf", "oneOf", "anyOf"):
        for inner in schema.get(keyword, ()):
            yield from _properties(contract, contract.resolve(inner))


def _compared(one: tuple[RecordedStep, dict[str, Any]], other: tuple[RecordedStep, dict[str, Any]]) -> Compared:
    recorded, old, new = one[0], one[1], other[1]
    if recorded.step.get("record") is False:
        old, new = _troubles(old), _troubles(new)
    return Compared(recorded, old, new, tuple(islice(compared(old, new), MOST)))


def _troubles(exchange: Mapping[str, Any]) -> dict[str, Any]:
    return {name: exchange[name] for name in _TROUBLES if name in exchange}
