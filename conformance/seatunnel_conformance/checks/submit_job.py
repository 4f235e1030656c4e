"""`POST /submit-job`: submits a job."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from seatunnel_conformance.arrange.configurations import SQL_INSERT, SQL_TABLES, as_hocon, form
from seatunnel_conformance.arrange.expectations import (
    BELOW_LONG,
    BEYOND_LONG,
    BROKEN_JSON,
    REFUSALS,
    accepted,
    answered,
    ids,
    moved,
    refused,
    started_once,
    stays_unknown,
    worded,
)
from seatunnel_conformance.arrange.job_reads import PIPELINES, Document
from seatunnel_conformance.arrange.jobs import ROWS, Jobs
from seatunnel_conformance.checks.job_views import is_unchanged, shown_everywhere
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.checks.submit_job_forms import TEXT, sent_as_file, sent_as_form, sent_as_hocon, sent_as_text
from seatunnel_conformance.errors import ArrangementFailed
from seatunnel_conformance.observe.forms import END_STATES
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract

PATH = "/submit-job"

NAME = "\N{CJK UNIFIED IDEOGRAPH-6D4B}\N{CJK UNIFIED IDEOGRAPH-8BD5} \N{LATIN SMALL LETTER E WITH ACUTE}"
"""A name with letters that are lost or changed if a request or response is decoded with a wrong charset."""

DEFAULT_NAME = "SeaTunnel_Job"
"""The name of a job that is submitted without one."""

BEYOND_BMP = "\N{GRINNING FACE}"
"""A character that is two `char` values in Java, and four bytes in UTF-8."""


@check("submit-job.receipt")
def receipt(jobs: Jobs) -> None:
    """A client that can't read the id in the receipt can neither follow nor stop its job."""
    job = jobs.own(jobs.batch())
    answered(jobs.send(job), {"jobId": job.id, "jobName": job.name})
    assert jobs.info(job.id)["jobId"] == job.id


@check("submit-job.given-id")
def given_id(target: Target, jobs: Jobs) -> None:
    """A client that chooses the ids of its jobs does not find a job under the id that it sent."""
    job = jobs.own(jobs.batch())
    response = target.post(PATH, query={"jobId": f"+0{job.id}", "jobName": job.name}, body=job.config)
    assert accepted(response)["jobId"] == job.id
    assert jobs.info(job.id)["jobName"] == job.name


@check("submit-job.generated-id")
def generated_id(target: Target, jobs: Jobs) -> None:
    """A client that lets the cluster choose the id gets a truncated id, or that of another job."""
    started: dict[str, str] = {}
    for query in ({}, {"jobId": ""}, {"jobId": " "}):
        name = jobs.new_name()
        job_id = accepted(target.post(PATH, query=query, body=jobs.batch({"job.name": name})))["jobId"]
        jobs.claim(job_id)
        assert isinstance(job_id, str)
        started[job_id] = name
    for job_id, name in started.items():
        started_once(jobs, job_id, name)


@check("submit-job.invalid-id")
def invalid_id(target: Target, jobs: Jobs) -> None:
    """A client that sends a damaged id gets a job under an id that it does not know."""
    for asked in ("abc", "1.5", BEYOND_LONG, BELOW_LONG):
        refused(target.post(PATH, query={"jobId": asked}, body=jobs.batch()), 400)


@check("submit-job.given-name")
def given_name(target: Target, jobs: Jobs) -> None:
    """A client that finds its jobs by name does not find a job with a Chinese name."""
    job = jobs.own(jobs.batch({"job.name": "conformance-other"}))
    # Repeated and trailing blanks, an escape, signs of HTML and JSON, a character beyond 16 bits, an accent of its own,
    # and many letters.
    name = f"{job.name} {NAME}  %41 <&>\"'\\ {BEYOND_BMP} e\N{COMBINING ACUTE ACCENT} {'x' * 256} "
    assert accepted(target.post(PATH, query={"jobId": job.id, "jobName": name}, body=job.config))["jobName"] == name
    assert jobs.info(job.id)["jobName"] == name
    named = jobs.finished_parallel()  # there is another name in its `env`
    names = {view: shown.get("jobName") for view, shown in shown_everywhere(target, named, "FINISHED").items()}
    assert names == dict.fromkeys(names, named.name)


@check("submit-job.name-from-env")
def name_from_env(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A client that sets job names in the configs does not find its jobs by name."""
    name, hocon_name = f"conformance-{NAME} //no#comment", "conformance-hocon //no#comment"
    for query in ({}, {"jobName": ""}, {"JOBNAME": "conformance-other"}):
        job = jobs.own(jobs.batch({"job.name": name}))
        response = target.post(PATH, query={"jobId": job.id, **query}, body=job.config)
        assert accepted(response)["jobName"] == name
        assert jobs.info(job.id)["jobName"] == name
    for hocon in sent_as_hocon(target, contract, jobs.own(jobs.batch({"job.name": hocon_name}))):
        assert accepted(hocon)["jobName"] == hocon_name


@check("submit-job.default-name")
def default_name(target: Target, jobs: Jobs) -> None:
    """A console that lists jobs by name shows an empty line for a job that was submitted without one."""
    job = jobs.own(jobs.batch())
    assert accepted(target.post(PATH, query={"jobId": job.id}, body=job.config))["jobName"] == DEFAULT_NAME


@check("submit-job.savepoint-without-id")
def savepoint_without_id(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A job that should continue starts from the beginning, and moves every row again."""
    query = {"isStartWithSavePoint": "true"}
    refused(target.post(PATH, query=query, body=jobs.batch()), 400)
    refused(target.post(PATH, query=query), 400, worded(contract, "Please provide jobId when start with save point."))


@check("submit-job.savepoint-words")
def savepoint_words(target: Target, jobs: Jobs) -> None:
    """A client that writes `1` or `TRUE` starts its job from a savepoint on one deployment, and afresh on another."""
    refused(target.post(PATH, query={"isStartWithSavePoint": "TRUE"}, body=jobs.batch()), 400)
    for word in ("1", "yes", ""):  # without an id, a start from a savepoint is refused
        named = jobs.batch({"job.name": jobs.new_name()})
        jobs.claim(accepted(target.post(PATH, query={"isStartWithSavePoint": word}, body=named))["jobId"])


@check("submit-job.id-of-running-job")
def id_of_running_job(target: Target, jobs: Jobs) -> None:
    """A submission that is repeated after a lost response stops the first job, or runs a second one."""
    job = jobs.running()
    before = shown_everywhere(target, job, "RUNNING")
    response = target.post(PATH, query={"jobId": job.id, "jobName": "conformance-other"}, body=jobs.batch())
    assert accepted(response)["jobId"] == job.id
    after = jobs.info(job.id)
    assert (after["jobName"], after["jobStatus"]) == (job.name, "RUNNING")
    is_unchanged(before, target, job, "RUNNING")


@check("submit-job.id-of-ended-job")
def id_of_ended_job(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A submission that is repeated after the end of the job moves all rows a second time."""
    job = jobs.finished()
    before = shown_everywhere(target, job, "FINISHED")
    response = target.post(PATH, query={"jobId": job.id, "jobName": "conformance-other"}, body=jobs.batch())
    statuses = {"server-error": 500, "bad-request": 400, "accepted": 200}
    assert response.status == statuses[contract.operation("submit_job").behaviour.choice("finishedId")]
    is_unchanged(before, target, job, "FINISHED")


@check("submit-job.documented-job")
def documented_job(contract: Contract, jobs: Jobs) -> None:
    """The first job of a new user, the example in the documentation, does not run."""
    examples = contract.operation("submit_job").examples()
    config = next(example.value for example in examples if example.where.startswith("submit_job request"))
    job = jobs.own(config)
    assert accepted(jobs.send(job))["jobId"] == job.id
    ended = jobs.ended(job)
    assert ended["jobStatus"] == "FINISHED"
    moved(jobs, ended, config["source"][0]["row.num"])


@check("submit-job.empty-section")
def empty_section(contract: Contract, jobs: Jobs) -> None:
    """A user whose config lacks a source or a sink gets no error that names the missing section."""
    for section, word in (("source", "Source"), ("sink", "Sink")):
        job = jobs.own({**jobs.batch(), section: []})
        refused(jobs.send(job), 400, worded(contract, f"Miss <{word}> config! Please check the config file."))


@check("submit-job.transform-optional")
def transform_optional(jobs: Jobs, contract: Contract) -> None:
    """A client whose job has no transform gets an error if it leaves `transform` out, or leaves it empty."""
    without = {name: part for name, part in jobs.batch().items() if name != "transform"}
    searched = contract.operation("encrypt_config").behaviour.names("sections")
    null = () if "transform" in searched else ({**without, "transform": None},)
    for config in (without, {**without, "transform": []}, *null):
        job = jobs.own(config)
        assert accepted(jobs.send(job))["jobId"] == job.id


@check("submit-job.further-members")
def further_members(jobs: Jobs) -> None:
    """A client that adds its own members to the config, such as a comment, gets an error."""
    job = jobs.own({**jobs.batch(), "conformance": {"note": 1}, "jobId": jobs.new_id(), "jobName": "conformance-body"})
    answered(jobs.send(job), {"jobId": job.id, "jobName": job.name})


@check("submit-job.reserved-keys")
def reserved_keys(contract: Contract, jobs: Jobs) -> None:
    """A job with a reserved key, for example in a column name, is accepted here, but not by other deployments."""
    allowed = contract.operation("encrypt_config").behaviour.choice("keyMarks") == "allowed"
    for key in ("a:b", "a$b", "", *(() if allowed else ("a@b", "a?b"))):
        plugins = {"source": [jobs.source(conformance=[{key: 1}])], "sink": [jobs.sink() | {key: 1}]}
        for config in (jobs.batch({key: 1}), *({**jobs.batch(), name: found} for name, found in plugins.items())):
            refused(jobs.send(jobs.own(config)), 500)
    if allowed:
        sent = {**jobs.batch(), "env": {"job.mode": "BATCH", "a@b": 1, "a?b": 2, "a\\b": 3}}
        assert accepted(jobs.target.post("/encrypt-config", body=sent))["env"] == sent["env"]


@check("submit-job.unknown-plugin")
def unknown_plugin(jobs: Jobs) -> None:
    """A job with a connector that is not installed is accepted, and never moves a row."""
    missing = {"plugin_name": "ConformanceNoSuchPlugin"}
    for section in ("source", "transform", "sink"):
        refused(jobs.send(jobs.own({**jobs.batch(), section: [missing]})), 500)


@check("submit-job.plugin-name-case")
def plugin_name_case(jobs: Jobs) -> None:
    """A config that runs on other deployments is refused, because a plugin name is in another letter case."""
    source, sink = jobs.source() | {"plugin_name": "fakesource"}, jobs.sink() | {"plugin_name": "CONSOLE"}
    job = jobs.own({**jobs.batch(), "source": [source], "sink": [sink]})
    assert accepted(jobs.send(job))["jobId"] == job.id


@check("submit-job.option-kind")
def option_kind(jobs: Jobs) -> None:
    """A batch job with a misspelt mode is accepted, and runs forever."""
    refused(jobs.send(jobs.own(jobs.batch({"job.mode": "NIGHTLY"}))), 400)
    refused(jobs.send(jobs.own(jobs.batch({"parallelism": "many"}))), 400)


@check("submit-job.table-options")
def table_options(contract: Contract, jobs: Jobs) -> None:
    """A sink is connected to the wrong source, and writes the rows of another table."""
    facts = contract.operation("submit_job").behaviour
    for reads, writes in zip(facts.names("inputKeys"), facts.names("outputKeys"), strict=True):
        config = jobs.batch()
        config["source"] = [_renamed(jobs.source(), writes, "one"), _renamed(jobs.source(rows=2), writes, "two")]
        query = {"plugin_name": "Sql", "query": "select name from one"}
        config["transform"] = [{**query, reads: "one", writes: "changed"}]
        config["sink"] = [_renamed(jobs.sink(), reads, "changed"), _renamed(jobs.sink(), reads, "two")]
        job = jobs.own(config)
        accepted(jobs.send(job))
        pipelines = _pipelines(jobs.ended(job))
        if pipelines != 2 and _pipelines(jobs.info(jobs.finished_parallel().id)) != 2:
            raise ArrangementFailed("every job with two unconnected sources is shown as one pipeline", PIPELINES)
        assert pipelines == 2, "two unconnected sources are not shown as two pipelines"


def _pipelines(document: Document) -> int:
    return len(document["jobDag"]["pipelineEdges"])


@check("submit-job.unconnected-tables")
def unconnected_tables(jobs: Jobs) -> None:
    """A misspelt table name is accepted, and the rows are lost without an error."""
    misread = {"source": [jobs.source("one"), jobs.source("two")], "sink": [jobs.sink("one"), jobs.sink("three")]}
    refused(jobs.send(jobs.own({**jobs.batch(), **misread})), 500)
    twice = {"source": [jobs.source("one"), jobs.source("one")], "sink": [jobs.sink("one"), jobs.sink("one")]}
    refused(jobs.send(jobs.own({**jobs.batch(), **twice})), 500)


@check("submit-job.encrypted-credentials")
def encrypted_credentials(jobs: Jobs) -> None:
    """A job with encrypted credentials can't log in to its database."""
    shaded = jobs.batch({"shade.identifier": "base64"})
    good = jobs.own({**shaded, "source": [jobs.source(password="cGFzcw==")]})
    assert accepted(jobs.send(good))["jobId"] == good.id
    refused(jobs.send(jobs.own({**shaded, "source": [jobs.source(password="***")]})), 400)


@check("submit-job.form-body")
def form_body(contract: Contract, target: Target, jobs: Jobs) -> None:
    """A job that curl submits with its default content type runs on one deployment, and is refused by another."""
    job = jobs.own(jobs.batch())
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    response = target.post(PATH, query={"jobId": job.id, "jobName": job.name}, body=job.config, headers=form)
    if contract.operation("submit_job").behaviour.choice("formBody") == "streamed-error":
        refused(response, 500, worded(contract, "STREAMED"))
    else:
        assert accepted(response)["jobId"] == job.id


@check("submit-job.body-formats")
def body_formats(contract: Contract, target: Target, jobs: Jobs) -> None:
    """A client that sends HOCON to a release that supports it gets an error, or another job than it wrote."""
    job = jobs.own(jobs.batch())
    assert accepted(jobs.send(job, format="json"))["jobId"] == job.id
    hocon = jobs.own(jobs.batch())
    text = f'env {{ job.mode = "BATCH" }}\nsource {{ FakeSource {{ {_HOCON_SCHEMA} }} }}\nsink {{ Console {{ }} }}\n'
    query = {"jobId": hocon.id, "jobName": hocon.name}
    refused(target.post(PATH, query=query, body=text.encode(), headers=TEXT), 400, worded(contract, BROKEN_JSON))
    response = target.post(PATH, query={**query, "format": "hocon"}, body=text.encode(), headers=TEXT)
    if "hocon" in contract.operation("submit_job").behaviour.names("bodyFormats"):
        assert accepted(response)["jobId"] == hocon.id
    else:
        refused(response, 400)


@check("submit-job.refused-is-unknown")
def refused_is_unknown(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A client that corrects a refused job and submits it again under its id gets an error."""
    missing: list[Any] = [{"plugin_name": "ConformanceNoSuchPlugin"}]
    single, listed, uploaded, empty = (
        jobs.own({**jobs.batch(), "source": source}) for source in (missing, missing, missing, [])
    )
    responses = [
        (single.id, jobs.send(single)),
        (listed.id, target.post("/submit-jobs", body=[{**listed.config, "params": {"jobId": listed.id}}])),
        *((uploaded.id, response) for response in sent_as_file(target, contract, uploaded)),
        (empty.id, jobs.send(empty)),
    ]
    # Other clauses state which status each of these requests has.
    unknown = {job_id for job_id, response in responses if response.status in REFUSALS.values()}
    for job_id in unknown:
        stays_unknown(jobs, job_id)
    for path in ("/finished-jobs", *(f"/finished-jobs/{state}" for state in END_STATES)):
        assert target.wire.lists.is_long(path) or unknown.isdisjoint(ids(jobs.listed(path).items)), path


@check("submit-job.format-words")
def format_words(target: Target, jobs: Jobs) -> None:
    """A client that writes the format in capitals, or sends JSON with an unknown format, gets an error."""
    job = jobs.own(jobs.batch())
    accepted(jobs.send(jobs.own(jobs.batch()), format="conformance"))
    refused(sent_as_text(target, job, as_hocon(job.config), "conformance"), 400)
    assert accepted(sent_as_text(target, job, as_hocon(job.config), "HoCoN"))["jobId"] == job.id


@check("submit-job.sql")
def sql(target: Target, jobs: Jobs) -> None:
    """A job that is written in SQL is refused, or moves other rows than its statements say."""
    job = jobs.own(jobs.batch())
    answered(sent_as_text(target, job, SQL_TABLES + SQL_INSERT, "sql"), {"jobId": job.id, "jobName": job.name})
    moved(jobs, jobs.ended(job), 2 * ROWS, names=["sinkwritecount"])


@check("submit-job.credential-kinds")
def credential_kinds(contract: Contract, jobs: Jobs) -> None:
    """A password that is a number is accepted, and the job logs in with another password."""
    stated = REFUSALS[contract.operation("encrypt_config").behaviour.choice("nonTextValue")]
    for value in (5, True, {"a": "b"}, [5]):
        config = jobs.batch()
        config["source"] = [jobs.source(password=value)]
        refused(jobs.send(jobs.own(config)), stated)


@check("submit-job.dry-run")
def dry_run(contract: Contract, jobs: Jobs) -> None:
    """A client that only wants to validate a job runs it, and rows are written."""
    job = jobs.own(jobs.batch())
    response = jobs.send(job, dryRun="true")
    if contract.operation("submit_job").behaviour.choice("dryRun") == "bad-request":
        refused(response, 400)
    else:
        assert accepted(response)["jobId"] == job.id


@check("submit-job.restore")
def restore(jobs: Jobs) -> None:
    """A job that should continue from another job's savepoint moves every row again."""
    saved, other = jobs.stopped(savepoint=True), jobs.new_id()
    jobs.settle()
    response = jobs.send(saved, jobId=other, restoreMode="Savepoint", restoreSourceJobId=saved.id)
    assert accepted(response)["jobId"] == saved.id
    document = jobs.until_restarted(saved)
    jobs.stop_when_moving(saved)
    assert document["isStartWithSavePoint"] in {"true", True}
    stays_unknown(jobs, other)


@check("submit-job.upload")
def upload(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A client that keeps its jobs in files can't submit one without converting it."""
    own = [jobs.own({**jobs.batch(), "source": [jobs.source(rows=ROWS + at)]}) for at in range(2)]
    for job, quote in zip(own, ('"', ""), strict=True):  # a boundary may be quoted (RFC 2046, 5.1.1)
        body, kind = form(json.dumps(job.config).encode(), "job.json")
        query = {"jobId": job.id, "jobName": job.name}
        kind = f"{kind.replace('boundary=', f'boundary={quote}')}{quote}"
        answered(sent_as_form(target, (body, kind), query), query)
    for at, job in enumerate(own):  # both files had the same name, so one could overwrite the other
        moved(jobs, jobs.ended(job), ROWS + at, names=["sinkwritecount"])
    for file_name, write in (("job.json", partial(json.dumps, ensure_ascii=False)), ("job.conf", as_hocon)):
        named = jobs.own(jobs.batch({"job.name": _NAME_IN_FILE}))
        filled = form(write(named.config).encode(), file_name)
        answered(sent_as_form(target, filled, {"jobId": named.id}), {"jobId": named.id, "jobName": _NAME_IN_FILE})
    unnamed = jobs.own(jobs.batch())
    for response in sent_as_file(target, contract, unnamed):
        answered(response, {"jobId": unnamed.id, "jobName": DEFAULT_NAME})


_NAME_IN_FILE: Final = "conformance-env 测试 é"
"""A name whose bytes in UTF-8 are another text in other charsets; an engine reads every file as UTF-8."""


_HOCON_SCHEMA = 'row.num = 5, schema = { fields { name = "string" } }'


def _renamed(plugin: Mapping[str, Any], option: str, table: str) -> dict[str, Any]:
    """Return a plugin that names its table in another option."""
    known = ("source_table_name", "plugin_input", "result_table_name", "plugin_output")
    return {**{name: value for name, value in plugin.items() if name not in known}, option: table}
