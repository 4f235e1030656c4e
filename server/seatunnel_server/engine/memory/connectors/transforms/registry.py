"""The transforms of the distribution, by name in any letter case."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from seatunnel_server.engine.errors import EngineError
from seatunnel_server.engine.memory.connectors.plugins import PluginSite
from seatunnel_server.engine.memory.connectors.transforms.compiled import check_code
from seatunnel_server.engine.memory.connectors.transforms.documents import extract_json
from seatunnel_server.engine.memory.connectors.transforms.facts import (
    add_metadata,
    extract_row_kind,
    rename_fields,
    rename_table,
)
from seatunnel_server.engine.memory.connectors.transforms.fields import (
    copy_fields,
    filter_fields,
    filter_row_kinds,
    filter_table,
    map_fields,
)
from seatunnel_server.engine.memory.connectors.transforms.patterns import JavaPattern, PatternNotRun
from seatunnel_server.engine.memory.connectors.transforms.rows import not_run
from seatunnel_server.engine.memory.connectors.transforms.texts import replace_text, split_text
from seatunnel_server.engine.memory.failures import TaskFailed
from seatunnel_server.engine.memory.pipeline import Row, Transform
from seatunnel_server.engine.memory.schema import Doubt, Table
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import (
    BadPattern,
    JobTooLarge,
    MetadataUnknown,
    OptionRuleBroken,
    OptionsMissing,
    TransformUnknown,
)

_Maker: TypeAlias = Callable[[str, Options, Table, PluginSite], Transform]


def _query_rows(plugin: str, options: Options, table: Table, site: PluginSite) -> Transform:
    # The SQL parser takes a third of a second to import, and most jobs have no SQL.
    from seatunnel_server.engine.memory.connectors.transforms.sql import query_rows  # noqa: PLC0415

    return query_rows(plugin, options, table, site)


def _anywhere(make: Callable[[str, Options, Table], Transform]) -> _Maker:
    return lambda plugin, options, table, _site: make(plugin, options, table)


_RUN: Mapping[str, _Maker] = {
    "Copy": _anywhere(copy_fields),
    "DynamicCompile": _anywhere(check_code),
    "FieldMapper": _anywhere(map_fields),
    "FieldRename": rename_fields,
    "Filter": _anywhere(filter_fields),
    "FilterRowKind": _anywhere(filter_row_kinds),
    "JsonPath": extract_json,
    "Metadata": _anywhere(add_metadata),
    "Replace": replace_text,
    "RowKindExtractor": _anywhere(extract_row_kind),
    "Split": _anywhere(split_text),
    "Sql": _query_rows,
    "TableFilter": _anywhere(filter_table),
    "TableRename": rename_table,
}
_PASSED: Mapping[str, tuple[str, ...]] = {
    "Calcite": ("sql",),
    "DataValidator": ("field_rules",),
    "DefineSinkType": ("columns",),
    "FieldEncrypt": ("fields", "key"),
    "Embedding": ("model_provider", "model", "vectorization_fields"),
    "LLM": ("model_provider", "model", "prompt"),
    "RegexExtract": ("source_field", "regex_pattern", "output_fields"),
    "TableMerge": ("table",),
}
"""Transforms that are not run here, with their required options."""
KNOWN = frozenset({*_RUN, *_PASSED})
_BY_NAME = {name.lower(): name for name in KNOWN}


@dataclass(frozen=True, slots=True)
class TableTransforms:
    """One transform of a job, which consists of a `Transform` for each of its input tables."""

    plugin: str
    by_table: Mapping[str, Transform]

    @property
    def produces(self) -> tuple[Table, ...]:
        """The output tables, in the order of the input tables."""
        return tuple(step.produces for step in self.by_table.values())

    @property
    def steps(self) -> tuple[Transform, ...]:
        """A tuple of one transform, which selects the transform for a row by the row's table."""
        first, *others = self.by_table.values()
        note = next((step.note for step in self.by_table.values() if step.note is not None), None)
        return (Transform(self.plugin, first.produces, self._apply, note),) if others else (first,)

    def _apply(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return the transformed rows, in their order."""
        first = next(iter(self.by_table.values()))
        groups = groupby(rows, key=lambda row: row.table)
        return [made for table, group in groups for made in self.by_table.get(table, first).apply(list(group))]


def transform_of_tables(plugin: str, options: Options, tables: Sequence[Table], site: PluginSite) -> TableTransforms:
    """Make a transform for its input tables.

    Raises `TransformUnknown` for a transform that the release does not have, and what `transform_of_table` raises.
    """
    if site.rules and site.rules.of("transform", plugin) is None:
        raise TransformUnknown(plugin, site.rules.names("transform"))
    return TableTransforms(plugin, {str(table.path): _step(plugin, options, table, site) for table in tables})


def _step(plugin: str, options: Options, table: Table, site: PluginSite) -> Transform:
    """Make the transform of a table.

    If it would fail only because a simulated source lacks a column or metadata, rows pass unchanged.
    """
    try:
        step = transform_of_table(plugin, options, table, site)
    except (JobTooLarge, TransformUnknown, OptionRuleBroken):
        raise
    except EngineError as error:
        without_metadata = Doubt.METADATA in table.doubts and isinstance(error, MetadataUnknown)
        if Doubt.COLUMNS not in table.doubts and not without_metadata:
            raise
        table = table.doubted(Doubt.COLUMNS)
        step = not_run(plugin, table, "its simulated source lacks a column or metadata")
    site.plan.columns(step.produces.columns)
    return step


def transform_of_table(plugin: str, options: Options, table: Table, site: PluginSite) -> Transform:
    """Make the transform of one input table.

    Options of a single table (`table_transform`) override those for all; a table that `table_match_regex` does not
    match is not changed. Raises what `make_transform` raises, and `BadPattern`.
    """
    path = str(table.path)
    for own in map(Options, options.mappings("table_transform") or ()):
        if own.text("table_path") == path:
            return make_transform(plugin, own, table, site)
    pattern = options.text("table_match_regex")
    try:
        matches = pattern is None or JavaPattern(pattern).matches(path)
    except PatternNotRun as reason:
        return not_run(plugin, table, reason)
    except TaskFailed as error:
        raise BadPattern(str(error).partition(": ")[2]) from error
    made = make_transform(plugin, options, table, site)
    return made if matches else Transform(plugin, table)


def make_transform(plugin: str, options: Options, table: Table, site: PluginSite | None = None) -> Transform:
    """Make the transform that `plugin` names, for rows of `table`.

    Raises `TransformUnknown`, `ColumnsNotApart`, and the errors of the transform for its options.
    """
    name = _BY_NAME.get(plugin.lower())
    if name is None:
        raise TransformUnknown(plugin, KNOWN)
    table.require_columns_apart()
    if name in _RUN:
        return _RUN[name](plugin, options, table, site or PluginSite())
    if missing := [key for key in _PASSED[name] if not options.has(key)]:
        raise OptionsMissing(*missing)
    return not_run(plugin, table)
