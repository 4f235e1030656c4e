"""Makes the sources, transforms and sinks of a job, and links them to a graph by the names of their outputs.

In a simple job (one source, at most one transform, one sink), names are ignored. Other jobs must name every output
and use each of them (`submit-job/table-not-connected`, `two-sources-unconnected-sink`, `duplicate-table`). Source of
the rules and of the numbering of actions: the engine's parser.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from itertools import count

from seatunnel_server.engine.config import JobConfig, plugin_name
from seatunnel_server.engine.domain import VertexType
from seatunnel_server.engine.errors import EngineError
from seatunnel_server.engine.javatext import hash_order
from seatunnel_server.engine.memory.connectors.catalogue import (
    Catalogue,
    ConnectorMode,
    SimulatedSink,
    simulated_source,
)
from seatunnel_server.engine.memory.connectors.plugins import PluginSite
from seatunnel_server.engine.memory.connectors.sinks.assertion import Assert
from seatunnel_server.engine.memory.connectors.sinks.console import Console
from seatunnel_server.engine.memory.connectors.sinks.local_file import FormatNotWritten, LocalFile
from seatunnel_server.engine.memory.connectors.sources.fake import make_fake_source
from seatunnel_server.engine.memory.connectors.transforms.registry import transform_of_tables
from seatunnel_server.engine.memory.pipeline import Sink, Source, Transform
from seatunnel_server.engine.memory.schema import BadType, Doubt, Table
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import FactoryFailed, GraphNotAllowed, JobTooLarge, OptionMismatch

_UNNAMED = "default-identifier"
"""The name of an output that the configuration does not name."""
_MAX_ATTEMPTS = 250_000
"""Maximum number of attempts to order the transforms by their inputs; the engine has no limit."""
_MAX_MESSAGE = 200


@dataclass(frozen=True, slots=True)
class SinkPlan:
    """A sink in the graph; each pipeline that ends in it gets its own plugin from `make`."""

    tables: tuple[Table, ...]
    """The tables that the sink writes, in the engine's order."""
    united: bool
    """Whether the sink writes the rows of several sources as rows of its first table."""
    made: Sink
    """A plugin for information about the sink; no pipeline uses it."""
    make: Callable[[], Sink]


@dataclass(eq=False, frozen=True, slots=True)
class PlanAction:
    """A step of the job. Compared by identity, because a configuration can contain the same step twice."""

    id: int
    type: VertexType
    name: str
    inputs: tuple[PlanAction, ...] = ()
    table_paths: tuple[str, ...] = ()
    source: Source | None = None
    transforms: tuple[Transform, ...] = ()
    sink: SinkPlan | None = None


@dataclass(frozen=True, slots=True)
class _Links:
    """The option keys that name inputs and outputs of plugins; the first key that a plugin has counts."""

    inputs: Sequence[str]
    outputs: Sequence[str]

    def output(self, plugin: Options) -> str:
        name = plugin.text(*self.outputs)
        return _UNNAMED if name is None else name

    def read(self, plugin: Options) -> list[str]:
        names = plugin.texts(*self.inputs)
        return [_UNNAMED] if names is None else names


Outputs = dict[str, list[tuple[Table, PlanAction]]]


@dataclass(slots=True)
class GraphBuilder:
    """Makes and links the plugins of a configuration."""

    config: JobConfig
    links: _Links
    site: PluginSite
    connectors: Catalogue
    _ids: Iterator[int] = field(default_factory=lambda: count(1))
    _outputs: Outputs = field(default_factory=dict)

    def build(self) -> list[PlanAction]:
        """Return the actions of the sinks; their `inputs` lead to all other actions."""
        check_graph(self.config, self.links)
        for place, plugin in enumerate(self.config.sources):
            self._add_source(place, plugin)
        self._add_transforms()
        return [self._sink(place, plugin) for place, plugin in enumerate(self.config.sinks)]

    def _add_source(self, place: int, plugin: Options) -> None:
        name, output = plugin_name(plugin), self.links.output(plugin)
        own = plugin.integer("parallelism")
        shared = self.config.env.integer("parallelism", 1)
        parallelism = max(1, (shared if own is None else own) or 0)
        site = replace(self.site, seed=f"{self.site.seed}/{place}", parallelism=parallelism)
        source = make_source(name, plugin, site, self.connectors)
        action = PlanAction(
            id=next(self._ids), type="source", name=f"Source[{place}]-{name}", table_paths=source.tables, source=source
        )
        self._outputs[output] = [(table, action) for table in source.produces]

    def _add_transforms(self) -> None:
        """Add each transform when its inputs exist; the others go to the end of the queue.

        The number in a transform's name is the number of attempts so far. Raises `GraphNotAllowed` for a cycle, for
        which the engine would loop forever.
        """
        waiting = deque((plugin, self.links.read(plugin)) for plugin in self.config.transforms)
        idle = 0
        for attempt in range(_MAX_ATTEMPTS):
            if not waiting:
                return
            plugin, reads = waiting.popleft()
            if not waiting or any(name in self._outputs for name in reads):
                inputs = [pair for name in reads for pair in self._outputs.get(name, [])]
                self._add_transform(attempt, plugin, inputs or self._last())
                idle = 0
                continue
            waiting.append((plugin, reads))
            idle += 1
            if idle > len(waiting):
                break
        names = ", ".join(plugin_name(plugin) for plugin, _ in waiting)
        raise GraphNotAllowed(f"The transforms wait for each other's output: {names[:_MAX_MESSAGE]}")

    def _last(self) -> list[tuple[Table, PlanAction]]:
        return list(self._outputs.values())[-1]

    def _add_transform(self, attempt: int, plugin: Options, inputs: list[tuple[Table, PlanAction]]) -> None:
        name, output = plugin_name(plugin), self.links.output(plugin)
        _check_alike(inputs)
        plugin.integer("parallelism")  # unused by a transform, but an invalid number is an error
        tables = tuple(table for table, action in inputs if action is inputs[0][1])
        transform = transform_of_tables(name, plugin, tables, self.site)
        action = PlanAction(
            id=next(self._ids),
            type="transform",
            name=f"Transform[{attempt}]-{name}",
            inputs=_distinct(inputs),
            transforms=transform.steps,
        )
        self._outputs[output] = [(table, action) for table in transform.produces]

    def _sink(self, place: int, plugin: Options) -> PlanAction:
        name = plugin_name(plugin)
        groups = [self._outputs[read] for read in self.links.read(plugin) if read in self._outputs] or [self._last()]
        if len(groups) > 1 and any(len(group) > 1 for group in groups):
            raise GraphNotAllowed(
                "Sink don't support simultaneous writing of data from multi-table source and other sources."
            )
        inputs = [pair for group in groups for pair in group]
        united = len(groups) > 1
        if united:
            _check_alike(inputs)
        plan = self._sink_plan(name, plugin, [table for table, _ in inputs], united=united)
        # Each table uses a number, and so does the common sink.
        number = next(self._ids) if united else [next(self._ids) for _ in range(len(inputs) + 1)][-1]
        single = united or (plan.made.single_table and len(plan.tables) == 1)
        return PlanAction(
            id=number,
            type="sink",
            name=f"Sink[{place}]-{name}-{plan.tables[0].path if single else 'MultiTableSink'}",
            inputs=_distinct(inputs),
            table_paths=tuple(str(table.path) for table in plan.tables),
            sink=plan,
        )

    def _sink_plan(self, name: str, plugin: Options, tables: list[Table], *, united: bool) -> SinkPlan:
        by_path: Mapping[str, Table] = {str(table.path): table for table in tables}
        written = (tables[0],) if united else tuple(by_path[path] for path in hash_order(by_path))
        make = partial(self._made_sink, name, plugin, written)
        return SinkPlan(written, united, make(), make)

    def _made_sink(self, name: str, plugin: Options, tables: tuple[Table, ...]) -> Sink:
        for table in tables:
            self.site.plan.columns(table.columns)
        sink = make_sink(name, plugin, tables, self.connectors)
        if sink.commits:
            read_save_mode_location(self.config.env)
        try:
            plugin.integer("multi_table_sink_replica")
        except OptionMismatch as error:
            raise FactoryFailed("sink", "MultiTableSink") from error
        return sink


def _distinct(inputs: Sequence[tuple[Table, PlanAction]]) -> tuple[PlanAction, ...]:
    return tuple(dict.fromkeys(action for _, action in inputs))


def _check_alike(inputs: Sequence[tuple[Table, PlanAction]]) -> None:
    first = {action: table for table, action in reversed(inputs)}
    shapes = {(table.names, table.types) for table in first.values()}
    if len(shapes) > 1:
        raise GraphNotAllowed("Transform/Sink don't support processing data with two different structures.")


def build_graph(
    config: JobConfig, *, input_keys: Sequence[str], site: PluginSite, connectors: Catalogue
) -> list[PlanAction]:
    """Return the actions of a configuration's sinks; their `inputs` lead to all other actions.

    Raises `GraphNotAllowed`, `OptionMismatch`, and the errors of making a plugin.
    """
    return GraphBuilder(config, _Links(input_keys, site.output_keys), site, connectors).build()


def check_graph(config: JobConfig, links: _Links) -> None:
    """Raise `GraphNotAllowed` if the plugins can't be linked."""
    if not config.sources or not config.sinks:
        raise GraphNotAllowed("Source And Sink can not be null")
    if len(config.sources) == len(config.sinks) == 1 and len(config.transforms) <= 1:
        for plugin in (*config.transforms, *config.sinks):
            if not links.read(plugin):
                raise GraphNotAllowed("Index 0 out of bounds for length 0")
        return
    for plugin in (*config.sources, *config.transforms):
        if not plugin.has(*links.outputs):
            key = links.outputs[0]
            raise GraphNotAllowed(f"The source/transform({plugin_name(plugin)}) is not configured with '{key}' option")
    for plugin in (*config.transforms, *config.sinks):
        if not plugin.has(*links.inputs):
            key = links.inputs[0]
            raise GraphNotAllowed(f"The transform/sink({plugin_name(plugin)}) is not configured with '{key}' option")
    _check_links(config, links)


def _check_links(config: JobConfig, links: _Links) -> None:
    makers: dict[str, str] = {}
    for plugin in (*config.sources, *config.transforms):
        output, name = links.output(plugin), plugin_name(plugin)
        if output in makers:
            raise GraphNotAllowed(
                f"The value of the '{links.outputs[0]}' option of the ({name} and {makers[output]}) plugins is both "
                f"'{output}', and they must be different."
            )
        makers[output] = name
    unused = dict(makers)
    for plugin in (*config.transforms, *config.sinks):
        for read in links.read(plugin):
            if read not in makers:
                raise GraphNotAllowed(
                    f"The '{links.inputs[0]}' option configured in [{plugin_name(plugin)}] is incorrect, "
                    f"and the source/transform[{read}] is not found."
                )
            unused.pop(read, None)
    for output in hash_order(makers):
        if output in unused:
            raise GraphNotAllowed(
                f"The '{links.inputs[0]}' option configured is incorrect, this table({output}) belonging to "
                f"source/transform({unused[output]}) is not used."
            )


_FILE_SOURCE = "localfile"


def make_source(plugin: str, options: Options, site: PluginSite, connectors: Catalogue) -> Source:
    """Make the source that `plugin` names. Raises `FactoryFailed` and the refusal of `connectors`."""
    if plugin.lower() == "fakesource":
        return make_fake_source(plugin, options, site)
    if plugin.lower() == _FILE_SOURCE and connectors.mode is ConnectorMode.STRICT:
        # The engine has this connector together with the LocalFile sink, but this engine reads no files.
        raise FactoryFailed("source", plugin)
    connectors.require("source", plugin, options)
    return simulated_source(plugin, options, site, connectors.jar("source", plugin))


_SINKS: Mapping[str, Callable[[str, Options, Sequence[Table]], Sink]] = {
    "assert": Assert,
    "console": Console,
    "localfile": LocalFile,
}


def make_sink(plugin: str, options: Options, tables: Sequence[Table], connectors: Catalogue) -> Sink:
    """Make the sink that `plugin` names. Raises `FactoryFailed`, `JobTooLarge`, and the refusal of `connectors`."""
    make = _SINKS.get(plugin.lower())
    if make is None:
        connectors.require("sink", plugin, options)
        return SimulatedSink(plugin, connectors)
    if make is Assert and any(Doubt.ROWS in table.doubts for table in tables):
        return SimulatedSink(plugin, connectors, "a plugin before it is not run, so that its rules would prove nothing")
    try:
        for table in tables:
            table.require_columns_apart()
        return make(plugin, options, tables)
    except JobTooLarge:
        raise
    except FormatNotWritten as error:
        if connectors.mode is ConnectorMode.STRICT:
            raise FactoryFailed("sink", plugin) from error
        return SimulatedSink(plugin, connectors, error.reason)
    except (EngineError, BadType) as error:
        raise FactoryFailed("sink", plugin) from error


class _SaveModeLocation(Enum):
    CLIENT = 0
    CLUSTER = 1


def read_save_mode_location(env: Options) -> None:
    """Raise `OptionMismatch` for any value but CLIENT and CLUSTER; the value has no effect in this engine."""
    env.choice(
        "savemode.execute.location",
        _SaveModeLocation,
        _SaveModeLocation.CLUSTER,
        "org.apache.seatunnel.api.common.SaveModeExecuteLocation",
    )
