import pytest

from seatunnel_server.engine.domain import JobId

pytestmark = pytest.mark.anyio

LARGE = 881432421482889220


@pytest.mark.parametrize(
    ("body", "shown", "number"),
    [
        ('{"jobId":7}', "7", 7),
        ('{"jobId":"7"}', "7", 7),
        ('{"jobId":"+7"}', "+7", 7),
        ('{"jobId":"0007"}', "0007", 7),
        ('{"jobId":-5}', "-5", -5),
        ('{"jobId":5,"jobId":7}', "7", 7),
        ('{"jobId":7,"force":true,"x":{}}', "7", 7),
    ],
)
async def test_id_is_answered_as_it_was_written(api, body, shown, number):
    answer = await api.post("/stop-job", body=body.encode())
    assert answer.json == {"jobId": shown}
    assert api.engine.stopped == [(JobId(number), False)]


@pytest.mark.parametrize(
    ("flag", "savepoint"),
    [("true", True), ('"TRUE"', True), ("false", False), ('"yes"', False), ("null", False), ("1", False)],
)
async def test_savepoint_is_asked_for_by_the_text_true(api, flag, savepoint):
    await api.post("/stop-job", body=f'{{"jobId":7,"isStopWithSavePoint":{flag}}}'.encode())
    await api.post("/stop-jobs", body=f'[{{"jobId":{LARGE},"isStopWithSavePoint":{flag}}}]'.encode())
    assert api.engine.stopped == [(JobId(7), savepoint), (JobId(LARGE), savepoint)]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{}", "jobId cannot be empty."),
        ('{"jobId":null}', "jobId cannot be empty."),
        ('{"jobid":7}', "jobId cannot be empty."),
        ('{"jobId":""}', 'For input string: ""'),
        ('{"jobId":"abc"}', 'For input string: "abc"'),
        ('{"jobId":1.5}', 'For input string: "1.5"'),
        ('{"jobId":1e3}', 'For input string: "1000.0"'),
        ('{"jobId":9223372036854775808}', 'For input string: "9223372036854775808"'),
        ('{"jobId":true}', 'For input string: "true"'),
        ('{"jobId":[1]}', 'For input string: "[1]"'),
        ('{"jobId":{}}', 'For input string: "{}"'),
        ('{"jobId":" 7 "}', 'For input string: " 7 "'),
    ],
)
async def test_what_is_no_id_stops_nothing(api, body, message):
    one = await api.post("/stop-job", body=body.encode())
    several = await api.post("/stop-jobs", body=f"[{body}]".encode())
    assert (one.status, one.json["message"]) == (several.status, several.json["message"]) == (400, message)
    assert api.engine.stopped == []


async def test_query_and_path_name_no_job(api):
    assert (await api.post("/stop-job/9?jobId=9", {"jobId": 7})).json == {"jobId": "7"}
    assert (await api.post("/stop-job?jobId=9")).json["message"] == "Request body is empty."


async def test_several_ids_are_answered_as_numbers(api):
    answer = await api.post("/stop-jobs", [{"jobId": LARGE}, {"jobId": LARGE}, {"jobId": -(2**31) - 1}])
    assert answer.json == [{"jobId": LARGE}, {"jobId": LARGE}, {"jobId": -(2**31) - 1}]
    assert [job.number for job, _ in api.engine.stopped] == [LARGE, LARGE, -(2**31) - 1]


@pytest.mark.parametrize("body", ["[]", "  ", "[] x"])
async def test_nothing_to_stop_is_an_empty_list(api, body):
    answer = await api.post("/stop-jobs", body=body.encode())
    assert (answer.status, answer.json) == (200, [])


@pytest.mark.parametrize("small", ["123", "2147483647", '"881432421482889220"'])
async def test_small_number_or_text_fails_after_the_stop(api, small):
    answer = await api.post("/stop-jobs", body=f'[{{"jobId":{small}}},{{"jobId":{LARGE}}}]'.encode())
    assert answer.status == 500
    assert "cannot be cast to class java.lang.Long" in answer.json["message"]
    assert len(api.engine.stopped) == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"jobId":7}', "Json parse list exception!"),
        ('"x"', "Json parse list exception!"),
        ("7", "Json parse list exception!"),
        ("[7]", "Json parse list exception!"),
        ('["7"]', "Json parse list exception!"),
        ("null", "objectMap is marked non-null but is null"),
        ("[null]", "objectMap is marked non-null but is null"),
        ("[[]]", "objectMap is marked non-null but is null"),
    ],
)
async def test_what_is_no_list_of_objects_is_a_server_error(api, body, message):
    answer = await api.post("/stop-jobs", body=body.encode())
    assert (answer.status, answer.json["message"]) == (500, message)


async def test_fact_decides_whether_a_small_number_is_accepted(make_api, contract_with):
    def change(document):
        document["paths"]["/stop-jobs"]["post"]["x-behaviour"]["smallNumber"] = "accepted"
        document["components"]["schemas"]["JobNumber"].pop("anyOf")

    answer = await make_api(contract_with(change)).post("/stop-jobs", [{"jobId": 123}])
    assert (answer.status, answer.json) == (200, [{"jobId": 123}])
