"""The checks as pytest sees them: one collector, one item a check, named by clause id or operation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.report.plain import explain
from seatunnel_conformance.report.verdicts import Verdict
from seatunnel_conformance.run.baseline import Baseline
from seatunnel_conformance.run.judging import judge
from seatunnel_conformance.run.selection import Planned
from seatunnel_conformance.text.visible import visible


class NotPassed(Exception):
    """A check did not pass; the outcome says why. Only pytest sees this."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(visible(outcome.reason))
        self.outcome = outcome


class Suite(pytest.Collector):
    """All checks of one run."""

    def __init__(self, *, context: Context, baseline: Baseline, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.context = context
        self.baseline = baseline

    def planned(self, checks: Iterable[Planned]) -> list[CheckItem]:
        """Return an item for each check."""
        return [CheckItem.from_parent(self, name=planned.id, planned=planned) for planned in checks]

    def collect(self) -> Sequence[pytest.Item]:
        """Return nothing: the items are made by `planned`, when the session's own are known."""
        return []


class CheckItem(pytest.Item):
    """One check. `outcome` is what it came to, None before it was made."""

    def __init__(self, *, planned: Planned, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.planned = planned
        self.outcome: Outcome | None = None
        self.add_marker("seatunnel")

    @property
    def suite(self) -> Suite:
        """What the check works with."""
        assert isinstance(self.parent, Suite)  # noqa: S101 - only `Suite.planned` makes items
        return self.parent

    def runtest(self) -> None:
        """Make the check."""
        self.outcome = self.suite.baseline.judge(judge(self.suite.context, self.planned))
        if self.outcome.verdict is Verdict.SKIPPED:
            pytest.skip(visible(self.outcome.reason))
        if self.outcome.verdict is Verdict.KNOWN:
            pytest.xfail(self.outcome.accepted)
        if self.outcome.verdict is not Verdict.PASS:
            raise NotPassed(self.outcome)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *_: Any) -> str:
        """Explain a failure in the contract's words instead of showing the suite's code."""
        if isinstance(excinfo.value, NotPassed):
            return explain(excinfo.value.outcome)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Say where the check stands, for editors."""
        # A headline of its own: pytest would put colons for the points of a bare id.
        headline = f"check {self.name}"
        file, line = self.planned.kind.place
        return Path(file), line - 1, headline
