"""Redaction of secrets, before anything is printed or stored.

Secrets can come back, because the engine echoes job configurations, and a target can echo requests. The functions
redact by name: values of credential headers, user information in addresses, and JSON members with password-like names.
A `Redactor` redacts the secrets of the run itself wherever they occur.
"""

from __future__ import annotations

import base64
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, pairwise, takewhile
from typing import Any, Final, Self, TypeAlias

from seatunnel_conformance.text.decoding import View, layers, views
from seatunnel_conformance.text.visible import map_texts

HIDDEN = "[hidden]"

_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"})
_SECRET_NAME = re.compile(r"password|passwd|secret|token|api[_-]?key|access[_-]?key|credential", re.IGNORECASE)
_WORD = re.compile(r"[\w.-]+")
_MEMBER = (re.compile(r'"([\w.-]++)"\s*+:\s*+"'), re.compile(r'(?:[^"\\]++|\\.)*+\\?', re.DOTALL))
_PARAMETER = (re.compile(r"[?&]([\w.-]++)="), re.compile(r'[^&#\s"]*+'))
"""Pairs of patterns: the text before a value, which contains its name, and the value, which can be empty."""

# A password may hold an at sign, if only by mistake.
_USER = re.compile(r'(?<=://)[^/?#\s"<>]+@')

_SHORTEST: Final = 4
"""Minimum length of a secret; a shorter one occurs in too many other words to be redacted."""

_PIECE: Final = 8
"""Minimum length of a part of a secret that is redacted although no mark such as `…` shows that it was cut off."""

_MARK: Final = re.compile(r"\.\.\.|…")
_QUOTES: Final = ("'", '"')
_BEGUN: Final = re.compile(r"[%&\\][#{a-z0-9]*")
_ENDED: Final = re.compile(r"[;}][#{a-z0-9]*|[0-9a-f]{1,4}u?")
"""Patterns of what is left of an escape that was cut off: of its beginning, and of its reversed end."""

_LONGEST_REST: Final = 10


def redact_header(name: str, value: str) -> str:
    """Return the value of a header field, redacted if it is a credential or an address with one."""
    return HIDDEN if name.lower() in _HEADERS else redact_url(value)


def redact_url(url: str) -> str:
    """Return an address without user information and without the values of password-like parameters."""
    return _without(url, _by_name(url, _in_url))


def redact_address(text: str) -> str:
    """Return an address with or without a scheme, redacted like `redact_url`."""
    return redact_url(text) if "://" in text else redact_url(f"x://{text}").removeprefix("x://")


def redact_text(text: str, sent: AbstractSet[str] = frozenset()) -> str:
    """Return a text (JSON or not) without the values of password-like members, and without user information.

    `sent` are the names of members that stay, because the suite has sent them itself. A value without a closing quote,
    as in a cut text, is hidden up to the end. Names and values may be escaped, as in nested JSON.
    """
    return _without(text, _by_name(text, lambda layer: chain(_in_url(layer), _in_members(layer, sent))))


def secret_names(text: str) -> frozenset[str]:
    """Return the names of the password-like members in a text of JSON."""
    return frozenset(name for layer in layers(text) for name, _, _ in _secrets(layer.text, *_MEMBER))


def _secrets(text: str, before: re.Pattern[str], value: re.Pattern[str]) -> Iterator[tuple[str, int, int]]:
    """Yield name, start and end of the values with password-like names."""
    end = 0
    for found in before.finditer(text):
        if found.end() >= end and _SECRET_NAME.search(found[1]) and (rest := value.match(text, found.end())):
            end = rest.end()
            yield found[1], rest.start(), end


_Parts: TypeAlias = Iterator[tuple[int, int, str]]
"""Parts of a text: start, end, and what replaces them."""


def _in_url(text: str) -> _Parts:
    yield from ((*found.span(), "") for found in _USER.finditer(text))
    yield from ((start, end, HIDDEN) for _, start, end in _secrets(text, *_PARAMETER))


def _in_members(text: str, sent: AbstractSet[str]) -> _Parts:
    return ((start, end, HIDDEN) for name, start, end in _secrets(text, *_MEMBER) if name not in sent)


def _by_name(text: str, find: Callable[[str], _Parts]) -> _Parts:
    for layer in layers(text):
        yield from ((*layer.locate(*part), instead) for *part, instead in find(layer.text) if part[0] < part[1])


def redact_values(value: Any, name: str = "") -> Any:
    """Return plain data without the values of password-like members. `name` is the member that has the data."""
    match value:
        case str():
            return HIDDEN if _WORD.fullmatch(name) and _SECRET_NAME.search(name) else redact_text(value)
        case Mapping():
            return {redact_text(str(key)): redact_values(inner, str(key)) for key, inner in value.items()}
        case list() | tuple():
            return [redact_values(inner, name) for inner in value]
    return value


@dataclass(frozen=True, slots=True)
class Secret:
    """A text that `repr` and `str` hide, so that no message or traceback contains it."""

    value: str = field(default="", repr=False)

    def __repr__(self) -> str:
        return HIDDEN if self.value else "no secret"

    def __str__(self) -> str:
        return repr(self)

    def __bool__(self) -> bool:
        return bool(self.value)


_Pieces: TypeAlias = Mapping[str, list[tuple[int, str]]]
"""All beginnings of secrets as (length, secret), shortest first, by the last four characters of the beginning."""


@dataclass(frozen=True)
class Redactor:
    """Redacts known secrets, and parts of cut secrets, in texts: in any encoding (`views`) and letter case."""

    secrets: frozenset[Secret] = frozenset()

    @classmethod
    def of(cls, secrets: Iterable[str]) -> Self:
        """Return a redactor. Secrets shorter than four characters are ignored: they occur in other text."""
        return cls(frozenset(Secret(secret) for secret in secrets if len(secret) >= _SHORTEST))

    @cached_property
    def _forms(self) -> frozenset[str]:
        return frozenset(form for secret in self.secrets for form in _forms(secret.value) if len(form) >= _SHORTEST)

    @cached_property
    def _lowered(self) -> frozenset[str]:
        return frozenset(map(_lowered, self._forms))

    @cached_property
    def _heads(self) -> _Pieces:
        return _beginnings(self._lowered)

    @cached_property
    def _tails(self) -> _Pieces:
        return _beginnings(form[::-1] for form in self._lowered)

    def text(self, text: str) -> str:
        """Return a text without the secrets. The time is proportional to the length, whatever the text contains."""
        if not self.secrets or len(text) < _SHORTEST:
            return text
        return _without(text, ((*view.locate(*part), HIDDEN) for view in views(text) for part in self._parts(view)))

    def _parts(self, view: View) -> Iterator[tuple[int, int]]:
        """Yield the start and end of each secret in a view, and of each part of a secret that was cut off."""
        if view.binary:
            # Short texts occur in decoded words by chance, and more often if the case does not matter.
            text = view.text.replace("+", " ")
            found = [form for form in self._forms if form[:_PIECE] in text or form[-_PIECE:] in text]
            return (part for form in found for part in _in_binary(text, form))
        text = _lowered(view.text)
        found = [form for form in self._lowered if form in text]
        return chain((part for form in found for part in _occurrences(text, form)), self._cut_off(text))

    def _cut_off(self, text: str) -> Iterator[tuple[int, int]]:
        marks = [(0, 0, _PIECE), *((*mark.span(), _SHORTEST) for mark in _MARK.finditer(text))]
        for (_, begin, after), (stop, _, before) in pairwise([*marks, (len(text), len(text), _PIECE)]):
            start, end = begin + (text[begin : begin + 1] in _QUOTES), stop - (text[stop - 1 : stop] in _QUOTES)
            if size := _piece(text[start:end], self._heads, before, _BEGUN):
                yield end - size, end
            if size := _piece(text[start:end][::-1], self._tails, after, _ENDED):
                yield start, start + size

    def __or__(self, other: Redactor) -> Redactor:
        """Return a redactor for the secrets of both redactors."""
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
        """Return plain data (JSON, or tuples) without the secrets in its values; names of members stay."""
        return map_texts(value, self.text)


def _forms(secret: str) -> Iterator[str]:
    """Yield the forms in which a secret can occur in a view. Some are decoded, because views decode all escapes."""
    raw = secret.encode("utf-8", "surrogateescape")
    # In upper and lower case for binary views, and as Base64, which can't be decoded after a change of its letter case.
    for text in {secret, secret.upper(), secret.lower(), base64.b64encode(raw).decode().rstrip("=")}:
        # Decoded base64, and header fields that a server returns, have UTF-8 read as ISO-8859-1.
        for read in (text, text.encode("utf-8", "surrogateescape").decode("latin-1")):
            yield from (layer.text.replace("+", " ") for layer in layers(read))


def _occurrences(text: str, form: str) -> Iterator[tuple[int, int]]:
    at = text.find(form)
    while at >= 0:
        yield at, at + len(form)
        at = text.find(form, at + len(form))


def _in_binary(text: str, form: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of a secret, or of a part of it, in decoded base64. No mark shows there that it was cut."""
    if len(form) <= _PIECE:
        yield from _occurrences(text, form)
        return
    for start, _ in _occurrences(text, form[:_PIECE]):
        yield start, start + _common(form, text[start : start + len(form)])
    for _, end in _occurrences(text, form[-_PIECE:]):
        yield end - _common(form[::-1], text[max(0, end - len(form)) : end][::-1]), end


def _common(one: str, other: str) -> int:
    """Return the length of the beginning that two texts have in common."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _beginnings(forms: Iterable[str]) -> _Pieces:
    found = defaultdict[str, list[tuple[int, str]]](list)
    for size, form in sorted((size, each) for each in forms for size in range(_SHORTEST, len(each))):
        found[form[size - _SHORTEST : size]].append((size, form))
    return found


def _piece(text: str, pieces: _Pieces, least: int, rest: re.Pattern[str]) -> int:
    """Return how many characters at the end of a text are the beginning of a secret; 0 if fewer than `least`.

    Before a mark such as `…`, the beginning of an escape may be among them.
    """
    for end in range(len(text), max(0, len(text) - _LONGEST_REST), -1):
        if end < len(text) and (least == _PIECE or not rest.fullmatch(text, end)):
            continue
        sizes = takewhile(lambda each: each[0] <= end, pieces.get(text[max(0, end - _SHORTEST) : end], ()))  # noqa: B023
        found = [size for size, form in sizes if size >= least and text.startswith(form[:size], end - size)]
        if found:
            return len(text) - end + found[-1]
    return 0


def _without(text: str, parts: Iterable[tuple[int, int, str]]) -> str:
    """Return a text with parts replaced. Overlapping parts are replaced as one."""
    kept, at, last = list[str](), 0, ""
    for start, end, instead in sorted(parts):
        if start >= at:
            kept += [last, text[at:start]]
            at, last = end, instead
        else:
            at, last = max(at, end), last or instead
    return "".join([*kept, last, text[at:]])


def _lowered(text: str) -> str:
    """Return a text of the same length in lower case, with a blank for each `+` (a blank in HTML forms)."""
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)
    return lowered.replace("+", " ")
