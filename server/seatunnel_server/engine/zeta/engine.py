"""A real cluster as an `Engine`: each call becomes a request in the release of the cluster."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final, NoReturn, Self, TypeVar
from urllib.parse import quote

import orjson

from seatunnel_openapi import Contract, Operation, UnknownOperation, in_own_words, load
from seatunnel_server.engine import domain
from seatunnel_server.engine.errors import EngineError, EngineFailure, IllegalArgument
from seatunnel_server.engine.javatext import java_text
from seatunnel_server.engine.port import Node, TextReceiver
from seatunnel_server.engine.zeta import reports
from seatunnel_server.engine.zeta.address import name_of
from seatunnel_server.engine.zeta.bridge import sources_of
from seatunnel_server.engine.zeta.cluster import (
    ChangeBody,
    ClusterClient,
    NodeResponse,
    most_telling,
    release_of,
    with_query,
)
from seatunnel_server.errors import ClusterError, ClusterResponseInvalid, Unimplemented

_T = TypeVar("_T")
_PARAMETER: Final = re.compile(r"\{\w+\}")
_LARGE: Final = 2**18
"""The most bytes of a response that is parsed in the event loop, which takes a few milliseconds."""
_KNOWN_JOBS: Final = 8192
"""The most parsed jobs that are cached, each with some KiB."""
_KNOWN_LISTS: Final = 8
"""The most parsed lists that are cached, each of a response with at most `_KNOWN_BYTES`."""
_KNOWN_BYTES: Final = 16 * 2**20
_FOLDERS: Final = frozenset({"", ".", ".."})
"""Names that are not files in the folder of log files."""
_JAVA_CLASS: Final = re.compile(r"((?:[\w$]+\.)*[\w$]+): (.*)", re.DOTALL)


class ZetaEngine:
    """An `Engine` that sends requests to a cluster; its only node is the gateway."""

    def __init__(self, cluster: ClusterClient, contract: Contract, address: str) -> None:
        """Take the cluster, the contract of its release, and the `host:port` of the gateway."""
        self.contract = contract
        self.cluster = cluster
        self.node = ZetaNode(self, address)
        self._known: dict[tuple[Any, int, bool], domain.Job] = {}
        self._lists: dict[tuple[str, str], tuple[bytes, asyncio.Future[list[domain.Job]]]] = {}
        self._vertex_in_keys = contract.behaviour.choice("tableKeys") == "vertex-and-table"
        facts = contract.operation("get_job_info").behaviour
        own = in_own_words(contract)
        forms = [own.schema(facts.choice(form))["properties"].keys() for form in ("finishedForm", "runningForm")]
        self._only_archived = forms[0] - forms[1]
        """The members that only the finished form of a job has."""

    @classmethod
    async def connect(cls, cluster: ClusterClient, address: str) -> Self:
        """Return the engine of a cluster. Raises `ClusterNotIdentified` and `UnknownRelease`."""
        return cls(cluster, load(cluster.address.release or await release_of(cluster)), address)

    @property
    def nodes(self) -> Sequence[Node]:
        """The gateway as the only node."""
        return (self.node,)

    def now(self) -> datetime:
        """Return the time of the gateway."""
        return datetime.now(UTC)

    async def aclose(self) -> None:
        """Close the connections to the cluster."""
        await self.cluster.aclose()

    def operation(self, operation_id: str) -> Operation:
        """Return an operation of the cluster. Raises `Unimplemented` if the release lacks it."""
        try:
            return self.contract.operation(operation_id)
        except UnknownOperation:
            raise Unimplemented(f"The cluster's release {self.contract.release} has no {operation_id}.") from None

    def path(self, operation_id: str, value: str = "") -> str:
        """Return the path of an operation, with the value of its only parameter."""
        return _PARAMETER.sub(lambda _: quote(value, safe=""), self.operation(operation_id).path)

    async def read(
        self, operation_id: str, parse: Callable[[Any], _T], value: str = "", query: Mapping[str, str] | None = None
    ) -> _T:
        """Return the response of an operation, parsed by `parse`.

        Raises `EngineFailure` for an error of the cluster's engine, `ClusterError`, and `Unimplemented`.
        """
        answer = self.accepted(await self.cluster.read(self.path(operation_id, value), query))
        return await self._read(operation_id, answer, parse)

    async def _read(self, operation_id: str, answer: NodeResponse, parse: Callable[[Any], _T]) -> _T:
        if len(answer.body) <= _LARGE:
            return self.parsed(operation_id, answer, parse)
        return await asyncio.to_thread(self.parsed, operation_id, answer, parse)

    def accepted(self, answer: NodeResponse) -> NodeResponse:
        """Return a response if its status is 200. Raises `EngineFailure` or `ClusterResponseInvalid` for others."""
        if answer.status == HTTPStatus.OK:
            return answer
        message = answer.error_message
        if message is not None and answer.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            raise self._error(EngineFailure, message)
        raise ClusterResponseInvalid(f"The node {answer.node} answered {answer.status}.")

    def _error(self, kind: type[EngineError], message: str) -> EngineError:
        """Return an error without the class and the stack trace that the cluster's release adds to its message."""
        how = self.contract.behaviour.choice("errorMessage")
        found = None if how == "text" else _JAVA_CLASS.match(message.partition("\n\tat ")[0])
        error = kind(found[2] if found else message)
        if found:
            error.java_class = found[1]
        return error

    def document_of(self, operation_id: str, answer: NodeResponse) -> Any:
        """Return the JSON of a response, translated to the names of the contract."""
        wording = self.contract.wording(operation_id)
        return answer.document if wording is None else wording.read(answer.document)

    def parsed(self, operation_id: str, answer: NodeResponse, parse: Callable[[Any], _T]) -> _T:
        """Parse a response. Raises `ClusterResponseInvalid` if it is invalid in the cluster's release."""
        try:
            return parse(self.document_of(operation_id, answer))
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, EngineError):
            raise ClusterResponseInvalid(
                f"The response of the node {answer.node} is not one of {self.contract.release}."
            ) from None

    async def overview(self, tags: Mapping[str, str]) -> domain.Overview:
        """Return the counts of the cluster."""
        return await self.read("get_overview", reports.overview_of, query=tags)

    async def monitoring(self) -> Sequence[Mapping[str, Any]]:
        """Return the readings of all members, with values as text; the entry of a failed member is not changed."""
        return await self.read(
            "get_system_monitoring_information",
            lambda members: [
                member if "error" in member else {key: java_text(value) for key, value in member.items()}
                for member in members
            ],
        )

    async def job(self, job_id: domain.JobId) -> domain.Job | None:
        """Return a job; it is archived if it has a member that only finished jobs have."""

        def read(raw: Any) -> domain.Job | None:
            return self._job(raw, archived=not self._only_archived.isdisjoint(raw)) if "jobStatus" in raw else None

        return await self.read("get_job_info", read, str(job_id))

    def _job(self, raw: Any, *, archived: bool) -> domain.Job:
        """Parse a job; the result is cached until the job changes."""
        key = raw["jobId"], hash(orjson.dumps(raw)), archived
        job = self._known.get(key)
        if job is None:
            job = reports.job_of(raw, archived=archived, vertex_in_keys=self._vertex_in_keys)
            if len(self._known) >= _KNOWN_JOBS:
                self._known.clear()
            self._known[key] = job
        return job

    async def running_jobs(self) -> Sequence[domain.Job]:
        """Return the jobs that are not archived."""
        return await self._jobs("get_running_jobs", archived=False)

    async def finished_jobs(self, state: str | None = None) -> Sequence[domain.Job]:
        """Return the archived jobs."""
        if state is None:
            return await self._jobs("get_finished_jobs", archived=True)
        return await self._jobs("get_finished_jobs_by_state", state, archived=True)

    async def _jobs(self, operation_id: str, value: str = "", *, archived: bool) -> Sequence[domain.Job]:
        """Return a list of jobs, the oldest first; a list that many clients poll is parsed again only if it changes."""
        answer = self.accepted(await self.cluster.read(self.path(operation_id, value)))
        body, reading = self._lists.pop((operation_id, value), (b"", None))
        if reading is None or body != answer.body:
            if len(self._lists) >= _KNOWN_LISTS:
                del self._lists[next(iter(self._lists))]
            reading = asyncio.ensure_future(
                self._read(operation_id, answer, lambda raw: [self._job(it, archived=archived) for it in raw])
            )
            reading.add_done_callback(lambda it: it.cancelled() or it.exception())  # or asyncio logs the exception
        if len(answer.body) <= _KNOWN_BYTES:
            self._lists[operation_id, value] = answer.body, reading
        jobs = await asyncio.shield(reading)
        order = self.contract.list_order(operation_id)
        if order == "newest-first":
            return jobs[::-1]
        return jobs if order == "oldest-first" else sorted(jobs, key=lambda job: job.create_time)

    async def logs(self) -> Sequence[domain.LogFile]:
        """Return the log files of all nodes, with links to the gateway.

        A name on several nodes is listed once, with the node from which `ZetaNode.read_log` reads the file.
        """
        address, nodes = self.node.address, [name_of(url) for url in self.cluster.by_health()]

        def parse(files: Any) -> list[domain.LogFile]:
            found: dict[str, domain.LogFile] = {}
            for it in sorted(files, key=lambda it: nodes.index(it["node"]) if it["node"] in nodes else len(nodes)):
                found.setdefault(it["logName"], domain.LogFile(it["node"], it["logName"], linked_at=address))
            return list(found.values())

        return await self.read("list_logs", parse, query={"format": "json"})

    async def workers(self, tags: Mapping[str, str]) -> Sequence[domain.Worker]:
        """Return the workers, read from the worker resources, or else from the pending jobs."""
        (source,) = sources_of("get_worker_resources", {operation.id for operation in self.contract.operations})
        workers = await self.read(
            source, lambda raw: [reports.worker_of(it) for it in raw.get("clusterSnapshot", raw)["workers"]]
        )
        return [worker for worker in workers if tags.items() <= worker.tags.items()]

    async def slot_usage(self) -> Sequence[domain.SlotUsage]:
        """Raise `Unimplemented`. Equal releases pass the response on instead; other releases lack the operation."""
        raise self._lacks("no slots by job")

    async def ended(self) -> tuple[int, Sequence[domain.Job]]:
        """Raise `Unimplemented`, like `slot_usage`."""
        raise self._lacks("no feed of ended jobs")

    async def queue(self) -> domain.Queue:
        """Return the queue of waiting jobs."""
        return await self.read("get_pending_jobs", reports.queue_of)

    async def checkpoints(self, job_id: domain.JobId) -> domain.JobCheckpoints | None:
        """Return the checkpoints of a job; None if the cluster has no record of them."""
        return await self.read("get_checkpoint_overview", reports.checkpoints_of, str(job_id))

    async def has_savepoint(self, job_id: domain.JobId) -> bool:
        """Return True, since the cluster decides whether a job can start from a savepoint."""
        del job_id
        return True

    @property
    def text_receiver(self) -> TextReceiver:
        """This engine, since the cluster parses configurations itself."""
        return self

    async def submit(self, config: Mapping[str, Any], **options: Any) -> domain.Submitted:
        """Submit a configuration as JSON."""
        return await self.submit_text(domain.ConfigText(orjson.dumps(config), "application/json"), **options)

    async def submit_text(
        self,
        config: domain.ConfigText,
        *,
        job_id: domain.JobId | None = None,
        job_name: str | None = None,
        from_savepoint: bool = False,
        restored_from: domain.JobId | None = None,
    ) -> domain.Submitted:
        """Submit a text. Raises `Unimplemented` if the cluster lacks its language or a parameter."""
        operation = self.operation("submit_job_by_upload" if config.uploaded else "submit_job")
        known = {parameter["name"] for parameter in operation.parameters}
        query = {"jobId": "" if job_id is None else str(job_id), "jobName": job_name or ""}
        if restored_from is not None and ("restoreMode" in known or restored_from != job_id):
            mode = "SAVEPOINT" if restored_from == job_id else "CHECKPOINT"
            query |= {"restoreMode": mode, "restoreSourceJobId": str(restored_from)}
        elif from_savepoint:
            query["isStartWithSavePoint"] = "true"
        languages = operation.behaviour.names("bodyFormats")
        if config.language not in languages:
            raise self._lacks(f"no configurations in {config.language}, only in {', '.join(languages)}")
        if not config.uploaded and len(languages) > 1:
            query["format"] = config.language
        # A start from a savepoint needs the parameter, even if it is empty.
        query = {name: value for name, value in query.items() if value or (from_savepoint and name == "jobId")}
        if query.keys() - known:
            raise self._lacks(f"no parameter {', '.join(sorted(query.keys() - known))} of {operation.path}")
        if config.uploaded:
            body = ChangeBody.of_file(f"job.{config.language}", config.content)
        else:
            body = ChangeBody(config.content, config.content_type)
        return await self.change(operation.id, body, reports.submitted_of, query=query)

    async def submit_all(self, jobs: domain.ConfigText) -> Sequence[domain.Submitted]:
        """Submit several jobs in one request."""
        body = ChangeBody(jobs.content, jobs.content_type)
        return await self.change("submit_jobs", body, lambda receipts: [reports.submitted_of(it) for it in receipts])

    async def check(self, config: Mapping[str, Any]) -> None:
        """Do nothing, since the cluster checks configurations when they are submitted."""

    async def stop(self, job_id: domain.JobId, *, savepoint: bool = False) -> None:
        """Ask a job to stop."""
        await self.change("stop_job", _json({"jobId": str(job_id), "isStopWithSavePoint": savepoint}), lambda _: None)

    async def savepoint(self, job_id: domain.JobId) -> None:
        """Ask a job to stop with a savepoint."""
        await self.stop(job_id, savepoint=True)

    async def change(
        self,
        operation_id: str,
        body: ChangeBody,
        parse: Callable[[Any], _T],
        *,
        query: Mapping[str, str] | None = None,
        url: str = "",
    ) -> _T:
        """Return the parsed response to a change. Raises the errors of `read`, and `IllegalArgument` for a 400."""
        answer = await self.cluster.change("POST", with_query(self.path(operation_id), query), body, url=url)
        message = answer.error_message
        if answer.status == HTTPStatus.BAD_REQUEST and message is not None:
            raise self._error(IllegalArgument, message)
        return self.parsed(operation_id, self.accepted(answer), parse)

    def _lacks(self, what: str) -> Unimplemented:
        return Unimplemented(f"The cluster's release {self.contract.release} has {what}.")


def _json(value: Any) -> ChangeBody:
    return ChangeBody(orjson.dumps(value), "application/json")


def _refuse() -> NoReturn:
    raise Unimplemented("Loggers are not supported by the gateway.")


class ZetaNode:
    """The gateway as a node, with the data of the first node of the cluster that responds."""

    is_master = True
    """The gateway is the only node that clients see."""

    def __init__(self, engine: ZetaEngine, address: str) -> None:
        self.engine = engine
        self.address = address
        self.identity = address

    async def threads(self) -> Sequence[domain.NodeThread]:
        """Return the threads of a node."""
        engine = self.engine
        wanted = [engine.path(operation_id) for operation_id in ("get_thread_dump", "get_running_threads")]

        async def both(url: str) -> list[NodeResponse]:
            return [engine.accepted(await engine.cluster.read_at(url, path)) for path in wanted]

        dump, running = await engine.cluster.first(both)
        listed = engine.document_of("get_running_threads", running)
        return engine.parsed("get_thread_dump", dump, lambda document: list(reports.threads_of(document, listed)))

    async def metrics(self, *, openmetrics: bool) -> str:
        """Return the metrics of a node, unchanged."""
        engine, wanted = self.engine, "get_openmetrics" if openmetrics else "get_metrics"
        return reports.decoded(engine.accepted(await engine.cluster.read(engine.path(wanted))))

    async def log_files(self) -> Sequence[domain.LogFile]:
        """Return the log files of a node."""
        address = self.address
        return await self.engine.read(
            "get_all_log_names", lambda names: [domain.LogFile(address, name) for name in names]
        )

    async def read_log(self, name: str) -> domain.LogText | None:
        """Return the text of a log file of the first node that has it."""
        if name in _FOLDERS:
            return None
        engine, path = self.engine, self.engine.path("read_node_log", name)
        failures: list[ClusterError] = []
        for url in engine.cluster.by_health():
            try:
                answer = await engine.cluster.read_at(url, path)
            except ClusterError as error:
                failures.append(error)
                continue
            if answer.status == HTTPStatus.OK:
                return reports.WholeLog(reports.decoded(answer))
        if failures:
            raise most_telling(failures)
        return None

    async def update_tags(self, tags: Mapping[str, str]) -> None:
        """Replace the tags of the first configured node of the cluster, even if it has failed before."""
        url = self.engine.cluster.address.urls[0]
        await self.engine.change("update_tags", _json(tags), lambda _: None, url=url)

    async def loggers(self) -> Sequence[domain.LoggerLevel]:
        """Raise `Unimplemented`: each node has its own loggers."""
        _refuse()

    async def logger(self, name: str) -> domain.LoggerLevel:  # noqa: ARG002 - the protocol's signature
        """Raise `Unimplemented`: each node has its own loggers."""
        _refuse()

    async def set_logger(self, name: str, level: str | None) -> domain.LoggerLevel:  # noqa: ARG002 - as above
        """Raise `Unimplemented`: each node has its own loggers."""
        _refuse()
