"""The transform JsonPath, which makes columns of values inside JSON documents.

Options, errors and results were read in the transform. Like the engine's JSON reader, this one accepts names and
strings without quotes or in single quotes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from seatunnel_server.engine import refusals
from seatunnel_server.engine.errors import IllegalArgument
from seatunnel_server.engine.memory.connectors.plugins import PluginSite
from seatunnel_server.engine.memory.connectors.transforms.jsonpath import BadPath, LeadsNowhere, PathNotRun, parse_path
from seatunnel_server.engine.memory.connectors.transforms.rows import Values, not_run, setting
from seatunnel_server.engine.memory.connectors.values import BadValue, from_json, to_json
from seatunnel_server.engine.memory.failures import TaskFailed
from seatunnel_server.engine.memory.limits import RowMeter
from seatunnel_server.engine.memory.pipeline import Transform
from seatunnel_server.engine.memory.schema import PLAIN_TYPES, BadType, Column, DataType, SqlType, Table, parse_type
from seatunnel_server.engine.options import Options

_WAY_TYPE = "org.apache.seatunnel.transform.common.ErrorHandleWay"
_COLUMNS_TYPE = "java.util.List<java.util.Map<java.lang.String, java.lang.String>>"
_REQUIRED = (
    ("path", "03", "JsonPathTransform config field path must not empty"),
    ("src_field", "02", "JsonPathTransform src_field must not empty"),
    ("dest_field", "04", "JsonPathTransform dest_field must not empty"),
)
_LENGTH = 200
_PARSE_COST = 16
_PLACE_COST = 32
"""The costs of a parsed character of a document, and of a value that a path visits, in the unit of `RowMeter`."""

Parsed = dict[int, Any]
"""The parsed documents of a row, by the index of their field."""


class _Way(Enum):
    """The ways to handle a value that is not found."""

    FAIL = 0
    SKIP = 1
    SKIP_ROW = 2


class _Skipped(Exception):
    """The row must be left out."""


class _BadDocument(ValueError):
    """The text begins like JSON but is not valid."""


@dataclass(frozen=True, slots=True)
class _TargetColumn:
    """A new column: its values are at `path` in the field at index `source`; `way` handles missing ones."""

    path: str
    source: int
    column: Column
    way: _Way | None


def extract_json(plugin: str, options: Options, table: Table, site: PluginSite) -> Transform:
    """Make a JsonPath; it passes rows on unchanged if this engine does not run one of its paths or field types.

    Raises `OptionRuleBroken`, `OptionMismatch`, `JsonPathRefused`, `IllegalArgument`, `TypeUnsupported` and
    `FieldUnknown`.
    """
    try:
        row_way, configs = _read(options)
        wanted = [_wanted(config, table) for config in configs]
        fills = [_fill(each, table.columns[each.source], row_way, site.rows) for each in wanted]
    except PathNotRun as reason:
        return not_run(plugin, table, reason)

    def found(values: Values) -> Sequence[Any] | None:
        site.rows.begin_row()
        parsed: Parsed = {}
        try:
            return [fill(values, parsed) for fill in fills]
        except _Skipped:
            return None

    return setting(plugin, table, [each.column for each in wanted], found)


def _read(options: Options) -> tuple[_Way, Sequence[Options]]:
    if not options.has("columns"):
        raise refusals.OptionsMissing("columns")
    way = options.choice("row_error_handle_way", _Way, _Way.FAIL, _WAY_TYPE)
    if way is _Way.SKIP_ROW:
        raise refusals.OptionRuleBroken(
            "These options('row_error_handle_way') are SingleChoiceOption, the value(SKIP_ROW) must be one of the "
            "optionValues([FAIL, SKIP])."
        )
    columns = options.mappings("columns", java_type=_COLUMNS_TYPE) or []
    if columns and all(isinstance(column.get("path"), list) for column in columns):
        raise PathNotRun("several paths of one column")
    if any(isinstance(item, Mapping | list) for column in columns for item in column.values()):
        raise refusals.OptionMismatch(columns, _COLUMNS_TYPE)
    return way, list(map(Options, columns))


def _wanted(config: Options, table: Table) -> _TargetColumn:
    for key, code, said in _REQUIRED:
        if not (config.text(key) or "").strip():
            raise refusals.JsonPathRefused(code, said)
    path, source, target = (config.text(key) or "" for key, _, _ in _REQUIRED)
    way = config.text("column_error_handle_way")
    if way is not None and way not in _Way.__members__:
        raise IllegalArgument(f"No enum constant {_WAY_TYPE}.{way}")
    kind = _target_type(config.text("dest_type") or "string", source)
    at = table.index(source)
    if at is None:
        raise refusals.FieldUnknown("JsonPath", source)
    return _TargetColumn(path, at, Column(target, kind, length=_LENGTH, default=""), None if way is None else _Way[way])


def _target_type(declared: str, source: str) -> DataType:
    try:
        return parse_type(declared)
    except BadType as error:
        raise refusals.TypeUnsupported("SeaTunnel", declared, source) from error


def _fill(wanted: _TargetColumn, source: Column, row_way: _Way, meter: RowMeter) -> Callable[[Values, Parsed], Any]:
    """Return a function that makes the column's value from the values of a row.

    For a wrong path, it raises `TaskFailed` at the first row with a value. Raises `PathNotRun`.
    """
    document_of = _reader(source)
    try:
        path = parse_path(wanted.path)
    except BadPath as error:
        path, reason = None, f"com.jayway.jsonpath.InvalidPathException: {error}"
    else:
        reason = ""
    kind = wanted.column.type

    def fill(values: Values, parsed: Parsed) -> Any:
        value = values[wanted.source]
        if value is None:
            return None
        if path is None:
            raise TaskFailed(reason)
        try:
            if wanted.source not in parsed:
                meter.characters(_PARSE_COST * _length(value))
                parsed[wanted.source] = document_of(value)
            places = path.read(parsed[wanted.source], lambda count: meter.characters(_PLACE_COST * count))
            return from_json(kind, places)
        except (LeadsNowhere, _BadDocument) as error:
            return _missed(wanted, row_way, error)
        except BadValue as error:
            raise TaskFailed(str(error)) from error

    return fill


def _length(value: Any) -> int:
    return len(value) if isinstance(value, str | bytes) else 0


def _missed(wanted: _TargetColumn, row_way: _Way, error: Exception) -> None:
    """Return None for a value that is not found; raise `_Skipped` to skip the row, or `TaskFailed`.

    The column's option overrides the row's.
    """
    if wanted.way is _Way.SKIP:
        return
    if wanted.way is _Way.SKIP_ROW or (wanted.way is None and row_way is _Way.SKIP):
        raise _Skipped
    raise TaskFailed(
        "org.apache.seatunnel.transform.exception.ErrorDataTransformException: ErrorCode:[JSONPATH_ERROR_CODE-05], "
        "ErrorDescription:[JsonPathTransform path is invalid] - JsonPath transform error, "
        f"path: {wanted.path}, error: {error}"
    )


def _reader(source: Column) -> Callable[[Any], Any]:
    """Return a function that makes a parsed document of a field's value.

    Raises `PathNotRun` for values with parts that Java writes to JSON in another way.
    """
    kind = source.type
    match kind.kind:
        case SqlType.STRING:
            return _parsed
        case SqlType.BYTES:
            return lambda value: _parsed(value.decode("utf-8", "replace"))
        case SqlType.ARRAY | SqlType.MAP | SqlType.ROW:
            if any(part.kind not in PLAIN_TYPES for part in kind.parts):
                raise PathNotRun(f"'{source.name}' is made of {kind}")
            if kind.kind is SqlType.ROW:
                return lambda value: list(map(to_json, kind.parts, value))
            return lambda value: to_json(kind, value)
    error = refusals.TypeUnsupported("JsonPath", kind.kind.value, source.name).message
    return _failing(f"org.apache.seatunnel.common.exception.SeaTunnelRuntimeException: {error}")


def _failing(message: str) -> Callable[[Any], Any]:
    def fail(_: Any) -> Any:
        raise TaskFailed(message)

    return fail


_LENIENT = re.compile(r"""("(?:[^"\\]|\\.)*+"?)|'((?:[^'\\]|\\.)*+)'?|([^\s{}\[\],:"'][^{}\[\],:]*+)""", re.DOTALL)
_LITERAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?|true|false|null")


def _json(text: str) -> Any:
    """Parse JSON, in which names and strings may be without quotes or in single quotes."""
    try:
        return json.loads(text)
    except ValueError:
        return json.loads(_LENIENT.sub(_quoted, text))


def _quoted(part: re.Match[str]) -> str:
    quoted, single, bare = part.groups()
    word = (bare or "").strip()
    if quoted is not None or _LITERAL.fullmatch(word):
        return part[0]
    return json.dumps(word if single is None else single)


def _parsed(text: str) -> Any:
    if not text:
        raise TaskFailed("java.lang.IllegalArgumentException: json string can not be null or empty")
    try:
        return _json(text)
    except (ValueError, RecursionError) as error:
        if text.lstrip().startswith(("{", "[")):
            raise _BadDocument(str(error)) from error
        return text.strip()
