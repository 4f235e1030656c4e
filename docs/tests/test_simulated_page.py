"""The page of simulated jobs: its numbers are those of the published lines."""

import json
import re
from pathlib import Path

from seatunnel_docs.pages import simulated

DOCS = Path(__file__).parents[1]


def line(job, alike, **more):
    end = {"state": "FINISHED", "read": "2", "written": "2"}
    return {"job": f"e2e/{job}", "engine": end, "reference": {"state": "FAILED"}, "alike": alike, **more}


def test_jobs_that_end_otherwise_come_first_with_their_reason(tmp_path):
    lines = [
        line("one.conf", alike=True),
        line("two.conf", alike=False, reason="it is not run"),
        line("3.sql", alike=False),
    ]
    (tmp_path / simulated.SIMULATED).write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    (page,) = simulated.pages(tmp_path)
    assert "**1 of 3** jobs" in page.text
    rows = [re.findall("<t[hd].*?>(.*?)</t[hd]>", row) for row in page.text.splitlines() if 'scope="row"' in row]
    assert rows == [
        ["two.conf", "FINISHED, 2 / 2", "FAILED", "it is not run"],
        ["3.sql", "FINISHED, 2 / 2", "FAILED", "not known"],
        ["one.conf", "FINISHED, 2 / 2", "the same", ""],
    ]


def test_site_without_results_says_how_to_get_them(tmp_path):
    (page,) = simulated.pages(tmp_path)
    assert "python -m bench.simulated" in page.text


def test_every_published_difference_has_a_reason():
    lines = [json.loads(text) for text in (DOCS / simulated.SIMULATED).read_text(encoding="utf-8").splitlines()]
    assert [each["job"] for each in lines if not each["alike"] and not each.get("reason")] == []
