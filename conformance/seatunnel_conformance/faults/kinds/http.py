"""HTTP faults: wrong methods, paths, queries, bodies, media types and errors, on any operation."""

from __future__ import annotations

import re
from typing import Any, Final

from seatunnel_conformance.faults.changes import *

_OBJECTS: Final = ("submit_job", "stop_job", "encrypt_config", "update_tags")
"""The operations that want an object."""

_POSTS: Final = (*_OBJECTS, "submit_jobs", "stop_jobs")

_KNOWN: Final = frozenset({"jobId", "jobName", "isStartWithSavePoint", "format"})
"""Query parameters that some operation names."""

_BROKEN: Final = "Invalid JSON format in request body."


def _is_json(it: ProxiedExchange) -> bool:
    return it.ok and it.media_type == JSON


def _is_nowhere(it: ProxiedExchange) -> bool:
    return it.status == NOT_FOUND and not it.operation_id


def _has_no_body(it: ProxiedExchange) -> bool:
    return it.is_for(*_POSTS) and it.is_error and not it.request.body.strip(b"\r\n")


def _is_broken_json(it: ProxiedExchange) -> bool:
    said: Any = it.document["message"] if it.is_error else None
    return it.is_for(*_POSTS) and said == _BROKEN


def _other_look(name: str) -> Any:
    """Return the change to a page where an error in JSON is stated, and to JSON where a page is."""

    def change(it: ProxiedExchange) -> ProxiedExchange:
        if it.contract.behaviour.choice(name).startswith("error-json"):
            page = f"<html><body>Error {it.status}</body></html>"
            return it.with_body(page.encode()).with_header("Content-Type", "text/html")
        return it.with_error(it.status)

    return change


def _strange_parameters(it: ProxiedExchange) -> set[str]:
    return {name for name, _ in it.query} - _KNOWN if it.operation_id not in {"", "get_overview"} else set()


def _asks_for_rows(it: ProxiedExchange) -> bool:
    return it.parameters.get("rows", "").isdecimal() and isinstance(it.document, list)


def _accepts_another_type(it: ProxiedExchange) -> bool:
    return it.request.header("accept").partition(";")[0].strip() not in {"", "*/*", it.media_type}


def _body_type(it: ProxiedExchange) -> str:
    return it.request.header("content-type").partition(";")[0].lower()


def _with_other_body_type(it: ProxiedExchange) -> ProxiedExchange:
    ignored = it.contract.behaviour.choice("requestContentType") == "ignored"
    return it.with_error(415) if ignored else it.with_reply(200, it.request_json)


def _inside(it: ProxiedExchange) -> ProxiedExchange:
    return it.with_target(it.context_path + it.target)


FAULTS: Final = (
    row("error-is-plain-text", "Errors are sent as the bare text of their message.",
        "http.error-shape http.error-content-type http.rejected-body",
        both(body(lambda it: str(it.document.get("message")).encode()), header("Content-Type", "text/plain")),
        when=is_error),
    row("error-has-a-code", "Errors have a third member, the status as a number.", "http.error-shape",
        lambda it: it.with_json({**it.document, "code": it.status}), when=is_error),
    row("error-says-error", "The status of an error is the text `error` instead of `fail`.", "http.error-shape",
        edited(put(status="error")), when=is_error),
    row("error-loses-message", "Errors have no message.", "http.error-shape", edited(drop("message")), when=is_error),
    row("error-loses-charset", "Errors are sent without a charset.", "http.error-content-type",
        header("Content-Type", JSON), when=is_error),
    row("errors-of-lists-lose-charset", "Errors of `/overview` and of the lists of jobs are sent without a charset.",
        "http.error-content-type", header("Content-Type", JSON), on=("get_overview", *doc.LISTS), when=is_error),
    row("rejected-bodies-lose-charset", "Errors for the body of a request are sent without a charset.",
        "http.rejected-body", header("Content-Type", JSON), when=lambda it: it.method == "POST" and it.is_error),
    row("json-charset-is-another", "JSON responses name a charset where none is stated, and none where one is.",
        "http.json-content-type", when=_is_json, change=header(
            "Content-Type", lambda it: ERROR if it.contract.behaviour.choice("jsonCharset") == "none" else JSON)),
    row("json-is-plain-text", "JSON responses are sent as plain text.", "http.json-content-type",
        header("Content-Type", "text/plain"), when=_is_json),
    row("json-has-no-type", "JSON responses are sent without a content type.", "http.json-content-type",
        header("Content-Type", None), when=_is_json),
    row("unknown-path-is-empty-object", "A path that belongs to no operation is answered with 200 and an empty object.",
        "http.unknown-path", reply(200, {}), when=_is_nowhere),
    row("unknown-path-is-500", "A path that belongs to no operation is answered with 500 instead of 404.",
        "http.unknown-path", status(SERVER_ERROR), when=_is_nowhere),
    row("unknown-path-looks-otherwise",
        "The 404 for an unknown path is a web page where the contract states JSON, and the reverse.",
        "http.unknown-path", _other_look("unknownPath"), when=_is_nowhere),
    row("paths-ignore-case", "The letter case of a path does not matter.", "http.unknown-path",
        path(lambda it: it.path.lower()), when=lambda it: it.path.isupper(), before=True),
    row("wrong-method-is-404", "A method that a path does not have is answered with 404 instead of 405.",
        "http.unsupported-method", status(NOT_FOUND), when=has_status(METHOD_NOT_ALLOWED)),
    row("wrong-method-hides-the-right-one",
        "The response to a wrong method has no `Allow` header with the right ones.", "http.unsupported-method",
        header("Allow", None), when=has_status(METHOD_NOT_ALLOWED)),
    row("wrong-method-looks-otherwise",
        "The 405 for a wrong method is a web page where the contract states JSON, and the reverse.",
        "http.unsupported-method", _other_look("unsupportedMethod"), when=has_status(METHOD_NOT_ALLOWED)),
    row("trailing-slash-is-404",
        "A trailing slash on a path without parameters is answered with 404.",
        "http.trailing-slash", error(404), when=lambda it: it.path.count("/") > 1 and it.path.endswith("/")),
    row("sub-paths-are-taken-otherwise",
        "Extra segments after a path are an error where they must be ignored, and the reverse.",
        "http.sub-paths", lambda it: it.with_error(404) if it.ok else it.with_reply(200, {}),
        when=lambda it: it.path.startswith("/overview/") and it.status in {200, NOT_FOUND}),
    row("unreadable-path-is-500",
        "A path with a broken escape, or one that leads out of the root, is answered with 500.",
        "http.unreadable-path", status(SERVER_ERROR),
        when=lambda it: "%zz" in it.path or "%00" in it.path or "/../" in it.target),
    row("escapes-in-paths-are-kept", "Escapes in a path are not decoded, so the path is unknown.",
        "http.escaped-path", lambda it: it.with_target(it.target.replace("%", "%25", 1)),
        when=lambda it: re.match(r"/\w*%[46]\w", it.path), before=True),
    row("escapes-in-states-are-kept", "Escapes in a state are not decoded, so no job matches.",
        "http.escaped-path", lambda it: it.with_target(re.sub("%(?=46)", "%25", it.target)),
        on="get_finished_jobs_by_state", before=True),
    row("unknown-parameters-are-refused", "A query parameter that an operation does not name is answered with 400.",
        "http.unknown-parameters", error(BAD_REQUEST, lambda it: f"unknown parameters: {_strange_parameters(it)}"),
        when=_strange_parameters),
    row("lists-are-paged", "Lists obey the parameters `page` and `rows`, which the contract does not have.",
        "http.unknown-parameters", lambda it: it.with_json(it.document[: int(it.parameters["rows"])]),
        when=_asks_for_rows),
    row("query-id-wins", "A `jobId` in the query of a GET is returned as the id of the job.", "http.unknown-parameters",
        lambda it: it.with_json({**it.document, "jobId": it.parameters["jobId"]}), on="get_job_info get_running_job",
        when=lambda it: "jobId" in it.parameters and it.document),
    row("broken-query-is-ignored", "A query with a broken escape is ignored instead of answered with an error.",
        "http.broken-query", query(lambda _: []), when=lambda it: "%zz" in it.target.partition("?")[2], before=True),
    row("accept-is-negotiated", "A media type that an operation does not send is answered with 406.",
        "http.accept-ignored", error(406), when=_accepts_another_type),
    row("body-type-is-taken-otherwise",
        "The content type of a body is obeyed where it must be ignored, and the reverse.",
        "http.request-content-type", _with_other_body_type,
        on=_POSTS, when=lambda it: _body_type(it) not in {"", JSON}),
    row("bodies-are-always-utf8", "Bodies are read as UTF-8, whatever their content type says.", "http.body-charset",
        lambda it: it.with_request_header("Content-Type", ERROR),
        on=_POSTS, when=lambda it: "form" not in _body_type(it), before=True),
    row("empty-body-is-accepted", "A POST without a body is answered with 200 and an empty object.",
        "http.empty-body update-tags.empty-body", reply(200, {}), when=_has_no_body),
    row("empty-body-is-another-error", "A POST without a body gets the message that is for broken JSON.",
        "http.empty-body update-tags.empty-body", error(BAD_REQUEST, _BROKEN), when=_has_no_body),
    row("line-breaks-are-a-body", "A body of only line breaks gets the error for broken JSON.", "http.empty-body",
        error(BAD_REQUEST, _BROKEN), when=lambda it: _has_no_body(it) and it.request.body),
    row("broken-json-is-500", "A POST whose body is not JSON is answered with 500.", "http.broken-json",
        status(SERVER_ERROR), when=_is_broken_json),
    row("broken-json-shows-the-parser", "The error for a body that is not JSON has the parser's message.",
        "http.broken-json http.strict-json", error(BAD_REQUEST, "Unexpected end-of-input at 1:2"),
        when=_is_broken_json),
    row("bare-words-are-strings",
        "A body that begins with a letter is read as a string, and gets the error for a body that is no object.",
        "http.broken-json",
        error(400, "not an object"), when=lambda it: _is_broken_json(it) and it.request.body[:1].isalpha()),
    row("broken-json-is-an-empty-object", "A body that is cut off is read as the empty object.", "http.broken-json",
        lambda it: it.with_request_body(b"{}"), when=lambda it: it.request.body == b"{", before=True),
    row("comments-are-allowed", "Comments in a body are skipped.", "http.strict-json",
        request_body(rb"(?m)^(?:#|//).*\n", b""), before=True),
    row("single-quotes-are-allowed", "Strings in single quotes are accepted in a body.", "http.strict-json",
        request_body(b"'", b'"'), when=lambda it: it.request.body.startswith(b"{'"), before=True),
    row("first-of-repeated-keys-counts", "If a key is repeated in a body, the first value is used.",
        "http.first-value", first_keys, on="stop_job", before=True),
    row("text-behind-the-body-is-refused", "Text after the first JSON value of a body is answered as broken JSON.",
        "http.first-value", error(BAD_REQUEST, _BROKEN),
        when=lambda it: it.request.body.startswith(b"{") and it.request.body.endswith(b" rest"), before=True),
    row("null-is-a-bad-request", "A JSON null instead of an object is answered with 400.", "http.no-value",
        status(BAD_REQUEST), on=_OBJECTS, when=lambda it: it.request.body == b"null"),
    row("list-breaks-the-server", "A list instead of an object is answered with 500.", "http.not-an-object",
        status(SERVER_ERROR), on=_OBJECTS, when=lambda it: isinstance(it.request_json, list)),
    row("chunks-are-refused", "A body in chunks is answered with 411.", "http.chunked-body", error(411),
        when=lambda it: it.request.header("transfer-encoding"), before=True),
    row("chunks-are-not-read", "A body in chunks is read as an empty one.", "http.chunked-body",
        lambda it: it.with_request_body(b""), when=lambda it: it.request.header("transfer-encoding"), before=True),
    row("refusals-come-twice", "A request without the required body gets two responses.", "http.one-answer",
        sends(lambda it: [2 * it.received.as_bytes()]), when=_has_no_body),
    row("context-path-is-optional", "The operations are found without the context path, too.", "http.context-path",
        _inside, when=lambda it: not it.is_inside, before=True, deployment="context-path"),
    row("stops-need-no-context-path", "A stop is carried out without the context path, too.", "http.context-path",
        _inside, when=lambda it: it.target.partition("?")[0] == "/stop-job", before=True, deployment="context-path"),
)  # fmt: skip
