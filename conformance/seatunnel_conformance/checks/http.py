"""Clauses of every operation: methods, paths, queries, bodies, media types, errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import chain

from seatunnel_conformance.arrange.expectations import BROKEN_JSON, EMPTY_BODY, accepted, refused, worded
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.nodes import Tags
from seatunnel_conformance.checks.encrypt_config import config
from seatunnel_conformance.checks.http_requests import (
    BROKEN_QUERIES,
    NOTHING,
    NOWHERE,
    accepted_without_effect,
    allowed,
    badly_kept,
    broken_body,
    broken_response,
    each_time,
    errors,
    has_error_shape,
    has_error_type,
    holds_the_same,
    is_alike,
    reason_of,
    rejecting,
    rejection,
    without_effect,
)
from seatunnel_conformance.checks.logs import a_file
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.errors import ArrangementFailed, NotObservable
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_conformance.target.routes import (
    NO_FILE,
    body_operations,
    get_operations,
    methods_of,
    plain_paths,
    post_paths,
    query_names,
)
from seatunnel_openapi import Contract

OBJECTS = ("/submit-job", "/stop-job", "/encrypt-config", "/update-tags")
"""The paths of operations whose body is a JSON object."""

JSON = {"Content-Type": "application/json"}

_LAX = ('{"a": 1,}', '{"a": NaN}', "{'a': 1}", "# no\n{}", "// no\n{}", "/* no */{}")
"""Objects that only lenient JSON parsers accept."""

_LAX_LISTS = ("[1,]", "[NaN]", "['a']", "# no\n[]", "// no\n[]", "/* no */[]")

_EMPTY = ("0", "1", "2")
"""Values of `Content-Length` for an empty body or an empty JSON document such as `{}`."""

_TRIES = 3


@check("http.error-shape")
def error_shape(target: Target, contract: Contract) -> None:
    """A client that shows the `message` of each error has nothing to show for an error without one."""
    found = errors(target, contract)
    _, without_id = next(found)
    has_error_shape(without_id)
    for operation, response in found:
        if operation.response_schema(response.status) == {"$ref": "#/components/schemas/Error"}:
            has_error_shape(response)


@check("http.error-content-type")
def error_content_type(target: Target, contract: Contract) -> None:
    """A client that parses only responses of type JSON does not read the error message."""
    for _, response in errors(target, contract):
        has_error_type(response)


@check("http.rejected-body", writes=True)
def rejected_body(target: Target, contract: Contract) -> None:
    """A client has nothing to show if the error for a rejected body has an unusual form."""
    for operation in body_operations(contract):
        body, kind = broken_body(operation)
        responses = [
            target.post(operation.path),
            target.post(operation.path, body=body, headers={"Content-Type": kind}),
        ]
        # Refused with 400 or 500, or accepted without effect.
        responses += [target.post(operation.path, body=body, headers=JSON) for body in (b"null", b"5", b"[{}]")]
        for response in responses:
            if response.status != 200:
                has_error_shape(response)
                has_error_type(response)


@check("http.json-content-type", writes=True, reads=True)
def json_content_type(target: Target, contract: Contract, unused_id: str) -> None:
    """A client that chooses the parser by the content type does not read the response as JSON."""
    stated = contract.behaviour.choice("jsonCharset")
    for response in _json_responses(target, contract, unused_id):
        if response.status == 200:
            assert (response.media_type, response.charset or "none") == ("application/json", stated), response


def _json_responses(target: Target, contract: Contract, unused_id: str) -> Iterator[Response]:
    """Yield the response of each GET operation that can send JSON and, if writes are allowed, of some POSTs."""
    for path, operation in get_operations(contract, unused_id).items():
        kinds = {kind.partition(";")[0] for kind in operation.responses["200"].get("content", {})}
        if "application/json" in kinds:
            yield target.get(path, query={} if len(kinds) == 1 else {"format": "json"})
    if target.allow_writes:
        for path, body in accepted_without_effect(unused_id).items():
            yield target.post(path, body=body, headers=JSON)


@check("http.options")
def options(target: Target, contract: Contract, unused_id: str) -> None:
    """Browsers ask with OPTIONS whether a page of another origin may use the API; a wrong response blocks the page."""
    for path, methods in methods_of(contract, unused_id).items():
        response = target.send("OPTIONS", path)
        assert response.status == 200, response
        assert allowed(response) >= methods, response.fields
        assert response.body == b"", response
        assert not response.followed, f"further bytes follow the response to OPTIONS {path}: {response!r}"


@check("http.options-anywhere")
def options_anywhere(target: Target) -> None:
    """A client that sends OPTIONS to an unknown path gets an error here, but not from other deployments."""
    response = target.send("OPTIONS", NOWHERE)
    assert (response.status, response.body) == (200, b"")
    assert response.header("allow"), "the response has no Allow header"


@check("http.trace")
def trace(target: Target, contract: Contract) -> None:
    """A tool that uses TRACE to see what proxies change gets no copy of its request."""
    mark = "seen-by-the-server"
    for operation in contract.operations:
        if "{" not in operation.path:
            response = target.send("TRACE", operation.path, headers={"X-Conformance": mark})
            assert (response.status, response.media_type) == (200, "message/http")
            assert response.text.startswith("TRACE ")
            assert operation.path in response.text
            assert mark in response.text


@check("http.head")
def head(target: Target, contract: Contract, unused_id: str) -> None:
    """A load balancer that checks nodes with HEAD takes a healthy node out of service."""
    for path in get_operations(contract, unused_id, NO_FILE, *a_file(target)):
        without, whole = target.send("HEAD", path), target.get(path)
        assert (without.status, without.media_type, without.body) == (whole.status, whole.media_type, b"")
        assert not without.followed, f"a body follows the response to HEAD {path}: {without!r}"
        stated = without.header("content-length")
        if stated not in {None, str(len(whole.body))}:
            wrong = _with_wrong_length(target, path)
            assert wrong is None, (
                f"HEAD {path} states the length {wrong.header('content-length')} for a body of {len(whole.body)} bytes"
            )


def _with_wrong_length(target: Target, path: str) -> Response | None:
    """Return a response to HEAD whose `Content-Length` is wrong for a body that does not change; None otherwise.

    For JSON, only the length of an empty document counts as wrong, because a proxy may format JSON differently.
    """
    without = None
    for _ in range(_TRIES):
        before, without, after = target.get(path), target.send("HEAD", path), target.get(path)
        stated = without.header("content-length") or ""
        is_json = after.media_type == "application/json" and (
            stated not in _EMPTY or after.text.strip() in {"[]", "{}"}
        )
        # Engines count a character beyond 16 bits once, and send two question marks for it.
        lengths = {str(len(after.body) - pairs) for pairs in range(after.body.count(b"??") + 1)}
        may_change = before.body != after.body and (stated not in _EMPTY or str(len(before.body)) == stated)
        if is_json or may_change or after.missing or stated in {"", *lengths}:
            return None
        if after.header("content-encoding") or without.header("content-encoding"):
            return None
    return without


@check("http.trailing-slash", writes=True, reads=True)
def trailing_slash(target: Target, contract: Contract) -> None:
    """A client that joins a base URL and a path often appends a slash, and gets 404."""
    gets = get_operations(contract, "")
    for path in plain_paths(contract):
        if gets[path].behaviour.get("subPaths") == "unknown":
            assert target.get(f"{path}/").status == 404
        else:
            holds_the_same(partial(target.get, path), partial(target.get, f"{path}/"))
    for operation in rejecting(target, contract):
        slashed, plain = rejection(target, operation, "/"), rejection(target, operation)
        assert (slashed.status, slashed.media_type) == (plain.status, plain.media_type)


@check("http.sub-paths", writes=True, reads=True)
def sub_paths(target: Target, contract: Contract) -> None:
    """A client whose path has an extra segment gets data from one deployment, and 404 from another."""
    is_alias, gets = contract.behaviour.choice("subPaths") == "aliases", get_operations(contract, "")
    paths = [operation.path for operation in contract.operations]
    ends = [path for path in paths if not any(other.startswith(f"{path}/") for other in paths) and "{" not in path]
    for path in ends:
        longer = f"{path}/conformance/x"
        if is_alias and path in gets:
            holds_the_same(partial(target.get, path), partial(target.get, longer))
        else:
            response = target.get(longer)
            assert response.status == (405 if is_alias else 404), response
    for operation in rejecting(target, contract):
        if operation.path in ends:
            below, plain = rejection(target, operation, "/conformance/x"), rejection(target, operation)
            assert below.status == (plain.status if is_alias else 404), below


@check("http.unreadable-path")
def unreadable_path(target: Target, contract: Contract) -> None:
    """A proxy that reads a malformed path differently from the server lets a forbidden request pass."""
    out = "/.." * (target.context_path.count("/") + 1)
    below = [f"{path}/%zz" for path in plain_paths(contract)]
    for path in (*get_operations(contract, "%zz", "%00"), *below, f"{out}/overview"):
        if "%" in path or path.startswith(out):
            assert target.get(path).status == 400, path


@check("http.broken-query", writes=True, reads=True)
def broken_query(target: Target, contract: Contract, unused_id: str) -> None:
    """A client that sends a broken escape by mistake gets a response to another query instead of an error."""
    for query in BROKEN_QUERIES:
        for path, operation in get_operations(contract, unused_id).items():
            if query_names(contract, operation) != frozenset():
                refused(target.get(path, query=query), 500)
        for operation in rejecting(target, contract):
            if query_names(contract, operation):
                # A target that ignores the query must not start a job, so the source has no plugin. There is a source,
                # because releases that decrypt configs refuse one without a source before they read the query.
                unnamed = json.dumps(config(None) | {"source": [{}]}).encode()
                body, kind = broken_body(operation, unnamed, unnamed)
                asked = f"jobId=abc&{query}"
                refused(target.post(operation.path, query=asked, body=body, headers={"Content-Type": kind}), 500)


@check("http.accept-ignored", writes=True, reads=True)
def accept_ignored(target: Target, contract: Contract, unused_id: str) -> None:
    """A client whose library sets its own `Accept` header gets an error, or a format that it can't parse."""
    kinds = ("text/html", "application/xml", "application/json", "text/plain")
    accepting = [{"Accept": kind} for kind in kinds]
    for path in get_operations(contract, unused_id, NO_FILE, *a_file(target)):
        response = target.get(path)
        if response.status >= 400 and response.media_type == "text/html":
            continue  # an error page of the servlet container
        reads = chain([response], iter(partial(target.get, path), None))
        holds_the_same(partial(next, reads), *(partial(target.get, path, headers=headers) for headers in accepting))
    for operation in rejecting(target, contract):
        plain = rejection(target, operation)
        for kind in kinds:
            same = rejection(target, operation, Accept=kind)
            assert (same.status, same.media_type) == (plain.status, plain.media_type)


@check("http.request-content-type", writes=True)
def request_content_type(target: Target, contract: Contract) -> None:
    """A user of curl, which sends JSON as a form by default, can't tell whether the JSON is read."""
    ignored = contract.behaviour.choice("requestContentType") == "ignored"
    for kind in ("text/plain", "application/xml", "application/x-www-form-urlencoded"):
        response = target.post("/encrypt-config", body=config(password="x"), headers={"Content-Type": kind})
        assert response.status == 200 if ignored else response.status != 200
    parsed = "application/x-www-form-urlencoded"
    for path in post_paths(contract):
        plain = _raw(target, path, b"{")
        for kind in ("text/plain", "application/xml", "application/json; charset=utf-8", "", parsed):
            if kind != parsed or path != "/submit-job":  # `submit-job.form-body`
                response = target.post(path, body=b"{", headers={"Content-Type": kind} if kind else {})
                if ignored or "json" in kind:
                    assert reason_of(response) == reason_of(plain)
                else:
                    assert reason_of(response) != reason_of(plain), response


@check("http.empty-body", writes=True)
def empty_body(target: Target, contract: Contract) -> None:
    """A client whose body was lost in a redirect gets no error, and assumes that its request had an effect."""
    for path in post_paths(contract):
        refused(target.post(path), 400, worded(contract, EMPTY_BODY))
        refused(target.post(path, body=b"\r\n\n"), 400, worded(contract, EMPTY_BODY))


@check("http.broken-json", writes=True)
def broken_json(target: Target, contract: Contract) -> None:
    """A client whose body was cut off gets no error, or an error for a request that was partly carried out."""
    for path in post_paths(contract):
        for text in (b"{", b'[{"jobId":', b"hello", b"<config/>"):
            refused(_raw(target, path, text), 400, worded(contract, BROKEN_JSON))


@check("http.strict-json", writes=True)
def strict_json(target: Target, contract: Contract, tags: Tags) -> None:
    """A client that sends JSON with comments or a trailing comma works here, but not with other deployments."""
    tags.hold()  # a target that wrongly accepts such an object replaces the tags
    for path in post_paths(contract):
        for text in _LAX if path in OBJECTS else _LAX_LISTS:
            refused(_raw(target, path, text.encode()), 400, worded(contract, BROKEN_JSON))


@check("http.first-value", writes=True)
def first_value(target: Target, contract: Contract, jobs: Jobs, unused_id: str) -> None:
    """A client that sends two values or repeats a key must know which value counts."""
    once, twice = f'{{"jobId": {unused_id}}}', f'{{"jobId": {jobs.new_id()}, "jobId": {unused_id}}}'
    for path, form in (("/stop-job", "{}"), ("/stop-jobs", "[{}]")):
        plain = accepted(_raw(target, path, form.format(once).encode()))
        for text in (f"{form.format(once)} rest", form.format(twice)):
            assert accepted(_raw(target, path, text.encode())) == plain
    unnamed = json.dumps(config(None) | {"source": [{}]})
    for path, form in (("/submit-job", "{}"), ("/submit-jobs", "[{}]")):
        texts = (unnamed, unnamed.replace('"source"', '"source": [], "source"'))
        plain, found = (_raw(target, path, form.format(text).encode()) for text in texts)
        is_alike(found, plain)
    noted = json.dumps(config(None, note="last")).replace('"note"', '"note": "first", "note"')
    assert accepted(_raw(target, "/encrypt-config", noted.encode()))["source"][0]["note"] == "last"
    for path in post_paths(contract):
        plain, found = (_raw(target, path, text) for text in (NOTHING, NOTHING + b" rest"))
        is_alike(found, plain)


@check("http.no-value", writes=True)
def no_value(target: Target) -> None:
    """A client that sends null by mistake gets no error, or another error than from other deployments."""
    for path in OBJECTS:
        for text in (b"null", b"   "):
            refused(_raw(target, path, text), 500)


@check("http.not-an-object", writes=True)
def not_an_object(target: Target) -> None:
    """A client that sends a list where one object is expected must get an error that says so."""
    for path in OBJECTS:
        for text in (b"[]", b'"text"', b"5", b"true"):
            refused(_raw(target, path, text), 400)


@check("http.chunked-body", writes=True)
def chunked_body(target: Target, contract: Contract) -> None:
    """A client that streams its body without a length gets an error, or its body is ignored."""
    sent, other = config(password="x", note="a"), config(password="x", note="b")
    plain, changed = (accepted(target.post("/encrypt-config", body=body)) for body in (sent, other))
    if plain == changed:
        raise ArrangementFailed(
            "/encrypt-config returns the same for two different configs", "encrypt-config.rest-unchanged"
        )
    assert accepted(target.post("/encrypt-config", body=sent, chunked=True)) == plain
    for operation in body_operations(contract):
        # The first of two chunks has only a half of the JSON.
        body, kind = broken_body(operation, NOTHING)
        plain, found = (
            target.post(operation.path, body=body, headers={"Content-Type": kind}, chunked=chunked)
            for chunked in (False, True)
        )
        is_alike(found, plain)
    with suppress(NotObservable):
        for path in post_paths(contract):
            # One chunk, with an extension, which has no meaning (RFC 9112, 7.1.1).
            plain = target.post(path, body=NOTHING, headers=JSON)
            extended = target.send_plainly("POST", path, body=NOTHING, chunked=True)
            is_alike(extended, plain)


@check("http.keep-alive", writes=True)
def keep_alive(target: Target, contract: Contract, jobs: Jobs, unused_id: str) -> None:
    """A client that polls opens a new connection for each request, and runs out of local ports."""
    for method, path, body in without_effect(target, contract, jobs, unused_id):
        error = each_time(partial(badly_kept, target, method, path, body))
        assert not error, f"{method} {path}: {error}"
    error = each_time(partial(badly_kept, target, "POST", "/stop-jobs", b"[]", chunked=True))
    assert not error, f"POST /stop-jobs in chunks: {error}"


@check("http.whole-body", writes=True)
def whole_body(target: Target, contract: Contract, jobs: Jobs, unused_id: str) -> None:
    """A client waits for bytes that never come, or loses the end of a response."""
    for method, path, body in without_effect(target, contract, jobs, unused_id):
        error = each_time(partial(broken_response, target, method, path, body))
        assert not error, f"{method} {path}: the response is broken: {error}"


@check("http.context-path", writes=True, reads=True)
def context_path(target: Target, contract: Contract, unused_id: str) -> None:
    """A proxy that allows only paths below the context path is bypassed if the API also answers without it."""
    if not target.context_path:
        raise NotObservable("the target has no context path")
    assert target.get("/overview").status == 200
    outside = target.outside()
    for path in get_operations(contract, unused_id):
        response = outside.get(path)
        assert response.status == 404, response
    for operation in rejecting(target, contract):
        response = rejection(outside, operation)
        assert response.status == 404, response


def _raw(target: Target, path: str, text: bytes, **headers: str) -> Response:
    return target.post(path, body=text, headers={**JSON, **headers})
