"""The proxy: it forwards byte for byte without a fault, and applies one fault at a time."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import takewhile

import httpx2
import pytest
from other_services import speaking

from seatunnel_conformance.faults.catalogue import FaultEffect, effect_of
from seatunnel_conformance.faults.changes import error, path
from seatunnel_conformance.faults.exchange import Cut, ProxiedExchange
from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.target.job_guard import JobGuard, OwnIds
from seatunnel_openapi import Contract

ANSWERS = {
    b"/plain": b"HTTP/1.1 200 Fine\r\nx-B: 1\r\nX-a:2\r\nContent-Length: 2\r\n\r\n{}",
    b"/chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2;x\r\nbc\r\n0\r\n\r\n",
    b"/none": b"HTTP/1.1 204 No Content\r\n\r\n",
    b"/twice": b"HTTP/1.1 200 OK\r\nAllow: GET\r\nAllow: HEAD\r\nContent-Length: 0\r\n\r\n",
    b"/page": b"HTTP/1.1 404 \r\nContent-Type: text/html\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx",
    b"/end": b"HTTP/1.1 200 OK\r\n\r\nup to the end",
}
"""What the deployment of these tests answers, by path."""

CLOSING = (b"/page", b"/end")


@dataclass
class Deployment:
    """Responds from a table until the client or a response ends the connection, and keeps the bytes of requests."""

    requests: list[bytes] = field(default_factory=list)
    responses: dict[bytes, bytes] = field(default_factory=ANSWERS.copy)

    def converse(self, client: socket.socket) -> None:
        with client.makefile("rb") as sent:
            while head := b"".join(takewhile(bytes.strip, sent)):
                length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
                self.requests.append(head + b"\r\n" + sent.read(length))
                path = head.split(b" ")[1].partition(b"?")[0]
                client.sendall(self.responses[path])
                if path in CLOSING:
                    break


@pytest.fixture
def deployment() -> Deployment:
    return Deployment()


@pytest.fixture
def address(deployment: Deployment) -> Iterator[str]:
    with speaking(deployment.converse) as url:
        yield url


@pytest.fixture
def proxy(address: str, documented: Contract) -> Iterator[Proxy]:
    with Proxy(address, documented) as running:
        yield running


def raw(url: str, *requests: bytes) -> bytes:
    """Send bytes on one connection, and return all that comes back until it ends."""
    host, port = url.removeprefix("http://").split("/")[0].split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"".join(requests))
        connection.shutdown(socket.SHUT_WR)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def get(path: bytes) -> bytes:
    return b"GET " + path + b" HTTP/1.1\r\nHOST: x\r\n\r\n"


def changing(change: Callable[[ProxiedExchange], ProxiedExchange]) -> FaultEffect:
    return effect_of(change)()


@pytest.mark.parametrize("path", ANSWERS)
def test_answer_comes_byte_for_byte(proxy: Proxy, path: bytes):
    assert raw(proxy.url, get(path)) == ANSWERS[path]
    assert proxy.traffic.altered == 0


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /plain?a=%zz&b=%2F HTTP/1.1\r\nHOST: x\r\naccept:  */* \r\nX-y:\r\n\r\n",
        b"POST /plain HTTP/1.1\r\nHOST: x\r\nContent-Length: 5\r\n\r\n{'a'}",
        b"BREW /plain HTTP/1.1\r\nHOST: x\r\n\r\n",
    ],
)
def test_request_goes_on_byte_for_byte_but_for_its_host(
    deployment: Deployment, proxy: Proxy, address: str, request_bytes: bytes
):
    raw(proxy.url, request_bytes)
    host = address.removeprefix("http://").encode()
    assert deployment.requests == [request_bytes.replace(b"HOST: x", b"HOST: " + host)]


def test_several_requests_share_a_connection(proxy: Proxy):
    assert raw(proxy.url, get(b"/plain"), get(b"/chunked")) == ANSWERS[b"/plain"] + ANSWERS[b"/chunked"]
    assert proxy.traffic.exchanges == 2


def test_connection_ends_where_the_deployment_ends_it(proxy: Proxy):
    assert raw(proxy.url, get(b"/end"), get(b"/plain")) == ANSWERS[b"/end"]


def test_proxy_has_the_port_of_the_deployment_on_another_address_of_this_machine(proxy: Proxy, address: str):
    assert proxy.url == address.replace("127.0.0.1", "127.0.0.2")


def test_links_lead_to_the_proxy_where_the_port_could_not_be_had(
    deployment: Deployment, address: str, documented: Contract
):
    port = int(address.rpartition(":")[2])
    body = b'[{"logLink":"http://node:%d/logs/a.log"}]' % port
    deployment.responses[b"/logs/"] = deployment.responses[b"/logs"] = (
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    )
    with socket.create_server(("127.0.0.2", port)), Proxy(address, documented) as proxy:
        own = proxy.url.rpartition(":")[2]
        for path in ("/logs", "/logs/"):
            assert httpx2.get(f"{proxy.url}{path}").json() == [{"logLink": f"http://node:{own}/logs/a.log"}]


def test_fault_changes_answers_from_its_switch_to_the_next(proxy: Proxy):
    proxy.switch(changing(lambda exchange: exchange.with_status(503)))
    assert httpx2.get(f"{proxy.url}/plain").status_code == 503
    assert proxy.switch().altered == 1
    assert httpx2.get(f"{proxy.url}/plain").status_code == 200
    assert (proxy.traffic.exchanges, proxy.traffic.altered) == (1, 0)


def test_fault_can_answer_itself(deployment: Deployment, proxy: Proxy):
    proxy.switch(effect_of(error(418), before=True)())
    assert httpx2.get(f"{proxy.url}/plain").status_code == 418
    assert deployment.requests == []
    assert proxy.traffic.altered == 1


def test_fault_can_change_what_is_asked(deployment: Deployment, proxy: Proxy):
    proxy.switch(effect_of(path("/plain"), before=True)())
    assert httpx2.get(f"{proxy.url}/none").status_code == 200
    assert deployment.requests[0].startswith(b"GET /plain ")
    assert proxy.traffic.altered == 1


def test_same_bytes_are_no_change(proxy: Proxy):
    proxy.switch(changing(lambda exchange: exchange.with_body(exchange.received.body)))
    httpx2.get(f"{proxy.url}/twice")
    assert proxy.traffic.altered == 0


def test_mistake_of_a_fault_changes_nothing_and_is_told(proxy: Proxy):
    proxy.switch(changing(lambda exchange: exchange.document["no such member"]))
    assert httpx2.get(f"{proxy.url}/plain").status_code == 200
    assert proxy.traffic.error.startswith("TypeError: ")


@pytest.mark.parametrize("cut", Cut)
def test_connection_is_cut_in_the_middle_of_an_answer(proxy: Proxy, cut: Cut):
    proxy.switch(changing(lambda exchange: exchange.with_delivery(exchange.received.as_bytes()[:-1], cut)))
    with pytest.raises(httpx2.HTTPError):
        httpx2.get(f"{proxy.url}/plain")


def test_answer_is_delivered_in_pieces(proxy: Proxy):
    proxy.switch(
        changing(lambda exchange: exchange.with_delivery(b"HTTP/1.1 200 OK\r\n", 0.001, b"Content-Length: 0\r\n\r\n"))
    )
    assert raw(proxy.url, get(b"/plain")) == b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def test_jobs_that_the_deployment_took_are_known_whatever_the_client_was_told(deployment: Deployment, proxy: Proxy):
    body = b'{"jobId":"5","jobName":"five"}'
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    deployment.responses[b"/submit-job"] = head + body
    proxy.switch(changing(lambda exchange: exchange.with_json({"jobId": "6"})))
    assert httpx2.post(f"{proxy.url}/submit-job", json={}).json() == {"jobId": "6"}
    assert proxy.switch().jobs == {"5"}


def test_guard_makes_one_look_up_at_a_time(proxy: Proxy):
    """Look-ups share connections and limits, which are those of one thread."""
    meeting, met = threading.Barrier(2), []

    def require_own(*_: object) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            met.append(meeting.wait(0.3))

    proxy.guard = JobGuard(OwnIds(), dict)
    with pytest.MonkeyPatch.context() as patched, ThreadPoolExecutor(2) as clients:
        patched.setattr(JobGuard, "require_own", require_own)
        post = b"POST /page HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
        assert len(list(clients.map(raw, [proxy.url] * 2, [post] * 2))) == 2
    assert met == []


def test_deployment_that_is_gone_ends_the_connection(documented: Contract):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with Proxy(f"http://127.0.0.1:{port}", documented) as proxy, pytest.raises(httpx2.HTTPError):
        httpx2.get(f"{proxy.url}/plain")


@pytest.mark.slow
def test_proxy_leaves_nothing_open_when_somebody_is_still_there(
    address: str, documented: Contract, leaving_nothing_open: Callable[[], contextlib.AbstractContextManager[None]]
):
    with contextlib.ExitStack() as clients, leaving_nothing_open(), Proxy(address, documented) as proxy:
        proxy.switch(changing(lambda exchange: exchange.with_body(b"x" * 2**24)))
        host, port = proxy.url.removeprefix("http://").split(":")
        for _ in range(20):
            client = clients.enter_context(socket.create_connection((host, int(port)), timeout=10))
            client.sendall(get(b"/plain"))


def test_context_path_stays_in_the_address(address: str, documented: Contract):
    with Proxy(f"{address}/seatunnel/", documented) as proxy:
        assert proxy.url.endswith("/seatunnel")
