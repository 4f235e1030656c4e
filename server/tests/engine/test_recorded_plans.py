"""Every recorded submission that ended in a job is planned, and the plan compared with the recorded one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from recorded_dag import edges_of, vertices_of

from seatunnel_server.engine.errors import EngineError, IllegalArgument
from seatunnel_server.engine.memory.planning import Planner
from seatunnel_server.engine.shade import ShadeRules, decrypt

RECORDINGS = Path(__file__).parents[3] / "conformance" / "recordings"
KEYS = {
    "docs-2024-10": (("source_table_name",), ("result_table_name",)),
    "2.3.9": (("plugin_input", "source_table_name"), ("plugin_output", "result_table_name")),
    "2.3.10": (("plugin_input", "source_table_name"), ("plugin_output", "result_table_name")),
}
REFUSED_ELSEWHERE = {
    "id-text",
    "id-decimal",
    "id-overflow",
    "id-trailing-blank",
    "id-of-finished-job",
    "id-of-failed-job",
    "id-of-canceled-job",
    "savepoint-without-id",
    "save-mode-fails",
    "broken-escape-in-query",
}
"""Scenarios whose refusal is about the request or the engine's state, not about the configuration."""


def scenarios(release: str) -> dict[tuple[str, str], list[dict[str, Any]]]:
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for line in (RECORDINGS / f"{release}.ndjson").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        found.setdefault((entry["area"], entry["scenario"]), []).append(entry)
    return found


def submissions(step: dict[str, Any]) -> Iterator[tuple[str | None, str | None, dict[str, Any]]]:
    """Yield the id, the name and the body of each job that a step submits as JSON."""
    request = step["request"]
    url = urlsplit(request["path"])
    if request["method"] != "POST":
        return
    if url.path == "/submit-job" and isinstance(request.get("json"), dict):
        query = parse_qs(url.query)
        yield query.get("jobId", [None])[-1], query.get("jobName", [None])[-1], request["json"]
    if url.path == "/submit-jobs" and isinstance(request.get("json"), list):
        for job in request["json"]:
            if isinstance(job, dict) and isinstance(job.get("params"), dict):
                yield job["params"].get("jobId"), job["params"].get("jobName"), job


def plan(release: str, body: dict[str, Any], name: str | None) -> Any:
    in_keys, out_keys = KEYS[release]
    tree = decrypt(body, ShadeRules())
    return Planner(seed=1).plan(tree, job_name=name, in_keys=in_keys, out_keys=out_keys)


def recorded_jobs(release: str) -> Iterator[Any]:
    for (area, scenario), entries in scenarios(release).items():
        sent = [each for entry in entries for each in submissions(entry["step"])]
        seen: set[str] = set()
        for entry in entries:
            body = ((entry["exchange"] or {}).get("body") or {}).get("value")
            shown = [body] if isinstance(body, dict) else body if isinstance(body, list) else []
            for job in shown:
                if not isinstance(job, dict) or "jobDag" not in job:
                    continue
                same = [(name, config) for job_id, name, config in sent if job_id == job["jobId"]]
                if not same:
                    same = [(name, config) for job_id, name, config in sent if job_id is None]
                if same and (key := f"{job['jobId']}{job['jobStatus']}") not in seen:
                    seen.add(key)
                    yield pytest.param(release, job, *same[0], id=f"{release}-{area}-{scenario}-{entry['step']['id']}")


JOBS = [each for release in KEYS for each in recorded_jobs(release)]


def test_recordings_hold_jobs_of_every_release():
    assert len(JOBS) > 150


@pytest.mark.parametrize(("release", "recorded", "name", "body"), JOBS)
def test_recorded_job_is_planned_as_the_engine_planned_it(release, recorded, name, body):
    job = plan(release, body, name)
    dag = recorded["jobDag"]
    assert edges_of(job) == dag["pipelineEdges"]
    assert vertices_of(job) == sorted(dag["vertexInfoMap"], key=lambda vertex: vertex["vertexId"])
    assert job.env_options == dag["envOptions"]
    assert recorded["jobName"] == (job.name if "envOptions" in recorded else job.finished_name)


def counted(job: Any) -> dict[str, Any]:
    """Return what the job's rows add up to, in the words of the engine's metrics."""
    counts: dict[str, Any] = {
        "TableSourceReceivedCount": {},
        "TableSinkWriteCount": {},
        "SourceReceivedBytes": 0,
        "SinkWriteBytes": 0,
    }
    for pipeline in job.pipelines:
        for batch in pipeline.sources[0].batches():
            for row in batch:
                read = counts["TableSourceReceivedCount"]
                read[row.table] = read.get(row.table, 0) + 1
                counts["SourceReceivedBytes"] += row.size
            for branch in pipeline.branches:
                rows = batch
                for transform in branch.transforms:
                    rows = transform.apply(rows)
                for row in rows:
                    written = counts["TableSinkWriteCount"]
                    table = branch.counted_as or row.table
                    written[table] = written.get(table, 0) + 1
                    counts["SinkWriteBytes"] += row.size
    return counts


@pytest.mark.parametrize(
    ("release", "recorded", "name", "body"), [each for each in JOBS if each.values[1]["jobStatus"] == "FINISHED"]
)
def test_rows_of_a_recorded_job_add_up_to_the_engines_counts_and_bytes(release, recorded, name, body):
    def numbers(value: Any) -> Any:
        return {key: int(item) for key, item in value.items()} if isinstance(value, dict) else int(value)

    counts = counted(plan(release, body, name))
    assert counts == {key: numbers(recorded["metrics"][key]) for key in counts}


def recorded_answers() -> Iterator[Any]:
    for release in KEYS:
        for (area, scenario), entries in scenarios(release).items():
            for entry in entries:
                request, exchange = entry["step"]["request"], entry["exchange"]
                is_submission = request["method"] == "POST" and urlsplit(request["path"]).path == "/submit-job"
                if not is_submission or exchange is None or scenario in REFUSED_ELSEWHERE:
                    continue
                if area == "submit-job" and isinstance(request.get("json"), dict):
                    yield pytest.param(
                        release, request["json"], exchange, id=f"{release}-{scenario}-{entry['step']['id']}"
                    )


ANSWERS = list(recorded_answers())


def test_recordings_hold_refusals_of_every_release():
    assert sum(each.values[2]["status"] != 200 for each in ANSWERS) > 60


@pytest.mark.parametrize(("release", "body", "exchange"), ANSWERS)
def test_recorded_configuration_is_taken_or_refused_as_the_engine_did(release, body, exchange):
    message = None
    try:
        plan(release, body, None)
        status = 200
    except EngineError as error:
        status = 400 if isinstance(error, IllegalArgument) else 500
        message = error.message
    assert status == exchange["status"]
    recorded = exchange["body"]["value"].get("message")
    if recorded not in {None, "<java text>"}:
        assert message == recorded
