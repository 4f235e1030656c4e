"""Which checks a run makes."""

import pytest

from seatunnel_conformance import registry
from seatunnel_conformance.kinds import ClauseCheck
from seatunnel_conformance.selection import Planned, plan, suggestions
from seatunnel_conformance.settings import Settings
from seatunnel_openapi import Contract


def planned(contract: Contract, **settings: object) -> list[Planned]:
    return plan(Settings(**{"url": "http://localhost:8080", **settings}), contract, registry.all_checks())


def made(contract: Contract, **settings: object) -> list[Planned]:
    return [check for check in planned(contract, **settings) if not check.skipped]


def test_everything_is_selected_by_default(contract: Contract):
    ids = [check.id for check in planned(contract)]
    assert len(ids) == len(set(ids))
    assert len(ids) == len(contract.operations) + 1 + len(registry.paired(registry.all_checks(), contract))


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
        ("POST /submit-job, linked*", ["POST /submit-job, linked requests"]),
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


def test_pattern_that_matches_nothing_has_suggestions(contract: Contract):
    assert "job-info.unknown-id" in suggestions("job-info.unkown-id", contract)


def test_other_machines_are_only_read_from(contract: Contract):
    checks = planned(contract, url="http://cluster:8080")
    assert all(check.skipped for check in checks if check.writes)
    assert all("--allow-writes" in check.skipped for check in checks if check.skipped)
    assert not any(check.skipped for check in checks if not check.writes)


def test_other_machines_are_written_to_where_it_is_allowed(contract: Contract):
    assert not any(check.skipped for check in planned(contract, url="http://cluster:8080", allow_writes=True))


def test_profile_that_only_reads_writes_nothing_even_if_allowed(contract: Contract):
    assert not any(check.writes for check in made(contract, profile="read-only", allow_writes=True))


def test_smoke_profile_runs_no_jobs(contract: Contract):
    assert not any(
        isinstance(check.kind, ClauseCheck) and "jobs" in check.kind.check.needs
        for check in made(contract, profile="smoke")
    )
    assert any(check.id == "job-info.unknown-id" for check in made(contract, profile="smoke"))


def test_checks_that_a_profile_leaves_out_say_so(contract: Contract):
    skipped = {check.skipped for check in planned(contract, profile="smoke") if check.skipped}
    assert skipped == {"the profile smoke runs no jobs"}
