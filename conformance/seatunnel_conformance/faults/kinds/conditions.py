"""Faults that affect only some jobs (by end state, restart or kind of submission), or only the second of some items."""

from __future__ import annotations

import re
from typing import Any, Final

from seatunnel_conformance.faults.changes import *

_UPLOAD: Final = "submit_job_by_upload"

_LOOKS: Final = 2
"""The responses that show a job correctly before it changes; any small number will do."""


def _refused(it: ProxiedExchange) -> set[str]:
    every = [it.parameters, *(item["params"] for item in doc.items_with_params(it.request_json))]
    refused = it.is_for("submit_jobs", _UPLOAD) and it.is_error
    return {str(one["jobId"]) for one in every if "jobId" in one} if refused else set()


def _as_running(it: ProxiedExchange) -> ProxiedExchange:
    return doc.in_form(it, "running", envOptions=it.document["jobDag"]["envOptions"], isStartWithSavePoint=False)


def _named_by_env(it: ProxiedExchange, names: dict[str, str]) -> ProxiedExchange:
    if "job.name" in doc.env(it):
        names |= dict.fromkeys(doc.submitted_ids(it), str(doc.env(it)["job.name"]))
    return listed(lambda job: {**job, "jobName": names.get(job["jobId"], job["jobName"])})(it)


def _keeping_second_tags(it: ProxiedExchange, tags: dict[str, Any]) -> ProxiedExchange:
    asked = it.request_json
    if not isinstance(asked, dict):
        return it
    left = dict(list(tags.items())[1:])
    tags.clear()
    tags |= asked or left
    return it if asked else it.with_request_body(left)


def _named(name: str) -> Edit:
    """Replace the default name of jobs by this name."""
    return at("jobName", lambda found: name if found == "SeaTunnel_Job" else found)


FAULTS: Final = (
    row("cancelled-jobs-have-an-error", "The details of a cancelled job have an error message instead of null.",
        "job-info.error-message",
        shown(put(errorMsg="the job was cancelled"),
              lambda it, job: in_state("CANCELED")(it, job) and doc.is_ended(it, job)), on="get_job_info"),
    row("failed-jobs-get-the-running-form-back",
        "After some responses, the details of a failed job have the members of a running job again.",
        "job-info.finished-members", on="get_job_info",
        change=at_times(lambda look: look > _LOOKS, _as_running, by=lambda it: it.value),
        when=lambda it: doc.shows_a_job(it) and it.document["jobStatus"] == "FAILED"),
    row("state-lists-have-names-of-env",
        "The list of jobs in one state shows the name from a job's `env` instead of its `jobName`.",
        "submit-job.given-name", _named_by_env, on="submit_job get_finished_jobs_by_state"),
    row("uploads-are-named-after-their-file",
        "An uploaded job without a name is called `job.json` instead of `SeaTunnel_Job`.",
        "submit-job.upload", receipts(_named("job.json")), on=_UPLOAD),
    row("unnamed-jobs-of-a-list-are-numbered",
        "A job without a name in `/submit-jobs` is called `SeaTunnel_Job_1` instead of `SeaTunnel_Job`.",
        "submit-jobs.optional-params", receipts(_named("SeaTunnel_Job_1")), on="submit_jobs"),
    row("refused-lists-and-uploads-are-known",
        "After a list of jobs or an upload was refused, its jobs are shown as failed instead of unknown.",
        "submit-job.refused-is-unknown", after(_refused, lambda ids: made_up(ids, jobName="", jobStatus="FAILED"))),
    row("lists-start-nothing-from-savepoints",
        "In `/submit-jobs`, `isStartWithSavePoint` is ignored for jobs with an id.",
        "submit-jobs.optional-params", on="submit_jobs", before=True, change=sent(each(at(
            "params", lambda params: drop("isStartWithSavePoint")(params) if "jobId" in params else params)))),
    row("hocon-has-no-transforms", "The transforms of a HOCON config are ignored.", "submit-job.hocon-plugins",
        request_body(rb"(?ms)^transform \{.*?^\}\n", b""),
        on="submit_job", when=lambda it: doc.language(it) == "hocon", before=True),
    row("matching-workers-have-no-slots",
        "With a tag filter, `totalSlot` is zero where it must not be, and vice versa.", "overview.tag-filter",
        overview(lambda found: {**found, "totalSlot": "2" if found["totalSlot"] == "0" else "0"}),
        when=lambda it: it.query and doc.shows_overview(it) and it.document["workers"] != "0"),
    row("third-tags-do-not-count",
        "If a request for the overview has more than two tag filters, only the first two are used.",
        "overview.all-tags",
        query(lambda found: found[:2]), on="get_overview", when=lambda it: it.query[2:], before=True),
    row("second-pages-are-empty", "A list without pages is empty if the request has a `page` other than 1.",
        "http.unknown-parameters", document([]),
        when=lambda it: isinstance(it.document, list) and it.parameters.get("page", "1") != "1"),
    row("false-tags-are-dropped", "A tag whose value is false or zero is not set.", "update-tags.values-as-text",
        sent(lambda tags: {name: value for name, value in tags.items() if value not in (False, 0)}
             if isinstance(tags, dict) else tags), on="update_tags", before=True),
    row("second-tags-are-not-cleared", "If tags are set to an empty object, only the first tag of the node is removed.",
        "update-tags.clears", _keeping_second_tags, on="update_tags", before=True),
    row("sinks-have-the-usual-spelling",
        "Plans spell a Console sink as `Console`, even if the config spells it `console`.",
        "job-info.vertex-names", jobs(sinks(at("vertexName", lambda name: re.sub("(?i)console", "Console", name))))),
    row("sinks-show-one-table", "The vertex of a sink that writes several tables names only the first one.",
        "job-info.vertices", jobs(sinks(at("tablePaths", lambda tables: tables[:1])))),
    row("restarted-jobs-are-listed-as-saved",
        "The list of running jobs shows a job that runs again from its savepoint as `SAVEPOINT_DONE`.",
        "life-cycle.restart", listed(put(jobStatus="SAVEPOINT_DONE"), doc.is_restored), on="get_running_jobs"),
    row("restarted-jobs-are-not-listed",
        "A job that runs again from its savepoint is missing in the list of running jobs.", "life-cycle.restart",
        listed(lambda _: None, doc.is_restored), on="get_running_jobs"),
)  # fmt: skip
