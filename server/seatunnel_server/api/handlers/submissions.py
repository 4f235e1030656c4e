"""Submits jobs, one or several at a time: reads their parameters and their configurations.

A configuration is written in one of several languages, and sent as a body or as a file. The parameters of one job are
in the query; of several jobs, each has its parameters in the member `params`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, Final, Self
from urllib.parse import unquote_plus

from seatunnel_openapi.contract import Behaviour
from seatunnel_server.api.endpoints import Call, current
from seatunnel_server.engine import sqlconfig
from seatunnel_server.engine.config import Language, decrypt, environment
from seatunnel_server.engine.domain import ConfigText, JobId, Submitted
from seatunnel_server.engine.errors import EngineError, EngineFailure, IllegalArgument, InvalidNumber
from seatunnel_server.engine.hocon import Syntax, parse
from seatunnel_server.engine.port import TextReceiver
from seatunnel_server.engine.refusals import NotReadable, NotResolved, NullPointer
from seatunnel_server.http.multipart import Form, Part
from seatunnel_server.http.replies import Reply, reads
from seatunnel_server.http.request import BROKEN_ESCAPE, TEXT_LIMIT, TextTooLong

JOB_LIMIT: Final = 1_000
"""The most jobs that one request may start."""
_FORM_LIMIT: Final = 200_000
"""The most characters of a form that the servlet container reads."""
FILE_FIELD: Final = "config_file"
_NO_PARAMS: Final = "Invalid Params format in Params."
_NO_VALUE: Final = "the return value"


class RestoreMode(StrEnum):
    """The state that a job starts from."""

    NONE = "NONE"
    SAVEPOINT = "SAVEPOINT"
    CHECKPOINT = "CHECKPOINT"

    @classmethod
    def parse(cls, word: str) -> Self:
        """Read a mode in any letter case. Raises `IllegalArgument`."""
        try:
            return cls(word.upper())
        except ValueError:
            name = f"org.apache.seatunnel.engine.core.job.RestoreMode.{word.upper()}"
            raise IllegalArgument(f"No enum constant {name}") from None


@dataclass(frozen=True, slots=True)
class SubmissionParams:
    """The requested id and name of a job, and the state that it starts from, as the text of the request."""

    job_id: str | None = None
    job_name: str | None = None
    is_start_with_save_point: str | None = None
    restore_mode: str | None = None
    restored_from: str | None = None

    @property
    def flagged(self) -> bool:
        """Whether `isStartWithSavePoint` is `true`, in any letter case."""
        return (self.is_start_with_save_point or "").lower() == "true"

    @property
    def mode(self) -> RestoreMode:
        """The state that the job starts from. Raises `IllegalArgument`."""
        if self.restore_mode and self.restore_mode.strip():
            return RestoreMode.parse(self.restore_mode)
        return RestoreMode.SAVEPOINT if self.flagged else RestoreMode.NONE

    @property
    def source(self) -> JobId | None:
        """The job whose state is used; None for the job itself. Raises `InvalidNumber`."""
        return JobId.parse(self.restored_from) if self.restored_from and self.restored_from.strip() else None

    def check(self, facts: Behaviour) -> None:
        """Raise `IllegalArgument` for parameters that are refused before the configuration."""
        follows = facts.choice("restoreMode") == "followed"
        if self.flagged and (self.job_id is None or (follows and not self.job_id.strip())):
            raise IllegalArgument("Please provide jobId when start with save point.")
        word = (self.restore_mode or "").strip()
        if not word or (mode := RestoreMode.parse(word)) is RestoreMode.NONE:
            return
        if not self.restored_from or not self.restored_from.strip():
            raise IllegalArgument(f"restoreSourceJobId is required when restoreMode={mode}")
        try:
            JobId.parse(self.restored_from)
        except InvalidNumber:
            raise IllegalArgument(f"restoreSourceJobId must be a numeric job id, got: {self.restored_from}") from None

    @classmethod
    def parse(cls, params: Any, facts: Behaviour) -> Self:
        """Read `params` as the engine does: joined to a query string, and split again.

        So an equals sign ends a value, an ampersand begins another parameter, and a slash at the very end is lost.
        Recorded in `submit-jobs/params-*`. Raises `IllegalArgument`, and `EngineFailure` in releases that fail.
        """
        if params is None:
            raise _params_error(facts.choice("missingParams"), "params is missing")
        if not isinstance(params, dict):
            raise EngineFailure("params is not an object")
        if not params:
            raise _params_error(facts.choice("emptyParams"), _NO_PARAMS, "params is empty")
        for name, value in params.items():
            if not isinstance(value, str | None):
                raise _params_error(facts.choice("nonTextParam"), f"the value of {name} in params is not a string")
        texts = (f"{name}={'null' if value is None else value}" for name, value in params.items())
        glued = "&".join(texts).removesuffix("/")
        found: dict[str, str] = {}
        for pair in _java_split(glued, "&"):
            name, *values = _java_split(pair, "=")
            if not values:
                raise IllegalArgument(_NO_PARAMS)
            if BROKEN_ESCAPE.search(values[0].encode("utf-8", "surrogatepass")):
                problem = f'Illegal hex characters in escape (%) pattern - "{values[0]}"'
                raise IllegalArgument(f"URLDecoder: {problem}")
            found[name] = unquote_plus(values[0])
        restored = ("restoreMode", "restoreSourceJobId") if facts.choice("restoreMode") == "followed" else ()
        names = ("jobId", "jobName", "isStartWithSavePoint", *restored)
        return cls(*(found.get(name) for name in names))


def _java_split(text: str, separator: str) -> list[str]:
    """Split a text as Java's `String.split` does: without the empty pieces at its end."""
    pieces = text.split(separator)
    while len(pieces) > 1 and not pieces[-1]:
        pieces.pop()
    return pieces


def _params_error(refusal: str, message: str, failure: str = "") -> EngineError:
    return IllegalArgument(message) if refusal == "bad-request" else EngineFailure(failure or message)


class FormRead(EngineFailure):
    """The content type is that of a form, so the container has read the body already (`submit-job/type-form`)."""

    java_class = "java.lang.IllegalStateException"


@reads(late=True)
async def submit_job(  # noqa: PLR0913 - the parameters of all releases
    *,
    job_id: str | None,
    job_name: str | None,
    is_start_with_save_point: str | None,
    format_: str | None,
    restore_mode: str | None,
    restore_source_job_id: str | None,
) -> Reply:
    """Plan and queue one job; the response comes before it runs."""
    call = current()
    params = SubmissionParams(job_id, job_name, is_start_with_save_point, restore_mode, restore_source_job_id)
    if call.facts.choice("dryRun") == "bad-request" and call.query.last("dryRun") is not None:
        raise IllegalArgument("Dry-run is only supported via CLI")
    params.check(call.facts)
    if call.media_type.is_form and call.content and call.facts.choice("formBody") == "streamed-error":
        raise FormRead("STREAMED" if len(call.content) <= _FORM_LIMIT else "Form is larger than its limit.")
    config = await call.read(partial(_read_body, call, format_))
    return call.present.render(await _submit(call, config, params))


@reads(late=True, body_first=True)
async def submit_job_by_upload(
    *,
    job_id: str | None,
    job_name: str | None,
    is_start_with_save_point: str | None,
    restore_mode: str | None,
    restore_source_job_id: str | None,
) -> Reply:
    """Plan and queue an uploaded job. A form field overrides the query; only the query can ask for a restore."""
    call = current()
    form = await call.read(partial(Form.read, call.content, call.media_type))
    config = await call.read(partial(_read_file, call, form))
    call.query  # noqa: B018 - a broken query is refused now
    params = SubmissionParams(
        form.text("jobId") or job_id,
        form.text("jobName") or job_name,
        form.text("isStartWithSavePoint") or is_start_with_save_point,
        restore_mode,
        restore_source_job_id,
    )
    params.check(call.facts)
    return call.present.render(await _submit(call, config, params))


async def submit_jobs() -> Reply:
    """Plan and queue several jobs, in order. If one is refused, those before it run, unless all are checked first.

    The body is a list of jobs, or an object with a job in each member (`submit-jobs/object`); values that are no
    objects are ignored (`submit-jobs/scalars-in-array`). The fact `failedBatch` says whether all jobs are checked
    first, `batchConfigs` whether all configurations are read first.
    """
    call = current()
    if (receiver := call.engine.text_receiver) is not None:
        return call.present.render(await receiver.submit_all(ConfigText(call.content, call.media_type.header)))
    jobs, configs = await call.read(partial(_read_jobs, call))
    if call.facts.choice("failedBatch") == "nothing-runs":
        for config in configs or [_config_of(call, job) for job in jobs]:
            await call.engine.check(config)
    receipts = []
    for number, job in enumerate(jobs):
        await asyncio.sleep(0)  # each job takes about a millisecond to plan
        params = SubmissionParams.parse(job.get("params"), call.facts)
        params.check(call.facts)
        config = configs[number] if configs else await call.read(partial(_config_of, call, job))
        receipts.append(await _submit(call, config, params))
    return call.present.render(receipts)


def _read_jobs(call: Call) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the jobs of a body, and their configurations if all are read before the first job is submitted.

    Raises `IllegalArgument` for too many jobs, and what parsers raise.
    """
    document = call.body().document
    items = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    jobs = [item for item in items if isinstance(item, dict)]
    if len(jobs) > JOB_LIMIT:
        raise IllegalArgument(f"The request has more than {JOB_LIMIT:,} jobs.")
    in_turn = call.facts.choice("batchConfigs") == "in-turn"
    return jobs, [] if in_turn else [_config_of(call, job) for job in jobs]


def _config_of(call: Call, job: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of one of several jobs, decrypted. Raises what `decrypt` raises."""
    return decrypt({key: value for key, value in job.items() if key != "params"}, call.shade)


async def _submit(call: Call, config: dict[str, Any] | PassedOn, params: SubmissionParams) -> Submitted:
    if not isinstance(config, PassedOn):
        environment(config)  # a missing `env` is refused before the id is
    mode, restored_from = params.mode, params.source
    call.check_query()
    job_id = JobId.parse(params.job_id) if params.job_id and params.job_id.strip() else None
    if mode is RestoreMode.SAVEPOINT and restored_from is not None:
        job_id = restored_from
    if mode is not RestoreMode.NONE:
        await _require_state(call, mode, job_id, restored_from)
    options: dict[str, Any] = {
        "job_id": job_id,
        "job_name": params.job_name or None,
        "from_savepoint": mode is not RestoreMode.NONE,
        "restored_from": restored_from,
    }
    if isinstance(config, PassedOn):
        return await config.receiver.submit_text(config.text, **options)
    return await call.engine.submit(config, **options)


async def _require_state(call: Call, mode: RestoreMode, job_id: JobId | None, restored_from: JobId | None) -> None:
    """Raise `IllegalArgument` for a start from a state that does not exist, or from a running job, as the facts say."""
    source = job_id if restored_from is None else restored_from
    if call.facts.choice("activeSource") == "bad-request" and restored_from is not None:
        job = await call.engine.job(restored_from)
        if job is not None and not job.status.is_end:
            raise IllegalArgument(
                f"restoreSourceJobId={restored_from} is still {job.status}; "
                f"stop or cancel the source job before restoring from its {mode.lower()} state"
            )
    if call.facts.choice("missingCheckpoint") == "starts-fresh" or source is None:
        return
    if not await call.engine.has_savepoint(source):
        if call.facts.choice("restoreMode") == "ignored":
            raise IllegalArgument(f"No checkpoint found for jobId={source}, cannot start with save point.")
        named = source if job_id is None else job_id
        raise IllegalArgument(f"No checkpoint found for jobId={named}, restoreMode={mode}, restoreSourceJobId={source}")


@dataclass(frozen=True, slots=True)
class PassedOn:
    """A configuration as text, and the engine that parses it."""

    receiver: TextReceiver
    text: ConfigText


_READERS: Final = {Language.HOCON: parse, Language.SQL: sqlconfig.parse}


def _read_body(call: Call, word: str | None) -> dict[str, Any] | PassedOn:
    """Return the configuration that is the body of a request, decrypted where the facts say so.

    An engine that parses configurations itself gets the text.
    Raises what `Call.body`, `decrypt` and the readers of the languages raise.
    """
    language = Language.asked_for(word, call.facts.names("bodyFormats"))
    if (receiver := call.engine.text_receiver) is not None:
        return PassedOn(receiver, ConfigText(call.content, call.media_type.header, language))
    if language is Language.JSON:
        return decrypt(call.body().mapping(), call.shade)
    return _decrypted(call, _READERS[language](call.text()))


def _read_file(call: Call, form: Form) -> dict[str, Any] | PassedOn:
    """Return the configuration in a file; as text for an engine that parses configurations itself.

    JSON in a file is read by the HOCON library, which fails where a body would be refused (`hocon-in-json-file`).
    Raises `NullPointer` without a file or, in releases that need one, a file name (`field-missing`, `no-file-name`),
    `TextTooLong`, and what `decrypt` and the readers of the languages raise.
    """
    part = form.part(FILE_FIELD)
    if part is None:
        raise NullPointer("jakarta.servlet.http.Part.getSubmittedFileName()", _NO_VALUE)
    if len(part.content) > TEXT_LIMIT:
        raise TextTooLong
    language, text = _language(call, part), part.content.decode("utf-8", "replace")
    if (receiver := call.engine.text_receiver) is not None:
        return PassedOn(receiver, ConfigText(part.content, language=language, uploaded=True))
    tree = parse(text, syntax=Syntax.JSON) if language is Language.JSON else _READERS[language](text)
    return _decrypted(call, tree)


def _language(call: Call, part: Part) -> Language:
    if part.file_name is not None:
        return Language.of_file(part.file_name, call.facts.names("bodyFormats"))
    if call.facts.choice("unnamedFile") == "server-error":
        raise NullPointer("String.endsWith(String)", _NO_VALUE)
    return Language.JSON


def _decrypted(call: Call, tree: dict[str, Any]) -> dict[str, Any]:
    if call.facts.choice("decryption") != "every-format":
        return tree
    try:
        return decrypt(tree, call.shade)
    except NotReadable:
        if "hoconRead" in call.facts and call.facts.choice("hoconRead") == "planner":
            raise
        raise NotResolved from None
