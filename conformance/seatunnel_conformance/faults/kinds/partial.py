"""Faults in one place only: on one path, in one plugin of a config, or in part of a plan or of its counters."""

from __future__ import annotations

import base64
import re
from typing import Any, Final
from urllib.parse import unquote

from seatunnel_conformance.faults.changes import *


def _is_chunked(it: ProxiedExchange) -> bool:
    return bool(it.request.header("transfer-encoding"))


def _nearest(it: ProxiedExchange, shown: dict[float, Any]) -> ProxiedExchange:
    if not it.value.isdecimal():
        return it
    if doc.shows_a_job(it):
        shown[float(it.value)] = it.document
    near = shown.get(float(it.value))
    return it.with_json(near) if near and doc.shows_unknown_job(it) else it


def _with_other_keys(counts: Any) -> Any:
    if not isinstance(counts, dict):
        return counts
    return {key.partition("].")[2] or f"Source[0].{key}": count for key, count in counts.items()}


def _with_tables(found: Any) -> Any:
    def keys(name: str, counts: Any) -> Any:
        return {f"{key}.fake": count for key, count in counts.items()} if name.endswith("PerVertex") else counts

    return {name: keys(name, counts) for name, counts in found.items()}


def _mixed_up(found: Any) -> Any:
    by_table = found.get("TableSinkWriteCount", {})
    return {**found, "TableSinkWriteCount": dict(zip(by_table, list(by_table.values())[::-1], strict=True))}


def _of_the_first_table(found: Any) -> Any:
    by_table = list(found.get("TableSinkWriteCount", {}).values())
    return {**found, "SinkWriteCount": by_table[0]} if by_table else found


def _with_added_keys_otherwise(it: ProxiedExchange) -> ProxiedExchange:
    def other(found: Any, before: Any) -> Any:
        return before if found != before else base64.b64encode(str(before).encode()).decode()

    def changed(plugin: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
        added = (name for name in doc.env(it).get("shade.options", []) if name in plugin)
        return plugin | {name: other(plugin[name], before[name]) for name in added}

    return edited(at("source", lambda found: list(map(changed, found, it.request_json["source"]))))(it)


FAULTS: Final = (
    row("lengths-count-characters",
        "The `Content-Length` counts characters instead of bytes, so JSON that is not ASCII is cut off.",
        "http.whole-body", sends(lambda it: [
            it.received.with_header("Content-Length", str(len(it.received.body.decode()))).as_bytes(), Cut.CLOSE]),
        when=lambda it: it.document is not None and not it.received.body.isascii()),
    row("slash-behind-a-post-is-404",
        "POST on a path with a trailing slash, which must be ignored, is answered with 404.",
        "http.trailing-slash", error(NOT_FOUND),
        when=lambda it: it.method == "POST" and it.path.endswith("/"), before=True),
    row("sub-paths-of-readings-are-404",
        "A path below `/system-monitoring-information` is answered with 404 instead of with the entries.",
        "http.sub-paths", error(NOT_FOUND),
        when=lambda it: it.ok and re.fullmatch("/system-monitoring-information/.+", it.path)),
    row("state-lists-have-no-parameters",
        "The list of one state is answered with 400 if the request has an undefined query parameter.",
        "http.unknown-parameters", error(BAD_REQUEST),
        on="get_finished_jobs_by_state", when=lambda it: "conformance" in it.parameters, before=True),
    row("stops-lose-chunked-bodies", "A stop with chunked transfer encoding gets the error for an empty body.",
        "http.chunked-body", error(BAD_REQUEST, "Request body is empty."),
        on="stop_job", when=_is_chunked, before=True),
    row("first-chunk-is-all", "If a stop has chunked transfer encoding, only the first half of its body is read.",
        "http.chunked-body", lambda it: it.with_request_body(it.request.body[: len(it.request.body) // 2]),
        on="stop_job", when=_is_chunked, before=True),
    row("some-paths-ignore-case",
        "The letter case of a path does not matter for the list of running jobs and for stops.",
        "http.unknown-path http.unknown-path-write", path(lambda it: it.path.lower()),
        when=lambda it: it.path in {"/RUNNING-JOBS", "/STOP-JOB"}, before=True),
    row("sub-paths-of-stops-are-404", "POST on a path below `/stop-job` is answered with 404.",
        "http.sub-paths", error(NOT_FOUND), when=lambda it: re.fullmatch("/stop-job/.+", it.path), before=True),
    row("parameters-of-a-post-are-refused",
        "A POST request with an undefined query parameter, which must be ignored, is answered with 400.",
        "http.unknown-parameters",
        error(BAD_REQUEST), when=lambda it: it.method == "POST" and "conformance" in it.parameters, before=True),
    row("submissions-ignore-a-broken-query",
        "A broken escape in the query of a submission is removed instead of answered with 500.",
        "http.broken-query", lambda it: it.with_target(re.sub(r"%(?![0-9A-Fa-f]{2}|$)|%ff", "", it.target)),
        on="submit_job", before=True),
    row("stops-negotiate", "A request to `/stop-jobs` whose `Accept` header excludes JSON is answered with 406.",
        "http.accept-ignored", error(406), on="stop_jobs", before=True,
        when=lambda it: not re.search(r"\*/\*|json|^$", it.request.header("accept"))),
    row("log-file-has-another-head", "The response to HEAD for a node's log file has the media type `text/html`.",
        "http.head", header("Content-Type", "text/html"),
        when=lambda it: it.path.startswith("/log/") and it.method == "HEAD" and it.ok),
    row("pages-end-the-connection", "The connection is closed after every 404.", "http.keep-alive",
        header("Connection", "close"), when=has_status(NOT_FOUND)),
    row("jobs-are-started-twice",
        "The lists of jobs have a second job for every job, as if a gateway had repeated each submission.",
        "submit-job.generated-id submit-jobs.optional-params", when=doc.lists_jobs, change=edited(
            lambda items: [*items, *each(at("jobId", lambda job_id: str(int(job_id) + 1)))(items)])),
    row("configs-may-have-comments", "Comments in the body of `/encrypt-config` are skipped instead of refused.",
        "http.strict-json", request_body(rb"(?m)^//.*\n", b""), on="encrypt_config", before=True),
    row("names-are-trimmed", "Blanks at the start and end of a `jobName` are removed.", "submit-job.given-name",
        parameter("jobName", str.strip), on="submit_job", before=True),
    row("names-are-decoded-twice", "Percent escapes in a `jobName` are decoded twice.", "submit-job.given-name",
        parameter("jobName", unquote), on="submit_job", before=True),
    row("ids-are-compared-as-doubles", "An unknown id finds a job if both ids are equal as floating-point numbers.",
        "job-info.asked-job", _nearest, on="get_job_info"),
    row("unknown-ids-keep-their-zeros",
        "The response for an unknown id keeps the plus sign and leading zeros of the request.",
        "job-info.signs-and-zeros", document(lambda it: {"jobId": it.value}), on="get_job_info",
        when=lambda it: doc.shows_unknown_job(it) and it.value.startswith("+0")),
    row("edges-are-reversed", "The edges of every plan lead from sink to source.", "job-info.edges",
        jobs(pipelines(values(each(lambda edge: {
            "inputVertexId": edge["targetVertexId"], "targetVertexId": edge["inputVertexId"]}))))),
    row("second-pipeline-has-no-edges", "Only the first pipeline of every plan has edges.",
        "job-info.edges job-info.pipelines",
        jobs(pipelines(lambda found: {name: edges if name == "1" else [] for name, edges in found.items()}))),
    row("table-keys-are-taken-otherwise",
        "The keys of the counters by table name the vertex where they must not, and vice versa.",
        "running-job.all-counters", jobs(metrics(values(_with_other_keys)))),
    row("diagnostics-have-no-pipelines", "The `diagnostics` of a running job have no pipelines.",
        "job-info.diagnostics", jobs(at("diagnostics", put(pipelines=[]))), on="get_job_info"),
    row("counters-name-tables-for-vertices", "The keys of the counters by vertex also name a table.",
        "job-info.vertex-counters", jobs(metrics(_with_tables))),
    row("transforms-have-no-vertex", "Plans have no vertices for transforms.", "job-info.vertices",
        jobs(vertices(keep(lambda vertex: vertex["type"] != "transform")))),
    row("sinks-have-no-tables", "The vertices of sinks have no tables.", "job-info.vertices",
        jobs(sinks(put(tablePaths=[])))),
    row("rows-of-tables-are-mixed-up", "The counters of written rows of several tables are exchanged.",
        "running-job.all-counters", jobs(metrics(_mixed_up))),
    row("vertices-are-all-of-one-pipeline",
        "The names of all vertices of a plan have the number of the first pipeline.", "job-info.vertex-names",
        jobs(vertices(each(at("vertexName", lambda name: name.replace("pipeline-2", "pipeline-1")))))),
    row("large-counters-have-commas", "Total counters from 1,000 on are written with commas.",
        "running-job.tables-add-up",
        jobs(metrics(values(lambda count: f"{int(count):,}" if str(count).isdecimal() else count)))),
    row("last-edges-are-missing", "Only the first edge of every pipeline is in the plan.", "job-info.edges",
        jobs(pipelines(values(lambda edges: edges[:1])))),
    row("totals-are-of-one-table", "The total of written rows is that of the first table.",
        "running-job.tables-add-up", jobs(metrics(_of_the_first_table))),
    row("log-names-are-compared-from-the-start",
        "A search for log files finds only logs of a job and names that begin with the searched text.",
        "logs.part-of-a-name", document(lambda it: [
            item for item in it.document if item["logName"].startswith((it.value, f"job-{it.value}."))]),
        on="read_logs", when=lambda it: isinstance(it.document, list)),
    row("second-plugin-stays-readable",
        "If a config has several sinks, only the credentials of the first one are encrypted.", "encrypt-config.encodes",
        document(lambda it: {**it.document, "sink": [*it.document["sink"][:1], *it.request_json["sink"][1:]]}),
        on="encrypt_config", when=is_ok),
    row("added-keys-are-taken-otherwise",
        "The keys in `shade.options` are encrypted where they must not be, and vice versa.",
        "encrypt-config.sensitive-keys", _with_added_keys_otherwise, on="encrypt_config", when=is_ok),
    row("long-numbers-lose-digits",
        "Large integers in a config are converted to floats by `/encrypt-config`, so they lose digits.",
        "encrypt-config.rest-unchanged", on="encrypt_config", when=is_ok,
        change=edited(everywhere(lambda value: int(float(value)) if type(value) is int else value))),
    row("hocon-row-num-is-lost", "The option `row.num` of a HOCON config is ignored.",
        "submit-job.hocon-dots", request_body(rb"row\.num =", b"row_num ="), on="submit_job", before=True),
    row("outputs-of-transforms-are-lost", "The option that names the output table of a transform is ignored.",
        "submit-job.table-options", sent(at("transform", each(drop("plugin_output", "result_table_name")))),
        on="submit_job", before=True),
)  # fmt: skip
