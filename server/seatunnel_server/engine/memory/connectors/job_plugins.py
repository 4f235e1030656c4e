"""Makes the plugins of a job: those that this engine runs, and simulated ones for the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from seatunnel_server.engine.config import JobConfig
from seatunnel_server.engine.errors import EngineError
from seatunnel_server.engine.memory.connectors.catalogue import (
    Catalogue,
    ConnectorMode,
    SimulatedSink,
    simulated_source,
)
from seatunnel_server.engine.memory.connectors.plugins import SourceSite, TableTransforms, TransformSite
from seatunnel_server.engine.memory.connectors.sinks.assertion import Assert
from seatunnel_server.engine.memory.connectors.sinks.console import Console
from seatunnel_server.engine.memory.connectors.sinks.local_file import FormatNotWritten, LocalFile
from seatunnel_server.engine.memory.connectors.sources.fake import make_fake_source
from seatunnel_server.engine.memory.connectors.transforms.registry import transform_of_table
from seatunnel_server.engine.memory.connectors.transforms.rows import not_run
from seatunnel_server.engine.memory.limits import PlanMeter, RowMeter
from seatunnel_server.engine.memory.pipeline import Sink, Source, Transform
from seatunnel_server.engine.memory.schema import BadType, Table
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import (
    FactoryFailed,
    JobTooLarge,
    MetadataUnknown,
    OptionMismatch,
    OptionRuleBroken,
    TransformUnknown,
)


class _SaveModeLocation(Enum):
    CLIENT = 0
    CLUSTER = 1


@dataclass(frozen=True, slots=True)
class JobPlugins:
    """Makes the plugins of one job."""

    job: JobConfig
    seed: int
    now: Callable[[], datetime]
    connectors: Catalogue
    output_keys: Sequence[str]
    meter: PlanMeter
    rows: RowMeter
    guessed: set[str] = field(default_factory=set)
    """The paths of tables whose columns the configuration does not tell."""
    simulated: set[str] = field(default_factory=set)
    """The paths of tables of simulated sources, which don't have the metadata of their systems."""
    unread: set[str] = field(default_factory=set)
    """The paths of tables whose rows are not those of the engine, since a plugin before is not run here."""

    def source(self, plugin: str, options: Options, place: int, parallelism: int) -> Source:
        """Make the source at a place of the configuration."""
        site = SourceSite(f"{self.seed}/{place}", parallelism, self.output_keys, self.now, self.meter)
        source = make_source(plugin, options, site, self.connectors)
        if source.note is not None:
            self.simulated.update(source.tables)
            self.unread.update(source.tables)
        if not source.columns_are_known:
            self.guessed.update(source.tables)
        return source

    def transform(self, plugin: str, options: Options, tables: tuple[Table, ...]) -> TableTransforms:
        """Make a transform for the tables that reach it. Raises `TransformUnknown` for one of another release."""
        rules = self.connectors.rules
        if rules and rules.of("transform", plugin) is None:
            raise TransformUnknown(plugin, rules.names("transform"))
        known = rules.keys("transform", plugin) if rules else None
        site = TransformSite(str(self.seed), self.now, self.meter, self.rows, known)
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
        if step.note is not None:
            self.unread.add(path)
        for paths in (self.guessed, self.simulated, self.unread):
            if path in paths:
                paths.add(str(step.produces.path))
        self.meter.columns(step.produces.columns)
        return step

    def sink(self, plugin: str, options: Options, tables: tuple[Table, ...]) -> Sink:
        """Make a sink for the tables that reach it."""
        for table in tables:
            self.meter.columns(table.columns)
        if plugin.lower() == "assert" and any(str(table.path) in self.unread for table in tables):
            sink: Sink = SimulatedSink(
                plugin, reason="a plugin before it is not run, so that its rules would prove nothing"
            )
        else:
            sink = make_sink(plugin, options, tables, self.connectors)
        if sink.commits:
            read_save_mode_location(self.job.env)
        try:
            options.integer("multi_table_sink_replica")
        except OptionMismatch as error:
            raise FactoryFailed("sink", "MultiTableSink") from error
        return sink


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


def read_save_mode_location(env: Options) -> None:
    """Refuse any value but CLIENT and CLUSTER. The value itself has no effect in this engine."""
    env.choice(
        "savemode.execute.location",
        _SaveModeLocation,
        _SaveModeLocation.CLUSTER,
        "org.apache.seatunnel.api.common.SaveModeExecuteLocation",
    )
