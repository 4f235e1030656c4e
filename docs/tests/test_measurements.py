"""The pages of measurements: figures of `learn` and simulated jobs are those of the published files."""

import json
import re
from pathlib import Path

from seatunnel_docs.pages import measurements

DOCS = Path(__file__).parents[1]


def test_page_shows_the_published_figures_and_every_fact():
    _, shown = measurements.pages(DOCS)
    measured = json.loads((DOCS / measurements.LEARN).read_text(encoding="utf-8"))
    for row in measured.get("recovery", ()):
        assert f"| {row['release']} | {row['before']} | {row['true']} | {row['recovered']} |" in shown.text
    for row in measured["trials"]:
        assert f"| {row['engine']} | {row['before']} | {row['drafted']} | {row['kept']} |" in shown.text
        assert f"| {row['engine']} | {row['runs'][0]['profile']} | {row['runs'][0]['seed']} |" in shown.text
    assert shown.text.count("| `") >= 90


def test_no_fact_is_without_a_probe_or_a_reason():
    _, shown = measurements.pages(DOCS)
    assert [line for line in shown.text.splitlines() if "none: ?" in line] == []


def test_page_without_figures_has_the_probes_only(tmp_path):
    _, shown = measurements.pages(tmp_path)
    assert "## Facts and probes" in shown.text
    assert "## Real engines" not in shown.text


def line(job, alike, **more):
    end = {"state": "FINISHED", "read": "2", "written": "2"}
    return {"job": f"e2e/{job}", "engine": end, "reference": {"state": "FAILED"}, "alike": alike, **more}


def test_jobs_that_end_otherwise_come_first_with_their_reason(tmp_path):
    lines = [
        line("one.conf", alike=True),
        line("two.conf", alike=False, reason="it is not run"),
        line("3.sql", alike=False),
    ]
    (tmp_path / measurements.SIMULATED).write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    page, _ = measurements.pages(tmp_path)
    assert "**1 of 3** jobs" in page.text
    rows = [re.findall("<t[hd].*?>(.*?)</t[hd]>", row) for row in page.text.splitlines() if 'scope="row"' in row]
    assert rows == [
        ["two.conf", "FINISHED, 2 / 2", "FAILED", "it is not run"],
        ["3.sql", "FINISHED, 2 / 2", "FAILED", "not known"],
        ["one.conf", "FINISHED, 2 / 2", "the same", ""],
    ]


def test_site_without_results_says_how_to_get_them(tmp_path):
    page, _ = measurements.pages(tmp_path)
    assert "python -m bench.simulated" in page.text


def test_every_published_difference_has_a_reason():
    lines = [json.loads(text) for text in (DOCS / measurements.SIMULATED).read_text(encoding="utf-8").splitlines()]
    assert [each["job"] for each in lines if not each["alike"] and not each.get("reason")] == []
