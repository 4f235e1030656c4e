"""Harmless changes: traffic that looks otherwise and means the same.

A suite that complains about one of them raises false alarms. Those of a group are tried together, in this order: data,
their text, headers, framing, delivery.
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
    # A response that was asked for with `pretty` stays one.
    options.setdefault("indent", 2 if b"\n" in it.received.body else None)
    return it.with_body(json.dumps(it.in_words_of_target(document), **options).encode())


def _compressed(it: ProxiedExchange) -> ProxiedExchange:
    accepted = "gzip" in it.request.header("accept-encoding") and it.received.body
    return it.with_body(gzip.compress(it.received.body)).with_header("Content-Encoding", "gzip") if accepted else it


def _fields(change: Callable[[Sequence[tuple[str, str]]], Sequence[tuple[str, str]]]) -> Change:
    """Send other headers."""
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
    """Return an exchange with the path that its own is another one for: with a slash or segments behind it."""
    paths = {operation.path for operation in exchange.contract.operations}
    ends = (one for one in paths if not any(other.startswith(f"{one}/") for other in paths))
    asked = exchange.path.rstrip("/")
    plain = asked if asked in paths else next((one for one in ends if asked.startswith(f"{one}/")), exchange.path)
    return exchange.with_request(path=plain) if plain else exchange


def _with_others(exchange: ProxiedExchange, others: Sequence[doc.Job], listed: Counter[str]) -> ProxiedExchange:
    """Add jobs at the end of a list, and to its pages; `listed` counts the list's own jobs by its path."""
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
    """Return a foreign job, made from the contract's own example of the list that is asked for."""
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
              "The first response about an ended job is in the running form, as it may be for a moment.", GATEWAY,
              _running_at_first, on="get_job_info", when=doc.shows_a_job),
    _harmless("somebody-elses-jobs-are-there",
              "Another client has a running job and a finished one, in lists and counts.", SHARED, _with_foreign_jobs),
    _harmless("somebody-elses-jobs-keep-ending",
              "With every second, a foreign job has finished, so that the cluster changes all the time.", BUSY,
              _with_ending_jobs),
    _harmless("clock-is-ahead",
              "The clock of the deployment is two hours ahead, as it also looks in another time zone.", DISTANT,
              edited(everywhere(_two_hours_later))),
    _harmless("threads-change-their-names",
              "Every second list of threads is refused as on an engine on which a thread changed its name meanwhile.",
              BUSY, on="get_running_threads", when=is_ok, change=at_times(
                  lambda number: number % 2, error(400, "Comparison method violates its general contract!"))),
    _harmless("readings-have-more", "Readings have further keys, as they may.", GATEWAY, _with_further_keys),
    _harmless("logs-have-characters-beyond-16-bits",
              "Log files have a character that HEAD counts once, and that is sent as two question marks.", GATEWAY,
              _beyond_16_bits, on="read_logs read_node_log", when=lambda it: it.media_type == "text/plain"),
    _harmless("json-has-blanks", "JSON is written over several lines, with blanks.", GATEWAY,
              lambda it: _rewritten(it, it.document, indent=2, ensure_ascii=False)),
    _harmless("json-escapes-letters", "Letters that are not ASCII are escaped in JSON.", SHARED,
              lambda it: _rewritten(it, it.document)),
    _harmless("json-members-are-reversed", "The members of JSON objects come in the opposite order.", DISTANT,
              lambda it: _rewritten(it, everywhere(_reversed)(it.document), ensure_ascii=False)),
    _harmless("answers-are-compressed", "Bodies are compressed for clients that accept it.", DISTANT, _compressed),
    _harmless("header-names-are-loud", "Header names are sent in capital letters.", GATEWAY,
              _fields(lambda found: [(name.upper(), value) for name, value in found])),
    _harmless("headers-are-reversed", "Headers come in the opposite order.", GATEWAY,
              _fields(lambda found: found[::-1])),
    _harmless("headers-are-added", "Responses have the headers that gateways add.", GATEWAY,
              _fields(lambda found: [*found, *_GATEWAY_FIELDS])),
    _harmless("phrases-are-missing", "Status lines have no reason phrase.", GATEWAY,
              lambda it: it.with_response(it.received.with_line(f"HTTP/1.1 {it.status} "))),
    _harmless("answers-come-in-chunks", "Bodies are sent in chunks instead of with their length.", DISTANT, _in_chunks),
    _harmless("answers-are-http-1-0", "Responses are of HTTP/1.0, and end with their connections instead of a length.",
              BUSY, _as_http_1_0, may_break="http.keep-alive"),
    _harmless("connections-are-closed", "The connection is closed behind every response.", SHARED,
              header("Connection", "close"), may_break="http.keep-alive"),
    _harmless("answers-come-in-pieces",
              "Responses come in two pieces with a pause of some milliseconds between them.", GATEWAY,
              sends(lambda it: [_halves(it.received.as_bytes())[0], 0.003, _halves(it.received.as_bytes())[1]])),
    _harmless("answers-are-slow", "Every response is delayed by some hundredths of a second.", DISTANT,
              sends(lambda it: [0.02, it.received.as_bytes()])),
)  # fmt: skip
