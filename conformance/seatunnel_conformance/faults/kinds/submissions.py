"""Submission faults: jobs with other ids and names than they were given, jobs taken that must be refused."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from seatunnel_conformance.faults import documents as doc
from seatunnel_conformance.faults.catalogue import fault
from seatunnel_conformance.faults.exchange import BAD_REQUEST, SERVER_ERROR, ProxiedExchange

_SECTIONS: Final = ("env", "source", "sink")


def _is_receipt(exchange: ProxiedExchange) -> bool:
    return exchange.is_for("submit_job") and exchange.ok and isinstance(exchange.document, dict)


def _has_empty_section(exchange: ProxiedExchange) -> bool:
    config = exchange.request_json
    known = exchange.is_for("submit_job") and isinstance(config, dict)
    return known and exchange.is_error and [] in (config.get("source"), config.get("sink"))


# Ids and names.


@fault("receipt-names-another-id", breaks=["submit-job.receipt", "submit-job.given-id"])
def receipt_names_another_id(exchange: ProxiedExchange) -> ProxiedExchange:
    """The id in a receipt is the one after the job's."""
    return _with_receipt(exchange, lambda receipt: {**receipt, "jobId": str(int(receipt["jobId"]) + 1)})


@fault("receipt-is-201", breaks=["submit-job.receipt"], when=_is_receipt)
def receipt_is_201(exchange: ProxiedExchange) -> ProxiedExchange:
    """An accepted job is answered with 201 instead of 200."""
    return exchange.with_status(201)


@fault("given-id-is-not-the-jobs", breaks=["submit-job.given-id", "submit-job.receipt"])
def given_id_is_not_the_jobs(exchange: ProxiedExchange, given: set[str]) -> ProxiedExchange:
    """A job gets an id of the engine's own, whatever id was given; the given one stays unknown."""
    if _is_receipt(exchange) and exchange.parameters.get("jobId", "").strip():
        given.add(exchange.document["jobId"])
        return exchange.with_change(lambda receipt: {**receipt, "jobId": str(10**17 + len(given))})
    hidden = doc.shows_a_job(exchange) and exchange.value in given
    return doc.as_unknown(exchange) if hidden else exchange


@fault("given-id-keeps-its-sign", breaks=["submit-job.given-id"])
def given_id_keeps_its_sign(exchange: ProxiedExchange) -> ProxiedExchange:
    """The receipt tells the id as it was given, with plus sign and zeros."""
    given = exchange.parameters.get("jobId", "").strip()
    return _with_receipt(exchange, lambda receipt: {**receipt, "jobId": given or receipt["jobId"]})


@fault("blank-id-is-refused", breaks=["submit-job.generated-id"], before=True)
def blank_id_is_refused(exchange: ProxiedExchange) -> ProxiedExchange:
    """A blank `jobId` is answered with 400."""
    blank = exchange.is_for("submit_job") and exchange.parameters.get("jobId", "x").strip() == ""
    return exchange.with_error(BAD_REQUEST, 'For input string: ""') if blank else exchange


@fault("generated-id-is-lost", breaks=["submit-job.generated-id", "submit-job.receipt"])
def generated_id_is_lost(exchange: ProxiedExchange) -> ProxiedExchange:
    """The receipt of a job for which no id was given does not tell its id."""
    generated = not exchange.parameters.get("jobId", "").strip()
    return _with_receipt(exchange, lambda receipt: {**receipt, "jobId": ""}) if generated else exchange


@fault("generated-ids-are-negative", breaks=["life-cycle.generated-ids"])
def generated_ids_are_negative(exchange: ProxiedExchange) -> ProxiedExchange:
    """Ids that the engine generates are negative."""
    generated = not exchange.parameters.get("jobId", "").strip()
    return (
        _with_receipt(exchange, lambda receipt: {**receipt, "jobId": f"-{receipt['jobId']}"}) if generated else exchange
    )


@fault("generated-ids-repeat", breaks=["life-cycle.generated-ids"])
def generated_ids_repeat(exchange: ProxiedExchange, ids: list[str]) -> ProxiedExchange:
    """All jobs for which no id was given get the same."""
    if not _is_receipt(exchange) or exchange.parameters.get("jobId", "").strip():
        return exchange
    ids.append(exchange.document["jobId"])
    return exchange.with_change(lambda receipt: {**receipt, "jobId": ids[0]})


@fault("invalid-id-is-replaced", breaks=["submit-job.invalid-id"], before=True)
def invalid_id_is_replaced(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job with an id that is not an integer is accepted, and gets another id."""
    given = exchange.parameters.get("jobId", "").strip()
    return _without_parameter(exchange, "jobId") if given and not _is_long(given) else exchange


@fault("invalid-submission-id-is-500", breaks=["submit-job.invalid-id"], on="submit_job")
def invalid_submission_id_is_500(exchange: ProxiedExchange) -> ProxiedExchange:
    """A submission under an id that is not an integer is answered with 500."""
    given = exchange.parameters.get("jobId", "").strip()
    return exchange.with_status(SERVER_ERROR) if given and not _is_long(given) else exchange


@fault("names-lose-letters", breaks=["submit-job.given-name", "submit-job.name-from-env"])
def names_lose_letters(exchange: ProxiedExchange) -> ProxiedExchange:
    """Letters that are not ASCII become question marks in names."""
    if not exchange.ok or not isinstance(exchange.document, dict) or "jobName" not in exchange.document:
        return exchange
    return exchange.with_change(
        lambda found: {**found, "jobName": found["jobName"].encode("ascii", "replace").decode()}
    )


@fault("given-name-is-ignored", breaks=["submit-job.given-name", "submit-job.receipt"], before=True)
def given_name_is_ignored(exchange: ProxiedExchange) -> ProxiedExchange:
    """The name that is given with a job is ignored."""
    return _without_parameter(exchange, "jobName")


@fault("env-name-wins", breaks=["submit-job.given-name"], before=True)
def env_name_wins(exchange: ProxiedExchange) -> ProxiedExchange:
    """The name in the `env` of a job counts more than the given one."""
    named = isinstance(exchange.request_json, dict) and "job.name" in (exchange.request_json.get("env") or {})
    return _without_parameter(exchange, "jobName") if named else exchange


@fault("env-name-is-ignored", breaks=["submit-job.name-from-env"], before=True)
def env_name_is_ignored(exchange: ProxiedExchange) -> ProxiedExchange:
    """The name in the `env` of a job counts for nothing."""
    unnamed = exchange.is_for("submit_job") and not exchange.parameters.get("jobName")
    # Engines take the default name, given by name, for none.
    return _with_parameter(exchange, "jobName", "unnamed") if unnamed else exchange


@fault("empty-name-is-a-name", breaks=["submit-job.name-from-env"])
def empty_name_is_a_name(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job for which an empty name is given has no name."""
    empty = exchange.parameters.get("jobName") == ""
    return _with_receipt(exchange, lambda receipt: {**receipt, "jobName": ""}) if empty else exchange


@fault("default-name-is-another", breaks=["submit-job.default-name"])
def default_name_is_another(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job that is named nowhere is called `unnamed`."""

    def changed(receipt: doc.Job) -> doc.Job:
        return {**receipt, "jobName": "unnamed"} if receipt["jobName"] == "SeaTunnel_Job" else receipt

    return _with_receipt(exchange, changed)


# Starting from savepoints, and ids that are in use.


@fault("savepoint-without-id-starts-a-new-job", breaks=["submit-job.savepoint-without-id"], before=True)
def savepoint_without_id_starts_a_new_job(exchange: ProxiedExchange) -> ProxiedExchange:
    """A start from a savepoint without an id starts a new job from nothing."""
    wanted = exchange.is_for("submit_job") and not exchange.parameters.get("jobId")
    return _without_parameter(exchange, "isStartWithSavePoint") if wanted else exchange


@fault("body-comes-before-the-savepoint", breaks=["submit-job.savepoint-without-id"])
def body_comes_before_the_savepoint(exchange: ProxiedExchange) -> ProxiedExchange:
    """A start from a savepoint without an id and without a body is blamed on the body."""
    bare = exchange.is_for("submit_job") and exchange.is_error and not exchange.request.body
    return exchange.with_error(BAD_REQUEST, "Request body is empty.") if bare else exchange


@fault("savepoint-flag-is-case-sensitive", breaks=["submit-job.savepoint-words"], before=True)
def savepoint_flag_is_case_sensitive(exchange: ProxiedExchange) -> ProxiedExchange:
    """The word TRUE asks for no savepoint."""
    loud = exchange.is_for("submit_job") and exchange.parameters.get("isStartWithSavePoint") == "TRUE"
    return _without_parameter(exchange, "isStartWithSavePoint") if loud else exchange


@fault("savepoint-flag-must-be-a-truth-value", breaks=["submit-job.savepoint-words"])
def savepoint_flag_must_be_a_truth_value(exchange: ProxiedExchange) -> ProxiedExchange:
    """A savepoint flag that is neither true nor false is answered with 400."""
    word = exchange.parameters.get("isStartWithSavePoint", "false").lower()
    return exchange.with_error(BAD_REQUEST) if _is_receipt(exchange) and word not in {"true", "false"} else exchange


@fault("id-in-use-is-refused", breaks=["submit-job.id-of-running-job"], when=_is_receipt)
def id_in_use_is_refused(exchange: ProxiedExchange, taken: set[str]) -> ProxiedExchange:
    """The id of a job that runs is answered with 400."""
    job_id = exchange.document["jobId"]
    again = job_id in taken and "isStartWithSavePoint" not in exchange.parameters
    taken.add(job_id)
    return exchange.with_error(BAD_REQUEST, f"The job id {job_id} is in use.") if again else exchange


@fault("id-in-use-renames-the-job", breaks=["submit-job.id-of-running-job"])
def id_in_use_renames_the_job(exchange: ProxiedExchange, names: dict[str, str]) -> ProxiedExchange:
    """A job that runs takes the name of another one that is submitted under its id."""
    if _is_receipt(exchange) and "jobName" in exchange.parameters:
        names[exchange.document["jobId"]] = exchange.parameters["jobName"]
    return doc.each_shown(exchange, lambda job: {**job, "jobName": names.get(job["jobId"], job["jobName"])})


@fault("ended-id-is-taken-otherwise", breaks=["submit-job.id-of-ended-job"])
def ended_id_is_taken_otherwise(exchange: ProxiedExchange, ended: set[str]) -> ProxiedExchange:
    """The id of an ended job is accepted where it is refused, and refused where it is accepted."""
    ended |= doc.ended_ids(exchange)
    if not _submits_again(exchange, ended):
        return exchange
    return exchange.with_error(409) if exchange.ok else exchange.with_reply(200, _receipt_for(exchange))


@fault("ended-id-replaces-the-job", breaks=["submit-job.id-of-ended-job"])
def ended_id_replaces_the_job(exchange: ProxiedExchange, ended: set[str], again: set[str]) -> ProxiedExchange:
    """An ended job is replaced by a job that is submitted under its id, although that was refused."""
    ended |= doc.ended_ids(exchange)
    if _submits_again(exchange, ended):
        again.add(exchange.parameters["jobId"])
    return doc.each_shown(
        exchange, lambda job: {**job, "jobName": "conformance-other"} if job["jobId"] in again else job
    )


# Configurations.


@fault("big-jobs-are-cut", breaks=["submit-job.documented-job"])
def big_jobs_are_cut(exchange: ProxiedExchange) -> ProxiedExchange:
    """No job counts more than ten rows."""
    return doc.each_shown(exchange, lambda job: doc.with_counters(job, lambda text: str(min(10, int(text))), "count"))


@fault("documented-job-is-refused", breaks=["submit-job.documented-job"], before=True)
def documented_job_is_refused(exchange: ProxiedExchange) -> ProxiedExchange:
    """A source that gives its rows as the page's example does is refused."""
    sources = exchange.request_json.get("source") if isinstance(exchange.request_json, dict) else None
    many = isinstance(sources, list) and any(_rows(source) > 10 for source in sources)  # noqa: PLR2004 - the suite has 5
    return exchange.with_error(SERVER_ERROR) if exchange.is_for("submit_job") and many else exchange


@fault("missing-section-gets-a-default", breaks=["submit-job.missing-section"], before=True)
def missing_section_gets_a_default(exchange: ProxiedExchange) -> ProxiedExchange:
    """A config without `env` is run with the default options."""
    config = exchange.request_json
    lacks = exchange.is_for("submit_job") and isinstance(config, dict) and "env" not in config and "source" in config
    return exchange.with_request_body({"env": {"job.mode": "BATCH"}, **config}) if lacks else exchange


@fault("missing-section-is-400", breaks=["submit-job.missing-section"])
def missing_section_is_400(exchange: ProxiedExchange) -> ProxiedExchange:
    """A config without `env`, `source` or `sink` is answered with 400."""
    config = exchange.request_json
    lacks = exchange.is_for("submit_job") and isinstance(config, dict) and not set(_SECTIONS) <= config.keys()
    return exchange.with_status(BAD_REQUEST) if lacks and not exchange.ok else exchange


@fault("empty-section-is-accepted", breaks=["submit-job.empty-section"], when=_has_empty_section)
def empty_section_is_accepted(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job without sources or without sinks is accepted."""
    return exchange.with_reply(200, _receipt_for(exchange))


@fault("empty-section-is-500", breaks=["submit-job.empty-section"], when=_has_empty_section)
def empty_section_is_500(exchange: ProxiedExchange) -> ProxiedExchange:
    """A config whose `source` or `sink` is an empty list is answered with 500."""
    return exchange.with_status(SERVER_ERROR)


@fault("transform-is-required", breaks=["submit-job.transform-optional"], on="submit_job", before=True)
def transform_is_required(exchange: ProxiedExchange) -> ProxiedExchange:
    """A config without `transform` is answered with 500."""
    lacks = isinstance(exchange.request_json, dict) and "transform" not in exchange.request_json
    return exchange.with_error(SERVER_ERROR) if lacks else exchange


@fault("null-transform-is-refused", breaks=["submit-job.transform-optional"], before=True)
def null_transform_is_refused(exchange: ProxiedExchange) -> ProxiedExchange:
    """A `transform` that is null is answered with 400."""
    config = exchange.request_json
    null = exchange.is_for("submit_job") and isinstance(config, dict) and config.get("transform", []) is None
    return exchange.with_error(BAD_REQUEST) if null else exchange


@fault("unknown-members-are-refused", breaks=["submit-job.further-members"], on="submit_job", before=True)
def unknown_members_are_refused(exchange: ProxiedExchange) -> ProxiedExchange:
    """A member that a config does not have is answered with 400."""
    config = exchange.request_json
    known = {*_SECTIONS, "transform"}
    return exchange.with_error(BAD_REQUEST) if isinstance(config, dict) and bool(config.keys() - known) else exchange


@fault("body-name-wins", breaks=["submit-job.further-members"], before=True)
def body_name_wins(exchange: ProxiedExchange) -> ProxiedExchange:
    """A `jobName` in the body counts as the name of the job."""
    name = exchange.request_json.get("jobName") if isinstance(exchange.request_json, dict) else None
    return _with_parameter(exchange, "jobName", name) if exchange.is_for("submit_job") and name else exchange


@fault("reserved-keys-are-allowed", breaks=["submit-job.reserved-keys"], before=True)
def reserved_keys_are_allowed(exchange: ProxiedExchange) -> ProxiedExchange:
    """Colons, dollar signs and nothing at all are taken for keys."""
    config = exchange.request_json
    if not exchange.is_for("submit_job") or not isinstance(config, dict) or not isinstance(config.get("env"), dict):
        return exchange
    env = {name.replace(":", "-").replace("$", "-") or "-": value for name, value in config["env"].items()}
    return exchange if env == config["env"] else exchange.with_request_body({**config, "env": env})


def _submits_again(exchange: ProxiedExchange, ended: Collection[str]) -> bool:
    """Return whether a job is submitted under the id of an ended one, without its savepoint."""
    asked = exchange.parameters
    return exchange.is_for("submit_job") and asked.get("jobId") in ended and "isStartWithSavePoint" not in asked


def _with_receipt(exchange: ProxiedExchange, change: doc.JobChange) -> ProxiedExchange:
    return exchange.with_change(change) if _is_receipt(exchange) else exchange


def _receipt_for(exchange: ProxiedExchange) -> Mapping[str, str]:
    """Return the receipt that a job would have got which was refused."""
    asked = exchange.parameters
    return {
        "jobId": asked.get("jobId", "").strip() or "100000000000000001",
        "jobName": asked.get("jobName", "SeaTunnel_Job"),
    }


def _without_parameter(exchange: ProxiedExchange, name: str) -> ProxiedExchange:
    if not exchange.is_for("submit_job") or name not in exchange.parameters:
        return exchange
    return exchange.with_request(query=[pair for pair in exchange.query if pair[0] != name])


def _with_parameter(exchange: ProxiedExchange, name: str, value: str) -> ProxiedExchange:
    return exchange.with_request(query=[*(pair for pair in exchange.query if pair[0] != name), (name, value)])


def _is_long(text: str) -> bool:
    digits = text.lstrip("+-")
    return digits.isdecimal() and len(text) - len(digits) <= 1 and -(2**63) <= int(text) < 2**63


def _rows(source: Any) -> int:
    rows = source.get("row.num") if isinstance(source, dict) else None
    return rows if isinstance(rows, int) else 0
