"""The ledger is made from the contract, the checks and the faults."""

import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import jsonschema_rs
import pytest

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.checks.registry import all_checks
from seatunnel_conformance.faults.catalogue import all_faults
from seatunnel_conformance.ledger import Ledger, UnknownEntry, derivation, find, ledger_of, views
from seatunnel_conformance.ledger.derivation import derived
from seatunnel_conformance.ledger.entries import ReleaseStatus, release_statuses
from seatunnel_conformance.ledger.views import entry_data, unobserved
from seatunnel_conformance.run.plan import select
from seatunnel_openapi import Contract, UnknownRelease, load, proposals, releases
from seatunnel_openapi.contract import Clause, Evidence, Level
from seatunnel_openapi.overlay import Action

SINCE_2_3_13 = releases()[releases().index("2.3.13") :]


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
    assert caught.value.hint == f"it is a clause of {', '.join(SINCE_2_3_13)}"


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


RECORDED = Evidence("recorded", "recordings/2.3.9+static-slots.ndjson#area/scenario/step")
READ = Evidence("read", "research/later-releases.md#1.5")
PAGE = Evidence("documented", "page#jobs")


def clause(*evidence: Evidence, text: str = "It is so.") -> Clause:
    return Clause("job.known", Level.MUST, text, evidence, None)


def hold(one: Clause, release: str, before: ReleaseStatus | None = None, **more: object) -> ReleaseStatus:
    return derivation._hold(one, release, before, more.get("actions", ()), more.get("steps", {}))


def known(found: ReleaseStatus) -> tuple[str, str]:
    return found.how, found.known_on


def test_recording_of_the_release_is_the_strongest():
    assert known(hold(clause(PAGE, READ, RECORDED), "2.3.9")) == ("recorded", "2.3.9")


def test_step_that_another_release_has_answered_too_is_recorded_there():
    steps = {"2.3.10": frozenset({"area/scenario/step"})}
    assert known(hold(clause(RECORDED), "2.3.10", steps=steps)) == ("recorded", "2.3.10")


def test_page_speaks_for_the_documented_contract():
    assert known(hold(clause(RECORDED, PAGE), "documented")) == ("documented", "documented")


def test_what_the_page_leaves_open_rests_on_an_engine():
    assert known(hold(clause(RECORDED), "documented")) == ("recorded", "2.3.9")
    assert hold(clause(RECORDED), "documented").is_carried_over


def test_clause_that_nobody_looked_at_since_says_when_somebody_did():
    before = hold(clause(RECORDED), "2.3.9")
    after = hold(clause(RECORDED), "2.3.11", before)
    assert (after.release, known(after)) == ("2.3.11", ("recorded", "2.3.9"))


def test_changed_sentence_is_known_by_its_new_evidence():
    before = hold(clause(RECORDED), "2.3.9")
    assert known(hold(clause(RECORDED, READ, text="It is otherwise."), "2.3.13", before)) == ("read", "2.3.13")


def test_changed_sentence_without_evidence_of_its_own_is_known_by_the_action_that_changed_it():
    before = hold(clause(RECORDED), "2.3.9")
    action = Action(1, "$['x-clauses'][?@.id == 'job.known']", "It changes.", {}, remove=False, evidence=PAGE)
    changed = clause(RECORDED, text="It is otherwise.")
    assert known(hold(changed, "2.3.12", before, actions=[action])) == ("documented", "2.3.12")


def test_clause_is_missing_where_a_release_does_not_have_it():
    assert {found.release for found in release_statuses()["jobs.checkpoint-overview"]} == set(SINCE_2_3_13)


@pytest.mark.parametrize("release", ["docs-2024-10", "2.3.9", "2.3.10"])
def test_recorded_releases_have_recordings_of_their_own(release: str):
    own = [
        found.release
        for entries in release_statuses().values()
        for found in entries
        if found.release == release and known(found) == ("recorded", release)
    ]
    assert len(own) > 150


@pytest.mark.parametrize("release", releases())
def test_must_clause_of_any_release_has_a_check_and_a_fault(release: str):
    must = [entry for entry in ledger_of(release).entries if entry.clause.level is Level.MUST]
    assert must
    assert [entry.clause.id for entry in must if not entry.checks or not entry.faults] == []


def test_clause_without_a_check_has_a_reason_and_no_other_has_one():
    entries = [entry for release in releases() for entry in ledger_of(release).entries]
    bare = {entry.clause.id for entry in entries if not entry.checks and not entry.histories}
    assert (set(unobserved()) - bare, bare - set(unobserved())) == (set(), set())


REGISTER = Path(__file__).parents[3] / "openapi" / "clause-ids.txt"
REGISTERED = REGISTER.read_text(encoding="utf-8").split()
CONTRACTS = [load(release) for release in (*releases(), *proposals())]
CURRENT = {clause.id for contract in CONTRACTS for clause in (*contract.clauses, *contract.client_clauses)}


def test_every_clause_is_registered():
    assert CURRENT - set(REGISTERED) == set(), f"a new id is added to {REGISTER.name}, for good"


def test_every_registered_id_is_a_clause_or_retired():
    retired = {clause.id for contract in CONTRACTS for clause in contract.retired}
    assert set(REGISTERED) - CURRENT - retired == set(), "an id that goes is told in x-retired-clauses"


def test_register_is_sorted_and_names_each_id_once():
    assert sorted(set(REGISTERED)) == REGISTERED


@pytest.mark.parametrize("release", releases())
def test_table_has_a_line_for_each_clause_and_fits_into_80_columns(release: str):
    ledger = ledger_of(release)
    lines = views.as_table(ledger).splitlines()
    first = [line.split()[0] for line in lines if line]
    assert first == ["clause", *(entry.clause.id for entry in ledger.entries), "check:", *Level]
    assert max(map(len, lines)) <= views.WIDTH


@pytest.mark.parametrize("clause_id", [clause.id for release in releases() for clause in load(release).clauses][::7])
def test_explanation_fits_into_80_columns_but_for_what_can_not_be_broken(clause_id: str):
    long = [line for line in views.explained(find(clause_id)).splitlines() if len(line) > views.WIDTH]
    unbroken = ("run alone", "checked", "histories", " ")
    assert [line for line in long if len(line.split()) > 1 and not line.startswith(unbroken)] == []


def test_explanation_tells_everything_about_a_clause():
    entry = find("job-info.unknown-id")
    text = " ".join(views.explained(entry).split())
    for said in (
        entry.clause.text,
        "GET /job-info/{jobId} (get_job_info, tag jobs)",
        "recorded: recordings/docs-2024-10.ndjson#job-info/unknown/get",
        f"checks/job_info.py:{entry.checks[0].place[1]}",
        "recorded job-info/unknown, on docs-2024-10, 2.3.9, 2.3.10, 2.3.11",
        "others that request GET /job-info/{jobId}",
        "seatunnel-v2 conform URL --only '*recorded as job-info/unknown'",
        "unknown-id-is-404: An unknown job id is answered with 404",
        "3.0.0: recorded development-2026-08-29, not checked since",
        "seatunnel-v2 conform URL --only job-info.unknown-id",
        "seatunnel-v2 faults --only unknown-id-is-404",
    ):
        assert said in text


def test_command_for_a_fault_names_a_release_that_has_the_clause():
    text = " ".join(views.explained(find("running-jobs.no-end-state")).split())
    assert "faults --only ended-jobs-stay-among-the-running --release development-2026-07-01" in text


@pytest.mark.parametrize("release", [releases()[0], releases()[-1]])
def test_data_have_the_published_schema(release: str):
    schema = json.loads(files("seatunnel_conformance.ledger").joinpath("ledger.schema.json").read_text("utf-8"))
    jsonschema_rs.Draft202012Validator(schema).validate(views.as_data(ledger_of(release)))


def test_data_say_which_releases_have_a_clause():
    entry = find("job-info.unknown-id")
    gone = replace(entry, holds=entry.holds[1:3])
    since_and_until = [(data["since"], data["until"]) for data in map(views.entry_data, (entry, gone))]
    assert since_and_until == [("documented", None), ("docs-2024-10", "2.3.9")]


def test_explanation_says_what_is_missing():
    bare = replace(find("job-info.unknown-id"), checks=(), faults=())
    text = views.explained(bare)
    assert "by nothing" in text
    assert "no fault shows" in text


def test_release_that_says_it_otherwise_is_marked():
    assert "2.3.10: recorded; the text of the clause differs" in views.explained(find("encrypt-config.sensitive-keys"))


def test_markdown_is_a_table_with_a_row_for_each_clause():
    ledger = ledger_of()
    rows = views.as_markdown(ledger).splitlines()
    assert len(rows) == len(ledger.entries) + 2
    assert len({row.count("|") for row in rows}) == 1
    assert rows[2].startswith("| `http.error-shape` | MUST | ")


def test_data_is_json_and_counts_what_it_lists():
    data = json.loads(json.dumps(views.as_data(ledger_of())))
    assert sum(count["clauses"] for count in data["counts"].values()) == len(data["clauses"])
    assert data["counts"]["MUST"]["checked"] == len(
        [it for it in data["clauses"] if it["level"] == "MUST" and it["checks"]]
    )
    one = next(clause for clause in data["clauses"] if clause["id"] == "job-info.unknown-id")
    assert one["releases"][6] == {"release": "2.3.13", "known": "recorded", "knownOn": "2.3.13"}
    assert one["operationId"] == "get_job_info"
