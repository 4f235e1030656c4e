"""Node faults: what a node shows of its threads, files, counters, loggers and plugins, left out or made up."""

from __future__ import annotations

from typing import Any, Final

from seatunnel_conformance.faults.catalogue import fault
from seatunnel_conformance.faults.exchange import NOT_FOUND, NOT_IMPLEMENTED, ProxiedExchange, without

_METRICS: Final = ("get_metrics", "get_openmetrics")


@fault("threads-have-no-names", breaks=["thread-dump.members", "running-threads.members", "running-threads.order"])
def threads_have_no_names(exchange: ProxiedExchange) -> ProxiedExchange:
    """The threads of the node have no names."""
    applies = exchange.is_for("get_thread_dump", "get_running_threads") and exchange.ok
    return exchange.with_change(lambda found: [without(it, "threadName") for it in found]) if applies else exchange


@fault("threads-are-in-disorder", breaks=["running-threads.order"], on="get_running_threads")
def threads_are_in_disorder(exchange: ProxiedExchange) -> ProxiedExchange:
    """The threads of the node are listed from the last name to the first."""
    return exchange.with_change(lambda found: found[::-1]) if exchange.ok else exchange


@fault("log-names-are-incomplete", breaks=["get-all-log-name.names"], on="get_all_log_names")
def log_names_are_incomplete(exchange: ProxiedExchange) -> ProxiedExchange:
    """The last of the node's log files is not named."""
    return exchange.with_change(lambda names: names[:-1]) if exchange.ok and exchange.document else exchange


@fault("metrics-are-json", breaks=["metrics.text", "openmetrics.text", "metrics.accept-ignored"], on=_METRICS)
def metrics_are_json(exchange: ProxiedExchange) -> ProxiedExchange:
    """The metrics of the node are sent as JSON."""
    return exchange.with_reply(200, {"jobs": 0})


@fault("accept-chooses-metrics", breaks=["metrics.accept-ignored"])
def accept_chooses_metrics(exchange: ProxiedExchange) -> ProxiedExchange:
    """A client that accepts OpenMetrics gets OpenMetrics."""
    wanted = exchange.is_for("get_metrics") and "openmetrics" in exchange.request.header("accept")
    return exchange.with_body(exchange.received.body + b"# EOF\n") if wanted else exchange


@fault("openmetrics-have-no-end", breaks=["openmetrics.text"], on="get_openmetrics")
def openmetrics_have_no_end(exchange: ProxiedExchange) -> ProxiedExchange:
    """The text of OpenMetrics has no end mark."""
    return exchange.with_body(exchange.received.body.replace(b"# EOF\n", b"")) if exchange.ok else exchange


@fault("odd-verbs-are-404", breaks=["http.unknown-method"])
def odd_verbs_are_404(exchange: ProxiedExchange) -> ProxiedExchange:
    """A verb that HTTP does not know is answered with 404."""
    return exchange.with_status(NOT_FOUND) if exchange.status == NOT_IMPLEMENTED else exchange


@fault("workers-are-not-listed", breaks=["resource.workers"])
def workers_are_not_listed(exchange: ProxiedExchange) -> ProxiedExchange:
    """The list of workers is empty."""
    return (
        exchange.with_change(lambda found: {**found, "workers": []})
        if _tells(exchange, "get_worker_resources")
        else exchange
    )


@fault("http-service-is-off", breaks=["http-service.status"])
def http_service_is_off(exchange: ProxiedExchange) -> ProxiedExchange:
    """The service that is on says that it is off."""
    off = {"httpEnabled": False, "httpsEnabled": False}
    return exchange.with_change(lambda found: found | off) if _tells(exchange, "get_http_service_status") else exchange


@fault("plugins-have-no-rules", breaks=["option-rules.rules"])
def plugins_have_no_rules(exchange: ProxiedExchange) -> ProxiedExchange:
    """A plugin is answered without the rules of its options."""
    if not _tells(exchange, "get_option_rules"):
        return exchange
    return exchange.with_change(lambda found: without(found, "optionRule"))


@fault("unknown-plugin-has-no-options", breaks=["option-rules.unknown-plugin"], on="get_option_rules")
def unknown_plugin_has_no_options(exchange: ProxiedExchange) -> ProxiedExchange:
    """A plugin that is not installed is answered with 200."""
    return exchange.with_reply(200, {}) if exchange.status == NOT_FOUND else exchange


@fault("root-logger-is-hidden", breaks=["loggers.list"])
def root_logger_is_hidden(exchange: ProxiedExchange) -> ProxiedExchange:
    """The root logger is not listed."""
    if not _tells(exchange, "list_loggers") or "loggers" not in exchange.document:
        return exchange
    return exchange.with_change(
        lambda found: {**found, "loggers": [it for it in found["loggers"] if it["name"] != "root"]}
    )


@fault("unknown-logger-is-404", breaks=["loggers.level"])
def unknown_logger_is_404(exchange: ProxiedExchange) -> ProxiedExchange:
    """A logger that is not configured is answered with 404."""
    unknown = _tells(exchange, "get_logger") and exchange.value != "root"
    return exchange.with_status(NOT_FOUND) if unknown else exchange


@fault("cluster-is-the-node", breaks=["loggers.scope"], on=("get_logger", "list_loggers"), before=True)
def cluster_is_the_node(exchange: ProxiedExchange) -> ProxiedExchange:
    """Of loggers, only those of the node are shown, whatever the scope."""
    asks = exchange.parameters.get("scope", "").lower() == "cluster"
    return exchange.with_request(query=()) if asks else exchange


@fault("levels-are-not-set", breaks=["loggers.override"])
def levels_are_not_set(exchange: ProxiedExchange, before: dict[str, Any]) -> ProxiedExchange:
    """A level that was set is acknowledged, and does not hold."""
    if not _tells(exchange, "get_logger"):
        return exchange
    return exchange.with_json(before.setdefault(exchange.value, exchange.document))


@fault("unknown-levels-are-set", breaks=["loggers.unknown-level"], on="set_logger_level")
def unknown_levels_are_set(exchange: ProxiedExchange) -> ProxiedExchange:
    """An unknown level is acknowledged."""
    return exchange.with_reply(200, {"status": "SUCCESS"}) if not exchange.ok else exchange


@fault("levels-are-not-reverted", breaks=["loggers.revert"])
def levels_are_not_reverted(exchange: ProxiedExchange) -> ProxiedExchange:
    """An override that was not there is said to be taken back."""
    none = _tells(exchange, "reset_logger_level") and exchange.document.get("status") == "NO_OVERRIDE"
    return exchange.with_change(lambda found: {**found, "status": "SUCCESS"}) if none else exchange


@fault("other-members-tags-are-taken", breaks=["update-local-member-tags.other-identity"])
def other_members_tags_are_taken(exchange: ProxiedExchange) -> ProxiedExchange:
    """Tags for another member are acknowledged."""
    refused = exchange.is_for("update_local_member_tags") and not exchange.ok
    return exchange.with_reply(200, {"status": "success", "message": "update node tags done."}) if refused else exchange


@fault("own-members-tags-are-dropped", breaks=["update-local-member-tags.own-identity"], before=True)
def own_members_tags_are_dropped(exchange: ProxiedExchange) -> ProxiedExchange:
    """Tags for the member that is asked are acknowledged, and forgotten."""
    sent = exchange.request_json
    asked = exchange.is_for("update_local_member_tags") and isinstance(sent, dict)
    return exchange.with_request_body({**sent, "tags": {}}) if asked else exchange


def _tells(exchange: ProxiedExchange, operation_id: str) -> bool:
    return exchange.is_for(operation_id) and exchange.ok and isinstance(exchange.document, dict)
