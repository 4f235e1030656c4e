"""The servlet container's dialect, where the facts ask for it."""

import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
def api(make_api, contract_with):
    def change(document):
        document["x-behaviour"] |= {"unknownPath": "container-page", "unsupportedMethod": "container-page"}

    return make_api(contract_with(change))


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, "text/html;charset=iso-8859-1"),
        ("*/*", "text/html;charset=iso-8859-1"),
        ("text/html;q=0.1, application/json", "application/json"),
        ("application/json;q=x, text/plain;q=0.5", "text/plain;charset=iso-8859-1"),
        ("text/plain", "text/plain;charset=iso-8859-1"),
        ("application/xml", None),
        ("text/html, text/json", "text/html;charset=iso-8859-1"),
        ("text/json, application/json", "text/json"),
        ("*/*, application/json", "application/json"),
        ("text/*, text/plain", "text/plain;charset=iso-8859-1"),
        ("text/*;q=0.9, application/json;q=0.8", "text/html;charset=iso-8859-1"),
        ("application/json;q=0", None),
        ("Application/json", None),
        ("application/json;charset=utf-8", None),
        ("application/xhtml+xml", None),
        ("application/*", None),
    ],
)
async def test_page_for_an_unknown_path_follows_accept(api, accept, content_type):
    answer = await api.get("/nope<b>", headers={"accept": accept} if accept else {})
    assert (answer.status, answer.content_type) == (404, content_type)
    assert b"<b>" not in answer.body or content_type != "text/html;charset=iso-8859-1"
    assert (answer.body == b"") == (content_type is None)


async def test_json_page_has_the_containers_members(api):
    answer = await api.post("/overview", headers={"accept": "application/json"})
    assert answer.status == 405
    assert answer.json == {
        "servlet": "org.eclipse.jetty.servlet.DefaultServlet",
        "message": "HTTP method POST is not supported by this URL",
        "url": "/overview",
        "status": "405",
    }
    assert "allow" not in answer.headers


async def test_html_page_is_titled_by_its_error(api):
    answer = await api.get("/submit-job")
    assert b"<title>Error 405 HTTP method GET is not supported by this URL</title>" in answer.body


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("PUT", "/overview", 405),
        ("DELETE", "/nope", 405),
        ("PATCH", "/overview", 501),
        ("BREW", "/nope", 501),
        ("TRACE", "/nope", 405),
        ("get", "/overview", 501),
    ],
)
async def test_methods_that_no_servlet_has_get_an_empty_answer(api, method, target, status):
    answer = await api(method, target, headers={"accept": "application/json"})
    assert (answer.status, answer.content_type, answer.body) == (status, None, b"")


async def test_old_http_gets_a_400_for_a_wrong_method(api):
    assert (await api.post("/overview", http_version="1.0")).status == 400
    assert (await api("PUT", "/overview", http_version="1.0")).status == 400


async def test_trace_echoes_the_request(api):
    answer = await api("TRACE", "/overview", headers={"x-a": "b"})
    assert (answer.status, answer.content_type) == (200, "message/http")
    assert answer.body == b"TRACE /overview HTTP/1.1\r\nx-a: b\r\n\r\n"
    assert (await api("OPTIONS", "/overview")).headers["allow"] == "GET, HEAD, TRACE, OPTIONS"


async def test_unreadable_path_is_refused_by_the_parser(api):
    answer = await api.get("/%zz")
    assert (answer.status, answer.content_type) == (400, "text/html;charset=iso-8859-1")
    assert answer.body.startswith(b"<h1>Bad Message 400</h1>")


async def test_errors_of_operations_keep_the_contracts_shape(api):
    answer = await api.get("/job-info/abc", headers={"accept": "text/html"})
    assert answer.json == {"status": "fail", "message": 'For input string: "abc"'}
