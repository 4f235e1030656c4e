"""Targets with TLS: their own certificate authority, and client certificates."""

import re
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme
from makers import Judge
from throwaway import Handler, listening, secured

from seatunnel_conformance.errors import Inconclusive, InvalidSettings, TargetUnreachable
from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.replay import Address
from seatunnel_conformance.replay.sender import NoResponse, Sender
from seatunnel_conformance.report.outcomes import Verdict
from seatunnel_conformance.target.connection import Connection, Tls
from seatunnel_conformance.target.deployment import RequestLimits, Target
from seatunnel_conformance.text.redaction import Secret
from seatunnel_openapi import Contract

LIMITS = RequestLimits(response=5.0, probe=1.0)


@dataclass(frozen=True)
class Papers:
    """The files of an authority, and of a certificate that it has given to us."""

    ca: Path
    own: Path
    key: Path


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def papers(authority: trustme.CA, tmp_path: Path) -> Papers:
    ours, found = authority.issue_cert("us@example.com"), Papers(*(tmp_path / name for name in ("ca", "own", "key")))
    authority.cert_pem.write_to_path(found.ca)
    ours.cert_chain_pems[0].write_to_path(found.own)
    ours.private_key_pem.write_to_path(found.key)
    return found


@pytest.fixture
def listen(authority: trustme.CA) -> Iterator[Callable[..., str]]:
    class Guarded(Handler):
        def do_GET(self) -> None:
            self.respond(self.headers.get("Authorization", "{}").encode())

    with ExitStack() as servers:

        def start(*, wants_ours: bool = False) -> str:
            def configure(context: ssl.SSLContext) -> None:
                authority.issue_cert("127.0.0.1").configure_cert(context)
                authority.configure_trust(context)
                context.verify_mode = ssl.CERT_REQUIRED if wants_ours else ssl.CERT_NONE

            return servers.enter_context(listening(Guarded, secured(configure))).replace("http:", "https:")

        yield start


def asked(url: str, **tls: Any) -> bytes:
    with Target(url, limits=LIMITS, connection=Connection(Tls(**tls))) as target:
        return target.get("/overview").body


def test_certificate_of_an_unknown_authority_is_not_believed(listen: Callable[..., str]):
    with pytest.raises(TargetUnreachable, match="certificate verify failed") as raised:
        asked(listen())
    assert raised.value.hint.startswith("--ca-file")


def test_authority_that_was_named_is_believed(listen: Callable[..., str], papers: Papers):
    assert asked(listen(), ca_file=papers.ca) == b"{}"


def test_anybody_is_believed_where_that_was_asked_for(listen: Callable[..., str]):
    assert asked(listen(), trusted=False) == b"{}"


def test_own_certificate_is_shown(listen: Callable[..., str], papers: Papers):
    url = listen(wants_ours=True)
    assert asked(url, ca_file=papers.ca, certificate=papers.own, key=papers.key) == b"{}"
    with pytest.raises(Inconclusive):
        asked(url, ca_file=papers.ca)


def test_key_without_its_certificate_is_said_so(papers: Papers):
    with pytest.raises(InvalidSettings, match="can't be used"):
        Tls(certificate=papers.ca, key=papers.key).context()


@pytest.mark.slow
def test_generated_requests_go_the_same_way(listen: Callable[..., str], papers: Papers, judge: Judge):
    connection = Connection(Tls(papers.ca, papers.own, papers.key), bearer=Secret("hunter22"))
    outcome = judge("GET /log", listen(wants_ours=True), connection=connection, limits=LIMITS)
    assert outcome.verdict is Verdict.FAIL
    assert any("Bearer [hidden]" in exchange.body for exchange in outcome.exchanges)
    assert '-H "Authorization: Bearer $SEATUNNEL_BEARER_TOKEN"' in outcome.findings[0].curl


def test_faults_proxy_goes_the_same_way(listen: Callable[..., str], papers: Papers, contract: Contract):
    with (
        Proxy(listen(wants_ours=True), contract, Tls(papers.ca, papers.own, papers.key)) as proxy,
        Target(proxy.url, limits=LIMITS) as target,
    ):
        assert target.get("/overview").body == b"{}"


OVERVIEW = {"method": "GET", "path": "/overview"}


def test_recorded_request_goes_through_tls_with_the_credentials(listen: Callable[..., str], papers: Papers) -> None:
    connection = Connection(tls=Tls(papers.ca, papers.own, papers.key), user="ann", password=Secret("pass"))
    response = Sender(Address(listen(wants_ours=True), connection)).send(OVERVIEW, keep=False)
    assert (response.status, response.body) == (200, b"Basic YW5uOnBhc3M=")


def test_recorded_request_is_not_sent_to_a_target_that_nobody_vouches_for(listen: Callable[..., str]) -> None:
    with pytest.raises(NoResponse, match="SSLCertVerificationError"):
        Sender(Address(listen(), Connection(user="ann", password=Secret("pass")))).send(OVERVIEW, keep=False)


AUTHORIZATION = f"Basic {b64encode(b'ann:p w').decode()}"


class UserProxy(Handler):
    """A proxy that requires a user; it responds to any request but CONNECT with the request's target."""

    requests: list[str]

    def do_GET(self) -> None:
        self.requests.append(self.requestline)
        known = self.headers["Proxy-Authorization"] == AUTHORIZATION
        self.respond({"target": self.path} if known else {}, 200 if known else 407)

    def do_CONNECT(self) -> None:
        self.requests.append(self.requestline)
        if self.headers["Proxy-Authorization"] != AUTHORIZATION:
            self.respond({}, 407)
            return
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port))) as target:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=pump, args=(target, self.connection))
            back.start()
            pump(self.connection, target)
            back.join()
        self.close_connection = True


def pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):  # either side can be gone first
        while data := source.recv(2**16):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


class Site(Handler):
    def do_GET(self) -> None:
        self.respond({"proxied": "Proxy-Authorization" in self.headers})


@pytest.fixture
def proxy() -> Iterator[str]:
    UserProxy.requests = []
    with listening(UserProxy) as url:
        yield url.replace("//", "//ann:p%20w@")


@pytest.fixture
def site(authority: trustme.CA, papers: Papers) -> Iterator[tuple[str, Tls]]:
    with listening(Site, secured(authority.issue_cert("127.0.0.1").configure_cert)) as url:
        yield url.replace("http:", "https:"), Tls(ca_file=papers.ca)


def test_request_names_the_whole_url(proxy: str):
    with Target("http://cluster:8080/context", connection=Connection(proxy=Secret(proxy))) as target:
        for _ in range(2):
            assert target.get("/overview", query="a=b").json == {"target": "http://cluster:8080/context/overview?a=b"}


def test_target_with_tls_is_reached_through_a_tunnel_and_does_not_see_the_credentials(
    proxy: str, site: tuple[str, Tls]
):
    url, tls = site
    with Target(url, connection=Connection(tls, proxy=Secret(proxy))) as target:
        assert [target.get("/overview").json for _ in range(2)] == [{"proxied": False}] * 2
    assert UserProxy.requests == [f"CONNECT {url.removeprefix('https://')} HTTP/1.1"]


def test_proxy_that_refuses_a_tunnel_is_named(proxy: str):
    refused = Connection(proxy=Secret(proxy.replace("ann:", "bob:")))
    with Target("https://cluster", connection=refused) as target, pytest.raises(TargetUnreachable, match="407"):
        target.get("/overview")
    assert UserProxy.requests == ["CONNECT cluster:443 HTTP/1.1"]


def test_proxy_that_cannot_be_reached_is_named():
    connection = Connection(proxy=Secret("http://ann:secret@localhost:1"))
    with Target("http://cluster", connection=connection) as target, pytest.raises(TargetUnreachable) as raised:
        target.get("/overview")
    assert re.search(r"the proxy http://\S*localhost:1 can't be reached: Connection refused", str(raised.value))
    assert "secret" not in str(raised.value)
    assert "--proxy" in raised.value.hint
