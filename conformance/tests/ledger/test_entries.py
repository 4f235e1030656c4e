"""The ledger is put together from the contract, the checks and the faults."""

from pathlib import Path

import pytest

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.checks.registry import all_checks
from seatunnel_conformance.faults.catalogue import all_faults
from seatunnel_conformance.ledger import Ledger, UnknownEntry, find, ledger_of
from seatunnel_conformance.ledger.derivation import derived
from seatunnel_conformance.ledger.views import entry_data
from seatunnel_conformance.run.selection import select
from seatunnel_openapi import Contract, UnknownRelease, load, releases
from seatunnel_openapi.contract import Level


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return ledger_of()


def test_every_clause_has_an_entry_in_the_contracts_order(ledger: Ledger, contract: Contract):
    assert [entry.clause for entry in ledger.entries] == list(contract.clauses)


def test_entry_knows_its_operation_its_check_and_its_faults(ledger: Ledger):
    entry = ledger.entry("job-info.unknown-id")
    assert (entry.operation, entry.tag) == ("GET /job-info/{jobId}", "jobs")
    assert "unknown-id-is-404" in [fault.id for fault in entry.faults]
    assert all(
        "job-info.unknown-id" in fault.breaks for fault in all_faults() if fault.id in {f.id for f in entry.faults}
    )
    assert entry.only == "seatunnel-v2 conform URL --only job-info.unknown-id"


def test_place_of_a_check_is_where_its_function_stands(ledger: Ledger):
    (row,) = ledger.entry("job-info.unknown-id").checks
    file, line = row.place
    assert Path(file).read_text(encoding="utf-8").splitlines()[line - 1] == '@check("job-info.unknown-id")'
    (shown,) = entry_data(ledger.entry("job-info.unknown-id"))["checks"]
    assert shown["place"] == f"seatunnel_conformance/checks/job_info.py:{line}"
    assert not row.writes


def test_check_that_runs_jobs_is_told_to_write(ledger: Ledger):
    assert ledger.entry("life-cycle.batch-ends").checks[0].writes


def test_rule_of_random_histories_is_a_check_of_its_clause(ledger: Ledger):
    (rule,) = ledger.entry("life-cycle.times").histories
    file, line = rule.place
    assert Path(file).read_text(encoding="utf-8").splitlines()[line - 1] == '@rule("life-cycle.times")'
    assert rule.writes
    assert ledger.entry("http.error-shape").histories == ()


def test_scenario_that_is_evidence_shows_its_clause_on_the_releases_that_were_recorded():
    entry = ledger_of("2.3.9").entry("job-info.unknown-id")
    row = entry.scenarios[0]
    assert (row.name, row.shows, row.left_out) == ("job-info/unknown", True, None)
    development = ("development-2026-07-01", "development-2026-08-29")
    assert row.releases == ("docs-2024-10", "2.3.9", "2.3.10", "2.3.11", "2.3.12", "2.3.13", *development)
    assert entry.played("2.3.9") == (row,)
    assert entry.played("3.0.0") == ()


def test_scenario_that_only_asks_the_operation_shows_no_clause(ledger: Ledger):
    others = {row.name for row in ledger.entry("job-info.unknown-id").scenarios if not row.shows}
    assert "life-cycle/batch" in others
    assert "running-job/unknown" not in others


def test_scenario_that_no_run_plays_says_why(ledger: Ledger):
    entry = ledger.entry("http.one-answer")
    assert None not in [row.left_out for row in entry.scenarios]
    assert len(entry.scenarios) == 2
    assert entry.played("2.3.10") == ()


def test_pattern_of_a_scenario_selects_its_check():
    row = ledger_of("2.3.10").entry("job-info.unknown-id").scenarios[0]
    settings = Settings(url="http://localhost", only=(row.pattern,))
    assert [one.id for one in select(settings, load("2.3.10")).checks] == [
        "GET /job-info/{jobId}, recorded as job-info/unknown"
    ]


def test_clause_that_spans_operations_has_none(ledger: Ledger):
    entry = ledger.entry("http.error-shape")
    assert (entry.operation, entry.tag) == (None, None)
    assert entry.clause.operation_id is None


def test_counts_tell_what_is_checked_and_what_is_guarded(contract: Contract):
    one = next(check for check in all_checks() if check.clause_id == "job-info.edges")
    counted = derived(contract, [one], []).count(Level.MUST)
    assert (counted.checked, counted.guarded) == (1, 0)
    assert counted.clauses == len([clause for clause in contract.clauses if clause.level is Level.MUST])


def test_counts_of_the_levels_add_up(ledger: Ledger):
    assert sum(ledger.count(level).clauses for level in Level) == ledger.count().clauses == len(ledger.entries)


def test_unknown_clause_has_suggestions(ledger: Ledger):
    with pytest.raises(UnknownEntry, match=r"no clause job-info\.unkown-id in the documented contract") as caught:
        ledger.entry("job-info.unkown-id")
    assert caught.value.hint.startswith("did you mean job-info.unknown-id")


def test_clause_of_another_release_is_said_to_be_there():
    with pytest.raises(UnknownEntry) as caught:
        find("running-jobs.page", "2.3.9")
    assert caught.value.hint == "it is a clause of 2.3.13, development-2026-07-01, development-2026-08-29, 3.0.0, 3.1.0"


def test_clause_is_found_in_the_first_release_that_has_it():
    assert find("running-jobs.page").clause.id == "running-jobs.page"
    assert find("running-jobs.page").holds[0].release == "2.3.13"


def test_clause_for_clients_is_found_with_its_rule():
    entry = find("client.unknown-job")

    assert (entry.is_for_clients, entry.only) == (True, "seatunnel-v2 try-client -- COMMAND")
    assert entry_data(entry)["checks"][0]["place"].startswith("seatunnel_conformance/clients/rules.py:")
    assert entry.checks[0].why.startswith("The client waits forever")


def test_clause_of_no_release_is_unknown_everywhere():
    with pytest.raises(UnknownEntry, match="in the contract of any release"):
        find("running-jobs.no-such-thing")


def test_unknown_release_is_refused():
    with pytest.raises(UnknownRelease):
        ledger_of("0.0.1")


@pytest.mark.parametrize("release", releases())
def test_every_entry_holds_on_its_own_release(release: str):
    assert [it.clause.id for it in ledger_of(release).entries if release not in {h.release for h in it.holds}] == []
