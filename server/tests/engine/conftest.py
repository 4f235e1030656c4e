"""Hand-made jobs, and an engine on a clock that only the test moves."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from seatunnel_server.engine.domain import Edge, Job, JobId, JobMetrics, JobPlan, JobStatus, Vertex
from seatunnel_server.engine.memory.clock import ManualClock
from seatunnel_server.engine.memory.engine import MemoryEngine
from seatunnel_server.engine.memory.failures import TaskFailed
from seatunnel_server.engine.memory.pipeline import Branch, ExecutableJob, Pipeline, Row, TaskContext, Transform
from seatunnel_server.engine.memory.settings import EngineSettings

PLAN = JobPlan(
    edges={1: (Edge(1, 2),)},
    vertices=(
        Vertex(1, "source", "pipeline-1 [Source[0]-FakeSource]", ("fake",)),
        Vertex(2, "sink", "pipeline-1 [Sink[0]-Console-MultiTableSink]", ("fake",)),
    ),
)


@dataclass
class Numbers:
    """A source of numbered rows of nine bytes each."""

    count: int = 5
    batch: int = 100
    endless: bool = False
    read_interval: float = 0.0
    table: str = "fake"
    parallelism: int = 1
    plugin: str = "FakeSource"

    @property
    def tables(self) -> tuple[str, ...]:
        return (self.table,)

    def batches(self, *, skip: int = 0) -> Iterator[Sequence[Row]]:
        for start in range(skip, self.count, self.batch):
            stop = min(start + self.batch, self.count)
            yield [Row(self.table, (n,), size=9, subtask=n % self.parallelism) for n in range(start, stop)]


@dataclass
class Gathering:
    """A sink that keeps its rows, writes them into the job's log, and raises the given errors first."""

    plugin: str = "Console"
    rows: list[int] = field(default_factory=list)
    subtasks: set[int] = field(default_factory=set)
    prepared: int = 0
    closed: int = 0
    failures: list[Exception] = field(default_factory=list)
    close_failures: list[Exception] = field(default_factory=list)
    prepare_failure: Exception | None = None
    contexts: list[TaskContext] = field(default_factory=list)

    def prepare(self, context: TaskContext) -> None:
        self.prepared += 1
        self.contexts.append(context)
        if self.prepare_failure:
            raise self.prepare_failure

    def open(self, _: TaskContext) -> None:
        pass

    def write(self, rows: Sequence[Row], context: TaskContext) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.subtasks.add(context.subtask)
        for row in rows:
            self.rows.append(row.values[0])
            context.log(f"rowIndex={row.values[0]}")

    def close(self, _: TaskContext) -> None:
        self.closed += 1
        if self.close_failures:
            raise self.close_failures.pop(0)


@dataclass
class Doubling:
    """A transform that drops odd numbers and doubles the size of the other rows."""

    plugin: str = "Copy"

    def apply(self, rows: Sequence[Row]) -> Sequence[Row]:
        return [replace(row, size=row.size * 2) for row in rows if row.values[0] % 2 == 0]


class StubPlanner:
    """Returns the plan that the configuration contains, or raises the error that it contains."""

    def is_quick(self, _: Mapping[str, Any]) -> bool:
        return True

    def plan(
        self, config: Mapping[str, Any], *, job_name: str | None, in_keys: Sequence[str], out_keys: Sequence[str]
    ) -> ExecutableJob:
        assert in_keys
        assert out_keys
        job = config["job"]
        if isinstance(job, Exception):
            raise job
        return replace(job, name=job_name or job.name)


class Make:
    """Factories of sources, sinks and jobs."""

    numbers = Numbers
    sink = Gathering
    doubling = Doubling
    planner = StubPlanner
    plan = PLAN
    failed = TaskFailed

    def job(
        self,
        source: Numbers | None = None,
        sink: Gathering | None = None,
        *,
        transforms: tuple[Transform, ...] = (),
        counted_as: str | None = None,
        **changes: Any,
    ) -> ExecutableJob:
        """Make a batch job of five rows, or one with `changes`."""
        branch = Branch(transforms, sink or Gathering(), counted_as)
        job = ExecutableJob(
            name="numbers",
            mode="BATCH",
            env_options={"job.mode": "BATCH"},
            checkpoint_interval=None,
            retry_times=0,
            slots=2,
            jars=("file:/connector-fake.jar",),
            plan=PLAN,
            pipelines=(Pipeline(1, source or Numbers(), (branch,)),),
        )
        return replace(job, **changes)

    def stream(self, source: Numbers | None = None, sink: Gathering | None = None, **changes: Any) -> ExecutableJob:
        """Make a streaming job of five rows, which then waits for more."""
        return self.job(source, sink, **{"mode": "STREAMING", **changes})

    def failing(self, *failures: Exception, **changes: Any) -> ExecutableJob:
        """Make a batch job whose sink raises these errors, one per attempt, before it accepts rows."""
        return self.job(sink=Gathering(failures=list(failures or (TaskFailed("no more"),))), **changes)

    def archived(self, number: int, status: JobStatus = JobStatus.FINISHED, **changes: Any) -> Job:
        """Make an archived job that ended at the start of the clock."""
        moment = ManualClock().now()
        job = Job(
            id=JobId(number),
            name="numbers",
            status=status,
            env_options={},
            create_time=moment,
            plan=PLAN,
            metrics=JobMetrics(),
            version=number,
            finish_time=moment,
            archived=True,
        )
        return replace(job, **changes)


EngineMaker = Callable[..., MemoryEngine]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def make() -> Make:
    return Make()


@pytest.fixture
async def engines(clock: ManualClock) -> AsyncIterator[EngineMaker]:
    """Make engines on the test's clock; the keywords are settings. They are closed after the test."""
    made: list[MemoryEngine] = []

    def engine(**settings: Any) -> MemoryEngine:
        made.append(MemoryEngine(planner=StubPlanner(), clock=clock, settings=EngineSettings(**settings)))
        return made[-1]

    yield engine
    for each in made:
        await each.aclose()


@pytest.fixture
def engine(engines: EngineMaker) -> MemoryEngine:
    return engines()
