"""FilterRowKind: lets rows of some kinds through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seatunnel_server.engine.memory.pipeline import Row, RowKind
from seatunnel_server.engine.memory.schema import Table
from seatunnel_server.engine.options import Options, as_choice
from seatunnel_server.engine.refusals import OptionRuleBroken

_JAVA_TYPE = "java.util.List<org.apache.seatunnel.api.table.type.RowKind>"
_EXCLUSIVE = (
    "These options('exclude_kinds', 'include_kinds') are mutually exclusive, "
    'allowing only one set("[] for a set") of options to be configured.'
)


@dataclass(frozen=True, slots=True)
class FilterRowKind:
    """Keeps the rows whose kind is one of `kinds`."""

    plugin: str
    produces: Table
    kinds: frozenset[RowKind]
    note: str | None = None

    def apply(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return the rows that are kept, unchanged."""
        return [row for row in rows if row.kind in self.kinds]


def filter_row_kinds(plugin: str, options: Options, table: Table) -> FilterRowKind:
    """Make a FilterRowKind; raise `OptionRuleBroken` or `OptionMismatch`."""
    included, excluded = _kinds(options, "include_kinds"), _kinds(options, "exclude_kinds")
    if (included is None) == (excluded is None):
        raise OptionRuleBroken(_EXCLUSIVE)
    kinds = frozenset(RowKind) - (excluded or frozenset()) if included is None else included
    if not (included or excluded):
        raise OptionRuleBroken(_EXCLUSIVE)
    return FilterRowKind(plugin, table, kinds)


def _kinds(options: Options, name: str) -> frozenset[RowKind] | None:
    items = options.items(name)
    return None if items is None else frozenset(as_choice(item, RowKind, _JAVA_TYPE) for item in items)
