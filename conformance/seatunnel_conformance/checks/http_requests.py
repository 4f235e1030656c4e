"""Requests that the checks for every operation share, and assertions about refusals, framing and equal content."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from http.client import HTTPException, RemoteDisconnected
from itertools import takewhile
from typing import Any, Final, TypeAlias

from seatunnel_conformance.arrange.configurations import form
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.checks.encrypt_config import LETTER, config
from seatunnel_conformance.checks.logs import a_file
from seatunnel_conformance.errors import IncompleteResponse
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response, is_readable
from seatunnel_conformance.target.routes import any_path, body_operations, methods_of, query_names
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation

BROKEN_QUERY: Final = "a=%zz"

BROKEN_QUERIES: Final = (BROKEN_QUERY, "a=%ff")
"""Queries that can't be decoded: with a broken escape, and with an escape that is not UTF-8."""

NOTHING: Final = b"[  ]"
"""An empty JSON list, which has no effect; operations whose body is an object refuse it."""

_NAMED: Final = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH"})
"""The methods that a contract can state; `Allow` can also name methods of the servlet container, such as TRACE."""


def errors(target: Target, contract: Contract) -> Iterator[tuple[Operation, Response]]:
    """Yield the JSON errors of GET operations for an invalid id, a broken query or a broken escape in the path."""
    yield contract.operation("get_job_info"), target.get("/job-info")
    # Engines answer a broken escape with a page of the container, like an unknown path.
    broken = "%zz" if contract.behaviour.choice("unknownPath") == "error-json" else "abc"
    for operation in contract.operations:
        invalid, escape = (re.sub(r"{\w+}", value, operation.path) for value in ("abc", broken))
        asked = {(invalid, ""), (invalid, BROKEN_QUERY), (escape, "")}
        for path, query in sorted(asked) if operation.method == "GET" else ():
            response = target.get(path, query=query)
            content = operation.responses.get(str(response.status), {}).get("content", {})
            if response.status >= 400 and any(kind.startswith("application/json") for kind in content):
                yield operation, response


def rejecting(target: Target, contract: Contract) -> list[Operation]:
    """Return the operations to which broken bodies can be sent. A target that may only be read has none."""
    return list(body_operations(contract)) if target.allow_writes else []


def broken_body(operation: Operation, broken: bytes = b"{", file: bytes = b"{}") -> tuple[bytes, str]:
    """Return a body that an operation rejects, and its content type.

    The body is `broken` if the operation accepts JSON, and a form with `file` and an invalid `jobId` if not.
    """
    if "application/json" in (operation.request_body or {})["content"]:
        return broken, "application/json"
    return form(file, "job.json", jobId="abc")


def rejection(
    target: Target, operation: Operation, below: str = "", query: Mapping[str, str] | str = "", **headers: str
) -> Response:
    """Send a broken body to the path of an operation, with `below` appended, and return the response."""
    body, kind = broken_body(operation)
    return target.post(operation.path + below, query=query, body=body, headers={"Content-Type": kind, **headers})


def reason_of(response: Response) -> str:
    """Return the text of a rejection without its stack trace."""
    return response.text.partition(r"\n\tat ")[0]


def is_alike(found: Response, plain: Response) -> None:
    """Assert that two responses have the same status and text, apart from stack traces, which differ each time."""
    assert (found.status, reason_of(found)) == (plain.status, reason_of(plain)), found


def has_error_shape(response: Response) -> None:
    """Assert that a response has exactly the members of an error."""
    error = response.members
    assert error.keys() == {"status", "message"}, response
    assert error["status"] == "fail", response
    assert error["message"] is None or isinstance(error["message"], str), response


def has_error_type(response: Response) -> None:
    """Assert that a response has the content type of an error."""
    kind = response.header("content-type") or ""
    assert kind.lower().replace(" ", "").replace('"', "") == "application/json;charset=utf-8", response


def is_unsupported(response: Response, contract: Contract, methods: set[str], *, is_page: bool = True) -> None:
    """Assert that a response is the contract's 405 for a method that the path does not support."""
    assert response.status == 405, response
    allows_only(response, contract, methods)
    if contract.behaviour.choice("unsupportedMethod") == "container-page" and not is_page:
        assert response.body == b"", response
    else:
        as_stated(response, contract, "unsupportedMethod")
        assert response.body, response


def allows_only(response: Response, contract: Contract, methods: set[str]) -> None:
    """Assert that the `Allow` header lists the path's methods, if the contract states such a header."""
    if contract.behaviour.choice("unsupportedMethod").endswith("with-allow"):
        named = allowed(response)
        assert methods <= named, response.fields
        refused = (named & _NAMED) - methods if methods else set()
        assert not refused, f"Allow names {', '.join(sorted(refused))}, which the path does not support"


def allowed(response: Response) -> set[str]:
    """Return the methods of the Allow header."""
    return set(re.split(r",\s*", response.header("allow") or ""))


def as_stated(response: Response, contract: Contract, fact: str) -> None:
    """Assert that a response to a path or method outside the API has the form that the fact states."""
    if contract.behaviour.choice(fact).startswith("error-json"):
        assert response.members.keys() == {"status", "message"}
    else:
        assert response.media_type in {"text/html", ""}, f"the content type is {response.media_type}, not text/html"


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
    """Return the first error if every attempt fails, which excludes the network; empty if one succeeds."""
    found = list(takewhile(bool, (look() for _ in range(_TRIES))))
    return found[0] if len(found) == _TRIES else ""


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
        # A connection that is closed without a response can be a problem of the network.
        if isinstance(error.__cause__, HTTPException) and not isinstance(error.__cause__, RemoteDisconnected):
            return error.problem
        raise
    for what, names in _STATED_ONCE.items():
        found = [f"{name}: {value}" for name, value in response.fields if name.lower() in names]
        if len(found) > 1:
            return f"its {what} is stated {len(found)} times: {', '.join(found)}"
    if response.header("content-encoding"):
        try:
            response = target.send(method, path, body=body, headers={"Content-Type": "application/json"})
        except IncompleteResponse as error:
            return error.problem
    return _cut_json(response)


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


_NAMES: Final = ("jobId", "logName", "threadName", "host", "port")
"""Members that identify an item of a list."""

_LASTING: Final = re.compile(r'\A[^<#\n]+$|href="[^"]*"|^# \w+ \w+', re.MULTILINE)
"""The parts of a text that do not change: the first line of a log file, links, and names of metrics."""


def holds_the_same(plain: Callable[[], Response], *others: Callable[[], Response]) -> None:
    """Assert that other requests get the same status, media type and lasting parts (`_parts`) as the plain request.

    After a difference, both requests are sent again: lists change, and engines mix up monitoring entries that several
    clients request at once.
    """
    once = plain()
    for other in others:
        before, found = once, other()
        lost = _parts(before) - _parts(found)
        for _ in range(_TRIES):
            if not lost and _form(found) == _form(before):
                break
            # The other request is sent last, because a report shows the last one.
            before, first, after, found = plain(), other(), plain(), other()
            lost = (_parts(before) & _parts(after)) - _parts(first) - _parts(found)
        assert found.status == before.status, found
        assert found.media_type == before.media_type, found
        assert not lost, f"{', '.join(sorted(lost)[:3])}: missing in {found!r}"


def _form(response: Response) -> tuple[int, str]:
    return response.status, response.media_type


def _parts(response: Response) -> set[str]:
    """Return the parts of a response that the next response should have, too: ids, names, members, links, metrics."""
    if response.media_type != "application/json":
        return set(_LASTING.findall(response.text))
    try:
        return _parts_of(response.json)
    except AssertionError:
        return set()


def _parts_of(document: Any) -> set[str]:
    if isinstance(document, list):
        return {name for item in document for name in _parts_of(item)}
    if not isinstance(document, dict):
        return {str(document)}
    own = [name for name in _NAMES if name in document]
    return {f"{name} {document[name]}" for name in own} or set(document)
