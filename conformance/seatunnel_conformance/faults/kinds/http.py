"""Faults of HTTP on any operation: errors, content types, unsupported methods, paths, queries, bodies, context path."""

from __future__ import annotations

import re
from typing import Any, Final

from seatunnel_conformance.faults.changes import *

_OBJECTS: Final = ("submit_job", "stop_job", "encrypt_config", "update_tags")
"""The operations whose request body must be a JSON object."""

_POSTS: Final = (*_OBJECTS, "submit_jobs", "stop_jobs")

_KNOWN: Final = frozenset({"jobId", "jobName", "isStartWithSavePoint", "format"})
"""The query parameters of the documented operations, except for tag filters."""

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
    """Replace an error by an HTML page if the fact with this name states JSON, and vice versa."""

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
    row("error-is-plain-text", "Errors are sent as plain text: only the message, without JSON.",
        "http.error-shape http.error-content-type http.rejected-body",
        both(body(lambda it: str(it.document.get("message")).encode()), header("Content-Type", "text/plain")),
        when=is_error),
    row("error-has-a-code", "Errors have an additional member `code` with the status.", "http.error-shape",
        lambda it: it.with_json({**it.document, "code": it.status}), when=is_error),
    row("error-says-error", "The `status` of an error is `error` instead of `fail`.", "http.error-shape",
        edited(put(status="error")), when=is_error),
    row("error-loses-message", "Errors lack the member `message`.",
        "http.error-shape", edited(drop("message")), when=is_error),
    row("error-loses-charset", "The content type of errors has no charset.", "http.error-content-type",
        header("Content-Type", JSON), when=is_error),
    row("errors-of-lists-lose-charset",
        "The content type of errors of `/overview` and of the lists of jobs has no charset.",
        "http.error-content-type", header("Content-Type", JSON), on=("get_overview", *doc.LISTS), when=is_error),
    row("rejected-bodies-lose-charset", "The content type of errors of POST requests has no charset.",
        "http.rejected-body", header("Content-Type", JSON), when=lambda it: it.method == "POST" and it.is_error),
    row("json-charset-is-another",
        "The content type of JSON names a charset where the contract states none, and vice versa.",
        "http.json-content-type", when=_is_json, change=header(
            "Content-Type", lambda it: ERROR if it.contract.behaviour.choice("jsonCharset") == "none" else JSON)),
    row("json-is-plain-text", "JSON responses have the content type `text/plain`.", "http.json-content-type",
        header("Content-Type", "text/plain"), when=_is_json),
    row("json-has-no-type", "JSON responses have no content type.", "http.json-content-type",
        header("Content-Type", None), when=_is_json),
    row("unknown-path-is-empty-object",
        "A request for an unknown path is answered with 200 and an empty object instead of 404.",
        "http.unknown-path", reply(200, {}), when=_is_nowhere),
    row("unknown-path-is-500", "A request for an unknown path is answered with 500 instead of 404.",
        "http.unknown-path", status(SERVER_ERROR), when=_is_nowhere),
    row("unknown-path-looks-otherwise",
        "The 404 for an unknown path is an HTML page where the contract states JSON, and vice versa.",
        "http.unknown-path", _other_look("unknownPath"), when=_is_nowhere),
    row("paths-ignore-case", "A path in capital letters is served like the path in lower case.", "http.unknown-path",
        path(lambda it: it.path.lower()), when=lambda it: it.path.isupper(), before=True),
    row("wrong-method-is-404", "A method that a path does not support is answered with 404 instead of 405.",
        "http.unsupported-method", status(NOT_FOUND), when=has_status(METHOD_NOT_ALLOWED)),
    row("wrong-method-hides-the-right-one",
        "The 405 for an unsupported method lacks the `Allow` header, which lists the supported ones.",
        "http.unsupported-method", header("Allow", None), when=has_status(METHOD_NOT_ALLOWED)),
    row("wrong-method-looks-otherwise",
        "The 405 for an unsupported method is an HTML page where the contract states JSON, and vice versa.",
        "http.unsupported-method", _other_look("unsupportedMethod"), when=has_status(METHOD_NOT_ALLOWED)),
    row("trailing-slash-is-404", "A path with a trailing slash, which must be ignored, is answered with 404.",
        "http.trailing-slash", error(404), when=lambda it: it.path.count("/") > 1 and it.path.endswith("/")),
    row("sub-paths-are-taken-otherwise",
        "Extra segments after `/overview` are answered with 404 where they must be ignored, and vice versa.",
        "http.sub-paths", lambda it: it.with_error(404) if it.ok else it.with_reply(200, {}),
        when=lambda it: it.path.startswith("/overview/") and it.status in {200, NOT_FOUND}),
    row("unreadable-path-is-500",
        "A path with a broken escape, or one that leads out of the root, is answered with 500 instead of 400.",
        "http.unreadable-path", status(SERVER_ERROR),
        when=lambda it: "%zz" in it.path or "%00" in it.path or "/../" in it.target),
    row("escapes-in-paths-are-kept", "Percent-encoded letters in a path are not decoded, so the path is unknown.",
        "http.escaped-path", lambda it: it.with_target(it.target.replace("%", "%25", 1)),
        when=lambda it: re.match(r"/\w*%[46]\w", it.path), before=True),
    row("escapes-in-states-are-kept", "Percent-encoded letters in a state are not decoded, so no job is found.",
        "http.escaped-path", lambda it: it.with_target(re.sub("%(?=46)", "%25", it.target)),
        on="get_finished_jobs_by_state", before=True),
    row("unknown-parameters-are-refused",
        "A query parameter that an operation does not define, and must ignore, is answered with 400.",
        "http.unknown-parameters", error(BAD_REQUEST, lambda it: f"unknown parameters: {_strange_parameters(it)}"),
        when=_strange_parameters),
    row("lists-are-paged", "Lists are cut to the number in `rows`, a parameter that the contract does not define.",
        "http.unknown-parameters", lambda it: it.with_json(it.document[: int(it.parameters["rows"])]),
        when=_asks_for_rows),
    row("query-id-wins",
        "In the details of a job, `jobId` is the query parameter `jobId` instead of the id in the path.",
        "http.unknown-parameters",
        lambda it: it.with_json({**it.document, "jobId": it.parameters["jobId"]}), on="get_job_info get_running_job",
        when=lambda it: "jobId" in it.parameters and it.document),
    row("broken-query-is-ignored", "A query with a broken escape is ignored instead of answered with 500.",
        "http.broken-query", query(lambda _: []), when=lambda it: "%zz" in it.target.partition("?")[2], before=True),
    row("accept-is-negotiated", "A request whose `Accept` header excludes the response is answered with 406.",
        "http.accept-ignored", error(406), when=_accepts_another_type),
    row("body-type-is-taken-otherwise",
        "A body with a content type other than JSON is refused where it must be accepted, and vice versa.",
        "http.request-content-type", _with_other_body_type,
        on=_POSTS, when=lambda it: _body_type(it) not in {"", JSON}),
    row("bodies-are-always-utf8", "Bodies are read as UTF-8, even if their content type names another charset.",
        "http.body-charset", lambda it: it.with_request_header("Content-Type", ERROR),
        on=_POSTS, when=lambda it: "form" not in _body_type(it), before=True),
    row("empty-body-is-accepted", "A POST request without a body is answered with 200 instead of 400.",
        "http.empty-body update-tags.empty-body", reply(200, {}), when=_has_no_body),
    row("empty-body-is-another-error", "A POST request without a body gets the error message for broken JSON.",
        "http.empty-body update-tags.empty-body", error(BAD_REQUEST, _BROKEN), when=_has_no_body),
    row("line-breaks-are-a-body",
        "A body of only line breaks gets the error for broken JSON instead of that for an empty body.",
        "http.empty-body", error(BAD_REQUEST, _BROKEN), when=lambda it: _has_no_body(it) and it.request.body),
    row("broken-json-is-500", "A POST request whose body is not JSON is answered with 500 instead of 400.",
        "http.broken-json", status(SERVER_ERROR), when=_is_broken_json),
    row("broken-json-shows-the-parser", "The error for a body that is not JSON has a message of the JSON parser.",
        "http.broken-json http.strict-json", error(BAD_REQUEST, "Unexpected end-of-input at 1:2"),
        when=_is_broken_json),
    row("bare-words-are-strings", "A body that is a word without quotes gets the error for JSON that is not an object.",
        "http.broken-json",
        error(400, "not an object"), when=lambda it: _is_broken_json(it) and it.request.body[:1].isalpha()),
    row("broken-json-is-an-empty-object", "A body that is only an opening brace is read as an empty object.",
        "http.broken-json",
        lambda it: it.with_request_body(b"{}"), when=lambda it: it.request.body == b"{", before=True),
    row("comments-are-allowed", "Comments in a JSON body are skipped instead of refused.", "http.strict-json",
        request_body(rb"(?m)^(?:#|//).*\n", b""), before=True),
    row("single-quotes-are-allowed", "JSON with strings in single quotes is accepted instead of refused.",
        "http.strict-json", request_body(b"'", b'"'), when=lambda it: it.request.body.startswith(b"{'"), before=True),
    row("first-of-repeated-keys-counts", "If a JSON body has a key twice, the first value is used instead of the last.",
        "http.first-value", first_keys, on="stop_job", before=True),
    row("text-behind-the-body-is-refused",
        "Text after the JSON value of a body, which must be ignored, gets the error for broken JSON.",
        "http.first-value", error(BAD_REQUEST, _BROKEN),
        when=lambda it: it.request.body.startswith(b"{") and it.request.body.endswith(b" rest"), before=True),
    row("null-is-a-bad-request",
        "A body that is null is answered with 400 instead of 500 by an operation that expects an object.",
        "http.no-value", status(BAD_REQUEST), on=_OBJECTS, when=lambda it: it.request.body == b"null"),
    row("list-breaks-the-server",
        "A body that is a list is answered with 500 instead of 400 by an operation that expects an object.",
        "http.not-an-object", status(SERVER_ERROR), on=_OBJECTS, when=lambda it: isinstance(it.request_json, list)),
    row("chunks-are-refused", "A body with chunked transfer encoding is answered with 411.",
        "http.chunked-body", error(411), when=lambda it: it.request.header("transfer-encoding"), before=True),
    row("chunks-are-not-read", "A body with chunked transfer encoding is read as an empty body.", "http.chunked-body",
        lambda it: it.with_request_body(b""), when=lambda it: it.request.header("transfer-encoding"), before=True),
    row("refusals-come-twice",
        "A POST request without a body gets two responses, so the next request gets the wrong one.", "http.one-answer",
        sends(lambda it: [2 * it.received.as_bytes()]), when=_has_no_body),
    row("context-path-is-optional", "The operations are also served outside of the configured context path.",
        "http.context-path", _inside, when=lambda it: not it.is_inside, before=True, deployment="context-path"),
    row("stops-need-no-context-path", "A stop is also executed outside of the configured context path.",
        "http.context-path",
        _inside, when=lambda it: it.target.partition("?")[0] == "/stop-job", before=True, deployment="context-path"),
)  # fmt: skip
