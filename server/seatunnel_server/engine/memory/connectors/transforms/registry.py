"""The transforms of the distribution, by name in any letter case."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from seatunnel_server.engine.memory.connectors.plugins import PlannedTransform, TransformSite
from seatunnel_server.engine.memory.connectors.transforms.compiled import check_code
from seatunnel_server.engine.memory.connectors.transforms.documents import extract_json
from seatunnel_server.engine.memory.connectors.transforms.facts import add_metadata, extract_row_kind, rename_table
from seatunnel_server.engine.memory.connectors.transforms.fields import copy_fields, filter_fields, map_fields
from seatunnel_server.engine.memory.connectors.transforms.row_kinds import filter_row_kinds
from seatunnel_server.engine.memory.connectors.transforms.rows import Passed
from seatunnel_server.engine.memory.connectors.transforms.texts import replace_text, split_text
from seatunnel_server.engine.memory.schema import Table
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import OptionRuleBroken, TransformUnknown


def _query_rows(plugin: str, options: Options, table: Table, site: TransformSite) -> PlannedTransform:
    # The SQL parser takes a third of a second to import, and most jobs have no SQL.
    from seatunnel_server.engine.memory.connectors.transforms.sql import query_rows  # noqa: PLC0415

    return query_rows(plugin, options, table, site)


_RUN: Mapping[str, Callable[[str, Options, Table], PlannedTransform]] = {
    "Copy": copy_fields,
    "DynamicCompile": check_code,
    "FieldMapper": map_fields,
    "Filter": filter_fields,
    "FilterRowKind": filter_row_kinds,
    "JsonPath": extract_json,
    "Metadata": add_metadata,
    "Replace": replace_text,
    "RowKindExtractor": extract_row_kind,
    "Split": split_text,
    "TableRename": rename_table,
}
_PASSED: Mapping[str, tuple[str, ...]] = {
    "Embedding": ("model_provider", "model", "vectorization_fields"),
    "FieldRename": (),
    "LLM": ("model_provider", "model", "prompt"),
}
"""Transforms that are not run here, and the options that they cannot do without."""
KNOWN = frozenset({"Sql", *_RUN, *_PASSED})
_NOWHERE = TransformSite()
_BY_NAME = {name.lower(): name for name in KNOWN}


def make_transform(plugin: str, options: Options, table: Table, site: TransformSite = _NOWHERE) -> PlannedTransform:
    """Make the transform that `plugin` names, for rows of `table`, at its place in a job.

    Raises `TransformUnknown`, `ColumnsNotApart`, and whatever the transform refuses.
    """
    name = _BY_NAME.get(plugin.lower())
    if name is None:
        raise TransformUnknown(plugin, KNOWN)
    table.require_columns_apart()
    if name == "Sql":
        return _query_rows(plugin, options, table, site)
    if name in _RUN:
        return _RUN[name](plugin, options, table)
    if missing := [key for key in _PASSED[name] if not options.has(key)]:
        listed = ", ".join(f"'{key}'" for key in missing)
        raise OptionRuleBroken(f"There are unconfigured options, the options({listed}) are required.")
    return Passed(plugin, table, f"Transform {plugin} is not run by this engine: it passes rows on unchanged.")
