"""Dates and times in the notations that the engine reads and writes.

Facts read in the engine's `DateUtils` and `DateTimeUtils`.
"""

from __future__ import annotations

import re
from calendar import month_name
from collections.abc import Iterable
from datetime import UTC, date, datetime, time

_RUNTIME = "org.apache.seatunnel.common.exception.SeaTunnelRuntimeException"
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
_ZONED = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}.*?)(Z|z|[+-]\d{2}:\d{2})", re.ASCII)
_MICROSECOND_DIGITS = 6
FEBRUARY, LEAP_DAY = 2, 29
FIELD = "{field}"
"""A placeholder in error messages for the name of the field, which the reader of the row fills in."""


class BadDate(ValueError):
    """The text is not a date, time or timestamp in any supported notation, or its parts are out of range."""


def local_now() -> datetime:
    """Return the local time without a time zone, as in the engine's rows."""
    return datetime.now(UTC).astimezone().replace(tzinfo=None)


def made_date(year: int, month: int, day: int) -> date:
    """Return a date. Raises `BadDate` with the message of Java's `LocalDate.of`."""
    _require_parts((("MonthOfYear", month, 1, "12", 12), ("DayOfMonth", day, 1, "28/31", 31)))
    try:
        return date(year, month, day)
    except ValueError as error:
        leap = month == FEBRUARY and day == LEAP_DAY
        named = f"'{month_name[month].upper()} {day}'"
        shown = f"date 'February 29' as '{year}' is not a leap year" if leap else f"date {named}"
        raise BadDate(f"java.time.DateTimeException: Invalid {shown}") from error


def made_time(hour: int, minute: int, second: int, microsecond: int = 0) -> time:
    """Return a time of day. Raises `BadDate` with the message of Java's `LocalTime.of`."""
    bounds = (("HourOfDay", hour, 23), ("MinuteOfHour", minute, 59), ("SecondOfMinute", second, 59))
    _require_parts([(name, part, 0, str(last), last) for name, part, last in bounds])
    return time(hour, minute, second, microsecond)


def _require_parts(parts: Iterable[tuple[str, int, int, str, int]]) -> None:
    for name, part, first, shown, last in parts:
        if not first <= part <= last:
            raise BadDate(
                f"java.time.DateTimeException: Invalid value for {name} (valid values {first} - {shown}): {part}"
            )


def parse_date(text: str) -> date:
    """Read a date: `2024-01-31`, `2024/01/31`, `2024.01.31`, `2024年01月31日` or `20240131`. Raises `BadDate`."""
    for pattern in _DATES:
        if found := pattern.fullmatch(text):
            return made_date(*map(int, found.groups()))
    raise BadDate(
        f"{_RUNTIME}: ErrorCode:[COMMON-32], ErrorDescription:[The date format '{text}' of field '{FIELD}' "
        "is not supported. Please check the date format.]"
    )


def parse_time(text: str) -> time:
    """Read a time of day with seconds, with or without a fraction. Raises `BadDate`."""
    if text.count(":") != 2:  # noqa: PLR2004 - hours, minutes, seconds
        raise _unparsed(text)
    return _time(text)


def _time(text: str) -> time:
    found = _TIME.fullmatch(text)
    if found is None:
        raise _unparsed(text)
    fraction = (found[4] or "")[:_MICROSECOND_DIGITS].ljust(_MICROSECOND_DIGITS, "0")
    return made_time(int(found[1]), int(found[2]), int(found[3] or 0), int(fraction))


def _unparsed(text: str) -> BadDate:
    return BadDate(f"java.time.format.DateTimeParseException: Text '{text}' could not be parsed")


def parse_timestamp(text: str) -> datetime:
    """Read a date and a time with a blank or a `T` between them, or `yyyyMMddHHmmss`. Raises `BadDate`."""
    if found := _COMPACT_TIMESTAMP.fullmatch(text):
        return datetime.combine(parse_date(found[1]), _time(":".join(found.groups()[1:])))
    if found := _TIMESTAMP.fullmatch(text):
        return datetime.combine(parse_date(found[1]), _time(found[2]))
    raise BadDate(
        f"{_RUNTIME}: ErrorCode:[COMMON-33], ErrorDescription:[The datetime format '{text}' of field '{FIELD}' "
        "is not supported. Please check the datetime format.]"
    )


def parse_zoned(text: str) -> datetime:
    """Read a timestamp with an offset, such as `2024-01-31T03:04:05+01:00`. Raises `BadDate`."""
    found = _ZONED.fullmatch(text)
    if found is None:
        raise _unparsed(text)
    offset = datetime.strptime(found[2].upper().replace("Z", "+00:00"), "%z").tzinfo
    return parse_timestamp(found[1]).replace(tzinfo=offset)


def java_time(value: time) -> str:
    """Return a time as `LocalTime.toString()`: without zero seconds; fractions have three or six digits."""
    text = f"{value.hour:02}:{value.minute:02}"
    if value.microsecond:
        millis, micros = divmod(value.microsecond, 1000)
        return f"{text}:{value.second:02}.{millis:03}" + (f"{micros:03}" if micros else "")
    return f"{text}:{value.second:02}" if value.second else text


def java_timestamp(value: datetime) -> str:
    """Return a timestamp as `LocalDateTime.toString()`, or `OffsetDateTime.toString()` if it has an offset."""
    offset = "" if value.tzinfo is None else "Z" if not value.utcoffset() else value.isoformat()[-len("+00:00") :]
    return f"{value.date().isoformat()}T{java_time(value.time())}{offset}"
