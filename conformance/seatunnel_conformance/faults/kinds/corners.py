"""Corner faults: what is right for most jobs and requests, and wrong for one end, one language or one form of an id."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from itertools import product
from typing import Any, Final

from seatunnel_conformance.faults import documents as doc
from seatunnel_conformance.faults.catalogue import fault
from seatunnel_conformance.faults.exchange import BAD_REQUEST, NOT_FOUND, SERVER_ERROR, ProxiedExchange

_LOWEST: Final = "-9223372036854775808"

_BELOW: Final = re.compile(r"-\d{19,}")
"""An id below the 64-bit range, in the requests of the suite."""

_UPLOAD: Final = "submit_job_by_upload"


def _is_hocon(exchange: ProxiedExchange) -> bool:
    return exchange.is_for("submit_job") and exchange.parameters.get("format", "").lower() == "hocon"


@fault("ids-below-the-range-are-the-lowest", breaks=["job-info.signs-and-zeros"], before=True)
def ids_below_the_range_are_the_lowest(exchange: ProxiedExchange) -> ProxiedExchange:
    """An id in a path that is too small for 64 bits is read as the smallest one."""
    is_below = exchange.is_for(*doc.DETAILS) and _BELOW.fullmatch(exchange.value)
    return exchange.with_request(path=exchange.path.replace(exchange.value, _LOWEST)) if is_below else exchange


@fault(
    "low-ids-of-posts-fail",
    breaks=["submit-job.invalid-id", "submit-job.upload-invalid-id"],
    when=lambda exchange: exchange.method == "POST" and exchange.status == BAD_REQUEST,
)
def low_ids_of_posts_fail(exchange: ProxiedExchange) -> ProxiedExchange:
    """An id that is too small for 64 bits is answered with 500 by submissions."""
    is_below = _BELOW.search(exchange.target) or _BELOW.search(exchange.request.body.decode("latin-1"))
    return exchange.with_status(SERVER_ERROR) if is_below else exchange


@fault("long-ids-are-quoted-in-part", breaks=["job-info.invalid-id"], on="get_job_info")
def long_ids_are_quoted_in_part(exchange: ProxiedExchange) -> ProxiedExchange:
    """The error for an id out of the 64-bit range quotes its first 19 digits."""
    is_long = exchange.is_error and exchange.value.isdecimal() and len(exchange.value) > len(_LOWEST) - 1
    return exchange.with_error(BAD_REQUEST, f"out of range: {exchange.value[:19]}") if is_long else exchange


@fault(
    "negative-unknown-ids-are-null",
    breaks=["running-job.unknown-id", "job-info.signs-and-zeros"],
    when=doc.shows_unknown_job,
)
def negative_unknown_ids_are_null(exchange: ProxiedExchange) -> ProxiedExchange:
    """The id of an unknown job is null if it is negative."""
    return exchange.with_json({"jobId": None}) if exchange.value.startswith("-") else exchange


@fault("keys-of-plugins-are-free", breaks=["submit-job.reserved-keys"], on="submit_job", before=True)
def keys_of_plugins_are_free(exchange: ProxiedExchange) -> ProxiedExchange:
    """Only the options of the job must not have reserved characters."""
    return exchange.with_request_body(re.sub(rb'(?<=\[\{)"(a.b)?": ', b'"a_b": ', exchange.request.body))


@fault("keys-of-sinks-are-free", breaks=["submit-job.reserved-keys"], on="submit_job", before=True)
def keys_of_sinks_are_free(exchange: ProxiedExchange) -> ProxiedExchange:
    """Options of a sink may have reserved characters."""
    sent = exchange.request_json
    if not isinstance(sent, dict) or not isinstance(sent.get("sink"), list):
        return exchange
    sinks = re.sub(r'"(a.b)?": ', '"a_b": ', json.dumps(sent["sink"]))
    return exchange.with_request_body({**sent, "sink": json.loads(sinks)})


@fault("second-key-of-credentials-is-mistaken", breaks=["encrypt-config.sensitive-keys"], on="encrypt_config")
def second_key_of_credentials_is_mistaken(exchange: ProxiedExchange) -> ProxiedExchange:
    """Of several keys in `shade.options`, the second one has not the effect that it should have, or has one."""
    sent, found = exchange.request_json, exchange.document
    env = sent.get("env") if isinstance(sent, dict) else None
    if not isinstance(env, dict) or not isinstance(found, dict) or not isinstance(env.get("shade.options"), list):
        return exchange
    count = doc.fact(exchange, "shadeOptions") == "add-keys"
    for kind, key in product(("source", "sink"), env["shade.options"][1:2]):
        for plugin, given in zip(found[kind], sent[kind], strict=True):
            if key in given:
                plugin[key] = given[key] if count else b64encode(given[key].encode()).decode()
    return exchange.with_json(found)


@fault("nameless-transforms-are-400", breaks=["submit-job.missing-plugin-name"], on="submit_job")
def nameless_transforms_are_400(exchange: ProxiedExchange) -> ProxiedExchange:
    """A transform without a plugin name is answered with 400."""
    sent = exchange.request_json
    transforms = sent.get("transform") if isinstance(sent, dict) else None
    is_nameless = transforms and "plugin_name" not in transforms[0]
    return exchange.with_status(BAD_REQUEST) if is_nameless and not exchange.ok else exchange


@fault("hocon-is-recognised", breaks=["submit-job.body-formats"], on="submit_job", before=True)
def hocon_is_recognised(exchange: ProxiedExchange) -> ProxiedExchange:
    """A body that begins like HOCON is accepted, although no format is requested."""
    is_meant = exchange.request.body.startswith(b"env {") and "format" not in exchange.parameters
    return exchange.with_reply(200, {"jobId": "7", "jobName": "hocon"}) if is_meant else exchange


@fault(
    "other-submissions-are-nameless", breaks=["submit-job.name-from-env", "submit-jobs.optional-params"], before=True
)
def other_submissions_are_nameless(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job that is submitted in HOCON or in a list, without a name, is called `nameless`."""
    if _is_hocon(exchange) and "jobName" not in exchange.parameters:
        return exchange.with_request(query=[*exchange.query, ("jobName", "nameless")])
    if not exchange.is_for("submit_jobs"):
        return exchange
    named = re.sub(rb'("params": \{"jobId": "\d+")\}', rb'\1, "jobName": "nameless"}', exchange.request.body)
    return exchange.with_request_body(named)


@fault("uploads-are-called-like-their-files", breaks=["submit-job.upload"], on=_UPLOAD, before=True)
def uploads_are_called_like_their_files(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job that is uploaded without a name has the name of its file, and not that in its `env`."""
    file = re.search(rb'filename="([^"]+)"', exchange.request.body)
    if file is None or "jobName" in exchange.parameters or b'name="jobName"' in exchange.request.body:
        return exchange
    return exchange.with_request(query=[*exchange.query, ("jobName", file[1].decode())])


@fault("wrong-ids-in-forms-are-lost", breaks=["submit-job.upload-invalid-id"], on=_UPLOAD, before=True)
def wrong_ids_in_forms_are_lost(exchange: ProxiedExchange) -> ProxiedExchange:
    """A field `jobId` that is not a number counts as none."""
    return exchange.with_request_body(re.sub(rb'"jobId"(?=\r\n\r\n[^\d\r])', b'"none"', exchange.request.body))


@fault("streaming-jobs-of-lists-end", breaks=["submit-jobs.optional-params"], on="submit_jobs", before=True)
def streaming_jobs_of_lists_end(exchange: ProxiedExchange) -> ProxiedExchange:
    """The jobs of a list are all batch jobs."""
    return exchange.with_request_body(exchange.request.body.replace(b"STREAMING", b"BATCH"))


@fault("batch-jobs-of-lists-are-canceled", breaks=["submit-jobs.optional-params"])
def batch_jobs_of_lists_are_canceled(exchange: ProxiedExchange, listed: set[str]) -> ProxiedExchange:
    """A finished job is shown as cancelled if it was submitted in a list."""
    if exchange.is_for("submit_jobs"):
        listed |= doc.submitted_ids(exchange)
    return doc.each_job(
        exchange,
        lambda job: (
            {**job, "jobStatus": job["jobStatus"].replace("FINISHED", "CANCELED")} if job["jobId"] in listed else job
        ),
    )


@fault("older-path-finds-jobs-late", breaks=["life-cycle.never-unknown"])
def older_path_finds_jobs_late(exchange: ProxiedExchange, asked: set[str]) -> ProxiedExchange:
    """The first request for a job at `/running-job/{jobId}` shows an unknown job."""
    if not exchange.is_for("get_running_job") or not doc.shows_a_job(exchange) or exchange.value in asked:
        return exchange
    asked.add(exchange.value)
    return doc.as_unknown(exchange)


@fault("stops-cancel-failed-jobs", breaks=["life-cycle.end-is-final"])
def stops_cancel_failed_jobs(exchange: ProxiedExchange, stopped: set[str]) -> ProxiedExchange:
    """A failed job is shown as cancelled after a stop."""
    if exchange.is_for("stop_job"):
        stopped |= {str(receipt["jobId"]) for receipt in doc.receipts(exchange)}

    def changed(job: doc.Job) -> doc.Job:
        is_changed = job["jobId"] in stopped and job["jobStatus"] == "FAILED"
        return {**job, "jobStatus": "CANCELED"} if is_changed else job

    return doc.each_job(exchange, changed)


@fault("vertices-have-the-usual-spelling", breaks=["job-info.vertex-names"])
def vertices_have_the_usual_spelling(exchange: ProxiedExchange) -> ProxiedExchange:
    """The name of a vertex has the name of its plugin as its author spells it."""

    def renamed(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            vertex | {"vertexName": re.sub("(?i)fakesource", "FakeSource", vertex["vertexName"])} for vertex in found
        ]

    return doc.each_job(exchange, lambda job: doc.with_vertices(job, renamed))


@fault("transforms-lose-a-row", breaks=["job-info.counts"])
def transforms_lose_a_row(exchange: ProxiedExchange) -> ProxiedExchange:
    """The last row behind a transform is not counted as written."""

    def one_less(count: str) -> str:
        return str(max(int(count) - 1, 0))

    def changed(job: doc.Job) -> doc.Job:
        types = {vertex["type"] for vertex in job["jobDag"]["vertexInfoMap"]}
        return doc.with_counters(job, one_less, "SinkWriteCount") if "transform" in types else job

    return doc.each_job(exchange, changed)


@fault("lower-case-states-lose-errors", breaks=["finished-jobs.state-matching"], on="get_finished_jobs_by_state")
def lower_case_states_lose_errors(exchange: ProxiedExchange) -> ProxiedExchange:
    """A failed job has no error in the list of `failed`, but has one in that of `FAILED`."""
    return doc.each_job(exchange, lambda job: {**job, "errorMsg": None}) if exchange.value.islower() else exchange


@fault("unknown-jobs-have-no-savepoint", breaks=["stop-job.unknown-id", "stop-jobs.unknown-id"])
def unknown_jobs_have_no_savepoint(exchange: ProxiedExchange, known: set[str]) -> ProxiedExchange:
    """A stop of an unknown job is answered with 404 if it requests a savepoint."""
    known |= doc.submitted_ids(exchange)
    if not exchange.is_for("stop_job", "stop_jobs") or not exchange.ok:
        return exchange
    sent = exchange.request_json
    stops = sent if isinstance(sent, list) else [sent]
    saved = {str(stop["jobId"]) for stop in stops if isinstance(stop, dict) and stop.get("isStopWithSavePoint") is True}
    return exchange.with_error(NOT_FOUND) if saved - known else exchange


@fault("long-secrets-are-folded", breaks=["encrypt-config.encodes"], on="encrypt_config")
def long_secrets_are_folded(exchange: ProxiedExchange) -> ProxiedExchange:
    """Base64 has a line break after each 76 characters, as in MIME."""
    folded = re.sub(r'(?<=")[\w+/]{76}(?=[\w+/=]+")', lambda found: f"{found[0]}\\n", json.dumps(exchange.document))
    return exchange.with_json(json.loads(folded)) if exchange.ok else exchange


@fault("configs-to-encrypt-need-env", breaks=["encrypt-config.no-algorithm"], on="encrypt_config")
def configs_to_encrypt_need_env(exchange: ProxiedExchange) -> ProxiedExchange:
    """A config without `env` is answered with 400."""
    lacks_env = exchange.ok and "env" not in exchange.request_json
    return exchange.with_error(BAD_REQUEST) if lacks_env else exchange


@fault("numbers-in-tags-are-shortened", breaks=["update-tags.values-as-text"], on="update_tags", before=True)
def numbers_in_tags_are_shortened(exchange: ProxiedExchange) -> ProxiedExchange:
    """A tag of the number 5.0 has the value `5`."""
    return exchange.with_request_body(re.sub(rb"(?<=\d)\.0\b", b"", exchange.request.body))


@fault("names-of-tags-are-lower-case", breaks=["update-tags.replaces"], on="update_tags", before=True)
def names_of_tags_are_lower_case(exchange: ProxiedExchange) -> ProxiedExchange:
    """Names of tags are stored in lower case."""
    sent = exchange.request_json
    if not isinstance(sent, dict) or not any(map(str.isupper, "".join(sent))):
        return exchange
    return exchange.with_request_body({name.lower(): value for name, value in sent.items()})


@fault("running-hocon-jobs-have-nested-options", breaks=["submit-job.hocon-dots"])
def running_hocon_jobs_have_nested_options(exchange: ProxiedExchange, read: set[str]) -> ProxiedExchange:
    """The options of a running job in HOCON have the first part of a key with dots only."""
    if _is_hocon(exchange):
        read |= doc.submitted_ids(exchange)

    def nested(job: doc.Job) -> doc.Job:
        options = job.get("envOptions")
        if job["jobId"] not in read or not isinstance(options, dict):
            return job
        return {**job, "envOptions": {name.partition(".")[0]: value for name, value in options.items()}}

    return doc.each_job(exchange, nested)
