"""Targets behind a proxy: a request names the whole URL, or goes through a tunnel if the target has TLS."""

import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme
from throwaway import Handler, listening

from seatunnel_conformance.errors import TargetUnreachable
from seatunnel_conformance.target.connection import Connection, Tls
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.text.redaction import Secret

AUTHORIZATION = f"Basic {b64encode(b'ann:p w').decode()}"


class Proxy(Handler):
    """A proxy for a user; its response to any other request than CONNECT is the request's target."""

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
    Proxy.requests = []
    with listening(Proxy) as url:
        yield url.replace("//", "//ann:p%20w@")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Tls]]:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca")

    def prepare(server: ThreadingHTTPServer) -> None:
        server.socket = context.wrap_socket(server.socket, server_side=True)

    with listening(Site, prepare) as url:
        yield url.replace("http:", "https:"), Tls(ca_file=tmp_path / "ca")


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
    assert Proxy.requests == [f"CONNECT {url.removeprefix('https://')} HTTP/1.1"]


def test_proxy_that_refuses_a_tunnel_is_named(proxy: str):
    refused = Connection(proxy=Secret(proxy.replace("ann:", "bob:")))
    with Target("https://cluster", connection=refused) as target, pytest.raises(TargetUnreachable, match="407"):
        target.get("/overview")
    assert Proxy.requests == ["CONNECT cluster:443 HTTP/1.1"]
