"""Probes: requests that find the values of facts that no check reads, or that checks read only in some cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final, Self

from seatunnel_conformance.arrange.configurations import as_hocon
from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.jobs import OwnJob
from seatunnel_conformance.arrange.waiting import polled
from seatunnel_conformance.errors import Inconclusive, NotObservable
from seatunnel_conformance.learn.samples import Sample
from seatunnel_conformance.learn.trials import FactName, FactValue, facts_held
from seatunnel_conformance.observe.forms import END_STATES
from seatunnel_conformance.target import routes
from seatunnel_conformance.target.exchange import Exchange
from seatunnel_openapi import Contract
from seatunnel_openapi.words import snake_case

UNSEEN: Final[Mapping[str, str]] = {
    **dict.fromkeys(("waitingJob", "unscheduledJob", "rejectedId"), "the probe would take all slots of the cluster"),
    "sameAtEveryNode": "one node is learned",
    "longLogs": "a log file has to be longer than the configured limit",
    **dict.fromkeys(
        ("form", "runningForm", "finishedForm", "unknownForm"), "the name of a schema; its members are compared"
    ),
    "activeSource": "a job has to be started twice from one state, which can lose it",
    "unknownLogger": "it has one value",
    **dict.fromkeys(("inputKeys", "outputKeys"), "the name of an option can't be guessed"),
}
"""The reasons why facts can't be learned, by name of the fact."""

_SETTLED: Final = 0.7
"""Seconds after which an ended job has its finished form, unless the engine keeps the running form for a minute."""

_LATER: Final = 2
"""A job that still runs after this number of later jobs have ended never ends."""

_LONGEST: Final = 20.0
"""The maximum number of seconds to wait for the end of a job."""

_CREDENTIALS: Final = (
    *("username", "password", "auth", "token", "access_key", "secret_key", "access_key_id", "secret_access_key"),
    *("api_key", "private_key", "passphrase", "client_secret", "sasl_password", "keystore_password", "secret"),
)
_NO_BASE64: Final = {"password": "!"}
_SHADE: Final = {"shade.identifier": "base64"}

Probe = Callable[[Context], Any]
"""Sends requests, and returns the value of a fact; None if the responses don't show it."""


def _unknown_connector(context: Context) -> Any:
    config = {**context.jobs.batch(), "sink": [context.jobs.sink() | {"plugin_name": "ConformanceNone"}]}
    message = str(context.jobs.send(context.jobs.own(config)).members["message"])
    # A stack trace can have both texts: then the error is the first of them here.
    values = {"Unable to create": "factory-failed", "not found": "plugin-not-found"}
    return next((value for text, value in values.items() if text in message), None)


def _sensitive_keys(context: Context) -> Any:
    sent = context.jobs.batch(_SHADE)
    sent["source"] = [{**sent["source"][0], **dict.fromkeys(_CREDENTIALS, "x")}]
    (source,) = context.jobs.target.post("/encrypt-config", body=sent).members["source"]
    found = [name for name in _CREDENTIALS if source[name] != "x"]
    now = context.contract.operation("encrypt_config").behaviour.names("sensitiveKeys")
    return [*now, *(name for name in found if name not in now)] if set(now) <= set(found) else None


def _chain_vertex(context: Context) -> Any:
    config = context.jobs.transformed()
    (first,) = config["transform"]
    reads, writes = (name for name, value in first.items() if value in ("fake", "changed"))
    second = {**first, reads: "changed", writes: "again", "query": "select name, age from changed"}
    config |= {"transform": [first, second], "sink": [context.jobs.sink("again")]}
    vertices = _ended(context, config)["jobDag"]["vertexInfoMap"]
    numbers = {str(it["type"]): int(it["vertexId"]) for it in vertices}
    return "new-number" if numbers.pop("transform") > max(numbers.values()) else "first-number"


def _decryption(context: Context) -> Any:
    jobs = context.jobs
    config = jobs.batch(_SHADE)
    config["source"] = [config["source"][0] | _NO_BASE64]
    if jobs.send(jobs.own(config)).status == 200:  # noqa: PLR2004
        return "none"
    if "hocon" not in context.contract.operation("submit_job").behaviour.names("bodyFormats"):
        return None
    job = jobs.own(config)
    query = {"jobId": job.id, "jobName": job.name, "format": "hocon"}
    body = as_hocon(config).encode()
    return "json" if context.jobs.target.post("/submit-job", query=query, body=body).status == 200 else "every-format"  # noqa: PLR2004


def _batch_configs(context: Context) -> Any:
    if context.contract.operation("submit_jobs").behaviour.choice("failedBatch") != "earlier-jobs-run":
        return None
    jobs = context.jobs
    broken = jobs.batch(_SHADE)
    broken["source"] = [broken["source"][0] | _NO_BASE64]
    first, second = jobs.own(jobs.batch()), jobs.own(broken)
    body = [{**it.config, "params": {"jobId": it.id, "jobName": it.name}} for it in (first, second)]
    if context.jobs.target.post("/submit-jobs", body=body).status == 200:  # noqa: PLR2004
        return None
    return "in-turn" if jobs.forms.shows_job(jobs.info(first.id)) else "before"


def _log_file(context: Context) -> str:
    names = context.target.get("/get-all-log-name", headers={"Accept": "application/json"}).json
    return next(f"{name}" for name in names if ".log" in name)


def _file_name(context: Context) -> Any:
    file = _log_file(context)
    plain, dotted = (context.target.send("GET", f"/logs/{path}") for path in (file, f"a/../{file}"))
    if plain.status != 200:  # noqa: PLR2004
        return None
    # The log may have grown between both requests, so only its beginning is compared.
    same = dotted.text.startswith(plain.text)
    return "as-written" if dotted.status != 200 else "resolved" if same else None  # noqa: PLR2004


def _head_charset(context: Context) -> Any:
    path = f"/logs/{_log_file(context)}"
    if context.target.send("GET", path).charset != "iso-8859-1":
        return None  # the servlet container keeps any other charset
    return "dropped" if context.target.send("HEAD", path).charset is None else "kept"


def _ended(context: Context, config: Mapping[str, Any]) -> Any:
    """Run a job to its end, and return the first response of `/job-info` with its end state."""
    return _first_end(context, context.jobs.submitted(config))


def _first_end(context: Context, job: OwnJob) -> Any:
    read, seconds = partial(context.jobs.info, job.id), min(context.settings.wait, _LONGEST)
    shown = polled(read, lambda document: document.get("jobStatus") in END_STATES, seconds, 0.05)
    if shown.get("jobStatus") not in END_STATES:
        raise LookupError(job.id)
    return shown


class _EndedJob(OwnJob):
    """An ended job, which the probes about the form of a job after its end share."""

    @classmethod
    def of(cls, context: Context) -> Self:
        job = context.jobs.submitted()
        _first_end(context, job)
        context.target.governor.sleep(_SETTLED)
        return cls(job.id, job.name, job.config)


def _late_job(context: Context, operation: str) -> Mapping[str, Any] | None:
    """Return the details of a job that has just ended, if they still have the running form, else None."""
    job = context.once(_EndedJob, lambda: _EndedJob.of(context))
    shown = context.target.get(f"{operation}/{{jobId}}", jobId=job.id).members
    forms = [
        context.contract.operation("get_job_info").behaviour.choice(name) for name in ("runningForm", "finishedForm")
    ]
    running, finished = (context.contract.schema(form)["properties"].keys() for form in forms)
    is_running = (running - finished) <= shown.keys() and not (finished - running) & shown.keys()
    return shown if is_running else None


def _after_end(operation: str) -> Probe:
    """Return the probe of the fact `afterEnd`: the form of a job that has just ended.

    If the job already has the finished form, the probe returns the value in the contract.
    """

    def ask(context: Context) -> Any:
        now = context.contract.operation("get_job_info").behaviour.choice("afterEnd")
        return "running-form-at-first" if _late_job(context, operation) else now

    return ask


def _ended_job(context: Context) -> Any:
    if (shown := _late_job(context, "/job-info")) is None:
        return None
    listed = [it["jobId"] for it in context.target.get("/running-jobs").items]
    return "listed" if shown["jobId"] in listed else "left-out"


def _rowless_source(context: Context) -> Any:
    jobs = context.jobs
    job = jobs.submitted(jobs.batch(rows=0))
    for _ in range(_LATER):
        _ended(context, jobs.batch())
        context.target.governor.sleep(_SETTLED)
        if jobs.info(job.id).get("jobStatus") in END_STATES:
            return "ends"
    jobs.stop(job.id)
    return "never-ends"


def _paging(operation_id: str) -> Probe:
    def ask(context: Context) -> Any:
        path = routes.any_path(context.contract.operation(operation_id), "FINISHED")
        page = context.target.get(path, query={"page": "1", "rows": "1"}).json
        if not isinstance(page, dict):
            return "none"
        rows = context.target.get(path, query={"page": "1", "rows": "0"})
        return "checked" if rows.status == 400 else "unchecked"  # noqa: PLR2004

    return ask


PROBES: Final[Mapping[FactName, Probe]] = {
    ("document", "headCharset"): _head_charset,
    ("read_logs", "fileName"): _file_name,
    **{
        (name, "paging"): _paging(name)
        for name in ("get_running_jobs", "get_finished_jobs", "get_finished_jobs_by_state")
    },
    ("encrypt_config", "sensitiveKeys"): _sensitive_keys,
    ("submit_job", "unknownConnector"): _unknown_connector,
    ("submit_job", "decryption"): _decryption,
    ("submit_job", "chainVertex"): _chain_vertex,
    ("submit_job", "rowlessSource"): _rowless_source,
    ("submit_jobs", "batchConfigs"): _batch_configs,
    ("get_job_info", "afterEnd"): _after_end("/job-info"),
    ("get_running_job", "afterEnd"): _after_end("/running-job"),
    ("get_running_jobs", "endedJob"): _ended_job,
}
_READING: Final = frozenset({"headCharset", "fileName", "paging"})
_ALSO: Final[Mapping[FactName, tuple[FactName, ...]]] = {
    ("submit_job", "decryption"): (("submit_job_by_upload", "decryption"),)
}
"""Facts that have the same value as another one, because the engine runs the same code for both."""


def asked_facts(context: Context, known: tuple[Contract, ...]) -> Iterator[tuple[FactName, FactValue | None, Sample]]:
    """Run the probes. For each fact that they find, yield its name, its value if it is new, and a sample.

    Most probes wait for a job, so they run at the same time, as many as there are slots for.
    """
    asked = [
        fact
        for fact in PROBES
        if fact[1] in facts_held(context.contract, fact[0]) and (context.settings.may_write or fact[1] in _READING)
    ]
    at_once = context.jobs.checks_at_once() if context.settings.may_write else None
    workers = [context.for_worker() for _ in asked]
    with ThreadPoolExecutor(max(1, len(asked) if at_once is None else at_once)) as pool:
        try:
            replies = list(pool.map(_reply, workers, asked))
        except BaseException:  # also at Ctrl-C: without this, the threads would continue
            with context.stopped(workers):
                pool.shutdown(cancel_futures=True)
            raise
    for fact, (value, exchange) in zip(asked, replies, strict=True):
        if exchange is None:
            continue
        sample, now = _sample(context, exchange, fact[1]), facts_held(context.contract, fact[0])[fact[1]]
        for holder, name in (fact, *_ALSO.get(fact, ())):
            releases = tuple(it.release for it in known if facts_held(it, holder).get(name) == value)
            added = tuple(it for it in value if it not in now) if isinstance(value, list) else value
            yield (holder, name), None if value == now else FactValue(holder, name, added, releases), sample


def _reply(worker: Context, fact: FactName) -> tuple[Any, Exchange | None]:
    """Return the value of a fact, and the exchange that shows it; None and None if the responses don't show it."""
    with worker.connections(), worker.target.watched() as exchanges:
        try:
            value = PROBES[fact](worker)
        except (Inconclusive, NotObservable, AssertionError, LookupError, TypeError, ValueError):
            value = None
        return value, None if value is None else exchanges[-1]


def _sample(context: Context, exchange: Exchange, name: str) -> Sample:
    path = exchange.request.target.partition("?")[0].removeprefix(context.target.context_path)
    method = "GET" if exchange.request.method == "HEAD" else exchange.request.method
    operation, _ = routes.find(context.contract, method, path)
    return Sample(
        operation or context.contract.operation("get_overview"), f"fact-{snake_case(name).replace('_', '-')}", exchange
    )
