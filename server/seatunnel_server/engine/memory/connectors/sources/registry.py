"""The sources, by name in any letter case."""

from __future__ import annotations

from seatunnel_server.engine.memory.connectors.plugins import PlannedSource, SourceSite
from seatunnel_server.engine.memory.connectors.sources.fake import make_fake_source
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import FactoryFailed, PluginUnknown

_FILE_SOURCE = "localfile"
_GENERIC_SCHEMA = {"fields": {"id": "bigint", "name": "string"}}
_GENERIC_ROWS = 5


def make_source(plugin: str, options: Options, site: SourceSite, *, simulate: bool) -> PlannedSource:
    """Make the source that `plugin` names; an unknown one makes a few rows if it is to be simulated.

    Raises `PluginUnknown` and `FactoryFailed`.
    """
    if plugin.lower() == "fakesource":
        return make_fake_source(plugin, options, site)
    if simulate:
        return make_fake_source(plugin, _generic(options, site), site)
    if plugin.lower() == _FILE_SOURCE:
        # The connector is installed where there is a LocalFile sink, but this engine reads no files.
        raise FactoryFailed("source", plugin)
    raise PluginUnknown("source", plugin)


def _generic(options: Options, site: SourceSite) -> Options:
    """Return the options of a FakeSource that stands for another: its schema if it tells one, and a few rows."""
    schema = options.raw("schema")
    outputs = {name: options.raw(name) for name in site.output_keys}
    known = schema if isinstance(schema, dict) and ("fields" in schema or "columns" in schema) else _GENERIC_SCHEMA
    return Options({**outputs, "schema": known, "row.num": _GENERIC_ROWS})
