"""The time of an exchange in a report, which HAR files need."""

import re
from pathlib import Path

import pytest

from seatunnel_conformance.report.events import Report, UnreadableEvent

RESULT = Path(__file__).parents[3] / "results" / "documented" / "seatunnel-2.3.13.ndjson"


@pytest.mark.parametrize("ended", ["2026-02-31T25:00:00Z", "never"])
def test_time_that_does_not_exist_is_an_error_of_its_line(tmp_path: Path, ended: str):
    path = tmp_path / "run.ndjson"
    path.write_text(re.sub(r'(?<="ended": ")[^"]*', ended, RESULT.read_text("utf-8")), "utf-8")
    with pytest.raises(UnreadableEvent, match="the time of an exchange does not exist"):
        Report.read(path)
