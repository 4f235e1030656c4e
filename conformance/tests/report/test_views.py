"""The files that are made of a report."""

from pathlib import Path

from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.views import write_views


def test_views_are_written_where_they_are_wanted(report: Report, tmp_path: Path):
    assert write_views(report, {"junit": tmp_path / "deep" / "report.xml", "html": tmp_path / "report.html"}) == []
    assert (tmp_path / "deep" / "report.xml").read_text(encoding="utf-8").startswith("<?xml")
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
