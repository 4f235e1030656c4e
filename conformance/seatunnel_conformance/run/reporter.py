"""Write the event stream of a run while checks start and finish, and the other report formats at the end."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from seatunnel_conformance.report.events import CheckFinished, CheckStarted, Event, EventWriter, Report, RunStarted
from seatunnel_conformance.report.formats import STREAM, NotWritten, write_views
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.run.plan import RunPlan
from seatunnel_conformance.run.scoring import write_baseline
from seatunnel_conformance.target.routes import parts
from seatunnel_conformance.text.redaction import redact_url
from seatunnel_openapi import Contract


def suite_version() -> str:
    """Return the version of the installed distribution; `unknown` in a bare checkout."""
    try:
        return version("seatunnel-v2")
    except PackageNotFoundError:
        return "unknown"


def contract_digest(contract: Contract) -> str:
    """Return the SHA-256 of a contract's document in hexadecimal, by which reports name it."""
    return hashlib.sha256(json.dumps(contract.document, sort_keys=True).encode()).hexdigest()


class Reporter:
    """Turns the checks of a run into events, from several threads. `listener` gets each event after it was written."""

    def __init__(self, plan: RunPlan, listener: Callable[[Event], None]) -> None:
        self.plan = plan
        self.settings = plan.settings
        self.listener = listener
        self.begun = time.monotonic()
        self.selected: Sequence[str] | None = None
        self._finished = set[str]()
        self._writing = threading.RLock()
        self.unwritten: list[NotWritten] = []
        self.path = self.settings.reports.get(STREAM)
        self.writer = EventWriter(self.path.open("w", encoding="utf-8") if self.path else None)

    def begin(self, checks: Sequence[str]) -> None:
        """Write the header, with the ids of the checks that will run."""
        self.selected, settings = tuple(checks), self.settings
        self._write(
            RunStarted(
                target=redact_url(settings.url),
                release=settings.release,
                contract=contract_digest(self.plan.contract),
                profile=settings.profile,
                seed=settings.seed,
                run=settings.run,
                suite=suite_version(),
                started=datetime.now(UTC).isoformat(timespec="seconds"),
                selected=len(self.selected),
                checks=self.selected,
                note=self.plan.note,
                writes=settings.may_write,
                nodes=tuple(map(redact_url, settings.nodes)),
                requirements=settings.requirements,
                partial=bool(settings.selection),
                selection=settings.selection,
                served=settings.served,
                parts=tuple(parts(self.plan.contract)),
            )
        )

    def started(self, check_id: str) -> None:
        """Write the start of a check."""
        self._write(CheckStarted(check_id))

    def finished(self, outcome: Outcome) -> None:
        """Write the outcome of a check, unless it is written already: the end of the run does not wait for a check."""
        with self._writing:
            if outcome.id not in self._finished:
                self._finished.add(outcome.id)
                self._write(CheckFinished(outcome))

    def end(self, left: Sequence[str], *, interrupted: bool) -> None:
        """Write the footer of the stream, and the other formats. `left` are own jobs that could not be stopped."""
        if self.selected is None:
            self.begin([])
        missing = len(self.selected or ()) - len(self.writer.outcomes)
        seconds = time.monotonic() - self.begun
        self._write(self.writer.footer(seconds, missing=missing, leftovers=left, interrupted=interrupted))
        self.writer.close()
        self.unwritten += write_views(Report.of(self.writer.events), self.settings.reports)
        if self.settings.write_baseline:
            try:
                write_baseline(self.settings.write_baseline, self.writer.outcomes, self.plan.baseline)
            except OSError as problem:
                self.unwritten.append(NotWritten(self.settings.write_baseline, problem, "baseline"))
        if self.path and self.writer.error:
            self.unwritten.append(NotWritten(self.path, self.writer.error))

    def _write(self, event: Event) -> None:
        with self._writing:
            self.writer.write(event)
            self.listener(event)
