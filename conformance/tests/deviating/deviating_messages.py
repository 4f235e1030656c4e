"""Deviations of the operations about a node, and of HTTP messages."""

import re
from dataclasses import replace
from urllib.parse import unquote

from deviations import BY_STATE, BY_STATE_CHECK, INFO, OLDER, UPLOAD, closing, deviation, has_query, is_text, replaced

from seatunnel_conformance.faults.changes import *

CHARSET_ADDED = header("Content-Type", "application/json; charset=utf-8")
LAST_LINK = b'<li><a href="http://h:1/logs/seatunnel-engine-server.log">seatunnel-engine-server.log</a></li></ul>'
NOT_AN_ANSWER = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"


def frames(number: int) -> Change:
    """Each stack trace has a frame of its own."""
    return replaced(rb"\\n\\tat ", rb"\\n\\tat jetty.Frame%d\\n\\tat " % number, 1)


def level_forgotten_after_a_read(it: ProxiedExchange, last: list[str]) -> ProxiedExchange:
    is_forgotten = it.is_for("get_logger") and it.ok and last[-1:] == ["get_logger"]
    last.append(it.operation_id)
    return it.with_json({**it.document, "level": "INFO"}) if is_forgotten else it


def put_is_post(it: ProxiedExchange) -> ProxiedExchange:
    """PUT does what POST does, and is answered as unsupported."""
    if it.response:
        return it.with_body(b"").with_status(405) if it.request.header("X-Put") else it
    is_put = it.method == "PUT" and it.path == "/update-tags"
    asked = it.request.with_line(it.request.line.replace("PUT", "POST")).with_header("X-Put", "1")
    return replace(it, request=asked) if is_put else it


def another_file(number: int) -> Change:
    """There is another log file each time that the files of all nodes are listed."""
    name = f"job-{number}.log"
    file = {"node": "127.0.0.1:5801", "logLink": f"http://127.0.0.1/logs/{name}", "logName": name}
    return edited(lambda files: [*files, file])


def end_only(said: str) -> Change:
    """A deployment with log files that exceed its limit, so that it sends a notice and the last bytes of each."""
    notice = f"[SeaTunnel] Log truncated: {said} from the tail of 9 bytes (file size at read start). Raise "
    return lambda it: it.with_text(f"{notice}seatunnel.engine.http.log-response-max-size-mb.\nend\n")


def empty_for_head(number: int) -> Change:
    """HEAD states the length of an empty list, and each GET has another number of jobs."""
    return lambda it: header("Content-Length", "2")(it) if it.method == "HEAD" else document([{}] * number)(it)


def is_file(it: ProxiedExchange) -> bool:
    return it.ok and (it.is_for("read_node_log") or ".log" in it.value)


def without_last_link(it: ProxiedExchange) -> ProxiedExchange:
    first, *links = it.received.body.split(b"<li>")
    return it.with_body(b"<li>".join([first, *links[:-1]]))


NODE = (
    # Log files.
    deviation("node-log-is-cut", body(lambda it: it.received.body[:40]), "read_node_log", is_ok, fails="log.same-text"),
    deviation("node-log-is-utf-16", header("Content-Type", "text/plain;charset=utf-16"), "read_node_log", is_ok,
              fails="log.same-text"),
    deviation("names-are-utf-16", body(lambda it: it.received.body.decode().encode("utf-16-le")), "get_all_log_names",
              is_ok, passes=("http.further-members", "http.whole-body")),
    deviation("files-of-jobs-are-not-named", edited(keep(lambda name: "job-" not in name)), "get_all_log_names", lists,
              fails="GET /get-all-log-name, with jobs", reason="GET /get-all-log-name was answered 200; .*"),
    deviation("server-log-has-no-charset", header("Content-Type", "text/plain"), "read_logs",
              lambda it: is_text(it) and not it.value.startswith("job-"), fails="logs.text-charset"),
    deviation("files-are-partial", status(206), "read_logs", is_text, points={"log.same-text": "logs.file"}),
    deviation("text-says-utf8", header("Content-Type", "text/plain;charset=utf-8"), "read_logs", is_ok,
              points={"log.same-text": "logs.text-charset"}),
    deviation("text-of-node-logs-is-kept", as_at_first(lambda it: it.value), "read_node_log", is_text,
              fails="GET /log/{file}, with jobs"),
    deviation("text-of-logs-is-kept", as_at_first(lambda it: it.value), "read_logs", is_text,
              fails="GET /logs/{jobIdOrFile}, with jobs"),
    deviation("rolled-file-is-a-filter", status(200), "read_logs",
              lambda it: it.status == BAD_REQUEST and ".log." in it.value, fails="logs.missing-file"),
    deviation("paths-are-decoded-twice", both(status(200), lambda it: it.with_text("root:x:0:0")), "read_logs",
              lambda it: ".." in unquote(it.value), fails="logs.inside-folder"),
    deviation("files-of-a-job-are-lost", document([]), "read_logs", lists,
              fails="logs.by-job-id", accuses="GET /logs/{jobIdOrFile}"),
    deviation("sizes-are-added", edited(each(put(size=1))), "read_logs", lists, fails="http.further-members"),
    deviation("page-has-the-server-log", replaced(b"</ul>", LAST_LINK), "read_logs", fails="logs.part-of-a-name"),
    deviation("last-format-counts", query(lambda found: dict(found).items()), "read_logs", has_query, before=True,
              fails="logs.format-words"),
    deviation("files-of-jobs-are-json", query(lambda _: [("format", "json")]), "read_logs", lambda it: not it.query,
              before=True, fails="logs.default-format"),
    deviation("list-is-always-a-page", query(lambda _: []), "list_logs", before=True,
              points={"logs.by-job-id": "logs.json-list"}),
    deviation("list-says-that-it-is-a-page", header("Content-Type", "text/html"), "list_logs",
              points={"log.page": "logs.json-list"}),
    deviation("last-link-is-lost", without_last_link, "list_logs", fails="logs.links-lead-to-files"),
    deviation("last-link-of-the-node-is-lost", without_last_link, "list_node_logs", fails="log.page",
              points={"get-all-log-name.names": "log.page"}),
    deviation("page-has-no-title", replaced(b"<title>.*</title>", b""), "list_node_logs", fails="GET /log, with jobs"),
    deviation("log-files-keep-coming", numbered(another_file), "list_logs", release="documented",
              passes="logs.json-list"),
    deviation("long-files-are-cut", end_only("returning 4 bytes"), "read_node_log read_logs", is_file, release="3.1.0",
              passes="logs.long-file"),
    deviation("long-files-are-cut-elsewhere", end_only("returning 5 bytes"), "read_node_log read_logs", is_file,
              release="3.1.0", fails="logs.long-file"),
    deviation("long-files-have-another-notice", end_only("the last 4 bytes"), "read_node_log read_logs", is_file,
              release="3.1.0", fails="logs.long-file"),
    # Threads, metrics, loggers and plugins.
    deviation("threads-have-no-stacks", edited(each(put(stackTrace=""))), "get_thread_dump",
              fails="thread-dump.members"),
    deviation("member-is-listed-twice", edited(lambda readings: [*readings, readings[0]]),
              "get_system_monitoring_information", lists, fails="monitoring.one-per-member",
              reason="GET /system-monitoring-information was answered 200; .*"),
    deviation("metrics-have-an-end-mark", body(lambda it: it.received.body + b"# EOF\n"), "get_metrics",
              fails="metrics.text"),
    deviation("openmetrics-have-an-empty-line", replaced(b"# EOF", b"\n# EOF"), "get_openmetrics",
              fails="openmetrics.text"),
    # By then, a job has more checkpoints than the history lists by default.
    deviation("details-are-slow", sends(lambda it: [1.5, it.received.as_bytes()]), INFO, release="2.3.13",
              passes="jobs.checkpoint-history"),
    deviation("previous-level-is-info", edited(put(previousLevel="INFO")), "set_logger_level", is_ok, release="3.0.0",
              fails="loggers.override", accuses="POST /loggers/{name}"),
    deviation("level-is-forgotten-after-a-read", level_forgotten_after_a_read, release="3.0.0",
              fails="loggers.override", accuses="POST /loggers/{name}"),
    deviation("rules-are-those-of-the-first", as_at_first(lambda _: ""), "get_option_rules", is_ok, release="3.1.0",
              fails="option-rules.rules"),
    deviation("resources-are-old", edited(put(collectedAt=1_700_000_000)), "get_worker_resources", is_ok,
              release="3.1.0", fails="resource.workers"),
    deviation("edges-are-of-an-hour", edited(lambda found: {**found, "fromMs": found["toMs"] - 3_600_000}),
              "get_realtime_edges", is_ok, release="3.1.0", fails="metrics.realtime-edges"),
)  # fmt: skip

HTTP = (
    deviation("paths-are-in-lower-case", path(lambda it: re.sub(r"^/\w+(?=/)", lambda part: part[0].lower(), it.path)),
              before=True, fails="http.unknown-path"),
    deviation("nothing-behind-a-slash", document([]), when=lambda it: it.ok and it.path.startswith("/running-threads/"),
              fails=("http.trailing-slash", "http.sub-paths")),
    deviation("nothing-for-browsers", document([]), "get_thread_dump",
              lambda it: it.request.header("accept") == "text/html", fails="http.accept-ignored"),
    deviation("nothing-for-a-query", document([]), "get_thread_dump", lambda it: it.ok and it.query,
              fails="http.unknown-parameters"),
    deviation("half-of-the-length",
              header("Content-Length", lambda it: str(int(it.received.header("content-length")) // 2)), "read_node_log",
              lambda it: it.method == "HEAD" and it.ok and it.received.header("content-length"), fails="http.head",
              reason=r"HEAD \S+ was answered 200; HEAD \S+ states the length \d+ for a body of \d+ bytes"),
    deviation("changing-lists-are-empty-for-head", numbered(empty_for_head), "get_finished_jobs", is_ok,
              fails="http.head"),
    deviation("charset-is-quoted", header("Content-Type", 'application/json;charset="utf-8"'), INFO, is_error,
              passes="http.error-content-type"),
    deviation("no-body-without-type", lambda it: it.with_request_body(b""), "encrypt_config",
              lambda it: not it.request.header("content-type"), before=True, fails="http.request-content-type"),
    deviation("forms-are-refused", error(415), "stop_jobs", lambda it: "form" in it.request.header("content-type"),
              before=True, fails="http.request-content-type"),
    deviation("broken-query-is-dropped", query(lambda _: []), UPLOAD, lambda it: "%zz" in it.target, before=True,
              fails="http.broken-query"),
    deviation("put-is-post", put_is_post, before=None, fails="http.unsupported-write"),
    deviation("text-is-utf8", lambda it: it.with_request_header("Content-Type", "application/json"), "stop_job",
              lambda it: it.request.header("content-type") == "text/plain", before=True, fails="http.body-charset"),
    deviation("charset-is-ignored", lambda it: it.with_request_header("Content-Type", "application/json"),
              "submit_jobs", lambda it: "charset" in it.request.header("content-type"), before=True,
              fails="http.body-charset"),
    deviation("last-comma-is-lost", request_body(rb",(\s*[\]}])", rb"\1"), "encrypt_config", before=True,
              fails="http.strict-json"),
    deviation("first-key-counts", first_keys, "submit_job", before=True, fails="http.first-value"),
    deviation("body-of-get-is-a-request", sends(lambda it: [it.received.as_bytes(), NOT_AN_ANSWER]),
              when=lambda it: it.method == "GET" and it.request.body, fails="http.one-answer"),
    deviation("errors-are-cut-off", sends(lambda it: [it.received.as_bytes()[:-9], Cut.CLOSE]), OLDER,
              lambda it: it.is_error and it.method == "GET", fails="http.whole-body"),
    deviation("query-ends-the-connection", closing, "list_logs", has_query, fails="http.keep-alive"),
    deviation("server-error-ends-the-connection", closing, "list_logs", lambda it: it.status == SERVER_ERROR,
              fails="http.keep-alive"),
    deviation("server-errors-lose-their-charset", header("Content-Type", JSON), "submit_jobs",
              lambda it: it.status == SERVER_ERROR, fails="http.rejected-body"),
    deviation("charset-is-added-to-stops", CHARSET_ADDED, "stop_jobs", is_ok, fails="http.json-content-type"),
    deviation("charset-is-added-to-logs", CHARSET_ADDED, "list_logs", is_ok, fails="http.json-content-type"),
    deviation("charset-is-added-to-lists", CHARSET_ADDED, BY_STATE, is_ok, fails=BY_STATE_CHECK),
    deviation("filter-is-added", edited(put(tags={})), "get_overview", lambda it: it.ok and it.query,
              fails="http.further-members"),
    deviation("frames-differ", numbered(frames), release="development-2026-07-01",
              passes=("http.chunked-body", "http.body-charset", "http.first-value")),
    deviation("json-begins-with-a-mark", points={"http.unsupported-write": "overview.members"}),
    *(deviation(name, fails=check) for name, check in (
        ("slash-behind-a-post-is-404", "http.trailing-slash"),
        ("log-file-has-another-head", "http.head"),
        ("unknown-jobs-have-no-savepoint", "stop-job.unknown-id"),
        ("overview-loses-workers", "GET /overview, recorded as overview/plain"),
    )),
    deviation("another-error", error(400, "another"), INFO, is_error, accuses="GET /job-info/{jobId}",
              fails="GET /overview, recorded as http-semantics/accept-ignored-on-success"),
)  # fmt: skip
