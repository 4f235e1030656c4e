"""Secrets leave no trace: what is hidden before anything is shown or stored.

The engine echoes job configurations, and a target may echo what it was sent, so a secret can also come back. By name
are hidden the values of credential headers, user information in addresses, and members with password-like names in
JSON texts; a `Veil` hides the secrets of the run itself wherever they stand.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Self
from urllib.parse import quote, quote_plus

HIDDEN = "[hidden]"

_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"})
_NAMES = r"[\w.-]*(?:password|passwd|secret|token|api[_-]?key|access[_-]?key|credential)[\w.-]*"
_MEMBER = re.compile(rf'("{_NAMES}"\s*:\s*)"(?:[^"\\]|\\.)*(?:"|\Z)', re.IGNORECASE)
_PARAMETER = re.compile(rf"(?<=[?&])({_NAMES}=)[^&#\s]*", re.IGNORECASE)
_USER = re.compile(r"(?<=://)[^/@\s]+@")

_SHORTEST: Final = 4
"""Characters of a secret below which it stands in too many words to be looked for."""

_PIECE: Final = 8
"""Characters of a secret that tell it where a text was cut off in the middle of it."""

_CUT: Final = re.compile(r"['\"]?(?:\.\.\.|…|\Z)")
"""What stands where a text was cut off."""


def redact_header(name: str, value: str) -> str:
    """Return the value of a header field as it may be shown."""
    return HIDDEN if name.lower() in _HEADERS else redact_url(value)


def redact_url(url: str) -> str:
    """Return an address without user information and without the values of password-like parameters."""
    return _PARAMETER.sub(rf"\1{HIDDEN}", _USER.sub("", url))


def redact_text(text: str) -> str:
    """Return a text (JSON or not) without the values of password-like members, and without user information.

    The text may have been cut: a value that does not end is hidden up to the end.
    """
    return _MEMBER.sub(rf'\1"{HIDDEN}"', redact_url(text))


@dataclass(frozen=True, slots=True)
class Secret:
    """A text that is shown nowhere, neither by `repr` nor among the variables of a traceback."""

    value: str = field(default="", repr=False)

    def __repr__(self) -> str:
        return HIDDEN if self.value else "no secret"

    def __str__(self) -> str:
        return repr(self)

    def __bool__(self) -> bool:
        return bool(self.value)


@dataclass(frozen=True)
class Veil:
    """Hides known secrets in texts: as they are, encoded in the ways in which they can come back, or cut off."""

    secrets: frozenset[Secret] = frozenset()

    @classmethod
    def over(cls, secrets: Iterable[str]) -> Self:
        """Return the veil for some secrets; those of less than four characters can't be told from other text."""
        return cls(frozenset(Secret(secret) for secret in secrets if len(secret) >= _SHORTEST))

    @cached_property
    def _whole(self) -> re.Pattern[str]:
        forms = {form for secret in self.secrets for form in _forms(secret.value)}
        return re.compile("|".join(map(_escaped, sorted(forms, key=len, reverse=True))), re.IGNORECASE)

    @cached_property
    def _long(self) -> frozenset[str]:
        return frozenset(form for secret in self.secrets for form in _forms(secret.value) if len(form) > _PIECE)

    def text(self, text: str) -> str:
        """Return a text without the secrets."""
        if not self.secrets:
            return text
        text = self._whole.sub(HIDDEN, text)
        for form in self._long:
            text = _without_head(text, form, HIDDEN)
            text = _without_head(text[::-1], form[::-1], HIDDEN[::-1])[::-1]
        return text

    def plain(self, value: Any) -> Any:
        """Return plain data (of JSON, or a tuple) without the secrets in any of its texts."""
        match value:
            case str():
                return self.text(value)
            case Mapping():
                return {name: self.plain(inner) for name, inner in value.items()}
            case list() | tuple():
                return type(value)(self.plain(inner) for inner in value)
        return value


def _escaped(form: str) -> str:
    """Return the pattern of a text that may have been quoted any number of times: JSON within JSON, within Python."""
    return "".join(r"\\+" if letter == "\\" else r"\\*" + re.escape(letter) for letter in form)


def _forms(secret: str) -> Iterator[str]:
    raw = secret.encode()
    yield secret
    yield from (quote(secret), quote(secret, safe=""), quote_plus(secret))
    yield from (form(raw).decode().rstrip("=") for form in (base64.b64encode, base64.urlsafe_b64encode))
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1])
    yield html.escape(secret)


def _without_head(text: str, secret: str, hidden: str) -> str:
    """Hide the beginning of a secret wherever the text is cut off behind it."""
    at = text.find(secret[:_PIECE])
    while at >= 0:
        end = at + _common(text[at : at + len(secret)], secret)
        if _CUT.match(text, end):
            text = text[:at] + hidden + text[end:]
        at = text.find(secret[:_PIECE], at + 1)
    return text


def _common(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their beginning."""
    return next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), len(one))
