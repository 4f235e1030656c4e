import os

import pytest

from seatunnel_server.reference.pages import contract_hash

pytestmark = pytest.mark.anyio


async def test_page_tells_what_is_running(make_api, contract):
    api = make_api(fresh=True)
    await api.get("/overview")
    await api.get("/overview")
    await api.get("/nope")
    page = (await api.get("/_reference")).json
    assert page.pop("uptimeSeconds") >= 0
    assert page == {
        "release": "documented",
        "contract": contract_hash(contract),
        "engine": "ScriptedEngine",
        "process": os.getpid(),
        "requests": {"get_overview": 2},
        "openapi": "/_reference/openapi.json",
        "pages": {"reference": "/_reference/reference", "tryItOut": "/_reference/try"},
    }


async def test_page_has_a_head_and_no_other_methods(api):
    assert ((await api("HEAD", "/_reference")).status, (await api("HEAD", "/_reference")).body) == (200, b"")
    assert (await api.post("/_reference")).status == 404


async def test_page_lives_below_the_context_path(make_api):
    api = make_api(context_path="/seatunnel")
    assert (await api.get("/seatunnel/_reference")).status == 200
    assert (await api.get("/_reference")).status == 404


def test_hash_changes_with_the_contract_and_with_nothing_else(contract, contract_with):
    assert contract_hash(contract_with(lambda _: None)) == contract_hash(contract)
    assert contract_hash(contract_with(lambda document: document["info"].update(title="x"))) != contract_hash(contract)


async def test_page_says_how_jobs_are_run(make_api):
    api = make_api(about={"connectors": "simulate"}, fresh=True)
    assert (await api.get("/_reference")).json["connectors"] == "simulate"
