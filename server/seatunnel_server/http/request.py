"""Queries, content types and bodies, read as the engine does, with the engine's errors.

The charset of a body is that of the content type, or else UTF-8 for JSON and ISO-8859-1 for other types. Bytes that
can't be decoded are replaced, line breaks removed, and data after the first JSON value ignored. Recorded in
`submit-job/charset-*`, `line-break-in-string`, `trailing-rubbish`, `nan-literal`, `duplicate-keys`, `bom`,
`blank-body`.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from itertools import accumulate
from typing import Any, Final, NoReturn, Self
from urllib.parse import unquote_to_bytes

from seatunnel_server.engine.errors import EngineFailure, IllegalArgument

_UTF8 = codecs.getincrementaldecoder("utf-8")
BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


class BrokenQuery(EngineFailure):
    """The query has an invalid escape, or bytes that are not UTF-8; the engine fails with a 500."""

    java_class = "org.apache.seatunnel.shade.org.eclipse.jetty.http.BadMessageException"

    template = "400: Unable to parse URI query"


class QueryParameters:
    """The query parameters of a request: names are case-sensitive, the value of a name without `=` is empty."""

    __slots__ = ("_pairs",)

    def __init__(self, raw: bytes) -> None:
        """Parse a raw query string. Raises `BrokenQuery`."""
        self._pairs = tuple(_pairs(raw)) if raw else ()

    def last(self, name: str) -> str | None:
        """Return the last value of a name; None if it is missing."""
        return next((value for key, value in reversed(self._pairs) if key == name), None)

    def first(self, name: str) -> str | None:
        """Return the first value of a name; None if it is missing."""
        return next((value for key, value in self._pairs if key == name), None)

    def all(self) -> dict[str, str]:
        """Return every name with its last value."""
        return dict(self._pairs)


def _pairs(raw: bytes) -> Iterator[tuple[str, str]]:
    if b"%" in raw and BROKEN_ESCAPE.search(raw):
        raise BrokenQuery
    for part in raw.split(b"&"):
        if part:
            name, _, value = part.partition(b"=")
            yield _text(name), _text(value)


def _text(raw: bytes) -> str:
    """Return the text of a name or value; an incomplete character at its end is replaced. Raises `BrokenQuery`."""
    decoder = _UTF8()
    try:
        text = decoder.decode(unquote_to_bytes(raw.replace(b"+", b" ")))
    except UnicodeDecodeError:
        raise BrokenQuery from None
    return f"{text}\ufffd" if decoder.getstate()[0] else text


DEPTH_LIMIT: Final = 250
"""The deepest nesting of a body. Engines accept 201 levels, as recorded."""

VALUE_LIMIT: Final = 100_000
"""The most values of a body, counted by commas and opening brackets: parsing more would block other requests."""
BODY_LIMIT: Final = 2**23
"""The most bytes of a request body, by default."""
TEXT_LIMIT: Final = 2**20
"""The most characters of a configuration in HOCON or SQL."""
_DIGIT_LIMIT: Final = 1000
_CHARSETS: Final = re.compile(r"utf-(8|16|32)(-[lb]e)?|ascii|iso8859-\d+|cp\d+|koi8-[ru]|gb\w+|big5|euc_\w+|shift_jis")
_STRINGS: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_NO_BRACKETS: Final = re.compile(r"[^\[\]{}]+")
_STEPS: Final = tuple((byte in b"[{") - (byte in b"]}") for byte in range(128))


class EmptyBody(IllegalArgument):
    """The body is empty, or has only line breaks."""

    template = "Request body is empty."


class InvalidJson(IllegalArgument):
    """The body is not valid JSON."""

    template = "Invalid JSON format in request body."


class TooManyValues(IllegalArgument):
    """The body is JSON with more values than this server parses."""

    template = f"The request body has more than {VALUE_LIMIT:,} values."


class TextTooLong(IllegalArgument):
    """A configuration in HOCON or SQL is longer than this server parses."""

    template = f"The configuration has more than {TEXT_LIMIT:,} characters."


class UnknownCharset(EngineFailure):
    """The content type names an unknown charset; the engine fails with a 500."""


class NothingThere(EngineFailure):
    """The body is `null` or blank, but an object is needed; the engine fails with a 500."""

    template = "objectMap is marked non-null but is null"


class NotAnObject(IllegalArgument):
    """The body is JSON, but not an object."""

    def __init__(self, value: object) -> None:
        kind = {list: "an array", str: "a string", bool: "a boolean"}.get(type(value), "a number")
        super().__init__(f"The request body must be a JSON object and is {kind}.")


class Missing(Enum):
    """The value of a blank body."""

    MISSING = "missing"

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing.MISSING


@dataclass(frozen=True, slots=True)
class MediaType:
    """A parsed content type; name and charset are in lower case. All are empty if the header is missing."""

    name: str = ""
    charset: str = ""
    boundary: str = ""
    """The separator of the parts of a form, as it was sent."""
    header: str = field(default="", compare=False)
    """The header as it was sent."""

    @classmethod
    def of(cls, headers: Iterable[tuple[bytes, bytes]]) -> Self:
        """Parse the first `Content-Type` of ASGI headers, whose names may have any letter case."""
        for name, value in headers:
            if name.lower() == b"content-type":
                return cls.parse(value.decode("latin-1"))
        return cls()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the value of a `Content-Type` header."""
        name, *parameters = (part.strip() for part in text.split(";"))
        named = {key.lower(): value.strip("\"' ") for key, _, value in (part.partition("=") for part in parameters)}
        return cls(name.lower(), named.get("charset", "").lower(), named.get("boundary", ""), text)

    @property
    def is_form(self) -> bool:
        """Whether the content type is that of a URL-encoded form."""
        return self.name == "application/x-www-form-urlencoded"

    def codec(self) -> str:
        """Return the codec with which the engine decodes the body. Raises `UnknownCharset`."""
        if not self.charset:
            is_json = self.name == "application/json" or self.name.endswith(("+json", "/json"))
            return "utf-8" if is_json else "iso-8859-1"
        try:
            found = codecs.lookup(self.charset).name
        except (LookupError, ValueError):
            raise UnknownCharset(self.charset) from None
        # Python knows codecs that are not charsets: `punycode`, `unicode_escape`, `idna`.
        if not _CHARSETS.fullmatch(found):
            raise UnknownCharset(self.charset)
        return found


NO_MEDIA_TYPE: Final = MediaType()
"""The content type of a request or response without the header."""


@dataclass(frozen=True, slots=True)
class RequestBody:
    """A request body: its first JSON value, or `MISSING` if it is blank."""

    document: Any = field(repr=False)

    @classmethod
    def read(cls, content: bytes, media_type: MediaType) -> Self:
        """Parse the bytes of a body. Raises `EmptyBody`, `InvalidJson`, `TooManyValues` and `UnknownCharset`."""
        text = content.decode(media_type.codec(), "replace").translate({10: None, 13: None}).removeprefix("\ufeff")
        if not text:
            raise EmptyBody
        if not text.strip(" \t"):
            return cls(MISSING)
        return cls(_first_value(text.lstrip(" \t")))

    @property
    def is_blank(self) -> bool:
        """Whether the body has only blanks."""
        return self.document is MISSING

    def mapping(self) -> dict[str, Any]:
        """Return the JSON object. Raises `NothingThere` and `NotAnObject`."""
        if self.document is None or self.is_blank:
            raise NothingThere
        if not isinstance(self.document, dict):
            raise NotAnObject(self.document)
        return self.document


def _first_value(text: str) -> Any:
    if sum(map(text.count, ",[{")) > VALUE_LIMIT:
        raise TooManyValues
    if _too_deep(text):
        raise InvalidJson
    try:
        value, _ = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        raise InvalidJson from None
    return _without_lone_surrogates(value) if "\\u" in text else value


def _too_deep(text: str) -> bool:
    """Return whether a text nests brackets deeper than `DEPTH_LIMIT`, in one pass of functions in C."""
    if text.count("[") + text.count("{") <= DEPTH_LIMIT:
        return False
    brackets = _NO_BRACKETS.sub("", _STRINGS.sub("", text)).encode()
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > DEPTH_LIMIT


def _without_lone_surrogates(value: Any) -> Any:
    """Return a value with question marks for lone surrogates, which UTF-8 can't encode, as Java writes them."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.loads(text.encode("utf-8", "replace"))
    return value


def _integer(digits: str) -> int:
    if len(digits) > _DIGIT_LIMIT:
        raise InvalidJson
    return int(digits)


def _constant(_name: str) -> NoReturn:
    """Raise `InvalidJson` for `NaN` and infinities, which Python accepts in JSON."""
    raise InvalidJson


_DECODER: Final = json.JSONDecoder(parse_int=_integer, parse_constant=_constant)
