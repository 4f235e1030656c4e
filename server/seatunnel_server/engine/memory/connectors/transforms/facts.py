"""The transforms RowKindExtractor, Metadata, TableRename and FieldRename.

Options, errors and results were read in the transforms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any

from seatunnel_server.engine import refusals
from seatunnel_server.engine.memory.connectors.plugins import PluginSite
from seatunnel_server.engine.memory.connectors.transforms.patterns import JavaPattern, PatternNotRun
from seatunnel_server.engine.memory.connectors.transforms.rows import not_run
from seatunnel_server.engine.memory.failures import TaskFailed
from seatunnel_server.engine.memory.limits import PlanMeter, row_sizer
from seatunnel_server.engine.memory.pipeline import Row, RowKind, Transform
from seatunnel_server.engine.memory.schema import STRING, Column, Table, TablePath
from seatunnel_server.engine.options import Options

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


def _appending(
    plugin: str,
    table: Table,
    columns: Sequence[Column],
    readers: Sequence[Callable[[Row], Any]],
    kind: RowKind | None = None,
) -> Transform:
    """Return a transform that adds columns with values that `readers` take from rows; `kind` is the rows' new kind."""
    produces = table.with_columns((*table.columns, *columns))
    weigh = row_sizer(produces.types)

    def extended(row: Row) -> Row:
        values = (*row.values, *(read(row) for read in readers))
        return replace(row, values=values, kind=kind or row.kind, size=weigh(values))

    return Transform(plugin, produces, lambda rows: list(map(extended, rows)) if readers else rows)


def extract_row_kind(plugin: str, options: Options, table: Table) -> Transform:
    """Make a RowKindExtractor, which adds a column with the row's kind and makes every row an insert.

    `custom_field_name` is required, but the engine uses its default if it is missing. Raises `OptionMismatch` and
    `FieldExists`.
    """
    form = options.choice("transform_type", _KindForm, _KindForm.SHORT, _KIND_TYPE)
    given = options.text("custom_field_name")
    name = "row_kind" if given is None else given
    if name in table.places:
        raise refusals.FieldExists(name)
    column = Column(name, STRING, length=_KIND_LENGTH, default=RowKind.INSERT.value)
    read = _short_kind if form is _KindForm.SHORT else (lambda row: row.kind.name)
    return _appending(plugin, table, [column], [read], kind=RowKind.INSERT)


def _short_kind(row: Row) -> str:
    return row.kind.value


def _path(row: Row) -> TablePath:
    try:
        return TablePath.parse(row.table)
    except refusals.BadTableName as error:
        raise TaskFailed(f"java.lang.IllegalArgumentException: {error.message}") from error


_METADATA: Mapping[str, Callable[[Row], str | None]] = {
    "Database": lambda row: _path(row).database,
    "Table": lambda row: _path(row).table,
    "RowKind": _short_kind,
}
_STREAM_METADATA = {"Partition", "EventTime", "Delay"}
"""Metadata that only tables of a change stream have."""


def add_metadata(plugin: str, options: Options, table: Table) -> Transform:
    """Make a Metadata, which adds facts about a row as columns.

    Raises `NullPointer`, `OptionMismatch`, `MetadataUnknown` and `MetadataFieldExists`.
    """
    fields = options.texts_by_name("metadata_fields")
    if fields is None:
        raise refusals.NullPointer("java.util.Map.entrySet()", "fields")
    for fact, name in fields.items():
        if fact not in {*_METADATA, *_STREAM_METADATA}:
            raise refusals.MetadataUnknown(fact)
        if name in table.places:
            raise refusals.MetadataFieldExists(fact)
    if named := [name for fact, name in fields.items() if fact in _STREAM_METADATA]:
        raise refusals.MetadataUnknown(named[0])
    readers = {name: _METADATA[fact] for fact, name in fields.items()}
    return _appending(plugin, table, [Column(name, STRING) for name in readers], list(readers.values()))


def rename_fields(plugin: str, options: Options, table: Table, site: PluginSite) -> Transform:
    """Make a FieldRename, which renames single columns (`specific`), and others by rules for all.

    It passes rows on unchanged if this engine does not run one of its patterns. Raises `OptionMismatch`, `BadPattern`,
    and `NullPointer` for a rule that matches but has no replacement.
    """
    specific = [Options(item) for item in options.mappings("specific", java_type=_SPECIFIC_TYPE) or ()]
    named = {each.text("field_name", "fieldName"): each.text("target_name", "targetName") for each in specific[::-1]}
    try:
        rename = _renaming(options, _FIELD_RULES_TYPE, site.plan)
        names = {name: named.get(name) or rename(name) for name in table.names}
    except PatternNotRun as reason:
        return not_run(plugin, table, reason)
    columns = tuple(replace(column, name=names[column.name]) for column in table.columns)
    key = tuple(names.get(name, name) for name in table.primary_key)
    return Transform(plugin, replace(table, columns=columns, primary_key=key))


def rename_table(plugin: str, options: Options, table: Table, site: PluginSite) -> Transform:
    """Make a TableRename, which renames the table of rows.

    It passes rows on unchanged if this engine does not run one of its patterns. Raises `OptionMismatch`, `BadPattern`,
    and `NullPointer` for a rule that matches but has no replacement.
    """
    cased, old = _casing(options), table.path
    rules = options.mappings("replacements_with_regex", java_type=_RULES_TYPE) or ()
    if any("is_regex" in rule or "isRegex" in rule for rule in rules):
        raise refusals.OptionMismatch(rules, _RULES_TYPE)
    try:
        name = _renaming(options, _RULES_TYPE, site.plan)(old.table)
    except PatternNotRun as reason:
        return not_run(plugin, table, reason)
    database, schema = (None if part is None else cased(part) for part in (old.database, old.schema))
    produces, weigh = replace(table, path=TablePath(database, schema, name)), row_sizer(table.types)
    path = str(produces.path)

    def renamed(row: Row) -> Row:
        return row if row.table == path else replace(row, table=path, size=weigh(row.values))

    return Transform(plugin, produces, lambda rows: list(map(renamed, rows)))


def _renaming(options: Options, rules_type: str, plan: PlanMeter) -> Callable[[str], str]:
    """Return a function that turns a name into the new name. Raises `PatternNotRun`.

    Only the last rule that matches is applied. Matches are found before the letter case of the name is changed.
    """
    cased = _casing(options)
    rules = [Options(item) for item in options.mappings("replacements_with_regex", java_type=rules_type) or ()]
    finders = list(map(_finder, rules))
    prefix, suffix = ((options.text(key) or "").strip() for key in ("prefix", "suffix"))

    def rename(name: str) -> str:
        spans: Sequence[tuple[int, int]] = ()
        substitute: str | None = ""
        for rule, find in zip(rules, finders, strict=True):
            if found := find(name):
                spans, substitute = found, rule.text("replace_to", "replaceTo")
        if substitute is None:
            raise refusals.NullPointer("String.trim()", "replaceTo")
        substitute = substitute.strip()
        plan.name(len(prefix) + len(name) + len(spans) * len(substitute) + len(suffix))
        pieces, made, at = [prefix], cased(name), 0
        for start, end in spans:
            pieces += made[at:start], substitute
            at = end
        return "".join((*pieces, made[at:], suffix))

    return rename


def _casing(options: Options) -> Callable[[str], str]:
    if not options.has("convert_case"):
        return str
    return str.upper if options.choice("convert_case", _Case, _Case.UPPER, _CASE_TYPE) is _Case.UPPER else str.lower


def _finder(rule: Options) -> Callable[[str], Sequence[tuple[int, int]]]:
    """Return a function that returns start and end of a rule's matches in a name, and may raise `BadPattern`."""
    pattern = rule.text("replace_from", "replaceFrom")
    if not pattern:
        return lambda _: ()
    if not rule.flag("is_regex", default=True):
        return lambda name: [(0, len(name))] if pattern == name else ()
    compiled = JavaPattern(pattern)

    def find(name: str) -> Sequence[tuple[int, int]]:
        try:
            return compiled.spans(name)
        except TaskFailed as error:
            raise refusals.BadPattern(str(error).partition(": ")[2]) from error

    return find
