"""The hook that the suite adds to pytest, for those who want to follow a run."""

from __future__ import annotations

import pytest

from seatunnel_conformance.report.events import Event


@pytest.hookspec
def pytest_seatunnel_event(event: Event) -> None:
    """Hear of an event of the run, in the process that writes the report, just after it was written."""
