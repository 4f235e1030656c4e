"""Wire faults: responses that do not match their schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seatunnel_conformance.faults import documents as doc
from seatunnel_conformance.faults.catalogue import fault
from seatunnel_conformance.faults.exchange import ProxiedExchange, without


@fault("overview-loses-workers", breaks=["overview.members"], when=doc.shows_overview)
def overview_loses_workers(exchange: ProxiedExchange) -> ProxiedExchange:
    """The overview has no count of workers."""
    return exchange.with_json(without(exchange.document, doc.workers_member(exchange)))


@fault("overview-has-numbers", breaks=["overview.members"], when=doc.shows_overview)
def overview_has_numbers(exchange: ProxiedExchange) -> ProxiedExchange:
    """The counts of the overview are numbers instead of text."""
    return exchange.with_change(_numbers)


@fault("overview-has-more", breaks=["http.further-members"])
def overview_has_more(exchange: ProxiedExchange) -> ProxiedExchange:
    """The overview has a member that the contract does not know."""
    return doc.overview(exchange, pendingJobs="0")


@fault("overview-is-a-list", breaks=["overview.members"], when=doc.shows_overview)
def overview_is_a_list(exchange: ProxiedExchange) -> ProxiedExchange:
    """The overview comes as a list of one."""
    return exchange.with_change(lambda found: [found])


@fault("version-is-missing", breaks=["overview.members"], when=doc.shows_overview)
def version_is_missing(exchange: ProxiedExchange) -> ProxiedExchange:
    """The overview does not tell the version."""
    return exchange.with_change(lambda found: without(found, "projectVersion"))


@fault("job-id-is-a-number", breaks=["job-info.asked-job", "job-info.members"])
def job_id_is_a_number(exchange: ProxiedExchange) -> ProxiedExchange:
    """The id of a job is a JSON number in its details."""
    return doc.each_shown(exchange, lambda job: {**job, "jobId": _number(job["jobId"])})


@fault("listed-id-is-a-number", breaks=["running-jobs.lists-running", "finished-jobs.lists-ended"])
def listed_id_is_a_number(exchange: ProxiedExchange) -> ProxiedExchange:
    """The ids in the lists of jobs are JSON numbers."""
    return doc.each_listed(exchange, lambda job: {**job, "jobId": _number(job["jobId"])})


@fault("job-loses-counters", breaks=["job-info.members", "running-job.all-counters"])
def job_loses_counters(exchange: ProxiedExchange) -> ProxiedExchange:
    """The details of a job have no counters."""
    return doc.each_shown(exchange, lambda job: without(job, "metrics"))


@fault("job-loses-a-counter", breaks=["running-job.all-counters"])
def job_loses_a_counter(exchange: ProxiedExchange) -> ProxiedExchange:
    """One of the counters by table is missing in a job's details."""

    def changed(metrics: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in metrics.items() if not name.lower().startswith("tablesinkwriteqps")}

    return doc.each_shown(exchange, lambda job: {**job, "metrics": changed(job["metrics"])})


@fault("counters-are-numbers", breaks=["job-info.counts", "running-job.all-counters"])
def counters_are_numbers(exchange: ProxiedExchange) -> ProxiedExchange:
    """The counters of a job are numbers instead of text."""
    return doc.each_shown(exchange, lambda job: {**job, "metrics": _numbers(job["metrics"])})


@fault("running-job-loses-options", breaks=["job-info.running-members"])
def running_job_loses_options(exchange: ProxiedExchange) -> ProxiedExchange:
    """A running job is shown without its options."""
    return doc.each_shown(exchange, lambda job: without(job, "envOptions"))


@fault("running-job-has-error", breaks=["job-info.running-members"])
def running_job_has_error(exchange: ProxiedExchange) -> ProxiedExchange:
    """A running job is shown with an error, which is null."""
    return doc.each_shown(exchange, lambda job: {**job, "errorMsg": None} if doc.is_running(exchange, job) else job)


@fault("ended-job-keeps-options", breaks=["job-info.finished-members"])
def ended_job_keeps_options(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job that has ended is still shown with options and savepoint flag."""
    kept = {"envOptions": {}, "isStartWithSavePoint": False}
    return doc.each_shown(exchange, lambda job: {**job, **kept} if doc.is_ended(exchange, job) else job)


@fault("end-time-is-missing", breaks=["job-info.finished-members"])
def end_time_is_missing(exchange: ProxiedExchange) -> ProxiedExchange:
    """The details of an ended job do not tell when it ended."""
    return doc.each_shown(exchange, lambda job: without(job, doc.end_of(exchange)))


@fault("end-time-is-null", breaks=["job-info.finished-members", "finished-jobs.lists-ended"])
def end_time_is_null(exchange: ProxiedExchange) -> ProxiedExchange:
    """The end time of an ended job is null."""
    return doc.each_job(
        exchange, lambda job: {**job, doc.end_of(exchange): None} if doc.is_ended(exchange, job) else job
    )


@fault("time-has-a-zone", breaks=["finished-jobs.lists-ended"])
def time_has_a_zone(exchange: ProxiedExchange) -> ProxiedExchange:
    """The create times in the list of finished jobs are written as RFC 3339 has them."""
    if not doc.lists_jobs(exchange, *doc.FINISHED):
        return exchange
    return doc.each_job(exchange, lambda job: {**job, "createTime": job["createTime"].replace(" ", "T") + "Z"})


@fault("unknown-job-has-a-state", breaks=["job-info.unknown-id", "running-job.unknown-id"], when=doc.shows_unknown_job)
def unknown_job_has_a_state(exchange: ProxiedExchange) -> ProxiedExchange:
    """An unknown job is answered with a state in addition to the id."""
    return exchange.with_change(lambda found: {**found, "jobStatus": "UNKNOWABLE"})


@fault("states-are-lower-case", breaks=["running-jobs.lists-running", "finished-jobs.lists-ended"])
def states_are_lower_case(exchange: ProxiedExchange) -> ProxiedExchange:
    """The states in the lists of jobs are written in lower case."""
    return doc.each_listed(exchange, lambda job: {**job, "jobStatus": job["jobStatus"].lower()})


@fault("state-is-a-new-word", breaks=["finished-jobs.lists-ended", "finished-jobs.savepoint-state"])
def state_is_a_new_word(exchange: ProxiedExchange) -> ProxiedExchange:
    """Jobs that ended with a savepoint are listed in a state that the contract does not know."""
    renamed = {"SAVEPOINT_DONE": "SAVEPOINTED"}
    return doc.each_listed(exchange, lambda job: {**job, "jobStatus": renamed.get(job["jobStatus"], job["jobStatus"])})


@fault("list-has-an-envelope", breaks=["finished-jobs.lists-ended", "running-jobs.lists-running"], when=doc.lists_jobs)
def list_has_an_envelope(exchange: ProxiedExchange) -> ProxiedExchange:
    """The lists of jobs come as an object with a total and the items."""
    return exchange.with_change(lambda items: {"total": len(items), "items": items})


@fault("finished-entry-loses-error", breaks=["finished-jobs.lists-ended", "finished-jobs.failed-with-error"])
def finished_entry_loses_error(exchange: ProxiedExchange) -> ProxiedExchange:
    """The list of finished jobs leaves the error out."""
    return doc.each_listed(exchange, lambda job: without(job, "errorMsg"))


@fault("vertex-ids-are-text", breaks=["job-info.vertices"])
def vertex_ids_are_text(exchange: ProxiedExchange) -> ProxiedExchange:
    """The numbers of vertices are text."""

    def changed(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**vertex, "vertexId": str(vertex["vertexId"])} for vertex in found]

    return doc.each_shown(exchange, lambda job: doc.with_vertices(job, changed))


@fault("edge-ends-are-numbers", breaks=["job-info.edges"])
def edge_ends_are_numbers(exchange: ProxiedExchange) -> ProxiedExchange:
    """The ends of edges are numbers."""

    def changed(pipelines: Mapping[str, Any]) -> Mapping[str, Any]:
        return {name: list(map(_numbers, edges)) for name, edges in pipelines.items()}

    return doc.each_shown(exchange, lambda job: doc.with_pipelines(job, changed))


@fault("reading-loses-a-key", breaks=["monitoring.documented-keys"])
def reading_loses_a_key(exchange: ProxiedExchange) -> ProxiedExchange:
    """A reading lacks one of the documented keys."""
    return _each_reading(exchange, lambda reading: without(reading, "minor.gc.count"))


@fault("reading-has-numbers", breaks=["monitoring.text-values"])
def reading_has_numbers(exchange: ProxiedExchange) -> ProxiedExchange:
    """Counts in a reading are numbers instead of text."""
    return _each_reading(exchange, _numbers)


@fault("reading-has-a-null", breaks=["monitoring.text-values"])
def reading_has_a_null(exchange: ProxiedExchange) -> ProxiedExchange:
    """A value in a reading is null."""
    return _each_reading(exchange, lambda reading: {**reading, "load.systemAverage": None})


@fault("receipt-id-is-a-number", breaks=["submit-job.receipt", "submit-job.generated-id"])
def receipt_id_is_a_number(exchange: ProxiedExchange) -> ProxiedExchange:
    """The id in the receipt of a submission is a number, as the page's example has it."""
    if not exchange.is_for("submit_job") or not doc.receipts(exchange):
        return exchange
    return exchange.with_change(lambda receipt: {**receipt, "jobId": _number(receipt["jobId"])})


@fault("receipt-loses-name", breaks=["submit-job.receipt", "submit-jobs.receipts"])
def receipt_loses_name(exchange: ProxiedExchange) -> ProxiedExchange:
    """Receipts of submissions do not tell the name."""
    if not exchange.is_for("submit_job", "submit_jobs") or not doc.receipts(exchange):
        return exchange
    return exchange.with_change(lambda found: _each(found, lambda receipt: without(receipt, "jobName")))


@fault(
    "stop-receipt-is-a-number", breaks=["stop-job.receipt", "stop-job.number-or-text"], on="stop_job", when=doc.receipts
)
def stop_receipt_is_a_number(exchange: ProxiedExchange) -> ProxiedExchange:
    """The id in the receipt of a stop is a number."""
    return exchange.with_change(lambda receipt: {**receipt, "jobId": _number(receipt["jobId"])})


@fault("stop-receipts-are-text", breaks=["stop-jobs.receipts"], on="stop_jobs", when=doc.receipts)
def stop_receipts_are_text(exchange: ProxiedExchange) -> ProxiedExchange:
    """The ids in the receipts of several stops are text."""
    return exchange.with_change(lambda found: _each(found, lambda receipt: {**receipt, "jobId": str(receipt["jobId"])}))


@fault("log-entry-loses-node", breaks=["logs.json-list"])
def log_entry_loses_node(exchange: ProxiedExchange) -> ProxiedExchange:
    """The entries of log files do not tell the node."""
    if not exchange.is_for("list_logs", "read_logs") or not isinstance(exchange.document, list):
        return exchange
    return exchange.with_change(lambda found: _each(found, lambda entry: without(entry, "node")))


def _number(text: Any) -> Any:
    """Return the number that a text is; anything else as it is."""
    return int(text) if isinstance(text, str) and text.removeprefix("-").isdecimal() else text


def _numbers(members: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object with numbers for the texts of numbers."""
    return {name: _number(value) for name, value in members.items()}


def _each(found: Any, change: doc.JobChange) -> Any:
    """Change an object, or every object of a list."""
    return [change(item) for item in found] if isinstance(found, list) else change(found)


def _each_reading(exchange: ProxiedExchange, change: doc.JobChange) -> ProxiedExchange:
    if not exchange.is_for("get_system_monitoring_information") or not isinstance(exchange.document, list):
        return exchange
    return exchange.with_change(lambda found: _each(found, change))
