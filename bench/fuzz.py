"""Raw fuzz of a running server: odd bytes, headers, methods and paths over plain sockets, bounded and repeatable.

`python -m bench.fuzz [URL] --requests 20000 --seed 1` prints the statuses seen by operation, those that the contract
doesn't state, and the server's memory before and after. Only loopback addresses are ever asked.
"""

from __future__ import annotations

import http.client
import random
import socket
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.table import Table

from bench.servers import Running, reference_server, started
from seatunnel_openapi import Contract, load

TIMEOUT = 10.0
WIRE_STATUSES = {400, 404, 405, 413, 414, 431, 501, 505}
"""What may answer a request that reaches no operation: HTTP's own refusals."""

METHODS = [
    "GET",
    "POST",
    "PUT",
    "DELETE",
    "PATCH",
    "HEAD",
    "OPTIONS",
    "TRACE",
    "BREW",
    "get",
    "GE T",
    "\x00",
    "G" * 300,
]
PIECES = [
    "%zz", "%00", "%2F", "%2e%2e", "..", ";a=b", "//", "?", "#", "\t", "é", "\xff", "+5", "-0", "9" * 5000, "12/",
    "job-1.log", "abc", "{}", "[", "%", "*", "a" * 9000, "\x7f", "%0a", "..%2f..%2fetc%2fpasswd", "FINISHED", "٣",
]  # fmt: skip
JOB = b'{"env":{"job.mode":"BATCH"},"source":[{"plugin_name":"FakeSource"}],"sink":[{"plugin_name":"Console"}]}'
BODIES: list[bytes] = [
    b"", b"null", b"{}", b"[]", b"[[]]", b"true", b"   ", b"NaN", b"1e400", b"\xff\xfe\x00", b"\xef\xbb\xbf{}",
    b'{"jobId":1}', b'[{"jobId":"x"}]', b'{"jobId":' + b"9" * 5000 + b"}", b"[" * 100_000, b'{"a":' * 20_000,
    b'"' + b"x" * 100_000, b'{"env":null}', b'{"env":{},"source":[],"sink":[]}', b'{"\\ud800":"\\udfff"}', JOB,
    b"// c\n{}",
]  # fmt: skip
TYPES = [
    "application/json", "Application/JSON ; charset=utf-8", "application/json;charset=nope", "text/plain", "", ";",
    "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x", "x" * 2000,
    "application/json; charset=utf-16", 'application/json; charset="',
]  # fmt: skip


@dataclass
class Tally:
    """What was seen."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    unstated: Counter[tuple[str, int]] = field(default_factory=Counter)
    examples: dict[tuple[str, int], bytes] = field(default_factory=dict)
    silent: int = 0
    """Connections that were closed or reset without an answer."""


@dataclass(frozen=True)
class Case:
    """One raw request, and the operation that it is aimed at (`-` for none)."""

    operation: str
    method: str
    raw: bytes
    is_short: bool
    """Whether less is sent than announced, so that only the end of the stream ends the wait."""


def cases(contract: Contract, rng: random.Random) -> Callable[[], Case]:
    """Return a maker of requests: about half aim well at an operation, the rest at nothing in particular."""
    operations = list(contract.operations)

    def make() -> Case:
        operation = rng.choice(operations)
        method = operation.method if rng.random() < 0.7 else rng.choice(METHODS)  # noqa: PLR2004 - a proportion
        path = operation.path.partition("{")[0]
        path += "".join(rng.choices(PIECES, k=rng.choice([0, 0, 1, 1, 2]))) if rng.random() < 0.8 else ""  # noqa: PLR2004
        body, aimed = body_of(rng), operation.id if method == operation.method else "-"
        fields = headers(rng, body)
        is_short = int(dict(fields)["Content-Length"]) > len(body)
        return Case(aimed, method, request(method, path, fields, body), is_short)

    return make


def body_of(rng: random.Random) -> bytes:
    """Return a body: one of the odd ones, whole, cut or with a few bytes changed."""
    body = bytearray(rng.choice(BODIES))
    for _ in range(rng.choice([0, 0, 0, 1, 5]) if body else 0):
        body[rng.randrange(len(body))] = rng.randrange(256)
    return bytes(body[: rng.randrange(len(body) + 1)] if rng.random() < 0.1 else body)  # noqa: PLR2004 - a proportion


def headers(rng: random.Random, body: bytes) -> list[tuple[str, str]]:
    """Return headers, some of which no sane client sends."""
    chosen = [("Host", "127.0.0.1"), ("Content-Type", rng.choice(TYPES)), ("Connection", "close")]
    odd = rng.random()
    length = len(body) if odd < 0.9 else rng.choice([0, -1, len(body) // 2, 10**30])  # noqa: PLR2004 - a proportion
    chosen.append(("Content-Length", str(length)))
    if rng.random() < 0.1:  # noqa: PLR2004 - a proportion
        chosen += [(f"X-{i}", "y" * rng.choice([1, 100])) for i in range(rng.choice([1, 50, 300]))]
    if rng.random() < 0.1:  # noqa: PLR2004 - a proportion
        chosen.append(
            (rng.choice(["Accept", "Expect", "Range", "X-\x01", "Transfer-Encoding", "Upgrade"]), rng.choice(PIECES))
        )
    return chosen


def request(method: str, path: str, fields: list[tuple[str, str]], body: bytes) -> bytes:
    """Return the bytes of a request, as odd as its parts."""
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields) + "\r\n"
    return head.encode("utf-8", "surrogateescape") + body


def send(address: tuple[str, int], case: Case) -> int | None:
    """Send the bytes; return the status, or None when the server closes without one."""
    try:
        with socket.create_connection(address, TIMEOUT) as connection:
            try:
                connection.sendall(case.raw)
                if case.is_short:
                    connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # the server may refuse before it has read everything; its answer is what counts
            answer = http.client.HTTPResponse(connection, method=case.method)
            answer.begin()
            answer.read()
            return answer.status
    except (OSError, http.client.HTTPException):
        return None


def fuzz(url: str, contract: Contract, *, requests: int, seed: int) -> Tally:
    """Send that many requests and count the answers."""
    parts, tally, make = urlsplit(url), Tally(), cases(contract, random.Random(seed))  # noqa: S311 - repeatable on purpose
    host = parts.hostname or ""
    if not ip_address("127.0.0.1" if host == "localhost" else host).is_loopback:
        raise typer.BadParameter("only loopback addresses are fuzzed")
    stated = {o.id: {int(s) for s in o.responses if s.isdecimal()} | WIRE_STATUSES for o in contract.operations}
    for _ in range(requests):
        case = make()
        status = send((host, parts.port or 80), case)
        if status is None:
            tally.silent += 1
            continue
        tally.statuses[case.operation, status] += 1
        allowed = stated.get(case.operation, WIRE_STATUSES | {200})
        if status not in allowed:
            tally.unstated[case.operation, status] += 1
            tally.examples.setdefault((case.operation, status), case.raw[:300])
    return tally


def main(
    url: Annotated[
        str | None, typer.Argument(help="A server on loopback; started for the occasion when left out.")
    ] = None,
    requests: Annotated[int, typer.Option(help="How many requests to send.", min=1, max=200_000)] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed sends the same requests.")] = 1,
) -> None:
    """Fuzz a running server with raw requests; exit 1 when it answers what the contract does not state."""
    console, contract = Console(), load()
    with started(*reference_server("--speed", "50")) if url is None else nullcontext() as server:
        before = memory(server)
        tally = fuzz(url or server.url, contract, requests=requests, seed=seed)  # type: ignore[union-attr]
        view = Table("operation", "status", "answers", title=f"{requests:,} raw requests, seed {seed}")
        for (operation, status), count in sorted(tally.statuses.items()):
            view.add_row(operation, str(status), f"{count:,}")
        console.print(view)
        console.print(f"no answer: {tally.silent:,}; not stated: {tally.unstated.total():,}")
        console.print(f"memory: {before} before, {memory(server)} after")
        for (operation, status), raw in tally.examples.items():
            console.print(f"NOT STATED {operation} {status}: {raw!r}", markup=False)
    raise typer.Exit(1 if tally.unstated else 0)


def memory(server: Running | None) -> str:
    """Return the server's resident memory as text, where it is ours to look at."""
    return f"{server.memory() / 2**20:.0f} MiB" if server else "unknown"


if __name__ == "__main__":
    typer.run(main)
