"""Placeholders in a sink's options, which stand for parts of the name of the table that reaches it."""

from __future__ import annotations

import re

from seatunnel_server.engine.memory.schema import Table

_PLACEHOLDER = re.compile(r"\$\{([a-z_]+)(?::([^}]*))?\}")


def fill(text: str, table: Table) -> str:
    """Return text with `${table_name}` and the like filled in; an empty part takes the default behind its colon."""
    path = table.path
    schema = ".".join(part for part in (path.database, path.schema) if part)
    parts = {
        "database_name": path.database or "",
        "schema_name": path.schema or "",
        "table_name": path.table,
        "schema_full_name": schema,
        "table_full_name": str(path),
        "primary_key": ",".join(table.primary_key),
        "field_names": ",".join(table.names),
    }

    def part(found: re.Match[str]) -> str:
        if found[1] not in parts:
            return found[0]
        return parts[found[1]] or found[2] or ""

    return _PLACEHOLDER.sub(part, text)
