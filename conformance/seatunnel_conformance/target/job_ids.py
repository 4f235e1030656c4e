"""The job ids in a request, in every place and spelling that a server could accept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, unquote_plus

_LARGEST: Final = 2**63
_LONGEST: Final = 40
"""The most digits of a number that a server could convert to an id."""

_NUMBER: Final = re.compile(r"[+-]?\d+")
_POWER: Final = re.compile(r"[+-]?\d{1,20}(?:\.\d{1,20})?[eE]\+?\d{1,2}(?!\d)")
_NAMED: Final = re.compile(r"(?i)job[\W_]?ids?\W{1,12}?([+-]?\d+)")
_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")


@lru_cache(maxsize=16)
def named_ids(target: str, body: bytes | None = None) -> frozenset[str]:
    """Return the job ids that a request names, as decimal text without plus sign or leading zeros.

    `target` is the path with its query, both still encoded. If in doubt, a number is an id: digits of any script,
    numbers in strings, and large numbers modulo 2^64 are found. Ids are path segments, and values of members or
    parameters that are called `id` or end in `jobId`. In a request that stops jobs they are also list items, every
    number of the query, and every number of a body that is not JSON.
    """
    path, _, query = target.partition("?")
    every = "stop" in path.lower()
    found = {segment for segment in map(unquote, path.split("/")) if _NUMBER.fullmatch(segment)}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if every or is_id_name(name):
            found.update(_numbers(value))
    if body:
        found.update(_in_body(body, every=every))
    return frozenset(job_id for number in found if (job_id := as_id(number)) is not None)


def as_id(number: str) -> str | None:
    """Return a decimal number as the 64-bit integer that a server could convert it to; None if it is too long."""
    if len(number) > _LONGEST:
        return None
    return str((int(number) + _LARGEST) % (2 * _LARGEST) - _LARGEST)


def _in_body(body: bytes, *, every: bool) -> Iterator[str]:
    text = body.decode("utf-16" if body[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8", "replace").lstrip("\ufeff")
    try:
        # Numbers stay text because they can be long, and objects stay pairs because names can be repeated.
        document = json.loads(text, parse_int=str, parse_float=_whole, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
        for each in (plain, unquote_plus(plain)):
            yield from _numbers(each) if every else _NAMED.findall(each)
    else:
        yield from _in_document(document, counts=every)


class _Pairs(list[tuple[str, Any]]):
    """The members of a JSON object in order; a name can be repeated."""


def _in_document(document: Any, *, counts: bool) -> Iterator[str]:
    """Yield the ids in a document. Iterative, because documents can be nested deeply."""
    left = [(document, counts, False)]
    while left:
        value, bare, named = left.pop()
        if isinstance(value, _Pairs):
            # Every value inside an id member counts; bare numbers inside another member don't.
            left += [(inner, False, named or is_id_name(name)) for name, inner in value]
        elif isinstance(value, list):
            left += [(inner, bare, named) for inner in value]
        elif (bare or named) and isinstance(value, str):
            yield from _numbers(value)


def _numbers(text: str) -> Iterator[str]:
    yield from _NUMBER.findall(text)
    yield from (str(int(float(power))) for power in _POWER.findall(text))


def _whole(number: str) -> str:
    """Return the integer part of a number with a fraction or an exponent, as a server may convert it."""
    value = float(number)
    return str(int(value)) if abs(value) < 2 * _LARGEST else ""


def is_id_name(name: str) -> bool:
    """Return whether a member or parameter has the id of a job: `jobId`, `restoreSourceJobId`, `id`."""
    plain = re.sub(r"[\W_]", "", name).lower()
    return plain in {"id", "ids"} or plain.endswith(("jobid", "jobids"))
