"""Faults under one condition: one end state, one way of submission, one shape of a job, or the second of two things."""

from __future__ import annotations

import re
from typing import Any, Final

from seatunnel_conformance.faults.changes import *

_UPLOAD: Final = "submit_job_by_upload"

_LOOKS: Final = 2
"""Responses after which a job changes; any small number will do."""


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
    """Replace the default name."""
    return at("jobName", lambda found: name if found == "SeaTunnel_Job" else found)


FAULTS: Final = (
    row("cancelled-jobs-have-an-error",
        "A cancelled job has an error in its details, which says that it was cancelled.", "job-info.error-message",
        shown(put(errorMsg="the job was cancelled"),
              lambda it, job: in_state("CANCELED")(it, job) and doc.is_ended(it, job)), on="get_job_info"),
    row("failed-jobs-get-the-running-form-back",
        "The details of a failed job have the form of a running job again after some responses.",
        "job-info.finished-members", on="get_job_info",
        change=at_times(lambda look: look > _LOOKS, _as_running, by=lambda it: it.value),
        when=lambda it: doc.shows_a_job(it) and it.document["jobStatus"] == "FAILED"),
    row("state-lists-have-names-of-env",
        "The list of a state has the name in the `env` of a job that was submitted with another name.",
        "submit-job.given-name", _named_by_env, on="submit_job get_finished_jobs_by_state"),
    row("uploads-are-named-after-their-file",
        "An uploaded job without a name gets the name of its file instead of the default name.",
        "submit-job.upload", receipts(_named("job.json")), on=_UPLOAD),
    row("unnamed-jobs-of-a-list-are-numbered",
        "In `/submit-jobs`, a job without a name gets another default name than in `/submit-job`.",
        "submit-jobs.optional-params", receipts(_named("SeaTunnel_Job_1")), on="submit_jobs"),
    row("refused-lists-and-uploads-are-known",
        "A job that was refused in a list or as an upload is shown as a failed one afterwards.",
        "submit-job.refused-is-unknown", after(_refused, lambda ids: made_up(ids, jobName="", jobStatus="FAILED"))),
    row("lists-start-nothing-from-savepoints", "A job in `/submit-jobs` is never started from its savepoint.",
        "submit-jobs.optional-params", on="submit_jobs", before=True, change=sent(each(at(
            "params", lambda params: drop("isStartWithSavePoint")(params) if "jobId" in params else params)))),
    row("hocon-has-no-transforms", "In HOCON, transforms are not read.", "submit-job.hocon-plugins",
        request_body(rb"(?ms)^transform \{.*?^\}\n", b""),
        on="submit_job", when=lambda it: doc.language(it) == "hocon", before=True),
    row("matching-workers-have-no-slots",
        "With a tag filter, the total number of slots is zero, and not zero where slots are dynamic.",
        "overview.tag-filter",
        overview(lambda found: {**found, "totalSlot": "2" if found["totalSlot"] == "0" else "0"}),
        when=lambda it: it.query and doc.shows_overview(it) and it.document["workers"] != "0"),
    row("third-tags-do-not-count", "Only the first two of several tag filters are used.", "overview.all-tags",
        query(lambda found: found[:2]), on="get_overview", when=lambda it: it.query[2:], before=True),
    row("second-pages-are-empty", "The second page of a list is empty, although lists have no pages.",
        "http.unknown-parameters", document([]),
        when=lambda it: isinstance(it.document, list) and it.parameters.get("page", "1") != "1"),
    row("false-tags-are-dropped", "A tag that is false or zero is not set.", "update-tags.values-as-text",
        sent(lambda tags: {name: value for name, value in tags.items() if value not in (False, 0)}
             if isinstance(tags, dict) else tags), on="update_tags", before=True),
    row("second-tags-are-not-cleared", "An empty object removes only the first tag of the node.", "update-tags.clears",
        _keeping_second_tags, on="update_tags", before=True),
    row("sinks-have-the-usual-spelling",
        "The vertex of a sink has the plugin name in its official spelling, not as in the config.",
        "job-info.vertex-names", jobs(sinks(at("vertexName", lambda name: re.sub("(?i)console", "Console", name))))),
    row("sinks-show-one-table",
        "The plan shows only the first of several tables that a sink writes.", "job-info.vertices",
        jobs(sinks(at("tablePaths", lambda tables: tables[:1])))),
    row("restarted-jobs-are-listed-as-saved",
        "The list of running jobs has the end state of its first run for a job that runs again.",
        "life-cycle.restart", listed(put(jobStatus="SAVEPOINT_DONE"), doc.is_restored), on="get_running_jobs"),
    row("restarted-jobs-are-not-listed",
        "A job that runs again from its savepoint is missing in the list of running jobs.", "life-cycle.restart",
        listed(lambda _: None, doc.is_restored), on="get_running_jobs"),
)  # fmt: skip
