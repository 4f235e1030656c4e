"""A report with an outcome of each verdict, and with markup and control characters in all texts from the target."""

import pytest
from makers import Make, Write

from seatunnel_conformance.report.events import Report

HOSTILE = "<script>alert(1)</script> \x1b[2J\x00 ]]> {{ 7*7 }} [bold]x[/bold] \u202e"


@pytest.fixture
def report(stream: Write, outcome: Make, failed: Make) -> Report:
    return Report.read(
        stream(
            outcome("GET /overview", operation="GET /overview", level="MUST"),
            outcome("overview.members"),
            failed(HOSTILE),
            failed("500", "overview.order", level="SHOULD"),
            outcome("stop-job.again", "skipped", reason="the profile smoke runs no jobs"),
            outcome("logs.file", "inconclusive", reason="no answer came"),
        )
    )
