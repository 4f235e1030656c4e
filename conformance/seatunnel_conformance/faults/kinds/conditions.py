"""Faults under one condition: one end state, one way of submission, one shape of a job, or the second of two things."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from seatunnel_conformance.faults import documents as doc
from seatunnel_conformance.faults.catalogue import fault
from seatunnel_conformance.faults.exchange import ProxiedExchange

_UPLOAD: Final = "submit_job_by_upload"

_LOOKS: Final = 2
"""Responses after which a job changes; any small number will do."""


@fault("cancelled-jobs-have-an-error", breaks=["job-info.error-message"], on="get_job_info")
def cancelled_jobs_have_an_error(exchange: ProxiedExchange) -> ProxiedExchange:
    """A cancelled job has an error in its details, which says that it was cancelled."""
    return _ended_with(exchange, "CANCELED", errorMsg="the job was cancelled")


@fault("failed-jobs-get-the-running-form-back", breaks=["job-info.finished-members"], on="get_job_info")
def failed_jobs_get_the_running_form_back(exchange: ProxiedExchange, looks: Counter[str]) -> ProxiedExchange:
    """The details of a failed job have the form of a running one again after some responses."""
    if not doc.shows_a_job(exchange) or exchange.document["jobStatus"] != "FAILED":
        return exchange
    looks[exchange.value] += 1
    form, job = doc.form(exchange, "running"), exchange.document
    members = {**job, "envOptions": job["jobDag"]["envOptions"], "isStartWithSavePoint": False}
    running = {name: value for name, value in members.items() if name in form.members}
    return exchange.with_json(running) if looks[exchange.value] > _LOOKS else exchange


@fault(
    "state-lists-have-names-of-env", breaks=["submit-job.given-name"], on=("submit_job", "get_finished_jobs_by_state")
)
def state_lists_have_names_of_env(exchange: ProxiedExchange, names: dict[str, str]) -> ProxiedExchange:
    """The list of a state has the name in the `env` of a job that was submitted with another name."""
    config = exchange.request_json
    options = config.get("env") if isinstance(config, dict) else None
    if isinstance(options, dict) and "job.name" in options:
        names |= dict.fromkeys(doc.submitted_ids(exchange), str(options["job.name"]))
    return doc.each_listed(exchange, lambda job: {**job, "jobName": names.get(job["jobId"], job["jobName"])})


@fault("uploads-are-named-after-their-file", breaks=["submit-job.upload"], on=_UPLOAD)
def uploads_are_named_after_their_file(exchange: ProxiedExchange) -> ProxiedExchange:
    """An uploaded job that is named nowhere has the name of its file."""
    return _named_in_receipts(exchange, "job.json")


@fault("unnamed-jobs-of-a-list-are-numbered", breaks=["submit-jobs.optional-params"], on="submit_jobs")
def unnamed_jobs_of_a_list_are_numbered(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job of a list that is named nowhere has another default name than a single one."""
    return _named_in_receipts(exchange, "SeaTunnel_Job_1")


@fault("refused-lists-and-uploads-are-known", breaks=["submit-job.refused-is-unknown"])
def refused_lists_and_uploads_are_known(exchange: ProxiedExchange, refused: set[str]) -> ProxiedExchange:
    """A job that was refused in a list or as an upload is shown as a failed one afterwards."""
    if exchange.is_for("submit_jobs", _UPLOAD) and exchange.is_error:
        body = exchange.request_json
        every = [item.get("params") for item in body if isinstance(item, dict)] if isinstance(body, list) else []
        refused |= {
            str(one["jobId"]) for one in (exchange.parameters, *every) if isinstance(one, dict) and "jobId" in one
        }
    known = doc.shows_unknown_job(exchange) and exchange.value in refused
    return exchange.with_json({"jobId": exchange.value, "jobName": "", "jobStatus": "FAILED"}) if known else exchange


@fault("lists-start-nothing-from-savepoints", breaks=["submit-jobs.optional-params"], on="submit_jobs", before=True)
def lists_start_nothing_from_savepoints(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job of a list is never started from its savepoint."""
    items = exchange.request_json
    every = [item["params"] for item in items if _has_params(item)] if isinstance(items, list) else []
    flagged = [params for params in every if "jobId" in params and params.pop("isStartWithSavePoint", None)]
    return exchange.with_request_body(items) if flagged else exchange


@fault("matching-workers-have-no-slots", breaks=["overview.tag-filter"], when=doc.shows_overview)
def matching_workers_have_no_slots(exchange: ProxiedExchange) -> ProxiedExchange:
    """With a tag filter the total of slots is zero, and a number where all slots are zero."""
    total = "2" if exchange.document["totalSlot"] == "0" else "0"
    matches = exchange.query and exchange.document[doc.workers_member(exchange)] != "0"
    return doc.overview(exchange, totalSlot=total) if matches else exchange


@fault("hocon-has-no-transforms", breaks=["submit-job.hocon-plugins"], on="submit_job", before=True)
def hocon_has_no_transforms(exchange: ProxiedExchange) -> ProxiedExchange:
    """In HOCON, transforms are not read."""
    if exchange.parameters.get("format", "").lower() != "hocon":
        return exchange
    kept = re.sub(rb"(?ms)^transform \{.*?^\}\n", b"", exchange.request.body)
    return exchange if kept == exchange.request.body else exchange.with_request_body(kept)


@fault("third-tags-do-not-count", breaks=["overview.all-tags"], on="get_overview", before=True)
def third_tags_do_not_count(exchange: ProxiedExchange) -> ProxiedExchange:
    """Of several tag filters, the first two count."""
    return exchange.with_request(query=exchange.query[:2]) if len(exchange.query) > 2 else exchange  # noqa: PLR2004


@fault("second-pages-are-empty", breaks=["http.unknown-parameters"])
def second_pages_are_empty(exchange: ProxiedExchange) -> ProxiedExchange:
    """The second page of a list is empty, although lists have no pages."""
    beyond = isinstance(exchange.document, list) and exchange.parameters.get("page", "1") != "1"
    return exchange.with_json([]) if beyond else exchange


@fault("false-tags-are-dropped", breaks=["update-tags.values-as-text"], on="update_tags", before=True)
def false_tags_are_dropped(exchange: ProxiedExchange) -> ProxiedExchange:
    """A tag that is false or zero is not set."""
    tags = exchange.request_json
    falsy = [name for name, value in tags.items() if value is False or value == 0] if isinstance(tags, dict) else []
    kept = {name: value for name, value in tags.items() if name not in falsy} if falsy else {}
    return exchange.with_request_body(kept) if falsy else exchange


@fault("second-tags-are-not-cleared", breaks=["update-tags.clears"], on="update_tags", before=True)
def second_tags_are_not_cleared(exchange: ProxiedExchange, tags: dict[str, Any]) -> ProxiedExchange:
    """An empty object removes only the first tag of the node."""
    sent = exchange.request_json
    if not isinstance(sent, dict):
        return exchange
    left = dict(list(tags.items())[1:])
    tags.clear()
    tags |= sent or left
    return exchange.with_request_body(left) if not sent and left else exchange


@fault("sinks-have-the-usual-spelling", breaks=["job-info.vertex-names"])
def sinks_have_the_usual_spelling(exchange: ProxiedExchange) -> ProxiedExchange:
    """The name of a sink has the name of its plugin as its author spells it."""
    names = {"vertexName": lambda name: re.sub("(?i)console", "Console", name)}
    return _each_sink(exchange, names)


@fault("sinks-show-one-table", breaks=["job-info.vertices"])
def sinks_show_one_table(exchange: ProxiedExchange) -> ProxiedExchange:
    """Of several tables that a sink writes, the plan has the first."""
    return _each_sink(exchange, {"tablePaths": lambda tables: tables[:1]})


@fault("restarted-jobs-are-listed-as-saved", breaks=["life-cycle.restart"], on="get_running_jobs")
def restarted_jobs_are_listed_as_saved(exchange: ProxiedExchange) -> ProxiedExchange:
    """The list of running jobs has the end state of its first run for a job that runs again."""
    return doc.each_listed(
        exchange,
        lambda job: {**job, "jobStatus": "SAVEPOINT_DONE"} if str(job["isStartWithSavePoint"]) in _TRUE else job,
    )


_TRUE: Final = {"True", "true"}
"""The flag as a boolean and, as some releases send it, as text."""


@fault("restarted-jobs-are-not-listed", breaks=["life-cycle.restart"], on="get_running_jobs")
def restarted_jobs_are_not_listed(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job that runs again from its savepoint is missing in the list of running jobs."""
    return doc.each_listed(exchange, lambda job: None if str(job["isStartWithSavePoint"]) in _TRUE else job)


def _has_params(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("params"), dict)


def _ended_with(exchange: ProxiedExchange, state: str, **members: Any) -> ProxiedExchange:
    return doc.each_shown(
        exchange, lambda job: {**job, **members} if job["jobStatus"] == state and doc.is_ended(exchange, job) else job
    )


def _named_in_receipts(exchange: ProxiedExchange, name: str) -> ProxiedExchange:
    """Replace the default name in the receipts of jobs."""

    def renamed(receipt: doc.Job) -> doc.Job:
        return {**receipt, "jobName": name} if receipt.get("jobName") == "SeaTunnel_Job" else receipt

    if not doc.receipts(exchange):
        return exchange
    return exchange.with_change(lambda found: [*map(renamed, found)] if isinstance(found, list) else renamed(found))


def _each_sink(exchange: ProxiedExchange, changes: Mapping[str, Any]) -> ProxiedExchange:
    """Apply a function to each of some members of the sinks in every plan."""

    def changed(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            vertex | {name: change(vertex[name]) for name, change in changes.items()}
            if vertex["type"] == "sink"
            else vertex
            for vertex in found
        ]

    return doc.each_job(exchange, lambda job: doc.with_vertices(job, changed))
