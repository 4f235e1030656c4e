"""Partial faults: what is right for the usual request, and wrong for one route, one plugin, or one kind of value."""

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
    row("lengths-count-characters", "The `Content-Length` is the number of characters instead of bytes.",
        "http.whole-body", sends(lambda it: [
            it.received.with_header("Content-Length", str(len(it.received.body.decode()))).as_bytes(), Cut.CLOSE]),
        when=lambda it: it.document is not None and not it.received.body.isascii()),
    row("slash-behind-a-post-is-404", "POST on a path with a slash behind it is answered with 404.",
        "http.trailing-slash", error(NOT_FOUND),
        when=lambda it: it.method == "POST" and it.path.endswith("/"), before=True),
    row("sub-paths-of-readings-are-404", "Extra segments after `/system-monitoring-information` are answered with 404.",
        "http.sub-paths", error(NOT_FOUND),
        when=lambda it: it.ok and re.fullmatch("/system-monitoring-information/.+", it.path)),
    row("state-lists-have-no-parameters", "A list of one state with any query parameter is answered with 400.",
        "http.unknown-parameters", error(BAD_REQUEST),
        on="get_finished_jobs_by_state", when=lambda it: "conformance" in it.parameters, before=True),
    row("stops-lose-chunked-bodies", "A stop whose body comes in chunks is answered like one without a body.",
        "http.chunked-body", error(BAD_REQUEST, "Request body is empty."),
        on="stop_job", when=_is_chunked, before=True),
    row("first-chunk-is-all", "Only the first half of a stop's chunked body is read.", "http.chunked-body",
        lambda it: it.with_request_body(it.request.body[: len(it.request.body) // 2]),
        on="stop_job", when=_is_chunked, before=True),
    row("some-paths-ignore-case",
        "The letter case of a path does not matter for the list of running jobs and for stops.",
        "http.unknown-path http.unknown-path-write", path(lambda it: it.path.lower()),
        when=lambda it: it.path in {"/RUNNING-JOBS", "/STOP-JOB"}, before=True),
    row("sub-paths-of-stops-are-404", "A path below that of a stop is not there.", "http.sub-paths", error(NOT_FOUND),
        when=lambda it: re.fullmatch("/stop-job/.+", it.path), before=True),
    row("parameters-of-a-post-are-refused",
        "A POST with a query parameter that no operation has is answered with 400.", "http.unknown-parameters",
        error(BAD_REQUEST), when=lambda it: it.method == "POST" and "conformance" in it.parameters, before=True),
    row("submissions-ignore-a-broken-query", "A submission with a broken query uses the parameters that can be read.",
        "http.broken-query", lambda it: it.with_target(re.sub(r"%(?![0-9A-Fa-f]{2}|$)|%ff", "", it.target)),
        on="submit_job", before=True),
    row("stops-negotiate", "A client that does not accept JSON gets 406 from `/stop-jobs`.",
        "http.accept-ignored", error(406), on="stop_jobs", before=True,
        when=lambda it: not re.search(r"\*/\*|json|^$", it.request.header("accept"))),
    row("log-file-has-another-head", "HEAD says that a log file is a page.", "http.head",
        header("Content-Type", "text/html"),
        when=lambda it: it.path.startswith("/log/") and it.method == "HEAD" and it.ok),
    row("pages-end-the-connection", "The connection is closed after a 404.", "http.keep-alive",
        header("Connection", "close"), when=has_status(NOT_FOUND)),
    row("jobs-are-started-twice", "Every job runs a second time, as if a gateway had repeated its submission.",
        "submit-job.generated-id submit-jobs.optional-params", when=doc.lists_jobs, change=edited(
            lambda items: [*items, *each(at("jobId", lambda job_id: str(int(job_id) + 1)))(items)])),
    row("configs-may-have-comments", "Comments in the body of `/encrypt-config` are skipped.", "http.strict-json",
        request_body(rb"(?m)^//.*\n", b""), on="encrypt_config", before=True),
    row("names-are-trimmed", "Blanks around the name of a job are removed.", "submit-job.given-name",
        parameter("jobName", str.strip), on="submit_job", before=True),
    row("names-are-decoded-twice",
        "Escapes in the name of a job are decoded a second time.", "submit-job.given-name",
        parameter("jobName", unquote), on="submit_job", before=True),
    row("ids-are-compared-as-doubles",
        "An unknown id finds the job with the nearest id, because ids are compared as floats.",
        "job-info.asked-job", _nearest, on="get_job_info"),
    row("unknown-ids-keep-their-zeros",
        "The response shows an unknown id as it was written, with plus sign and zeros.", "job-info.signs-and-zeros",
        document(lambda it: {"jobId": it.value}), on="get_job_info",
        when=lambda it: doc.shows_unknown_job(it) and it.value.startswith("+0")),
    row("edges-are-reversed", "The edges of every plan lead from sink to source.", "job-info.edges",
        jobs(pipelines(values(each(lambda edge: {
            "inputVertexId": edge["targetVertexId"], "targetVertexId": edge["inputVertexId"]}))))),
    row("second-pipeline-has-no-edges", "Only the first pipeline of every plan has edges.",
        "job-info.edges job-info.pipelines",
        jobs(pipelines(lambda found: {name: edges if name == "1" else [] for name, edges in found.items()}))),
    row("table-keys-are-taken-otherwise",
        "The keys of the counters by table contain the vertex where they must not, and the reverse.",
        "running-job.all-counters", jobs(metrics(values(_with_other_keys)))),
    row("diagnostics-have-no-pipelines", "The diagnostics of a job have no pipelines.", "job-info.diagnostics",
        jobs(at("diagnostics", put(pipelines=[]))), on="get_job_info"),
    row("counters-name-tables-for-vertices", "The keys of the counters by vertex also contain the table.",
        "job-info.vertex-counters", jobs(metrics(_with_tables))),
    row("transforms-have-no-vertex", "The vertices of transforms are missing in every plan.", "job-info.vertices",
        jobs(vertices(keep(lambda vertex: vertex["type"] != "transform")))),
    row("sinks-have-no-tables", "The vertices of sinks name no tables, in every plan.", "job-info.vertices",
        jobs(sinks(put(tablePaths=[])))),
    row("rows-of-tables-are-mixed-up", "The counts of written rows of two tables are exchanged.",
        "running-job.all-counters", jobs(metrics(_mixed_up))),
    row("vertices-are-all-of-one-pipeline", "The names of all vertices are those of the first pipeline.",
        "job-info.vertex-names",
        jobs(vertices(each(at("vertexName", lambda name: name.replace("pipeline-2", "pipeline-1")))))),
    row("large-counters-have-commas", "Totals from 1,000 on have commas.", "running-job.tables-add-up",
        jobs(metrics(values(lambda count: f"{int(count):,}" if str(count).isdecimal() else count)))),
    row("last-edges-are-missing", "A pipeline of several edges lacks the last one.", "job-info.edges",
        jobs(pipelines(values(lambda edges: edges[:1])))),
    row("totals-are-of-one-table", "The count of written rows is that of the first table, everywhere.",
        "running-job.tables-add-up", jobs(metrics(_of_the_first_table))),
    row("log-names-are-compared-from-the-start",
        "A string finds log files whose names begin with it, and those of a job with this id.",
        "logs.part-of-a-name", document(lambda it: [
            item for item in it.document if item["logName"].startswith((it.value, f"job-{it.value}."))]),
        on="read_logs", when=lambda it: isinstance(it.document, list)),
    row("second-plugin-stays-readable", "Only the first sink of a config is encrypted.", "encrypt-config.encodes",
        document(lambda it: {**it.document, "sink": [*it.document["sink"][:1], *it.request_json["sink"][1:]]}),
        on="encrypt_config", when=is_ok),
    row("added-keys-are-taken-otherwise",
        "The keys in `shade.options` are encrypted where they must not be, and the reverse.",
        "encrypt-config.sensitive-keys", _with_added_keys_otherwise, on="encrypt_config", when=is_ok),
    row("long-numbers-lose-digits", "Large integers of a config are returned as floats, and lose digits.",
        "encrypt-config.rest-unchanged", on="encrypt_config", when=is_ok,
        change=edited(everywhere(lambda value: int(float(value)) if type(value) is int else value))),
    row("hocon-row-num-is-lost", "The option `row.num` of a job in HOCON is ignored.",
        "submit-job.hocon-dots", request_body(rb"row\.num =", b"row_num ="), on="submit_job", before=True),
    row("outputs-of-transforms-are-lost", "The option that names the output table of a transform is ignored.",
        "submit-job.table-options", sent(at("transform", each(drop("plugin_output", "result_table_name")))),
        on="submit_job", before=True),
)  # fmt: skip
