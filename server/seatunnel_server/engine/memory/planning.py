"""From a job configuration to a job that can run: the planner's entry point.

Everything that the engine refuses at the request is refused here, in its order: the configuration, the graph, the
plugins, and then what the job master checks before it takes the job.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import partial
from typing import Any, Final

from seatunnel_server.engine.config import JobConfig, JobMode
from seatunnel_server.engine.errors import EngineError
from seatunnel_server.engine.integers import INT_RANGE, LONG_RANGE, spelt
from seatunnel_server.engine.javatext import java_text
from seatunnel_server.engine.memory.connectors.catalogue import (
    Catalogue,
    ConnectorMode,
    SimulatedSink,
    simulated_source,
)
from seatunnel_server.engine.memory.connectors.dates import local_now
from seatunnel_server.engine.memory.connectors.plugins import SourceSite, TableTransforms, TransformSite
from seatunnel_server.engine.memory.connectors.sinks.assertion import Assert
from seatunnel_server.engine.memory.connectors.sinks.console import Console
from seatunnel_server.engine.memory.connectors.sinks.local_file import FormatNotWritten, LocalFile
from seatunnel_server.engine.memory.connectors.sources.fake import make_fake_source
from seatunnel_server.engine.memory.connectors.transforms.registry import transform_of_table
from seatunnel_server.engine.memory.connectors.transforms.rows import not_run
from seatunnel_server.engine.memory.failures import TaskFailed
from seatunnel_server.engine.memory.graph import PlanAction, build_graph
from seatunnel_server.engine.memory.limits import DEFAULT_LIMITS, ConfigSize, JobLimits, PlanMeter, RowMeter
from seatunnel_server.engine.memory.physical import pipelines_of, plan_of
from seatunnel_server.engine.memory.pipeline import Branch, ExecutableJob, Pipeline, Sink, Source, Transform
from seatunnel_server.engine.memory.schema import BadType, Table
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import (
    FactoryFailed,
    JobNotInitialized,
    JobTooLarge,
    MetadataUnknown,
    NullPointer,
    OptionMismatch,
    OptionRuleBroken,
    TransformUnknown,
    WrongCast,
)
from seatunnel_server.engine.shade import java_type

_VALUE_OF_A_MAP = 'the return value of "java.util.Map.get(Object)"'
_SHORTEST_CHECKPOINT = 10
"""Milliseconds."""
_JARS = "file:/opt/seatunnel"
_TRANSFORMS_JAR = f"{_JARS}/lib/seatunnel-transforms-v2.jar"


class _SaveModeLocation(Enum):
    CLIENT = 0
    CLUSTER = 1


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans jobs.

    Equal configurations make equal rows under an equal `seed`. `connectors` decides whether those that this engine does
    not run are simulated or refused. `checkpoint_interval` is the default of streaming jobs, in seconds. `limits` are
    those of one job.
    """

    seed: int = 0
    connectors: Catalogue = field(default_factory=Catalogue)
    checkpoint_interval: float = 10.0
    now: Callable[[], datetime] = local_now
    limits: JobLimits = DEFAULT_LIMITS
    chains_are_first: bool = False
    """Whether a chain of transforms has the number of its first transform: the fact `chainVertex`."""

    def is_quick(self, config: Mapping[str, Any]) -> bool:
        """Whether planning a job takes a few milliseconds: its configuration is small, and has no transforms.

        A transform may have a pattern or a query to compile, for each of its tables. Raises `JobTooLarge`.
        """
        return ConfigSize.of(config, self.limits).is_small and not config.get("transform")

    def plan(
        self,
        config: Mapping[str, Any],
        *,
        job_name: str | None = None,
        in_keys: Sequence[str] = ("source_table_name", "plugin_input"),
        out_keys: Sequence[str] = ("result_table_name", "plugin_output"),
    ) -> ExecutableJob:
        """Plan a job from its decrypted configuration.

        `in_keys` and `out_keys` are the options that link plugins, the one that messages name first. Raises the
        leaves of `seatunnel_server.engine.refusals`.
        """
        job = JobConfig.parse(config, job_name=job_name)
        plugins = JobPlugins(self, job, out_keys, PlanMeter(self.limits), RowMeter(self.limits))
        plugins.meter.settings(len(job.env.values))
        plugins.meter.plugins(len(job.sources) + len(job.transforms) + len(job.sinks))
        sinks = build_graph(job, input_keys=in_keys, output_keys=out_keys, plugins=plugins)
        interval = self._checkpoint_seconds(job)
        pipelines = pipelines_of(sinks, chains_are_first=self.chains_are_first)
        actions = list(dict.fromkeys(node.action for pipeline in pipelines for node in pipeline.nodes))
        plan = plan_of(pipelines, self.limits.plan_characters)
        parts = tuple(
            Pipeline(each.number, each.source, tuple(map(_branch, each.paths())), each.slots) for each in pipelines
        )
        plugins.meter.writers(sum(each.writers for each in parts))
        return ExecutableJob(
            name=job.name,
            finished_name=job.finished_name,
            mode=job.mode.value,
            env_options=job.env_options,
            checkpoint_interval=interval,
            retry_times=_init_number(job.env, "job.retry.times", 3, INT_RANGE),
            retry_interval=float(_init_number(job.env, "job.retry.interval.seconds", 3, INT_RANGE)),
            slots=sum(pipeline.slots for pipeline in pipelines),
            jars=_jars(actions, self.connectors),
            plan=plan,
            pipelines=parts,
            notes=_notes(actions),
            tag_filter=_tag_filter(job.env),
            prepare_sources=partial(require_flow_limits, job.env),
            meter=plugins.rows,
            weight=plugins.meter.weight(ConfigSize.of(config, self.limits), len(plan.vertices)),
        )

    def _checkpoint_seconds(self, job: JobConfig) -> float | None:
        interval = _milliseconds(job.env, "checkpoint.interval", "interval")
        _milliseconds(job.env, "checkpoint.timeout", "timeout")
        try:
            _read_save_mode_location(job.env)
        except OptionMismatch as error:
            raise JobNotInitialized(f"java.lang.IllegalArgumentException: {error.message}") from error
        if interval is not None:
            return interval / 1000
        return None if job.mode is JobMode.BATCH else self.checkpoint_interval


@dataclass(frozen=True, slots=True)
class JobPlugins:
    """Makes the plugins of one job."""

    planner: Planner
    job: JobConfig
    output_keys: Sequence[str]
    meter: PlanMeter
    rows: RowMeter
    guessed: set[str] = field(default_factory=set)
    """The paths of tables whose columns the configuration does not tell."""
    simulated: set[str] = field(default_factory=set)
    """The paths of tables of simulated sources, which don't have the metadata of their systems."""

    def source(self, plugin: str, options: Options, place: int, parallelism: int) -> Source:
        """Make the source at a place of the configuration."""
        site = SourceSite(f"{self.planner.seed}/{place}", parallelism, self.output_keys, self.planner.now, self.meter)
        source = make_source(plugin, options, site, self.planner.connectors)
        if source.note is not None:
            self.simulated.update(source.tables)
        if not source.columns_are_known:
            self.guessed.update(source.tables)
        return source

    def transform(self, plugin: str, options: Options, tables: tuple[Table, ...]) -> TableTransforms:
        """Make a transform for the tables that reach it."""
        site = TransformSite(str(self.planner.seed), self.planner.now, self.meter, self.rows)
        made = {str(table.path): self._step(plugin, options, table, site) for table in tables}
        return TableTransforms(plugin, made)

    def _step(self, plugin: str, options: Options, table: Table, site: TransformSite) -> Transform:
        """Make a transform of a table.

        If it fails only because a simulated source has no such column or metadata, rows pass unchanged.
        """
        path = str(table.path)
        try:
            step = transform_of_table(plugin, options, table, site)
        except (JobTooLarge, TransformUnknown, OptionRuleBroken):
            raise
        except EngineError as error:
            if path not in self.guessed and not (path in self.simulated and isinstance(error, MetadataUnknown)):
                raise
            step = not_run(plugin, table, "its simulated source lacks a column or metadata")
            self.guessed.add(path)
        for paths in (self.guessed, self.simulated):
            if path in paths:
                paths.add(str(step.produces.path))
        self.meter.columns(step.produces.columns)
        return step

    def sink(self, plugin: str, options: Options, tables: tuple[Table, ...]) -> Sink:
        """Make a sink for the tables that reach it."""
        for table in tables:
            self.meter.columns(table.columns)
        sink = make_sink(plugin, options, tables, self.planner.connectors)
        if sink.commits:
            _read_save_mode_location(self.job.env)
        try:
            options.integer("multi_table_sink_replica")
        except OptionMismatch as error:
            raise FactoryFailed("sink", "MultiTableSink") from error
        return sink


_LIMITS: Final = ("read_limit.bytes_per_second", "read_limit.rows_per_second")


class LimitRefused(TaskFailed):
    """The rate limit of a source is not a valid number: its task fails at the start."""

    def __init__(self, java_class: str, message: str) -> None:
        super().__init__(message)
        self.java_class = java_class


def require_flow_limits(env: Options) -> None:
    """Refuse limits that are no positive 32-bit numbers. Raises `LimitRefused`."""
    texts = [java_text(value) for name in _LIMITS if (value := env.values.get(name)) is not None]
    for text in texts:
        if (number := spelt(text)) is None or number not in INT_RANGE:
            raise LimitRefused("java.lang.NumberFormatException", f'For input string: "{text}"')
    if any(int(text) <= 0 for text in texts):
        raise LimitRefused("java.lang.IllegalArgumentException", "bytesPerSecond and countPerSecond must be positive")


_FILE_SOURCE = "localfile"


def make_source(plugin: str, options: Options, site: SourceSite, connectors: Catalogue) -> Source:
    """Make the source that `plugin` names. Raises `FactoryFailed` and the refusal of `connectors`."""
    if plugin.lower() == "fakesource":
        return make_fake_source(plugin, options, site)
    if plugin.lower() == _FILE_SOURCE and connectors.mode is ConnectorMode.STRICT:
        # The connector is installed where there is a LocalFile sink, but this engine reads no files.
        raise FactoryFailed("source", plugin)
    connectors.require("source", plugin, options)
    return simulated_source(plugin, options, site)


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
        return SimulatedSink(plugin, single_table=plugin.lower() in connectors.release.single_table)
    try:
        for table in tables:
            table.require_columns_apart()
        return make(plugin, options, tables)
    except JobTooLarge:
        raise
    except FormatNotWritten as error:
        if connectors.mode is ConnectorMode.STRICT:
            raise FactoryFailed("sink", plugin) from error
        return SimulatedSink(plugin, reason=error.reason)
    except (EngineError, BadType) as error:
        raise FactoryFailed("sink", plugin) from error


def _read_save_mode_location(env: Options) -> None:
    """Refuse any value but CLIENT and CLUSTER. The value itself has no effect in this engine."""
    env.choice(
        "savemode.execute.location",
        _SaveModeLocation,
        _SaveModeLocation.CLUSTER,
        "org.apache.seatunnel.api.common.SaveModeExecuteLocation",
    )


def _init_number(env: Options, key: str, default: int, bounds: range) -> int:
    """Read a number from the text of a setting, as the job master does: digits only, or it fails."""
    value = env.values.get(key)
    if value is None:
        return default
    text = java_text(value)
    number = spelt(text)
    if number is None or number not in bounds:
        raise JobNotInitialized(f'java.lang.NumberFormatException: For input string: "{text}"')
    return number


def _tag_filter(env: Options) -> Mapping[str, Any]:
    value = env.values.get("tag_filter")
    if value is not None and not isinstance(value, Mapping):
        raise JobNotInitialized(f"java.lang.ClassCastException: {WrongCast(java_type(value), 'java.util.Map').message}")
    return value or {}


def _milliseconds(env: Options, key: str, what: str) -> int | None:
    if key not in env.values:
        return None
    if env.values[key] is None:
        raise JobNotInitialized(
            f"java.lang.NullPointerException: {NullPointer('Object.toString()', _VALUE_OF_A_MAP).message}"
        )
    number = _init_number(env, key, 0, LONG_RANGE)
    if number < _SHORTEST_CHECKPOINT:
        raise JobNotInitialized(f"java.lang.IllegalArgumentException: The minimum checkpoint {what} is 10 mills.")
    return number


def _jars(actions: Sequence[PlanAction], connectors: Catalogue) -> tuple[str, ...]:
    """Return the jar files that the plugins would be loaded from."""
    jars: list[str] = []
    for action in actions:
        if action.source:
            jars.append(f"{_JARS}/connectors/{connectors.jar('source', action.source.plugin)}.jar")
        elif action.sink:
            jars.append(f"{_JARS}/connectors/{connectors.jar('sink', action.sink.made.plugin)}.jar")
        else:
            jars.append(_TRANSFORMS_JAR)
    return tuple(dict.fromkeys(jars))


def _notes(actions: Sequence[PlanAction]) -> tuple[str, ...]:
    plugins = (
        plugin
        for action in actions
        for plugin in (action.source, *action.transforms, action.sink and action.sink.made)
        if plugin
    )
    return tuple(dict.fromkeys(plugin.note for plugin in plugins if plugin.note is not None))


def _branch(path: Sequence[PlanAction]) -> Branch:
    *steps, last = path
    sink = last.sink
    assert sink is not None, "a way through a pipeline ends in a sink"  # noqa: S101 - a mistake of this module only
    transforms = tuple(transform for action in steps for transform in action.transforms)
    paths = tuple(str(table.path) for table in sink.tables)
    vertex = last.name.partition("-")[0]
    if sink.united:
        return Branch(transforms, sink.make(), counted_as=paths[0], vertex=vertex)
    return Branch(transforms, sink.make(), tables=paths, vertex=vertex)
