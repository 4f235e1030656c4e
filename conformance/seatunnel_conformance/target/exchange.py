"""Requests and responses, and curl commands that repeat a request.

Bodies are decoded only with known text encodings, because codecs such as `punycode` take quadratic time. The number of
parsed JSON values is limited: 32 MiB of `{},{},{},…` take two gigabytes as Python objects.
"""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from encodings import normalize_encoding
from encodings.aliases import aliases
from typing import Any, Final, NoReturn, Self, TypeVar

from seatunnel_conformance.errors import ResponseTooLong
from seatunnel_conformance.report.outcomes import ReportedExchange, SentParts
from seatunnel_conformance.text.differences import Difference
from seatunnel_conformance.text.redaction import Redactor, redact_header, redact_text, redact_url, secret_names
from seatunnel_openapi.words import Wording

MOST_VALUES: Final = 500_000
"""The maximum number of JSON values in a body that is parsed. A list of ten thousand jobs has fewer."""

_CHARSETS: Final = frozenset(
    {
        *("ascii", "utf_8", "utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le"),
        *("latin_1", *(f"iso8859_{part}" for part in range(1, 17)), *(f"cp125{page}" for page in range(9))),
        *("big5", "gb2312", "gbk", "gb18030", "euc_jp", "shift_jis", "euc_kr", "koi8_r", "koi8_u"),
    }
)
"""The names in Python of text encodings that servers use. Python's other codecs are slow, or not for text."""


def is_known_charset(charset: str) -> bool:
    """Return whether a charset is one of the supported text encodings."""
    if not charset.isascii() or "\0" in charset:
        return False
    name = normalize_encoding(charset).lower()
    return aliases.get(name, name) in _CHARSETS


def is_readable(body: bytes, values: int = MOST_VALUES, size: float = math.inf) -> bool:
    """Return whether a body has at most this number of JSON values, and this size in bytes.

    Values are counted by commas and brackets, also within strings.
    """
    return len(body) <= size and sum(map(body.count, (b",", b"[", b"{"))) <= values


def require_readable(body: bytes) -> None:
    """Raise `ResponseTooLong` for a body with too many JSON values."""
    if not is_readable(body):
        raise ResponseTooLong(f"the body of {len(body)} bytes has more than {MOST_VALUES} JSON values")


_Json = TypeVar("_Json")

NOT_PASSED = "\0"
"""NUL, a character that arguments of programs can't contain."""


def word(text: str) -> str:
    """Return a text quoted for a shell. A text with unprintable characters becomes a call of `printf`.

    The text must not contain `NOT_PASSED`. With unprintable characters, it must not end with a line break.
    """
    return shlex.quote(text) if _is_plain(text) else f'"$({_printf(text)})"'


def _is_plain(text: str) -> bool:
    """Return whether a text is printable, apart from line breaks."""
    return text.replace("\n", "").isprintable()


def _printf(text: str) -> str:
    """Return the `printf` command that writes a text. Surrogate escapes in it stand for single bytes."""
    return f"printf '{''.join(_format(text))}'"


def _format(text: str) -> Iterator[str]:
    for at, letter in enumerate(text):
        if letter in "\\%":
            yield letter * 2
        # With a leading minus it would be an option.
        elif letter == "'" or not letter.isprintable() or (letter == "-" and not at):
            errors = "surrogateescape" if "\udc80" <= letter <= "\udcff" else "surrogatepass"
            yield "".join(f"\\{byte:03o}" for byte in letter.encode("utf-8", errors))
        else:
            yield letter


READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""The methods that don't change the target."""

EXCERPT = 600
"""The maximum number of characters of a body in a description of one line."""

KEPT = 20_000
"""The maximum number of characters of a body in a report. The report shows how many are missing."""

_LONGEST_SECRET = 10_000
"""The number of characters after the cut that are redacted, too, so that no part of a secret remains before it."""

REMEMBERED = 4 * (KEPT + _LONGEST_SECRET)
"""The maximum number of bytes that are kept of the body of an exchange, except the last. A character has at most 4."""

_NOT_SHOWN = frozenset(
    {"host", "accept-encoding", "connection", "user-agent", "content-length", "x-schemathesis-testcaseid"}
)


@dataclass(frozen=True, slots=True)
class Request:
    """A request. `target` is the request target as sent, with context path and query.

    `access` has the curl options for the connection, quoted for a shell, with shell variables instead of secrets.
    """

    method: str
    origin: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    access: Sequence[str] = ()

    @property
    def url(self) -> str:
        """The complete URL."""
        return self.origin + self.target

    @property
    def is_chunked(self) -> bool:
        """Whether the body is sent with chunked transfer encoding."""
        return self.headers.get("Transfer-Encoding") == "chunked"

    def curl(self) -> str:
        """Return a shell command with curl that sends the same request, without secrets.

        A body with unprintable characters is piped: the command is printable.
        """
        words = ["curl", "-sS", "-i", "--path-as-is"]
        if self.method == "HEAD":
            words += ["--head"]
        elif (self.method, self.body is None) not in {("GET", True), ("POST", False)}:
            words += ["-X", self.method]
        for name, value in self.headers.items():
            if name.lower() not in _NOT_SHOWN and (name.lower(), value) != ("accept", "*/*"):
                words += ["-H", f"{name}: {redact_header(name, value)}"]
        if self.body is not None and not any(name.lower() == "content-type" for name in self.headers):
            words += ["-H", "Content-Type:"]  # without this, curl sends the content type of a form
        body, piped = None if self.body is None else _shell_body(self.body), ""
        if body is not None and not _is_plain(body):
            body, piped = "@-", f"{_printf(body)} | "
        words += [] if body is None else ["--data-binary", body]
        words += [redact_url(self.url)]
        if any(NOT_PASSED in each for each in words):
            return "# curl can't send this request: its URL or a header contains a NUL byte"
        shown = [word(each) for each in words]
        return piped + " ".join([*shown[:-1], *self.access, shown[-1]])

    @property
    def sent_names(self) -> frozenset[str]:
        """The member names in the body that are usual for secrets, such as `password`."""
        return secret_names((self.body or b"")[:REMEMBERED].decode("utf-8", "replace"))

    def __str__(self) -> str:
        return f"{self.method} {redact_text(self.target)}"


def _no_number(word: str) -> NoReturn:
    """Raise `ValueError` for a number that only Python's parser accepts, not JSON: `NaN`, `Infinity`."""
    raise ValueError(f"{word} is not a JSON number")


def _shell_body(body: bytes) -> str:
    text = cut(body.decode("utf-8", "surrogateescape"))
    # curl reads a file if the data begins with @; a leading blank does not change a JSON document.
    return f" {text}" if text.startswith("@") and _is_plain(text) else text


def cut(text: str, limit: int = KEPT, *, missing: int = 0) -> str:
    """Return a text cut to `limit` characters, with the number of missing ones; `missing` were cut off before."""
    lost = max(0, len(text) - limit) + missing
    return f"{text[:limit]}… ({lost} more characters)" if lost else text


class BodyMismatch(AssertionError):
    """The body of a response has another type than a check reads: a failure of the target."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(f"expected {expected}, found {found}")
        self.expected, self.found = expected, found


class JsonObject(dict[str, Any]):
    """An object of a response; reading a member that it lacks raises `MemberLacking`."""

    def __missing__(self, name: str) -> Any:
        raise MemberLacking(name, self)


class MemberLacking(KeyError):
    """An object of a response lacks a member that was read."""

    def __init__(self, name: str, holder: JsonObject) -> None:
        super().__init__(name)
        self.holder = holder


JSON_TYPES: Final = {
    "str": "a string",
    "int": "an integer",
    "float": "a number",
    "bool": "a boolean",
    "list": "an array",
    "tuple": "an array",
    "dict": "an object",
    "JsonObject": "an object",
    "NoneType": "null",
}
"""JSON types in words, by the name of the Python type."""


@dataclass(frozen=True, slots=True, repr=False)
class Response:
    """A response. `seconds` is the time from sending the request to the last byte; `redactor` redacts echoed secrets.

    `followed` is true if the server sent more bytes after the response. `missing` is the minimum number of bytes at the
    end of the body that were not kept: long texts are not read to their end. `closes` is true if the target is known to
    close the connection. `sent` has the members of the request with names that are usual for secrets: their values in
    the response are not redacted. `parsed` has the JSON of the body after it was read, and is empty before. A value
    that a check has read is found as the same object in `parsed`. `wording` translates the names of members to the
    documented ones.
    """

    status: int
    fields: Sequence[tuple[str, str]]
    body: bytes
    seconds: float = 0.0
    redactor: Redactor = field(default=Redactor(), compare=False)
    followed: bool = False
    missing: int = 0
    closes: bool = False
    sent: frozenset[str] = field(default=frozenset(), compare=False)
    parsed: list[Any] = field(default_factory=list, compare=False)
    wording: Wording | None = field(default=None, compare=False, repr=False)

    def header(self, name: str) -> str | None:
        """Return the value of a header; several values are joined as in RFC 9110. None if it is missing."""
        values = [value for field_name, value in self.fields if field_name.lower() == name.lower()]
        return ", ".join(values) if values else None

    @property
    def media_type(self) -> str:
        """The media type in lower case, without parameters, or an empty string."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str | None:
        """The charset of the content type in lower case, or None."""
        parameters = (self.header("content-type") or "").lower().split(";")[1:]
        named = [text.partition("=")[2].strip().strip('"') for text in parameters if text.strip().startswith("charset")]
        return named[0] if named else None

    @property
    def text(self) -> str:
        """The body as text, decoded with its charset, or as UTF-8 if that is not known. Invalid bytes are replaced."""
        charset = self.charset
        return self.body.decode(charset if charset and is_known_charset(charset) else "utf-8", "replace")

    @property
    def json(self) -> Any:
        """The body as JSON with the documented names of members. Callers must not change it.

        Raises `BodyMismatch` if the body is not JSON, `ResponseTooLong` if it is too long.
        """
        if self.parsed:
            return self.parsed[0]
        if self.missing:
            raise ResponseTooLong(f"the body of {len(self.body) + self.missing} bytes was not kept")
        require_readable(self.body)
        try:
            # Decoded first: for bytes, json.loads also accepts UTF-16 and a byte order mark.
            found = json.loads(self.body.decode(), object_hook=JsonObject, parse_constant=_no_number)
        except (ValueError, RecursionError) as problem:
            # For an HTML page or an empty body, the message of the parser adds nothing.
            where = f": {problem or type(problem).__name__}" if self.body.lstrip().startswith((b"{", b"[")) else ""
            raise BodyMismatch("JSON", f"a body that is not JSON{where}") from problem
        self.parsed.append(found if self.wording is None else self.wording.read(found))
        return self.parsed[0]

    @property
    def items(self) -> list[Any]:
        """The body as a JSON array. Raises `BodyMismatch` for anything else."""
        return self._of_type(list, "an array")

    @property
    def members(self) -> dict[str, Any]:
        """The body as a JSON object. Raises `BodyMismatch` for anything else."""
        return self._of_type(dict, "an object")

    def _of_type(self, kind: type[_Json], name: str) -> _Json:
        found = self.json
        if not isinstance(found, kind):
            # Integers and other numbers are not distinguished.
            raise BodyMismatch(name, JSON_TYPES[type(found).__name__].replace("an integer", "a number"))
        return found

    def worded(self, difference: Difference) -> Difference:
        """Return a difference with the response's member names in its place, instead of the documented ones."""
        if self.wording is None:
            return difference
        return replace(difference, place=self.wording.place(difference.place))

    @property
    def own_body(self) -> bytes:
        """The body as JSON with the documented member names; unchanged if it has these, or is not JSON."""
        found = None if self.wording is None else self.json_as(object)
        return self.body if found is None else json.dumps(found, ensure_ascii=False).encode("utf-8", "replace")

    def json_as(self, kind: type[_Json]) -> _Json | None:
        """Return the body if it is JSON of a Python type (`object`: any), else None. Raises `ResponseTooLong`."""
        try:
            found = self.json
        except BodyMismatch:
            return None
        return found if isinstance(found, kind) else None

    def shown(self, limit: int = KEPT) -> str:
        """Return the body for a report: redacted first, then cut, so that no part of a secret remains."""
        text = self.text
        whole = self.redactor.text(text[: limit + _LONGEST_SECRET])
        return redact_text(cut(whole + text[limit + _LONGEST_SECRET :], limit, missing=self.missing), self.sent)

    def shortened(self, most: int = REMEMBERED) -> Self:
        """Return the response with at most this number of bytes of its body; the default is enough for `shown`."""
        surplus = len(self.body) - most
        if surplus <= 0:
            return self
        return replace(self, body=self.body[:most], missing=self.missing + surplus, parsed=[])

    def __repr__(self) -> str:
        kind = self.header("content-type") or "no content type"
        charset = self.charset
        note = "" if charset is None or is_known_charset(charset) else ", unknown charset, read as UTF-8"
        body = self.shown(EXCERPT) if self.body else "(empty body)"
        return f"{self.status} [{self.redactor.text(cut(kind, EXCERPT))}{note}] {body}"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, and its response or the error. `ended` is the time of the response or error.

    `arranged` is true if the request only prepares something for a check, such as a job.
    """

    request: Request
    response: Response | None = None
    error: str | None = None
    ended: datetime = field(default_factory=lambda: datetime.now(UTC), compare=False)
    arranged: bool = field(default=False, compare=False)

    def shortened(self) -> Exchange:
        """Return the exchange with at most `REMEMBERED` bytes of the response body, which is enough for reports."""
        kept = self.response and self.response.shortened()
        return self if kept is self.response else replace(self, response=kept)

    def reported(self) -> ReportedExchange:
        """Return the exchange as reports show it: redacted, with long bodies cut."""
        request, response = self.request, self.response
        # The body of a request is not redacted, because the suite has made it.
        body = None if request.body is None else cut(request.body.decode("utf-8", "backslashreplace"))
        return ReportedExchange(
            method=request.method,
            url=redact_url(request.url),
            curl=request.curl(),
            sent=SentParts(_redacted(request.headers.items()), body),
            ended=self.ended.isoformat(timespec="milliseconds"),
            status=response.status if response else None,
            headers=_redacted(response.fields) if response else (),
            body=response.shown() if response else "",
            seconds=round(response.seconds, 4) if response else None,
            error=self.error,
        )


def _redacted(fields: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, redact_header(name, value)) for name, value in fields)
