"""Faults of `/submit-job`: ids, names, starts from savepoints, and the sections and members of a config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from seatunnel_conformance.faults.changes import *

_SUBMIT: Final = "submit_job"
_SECTIONS: Final = frozenset({"env", "source", "sink"})
_FLAG: Final = "isStartWithSavePoint"

_MANY: Final = 10
"""A number of rows: the example job of the documentation has more, and most jobs of the suite have fewer."""


def _lacks(*members: str) -> Any:
    return lambda it: isinstance(it.request_json, dict) and any(name not in it.request_json for name in members)


def _given_id(it: ProxiedExchange) -> str:
    return it.parameters.get("jobId", "").strip()


def _is_generated(it: ProxiedExchange) -> bool:
    return tells(it) and not _given_id(it)


def _is_invalid(it: ProxiedExchange) -> bool:
    given = _given_id(it)
    digits = given.lstrip("+-")
    is_long = digits.isdecimal() and len(given) - len(digits) <= 1 and -(2**63) <= int(given) < 2**63
    return bool(given) and not is_long


def _receipt_for(it: ProxiedExchange) -> Mapping[str, str]:
    """Return the receipt that a refused job would have got if it had been accepted."""
    name = it.parameters.get("jobName", "SeaTunnel_Job")
    return {"jobId": _given_id(it) or "100000000000000001", "jobName": name}


def _with_own_id(it: ProxiedExchange, given: set[str]) -> ProxiedExchange:
    if it.is_for(_SUBMIT) and tells(it) and _given_id(it):
        given.add(it.document["jobId"])
        return it.with_json({**it.document, "jobId": str(10**17 + len(given))})
    return doc.as_unknown(it) if doc.shows_a_job(it) and it.value in given else it


def _with_first_id(it: ProxiedExchange, ids: list[str]) -> ProxiedExchange:
    ids.append(it.document["jobId"])
    return it.with_json({**it.document, "jobId": ids[0]})


def _id_in_use_renames(it: ProxiedExchange, names: dict[str, str]) -> ProxiedExchange:
    if it.is_for(_SUBMIT) and tells(it) and "jobName" in it.parameters:
        names[it.document["jobId"]] = it.parameters["jobName"]
    return shown(lambda job: {**job, "jobName": names.get(job["jobId"], job["jobName"])})(it)


def _submits_again(it: ProxiedExchange, ended: set[str]) -> bool:
    """Return whether a request submits a job with the id of an ended job, and not from a savepoint."""
    return it.is_for(_SUBMIT) and it.parameters.get("jobId") in ended and _FLAG not in it.parameters


def _ended_id_replaces(it: ProxiedExchange, ended: set[str], again: set[str]) -> ProxiedExchange:
    ended |= doc.ended_ids(it)
    if _submits_again(it, ended):
        again.add(it.parameters["jobId"])
    return shown(put(jobName="conformance-other"), among(again))(it)


FAULTS: Final = (
    # Ids and names.
    row("receipt-names-another-id", "The receipt of a submission has another id than the job.",
        "submit-job.receipt submit-job.given-id", edited(at("jobId", lambda job_id: str(int(job_id) + 1))),
        on=_SUBMIT, when=tells),
    row("receipt-is-201", "An accepted job is answered with 201 instead of 200.", "submit-job.receipt", status(201),
        on=_SUBMIT, when=tells),
    row("given-id-is-not-the-jobs",
        "A job with a `jobId` in its submission gets another id, so the given id stays unknown.",
        "submit-job.given-id submit-job.receipt", _with_own_id),
    row("given-id-keeps-its-sign",
        "The receipt of a submission has the id as it was sent, with plus sign and leading zeros.",
        "submit-job.given-id", lambda it: it.with_json({**it.document, "jobId": _given_id(it)}),
        on=_SUBMIT, when=lambda it: tells(it) and _given_id(it)),
    row("blank-id-is-refused", "A submission with a blank `jobId` is answered with 400 instead of a generated id.",
        "submit-job.generated-id", error(BAD_REQUEST, 'For input string: ""'), on=_SUBMIT,
        when=lambda it: "jobId" in it.parameters and not _given_id(it), before=True),
    row("generated-id-is-lost", "The receipt has an empty `jobId` if the engine generated the id.",
        "submit-job.generated-id submit-job.receipt", edited(put(jobId="")), on=_SUBMIT, when=_is_generated),
    row("generated-ids-are-negative", "The ids that the engine generates are negative.", "life-cycle.generated-ids",
        edited(at("jobId", lambda job_id: f"-{job_id}")), on=_SUBMIT, when=_is_generated),
    row("generated-ids-repeat", "All jobs that are submitted without an id get the same id.",
        "life-cycle.generated-ids", _with_first_id, on=_SUBMIT, when=_is_generated),
    row("generated-ids-of-a-list-repeat", "All jobs of a list without ids get the same id.",
        "life-cycle.generated-ids", edited(each(lambda receipt: {**receipt, "jobId": "733584788375666689"})),
        on="submit_jobs", when=lambda it: lists(it) and not any(
            "jobId" in item["params"] for item in doc.items_with_params(it.request_json))),
    row("invalid-id-is-replaced",
        "A submission with a `jobId` that is not an integer is accepted, and gets a generated id.",
        "submit-job.invalid-id", without_parameter("jobId"), on=_SUBMIT, when=_is_invalid, before=True),
    row("invalid-submission-id-is-500",
        "A submission with a `jobId` that is not an integer is answered with 500 instead of 400.",
        "submit-job.invalid-id", status(SERVER_ERROR), on=_SUBMIT, when=_is_invalid),
    row("names-lose-letters", "Characters of job names that are not ASCII become question marks.",
        "submit-job.given-name submit-job.name-from-env",
        edited(at("jobName", lambda name: name.encode("ascii", "replace").decode())), when=tells),
    row("given-name-is-ignored", "The parameter `jobName` of a submission is ignored.",
        "submit-job.given-name submit-job.receipt", without_parameter("jobName"), on=_SUBMIT, before=True),
    row("env-name-wins", "A job has the name in its `env`, although its submission has a `jobName`.",
        "submit-job.given-name", without_parameter("jobName"), on=_SUBMIT,
        when=lambda it: "job.name" in doc.env(it), before=True),
    row("env-name-is-ignored",
        "A job without a `jobName` in its submission is called `unnamed`, even if its `env` has a name.",
        "submit-job.name-from-env",
        # Engines take the default name, given by name, for none.
        with_parameter("jobName", "unnamed"), on=_SUBMIT, when=lambda it: not it.parameters.get("jobName"),
        before=True),
    row("empty-name-is-a-name",
        "With an empty `jobName`, a job gets an empty name instead of the name in its `env`.",
        "submit-job.name-from-env",
        edited(put(jobName="")), on=_SUBMIT, when=lambda it: tells(it) and it.parameters.get("jobName") == ""),
    row("default-name-is-another", "A job without a name is called `unnamed` instead of `SeaTunnel_Job`.",
        "submit-job.default-name",
        edited(at("jobName", lambda name: "unnamed" if name == "SeaTunnel_Job" else name)), on=_SUBMIT, when=tells),
    # Starting from savepoints, and ids that are in use.
    row("savepoint-without-id-starts-a-new-job",
        "A start from a savepoint without a `jobId` starts a new job instead of being refused.",
        "submit-job.savepoint-without-id",
        without_parameter(_FLAG), on=_SUBMIT, when=lambda it: not it.parameters.get("jobId"), before=True),
    row("body-comes-before-the-savepoint",
        "A start from a savepoint without `jobId` and body gets the error for the missing body.",
        "submit-job.savepoint-without-id", error(BAD_REQUEST, "Request body is empty."),
        on=_SUBMIT, when=lambda it: it.is_error and not it.request.body),
    row("savepoint-flag-is-case-sensitive",
        "A submission with `isStartWithSavePoint=TRUE` starts a job without its savepoint.",
        "submit-job.savepoint-words",
        without_parameter(_FLAG), on=_SUBMIT, when=lambda it: it.parameters.get(_FLAG) == "TRUE", before=True),
    row("savepoint-flag-must-be-a-truth-value",
        "An `isStartWithSavePoint` other than true or false is answered with 400 instead of read as false.",
        "submit-job.savepoint-words", error(BAD_REQUEST), on=_SUBMIT,
        when=lambda it: tells(it) and it.parameters.get(_FLAG, "false").lower() not in {"true", "false"}),
    row("id-in-use-is-refused", "A submission with the id of a running job is answered with 400 instead of 200.",
        "submit-job.id-of-running-job",
        at_times(lambda number: number > 1, error(BAD_REQUEST, "in use"), by=lambda it: it.document["jobId"]),
        on=_SUBMIT, when=lambda it: tells(it) and _FLAG not in it.parameters),
    row("id-in-use-renames-the-job", "A submission with the id of a running job changes the name of that job.",
        "submit-job.id-of-running-job", _id_in_use_renames),
    row("ended-id-is-taken-otherwise",
        "A submission with the id of an ended job is accepted where it must be refused, and vice versa.",
        "submit-job.id-of-ended-job", after(doc.ended_ids, lambda ended: lambda it: (
            swapped(error(409), reply(200, _receipt_for))(it) if _submits_again(it, ended) else it))),
    row("ended-id-replaces-the-job",
        "A submission with the id of an ended job is refused, but changes the name of that job.",
        "submit-job.id-of-ended-job", _ended_id_replaces),
    # Configurations.
    row("big-jobs-are-cut", "The row counters of a job are at most 10.", "submit-job.documented-job",
        shown(counters(lambda count: min(10, count), "count"))),
    row("documented-job-is-refused", "The example job of the documentation is answered with 500.",
        "submit-job.documented-job", error(SERVER_ERROR), on=_SUBMIT, before=True,
        when=lambda it: any(source.get("row.num", 0) > _MANY for source in doc.plugins(it, "source")
                             if isinstance(source.get("row.num"), int))),
    row("missing-section-gets-a-default", "A config without `env` runs with default options instead of being refused.",
        "submit-job.missing-section", sent(lambda config: {"env": {"job.mode": "BATCH"}, **config}), on=_SUBMIT,
        when=lambda it: _lacks("env")(it) and "source" in it.request_json, before=True),
    row("missing-section-is-400",
        "A config without `env`, `source` or `sink` is answered with 400, even if 500 is documented.",
        "submit-job.missing-section", status(BAD_REQUEST), on=_SUBMIT,
        when=lambda it: _lacks(*_SECTIONS)(it) and not it.ok),
    row("empty-section-is-accepted",
        "A job with an empty list as `source` or `sink` gets a receipt instead of an error.",
        "submit-job.empty-section", reply(200, _receipt_for), on=_SUBMIT, when=doc.has_empty_section),
    row("empty-section-is-500", "A job with an empty list as `source` or `sink` is answered with 500 instead of 400.",
        "submit-job.empty-section", status(SERVER_ERROR), on=_SUBMIT, when=doc.has_empty_section),
    row("transform-is-required", "A config without `transform` is answered with 500 instead of accepted.",
        "submit-job.transform-optional", error(SERVER_ERROR), on=_SUBMIT, when=_lacks("transform"), before=True),
    row("null-transform-is-refused", "A config whose `transform` is null is answered with 400.",
        "submit-job.transform-optional", error(BAD_REQUEST), on=_SUBMIT,
        when=lambda it: doc.config(it).get("transform", []) is None, before=True),
    row("unknown-members-are-refused", "A config with an unknown member, which must be ignored, is answered with 400.",
        "submit-job.further-members", error(BAD_REQUEST), on=_SUBMIT,
        when=lambda it: doc.config(it).keys() - {*_SECTIONS, "transform"}, before=True),
    row("body-name-wins", "A `jobName` in the body of a submission is used, although it must be ignored.",
        "submit-job.further-members", with_parameter("jobName", lambda it: doc.config(it)["jobName"]), on=_SUBMIT,
        when=lambda it: doc.config(it).get("jobName"), before=True),
    row("reserved-keys-are-allowed",
        "Keys in `env` that are empty or have reserved characters are accepted instead of refused.",
        "submit-job.reserved-keys", on=_SUBMIT, before=True,
        change=sent(at("env", names(lambda name: name.replace(":", "-").replace("$", "-") or "-")))),
)  # fmt: skip
