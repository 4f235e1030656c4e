"""Checks that replay what was recorded on a real engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import ClassVar

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.profiles import Recordings
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.replay import recording
from seatunnel_conformance.replay.recording import Scenario
from seatunnel_conformance.report.outcomes import RECORDED, Outcome
from seatunnel_conformance.run.planned import ChangingRequests, Kind, Needs, PlannedCheck, all_of, reason_to_skip
from seatunnel_conformance.target.routes import label
from seatunnel_conformance.text.reasons import Reason
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Level


@dataclass(frozen=True, slots=True)
class RecordedCheck(Kind):
    """Steps that were recorded on a real engine, replayed and compared."""

    scenario: Scenario

    is_step: ClassVar = True
    why: ClassVar = "A client that works with this release relies on what it really answers, beyond any clause."
    place: ClassVar = (__file__, 1)

    @classmethod
    def planned(cls, settings: Settings, contract: Contract) -> Iterator[PlannedCheck]:
        """Yield a check for each scenario of the release that the profile has."""
        wanted = settings.depth.recordings
        for scenario in recording.scenarios(contract.release) if wanted is not Recordings.NONE else ():
            quick = recording.is_quick(scenario)
            if wanted is Recordings.QUICK and not quick:
                continue
            subject, operation = recording.subject(scenario, contract)
            writes = recording.changing_requests(scenario) > 0
            left_out = recording.left_out(scenario)
            yield PlannedCheck(
                id=f"{subject}, {RECORDED}{scenario.full_name}",
                level=Level.SHOULD,
                text=f"Every step of the scenario is answered as an engine of release {contract.release} answered it.",
                operation=label(operation) if operation else None,
                writes=writes,
                kind=cls(scenario),
                names=(operation.id, label(operation)) if operation else (),
                skipped=reason_to_skip(settings, writes=writes, jobs=not quick)
                or (Reason(said=left_out) if left_out else None),
            )

    def run(self, context: Context, check: PlannedCheck) -> Outcome:
        """Play the scenario."""
        from seatunnel_conformance.run import recorded  # noqa: PLC0415 - a heavy import that few runs need

        return recorded.run_check(context, check, self.scenario)

    @property
    def needs(self) -> Iterable[Needs]:
        """The parts of the target that the steps change."""
        scenario = self.scenario
        found = (
            recording.sets_tags(scenario),
            recording.reads_pages_of_jobs(scenario),
            recording.starts_jobs(scenario),
        )
        return compress((Needs.TAGS, Needs.QUIET, Needs.SLOTS), found)

    @property
    def changes_jobs(self) -> bool:
        """Whether it may change jobs: scenarios that were recorded of tags do not."""
        return not recording.sets_tags(self.scenario) or recording.starts_jobs(self.scenario)

    def share(self, check: PlannedCheck, settings: Settings, contract: Contract) -> int:  # noqa: ARG002 - of any kind
        """Return the number of recorded requests that change the target."""
        return recording.changing_requests(self.scenario)

    @classmethod
    def changes(cls, settings: Settings, shares: Sequence[tuple[PlannedCheck, int]]) -> Iterator[ChangingRequests]:  # noqa: ARG003 - of any kind
        """Yield one row for all scenarios."""
        operations = all_of(check.changed for check, _ in shares)
        yield ChangingRequests("recorded scenarios", operations, len(shares), sum(share for _, share in shares))
