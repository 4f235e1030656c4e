"""Faults that only unusual input shows: ids beyond 64 bits, reserved keys, HOCON, forms, some names and tags."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from itertools import product
from typing import Any, Final

from seatunnel_conformance.faults.changes import *

_LOWEST: Final = "-9223372036854775808"

_BELOW: Final = re.compile(r"-\d{19,}")
"""An id below the 64-bit range, in the requests of the suite."""

_UPLOAD: Final = "submit_job_by_upload"


def _is_hocon(it: ProxiedExchange) -> bool:
    return it.is_for("submit_job") and doc.language(it) == "hocon"


def _with_free_keys(sinks: Any) -> Any:
    return json.loads(re.sub(r'"(a.b)?": ', '"a_b": ', json.dumps(sinks))) if isinstance(sinks, list) else sinks


def _second_key_mistaken(it: ProxiedExchange) -> ProxiedExchange:
    asked, found = it.request_json, it.document
    env = asked.get("env") if isinstance(asked, dict) else None
    if not isinstance(env, dict) or not isinstance(found, dict) or not isinstance(env.get("shade.options"), list):
        return it
    count = doc.fact(it, "shadeOptions") == "add-keys"
    for kind, key in product(("source", "sink"), env["shade.options"][1:2]):
        for plugin, given in zip(found[kind], asked[kind], strict=True):
            if key in given:
                plugin[key] = given[key] if count else b64encode(given[key].encode()).decode()
    return it.with_json(found)


def _nameless(it: ProxiedExchange) -> ProxiedExchange:
    if _is_hocon(it) and "jobName" not in it.parameters:
        return with_parameter("jobName", "nameless")(it)
    named = request_body(rb'("params": \{"jobId": "\d+")\}', rb'\1, "jobName": "nameless"}')
    return named(it) if it.is_for("submit_jobs") else it


def _called_like_the_file(it: ProxiedExchange) -> ProxiedExchange:
    file = re.search(rb'filename="([^"]+)"', it.request.body)
    if file is None or "jobName" in it.parameters or b'name="jobName"' in it.request.body:
        return it
    return with_parameter("jobName", file[1].decode())(it)


def _no_savepoint_of_unknown_jobs(it: ProxiedExchange, known: set[str]) -> ProxiedExchange:
    known |= doc.submitted_ids(it)
    if not it.is_for("stop_job", "stop_jobs") or not it.ok:
        return it
    stops = it.request_json if isinstance(it.request_json, list) else [it.request_json]
    saved = {str(stop["jobId"]) for stop in stops if isinstance(stop, dict) and stop.get("isStopWithSavePoint") is True}
    return it.with_error(NOT_FOUND) if saved - known else it


def _folded(found: Any) -> Any:
    text = json.dumps(found)
    return json.loads(re.sub(r'(?<=")[\w+/]{76}(?=[\w+/=]+")', lambda part: f"{part[0]}\\n", text))


FAULTS: Final = (
    row("ids-below-the-range-are-the-lowest",
        "An id in a path that is too small for 64 bits is read as the smallest 64-bit integer.",
        "job-info.signs-and-zeros", path(lambda it: it.path.replace(it.value, _LOWEST)),
        on=doc.DETAILS, when=lambda it: _BELOW.fullmatch(it.value), before=True),
    row("low-ids-of-posts-fail",
        "A POST request with an id that is too small for 64 bits is answered with 500 instead of 400.",
        "submit-job.invalid-id submit-job.upload-invalid-id", status(SERVER_ERROR),
        when=lambda it: (it.method, it.status) == ("POST", BAD_REQUEST)
        and (_BELOW.search(it.target) or _BELOW.search(it.request.body.decode("latin-1")))),
    row("long-ids-are-quoted-in-part",
        "The error for an id that is too large for 64 bits quotes only its first 19 digits.",
        "job-info.invalid-id", error(BAD_REQUEST, lambda it: f"out of range: {it.value[:19]}"), on="get_job_info",
        when=lambda it: it.is_error and it.value.isdecimal() and len(it.value) > len(_LOWEST) - 1),
    row("negative-unknown-ids-are-null",
        "The response for an unknown job has null as its `jobId` if the requested id is negative.",
        "running-job.unknown-id job-info.signs-and-zeros", document({"jobId": None}),
        when=lambda it: doc.shows_unknown_job(it) and it.value.startswith("-")),
    row("keys-of-plugins-are-free", "Keys with reserved characters are refused in `env`, but accepted in plugins.",
        "submit-job.reserved-keys", request_body(rb'(?<=\[\{)"(a.b)?": ', b'"a_b": '), on="submit_job", before=True),
    row("keys-of-sinks-are-free",
        "Keys with reserved characters are accepted in sinks instead of being answered with 500.",
        "submit-job.reserved-keys", sent(at("sink", _with_free_keys)), on="submit_job", before=True),
    row("second-key-of-credentials-is-mistaken",
        "The second key in `shade.options` is encrypted where it must not be, and vice versa.",
        "encrypt-config.sensitive-keys", _second_key_mistaken, on="encrypt_config"),
    row("nameless-transforms-are-400", "A transform without `plugin_name` is answered with 400 instead of 500.",
        "submit-job.missing-plugin-name", status(BAD_REQUEST), on="submit_job",
        when=lambda it: not it.ok and any("plugin_name" not in one for one in doc.plugins(it, "transform")[:1])),
    row("hocon-is-recognised", "A body in HOCON is accepted without `format`, although the default is JSON.",
        "submit-job.body-formats", reply(200, {"jobId": "7", "jobName": "hocon"}), on="submit_job",
        when=lambda it: it.request.body.startswith(b"env {") and "format" not in it.parameters, before=True),
    row("other-submissions-are-nameless",
        "In HOCON and in `/submit-jobs`, a job without a name is called `nameless`.",
        "submit-job.name-from-env submit-jobs.optional-params", _nameless, before=True),
    row("uploads-are-called-like-their-files",
        "An uploaded job has the name of its file instead of the name in its `env`.",
        "submit-job.upload", _called_like_the_file, on=_UPLOAD, before=True),
    row("wrong-ids-in-forms-are-lost", "A form field `jobId` that is not a number is ignored instead of refused.",
        "submit-job.upload-invalid-id", request_body(rb'"jobId"(?=\r\n\r\n[^\d\r])', b'"none"'),
        on=_UPLOAD, before=True),
    row("streaming-jobs-of-lists-end",
        "Streaming jobs in `/submit-jobs` run as batch jobs, so they end without being stopped.",
        "submit-jobs.optional-params", request_body(b"STREAMING", b"BATCH"), on="submit_jobs", before=True),
    row("batch-jobs-of-lists-are-canceled",
        "A finished job of `/submit-jobs` is shown as `CANCELED`.",
        "submit-jobs.optional-params", after(
            lambda it: doc.receipt_ids(it, "submit_jobs"),
            lambda ids: jobs(at("jobStatus", lambda state: state.replace("FINISHED", "CANCELED")), among(ids)))),
    row("older-path-finds-jobs-late",
        "The first request to `/running-job/{jobId}` for a job is answered as if the job were unknown.",
        "life-cycle.never-unknown", unknown_at_first, on="get_running_job", when=doc.shows_a_job),
    row("stops-cancel-failed-jobs", "After the stop of a failed job, the job is shown as `CANCELED`.",
        "life-cycle.end-is-final",
        after(lambda it: doc.receipt_ids(it, "stop_job"), lambda ids: jobs(
            put(jobStatus="CANCELED"), lambda _, job: job["jobId"] in ids and job["jobStatus"] == "FAILED"))),
    row("vertices-have-the-usual-spelling",
        "Plans spell a FakeSource as `FakeSource`, even if the config spells it `fakesource`.",
        "job-info.vertex-names",
        jobs(vertices(each(at("vertexName", lambda name: re.sub("(?i)fakesource", "FakeSource", name)))))),
    row("transforms-lose-a-row", "The counter of written rows is one too low for a job with a transform.",
        "job-info.counts",
        jobs(counters(lambda count: max(count - 1, 0), "SinkWriteCount"), lambda _, job: any(
            vertex["type"] == "transform" for vertex in job["jobDag"]["vertexInfoMap"]))),
    row("lower-case-states-lose-errors",
        "Failed jobs have an error in `/finished-jobs/FAILED`, but none in `/finished-jobs/failed`.",
        "finished-jobs.state-matching", jobs(put(errorMsg=None)),
        on="get_finished_jobs_by_state", when=lambda it: it.value.islower()),
    row("unknown-jobs-have-no-savepoint",
        "A stop that requests a savepoint of an unknown job is answered with 404 instead of 200.",
        "stop-job.unknown-id stop-jobs.unknown-id", _no_savepoint_of_unknown_jobs),
    row("long-secrets-are-folded",
        "Encrypted credentials have a line break after every 76 characters, as Base64 in e-mails does.",
        "encrypt-config.encodes", edited(_folded), on="encrypt_config", when=is_ok),
    row("configs-to-encrypt-need-env",
        "A config without `env` is answered with 400 by `/encrypt-config` instead of being returned.",
        "encrypt-config.no-algorithm",
        error(BAD_REQUEST), on="encrypt_config", when=lambda it: it.ok and "env" not in it.request_json),
    row("numbers-in-tags-are-shortened", "The tag value 5.0 is stored as `5`.", "update-tags.values-as-text",
        request_body(rb"(?<=\d)\.0\b", b""), on="update_tags", before=True),
    row("names-of-tags-are-lower-case", "The names of tags are stored in lower case.", "update-tags.replaces",
        sent(names(str.lower)), on="update_tags", before=True),
    row("running-hocon-jobs-have-nested-options",
        "The options of a running HOCON job show only the part of a key before its first dot.",
        "submit-job.hocon-dots", after(lambda it: doc.submitted_ids(it) if _is_hocon(it) else (), lambda ids: jobs(
            at("envOptions", names(lambda name: name.partition(".")[0])), among(ids)))),
)  # fmt: skip
