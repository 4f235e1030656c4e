"""The baseline: a listed failure does not fail a run, another one does, and entries of checks that pass are stale."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from makers import Make

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.report.outcomes import Outcome, Verdict
from seatunnel_conformance.run.scoring import Baseline, InvalidBaseline, Known, baseline_for, write_baseline
from seatunnel_openapi import Contract, RetiredClause

TODAY = date(2026, 11, 25)
CLAUSE = "job-info.unknown-id"
GENERATED = "GET /overview"


def judged(outcome: Outcome, *, release: str = "2.3.9", **known: object) -> Outcome:
    return Baseline({outcome.id: Known("So it is.", **known)}, release, TODAY).apply(outcome)


@pytest.fixture
def read(tmp_path: Path, contract: Contract) -> Callable[[str], Baseline]:
    def reader(text: str, name: str = "known.yaml", held: Contract = contract) -> Baseline:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return baseline_for(Settings(url="http://localhost", baseline=path), held)

    return reader


def test_listed_failure_is_a_known_deviation_with_its_reason(failed: Make):
    found = judged(failed())
    assert (found.verdict, found.accepted) == (Verdict.KNOWN, "So it is.")


def test_listed_check_that_passes_is_stale_and_names_itself(outcome: Make):
    found = judged(outcome())
    assert (found.verdict, found.reason) == (Verdict.STALE, f"It passes: remove {CLAUSE} from the baseline.")


@pytest.mark.parametrize("verdict", ["skipped", "inconclusive"])
def test_listed_check_that_came_to_no_verdict_stays_as_it_is(outcome: Make, verdict: str):
    one = outcome(CLAUSE, verdict, reason="no job ran")
    assert judged(one) == one


def test_check_that_is_not_listed_stays_as_it_is(failed: Make):
    assert Baseline({"stop-job.again": Known("So it is.")}).apply(failed()) == failed()


@pytest.mark.parametrize(("release", "verdict"), [("2.3.9", Verdict.KNOWN), ("2.3.10", Verdict.FAIL)])
def test_entry_of_a_release_counts_for_no_other(failed: Make, release: str, verdict: Verdict):
    found = Baseline({CLAUSE: Known("So it is.", release=release)}, "2.3.9", TODAY).apply(failed())
    assert found.verdict is verdict


def test_entry_of_another_release_is_not_stale(outcome: Make):
    found = Baseline({CLAUSE: Known("So it is.", release="2.3.10")}, "2.3.9", TODAY).apply(outcome())
    assert found.verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("until", "verdict"), [(date(2026, 11, 25), Verdict.KNOWN), (date(2026, 11, 24), Verdict.FAIL)]
)
def test_entry_counts_up_to_its_last_day(failed: Make, until: date, verdict: Verdict):
    assert judged(failed(), until=until).verdict is verdict


def test_failure_after_the_last_day_says_so(failed: Make):
    assert judged(failed(), until=date(2026, 11, 24)).reason.endswith("(the baseline accepted it until 2026-11-24)")


def test_failure_of_another_kind_is_not_hidden_behind_a_known_one(failed: Make):
    kinds = ["not_a_server_error 500", "response_schema_conformance 200 properties/works/type"]
    found = judged(failed(check_id=GENERATED, failures=kinds), failures=tuple(kinds[:1]))
    assert found.verdict is Verdict.FAIL
    assert found.reason.endswith(f"(the baseline does not list: {kinds[1]})")


def test_some_of_the_known_kinds_are_known(failed: Make):
    known = ("not_a_server_error 500", "status_code_conformance 418")
    assert judged(failed(check_id=GENERATED, failures=list(known[:1])), failures=known).verdict is Verdict.KNOWN


def test_generated_requests_that_find_nothing_this_time_are_not_stale(outcome: Make):
    assert judged(outcome(GENERATED), failures=("not_a_server_error 500",)).verdict is Verdict.PASS


def test_entries_are_read_in_both_forms(read: Callable[..., Baseline]):
    baseline = read(
        f"{CLAUSE}: So it is.\n"
        "stop-job.again: {reason: Later., release: 2.3.9, until: 2027-01-31}\n"
        f"{GENERATED}: {{reason: Odd., failures: [not_a_server_error 500]}}\n"
    )
    assert baseline.entries == {
        CLAUSE: Known("So it is."),
        "stop-job.again": Known("Later.", "2.3.9", date(2027, 1, 31)),
        GENERATED: Known("Odd.", failures=("not_a_server_error 500",)),
    }
    assert baseline.release == "documented"


def test_baseline_can_be_json(read: Callable[..., Baseline]):
    assert read(json.dumps({CLAUSE: "So it is."}), "known.json").entries == {CLAUSE: Known("So it is.")}


def test_clause_that_only_another_release_has_may_be_listed(read: Callable[..., Baseline]):
    assert list(read("running-jobs.page: Later.").entries) == ["running-jobs.page"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("job-info.unkown-id: So it is.", "there is no check job-info.unkown-id; did you mean job-info.unknown-id"),
        ("GET /overviews: So it is.", "there is no check GET /overviews; did you mean GET /overview"),
        (f"{CLAUSE}: {{reason: So., release: 0.0.1}}", f"{CLAUSE}: there is no release 0.0.1"),
        (f"{CLAUSE}: {{reason: So., until: 2027-02-30}}", "day is out of range for month"),
        (f"{CLAUSE}: {{reason: So., until: soon}}", f"{CLAUSE}"),
        (f"{CLAUSE}: {{until: 2027-02-28}}", f"{CLAUSE}"),
        (f"{CLAUSE}: ''", f"{CLAUSE}"),
        (f"{CLAUSE}: {{reason: So., because: x}}", f"{CLAUSE}"),
        (f"{GENERATED}: So it is.", "it can fail in several ways, so `failures` has to say in which"),
        (f"{CLAUSE}: a\n{CLAUSE}: b\n", "occurs twice"),
        ("- a", "expected an object"),
        (": : :", "can't be read"),
    ],
)
def test_baseline_that_makes_no_sense_is_refused(read: Callable[..., Baseline], text: str, said: str):
    with pytest.raises(InvalidBaseline) as caught:
        read(text)
    assert said in str(caught.value)
    assert "known.yaml" in str(caught.value)


def test_missing_baseline_is_refused(tmp_path: Path, contract: Contract):
    with pytest.raises(InvalidBaseline, match=r"nowhere\.yaml"):
        baseline_for(Settings(url="http://localhost", baseline=tmp_path / "nowhere.yaml"), contract)


def test_retired_clause_is_refused_with_its_day_and_reason(read: Callable[..., Baseline], contract: Contract):
    retired = replace(contract, retired=(RetiredClause("job-info.colours", "2027-01-31", "There are none.", None),))
    with pytest.raises(InvalidBaseline, match=r"retired on 2027-01-31: There are none\."):
        read("job-info.colours: So it is.", held=retired)


def test_run_without_a_baseline_has_an_empty_one(contract: Contract):
    assert baseline_for(Settings(url="http://localhost"), contract).entries == {}


def test_written_baseline_accepts_the_run_that_it_was_written_from(
    read: Callable[..., Baseline], tmp_path: Path, failed: Make, outcome: Make
):
    outcomes = [
        failed("404"),
        failed("500", GENERATED, failures=["not_a_server_error 500"]),
        failed("late", "overview.repeated-tag", level="SHOULD"),
        outcome("stop-job.again"),
        outcome("logs.file", "skipped", reason="no logs"),
    ]
    assert write_baseline(tmp_path / "deep" / "known.yaml", outcomes, Baseline()) == 3
    baseline = read((tmp_path / "deep" / "known.yaml").read_text(encoding="utf-8"))
    assert [baseline.apply(one).verdict.value for one in outcomes] == [*["known deviation"] * 3, "pass", "skipped"]


@pytest.mark.parametrize("name", ["known.yaml", "known.json"])
def test_written_baseline_steers_no_terminal(name: str, tmp_path: Path, failed: Make):
    write_baseline(tmp_path / name, [failed("\x1b[2J \x9b31m \u202e \x7f")], Baseline())
    assert {each for each in (tmp_path / name).read_text(encoding="utf-8") if not each.isprintable()} == {"\n"}


def test_written_baseline_keeps_what_was_said_and_drops_what_is_stale(tmp_path: Path, failed: Make, outcome: Make):
    until = date(2027, 1, 31)
    before = Baseline(
        {
            CLAUSE: Known("Our proxy does so.", until=until),
            "stop-job.again": Known("Mended."),
            "logs.file": Known("Not tried this time."),
        },
        today=TODAY,
    )
    write_baseline(tmp_path / "known.json", map(before.apply, [failed(), outcome("stop-job.again")]), before)
    assert json.loads((tmp_path / "known.json").read_text(encoding="utf-8")) == {
        CLAUSE: {"reason": "Our proxy does so.", "until": "2027-01-31"},
        "logs.file": "Not tried this time.",
    }


def test_written_baseline_asks_for_a_reason(tmp_path: Path, failed: Make):
    write_baseline(tmp_path / "known.yaml", [failed("404\nand more")], Baseline())
    assert (tmp_path / "known.yaml").read_text(encoding="utf-8") == f"{CLAUSE}: Not explained yet. 404\n"
