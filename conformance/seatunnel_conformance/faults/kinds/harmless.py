"""Harmless changes: responses that differ from those of an engine, but break no MUST clause.

A check that fails under one of them raises a false alarm. The changes of a group are applied together in the order of
the table: data, their JSON text, headers, framing, delivery.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Final

from seatunnel_conformance.faults.changes import *

GATEWAY: Final = "gateway"
DISTANT: Final = "distant"
SHARED: Final = "shared"
BUSY: Final = "busy"

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_TWO_HOURS: Final = timedelta(hours=2)


def _harmless(fault_id: str, sentence: str, group: str, change: Callable[..., ProxiedExchange], **more: Any) -> Fault:
    return row(fault_id, sentence, "", change, expected=Expected.IGNORED, group=group, **more)


def _running_at_first(it: ProxiedExchange, running: dict[str, doc.Job]) -> ProxiedExchange:
    job = it.document
    if doc.is_running(it, job):
        running[job["jobId"]] = job
        return it
    last = running.pop(job["jobId"], None)
    return it.with_json({**last, "jobStatus": job["jobStatus"]}) if last else it


def _with_foreign_jobs(it: ProxiedExchange, listed: Counter[str]) -> ProxiedExchange:
    it = _plainly(it)
    if doc.shows_overview(it):
        more = {name: str(int(it.document[name]) + 1) for name in ("runningJobs", "finishedJobs")}
        return overview(put(**more))(it)
    shown = it.is_for("get_running_jobs", "get_finished_jobs") or it.value == "FINISHED"
    return _with_others(it, [_somebodys(it)], listed) if shown else it


def _with_ending_jobs(it: ProxiedExchange, seconds: Counter[str]) -> ProxiedExchange:
    it = _plainly(it)
    now = int(monotonic())
    ended = 1 + now - seconds.setdefault("first", now)
    if doc.shows_overview(it):
        return overview(put(finishedJobs=str(int(it.document["finishedJobs"]) + ended)))(it)
    shown = it.is_for("get_finished_jobs") or it.value == "FINISHED"
    others = [{**_somebodys(it), "jobId": str(10**17 + number)} for number in range(ended if shown else 0)]
    return _with_others(it, others, seconds) if shown else it


def _with_further_keys(it: ProxiedExchange) -> ProxiedExchange:
    it = _plainly(it)
    if not it.is_for("get_system_monitoring_information") or not it.ok:
        return it
    more = {"isMaster": "true", "host": "10.0.0.1", "port": "5801"}
    return edited(lambda readings: [{**more, **reading} for reading in readings])(it)


def _beyond_16_bits(it: ProxiedExchange) -> ProxiedExchange:
    length = it.received.header("content-length")
    if it.method != "HEAD":
        return it.with_body(b"??" + it.received.body)
    return it.with_header("Content-Length", str(int(length) + 1)) if length else it


def _rewritten(it: ProxiedExchange, document: Any, **options: Any) -> ProxiedExchange:
    if document is None or it.method == "HEAD":
        return it
    # A response that was indented, because of `pretty`, stays indented.
    options.setdefault("indent", 2 if b"\n" in it.received.body else None)
    return it.with_body(json.dumps(it.in_words_of_target(document), **options).encode())


def _compressed(it: ProxiedExchange) -> ProxiedExchange:
    accepted = "gzip" in it.request.header("accept-encoding") and it.received.body
    return it.with_body(gzip.compress(it.received.body)).with_header("Content-Encoding", "gzip") if accepted else it


def _fields(change: Callable[[Sequence[tuple[str, str]]], Sequence[tuple[str, str]]]) -> Change:
    """Replace the headers of a response by `change(headers)`."""
    return lambda it: it.with_response(it.received.with_fields(*change(it.received.fields)))


_GATEWAY_FIELDS: Final = (
    ("Via", "1.1 gateway"),
    ("x-request-id", "7"),
    ("Cache-Control", "no-store"),
    ("Set-Cookie", "route=a; Path=/"),
    ("Set-Cookie", "group=b"),
    ("Strict-Transport-Security", "max-age=63072000"),
    ("Vary", "Accept-Encoding"),
)


def _in_chunks(it: ProxiedExchange) -> ProxiedExchange:
    response = it.received
    if it.method == "HEAD" or not response.body or response.header("transfer-encoding"):
        return it
    framed = b"".join(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in _halves(response.body)) + b"0\r\n\r\n"
    head = response.without_header("Content-Length").with_header("Transfer-Encoding", "chunked")
    return it.with_response(head.with_framed(framed))


def _as_http_1_0(it: ProxiedExchange) -> ProxiedExchange:
    response = it.received
    closing = response.with_line(response.line.replace("HTTP/1.1", "HTTP/1.0", 1)).with_header("Connection", "close")
    if it.method == "HEAD":
        return it.with_response(closing)
    return it.with_response(closing.without_header("Content-Length", "Transfer-Encoding").with_framed(response.body))


def _plainly(exchange: ProxiedExchange) -> ProxiedExchange:
    """Remove a trailing slash and extra segments from the path, because operations ignore them."""
    paths = {operation.path for operation in exchange.contract.operations}
    ends = (one for one in paths if not any(other.startswith(f"{one}/") for other in paths))
    asked = exchange.path.rstrip("/")
    plain = asked if asked in paths else next((one for one in ends if asked.startswith(f"{one}/")), exchange.path)
    return exchange.with_request(path=plain) if plain else exchange


def _with_others(exchange: ProxiedExchange, others: Sequence[doc.Job], listed: Counter[str]) -> ProxiedExchange:
    """Add `others` at the end of a list and of its pages. `listed` counts the jobs before them by path."""
    if exchange.method == "HEAD":
        return exchange.with_header("Content-Length", None)
    if doc.lists_jobs(exchange):
        listed[exchange.path] = len(exchange.document)
        return exchange.with_json([*exchange.document, *others])
    page, rows = (exchange.parameters.get(name, "") for name in ("page", "rows"))
    if exchange.method != "GET" or not (page.isdecimal() and rows.isdecimal()) or page == "0":
        return exchange
    own, shown = (exchange.document["total"], exchange.document["data"]) if exchange.ok else (listed[exchange.path], [])
    end = int(page) * int(rows)
    added = others[max(0, end - int(rows) - own) : max(0, end - own)]
    found = {"data": [*shown, *added], "total": own + len(others)}
    return exchange.with_reply(200, found, doc.json_type(exchange)) if exchange.ok or added else exchange


def _somebodys(exchange: ProxiedExchange) -> dict[str, Any]:
    """Return a job of another client, made from the contract's example for the requested list."""
    state = "FINISHED" if exchange.operation_id in doc.FINISHED else "RUNNING"
    shown = exchange.contract.operation(exchange.operation_id).examples()
    example = next(example.value for example in shown if " response 200" in example.where and example.value)
    job = {**example[0], "jobId": "7", "jobName": "jede Nacht \N{CRESCENT MOON}", "jobStatus": state}
    return {**job, "errorMsg": None} if "errorMsg" in job else job


def _reversed(found: Any) -> Any:
    return dict(reversed(found.items())) if isinstance(found, dict) else found


def _two_hours_later(found: Any) -> Any:
    is_time = isinstance(found, str) and _TIME.fullmatch(found)
    return str(datetime.fromisoformat(found) + _TWO_HOURS) if is_time else found


def _halves(content: bytes) -> tuple[bytes, bytes]:
    middle = len(content) // 2
    return content[:middle], content[middle:]


FAULTS: Final = (
    _harmless("ended-jobs-look-running-at-first",
              "The first response for an ended job has the members of a running one, which is allowed.", GATEWAY,
              _running_at_first, on="get_job_info", when=doc.shows_a_job),
    _harmless("somebody-elses-jobs-are-there",
              "Lists and counts also show a running job and a finished job of another client.",
              SHARED, _with_foreign_jobs),
    _harmless("somebody-elses-jobs-keep-ending",
              "Every second, one more job of another client has finished, so lists and counts keep changing.", BUSY,
              _with_ending_jobs),
    _harmless("clock-is-ahead", "All times are two hours ahead, as if the deployment were in another time zone.",
              DISTANT, edited(everywhere(_two_hours_later))),
    _harmless("threads-change-their-names",
              "Every second list of threads is refused with 400, as when a thread changes its name meanwhile.",
              BUSY, on="get_running_threads", when=is_ok, change=at_times(
                  lambda number: number % 2, error(400, "Comparison method violates its general contract!"))),
    _harmless("readings-have-more", "Monitoring entries also have `isMaster`, `host` and `port`, which are optional.",
              GATEWAY, _with_further_keys),
    _harmless("logs-have-characters-beyond-16-bits",
              "A log file has an emoji, which HEAD counts as one byte and GET sends as two question marks.", GATEWAY,
              _beyond_16_bits, on="read_logs read_node_log", when=lambda it: it.media_type == "text/plain"),
    _harmless("json-has-blanks", "JSON is indented and written over several lines.", GATEWAY,
              lambda it: _rewritten(it, it.document, indent=2, ensure_ascii=False)),
    _harmless("json-escapes-letters", "In JSON, characters that are not ASCII are written as escapes.", SHARED,
              lambda it: _rewritten(it, it.document)),
    _harmless("json-members-are-reversed", "The members of JSON objects are in the opposite order.", DISTANT,
              lambda it: _rewritten(it, everywhere(_reversed)(it.document), ensure_ascii=False)),
    _harmless("answers-are-compressed", "Bodies are compressed with gzip if the client accepts it.",
              DISTANT, _compressed),
    _harmless("header-names-are-loud", "The names of headers are written in capital letters.", GATEWAY,
              _fields(lambda found: [(name.upper(), value) for name, value in found])),
    _harmless("headers-are-reversed", "The headers of a response are in the opposite order.", GATEWAY,
              _fields(lambda found: found[::-1])),
    _harmless("headers-are-added", "Responses have additional headers, as gateways add them.", GATEWAY,
              _fields(lambda found: [*found, *_GATEWAY_FIELDS])),
    _harmless("phrases-are-missing", "Status lines have no reason phrase.", GATEWAY,
              lambda it: it.with_response(it.received.with_line(f"HTTP/1.1 {it.status} "))),
    _harmless("answers-come-in-chunks", "Bodies are sent with chunked transfer encoding instead of a `Content-Length`.",
              DISTANT, _in_chunks),
    _harmless("answers-are-http-1-0",
              "Responses are HTTP/1.0: they have no `Content-Length`, and the connection is closed after each.",
              BUSY, _as_http_1_0, may_break="http.keep-alive"),
    _harmless("connections-are-closed", "The connection is closed after every response, with `Connection: close`.",
              SHARED, header("Connection", "close"), may_break="http.keep-alive"),
    _harmless("answers-come-in-pieces", "Each response is sent in two parts, with a pause of 3 ms between them.",
              GATEWAY,
              sends(lambda it: [_halves(it.received.as_bytes())[0], 0.003, _halves(it.received.as_bytes())[1]])),
    _harmless("answers-are-slow", "Every response is delayed by 20 ms.", DISTANT,
              sends(lambda it: [0.02, it.received.as_bytes()])),
)  # fmt: skip
