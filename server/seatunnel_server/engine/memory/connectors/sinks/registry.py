"""The sinks, by name in any letter case."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from seatunnel_server.engine.errors import EngineError
from seatunnel_server.engine.memory.connectors.plugins import PlannedSink, SinkSite
from seatunnel_server.engine.memory.connectors.sinks.assertion import Assert
from seatunnel_server.engine.memory.connectors.sinks.console import Console
from seatunnel_server.engine.memory.connectors.sinks.local_file import LocalFile
from seatunnel_server.engine.memory.connectors.sinks.simulated import Swallowed
from seatunnel_server.engine.memory.types import BadType
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import FactoryFailed, PluginUnknown

_SINKS: Mapping[str, Callable[[str, Options, SinkSite], PlannedSink]] = {
    "assert": Assert,
    "console": Console,
    "localfile": LocalFile,
}


def make_sink(plugin: str, options: Options, site: SinkSite, *, simulate: bool) -> PlannedSink:
    """Make the sink that `plugin` names; an unknown one swallows rows if it is to be simulated.

    Raises `PluginUnknown` and `FactoryFailed`.
    """
    make = _SINKS.get(plugin.lower())
    if make is None:
        if simulate:
            return Swallowed(plugin)
        raise PluginUnknown("sink", plugin)
    try:
        for table in site.tables:
            table.require_columns_apart()
        return make(plugin, options, site)
    except (EngineError, BadType) as error:
        raise FactoryFailed("sink", plugin) from error
