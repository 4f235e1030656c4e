"""Faults of `/submit-jobs`, and of how `/submit-job` reads plugins, tables, credentials and the format of a config."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any, Final

from seatunnel_conformance.faults.changes import *

Plugin = dict[str, Any]

_ONE: Final = "submit_job"
_LIST: Final = "submit_jobs"
_UNKNOWN_PLUGIN: Final = "NoSuchPlugin"


def _names_unknown_plugin(it: ProxiedExchange) -> bool:
    return it.is_error and any(_UNKNOWN_PLUGIN in str(plugin.get("plugin_name")) for plugin in doc.plugins(it))


def _refused(it: ProxiedExchange) -> set[str]:
    """Return the id of the job that an exchange refuses, if any."""
    return {it.parameters["jobId"]} if it.is_for(_ONE) and it.is_error and it.parameters.get("jobId") else set()


def _listed(refused: set[str], like: Callable[[list[Any]], dict[str, Any]]) -> Change:
    """Add refused jobs to lists as failed jobs. `like` gets the items of a list, and returns their other members."""

    def edit(items: list[Any]) -> list[Any]:
        return [*items, *({**like(items), "jobId": job_id, "jobStatus": "FAILED"} for job_id in sorted(refused))]

    return lambda it: edited(edit)(it) if doc.lists_jobs(it) else it


def _names_tables_otherwise(it: ProxiedExchange) -> bool:
    facts = it.contract.operation(_ONE).behaviour
    last = {facts.names("inputKeys")[-1], facts.names("outputKeys")[-1]}
    return any(last & plugin.keys() for plugin in doc.plugins(it))


def _with_guessed_table(it: ProxiedExchange) -> ProxiedExchange:
    facts = it.contract.operation(_ONE).behaviour
    reads, writes = facts.names("inputKeys"), facts.names("outputKeys")
    known = [plugin[name] for plugin in doc.plugins(it, "source") for name in writes if name in plugin]
    read = [plugin[name] for plugin in doc.plugins(it, "sink") for name in reads if name in plugin]
    free = [table for table in known if table not in read]

    def repaired(plugin: Plugin) -> Plugin:
        return {name: free[0] if name in reads and value not in known else value for name, value in plugin.items()}

    return sent(at("sink", each(repaired)))(it) if free and not doc.plugins(it, "transform") else it


def _is_undecodable(plugin: Any) -> bool:
    try:
        base64.b64decode(str(plugin.get("password", "")) if isinstance(plugin, dict) else "", validate=True)
    except binascii.Error:
        return True
    return False


# Several jobs at once.


def _items(it: ProxiedExchange) -> list[Plugin]:
    found = it.request_json if it.is_for(_LIST) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _params(it: ProxiedExchange) -> list[dict[str, Any]]:
    return [item["params"] for item in doc.items_with_params(it.request_json if it.is_for(_LIST) else None)]


def _of_failed_batch(it: ProxiedExchange) -> set[str]:
    return {str(params.get("jobId")) for params in _params(it)} if it.is_for(_LIST) and it.is_error else set()


def _without_name(job: Any) -> Any:
    named = isinstance(job, dict) and isinstance(job.get("params"), dict) and "jobName" in job["params"]
    return {**job, "params": {"jobId": "", **without(job["params"], "jobName")}} if named else job


def _names_as_sent(it: ProxiedExchange) -> ProxiedExchange:
    names = [params.get("jobName") for params in _params(it)]
    if not names or not it.ok or len(names) != len(doc.receipts(it)):
        return it
    found = zip(it.document, names, strict=True)
    return it.with_json([{**job, "jobName": name or job["jobName"]} for job, name in found])


def _has_other_things(it: ProxiedExchange) -> bool:
    items = it.request_json
    return it.ok and (not isinstance(items, list) or any(not isinstance(item, dict) for item in items))


_OTHERWISE: Final = swapped(error(BAD_REQUEST), reply(200, []))

FAULTS: Final = (
    row("nameless-plugin-is-a-fake",
        "A source without `plugin_name` runs as a FakeSource instead of being answered with 500.",
        "submit-job.missing-plugin-name", on=_ONE, before=True,
        change=sent(at("source", each(
            lambda plugin: {"plugin_name": "FakeSource", **plugin} if isinstance(plugin, dict) else plugin)))),
    row("nameless-plugin-is-400", "A plugin without `plugin_name` is answered with 400 instead of 500.",
        "submit-job.missing-plugin-name", status(BAD_REQUEST), on=_ONE,
        when=lambda it: it.is_error and any("plugin_name" not in plugin for plugin in doc.plugins(it))),
    row("unknown-plugin-is-accepted", "A job with a connector that is not installed gets a receipt, and never runs.",
        "submit-job.unknown-plugin",
        reply(200, lambda it: {name: it.parameters.get(name, "") for name in ("jobId", "jobName")}),
        on=_ONE, when=_names_unknown_plugin),
    row("unknown-plugin-is-400", "A connector that is not installed is answered with 400 instead of 500.",
        "submit-job.unknown-plugin", status(BAD_REQUEST), on=_ONE, when=_names_unknown_plugin),
    row("unknown-transform-is-skipped", "A job with a transform that is not installed runs without this transform.",
        "submit-job.unknown-plugin", on=_ONE, before=True, change=sent(
            at("transform", keep(lambda plugin: _UNKNOWN_PLUGIN not in str(plugin))))),
    row("refused-job-is-in-the-history",
        "After a submission was refused, `/job-info` shows its job as failed instead of as unknown.",
        "submit-job.refused-is-unknown",
        after(_refused, lambda ids: made_up(ids, jobName="refused", jobStatus="FAILED"))),
    row("refused-job-is-listed", "After a submission was refused, its job is in the list of all ended jobs.",
        "submit-job.refused-is-unknown", on=(_ONE, "get_finished_jobs"), when=lambda it: it.is_for(_ONE) or it.document,
        change=after(_refused, lambda ids: _listed(ids, lambda items: {**items[0], "errorMsg": "refused"}))),
    row("refused-job-is-among-the-failed", "After a submission was refused, its job is in the list of failed jobs.",
        "submit-job.refused-is-unknown", on=(_ONE, "get_finished_jobs_by_state"),
        when=lambda it: it.is_for(_ONE) or it.value == "FAILED",
        change=after(_refused, lambda ids: _listed(ids, lambda _: {"jobName": "refused"}))),
    row("plugin-names-are-case-sensitive",
        "A plugin name in lower case is answered with 500, as if it were not installed.",
        "submit-job.plugin-name-case", error(SERVER_ERROR, "plugin not found"), on=_ONE, before=True,
        when=lambda it: any(str(plugin.get("plugin_name")).islower() for plugin in doc.plugins(it))),
    row("unknown-mode-is-batch",
        "A `job.mode` that is neither `BATCH` nor `STREAMING` is read as `BATCH` instead of being refused.",
        "submit-job.option-kind", sent(at("env", put(**{"job.mode": "BATCH"}))), on=_ONE, before=True,
        when=lambda it: str(doc.env(it).get("job.mode", "BATCH")).upper() not in {"BATCH", "STREAMING"}),
    row("parallelism-is-not-read", "A `parallelism` that is not a number is ignored instead of refused.",
        "submit-job.option-kind", sent(at("env", drop("parallelism"))), on=_ONE, before=True,
        when=lambda it: doc.env(it).get("parallelism") == "many"),
    row("other-table-names-are-refused",
        "One of the two names of a table option, such as `plugin_input`, is refused.",
        "submit-job.table-options", error(SERVER_ERROR), on=_ONE, when=_names_tables_otherwise, before=True),
    row("tables-are-not-distinguished", "The plan of a job with several pipelines shows only the first pipeline.",
        "submit-job.table-options job-info.pipelines", shown(pipelines(lambda found: dict(list(found.items())[:1])))),
    row("misspelled-table-is-guessed",
        "A sink that reads an unknown table gets the rows of an unused table instead of being refused.",
        "submit-job.unconnected-tables", _with_guessed_table, on=_ONE, before=True),
    row("credentials-are-not-decrypted", "Credentials that can't be decrypted are dropped, and the job is accepted.",
        "submit-job.encrypted-credentials", on=_ONE, before=True, change=sent(
            at("source", each(lambda plugin: drop("password")(plugin) if _is_undecodable(plugin) else plugin)))),
    row("encrypted-jobs-are-refused",
        "A config that names the algorithm of its encrypted credentials is answered with 400.",
        "submit-job.encrypted-credentials", error(BAD_REQUEST), on=_ONE,
        when=lambda it: "shade.identifier" in doc.env(it), before=True),
    row("undecryptable-is-500", "Credentials that can't be decrypted are answered with 500 instead of 400.",
        "submit-job.encrypted-credentials", status(SERVER_ERROR), on=_ONE,
        when=lambda it: it.is_error and any(map(_is_undecodable, doc.plugins(it)))),
    row("form-body-is-taken-otherwise",
        "A body that is sent as an HTML form is accepted where it must be refused, and vice versa.",
        "submit-job.form-body", swapped(error(415), reply(200, {"jobId": "1", "jobName": "form"})),
        on=_ONE, when=lambda it: "form" in it.request.header("content-type")),
    row("format-parameter-is-refused", "A submission with the parameter `format` is answered with 400.",
        "submit-job.body-formats", error(BAD_REQUEST), on=_ONE, when=asks("format"), before=True),
    row("any-language-is-accepted",
        "A `format` that the release does not support is accepted, and a supported one is refused.",
        "submit-job.body-formats", swapped(error(BAD_REQUEST), reply(200, {"jobId": "1", "jobName": "x"})),
        on=_ONE, when=lambda it: it.parameters.get("format", "json") != "json"),
    # Several jobs at once.
    row("receipts-are-reversed", "The receipts of `/submit-jobs` are in the opposite order of the jobs in the request.",
        "submit-jobs.receipts", edited(backwards), on=_LIST, when=lists),
    row("batch-runs-the-first-only",
        "Only the first job of `/submit-jobs` runs; the others get a receipt, but stay unknown.",
        "submit-jobs.receipts", after(lambda it: doc.receipt_ids(it, _LIST)[1:], hidden)),
    row("params-id-is-ignored", "The receipts of `/submit-jobs` have other ids than the `params` in the request.",
        "submit-jobs.optional-params submit-jobs.receipts",
        edited(each(at("jobId", lambda found: str(int(found) // 2)))), on=_LIST, when=lists),
    row("params-name-is-ignored", "The names in `params` of `/submit-jobs` are ignored.",
        "submit-jobs.optional-params submit-jobs.receipts", sent(each(_without_name)), on=_LIST, before=True),
    row("missing-params-are-taken-otherwise",
        "A job without `params` is accepted by `/submit-jobs` where it must be refused, and vice versa.",
        "submit-jobs.missing-params", _OTHERWISE, on=_LIST,
        when=lambda it: any("params" not in item for item in _items(it))),
    row("empty-params-are-taken-otherwise",
        "A job with empty `params` is accepted by `/submit-jobs` where it must be refused, and vice versa.",
        "submit-jobs.empty-params", _OTHERWISE, on=_LIST, when=lambda it: {} in _params(it)),
    row("numbers-in-params-are-text",
        "A number or boolean in `params` is accepted by `/submit-jobs` where it must be refused, and vice versa.",
        "submit-jobs.text-params", _OTHERWISE, on=_LIST,
        when=lambda it: any(not isinstance(value, str) for params in _params(it) for value in params.values())),
    row("params-are-taken-as-they-are",
        "Names in `params` keep escapes and ampersands, although `params` must be parsed as a query.",
        "submit-jobs.values-read-again", _names_as_sent),
    row("invalid-params-are-500", "An id in `params` that is not an integer is answered with 500 instead of 400.",
        "submit-jobs.invalid-params", status(SERVER_ERROR), on=_LIST, when=is_error),
    row("invalid-params-are-skipped",
        "A job whose id in `params` is not an integer is skipped, and the response is 200 instead of 400.",
        "submit-jobs.invalid-params", reply(200, []), on=_LIST,
        when=lambda it: it.status == BAD_REQUEST and _items(it)),
    row("no-jobs-are-refused", "An empty list in `/submit-jobs` is answered with 400 instead of 200.",
        "submit-jobs.no-jobs", error(BAD_REQUEST), on=_LIST, when=lambda it: it.request_json == []),
    row("no-jobs-give-null", "An empty list in `/submit-jobs` is answered with null instead of an empty list.",
        "submit-jobs.no-jobs", document(None), on=_LIST, when=lambda it: it.request_json == []),
    row("other-things-than-jobs-are-refused",
        "An item of `/submit-jobs` that is not an object is answered with 400 instead of being skipped.",
        "submit-jobs.not-objects", error(BAD_REQUEST), on=_LIST, when=_has_other_things),
    row("failing-batch-is-rolled-back",
        "If one job of `/submit-jobs` can't be planned, every job of the list is unknown afterwards.",
        "submit-jobs.one-by-one", after(_of_failed_batch, hidden)),
    row("failing-batch-is-accepted",
        "If one job of `/submit-jobs` can't be planned, the response is 200 and an empty list.",
        "submit-jobs.one-by-one", reply(200, []), on=_LIST,
        when=lambda it: has_status(SERVER_ERROR)(it) and len(_items(it)) > 1),
)  # fmt: skip
