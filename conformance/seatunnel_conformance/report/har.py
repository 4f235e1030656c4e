"""The exchanges of a report as an HTTP Archive 1.2, for tools that show or replay HTTP traffic.

A report contains the exchanges of checks that did not pass, redacted and with long bodies cut.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from harfile import Content, Creator, HarFile, PostData, Record, Request, Response, Timings

from seatunnel_conformance.report.events import Report, suite_version
from seatunnel_conformance.report.outcomes import ReportedExchange
from seatunnel_conformance.report.text import headline
from seatunnel_conformance.text.visible import visible_json

_HTTP = "HTTP/1.1"


def as_har(report: Report) -> str:
    """Return the exchanges of all checks that did not pass, each with the check's id as its comment."""
    exchanges = [(outcome.id, exchange) for outcome in report.outcomes for exchange in outcome.exchanges]
    return _archive(exchanges, report.header.suite, f"{headline(report)}: {report.header.target}")


def as_archive(exchanges: Iterable[ReportedExchange]) -> str:
    """Return an archive of exchanges that belong to no check, such as those of a client."""
    return _archive((("", exchange) for exchange in exchanges), suite_version(), "")


def _archive(exchanges: Iterable[tuple[str, ReportedExchange]], suite: str, comment: str) -> str:
    file = io.StringIO()
    with HarFile(file, creator=Creator("seatunnel-v2", suite), comment=comment) as har:
        for name, exchange in exchanges:
            har.add_entry(**_entry(exchange), comment=name)
    return visible_json(file.getvalue())


def _entry(exchange: ReportedExchange) -> dict[str, Any]:
    milliseconds = round((exchange.seconds or 0.0) * 1000, 1)
    return {
        "startedDateTime": exchange.begun,
        "time": milliseconds,
        "request": _request(exchange),
        "response": _response(exchange),
        "timings": Timings(send=0, wait=milliseconds, receive=0),
    }


def _request(exchange: ReportedExchange) -> Request:
    data = (
        None
        if exchange.sent.body is None
        else PostData(_value(exchange.sent.headers, "content-type"), text=exchange.sent.body)
    )
    query = parse_qsl(urlsplit(exchange.url).query, keep_blank_values=True)
    return Request(
        exchange.method,
        exchange.url,
        _HTTP,
        headers=_records(exchange.sent.headers),
        queryString=_records(query),
        postData=data,
    )


def _response(exchange: ReportedExchange) -> Response:
    if exchange.status is None:
        # Browsers export an exchange without a response like this.
        return Response(0, "", _HTTP, comment=exchange.error or "")
    headers = exchange.headers
    content = Content(
        len(exchange.body.encode(errors="replace")), mimeType=_value(headers, "content-type"), text=exchange.body
    )
    return Response(
        exchange.status,
        HTTPStatus(exchange.status).phrase if exchange.status in set(HTTPStatus) else "",
        _HTTP,
        headers=_records(headers),
        content=content,
        redirectURL=_value(headers, "location"),
    )


def _records(pairs: Iterable[Iterable[str]]) -> list[Record]:
    return [Record(name, value) for name, value in pairs]


def _value(headers: Iterable[Iterable[str]], wanted: str) -> str:
    return next((value for name, value in headers if name.lower() == wanted), "")
