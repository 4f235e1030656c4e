"""The configurations of the suite's jobs, FakeSource to Console with few rows, in each language and as uploads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import httpx2

from seatunnel_openapi import Contract

NO_OPTIONS: Final[Mapping[str, Any]] = MappingProxyType({})

ROWS = 7
"""The number of rows of a batch job of the suite. Without `row.num`, FakeSource makes 5."""


TABLES: Final[Mapping[str, int]] = MappingProxyType({"one": ROWS, "two": 120})
"""The numbers of rows by table of a job with two pipelines. The bytes of the second table have four digits."""


_ALL_ROWS: Final = "select name, age from fake"

_OTHER_NAME: Final[Mapping[str, Any]] = MappingProxyType({"job.name": "conformance-other"})
"""An `env` with another job name than the submission."""


class Configurations:
    """Makes configurations for the release of a contract. Releases have different names for the options of tables."""

    __slots__ = ()

    contract: Contract

    def batch(self, options: Mapping[str, Any] = NO_OPTIONS, *, rows: int = ROWS) -> dict[str, Any]:
        """Return the configuration of a job that writes `rows` rows to the console and then ends.

        `options` has additional members for its `env`.
        """
        return self._config({"job.mode": "BATCH", **options}, self.source(rows=rows), self.sink())

    def endless(self, options: Mapping[str, Any] = NO_OPTIONS, *, rows: int = ROWS) -> dict[str, Any]:
        """Return the configuration of a job that moves a few rows and runs until it is stopped."""
        env = {"job.mode": "STREAMING", "checkpoint.interval": 5000, **options}
        return self._config(env, self.source(rows=rows), self.sink())

    def parallel(self) -> dict[str, Any]:
        """Return the configuration of a batch job of two pipelines, with the numbers of rows in `TABLES`."""
        sources, sinks = [self.source(table, rows=rows) for table, rows in TABLES.items()], list(map(self.sink, TABLES))
        # The submission has another job name than this `env`.
        return {**self.batch(_OTHER_NAME), "source": sources, "sink": sinks}

    def several_tables(self) -> dict[str, Any]:
        """Return the configuration of a batch job whose only source makes all tables of `TABLES` with their rows."""
        columns = {"fields": {"name": "string"}}
        tables = [{"row.num": rows, "schema": {"table": table, **columns}} for table, rows in TABLES.items()]
        source = self.source()
        own = {name: value for name, value in source.items() if name not in {"row.num", "schema"}}
        return {**self.batch(), "source": [{**own, "tables_configs": tables}]}

    def failing(self) -> dict[str, Any]:
        """Return the configuration of a job that starts and fails at its first row, without a retry."""
        return self._transformed(self.batch({"job.retry.times": 0}), "select CAST(name AS INT) as n from fake")

    def transformed(self) -> dict[str, Any]:
        """Return the configuration of a batch job with a transform."""
        return self._transformed(self.batch(), _ALL_ROWS)

    def endless_parallel(self, *, rows: int = ROWS) -> dict[str, Any]:
        """Return the configuration of an endless job of two pipelines, one of them with a transform."""
        config = self._transformed(self.endless(_OTHER_NAME, rows=rows), _ALL_ROWS)
        sources, sinks = [*config["source"], self.source("two")], [*config["sink"], self.sink("two")]
        return {**config, "source": sources, "sink": sinks}

    def _transformed(self, config: dict[str, Any], query: str) -> dict[str, Any]:
        reads, writes = self._table_options()
        transform = {"plugin_name": "Sql", reads: "fake", writes: "changed", "query": query}
        return {**config, "transform": [transform], "sink": [self.sink("changed")]}

    def source(self, table: str = "fake", *, rows: int = ROWS, **options: Any) -> dict[str, Any]:
        """Return a FakeSource that writes rows of two columns to a table."""
        columns = {"fields": {"name": "string", "age": "int"}}
        named = {self._table_options()[1]: table}
        return {"plugin_name": "FakeSource", **named, "row.num": rows, "schema": columns, **options}

    def sink(self, table: str = "fake", **options: Any) -> dict[str, Any]:
        """Return a Console that reads a table."""
        return {"plugin_name": "Console", self._table_options()[0]: table, **options}

    def _table_options(self) -> tuple[str, str]:
        facts = self.contract.operation("submit_job").behaviour
        return facts.names("inputKeys")[0], facts.names("outputKeys")[0]

    def _config(self, env: Mapping[str, Any], source: Mapping[str, Any], sink: Mapping[str, Any]) -> dict[str, Any]:
        return {"env": {"parallelism": 1, **env}, "source": [source], "transform": [], "sink": [sink]}


SQL_TABLES: Final = f"""
/* config
env {{
  job.mode = "BATCH"
  parallelism = 1
}}
*/
CREATE TABLE fake (name STRING, age INT) WITH (
  'connector' = 'FakeSource',
  'row.num' = '{ROWS}',
  'schema' = '{{ fields {{ name = "string", age = "int" }} }}',
  'type' = 'source'
);
CREATE TABLE written (name STRING, age INT) WITH ('connector' = 'Console', 'type' = 'sink');
CREATE TABLE copied (name STRING, age INT) WITH ('connector' = 'Console', 'type' = 'sink');
"""
"""The tables of a job in SQL: a source with `ROWS` rows, and two sinks."""

SQL_INSERT: Final = "INSERT INTO written SELECT * FROM fake;\nINSERT INTO copied SELECT * FROM fake;\n"
"""The statements of a job in SQL that write the rows of the source in `SQL_TABLES` to both sinks."""


def as_hocon(config: Mapping[str, Any]) -> str:
    """Return a configuration as HOCON: `env` as lines with unquoted keys, each plugin as a block with its name."""
    options = "".join(f"  {name} = {_value(value)}\n" for name, value in config.get("env", {}).items())
    contents = {"env": options, **{name: _blocks(config.get(name, ())) for name in ("source", "transform", "sink")}}
    return "".join(f"{name} {{\n{content}}}\n" for name, content in contents.items() if name in config)


def _blocks(plugins: Any) -> str:
    return "".join(
        f"  {plugin['plugin_name']} {{\n"
        + "".join(f"    {name} = {_value(value)}\n" for name, value in plugin.items() if name != "plugin_name")
        + "  }\n"
        for plugin in plugins
    )


def _value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def form(file: bytes, file_name: str | None, *, field: str = "config_file", **fields: str) -> tuple[bytes, str]:
    """Return a multipart form with one file (with or without name) and further fields, and its content type."""
    request = httpx2.Request("POST", "http://form", data=fields, files={field: (file_name, file)})
    return request.read(), request.headers["content-type"]
