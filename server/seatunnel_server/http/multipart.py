"""Parses multipart forms as the engine's servlet container does (`submit-job-upload/*`)."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Self

from seatunnel_server.engine.errors import EngineFailure
from seatunnel_server.http.request import MediaType

_FORM: Final = "multipart/form-data"
_HEAD: Final = re.compile(rb"\r?\n\r?\n|\A\r?\n")
_DISPOSITION: Final = re.compile(r"(?im)^content-disposition[ \t]*:[ \t]*([\w-]*)(.*)$")
_PARAMETER: Final = re.compile(r""";[ \t]*([\w*]+)[ \t]*=[ \t]*((["'])(?:(?!\3)[^\\]|\\.)*+\3?|[^;\r\n]*)""")
_BASE64: Final = re.compile(r"(?im)^content-transfer-encoding[ \t]*:[ \t]*base64[ \t\r]*$")
_NOT_BEGUN: Final = "Missing initial multi part boundary"
_ESCAPED: Final = re.compile(r"\\(.)")


class NotMultipart(EngineFailure):
    """The body is not a multipart form (`not-multipart`, `form-not-multipart`, `no-body`)."""

    template = "Unsupported Content-Type [{}], expected [multipart/form-data]"


class BrokenForm(EngineFailure):
    """The form has no boundary, or is incomplete."""


@dataclass(frozen=True, slots=True)
class Part:
    """A field of a form; `file_name` is None if it has none."""

    name: str
    file_name: str | None
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Form:
    """The parts of a form in their order."""

    parts: tuple[Part, ...]

    @classmethod
    def read(cls, content: bytes, media_type: MediaType) -> Self:
        """Parse a body. Raises `NotMultipart` and `BrokenForm`.

        With a content type in capitals, such as `Multipart/Form-Data`, the form has no parts (Jetty's
        `MultiPartFormInputStream`, read).
        """
        if media_type.name != _FORM:
            raise NotMultipart(media_type.header or "null")
        if media_type.header.partition(";")[0].strip() != _FORM:
            return cls(())
        if not media_type.boundary:
            raise BrokenForm(_NOT_BEGUN)
        return cls(tuple(_parts(content, media_type.boundary.encode("latin-1", "replace"))))

    def part(self, name: str) -> Part | None:
        """Return the first part with a name."""
        return next((part for part in self.parts if part.name == name), None)

    def text(self, name: str) -> str | None:
        """Return the text of the last part with a name that is not a file; None if there is none."""
        found = [part.content for part in self.parts if part.name == name and part.file_name is None]
        return found[-1].decode("utf-8", "replace") if found else None


def _parts(content: bytes, boundary: bytes) -> Iterator[Part]:
    border = re.compile(rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    begin = None
    for found in border.finditer(content):
        if begin is not None:
            part = _part(content[begin : found.start()])
            if part is not None:
                yield part
        if found[1]:
            return
        begin = found.end()
    raise BrokenForm(_NOT_BEGUN if begin is None else "Incomplete parts")


def _part(raw: bytes) -> Part | None:
    """Parse a part, which begins with the line end after its boundary; return None for a part without a name."""
    inner = raw.partition(b"\n")[2]
    blank = _HEAD.search(inner)
    if blank is None:
        raise BrokenForm("A part has no end of its headers")
    head, content = inner[: blank.start()], inner[blank.end() :]
    headers = head.decode("utf-8", "replace")
    disposition = _DISPOSITION.search(headers)
    if disposition is None:
        raise BrokenForm("Missing content-disposition")
    named = {name.lower(): _unquoted(value) for name, value, _ in _PARAMETER.findall(disposition[2])}
    if disposition[1].lower() != "form-data" or "name" not in named:
        return None
    return Part(named["name"], named.get("filename"), _from_base64(content) if _BASE64.search(headers) else content)


def _from_base64(content: bytes) -> bytes:
    """Decode a Base64 part line by line, and join the decoded lines with CRLF."""
    try:
        return b"\r\n".join(binascii.a2b_base64(line, strict_mode=True) for line in content.splitlines())
    except binascii.Error:
        raise BrokenForm("java.lang.IllegalArgumentException: Illegal base64 character") from None


def _unquoted(value: str) -> str:
    value = value.strip()
    return _ESCAPED.sub(r"\1", value[1:].removesuffix(value[0])) if value[:1] in {'"', "'"} else value
