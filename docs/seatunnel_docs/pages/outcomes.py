"""The pages of verdicts and exit statuses, and of faults with their results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seatunnel_conformance.faults.catalogue import DEPLOYMENTS, Fault
from seatunnel_conformance.faults.results import FaultStatus
from seatunnel_conformance.faults.score import Score
from seatunnel_conformance.report.outcomes import RunVerdict, Verdict
from seatunnel_docs.comparison import SCHEMATHESIS
from seatunnel_docs.figures import Figures
from seatunnel_docs.knowledge import Knowledge
from seatunnel_docs.rendering import Page, page


@dataclass(frozen=True, slots=True)
class ExitLine:
    """One exit status of the command."""

    code: int
    meaning: str


def pages(known: Knowledge, exits: Sequence[ExitLine]) -> Iterator[Page]:
    """Yield the page of verdicts and exit statuses, and the page of faults."""
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
        figures=Figures.of(known),
        run=run,
        score=Score(run.results) if run is not None else None,
        result=results.get,
        comparison=known.comparison,
        stock=known.comparison.by(SCHEMATHESIS) if known.comparison is not None else {},
        deployments=DEPLOYMENTS,
        clauses=known.clauses,
        FaultStatus=FaultStatus,
    )
