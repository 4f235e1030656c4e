"""The transforms of the distribution, by name in any letter case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from seatunnel_server.engine.memory.connectors.plugins import TransformSite
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
from seatunnel_server.engine.memory.pipeline import Transform
from seatunnel_server.engine.memory.schema import Table
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import BadPattern, OptionsMissing, TransformUnknown

_Maker: TypeAlias = Callable[[str, Options, Table, TransformSite], Transform]


def _query_rows(plugin: str, options: Options, table: Table, site: TransformSite) -> Transform:
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
"""Transforms that are not run here, and the options that they cannot do without."""
KNOWN = frozenset({*_RUN, *_PASSED})
_BY_NAME = {name.lower(): name for name in KNOWN}


def transform_of_table(plugin: str, options: Options, table: Table, site: TransformSite) -> Transform:
    """Make a transform for one of the tables that reach it.

    Its own options (`table_transform`) precede those of all tables; a table that `table_match_regex` does not match is
    unchanged. Raises as `make_transform`, and `BadPattern`.
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


def make_transform(plugin: str, options: Options, table: Table, site: TransformSite | None = None) -> Transform:
    """Make the transform that `plugin` names, for rows of `table`, at its place in a job.

    Raises `TransformUnknown`, `ColumnsNotApart`, and whatever the transform refuses.
    """
    name = _BY_NAME.get(plugin.lower())
    if name is None:
        raise TransformUnknown(plugin, KNOWN)
    table.require_columns_apart()
    if name in _RUN:
        return _RUN[name](plugin, options, table, site or TransformSite())
    if missing := [key for key in _PASSED[name] if not options.has(key)]:
        raise OptionsMissing(*missing)
    return not_run(plugin, table)
