"""The kinds of checks: one class and one row each. CONTRIBUTING.md says how to add one."""

from __future__ import annotations

from typing import Final

from seatunnel_conformance.run.kinds.clauses import (
    ClauseCheck,
    GeneratedCheck,
    HistoryCheck,
    JobsCheck,
    LinkedCheck,
    WholeRunCheck,
)
from seatunnel_conformance.run.kinds.recorded import RecordedCheck
from seatunnel_conformance.run.planned import Kind

KINDS: Final[tuple[type[Kind], ...]] = (
    GeneratedCheck,
    LinkedCheck,
    ClauseCheck,
    JobsCheck,
    HistoryCheck,
    RecordedCheck,
    WholeRunCheck,
)
"""All kinds, in the order of reports."""
