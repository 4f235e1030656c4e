"""Makes responses of the engine's values, by the response schemas and facts of an operation."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import cached_property
from html import escape
from typing import Any, Final

import orjson

from seatunnel_openapi import in_own_words
from seatunnel_openapi.contract import Contract, Operation
from seatunnel_server.api import diagnosis, feed
from seatunnel_server.api.forms import JobEncoding
from seatunnel_server.api.members import (
    ID_ONLY,
    JOB,
    LOG_LINK,
    OVERVIEW,
    SUBMITTED,
    TAGS_UPDATED,
    THREAD,
    Encoder,
    LogLink,
    Members,
    compile_encoder,
    itself,
    keyed_by_vertex,
)
from seatunnel_server.api.paging import PageRequest
from seatunnel_server.api.pending import PENDING_QUEUE
from seatunnel_server.api.validation import Schema, SchemaCompiler
from seatunnel_server.engine.domain import Job, JobId, LogFile, LogText, Overview
from seatunnel_server.engine.errors import EngineFailure
from seatunnel_server.errors import ContractViolation, ResponseMissing
from seatunnel_server.http.replies import JSON, Reply, Stream, encoded

LOG_LIST: Final = (
    b"<html><head><title>Seatunnel log</title></head>\n<body>\n<h2>Seatunnel log</h2>\n<ul>\n",
    b"</ul>\n</body></html>",
)
"""The page before and after the links."""


def log_links(links: Iterable[tuple[str, str]]) -> bytes:
    """Return links to log files as HTML list items; `links` are unescaped pairs: address, text."""
    items = "".join(f'<li><a href="{escape(address)}">{escape(text)}</a></li>\n' for address, text in links)
    return items.encode("utf-8", "replace")


class Content(Enum):
    """The content of responses that no member table describes."""

    JOBS = "jobs, in the forms that the facts name"
    JSON = "JSON as the engine or the request has it"
    TEXT = "text, or a page"


RESPONSES: Final[Mapping[str, Members | Content]] = {
    "get_overview": OVERVIEW,
    **dict.fromkeys(("get_running_jobs", "get_running_jobs_summary", "get_finished_jobs"), Content.JOBS),
    **dict.fromkeys(("get_finished_jobs_by_state", "get_job_info", "get_running_job"), Content.JOBS),
    **dict.fromkeys(("submit_job", "submit_jobs", "submit_job_by_upload"), SUBMITTED),
    **dict.fromkeys(("stop_job", "stop_jobs"), ID_ONLY),
    **dict.fromkeys(("update_tags", "update_local_member_tags"), TAGS_UPDATED),
    **dict.fromkeys(("get_thread_dump", "get_running_threads"), THREAD),
    **dict.fromkeys(("list_logs", "read_logs"), LOG_LINK),
    **dict.fromkeys(("list_node_logs", "read_node_log", "get_metrics", "get_openmetrics"), Content.TEXT),
    **dict.fromkeys(("get_system_monitoring_information", "encrypt_config", "get_all_log_names"), Content.JSON),
    "get_option_rules": Content.JSON,
    "get_pending_jobs": PENDING_QUEUE,
    "get_worker_resources": diagnosis.WORKER_RESOURCES,
    "get_jobs": feed.JOB_FEED,
    "get_slot_usage": diagnosis.SLOT_USAGE,
    "get_job_lineage": feed.JOB_LINEAGE,
    "get_http_service_status": diagnosis.HTTP_SERVICE,
    "get_checkpoint_overview": diagnosis.CHECKPOINT_OVERVIEW,
    "get_checkpoint_history": diagnosis.CHECKPOINT_RECORD,
    "list_loggers": diagnosis.LOGGERS,
    **dict.fromkeys(("get_logger", "set_logger_level", "reset_logger_level"), diagnosis.LOGGER),
    "get_realtime_jobs": diagnosis.REALTIME_JOBS,
    **dict.fromkeys(("get_realtime_vertices", "get_realtime_edges"), diagnosis.REALTIME_WINDOW),
}
"""The content of the responses of each operation."""


def require_responses(operations: Iterable[Operation]) -> None:
    """Raise `ResponseMissing` for an operation without an entry in `RESPONSES`."""
    for operation in operations:
        if operation.id not in RESPONSES:
            raise ResponseMissing(operation.id)


_LIST_FORM: Final = "form"
_TIME_FACTS: Final = {"waitingJob": False, "unscheduledJob": True}
_PART_FILES: Final = 200
"""The number of log files that are listed at once, in a few milliseconds."""
_FORMS: Final = (_LIST_FORM, "runningForm", "finishedForm")


@dataclass(frozen=True, eq=False)
class EncodingContext:
    """State that the presenters of one app share: the contract, its compiled schemas, and the cache of encoded jobs."""

    contract: Contract
    schemas: SchemaCompiler
    """The schemas of `contract`, with the names on the wire."""
    context_path: str = ""
    validate: bool = True
    requires_auth: bool = False
    """Whether requests have to come with credentials."""
    _forms: dict[tuple[str, int], JobEncoding] = field(default_factory=dict)

    @cached_property
    def own(self) -> Contract:
        """The contract with its own names. Values are encoded with these, and then translated to the wire."""
        return in_own_words(self.contract)

    @cached_property
    def own_schemas(self) -> SchemaCompiler:
        """The schemas of `own`."""
        return self.schemas if self.own is self.contract else SchemaCompiler.of(self.own)

    def form(self, name: str, validated_by: Schema | None, operation_id: str) -> JobEncoding:
        """Return the encoding of jobs in the schema `name`; operations with equal arguments share it and its cache."""
        key = name, id(validated_by)
        if key not in self._forms:
            schema = self.own.schema(name)
            encode = self.encoder(self.contract.schema(name), schema, JOB, name)
            if self.contract.behaviour.choice("tableKeys") == "vertex-and-table":
                encode = keyed_by_vertex(encode)
            self._forms[key] = JobEncoding(
                encode,
                validated_by if self.validate else None,
                operation_id,
                has_time="diagnostics" in self.own_schemas.properties(schema),
            )
        return self._forms[key]

    def encoder(self, schema: Any, own: Mapping[str, Any], members: Members, where: str) -> Encoder:
        """Return the encoder of a schema; `own` is this schema with the contract's names. Raises `MemberUnknown`."""
        return self.worded(schema, compile_encoder(own, members, where, self.own_schemas))

    def worded(self, schema: Any, encode: Encoder) -> Encoder:
        """Return an encoder that translates the results of `encode` to the wire."""
        wording = self.contract.words.of(schema)
        return encode if wording is None else lambda value: wording.write(encode(value))


class Presenter:
    """Writes the responses of one operation, driven by its response schemas and its facts.

    Everything is compiled when the app is made; a schema with a member that is in no table is an error.
    """

    def __init__(self, operation: Operation, context: EncodingContext) -> None:
        facts, where = operation.behaviour, f"{operation.id} 200"
        behaviour = context.contract.behaviour
        self._facts = facts
        self._context = context
        self._operation_id = operation.id
        self.release = context.contract.release
        self.context_path = context.context_path
        self.requires_auth = context.requires_auth
        self._json_type = JSON + _charset(behaviour.choice("jsonCharset"))
        self._text_charset = behaviour.choice("textCharset")
        # `Job.archived` of the jobs that the engine can't show without a start time.
        self._needs_time = {
            archived for fact, archived in _TIME_FACTS.items() if fact in facts and facts.choice(fact) == "server-error"
        }
        raw = operation.response_schema(200) or {}
        own = context.own.operation(operation.id).response_schema(200) or {}
        self._schema = context.schemas.compile(raw, where)
        # List items are validated once when encoded; the list itself only if its schema has other rules.
        validated_by = self._schema.item if _LIST_FORM in facts else self._schema
        self._forms = {
            name: context.form(facts.choice(name), validated_by, operation.id) for name in _FORMS if name in facts
        }
        self._newest_first = _LIST_FORM in facts and context.contract.list_order(operation.id) == "newest-first"
        self._unknown: Encoder = itself
        if "unknownForm" in facts:
            name = facts.choice("unknownForm")
            self._unknown = context.encoder(context.contract.schema(name), context.own.schema(name), ID_ONLY, where)
        # Operations of other projects have no entry; their functions make the responses themselves.
        members = RESPONSES.get(operation.id, Content.JSON)
        if isinstance(members, Content):
            self._encode = context.worded(raw, itself)
        else:
            self._encode = context.encoder(raw, own, members, where)
        self._documented = tuple(context.own_schemas.item_properties(own))
        wording = context.contract.words.of(raw)
        self._around = wording.around if wording and wording.envelope else None
        self._page_names = wording.wire_names if wording else {}
        self._last_overview: tuple[Overview, Reply] | None = None

    def overview(self, overview: Overview) -> Reply:
        """Answer with the counts of the cluster. For equal counts, the response is made and validated only once."""
        if self._last_overview is None or self._last_overview[0] != overview:
            self._last_overview = overview, self._made_overview(overview)
        return self._last_overview[1]

    def _made_overview(self, overview: Overview) -> Reply:
        if overview.dynamic_slots and self._facts.choice("dynamicTotalSlots") == "zero":
            overview = overview._replace(total_slots=0, unassigned_slots=0)
        reply = self.render(overview)
        if self._context.validate and (refusal := self._schema.refusal(orjson.loads(reply.body))) is not None:
            raise ContractViolation(self._operation_id, refusal)
        return dataclasses.replace(reply, validated_by=self._schema)

    def jobs(self, jobs: Sequence[Job], page: PageRequest | None = None) -> Reply:
        """Answer with a list of jobs, or a page of it, in the order of the contract; `jobs` are the oldest first."""
        self._require_times(jobs)
        return self._listed(self._forms[_LIST_FORM], jobs[::-1] if self._newest_first else jobs, page)

    def _listed(self, form: JobEncoding, ordered: Sequence[Job], page: PageRequest | None) -> Reply:
        if page is not None:
            pieces = form.list_of(page.of(ordered))
            data, total = (encoded(self._page_names.get(name, name)) for name in ("data", "total"))
            return Reply((b"{%s:" % data, *pieces, b",%s:%d}" % (total, len(ordered))), self._json_type)
        validated_by = self._schema if self._schema.item is not None else None
        pieces = form.list_of(ordered)
        if self._around is not None:
            before, behind = self._around(len(ordered))
            pieces = (before, *pieces, behind)
        return Reply(pieces, self._json_type, validated_by=validated_by)

    def summary(self, jobs: Sequence[Job], page: PageRequest | None, *, full: bool) -> Reply:
        """Answer with a list of jobs, or a page of it, the newest first; with `full`, in the form of running jobs."""
        form = self._context.form("RunningJob" if full else "RunningJobSummary", None, self._operation_id)
        return self._listed(form, jobs[::-1], page)

    def job(self, job: Job, now: Callable[[], datetime]) -> Reply:
        """Answer with one job, in its finished form once it has reached the history."""
        self._require_times((job,))
        form = self._forms["finishedForm" if job.archived else "runningForm"]
        if form.has_time:
            job = dataclasses.replace(job, read_at=now())
        return Reply((form.bytes_of(job),), self._json_type, validated_by=self._schema)

    def _require_times(self, jobs: Sequence[Job]) -> None:
        """Raise `EngineFailure` for a job that never had slots, and so no start time, if the engine fails for it."""
        if self._needs_time:
            for job in jobs:
                if job.start_time is None and job.archived in self._needs_time:
                    raise EngineFailure(f"Job {job.id} has no start time")

    def unknown_job(self, text: str, job_id: JobId) -> Reply:
        """Answer that there is no such job; `text` is the id as in the request."""
        shown = {"empty": "", "echo-text": text, "echo-number": str(job_id)}[self._facts.choice("unknownJob")]
        return Reply((encoded(self._unknown(shown)),), self._json_type)

    def readings(self, readings: Sequence[Mapping[str, str]]) -> Reply:
        """Answer with an object for each member of the cluster, with the documented keys in their order."""
        # Only some releases have an entry for a member that does not respond.
        known = [reading for reading in readings if "error" not in reading or "error" in self._documented]
        return self.render([{key: reading[key] for key in self._documented if key in reading} for reading in known])

    async def log_files(
        self, files: Sequence[LogFile], form: str | None, address_of: Callable[[LogFile], str]
    ) -> Reply:
        """Answer with links to log files; `form` is `json` or `html` in any letter case, or else the default."""
        wanted = (form or "").lower()
        if (wanted if wanted in {"json", "html"} else self._facts.choice("defaultFormat")) == "json":
            return await self._json_list(files, lambda file: LogLink(file, address_of(file)))
        with_node = self._facts.choice("linkText") == "node-and-file"
        return await _page(
            files, lambda file: (address_of(file), f"{file.node}-{file.name}" if with_node else file.name)
        )

    async def log_names(self, files: Sequence[LogFile]) -> Reply:
        """Answer with the names of log files."""
        return await self._json_list(files, lambda file: file.name)

    async def node_log_files(self, files: Sequence[LogFile]) -> Reply:
        """Answer with relative links to the log files of this node."""
        return await _page(files, lambda file: (f"log/{file.name}", file.name))

    async def _json_list(self, files: Sequence[LogFile], shown: Callable[[LogFile], Any]) -> Reply:
        """Answer with a JSON array of one value for each file.

        Each value is validated as it is encoded; the array is not validated again. Raises `ContractViolation`.
        """
        item = self._schema.item if self._context.validate else None

        def part(some: Sequence[LogFile]) -> bytes:
            values = self._encode([shown(file) for file in some])
            values = values if self._around is None else next(iter(values.values()))
            for refusal in map(item.refusal, values) if item is not None else ():
                if refusal is not None:
                    raise ContractViolation(self._operation_id, refusal)
            return encoded(values)[1:-1]

        before, behind = self._around(len(files)) if self._around is not None else (b"", b"")
        reply = await _in_parts(files, part, self._json_type, (before + b"[", b",", b"]" + behind))
        return reply if item is None else dataclasses.replace(reply, validated_by=self._schema)

    async def log_text(self, log: LogText | None) -> Reply:
        """Answer with a log that is read while it is sent, or with an empty 400 if there is no such log."""
        if log is None:
            return Reply(status=400)

        async def pieces() -> AsyncIterator[bytes]:
            async for piece in log.pieces():
                yield self._in_charset(piece)

        return await _streamed(pieces, self._text_type)

    def text(self, text: str) -> Reply:
        """Answer with plain text; characters that its charset lacks become `?`."""
        return Reply((self._in_charset(text),), self._text_type)

    @property
    def _text_type(self) -> str:
        return f"text/plain;charset={self._text_charset}"

    def _in_charset(self, text: str) -> bytes:
        return text.encode(self._text_charset, "replace")

    def render(self, value: Any, *, indented: bool = False) -> Reply:
        """Answer with a value, or a list of values, encoded by the response schema."""
        content = encoded(self._encode(value))
        if indented:
            content = orjson.dumps(orjson.loads(content), option=orjson.OPT_INDENT_2)
        return Reply((content,), self._json_type)


def _charset(name: str) -> str:
    return "" if name == "none" else f";charset={name}"


async def _page(files: Sequence[LogFile], link: Callable[[LogFile], tuple[str, str]]) -> Reply:
    """Answer with the page of links to files; `link` returns the address and the text of each."""
    before, behind = LOG_LIST
    return await _in_parts(
        files, lambda some: log_links(map(link, some)), "text/html;charset=utf-8", (before, b"", behind)
    )


async def _in_parts(
    files: Sequence[LogFile],
    part: Callable[[Sequence[LogFile]], bytes],
    content_type: str,
    around: tuple[bytes, bytes, bytes],
) -> Reply:
    """Answer with a body about files that is made in parts, so that other requests are served between two parts.

    `around` are the bytes before the parts, between them, and after them.
    """
    before, between, behind = around

    async def pieces() -> AsyncIterator[bytes]:
        yield before
        for at in range(0, len(files), _PART_FILES):
            yield (between if at else b"") + part(files[at : at + _PART_FILES])
            await asyncio.sleep(0)
        yield behind

    return await _streamed(pieces, content_type)


async def _streamed(pieces: Callable[[], AsyncIterator[bytes]], content_type: str) -> Reply:
    """Answer with a body that is never in memory as a whole. `pieces` is called to find its length, and to send it."""
    length = sum([len(piece) async for piece in pieces()])
    return Reply(content_type=content_type, stream=Stream(length, pieces))
