"""`seatunnel-v2 rehearse`, with the requests of a log played to servers of both releases."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from seatunnel_v2.commands import rehearse
from seatunnel_v2.exits import ExitStatus

URL = "jdbc:mysql://db/shop"
JOB = {
    "env": {"job.mode": "BATCH"},
    "source": [
        {
            "plugin_name": "MySQL-CDC",
            "plugin_output": "fake",
            "base-url": URL,  # the name of `url` before 2.3.13
            "url": URL,
            "table-names": ["shop.orders"],
            "username": "root",
            "password": "topsecret",
        }
    ],
    "sink": [{"plugin_name": "Jdbc", "plugin_input": "fake", "url": URL, "driver": "d", "query": "insert"}],
}
GIVEN, MADE = "733584788375666689", "733584788375666690"


def run(*words: str) -> Result:
    app = typer.Typer()
    app.command()(rehearse.rehearse)
    return CliRunner().invoke(app, words)


def log(folder: Path, *requests: tuple[str, str, Any, Any]) -> str:
    entries = [
        {
            "request": {
                "method": method,
                "url": f"http://seatunnel:8080{path}",
                "headers": [{"name": "Content-Type", "value": "application/json"}],
                **({} if body is None else {"postData": {"text": json.dumps(body)}}),
            },
            "response": {"status": 200, "content": {} if answer is None else {"text": json.dumps(answer)}},
        }
        for method, path, body, answer in requests
    ]
    file = folder / "a.har"
    file.write_text(json.dumps({"log": {"entries": entries}}), encoding="utf-8")
    return str(file)


@pytest.mark.slow
def test_requests_of_a_log_are_played_with_jobs_that_stand_in_for_its_own(tmp_path: Path) -> None:
    file = log(
        tmp_path,
        ("GET", f"/job-info/{GIVEN}", None, {"jobId": GIVEN, "jobStatus": "RUNNING"}),
        ("POST", "/submit-job?jobName=nightly", JOB, {"jobId": MADE, "jobName": "nightly"}),
        ("GET", f"/job-info/{MADE}", None, None),
        ("POST", "/stop-job", None, None),
        ("GET", "/overview", None, None),
    )
    done = run("--from", "2.3.9", "--to", "2.3.13", "--client-log", file, "--format", "json")
    assert done.exit_code == ExitStatus.OK, done.stderr
    answers = json.loads(done.stdout)["answers"]
    assert (answers["played"], answers["unplayable"]) == (4, 1)
    states = {each["request"]: each["from"]["body"]["value"] for each in answers["differing"]}
    assert states["GET /job-info/<job 1>"]["jobStatus"] == "RUNNING"
    assert states["GET /job-info/<job 2>"]["jobName"] == "nightly"
    assert {"/body/value/pendingJobs"} <= {p for each in answers["differing"] for p in each["pointers"]}
    assert "topsecret" not in done.stdout


def test_release_that_breaks_nothing_ends_well_and_one_that_does_not() -> None:
    assert run("--from", "2.3.9", "--to", "2.3.9").exit_code == ExitStatus.OK
    broken = run("--from", "2.3.9", "--to", "2.3.13")
    assert (broken.exit_code, "Breaks clients" in broken.stdout) == (ExitStatus.DEVIATES, True)


def test_change_of_a_proposal_is_no_downgrade() -> None:
    done = run("--from", "2.3.13", "--to", "proposal:12904", "--all")
    assert ("since proposal:12904" in done.stdout, "No longer" in done.stdout) == (True, False)


def test_log_without_a_request_to_the_api_selects_nothing(tmp_path: Path) -> None:
    done = run("--from", "2.3.9", "--to", "2.3.13", "--client-log", log(tmp_path, ("GET", "/app.js", None, None)))
    assert (done.exit_code, "none of its 1 requests" in done.stderr) == (ExitStatus.NOTHING_SELECTED, True)


@pytest.mark.parametrize("words", [("--from", "9.9", "--to", "2.3.9"), ("--from", "2.3.9", "--to", "2.3.10")])
def test_what_can_not_be_read_is_a_usage_error(words: tuple[str, ...], tmp_path: Path) -> None:
    done = run(*words, "--client-log", str(tmp_path / "none"))
    assert done.exit_code == ExitStatus.USAGE
    assert done.stderr.startswith("seatunnel-v2: ")


@pytest.mark.slow
def test_job_that_was_unknown_has_lost_nothing(tmp_path: Path) -> None:
    given = ("--client-log", log(tmp_path, ("GET", f"/job-info/{GIVEN}", None, {"jobId": GIVEN})))
    script = tmp_path / "show.py"
    script.write_text('print(job["metrics"]["SinkCommittedCount"])', encoding="utf-8")
    done = run("--from", "2.3.13", "--to", "2.3.9", *given, "--client-source", str(script))
    assert done.exit_code == ExitStatus.OK, done.stdout


@pytest.mark.slow
def test_jobs_of_a_list_have_lost_what_a_client_reads(tmp_path: Path) -> None:
    listed = [{"jobId": GIVEN, "jobStatus": "FINISHED", "metrics": {"SinkCommittedCount": "7"}}]
    given = ("--client-log", log(tmp_path, ("GET", "/finished-jobs", None, listed)))
    script = tmp_path / "show.py"
    script.write_text('print(jobs[0]["metrics"]["SinkCommittedCount"])', encoding="utf-8")
    done = run("--from", "2.3.13", "--to", "2.3.9", *given, "--client-source", str(script))
    assert (done.exit_code, "show.py:1" in done.stdout) == (ExitStatus.DEVIATES, True), done.stdout


@pytest.mark.slow
def test_source_of_the_client_tells_which_lost_members_break_it(tmp_path: Path) -> None:
    metrics = {"SinkCommittedCount": "7", "TableSinkWriteCount": {"Sink[0].fake": "7"}}
    answer = {"jobId": GIVEN, "jobStatus": "FINISHED", "metrics": metrics}
    given = ("--client-log", log(tmp_path, ("GET", f"/job-info/{GIVEN}", None, answer)))
    releases = ("--from", "2.3.13", "--to", "2.3.9")
    sources = {name: tmp_path / f"{name}.py" for name in ("SinkCommittedCount", "TableSinkWriteCount")}
    for name, file in sources.items():
        file.write_text(f'print(info["metrics"]["{name}"])\n', encoding="utf-8")

    lost = run(*releases, *given, "--client-source", str(sources["SinkCommittedCount"]))
    other_keys = run(*releases, *given, "--client-source", str(sources["TableSinkWriteCount"]))

    assert lost.exit_code == ExitStatus.DEVIATES
    assert "read by SinkCommittedCount.py:1" in lost.stdout
    assert other_keys.exit_code == ExitStatus.OK, other_keys.stdout
    refused = run(*releases, "--client-source", str(tmp_path))
    assert refused.exit_code == ExitStatus.USAGE
