"""Functions of another program, served as the reference server serves its own operations."""

import inspect
from typing import Any

import httpx2
import pytest

from seatunnel_openapi import Contract, load
from seatunnel_server.errors import HandlerMissing, HandlerSignature
from seatunnel_server.hosting import Answer, IllegalArgument, Request, Unimplemented, arguments_of, create_hosted_app

pytestmark = pytest.mark.anyio

CONTRACT = load()
OVERVIEW = {
    **dict.fromkeys(("totalSlot", "unassignedSlot", "works", "runningJobs", "finishedJobs"), "0"),
    **dict.fromkeys(("failedJobs", "cancelledJobs"), "0"),
    "projectVersion": "1.0",
    "gitCommitAbbrev": "abc",
}


def function(names: tuple[str, ...], answer: Any) -> Any:
    """Return a function with just these keyword-only arguments, which passes them to `answer`."""

    async def found(**arguments: Any) -> Any:
        return answer(**arguments)

    parameters = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in names]
    found.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return found


def unwritten(**_: Any) -> Any:
    raise Unimplemented


def app(contract: Contract = CONTRACT, **answers: Any) -> httpx2.AsyncClient:
    functions = {
        operation.id: function(arguments_of(operation), answers.get(operation.id, unwritten))
        for operation in contract.operations
    }
    hosted = create_hosted_app(contract, functions)
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(hosted), base_url="http://localhost")


async def ask(client: httpx2.AsyncClient, method: str, path: str, **options: Any) -> httpx2.Response:
    async with client:
        return await client.request(method, path, **options)


async def test_operation_that_nobody_has_written_is_answered_501_in_the_contracts_shape():
    answer = await ask(app(), "GET", "/overview")

    assert (answer.status_code, answer.json()["status"]) == (501, "fail")


async def test_function_gets_parameters_and_its_value_is_sent_as_json():
    asked = []

    def overview(**arguments: Any) -> dict[str, str]:
        asked.append(arguments)
        return OVERVIEW

    answer = await ask(app(get_overview=overview), "GET", "/overview?zone=1")

    assert (answer.status_code, answer.json(), asked) == (200, OVERVIEW, [{"tags": {"zone": "1"}}])


async def test_value_that_the_contract_does_not_have_is_not_sent():
    answer = await ask(app(get_overview=lambda **_: {"works": 1}), "GET", "/overview")

    assert answer.status_code == 500
    assert "works" not in answer.json()


async def test_value_that_is_not_sent_is_logged_in_one_line(caplog):
    await ask(app(get_overview=lambda **_: {"works": 1}), "GET", "/overview")

    (logged,) = [record for record in caplog.records if record.name.startswith("seatunnel_server")]
    assert ("get_overview" in logged.getMessage(), logged.exc_info) == (True, None)


@pytest.mark.parametrize(
    ("release", "path", "answered"),
    [
        ("2.3.11", "/running-jobs", (200, "application/json")),
        ("2.3.12", "/running-jobs", (200, "application/json;charset=utf-8")),
        ("2.3.11", "/metrics", (200, "text/plain;charset=iso-8859-1")),
        ("2.3.12", "/metrics", (200, "text/plain;charset=utf-8")),
        ("2.3.13", "/pending-jobs?jobId=abc", (400, "text/html;charset=iso-8859-1")),
        ("3.0.0", "/metrics/realtime/jobs/abc/edges", (400, "text/html;charset=iso-8859-1")),
        ("3.0.0", "/option-rules", (400, "application/json;charset=utf-8")),
    ],
)
async def test_media_types_are_those_of_the_release(release, path, answered):
    written = {"get_running_jobs": lambda **_: [], "get_metrics": lambda **_: "jobs 1"}
    answer = await ask(app(load(release), **written), "GET", path)

    assert (answer.status_code, answer.headers["content-type"]) == answered


async def test_parameter_that_the_contract_refuses_reaches_no_function():
    answer = await ask(app(), "GET", "/job-info/seven")

    assert (answer.status_code, answer.json()["message"]) == (400, 'For input string: "seven"')


@pytest.mark.parametrize(("body", "status"), [({"jobId": "5"}, 200), ({"jobId": [5]}, 400)])
async def test_body_is_had_as_json_only_if_the_contract_takes_it(body, status):
    def stop(*, request: Request[dict[str, str]]) -> dict[str, str]:
        return {"jobId": request.json()["jobId"]}

    answer = await ask(app(stop_job=stop), "POST", "/stop-job", json=body)

    assert answer.status_code == status


async def test_text_goes_as_the_first_kind_of_text_that_is_documented():
    answer = await ask(app(read_node_log=lambda **_: "line\n"), "GET", "/log/job.log")

    assert (answer.status_code, answer.text) == (200, "line\n")
    assert answer.headers["content-type"].startswith("text/plain")


async def test_refusal_of_a_function_is_answered_in_the_contracts_shape():
    def refuse(**_: Any) -> Any:
        raise IllegalArgument("no such thing")

    answer = await ask(app(stop_job=refuse), "POST", "/stop-job", json={"jobId": "5"})

    assert (answer.status_code, answer.json()) == (400, {"status": "fail", "message": "no such thing"})


async def test_answer_may_choose_status_and_kind():
    gone = Answer({"status": "fail", "message": "gone"}, 400)

    answer = await ask(app(get_overview=lambda **_: gone), "GET", "/overview")

    assert (answer.status_code, answer.json()["message"]) == (400, "gone")


def test_operation_without_a_function_is_named():
    with pytest.raises(HandlerMissing, match="get_overview"):
        create_hosted_app(CONTRACT, {})


def test_function_with_other_arguments_than_its_operation_is_named():
    functions = {operation.id: function(arguments_of(operation), unwritten) for operation in CONTRACT.operations}

    with pytest.raises(HandlerSignature, match=r"get_job_info .*job_id"):
        create_hosted_app(CONTRACT, {**functions, "get_job_info": function(("id",), unwritten)})
