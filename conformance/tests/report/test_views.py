"""The files that are made of a report."""

from pathlib import Path

import pytest

from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.formats import ReportNotWritable, require_writable, views, write_views


def test_views_are_written_where_they_are_wanted(report: Report, tmp_path: Path):
    assert write_views(report, {"junit": tmp_path / "deep" / "report.xml", "html": tmp_path / "report.html"}) == []
    assert (tmp_path / "deep" / "report.xml").read_text(encoding="utf-8").startswith("<?xml")
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_every_view_that_has_a_name_is_made(report: Report, tmp_path: Path):
    assert write_views(report, {view.name: tmp_path / view.name for view in views()}) == []
    assert all((tmp_path / view.name).stat().st_size for view in views())


def test_badge_is_json_where_the_file_says_so(report: Report, tmp_path: Path):
    write_views(report, {"badge": tmp_path / "badge.json"})
    assert (tmp_path / "badge.json").read_text(encoding="utf-8").startswith('{"schemaVersion": 1')


def test_full_disk_costs_that_one_file_and_is_told(report: Report, tmp_path: Path):
    unwritten = write_views(report, {"html": Path("/dev/full"), "junit": tmp_path / "report.xml"})
    assert [file.path for file in unwritten] == [Path("/dev/full")]
    assert str(unwritten[0]) == "the report /dev/full could not be written: No space left on device"
    assert (tmp_path / "report.xml").is_file()


@pytest.mark.parametrize("place", ["file/report.html", "folder", "-"])
def test_place_where_nothing_can_be_written_is_refused_before(tmp_path: Path, place: str):
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    path = Path("-") if place == "-" else tmp_path / place
    with pytest.raises(ReportNotWritable, match=f"the report {path} can't be written: "):
        require_writable({"html": path})


def test_looking_whether_a_file_can_be_written_changes_none(tmp_path: Path):
    (tmp_path / "old.html").write_text("old", encoding="utf-8")
    require_writable({"html": tmp_path / "old.html", "junit": tmp_path / "new.xml"})
    assert (tmp_path / "old.html").read_text(encoding="utf-8") == "old"
    assert not (tmp_path / "new.xml").exists()
