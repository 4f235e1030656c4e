"""Basic authentication, in releases that have it and where it is on."""

import base64

import httpx2
import pytest

from seatunnel_openapi import load, releases
from seatunnel_server import ServerSettings, create_app
from seatunnel_server.engine.memory.clock import ManualClock
from seatunnel_server.engine.memory.engine import MemoryEngine
from seatunnel_server.engine.memory.planning import Planner
from seatunnel_server.engine.zeta.address import ClusterAddress
from seatunnel_server.http.auth import CHALLENGE, Credentials, are_known_to
from seatunnel_server.serving.embedded import EmbeddedServer
from seatunnel_server.serving.process import ServeOptions

pytestmark = pytest.mark.anyio

OWN = Credentials("ann", "p:ä ss")


def header(user: str, password: str, *, scheme: str = "Basic ") -> str:
    return scheme + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture
def guarded(api, engine):
    release = next(name for name in releases() if are_known_to(load(name)))
    return type(api)(create_app(load(release), engine, settings=ServerSettings(credentials=OWN)), engine)


async def test_the_right_credentials_open_the_door(guarded):
    for scheme in ("Basic ", "Basic    "):
        answer = await guarded.get("/overview", headers={"authorization": header("ann", "p:ä ss", scheme=scheme)})
        assert answer.status == 200
        assert answer.json["projectVersion"]


async def test_status_of_the_service_tells_whether_credentials_are_asked_for(api):
    path, sent = "/http-service/status", {"authorization": header("ann", "p:ä ss")}
    async with MemoryEngine(planner=Planner(), clock=ManualClock()) as engine:
        for credentials in (None, OWN):
            settings = ServerSettings(credentials=credentials)
            one = type(api)(create_app(load("proposal:11613"), engine.nodes[0], settings=settings), engine)
            answer = await one.get(path, headers=sent)
            assert answer.json["basicAuthEnabled"] is (credentials is not None)


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "",
        "Basic",
        "Basic !!!",
        "Basic YW5u",
        header("ann", "P:ä ss"),
        header("Ann", "p:ä ss"),
        header("ann", "p:ä ss", scheme="basic "),
        header("ann", "p:ä ss", scheme="Bearer "),
    ],
)
async def test_anything_else_is_answered_with_401_and_a_challenge(guarded, sent):
    answer = await guarded.get("/overview", headers={} if sent is None else {"authorization": sent})
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == CHALLENGE.decode()
    assert b"<title>Error 401 Unauthorized</title>" in answer.body


@pytest.mark.parametrize(
    ("method", "target"),
    [("GET", "/no-such-path"), ("POST", "/overview"), ("GET", "/job-info/abc"), ("GET", "/_reference"), ("TRACE", "/")],
)
async def test_nobody_learns_what_is_there_without_credentials(guarded, method, target):
    answer = await guarded(method, target)
    assert answer.status == 401
    assert answer.body


@pytest.mark.parametrize("method", ["OPTIONS", "PATCH", "PUT", "DELETE", "HEAD", "BREW"])
async def test_methods_that_no_page_is_written_for_are_refused_without_a_body(guarded, method):
    answer = await guarded(method, "/overview")
    assert (answer.status, answer.body) == (401, b"")
    assert answer.headers["www-authenticate"] == CHALLENGE.decode()


async def test_page_has_the_form_that_is_accepted_and_that_the_contract_states(guarded):
    answer = await guarded.get("/overview", headers={"accept": "application/json"})
    assert (answer.content_type, answer.json["status"], answer.json["url"]) == ("application/json", "401", "/overview")


def test_releases_before_cannot_ask_for_credentials():
    known = [are_known_to(load(name)) for name in releases()]
    assert known == sorted(known)
    assert set(known) == {True, False}


def test_gateway_asks_for_credentials_in_any_release():
    nowhere = ClusterAddress(("http://127.0.0.1:1",), release="2.3.13")
    with EmbeddedServer(ServeOptions(release="2.3.9", credentials=OWN, cluster=nowhere)) as gateway:
        asked = [httpx2.get(f"{gateway.url}/overview", auth=auth) for auth in (None, ("ann", "p:ä ss"))]
    assert [it.status_code for it in asked] == [401, 503]


def test_password_may_have_colons_and_is_never_shown():
    assert Credentials.parse("ann:a:b") == Credentials("ann", "a:b")
    assert "a:b" not in repr(Credentials.parse("ann:a:b"))


@pytest.mark.parametrize("text", ["", "ann", ":x"])
def test_text_that_names_no_user_and_password_is_refused(text):
    with pytest.raises(ValueError, match="colon"):
        Credentials.parse(text)
