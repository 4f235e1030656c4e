"""Redaction of secrets, before anything is printed or stored.

The engine echoes job configurations, and a target can echo requests, so that a secret can come back. The functions
redact by name: values of credential headers, user information in addresses, and JSON members with password-like names.
A `Redactor` redacts the secrets of the run itself wherever they occur.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Self, TypeAlias
from urllib.parse import quote, quote_plus

from seatunnel_conformance.text.visible import map_texts

HIDDEN = "[hidden]"

_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"})
_NAMES = r"[\w.-]*(?:password|passwd|secret|token|api[_-]?key|access[_-]?key|credential)[\w.-]*"
_MEMBER = re.compile(rf'("({_NAMES})"\s*:\s*)"(?:[^"\\]|\\.)*(?:"|\Z)', re.IGNORECASE)
_PARAMETER = re.compile(rf"(?<=[?&])({_NAMES}=)[^&#\s]*", re.IGNORECASE)
_NAME = re.compile(_NAMES, re.IGNORECASE)
# A password may hold an at sign, if only by mistake.
_USER = re.compile(r'(?<=://)[^/?#\s"<>]+@')

_SHORTEST: Final = 4
"""Characters of a secret below which it stands in too many words to be looked for."""

_PIECE: Final = 8
"""Characters of a secret that tell it where a text was cut off in the middle of it."""

_CUT: Final = re.compile(r"['\"]?(?:\.\.\.|…)['\"]?|\A['\"]?|['\"]?\Z")
"""Where a text was cut off: at a mark, or at its own beginning or end, where a longer piece has to tell."""


def redact_header(name: str, value: str) -> str:
    """Return the value of a header field as it may be shown."""
    return HIDDEN if name.lower() in _HEADERS else redact_url(value)


def redact_url(url: str) -> str:
    """Return an address without user information and without the values of password-like parameters."""
    return _PARAMETER.sub(rf"\1{HIDDEN}", _USER.sub("", url))


def redact_address(text: str) -> str:
    """Return an address as somebody has typed it, with a scheme or without, as it may be shown."""
    return redact_url(text) if "://" in text else redact_url(f"x://{text}").removeprefix("x://")


def redact_text(text: str, sent: AbstractSet[str] = frozenset()) -> str:
    """Return a text (JSON or not) without the values of password-like members, and without user information.

    `sent` are the names of members that stay, because the suite has sent them itself. The text may have been cut: a
    value that does not end is hidden up to the end.
    """
    return _MEMBER.sub(lambda found: found[0] if found[2] in sent else f'{found[1]}"{HIDDEN}"', redact_url(text))


def secret_names(text: str) -> frozenset[str]:
    """Return the names of the password-like members in a text of JSON."""
    return frozenset(found[2] for found in _MEMBER.finditer(text))


def redact_values(value: Any, name: str = "") -> Any:
    """Return plain data, which is the value of the member `name`, without the values of password-like members."""
    match value:
        case str():
            return HIDDEN if _NAME.fullmatch(name) else redact_text(value)
        case Mapping():
            return {redact_text(str(key)): redact_values(inner, str(key)) for key, inner in value.items()}
        case list() | tuple():
            return [redact_values(inner, name) for inner in value]
    return value


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


_Pieces: TypeAlias = Mapping[str, list[tuple[str, int]]]
"""Forms of secrets with the size of a piece of them, by a few letters of that piece."""


@dataclass(frozen=True)
class Redactor:
    """Redacts known secrets in texts: plain, in the encodings in which a target can return them, or cut off."""

    secrets: frozenset[Secret] = frozenset()

    @classmethod
    def of(cls, secrets: Iterable[str]) -> Self:
        """Return a redactor. Secrets of less than four characters are ignored: they occur in other text."""
        return cls(frozenset(Secret(secret) for secret in secrets if len(secret) >= _SHORTEST))

    @cached_property
    def _whole(self) -> re.Pattern[str]:
        forms = {form.lower() for secret in self.secrets for form in _forms(secret.value)}
        return re.compile("|".join(map(_escaped, sorted(forms, key=len, reverse=True))), re.IGNORECASE)

    @cached_property
    def _pieces(self) -> tuple[_Pieces, _Pieces]:
        """Return where the beginnings of all forms end, by their last letters, and the ends begin, by their first."""
        heads, tails = defaultdict[str, list[tuple[str, int]]](list), defaultdict[str, list[tuple[str, int]]](list)
        for form in {_lowered(form) for secret in self.secrets for form in _forms(secret.value) if len(form) > _PIECE}:
            for at in range(_SHORTEST, len(form)):
                heads[form[at - _SHORTEST : at]].append((form, at))
                tails[form[-at:][:_SHORTEST]].append((form, at))
        return heads, tails

    def text(self, text: str) -> str:
        """Return a text without the secrets."""
        return self._without_pieces(self._whole.sub(HIDDEN, text)) if self.secrets else text

    def _without_pieces(self, text: str) -> str:
        """Redact the rest of a secret wherever the text is cut off within it."""
        lowered, kept, at = _lowered(text), list[str](), 0
        for cut in _CUT.finditer(lowered):
            before, after = self._piece_before(lowered, cut), self._piece_after(lowered, cut)
            if max(at, cut.start() - before) < cut.start():
                kept += [text[at : cut.start() - before], HIDDEN]
                at = cut.start()
            if after:
                kept += [text[at : cut.end()], HIDDEN]
                at = cut.end() + after
        return "".join([*kept, text[at:]])

    def _piece_before(self, text: str, cut: re.Match[str]) -> int:
        """Return how many letters before a cut belong to the beginning of a secret."""
        at, least = cut.start(), _SHORTEST if _is_marked(cut) else _PIECE
        found = self._pieces[0].get(text[max(0, at - _SHORTEST) : at], ())
        sizes = (size for form, size in found if least <= size <= at and text.startswith(form[:size], at - size))
        return max(sizes, default=0)

    def _piece_after(self, text: str, cut: re.Match[str]) -> int:
        """Return how many letters after a cut belong to the end of a secret."""
        at, least = cut.end(), _SHORTEST if _is_marked(cut) else _PIECE
        found = self._pieces[1].get(text[at : at + _SHORTEST], ())
        return max((size for form, size in found if size >= least and text.startswith(form[-size:], at)), default=0)

    def __or__(self, other: Redactor) -> Redactor:
        """Return a redactor for the secrets of both."""
        return Redactor(self.secrets | other.secrets)

    def json(self, value: Any) -> Any:
        """Return JSON data without the secrets, in names of members, too."""
        match value:
            case Mapping():
                return {self.text(name): self.json(inner) for name, inner in value.items()}
            case list():
                return [self.json(inner) for inner in value]
        return self.plain(value)

    def plain(self, value: Any) -> Any:
        """Return plain data (JSON, or tuples) without the secrets in its texts; names of members stay."""
        return map_texts(value, self.text)


def _escaped(form: str) -> str:
    """Return the pattern of a text that may have been quoted any number of times: JSON within JSON, within Python.

    It looks at no backslash twice, however many of them a target sends.
    """
    parts = re.split(r"(\\+)", form)
    first, *others = [r"\\++" if part.startswith("\\") else letters for part in parts if (letters := _letters(part))]
    return "".join([rf"(?<!\\){first}" if first.startswith(r"\\++") else first, *others])


def _letters(part: str) -> str:
    return r"\\*+".join(map(re.escape, part))


def _forms(secret: str) -> Iterator[str]:
    raw = secret.encode()
    # Letters beyond ASCII are escaped as others when their case has been changed.
    for text in {secret, secret.upper(), secret.lower()}:
        yield text
        yield from (quote(text), quote(text, safe=""), quote_plus(text))
        yield from (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], repr(text)[1:-1])
        yield html.escape(text)
        # Header fields are read so, whatever they were sent as.
        yield text.encode().decode("latin-1")
    yield from (form(raw).decode().rstrip("=") for form in (base64.b64encode, base64.urlsafe_b64encode))
    if len(raw) > _PIECE:
        # The parts of an encoded secret that are the same whatever is encoded before and after it.
        for before in range(3):
            whole = base64.b64encode(bytes(before) + raw).decode().rstrip("=")
            mixed = (before + len(raw)) % 3 > 0
            yield whole[-(-before * 8 // 6) : len(whole) - mixed]


def _is_marked(cut: re.Match[str]) -> bool:
    return "..." in cut[0] or "…" in cut[0]


def _lowered(text: str) -> str:
    """Return a text in lower case, letter for letter."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else "".join(map(_lowered_letter, text))


def _lowered_letter(letter: str) -> str:
    lowered = letter.lower()
    return lowered if len(lowered) == 1 else letter
