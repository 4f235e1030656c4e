"""The pages of verdicts and exit statuses, and of faults with their results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntEnum

from seatunnel_conformance.faults.catalogue import DEPLOYMENTS, Fault
from seatunnel_conformance.faults.results import FaultStatus
from seatunnel_conformance.faults.score import Score
from seatunnel_conformance.report.outcomes import RunVerdict, Verdict
from seatunnel_docs.figures import figures_of
from seatunnel_docs.knowledge import Knowledge
from seatunnel_docs.rendering import Page, page


def pages(known: Knowledge, exits: Sequence[IntEnum]) -> Iterator[Page]:
    """Yield the pages of verdicts and of faults. `exits` are exit statuses, each with a `meaning`."""
    yield page("verdicts", "verdicts", exits=exits, verdicts=list(Verdict), run_verdicts=list(RunVerdict))
    run = known.fault_run
    results = {result.fault: result for result in run.results} if run is not None else {}
    found: dict[str, list[Fault]] = {}
    for fault in sorted(known.faults, key=lambda fault: fault.id not in results):
        found.setdefault(fault.kind, []).append(fault)
    yield page(
        "faults",
        "faults",
        kinds=found,
        figures=figures_of(known),
        run=run,
        score=Score(run.results) if run is not None else None,
        result=results.get,
        deployments=DEPLOYMENTS,
        clauses=known.clauses,
        FaultStatus=FaultStatus,
    )
