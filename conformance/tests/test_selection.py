"""The checks of a run that options select, and the changes that they make."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pytest
from throwaway import Handler, listening

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.checks import registry
from seatunnel_conformance.checks.derived import checks_with_jobs, whole_run_checks
from seatunnel_conformance.errors import LimitReached
from seatunnel_conformance.model.invariants import INVARIANTS
from seatunnel_conformance.run.attempts import PlannedCheck
from seatunnel_conformance.run.kinds import ClauseCheck, every_check
from seatunnel_conformance.run.plan import Changes, plan_run, select
from seatunnel_conformance.run.releases import ReleaseChoice
from seatunnel_conformance.run.workers import run_check
from seatunnel_conformance.target.connection import Connection
from seatunnel_conformance.target.deployment import READING
from seatunnel_conformance.target.limits import ChangesLeft, Governor, RequestLimits
from seatunnel_conformance.text.redaction import Secret
from seatunnel_openapi import Contract, load
from seatunnel_openapi.contract import Level

HISTORIES = {"POST /submit-job", "POST /stop-job", "POST /submit-jobs", "POST /stop-jobs", "POST /update-tags"}


def planned(contract: Contract, **settings: object) -> list[PlannedCheck]:
    given = {"url": "http://localhost:8080", "nodes": ("http://localhost:8081",), "reference": True, **settings}
    return list(select(Settings(**given), contract).checks)


def made(contract: Contract, **settings: object) -> list[PlannedCheck]:
    return [check for check in planned(contract, **settings) if not check.skipped]


def test_everything_is_selected_by_default(contract: Contract):
    ids = [check.id for check in planned(contract)]
    assert len(ids) == len(set(ids))
    pairs = registry.paired(registry.all_checks(), contract)
    derived = [*checks_with_jobs(contract), *whole_run_checks(contract)]
    assert len(ids) == len(contract.operations) + 1 + len(pairs) + len(derived) + len(INVARIANTS)


def test_every_operation_has_generated_requests(contract: Contract):
    ids = {check.id for check in planned(contract)}
    assert {f"{operation.method} {operation.path}" for operation in contract.operations} <= ids


@pytest.mark.parametrize(
    ("pattern", "first"),
    [
        ("job-info.unknown-id", ["job-info.unknown-id"]),
        ("job-info.unknown-*", ["job-info.unknown-id"]),
        ("GET /job-info/{jobId}", ["GET /job-info/{jobId}", "job-info.members"]),
        ("get_job_info", ["GET /job-info/{jobId}", "job-info.members"]),
        ("life-cycle.times", ["life-cycle.times", "life-cycle.times, random histories"]),
        ("*, random histories", ["life-cycle.states-in-order, random histories"]),
        ("POST /submit-job, linked*", ["POST /submit-job, linked requests"]),
        ("job-info", ["job-info.members"]),
        ("http", ["http.error-shape"]),
        ("SHOULD", ["http.error-content-type"]),
        ("logs", ["GET /logs"]),
        ("generated requests", ["GET /overview"]),
    ],
)
def test_checks_are_selected_by_clause_and_operation(contract: Contract, pattern: str, first: list[str]):
    ids = [check.id for check in planned(contract, only=(pattern,))]
    assert ids[: len(first)] == first


def test_several_patterns_select_what_any_of_them_does(contract: Contract):
    ids = [check.id for check in planned(contract, only=("job-info.edges", "stop-job.again"))]
    assert ids == ["job-info.edges", "stop-job.again"]


def test_pattern_that_matches_nothing_selects_nothing(contract: Contract):
    assert planned(contract, only=("no-such-check",)) == []


def told(contract: Contract, **patterns: tuple[str, ...]) -> list[tuple[str, str]]:
    settings = Settings(url="http://localhost:8080", **patterns)
    return [(str(one), one.hint) for one in select(settings, contract).unmatched]


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("job-info.unkown-id", "job-info.unknown-id"),
        ("must", "MUST"),
        ("get_overveiw", "get_overview"),
        ("GET /overviews", "GET /overview"),
        ("submission", "submissions"),
    ],
)
def test_pattern_that_matches_nothing_has_suggestions(contract: Contract, pattern: str, meant: str):
    ((said, hint),) = told(contract, only=(pattern,))
    assert said == f"--only {pattern} matches no check"
    assert meant in hint


def test_every_pattern_among_several_that_matches_nothing_is_told(contract: Contract):
    found = told(contract, only=("job-info.edges", "job-info.egdes"), skip=("MAYBE", "zzzz"))
    assert [said for said, _ in found] == [
        "--only job-info.egdes matches no check",
        "--skip MAYBE matches no check",
        "--skip zzzz matches no check",
    ]
    assert found[-1][1].startswith("patterns are clause ids, groups, levels or operations")


def test_suggestions_are_similar_names_only(contract: Contract):
    ((_, hint),) = told(contract, only=("zzzz",))
    assert "did you mean" not in hint


def test_pattern_of_checks_that_are_skipped_anyway_is_no_stranger(contract: Contract):
    assert told(contract, only=("job-info.edges",), skip=("job-info.*",)) == []


def test_what_is_skipped_is_left_out_of_what_is_selected(contract: Contract):
    ids = [check.id for check in planned(contract, only=("logs",), skip=("SHOULD", "GET /logs/{jobIdOrFile}"))]
    assert "logs.json-list" in ids
    assert not {"logs.format-words", "GET /logs/{jobIdOrFile}", "logs.file"} & set(ids)


@pytest.mark.parametrize("skip", ["MUST", "job-info.*", "get_overview", "cluster", "generated requests"])
def test_skipped_pattern_takes_away_exactly_what_the_same_one_selects(contract: Contract, skip: str):
    rest, taken = planned(contract, skip=(skip,)), planned(contract, only=(skip,))
    assert taken
    assert {one.id for one in rest} == {one.id for one in planned(contract)} - {one.id for one in taken}


def test_levels_share_out_all_checks(contract: Contract):
    parts = [len(planned(contract, only=(level,))) for level in Level]
    settings = Settings(url="http://localhost:8080")
    assert sum(parts) == len(every_check(settings, contract))


def test_tag_selects_all_operations_that_have_it(contract: Contract):
    labels = {f"{found.method} {found.path}" for found in contract.operations if found.tag == "cluster"}
    chosen = planned(contract, only=("cluster",))
    assert {check.operation for check in chosen} == labels
    assert {check.level for check in chosen} >= {Level.MUST, Level.SHOULD}


@pytest.mark.parametrize("url", ["http://cluster:8080", "http://localhost:8080", "http://127.0.0.1:8080"])
def test_target_is_only_read_unless_that_is_allowed_wherever_it_is(contract: Contract, url: str):
    checks = planned(contract, url=url, reference=False)
    assert all(check.skipped for check in checks if check.writes)
    assert all("--allow-writes" in str(check.skipped) for check in checks if check.skipped)
    assert not any(check.skipped for check in checks if not check.writes)


def test_clauses_about_several_nodes_are_planned_only_where_several_are_given(contract: Contract):
    checks = planned(contract, only=("nodes",), nodes=())
    assert {str(check.skipped) for check in checks} == {"only one node of the cluster is given; --node adds another"}
    assert made(contract, only=("nodes",)) == planned(contract, only=("nodes",))


def test_target_is_written_to_where_it_is_allowed(contract: Contract):
    assert not any(check.skipped for check in planned(contract, reference=False, allow_writes=True))


def test_profile_that_only_reads_writes_nothing_even_if_allowed(contract: Contract):
    assert not any(check.writes for check in made(contract, profile="read-only", allow_writes=True))


def test_check_with_a_part_that_reads_is_made_without_permission_to_write(contract: Contract):
    both = {check.clause_id for check, _ in registry.paired(registry.all_checks(), contract) if check.reads}
    assert "http.trailing-slash" in both
    for settings in ({"profile": "read-only"}, {"reference": False}):
        assert both & {check.id for check in made(contract, **settings)} == both
    assert all(check.writes for check in made(contract, only=tuple(both)))


def test_smoke_profile_runs_no_jobs(contract: Contract):
    kinds = [check.kind for check in made(contract, profile="smoke")]
    assert not any(isinstance(kind, ClauseCheck) and "jobs" in kind.function.needs for kind in kinds)
    assert any(check.id == "job-info.unknown-id" for check in made(contract, profile="smoke"))


def test_checks_that_a_profile_leaves_out_say_so(contract: Contract):
    skipped = {str(check.skipped) for check in planned(contract, profile="smoke") if check.skipped}
    assert skipped == {"the profile smoke runs no jobs"}


def test_smoke_profile_sends_no_request_that_can_submit_a_job(contract: Contract):
    checks = {
        check.operation: check.skipped and str(check.skipped)
        for check in planned(contract, profile="smoke")
        if not check.names[1:]
    }
    submits = [label for label in checks if label and label.startswith("POST /submit-job")]
    assert submits
    assert {checks[label] for label in submits} == {"the profile smoke runs no jobs"}


def changes(contract: Contract, **given: Any) -> Changes:
    usual = {"url": "http://localhost", "release": contract.release, "run": "abc", "reference": True}
    settings = Settings(**{**usual, **given})
    return plan_run(settings, ReleaseChoice(contract)).changes


def test_reading_changes_nothing(contract: Contract):
    assert changes(contract, profile="read-only") == changes(contract, reference=False) == Changes("abc", 0, (), 0)


@pytest.mark.parametrize(
    ("only", "number", "operations"),
    [
        (("stop-job.missing-id", "job-info.unknown-id"), 1, {"POST /stop-job"}),
        (("job-info.unknown-id",), 0, set()),
        (("life-cycle.stop-ends",), 2, HISTORIES),
    ],
)
def test_plan_says_how_many_checks_change_the_target_and_where(
    contract: Contract, only: tuple[str, ...], number: int, operations: set[str]
):
    found = changes(contract, only=only)
    assert (found.checks, set(found.operations)) == (number, operations)
    assert (found.at_most > 0) is (number > 0)
    assert found.names == {"jobs": "conformance-abc-*", "tags": "conformance-abc"}
    assert f"at most {found.at_most} requests" in found.line
    assert "jobs named conformance-abc-*" in found.line


def test_other_methods_are_changes_where_the_profile_has_them(contract: Contract):
    found = {
        name: changes(contract, only=("GET /overview",), profile=name).operations for name in ("smoke", "standard")
    }
    assert set(found["standard"]) - set(found["smoke"]) >= {"other methods on GET paths"}


def test_recorded_scenario_changes_what_its_requests_change():
    found = changes(load("2.3.10"), only=("*recorded as stop-job/unknown-id", "*recorded as overview/plain"))
    assert (found.checks, found.operations) == (1, ("POST /stop-job",))


def test_run_that_would_change_more_than_it_may_is_stopped():
    governor = Governor(RequestLimits(changes=ChangesLeft(2)), "http://h")
    for used in (governor, governor.for_worker()):
        used.count_change()
    for node in (governor, governor.for_node("http://i")):
        with pytest.raises(LimitReached, match="has used up its requests that change the target"):
            node.count_change()
    with governor.cleanup():
        governor.count_change()


@dataclass
class Recorder:
    """A proxy that responds by itself to everything, with `{}`, and keeps the requests."""

    url: str
    heard: list[tuple[str, str]] = field(default_factory=list)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    class Recording(Handler):
        def keep(self) -> None:
            self.content()
            kept.heard.append((self.command, self.path))
            self.respond({}, 302, Location=f"{kept.url}/elsewhere")

        do_GET = do_POST = do_HEAD = do_OPTIONS = keep
        do_PUT = do_DELETE = do_PATCH = do_TRACE = do_QUERY = keep

    with listening(Recording) as url:
        kept = Recorder(url)
        yield kept


@pytest.mark.slow
def test_no_kind_of_check_changes_another_machine_or_follows_it_elsewhere(recorder: Recorder, contract: Contract):
    connection = Connection(proxy=Secret(recorder.url), user="ann", password=Secret("secret"))
    settings = Settings(url="http://engine.example:8080", release="documented", connection=connection, wait=1.0)
    with closing(Context.set_up(settings, contract)) as context:
        for one in select(settings, contract).checks:
            run_check(context, one)
    assert len(recorder.heard) > 200
    assert {method for method, _ in recorder.heard} <= READING
    assert [path for _, path in recorder.heard if not path.startswith("http://engine.example:8080/")] == []


@pytest.mark.slow
def test_other_methods_are_tried_where_the_target_may_be_changed(recorder: Recorder, contract: Contract):
    connection = Connection(proxy=Secret(recorder.url))
    settings = Settings(
        url="http://engine.example", release="documented", connection=connection, allow_writes=True, only=("GET /log",)
    )
    with closing(Context.set_up(settings, contract)) as context:
        for one in select(settings, contract).checks:
            run_check(context, one)
    assert "DELETE" in {method for method, _ in recorder.heard}
