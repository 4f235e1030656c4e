"""Functions that find jobs, receipts and plugins in requests and responses, using the contract's schemas and facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from seatunnel_conformance.faults.exchange import JSON, ProxiedExchange
from seatunnel_conformance.observe.forms import JobForms, ResponseForm

DETAILS: Final = ("get_job_info", "get_running_job")
"""The operations that return the details of one job."""

FINISHED: Final = ("get_finished_jobs", "get_finished_jobs_by_state")
"""The operations that return a list of ended jobs."""

LISTS: Final = ("get_running_jobs", *FINISHED)
"""The operations that return a list of jobs."""

SOME_TIME: Final = "2001-01-01 00:00:00"
"""A create or end time before that of every job."""

Job: TypeAlias = Mapping[str, Any]


def is_job(document: Any) -> bool:
    """Return whether a document is a job that the target knows: one with a state."""
    return isinstance(document, Mapping) and "jobStatus" in document


def shows_a_job(exchange: ProxiedExchange) -> bool:
    """Return whether a response has the details of a known job."""
    return exchange.is_for(*DETAILS) and exchange.ok and is_job(exchange.document)


def shows_unknown_job(exchange: ProxiedExchange) -> bool:
    """Return whether a response is the one for an unknown job."""
    return exchange.is_for(*DETAILS) and exchange.ok and not is_job(exchange.document)


def lists_jobs(exchange: ProxiedExchange, *operations: str) -> bool:
    """Return whether a response is a list of jobs from one of `operations`; by default, these are `LISTS`."""
    return exchange.is_for(*(operations or LISTS)) and exchange.ok and isinstance(exchange.document, list)


def form(exchange: ProxiedExchange, kind: str) -> ResponseForm:
    """Return a form of the responses of the requested operation.

    `kind` is `running`, `finished` or `unknown`, for the details of a job. A list has only one form.
    """
    operation_id = exchange.operation_id
    if operation_id in DETAILS:
        found: ResponseForm = getattr(JobForms.of(exchange.contract, operation_id), kind)
        return found
    return ResponseForm.named(exchange.contract, exchange.contract.operation(operation_id).behaviour.choice("form"))


def is_running(exchange: ProxiedExchange, job: Job) -> bool:
    """Return whether a job of a response has the members of a running job."""
    return form(exchange, "running").fits(job) and exchange.operation_id not in FINISHED


def is_ended(exchange: ProxiedExchange, job: Job) -> bool:
    """Return whether a job of a response has the members of an ended job."""
    return form(exchange, "finished").fits(job) and exchange.operation_id != "get_running_jobs"


def in_form(exchange: ProxiedExchange, kind: str, **members: Any) -> ProxiedExchange:
    """Replace members of the job in a response, and keep only those of this form (see `form`)."""
    shown, allowed = {**exchange.document, **members}, form(exchange, kind).members
    return exchange.with_json({name: value for name, value in shown.items() if name in allowed})


def is_restored(_: ProxiedExchange, job: Job) -> bool:
    """Return whether `isStartWithSavePoint` of a job is true: a boolean or, as in some releases, a string."""
    return str(job.get("isStartWithSavePoint")) in {"True", "true"}


def as_unknown(exchange: ProxiedExchange) -> ProxiedExchange:
    """Return the exchange with the response for an unknown job."""
    asked = exchange.value
    texts = {"empty": "", "echo-text": asked, "echo-number": asked.removeprefix("+").lstrip("0") or "0"}
    fact = exchange.contract.operation(exchange.operation_id).behaviour.choice("unknownJob")
    return exchange.with_reply(200, {"jobId": texts[fact]})


def fact(exchange: ProxiedExchange, name: str) -> str:
    """Return a fact of the requested operation, or of the whole contract if no operation is requested."""
    operation_id = exchange.operation_id
    facts = exchange.contract.operation(operation_id).behaviour if operation_id else exchange.contract.behaviour
    return facts.choice(name)


def shows_overview(exchange: ProxiedExchange) -> bool:
    """Return whether a response is an overview."""
    return exchange.is_for("get_overview") and exchange.ok and isinstance(exchange.document, dict)


def json_type(exchange: ProxiedExchange) -> str:
    """Return the content type of JSON that the contract states."""
    charset = exchange.contract.behaviour.choice("jsonCharset")
    return JSON if charset == "none" else f"{JSON};charset={charset}"


def config(exchange: ProxiedExchange) -> dict[str, Any]:
    """Return the job configuration in the JSON body of a request; empty if the body is not a JSON object."""
    return exchange.request_json if isinstance(exchange.request_json, dict) else {}


def plugins(exchange: ProxiedExchange, *sections: str) -> list[dict[str, Any]]:
    """Return the plugins in these sections of the config in a request; by default, in all sections."""
    found = (config(exchange).get(section) for section in sections or ("source", "transform", "sink"))
    return [one for section in found if isinstance(section, list) for one in section if isinstance(one, dict)]


def env(exchange: ProxiedExchange) -> dict[str, Any]:
    """Return the `env` of the config in the JSON body of a request; empty if there is none."""
    found = config(exchange).get("env")
    return found if isinstance(found, dict) else {}


def language(exchange: ProxiedExchange) -> str:
    """Return the query parameter `format` of a submission in lower case; empty if there is none."""
    return exchange.parameters.get("format", "").lower()


def has_empty_section(exchange: ProxiedExchange) -> bool:
    """Return whether the response is an error for a config whose `source` or `sink` is an empty list."""
    return exchange.is_error and [] in (config(exchange).get("source"), config(exchange).get("sink"))


def items_with_params(items: Any) -> list[dict[str, Any]]:
    """Return the items of the body of `/submit-jobs` that have `params`; none if the body is no list."""
    found = items if isinstance(items, list) else []
    return [item for item in found if isinstance(item, dict) and isinstance(item.get("params"), dict)]


def receipts(exchange: ProxiedExchange) -> list[dict[str, Any]]:
    """Return the JSON objects in a response with status 200: for a submission or a stop, these are its receipts."""
    found = exchange.document if exchange.ok else None
    items = found if isinstance(found, list) else [found]
    return [item for item in items if isinstance(item, dict)]


def receipt_ids(exchange: ProxiedExchange, *operations: str) -> list[str]:
    """Return the ids in the receipts of a response to one of `operations`; none for other requests."""
    return [str(receipt.get("jobId")) for receipt in receipts(exchange)] if exchange.is_for(*operations) else []


def stopped_ids(exchange: ProxiedExchange) -> set[str]:
    """Return the job ids in a response to a stop; none for others."""
    return set(receipt_ids(exchange, "stop_job", "stop_jobs"))


def submitted_ids(exchange: ProxiedExchange) -> set[str]:
    """Return the ids in the receipts of submissions; none for other requests."""
    return set(receipt_ids(exchange, "submit_job", "submit_jobs"))


def shows_ended_job(exchange: ProxiedExchange) -> bool:
    """Return whether a response has the details of an ended job."""
    return shows_a_job(exchange) and is_ended(exchange, exchange.document)


def ended_ids(exchange: ProxiedExchange) -> set[str]:
    """Return the id of the job if the response has the details of an ended job, else an empty set."""
    return {exchange.document["jobId"]} if shows_ended_job(exchange) else set()
