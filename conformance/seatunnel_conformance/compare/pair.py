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
"""The maximum number of seconds that a step polls. A timeout on one side only is a difference."""
_CAPTURED: Final = re.compile(r"\{\{(?!fresh\.)")
"""Matches a variable whose value is from an earlier response."""
_LOST: Final = ("ConnectionRefusedError", "gaierror", "TimeoutError")
_ERRORS: Final = ("error", "timedOut")
"""The members of an exchange that are compared if its step only prepares others."""


class DeploymentLost(TargetUnreachable):
    """One of the two deployments can no longer be reached."""

    what = "can no longer be reached"


@dataclass(frozen=True, slots=True)
class ComparedStep:
    """One step of a history, its normalised exchange on each side, and their differences."""

    recorded: RecordedStep = field(repr=False)
    one: Mapping[str, Any] = field(repr=False)
    other: Mapping[str, Any] = field(repr=False)
    differences: tuple[ExchangeDifference, ...]

    @property
    def step(self) -> Mapping[str, Any]:
        """The step as it is in the recording."""
        return self.recorded.step

    @property
    def prepares(self) -> bool:
        """Whether the step only prepares other steps; the responses of such steps are not compared."""
        return self.step.get("record") is False


@dataclass(slots=True)
class Pair:
    """Two deployments, by address.

    `left` has the ids of jobs that could not be stopped. `lag` is the number of seconds by which one side may show the
    state of a job later than the other.
    """

    urls: tuple[str | Address, str | Address]
    left: set[str] = field(default_factory=set)
    lag: float = 0.0
    _own: tuple[OwnIds, OwnIds] = field(init=False)

    def __post_init__(self) -> None:
        first, second = (Address(url) if isinstance(url, str) else url for url in self.urls)
        self._own = OwnIds(dedicated=first.dedicated), OwnIds(dedicated=second.dedicated)

    @property
    def out_of_time(self) -> str:
        """The reason why no more requests are sent, for example because the time is over; empty if there is none."""
        ended = (each.governor.ended for each in self.urls if isinstance(each, Address))
        return str(next(filter(None, ended), ""))

    def open(self) -> None:
        """Check that both sides serve the API. Raises `TargetUnreachable` or a subclass."""
        for url in self.urls:
            Sender(url).require_api()

    def play(self, history: Scenario, *, lag: float = 0.0) -> list[ComparedStep]:
        """Play a history on both sides, and stop its jobs. Raises `DeploymentLost` and `ForeignJob`.

        If the responses to the last request differ, it is repeated until they are alike, for at most `lag` seconds.
        """
        one, other = map(Sender, self.urls, self._own)
        stopped = [own.named for own in self._own]
        # The secrets of both sides are redacted on both, so that redaction makes no difference.
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
            for player, before in zip(players, stopped, strict=True):
                self.left.update(stop_own_jobs(player, seconds=0, stopped=before))
        return played

    def close(self) -> None:
        """Stop the jobs that still run on both sides, and wait for their ends."""
        for player, own in zip(map(Player, map(Sender, self.urls, self._own)), self._own, strict=True):
            self.left.update(stop_own_jobs(player, stopped=own.named))

    def _both(self, players: Sequence[Player], history: Scenario) -> list[ComparedStep]:
        with ThreadPoolExecutor(len(players)) as pool:
            one, other = pool.map(lambda player: list(player.play(history)), players)
        for url, played in zip(self.urls, (one, other), strict=True):
            for _, exchange in played:
                if str(exchange.get("error", "")).endswith(_LOST):
                    raise DeploymentLost(str(url), exchange["error"])
        return [_compared(*pair) for pair in zip(one, other, strict=True)]


def _may_become_alike(each: ComparedStep) -> bool:
    """Return whether the responses of a step differ, but may be alike if its request is repeated."""
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
