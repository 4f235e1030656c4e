"""The transforms Replace and Split. Their options and errors were read in the engine's transforms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from seatunnel_server.engine.memory.connectors.plugins import PluginSite
from seatunnel_server.engine.memory.connectors.transforms.patterns import JavaPattern, PatternNotRun
from seatunnel_server.engine.memory.connectors.transforms.rows import Values, changed, not_run, setting
from seatunnel_server.engine.memory.connectors.values import to_text
from seatunnel_server.engine.memory.limits import RowMeter
from seatunnel_server.engine.memory.pipeline import Transform
from seatunnel_server.engine.memory.schema import STRING, Column, DataType, Table
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import FieldUnknown, OptionsMissing


def _required(options: Options, *names: str) -> list[str]:
    found = [options.text(name) for name in names]
    if missing := [name for name, value in zip(names, found, strict=True) if value is None]:
        raise OptionsMissing(*missing)
    return [value for value in found if value is not None]


def _field(transform: str, name: str, table: Table) -> int:
    at = table.index(name)
    if at is None:
        raise FieldUnknown(transform, name)
    return at


def replace_text(plugin: str, options: Options, table: Table, site: PluginSite) -> Transform:
    """Return a Replace transform, which replaces the matches of a pattern in one or more fields of each row.

    If the pattern is not supported here, the transform passes rows on unchanged. Raises `OptionRuleBroken`,
    `OptionMismatch` and `FieldUnknown`.
    """
    several = options.has("replace_fields") and (
        site.rules is None or "replace_fields" in site.rules.keys("transform", plugin)
    )
    first = "replace_fields" if several else "replace_field"
    _, pattern, replacement = _required(options, first, "pattern", "replacement")
    is_regex, first_only = options.flag("is_regex", default=False), options.flag("replace_first")
    if is_regex and first_only is None and first == "replace_field":
        raise OptionsMissing("replace_first", because="'is_regex' == true")
    places = [_field("Replace", name, table) for name in options.texts(first) or ()]
    meter = site.rows
    try:
        rewrite = (
            JavaPattern(pattern, meter).replacing(replacement, first_only=bool(first_only))
            if is_regex
            else _literal(pattern, replacement, meter)
        )
    except PatternNotRun as reason:
        return not_run(plugin, table, reason)
    kinds = {at: table.columns[at].type for at in places}

    def replaced(values: Values) -> Values:
        return tuple(
            _rewritten(kinds[at], value, rewrite, meter) if at in kinds else value for at, value in enumerate(values)
        )

    return changed(plugin, table, replaced)


def _rewritten(kind: DataType, value: Any, rewrite: Callable[[str], str], meter: RowMeter) -> str | None:
    if value is None:
        return None
    meter.begin_row()
    text = to_text(kind, value)
    meter.characters(len(text))
    made = rewrite(text)
    meter.characters(len(made))
    return made


def _literal(pattern: str, replacement: str, meter: RowMeter) -> Callable[[str], str]:
    def rewrite(text: str) -> str:
        meter.require_room(len(text) + text.count(pattern) * (len(replacement) - len(pattern)))
        return text.replace(pattern, replacement)

    return rewrite


def split_text(plugin: str, options: Options, table: Table) -> Transform:
    """Return a Split transform, which splits the text of one field into new fields; the last one contains the rest.

    If the separator is not supported here, the transform passes rows on unchanged. Raises `OptionRuleBroken`,
    `OptionMismatch` and `FieldUnknown`.
    """
    separator, name = _required(options, "separator", "split_field")
    outputs = options.texts("output_fields")
    if outputs is None:
        raise OptionsMissing("output_fields")
    at = _field("Split", name, table)
    try:
        pattern, kind = JavaPattern(separator), table.columns[at].type
    except PatternNotRun as reason:
        return not_run(plugin, table, reason)

    def pieces(values: Values) -> Sequence[str | None]:
        found = [] if values[at] is None else pattern.split(to_text(kind, values[at]), len(outputs))
        return [*found, *[None] * len(outputs)][: len(outputs)]

    return setting(plugin, table, [Column(output, STRING, length=200, default="") for output in outputs], pieces)
