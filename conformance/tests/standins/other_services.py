"""Services that users give as a target by mistake: other ones, and the API at another address."""

import contextlib
import socket
import ssl
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeAlias

from throwaway import Handler, listening, secured

from seatunnel_conformance.target.exchange import READING

Response: TypeAlias = tuple[int, str, bytes]
"""Status, media type and body; the media type can be followed by further lines of the header."""


class Service:
    """An HTTP service that is a function of the path, and counts its requests by method."""

    def __init__(self, respond: Callable[[str], Response]) -> None:
        self.methods: Counter[str] = Counter()
        self.respond = respond

    def serve(self, certify: Callable[[ssl.SSLContext], None] | None = None) -> AbstractContextManager[str]:
        """Serve until the block ends, over TLS if an authority is given that can `certify` the server."""
        service = self

        class Responding(Handler):
            def respond(self) -> None:
                service.methods[self.command] += 1
                self.content()
                status, kind, body = service.respond(self.path)
                kind, *fields = kind.split("\n")
                self.send_response(status)
                for line in (f"Content-Type: {kind}", f"Content-Length: {len(body)}", *fields):
                    self.send_header(*line.split(": ", 1))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = respond

        return listening(Responding, *([secured(certify)] if certify else []))

    @property
    def changing(self) -> int:
        """The number of requests that could have changed a target."""
        return sum(number for method, number in self.methods.items() if method not in READING)


@contextlib.contextmanager
def speaking(converse: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve over plain sockets, and yield an address."""

    def serve(client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            converse(client)

    clients: list[socket.socket] = []

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                clients.append(listener.accept()[0])
                threading.Thread(target=serve, args=clients[-1:], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        # This also ends conversations that wait for their client.
        for one in (listener, *clients):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def greeting(words: bytes) -> Callable[[socket.socket], None]:
    """Make a server that sends a greeting, and then reads until the client ends the connection."""

    def converse(client: socket.socket) -> None:
        client.sendall(words)
        client.recv(65536)

    return converse


def silent(client: socket.socket) -> None:
    """Read what comes, for ever."""
    while client.recv(65536):
        pass


def hanging_up(client: socket.socket) -> None:
    """Read a request, and close the connection."""
    client.recv(65536)


@contextlib.contextmanager
def http_server(folder: Path) -> Iterator[tuple[str, Callable[[], list[str]]]]:
    """Run `python -m http.server` on a folder; yield its address, and a function that lists its requests."""
    (folder / "index.html").write_text("<html>hello</html>", encoding="utf-8")
    log = folder / "requests.log"
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(folder)]
    with log.open("w") as file, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=file, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().split(" port ")[1].split()[0]
        try:
            yield f"http://127.0.0.1:{port}", lambda: [x for x in log.read_text().splitlines() if '] "' in x]
        finally:
            process.terminate()
