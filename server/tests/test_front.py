import asyncio
import time
from types import SimpleNamespace

import pytest

from seatunnel_server.api.endpoints import Call, current, enter
from seatunnel_server.api.middlewares import BodyReader
from seatunnel_server.errors import BodyTooLarge, TooManyBodies

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("prefer", ["code=400", 'Code="400"', "wait=1, code=400", "code=400;x=y"])
async def test_preferred_status_is_answered_with_its_first_example(api, contract, prefer):
    answer = await api.get("/job-info/5", headers={"prefer": prefer})
    example = contract.resolve(
        next(
            iter(
                contract.operation("get_job_info").responses["400"]["content"]["application/json"]["examples"].values()
            )
        )
    )
    assert (answer.status, answer.json) == (400, example["value"])
    assert answer.headers["preference-applied"] == "code=400"


async def test_every_documented_status_can_be_preferred(make_api, contract):
    api = make_api(fresh=True)
    for operation in contract.operations:
        target = operation.path.replace("{jobId}", "5").replace("{", "").replace("}", "")
        for status, response in operation.responses.items():
            answer = await api(operation.method, target, headers={"prefer": f"code={status}"})
            assert (answer.status, answer.headers["preference-applied"]) == (int(status), f"code={status}")
            media_type, shown = next(iter(response.get("content", {}).items()), (None, {"example": ""}))
            example = next((contract.resolve(each)["value"] for each in shown.get("examples", {}).values()), None)
            example = shown.get("example") if example is None else example
            assert (answer.content_type or "").split(";")[0] == (media_type or "").split(";")[0]
            assert (answer.json if answer.content_type == "application/json" else answer.body.decode()) == example


async def test_response_with_one_example_is_shown_by_it(api, make_api, contract_with):
    prefer = {"prefer": "code=200"}
    example = {**(await api.get("/overview", headers=prefer)).json, "projectVersion": "the one"}

    def with_one_example(document):
        shown = document["paths"]["/overview"]["get"]["responses"]["200"]["content"]["application/json"]
        del shown["examples"]
        shown["example"] = example

    answer = await make_api(contract_with(with_one_example)).get("/overview", headers=prefer)
    assert answer.json == example


@pytest.mark.parametrize("prefer", ["code=418", "code=abc", "code=4000", "nothing", "encode=400"])
async def test_preference_that_can_not_be_met_is_ignored(api, prefer):
    answer = await api.get("/job-info/5", headers={"prefer": prefer})
    assert (answer.status, answer.json) == (200, {"jobId": ""})


async def test_preference_changes_nothing(api, page_job):
    await api.post("/submit-job", page_job, headers={"prefer": "code=500"})
    assert api.engine.submitted == []


async def test_latency_holds_operations_back_and_nothing_else(make_api):
    api = make_api(latency=0.05)
    begun = time.monotonic()
    assert (await api.get("/_reference")).status == 200
    assert (await api.get("/nope")).status == 404
    quick = time.monotonic() - begun
    assert (await api.get("/overview")).status == 200
    assert time.monotonic() - begun >= quick + 0.05


async def test_client_that_goes_away_while_it_sends_is_not_answered(api):
    sent = []

    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/stop-job", "query_string": b"", "headers": []}
    await api.app(scope, receive, send)
    assert sent == []


async def test_frameworks_behind_see_a_request_without_a_body():
    seen = []

    async def framework(scope, receive, _send):
        seen.extend([scope["headers"], await receive(), await receive()])

    arriving = iter([{"type": "http.request", "body": b"{}"}, {"type": "http.disconnect"}])

    async def receive():
        return next(arriving)

    enter(Call(SimpleNamespace(takes_body=True), {}, asyncio.get_running_loop()))
    headers = [(b"content-type", b"text/plain"), (b"x", b"y"), (b"content-length", b"2")]
    await BodyReader(framework, limit=9, total=9, seconds=9)({"type": "http", "headers": headers}, receive, None)
    assert seen == [
        [(b"x", b"y")],
        {"type": "http.request", "body": b"", "more_body": False},
        {"type": "http.disconnect"},
    ]
    assert (current().content, current().media_type.name) == (b"{}", "text/plain")


@pytest.mark.parametrize(
    ("length", "pieces", "is_read"),
    [
        (b"2", [b"{}"], True),
        (b"3", [b"{}"], False),
        (None, [b"{", b"}"], True),
        (None, [b"{", b" }"], False),
        (b"9" * 5000, [b"{}"], False),
        (b"many", [b"{}"], True),
    ],
)
async def test_body_is_read_up_to_the_limit(length, pieces, is_read):
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    arriving = iter([*messages[:-1], {**messages[-1], "more_body": False}])
    passed_on = []

    async def receive():
        return next(arriving)

    async def framework(*_):
        passed_on.append(current().content)

    enter(Call(SimpleNamespace(takes_body=True), {}, asyncio.get_running_loop()))
    reader = BodyReader(framework, limit=2, total=9, seconds=9)
    scope = {"type": "http", "headers": [] if length is None else [(b"content-length", length)]}
    if is_read:
        await reader(scope, receive, None)
        assert passed_on == [b"{}"]
    else:
        with pytest.raises(BodyTooLarge) as refused:
            await reader(scope, receive, None)
        assert (refused.value.arguments, passed_on) == ((2,), [])


async def test_bodies_of_all_requests_have_a_limit_until_they_are_answered():
    answered = asyncio.Event()

    async def framework(*_):
        await answered.wait()

    async def receive():
        return {"type": "http.request", "body": b"12345", "more_body": False}

    reader, scope = BodyReader(framework, limit=9, total=12, seconds=9), {"type": "http", "headers": []}

    async def ask():
        enter(Call(SimpleNamespace(takes_body=True), {}, asyncio.get_running_loop()))
        await reader({**scope}, receive, None)

    held = [asyncio.create_task(ask()) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyBodies, match="12 bytes of request bodies"):
        await ask()
    answered.set()
    await asyncio.gather(*held)
    await ask()


async def test_body_for_which_there_is_no_room_is_refused(make_api):
    answer = await make_api(bodies_limit=1).post("/submit-job", {})
    assert (answer.status, "try again later" in answer.json["message"]) == (413, True)


async def test_body_that_does_not_arrive_is_not_waited_for(make_api):
    api, sent = make_api(body_seconds=0.01), []

    async def receive():
        await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/stop-job", "query_string": b"", "headers": []}
    await api.app(scope, receive, send)
    assert sent[0]["status"] == 400
    assert sent[1]["body"] == b'{"status":"fail","message":"The request body did not arrive within 0.01 seconds."}'


async def test_engine_outlives_an_app_since_others_may_have_it(make_api, engine):
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    told = []

    async def receive():
        return next(messages)

    async def send(message):
        told.append(message["type"])

    await make_api().app({"type": "lifespan", "state": {}}, receive, send)
    assert told == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert not engine.closed
