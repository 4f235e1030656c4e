"""Where things are in the documents of answers: found through the contract's schemas and facts, never by release."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from seatunnel_conformance.arrange.forms import Form, JobForms, end_member
from seatunnel_conformance.faults.exchange import Exchange

DETAILS: Final = ("get_job_info", "get_running_job")
"""The operations that answer with one job."""

FINISHED: Final = ("get_finished_jobs", "get_finished_jobs_by_state")
LISTS: Final = ("get_running_jobs", *FINISHED)
"""The operations that answer with a list of jobs."""

SOME_TIME: Final = "2001-01-01 00:00:00"
"""A time that lies before every job's."""

Job: TypeAlias = Mapping[str, Any]
JobChange: TypeAlias = Callable[[Job], Job | None]
"""What becomes of a job in an answer; None takes it out of a list."""


def is_job(document: Any) -> bool:
    """Tell whether a document shows a known job."""
    return isinstance(document, Mapping) and "jobStatus" in document


def shows_a_job(exchange: Exchange) -> bool:
    """Tell whether an answer is one known job."""
    return exchange.about(*DETAILS) and exchange.ok and is_job(exchange.document)


def shows_nobody(exchange: Exchange) -> bool:
    """Tell whether an answer is about an unknown job."""
    return exchange.about(*DETAILS) and exchange.ok and not is_job(exchange.document)


def lists_jobs(exchange: Exchange, *operations: str) -> bool:
    """Tell whether an answer is a list of jobs, of these operations or of any."""
    return exchange.about(*(operations or LISTS)) and exchange.ok and isinstance(exchange.document, list)


def each_job(exchange: Exchange, change: JobChange) -> Exchange:
    """Change every job that an answer shows, alone or in a list."""
    if lists_jobs(exchange):
        return exchange.with_json([found for job in exchange.document if (found := change(job)) is not None])
    if shows_a_job(exchange):
        changed = change(exchange.document)
        return exchange if changed is None else exchange.with_json(changed)
    return exchange


def each_listed(exchange: Exchange, change: JobChange) -> Exchange:
    """Change every job of a list, and no job that is shown alone."""
    return each_job(exchange, change) if lists_jobs(exchange) else exchange


def each_shown(exchange: Exchange, change: JobChange) -> Exchange:
    """Change a job that is shown alone, and none of a list."""
    return each_job(exchange, change) if shows_a_job(exchange) else exchange


def form(exchange: Exchange, kind: str) -> Form:
    """Return the form `running`, `finished` or `unknown` of the operation that is asked."""
    operation_id = exchange.operation_id
    if operation_id in DETAILS:
        found: Form = getattr(JobForms.of(exchange.contract, operation_id), kind)
        return found
    return Form.named(exchange.contract, exchange.contract.operation(operation_id).behaviour.choice("form"))


def is_running(exchange: Exchange, job: Job) -> bool:
    """Tell whether a job is in the running form, as the operation that is asked shows it."""
    return form(exchange, "running").fits(job) and exchange.operation_id not in FINISHED


def is_ended(exchange: Exchange, job: Job) -> bool:
    """Tell whether a job is in the finished form."""
    return form(exchange, "finished").fits(job) and exchange.operation_id != "get_running_jobs"


def end_of(exchange: Exchange) -> str:
    """Return the member in which the operation that is asked tells when a job ended."""
    return end_member(form(exchange, "finished"))


def as_finished(exchange: Exchange, job: Job, state: str) -> Job:
    """Return a running job in the finished form of the operation that is asked."""
    finished = form(exchange, "finished")
    made_up = {end_of(exchange): job["createTime"], "errorMsg": None}
    shown = {**job, "jobStatus": state, **made_up}
    return {name: value for name, value in shown.items() if name in finished.members}


def as_unknown(exchange: Exchange) -> Exchange:
    """Return the exchange answered with the form of an unknown job."""
    asked = exchange.value
    texts = {"empty": "", "echo-text": asked, "echo-number": asked.removeprefix("+").lstrip("0") or "0"}
    fact = exchange.contract.operation(exchange.operation_id).behaviour.choice("unknownJob")
    return exchange.replying(200, {"jobId": texts[fact]})


def fact(exchange: Exchange, name: str) -> str:
    """Return a fact of the operation that is asked; of the document when it is for none."""
    operation_id = exchange.operation_id
    facts = exchange.contract.operation(operation_id).behaviour if operation_id else exchange.contract.behaviour
    return facts.choice(name)


def counted(metrics: Any, change: Callable[[str], str], *endings: str) -> Any:
    """Change the values of counters, plain ones, whose names end like these in any letter case."""
    if not isinstance(metrics, Mapping):
        return metrics
    wanted = tuple(ending.lower() for ending in endings)
    return {
        name: change(value) if isinstance(value, str) and name.lower().endswith(wanted) else value
        for name, value in metrics.items()
    }


def with_counters(job: Job, change: Callable[[str], str], *endings: str) -> Job:
    """Change the counters of a job whose names end like these."""
    return {**job, "metrics": counted(job["metrics"], change, *endings)}


def with_plan(job: Job, **parts: Any) -> Job:
    """Return a job with other parts of its plan."""
    return {**job, "jobDag": {**job["jobDag"], **parts}}


def workers_member(exchange: Exchange) -> str:
    """Return the member of the overview that counts workers; releases disagree about its name."""
    return next(str(name) for name in exchange.document if name.startswith("work"))


def overview(exchange: Exchange, **members: str) -> Exchange:
    """Return the exchange with other values in the overview that it answers with, if it does."""
    return exchange.with_json({**exchange.document, **members}) if shows_overview(exchange) else exchange


def shows_overview(exchange: Exchange) -> bool:
    """Tell whether an answer is an overview."""
    return exchange.about("get_overview") and exchange.ok and isinstance(exchange.document, dict)


def receipts(exchange: Exchange) -> list[dict[str, Any]]:
    """Return the receipts of an answer to a submission or a stop, one or several."""
    found = exchange.document if exchange.ok else None
    items = found if isinstance(found, list) else [found]
    return [item for item in items if isinstance(item, dict)]
