"""Clauses about every operation: its paths, methods and parameters, its content, connection and credentials."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import partial
from http import HTTPStatus
from typing import Final

from seatunnel_conformance.arrange.expectations import accepted
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.nodes import Tags
from seatunnel_conformance.checks.encrypt_config import LETTER, config
from seatunnel_conformance.checks.http import JSON
from seatunnel_conformance.checks.http_requests import (
    NOTHING,
    NOWHERE,
    allows_only,
    as_stated,
    broken_body,
    each_time,
    holds_the_same,
    is_alike,
    is_unsupported,
    lost_response,
    reason_of,
    rejecting,
    rejection,
    without_effect,
)
from seatunnel_conformance.checks.overview import NO_SUCH_TAG, counts
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.checks.submit_job_forms import UPLOAD_OPERATION as UPLOAD
from seatunnel_conformance.checks.submit_job_forms import upload
from seatunnel_conformance.checks.submit_jobs import with_params
from seatunnel_conformance.errors import ArrangementFailed, NotObservable
from seatunnel_conformance.observe.schemas import further_members
from seatunnel_conformance.target.deployment import Target, fill
from seatunnel_conformance.target.exchange import BodyMismatch, Response
from seatunnel_conformance.target.routes import (
    NO_FILE,
    body_operations,
    get_operations,
    label,
    methods_of,
    plain_paths,
    post_paths,
    suffixed_paths,
    undefined_parameters,
)
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation


@check("http.one-answer", writes=True)
def one_answer(target: Target, contract: Contract, jobs: Jobs, tags: Tags, unused_id: str) -> None:
    """A client takes a second response to one request as the response to its next request."""
    for method, path, body in without_effect(target, contract, jobs, unused_id):
        response = target.send(method, path, body=body, headers=JSON)
        assert not response.followed, f"further bytes follow the response to {method} {path}: {response!r}"
        error = each_time(partial(lost_response, target, response, method, path, body))
        assert not error, f"{method} {path}, sent twice at once: {error}"
    for operation, response in _accepted_writes(target, contract, jobs, tags):
        assert not response.followed, f"further bytes follow the response to {label(operation)}: {response!r}"


@check("http.basic-auth", writes=True, reads=True)
def basic_auth(target: Target, contract: Contract, unused_id: str) -> None:
    """An operation that is answered without credentials is open to everybody who reaches the port."""
    if not target.connection.basic:
        raise NotObservable("the run has no user and password")
    methods = ("GET", "HEAD", "OPTIONS", *(("POST", "PUT", "DELETE") if target.allow_writes else ()))
    with target.without_credentials() as anybody:
        if anybody.get("/overview").status == 200:
            raise NotObservable("the target serves clients without credentials")
        for path in methods_of(contract, unused_id):
            for method in methods:
                response = anybody.send(method, path)
                assert response.status == 401, response
                challenge = response.header("www-authenticate") or ""
                assert challenge.lower().startswith("basic"), f"the challenge is {challenge or 'missing'}: {response!r}"


@check("http.escaped-path")
def escaped_path(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A client that escapes more characters than necessary gets 404, or another job."""
    values = {"jobId": jobs.finished().id, "state": jobs.short_state}
    for operation in contract.operations:
        plain = fill(operation.path, values)
        # Escapes in the names of log files belong to `logs.names-not-decoded`.
        if operation.method == "GET" and "{" not in plain:
            for escaped in {_escaped(plain, 1), _escaped(plain, plain.rindex("/") + 1)}:
                holds_the_same(partial(target.get, plain), partial(target.get, escaped))
    for operation in rejecting(target, contract):
        body, kind = broken_body(operation)
        expected, found = (
            target.post(path, body=body, headers={"Content-Type": kind})
            for path in (operation.path, _escaped(operation.path, 1))
        )
        assert (found.status, found.media_type) == (expected.status, expected.media_type), found


def _escaped(path: str, at: int) -> str:
    """Return a path in which the character at this position is escaped."""
    return f"{path[:at]}%{ord(path[at]):02X}{path[at + 1 :]}"


@check("http.unsupported-method")
def unsupported_method(target: Target, contract: Contract, unused_id: str) -> None:
    """A client that uses the wrong method takes the response for a result, or looks for a mistake in its path."""
    for path, methods in methods_of(contract, unused_id).items():
        if "GET" not in methods:
            is_unsupported(target.get(path), contract, methods)
            without = target.send("HEAD", path)
            assert (without.status, without.body, without.followed) == (405, b"", False), without
            allows_only(without, contract, methods)


@check("http.unsupported-write", writes=True)
def unsupported_write(target: Target, contract: Contract, tags: Tags, unused_id: str) -> None:
    """A request with the wrong method changes something on the cluster that nobody wanted to change."""
    has_own_answer = any(clause.id == "http.unknown-method" for clause in contract.clauses)
    wrong_methods = ("POST", "PUT", "DELETE", *(() if has_own_answer else ("PATCH",)))
    for path, methods in methods_of(contract, unused_id).items():
        for method in wrong_methods:
            if method not in methods:
                is_unsupported(target.send(method, path), contract, methods, is_page=method == "POST")
    tags.hold()
    changed = json.dumps({tags.name: "changed"}).encode()
    for method in wrong_methods[1:]:
        response = target.send(method, "/update-tags", body=changed, headers=JSON)
        is_unsupported(response, contract, {"POST"}, is_page=False)
        _changed_nothing(target, method, {tags.name: "changed"})


def _changed_nothing(target: Target, method: str, tags: dict[str, str]) -> None:
    # If the request had changed the tags, the overview would find the node by them.
    overview = target.get("/overview", query=tags)
    try:
        workers = counts(overview)["workers"]
    except AssertionError:
        raise ArrangementFailed(f"the overview is wrong: {overview!r}", "overview.members") from None
    assert not workers, f"{method} /update-tags has set the tags of {workers} workers"


@check("http.unknown-path")
def unknown_path(target: Target, contract: Contract) -> None:
    """A client of a newer release can't tell that this release lacks the path."""
    # Servers resolve dots, escaped or not, before routing; a path with two slashes is another path.
    below = (f"{folder}/{out}conformance-no-such-path" for folder in ("/log", "/logs") for out in ("../", "..%2f"))
    paths = plain_paths(contract)
    wanted = (path.upper() for path in get_operations(contract, NO_FILE))
    for path in (NOWHERE, *wanted, *suffixed_paths(paths), f"/{paths[0]}", *below):
        response = target.get(path)
        assert response.status == 404
        as_stated(response, contract, "unknownPath")
        without = target.send("HEAD", path)
        assert (without.status, without.body, without.followed) == (404, b"", False), without


@check("http.unknown-path-write", writes=True)
def unknown_path_write(target: Target, contract: Contract) -> None:
    """A client that writes to a path of a newer release gets no error, and assumes success."""
    paths = [operation.path for operation in body_operations(contract)]
    for path in (NOWHERE, *map(str.upper, paths), *suffixed_paths(paths)):
        response = target.send("POST", path)
        assert response.status == 404, response
        as_stated(response, contract, "unknownPath")
        for method in ("PUT", "DELETE"):
            is_unsupported(target.send(method, path), contract, set(), is_page=False)


@check("http.unknown-method", writes=True)
def unknown_method(target: Target, contract: Contract, unused_id: str) -> None:
    """A client that uses a method the server does not know assumes that its request was carried out."""
    for path, methods in (*methods_of(contract, unused_id).items(), (NOWHERE, {"GET"})):
        for method in ("PATCH", "REPORT", *map(str.lower, methods)):  # methods are case-sensitive
            response = target.send(method, path)
            assert (response.status, response.body) == (501, b""), response


@check("http.unknown-parameters", writes=True, reads=True, alone=True)
def unknown_parameters(target: Target, contract: Contract, unused_id: str) -> None:
    """A client of a newer release breaks if parameters that this release does not know cause an error."""
    assert target.get("/system-monitoring-information", query={"rows": "0"}).items, "the list of members is empty"
    for path, operation in get_operations(contract, unused_id).items():
        sent = _unknown(operation) | undefined_parameters(contract, operation)
        holds_the_same(partial(target.get, path), partial(target.get, path, query=sent))
    for operation in rejecting(target, contract):
        plain, rejected = rejection(target, operation), rejection(target, operation, query=_unknown(operation))
        assert (rejected.status, rejected.media_type) == (plain.status, plain.media_type)
        assert reason_of(rejected) == reason_of(plain)


def _unknown(operation: Operation) -> dict[str, str]:
    """Return parameters that an operation does not define: `conformance`, and the defined ones in capitals."""
    own = {str(each["name"]).upper(): str(each["example"]) for each in operation.parameters if "example" in each}
    return {"conformance": "x"} | {name: "abc" if value.isdigit() else value for name, value in own.items()}


_QUERIES: Final[Mapping[str, Mapping[str, str]]] = {
    "get_option_rules": {"type": "source", "plugin": "FakeSource"},
    "list_logs": {"format": "json"},
    "read_logs": {"format": "json"},
}
"""Queries by operation, if it needs one to return 200 and JSON."""

_PARAMETERS: Final = frozenset({"jobId", "jobIdOrFile", "state"})
"""Path parameters whose values are known from the run's own jobs."""


@check("http.further-members")
def members(target: Target, contract: Contract, jobs: Jobs, tags: Tags) -> None:
    """A generated client that rejects unknown members can't read the response."""
    for operation, response in json_responses(target, contract, jobs, tags):
        schema = operation.response_schema(200) or {}
        try:
            document = response.json
        except AssertionError:
            continue  # the check of the operation fails
        found = [f"`{place.removeprefix('/')}`" for place in further_members(contract, schema, document)]
        if found:
            raise AssertionError(f"the contract does not have {', '.join(dict.fromkeys(found))} in {label(operation)}")


def json_responses(target: Target, contract: Contract, jobs: Jobs, tags: Tags) -> Iterator[tuple[Operation, Response]]:
    """Yield the JSON responses with status 200 of GET operations, submissions, stops and `/update-tags`."""
    for operation, response in _responses(target, contract, jobs, tags):
        if (response.status, response.media_type) == (200, "application/json"):
            yield operation, response


def _responses(target: Target, contract: Contract, jobs: Jobs, tags: Tags) -> Iterator[tuple[Operation, Response]]:
    every = {operation.id: operation for operation in contract.operations}
    own = [jobs.finished(), jobs.running()]
    if "get_checkpoint_history" in every:
        own.append(jobs.saved())
    state = jobs.short_state
    for operation in every.values():
        if operation.method == "GET" and set(re.findall(r"{(\w+)}", operation.path)) <= _PARAMETERS:
            for job in own if "{jobId}" in operation.path else own[:1]:
                query = _QUERIES.get(operation.id, "")
                response = target.get(operation.path, query=query, jobId=job.id, jobIdOrFile=job.id, state=state)
                yield operation, response
    yield every["get_overview"], target.get("/overview", query=NO_SUCH_TAG)
    yield from _accepted_writes(target, contract, jobs, tags)


def _accepted_writes(
    target: Target, contract: Contract, jobs: Jobs, tags: Tags
) -> Iterator[tuple[Operation, Response]]:
    every = {operation.id: operation for operation in contract.operations}
    new, ended = jobs.own(jobs.batch()), jobs.finished().id
    yield every["submit_job"], jobs.send(jobs.own(jobs.batch()))
    yield every["submit_jobs"], target.post("/submit-jobs", body=[with_params(new)])
    yield every["stop_job"], jobs.stop(ended)
    yield every["stop_jobs"], target.post("/stop-jobs", body=[{"jobId": int(ended)}])
    yield every["update_tags"], tags.set({tags.name: "here"})
    if UPLOAD in every:
        yield every[UPLOAD], upload(target, jobs.own(jobs.batch()))


_LATIN = LETTER.encode().decode("iso-8859-1")
"""The UTF-8 bytes of the letter, decoded as ISO-8859-1."""

_READ = {
    "application/json": LETTER,
    "application/json;charset=utf-8": LETTER,
    "application/json; charset=ISO-8859-1": _LATIN,
    "text/plain": _LATIN,
    "text/html": _LATIN,
}
"""The text as which a server decodes the UTF-8 bytes of the letter, by the content type of the body."""


@check("http.body-charset", writes=True)
def body_charset(target: Target, contract: Contract) -> None:
    """Letters outside ASCII in a job name or an option arrive as other letters."""
    for kind, read in _READ.items():
        response = target.post("/encrypt-config", body=config(note=LETTER), headers={"Content-Type": kind})
        assert _note(response) == read
    wide = {"Content-Type": "application/json;charset=utf-16"}
    sent = json.dumps(config(note=LETTER), ensure_ascii=False).encode("utf-16")
    assert _note(target.post("/encrypt-config", body=sent, headers=wide)) == LETTER
    for path in post_paths(contract):
        plain = target.post(path, body=NOTHING, headers={"Content-Type": "application/json"})
        found = target.post(path, body=NOTHING.decode().encode("utf-16"), headers=wide)
        is_alike(found, plain)
        _is_quoted_as_read(target, path)


def _read(response: Response) -> Response:
    """Return the response. Raises `ArrangementFailed` if the request's content type is refused (415)."""
    if response.status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
        raise ArrangementFailed(f"the content type is refused: {response!r}", "http.request-content-type")
    return response


def _note(response: Response) -> object:
    """Return the option `note` of an encrypted config. Raises `ArrangementFailed` if the body is not JSON."""
    try:
        return accepted(_read(response))["source"][0]["note"]
    except BodyMismatch as error:
        raise ArrangementFailed(str(error), "encrypt-config.rest-unchanged") from None


def _is_quoted_as_read(target: Target, path: str) -> None:
    """Assert that an error quotes the body in the charset of its content type. Some operations quote nothing."""
    kinds = {"application/json": _LATIN, "application/json; charset=ISO-8859-1": LETTER, "text/plain": LETTER}
    expected, *others = (
        _read(target.post(path, body=_rejected(path, text), headers={"Content-Type": kind}))
        for kind, text in kinds.items()
    )
    for found in others:
        is_alike(found, expected)


def _rejected(path: str, text: str) -> bytes:
    """Return a body that an operation rejects because it contains a text in place of an id or an object."""
    item = config(None) | {"jobId": text, "params": {"jobId": text}}
    body = {"/stop-job": item, "/stop-jobs": [item], "/submit-jobs": [item]}.get(path, text)
    return json.dumps(body, ensure_ascii=False).encode()
