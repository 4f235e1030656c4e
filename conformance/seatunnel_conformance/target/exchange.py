"""A request with its answer: what was sent, what came back, and the curl line that sends it again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, NoReturn, Self

from seatunnel_conformance.target.bodies import decoded, is_known, require_readable
from seatunnel_conformance.target.shell import NOT_PASSED, is_plain, printf, word
from seatunnel_conformance.text.redaction import Veil, redact_header, redact_text, redact_url

READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""The methods that change nothing."""

EXCERPT = 600
"""Characters of a body that a one-line description shows."""

KEPT = 20_000
"""Characters of a body that a report keeps; the rest is cut, and its length told."""

_LONGEST_SECRET = 10_000
"""Characters behind a cut that are searched for secrets, too."""

REMEMBERED = 4 * (KEPT + _LONGEST_SECRET)
"""Bytes of a body that are kept once its check has gone on; a character has four at the most."""

_NOT_SHOWN = frozenset({"host", "accept", "accept-encoding", "connection", "user-agent", "content-length"})


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent: `target` is the request target as it goes over the wire, with the context path and the query.

    `access` are words for the shell with which curl connects as the suite does; they name secrets, and hold none.
    """

    method: str
    origin: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    access: Sequence[str] = ()

    @property
    def url(self) -> str:
        """The whole address."""
        return self.origin + self.target

    @property
    def is_chunked(self) -> bool:
        """Whether the body goes in chunks, its length untold."""
        return self.headers.get("Transfer-Encoding") == "chunked"

    def curl(self) -> str:
        """Return the shell command that repeats this request, without its secrets.

        It is printable, and sends the same bytes. A body that no argument can hold goes through a pipe.
        """
        words = ["curl", "-sS", "-i", "--path-as-is"]
        if self.method == "HEAD":
            words += ["--head"]
        elif (self.method, self.body is None) not in {("GET", True), ("POST", False)}:
            words += ["-X", self.method]
        for name, value in self.headers.items():
            if name.lower() not in _NOT_SHOWN:
                words += ["-H", f"{name}: {redact_header(name, value)}"]
        body, piped = None if self.body is None else _shell_body(self.body), ""
        if body is not None and not is_plain(body):
            body, piped = "@-", f"{printf(body)} | "
        words += [] if body is None else ["--data-binary", body]
        words += [redact_url(self.url)]
        if any(NOT_PASSED in each for each in words):
            return "# no curl line can send this request: its address or a header holds a NUL byte"
        shown = [word(each) for each in words]
        return piped + " ".join([*shown[:-1], *self.access, shown[-1]])

    def as_event(self) -> dict[str, Any]:
        """Return headers and body as plain data: redacted, a long body cut. A missing body is None."""
        text = None if self.body is None else redact_text(cut(self.body.decode("utf-8", "backslashreplace")))
        return {"headers": [[name, redact_header(name, value)] for name, value in self.headers.items()], "body": text}

    def __str__(self) -> str:
        return f"{self.method} {redact_text(self.target)}"


def _no_number(word: str) -> NoReturn:
    """Refuse what Python takes for a number, and JSON does not know: `NaN`, `Infinity`."""
    raise ValueError(f"{word} is no number")


def _shell_body(body: bytes) -> str:
    text = redact_text(cut(body.decode("utf-8", "surrogateescape")))
    # curl reads a file when the data begins with @; a blank before it is no change for JSON.
    return f" {text}" if text.startswith("@") and is_plain(text) else text


def cut(text: str, limit: int = KEPT, *, missing: int = 0) -> str:
    """Shorten a text to `limit` characters and say how many are missing; `missing` were left out before."""
    lost = max(0, len(text) - limit) + missing
    return f"{text[:limit]}… ({lost} more characters)" if lost else text


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What came back. `seconds` is the time from sending to the last byte; `veil` hides secrets that came back.

    `followed` tells whether more came on the connection behind the answer, although nothing more was asked. `missing`
    are the bytes at the end of the body that were not kept.
    """

    status: int
    fields: Sequence[tuple[str, str]]
    body: bytes
    seconds: float = 0.0
    veil: Veil = field(default=Veil(), compare=False)
    followed: bool = False
    missing: int = 0

    def header(self, name: str) -> str | None:
        """Return the value of a header field, its lines joined as RFC 9110 says; None when absent."""
        values = [value for field_name, value in self.fields if field_name.lower() == name.lower()]
        return ", ".join(values) if values else None

    @property
    def media_type(self) -> str:
        """The media type in lower case without parameters; empty when there is none."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str | None:
        """The charset parameter of the content type in lower case; None when there is none."""
        parameters = (self.header("content-type") or "").lower().split(";")[1:]
        named = [text.partition("=")[2].strip().strip('"') for text in parameters if text.strip().startswith("charset")]
        return named[0] if named else None

    @property
    def text(self) -> str:
        """The body as text, by the charset of the content type; undecodable bytes become replacement characters."""
        return decoded(self.body, self.charset)

    @property
    def json(self) -> Any:
        """The body as JSON; integers keep all their digits. Not being JSON is the target's fault, an assertion.

        Raises `AnswerTooLong` for more values than are read.
        """
        require_readable(self.body)
        try:
            # As text: given bytes, Python guesses at other encodings than UTF-8, and forgives a byte order mark.
            return json.loads(self.body.decode(), parse_constant=_no_number)
        except (ValueError, RecursionError) as problem:
            raise AssertionError(f"the body is no JSON ({problem or type(problem).__name__}): {self!r}") from problem

    @property
    def items(self) -> list[Any]:
        """The body as a JSON array; anything else is an assertion."""
        found = self.json
        if not isinstance(found, list):
            raise AssertionError(f"expected an array, got {self!r}")  # noqa: TRY004 - the target failed
        return found

    @property
    def members(self) -> dict[str, Any]:
        """The body as a JSON object; anything else is an assertion."""
        found = self.json
        if not isinstance(found, dict):
            raise AssertionError(f"expected an object, got {self!r}")  # noqa: TRY004 - the target failed
        return found

    def shown(self, limit: int = KEPT) -> str:
        """Return the body as it may be shown: without secrets, and then cut, lest a part of one is left."""
        text = self.text
        whole = self.veil.text(text[: limit + _LONGEST_SECRET])
        return redact_text(cut(whole + text[limit + _LONGEST_SECRET :], limit, missing=self.missing))

    def shortened(self) -> Self:
        """Return the response with no more of its body than `shown` needs."""
        surplus = len(self.body) - REMEMBERED
        return self if surplus <= 0 else replace(self, body=self.body[:REMEMBERED], missing=self.missing + surplus)

    def __repr__(self) -> str:
        kind = self.header("content-type") or "no content type"
        charset = self.charset
        doubt = "" if charset is None or is_known(charset) else ", read as UTF-8: its charset is unknown"
        body = self.shown(EXCERPT) if self.body else "(empty body)"
        return f"{self.status} [{self.veil.text(cut(kind, EXCERPT))}{doubt}] {body}"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, and its answer or the reason why there is none; `ended` is when that was known."""

    request: Request
    answer: Answer | None = None
    trouble: str | None = None
    ended: datetime = field(default_factory=lambda: datetime.now(UTC), compare=False)

    def shortened(self) -> Exchange:
        """Return the exchange with no more of the response's body than reports show."""
        kept = self.answer and self.answer.shortened()
        return self if kept is self.answer else replace(self, answer=kept)

    def as_event(self) -> dict[str, Any]:
        """Return the exchange as plain data for the event stream: redacted, long bodies cut."""
        answer = self.answer
        return {
            "method": self.request.method,
            "url": redact_url(self.request.url),
            "curl": self.request.curl(),
            "sent": self.request.as_event(),
            "ended": self.ended.isoformat(timespec="milliseconds"),
            "status": answer.status if answer else None,
            "headers": [[name, redact_header(name, value)] for name, value in answer.fields] if answer else [],
            "body": answer.shown() if answer else "",
            "seconds": round(answer.seconds, 4) if answer else None,
            "trouble": self.trouble,
        }
