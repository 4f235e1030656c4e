"""Transforms of a row's kind and table, and of names: RowKindExtractor, Metadata, TableRename, FieldRename.

Options, refusals and results are read in the transforms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from seatunnel_server.engine.memory.connectors.plugins import PlannedTransform
from seatunnel_server.engine.memory.connectors.transforms.patterns import JavaPattern, PatternNotRun
from seatunnel_server.engine.memory.connectors.transforms.rows import Passed, not_run
from seatunnel_server.engine.memory.failures import TaskFailed
from seatunnel_server.engine.memory.limits import row_sizer
from seatunnel_server.engine.memory.pipeline import Row, RowKind
from seatunnel_server.engine.memory.schema import STRING, Column, DataType, Table, TablePath
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import (
    BadPattern,
    BadTableName,
    FieldExists,
    MetadataFieldExists,
    MetadataUnknown,
    NullPointer,
    OptionMismatch,
)

_KIND_TYPE = "org.apache.seatunnel.transform.rowkind.RowKindExtractorTransformType"
_CASE_TYPE = "org.apache.seatunnel.transform.rename.ConvertCase"
_RULES_TYPE = "java.util.List<org.apache.seatunnel.transform.rename.TableRenameConfig$ReplacementsWithRegex>"
_FIELD_RULES_TYPE = _RULES_TYPE.replace("TableRename", "FieldRename")
_SPECIFIC_TYPE = "java.util.List<org.apache.seatunnel.transform.rename.FieldRenameConfig$SpecificModify>"
_KIND_LENGTH = 13


class _KindForm(Enum):
    SHORT = 0
    FULL = 1


class _Case(Enum):
    UPPER = 0
    LOWER = 1


@dataclass(frozen=True, slots=True)
class Appended:
    """Adds columns that are made from the whole row."""

    plugin: str
    produces: Table
    readers: tuple[Callable[[Row], Any], ...]
    weigh: Callable[[Sequence[Any]], int]
    kind: RowKind | None = None
    """The kind that all rows have afterwards; None where each keeps its own."""
    note: str | None = None

    def apply(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return the rows with the columns; raise `TaskFailed` where one cannot be made."""
        return [self._applied(row) for row in rows] if self.readers else rows

    def _applied(self, row: Row) -> Row:
        values = (*row.values, *(read(row) for read in self.readers))
        return replace(row, values=values, kind=self.kind or row.kind, size=self.weigh(values))


def extract_row_kind(plugin: str, options: Options, table: Table) -> Appended:
    """Make a RowKindExtractor: a row's kind as a column, after which every row is an insert.

    The column has a name unless it is given one: the engine takes an option's default for a required one that is not
    there. Raises `OptionMismatch` and `FieldExists`.
    """
    form = options.choice("transform_type", _KindForm, _KindForm.SHORT, _KIND_TYPE)
    given = options.text("custom_field_name")
    name = "row_kind" if given is None else given
    if name in table.places:
        raise FieldExists(name)
    column = Column(name, STRING, length=_KIND_LENGTH, default=RowKind.INSERT.value)
    produces = table.with_columns((*table.columns, column))
    read = _short_kind if form is _KindForm.SHORT else _full_kind
    return Appended(plugin, produces, (read,), row_sizer(produces.types), kind=RowKind.INSERT)


def _short_kind(row: Row) -> str:
    return row.kind.value


def _full_kind(row: Row) -> str:
    return row.kind.name


def _path(row: Row) -> TablePath:
    try:
        return TablePath.parse(row.table)
    except BadTableName as error:
        raise TaskFailed(f"java.lang.IllegalArgumentException: {error.message}") from error


_METADATA: Mapping[str, tuple[DataType, Callable[[Row], Any]]] = {
    "Database": (STRING, lambda row: _path(row).database),
    "Table": (STRING, lambda row: _path(row).table),
    "RowKind": (STRING, _short_kind),
}
_STREAM_METADATA = {"Partition", "EventTime", "Delay"}
"""What only tables of a change stream have."""


def add_metadata(plugin: str, options: Options, table: Table) -> Appended:
    """Make a Metadata: facts about a row as columns of it.

    Raises `NullPointer`, `OptionMismatch`, `MetadataUnknown` and `MetadataFieldExists`.
    """
    fields = options.texts_by_name("metadata_fields")
    if fields is None:
        raise NullPointer("java.util.Map.entrySet()", "fields")
    for fact, name in fields.items():
        if fact not in {*_METADATA, *_STREAM_METADATA}:
            raise MetadataUnknown(fact)
        if name in table.places:
            raise MetadataFieldExists(fact)
    if named := [name for fact, name in fields.items() if fact in _STREAM_METADATA]:
        raise MetadataUnknown(named[0])
    readers: dict[str, tuple[DataType, Callable[[Row], Any]]] = {name: _METADATA[fact] for fact, name in fields.items()}
    produces = table.with_columns((*table.columns, *(Column(name, kind) for name, (kind, _) in readers.items())))
    return Appended(plugin, produces, tuple(read for _, read in readers.values()), row_sizer(produces.types))


@dataclass(frozen=True, slots=True)
class Renamed:
    """Makes all rows those of another table; a row that is one already stays as it is."""

    plugin: str
    produces: Table
    weigh: Callable[[Sequence[Any]], int]
    note: str | None = None

    def apply(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return the rows under the table's new path."""
        path = str(self.produces.path)
        return [row if row.table == path else replace(row, table=path, size=self.weigh(row.values)) for row in rows]


def rename_fields(plugin: str, options: Options, table: Table) -> PlannedTransform:
    """Make a FieldRename: columns under names of their own (`specific`) or under ones made by rules for all.

    A pattern that is not run here makes one that passes rows on.

    Raises `OptionMismatch`, `BadPattern`, and `NullPointer` where a match is replaced by nothing.
    """
    rename = _renaming(options, _FIELD_RULES_TYPE)
    specific = [Options(item) for item in options.mappings("specific", java_type=_SPECIFIC_TYPE) or ()]
    named = {each.text("field_name", "fieldName"): each.text("target_name", "targetName") for each in specific[::-1]}
    try:
        names = {name: named.get(name) or rename(name) for name in table.names}
    except PatternNotRun as reason:
        return not_run(plugin, table, reason)
    columns = tuple(replace(column, name=names[column.name]) for column in table.columns)
    return Passed(plugin, Table(table.path, columns, tuple(names.get(name, name) for name in table.primary_key)))


def rename_table(plugin: str, options: Options, table: Table) -> PlannedTransform:
    """Make a TableRename: rows of a table under another name.

    A pattern that is not run here makes one that passes rows on.

    Raises `OptionMismatch`, `BadPattern`, and `NullPointer` where a match is replaced by nothing.
    """
    rename, cased, old = _renaming(options, _RULES_TYPE), _casing(options), table.path
    rules = options.mappings("replacements_with_regex", java_type=_RULES_TYPE) or ()
    if any("is_regex" in rule or "isRegex" in rule for rule in rules):
        raise OptionMismatch(rules, _RULES_TYPE)
    try:
        name = rename(old.table)
    except PatternNotRun as reason:
        return not_run(plugin, table, reason)
    database, schema = (None if part is None else cased(part) for part in (old.database, old.schema))
    produces = replace(table, path=TablePath(database, schema, name))
    return Renamed(plugin, produces, row_sizer(produces.types))


def _renaming(options: Options, rules_type: str) -> Callable[[str], str]:
    cased = _casing(options)
    rules = [Options(item) for item in options.mappings("replacements_with_regex", java_type=rules_type) or ()]
    prefix, suffix = ((options.text(key) or "").strip() for key in ("prefix", "suffix"))
    return lambda name: f"{prefix}{_replaced(name, cased, rules)}{suffix}"


def _casing(options: Options) -> Callable[[str], str]:
    if not options.has("convert_case"):
        return str
    return str.upper if options.choice("convert_case", _Case, _Case.UPPER, _CASE_TYPE) is _Case.UPPER else str.lower


def _replaced(name: str, cased: Callable[[str], str], replacements: Sequence[Options]) -> str:
    """Put the replacement at every match of the last rule that matches; matches are found before the case changes."""
    spans: Sequence[tuple[int, int]] = ()
    substitute: str | None = None
    for rule in replacements:
        if found := _spans(rule, name):
            spans, substitute = found, rule.text("replace_to", "replaceTo")
    if spans and substitute is None:
        raise NullPointer("String.trim()", "replaceTo")
    made = cased(name)
    for start, end in reversed(spans):
        made = f"{made[:start]}{(substitute or '').strip()}{made[end:]}"
    return made


def _spans(rule: Options, name: str) -> Sequence[tuple[int, int]]:
    pattern = rule.text("replace_from", "replaceFrom")
    if not pattern:
        return ()
    if not rule.flag("is_regex", default=True):
        return [(0, len(name))] if pattern == name else ()
    try:
        return JavaPattern(pattern).spans(name)
    except TaskFailed as error:
        raise BadPattern(str(error).partition(": ")[2]) from error
