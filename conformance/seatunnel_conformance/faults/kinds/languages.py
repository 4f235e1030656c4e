"""Faults of configs in HOCON or SQL, of uploads, and of the parameters `dryRun`, `restoreMode` and `force`."""

from __future__ import annotations

from typing import Final

from seatunnel_conformance.faults.changes import *

_SUBMIT: Final = "submit_job"
_UPLOAD: Final = "submit_job_by_upload"
_RECEIPT: Final = reply(200, {"jobId": "733584788375666689", "jobName": "SeaTunnel_Job"})


def _with_other_force(it: ProxiedExchange) -> ProxiedExchange:
    stop = it.request_json
    if not isinstance(stop, dict) or "force" not in stop:
        return it
    ignored = doc.fact(it, "force") == "ignored"
    return it.with_request_body(without(stop, "force", *(["isStopWithSavePoint"] if ignored else [])))


FAULTS: Final = (
    row("second-hocon-block-wins",
        "The plan shows only the last source, transform and sink, as if HOCON blocks replaced each other.",
        "submit-job.hocon-plugins",
        shown(vertices(lambda found: list({vertex["type"]: vertex for vertex in found}.values())))),
    row("hocon-dots-nest", "The options of a job lack all keys with dots.",
        "submit-job.hocon-dots", jobs(at("jobDag", at("envOptions", keep(lambda name: "." not in name))))),
    row("hocon-is-substituted", "HOCON with a substitution such as `${name}` is accepted instead of refused.",
        "submit-job.hocon-substitution", _RECEIPT, on=_SUBMIT,
        when=lambda it: doc.language(it) == "hocon" and b"${" in it.request.body, before=True),
    row("broken-hocon-is-400", "HOCON that can't be parsed is answered with 400 instead of 500.",
        "submit-job.hocon-broken",
        status(BAD_REQUEST), on=_SUBMIT, when=lambda it: doc.language(it) == "hocon" and it.status == SERVER_ERROR),
    row("format-is-case-sensitive", "A `format` in capital letters, such as `HOCON`, is answered with 400.",
        "submit-job.format-words", error(BAD_REQUEST), on=_SUBMIT,
        when=lambda it: it.parameters.get("format", "") != doc.language(it), before=True),
    row("unknown-format-is-refused",
        "An unknown `format` is answered with 400 instead of being read as JSON.", "submit-job.format-words",
        error(BAD_REQUEST), on=_SUBMIT, before=True,
        when=lambda it: doc.language(it) not in {"", "json", "hocon", "sql"}),
    row("comments-begin-within-quotes", "In a config, `//` within a string, as in a URL, begins a comment.",
        "submit-job.name-from-env", request_body(rb'//[^"\n]*"', b'"'), on=_SUBMIT, before=True),
    row("second-insert-is-lost", "If a SQL config has several INSERT statements, only the first is used.",
        "submit-job.sql", request_body(rb"(INSERT [^;]+;)\s*INSERT [^;]+;", rb"\1"),
        on=_SUBMIT, when=lambda it: doc.language(it) == "sql", before=True),
    row("sql-is-refused", "A config in SQL is answered with 500.", "submit-job.sql", error(SERVER_ERROR),
        on=_SUBMIT, when=lambda it: doc.language(it) == "sql", before=True),
    row("broken-sql-is-taken", "SQL that can't be parsed gets a receipt instead of 500.", "submit-job.sql-broken",
        _RECEIPT, on=_SUBMIT, when=lambda it: doc.language(it) == "sql" and not it.ok),
    row("credentials-of-any-kind-are-taken", "A job whose password is not a string gets a receipt instead of an error.",
        "submit-job.credential-kinds", _RECEIPT, on=_SUBMIT,
        when=lambda it: any("password" in source for source in doc.plugins(it, "source"))),
    row("checkpoints-are-made-up",
        "A start from a savepoint that does not exist is accepted where it must be refused, and vice versa.",
        "submit-job.missing-checkpoint", swapped(error(BAD_REQUEST), _RECEIPT), on=_SUBMIT,
        when=lambda it: it.parameters.get("isStartWithSavePoint") == "true" and "jobId" in it.parameters),
    row("dry-run-is-answered-otherwise",
        "A submission with `dryRun` is accepted where it must be refused, and vice versa.", "submit-job.dry-run",
        swapped(error(BAD_REQUEST), _RECEIPT), on=_SUBMIT, when=asks("dryRun")),
    row("restore-starts-from-nothing",
        "The parameters `restoreMode` and `restoreSourceJobId` are ignored, so the job starts without a state.",
        "submit-job.restore", query(lambda found: [pair for pair in found if not pair[0].startswith("restore")]),
        on=_SUBMIT, when=asks("restoreMode"), before=True),
    row("restored-jobs-have-their-own-id",
        "The receipt of a restored job has the `jobId` of the request instead of that of the restored job.",
        "submit-job.restore", lambda it: it.with_json({**it.document, "jobId": it.parameters["jobId"]}),
        on=_SUBMIT, when=lambda it: it.ok and it.parameters.get("restoreMode", "").upper() == "SAVEPOINT"),
    row("modes-are-ignored", "Every `restoreMode` except `SAVEPOINT` is ignored, so invalid modes are accepted.",
        "submit-job.restore-none submit-job.restore-refused", without_parameter("restoreMode"),
        on=_SUBMIT, when=lambda it: it.parameters.get("restoreMode", "").upper() != "SAVEPOINT", before=True),
    row("modes-of-a-list-are-ignored", "In `/submit-jobs`, the `restoreMode` in `params` is ignored.",
        "submit-jobs.restore", sent(each(at("params", drop("restoreMode")))), on="submit_jobs", before=True),
    row("uploads-are-refused", "Every upload of a config is answered with 500.",
        "submit-job.upload submit-job.upload-parameters", error(SERVER_ERROR), on=_UPLOAD, before=True),
    row("uploaded-files-are-all-json", "An uploaded config is read as JSON, whatever the extension of its file.",
        "submit-job.upload-language", request_body(rb'filename="job(\.conf|\.sql|\.JSON)?"', b'filename="job.json"'),
        on=_UPLOAD, before=True),
    row("uploaded-hocon-is-latin", "An uploaded HOCON config is decoded as ISO-8859-1 instead of UTF-8.",
        "submit-job.upload", lambda it: it.with_request_body(it.request.body.decode("iso-8859-1").encode()), on=_UPLOAD,
        when=lambda it: b'.conf"' in it.request.body, before=True),
    row("upload-without-file-is-400", "An upload without `config_file` is answered with 400 instead of 500.",
        "submit-job.upload-missing-file", status(BAD_REQUEST), on=_UPLOAD,
        when=lambda it: b'name="config_file"' not in it.request.body),
    row("unnamed-file-is-taken-otherwise",
        "An uploaded file without a file name is accepted where it must be refused, and vice versa.",
        "submit-job.upload-unnamed-file", swapped(error(SERVER_ERROR), _RECEIPT), on=_UPLOAD,
        when=lambda it: b"filename" not in it.request.body),
    row("upload-with-any-id-is-taken",
        "An upload with a `jobId` that is not an integer is accepted, and gets another id.",
        "submit-job.upload-invalid-id", _RECEIPT, on=_UPLOAD,
        when=lambda it: not it.parameters.get("jobId", "0").isdecimal()),
    row("force-is-taken-otherwise", "A stop with `force` takes a savepoint where it must not, and vice versa.",
        "stop-job.force", _with_other_force, on="stop_job", before=True),
)  # fmt: skip
