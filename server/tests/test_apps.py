"""Behaviour of every operation, on both of connexion's apps."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

pytestmark = pytest.mark.anyio

STOP = {"jobId": 7}


@pytest.fixture(params=["async", "flask"])
def api(request: pytest.FixtureRequest, make_api: Callable[..., Any]) -> Any:
    return make_api(framework=request.param, body_limit=200_000)


def assert_error(answer: Any, status: int, message: str | None = None) -> None:
    assert answer.status == status
    assert answer.content_type == "application/json;charset=utf-8"
    assert answer.json.keys() == {"status", "message"}
    assert answer.json["status"] == "fail"
    assert message is None or answer.json["message"] == message


class TestRequestBodies:
    @pytest.mark.parametrize(
        "content_type",
        [
            "application/json",
            "Application/JSON",
            "APPLICATION/JSON ; Charset=UTF-8",
            "application/json;charset=utf-8;x=y",
            'application/json; charset="utf-8"',
            "text/plain",
            "///",
            "application/x-www-form-urlencoded",
        ],
    )
    async def test_content_type_of_any_spelling_is_read_and_validated(self, api, content_type):
        named = {"content-type": content_type}
        right = await api.post("/stop-job", body=b'{"jobId": 7}', headers=named)
        wrong = await api.post("/stop-job", body=b"[]", headers=named)
        assert (right.status, right.json) == (200, {"jobId": "7"})
        assert_error(wrong, 400)

    async def test_body_without_content_type_is_read(self, api):
        answer = await api.post("/stop-job", body=b'{"jobId": 7}')
        assert (answer.status, answer.json) == (200, {"jobId": "7"})

    async def test_body_in_pieces_without_a_length_is_read(self, api):
        answer = await api.post("/stop-job", body=[b'{"job', b'Id": ', b"7}"], headers={"transfer-encoding": "chunked"})
        assert (answer.status, answer.json) == (200, {"jobId": "7"})

    async def test_empty_body_in_pieces_is_an_empty_body(self, api):
        answer = await api.post("/stop-job", body=[b"", b""], headers={"transfer-encoding": "chunked"})
        assert_error(answer, 400, "Request body is empty.")

    async def test_body_over_the_limit_is_too_large(self, api):
        long = b'{"jobId": 7, "pad": "' + b"x" * 200_000 + b'"}'
        assert_error(await api.post("/stop-job", body=long), 413, "The request body is longer than 200000 bytes.")
        assert_error(await api.post("/stop-job", body=[long[:150_000], long[150_000:]]), 413)
        assert api.engine.stopped == []

    async def test_length_over_the_limit_is_refused_before_the_body_is_read(self, api):
        answer = await api.post("/stop-job", headers={"content-length": "9" * 30})
        assert_error(answer, 413)

    @pytest.mark.parametrize(
        "body", [b"[" * 20_000, b'{"jobId": ' + b"7" * 5000 + b"}", b'{"jobId": NaN}', b'{"jobId": -Infinity}']
    )
    async def test_what_is_no_json_or_too_deep_or_too_long_is_bad_json(self, api, body):
        assert_error(await api.post("/stop-job", body=body), 400, "Invalid JSON format in request body.")

    async def test_bytes_that_are_no_utf_8_are_replaced(self, api):
        answer = await api.post("/update-tags", body=b'{"a": "b\xffc"}', headers={"content-type": "application/json"})
        assert answer.status == 200
        assert api.engine.tags == {"a": "b\ufffdc"}

    async def test_number_beyond_all_doubles_is_no_id(self, api):
        assert_error(await api.post("/stop-job", body=b'{"jobId": 1e999}'), 400, 'For input string: "Infinity"')
        assert (await api.post("/update-tags", body=b'{"a": 1e999}')).status == 200

    async def test_null_byte_in_a_name_comes_back_as_it_was(self, api, page_job):
        answer = await api.post("/submit-job?jobName=a%00b", page_job)
        assert answer.json["jobName"] == "a\x00b"

    async def test_unknown_charset_is_the_documented_server_error(self, api):
        answer = await api.post("/stop-job", body=b"{}", headers={"content-type": "text/plain; charset=klingon"})
        assert_error(answer, 500, "klingon")


class TestPaths:
    @pytest.mark.parametrize("job_id", ["1" * 5000, "1" * 20, "abc", "1.5", "%20", "1%2F2", "12/x", "\n", "%0A1"])
    async def test_text_that_is_no_id_is_named_in_a_400(self, api, job_id):
        answer = await api.get(f"/job-info/{job_id}")
        assert_error(answer, 400)
        assert answer.json["message"].startswith('For input string: "')

    async def test_missing_id_is_a_400(self, api):
        for target in ("/job-info", "/job-info/", "/running-job"):
            assert_error(await api.get(target), 400, "The jobId must not be empty.")

    @pytest.mark.parametrize(
        "target",
        [
            "/overview/",
            "/overview/x/y",
            "/x/../overview",
            "/%6Fverview",
            "/overview;a=b",
            "/overview%2F",
            "/./overview",
        ],
    )
    async def test_roundabout_paths_lead_to_the_operation(self, api, target):
        assert (await api.get(target)).json["projectVersion"] == "2.3.9"

    @pytest.mark.parametrize("target", ["/", "/nope", "/OVERVIEW", "//overview", "/overviews", "/a/b/c", "/overview."])
    async def test_unknown_path_is_a_404_in_the_contracts_shape(self, api, target):
        assert_error(await api.get(target), 404)

    @pytest.mark.parametrize("target", ["/../overview", "/overview/%zz", "/%00", "/log/..;/x", "/log/../../x", "*"])
    async def test_unreadable_path_is_a_400(self, api, target):
        assert_error(await api.get(target), 400)

    @pytest.mark.parametrize("query", ["a=%zz", "a=%", "a=%ff", "%=1"])
    @pytest.mark.parametrize("path", ["/overview", "/running-jobs", "/job-info/5"])
    async def test_unreadable_query_is_the_documented_server_error(self, api, path, query):
        assert_error(await api.get(f"{path}?{query}"), 500, "400: Unable to parse URI query")


class TestMethods:
    async def test_head_is_get_without_a_body(self, api):
        for target in ("/overview", "/job-info/5", "/logs", "/job-info/abc"):
            whole, head = await api.get(target), await api("HEAD", target)
            assert (head.status, head.headers, head.body) == (whole.status, whole.headers, b"")

    async def test_head_of_a_list_in_pieces_has_its_length(self, api, finished_job):
        api.engine.jobs = [finished_job(n) for n in range(1, 400)]
        whole, head = await api.get("/finished-jobs"), await api("HEAD", "/finished-jobs")
        assert head.headers["content-length"] == str(len(whole.body))
        assert head.body == b""

    @pytest.mark.parametrize(
        ("target", "allowed"), [("/overview", "GET, HEAD, OPTIONS"), ("/stop-job", "POST, OPTIONS")]
    )
    async def test_options_says_what_there_is(self, api, target, allowed):
        answer = await api("OPTIONS", target)
        assert (answer.status, answer.headers["allow"], answer.body) == (200, allowed, b"")

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW", "get"])
    async def test_other_methods_are_a_405_that_says_what_is_allowed(self, api, method):
        answer = await api(method, "/overview", body=b"ignored")
        assert_error(answer, 405)
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS"

    async def test_get_of_a_post_operation_is_a_405(self, api):
        for method in ("GET", "HEAD"):
            answer = await api(method, "/submit-job")
            assert (answer.status, answer.headers["allow"]) == (405, "POST, OPTIONS")

    async def test_method_of_an_unknown_path_decides_first(self, api):
        put = await api("PUT", "/nope")
        assert (put.status, put.headers["allow"]) == (405, "GET, HEAD, POST, OPTIONS")
        assert (await api("POST", "/nope")).status == 404
        assert (await api("OPTIONS", "/nope")).headers["allow"] == "GET,HEAD,POST,OPTIONS"


class TestAnswers:
    @pytest.mark.parametrize("text", ["123", '{"a":1}', "null", "", "[1,2]", "é\u6d4b"])
    async def test_log_that_looks_like_json_is_text(self, api, text):
        api.engine.files["job-1.log"] = text
        answer = await api.get("/log/job-1.log")
        assert (answer.status, answer.content_type) == (200, "text/plain;charset=iso-8859-1")
        assert answer.body == text.encode("iso-8859-1", "replace")

    async def test_empty_answer_has_no_content_type(self, api):
        answer = await api.get("/log/none")
        assert (answer.status, answer.content_type, answer.body) == (400, None, b"")

    async def test_json_is_small_and_without_charset(self, api, running_job):
        api.engine.jobs = [running_job]
        answer = await api.get("/job-info/5")
        assert answer.content_type == "application/json"
        assert answer.body.startswith(b'{"jobId":"5","jobName":"five"')

    async def test_unforeseen_error_of_the_engine_is_a_500_that_tells_nothing(self, api, caplog):
        api.engine.error = ZeroDivisionError("secret")
        assert_error(await api.get("/overview"), 500, "The server met a condition that it did not expect.")
        assert "secret" in caplog.text

    async def test_many_requests_at_once_get_their_own_answers(self, api):
        ids = [str(number) for number in range(40)]
        answers = await asyncio.gather(*(api.post("/stop-job", {"jobId": number}) for number in ids))
        assert [answer.json for answer in answers] == [{"jobId": number} for number in ids]

    async def test_other_clients_of_asgi_get_the_same(self, api):
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(api.app), base_url="http://h") as client:
            answer = await client.post("/stop-job", json=STOP)
        assert (answer.status_code, answer.json()) == (200, {"jobId": "7"})


async def test_two_apps_of_one_process_share_nothing(make_api):
    first, second = make_api(fresh=True), make_api(validate_responses=False, context_path="/other")
    assert (await first.get("/overview")).status == 200
    assert (await second.get("/other/overview")).status == 200
    assert (await first.get("/other/overview")).status == 404
    assert (await first.get("/_reference")).json["requests"] == {"get_overview": 1}
