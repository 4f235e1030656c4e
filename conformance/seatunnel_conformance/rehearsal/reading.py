"""Reads HAR files of browsers and proxies, access logs in common or combined format, and those of `serve`."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from seatunnel_conformance.errors import InvalidSettings
from seatunnel_conformance.rehearsal.request_log import LoggedRequest, RequestLog

_LINE: Final = re.compile(r'"(?P<method>[A-Z]+) (?P<url>\S+) HTTP/[\d.]+" (?P<status>\d{3})\b')
_HINT: Final = (
    "hint: a log is a HAR file, an access log in common or combined format "
    '(with "GET /overview HTTP/1.1" 200 in its lines), or what `serve --access-log` writes'
)
_KEPT: Final = frozenset({"accept", "content-type"})
"""The headers that a response can depend on; others are dropped, because they may contain secrets."""


class BrokenLog(InvalidSettings):
    """A file is not a valid log of requests."""

    def __init__(self, source: Path, problem: str) -> None:
        super().__init__(f"{source}: {problem}")


def read_log(path: Path) -> RequestLog:
    """Read a log, whose format is detected by its first line. Raises `BrokenLog`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise BrokenLog(path, problem.strerror or str(problem)) from None
    except UnicodeDecodeError:
        raise BrokenLog(path, "it is not UTF-8 text") from None
    if _is_of_serve(text):
        return RequestLog(str(path), "access log", tuple(_serve_log(path, text)))
    if text.lstrip()[:1] in {"{", "["}:
        return RequestLog(str(path), "HAR", tuple(_har(path, text)))
    requests = tuple(_access_log(text))
    if not requests:
        raise BrokenLog(path, f"it is neither a HAR file nor an access log; {_HINT}")
    return RequestLog(str(path), "access log", requests)


def _access_log(text: str) -> Iterator[LoggedRequest]:
    for line in text.splitlines():
        if found := _LINE.search(line):
            yield LoggedRequest(found["method"], found["url"], status=int(found["status"]))


def _is_of_serve(text: str) -> bool:
    """Tell whether the first line is a whole JSON object with a method and a path."""
    try:
        first = json.loads(text.lstrip().partition("\n")[0])
    except (ValueError, RecursionError):
        return False
    return isinstance(first, dict) and {"method", "path"} <= first.keys()


def _serve_log(path: Path, text: str) -> Iterator[LoggedRequest]:
    """Yield the requests of a log that `serve --access-log` wrote. It has the names of parameters, not their values."""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            names, status = entry.get("query", ()), entry["status"]
            query = "?" + "&".join(f"{name}=" for name in names) if names else ""
            url = str(entry["path"]) + query
            # A client that leaves before the response is logged without a status.
            yield LoggedRequest(str(entry["method"]), url, status=status and int(status), has_values=not names)
        except (LookupError, TypeError, AttributeError, ValueError, RecursionError) as problem:
            raise BrokenLog(path, f"line {number} is not one of `serve --access-log`: {problem}") from None


def _har(path: Path, text: str) -> Iterator[LoggedRequest]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise BrokenLog(path, f"it is not JSON: {problem}; {_HINT}") from None
    try:
        entries = document["log"]["entries"]
    except (KeyError, TypeError):
        raise BrokenLog(path, f"it is not a HAR file: log.entries is missing; {_HINT}") from None
    if not isinstance(entries, list):
        raise BrokenLog(path, f"it is not a HAR file: log.entries is not a list; {_HINT}")
    for number, entry in enumerate(entries, start=1):
        try:
            yield _seen(entry)
        except (LookupError, TypeError, AttributeError, ValueError) as problem:
            raise BrokenLog(
                path, f"entry {number} is not a valid HAR entry: {type(problem).__name__} {problem}"
            ) from None


def _seen(entry: Mapping[str, Any]) -> LoggedRequest:
    request, response = entry["request"], entry.get("response") or {}
    headers = {header["name"]: header["value"] for header in request.get("headers", ())}
    document = _document(response.get("content") or {})
    # Browsers write 0 for a request without a response.
    status = int(response.get("status") or 0) or None
    return LoggedRequest(
        method=str(request["method"]).upper(),
        url=str(request["url"]),
        headers={name: value for name, value in headers.items() if name.lower() in _KEPT},
        body=_body(request.get("postData")),
        status=status,
        has_response=document is not None,
        response=document,
    )


def _body(posted: Mapping[str, Any] | None) -> str | None:
    return None if posted is None else posted.get("text")


def _document(content: Mapping[str, Any]) -> Any:
    """Return the JSON body of a response; None if there is none or it is not JSON."""
    text = content.get("text")
    if not text:
        return None
    try:
        return json.loads(base64.b64decode(text) if content.get("encoding") == "base64" else text)
    except (ValueError, RecursionError, binascii.Error):
        return None
