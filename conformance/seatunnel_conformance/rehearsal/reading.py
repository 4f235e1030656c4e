"""Logs read: HAR files, as browsers and proxies save them, and access logs in common or combined format."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from seatunnel_conformance.errors import InvalidSettings
from seatunnel_conformance.rehearsal.traffic import Seen, Traffic

_LINE: Final = re.compile(r'"(?P<method>[A-Z]+) (?P<url>\S+) HTTP/[\d.]+" (?P<status>\d{3})\b')
_KEPT: Final = frozenset({"accept", "content-type"})
"""The headers on which an answer can depend; the others may hold secrets."""


class BrokenLog(InvalidSettings):
    """A file can't be read as a log of requests."""

    def __init__(self, source: Path, problem: str) -> None:
        super().__init__(f"{source}: {problem}")
        self.source = source
        self.problem = problem


def read_traffic(path: Path) -> Traffic:
    """Read a log of requests, telling a HAR from an access log by its first letter. Raises `BrokenLog`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise BrokenLog(path, problem.strerror or str(problem)) from None
    except UnicodeDecodeError:
        raise BrokenLog(path, "it is not UTF-8 text") from None
    if text.lstrip()[:1] in {"{", "["}:
        return Traffic(str(path), "HAR", tuple(_har(path, text)))
    requests = tuple(_access_log(text))
    if not requests:
        raise BrokenLog(path, 'it is neither a HAR nor an access log, with lines such as "GET /overview HTTP/1.1" 200')
    return Traffic(str(path), "access log", requests)


def _access_log(text: str) -> Iterator[Seen]:
    for line in text.splitlines():
        if found := _LINE.search(line):
            yield Seen(found["method"], found["url"], status=int(found["status"]))


def _har(path: Path, text: str) -> Iterator[Seen]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise BrokenLog(path, f"it is no JSON: {problem}") from None
    try:
        entries = document["log"]["entries"]
    except (KeyError, TypeError):
        raise BrokenLog(path, "it is no HAR: it has no log with entries") from None
    if not isinstance(entries, list):
        raise BrokenLog(path, "it is no HAR: its entries are no list")
    for number, entry in enumerate(entries, start=1):
        try:
            yield _seen(entry)
        except (LookupError, TypeError, AttributeError, ValueError) as problem:
            raise BrokenLog(path, f"entry {number} is none of a HAR: {type(problem).__name__} {problem}") from None


def _seen(entry: Mapping[str, Any]) -> Seen:
    request, response = entry["request"], entry.get("response") or {}
    headers = {header["name"]: header["value"] for header in request.get("headers", ())}
    answer = _answer(response.get("content") or {})
    # Browsers write 0 for a request that was never answered.
    status = int(response.get("status") or 0) or None
    return Seen(
        method=str(request["method"]).upper(),
        url=str(request["url"]),
        headers={name: value for name, value in headers.items() if name.lower() in _KEPT},
        body=_body(request.get("postData")),
        status=status,
        has_answer=answer is not None,
        answer=answer,
    )


def _body(posted: Mapping[str, Any] | None) -> str | None:
    return None if posted is None else posted.get("text")


def _answer(content: Mapping[str, Any]) -> Any:
    """Return the JSON of an answer, None where there is none, or no JSON."""
    text = content.get("text")
    if not text:
        return None
    try:
        return json.loads(base64.b64decode(text) if content.get("encoding") == "base64" else text)
    except (ValueError, RecursionError, binascii.Error):
        return None
