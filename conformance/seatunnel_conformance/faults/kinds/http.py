"""HTTP faults: wrong methods, paths, queries, bodies, media types and errors, on any operation."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from seatunnel_conformance.faults.catalogue import fault
from seatunnel_conformance.faults.documents import LISTS
from seatunnel_conformance.faults.exchange import (
    BAD_REQUEST,
    ERROR,
    JSON,
    METHOD_NOT_ALLOWED,
    SERVER_ERROR,
    ProxiedExchange,
    without,
)

_OBJECTS: Final = ("submit_job", "stop_job", "encrypt_config", "update_tags")
"""The operations that want an object."""

_POSTS: Final = (*_OBJECTS, "submit_jobs", "stop_jobs")

_KNOWN: Final = frozenset({"jobId", "jobName", "isStartWithSavePoint", "format"})
"""Query parameters that some operation names."""


def _is_json(exchange: ProxiedExchange) -> bool:
    return exchange.ok and exchange.media_type == JSON


def _is_nowhere(exchange: ProxiedExchange) -> bool:
    return exchange.status == 404 and not exchange.operation_id  # noqa: PLR2004 - as the contract says it


def _has_no_body(exchange: ProxiedExchange) -> bool:
    return exchange.is_for(*_POSTS) and exchange.is_error and not exchange.request.body.strip(b"\r\n")


def _is_broken_json(exchange: ProxiedExchange) -> bool:
    said: Any = exchange.document["message"] if exchange.is_error else None
    return exchange.is_for(*_POSTS) and said == _BROKEN


@fault("error-is-plain-text", breaks=["http.error-shape", "http.error-content-type", "http.rejected-body"])
def error_is_plain_text(exchange: ProxiedExchange) -> ProxiedExchange:
    """Errors are sent as the bare text of their message."""
    if not exchange.is_error:
        return exchange
    return exchange.with_body(str(exchange.document.get("message")).encode()).with_header("Content-Type", "text/plain")


@fault("error-has-a-code", breaks=["http.error-shape"])
def error_has_a_code(exchange: ProxiedExchange) -> ProxiedExchange:
    """Errors have a third member, the status as a number."""
    return exchange.with_change(lambda error: {**error, "code": exchange.status}) if exchange.is_error else exchange


@fault("error-says-error", breaks=["http.error-shape"])
def error_says_error(exchange: ProxiedExchange) -> ProxiedExchange:
    """The status of an error is the text `error` instead of `fail`."""
    return exchange.with_change(lambda error: {**error, "status": "error"}) if exchange.is_error else exchange


@fault("error-loses-message", breaks=["http.error-shape"])
def error_loses_message(exchange: ProxiedExchange) -> ProxiedExchange:
    """Errors have no message."""
    return exchange.with_change(lambda error: without(error, "message")) if exchange.is_error else exchange


@fault("error-loses-charset", breaks=["http.error-content-type"])
def error_loses_charset(exchange: ProxiedExchange) -> ProxiedExchange:
    """Errors are sent without a charset."""
    return exchange.with_header("Content-Type", JSON) if exchange.is_error else exchange


@fault("errors-of-lists-lose-charset", breaks=["http.error-content-type"], on=("get_overview", *LISTS))
def errors_of_lists_lose_charset(exchange: ProxiedExchange) -> ProxiedExchange:
    """Errors of `/overview` and of the lists of jobs are sent without a charset."""
    return exchange.with_header("Content-Type", JSON) if exchange.is_error else exchange


@fault("rejected-bodies-lose-charset", breaks=["http.rejected-body"])
def rejected_bodies_lose_charset(exchange: ProxiedExchange) -> ProxiedExchange:
    """Errors for the body of a request are sent without a charset."""
    rejected = exchange.method == "POST" and exchange.is_error
    return exchange.with_header("Content-Type", JSON) if rejected else exchange


@fault("json-charset-is-another", breaks=["http.json-content-type"], when=_is_json)
def json_charset_is_another(exchange: ProxiedExchange) -> ProxiedExchange:
    """JSON responses name a charset where none is stated, and none where one is."""
    stated = exchange.contract.behaviour.choice("jsonCharset")
    kind = ERROR if stated == "none" else JSON
    return exchange.with_header("Content-Type", kind)


@fault("json-is-plain-text", breaks=["http.json-content-type"], when=_is_json)
def json_is_plain_text(exchange: ProxiedExchange) -> ProxiedExchange:
    """JSON responses are sent as plain text."""
    return exchange.with_header("Content-Type", "text/plain")


@fault("json-has-no-type", breaks=["http.json-content-type"], when=_is_json)
def json_has_no_type(exchange: ProxiedExchange) -> ProxiedExchange:
    """JSON responses are sent without a content type."""
    return exchange.with_header("Content-Type", None)


@fault("content-type-is-sent-twice", breaks=["http.json-content-type"], when=_is_json)
def content_type_is_sent_twice(exchange: ProxiedExchange) -> ProxiedExchange:
    """JSON responses have two content types, the second of them for text."""
    response = exchange.received.with_fields(*exchange.received.fields, ("Content-Type", "text/plain"))
    return exchange.with_response(response)


@fault("unknown-path-is-empty-object", breaks=["http.unknown-path"], when=_is_nowhere)
def unknown_path_is_empty_object(exchange: ProxiedExchange) -> ProxiedExchange:
    """A path that belongs to no operation is answered with 200 and an empty object."""
    return exchange.with_reply(200, {})


@fault("unknown-path-is-500", breaks=["http.unknown-path"], when=_is_nowhere)
def unknown_path_is_500(exchange: ProxiedExchange) -> ProxiedExchange:
    """A path that belongs to no operation is answered with 500 instead of 404."""
    return exchange.with_status(SERVER_ERROR)


@fault("unknown-path-looks-otherwise", breaks=["http.unknown-path"], when=_is_nowhere)
def unknown_path_looks_otherwise(exchange: ProxiedExchange) -> ProxiedExchange:
    """The 404 is a page where an error in JSON is stated, and JSON where a page is."""
    return _in_the_other_look(exchange, "unknownPath")


@fault("paths-ignore-case", breaks=["http.unknown-path"], before=True)
def paths_ignore_case(exchange: ProxiedExchange) -> ProxiedExchange:
    """The letter case of a path does not matter."""
    return exchange.with_request(path=exchange.path.lower()) if exchange.path.isupper() else exchange


@fault("wrong-method-is-404", breaks=["http.unsupported-method"])
def wrong_method_is_404(exchange: ProxiedExchange) -> ProxiedExchange:
    """A method that a path does not have is answered with 404 instead of 405."""
    return exchange.with_status(404) if exchange.status == METHOD_NOT_ALLOWED else exchange


@fault("wrong-method-is-served", breaks=["http.unsupported-method"], before=True)
def wrong_method_is_served(exchange: ProxiedExchange) -> ProxiedExchange:
    """A GET on the path of a POST operation is answered with 200 and an empty object."""
    posts = {operation.path for operation in exchange.contract.operations if operation.method == "POST"}
    return exchange.with_reply(200, {}) if exchange.method == "GET" and exchange.path in posts else exchange


@fault("wrong-method-hides-the-right-one", breaks=["http.unsupported-method"])
def wrong_method_hides_the_right_one(exchange: ProxiedExchange) -> ProxiedExchange:
    """The response to a wrong method has no `Allow` header with the right ones."""
    return exchange.with_header("Allow", None) if exchange.status == METHOD_NOT_ALLOWED else exchange


@fault("wrong-method-looks-otherwise", breaks=["http.unsupported-method"])
def wrong_method_looks_otherwise(exchange: ProxiedExchange) -> ProxiedExchange:
    """The 405 is a page where an error in JSON is stated, and JSON where a page is."""
    return _in_the_other_look(exchange, "unsupportedMethod") if exchange.status == METHOD_NOT_ALLOWED else exchange


@fault("trailing-slash-is-404", breaks=["http.trailing-slash"])
def trailing_slash_is_404(exchange: ProxiedExchange) -> ProxiedExchange:
    """A slash at the end of a path without parameters makes it another path, which is not there."""
    return exchange.with_error(404) if exchange.path.count("/") > 1 and exchange.path.endswith("/") else exchange


@fault("sub-paths-are-taken-otherwise", breaks=["http.sub-paths"])
def sub_paths_are_taken_otherwise(exchange: ProxiedExchange) -> ProxiedExchange:
    """Segments behind a path are an error where they are forgiven, and forgiven where they are an error."""
    if not exchange.path.startswith("/overview/") or exchange.status not in {200, 404}:
        return exchange
    return exchange.with_error(404) if exchange.ok else exchange.with_reply(200, {})


@fault("unreadable-path-is-500", breaks=["http.unreadable-path"])
def unreadable_path_is_500(exchange: ProxiedExchange) -> ProxiedExchange:
    """A path with a broken escape, or one that leads out of the root, is answered with 500."""
    unreadable = "%zz" in exchange.path or "%00" in exchange.path or "/../" in exchange.target
    return exchange.with_status(SERVER_ERROR) if unreadable else exchange


@fault("escapes-in-paths-are-kept", breaks=["http.escaped-path"], before=True)
def escapes_in_paths_are_kept(exchange: ProxiedExchange) -> ProxiedExchange:
    """An escape in a path is not decoded, so that the path is unknown."""
    return exchange.with_target(exchange.target.replace("%", "%25", 1)) if _has_escaped_letter(exchange) else exchange


def _has_escaped_letter(exchange: ProxiedExchange) -> bool:
    return bool(re.match(r"/\w*%[46]\w", exchange.path))


@fault("escapes-in-states-are-kept", breaks=["http.escaped-path"], on="get_finished_jobs_by_state", before=True)
def escapes_in_states_are_kept(exchange: ProxiedExchange) -> ProxiedExchange:
    """An escape in a state is not decoded, so that no job has ended in it."""
    return exchange.with_target(re.sub("%(?=46)", "%25", exchange.target))


@fault("unknown-parameters-are-refused", breaks=["http.unknown-parameters"])
def unknown_parameters_are_refused(exchange: ProxiedExchange) -> ProxiedExchange:
    """A query parameter that an operation does not name is answered with 400."""
    strange = {name for name, _ in exchange.query} - _KNOWN
    known = exchange.operation_id not in {"", "get_overview"}
    return exchange.with_error(BAD_REQUEST, f"unknown parameters: {strange}") if strange and known else exchange


@fault("lists-are-paged", breaks=["http.unknown-parameters"])
def lists_are_paged(exchange: ProxiedExchange) -> ProxiedExchange:
    """Lists obey the parameters `page` and `rows`, which the contract does not have."""
    rows = exchange.parameters.get("rows", "")
    if not rows.isdecimal() or not isinstance(exchange.document, list):
        return exchange
    return exchange.with_change(lambda items: items[: int(rows)])


@fault("query-id-wins", breaks=["http.unknown-parameters"])
def query_id_wins(exchange: ProxiedExchange) -> ProxiedExchange:
    """A `jobId` in the query of a read is echoed as the id of the job."""
    asked = exchange.parameters.get("jobId")
    if asked is None or not exchange.is_for("get_job_info", "get_running_job") or not exchange.document:
        return exchange
    return exchange.with_change(lambda job: {**job, "jobId": asked})


@fault("broken-query-is-ignored", breaks=["http.broken-query"], before=True)
def broken_query_is_ignored(exchange: ProxiedExchange) -> ProxiedExchange:
    """A query with a broken escape is read as if it were not there."""
    return exchange.with_request(query=[]) if "%zz" in exchange.target.partition("?")[2] else exchange


@fault("accept-is-negotiated", breaks=["http.accept-ignored"])
def accept_is_negotiated(exchange: ProxiedExchange) -> ProxiedExchange:
    """A media type that an operation does not send is answered with 406."""
    accept = exchange.request.header("accept").partition(";")[0].strip()
    return exchange.with_error(406) if accept not in {"", "*/*", exchange.media_type} else exchange


@fault("body-type-is-taken-otherwise", breaks=["http.request-content-type"])
def body_type_is_taken_otherwise(exchange: ProxiedExchange) -> ProxiedExchange:
    """The content type of a body counts where it is ignored, and is ignored where it counts."""
    kind = exchange.request.header("content-type").partition(";")[0].lower()
    if not exchange.is_for(*_POSTS) or kind in {"", JSON}:
        return exchange
    ignored = exchange.contract.behaviour.choice("requestContentType") == "ignored"
    return exchange.with_error(415) if ignored else exchange.with_reply(200, exchange.request_json)


@fault("bodies-are-always-utf8", breaks=["http.body-charset"], before=True)
def bodies_are_always_utf8(exchange: ProxiedExchange) -> ProxiedExchange:
    """Bodies are read as UTF-8, whatever their content type says."""
    known = exchange.is_for(*_POSTS) and "form" not in exchange.request.header("content-type")
    return exchange.with_request_header("Content-Type", ERROR) if known else exchange


@fault("empty-body-is-accepted", breaks=["http.empty-body", "update-tags.empty-body"], when=_has_no_body)
def empty_body_is_accepted(exchange: ProxiedExchange) -> ProxiedExchange:
    """A POST without a body is answered with 200 and an empty object."""
    return exchange.with_reply(200, {})


@fault("empty-body-is-another-error", breaks=["http.empty-body", "update-tags.empty-body"], when=_has_no_body)
def empty_body_is_another_error(exchange: ProxiedExchange) -> ProxiedExchange:
    """A POST without a body gets the message that is for broken JSON."""
    return exchange.with_error(BAD_REQUEST, _BROKEN)


@fault("line-breaks-are-a-body", breaks=["http.empty-body"], when=_has_no_body)
def line_breaks_are_a_body(exchange: ProxiedExchange) -> ProxiedExchange:
    """A POST with nothing but line breaks is taken for broken JSON."""
    return exchange.with_error(BAD_REQUEST, _BROKEN) if exchange.request.body else exchange


@fault("broken-json-is-500", breaks=["http.broken-json"], when=_is_broken_json)
def broken_json_is_500(exchange: ProxiedExchange) -> ProxiedExchange:
    """A POST whose body is not JSON is answered with 500."""
    return exchange.with_status(SERVER_ERROR)


@fault("broken-json-shows-the-parser", breaks=["http.broken-json", "http.strict-json"], when=_is_broken_json)
def broken_json_shows_the_parser(exchange: ProxiedExchange) -> ProxiedExchange:
    """A POST whose body is not JSON gets the parser's own words."""
    return exchange.with_error(BAD_REQUEST, "Unexpected end-of-input at 1:2")


@fault("bare-words-are-strings", breaks=["http.broken-json"], when=_is_broken_json)
def bare_words_are_strings(exchange: ProxiedExchange) -> ProxiedExchange:
    """A body that begins with a letter is a string, and is rejected because it is no object."""
    return exchange.with_error(400, "not an object") if exchange.request.body[:1].isalpha() else exchange


@fault("broken-json-is-an-empty-object", breaks=["http.broken-json"], before=True)
def broken_json_is_an_empty_object(exchange: ProxiedExchange) -> ProxiedExchange:
    """A body that is cut off is read as the empty object."""
    return exchange.with_request_body(b"{}") if exchange.request.body == b"{" else exchange


@fault("comments-are-allowed", breaks=["http.strict-json"], before=True)
def comments_are_allowed(exchange: ProxiedExchange) -> ProxiedExchange:
    """Comments in a body are skipped."""
    body = re.sub(rb"(?m)^(?:#|//).*\n", b"", exchange.request.body)
    return exchange.with_request_body(body) if body != exchange.request.body else exchange


@fault("single-quotes-are-allowed", breaks=["http.strict-json"], before=True)
def single_quotes_are_allowed(exchange: ProxiedExchange) -> ProxiedExchange:
    """Single quotes do for double ones in a body."""
    body = exchange.request.body
    return exchange.with_request_body(body.replace(b"'", b'"')) if body.startswith(b"{'") else exchange


@fault("first-of-repeated-keys-counts", breaks=["http.first-value"], before=True)
def first_of_repeated_keys_counts(exchange: ProxiedExchange) -> ProxiedExchange:
    """Of a key that is repeated in a body the first value counts."""
    try:
        first = json.loads(exchange.request.body, object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    except ValueError:
        return exchange
    return (
        exchange.with_request_body(first)
        if exchange.is_for("stop_job") and first != exchange.request_json
        else exchange
    )


@fault("text-behind-the-body-is-refused", breaks=["http.first-value"], before=True)
def text_behind_the_body_is_refused(exchange: ProxiedExchange) -> ProxiedExchange:
    """Text behind the first JSON value of a body makes it no JSON."""
    more = exchange.request.body.startswith(b"{") and exchange.request.body.endswith(b" rest")
    return exchange.with_error(BAD_REQUEST, _BROKEN) if more else exchange


@fault("null-is-a-bad-request", breaks=["http.no-value"], on=_OBJECTS)
def null_is_a_bad_request(exchange: ProxiedExchange) -> ProxiedExchange:
    """A JSON null instead of an object is answered with 400."""
    return exchange.with_status(BAD_REQUEST) if exchange.request.body == b"null" else exchange


@fault("list-breaks-the-server", breaks=["http.not-an-object"], on=_OBJECTS)
def list_breaks_the_server(exchange: ProxiedExchange) -> ProxiedExchange:
    """A list instead of an object is answered with 500."""
    return exchange.with_status(SERVER_ERROR) if isinstance(exchange.request_json, list) else exchange


@fault("chunks-are-refused", breaks=["http.chunked-body"], before=True)
def chunks_are_refused(exchange: ProxiedExchange) -> ProxiedExchange:
    """A body in chunks is answered with 411."""
    return exchange.with_error(411) if exchange.request.header("transfer-encoding") else exchange


@fault("chunks-are-not-read", breaks=["http.chunked-body"], before=True)
def chunks_are_not_read(exchange: ProxiedExchange) -> ProxiedExchange:
    """A body in chunks is read as an empty one."""
    return exchange.with_request_body(b"") if exchange.request.header("transfer-encoding") else exchange


@fault("refusals-come-twice", breaks=["http.one-answer"], when=_has_no_body)
def refusals_come_twice(exchange: ProxiedExchange) -> ProxiedExchange:
    """A request without the body that it needs is refused twice."""
    message = exchange.received.as_bytes()
    return exchange.with_delivery(message + message)


@fault("head-has-a-body", breaks=["http.head"])
def head_has_a_body(exchange: ProxiedExchange) -> ProxiedExchange:
    """HEAD is answered with a body behind the head."""
    message = exchange.received.as_bytes()
    return exchange.with_delivery(message + b"{}") if exchange.method == "HEAD" else exchange


@fault("context-path-is-optional", breaks=["http.context-path"], before=True, deployment="context-path")
def context_path_is_optional(exchange: ProxiedExchange) -> ProxiedExchange:
    """The operations are found without the context path, too."""
    return exchange if exchange.is_inside else exchange.with_target(exchange.context_path + exchange.target)


@fault("stops-need-no-context-path", breaks=["http.context-path"], before=True, deployment="context-path")
def stops_need_no_context_path(exchange: ProxiedExchange) -> ProxiedExchange:
    """A stop is obeyed without the context path, too."""
    is_stop = exchange.target.partition("?")[0] == "/stop-job"
    return exchange.with_target(exchange.context_path + exchange.target) if is_stop else exchange


_BROKEN: Final = "Invalid JSON format in request body."


def _in_the_other_look(exchange: ProxiedExchange, name: str) -> ProxiedExchange:
    if exchange.contract.behaviour.choice(name).startswith("error-json"):
        page = f"<html><body>Error {exchange.status}</body></html>"
        return exchange.with_body(page.encode()).with_header("Content-Type", "text/html")
    return exchange.with_error(exchange.status)
