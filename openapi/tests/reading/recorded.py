"""Read recorded exchanges, and replace the tokens of a recording by plausible values."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

JOB_ID: Final = "881432421482889220"
END_OF_METRICS: Final = "# EOF"
SHOWN_AS_SHAPES: Final = ("ignore", "shape")
"""The options of a step after which its body, or a part of it, holds no values any more."""

_VALUES: Final[Mapping[str, Any]] = {
    "<version>": "2.3.9",
    "<commit>": "DeadD0d0",
    "<int string>": "7",
    "<decimal string>": "2.07",
    "<size string>": "16.0G",
    "<percent string>": "23.54%",
    "<milliseconds string>": "110ms",
    "<timestamp yyyy-MM-dd HH:mm:ss>": "2024-10-27 09:30:05",
    "<java text>": "java.lang.NullPointerException: null",
    "<host>": "localhost",
    "<port>": "5801",
    "<jar path>": "file:/opt/seatunnel/connectors/connector-fake-2.3.9.jar",
    "<member>": "[10.0.0.1]:5801",
    "<strategy>": "WAIT",
    "<boolean kind of slots>": True,
    "<servlet>": "org.eclipse.jetty.servlet.DefaultServlet",
    "<table map>": {"fake": "5"},
    "<number count>": 7,
    "<job id>": JOB_ID,
}
_NUMBER: Final = re.compile(r"<number [^>]*>")
_PARTS: Final = ((re.compile(r"\{\{[^}]+\}\}"), JOB_ID), (re.compile(r"<host:port>"), "localhost:8080"))


@dataclass(frozen=True, slots=True)
class Exchange:
    """One recorded step: what was asked, and what came back with its tokens replaced.

    `body` is None where none came, and where the recording does not hold it (`has_values` is false then).
    """

    name: str
    method: str
    target: str
    request: Mapping[str, Any]
    status: int
    content_type: str
    headers: Mapping[str, str]
    is_empty: bool
    has_values: bool
    body: Any

    @property
    def media_type(self) -> str:
        """The content type without its parameters; empty where there was none."""
        return self.content_type.partition(";")[0]


def exchanges(recording: Path) -> Iterator[Exchange]:
    """Yield the recorded exchanges of a recording; its preparing steps are left out."""
    for line in recording.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["exchange"] is not None:
            yield _exchange(row)


def _exchange(row: Mapping[str, Any]) -> Exchange:
    step, exchange = row["step"], row["exchange"]
    request, recorded = step["request"], exchange["body"]
    content_type = exchange["headers"].get("Content-Type", "")
    return Exchange(
        name=f"{row['area']}/{row['scenario']}/{step['id']}",
        method=request.get("method", "GET"),
        target=filled(request["path"]),
        request=filled(request),
        status=exchange["status"],
        content_type=content_type,
        headers=exchange["headers"],
        is_empty=recorded["kind"] == "empty",
        has_values=recorded["kind"] != "empty" and not any(step.get(option) for option in SHOWN_AS_SHAPES),
        body=BODIES[recorded["kind"]](recorded, exchange["status"]),
    )


def filled(value: Any) -> Any:
    """Return recorded JSON with a value for every token."""
    if isinstance(value, dict):
        return {filled(key): filled(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner) for inner in value]
    if not isinstance(value, str):
        return value
    return _filled_text(value)


def _filled_text(text: str) -> Any:
    if text in _VALUES:
        return _VALUES[text]
    if _NUMBER.fullmatch(text):
        return int(JOB_ID)
    for token, value in _PARTS:
        text = token.sub(value, text)
    return text


def _page(recorded: Mapping[str, Any], status: int) -> str:
    """Return a page with the recorded title and links; a page without a title is one of the container's parser."""
    if recorded["title"] is None:
        return f"<h1>Bad Message {status}</h1><pre>reason</pre>"
    links = "".join(f'<li><a href="{filled(link)}">link</a></li>' for link in recorded["hrefs"])
    return f"<html><head><title>{recorded['title']}</title></head><body><ul>{links}</ul></body></html>"


def _text(recorded: Mapping[str, Any], status: int) -> str:
    """Return text: what was recorded of it if anything was, else the beginning that the container gives its errors."""
    text: str = recorded["value"]
    if text != "<text>":
        return str(filled(text))
    if status >= HTTPStatus.BAD_REQUEST:
        return f"HTTP ERROR {status} reason"
    found = [needle for needle, is_there in recorded.get("contains", {}).items() if is_there]
    return "".join(f"{needle}\n" for needle in sorted(found, key=lambda needle: needle == END_OF_METRICS))


BODIES: Final[Mapping[str, Callable[[Mapping[str, Any], int], Any]]] = {
    "empty": lambda _, __: None,
    "json": lambda recorded, _: filled(recorded["value"]),
    "html": _page,
    "text": _text,
}
