"""Pages of the servlet container that no recording has; the replay of `http-semantics` tests the others."""

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


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_page_has_the_path_as_it_was_sent(api, method):
    path = "/nope%20x" if method == "GET" else "/overview/a%20b"
    answer = await api(method, path, headers={"accept": "application/json"})
    assert answer.json["url"] == path


async def test_trace_echoes_the_request(api):
    answer = await api("TRACE", "/overview", headers={"x-a": "b"})
    assert (answer.status, answer.content_type) == (200, "message/http")
    assert answer.body == b"TRACE /overview HTTP/1.1\r\nx-a: b\r\n\r\n"
    assert (await api("OPTIONS", "/overview")).headers["allow"] == "GET, HEAD, TRACE, OPTIONS"
