"""Node faults: what a node shows of its threads, files, counters, loggers and plugins, left out or made up."""

from __future__ import annotations

from typing import Final

from seatunnel_conformance.faults.catalogue import row
from seatunnel_conformance.faults.changes import *
from seatunnel_conformance.faults.exchange import NOT_FOUND, NOT_IMPLEMENTED

FAULTS: Final = (
    row("threads-have-no-names", "The threads of the node have no names.",
        "thread-dump.members running-threads.members running-threads.order", edited(each(drop("threadName"))),
        on="get_thread_dump get_running_threads", when=lists),
    row("threads-are-in-disorder", "The threads of the node are listed from the last name to the first.",
        "running-threads.order", edited(backwards), on="get_running_threads", when=is_ok),
    row("log-names-are-incomplete", "The last of the node's log files is not named.", "get-all-log-name.names",
        edited(but_last), on="get_all_log_names", when=is_ok),
    row("metrics-are-json", "The metrics of the node are sent as JSON.",
        "metrics.text openmetrics.text metrics.accept-ignored", reply(200, {"jobs": 0}),
        on="get_metrics get_openmetrics"),
    row("accept-chooses-metrics", "A client that accepts OpenMetrics gets OpenMetrics.", "metrics.accept-ignored",
        body(lambda it: it.received.body + b"# EOF\n"),
        on="get_metrics", when=lambda it: "openmetrics" in it.request.header("accept")),
    row("openmetrics-have-no-end", "The text of OpenMetrics has no end mark.", "openmetrics.text",
        body(lambda it: it.received.body.replace(b"# EOF\n", b"")), on="get_openmetrics", when=is_ok),
    row("odd-verbs-are-404", "A method that HTTP does not define is answered with 404.", "http.unknown-method",
        status(NOT_FOUND), when=has_status(NOT_IMPLEMENTED)),
    row("workers-are-not-listed", "The list of workers is empty.", "resource.workers",
        edited(put(workers=[])), on="get_worker_resources", when=tells),
    row("http-service-is-off",
        "The status of the HTTP service says that it is off, although it is on.", "http-service.status",
        edited(put(httpEnabled=False, httpsEnabled=False)), on="get_http_service_status", when=tells),
    row("plugins-have-no-rules", "A plugin is answered without the rules of its options.", "option-rules.rules",
        edited(drop("optionRule")), on="get_option_rules", when=tells),
    row("unknown-plugin-has-no-options", "A plugin that is not installed is answered with 200.",
        "option-rules.unknown-plugin", reply(200, {}), on="get_option_rules", when=has_status(NOT_FOUND)),
    row("root-logger-is-hidden", "The root logger is not listed.", "loggers.list",
        edited(at("loggers", keep(lambda it: it["name"] != "root"))), on="list_loggers", when=tells),
    row("unknown-logger-is-404", "A logger that is not configured is answered with 404.", "loggers.level",
        status(NOT_FOUND), on="get_logger", when=lambda it: tells(it) and it.value != "root"),
    row("cluster-is-the-node",
        "Only the levels of the node are in the response of `/loggers`, whatever the scope.", "loggers.scope",
        query(lambda _: ()), on="get_logger list_loggers",
        when=lambda it: it.parameters.get("scope", "").lower() == "cluster", before=True),
    row("levels-are-not-set", "Setting a level is answered with 200, but has no effect.", "loggers.override",
        as_at_first(lambda it: it.value), on="get_logger", when=tells),
    row("unknown-levels-are-set", "An unknown level is answered with 200.", "loggers.unknown-level",
        reply(200, {"status": "SUCCESS"}), on="set_logger_level", when=lambda it: not it.ok),
    row("levels-are-not-reverted",
        "Reverting an override that does not exist is answered as if there had been one.", "loggers.revert",
        edited(put(status="SUCCESS")), on="reset_logger_level",
        when=lambda it: tells(it) and it.document.get("status") == "NO_OVERRIDE"),
    row("other-members-tags-are-taken", "Tags for another member are answered with 200.",
        "update-local-member-tags.other-identity",
        reply(200, {"status": "success", "message": "update node tags done."}),
        on="update_local_member_tags", when=lambda it: not it.ok),
    row("own-members-tags-are-dropped", "Tags for the requested member are answered with 200, but not set.",
        "update-local-member-tags.own-identity", sent(put(tags={})), on="update_local_member_tags", before=True),
)  # fmt: skip
