"""Small HTTP servers for one test: a handler on a free port, for as long as a block lasts."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Handler(BaseHTTPRequestHandler):
    """Responds in JSON, keeps connections open, and writes no log."""

    protocol_version = "HTTP/1.1"
    # Head and body are two writes: otherwise, each response would wait 40 ms for the client's acknowledgement.
    disable_nagle_algorithm = True

    def content(self) -> bytes:
        """Read the body of the request."""
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def respond(self, document: Any, status: int = 200, **fields: str) -> None:
        """Send a document, or bytes as they are; `fields` are further ones of the header, `_` standing for `-`."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        if body:
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

    def log_message(self, *_: object) -> None:
        """Write no log."""


def secured(configure: Callable[[ssl.SSLContext], object]) -> Callable[[ThreadingHTTPServer], None]:
    """Return a function that gives a server TLS; `configure` loads a certificate into its context."""

    def prepare(server: ThreadingHTTPServer) -> None:
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        configure(context)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)

    return prepare


@contextmanager
def listening(
    handler: type[BaseHTTPRequestHandler], prepare: Callable[[ThreadingHTTPServer], None] = lambda _: None
) -> Iterator[str]:
    """Serve with a handler, and yield the address; `prepare` can change the server before the first request."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        prepare(server)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
