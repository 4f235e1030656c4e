"""The suite's job configurations as HOCON and SQL, and as multipart uploads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import httpx

from seatunnel_conformance.arrange.configurations import ROWS

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
"""
"""A source with as many rows as the suite's batch jobs, and a sink, without an INSERT."""

SQL_INSERT: Final = "INSERT INTO written SELECT * FROM fake;\n"
"""Moves the rows of `SQL_TABLES` from the source to the sink."""


def as_hocon(config: Mapping[str, Any]) -> str:
    """Write a configuration as HOCON: `env` as lines with bare keys, each plugin as a block under its name."""
    env = "\n".join(f"  {name} = {_value(value)}" for name, value in config["env"].items())
    sections = [f"{name} {{\n{_blocks(config.get(name, ()))}}}" for name in ("source", "transform", "sink")]
    return "\n".join([f"env {{\n{env}\n}}", *sections]) + "\n"


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
    """Return a multipart form with one file, with or without a name, and its content type."""
    request = httpx.Request("POST", "http://form", data=fields, files={field: (file_name, file)})
    return request.read(), request.headers["content-type"]
