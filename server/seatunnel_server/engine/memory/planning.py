"""Plans jobs: makes an `ExecutableJob` of a job configuration.

All errors with which the engine answers a submission are raised here in its order: those of the configuration, of the
graph and its plugins, and of the job master.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final

from seatunnel_server.engine.config import JobConfig, JobMode, java_type
from seatunnel_server.engine.javatext import INT_RANGE, LONG_RANGE, java_text, spelt
from seatunnel_server.engine.memory.connectors.catalogue import Catalogue
from seatunnel_server.engine.memory.connectors.dates import local_now
from seatunnel_server.engine.memory.connectors.plugins import PluginSite
from seatunnel_server.engine.memory.failures import TaskFailed
from seatunnel_server.engine.memory.graph import PlanAction, build_graph, read_save_mode_location
from seatunnel_server.engine.memory.limits import DEFAULT_LIMITS, ConfigSize, JobLimits, PlanMeter, RowMeter
from seatunnel_server.engine.memory.physical import pipelines_of, plan_of
from seatunnel_server.engine.memory.pipeline import Branch, ExecutableJob, Pipeline
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import JobNotInitialized, NullPointer, OptionMismatch, WrongCast

_VALUE_OF_A_MAP = 'the return value of "java.util.Map.get(Object)"'
_SHORTEST_CHECKPOINT = 10
"""The shortest interval, and the shortest timeout, of checkpoints in milliseconds."""
_JARS = "file:/opt/seatunnel"
_TRANSFORMS_JAR = f"{_JARS}/lib/seatunnel-transforms-v2.jar"


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans jobs.

    Jobs with equal configurations and an equal `seed` have equal rows. `connectors` says whether connectors that this
    engine does not run are simulated or refused. `checkpoint_interval` is the default of streaming jobs, in seconds.
    `limits` are those of one job.
    """

    seed: int = 0
    connectors: Catalogue = field(default_factory=Catalogue)
    checkpoint_interval: float = 10.0
    now: Callable[[], datetime] = local_now
    limits: JobLimits = DEFAULT_LIMITS
    chains_are_first: bool = False
    """Whether a chain of transforms has the number of its first transform: the fact `chainVertex`."""

    def is_quick(self, config: Mapping[str, Any]) -> bool:
        """Return whether a job is planned in a few milliseconds: its configuration is small, without transforms.

        A transform may have to compile a pattern or a query for each table. Raises `JobTooLarge`.
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

        `in_keys` and `out_keys` are the names of the options that link plugins; messages have the first. Raises
        subclasses of `EngineError`.
        """
        job = JobConfig.parse(config, job_name=job_name)
        meter, rows = PlanMeter(self.limits), RowMeter(self.limits)
        meter.add("settings", len(job.env.values))
        meter.add("plugins", len(job.sources) + len(job.transforms) + len(job.sinks))
        site = PluginSite(str(self.seed), self.now, meter, rows, self.connectors.rules, out_keys)
        sinks = build_graph(job, input_keys=in_keys, site=site, connectors=self.connectors)
        interval = self._checkpoint_seconds(job)
        pipelines = pipelines_of(sinks, chains_are_first=self.chains_are_first)
        actions = list(dict.fromkeys(node.action for pipeline in pipelines for node in pipeline.nodes))
        plan = plan_of(pipelines, self.limits.plan_characters)
        parts = tuple(
            Pipeline(each.number, each.source, tuple(map(_branch, each.paths())), each.slots) for each in pipelines
        )
        meter.add("writers", sum(each.writers for each in parts))
        return ExecutableJob(
            name=job.name,
            finished_name=job.finished_name,
            mode=job.mode.value,
            env_options=job.env_options,
            checkpoint_interval=interval,
            retry_times=_init_number(job.env, "job.retry.times", 3, INT_RANGE),
            retry_interval=float(_init_number(job.env, "job.retry.interval.seconds", 3, INT_RANGE)),
            slots=sum(pipeline.slots for pipeline in pipelines),
            jars=_jars(actions),
            plan=plan,
            pipelines=parts,
            notes=_notes(actions),
            tag_filter=_tag_filter(job.env),
            prepare_sources=partial(require_flow_limits, job.env),
            meter=rows,
            weight=meter.weight(ConfigSize.of(config, self.limits), len(plan.vertices)),
        )

    def _checkpoint_seconds(self, job: JobConfig) -> float | None:
        interval = _milliseconds(job.env, "checkpoint.interval", "interval")
        _milliseconds(job.env, "checkpoint.timeout", "timeout")
        try:
            read_save_mode_location(job.env)
        except OptionMismatch as error:
            raise JobNotInitialized(f"java.lang.IllegalArgumentException: {error.message}") from error
        if interval is not None:
            return interval / 1000
        return None if job.mode is JobMode.BATCH else self.checkpoint_interval


_LIMITS: Final = ("read_limit.bytes_per_second", "read_limit.rows_per_second")


class LimitRefused(TaskFailed):
    """The rate limit of a source is not a valid number: its task fails at the start."""

    def __init__(self, java_class: str, message: str) -> None:
        super().__init__(message)
        self.java_class = java_class


def require_flow_limits(env: Options) -> None:
    """Raise `LimitRefused` for read limits in `env` that are not positive 32-bit numbers."""
    texts = [java_text(value) for name in _LIMITS if (value := env.values.get(name)) is not None]
    for text in texts:
        if (number := spelt(text)) is None or number not in INT_RANGE:
            raise LimitRefused("java.lang.NumberFormatException", f'For input string: "{text}"')
    if any(int(text) <= 0 for text in texts):
        raise LimitRefused("java.lang.IllegalArgumentException", "bytesPerSecond and countPerSecond must be positive")


def _init_number(env: Options, key: str, default: int, bounds: range) -> int:
    """Return the number in the text of a setting, as the job master reads it. Raises `JobNotInitialized`."""
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


def _jars(actions: Sequence[PlanAction]) -> tuple[str, ...]:
    """Return the paths of the jar files from which the engine would load the plugins."""
    connectors = (action.source or (action.sink and action.sink.made) for action in actions)
    jars = (f"{_JARS}/connectors/{it.jar}.jar" if it else _TRANSFORMS_JAR for it in connectors)
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
    assert sink is not None, "a path through a pipeline ends in a sink"  # noqa: S101 - fails for a bug only
    transforms = tuple(transform for action in steps for transform in action.transforms)
    paths = tuple(str(table.path) for table in sink.tables)
    vertex = last.name.partition("-")[0]
    if sink.united:
        return Branch(transforms, sink.make(), counted_as=paths[0], vertex=vertex)
    return Branch(transforms, sink.make(), tables=paths, vertex=vertex)
