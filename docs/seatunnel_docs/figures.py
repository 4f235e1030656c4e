"""The numbers that several pages or texts state, each computed in one place."""

from __future__ import annotations

from seatunnel_conformance.clients.rules import RULES
from seatunnel_conformance.clients.scenarios import SCENARIOS
from seatunnel_conformance.faults.score import Score
from seatunnel_docs.knowledge import Knowledge
from seatunnel_openapi import Level, newest_recorded


def figures_of(known: Knowledge) -> dict[str, int | str]:
    """Return the numbers of a build by name. `faults_found` and `false_alarms` are shares as text: `390 of 390`."""
    contradicted = [row for row in known.differences if row.documented]
    tried = known.fault_run.results if known.fault_run is not None else ()
    score, catalogue = Score(tried), {fault.id for fault in known.faults}
    return {
        "releases": len(known.releases) - 1,  # `documented` is a page, not a release
        "recorded_releases": len(known.recorded_releases),
        "operations": len(known.operations()),
        "clauses": len(known.clauses),
        "must_clauses": sum(history.newest.level is Level.MUST for history in known.clauses.values()),
        "checks": len(known.checks),
        "recorded_steps": sum(map(len, known.exchanges.names.values())),
        "contradictions": len(contradicted),
        "corrected": sum(bool(row.page_right_since) for row in contradicted),
        "faults": len(catalogue),
        "faults_tried": len(catalogue & {result.fault for result in tried}),
        "faults_found": str(score.every).partition(" (")[0],
        "false_alarms": f"{len(score.false_alarms)} of {score.ignored.whole}",
        "runs": len(known.results),
        "scenarios": len(SCENARIOS),
        "client_rules": len(RULES),
        "newest_operations": len(known.contracts[newest_recorded()].operations),
    }
