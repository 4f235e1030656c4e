"""Configuration faults: plugins, tables, credentials and formats of a job that are read in another way than stated."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from seatunnel_conformance.faults import documents as doc
from seatunnel_conformance.faults.catalogue import fault
from seatunnel_conformance.faults.exchange import BAD_REQUEST, SERVER_ERROR, ProxiedExchange, without

Plugin = dict[str, Any]


def _names_unknown_plugin(exchange: ProxiedExchange) -> bool:
    return exchange.is_error and any(_UNKNOWN_PLUGIN in str(plugin.get("plugin_name")) for plugin in _plugins(exchange))


@fault("nameless-plugin-is-a-fake", breaks=["submit-job.missing-plugin-name"], before=True)
def nameless_plugin_is_a_fake(exchange: ProxiedExchange) -> ProxiedExchange:
    """A source without `plugin_name` is taken for a FakeSource."""
    return _with_plugins(exchange, "source", lambda plugin: {"plugin_name": "FakeSource", **plugin})


@fault("nameless-plugin-is-400", breaks=["submit-job.missing-plugin-name"])
def nameless_plugin_is_400(exchange: ProxiedExchange) -> ProxiedExchange:
    """A plugin without `plugin_name` is answered with 400."""
    nameless = any("plugin_name" not in plugin for plugin in _plugins(exchange))
    return exchange.with_status(BAD_REQUEST) if nameless and exchange.is_error else exchange


@fault("unknown-plugin-is-accepted", breaks=["submit-job.unknown-plugin"], when=_names_unknown_plugin)
def unknown_plugin_is_accepted(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job whose connector is not installed is accepted, and never runs."""
    accepted = {"jobId": exchange.parameters.get("jobId", ""), "jobName": exchange.parameters.get("jobName", "")}
    return exchange.with_reply(200, accepted)


@fault("unknown-plugin-is-400", breaks=["submit-job.unknown-plugin"], when=_names_unknown_plugin)
def unknown_plugin_is_400(exchange: ProxiedExchange) -> ProxiedExchange:
    """A connector that is not installed is answered with 400."""
    return exchange.with_status(BAD_REQUEST)


@fault("unknown-transform-is-skipped", breaks=["submit-job.unknown-plugin"], before=True)
def unknown_transform_is_skipped(exchange: ProxiedExchange) -> ProxiedExchange:
    """A transform that is not installed is left out of the job."""
    transforms = _section(exchange, "transform")
    known = [plugin for plugin in transforms if _UNKNOWN_PLUGIN not in str(plugin.get("plugin_name"))]
    return (
        exchange if known == transforms else exchange.with_request_body({**exchange.request_json, "transform": known})
    )


@fault("refused-job-is-in-the-history", breaks=["submit-job.refused-is-unknown"])
def refused_job_is_in_the_history(exchange: ProxiedExchange, refused: set[str]) -> ProxiedExchange:
    """A job that was refused is shown as a failed one afterwards."""
    if exchange.is_for("submit_job") and exchange.is_error and exchange.parameters.get("jobId"):
        refused.add(exchange.parameters["jobId"])
    if doc.shows_unknown_job(exchange) and exchange.value in refused:
        return exchange.with_json({"jobId": exchange.value, "jobName": "refused", "jobStatus": "FAILED"})
    return exchange


@fault("refused-job-is-listed", breaks=["submit-job.refused-is-unknown"])
def refused_job_is_listed(exchange: ProxiedExchange, refused: set[str]) -> ProxiedExchange:
    """A job that was refused is in the list of ended jobs, and unknown otherwise."""
    if exchange.is_for("submit_job") and exchange.is_error and exchange.parameters.get("jobId"):
        refused.add(exchange.parameters["jobId"])
    if not doc.lists_jobs(exchange, "get_finished_jobs") or not exchange.document:
        return exchange
    pattern = {**exchange.document[0], "jobStatus": "FAILED", "errorMsg": "refused"}
    return exchange.with_change(lambda items: [*items, *({**pattern, "jobId": job_id} for job_id in refused)])


@fault("refused-job-is-among-the-failed", breaks=["submit-job.refused-is-unknown"])
def refused_job_is_among_the_failed(exchange: ProxiedExchange, refused: set[str]) -> ProxiedExchange:
    """A job that was refused is in the list of failed jobs, and nowhere else."""
    if exchange.is_for("submit_job") and exchange.is_error and exchange.parameters.get("jobId"):
        refused.add(exchange.parameters["jobId"])
    listed = [{"jobId": job_id, "jobName": "refused", "jobStatus": "FAILED"} for job_id in refused]
    failed = doc.lists_jobs(exchange, "get_finished_jobs_by_state") and exchange.value == "FAILED"
    return exchange.with_change(lambda items: [*items, *listed]) if failed else exchange


@fault("plugin-names-are-case-sensitive", breaks=["submit-job.plugin-name-case"], on="submit_job", before=True)
def plugin_names_are_case_sensitive(exchange: ProxiedExchange) -> ProxiedExchange:
    """A plugin whose name is written in lower case is not found."""
    lower = any(str(plugin.get("plugin_name")).islower() for plugin in _plugins(exchange))
    return exchange.with_error(SERVER_ERROR, "plugin not found") if lower else exchange


@fault("unknown-mode-is-batch", breaks=["submit-job.option-kind"], before=True)
def unknown_mode_is_batch(exchange: ProxiedExchange) -> ProxiedExchange:
    """A `job.mode` that is not a mode counts as BATCH."""
    env = exchange.request_json.get("env") if isinstance(exchange.request_json, dict) else None
    if not exchange.is_for("submit_job") or not isinstance(env, dict):
        return exchange
    known = str(env.get("job.mode", "BATCH")).upper() in {"BATCH", "STREAMING"}
    return (
        exchange
        if known
        else exchange.with_request_body({**exchange.request_json, "env": {**env, "job.mode": "BATCH"}})
    )


@fault("parallelism-is-not-read", breaks=["submit-job.option-kind"], before=True)
def parallelism_is_not_read(exchange: ProxiedExchange) -> ProxiedExchange:
    """A `parallelism` that is not a number is ignored."""
    env = exchange.request_json.get("env") if isinstance(exchange.request_json, dict) else None
    if not exchange.is_for("submit_job") or not isinstance(env, dict) or env.get("parallelism") != "many":
        return exchange
    return exchange.with_request_body({**exchange.request_json, "env": without(env, "parallelism")})


@fault("other-table-names-are-refused", breaks=["submit-job.table-options"], before=True)
def other_table_names_are_refused(exchange: ProxiedExchange) -> ProxiedExchange:
    """Tables can be named by one pair of options only; the other pair is answered with 500."""
    facts = exchange.contract.operation("submit_job").behaviour
    last = {facts.names("inputKeys")[-1], facts.names("outputKeys")[-1]}
    used = exchange.is_for("submit_job") and any(last & plugin.keys() for plugin in _plugins(exchange))
    return exchange.with_error(SERVER_ERROR) if used else exchange


@fault("tables-are-not-distinguished", breaks=["submit-job.table-options", "job-info.pipelines"])
def tables_are_not_distinguished(exchange: ProxiedExchange) -> ProxiedExchange:
    """Everything is connected with everything: a job has one pipeline only."""
    return doc.each_shown(exchange, lambda job: doc.with_pipelines(job, _first))


@fault("misspelled-table-is-guessed", breaks=["submit-job.unconnected-tables"], before=True)
def misspelled_table_is_guessed(exchange: ProxiedExchange) -> ProxiedExchange:
    """A sink that reads an unknown table gets the rows that no other sink reads."""
    facts = exchange.contract.operation("submit_job").behaviour
    reads, writes = facts.names("inputKeys"), facts.names("outputKeys")
    known = [plugin[name] for plugin in _section(exchange, "source") for name in writes if name in plugin]
    read = [plugin[name] for plugin in _section(exchange, "sink") for name in reads if name in plugin]
    free = [table for table in known if table not in read]

    def repaired(plugin: Plugin) -> Plugin:
        return {name: free[0] if name in reads and value not in known else value for name, value in plugin.items()}

    return _with_plugins(exchange, "sink", repaired) if free and not _section(exchange, "transform") else exchange


@fault("credentials-are-not-decrypted", breaks=["submit-job.encrypted-credentials"], before=True)
def credentials_are_not_decrypted(exchange: ProxiedExchange) -> ProxiedExchange:
    """Credentials that can't be decrypted are left out, and the job is accepted."""

    def repaired(plugin: Plugin) -> Plugin:
        return plugin if _decodable(plugin.get("password", "")) else without(plugin, "password")

    return _with_plugins(exchange, "source", repaired)


@fault("encrypted-jobs-are-refused", breaks=["submit-job.encrypted-credentials"], on="submit_job", before=True)
def encrypted_jobs_are_refused(exchange: ProxiedExchange) -> ProxiedExchange:
    """A config that names an algorithm for its credentials is answered with 400."""
    env = exchange.request_json.get("env") if isinstance(exchange.request_json, dict) else None
    return exchange.with_error(BAD_REQUEST) if isinstance(env, dict) and "shade.identifier" in env else exchange


@fault("undecryptable-is-500", breaks=["submit-job.encrypted-credentials"], on="submit_job")
def undecryptable_is_500(exchange: ProxiedExchange) -> ProxiedExchange:
    """Credentials that can't be decrypted are answered with 500."""
    wrong = any(not _decodable(plugin.get("password", "")) for plugin in _plugins(exchange))
    return exchange.with_status(SERVER_ERROR) if wrong and exchange.is_error else exchange


@fault("form-body-is-taken-otherwise", breaks=["submit-job.form-body"])
def form_body_is_taken_otherwise(exchange: ProxiedExchange) -> ProxiedExchange:
    """A body that is sent as a form is read where it is refused, and refused where it is read."""
    if not exchange.is_for("submit_job") or "form" not in exchange.request.header("content-type"):
        return exchange
    return exchange.with_error(415) if exchange.ok else exchange.with_reply(200, {"jobId": "1", "jobName": "form"})


@fault("format-parameter-is-refused", breaks=["submit-job.body-formats"], on="submit_job", before=True)
def format_parameter_is_refused(exchange: ProxiedExchange) -> ProxiedExchange:
    """A submission that names its language is answered with 400."""
    return exchange.with_error(BAD_REQUEST) if "format" in exchange.parameters else exchange


@fault("any-language-is-accepted", breaks=["submit-job.body-formats"])
def any_language_is_accepted(exchange: ProxiedExchange) -> ProxiedExchange:
    """A body in a language that is not stated is accepted, and one in a stated language is not."""
    if not exchange.is_for("submit_job") or exchange.parameters.get("format", "json") == "json":
        return exchange
    return exchange.with_error(BAD_REQUEST) if exchange.ok else exchange.with_reply(200, {"jobId": "1", "jobName": "x"})


# Several jobs at once.


@fault("receipts-are-reversed", breaks=["submit-jobs.receipts"])
def receipts_are_reversed(exchange: ProxiedExchange) -> ProxiedExchange:
    """The receipts of several jobs come in the opposite order."""
    return _with_receipts(exchange, lambda found: found[::-1])


@fault("receipts-lack-the-last", breaks=["submit-jobs.receipts"])
def receipts_lack_the_last(exchange: ProxiedExchange) -> ProxiedExchange:
    """The last of several jobs gets no receipt."""
    return _with_receipts(exchange, lambda found: found[:-1] if len(found) > 1 else found)


@fault("batch-runs-the-first-only", breaks=["submit-jobs.receipts"])
def batch_runs_the_first_only(exchange: ProxiedExchange, lost: set[str]) -> ProxiedExchange:
    """Of several jobs only the first is run; the others get a receipt and stay unknown."""
    if exchange.is_for("submit_jobs"):
        lost |= {str(receipt.get("jobId")) for receipt in doc.receipts(exchange)[1:]}
    return doc.as_unknown(exchange) if doc.shows_a_job(exchange) and exchange.value in lost else exchange


@fault("params-id-is-ignored", breaks=["submit-jobs.optional-params", "submit-jobs.receipts"])
def params_id_is_ignored(exchange: ProxiedExchange) -> ProxiedExchange:
    """The ids in `params` count for nothing: every job gets one of the engine's own."""
    return _with_receipts(
        exchange, lambda found: [{**receipt, "jobId": str(int(receipt["jobId"]) // 2)} for receipt in found]
    )


@fault("params-name-is-ignored", breaks=["submit-jobs.optional-params", "submit-jobs.receipts"], before=True)
def params_name_is_ignored(exchange: ProxiedExchange) -> ProxiedExchange:
    """The names in `params` count for nothing."""

    def changed(job: Plugin) -> Plugin:
        params = {"jobId": "", **without(job["params"], "jobName")} if isinstance(job.get("params"), dict) else None
        return job if params is None or "jobName" not in job["params"] else {**job, "params": params}

    return _with_items(exchange, changed)


@fault("missing-params-are-taken-otherwise", breaks=["submit-jobs.missing-params"])
def missing_params_are_taken_otherwise(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job without `params` is answered with another status than is stated."""
    lacks = any("params" not in item for item in _items(exchange))
    return _otherwise(exchange) if lacks else exchange


@fault("empty-params-are-taken-otherwise", breaks=["submit-jobs.empty-params"])
def empty_params_are_taken_otherwise(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job whose `params` is empty is answered with another status than is stated."""
    empty = any(item.get("params") == {} for item in _items(exchange))
    return _otherwise(exchange) if empty else exchange


@fault("numbers-in-params-are-text", breaks=["submit-jobs.text-params"])
def numbers_in_params_are_text(exchange: ProxiedExchange) -> ProxiedExchange:
    """A number or truth value in `params` is answered with another status than is stated."""
    typed = any(not isinstance(value, str) for params in _params(exchange) for value in params.values())
    return _otherwise(exchange) if typed else exchange


@fault("params-are-taken-as-they-are", breaks=["submit-jobs.values-read-again"])
def params_are_taken_as_they_are(exchange: ProxiedExchange) -> ProxiedExchange:
    """The names in `params` are not read again as a query."""
    sent = [params.get("jobName") for params in _params(exchange)]
    if not sent or not exchange.ok or len(sent) != len(doc.receipts(exchange)):
        return exchange
    return exchange.with_change(
        lambda found: [{**job, "jobName": name or job["jobName"]} for job, name in zip(found, sent, strict=True)]
    )


@fault("invalid-params-are-500", breaks=["submit-jobs.invalid-params"])
def invalid_params_are_500(exchange: ProxiedExchange) -> ProxiedExchange:
    """An id in `params` that is not an integer is answered with 500."""
    return exchange.with_status(SERVER_ERROR) if exchange.is_for("submit_jobs") and exchange.is_error else exchange


@fault("invalid-params-are-skipped", breaks=["submit-jobs.invalid-params"], on="submit_jobs")
def invalid_params_are_skipped(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job with an id that is not an integer is skipped, and the response is 200."""
    return exchange.with_reply(200, []) if exchange.status == BAD_REQUEST and _items(exchange) else exchange


@fault("no-jobs-are-refused", breaks=["submit-jobs.no-jobs"], on="submit_jobs")
def no_jobs_are_refused(exchange: ProxiedExchange) -> ProxiedExchange:
    """A list without jobs is answered with 400."""
    return exchange.with_error(BAD_REQUEST) if exchange.request_json == [] else exchange


@fault("no-jobs-give-null", breaks=["submit-jobs.no-jobs"])
def no_jobs_give_null(exchange: ProxiedExchange) -> ProxiedExchange:
    """A list without jobs is answered with null."""
    return exchange.with_json(None) if exchange.is_for("submit_jobs") and exchange.request_json == [] else exchange


@fault("other-things-than-jobs-are-refused", breaks=["submit-jobs.not-objects"])
def other_things_than_jobs_are_refused(exchange: ProxiedExchange) -> ProxiedExchange:
    """An item that is not an object is answered with 400."""
    items = exchange.request_json if exchange.is_for("submit_jobs") else []
    odd = not isinstance(items, list) or any(not isinstance(item, dict) for item in items)
    return exchange.with_error(BAD_REQUEST) if odd and exchange.ok else exchange


@fault("failing-batch-is-rolled-back", breaks=["submit-jobs.one-by-one"])
def failing_batch_is_rolled_back(exchange: ProxiedExchange, lost: set[str]) -> ProxiedExchange:
    """When one of several jobs fails none is run: all of them are unknown."""
    if exchange.is_for("submit_jobs") and exchange.is_error:
        lost |= {str(params.get("jobId")) for params in _params(exchange)}
    return doc.as_unknown(exchange) if doc.shows_a_job(exchange) and exchange.value in lost else exchange


@fault("failing-batch-is-accepted", breaks=["submit-jobs.one-by-one"], on="submit_jobs")
def failing_batch_is_accepted(exchange: ProxiedExchange) -> ProxiedExchange:
    """When one of several jobs fails the others get receipts, and the response is 200."""
    return exchange.with_reply(200, []) if exchange.status == SERVER_ERROR and len(_items(exchange)) > 1 else exchange


_UNKNOWN_PLUGIN: Final = "NoSuchPlugin"


def _section(exchange: ProxiedExchange, name: str) -> list[Plugin]:
    config = exchange.request_json if exchange.is_for("submit_job") else None
    found = config.get(name) if isinstance(config, dict) else None
    return [plugin for plugin in found if isinstance(plugin, dict)] if isinstance(found, list) else []


def _plugins(exchange: ProxiedExchange) -> Iterator[Plugin]:
    for name in ("source", "transform", "sink"):
        yield from _section(exchange, name)


def _with_plugins(
    exchange: ProxiedExchange, section: str, change: Callable[[Plugin], Mapping[str, Any]]
) -> ProxiedExchange:
    found = _section(exchange, section)
    changed = [change(plugin) for plugin in found]
    return exchange if changed == found else exchange.with_request_body({**exchange.request_json, section: changed})


def _first(pipelines: Mapping[str, Any]) -> dict[str, Any]:
    return dict(list(pipelines.items())[:1])


def _decodable(text: Any) -> bool:
    try:
        base64.b64decode(str(text), validate=True)
    except binascii.Error:
        return False
    return True


def _items(exchange: ProxiedExchange) -> list[Plugin]:
    found = exchange.request_json if exchange.is_for("submit_jobs") else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _params(exchange: ProxiedExchange) -> list[dict[str, Any]]:
    return [item["params"] for item in _items(exchange) if isinstance(item.get("params"), dict)]


def _with_items(exchange: ProxiedExchange, change: Callable[[Plugin], Plugin]) -> ProxiedExchange:
    found = _items(exchange)
    changed = [change(item) for item in found]
    return exchange if changed == found else exchange.with_request_body(changed)


def _with_receipts(exchange: ProxiedExchange, change: Callable[[list[Any]], list[Any]]) -> ProxiedExchange:
    listed = exchange.is_for("submit_jobs") and exchange.ok and isinstance(exchange.document, list)
    return exchange.with_change(change) if listed else exchange


def _otherwise(exchange: ProxiedExchange) -> ProxiedExchange:
    """Return the exchange with 200 in the place of an error, and with 400 in the place of 200."""
    return exchange.with_error(BAD_REQUEST) if exchange.ok else exchange.with_reply(200, [])
