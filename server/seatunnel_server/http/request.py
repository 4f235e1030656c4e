"""Queries, content types and bodies, read as the engine does, each refused in the engine's words.

A body is read forgivingly as to bytes, strictly as to JSON: the charset is the content type's, else UTF-8 for JSON and
ISO-8859-1 for everything else; bytes that don't fit are replaced, line breaks dropped, and only the first JSON value
counts. Recorded in `submit-job/charset-*`, `line-break-in-string`, `trailing-rubbish`, `nan-literal`,
`duplicate-keys`, `bom`, `blank-body`.
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
    """The query has an invalid escape, or bytes that are not UTF-8, which the engine does not handle."""

    java_class = "org.apache.seatunnel.shade.org.eclipse.jetty.http.BadMessageException"

    template = "400: Unable to parse URI query"


class QueryParameters:
    """The parameters of one request: names are case-sensitive, a name without `=` has the empty text."""

    __slots__ = ("_pairs",)

    def __init__(self, raw: bytes) -> None:
        """Read a raw query string. Raises `BrokenQuery`."""
        self._pairs = tuple(_pairs(raw)) if raw else ()

    def last(self, name: str) -> str | None:
        """Return the last value of a name, None when it isn't there."""
        return next((value for key, value in reversed(self._pairs) if key == name), None)

    def first(self, name: str) -> str | None:
        """Return the first value of a name, None when it isn't there."""
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
    """Return the text of a name or value; a character that is cut off at its end is replaced, which breaks nothing."""
    decoder = _UTF8()
    try:
        text = decoder.decode(unquote_to_bytes(raw.replace(b"+", b" ")))
    except UnicodeDecodeError:
        raise BrokenQuery from None
    return f"{text}\ufffd" if decoder.getstate()[0] else text


DEPTH_LIMIT: Final = 250
"""Deepest nesting that is read; the recorded 201 levels pass."""

VALUE_LIMIT: Final = 100_000
"""Most commas and opening brackets of a body, and so nearly its values: what C reads in one go, everybody waits for."""
BODY_LIMIT: Final = 2**23
"""Most bytes of a request body, unless the settings say another number."""
TEXT_LIMIT: Final = 2**20
"""Most characters of a configuration in HOCON or SQL."""
_DIGIT_LIMIT: Final = 1000
_CHARSETS: Final = re.compile(r"utf-(8|16|32)(-[lb]e)?|ascii|iso8859-\d+|cp\d+|koi8-[ru]|gb\w+|big5|euc_\w+|shift_jis")
_STRINGS: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_NO_BRACKETS: Final = re.compile(r"[^\[\]{}]+")
_STEPS: Final = tuple((byte in b"[{") - (byte in b"]}") for byte in range(128))


class EmptyBody(IllegalArgument):
    """There is no body, or only line breaks."""

    template = "Request body is empty."


class InvalidJson(IllegalArgument):
    """The body is not valid JSON."""

    template = "Invalid JSON format in request body."


class TooManyValues(IllegalArgument):
    """The body is JSON of too many values to be read while others wait."""

    template = f"The request body has more than {VALUE_LIMIT:,} values."


class TextTooLong(IllegalArgument):
    """A configuration in HOCON or SQL is longer than any that a person wrote."""

    template = f"The configuration has more than {TEXT_LIMIT:,} characters."


class UnknownCharset(EngineFailure):
    """The content type names a charset that doesn't exist; the engine is not prepared for that."""


class NothingThere(EngineFailure):
    """The body is `null` or blank where an object is needed; the engine is not prepared for that."""

    template = "objectMap is marked non-null but is null"


class NotAnObject(IllegalArgument):
    """The body is JSON, but no object."""

    def __init__(self, value: object) -> None:
        kind = {list: "an array", str: "a string", bool: "a boolean"}.get(type(value), "a number")
        super().__init__(f"The request body must be a JSON object and is {kind}.")


class Missing(Enum):
    """The value of a blank body: none at all."""

    MISSING = "missing"

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing.MISSING


@dataclass(frozen=True, slots=True)
class MediaType:
    """A parsed content type, in lower case; all parts are empty if the header is missing."""

    name: str = ""
    charset: str = ""
    boundary: str = ""
    """The separator of the parts of a form, in its own letter case."""
    header: str = field(default="", compare=False)
    """The header as it was sent."""

    @classmethod
    def of(cls, headers: Iterable[tuple[bytes, bytes]]) -> Self:
        """Read the first `Content-Type` of ASGI headers; names in any letter case, parameters with any blanks."""
        for name, value in headers:
            if name.lower() == b"content-type":
                return cls.parse(value.decode("latin-1"))
        return cls()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the value of a `Content-Type` header."""
        name, *parameters = (part.strip() for part in text.split(";"))
        named = {key.lower(): value.strip("\"' ") for key, _, value in (part.partition("=") for part in parameters)}
        return cls(name.lower(), named.get("charset", "").lower(), named.get("boundary", ""), text)

    @property
    def is_form(self) -> bool:
        """Whether the body is a submitted form."""
        return self.name == "application/x-www-form-urlencoded"

    def codec(self) -> str:
        """Return the codec that the engine decodes the body with. Raises `UnknownCharset`."""
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
"""That of a request or response without the header."""


@dataclass(frozen=True, slots=True)
class RequestBody:
    """A request body: the JSON value that it holds, or `MISSING` when it is blank."""

    document: Any = field(repr=False)

    @classmethod
    def read(cls, content: bytes, media_type: MediaType) -> Self:
        """Read the bytes of a body. Raises `EmptyBody`, `InvalidJson`, `TooManyValues` or `UnknownCharset`."""
        text = content.decode(media_type.codec(), "replace").translate({10: None, 13: None}).removeprefix("\ufeff")
        if not text:
            raise EmptyBody
        if not text.strip(" \t"):
            return cls(MISSING)
        return cls(_first_value(text.lstrip(" \t")))

    @property
    def is_blank(self) -> bool:
        """Whether the body holds nothing but blanks."""
        return self.document is MISSING

    def mapping(self) -> dict[str, Any]:
        """Return the JSON object. Raises `NothingThere` or `NotAnObject`."""
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
    """Tell whether a text nests brackets deeper than is read; one pass, and all of it in C."""
    if text.count("[") + text.count("{") <= DEPTH_LIMIT:
        return False
    brackets = _NO_BRACKETS.sub("", _STRINGS.sub("", text)).encode()
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > DEPTH_LIMIT


def _without_lone_surrogates(value: Any) -> Any:
    """Replace what UTF-8 can't hold by question marks, as Java does when it writes."""
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
    """Refuse `NaN` and the infinities, which Python would take for JSON."""
    raise InvalidJson


_DECODER: Final = json.JSONDecoder(parse_int=_integer, parse_constant=_constant)
