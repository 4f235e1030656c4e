"""`POST /submit-job` and `/submit-job/upload`: HOCON, SQL, uploaded files, incomplete configs, restored jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from seatunnel_conformance.arrange.configurations import SQL_INSERT, SQL_TABLES, as_hocon, form
from seatunnel_conformance.arrange.expectations import (
    BELOW_LONG,
    REFUSALS,
    accepted,
    answered,
    moved,
    reduced,
    refused,
    worded,
)
from seatunnel_conformance.arrange.jobs import Jobs, OwnJob
from seatunnel_conformance.checks.job_views import shown_everywhere
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.observe.accusation import comparable
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_openapi import Contract

PATH = "/submit-job"

TEXT = {"Content-Type": "text/plain"}


@check("submit-job.hocon-plugins")
def hocon_plugins(target: Target, jobs: Jobs) -> None:
    """The second of two plugins with the same name is lost, and a table is not written."""
    config = jobs.transformed()
    config["source"].append(jobs.source("two"))
    config["sink"].append(jobs.sink("two"))
    job = jobs.own(config)
    answered(sent_as_text(target, job, as_hocon(config)), {"jobId": job.id, "jobName": job.name})
    plan = jobs.ended(job)["jobDag"]
    types = ["sink", "sink", "source", "source", "transform"]
    assert sorted(vertex["type"] for vertex in plan["vertexInfoMap"]) == types


@check("submit-job.hocon-dots")
def hocon_dots(target: Target, jobs: Jobs) -> None:
    """An option such as `row.num` is not found, and the job runs with its default."""
    option = {"conformance.dotted.key": "here"}
    job, endless = jobs.own(jobs.batch(option)), jobs.own(jobs.endless(option))
    for each in (job, endless):
        accepted(sent_as_text(target, each, as_hocon(each.config)))
    ended = jobs.ended(job)
    jobs.until_moving(endless)
    of_json = {"FINISHED": jobs.finished(), "RUNNING": jobs.running()}
    views = {state: shown_everywhere(target, each, state) for state, each in zip(of_json, (job, endless), strict=True)}
    jobs.stop(endless.id)
    for state, shown in views.items():
        usual = shown_everywhere(target, of_json[state], state)
        listed = [options for name, view in shown.items() for options in _options(view, usual.get(name, view))]
        assert listed, "no operation shows the options"
        for options in listed:
            assert reduced(options, option) == option
    moved(jobs, ended, names=["sourcereceivedcount"])


def _options(view: Mapping[str, Any], usual: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    """Yield the options of a job in a response, if its operation shows keys with dots.

    `usual` is the same operation's response for a job that was submitted as JSON.
    """
    shown, of_json = comparable(view), comparable(usual)
    for name in ("envOptions", "jobDag/envOptions"):
        options, has_dots = shown.get(name), "job.mode" in (of_json.get(name) or ())
        if isinstance(options, Mapping) and options.get("parallelism") == "1" and has_dots:
            yield options


@check("submit-job.hocon-substitution")
def hocon_substitution(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A job with a placeholder such as `${table}` runs with the placeholder as its value."""
    job = jobs.own(jobs.batch())
    text = as_hocon(job.config).replace("env {", "env {\n  conformance.path = ${conformance}", 1)
    refused(sent_as_text(target, job, text), 500 if _is_decrypted_first(contract) else 400)


@check("submit-job.hocon-broken")
def hocon_broken(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A config that was cut off must be refused, or a part of the job runs."""
    job = jobs.own(jobs.batch())
    for text in ("env {", "source { FakeSource { row.num = "):
        refused(sent_as_text(target, job, text), 500)
    refused(sent_as_text(target, job, " "), 400 if _is_decrypted_first(contract) else 500)


def sent_as_hocon(target: Target, contract: Contract, job: OwnJob) -> Iterator[Response]:
    """Submit a job as HOCON, with an id and without a name, if the release reads HOCON, and yield the response."""
    if "hocon" in contract.operation("submit_job").behaviour.names("bodyFormats"):
        query = {"jobId": job.id, "format": "hocon"}
        yield target.post(PATH, query=query, body=as_hocon(job.config).encode(), headers=TEXT)


def _is_decrypted_first(contract: Contract) -> bool:
    return contract.operation("submit_job").behaviour.choice("hoconRead") == "decryption"


def sent_as_text(target: Target, job: OwnJob, text: str, language: str = "hocon") -> Response:
    """Submit a text in a language, with the id and the name of a job."""
    query = {"jobId": job.id, "jobName": job.name, "format": language}
    return target.post(PATH, query=query, body=text.encode(), headers=TEXT)


@check("submit-job.sql-broken")
def sql_broken(target: Target, jobs: Jobs) -> None:
    """SQL without an insert statement is accepted, and the job moves nothing."""
    job = jobs.own(jobs.batch())
    for text in (SQL_TABLES, SQL_INSERT, "CREATE TABLE", " "):
        refused(sent_as_text(target, job, text, "sql"), 500)


UPLOAD = "/submit-job/upload"
UPLOAD_OPERATION = "submit_job_by_upload"


@check("submit-job.upload-language")
def upload_language(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A file with an unusual extension is read in the wrong language, and the error does not say so."""
    config = jobs.batch()
    texts = {"json": _json(config), "hocon": as_hocon(config).encode(), "sql": (SQL_TABLES + SQL_INSERT).encode()}
    endings = {".json": "json", "": "hocon", ".JSON": "hocon", ".conf": "hocon", ".sql": "sql"}
    known = contract.operation(UPLOAD_OPERATION).behaviour.names("bodyFormats")
    for ending, spoken in endings.items():
        read_as = spoken if spoken in known else "hocon"
        for text, body in texts.items():
            job = jobs.own(config)
            response = sent_as_form(target, form(body, f"job{ending}"), {"jobId": job.id, "jobName": job.name})
            told = "accepted" if response.status == 200 else "refused"
            assert (told == "accepted") == (text == read_as), f"{text.upper()} in a file named job{ending} was {told}"


@check("submit-job.upload-parameters")
def upload_parameters(target: Target, jobs: Jobs) -> None:
    """A web form that sends id and name as fields gets a job with another id or name."""
    for are_fields in (True, False):
        job = jobs.own(jobs.batch())
        named = {"jobId": job.id, "jobName": f"{job.name} \N{LATIN SMALL LETTER E WITH ACUTE}"}
        fields, query = (named, {}) if are_fields else ({}, named)
        answered(sent_as_form(target, form(_json(job.config), "job.json", **fields), query), named)


@check("submit-job.upload-missing-file")
def upload_missing_file(target: Target, jobs: Jobs) -> None:
    """A client that misspells the field's name must get an error, or it assumes that its job runs."""
    config = jobs.batch()
    refused(sent_as_form(target, form(_json(config), "job.json", field="file"), {}), 500)
    refused(target.post(UPLOAD, body=config), 500)


@check("submit-job.upload-unnamed-file")
def upload_unnamed_file(target: Target, contract: Contract, jobs: Jobs) -> None:
    """The JSON of a client whose library sends no file name is read as HOCON, or refused."""
    job = jobs.own(jobs.batch())
    response = sent_as_form(target, form(_json(job.config), None), {"jobId": job.id, "jobName": job.name})
    if contract.operation(UPLOAD_OPERATION).behaviour.choice("unnamedFile") == "json":
        assert accepted(response)["jobId"] == job.id
    else:
        refused(response, 500)


@check("submit-job.upload-invalid-id")
def upload_invalid_id(target: Target, jobs: Jobs) -> None:
    """A client that sends a damaged id gets a job under an id that it does not know."""
    config, job = _json(jobs.batch()), jobs.own(jobs.batch())
    wrong = ({"jobId": "abc"}, {"jobId": BELOW_LONG}, {"isStartWithSavePoint": "true"})
    for fields in wrong:
        refused(sent_as_form(target, form(config, "job.json"), fields), 400)
    if upload(target, job).members.get("jobId") == job.id:  # otherwise `submit-job.upload-parameters` fails
        for fields in wrong:
            refused(sent_as_form(target, form(config, "job.json", **fields), {}), 400)


def upload(target: Target, job: OwnJob) -> Response:
    """Submit a job as a file, with its id and name as fields of the form."""
    return sent_as_form(target, form(_json(job.config), "job.json", jobId=job.id, jobName=job.name), {})


def sent_as_file(target: Target, contract: Contract, job: OwnJob) -> Iterator[Response]:
    """Upload a job with an id and without a name, if the release has that operation, and yield the response."""
    if UPLOAD_OPERATION in {operation.id for operation in contract.operations}:
        yield sent_as_form(target, form(_json(job.config), "job.json"), {"jobId": job.id})


def _json(config: Mapping[str, Any]) -> bytes:
    return json.dumps(config).encode()


def sent_as_form(target: Target, filled: tuple[bytes, str], query: Mapping[str, str]) -> Response:
    """Upload a form, given as body and content type."""
    body, kind = filled
    return target.post(UPLOAD, query=query, body=body, headers={"Content-Type": kind})


@check("submit-job.missing-section")
def missing_section(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A config that has lost a section must be refused, or a different job runs."""
    stated = REFUSALS[contract.operation("encrypt_config").behaviour.choice("shadeFailure")]
    for missing, status in (("env", 500), ("source", stated), ("sink", stated)):
        job = jobs.own({name: part for name, part in jobs.batch().items() if name != missing})
        for response in (jobs.send(job), *sent_as_hocon(target, contract, job)):
            refused(response, status)


@check("submit-job.missing-plugin-name")
def missing_plugin_name(jobs: Jobs) -> None:
    """A plugin without a name must be refused, or another plugin runs."""
    nameless = {name: value for name, value in jobs.source().items() if name != "plugin_name"}
    for part, plugin in (("source", nameless), ("transform", {"query": "select name from fake"}), ("sink", {})):
        refused(jobs.send(jobs.own({**jobs.batch(), part: [plugin]})), 500)


@check("submit-job.missing-checkpoint")
def missing_checkpoint(contract: Contract, jobs: Jobs) -> None:
    """A job whose savepoint is gone starts from the beginning, and moves every row again."""
    job = jobs.own(jobs.batch())
    response = jobs.send(job, isStartWithSavePoint="true")
    facts = contract.operation("submit_job").behaviour
    if facts.choice("missingCheckpoint") == "bad-request":
        text = f"No checkpoint found for jobId={job.id}, restoreMode=SAVEPOINT, restoreSourceJobId={job.id}"
        refused(response, 400, worded(contract, text) if facts.choice("restoreMode") == "followed" else None)
    else:
        assert accepted(response)["jobId"] == job.id


UNKNOWN_MODE: Final = "No enum constant org.apache.seatunnel.engine.core.job.RestoreMode.NO_SUCH_MODE"


@check("submit-job.restore-none")
def restore_none(jobs: Jobs) -> None:
    """A job starts from an old state although its client asked for a fresh start."""
    job = jobs.own(jobs.batch())
    assert accepted(jobs.send(job, restoreMode="None", isStartWithSavePoint="true"))["jobId"] == job.id
    moved(jobs, jobs.ended(job))


@check("submit-job.restore-refused", writes=True)
def restore_refused(target: Target, contract: Contract, unused_id: str) -> None:
    """A job with a misspelt restore mode, or without the id of its source, starts afresh and moves every row again."""
    missing = "restoreSourceJobId is required when restoreMode="
    for query, text in (
        ({"restoreMode": "no_such_mode"}, UNKNOWN_MODE),
        ({"restoreMode": "savepoint", "jobId": unused_id}, f"{missing}SAVEPOINT"),
        ({"restoreMode": "CHECKPOINT", "restoreSourceJobId": " "}, f"{missing}CHECKPOINT"),
        (
            {"restoreMode": "CHECKPOINT", "restoreSourceJobId": "x"},
            "restoreSourceJobId must be a numeric job id, got: x",
        ),
    ):
        refused(target.post("/submit-job", query=query), 400, worded(contract, text))


@check("submit-job.restore-active-source")
def restore_active_source(contract: Contract, jobs: Jobs) -> None:
    """A job is restored from a job that still runs, so both move the same rows."""
    source, job = jobs.running(), jobs.own(jobs.batch())
    response = jobs.send(job, restoreMode="CHECKPOINT", restoreSourceJobId=source.id)
    text = f"restoreSourceJobId={source.id} is still RUNNING; stop or cancel the source job before restoring from its"
    refused(response, 400, worded(contract, f"{text} checkpoint state"))
    assert "jobStatus" not in jobs.target.get("/job-info/{jobId}", jobId=job.id).members
