"""Job configurations written in SQL: tables with connectors, and statements that move rows between them.

    /* config
    env { job.mode = "BATCH" }
    */
    CREATE TABLE fake (name STRING) WITH ('connector' = 'FakeSource', 'type' = 'source');
    CREATE TABLE out (name STRING) WITH ('connector' = 'Console', 'type' = 'sink');
    INSERT INTO out SELECT name FROM fake;

Whatever is wrong is a failure of the engine, an empty text included (research on later releases, 1.11).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from seatunnel_server.engine.errors import EngineFailure
from seatunnel_server.engine.hocon import parse as parse_hocon

# Each of these reads a text in one pass: what has no end goes up to the end of the text.
_NOISE: Final = re.compile(r"('(?:[^']|'')*(?:'|\Z))|/\*(.*?)(?:\*/|\Z)|--[^\n]*", re.DOTALL)
_STATEMENT: Final = re.compile(r"(?:'(?:[^']|'')*(?:'|\Z)|[^';])+")
_CONFIG: Final = re.compile(r"\s*config\b(.*)", re.DOTALL | re.IGNORECASE)
_NAME: Final = r"[`\"]?([\w.]+)[`\"]?"
_TABLE: Final = re.compile(rf"\s*CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?{_NAME}\s*(?=\(|WITH\b)", re.IGNORECASE)
_WITH: Final = re.compile(r"'(?:[^']|'')*'|\bWITH\s*(\()", re.IGNORECASE)
_VIEW: Final = re.compile(rf"\s*CREATE\s+TABLE\s+{_NAME}\s+AS\s+(SELECT\b.*)", re.DOTALL | re.IGNORECASE)
_INSERT: Final = re.compile(rf"\s*INSERT\s+INTO\s+{_NAME}\s+(SELECT\b.*)", re.DOTALL | re.IGNORECASE)
_SOURCE: Final = re.compile(rf"\bFROM\s+{_NAME}", re.IGNORECASE)
_PLAIN: Final = re.compile(rf"SELECT\s+\*\s+FROM\s+{_NAME}\s*", re.IGNORECASE)
_OPTION: Final = re.compile(r"'((?:[^']|'')*)'\s*=\s*'((?:[^']|'')*)'")


class NotSql(EngineFailure):
    """The text is no configuration in SQL."""


@dataclass
class _Reader:
    sources: list[dict[str, Any]] = field(default_factory=list)
    transforms: list[dict[str, Any]] = field(default_factory=list)
    sinks: list[dict[str, Any]] = field(default_factory=list)
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The options of the tables that can be inserted into."""

    def read(self, statement: str) -> None:
        if found := _TABLE.match(statement):
            self._table(found[1], _options_of(statement))
        elif found := _VIEW.fullmatch(statement):
            self._query(found[2], found[1])
        elif found := _INSERT.fullmatch(statement):
            self._insert(found[1], found[2].strip())
        else:
            raise NotSql(f"Unsupported SQL syntax: {' '.join(statement.split())[:100]}")

    def _table(self, name: str, options: dict[str, Any]) -> None:
        if "connector" not in options or options.get("type") not in {"source", "sink"}:
            raise NotSql(f"The table {name} needs the options 'connector' and 'type'")
        plugin = {"plugin_name": options.pop("connector")}
        if options.pop("type") == "source":
            self.sources.append(plugin | options | {"plugin_output": name})
        else:
            self.tables[name] = plugin | options

    def _query(self, query: str, output: str) -> None:
        found = _SOURCE.search(query)
        if found is None:
            raise NotSql(f"There is no table that is selected from: {query[:100]}")
        self.transforms.append(
            {"plugin_name": "Sql", "plugin_input": found[1], "plugin_output": output, "query": query.strip()}
        )

    def _insert(self, target: str, query: str) -> None:
        if target not in self.tables:
            raise NotSql(f"The sink table {target} is not found")
        plain = _PLAIN.fullmatch(query)
        origin = plain[1] if plain is not None else f"{target}_query_{len(self.sinks) + 1}"
        if plain is None:
            self._query(query, origin)
        self.sinks.append(self.tables[target] | {"plugin_input": origin})


def parse(text: str) -> dict[str, Any]:
    """Read the text of a configuration into the tree that plans are made from.

    Raises `NotSql`, and for the comment with the options what the HOCON reader raises.
    """
    configs = [config[1] for found in _NOISE.finditer(text) if (config := _CONFIG.match(found[2] or ""))]
    tree = parse_hocon(configs[0]) if configs else {}
    reader = _Reader()
    for statement in _STATEMENT.findall(_NOISE.sub(lambda found: found[1] or " ", text)):
        if statement.strip():
            reader.read(statement)
    if not reader.sources:
        raise NotSql("The SQL config must contain at least one source table")
    if not reader.sinks:
        raise NotSql("The SQL config must contain `INSERT INTO ... SELECT ...` syntax")
    tree.setdefault("env", {})
    return tree | {"source": reader.sources, "transform": reader.transforms, "sink": reader.sinks}


def _options_of(statement: str) -> dict[str, Any]:
    """Return what stands behind `WITH`; nothing if that is not there."""
    begin = next((found.end() for found in _WITH.finditer(statement) if found[1]), len(statement))
    options = _OPTION.findall(statement, begin)
    return {_unquoted(key): _value(_unquoted(value)) for key, value in options}


def _unquoted(text: str) -> str:
    return text.replace("''", "'")


def _value(text: str) -> Any:
    """Return an option's value: text, or what HOCON makes of an object or a list."""
    return parse_hocon(f"value = {text}")["value"] if text.strip()[:1] in {"{", "["} else text
