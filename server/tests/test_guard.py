"""The guard sends only responses that the contract allows."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import pytest

from seatunnel_server.api.binding import awaited
from seatunnel_server.api.endpoints import Call, enter
from seatunnel_server.api.middlewares import ContractGuard
from seatunnel_server.api.validation import ResponseValidator, SchemaCompiler
from seatunnel_server.errors import ContractViolation
from seatunnel_server.http.error_responses import ErrorResponses
from seatunnel_server.http.replies import Reply

pytestmark = pytest.mark.anyio

WITHHELD = {"status": "fail", "message": "The server's answer did not keep the contract and was withheld."}
JOB = b'{"jobId":""}'
SCOPE = {"type": "http", "method": "GET", "path": "/", "headers": []}


@pytest.fixture
def guarded(contract):
    """Send a reply, or raise an error, in a handler behind the guard; return the response."""

    async def send(operation_id, outcome, *, refusal=None, changed=contract):
        async def handler():
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        async def app(_scope, _receive, send):
            await (await awaited(handler)()).send(send)

        sent = []

        async def keep(message):
            sent.append(message)

        operation = changed.operation(operation_id)
        validator = ResponseValidator(operation, changed, SchemaCompiler(changed.document))
        endpoint = SimpleNamespace(check=lambda _: None, arguments=lambda _: {}, validator=validator)
        enter(Call(endpoint, SCOPE, asyncio.get_running_loop(), refusal=refusal))
        await ContractGuard(app, answers=ErrorResponses(changed.behaviour))(SCOPE, None, keep)
        return sent[0]["status"], b"".join(message["body"] for message in sent[1:])

    return send


@pytest.mark.parametrize(
    ("operation_id", "reply", "problem"),
    [
        ("get_job_info", Reply((JOB,), "application/json", 201), "the status 201 is not documented"),
        ("get_job_info", Reply((JOB,), "text/plain"), "the content type 'text/plain' is not documented"),
        ("get_job_info", Reply((JOB,)), "the content type 'of nothing' is not documented"),
        ("get_job_info", Reply((b'{"jobId":"7"}',), "application/json"), "at /"),
        ("get_job_info", Reply((b"{",), "application/json"), "no JSON"),
        ("get_job_info", Reply((), "application/json"), "no JSON"),
        ("get_job_info", Reply((b'{"jobId":NaN}',), "application/json"), "no JSON"),
        ("get_job_info", Reply((b'{"status":"fail"}',), "application/json", 400), '"message" is a required property'),
        ("get_job_info", Reply((b"{}",), "application/json", validated_by=object()), "at /"),
        ("read_node_log", Reply((b"{}",), "application/json", 400), "a body where none is documented"),
        ("list_node_logs", Reply((b"<html></html>",), "text/html;charset=utf-8"), "does not match"),
    ],
)
async def test_answer_that_is_not_documented_is_withheld(guarded, operation_id, reply, problem):
    with pytest.raises(ContractViolation, match=operation_id) as caught:
        await guarded(operation_id, reply)
    assert problem in caught.value.problem


@pytest.mark.parametrize(
    ("operation_id", "reply"),
    [
        ("get_job_info", Reply((b'{"job', b'Id":""}'), "Application/JSON ; charset=utf-8")),
        ("read_node_log", Reply((b'"',), "text/plain")),
        ("read_node_log", Reply(status=400)),
        ("read_node_log", Reply((b"\xe9",), "text/plain;charset=iso-8859-1")),
    ],
)
async def test_answer_that_is_documented_goes_out_as_it_is(guarded, operation_id, reply):
    assert await guarded(operation_id, reply) == (reply.status, reply.body)


async def test_exception_is_answered_as_the_table_says_and_looked_at_too(guarded):
    status, body = await guarded("get_job_info", ZeroDivisionError())
    assert (status, body[:16]) == (500, b'{"status":"fail"')


async def test_request_that_the_contract_refuses_must_not_have_succeeded(guarded):
    with pytest.raises(ContractViolation, match="a request body that the contract refuses was answered 200: why"):
        await guarded("update_tags", Reply((b"{}",), "application/json"), refusal="why")
    error = Reply((b'{"status":"fail","message":null}',), "application/json", 400)
    assert (await guarded("update_tags", error, refusal="why"))[0] == 400


async def test_header_that_must_be_there_is_missed(guarded, contract_with):
    def change(document):
        response = document["paths"]["/job-info/{jobId}"]["get"]["responses"]["200"]
        response["headers"] = {"X-Must": {"required": True, "schema": {"type": "string"}}, "X-May": {"schema": {}}}

    changed = contract_with(change)
    with pytest.raises(ContractViolation, match="the header x-must is missing"):
        await guarded("get_job_info", Reply((JOB,), "application/json"), changed=changed)
    reply = Reply((JOB,), "application/json", headers=((b"X-MUST", b"1"),))
    assert (await guarded("get_job_info", reply, changed=changed))[0] == 200


async def test_list_with_one_job_that_breaks_the_contract_is_withheld(api, running_job):
    api.engine.jobs = [running_job, replace(running_job, create_time=running_job.create_time.replace(year=999))]
    answer = await api.get("/running-jobs")
    assert (answer.status, answer.json) == (500, WITHHELD)
    assert (await api.get("/job-info/5")).status == 200


async def test_list_whose_schema_asks_for_more_than_its_items_is_looked_at_as_a_whole(
    make_api, contract_with, engine, finished_job
):
    def change(document):
        document["components"]["schemas"]["FinishedJobEntries"]["maxItems"] = 1

    api = make_api(contract_with(change))
    engine.jobs = [finished_job(1)]
    assert len((await api.get("/finished-jobs")).json) == 1
    engine.jobs.append(finished_job(2))
    assert (await api.get("/finished-jobs")).json == WITHHELD


async def test_request_that_only_the_contract_refuses_is_withheld(make_api, contract_with, caplog):
    def change(document):
        document["components"]["schemas"]["NodeTags"]["additionalProperties"] = {"type": "string"}

    api = make_api(contract_with(change))
    assert (await api.post("/update-tags", {"a": "b"})).status == 200
    assert (await api.post("/update-tags", {"a": 1})).json == WITHHELD
    assert "a request body that the contract refuses was answered 200" in caplog.text


async def test_nothing_is_looked_at_when_responses_are_not_validated(make_api, engine, running_job):
    engine.jobs = [replace(running_job, create_time=running_job.create_time.replace(year=999))]
    api = make_api(validate_responses=False)
    assert (await api.get("/running-jobs")).status == 200
    assert (await api.get("/job-info/5")).status == 200
    assert (await api.get("/job-info/abc")).status == 400
