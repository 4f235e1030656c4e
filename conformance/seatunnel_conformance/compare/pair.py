"""Plays a history on two deployments at once, each with its own jobs, and compares the responses."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final

from seatunnel_conformance.errors import TargetUnreachable
from seatunnel_conformance.replay.fidelity import MOST
from seatunnel_conformance.replay.normalise import ExchangeDifference, compared
from seatunnel_conformance.replay.player import Player, stop_own_jobs
from seatunnel_conformance.replay.recording import RecordedStep, Scenario
from seatunnel_conformance.replay.sender import Address, Sender
from seatunnel_conformance.target.job_guard import OwnIds

_PATIENCE: Final = 10.0
"""The most seconds that a step may poll; a time-out on one side only is a difference."""
_CAPTURED: Final = re.compile(r"\{\{(?!fresh\.)")
"""A variable that is captured from an earlier response."""
_LOST: Final = ("ConnectionRefusedError", "gaierror", "TimeoutError")
_ERRORS: Final = ("error", "timedOut")
"""The compared members of a step that only prepares others."""


class DeploymentLost(TargetUnreachable):
    """One of the two deployments can no longer be reached."""

    what = "can no longer be reached"


@dataclass(frozen=True, slots=True)
class ComparedStep:
    """One step, the normalised exchanges of both sides, and their differences."""

    recorded: RecordedStep = field(repr=False)
    one: Mapping[str, Any] = field(repr=False)
    other: Mapping[str, Any] = field(repr=False)
    differences: tuple[ExchangeDifference, ...]

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
    """Two deployments, by address.

    `left` are ids of jobs that could not be stopped. `lag` is the time in seconds by which one side may be slower: the
    last request of a repeated history is sent again for so long if its responses differ.
    """

    urls: tuple[str | Address, str | Address]
    left: list[str] = field(default_factory=list)
    lag: float = 0.0
    _own: tuple[OwnIds, OwnIds] = field(init=False)

    def __post_init__(self) -> None:
        first, second = (Address(url) if isinstance(url, str) else url for url in self.urls)
        self._own = OwnIds(dedicated=first.dedicated), OwnIds(dedicated=second.dedicated)

    @property
    def out_of_time(self) -> str:
        """Why no more is sent; empty as long as there is time."""
        ended = (each.governor.ended for each in self.urls if isinstance(each, Address))
        return str(next(filter(None, ended), ""))

    def open(self) -> None:
        """Send a request to both. Raises `TargetUnreachable` or a subclass."""
        for url in self.urls:
            Sender(url).require_api()

    def play(self, history: Scenario, *, lag: float = 0.0) -> list[ComparedStep]:
        """Play a history on both sides, and stop its jobs. Raises `DeploymentLost` and `ForeignJob`.

        If the last responses differ, the last request is repeated for `lag` seconds.
        """
        one, other = map(Sender, self.urls, self._own)
        # Secrets of both are redacted on both sides, so that redaction makes no difference.
        redactor = one.wire.redactor | other.wire.redactor
        players = [Player(sender, patience=_PATIENCE, redactor=redactor) for sender in (one, other)]
        try:
            played = self._both(players, history)
            last = replace(history, steps=history.steps[-1:])
            deadline = time.monotonic() + lag
            while time.monotonic() < deadline and _may_become_alike(played[-1]):
                time.sleep(lag / 10)
                played[-1:] = self._both(players, last)
        finally:
            for player in players:
                self.left += stop_own_jobs(player, seconds=0)
                player.sender.guard.own.submitted.clear()
        return played

    def close(self) -> None:
        """Stop the jobs that still run on both sides, and wait for their ends."""
        for player in map(Player, map(Sender, self.urls, self._own)):
            self.left += stop_own_jobs(player)

    def _both(self, players: Sequence[Player], history: Scenario) -> list[ComparedStep]:
        with ThreadPoolExecutor(len(players)) as pool:
            one, other = pool.map(lambda player: list(player.play(history)), players)
        for url, played in zip(self.urls, (one, other), strict=True):
            for _, exchange in played:
                if str(exchange.get("error", "")).endswith(_LOST):
                    raise DeploymentLost(str(url), exchange["error"])
        return [_compared(*pair) for pair in zip(one, other, strict=True)]


def _may_become_alike(each: ComparedStep) -> bool:
    """Return whether a difference may disappear when the request is repeated."""
    request = each.step["request"]
    uses_answers = bool(_CAPTURED.search(json.dumps(request)))
    return bool(each.differences) and request["method"] == "GET" and not each.prepares and not uses_answers


def _compared(one: tuple[RecordedStep, dict[str, Any]], other: tuple[RecordedStep, dict[str, Any]]) -> ComparedStep:
    recorded, old, new = one[0], one[1], other[1]
    if recorded.step.get("record") is False:
        old, new = _errors(old), _errors(new)
    return ComparedStep(recorded, old, new, tuple(islice(compared(old, new), MOST)))


def _errors(exchange: Mapping[str, Any]) -> dict[str, Any]:
    return {name: exchange[name] for name in _ERRORS if name in exchange}
