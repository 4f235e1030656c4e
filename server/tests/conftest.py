"""An engine with scripted responses, and a client that sends exactly the bytes of a test."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import orjson
import pytest
from log_texts import WholeText
from speaking_releases import contract_of, submit_facts

from seatunnel_openapi import Contract, load
from seatunnel_openapi.extensions import Rules
from seatunnel_openapi.loading import assemble, shipped_folder
from seatunnel_server import ServerSettings, create_app
from seatunnel_server.engine.domain import (
    Edge,
    Job,
    JobId,
    JobMetrics,
    JobPlan,
    JobStatus,
    LogFile,
    LogText,
    Overview,
    SinkTable,
    Submitted,
    TableMetrics,
    Vertex,
)
from seatunnel_server.engine.memory.clock import ManualClock
from seatunnel_server.engine.memory.engine import MemoryEngine
from seatunnel_server.engine.memory.planning import Planner
from seatunnel_server.engine.memory.settings import EngineSettings

TEN_ROWS = TableMetrics(10, 90, 33.333333333333336, 1.2345678e7)
RUNNING = Job(
    id=JobId(5),
    name="five",
    status=JobStatus.RUNNING,
    env_options={"job.mode": "STREAMING"},
    create_time=datetime(2024, 10, 27, 12, 0, 1),  # noqa: DTZ001 - the engine's times have no zone on the wire
    plan=JobPlan(
        {1: (Edge(1, 2),)},
        (
            Vertex(1, "source", "pipeline-1 [Source[0]-FakeSource]", ("fake",)),
            Vertex(2, "sink", "pipeline-1 [Sink[0]-Console-MultiTableSink]", ("fake",)),
        ),
    ),
    metrics=JobMetrics(TEN_ROWS, TEN_ROWS, {"fake": TEN_ROWS}, {SinkTable("Sink[0]", "fake"): TEN_ROWS}),
    version=1,
    jars=("file:/a.jar",),
)


COUNTS = Overview("2.3.9", "abc1234", 3, 1, 1, 2, 3, 4, 5)
VERSIONS = itertools.count(2)


def finished(number: int, status: JobStatus = JobStatus.FINISHED, **changes: Any) -> Job:
    end = datetime(2024, 10, 27, 12, 0, 3)  # noqa: DTZ001 - as above
    return replace(
        RUNNING, id=JobId(number), status=status, finish_time=end, archived=True, version=next(VERSIONS), **changes
    )


@dataclass
class ScriptedEngine:
    """An engine, and its only node, that records its calls and returns the values which a test has set."""

    jobs: list[Job] = field(default_factory=list)
    readings: list[Mapping[str, str]] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    counts: Overview = COUNTS
    submitted: list[dict[str, Any]] = field(default_factory=list)
    stopped: list[tuple[JobId, bool]] = field(default_factory=list)
    tags: Mapping[str, str] | None = None
    asked_tags: Mapping[str, str] | None = None
    error: Exception | None = None
    closed: bool = False
    is_master: bool = True
    text_receiver: None = None
    identity: str = "7f1c"

    @property
    def engine(self) -> "ScriptedEngine":
        return self

    def now(self) -> datetime:
        return datetime(2024, 10, 27, tzinfo=UTC)

    async def submit(self, config: Mapping[str, Any], **options: Any) -> Submitted:
        self._fail()
        self.submitted.append({"config": config, **options})
        return Submitted(options["job_id"] or JobId(733584788375666689), options["job_name"] or "SeaTunnel_Job")

    async def stop(self, job_id: JobId, *, savepoint: bool = False) -> None:
        self._fail()
        self.stopped.append((job_id, savepoint))

    async def job(self, job_id: JobId) -> Job | None:
        self._fail()
        return next((job for job in self.jobs if job.id == job_id), None)

    async def running_jobs(self) -> Sequence[Job]:
        self._fail()
        return [job for job in self.jobs if not job.archived]

    async def finished_jobs(self, state: str | None = None) -> Sequence[Job]:
        self._fail()
        return [job for job in self.jobs if job.archived and state in {None, job.status.value}]

    async def overview(self, tags: Mapping[str, str]) -> Overview:
        self._fail()
        self.asked_tags = tags
        return self.counts

    async def monitoring(self) -> Sequence[Mapping[str, str]]:
        self._fail()
        return self.readings

    async def update_tags(self, tags: Mapping[str, str]) -> None:
        self._fail()
        self.tags = tags

    async def logs(self) -> Sequence[LogFile]:
        self._fail()
        return [LogFile("localhost:8080", name) for name in sorted(self.files)]

    async def log_files(self) -> Sequence[LogFile]:
        return await self.logs()

    async def read_log(self, name: str) -> LogText | None:
        self._fail()
        return WholeText(self.files[name]) if name in self.files else None

    async def aclose(self) -> None:
        self.closed = True

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error


@dataclass(frozen=True)
class Received:
    """A response, with header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def content_type(self) -> str | None:
        return self.headers.get("content-type")


@dataclass
class Api:
    """A client of one app: targets are sent as they are, bodies in the given pieces."""

    app: Any
    engine: ScriptedEngine

    async def __call__(  # noqa: PLR0913 - the parts of a request
        self,
        method: str,
        target: str,
        *,
        json: Any = None,
        body: bytes | Iterable[bytes] = b"",
        headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        http_version: str = "1.1",
    ) -> Received:
        named = list(headers.items() if isinstance(headers, Mapping) else headers)
        if json is not None:
            body = orjson.dumps(json)
            named.append(("content-type", "application/json"))
        pieces = [body] if isinstance(body, bytes) else list(body)
        path, _, query = target.encode().partition(b"?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": http_version,
            "method": method,
            "scheme": "http",
            "path": unquote(path.decode("utf-8", "replace")),
            "raw_path": path,
            "query_string": query,
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in named],
            "server": ("localhost", 8080),
            "client": ("127.0.0.1", 1),
        }
        return await self._exchange(scope, pieces)

    async def _exchange(self, scope: dict[str, Any], pieces: list[bytes]) -> Received:
        waiting = [
            {"type": "http.request", "body": piece, "more_body": at < len(pieces) - 1}
            for at, piece in enumerate(pieces)
        ]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return waiting.pop(0) if waiting else {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        start, *rest = sent
        assert start["type"] == "http.response.start"
        assert [message.get("more_body", False) for message in rest] == [True] * (len(rest) - 1) + [False]
        assert all(name == name.lower() for name, _ in start["headers"])
        named = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
        return Received(start["status"], named, b"".join(message.get("body", b"") for message in rest))

    async def get(self, target: str, **options: Any) -> Received:
        return await self("GET", target, **options)

    async def post(self, target: str, json: Any = None, **options: Any) -> Received:
        return await self("POST", target, json=json, **options)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def documents_are_read_once() -> Iterator[None]:
    """Let connexion process the same document once for all apps, which saves a third of the time of these tests."""
    # Not at the top: while pytest loads this file, the filters for the warnings of this import do not apply yet.
    from connexion.spec import Specification  # noqa: PLC0415

    read, known = Specification.from_dict.__func__, dict[bytes, Any]()

    def read_new(kind: type[Any], document: dict[str, Any]) -> Any:
        if (content := orjson.dumps(document)) not in known:
            known[content] = read(kind, document)
        return known[content]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Specification, "from_dict", classmethod(read_new))
        yield


@pytest.fixture(scope="session")
def contract() -> Contract:
    return load()


@pytest.fixture
def contract_with(contract: Contract) -> Callable[[Callable[[dict[str, Any]], None]], Contract]:
    """Make a contract from the documented one by a change to its document."""

    def change(edit: Callable[[dict[str, Any]], None]) -> Contract:
        document = deepcopy(dict(contract.document))
        edit(document)
        return assemble(document, "changed", Rules.read(shipped_folder()), "the changed document")

    return change


@pytest.fixture(scope="session")
def shared_engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
def engine(shared_engine: ScriptedEngine) -> ScriptedEngine:
    """The engine of all shared apps, reset for each test."""
    vars(shared_engine).update(vars(ScriptedEngine()))
    return shared_engine


@pytest.fixture(scope="session")
def apps() -> dict[Any, Any]:
    return {}


@pytest.fixture
def make_api(contract: Contract, engine: ScriptedEngine, apps: dict[Any, Any]) -> Callable[..., Api]:
    """Make an API of an app; apps of the documented contract are shared unless a test wants one that is `fresh`."""

    def make(changed: Contract | None = None, *, framework: str = "async", fresh: bool = False, **settings: Any) -> Api:
        key = framework, *sorted(settings.items())
        if changed is None and not fresh and key in apps:
            return Api(apps[key], engine)
        app = create_app(changed or contract, engine, settings=ServerSettings(**settings), framework=framework)
        if changed is None and not fresh:
            apps[key] = app
        return Api(app, engine)

    return make


@pytest.fixture
def api(make_api: Callable[..., Api]) -> Api:
    return make_api()


@pytest.fixture
def running_job() -> Job:
    """A new running job."""
    return replace(RUNNING, version=next(VERSIONS))


@pytest.fixture
def finished_job() -> Callable[..., Job]:
    return finished


PAGE_JOB = {
    "env": {"job.mode": "batch"},
    "source": [
        {
            "plugin_name": "FakeSource",
            "result_table_name": "fake",
            "row.num": 100,
            "schema": {"fields": {"name": "string", "age": "int", "card": "int"}},
        }
    ],
    "transform": [],
    "sink": [{"plugin_name": "Console", "source_table_name": ["fake"]}],
}


@pytest.fixture
def page_job() -> dict[str, Any]:
    """The job that the page submits."""
    return deepcopy(PAGE_JOB)


@pytest.fixture
def speaking(api: Any, tmp_path: Path) -> Callable[..., Any]:
    """Serve a contract over an engine that really runs jobs, on a clock that the test moves."""

    @asynccontextmanager
    async def serve(release: str, **settings: Any) -> AsyncIterator[Any]:
        facts = submit_facts(release)
        keys = {"input_keys": facts.names("inputKeys"), "output_keys": facts.names("outputKeys")}
        engine_settings = EngineSettings(log_dir=tmp_path, **keys, **settings)
        async with MemoryEngine(planner=Planner(), clock=ManualClock(), settings=engine_settings) as engine:
            yield type(api)(create_app(contract_of(release), engine.nodes[0]), engine)

    return serve


@dataclass
class Watched:
    """The measurements of a watchdog."""

    longest: float = 0.0
    """The processor seconds that the event loop was longest kept busy without a turn for anybody else."""


@pytest.fixture
def loop_watchdog() -> Callable[[], AbstractAsyncContextManager[Watched]]:
    """Watch the event loop while the block runs. Measures processor time, since the machine may be busy."""

    @asynccontextmanager
    async def watch() -> AsyncIterator[Watched]:
        watched = Watched()

        async def look() -> None:
            before = time.thread_time()
            while True:
                await asyncio.sleep(0.001)
                now = time.thread_time()
                watched.longest, before = max(watched.longest, now - before), now

        task = asyncio.create_task(look())
        try:
            yield watched
        finally:
            await asyncio.sleep(0.005)  # so that `look` also measures the end of the block
            task.cancel()

    return watch
