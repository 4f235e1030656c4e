"""Every recorded text that the engine read as HOCON, or by its HOCON library, is read and planned, and compared."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from recorded_dag import edges_of, vertices_of

from seatunnel_server.engine.errors import EngineError, IllegalArgument
from seatunnel_server.engine.hocon import Syntax, parse
from seatunnel_server.engine.memory.planning import Planner

RECORDINGS = Path(__file__).parents[3] / "conformance" / "recordings"
RELEASES = ("2.3.9", "2.3.10")
NOT_READ = {"hocon-form-type", "hocon-body-as-json"}
"""Scenarios whose body never came to the reader of HOCON."""
REFUSED_ELSEWHERE = {
    "field-missing",
    "no-file-name",
    "not-multipart",
    "form-not-multipart",
    "no-body",
    "get",
    "savepoint-without-id",
    "bad-id",
}
"""Scenarios whose refusal is about the request, not about the file."""


def sent(request: dict[str, Any]) -> tuple[str, Syntax] | None:
    """Return the text of a request as the engine has it, and how it reads it."""
    url = urlsplit(request["path"])
    if url.path == "/submit-job" and parse_qs(url.query).get("format", [""])[-1].lower() == "hocon":
        content_type = request.get("headers", {}).get("Content-Type", "")
        charset = "utf-8" if "charset=utf-8" in content_type else "iso-8859-1"
        return request["body"].encode().decode(charset), Syntax.HOCON
    if url.path == "/submit-job/upload":
        file = next(part for part in request["multipart"] if part["name"] == "config_file")
        return file["body"], Syntax.JSON if file["filename"].endswith(".json") else Syntax.HOCON
    return None


def asked_name(request: dict[str, Any]) -> str | None:
    """Return the name that a request asks for, in its query or in a field of its form."""
    fields = {part["name"]: part["body"] for part in request.get("multipart", ())}
    return parse_qs(urlsplit(request["path"]).query).get("jobName", [fields.get("jobName")])[-1]


def submissions() -> Iterator[Any]:
    for release in RELEASES:
        submitted: tuple[Any, ...] = ()
        for line in (RECORDINGS / f"{release}.ndjson").read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            scenario, step = entry["scenario"], entry["step"]
            if scenario in NOT_READ | REFUSED_ELSEWHERE:
                continue
            if (text := sent(step["request"])) is not None:
                submitted = text, asked_name(step["request"])
            if entry["area"] == "submit-job-upload" or scenario.startswith("hocon"):
                yield pytest.param(*submitted, entry["exchange"], id=f"{release}-{scenario}-{step['id']}")


SUBMISSIONS = list(submissions())
ANSWERS = [each for each in SUBMISSIONS if str(each.id).endswith("-submit")]
JOBS = [each for each in SUBMISSIONS if "jobDag" in each.values[2]["body"]["value"]]


def plan(text: str, syntax: Syntax, name: str | None) -> Any:
    keys = {"in_keys": ("plugin_input", "source_table_name"), "out_keys": ("plugin_output", "result_table_name")}
    return Planner(seed=1).plan(parse(text, syntax=syntax), job_name=name, **keys)


def test_recordings_hold_jobs_and_refusals():
    statuses = [each.values[2]["status"] for each in ANSWERS]
    assert statuses.count(200) >= 30
    assert statuses.count(400) == 2
    assert statuses.count(500) >= 16
    assert len(JOBS) >= 12


@pytest.mark.parametrize(("submitted", "name", "exchange"), ANSWERS)
def test_recorded_text_is_taken_or_refused_as_the_engine_did(submitted, name, exchange):
    message = None
    try:
        job = plan(*submitted, name)
        status = 200
    except EngineError as error:
        status = 400 if isinstance(error, IllegalArgument) else 500
        message = error.message
    assert status == exchange["status"]
    answer = exchange["body"]["value"]
    if answer.get("message") not in {None, "<java text>"}:
        assert message == answer["message"]
    if status == 200:
        assert job.name == answer["jobName"]


@pytest.mark.parametrize(("submitted", "name", "exchange"), JOBS)
def test_recorded_text_is_planned_as_the_engine_planned_it(submitted, name, exchange):
    recorded = exchange["body"]["value"]
    job, dag = plan(*submitted, name), recorded["jobDag"]
    assert edges_of(job) == dag["pipelineEdges"]
    assert vertices_of(job) == sorted(dag["vertexInfoMap"], key=lambda vertex: vertex["vertexId"])
    assert job.env_options == dag["envOptions"]
    assert job.finished_name == recorded["jobName"]
    rows = sum(len(batch) for pipeline in job.pipelines for batch in pipeline.sources[0].batches())
    assert str(rows) == recorded["metrics"]["SourceReceivedCount"]
