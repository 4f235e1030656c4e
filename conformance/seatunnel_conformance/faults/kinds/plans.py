"""Plan faults: vertices, edges, pipelines and counters that are not those of the job."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from seatunnel_conformance.faults import documents as doc
from seatunnel_conformance.faults.catalogue import fault
from seatunnel_conformance.faults.exchange import ProxiedExchange
from seatunnel_conformance.observe.forms import counters

_READ, _WRITTEN = "sourcereceivedcount", "sinkwritecount"


@fault("sink-is-missing-in-the-plan", breaks=["job-info.vertices", "job-info.edges"])
def sink_is_missing_in_the_plan(exchange: ProxiedExchange) -> ProxiedExchange:
    """The plan has no vertex for the sink."""
    return _with_vertices(exchange, lambda found: [vertex for vertex in found if vertex["type"] != "sink"])


@fault("vertices-share-a-number", breaks=["job-info.vertices"])
def vertices_share_a_number(exchange: ProxiedExchange) -> ProxiedExchange:
    """All vertices of a plan have the number one."""
    return _each_vertex(exchange, vertexId=1)


@fault("every-vertex-is-a-source", breaks=["job-info.vertices"])
def every_vertex_is_a_source(exchange: ProxiedExchange) -> ProxiedExchange:
    """The kind of every vertex is `source`."""
    return _each_vertex(exchange, type="source")


@fault("vertices-have-no-names", breaks=["job-info.vertices", "job-info.vertex-names"])
def vertices_have_no_names(exchange: ProxiedExchange) -> ProxiedExchange:
    """The names of vertices are empty."""
    return _each_vertex(exchange, vertexName="")


@fault("vertices-have-no-tables", breaks=["job-info.vertices"])
def vertices_have_no_tables(exchange: ProxiedExchange) -> ProxiedExchange:
    """Vertices do not tell their tables."""
    return _each_vertex(exchange, tablePaths=[])


@fault("vertex-names-have-no-plugin", breaks=["job-info.vertex-names"])
def vertex_names_have_no_plugin(exchange: ProxiedExchange) -> ProxiedExchange:
    """The name of a vertex ends before the plugin's name."""

    def changed(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**vertex, "vertexName": vertex["vertexName"].partition("-")[0]} for vertex in found]

    return _with_vertices(exchange, changed)


@fault("sinks-share-a-table", breaks=["job-info.vertices"])
def sinks_share_a_table(exchange: ProxiedExchange) -> ProxiedExchange:
    """Every sink of a plan names the tables of the first one."""

    def changed(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        first: list[str] = next((vertex["tablePaths"] for vertex in found if vertex["type"] == "sink"), [])
        return [{**vertex, "tablePaths": first} if vertex["type"] == "sink" else vertex for vertex in found]

    return _with_vertices(exchange, changed)


@fault("positions-in-names-are-zero", breaks=["job-info.vertex-names"])
def positions_in_names_are_zero(exchange: ProxiedExchange) -> ProxiedExchange:
    """The name of every source and sink says that it is the first one of the config."""

    def changed(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**vertex, "vertexName": re.sub(r"\[\d+\]", "[0]", vertex["vertexName"])} for vertex in found]

    return _with_vertices(exchange, changed)


@fault("edges-lead-nowhere", breaks=["job-info.edges"])
def edges_lead_nowhere(exchange: ProxiedExchange) -> ProxiedExchange:
    """Edges lead to a vertex that the plan does not have."""
    return _with_edges(exchange, lambda edge: {**edge, "targetVertexId": "99"})


@fault("edges-lead-back", breaks=["job-info.edges"])
def edges_lead_back(exchange: ProxiedExchange) -> ProxiedExchange:
    """Edges lead from a vertex to itself."""
    return _with_edges(exchange, lambda edge: {**edge, "targetVertexId": edge["inputVertexId"]})


@fault("plan-has-no-edges", breaks=["job-info.edges", "job-info.pipelines"])
def plan_has_no_edges(exchange: ProxiedExchange) -> ProxiedExchange:
    """Plans have no edges."""
    return doc.each_shown(exchange, lambda job: doc.with_plan(job, pipelineEdges={}))


@fault("pipelines-are-joined", breaks=["job-info.pipelines"])
def pipelines_are_joined(exchange: ProxiedExchange) -> ProxiedExchange:
    """All edges belong to the first pipeline."""
    return _with_pipelines(exchange, lambda found: {"1": [edge for edges in found.values() for edge in edges]})


@fault("pipelines-are-numbered-from-zero", breaks=["job-info.pipelines", "submit-job.table-options"])
def pipelines_are_numbered_from_zero(exchange: ProxiedExchange) -> ProxiedExchange:
    """The first pipeline has the number zero."""
    return _with_pipelines(exchange, lambda found: {str(int(name) - 1): edges for name, edges in found.items()})


@fault("read-count-is-off-by-one", breaks=["job-info.counts"])
def read_count_is_off_by_one(exchange: ProxiedExchange) -> ProxiedExchange:
    """A finished job has read one row less than its source has."""
    return _recounted(exchange, ("get_job_info",), lambda count: count - 1, _READ)


@fault("written-count-is-zero", breaks=["job-info.counts"])
def written_count_is_zero(exchange: ProxiedExchange) -> ProxiedExchange:
    """A finished job has written no row."""
    return _recounted(exchange, ("get_job_info",), lambda _: 0, _WRITTEN)


@fault("rows-are-those-of-one-task", breaks=["job-info.counts"])
def rows_are_those_of_one_task(exchange: ProxiedExchange, tasks: dict[str, int]) -> ProxiedExchange:
    """A job that has several tasks in parallel has written the rows of one of them."""
    sent = exchange.request_json
    if exchange.is_for("submit_job") and isinstance(sent, dict):
        tasks |= {job_id: int(sent["env"].get("parallelism", 1)) for job_id in doc.submitted_ids(exchange)}

    def changed(job: doc.Job) -> doc.Job:
        number = max(1, tasks.get(job["jobId"], 1))
        return {**job, "metrics": doc.counted(job["metrics"], lambda rows: str(int(rows) // number), _WRITTEN)}

    return doc.each_shown(exchange, changed)


@fault("older-path-counts-otherwise", breaks=["running-job.all-counters"])
def older_path_counts_otherwise(exchange: ProxiedExchange) -> ProxiedExchange:
    """The counters under the older path are twice too high, in total and by table."""
    return _recounted(exchange, ("get_running_job",), lambda count: 2 * count, "count", by_table=True)


@fault("tables-do-not-add-up", breaks=["running-job.tables-add-up"])
def tables_do_not_add_up(exchange: ProxiedExchange) -> ProxiedExchange:
    """The byte counts of the single tables are zero."""
    return _by_table_only(exchange, lambda _: 0, "bytes")


@fault("rows-of-tables-are-off-by-one", breaks=["running-job.tables-add-up"])
def rows_of_tables_are_off_by_one(exchange: ProxiedExchange) -> ProxiedExchange:
    """Every table has one row too many."""
    return _by_table_only(exchange, lambda count: count + 1, "count")


@fault("counters-are-frozen", breaks=["job-info.counts"], on="get_job_info", when=doc.shows_a_job)
def counters_are_frozen(exchange: ProxiedExchange, first: dict[str, Any]) -> ProxiedExchange:
    """The counters of a job stay as they were when it was first seen."""
    job = exchange.document
    zero = doc.counted(job["metrics"], lambda _: "0", "count")
    return exchange.with_json({**job, "metrics": first.setdefault(job["jobId"], zero)})


@fault("older-path-shows-another-job", breaks=["running-job.same-job"], when=doc.shows_a_job)
def older_path_shows_another_job(exchange: ProxiedExchange, others: dict[str, doc.Job]) -> ProxiedExchange:
    """The older path shows the job of an earlier response of the newer path, with the requested id."""
    job = exchange.document
    if exchange.is_for("get_job_info"):
        others[job["jobId"]] = job
        return exchange
    names = [other["jobName"] for other_id, other in others.items() if other_id != job["jobId"]]
    return exchange.with_json({**job, "jobName": names[-1] if names else f"{job['jobName']}-2"})


@fault("older-path-has-another-time", breaks=["running-job.same-job"])
def older_path_has_another_time(exchange: ProxiedExchange) -> ProxiedExchange:
    """The older path tells another create time."""
    return _older(exchange, lambda job: {**job, "createTime": doc.SOME_TIME})


@fault("older-path-forgets-ended-jobs", breaks=["running-job.ended-too", "running-job.same-job"])
def older_path_forgets_ended_jobs(exchange: ProxiedExchange) -> ProxiedExchange:
    """The older path answers a job that has ended as unknown."""
    ended = exchange.is_for("get_running_job") and doc.shows_a_job(exchange)
    return doc.as_unknown(exchange) if ended and doc.is_ended(exchange, exchange.document) else exchange


@fault("older-path-shows-ended-as-running", breaks=["running-job.ended-too"])
def older_path_shows_ended_as_running(exchange: ProxiedExchange) -> ProxiedExchange:
    """The older path says of every job that it is running."""
    return _older(exchange, lambda job: {**job, "jobStatus": "RUNNING"})


_TABLES: Final = "table"


def _older(exchange: ProxiedExchange, change: doc.JobChange) -> ProxiedExchange:
    return doc.each_shown(exchange, change) if exchange.is_for("get_running_job") else exchange


def _with_vertices(
    exchange: ProxiedExchange, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
) -> ProxiedExchange:
    return doc.each_shown(exchange, lambda job: doc.with_vertices(job, change))


def _each_vertex(exchange: ProxiedExchange, **members: Any) -> ProxiedExchange:
    return _with_vertices(exchange, lambda found: [{**vertex, **members} for vertex in found])


def _with_pipelines(
    exchange: ProxiedExchange, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]
) -> ProxiedExchange:
    return doc.each_shown(exchange, lambda job: doc.with_pipelines(job, change))


def _with_edges(exchange: ProxiedExchange, change: Callable[[dict[str, str]], dict[str, str]]) -> ProxiedExchange:
    return _with_pipelines(
        exchange, lambda found: {name: [change(edge) for edge in edges] for name, edges in found.items()}
    )


def _recounted(
    exchange: ProxiedExchange,
    operations: tuple[str, ...],
    count: Callable[[int], int],
    ending: str,
    *,
    by_table: bool = False,
) -> ProxiedExchange:
    """Change the counters of ended jobs whose names end like this, and those by table, if that is asked for."""

    def changed(job: doc.Job) -> doc.Job:
        metrics = doc.counted(job["metrics"], _on_text(count), ending)
        metrics = _tables_counted(metrics, count, ending) if by_table else metrics
        return {**job, "metrics": metrics} if doc.is_ended(exchange, job) and counters(metrics) else job

    return doc.each_shown(exchange, changed) if exchange.is_for(*operations) else exchange


def _by_table_only(exchange: ProxiedExchange, count: Callable[[int], int], ending: str) -> ProxiedExchange:
    return _older(exchange, lambda job: {**job, "metrics": _tables_counted(job["metrics"], count, ending)})


def _tables_counted(metrics: Mapping[str, Any], count: Callable[[int], int], ending: str) -> dict[str, Any]:
    return {
        name: {table: _on_text(count)(value) for table, value in found.items()}
        if isinstance(found, Mapping) and name.lower().startswith(_TABLES) and name.lower().endswith(ending)
        else found
        for name, found in metrics.items()
    }


def _on_text(count: Callable[[int], int]) -> Callable[[str], str]:
    return lambda text: str(count(int(text)))
