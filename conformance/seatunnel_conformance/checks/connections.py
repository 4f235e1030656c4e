"""Requests for the checks of connections and framing, and functions that send one and return what is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPException, RemoteDisconnected
from itertools import takewhile
from typing import Final, TypeAlias

from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.checks.encrypt_config import LETTER, config
from seatunnel_conformance.checks.logs import a_file
from seatunnel_conformance.checks.refusals import BROKEN_QUERY
from seatunnel_conformance.errors import IncompleteResponse
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response, is_readable
from seatunnel_conformance.target.routes import any_path, methods_of, query_names
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation

NOWHERE: Final = "/conformance-no-such-path"

Sending: TypeAlias = tuple[str, str, bytes | None]
"""Method, path and JSON body of a request."""

_STATED_ONCE: Final = {"length": {"content-length", "transfer-encoding"}, "content type": {"content-type"}}
"""Properties that a response states once at most, with the names of the headers that state them."""

_WORDS: Final = ("true", "false", "null", "-")
"""JSON literals, and the sign of a number: a JSON text that ends within one was cut off."""

_TRIES: Final = 3
"""Attempts that must all fail before an error is attributed to the target and not to the network."""


def without_effect(target: Target, contract: Contract, jobs: Jobs, unused_id: str) -> Iterator[Sending]:
    """Yield requests that change nothing: for each operation, for unknown paths, for a log file and for own jobs."""
    yield from (("GET", path, None) for path in (NOWHERE, "/stop-job", "/job-info"))
    # The target reads no body of these requests.
    yield from (("POST", NOWHERE, b"[]"), *((method, "/overview", b"[]") for method in ("POST", "PUT", "GET")))
    for operation in contract.operations:
        # A request without its body is rejected, so it has no effect.
        if operation.method == "GET" or (operation.request_body or {}).get("required"):
            yield operation.method, any_path(operation, unused_id), None
        if operation.method == "GET":
            yield "HEAD", any_path(operation, unused_id), None
        if operation.path.endswith("/{jobId}"):
            yield operation.method, any_path(operation, "abc"), None  # an error
        if operation.method == "GET" and query_names(contract, operation) != frozenset():
            for query in ("format=json&limit=5&page=1&rows=1&conformance=x", BROKEN_QUERY):
                yield "GET", f"{any_path(operation, unused_id)}?{query}", None
    yield from (("OPTIONS", path, None) for path in methods_of(contract, unused_id))
    yield from (("POST", path, body) for path, body in accepted_without_effect(unused_id).items())
    for name in a_file(target):
        yield from (("GET", f"{folder}/{name}", None) for folder in ("/log", "/logs"))
    for job_id in _own_ids(jobs):
        for operation in filter(_shows_jobs, contract.operations):
            yield "GET", any_path(operation, job_id), None


def accepted_without_effect(unused_id: str) -> dict[str, bytes]:
    """Return bodies that operations accept, and that change nothing, by path."""
    # Letters of two bytes, so that a length in characters is wrong for the response.
    letters = config(None, note=LETTER * 9)
    bodies = {"/encrypt-config": letters, "/stop-job": {"jobId": unused_id}, "/stop-jobs": [], "/submit-jobs": []}
    return {path: json.dumps(body, ensure_ascii=False).encode() for path, body in bodies.items()}


def _own_ids(jobs: Jobs) -> Iterator[str]:
    """Yield the ids of a running and of an ended job.

    Raises `IncompleteResponse` if the response about a job breaks off, after its id was yielded.
    """
    for arrange in (jobs.running, jobs.finished):
        try:
            yield arrange().id
        except IncompleteResponse as error:
            yield from re.findall(r"/(\d+):", str(error))
            raise


def _shows_jobs(operation: Operation) -> bool:
    return operation.method == "GET" and not {"{jobId}", "{jobIdOrFile}"}.isdisjoint(operation.path.split("/"))


def each_time(look: Callable[[], str]) -> str:
    """Return the first error if all attempts fail, so that it is not one of the network; empty otherwise."""
    errors = list(takewhile(bool, (look() for _ in range(_TRIES))))
    return errors[0] if len(errors) == _TRIES else ""


def badly_kept(target: Target, method: str, path: str, body: bytes | None, *, chunked: bool = False) -> str:
    """Send a request twice on one connection, the second time with `Connection: close`; return what goes wrong."""
    response = target.send_plainly(method, path, body=body, keep=True, chunked=chunked)
    if response.closes:
        return f"the connection ends after the response: its headers are {response.fields}"
    try:
        target.send_plainly(method, path, body=body, keep=True, closes=True)
    except IncompleteResponse as error:
        return f"the connection ends after the response: {error}"
    return "" if target.wire.raw.has_ended() else "the connection stays open after `Connection: close`"


def lost_response(target: Target, first: Response, method: str, path: str, body: bytes | None) -> str:
    """Send a request twice without waiting, and return how the second response differs from the first."""
    try:
        second = target.send_plainly(method, path, body=body, twice=True)
    except IncompleteResponse as error:
        return f"the second response does not come: {error}"
    return "" if second.status == first.status else f"the second response is {second!r}"


def broken_response(target: Target, method: str, path: str, body: bytes | None) -> str:
    """Send a request, and return what is wrong with the framing of its response."""
    try:
        response = target.send_plainly(method, path, body=body)
    except IncompleteResponse as error:
        # If there is no response at all, that can be the network.
        if isinstance(error.__cause__, HTTPException) and not isinstance(error.__cause__, RemoteDisconnected):
            return _without_request(error, method, path)
        raise
    for what, names in _STATED_ONCE.items():
        found = [f"{name}: {value}" for name, value in response.fields if name.lower() in names]
        if len(found) > 1:
            return f"its {what} is stated {len(found)} times: {', '.join(found)}"
    if response.header("content-encoding"):
        try:
            response = target.send(method, path, body=body, headers={"Content-Type": "application/json"})
        except IncompleteResponse as error:
            return _without_request(error, method, path)
    return _cut_json(response)


def _without_request(error: IncompleteResponse, method: str, path: str) -> str:
    return str(error).removeprefix(f"{method} {path}: ")


def _cut_json(response: Response) -> str:
    """Return an error for a JSON body that ends in the middle of its document; an empty string for any other body."""
    if response.media_type != "application/json" or not response.body or not is_readable(response.body):
        return ""
    is_cut = False
    try:
        with suppress(RecursionError):
            json.loads(response.body.decode())
    except UnicodeDecodeError as error:
        is_cut = error.reason == "unexpected end of data"
    except json.JSONDecodeError as error:
        rest = error.doc[error.pos :]
        is_cut = error.msg.startswith("Unterminated string") or any(word.startswith(rest) for word in _WORDS)
    whole = f"the {len(response.body)} bytes of its body, as its headers state, are not a whole JSON document"
    return whole if is_cut else ""
