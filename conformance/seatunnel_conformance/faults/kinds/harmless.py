"""Harmless changes: traffic that looks otherwise and means the same.

A suite that complains about one of them raises false alarms. Those of a group are tried together, in this order: data,
their text, headers, framing, delivery.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Final

from seatunnel_conformance.faults import documents as doc
from seatunnel_conformance.faults.catalogue import Expected, fault
from seatunnel_conformance.faults.exchange import ProxiedExchange

GATEWAY: Final = "gateway"
DISTANT: Final = "distant"
SHARED: Final = "shared"
BUSY: Final = "busy"

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_TWO_HOURS: Final = timedelta(hours=2)


@fault(
    "ended-jobs-look-running-at-first",
    on="get_job_info",
    when=doc.shows_a_job,
    expected=Expected.IGNORED,
    group=GATEWAY,
)
def ended_jobs_look_running_at_first(exchange: ProxiedExchange, running: dict[str, doc.Job]) -> ProxiedExchange:
    """The first response about an ended job is in the running form, as it may be for a moment."""
    job = exchange.document
    if doc.is_running(exchange, job):
        running[job["jobId"]] = job
        return exchange
    last = running.pop(job["jobId"], None)
    return exchange.with_json({**last, "jobStatus": job["jobStatus"]}) if last else exchange


@fault("somebody-elses-jobs-are-there", expected=Expected.IGNORED, group=SHARED)
def somebody_elses_jobs_are_there(exchange: ProxiedExchange, listed: Counter[str]) -> ProxiedExchange:
    """Another client has a running job and a finished one, in lists and counts."""
    exchange = _plainly(exchange)
    if doc.shows_overview(exchange):
        counts = {name: str(int(exchange.document[name]) + 1) for name in ("runningJobs", "finishedJobs")}
        return doc.overview(exchange, **counts)
    shown = exchange.is_for("get_running_jobs", "get_finished_jobs") or exchange.value == "FINISHED"
    return _with_others(exchange, [_somebodys(exchange)], listed) if shown else exchange


@fault("somebody-elses-jobs-keep-ending", expected=Expected.IGNORED, group=BUSY)
def somebody_elses_jobs_keep_ending(exchange: ProxiedExchange, seconds: Counter[str]) -> ProxiedExchange:
    """With every second, a foreign job has finished, so that the cluster changes all the time."""
    exchange = _plainly(exchange)
    now = int(monotonic())
    ended = 1 + now - seconds.setdefault("first", now)
    if doc.shows_overview(exchange):
        return doc.overview(exchange, finishedJobs=str(int(exchange.document["finishedJobs"]) + ended))
    shown = exchange.is_for("get_finished_jobs") or exchange.value == "FINISHED"
    others = [{**_somebodys(exchange), "jobId": str(10**17 + number)} for number in range(ended if shown else 0)]
    return _with_others(exchange, others, seconds) if shown else exchange


@fault("clock-is-ahead", expected=Expected.IGNORED, group=DISTANT)
def clock_is_ahead(exchange: ProxiedExchange) -> ProxiedExchange:
    """The clock of the deployment is two hours ahead, as it also looks in another time zone."""
    return exchange if exchange.document is None else exchange.with_change(_two_hours_later)


@fault("threads-change-their-names", on="get_running_threads", expected=Expected.IGNORED, group=BUSY)
def threads_change_their_names(exchange: ProxiedExchange, asked: Counter[str]) -> ProxiedExchange:
    """Every second list of threads is refused as on an engine on which a thread changed its name meanwhile."""
    asked["times"] += 1
    is_disturbed = exchange.ok and asked["times"] % 2
    return exchange.with_error(400, "Comparison method violates its general contract!") if is_disturbed else exchange


@fault("readings-have-more", expected=Expected.IGNORED, group=GATEWAY)
def readings_have_more(exchange: ProxiedExchange) -> ProxiedExchange:
    """Readings have further keys, as they may."""
    exchange = _plainly(exchange)
    if not exchange.is_for("get_system_monitoring_information") or not exchange.ok or exchange.method == "HEAD":
        return exchange
    more = {"isMaster": "true", "host": "10.0.0.1", "port": "5801"}
    return exchange.with_change(lambda readings: [{**more, **reading} for reading in readings])


@fault(
    "logs-have-characters-beyond-16-bits",
    on=("read_logs", "read_node_log"),
    when=lambda exchange: exchange.media_type == "text/plain",
    expected=Expected.IGNORED,
    group=GATEWAY,
)
def logs_have_characters_beyond_16_bits(exchange: ProxiedExchange) -> ProxiedExchange:
    """Log files have a character that HEAD counts once, and that is sent as two question marks."""
    length = exchange.received.header("content-length")
    if exchange.method != "HEAD":
        return exchange.with_body(b"??" + exchange.received.body)
    return exchange.with_header("Content-Length", str(int(length) + 1)) if length else exchange


@fault("json-has-blanks", expected=Expected.IGNORED, group=GATEWAY)
def json_has_blanks(exchange: ProxiedExchange) -> ProxiedExchange:
    """JSON is written over several lines, with blanks."""
    return _rewritten(exchange, exchange.document, indent=2, ensure_ascii=False)


@fault("json-escapes-letters", expected=Expected.IGNORED, group=SHARED)
def json_escapes_letters(exchange: ProxiedExchange) -> ProxiedExchange:
    """Letters that are not ASCII are escaped in JSON."""
    return _rewritten(exchange, exchange.document)


@fault("json-members-are-reversed", expected=Expected.IGNORED, group=DISTANT)
def json_members_are_reversed(exchange: ProxiedExchange) -> ProxiedExchange:
    """The members of JSON objects come in the opposite order."""
    return _rewritten(exchange, _reversed(exchange.document), ensure_ascii=False)


@fault("answers-are-compressed", expected=Expected.IGNORED, group=DISTANT)
def answers_are_compressed(exchange: ProxiedExchange) -> ProxiedExchange:
    """Bodies are compressed for clients that accept it."""
    body, accepted = exchange.received.body, exchange.request.header("accept-encoding")
    if "gzip" not in accepted or not body:
        return exchange
    return exchange.with_body(gzip.compress(body)).with_header("Content-Encoding", "gzip")


@fault("header-names-are-loud", expected=Expected.IGNORED, group=GATEWAY)
def header_names_are_loud(exchange: ProxiedExchange) -> ProxiedExchange:
    """Header names are sent in capital letters."""
    response = exchange.received
    return exchange.with_response(response.with_fields(*((name.upper(), value) for name, value in response.fields)))


@fault("headers-are-reversed", expected=Expected.IGNORED, group=GATEWAY)
def headers_are_reversed(exchange: ProxiedExchange) -> ProxiedExchange:
    """Headers come in the opposite order."""
    return exchange.with_response(exchange.received.with_fields(*exchange.received.fields[::-1]))


@fault("headers-are-added", expected=Expected.IGNORED, group=GATEWAY)
def headers_are_added(exchange: ProxiedExchange) -> ProxiedExchange:
    """Responses have the headers that gateways add."""
    response = exchange.received
    more = (
        ("Via", "1.1 gateway"),
        ("x-request-id", "7"),
        ("Cache-Control", "no-store"),
        ("Set-Cookie", "route=a; Path=/"),
        ("Set-Cookie", "group=b"),
        ("Strict-Transport-Security", "max-age=63072000"),
        ("Vary", "Accept-Encoding"),
    )
    return exchange.with_response(response.with_fields(*response.fields, *more))


@fault("phrases-are-missing", expected=Expected.IGNORED, group=GATEWAY)
def phrases_are_missing(exchange: ProxiedExchange) -> ProxiedExchange:
    """Status lines have no reason phrase."""
    return exchange.with_response(exchange.received.with_line(f"HTTP/1.1 {exchange.status} "))


@fault("answers-come-in-chunks", expected=Expected.IGNORED, group=DISTANT)
def answers_come_in_chunks(exchange: ProxiedExchange) -> ProxiedExchange:
    """Bodies are sent in chunks instead of with their length."""
    response = exchange.received
    if exchange.method == "HEAD" or not response.body or response.header("transfer-encoding"):
        return exchange
    framed = b"".join(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in _halves(response.body)) + b"0\r\n\r\n"
    head = response.without_header("Content-Length").with_header("Transfer-Encoding", "chunked")
    return exchange.with_response(head.with_framed(framed))


@fault("answers-are-http-1-0", expected=Expected.IGNORED, may_break=["http.keep-alive"], group=BUSY)
def answers_are_http_1_0(exchange: ProxiedExchange) -> ProxiedExchange:
    """Responses are of HTTP/1.0, and end with their connections instead of a length."""
    response = exchange.received
    closing = response.with_line(response.line.replace("HTTP/1.1", "HTTP/1.0", 1)).with_header("Connection", "close")
    if exchange.method == "HEAD":
        return exchange.with_response(closing)
    return exchange.with_response(
        closing.without_header("Content-Length", "Transfer-Encoding").with_framed(response.body)
    )


@fault("connections-are-closed", expected=Expected.IGNORED, may_break=["http.keep-alive"], group=SHARED)
def connections_are_closed(exchange: ProxiedExchange) -> ProxiedExchange:
    """The connection is closed behind every response."""
    return exchange.with_header("Connection", "close")


@fault("answers-come-in-pieces", expected=Expected.IGNORED, group=GATEWAY)
def answers_come_in_pieces(exchange: ProxiedExchange) -> ProxiedExchange:
    """Responses come in two pieces with a pause of some milliseconds between them."""
    first, second = _halves(exchange.received.as_bytes())
    return exchange.with_delivery(first, 0.003, second)


@fault("answers-are-slow", expected=Expected.IGNORED, group=DISTANT)
def answers_are_slow(exchange: ProxiedExchange) -> ProxiedExchange:
    """Every response is delayed by some hundredths of a second."""
    return exchange.with_delivery(0.02, exchange.received.as_bytes())


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
        return exchange.with_change(lambda items: [*items, *others])
    page, rows = (exchange.parameters.get(name, "") for name in ("page", "rows"))
    if exchange.method != "GET" or not (page.isdecimal() and rows.isdecimal()) or page == "0":
        return exchange
    own, shown = (exchange.document["total"], exchange.document["data"]) if exchange.ok else (listed[exchange.path], [])
    end = int(page) * int(rows)
    added = others[max(0, end - int(rows) - own) : max(0, end - own)]
    is_there = exchange.ok or added
    return exchange.with_reply(200, {"data": [*shown, *added], "total": own + len(others)}) if is_there else exchange


def _somebodys(exchange: ProxiedExchange) -> dict[str, Any]:
    """Return a foreign job, made from the contract's own example of the list that is asked for."""
    state = "FINISHED" if exchange.operation_id in doc.FINISHED else "RUNNING"
    shown = exchange.contract.operation(exchange.operation_id).examples()
    example = next(example.value for example in shown if " response 200" in example.where and example.value)
    job = {**example[0], "jobId": "7", "jobName": "jede Nacht \N{CRESCENT MOON}", "jobStatus": state}
    return {**job, "errorMsg": None} if "errorMsg" in job else job


def _rewritten(exchange: ProxiedExchange, document: Any, **options: Any) -> ProxiedExchange:
    if document is None or exchange.method == "HEAD":
        return exchange
    # A response that was asked for with `pretty` stays one.
    options.setdefault("indent", 2 if b"\n" in exchange.received.body else None)
    return exchange.with_body(json.dumps(document, **options).encode())


def _reversed(found: Any) -> Any:
    if isinstance(found, list):
        return [_reversed(item) for item in found]
    if not isinstance(found, dict):
        return found
    return {name: _reversed(value) for name, value in reversed(found.items())}


def _two_hours_later(found: Any) -> Any:
    if isinstance(found, list):
        return [_two_hours_later(item) for item in found]
    if isinstance(found, dict):
        return {name: _two_hours_later(value) for name, value in found.items()}
    if isinstance(found, str) and _TIME.fullmatch(found):
        return str(datetime.fromisoformat(found) + _TWO_HOURS)
    return found


def _halves(content: bytes) -> tuple[bytes, bytes]:
    middle = len(content) // 2
    return content[:middle], content[middle:]
