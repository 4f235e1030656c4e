"""Fault detection of a run: the faults that its passed checks should detect, tried on the same deployment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Final

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.faults.catalogue import PLAIN
from seatunnel_conformance.faults.plan import Deployment, FaultPlan, noticeable
from seatunnel_conformance.faults.score import Score
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.verdicts import RunExit, Verdict
from seatunnel_openapi import load

_WAIT: Final = 1 / 6
"""The share of --wait that applies to a fault, 5 s of the default of 30 s: under faults, many waits time out."""


@contextmanager
def _existing(url: str) -> Iterator[str]:
    yield url


def existing(url: str) -> dict[str, Deployment]:
    """Return the deployments of a `FaultPlan` for a deployment that is already running."""
    return {PLAIN: partial(_existing, url)}


def is_decided(report: Report) -> bool:
    """Return whether the run came to a verdict about the target, so that its checks can be tested with faults."""
    return report.footer.exit in {RunExit.CONFORMS, RunExit.DEVIATES}


def plan_after(report: Report, settings: Settings) -> FaultPlan:
    """Return the plan of the faults that the passed checks of a run should detect; its `only` can be empty."""
    passed = frozenset(outcome.id for outcome in report.outcomes if outcome.verdict is Verdict.PASS)
    release = report.header.release
    # A run that could change its target without permission has seen that it is a reference server.
    reference = report.header.writes and not settings.allow_writes
    known = replace(settings, release=release, reference=reference)
    tried = replace(known, wait=settings.wait * _WAIT, journal=None, reports={})
    faults = noticeable(load(release), passed)
    return FaultPlan(existing(settings.url), tried, only=faults, generated=0, foreign=True)


def exit_after(report: Report, score: Score | None) -> RunExit:
    """Return the exit status of a run and its faults, `score` being None if none was tried.

    The verdict of the run takes precedence. Undetected faults, or too little time for all, make a run that conforms
    undecided.
    """
    status = report.footer.exit
    if score is None or score.exit is RunExit.CONFORMS or status is not RunExit.CONFORMS:
        return status
    return RunExit.UNDECIDED
