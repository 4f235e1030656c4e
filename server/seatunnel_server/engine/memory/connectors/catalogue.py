"""The connectors that jobs can name. This engine runs some of them, and simulates others that the release has.

A simulated source generates rows instead of reading, a simulated sink counts them and writes nothing. The source has
the tables that its options name. They have the columns of its `schema` or, without a schema, two columns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, partial
from typing import Any, Final, Literal, Self, TypeAlias

from seatunnel_openapi.connectors import Connectors, connectors_of
from seatunnel_openapi.contract import Contract
from seatunnel_openapi.option_rules import OptionRules, option_rules_of
from seatunnel_server.engine.errors import EngineError
from seatunnel_server.engine.memory.connectors.plugins import PluginSite
from seatunnel_server.engine.memory.connectors.sources.fake import FakeSource, make_fake_source
from seatunnel_server.engine.memory.pipeline import Sink
from seatunnel_server.engine.memory.schema import Doubt
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import FactoryFailed, OptionMismatch, OptionsMissing, PluginUnknown

ConnectorKind: TypeAlias = Literal["source", "sink"]


class ConnectorMode(StrEnum):
    """How this engine treats connectors that it can't run."""

    SIMULATE = "simulate"
    """Simulate the connectors of the release, and refuse others."""
    STRICT = "strict"
    """Refuse all, like an engine without these connectors."""
    ANY = "any"
    """Simulate a connector of any name."""


_REFUSALS: Final = {"plugin-not-found": PluginUnknown, "factory-failed": FactoryFailed}
"""The error of a connector that is not installed, by the fact `unknownConnector`."""


@dataclass(frozen=True)
class Catalogue:
    """The connectors of a release, and how this engine treats them. The default refuses all that it can't run."""

    mode: ConnectorMode = ConnectorMode.STRICT
    refusal: Callable[[str, str], EngineError] = PluginUnknown
    """Returns the error for the kind and name of an unknown connector."""
    release: Connectors = field(default_factory=partial(Connectors.parse, {}, ()))
    rules: OptionRules | None = None

    @classmethod
    def of_contract(cls, contract: Contract, mode: ConnectorMode) -> Self:
        """Return the catalogue of a contract's release."""
        refusal = _REFUSALS[contract.operation("submit_job").behaviour.choice("unknownConnector")]
        return cls(mode, refusal, connectors_of(contract.release), option_rules_of(contract.release))

    @cached_property
    def jars(self) -> Mapping[ConnectorKind, Mapping[str, str]]:
        """The names of jars, by kind and lower-case name of the connector."""
        sources, sinks = self.release.sources.items(), self.release.sinks.items()
        return {
            "source": {name.lower(): jar for name, jar in sources},
            "sink": {name.lower(): jar for name, jar in sinks},
        }

    def require(self, kind: ConnectorKind, plugin: str, options: Options) -> None:
        """Require that a connector may be simulated and has its required options.

        Raises the error of `refusal`, or `FactoryFailed`.
        """
        name = plugin.lower()
        known = name in self.jars[kind]
        if self.mode is ConnectorMode.STRICT or (self.mode is ConnectorMode.SIMULATE and not known):
            raise self.refusal(kind, plugin)
        needed = self.rules.required(kind, name) if self.rules else ()
        missing = ["|".join(keys) for keys in needed if not options.has(*keys)]
        if missing:
            raise FactoryFailed(kind, plugin) from OptionsMissing(*missing)

    def jar(self, kind: ConnectorKind, plugin: str) -> str:
        """Return the name of the jar that a simulated connector would be loaded from."""
        name = plugin.lower()
        return self.jars[kind].get(name) or f"connector-{re.sub(r'[^a-z0-9-]', '-', name)}"


_COLUMNS: Mapping[str, Any] = {"fields": {"id": "bigint", "name": "string"}}
"""The schema of a table whose columns the configuration does not declare."""
_ROWS = 5
_TABLE_NAMES = ("table-names", "table_names")
_TABLE_CONFIGS = ("tables_configs", "table_list")
_TABLE_NAME = ("table_path", "topic", "table_name", "table", "index")
_NAME_PARTS = 3
_NO_NAME = "table"


def simulated_source(plugin: str, options: Options, site: PluginSite, jar: str) -> FakeSource:
    """Return a source that generates rows of the tables that `options` describe. Raises `FactoryFailed`."""
    outputs = {name: options.raw(name) for name in site.output_keys}
    tables = _with_distinct_names([_table(table, options) for table in _tables(options)])
    described = tables[0] if len(tables) == 1 else {"tables_configs": tables}
    fake = make_fake_source(plugin, Options({**outputs, **described}), site)
    fake.jar, fake.note = jar, f"Source {plugin} is simulated: it connects to nothing and generates rows."
    known = all(_declared_columns(table) or _declared_columns(options) for table in _tables(options))
    doubts = (Doubt.METADATA, Doubt.ROWS, *(() if known else (Doubt.COLUMNS,)))
    fake.produces = tuple(table.doubted(*doubts) for table in fake.produces)
    return fake


def _with_distinct_names(tables: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """Name the tables that have no name, and append a number to each repeated name."""
    seen: set[str] = set()
    for number, table in enumerate(tables, start=1):
        schema = table["schema"]
        name = schema.get("table") or (_NO_NAME if len(tables) > 1 else None)
        if isinstance(name, str):
            schema["table"] = f"{name}_{number}" if name in seen else name
            seen.add(name)
    return tables


def _tables(options: Options) -> Sequence[Options]:
    """Return the options of each table."""
    for name in _TABLE_CONFIGS:
        with suppress(OptionMismatch):
            if configs := options.mappings(name):
                return list(map(Options, configs))
    if options.has(*_TABLE_NAMES):
        return [Options({"table_path": name}) for name in dict.fromkeys(options.texts(*_TABLE_NAMES) or ())]
    return [options]


def _table(table: Options, source: Options) -> dict[str, Any]:
    """Return the options of a FakeSource that generates rows of this table."""
    columns = _declared_columns(table) or _declared_columns(source) or _COLUMNS
    declared = table.raw("schema")
    further = declared.items() if isinstance(declared, Mapping) else ()
    schema = {**{key: value for key, value in further if key not in {"fields", "columns"}}, **columns}
    if (name := _name(table)) is not None:
        schema.setdefault("table", name)
    return {"schema": schema, "row.num": _rows(source)}


def _rows(source: Options) -> int:
    """Return the number of rows that each reader generates for a table."""
    declared = source.raw("row.num")
    return int(declared) if re.fullmatch("[1-9][0-9]{0,8}", str(declared), re.ASCII) else _ROWS


def _declared_columns(table: Options) -> Mapping[str, Any]:
    """Return the `fields` and `columns` of the schema that have the type a FakeSource needs."""
    schema = table.raw("schema")
    of_schema = schema if isinstance(schema, Mapping) else {}
    forms = (("fields", Mapping), ("columns", list))
    return {key: of_schema[key] for key, form in forms if isinstance(of_schema.get(key), form)}


def _name(table: Options) -> str | None:
    """Return the last three parts of a table's name; None if it has no name."""
    name = table.raw(*_TABLE_NAME)
    parts = [part for part in name.split(".") if part] if isinstance(name, str) else []
    return ".".join(parts[-_NAME_PARTS:]) or None


class SimulatedSink(Sink):
    """A sink that ignores its rows; the job has already counted them."""

    def __init__(self, plugin: str, connectors: Catalogue, reason: str = "") -> None:
        """Take the name; `reason` is why a sink that this engine could run is simulated."""
        self.plugin, self.jar = plugin, connectors.jar("sink", plugin)
        self.single_table = plugin.lower() in connectors.release.single_table
        because = f", because {reason}" if reason else ""
        self.note = f"Sink {plugin} is simulated{because}: it counts rows and writes nothing."
