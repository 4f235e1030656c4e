"""Generated requests: reproducible, each for its own operation, and none that names a foreign job."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import httpx2
import pytest
import requests
import schemathesis
from asgi import App, Asked, app
from makers import Judge, MakeApp, ReferenceAs, Serve
from schemathesis import Case

from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.generated.engine import WireAdapter, configuration, expectations
from seatunnel_conformance.generated.guard import Guard
from seatunnel_conformance.observe.accusation import disagreement
from seatunnel_conformance.observe.forms import counters
from seatunnel_conformance.report.outcomes import Verdict
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract, load, proposals, releases

CaseOf = Callable[..., Case[Any]]


@pytest.fixture
def heard() -> list[str]:
    """The requests that `counting` has received."""
    return []


@pytest.fixture
def counting(heard: list[str]) -> App:
    """An app that records every request, and responds with an empty object."""

    def answer(asked: Asked) -> tuple[int, Any]:
        heard.append(f"{asked.method} {asked.target} {asked.body!r}")
        return 200, {}

    return app(answer)


@pytest.fixture
def somebody(reference: str, contract: Contract) -> Iterator[Jobs]:
    """Foreign jobs on the reference server."""
    with Target(reference, allow_writes=True) as target:
        jobs = Jobs(target, contract)
        yield jobs
        jobs.close()


@pytest.fixture
def guard(reference: str, contract: Contract) -> Iterator[Guard]:
    with Target(reference, allow_writes=True) as target:
        yield Guard("one", Jobs(target, contract), reference=True)


@pytest.fixture
def case(contract: Contract) -> CaseOf:
    """Return a maker of generated requests."""
    schema = schemathesis.openapi.from_dict(contract.copy_document())

    def make(path: str, **values: Any) -> Case[Any]:
        return schema[path]["POST"].Case(**values)

    return make


def test_requests_stay_with_their_operation(serve: Serve, counting: App, heard: list[str], judge: Judge):
    judge("GET /overview", serve(counting), profile="smoke")
    # Schemathesis first probes, with its own path, whether unusual characters are forwarded.
    paths = {line.split()[1].partition("?")[0] for line in heard}
    assert {path for path in paths if "schemathesis-probe" not in path} == {"/overview"}


@pytest.mark.slow
def test_same_seed_makes_the_same_requests(serve: Serve, counting: App, heard: list[str], judge: Judge):
    runs = []
    for seed in (5, 5, 6):
        heard.clear()
        judge("POST /stop-jobs", serve(counting), seed=seed, run="same")
        runs.append([line for line in heard if line.startswith("POST ")])  # others are look-ups of the guard
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


@pytest.mark.slow
def test_linked_requests_submit_valid_jobs(serve: Serve, counting: App, heard: list[str], judge: Judge):
    judge("POST /submit-job, linked requests", serve(counting))
    submitted = [line for line in heard if line.startswith("POST /submit-job?")]
    assert submitted
    assert all("FakeSource" in line and '"sink"' in line for line in submitted)


def test_findings_name_the_operation_and_the_code(serve: Serve, counting: App, judge: Judge):
    outcome = judge("GET /running-jobs", serve(counting), profile="smoke")
    assert outcome.verdict is Verdict.FAIL
    assert outcome.findings[0].summary == "GET /running-jobs: Response violates schema, answered 200 (ST108)"
    assert "Schema" not in outcome.findings[0].detail
    assert outcome.exchanges[0].body == "{}"


def failing(message: bytes) -> App:
    """Return an app that refuses everything with a message of these bytes."""
    body = b'{"status":"fail","message":"%s"}' % message
    return app(lambda _: (500, body), "application/json;charset=utf-8")


def test_valid_request_that_is_refused_is_a_finding_in_these_words(serve: Serve, judge: Judge):
    refusing = app(lambda _: (404, b"{}"), "application/json;charset=utf-8")
    outcome = judge("GET /running-job/{jobId}", serve(refusing), profile="smoke")
    assert any(found.detail.startswith("a valid request was refused") for found in outcome.findings), outcome


def test_half_of_a_character_in_an_error_is_no_finding(serve: Serve, judge: Judge):
    cited = b"Token not allowed in path expression: '\xed\xa0\xbd'"
    outcome = judge("POST /encrypt-config", serve(failing(cited)), profile="smoke")
    assert not [found for found in outcome.findings if "Content deserialization error" in found.summary]


@pytest.mark.parametrize("message", [b"both halves: \xed\xa0\xbd\xed\xb8\x80", b"another charset: \xe9"])
def test_other_bytes_in_an_error_that_are_no_text_are_a_finding(message: bytes, serve: Serve, judge: Judge):
    outcome = judge("POST /encrypt-config", serve(failing(message)), profile="smoke")
    assert [found for found in outcome.findings if "Content deserialization error" in found.summary]


def stated_statuses() -> dict[str, set[str]]:
    """The statuses that releases and proposals state, by operation."""
    stated: dict[str, set[str]] = {}
    for operation in (operation for name in (*releases(), *proposals()) for operation in load(name).operations):
        stated.setdefault(f"{operation.method} {operation.path}", set()).update(operation.responses)
    return stated


def named(entry: Mapping[str, Any]) -> list[str]:
    """The operations that an entry of the configuration names."""
    names = entry["include-name"]
    return [names] if isinstance(names, str) else names


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (418, "GET /overview: Undocumented status code 418"),
        (200, 'GET /overview: Response violates schema 200 required ("projectVersion" is a required property)'),
    ],
)
def test_kinds_of_failures_are_the_same_whatever_was_drawn(
    serve: Serve, one_answer: MakeApp, judge: Judge, status: int, kind: str
):
    url = serve(one_answer(status, b"{}"))
    found = [judge("GET /overview", url, profile="smoke", seed=seed).failures for seed in (1, 2)]
    assert found[0] == found[1]
    assert kind in found[0]


@pytest.mark.slow
def test_generated_test_can_be_repeated_with_its_seed_on_the_same_target(reference_as: ReferenceAs, judge: Judge):
    url = reference_as("2.3.13")
    found = [judge("POST /submit-job", url, "2.3.13", seed=5) for _ in range(2)]
    assert [each.verdict for each in found] == [Verdict.PASS, Verdict.PASS]


@pytest.mark.slow
def test_generated_test_passes_on_a_target_that_has_foreign_jobs_with_usual_ids(
    reference_as: ReferenceAs, judge: Judge
):
    url = reference_as("2.3.13", "--seed", "7")
    source = {"plugin_name": "FakeSource", "schema": {"fields": {"name": "string"}}}
    job = {"env": {"job.mode": "STREAMING"}, "source": [source], "sink": [{"plugin_name": "Console"}]}
    for job_id in (0, 1, -1):
        assert httpx2.post(f"{url}/submit-job?jobId={job_id}&jobName=foreign", json=job).status_code == HTTPStatus.OK
    found = [judge(f"POST /{name}", url, "2.3.13", seed=5) for name in ("stop-job", "stop-jobs", "submit-job/upload")]
    assert [(each.verdict, each.reason) for each in found] == [(Verdict.PASS, "")] * 3
    assert {httpx2.get(f"{url}/job-info/{job_id}").json()["jobStatus"] for job_id in (0, 1, -1)} == {"RUNNING"}


def test_expectations_name_operations_that_a_release_has():
    assert {name for entry in expectations()["operations"] for name in named(entry)} <= stated_statuses().keys()


def test_expectations_switch_nothing_off():
    for entry in expectations()["operations"]:
        assert "enabled" not in str(entry)
        assert set(entry) == {"include-name", "checks"}


def test_expectations_are_for_statuses_that_a_release_states():
    stated = stated_statuses()
    for entry in expectations()["operations"]:
        statuses = {status for check in entry["checks"].values() for status in check["expected-statuses"]}
        # 405 is the response to an unsupported method.
        for name in named(entry):
            assert {status for status in statuses if status.isdecimal()} <= stated[name] | {"405"}


def allowed_errors(contract: Contract) -> set[str]:
    """The statuses that are not reported as server errors of a generated `GET /finished-jobs`."""
    config = configuration(contract, Settings(url="http://localhost"), linked=False)
    operation = schemathesis.openapi.from_dict(contract.copy_document(), config=config)["/finished-jobs"]["GET"]
    checks = config.projects.default.checks_config_for(operation=operation)
    return set(checks.not_a_server_error.expected_statuses or ())


def test_server_error_that_a_fact_states_is_allowed_where_the_fact_holds():
    by_fact: dict[object, Contract] = {}
    for contract in map(load, releases()):
        by_fact.setdefault(contract.operation("get_finished_jobs").behaviour.get("paging"), contract)
    assert by_fact.keys() == {"none", "unchecked", "checked"}
    assert {fact for fact, contract in by_fact.items() if "500" in allowed_errors(contract)} == {"unchecked"}


def test_container_that_answers_methods_itself_is_not_blamed_for_it(contract: Contract):
    other = next(load(name) for name in releases() if load(name).behaviour["unsupportedMethod"] == "container-page")
    config = configuration(other, Settings(url="http://localhost"), linked=False)
    assert not config.projects.default.checks.unsupported_method.enabled
    config = configuration(contract, Settings(url="http://localhost"), linked=False)
    assert config.projects.default.checks.unsupported_method.enabled


@pytest.mark.slow
def test_stop_of_somebody_elses_job_is_aimed_elsewhere(guard: Guard, somebody: Jobs, case: CaseOf):
    job = somebody.running()
    for body in ({"jobId": job.id}, {"jobId": int(job.id)}, {"jobId": f"+{job.id}"}):
        request = case("/stop-job", body=body)
        guard.before(request)
        assert str(request.body["jobId"]).lstrip("+") != job.id
        assert type(request.body["jobId"]) is type(body["jobId"])


@pytest.mark.slow
def test_batch_stop_spares_somebody_elses_jobs_only(guard: Guard, somebody: Jobs, case: CaseOf):
    foreign, own = somebody.running(), guard.jobs.running()
    guard.ids.add(own.id)
    request = case("/stop-jobs", body=[{"jobId": int(own.id)}, {"jobId": int(foreign.id)}, {"jobId": "abc"}])
    guard.before(request)
    guard.jobs.close()
    assert request.body[0] == {"jobId": int(own.id)}
    assert request.body[1] != {"jobId": int(foreign.id)}
    assert request.body[2] == {"jobId": "abc"}


@pytest.mark.slow
def test_job_of_another_check_is_neither_stopped_nor_restarted(guard: Guard, case: CaseOf):
    """Checks run at the same time, and the list of running jobs leads to the jobs of all of them."""
    job = guard.jobs.finished()
    stop, restart = case("/stop-job", body={"jobId": job.id}), case("/submit-job", query={"jobId": job.id}, body={})
    for request in (stop, restart):
        guard.before(request)
    assert stop.body["jobId"] == restart.query["jobId"] != job.id


@pytest.mark.slow
def test_checks_that_send_the_same_example_at_once_submit_different_jobs(guard: Guard, case: CaseOf):
    """A 2.3.13 that gets two submissions with one id at once starts two jobs, which stay in CANCELING after a stop."""
    other = Guard("other", guard.jobs, reference=True)
    first, again, second = (case("/submit-jobs", body=[{"params": {"jobId": 1}}]) for _ in range(3))
    guard.before(first)
    guard.before(again)
    other.before(second)
    named = [request.body[0]["params"]["jobId"] for request in (first, again, second)]
    assert named[0] == named[1] != named[2]


@pytest.mark.slow
def test_job_that_a_check_has_submitted_is_stopped_by_it(guard: Guard, case: CaseOf):
    job_id = guard.jobs.target.own.generate()
    received = httpx2.Response(200, json={"jobId": job_id}, request=httpx2.Request("POST", "http://target"))
    received.elapsed = timedelta()
    submission, stop = case("/submit-job", body={}), case("/stop-job", body={"jobId": job_id})
    guard.after(submission, schemathesis.Response.from_any(received))
    guard.before(stop)
    assert stop.body == {"jobId": job_id}


@pytest.mark.slow
def test_stop_of_an_own_job_waits_until_it_has_begun(guard: Guard, case: CaseOf):
    job = guard.jobs.own(guard.jobs.endless())
    guard.jobs.send(job)
    guard.ids.add(job.id)
    guard.before(case("/stop-jobs", body=[{"jobId": int(job.id)}]))
    assert counters(guard.jobs.info(job.id)["metrics"])["sourcereceivedcount"] != "0"
    guard.jobs.close()


@pytest.mark.slow
@pytest.mark.parametrize("query", [{"jobId": "", "isStartWithSavePoint": "true"}, {"restoreSourceJobId": ""}])
def test_restart_of_somebody_elses_job_is_aimed_elsewhere(
    guard: Guard, somebody: Jobs, case: CaseOf, query: dict[str, str]
):
    job = somebody.finished()
    request = case("/submit-job", query={name: value or job.id for name, value in query.items()}, body={})
    guard.before(request)
    assert job.id not in request.query.values()
    assert request.query.get("isStartWithSavePoint") == query.get("isStartWithSavePoint")


@pytest.mark.slow
def test_request_that_names_many_jobs_is_made_harmless_with_few_look_ups(guard: Guard, case: CaseOf):
    request = case("/stop-jobs", body=[{"jobId": number} for number in range(1000, 1100)] + [[7, 8]])
    guard.before(request)
    sent = guard.jobs.target.governor.sent
    assert sent < 30
    guard.jobs.target.wire.guard.require_own("/stop-jobs", json.dumps(request.body).encode())
    assert guard.jobs.target.governor.sent < sent + 110


@pytest.mark.slow
def test_id_that_nobody_has_is_left_as_it_is(guard: Guard, case: CaseOf):
    request = case("/stop-job", body={"jobId": "873519264018273645", "nested": [{"x": 1}]})
    guard.before(request)
    assert request.body == {"jobId": "873519264018273645", "nested": [{"x": 1}]}


@pytest.mark.slow
def test_no_job_is_submitted_under_a_usual_id_because_the_next_run_would_find_it(guard: Guard, case: CaseOf):
    request = case("/submit-job", query={"jobId": 0}, body={})
    guard.before(request)
    assert str(request.query["jobId"]) in guard.jobs.target.own.generated
    assert request.query["jobName"].startswith(guard.jobs.target.own.prefix)


@pytest.mark.slow
def test_jobs_on_another_machine_are_the_suites_own_harmless_ones(guard: Guard, case: CaseOf):
    guard.reference = False
    wild = {"env": {"parallelism": 900}, "source": [{"plugin_name": "FakeSource", "row.num": -1}], "sink": [{}]}
    request = case("/submit-job", query={"jobName": "x"}, body=wild)
    guard.before(request)
    assert request.query["jobName"] == f"conformance-{guard.jobs.run}-x"
    assert {name: request.body[name] for name in ("env", "source", "sink")} == {
        name: guard.jobs.batch()[name] for name in ("env", "source", "sink")
    }


@pytest.mark.slow
@pytest.mark.parametrize("check_id", ["POST /stop-job", "POST /stop-jobs", "POST /submit-job, linked requests"])
def test_somebody_elses_job_outlives_generated_requests(reference: str, somebody: Jobs, judge: Judge, check_id: str):
    job = somebody.running()
    outcome = judge(check_id, reference)
    assert outcome.verdict is Verdict.PASS, outcome.reason
    assert outcome.requests > 0
    assert somebody.info(job.id)["jobStatus"] == "RUNNING"


def test_level_of_the_runs_own_logger_only_is_changed_and_reset(serve: Serve, counting: App, heard: list[str]) -> None:
    contract = load("3.0.0")
    schema = schemathesis.openapi.from_dict(contract.copy_document())
    with Target(serve(counting), allow_writes=True) as target:
        guard = Guard("one", Jobs(target, contract), reference=False)
        request = schema["/loggers/{name}"]["POST"].Case(path_parameters={"name": "org.apache.seatunnel"})
        with guard.on_duty(schema):
            guard.before(request)
        own = f"{target.own.prefix}logger"
    assert request.path_parameters == {"name": own}
    assert heard == [f"DELETE /loggers/{own}?scope=cluster b''"]


def test_trace_request_has_no_content(serve: Serve, counting: App, heard: list[str]) -> None:
    with Target(serve(counting)) as target, requests.Session() as session:
        session.mount("http://", WireAdapter(target.wire))
        session.request("TRACE", f"{target.url}/submit-job/upload", data=b"--b\nPOST /stop-job\n--b--", timeout=9)
    assert heard == ["TRACE /submit-job/upload b''"]


def test_what_two_operations_show_wrongly_alike_is_found() -> None:
    wrong, right = {"createTime": "2001"}, {"createTime": "2026"}
    assert disagreement(wrong, [wrong, right, right]) == (wrong, right)
    assert disagreement(right, [wrong, right]) == ({}, {})
