"""Finds everything that a server could read from a request: a second request, and job ids in any place and spelling.

Requests come from files of unknown origin, and from values that a target has sent. A line break in a header, a wrong
length, or an unexpected body could hide a second request from the job guard.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, Final, NamedTuple, Self
from urllib.parse import parse_qsl, unquote, unquote_plus

from seatunnel_conformance.errors import Inconclusive
from seatunnel_conformance.target.exchange import READING

Fields = Iterable[tuple[str, str]]

_PARTS: Final = {
    "method": re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"),
    "path": re.compile(r"[^\x00-\x20\x7f\ud800-\udfff]+"),
    "version": re.compile(r"[0-9]\.[0-9]"),
    "header name": re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+(?: [!#$%&'*+.^_`|~0-9A-Za-z-]+)*"),
    "header": re.compile(r"[^\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]*"),
}
"""The grammar of the parts of a head (RFC 9112). In addition, paths and values may have letters of all scripts, and
header names may have blanks: servers refuse these (recorded in `http-semantics/bad-requests`)."""

_WORD: Final = re.compile("[a-z]+")
"""Matches a `Content-Length` that is a word. It is harmless in a request without a body."""


class NotOneRequest(Inconclusive):
    """A request is not sent, because a server could read its bytes as another request, or as two."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"the request can't be sent: {problem}")


@dataclass(frozen=True, slots=True)
class RawRequest:
    """One request: its parts, and `content`, the bytes to send. `body` is the body before it is split into chunks."""

    method: str
    target: str
    body: bytes | None
    content: bytes

    @classmethod
    def of(  # noqa: PLR0913 - the parts of a request
        cls,
        method: str,
        target: str,
        fields: Fields,
        body: bytes | None,
        *,
        chunks: bytes | None = None,
        prefix: str = "",
        version: str = "1.1",
    ) -> Self:
        """Return a request; `chunks` is the body in chunks, `prefix` the context path. Raises `NotOneRequest`."""
        fields = list(fields)
        require_one_request(method, target, fields, body, is_chunked=chunks is not None, version=version)
        if method in READING and b"\n" in (body or b""):
            # Generated requests may have such bodies, because no attacker has written them.
            raise NotOneRequest(f"a server that ignores the body of a {method} would read its lines as another request")
        lines = [f"{method} {prefix}{target} HTTP/{version}", *(f"{name}: {value}" for name, value in fields), "", ""]
        return cls(method, target, body, "\r\n".join(lines).encode() + ((body or b"") if chunks is None else chunks))


def require_one_request(  # noqa: PLR0913 - the parts of a request
    method: str, target: str, fields: Fields, body: bytes | None, *, is_chunked: bool = False, version: str = "1.1"
) -> None:
    """Raise `NotOneRequest` if a part has control characters, or servers could disagree about the end of the body."""
    fields = list(fields)
    parts = [("method", method), ("path", target), ("version", version)]
    parts += [(f"header {name!r}"[:80], value) for name, value in fields] + [
        ("header name", name) for name, _ in fields
    ]
    for part, text in parts:
        if _PARTS.get(part, _PARTS["header"]).fullmatch(text) is None:
            raise NotOneRequest(f"its {part} has a line break or another character that is not allowed there")
    values = [(name.lower(), value.strip()) for name, value in fields]
    lengths = [value for name, value in values if name == "content-length"]
    codings = [value for name, value in values if name == "transfer-encoding"]
    if (codings != ["chunked"] or lengths or version != "1.1") if is_chunked else codings:
        raise NotOneRequest("its headers do not say where the chunks of its body end")
    if lengths and lengths != [str(len(body or b""))] and (body or not _WORD.fullmatch(lengths[0]) or len(lengths) > 1):
        raise NotOneRequest("its Content-Length is not the length of its body")


_LARGEST: Final = 2**63
_LONGEST: Final = 40
"""The maximum length of a number that a server could convert to an id."""

_NUMBER: Final = re.compile(r"[+-]?\d+")
_SEGMENT: Final = re.compile(r"(?:job-)?([+-]?\d+)(?:[;.].*)?")
"""Matches a path segment with an id: the id itself, also with matrix parameters, or the name of a job's log file."""
_POWER: Final = re.compile(r"[+-]?\d{1,20}(?:\.\d{1,20})?[eE]\+?\d{1,2}(?!\d)")
_NAMED: Final = re.compile(r"(?i)job[\W_]?ids?\W{1,12}?([+-]?\d+)")
_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")


class Deed(Enum):
    """The effect of a request that changes the target, by its path."""

    SUBMIT = "submit"
    STOP = "stop"
    TAG = "update-tags"
    OTHER = ""

    @classmethod
    def of(cls, target: str) -> Deed:
        """Return the effect of a request. A path that could be for a stop and for a submission counts as a stop."""
        path = unquote(unquote(target.partition("?")[0])).lower()
        return next(deed for deed in (cls.STOP, cls.SUBMIT, cls.TAG, cls.OTHER) if deed.value in path)


@lru_cache(maxsize=16)
def named_ids(target: str, body: bytes | None = None) -> frozenset[str]:
    """Return all job ids that a server could read from a request, as decimal strings without plus sign or zeros.

    `target` is the path with its query, both still encoded. If in doubt, a number is an id: digits of any script,
    numbers in strings, and large numbers modulo 2^64 are found. Ids are path segments, and values of members or
    parameters with the name `id` or a name that ends in `jobId`. In a stop, items of lists, all numbers in the query,
    and all numbers in a body other than JSON are ids, too.
    """
    path, _, query = target.partition("?")
    every = Deed.of(target) is Deed.STOP
    segments = map(_SEGMENT.fullmatch, map(unquote, path.split("/")))
    found = {segment[1] for segment in segments if segment}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if every or is_id_name(name):
            found.update(_numbers(value))
    if body:
        found.update(_in_body(body, every=every))
    return frozenset(job_id for number in found if (job_id := as_id(number)) is not None)


_PLAIN: Final = re.compile(r"-?[1-9][0-9]{0,18}")
_STOPS: Final = re.compile(r"(?:/\w[\w.-]*)*/stop-jobs?", re.ASCII)
_SUBMITS: Final = re.compile(r"(?:/\w[\w.-]*)*/submit-jobs?(?:/upload)?", re.ASCII)
_JOB_PATH: Final = re.compile(r"/(?:job-info|running-job)/([^/]*)")
_PLAIN_NAMED: Final = re.compile(r"(?i)job[\W_]?ids?\W{1,12}?(-?[1-9][0-9]{0,18})(?![\w.])")
_NAME: Final = re.compile(r"(?i)job[\W_]?ids?")
_RESTORES: Final = re.compile(r"(?i)(?:isStartWithSavePoint|restore\w*)\W{0,12}(?!false\b)\w")


class CertainIds(NamedTuple):
    """The job ids that every server reads from a request in the same way.

    `as_numbers` has the JSON numbers among them: they lose digits in servers that use floats. `restores` is true if the
    request starts a job from the state of an earlier one.
    """

    ids: frozenset[str]
    as_numbers: frozenset[str] = frozenset()
    restores: bool = False


def certain_ids(target: str, body: bytes | None = None) -> CertainIds | None:
    """Return the job ids of a request that changes the target.

    None if servers could read different ids from it, or if it lacks a required id.
    """
    path, _, query = target.partition("?")
    deed, text = Deed.of(target), _text(body or b"")
    if deed is Deed.STOP:
        return _of_stop(text) if text is not None and not query and _STOPS.fullmatch(path) else None
    values: list[str] = [*_JOB_PATH.findall(path)] if deed is Deed.OTHER else []
    values += [value for name, value in parse_qsl(query, keep_blank_values=True) if is_id_name(name)]
    restores = deed is Deed.SUBMIT and bool(_RESTORES.search(f"{unquote_plus(query)} {text}"))
    if deed is Deed.SUBMIT:
        if text is None or not _SUBMITS.fullmatch(path):
            return None
        document = _parsed(text)
        values += _plainly_in_text(text) if document is _NOTHING else _leaves(document)
    else:
        values += named_ids(target, body)
    if not all(map(_is_plain, values)) or (restores and not values):
        return None
    return CertainIds(frozenset(map(str, values)), frozenset(_as_numbers(values)), restores)


def _of_stop(text: str) -> CertainIds | None:
    """Return the ids in the body of a stop: an object, or a list of objects, with plain ids. None for other bodies."""
    document = _parsed(text)
    jobs = document if isinstance(document, list) and not isinstance(document, _Pairs) else [document]
    values: list[str] = []
    for job in jobs:
        named = dict(job) if isinstance(job, _Pairs) else {}
        ids = [name for name in named if is_id_name(name)]
        is_plain = ids == ["jobId"] and len(named) == len(job) and _is_plain(named["jobId"])
        if not is_plain or any(isinstance(value, list) for value in named.values()):
            return None
        values.append(named["jobId"])
    return CertainIds(frozenset(map(str, values)), frozenset(_as_numbers(values))) if values else None


def _is_plain(value: Any) -> bool:
    return isinstance(value, str) and _PLAIN.fullmatch(value) is not None and as_id(value) == value


def _as_numbers(values: Iterable[str]) -> Iterator[str]:
    return (str(value) for value in values if isinstance(value, JsonNumber))


def _leaves(document: Any) -> Iterator[Any]:
    """Yield the values of members that have job ids; only numbers if the name is `id` or `ids`."""
    left = [(document, "")]
    while left:
        value, name = left.pop()
        if isinstance(value, _Pairs):
            left += [(inner, own if is_id_name(own) else name) for own, inner in value]
        elif isinstance(value, list):
            left += [(inner, name) for inner in value if name or isinstance(inner, list)]
        elif len(name) > len("ids") or (name and isinstance(value, str) and any(_numbers(value))):
            yield value


def _plainly_in_text(text: str) -> Iterator[str]:
    """Yield the plain ids in a text that is not JSON, and an empty string for each name without a plain id."""
    plain = _PLAIN_NAMED.findall(text)
    yield from plain
    every = _NAME.findall(_ESCAPED.sub(lambda found: chr(int(found[1], 16)), unquote_plus(text)))
    yield from [""] * (len(every) - len(plain))


def _text(body: bytes) -> str | None:
    """Return a body as text; None if servers could decode it in different ways."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text or text.startswith("\ufeff") else text


class _Pairs(list[tuple[str, Any]]):
    """The members of a JSON object in order; a name can be repeated."""


class JsonNumber(str):
    """The text of a JSON number, to distinguish it from a string."""

    __slots__ = ()


_NOTHING: Final = object()


def _parsed(text: str, *, parse_float: Callable[[str], Any] = JsonNumber) -> Any:
    """Parse JSON. Numbers stay strings, as they can be long. Objects become pairs, as names can be repeated.

    Return `_NOTHING` if the text is not JSON.
    """
    try:
        return json.loads(text, parse_int=JsonNumber, parse_float=parse_float, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        return _NOTHING


def as_id(number: str) -> str | None:
    """Return the 64-bit integer to which a server could convert a decimal number; None if the number is too long."""
    if len(number) > _LONGEST:
        return None
    return str((int(number) + _LARGEST) % (2 * _LARGEST) - _LARGEST)


def _in_body(body: bytes, *, every: bool) -> Iterator[str]:
    text = body.decode("utf-16" if body[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8", "replace").lstrip("\ufeff")
    document = _parsed(text, parse_float=_whole)
    if document is _NOTHING:
        plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
        for each in (plain, unquote_plus(plain)):
            yield from _numbers(each) if every else _NAMED.findall(each)
    else:
        yield from _in_document(document, counts=every)


def _in_document(document: Any, *, counts: bool) -> Iterator[str]:
    """Yield the ids in a JSON document; `counts` also yields numbers that are items of lists.

    The function is not recursive, because documents can be nested deeply.
    """
    left = [(document, counts, False)]
    while left:
        value, bare, named = left.pop()
        if isinstance(value, _Pairs):
            # All values inside a member for ids count. Items of lists inside another member don't.
            left += [(inner, False, named or is_id_name(name)) for name, inner in value]
        elif isinstance(value, list):
            left += [(inner, bare, named) for inner in value if bare or named or isinstance(inner, list)]
        elif (bare or named) and isinstance(value, str):
            yield from _numbers(value)


def _numbers(text: str) -> Iterator[str]:
    yield from _NUMBER.findall(text)
    yield from (str(int(float(power))) for power in _POWER.findall(text))


def _whole(number: str) -> str:
    """Return the integer to which a server may convert a number with a fraction or an exponent."""
    value = float(number)
    return str(int(value)) if abs(value) < 2 * _LARGEST else ""


def is_id_name(name: str) -> bool:
    """Return whether a member or parameter with this name is a job id: `jobId`, `restoreSourceJobId`, `id`."""
    plain = re.sub(r"[\W_]", "", name).lower()
    return plain in {"id", "ids"} or plain.endswith(("jobid", "jobids"))
