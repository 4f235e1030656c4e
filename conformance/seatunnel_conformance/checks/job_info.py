"""`GET /job-info/{jobId}`: one job, running, ended or unknown."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

from seatunnel_conformance.arrange.comparisons import DifferencesFound
from seatunnel_conformance.arrange.configurations import TABLES
from seatunnel_conformance.arrange.expectations import (
    BELOW_LONG,
    BEYOND_LONG,
    accepted,
    by_table,
    moved,
    refused,
    shown,
    unknown,
    worded,
)
from seatunnel_conformance.arrange.jobs import ROWS, Jobs
from seatunnel_conformance.arrange.waiting import UNKNOWN_LIMIT, median_seconds, milliseconds
from seatunnel_conformance.checks.job_views import ends_of_edges
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.errors import ArrangementFailed
from seatunnel_conformance.observe.forms import JobForms, ResponseForm, counters
from seatunnel_conformance.observe.schemas import violations
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.text.differences import canonical
from seatunnel_openapi import Contract

PATH = "/job-info/{jobId}"

PLUGIN_CASE = "submit-job.plugin-name-case"


@check("job-info.members")
def members(jobs: Jobs) -> None:
    """A console breaks on a job without one of the members that it shows."""
    for job in (jobs.first_shown(), jobs.running(), jobs.finished()):
        _has_members(jobs.forms, ResponseForm("", jobs.forms.always, jobs.forms.members), shown(jobs, job))


@check("job-info.running-members")
def running_members(contract: Contract, jobs: Jobs) -> None:
    """A client that detects running jobs by their members sees a running job as ended, or the reverse."""
    document = shown(jobs, jobs.running())
    _has_members(jobs.forms, jobs.forms.running, document)
    assert violations(contract, jobs.forms.running.name, document) == []


@check("job-info.finished-members")
def finished_members(contract: Contract, jobs: Jobs) -> None:
    """A scheduler that waits until a job has an end time waits forever."""
    late = contract.operation("get_job_info").behaviour.choice("afterEnd") == "running-form-at-first"
    for job in jobs.of_each_end(leave_out=True).values():
        document, form = shown(jobs, job), jobs.forms.finished
        if late and not form.fits(document):
            form = jobs.forms.running
        _has_members(jobs.forms, form, document)
        assert violations(contract, form.name, document) == []


@check("job-info.unknown-id")
def unknown_id(target: Target, contract: Contract, unused_id: str) -> None:
    """A client can't recognise that a job no longer exists, and polls it forever."""
    unknown(contract, "get_job_info", unused_id, target.get(PATH, jobId=unused_id))


@check("job-info.asked-job")
def asked_job(contract: Contract, jobs: Jobs) -> None:
    """A client that gets the state of another job acts on the wrong job."""
    neighbour = _same_double(jobs.finished().id)
    unknown(contract, "get_job_info", neighbour, jobs.target.get(PATH, jobId=neighbour))
    for job in (jobs.finished(), jobs.canceled(), jobs.running()):
        document = accepted(jobs.target.get(PATH, jobId=job.id))
        assert (document["jobId"], document["jobName"]) == (job.id, job.name)
        assert document["jobDag"]["jobId"] == job.id


def _same_double(job_id: str) -> str:
    """Return another id that equals this one if both are read as 64-bit floats."""
    number = int(job_id)
    return next(str(near) for near in (number - 1, number + 1) if float(near) == float(number))


@check("job-info.missing-id")
def missing_id(target: Target, contract: Contract) -> None:
    """A client that forgets the id must get an error, not the data of some job."""
    refused(target.get("/job-info"), 400, worded(contract, "The jobId must not be empty."))
    refused(target.get("/job-info/"), 400, worded(contract, "The jobId must not be empty."))


@check("job-info.invalid-id")
def invalid_id(target: Target) -> None:
    """A client that sends a name instead of an id sees an unknown job, and the mistake stays hidden."""
    for asked in ("abc", "1.5", "0x10", BEYOND_LONG, 20 * "9"):
        response = target.get(PATH, jobId=asked)
        refused(response, 400)
        assert asked in response.members["message"]


@check("job-info.signs-and-zeros")
def signs_and_zeros(target: Target, contract: Contract, jobs: Jobs, unused_id: str) -> None:
    """A client that pads ids with zeros gets an error, or another job."""
    job = jobs.finished()
    for asked in (f"+{job.id}", f"0{job.id}"):
        assert accepted(target.get(PATH, jobId=asked))["jobName"] == job.name
    for asked in (f"-{job.id}", f"+00{unused_id}"):
        unknown(contract, "get_job_info", asked, target.get(PATH, jobId=asked))
    refused(target.get(PATH, jobId=BELOW_LONG), 400)


@check("job-info.trailing-slash")
def trailing_slash(target: Target, unused_id: str) -> None:
    """A client that appends a slash must get an error from every deployment, so that the mistake is found early."""
    for rest in ("/", "/x"):
        refused(target.get(f"/job-info/{unused_id}{rest}"), 400)


@check("job-info.counts")
def counts(jobs: Jobs) -> None:
    """A report counts the moved rows wrongly, which hides lost rows."""
    for job, tables in ((jobs.finished(), {"fake": ROWS}), (jobs.finished_parallel(), TABLES)):
        metrics = shown(jobs, job)["metrics"]
        counted = counters(metrics)
        assert counted["sourcereceivedcount"] == str(sum(tables.values()))
        assert counted["sinkwritecount"] == str(sum(tables.values()))
        by_table(metrics, tables)
    config = jobs.transformed()
    job = jobs.submitted({**config, "env": {**config["env"], "parallelism": 2}})
    moved(jobs, jobs.ended(job), 2 * ROWS)  # each of two tasks reads `row.num` rows


@check("job-info.diagnostics")
def diagnostics(contract: Contract, jobs: Jobs) -> None:
    """A user whose job hangs can't see in which state it hangs, or how often a pipeline was restored."""
    job = jobs.running()
    document = shown(jobs, job)
    found = document["diagnostics"]
    assert violations(contract, "JobDiagnostics", found) == []
    assert found["jobId"] == job.id
    entered = found["stateTimestamps"]
    assert {"CREATED", "RUNNING"} <= entered.keys(), (
        f"the job runs, but `stateTimestamps` has only {', '.join(sorted(entered)) or 'no states'}"
    )
    assert entered["CREATED"] <= entered["RUNNING"] <= found["generatedAt"]
    assert sorted(str(each["pipelineId"]) for each in found["pipelines"]) == sorted(document["jobDag"]["pipelineEdges"])
    assert sum(each["restoreCount"] for each in found["pipelines"]) == found["totalPipelineRestoreCount"]
    listed = jobs.target.get("/running-jobs").items
    assert [each["jobId"] for each in listed if "diagnostics" in each] == []


@check("job-info.vertex-counters")
def vertex_counters(jobs: Jobs) -> None:
    """A console can't show the counters of a vertex, because their key is not a name in the plan."""
    document = shown(jobs, jobs.finished_parallel())
    vertices = {
        vertex["vertexName"].partition("[")[2].partition("-")[0] for vertex in document["jobDag"]["vertexInfoMap"]
    }
    metrics = document["metrics"]
    for name in [name for name in metrics if name.endswith("PerVertex")]:
        assert vertices.issuperset(metrics[name]), (
            f"{name} has other keys than the vertices {', '.join(sorted(vertices))}"
        )
        if not name.endswith("QPSPerVertex"):
            assert sum(map(int, metrics[name].values())) == int(metrics[name.removesuffix("PerVertex")]), name


@check("job-info.vertices")
def vertices(contract: Contract, jobs: Jobs) -> None:
    """A console that draws the job leaves out a source, a transform or a sink."""
    document = shown(jobs, jobs.finished())
    assert violations(contract, jobs.forms.finished.name, document, "jobDag") == []
    found = document["jobDag"]["vertexInfoMap"]
    assert sorted(vertex["type"] for vertex in found) == ["sink", "source"]
    assert len({vertex["vertexId"] for vertex in found}) == len(found)
    assert [vertex for vertex in found if not vertex["vertexName"]] == []
    assert [vertex for vertex in found if not vertex["tablePaths"]] == []
    for job, types in (
        (jobs.finished_parallel(), ["sink", "sink", "source", "source"]),
        (jobs.failed(), ["sink", "source", "transform"]),
    ):
        found = shown(jobs, job)["jobDag"]["vertexInfoMap"]
        assert sorted(vertex["type"] for vertex in found) == types
    # Each source of this job has a sink of its own, which writes the same table.
    found = shown(jobs, jobs.finished_parallel())["jobDag"]["vertexInfoMap"]
    for kind in ("source", "sink"):
        assert sorted(_tables(vertex) for vertex in found if vertex["type"] == kind) == [[table] for table in TABLES]
    both = jobs.ended(jobs.submitted(jobs.several_tables()))["jobDag"]["vertexInfoMap"]
    assert sorted((vertex["type"], sorted(_tables(vertex))) for vertex in both) == [
        ("sink", sorted(TABLES)),
        ("source", sorted(TABLES)),
    ]


def _tables(vertex: Mapping[str, Any]) -> list[str]:
    """Return the last part of each table path of a vertex."""
    return [table.rpartition(".")[2] for table in vertex["tablePaths"]]


@check("job-info.vertex-names")
def vertex_names(jobs: Jobs) -> None:
    """A console can't tell which plugin of the config a vertex belongs to."""
    found = shown(jobs, jobs.finished())["jobDag"]["vertexInfoMap"]
    names = {vertex["type"]: vertex["vertexName"] for vertex in found}
    assert names["source"].startswith("pipeline-1 [Source[0]-FakeSource")
    assert names["sink"].startswith("pipeline-1 [Sink[0]-Console")
    plan = shown(jobs, jobs.finished_parallel())["jobDag"]
    named = {str(vertex["vertexId"]): vertex["vertexName"] for vertex in plan["vertexInfoMap"]}
    connected, expected = ends_of_edges(plan)
    if connected != expected:
        edges = canonical(plan["pipelineEdges"])
        raise ArrangementFailed(f"the edges do not connect the vertices: {edges}", "job-info.edges")
    for pipeline, edges in plan["pipelineEdges"].items():
        for vertex in (vertex for edge in edges for vertex in edge.values()):
            assert named.get(vertex, "").startswith(f"pipeline-{pipeline} [")
    for kind in ("Source", "Sink"):
        found = sorted(name.partition(" [")[2].partition("-")[0] for name in named.values() if f"[{kind}" in name)
        assert found == [f"{kind}[{position}]" for position in range(len(TABLES))]
    source, sink = jobs.source() | {"plugin_name": "fakeSOURCE"}, jobs.sink() | {"plugin_name": "conSOLE"}
    job = jobs.own({**jobs.batch(), "source": [source], "sink": [sink]})
    response = jobs.send(job)
    if response.status != HTTPStatus.OK:
        raise ArrangementFailed(f"a plugin in another letter case was not accepted: {response!r}", PLUGIN_CASE)
    names = {vertex["type"]: vertex["vertexName"] for vertex in jobs.ended(job)["jobDag"]["vertexInfoMap"]}
    assert names["source"].startswith("pipeline-1 [Source[0]-fakeSOURCE")
    assert names["sink"].startswith("pipeline-1 [Sink[0]-conSOLE")


@check("job-info.edges")
def edges(jobs: Jobs) -> None:
    """A console that draws the job shows vertices that are not connected, or arrows in the wrong direction."""
    for job in (jobs.finished(), jobs.finished_parallel(), jobs.failed()):
        found, expected = ends_of_edges(shown(jobs, job)["jobDag"])
        assert found == expected


@check("job-info.pipelines")
def pipelines(jobs: Jobs) -> None:
    """A console shows two independent pipelines as one, so a failure of one is shown for both."""
    plan = shown(jobs, jobs.finished_parallel())["jobDag"]
    assert sorted(plan["pipelineEdges"]) == ["1", "2"]
    assert {pipeline: len(edges) for pipeline, edges in plan["pipelineEdges"].items()} == {"1": 1, "2": 1}


@check("job-info.error-message")
def error_message(jobs: Jobs) -> None:
    """A console shows no cause for a failed job, or an error for a job that succeeded."""
    failed = shown(jobs, jobs.failed())["errorMsg"]
    assert isinstance(failed, str)
    assert failed.strip()
    for state, job in jobs.of_each_end(leave_out=True).items():
        assert state == "FAILED" or shown(jobs, job)["errorMsg"] is None


def _has_members(forms: JobForms, form: ResponseForm, document: Mapping[str, Any]) -> None:
    if wrong := forms.differences(form, document):
        raise DifferencesFound(wrong)


@check("job-info.unknown-id-time")
def unknown_id_time(target: Target, jobs: Jobs, unused_id: str, figures: list[str]) -> None:
    """A client that asks for a job which has left the history waits for seconds, or times out."""
    known = median_seconds(partial(target.get, PATH, jobId=jobs.finished().id))
    of_unknown = median_seconds(partial(target.get, PATH, jobId=unused_id))
    figures.append(f"{milliseconds(of_unknown)} for an unknown id, {milliseconds(known)} for a finished job")
    assert of_unknown < known + UNKNOWN_LIMIT
