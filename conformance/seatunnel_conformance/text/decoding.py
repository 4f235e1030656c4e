"""Decodes the escapes and base64 in a text, and maps each part of the decoded text back to the original text.

A target can return a secret in any encoding, or in several, nested ones. So the redaction searches the `layers` or the
`views` of a text, and maps each match back with `View.locate`.

One step decodes all escapes at once, or all of one kind: those of URLs (`%3D`, `%u003d`), HTML and XML (`&#61;`,
`&equals;`), those with a backslash (JSON, Java, JavaScript, Python, shells), and pairs of surrogates. A second step
decodes UTF-8 that was read as ISO-8859-1. A third one decodes everything that can be base64, in both alphabets, wrapped
or not, from any position in a word.
"""

from __future__ import annotations

import binascii
import re
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from html.entities import html5
from typing import Final

DEEPEST: Final = 6
"""Maximum number of successive steps of decoding."""

MOST_BASE64: Final = 2
"""Maximum number of steps of decoding that decode base64."""

_PERCENT: Final = r"%(?:u(?P<percent_unit>[0-9a-f]{4})|(?P<percent>[0-9a-f]{2}))"
_ENTITY: Final = r"&(?:#x(?P<hexadecimal>[0-9a-f]{1,8})|#(?P<decimal>[0-9]{1,9})|(?P<named>[a-z][a-z0-9]{1,31}));"
_BACKSLASH: Final = (
    r"\\(?:(?-i:U)(?P<long>00[01][0-9a-f]{5})|u(?P<pair>d[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2})"
    r"|u(?P<unit>[0-9a-f]{4})|u\{(?P<braced>[0-9a-f]{1,6})\}|x(?P<byte>[0-9a-f]{2})|(?P<octal>[0-3][0-7]{2})"
    r"|(?P<letter>[bfnrt]|[^a-z0-9]))"
)
_SURROGATES: Final = r"(?P<surrogates>[\ud800-\udbff][\udc00-\udfff])"

_ESCAPE: Final = re.compile(f"{_PERCENT}|{_ENTITY}|{_BACKSLASH}|{_SURROGATES}", re.IGNORECASE)

_BY_SIGN: Final = {escape[0]: re.compile(escape, re.IGNORECASE) for escape in (_PERCENT, _ENTITY, _BACKSLASH)}
"""The escapes of one kind: a text of another kind, such as HTML, can have a secret that ends with a backslash."""

_UTF8: Final = re.compile(r"(?P<utf8>[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})")

_LETTERS: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}

_RUN: Final = re.compile(r"[\w+/-]{6,}+(?:(?<=[\w+/-]{20})[ \t]*+\r?\n[ \t]*+[\w+/-]++)*+", re.ASCII)
"""Runs that can be base64: six characters are four bytes. Lines that are long enough to be wrapped ones are joined."""

_BETWEEN: Final = ("AAAA", "AAAAAAA", "AAAAAA", "AAAAA")
"""Padding after a run, by the remainder of its length modulo four: at least three zero bytes, up to the next four."""

_STANDARD: Final = str.maketrans("-_", "+/")


@dataclass(frozen=True, slots=True)
class View:
    """A decoded text. `locate` returns the start and end of a part of it (not empty) in the original text.

    `binary`: base64 was decoded, so most of the view is not text.
    """

    text: str
    locate: Callable[[int, int], tuple[int, int]] = lambda start, end: (start, end)
    binary: bool = False


def layers(text: str) -> Iterator[View]:
    """Yield a text, then the text with its escapes decoded once, twice and so on, until none is left."""
    return _views(text, 0)


def views(text: str) -> Iterator[View]:
    """Yield the layers of a text, and the layers of all parts that can be decoded as base64."""
    return _views(text, MOST_BASE64)


def _views(text: str, base64_steps: int) -> Iterator[View]:
    """Yield views in the order of their numbers of steps. A text that is found twice has the smaller number."""
    queue, seen = deque([(View(text), DEEPEST, base64_steps)]), {text}
    while queue:
        view, steps, left = queue.popleft()
        yield view
        if not steps:
            continue
        children = [(child, left) for child in (*_unescaped(view), *_replaced(view, _UTF8))]
        children += [(child, left - 1) for child in (_from_base64(view) if left else ())]
        for child, base64_left in children:
            if child.text not in seen:
                seen.add(child.text)
                queue.append((child, steps - 1, base64_left))


def _unescaped(view: View) -> Iterator[View]:
    signs = [sign for sign in _BY_SIGN if sign in view.text]
    if signs or not view.text.isascii():
        yield from _replaced(view, _ESCAPE)
    for sign in signs if len(signs) > 1 else ():
        yield from _replaced(view, _BY_SIGN[sign])


def _replaced(view: View, pattern: re.Pattern[str]) -> Iterator[View]:
    """Yield a view in which each match of a pattern is decoded; nothing if there is no match."""
    text = view.text
    if pattern.search(text) is None:
        return
    pieces, at, size = list[str](), 0, 0
    begins, ends, spans = list[int](), list[int](), list[tuple[int, int]]()
    for found in pattern.finditer(text):
        character = _decoded(found.lastgroup or "", found[found.lastgroup or 0])
        if character is not None:
            start, end = span = found.span()
            pieces += (text[at:start], character)
            begins.append(size + start - at)
            size, at = begins[-1] + len(character), end
            ends.append(size)
            spans.append(span)
    if not spans:
        return

    def place(index: int) -> tuple[int, int]:
        nearest = bisect_right(begins, index) - 1
        if nearest >= 0 and index < ends[nearest]:
            return spans[nearest]
        start = index if nearest < 0 else index - ends[nearest] + spans[nearest][1]
        return start, start + 1

    pieces.append(text[at:])
    yield View("".join(pieces), lambda start, end: view.locate(place(start)[0], place(end - 1)[1]), view.binary)


@lru_cache(maxsize=1024)
def _decoded(kind: str, digits: str) -> str | None:
    """Return the characters that an escape stands for; None if it is invalid."""
    match kind:
        case "named":
            return html5.get(f"{digits};") or html5.get(f"{digits.lower()};")
        case "letter":
            return _LETTERS.get(digits.lower(), digits)
        case "utf8":
            return _text(digits.encode("latin-1"), "utf-8")
        case "surrogates":
            return _text(digits.encode("utf-16-be", "surrogatepass"), "utf-16-be")
        case "pair":
            return _text(bytes.fromhex(digits[:4] + digits[6:]), "utf-16-be")
    number = int(digits, _BASES.get(kind, 16))
    return chr(number) if number <= 0x10FFFF else None  # noqa: PLR2004 - the last code point of Unicode


_BASES: Final[Mapping[str, int]] = {"decimal": 10, "octal": 8}


def _text(encoded: bytes, encoding: str) -> str | None:
    try:
        return encoded.decode(encoding)
    except UnicodeDecodeError:
        return None


def _from_base64(view: View) -> Iterator[View]:
    """Yield the bytes of all runs of base64 characters, as text, for each of the four offsets of a group of four.

    Base64 can begin within a run: in `/path/YWJj`, other characters precede it.
    """
    runs = list(map(_joined, _RUN.findall(view.text)))
    if not runs:
        return
    letters = "".join(run + _BETWEEN[len(run) % 4] for run in runs).translate(_STANDARD)

    @cache
    def places() -> list[int]:
        """Return the index in the view for each character of `letters`; for padding, the end of its run."""
        found = list[int]()
        for run in _RUN.finditer(view.text):
            found += (at for at in range(run.start(), run.end()) if not view.text[at].isspace())
            found += [run.end() - 1] * len(_BETWEEN[len(_joined(run[0])) % 4])
        return found

    def locator(shift: int) -> Callable[[int, int], tuple[int, int]]:
        def locate(start: int, end: int) -> tuple[int, int]:
            first, last = shift + start * 4 // 3, shift + (end * 4 + 2) // 3 - 1
            return view.locate(places()[first], places()[last] + 1)

        return locate

    for shift in range(4):
        whole = letters[shift : len(letters) - (len(letters) - shift) % 4]
        yield View(binascii.a2b_base64(whole).decode("latin-1"), locator(shift), binary=True)


def _joined(run: str) -> str:
    return "".join(run.split()) if "\n" in run else run
