"""What holds for every operation: methods, paths, queries, bodies, media types, errors."""

from __future__ import annotations

import re

from seatunnel_conformance.arrange.expectations import BROKEN_JSON, EMPTY_BODY, accepted, ids, refused
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.stable_reads import at_rest
from seatunnel_conformance.checks.encrypt_config import config, encoded
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.errors import NotObservable
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Answer
from seatunnel_openapi import Contract

PLAIN = ("/overview", "/running-jobs", "/finished-jobs", "/system-monitoring-information", "/logs", "/log")
"""The paths of GET operations without parameters in them."""

OBJECTS = ("/submit-job", "/stop-job", "/encrypt-config", "/update-tags")
"""The paths of operations that want an object."""

LETTER = "\N{LATIN SMALL LETTER E WITH ACUTE}"


@check("http.error-shape")
def error_shape(target: Target) -> None:
    """A client that shows errors reads them in one way, whatever went wrong."""
    for path in ("/job-info/abc", "/running-job/abc", "/job-info"):
        error = target.get(path).members
        assert error.keys() == {"status", "message"}
        assert error["status"] == "fail"
        assert error["message"] is None or isinstance(error["message"], str)


@check("http.error-content-type")
def error_content_type(target: Target) -> None:
    """A client decides by the content type how to read an error."""
    kind = target.get("/job-info/abc").header("content-type") or ""
    assert kind.lower().replace(" ", "") == "application/json;charset=utf-8"


@check("http.json-content-type")
def json_content_type(target: Target, contract: Contract, unused_id: str) -> None:
    """A client decides by the content type how to read an answer."""
    stated = contract.behaviour.choice("jsonCharset")
    for path in ("/overview", "/running-jobs", f"/job-info/{unused_id}"):
        answer = target.get(path)
        assert (answer.media_type, answer.charset or "none") == ("application/json", stated)


@check("http.unknown-path")
def unknown_path(target: Target, contract: Contract) -> None:
    """A client that is written for another release must see that a path is not there."""
    # Dots, escaped or not, are resolved before the path is looked for.
    below = (f"{folder}/{out}conformance-no-such-path" for folder in ("/log", "/logs") for out in ("../", "..%2f"))
    for path in ("/conformance-no-such-path", "/OVERVIEW", *below):
        answer = target.get(path)
        assert answer.status == 404
        _as_stated(answer, contract, "unknownPath")


@check("http.unsupported-method")
def unsupported_method(target: Target, contract: Contract) -> None:
    """A client that uses the wrong method needs to know the right one."""
    readable = {operation.path for operation in contract.operations if operation.method == "GET"}
    for operation in contract.operations:
        if operation.method == "POST" and operation.path not in readable:
            answer = target.get(operation.path)
            assert answer.status == 405
            _as_stated(answer, contract, "unsupportedMethod")
            if contract.behaviour.choice("unsupportedMethod").endswith("with-allow"):
                assert "POST" in (answer.header("allow") or "")


@check("http.unknown-method", writes=True)
def unknown_method(target: Target) -> None:
    """A client that uses an unknown method needs a response which says that nothing was done."""
    for path in ("/overview", "/submit-job"):
        answer = target.send("REPORT", path)
        assert (answer.status, answer.body) == (501, b""), answer


@check("http.options")
def options(target: Target, contract: Contract) -> None:
    """A browser asks this before it lets a page use the API."""
    for operation in contract.operations:
        if "{" not in operation.path:
            answer = target.send("OPTIONS", operation.path)
            assert answer.status == 200
            assert operation.method in (answer.header("allow") or "")
            assert answer.body == b""


@check("http.options-anywhere")
def options_anywhere(target: Target) -> None:
    """A browser that asks about a path which is not there learns nothing from the answer."""
    answer = target.send("OPTIONS", "/conformance-no-such-path")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("allow"), "there is no Allow header"


@check("http.trace")
def trace(target: Target, contract: Contract) -> None:
    """A client sees how proxies changed its request; so does an attacker who makes a browser send one."""
    mark = "seen-by-the-server"
    for operation in contract.operations:
        if "{" not in operation.path:
            answer = target.send("TRACE", operation.path, headers={"X-Conformance": mark})
            assert (answer.status, answer.media_type) == (200, "message/http")
            assert answer.text.startswith("TRACE ")
            assert operation.path in answer.text
            assert mark in answer.text


@check("http.head")
def head(target: Target) -> None:
    """A probe of a load balancer asks this way whether the node is well."""
    for path in PLAIN:
        without, whole = target.send("HEAD", path), target.get(path)
        assert (without.status, without.media_type, without.body) == (whole.status, whole.media_type, b"")
        assert not without.followed, f"a body comes behind {without!r}"


@check("http.trailing-slash")
def trailing_slash(target: Target) -> None:
    """A client that joins addresses adds slashes."""
    for path in PLAIN:
        with_slash, without = target.get(f"{path}/"), target.get(path)
        assert (with_slash.status, with_slash.media_type) == (without.status, without.media_type)
    assert target.get("/overview/").members.keys() == target.get("/overview").members.keys()


@check("http.sub-paths")
def sub_paths(target: Target, contract: Contract) -> None:
    """A client that asks for more than there is gets the whole, or nothing."""
    answer = target.get("/overview/conformance/x")
    assert answer.status == {"aliases": 200, "unknown": 404}[contract.behaviour.choice("subPaths")]


@check("http.unreadable-path")
def unreadable_path(target: Target) -> None:
    """A proxy and the server must not read one path in two ways."""
    out = "/.." * (target.context_path.count("/") + 1)
    for path in ("/overview/%zz", "/overview/%00", f"{out}/overview"):
        assert target.get(path).status == 400


@check("http.unknown-parameters")
def unknown_parameters(target: Target, contract: Contract, unused_id: str) -> None:
    """A client that is written for a later release sends parameters that this one does not know."""
    query = {"page": "1", "rows": "0", "jobId": "5"}
    assert target.get(f"/job-info/{unused_id}", query=query).body == target.get(f"/job-info/{unused_id}").body
    known = {parameter["name"] for parameter in contract.operation("get_finished_jobs").parameters}
    unknown = {name: value for name, value in query.items() if name not in known}

    def ids_of_all() -> list[str]:
        return sorted(ids(target.get("/finished-jobs").items))

    every, asked = at_rest(ids_of_all, lambda: sorted(ids(target.get("/finished-jobs", query=unknown).items)))
    assert asked == every
    # Every cluster has a member; it may have no job.
    readings = "/system-monitoring-information"
    assert len(target.get(readings, query=query).items) == len(target.get(readings).items)


@check("http.broken-query")
def broken_query(target: Target) -> None:
    """A client that forgets to escape a percent sign sees an error of the server."""
    refused(target.get("/overview", query="a=%zz"), 500)


@check("http.accept-ignored")
def accept_ignored(target: Target) -> None:
    """A client that asks for another form gets this one all the same, and must look at what came."""
    for kind in ("text/html", "application/xml", "image/png"):
        assert target.get("/overview", headers={"Accept": kind}).media_type == "application/json"
    assert target.get("/log", headers={"Accept": "application/json"}).media_type == "text/html"


@check("http.request-content-type", writes=True)
def request_content_type(target: Target, contract: Contract) -> None:
    """A client of curl's defaults sends JSON under another content type without knowing."""
    ignored = contract.behaviour.choice("requestContentType") == "ignored"
    for kind in ("text/plain", "application/xml", "application/x-www-form-urlencoded"):
        answer = target.post("/encrypt-config", body=config(password="x"), headers={"Content-Type": kind})
        assert (answer.status == 200) == ignored


@check("http.body-charset", writes=True)
def body_charset(target: Target) -> None:
    """A client that forgets the content type finds other letters in its names."""
    latin = LETTER.encode().decode("iso-8859-1")
    expected = {
        "application/json": LETTER,
        "application/json;charset=utf-8": LETTER,
        "application/json; charset=ISO-8859-1": latin,
        "text/plain": latin,
    }
    for kind, read in expected.items():
        answer = target.post("/encrypt-config", body=config(note=LETTER), headers={"Content-Type": kind})
        assert accepted(answer)["source"][0]["note"] == read


@check("http.empty-body", writes=True)
def empty_body(target: Target, contract: Contract) -> None:
    """A client whose body is lost on the way needs an error."""
    for path in _post_paths(contract):
        refused(target.post(path), 400, EMPTY_BODY)
        refused(target.post(path, body=b"\r\n\n"), 400, EMPTY_BODY)


@check("http.broken-json", writes=True)
def broken_json(target: Target, contract: Contract) -> None:
    """A client whose body is cut off needs an error, and nothing may be done partly."""
    for path in _post_paths(contract):
        refused(_raw(target, path, b"{"), 400, BROKEN_JSON)


@check("http.strict-json", writes=True)
def strict_json(target: Target, unused_id: str) -> None:
    """A client that takes the page's own example with its comment gets an error."""
    for text in ("# no\n{}", "// no\n{}", f"{{'jobId': {unused_id}}}", f'{{"jobId": {unused_id},}}', '{"jobId": NaN}'):
        refused(_raw(target, "/stop-job", text.encode()), 400, BROKEN_JSON)


@check("http.first-value", writes=True)
def first_value(target: Target, jobs: Jobs, unused_id: str) -> None:
    """A client that sends two values must know which one counted."""
    for text in (f'{{"jobId": {unused_id}}} rest', f'{{"jobId": {jobs.new_id()}, "jobId": {unused_id}}}'):
        answer = _raw(target, "/stop-job", text.encode())
        assert accepted(answer) == {"jobId": unused_id}


@check("http.no-value", writes=True)
def no_value(target: Target) -> None:
    """A client that sends a null sees an error of the server, not of its own."""
    for path in OBJECTS:
        for text in (b"null", b"   "):
            refused(_raw(target, path, text), 500)


@check("http.not-an-object", writes=True)
def not_an_object(target: Target) -> None:
    """A client that sends a list to the operation for one item needs an error."""
    for path in OBJECTS:
        for text in (b"[]", b'"text"', b"5", b"true"):
            refused(_raw(target, path, text), 400)


@check("http.chunked-body", writes=True)
def chunked_body(target: Target) -> None:
    """A client that streams its body does not know its length before."""
    sent = config(password="x")
    chunked = accepted(target.post("/encrypt-config", body=sent, chunked=True))
    assert chunked["source"][0]["password"] == encoded("x")
    assert chunked == accepted(target.post("/encrypt-config", body=sent))


@check("http.one-answer", writes=True)
def one_answer(target: Target, contract: Contract, unused_id: str) -> None:
    """A client that keeps its connection takes a second answer for that to its next request."""
    for operation in contract.operations:
        # What needs a body and has none is refused, so that nothing happens.
        if operation.method == "GET" or (operation.request_body or {}).get("required"):
            answer = target.send(operation.method, re.sub(r"{\w+}", unused_id, operation.path))
            assert not answer.followed, f"more than one answer has come: {answer!r}"


@check("http.context-path")
def context_path(target: Target) -> None:
    """A proxy that forwards by path must not reach the API by another one."""
    if not target.context_path:
        raise NotObservable("the target has no context path")
    assert target.get("/overview").status == 200
    for path in ("/overview", f"{target.context_path}/"):
        answer = target.outside().get(path)
        assert answer.status == 404, answer


def _post_paths(contract: Contract) -> list[str]:
    """Return the paths that take JSON and nothing else, and can't do without."""
    posts = [
        (operation.path, operation.request_body) for operation in contract.operations if operation.method == "POST"
    ]
    return [path for path, body in posts if body and body.get("required") and "application/json" in body["content"]]


def _raw(target: Target, path: str, text: bytes) -> Answer:
    return target.post(path, body=text, headers={"Content-Type": "application/json"})


def _as_stated(answer: Answer, contract: Contract, fact: str) -> None:
    """Hold an answer that no operation gives to the shape that a fact of the document names."""
    if contract.behaviour.choice(fact).startswith("error-json"):
        assert answer.members.keys() == {"status", "message"}
    else:
        assert answer.media_type in {"text/html", ""}
