"""Sends hostile requests to a reference server, for a limited time and repeatable by a seed.

`python -m bench.fuzz --seconds 60 --seed 1` starts a server on localhost and sends malformed HTTP, unusual headers,
methods and paths, mutated job configurations and pipelined requests, and opens connections that hardly read. It prints
the longest block of the event loop, the memory of this process, and every request without a response or with a status
that the contract does not have. If there is such a request, it exits with 1.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import random
import resource
import socket
import threading
import time
from collections import Counter
from contextlib import ExitStack, suppress
from copy import deepcopy
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import psutil
import typer

from seatunnel_openapi import Contract, load
from seatunnel_server.serving.embedded import EmbeddedServer
from seatunnel_server.serving.process import ServeOptions

RELEASE: Final = "2.3.13"
TIMEOUT: Final = 20.0
SLOW_CLIENTS: Final = 40
STEP: Final = 0.005  # seconds between two looks at the event loop
MEMORY_LIMIT: Final = 6 * 2**30
SHOWN: Final = 3000
WIRE_STATUSES: Final = frozenset({400, 404, 405, 413, 414, 417, 431, 501, 505})  # errors of HTTP itself
# The message of an internal error, which is always wrong, even if the contract has the status.
MISTAKES: Final = (b"met a condition that it did not expect", b"did not keep the contract")

# fmt: off
METHODS = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "BREW", "get", "GE T", "\x00"]
PIECES = [
    "%zz", "%00", "%2F", "%2e%2e", "..", ";a=b", "//", "?", "#", "\t", "é", "\xff", "+5", "9" * 5000, "12/", "{}", "[",
    "job-1.log", "*", "a" * 9000, "\x7f", "%0a", "..%2f..%2fetc%2fpasswd", "FINISHED", "?limit=9&jobId=1", "?rows=-1"]
HEADERS = [
    "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings", "Upgrade: websocket\r\nConnection: upgrade", "Host: b",
    "Expect: 100-continue", "Expect: x", "Transfer-Encoding: chunked", "Transfer-Encoding: x, chunked", "X-\x01: y",
    "Content-Length: 3", "Content-Length: -1", "Accept: " + ",".join(["a/b;q=0.1"] * 300), "X: " + "y" * 9000,
    "Prefer: code=500", "Authorization: Basic %%%", "Range: bytes=0-1", "Content-Encoding: gzip", "X: a\r\n b"]
TYPES = ["application/json", "application/json;charset=nope", "application/json; charset=utf-16", "text/plain", ";",
         "multipart/form-data", "multipart/form-data; boundary=x", "multipart/form-data; boundary=" + "y" * 200]
BODIES = [
    b"", b"null", b"[[]]", b"   ", b"NaN", b"1e400", b"\xff\xfe\x00", b"\xef\xbb\xbf{}", b'[{"jobId":"x"}]',
    b"[" * 100_000, b'{"jobId":' + b"9" * 5000 + b"}", b'{"a":' * 20_000, b'{"\\ud800":""}', b"1;x\r\n{\r\n0\r\n\r\n"]
FIELDS = {"a": "string", "b": "int", "c": "decimal(10, 2)", "d": "array<string>", "e": "map<string, int>", "t": "time"}
QUERY = "select a, b + 1 as b, upper(a) as u, replace(a, 'x', 'y') as r from dual where b > 3 or a like '%x_'"
REPLACE = {"replace_field": "a", "pattern": "(x+)", "replacement": "$1", "is_regex": True}
JOB: Final[dict[str, Any]] = {
    "env": {"job.mode": "BATCH", "parallelism": 2, "checkpoint.interval": 1000, "job.retry.times": 0},
    "source": [{"plugin_name": "FakeSource", "plugin_output": "f", "row.num": 50, "schema": {"fields": FIELDS}}],
    "transform": [{"plugin_name": "Sql", "plugin_input": "f", "plugin_output": "g", "query": QUERY},
                  {"plugin_name": "Replace", "plugin_input": "g", "plugin_output": "h", **REPLACE}],
    "sink": [{"plugin_name": "Console", "plugin_input": "h"}]}
HOCON = ["", "a = ${b}\nb = ${a}", "x += 1", 'include "x"', "a { b = 1 } { c = 2 }", '"""', "env { a = [ }"]
SQL = "CREATE TABLE a ( b INT ) WITH ( 'connector' = 'FakeSource' , 'type' = 'source' ) ; INSERT INTO c SELECT * FROM a"
PART = b'--x\r\nContent-Disposition: form-data; name="config_file"; filename="a.%s"\r\n\r\n%s\r\n--x--\r\n'
ENDS = ["", "(", "'", ")", " and a", "*" * 50, "((((a+)+)+)+)+$"]
ODD: list[Any] = [
    None, True, [], {}, "", -1, 0, 2**31 - 1, 2**31, 2**63, 10**30, 1e308, "x" * 5000, "${x}",
    "\x00", "\ud7ff\uffff", [[[[]]]], {"a": {"b": {"c": None}}}, "decimal(99,99)",
    "array<array<map<string,row<>>>>", 1_000_000, "2147483648", "(a+)+$"]
# fmt: on


@dataclass(frozen=True)
class Case:
    """The bytes for one connection, their operation (`-` for none), and the number of expected responses.

    The expected number is 0 if the body may be shorter than its announced length.
    """

    operation: str
    method: str
    raw: bytes
    answers: int = 1


@dataclass
class Findings:
    """The results: the longest block of the event loop in ms, and memory in bytes at the start, peak and end."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    block: tuple[float, str] = (0.0, "nothing")
    memory: list[int] = field(default_factory=list)


class Traffic:
    """Generates requests; the same seed generates the same requests."""

    def __init__(self, contract: Contract, seed: int) -> None:
        self._dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._operations = list(contract.operations)

    def case(self) -> Case:
        """Return the next request, or several pipelined ones."""
        return self._dice.choices([self._raw, self._job, self._pipelined], [10, 10, 1])[0]()

    def _raw(self) -> Case:
        dice, operation = self._dice, self._dice.choice(self._operations)
        method = dice.choice([operation.method.upper()] * 12 + METHODS)
        path = operation.path.partition("{")[0] + "".join(dice.choices(PIECES, k=dice.choice([0, 0, 1, 1, 2])))
        body = self._bytes(dice.choice(BODIES))
        length = dice.choice([len(body)] * 20 + [0, len(body) // 2, 10**6])
        head = [f"{method} {path} HTTP/{dice.choice(['1.1'] * 9 + ['1.0', '9.9'])}", "Host: a", "Connection: close"]
        head += [f"Content-Type: {dice.choice(TYPES)}", f"Content-Length: {length}"]
        odd = dice.sample(HEADERS, k=dice.choice([0, 0, 1, 2]))
        raw = "\r\n".join([*head, *odd, "", ""]).encode("utf-8", "surrogateescape") + body
        aimed = operation.id if method.replace("HEAD", "GET") == operation.method.upper() else "-"
        return Case(aimed, method, raw, 0 if length > len(body) or any("chunked" in each for each in odd) else 1)

    def _job(self) -> Case:
        dice, job = self._dice, deepcopy(JOB)
        for _ in range(dice.choice([0, 1, 1, 2, 4])):
            self._mutate(job)
        text = json.dumps(job)
        match dice.randrange(5):
            case 0:
                lines = [*(f"{name} = {json.dumps(value)}" for name, value in job.items()), dice.choice(HOCON)]
                return self._post("submit_job", "/submit-job?format=hocon", "\n".join(lines).encode())
            case 1:
                words = SQL.split() + dice.choices(SQL.split(), k=dice.choice([0, 1, 3]))
                return self._post("submit_job", "/submit-job?format=sql", " ".join(words).encode())
            case 2:
                content = PART % (dice.choice([b"conf", b"json", b"sql", b"x"]), text.encode())
                return self._post("submit_job_by_upload", "/submit-job/upload", content, TYPES[6])
            case 3:
                return self._post("submit_jobs", "/submit-jobs", f"[{text}]".encode())
        return self._post("submit_job", "/submit-job", text.encode())

    def _pipelined(self) -> Case:
        count = self._dice.choice([2, 10, 100])
        wish = self._dice.choice([b"", b"Upgrade: x\r\nConnection: upgrade\r\n"])
        one = b"GET /overview HTTP/1.1\r\nHost: a\r\n" + wish
        return Case("get_overview", "GET", (one + b"\r\n") * (count - 1) + one + b"Connection: close\r\n\r\n", count)

    def _mutate(self, node: Any) -> None:
        """Change one value in a tree of JSON: replace words in it, remove it, or replace it."""
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return
        key, change = self._dice.choice(keys), self._dice.randrange(5)
        if isinstance(node[key], dict | list) and change:
            self._mutate(node[key])
        elif isinstance(node[key], str) and change > 2:  # noqa: PLR2004 - two of five
            words = node[key].split(" ")
            self._dice.shuffle(words)
            node[key] = " ".join(words) + self._dice.choice(ENDS)
        elif change == 1:
            del node[key]
        else:
            node[key] = deepcopy(self._dice.choice(ODD))

    def _bytes(self, data: bytes) -> bytes:
        """Return bytes unchanged, with some of them changed, or truncated."""
        body = bytearray(data)
        for _ in range(self._dice.choice([0, 0, 0, 0, 1, 5]) if body else 0):
            body[self._dice.randrange(len(body))] = self._dice.randrange(256)
        return bytes(body[: self._dice.choice([len(body)] * 9 + [self._dice.randrange(len(body) + 1)])])

    def _post(self, operation: str, path: str, body: bytes, content_type: str = "application/json") -> Case:
        body = self._bytes(body)
        head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
        return Case(operation, "POST", f"{head}Connection: close\r\n\r\n".encode() + body)


def send(port: int, case: Case) -> list[int]:
    """Send the bytes; return the statuses of all responses until the connection closes, 0 for an internal error."""
    found: list[int] = []
    with suppress(OSError, http.client.HTTPException), ExitStack() as stack:
        client = stack.enter_context(socket.create_connection(("127.0.0.1", port), TIMEOUT))
        stream = client.makefile("rb")
        stack.callback(stream.close)
        stream.close = lambda: None  # type: ignore[method-assign]  # one answer after the other is read from it
        with suppress(OSError):  # the server may refuse before it has read everything; its answer is what counts
            client.sendall(case.raw)
            if not case.answers:
                client.shutdown(socket.SHUT_WR)
        for _ in range(max(case.answers, 1)):
            answer = http.client.HTTPResponse(SimpleNamespace(makefile=lambda _: stream), method=case.method)  # type: ignore[arg-type]
            answer.begin()
            body = answer.read()
            found.append(0 if any(words in body for words in MISTAKES) else answer.status)
    return found


def dawdle(port: int, until: float) -> None:
    """Keep connections open that send a request byte by byte, or that hardly read their responses."""
    clients: list[socket.socket] = []
    while time.monotonic() < until:
        if len(clients) < SLOW_CLIENTS:
            clients.append(socket.create_connection(("127.0.0.1", port), TIMEOUT))
            clients[-1].setblocking(False)  # noqa: FBT003 - the socket's own signature
        for place, client in enumerate(clients):
            with suppress(OSError):
                client.send(b"GET /finished-jobs HTTP/1.1\r\nHost: a\r\n\r\n" if place % 2 else b"G")
                client.recv(1)
        time.sleep(0.05)
    for client in clients:
        client.close()


def fuzz(contract: Contract, *, seconds: float, seed: int) -> Findings:
    """Send requests for a number of seconds and return the results."""
    findings, traffic, recent = Findings(), Traffic(contract, seed), list[bytes]()
    stated = {o.id: {int(s) for s in o.responses if s.isdecimal()} | WIRE_STATUSES for o in contract.operations}

    async def watch() -> None:
        """Measure the longest block of the event loop, in CPU time of its thread: other threads don't count."""
        while True:
            begun = time.thread_time()
            await asyncio.sleep(STEP)
            if (busy := (time.thread_time() - begun) * 1000) > findings.block[0]:
                findings.block = busy, repr(recent[-1][:SHOWN]) if recent else "the start"

    process = psutil.Process()
    with EmbeddedServer(ServeOptions(release=RELEASE, speed=50)) as server:
        watching, port = asyncio.run_coroutine_threadsafe(watch(), server.loop), urlsplit(server.url).port or 0
        until, memory = time.monotonic() + seconds, [process.memory_info().rss] * 3
        slow = threading.Thread(target=dawdle, args=(port, until), daemon=True)
        slow.start()
        while time.monotonic() < until:
            case = traffic.case()
            recent[:] = [case.raw]
            statuses = send(port, case)
            findings.statuses.update(statuses)
            if set(statuses) - stated.get(case.operation, WIRE_STATUSES | {200}) or len(statuses) < case.answers:
                findings.wrong.append(
                    f"{case.operation} {statuses[-1:]}, {len(statuses)} responses: {case.raw[:SHOWN]!r}"
                )
            memory[1:] = max(memory[1], now := process.memory_info().rss), now
        slow.join(TIMEOUT)
        watching.cancel()
    findings.memory = memory
    return findings


def main(
    seconds: Annotated[float, typer.Option(help="Seconds for which requests are sent.", min=0.1, max=3600)] = 60,
    seed: Annotated[int, typer.Option(help="Seed; the same seed sends the same requests.")] = 1,
) -> None:
    """Send hostile requests to a new server. Exit with 1 if a response is missing or not in the contract."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))  # to protect the machine
    seen = fuzz(load(RELEASE), seconds=seconds, seed=seed)
    start, peak, end = (size >> 20 for size in seen.memory)
    typer.echo(f"{seen.statuses.total():,} responses, seed {seed}, by status: {dict(sorted(seen.statuses.items()))}")
    typer.echo(
        f"longest block of the event loop: {seen.block[0]:.0f} ms of processor time, after {seen.block[1][:120]}"
    )
    typer.echo(f"memory: {start} MiB at the start, peak {peak}, {end} at the end")
    typer.echo("\n".join([*(f"WRONG {line}" for line in seen.wrong[:50]), f"wrong or missing: {len(seen.wrong)}"]))
    raise typer.Exit(1 if seen.wrong else 0)


if __name__ == "__main__":
    typer.run(main)
