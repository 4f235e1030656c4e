"""The transforms Copy, FieldMapper, Filter, FilterRowKind and TableFilter.

Options and errors were read in the transforms; `submit-job/transform-copy` and `transform-field-mapper` are recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum

from seatunnel_server.engine.javatext import java_text
from seatunnel_server.engine.memory.connectors.transforms.patterns import JavaPattern, PatternNotRun
from seatunnel_server.engine.memory.connectors.transforms.rows import not_run, picked, setting
from seatunnel_server.engine.memory.pipeline import RowKind, Transform
from seatunnel_server.engine.memory.schema import Column, Table
from seatunnel_server.engine.options import Options, as_choice
from seatunnel_server.engine.refusals import FieldsUnknown, FieldUnknown, NullPointer, OptionRuleBroken, OptionsMissing


def copy_fields(plugin: str, options: Options, table: Table) -> Transform:
    """Make a Copy, which adds fields with the values of others, or overwrites existing fields.

    Raises `OptionRuleBroken`, `OptionMismatch` and `FieldUnknown`.
    """
    places = table.places
    copies: list[tuple[Column, int]] = []
    for target, source in _copies(options).items():
        if source is None or source not in places:
            raise FieldUnknown("Copy", java_text(source))
        copies.append((replace(table.columns[places[source]], name=target), places[source]))
    sources = [at for _, at in copies]
    return setting(plugin, table, [column for column, _ in copies], lambda values: [values[at] for at in sources])


def _copies(options: Options) -> dict[str, str | None]:
    fields = options.texts_by_name("fields")
    if fields is not None:
        return dict(fields)
    source, target = options.text("src_field"), options.text("dest_field")
    if (source is None) != (target is None):
        raise OptionRuleBroken(
            "These options('src_field', 'dest_field') are bundled, must be present or absent together."
        )
    return {target or "": source}


def map_fields(plugin: str, options: Options, table: Table) -> Transform:
    """Make a FieldMapper, which keeps the fields in `field_mapper` only, in its order and with their new names.

    Raises `OptionRuleBroken`, `OptionMismatch` and `FieldsUnknown`.
    """
    mapper = options.texts_by_name("field_mapper")
    if mapper is None:
        raise OptionsMissing("field_mapper")
    places = _places("FieldMapper", list(mapper), table)
    columns = [
        replace(table.columns[at], name=name, scale=None) for name, at in zip(mapper.values(), places, strict=True)
    ]
    return picked(plugin, table.with_columns(columns), places)


def filter_fields(plugin: str, options: Options, table: Table) -> Transform:
    """Make a Filter, which keeps the included fields, or all but the excluded ones.

    Raises `OptionRuleBroken`, `OptionMismatch` and `FieldsUnknown`.
    """
    included, excluded = options.texts("include_fields", "fields"), options.texts("exclude_fields")
    if (included is None) == (excluded is None):
        raise OptionRuleBroken(
            "These options('include_fields', 'exclude_fields') are mutually exclusive, "
            'allowing only one set("[] for a set") of options to be configured.'
        )
    places = _places("Filter", [*(included or []), *(excluded or [])], table)
    if excluded is not None:
        left_out = set(places)
        places = [at for at in range(len(table.columns)) if at not in left_out]
    return picked(plugin, table.with_columns(table.columns[at] for at in places), places)


def _places(transform: str, names: Sequence[str], table: Table) -> list[int]:
    if missing := [name for name in names if name not in table.places]:
        raise FieldsUnknown(transform, ",".join(missing))
    return [table.places[name] for name in names]


_JAVA_TYPE = "java.util.List<org.apache.seatunnel.api.table.type.RowKind>"
_EXCLUSIVE = (
    "These options('exclude_kinds', 'include_kinds') are mutually exclusive, "
    'allowing only one set("[] for a set") of options to be configured.'
)


def filter_row_kinds(plugin: str, options: Options, table: Table) -> Transform:
    """Make a FilterRowKind, which keeps rows of some kinds. Raises `OptionRuleBroken` and `OptionMismatch`."""
    included, excluded = _kinds(options, "include_kinds"), _kinds(options, "exclude_kinds")
    named = excluded if included is None else included  # the engine looks at one option only
    if not named:
        raise OptionRuleBroken(_EXCLUSIVE)
    kept = frozenset(RowKind) - named if included is None else named
    return Transform(plugin, table, lambda rows: [row for row in rows if row.kind in kept])


def _kinds(options: Options, name: str) -> frozenset[RowKind] | None:
    items = options.items(name)
    return None if items is None else frozenset(as_choice(item, RowKind, _JAVA_TYPE) for item in items)


class _PatternMode(Enum):
    INCLUDE = 0
    EXCLUDE = 1


def filter_table(plugin: str, options: Options, table: Table) -> Transform:
    """Make a TableFilter, which keeps the rows of tables whose names match the patterns, or with EXCLUDE don't match.

    Raises `OptionMismatch`, and `NullPointer` for a pattern of a part, such as `schema`, that the name does not have.
    """
    mode = options.choice("pattern_mode", _PatternMode, _PatternMode.INCLUDE, f"{_PACKAGE}$PatternMode")
    matches = True
    for part in ("database", "schema", "table"):
        pattern, name = options.text(f"{part}_pattern"), getattr(table.path, part)
        if pattern is None or not matches:
            continue
        if name is None:
            raise NullPointer("String.matches(String)", f'the return value of "get{part.title()}Name()"')
        try:
            matches = JavaPattern(pattern).matches(name)
        except PatternNotRun as reason:
            return not_run(plugin, table, reason)
    if matches is (mode is _PatternMode.INCLUDE):
        return Transform(plugin, table)
    return Transform(plugin, table, lambda _: [])


_PACKAGE = "org.apache.seatunnel.transform.table.TableFilterConfig"
