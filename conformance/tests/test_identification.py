"""Targets without the API at the given address: a few reads show that, and the hint names the right address."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
from other_services import Response, Service, greeting, hanging_up, http_server, silent, speaking

from seatunnel_conformance.errors import AccessDenied, LimitReached, NotTheApi, RedirectedElsewhere, TargetUnreachable
from seatunnel_conformance.replay import bundled, replay
from seatunnel_conformance.target.connection import Connection
from seatunnel_conformance.target.deployment import RequestLimits
from seatunnel_conformance.target.identification import identify, is_reference_server
from seatunnel_conformance.text.redaction import Secret

MOST_REQUESTS = 12

PAGE = b"<!DOCTYPE html><html><title>Welcome</title><body>Hello</body></html>"
OPERATIONS = {"/overview": b'{"projectVersion": "2.3.9", "totalSlot": "0"}', "/job-info/": b'{"jobId": "5"}'}


def api_below(path: str, otherwise: Response = (404, "text/html", PAGE)) -> Callable[[str], Response]:
    """Make a service with two operations of the API below a path; like servlets, they also serve longer paths."""

    def respond(asked: str) -> Response:
        found = [body for start, body in OPERATIONS.items() if asked.startswith(path + start)]
        return (200, "application/json", found[0]) if found else otherwise

    return respond


def always(status: int, kind: str, body: bytes = PAGE) -> Callable[[str], Response]:
    return lambda _: (status, kind, body)


def refusal(url: str, connection: Connection = Connection(), **limits: float) -> TargetUnreachable:
    """Return why a target is refused, and require that one of three refusals takes less than two seconds."""
    for _ in range(3):
        begun = time.monotonic()
        with pytest.raises(TargetUnreachable) as caught:
            identify(url, RequestLimits(**limits), connection)
        if time.monotonic() - begun < 2:
            break
    else:
        pytest.fail("it took two seconds or more, three times")
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("respond", "path", "said", "hint"),
    [
        (always(200, "text/html"), "", "returned 200 with an HTML page", "port 8080 by default"),
        (always(404, "text/html\nServer: nginx"), "", "404 with an HTML page from", "context-path"),
        (always(200, "application/json", b'{"status": "UP"}'), "", "200 with other JSON", "port 8080"),
        (always(200, "application/json", b"[]"), "", "200 with other JSON", "port 8080"),
        (always(204, "application/json", b""), "", "204 with no content", "port 8080"),
        (always(502, "text/html"), "", "502 with an HTML page", "engine's own address"),
        (always(503, "text/html"), "", "a gateway that can't reach its server", "engine's own address"),
        (always(504, "text/plain", b"timed out"), "", "a gateway", "engine's own address"),
        (always(503, "application/json", b'{"status":"fail","message":"x"}'), "", "a gateway that", "own address"),
        (always(302, "text/html\nLocation: /login?next=x", b""), "", "leads to /login", "--basic-auth"),
        (api_below("/seatunnel"), "", "the API is at {origin}/seatunnel", "pass {origin}/seatunnel"),
        (api_below("/api/seatunnel"), "/api", "the API is at {origin}/api/seatunnel", "pass {origin}/api/seatunnel"),
        (api_below("/st", (302, "text/html\nLocation: /st/overview", b"")), "", "the API is at", "pass {origin}/st"),
        (api_below(""), "/no/such/path", "the API is at {origin}", "pass {origin}"),
        (api_below("/a"), "/a/b", "the API is at {origin}/a", "pass {origin}/a"),
        (api_below(""), "/overview", "ends with the path of an operation", "pass {origin}"),
        (api_below(""), "/job-info/5", "the API is at {origin}", "pass {origin}"),
        (api_below("/hazelcast/rest/maps"), "", "the engine's older API", "8080 by default"),
        (api_below("/hazelcast/rest/maps"), "/hazelcast/rest/maps", "the engine's older API", "enable-http: true"),
        (api_below("/hazelcast/rest/maps"), "/hazelcast/rest/maps/overview", "the engine's older API", "8080"),
    ],
)
def test_http_that_is_not_the_api_is_recognised(respond: Callable[[str], Response], path: str, said: str, hint: str):
    service = Service(respond)
    with service.serve() as origin:
        refused = refusal(origin + path)
        service.methods.clear()
        with pytest.raises(NotTheApi):
            identify(origin + path, RequestLimits(), Connection())
    assert isinstance(refused, NotTheApi)
    assert said.format(origin=origin) in str(refused)
    assert hint.format(origin=origin) in refused.hint
    assert (service.methods.total() <= MOST_REQUESTS, service.changing) == (True, 0)


@pytest.mark.parametrize(
    ("status", "asks", "hint"),
    [
        (401, 'Basic realm="x"', "--basic-auth"),
        (401, "Bearer", "--bearer-token-file"),
        (403, "none", "--header-file"),
        (407, "Basic", "--proxy"),
    ],
)
def test_target_that_wants_credentials_names_the_option(status: int, asks: str, hint: str):
    service = Service(always(status, f"text/html\nWWW-Authenticate: {asks}"))
    with service.serve() as url:
        refused = refusal(url)
        again = refusal(url, Connection(user="me", password=Secret("hunter22")))
    assert isinstance(refused, AccessDenied)
    assert hint in refused.hint
    assert "other credentials" in str(again)
    assert again.hint.startswith("check your credentials, or pass ")
    assert "hunter22" not in f"{again} {again.hint}"


def test_redirect_to_another_origin_names_the_address_to_pass():
    with Service(always(301, "text/html\nLocation: https://there.example/st/overview", b"")).serve() as url:
        refused = refusal(url)
    assert isinstance(refused, RedirectedElsewhere)
    assert refused.hint == "if the API is there, pass https://there.example/st"


@pytest.mark.parametrize(
    ("converse", "said"),
    [
        (greeting(b"SSH-2.0-OpenSSH_9.6\r\n"), "it is an SSH server (SSH-2.0-OpenSSH_9.6)"),
        (greeting(b"220 mail.example ESMTP\r\n"), 'greets with "220 mail.example ESMTP"'),
        (hanging_up, "it sends no complete HTTP response"),
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_port_that_speaks_no_http_is_recognised(converse: Callable[..., None], said: str, scheme: str):
    with speaking(converse) as url:
        refused = refusal(url.replace("http", scheme))
    assert isinstance(refused, NotTheApi)
    assert said in str(refused) or (scheme == "https" and converse is hanging_up)
    assert "port 8080" in refused.hint


def test_silent_port_is_given_the_time_of_a_connection():
    with speaking(silent) as url:
        refused = refusal(url, connect=0.5)
    assert isinstance(refused, NotTheApi)
    assert "sent no complete response to GET /overview within 0.5 s" in str(refused)
    assert "--timeout waits longer" in refused.hint


def test_silent_port_is_not_judged_if_the_time_of_the_run_ended_the_wait():
    with speaking(silent) as url, pytest.raises(LimitReached, match="--max-time"):
        identify(url, RequestLimits(run=0.5), Connection())


def test_http_to_a_port_with_tls_is_recognised_and_so_is_the_other_way_round():
    with Service(always(200, "text/html")).serve(trustme.CA().issue_cert("127.0.0.1").configure_cert) as url:
        refused = refusal(url)
    assert "the port expects TLS" in str(refused)
    assert refused.hint.startswith(f"pass {url.replace('http', 'https')},")
    service = Service(api_below(""))
    with service.serve() as url:
        refused = refusal(url.replace("http", "https"), Connection(bearer=Secret("hunter22")))
    assert "speaks HTTP without TLS" in str(refused)
    assert refused.hint == f"pass {url}"


def test_overview_that_takes_long_is_waited_for_where_a_job_is_looked_up_at_once():
    def respond(path: str) -> Response:
        time.sleep(1.0 if path == "/overview" else 0.0)
        return api_below("")(path)

    with Service(respond).serve() as url:
        assert identify(url, RequestLimits(connect=0.5), Connection()).members["projectVersion"] == "2.3.9"


def test_closed_port_can_not_be_reached():
    assert "enable-http: true" in refusal("http://127.0.0.1:1").hint


@pytest.mark.parametrize(
    "respond",
    [
        api_below(""),
        always(500, "application/json", b'{"status": "fail", "message": null}'),
        lambda path: (
            (200, "application/json", b'{"jobId": "0"}') if path.startswith("/job-info/") else (501, "text/plain", b"")
        ),
    ],
    ids=["overview", "error", "job"],
)
def test_target_with_a_sign_of_the_api_is_let_through_however_broken(respond: Callable[[str], Response]):
    with Service(respond).serve() as url:
        assert identify(url, RequestLimits(), Connection()).body is not None


def test_nothing_is_recorded_or_replayed_where_the_api_is_not(tmp_path: Path):
    with http_server(tmp_path) as (url, requests):
        with pytest.raises(NotTheApi):
            replay(url, bundled("2.3.10"))
        assert 0 < len(requests()) <= MOST_REQUESTS
        assert not any('"POST' in line for line in requests())


def test_reference_server_says_what_it_is_and_others_do_not(reference: str):
    assert is_reference_server(reference, RequestLimits(), Connection())
    for respond in (api_below(""), always(200, "application/json", b'{"engine": "RealEngine"}')):
        with Service(respond).serve() as url:
            assert not is_reference_server(url, RequestLimits(), Connection())
