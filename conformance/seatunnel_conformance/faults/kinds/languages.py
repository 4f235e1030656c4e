"""Language faults: job configurations in HOCON and SQL that are misread, and uploads that are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seatunnel_conformance.faults import documents as doc
from seatunnel_conformance.faults.catalogue import fault
from seatunnel_conformance.faults.exchange import BAD_REQUEST, SERVER_ERROR, ProxiedExchange, without

_UPLOAD = "submit_job_by_upload"
_RECEIPT = {"jobId": "733584788375666689", "jobName": "SeaTunnel_Job"}


@fault("second-hocon-block-wins", breaks=["submit-job.hocon-plugins"])
def second_hocon_block_wins(exchange: ProxiedExchange) -> ProxiedExchange:
    """Of several plugins of a name in HOCON only one is in the job."""
    return doc.each_shown(exchange, _with_one_of_each)


@fault("hocon-dots-nest", breaks=["submit-job.hocon-dots"])
def hocon_dots_nest(exchange: ProxiedExchange) -> ProxiedExchange:
    """A key with dots becomes an object in an object, and is gone from the options."""
    return doc.each_job(exchange, _without_dotted_options)


@fault("hocon-is-substituted", breaks=["submit-job.hocon-substitution"], before=True)
def hocon_is_substituted(exchange: ProxiedExchange) -> ProxiedExchange:
    """HOCON that refers to something is taken, whatever it refers to."""
    wanted = _language(exchange) == "hocon" and b"${" in exchange.request.body
    return exchange.with_reply(200, _RECEIPT) if wanted else exchange


@fault("broken-hocon-is-400", breaks=["submit-job.hocon-broken"])
def broken_hocon_is_400(exchange: ProxiedExchange) -> ProxiedExchange:
    """HOCON that can't be read is answered with 400."""
    broken = _language(exchange) == "hocon" and exchange.status == SERVER_ERROR
    return exchange.with_status(BAD_REQUEST) if broken else exchange


@fault("format-is-case-sensitive", breaks=["submit-job.format-words"], on="submit_job", before=True)
def format_is_case_sensitive(exchange: ProxiedExchange) -> ProxiedExchange:
    """A language with capital letters in its name is answered with 400."""
    named = exchange.parameters.get("format", "")
    return exchange.with_error(BAD_REQUEST) if named != named.lower() else exchange


@fault("unknown-format-is-refused", breaks=["submit-job.format-words"], before=True)
def unknown_format_is_refused(exchange: ProxiedExchange) -> ProxiedExchange:
    """A language that is not known is answered with 400, also where the body is JSON."""
    return exchange.with_error(BAD_REQUEST) if _language(exchange) not in {"", "json", "hocon", "sql"} else exchange


@fault("sql-is-refused", breaks=["submit-job.sql"], before=True)
def sql_is_refused(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job in SQL is answered with 500."""
    return exchange.with_error(SERVER_ERROR) if _language(exchange) == "sql" else exchange


@fault("broken-sql-is-taken", breaks=["submit-job.sql-broken"])
def broken_sql_is_taken(exchange: ProxiedExchange) -> ProxiedExchange:
    """SQL that can't be read is answered with a receipt."""
    broken = _language(exchange) == "sql" and not exchange.ok
    return exchange.with_reply(200, _RECEIPT) if broken else exchange


@fault("credentials-of-any-kind-are-taken", breaks=["submit-job.credential-kinds"])
def credentials_of_any_kind_are_taken(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job whose password is not a string is answered with a receipt."""
    sources = exchange.request_json.get("source") if isinstance(exchange.request_json, dict) else None
    typed = isinstance(sources, list) and any("password" in source for source in sources if isinstance(source, dict))
    return exchange.with_reply(200, _RECEIPT) if typed and exchange.is_for("submit_job") else exchange


@fault("checkpoints-are-made-up", breaks=["submit-job.missing-checkpoint"], on="submit_job")
def checkpoints_are_made_up(exchange: ProxiedExchange) -> ProxiedExchange:
    """A start from a savepoint that isn't there is answered the other way than the release does."""
    if not (exchange.parameters.get("isStartWithSavePoint") == "true" and "jobId" in exchange.parameters):
        return exchange
    return exchange.with_error(BAD_REQUEST) if exchange.ok else exchange.with_reply(200, _RECEIPT)


@fault("dry-run-is-answered-otherwise", breaks=["submit-job.dry-run"])
def dry_run_is_answered_otherwise(exchange: ProxiedExchange) -> ProxiedExchange:
    """A dry run is taken where it must be refused, and refused where it must be taken."""
    if not exchange.is_for("submit_job") or "dryRun" not in exchange.parameters:
        return exchange
    return exchange.with_error(BAD_REQUEST) if exchange.ok else exchange.with_reply(200, _RECEIPT)


@fault("restore-starts-from-nothing", breaks=["submit-job.restore"], before=True)
def restore_starts_from_nothing(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job that is to be restored starts from nothing."""
    if not exchange.is_for("submit_job") or "restoreMode" not in exchange.parameters:
        return exchange
    return exchange.with_request(query=[pair for pair in exchange.query if not pair[0].startswith("restore")])


@fault("restored-jobs-have-their-own-id", breaks=["submit-job.restore"], when=lambda it: it.is_for("submit_job"))
def restored_jobs_have_their_own_id(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job that is restored is said to have the id in the request, not that of its source."""
    restored = exchange.parameters.get("restoreMode", "").upper() == "SAVEPOINT" and exchange.ok
    return exchange.with_json({**exchange.document, "jobId": exchange.parameters["jobId"]}) if restored else exchange


@fault("modes-are-ignored", breaks=["submit-job.restore-none", "submit-job.restore-refused"], before=True)
def modes_are_ignored(exchange: ProxiedExchange) -> ProxiedExchange:
    """The mode in which a job is restored is ignored, unless it is restored from a savepoint."""
    mode = exchange.parameters.get("restoreMode", "SAVEPOINT").upper()
    ignores = exchange.is_for("submit_job") and mode != "SAVEPOINT"
    return (
        exchange.with_request(query=[pair for pair in exchange.query if pair[0] != "restoreMode"])
        if ignores
        else exchange
    )


@fault("modes-of-a-list-are-ignored", breaks=["submit-jobs.restore"], on="submit_jobs", before=True)
def modes_of_a_list_are_ignored(exchange: ProxiedExchange) -> ProxiedExchange:
    """The modes of the jobs of a list are ignored."""
    items = exchange.request_json
    every = [item["params"] for item in items if isinstance(item, dict) and isinstance(item.get("params"), dict)]
    modes = [mode for params in every if (mode := params.pop("restoreMode", None))]
    return exchange.with_request_body(items) if modes else exchange


@fault("uploads-are-refused", breaks=["submit-job.upload", "submit-job.upload-parameters"], on=_UPLOAD, before=True)
def uploads_are_refused(exchange: ProxiedExchange) -> ProxiedExchange:
    """An upload is answered with 500, whatever is in it."""
    return exchange.with_error(SERVER_ERROR)


@fault("uploaded-files-are-all-json", breaks=["submit-job.upload-language"], on=_UPLOAD, before=True)
def uploaded_files_are_all_json(exchange: ProxiedExchange) -> ProxiedExchange:
    """An uploaded file is read as JSON, whatever it is called."""
    body = exchange.request.body
    for name in (b'"job.conf"', b'"job.sql"', b'"job"', b'"job.JSON"'):
        body = body.replace(b"filename=" + name, b'filename="job.json"')
    return exchange.with_request_body(body)


@fault("upload-without-file-is-400", breaks=["submit-job.upload-missing-file"], on=_UPLOAD)
def upload_without_file_is_400(exchange: ProxiedExchange) -> ProxiedExchange:
    """An upload without its file is answered with 400."""
    return exchange.with_status(BAD_REQUEST) if b'name="config_file"' not in exchange.request.body else exchange


@fault("unnamed-file-is-taken-otherwise", breaks=["submit-job.upload-unnamed-file"])
def unnamed_file_is_taken_otherwise(exchange: ProxiedExchange) -> ProxiedExchange:
    """A file without a name is taken where it must be refused, and refused where it must be taken."""
    if not exchange.is_for(_UPLOAD) or b"filename" in exchange.request.body:
        return exchange
    return exchange.with_error(SERVER_ERROR) if exchange.ok else exchange.with_reply(200, _RECEIPT)


@fault("upload-with-any-id-is-taken", breaks=["submit-job.upload-invalid-id"], on=_UPLOAD)
def upload_with_any_id_is_taken(exchange: ProxiedExchange) -> ProxiedExchange:
    """An upload under an id that is not an integer gets another one."""
    return exchange.with_reply(200, _RECEIPT) if not exchange.parameters.get("jobId", "0").isdecimal() else exchange


@fault("force-is-taken-otherwise", breaks=["stop-job.force"], before=True)
def force_is_taken_otherwise(exchange: ProxiedExchange) -> ProxiedExchange:
    """A forced stop takes a savepoint where it must not, and none where it must."""
    stop = exchange.request_json
    if not exchange.is_for("stop_job") or not isinstance(stop, dict) or "force" not in stop:
        return exchange
    ignored = doc.fact(exchange, "force") == "ignored"
    return exchange.with_request_body(without(stop, "force", *(["isStopWithSavePoint"] if ignored else [])))


def _language(exchange: ProxiedExchange) -> str:
    return exchange.parameters.get("format", "").lower() if exchange.is_for("submit_job") else ""


def _with_one_of_each(job: Mapping[str, Any]) -> Mapping[str, Any]:
    kept = {vertex["type"]: vertex for vertex in job["jobDag"]["vertexInfoMap"]}
    return doc.with_plan(job, vertexInfoMap=list(kept.values()))


def _without_dotted_options(job: Mapping[str, Any]) -> Mapping[str, Any]:
    options = {name: value for name, value in job["jobDag"]["envOptions"].items() if "." not in name}
    return doc.with_plan(job, envOptions=options)
