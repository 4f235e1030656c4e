"""Dates and times in the notations that the engine reads and writes.

Facts read in the engine's `DateUtils` and `DateTimeUtils`.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time

_DATES = (
    re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII),
    re.compile(r"(\d{4})年(\d{2})月(\d{2})日", re.ASCII),
    re.compile(r"(\d{4})/(\d{2})/(\d{2})", re.ASCII),
    re.compile(r"(\d{4})\.(\d{2})\.(\d{2})", re.ASCII),
    re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII),
)
_TIME = re.compile(r"(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?", re.ASCII)
_COMPACT_TIMESTAMP = re.compile(r"(\d{8})(\d{2})(\d{2})(\d{2})", re.ASCII)
_TIMESTAMP = re.compile(r"(\d{4}[-/.]\d{2}[-/.]\d{2})[ T](.+)", re.ASCII | re.DOTALL)
_MICROSECOND_DIGITS = 6


class BadDate(ValueError):
    """Text that is no date, time or timestamp in any of the notations."""


def local_now() -> datetime:
    """Return the time of this place, without a zone, as the engine's rows hold it."""
    return datetime.now(UTC).astimezone().replace(tzinfo=None)


def parse_date(text: str) -> date:
    """Read a date: `2024-01-31`, `2024/01/31`, `2024.01.31`, `2024年01月31日` or `20240131`; raise `BadDate`."""
    for pattern in _DATES:
        if found := pattern.fullmatch(text):
            try:
                return date(*map(int, found.groups()))
            except ValueError as error:
                raise BadDate(str(error)) from error
    raise BadDate(f"The date format '{text}' is not supported.")


def parse_time(text: str) -> time:
    """Read a time of day with or without seconds and their fraction; raise `BadDate`."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise BadDate(f"Text '{text}' could not be parsed")
    fraction = (found[4] or "")[:_MICROSECOND_DIGITS].ljust(_MICROSECOND_DIGITS, "0")
    try:
        return time(int(found[1]), int(found[2]), int(found[3] or 0), int(fraction))
    except ValueError as error:
        raise BadDate(str(error)) from error


def parse_timestamp(text: str) -> datetime:
    """Read a date and a time with a blank or a `T` between them, or `yyyyMMddHHmmss`; raise `BadDate`."""
    if found := _COMPACT_TIMESTAMP.fullmatch(text):
        return datetime.combine(parse_date(found[1]), parse_time(":".join(found.groups()[1:])))
    if found := _TIMESTAMP.fullmatch(text):
        return datetime.combine(parse_date(found[1]), parse_time(found[2]))
    raise BadDate(f"The datetime format '{text}' is not supported.")


def java_time(value: time) -> str:
    """Return a time as `LocalTime.toString()`: seconds only if there are any, a fraction in threes."""
    text = f"{value.hour:02}:{value.minute:02}"
    if value.microsecond:
        millis, micros = divmod(value.microsecond, 1000)
        return f"{text}:{value.second:02}.{millis:03}" + (f"{micros:03}" if micros else "")
    return f"{text}:{value.second:02}" if value.second else text


def java_timestamp(value: datetime) -> str:
    """Return a timestamp as `LocalDateTime.toString()`."""
    return f"{value.date().isoformat()}T{java_time(value.time())}"
