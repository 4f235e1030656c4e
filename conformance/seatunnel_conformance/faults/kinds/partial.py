"""Partial faults: what is right for the usual request, and wrong for one route, one plugin, or one kind of value."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import unquote

from seatunnel_conformance.faults import documents as doc
from seatunnel_conformance.faults.catalogue import fault
from seatunnel_conformance.faults.exchange import BAD_REQUEST, NOT_FOUND, Cut, ProxiedExchange, without

_EMPTY_BODY: Final = "Request body is empty."


@fault("lengths-count-characters", breaks=["http.whole-body"])
def lengths_count_characters(exchange: ProxiedExchange) -> ProxiedExchange:
    """The length of a response is its number of characters, not of bytes."""
    body = exchange.received.body
    length = len(body.decode("utf-8", "replace"))
    if exchange.document is None or length == len(body):
        return exchange
    return exchange.with_delivery(exchange.received.with_header("Content-Length", str(length)).as_bytes(), Cut.CLOSE)


@fault("slash-behind-a-post-is-404", breaks=["http.trailing-slash"], before=True)
def slash_behind_a_post_is_404(exchange: ProxiedExchange) -> ProxiedExchange:
    """POST on a path with a slash behind it is answered with 404."""
    return exchange.with_error(NOT_FOUND) if exchange.method == "POST" and exchange.path.endswith("/") else exchange


@fault("sub-paths-of-readings-are-404", breaks=["http.sub-paths"])
def sub_paths_of_readings_are_404(exchange: ProxiedExchange) -> ProxiedExchange:
    """Only the readings of the members have no path below theirs."""
    below = re.fullmatch("/system-monitoring-information/.+", exchange.path)
    return exchange.with_error(NOT_FOUND) if below and exchange.ok else exchange


@fault("state-lists-have-no-parameters", breaks=["http.unknown-parameters"], before=True)
def state_lists_have_no_parameters(exchange: ProxiedExchange) -> ProxiedExchange:
    """A list of one state with any query parameter is answered with 400."""
    refuses = exchange.is_for("get_finished_jobs_by_state") and any(name == "conformance" for name, _ in exchange.query)
    return exchange.with_error(BAD_REQUEST) if refuses else exchange


@fault("stops-lose-chunked-bodies", breaks=["http.chunked-body"], on="stop_job", before=True)
def stops_lose_chunked_bodies(exchange: ProxiedExchange) -> ProxiedExchange:
    """A stop whose body comes in chunks is answered like one without a body."""
    return exchange.with_error(BAD_REQUEST, _EMPTY_BODY) if exchange.request.header("transfer-encoding") else exchange


@fault("first-chunk-is-all", breaks=["http.chunked-body"], on="stop_job", before=True)
def first_chunk_is_all(exchange: ProxiedExchange) -> ProxiedExchange:
    """Of a stop that comes in chunks, only the first half is read."""
    body = exchange.request.body
    is_cut = exchange.request.header("transfer-encoding")
    return exchange.with_request_body(body[: len(body) // 2]) if is_cut else exchange


@fault("some-paths-ignore-case", breaks=["http.unknown-path", "http.unknown-path-write"], before=True)
def some_paths_ignore_case(exchange: ProxiedExchange) -> ProxiedExchange:
    """The letter case of a path does not matter for the list of running jobs and for stops."""
    ignores = exchange.path in {"/RUNNING-JOBS", "/STOP-JOB"}
    return exchange.with_request(path=exchange.path.lower()) if ignores else exchange


@fault("sub-paths-of-stops-are-404", breaks=["http.sub-paths"], before=True)
def sub_paths_of_stops_are_404(exchange: ProxiedExchange) -> ProxiedExchange:
    """A path below that of a stop is not there."""
    return exchange.with_error(NOT_FOUND) if re.fullmatch("/stop-job/.+", exchange.path) else exchange


@fault("parameters-of-a-post-are-refused", breaks=["http.unknown-parameters"], before=True)
def parameters_of_a_post_are_refused(exchange: ProxiedExchange) -> ProxiedExchange:
    """A POST with a query parameter that no operation has is answered with 400."""
    refuses = exchange.method == "POST" and "conformance" in exchange.parameters
    return exchange.with_error(BAD_REQUEST) if refuses else exchange


@fault("submissions-ignore-a-broken-query", breaks=["http.broken-query"], on="submit_job", before=True)
def submissions_ignore_a_broken_query(exchange: ProxiedExchange) -> ProxiedExchange:
    """The parameters of a submission are read as far as they can be."""
    return exchange.with_target(re.sub(r"%(?![0-9A-Fa-f]{2}|$)|%ff", "", exchange.target))


@fault("stops-negotiate", breaks=["http.accept-ignored"], on="stop_jobs", before=True)
def stops_negotiate(exchange: ProxiedExchange) -> ProxiedExchange:
    """Several stops by a client that accepts no JSON are answered with 406."""
    accept = exchange.request.header("accept")
    return exchange if not accept or "*/*" in accept or "json" in accept else exchange.with_error(406)


@fault("log-file-has-another-head", breaks=["http.head"], when=lambda exchange: exchange.path.startswith("/log/"))
def log_file_has_another_head(exchange: ProxiedExchange) -> ProxiedExchange:
    """HEAD says that a log file is a page."""
    wrong = exchange.method == "HEAD" and exchange.ok
    return exchange.with_header("Content-Type", "text/html") if wrong else exchange


@fault("pages-end-the-connection", breaks=["http.keep-alive"])
def pages_end_the_connection(exchange: ProxiedExchange) -> ProxiedExchange:
    """The connection is closed after a 404."""
    return exchange.with_header("Connection", "close") if exchange.status == NOT_FOUND else exchange


@fault("receipts-end-the-connection", breaks=["http.keep-alive"])
def receipts_end_the_connection(exchange: ProxiedExchange) -> ProxiedExchange:
    """The connection is closed after a POST that is accepted, and nothing says so."""
    if exchange.method != "POST" or not exchange.ok:
        return exchange
    return exchange.with_delivery(exchange.received.as_bytes(), Cut.CLOSE)


@fault("jobs-are-started-twice", breaks=["submit-job.generated-id", "submit-jobs.optional-params"])
def jobs_are_started_twice(exchange: ProxiedExchange) -> ProxiedExchange:
    """Every job runs a second time, as if a gateway had repeated its submission."""
    if not doc.lists_jobs(exchange):
        return exchange
    return exchange.with_change(lambda items: items + [{**job, "jobId": str(int(job["jobId"]) + 1)} for job in items])


@fault("configs-may-have-comments", breaks=["http.strict-json"], on="encrypt_config", before=True)
def configs_may_have_comments(exchange: ProxiedExchange) -> ProxiedExchange:
    """Comments in the body of `/encrypt-config` are skipped."""
    body = re.sub(rb"(?m)^//.*\n", b"", exchange.request.body)
    return exchange.with_request_body(body)


@fault("names-are-trimmed", breaks=["submit-job.given-name"], before=True)
def names_are_trimmed(exchange: ProxiedExchange) -> ProxiedExchange:
    """Blanks around the name of a job are lost."""
    return _renamed(exchange, str.strip)


@fault("names-are-decoded-twice", breaks=["submit-job.given-name"], before=True)
def names_are_decoded_twice(exchange: ProxiedExchange) -> ProxiedExchange:
    """An escape in the name of a job is decoded, although the name was decoded already."""
    return _renamed(exchange, unquote)


def _renamed(exchange: ProxiedExchange, change: Any) -> ProxiedExchange:
    if not exchange.is_for("submit_job"):
        return exchange
    return exchange.with_request(
        query=[(name, change(value) if name == "jobName" else value) for name, value in exchange.query]
    )


@fault("ids-are-compared-as-doubles", breaks=["job-info.asked-job"])
def ids_are_compared_as_doubles(exchange: ProxiedExchange, shown: dict[float, Any]) -> ProxiedExchange:
    """An id whose job is unknown finds the job with the nearest id, as JavaScript compares numbers."""
    if not exchange.is_for("get_job_info") or not exchange.value.isdecimal():
        return exchange
    if doc.shows_a_job(exchange):
        shown[float(exchange.value)] = exchange.document
    near = shown.get(float(exchange.value))
    return exchange.with_json(near) if near and doc.shows_unknown_job(exchange) else exchange


@fault(
    "unknown-ids-keep-their-zeros", breaks=["job-info.signs-and-zeros"], on="get_job_info", when=doc.shows_unknown_job
)
def unknown_ids_keep_their_zeros(exchange: ProxiedExchange) -> ProxiedExchange:
    """The response shows an unknown id as it was written, with plus sign and zeros."""
    return exchange.with_json({"jobId": exchange.value}) if exchange.value.startswith("+0") else exchange


@fault("edges-are-reversed", breaks=["job-info.edges"])
def edges_are_reversed(exchange: ProxiedExchange) -> ProxiedExchange:
    """The edges of every plan lead against the direction of the rows."""

    def changed(found: Mapping[str, Any]) -> Mapping[str, Any]:
        return {
            pipeline: [
                {"inputVertexId": edge["targetVertexId"], "targetVertexId": edge["inputVertexId"]} for edge in edges
            ]
            for pipeline, edges in found.items()
        }

    return doc.each_job(exchange, lambda job: doc.with_pipelines(job, changed))


@fault("second-pipeline-has-no-edges", breaks=["job-info.edges", "job-info.pipelines"])
def second_pipeline_has_no_edges(exchange: ProxiedExchange) -> ProxiedExchange:
    """Only the first pipeline of every plan has edges."""

    def changed(found: Mapping[str, Any]) -> Mapping[str, Any]:
        return {name: edges if name == "1" else [] for name, edges in found.items()}

    return doc.each_job(exchange, lambda job: doc.with_pipelines(job, changed))


def _with_metrics(exchange: ProxiedExchange, change: Callable[[doc.Job], doc.Job]) -> ProxiedExchange:
    """Change the metrics of every job, except in lists where they are JSON in a string."""

    def changed(job: doc.Job) -> doc.Job:
        metrics = job["metrics"]
        return {**job, "metrics": change(metrics)} if isinstance(metrics, Mapping) else job

    return doc.each_job(exchange, changed)


@fault("table-keys-are-taken-otherwise", breaks=["running-job.all-counters"])
def table_keys_are_taken_otherwise(exchange: ProxiedExchange) -> ProxiedExchange:
    """The counters by table have the keys of another release: with the vertex, or without it."""

    def changed(counts: Any) -> Any:
        if not isinstance(counts, dict):
            return counts
        return {key.partition("].")[2] or f"Source[0].{key}": count for key, count in counts.items()}

    return _with_metrics(exchange, lambda metrics: {name: changed(value) for name, value in metrics.items()})


@fault("diagnostics-have-no-pipelines", breaks=["job-info.diagnostics"], on="get_job_info")
def diagnostics_have_no_pipelines(exchange: ProxiedExchange) -> ProxiedExchange:
    """The diagnostics of a job have no pipelines."""
    shown = doc.shows_a_job(exchange) and "diagnostics" in exchange.document
    return (
        exchange.with_change(lambda job: {**job, "diagnostics": {**job["diagnostics"], "pipelines": []}})
        if shown
        else exchange
    )


@fault("counters-name-tables-for-vertices", breaks=["job-info.vertex-counters"])
def counters_name_tables_for_vertices(exchange: ProxiedExchange) -> ProxiedExchange:
    """The counters by vertex have vertex and table as keys."""

    def changed(name: str, counts: Any) -> Any:
        return {f"{key}.fake": count for key, count in counts.items()} if name.endswith("PerVertex") else counts

    return _with_metrics(exchange, lambda metrics: {name: changed(name, value) for name, value in metrics.items()})


@fault("transforms-have-no-vertex", breaks=["job-info.vertices"])
def transforms_have_no_vertex(exchange: ProxiedExchange) -> ProxiedExchange:
    """The vertices of transforms are missing in every plan."""
    return doc.each_job(
        exchange, lambda job: doc.with_vertices(job, lambda found: [v for v in found if v["type"] != "transform"])
    )


@fault("sinks-have-no-tables", breaks=["job-info.vertices"])
def sinks_have_no_tables(exchange: ProxiedExchange) -> ProxiedExchange:
    """The vertices of sinks name no tables, in every plan."""

    def changed(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [vertex | {"tablePaths": []} if vertex["type"] == "sink" else vertex for vertex in found]

    return doc.each_job(exchange, lambda job: doc.with_vertices(job, changed))


@fault("rows-of-tables-are-mixed-up", breaks=["running-job.all-counters"])
def rows_of_tables_are_mixed_up(exchange: ProxiedExchange) -> ProxiedExchange:
    """Each of two tables has the count of written rows of the other one."""

    def mixed_up(metrics: doc.Job) -> doc.Job:
        by_table = metrics.get("TableSinkWriteCount", {})
        return {**metrics, "TableSinkWriteCount": dict(zip(by_table, list(by_table.values())[::-1], strict=True))}

    return _with_metrics(exchange, mixed_up)


@fault("vertices-are-all-of-one-pipeline", breaks=["job-info.vertex-names"])
def vertices_are_all_of_one_pipeline(exchange: ProxiedExchange) -> ProxiedExchange:
    """The names of all vertices are those of the first pipeline."""

    def renamed(job: doc.Job) -> doc.Job:
        found = [
            {**vertex, "vertexName": vertex["vertexName"].replace("pipeline-2", "pipeline-1")}
            for vertex in job["jobDag"]["vertexInfoMap"]
        ]
        return doc.with_plan(job, vertexInfoMap=found)

    return doc.each_job(exchange, renamed)


@fault("large-counters-have-commas", breaks=["running-job.tables-add-up"])
def large_counters_have_commas(exchange: ProxiedExchange) -> ProxiedExchange:
    """Totals from 1,000 on have commas."""

    def separated(metrics: doc.Job) -> doc.Job:
        return {name: f"{int(of):,}" if str(of).isdecimal() else of for name, of in metrics.items()}

    return _with_metrics(exchange, separated)


@fault("last-edges-are-missing", breaks=["job-info.edges"])
def last_edges_are_missing(exchange: ProxiedExchange) -> ProxiedExchange:
    """A pipeline of several edges lacks the last one."""

    def cut(job: doc.Job) -> doc.Job:
        edges = job["jobDag"]["pipelineEdges"]
        return doc.with_plan(job, pipelineEdges={name: found[:1] for name, found in edges.items()})

    return doc.each_job(exchange, cut)


@fault("totals-are-of-one-table", breaks=["running-job.tables-add-up"])
def totals_are_of_one_table(exchange: ProxiedExchange) -> ProxiedExchange:
    """The count of written rows is that of the first table, everywhere."""

    def of_the_first(metrics: doc.Job) -> doc.Job:
        by_table = list(metrics.get("TableSinkWriteCount", {}).values())
        return {**metrics, "SinkWriteCount": by_table[0]} if by_table else metrics

    return _with_metrics(exchange, of_the_first)


@fault("log-names-are-compared-from-the-start", breaks=["logs.part-of-a-name"])
def log_names_are_compared_from_the_start(exchange: ProxiedExchange) -> ProxiedExchange:
    """A string finds log files whose names begin with it, and those of a job with this id."""
    if not exchange.is_for("read_logs") or not isinstance(exchange.document, list):
        return exchange
    begins = (exchange.value, f"job-{exchange.value}.")
    return exchange.with_change(lambda found: [item for item in found if item["logName"].startswith(begins)])


@fault("second-plugin-stays-readable", breaks=["encrypt-config.encodes"])
def second_plugin_stays_readable(exchange: ProxiedExchange) -> ProxiedExchange:
    """Only the first sink of a config is encrypted."""
    if not exchange.is_for("encrypt_config") or not exchange.ok:
        return exchange
    sent = exchange.request_json["sink"]
    return exchange.with_change(lambda found: {**found, "sink": [*found["sink"][:1], *sent[1:]]})


@fault("added-keys-are-taken-otherwise", breaks=["encrypt-config.sensitive-keys"])
def added_keys_are_taken_otherwise(exchange: ProxiedExchange) -> ProxiedExchange:
    """The keys in `shade.options` are encrypted where they must not be, and are not where they must."""
    if not exchange.is_for("encrypt_config") or not exchange.ok:
        return exchange
    sent = exchange.request_json
    added = (sent.get("env") or {}).get("shade.options", [])

    def changed(plugin: dict[str, Any], original: dict[str, Any]) -> dict[str, Any]:
        return plugin | {name: _other(plugin[name], original[name]) for name in added if name in plugin}

    return exchange.with_change(lambda found: {**found, "source": list(map(changed, found["source"], sent["source"]))})


def _other(found: Any, sent: Any) -> Any:
    return sent if found != sent else base64.b64encode(str(sent).encode()).decode()


@fault("long-numbers-lose-digits", breaks=["encrypt-config.rest-unchanged"])
def long_numbers_lose_digits(exchange: ProxiedExchange) -> ProxiedExchange:
    """Whole numbers of a config come back as doubles hold them."""
    return exchange.with_change(_rounded) if exchange.is_for("encrypt_config") and exchange.ok else exchange


def _rounded(value: Any) -> Any:
    match value:
        case dict():
            return {name: _rounded(part) for name, part in value.items()}
        case list():
            return [_rounded(part) for part in value]
        case int() if not isinstance(value, bool):
            return int(float(value))
        case _:
            return value


@fault("hocon-row-num-is-lost", breaks=["submit-job.hocon-dots"], on="submit_job", before=True)
def hocon_row_num_is_lost(exchange: ProxiedExchange) -> ProxiedExchange:
    """The option `row.num` of a job in HOCON is not read, so that the default holds."""
    body = exchange.request.body.replace(b"row.num =", b"row_num =")
    return exchange.with_request_body(body)


@fault("outputs-of-transforms-are-lost", breaks=["submit-job.table-options"], before=True)
def outputs_of_transforms_are_lost(exchange: ProxiedExchange) -> ProxiedExchange:
    """The option that names the table of a transform's output is not read."""
    sent = exchange.request_json
    if not exchange.is_for("submit_job") or not isinstance(sent, dict) or not sent.get("transform"):
        return exchange
    transforms = [without(plugin, "plugin_output", "result_table_name") for plugin in sent["transform"]]
    return exchange.with_request_body({**sent, "transform": transforms})
