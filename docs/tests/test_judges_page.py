"""The page of our suite beside other judges: its figures are those of the published lines."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from seatunnel_conformance.faults.catalogue import Expected
from seatunnel_conformance.faults.results import FaultStatus
from seatunnel_docs.comparison import (
    JUDGES,
    PRISM,
    RESPECT,
    SCHEMATHESIS,
    SUITE,
    CleanRun,
    Comparison,
    Judged,
    JudgesStarted,
    Line,
    encode,
)
from seatunnel_docs.pages import judges, outcomes

DOCS = Path(__file__).parents[1]

HEADER = JudgesStarted(
    "2026-01-02", "documented", "standard", 7, 2, 120, ("a", "b", "c", "d"), {SUITE: "1", SCHEMATHESIS: "2"}, "here"
)


def judged(
    judge: str, fault: str, fate: FaultStatus, *, kind: str = "semantic", due: Expected = Expected.DETECTED
) -> Judged:
    return Judged(judge, fault, kind, f"Says {fault}.", due, fate, {"GET /logs": "wrong"}, 1, 2.0)


LINES: tuple[Line, ...] = (
    HEADER,
    CleanRun(SUITE, (), 9.5),
    CleanRun(SUITE, (), 8.5),
    CleanRun(SCHEMATHESIS, (("GET /logs", "ST101"),), 5.0),
    CleanRun(SCHEMATHESIS, (("GET /logs", "ST101"), ("GET /log", "ST202")), 6.0),
    judged(SUITE, "a", FaultStatus.KILLED),
    judged(SUITE, "b", FaultStatus.KILLED, kind="schema"),
    judged(SUITE, "c", FaultStatus.SURVIVED, kind="harmless", due=Expected.IGNORED),
    judged(SUITE, "d", FaultStatus.KILLED),
    judged(SCHEMATHESIS, "a", FaultStatus.KILLED_ELSEWHERE),
    judged(SCHEMATHESIS, "b", FaultStatus.IDLE, kind="schema"),
    judged(SCHEMATHESIS, "c", FaultStatus.KILLED_ELSEWHERE, kind="harmless", due=Expected.IGNORED),
)


def compared() -> Comparison:
    found = Comparison.of(LINES)
    assert found is not None
    return found


def test_account_counts_only_faults_that_all_judges_have_tried():
    suite = compared().account(SUITE)
    assert (str(suite.found()), str(suite.noticed()), str(suite.harmless)) == ("2 of 2", "2 of 2", "0 of 1")
    assert str(compared().whole_account(SUITE).found()) == "3 of 3"
    assert (str(suite.found(generated=False)), str(suite.found(generated=True))) == ("1 of 1", "1 of 1")
    assert str(suite.of_kind("schema")) == "1 of 1"


def test_complaint_elsewhere_is_noticed_and_not_found_and_never_met_is_neither():
    stock = compared().account(SCHEMATHESIS)
    assert (str(stock.found()), str(stock.noticed()), stock.unmet) == ("0 of 2", "1 of 2", 1)
    assert str(stock.harmless) == "1 of 1"


def test_false_alarms_are_those_of_all_clean_runs_and_seconds_those_of_the_fastest():
    stock = compared().account(SCHEMATHESIS)
    assert stock.alarms == [("GET /log", "ST202"), ("GET /logs", "ST101")]
    assert (stock.seconds, stock.usual_seconds) == (5.0, 2.0)
    assert (compared().account(SUITE).alarms, compared().account(SUITE).seconds) == ([], 8.5)


def test_lines_are_read_as_they_were_written_and_a_torn_one_is_left_out(tmp_path):
    path = tmp_path / JUDGES
    path.write_text("".join(f"{encode(line)}\n" for line in LINES) + encode(LINES[-1])[:40])
    assert Comparison.load(path) == compared()
    assert Comparison.load(tmp_path / "none") is None


def test_line_of_another_kind_is_refused(tmp_path):
    path = tmp_path / JUDGES
    path.write_text('{"event": "run-started"}\n')
    with pytest.raises(ValueError, match="not a known event"):
        Comparison.load(path)


def text_of(known):
    (found,) = judges.pages(known)
    assert found.path == "judges"
    return found.text


@pytest.mark.slow
def test_figures_of_the_page_are_those_of_the_lines(known):
    text = text_of(replace(known, comparison=compared()))
    rows = {line.split('"')[1]: line for line in text.splitlines() if line.startswith("<tr id")}
    figures = {name: re.findall("<td>(.*?)</td>", rows[name]) for name in ("found", "noticed", "alarms", "seconds")}
    assert figures == {
        "found": ["2 of 2", "0 of 2"],
        "noticed": ["2 of 2", "1 of 2"],
        "alarms": ["0", "2"],
        "seconds": ["8.5", "5.0"],
    }
    assert "<td>found for another reason</td>" in rows["a"]
    assert "<td>no complaint</td><td>false alarm</td>" in rows["c"]
    assert "<td>found</td><td>not tried</td>" in rows["d"]
    assert "Measured 2026-01-02" in text
    assert "--per-kind 2 --seed 7" in text


@pytest.mark.slow
def test_page_without_lines_says_how_to_get_them(known):
    assert "python -m bench.judges" in text_of(replace(known, comparison=None))


@pytest.mark.slow
def test_page_of_faults_says_which_were_tried_by_stock_schemathesis(known):
    fault, other = [one for one in known.faults if one.expected is Expected.DETECTED][:2]
    tried = replace(known, comparison=Comparison(HEADER, (), (judged(SCHEMATHESIS, fault.id, FaultStatus.SURVIVED),)))
    text = next(page.text for page in outcomes.pages(tried, []) if page.path == "faults")
    rows = {line.split('"')[1]: line for line in text.splitlines() if line.startswith("<tr id")}
    assert rows[fault.id].endswith("<td>missed</td></tr>")
    assert rows[other.id].endswith("<td>not tried</td></tr>")
    assert "selected by kind and seed" in " ".join(text.split())


def test_published_lines_have_every_kind_tried_by_every_judge_and_are_without_a_false_alarm_of_ours():
    published = Comparison.load(DOCS / JUDGES)
    assert published.judges == [SUITE, SCHEMATHESIS, RESPECT, PRISM]
    order = published.header.faults
    assert published.complete == set(order[: len(published.complete)])
    kinds = {one.fault: (one.kind, one.due) for one in published.judged}
    assert {kinds[fault] for fault in published.complete} == set(kinds.values())
    ours = published.account(SUITE)
    assert len(ours.clean) > 1
    assert (ours.alarms, ours.harmless.part) == ([], 0)
    assert all(published.account(judge).found().part <= ours.found().part for judge in published.judges)
