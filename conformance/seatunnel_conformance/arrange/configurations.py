"""The configurations of the suite's jobs: few rows, from FakeSource to Console."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from seatunnel_openapi import Contract

NO_OPTIONS: Final[Mapping[str, Any]] = MappingProxyType({})

ROWS = 7
"""Rows of a batch job of the suite; FakeSource makes 5 where `row.num` is lost."""


class Configurations:
    """Makes configurations for the release of a contract, because the names of the options for tables differ."""

    __slots__ = ()

    contract: Contract

    def batch(self, options: Mapping[str, Any] = NO_OPTIONS, *, rows: int = ROWS) -> dict[str, Any]:
        """Return the configuration of a job that writes `rows` rows to the console and then ends.

        `options` are additional members of its `env`.
        """
        return self._config({"job.mode": "BATCH", **options}, self.source(rows=rows), self.sink())

    def endless(self, options: Mapping[str, Any] = NO_OPTIONS) -> dict[str, Any]:
        """Return the configuration of a job that moves a few rows and runs until it is stopped."""
        env = {"job.mode": "STREAMING", "checkpoint.interval": 5000, **options}
        return self._config(env, self.source(), self.sink())

    def parallel(self) -> dict[str, Any]:
        """Return the configuration of a batch job of two pipelines, with `ROWS` rows each."""
        sources, sinks = [self.source("one"), self.source("two")], [self.sink("one"), self.sink("two")]
        return {**self.batch(), "source": sources, "sink": sinks}

    def failing(self) -> dict[str, Any]:
        """Return the configuration of a job that starts and fails at its first row, without a retry."""
        reads, writes = self._table_options()
        config = self._config({"job.mode": "BATCH", "job.retry.times": 0}, self.source(), self.sink("numbers"))
        query = "select CAST(name AS INT) as n from fake"
        config["transform"] = [{"plugin_name": "Sql", reads: "fake", writes: "numbers", "query": query}]
        return config

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
