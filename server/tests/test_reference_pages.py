"""The pages below `/_reference/`, which never hide a path of the API."""

import sys

import pytest

from seatunnel_openapi import load, releases

pytestmark = pytest.mark.anyio

PAGES = {
    "": "text/html",
    "reference": "text/html",
    "try": "text/html",
    "openapi.json": "application/json",
    "redoc.standalone.js": "text/javascript",
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
}


async def test_pages_are_there_and_may_fetch_from_this_server_only(api):
    for name, kind in PAGES.items():
        answer = await api.get(f"/_reference/{name}")
        assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (200, kind), name
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "http" not in answer.headers["content-security-policy"]


async def test_document_is_the_contract_that_is_served(api, contract):
    assert (await api.get("/_reference/openapi.json")).json == contract.published


async def test_pages_have_a_head_without_a_body(api):
    answer = await api("HEAD", "/_reference/try")
    assert (answer.status, answer.body, int(answer.headers["content-length"]) > 0) == (200, b"", True)


@pytest.mark.parametrize("release", releases())
async def test_what_is_no_page_is_answered_as_the_release_answers_unknown_paths(make_api, release):
    api = make_api(load(release))
    for method, path in (("GET", "nope"), ("POST", "try"), ("PUT", "reference")):
        below, elsewhere = await api(method, f"/_reference/{path}"), await api(method, f"/elsewhere/{path}")
        assert below.status == elsewhere.status
        assert below.headers.get("content-type") == elsewhere.headers.get("content-type")


async def test_pages_live_below_the_context_path_only(make_api):
    api = make_api(context_path="/seatunnel")
    assert (await api.get("/seatunnel/_reference/try")).status == 200
    assert (await api.get("/seatunnel/_reference")).json["pages"]["tryItOut"] == "/seatunnel/_reference/try"
    assert (await api.get("/_reference/try")).status == 404


async def test_pages_that_ask_for_more_do_so_relative_to_themselves(api):
    for name in ("", "reference", "try"):
        text = (await api.get(f"/_reference/{name}")).body.decode()
        assert 'href="/' not in text
        assert 'src="/' not in text


async def test_without_the_viewers_the_pages_say_how_to_get_them(make_api, monkeypatch):
    monkeypatch.setitem(sys.modules, "drf_spectacular_sidecar", None)
    api = make_api(fresh=True)
    for name in ("reference", "try"):
        answer = await api.get(f"/_reference/{name}")
        assert answer.status == 404
        assert "pip install" in answer.body.decode()
    assert "pip install" in (await api.get("/_reference")).json["pages"]
    assert (await api.get("/_reference/openapi.json")).status == 200
