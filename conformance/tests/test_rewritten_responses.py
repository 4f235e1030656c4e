"""Requests and responses that a gateway or another implementation changes in one place fail the check of its clause."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote

import pytest

from seatunnel_conformance.faults.catalogue import FaultEffect
from seatunnel_conformance.faults.exchange import BAD_REQUEST, JSON, SERVER_ERROR, Cut, ProxiedExchange
from seatunnel_conformance.report.outcomes import Outcome, Verdict

pytestmark = pytest.mark.slow

Broken = Callable[..., str]
Judge = Callable[..., Outcome]
Change = Callable[[ProxiedExchange], ProxiedExchange]

_MARK = "X-Was-Put"


class Rewritten(FaultEffect):
    """A function of the requests (`before`) or of the responses, of these operations if there are any."""

    def __init__(self, change: Change, *operations: str, before: bool = False) -> None:
        self.change, self.operations, self.before, self.name = change, operations, before, change.__name__

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        return self._changed(exchange) if self.before else exchange

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        return exchange if self.before else self._changed(exchange)

    def _changed(self, exchange: ProxiedExchange) -> ProxiedExchange:
        is_meant = not self.operations or exchange.is_for(*self.operations)
        return self.change(exchange) if is_meant else exchange


class PutIsPost(FaultEffect):
    """PUT does what POST does, and is answered as unsupported."""

    name = "put_is_post"

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        is_put = exchange.method == "PUT" and exchange.path == "/update-tags"
        sent = exchange.request.with_line(exchange.request.line.replace("PUT", "POST")).with_header(_MARK, "1")
        return replace(exchange, request=sent) if is_put else exchange

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        return exchange.with_body(b"").with_status(405) if exchange.request.header(_MARK) else exchange


def path_in_lower_case(exchange: ProxiedExchange) -> ProxiedExchange:
    route, slash, value = exchange.path[1:].partition("/")
    return exchange.with_request(path=f"/{route.lower()}/{value}") if slash else exchange


def nothing_behind_a_slash(exchange: ProxiedExchange) -> ProxiedExchange:
    return exchange.with_json([]) if exchange.path.startswith("/running-threads/") and exchange.ok else exchange


def nothing_for_browsers(exchange: ProxiedExchange) -> ProxiedExchange:
    return exchange.with_json([]) if exchange.request.header("accept") == "text/html" else exchange


def half_of_the_length(exchange: ProxiedExchange) -> ProxiedExchange:
    length = exchange.received.header("content-length")
    is_head = exchange.method == "HEAD" and length and exchange.ok
    return exchange.with_header("Content-Length", str(int(length) // 2)) if is_head else exchange


def server_log_has_no_charset(exchange: ProxiedExchange) -> ProxiedExchange:
    is_text = exchange.media_type == "text/plain" and not exchange.value.startswith("job-")
    return exchange.with_header("Content-Type", "text/plain") if is_text else exchange


def page_has_the_server_log(exchange: ProxiedExchange) -> ProxiedExchange:
    link = b'<li><a href="http://h:1/logs/seatunnel-engine-server.log">seatunnel-engine-server.log</a></li></ul>'
    return exchange.with_body(exchange.received.body.replace(b"</ul>", link))


def nothing_for_a_query(exchange: ProxiedExchange) -> ProxiedExchange:
    return exchange.with_json([]) if exchange.query and exchange.ok else exchange


def no_body_without_type(exchange: ProxiedExchange) -> ProxiedExchange:
    return exchange if exchange.request.header("content-type") else exchange.with_request_body(b"")


def text_is_utf8(exchange: ProxiedExchange) -> ProxiedExchange:
    is_text = exchange.request.header("content-type") == "text/plain"
    return exchange.with_request_header("Content-Type", "application/json") if is_text else exchange


def without_last_comma(exchange: ProxiedExchange) -> ProxiedExchange:
    return exchange.with_request_body(re.sub(rb",(\s*[\]}])", rb"\1", exchange.request.body))


def first_key_counts(exchange: ProxiedExchange) -> ProxiedExchange:
    try:
        first = json.loads(exchange.request.body, object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    except ValueError:
        return exchange
    return exchange.with_request_body(first)


def broken_query_is_dropped(exchange: ProxiedExchange) -> ProxiedExchange:
    return exchange.with_request(query=[]) if "%zz" in exchange.target else exchange


def forms_are_refused(exchange: ProxiedExchange) -> ProxiedExchange:
    return exchange.with_error(415) if "form" in exchange.request.header("content-type") else exchange


def body_of_get_is_a_request(exchange: ProxiedExchange) -> ProxiedExchange:
    refusal = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
    is_read = exchange.method == "GET" and exchange.request.body
    return exchange.with_delivery(exchange.received.as_bytes(), refusal) if is_read else exchange


def query_ends_the_connection(exchange: ProxiedExchange) -> ProxiedExchange:
    closing = exchange.with_header("Connection", "close").received.as_bytes()
    return exchange.with_delivery(closing, Cut.CLOSE) if exchange.query else exchange


def server_error_ends_the_connection(exchange: ProxiedExchange) -> ProxiedExchange:
    closing = exchange.with_header("Connection", "close").received.as_bytes()
    return exchange.with_delivery(closing, Cut.CLOSE) if exchange.status == SERVER_ERROR else exchange


def last_tag_decides(exchange: ProxiedExchange) -> ProxiedExchange:
    return exchange.with_request(query=exchange.query[-1:]) if len(exchange.parameters) > 1 else exchange


def charset_is_added(exchange: ProxiedExchange) -> ProxiedExchange:
    return exchange.with_header("Content-Type", "application/json; charset=utf-8") if exchange.ok else exchange


def server_errors_lose_their_charset(exchange: ProxiedExchange) -> ProxiedExchange:
    return exchange.with_header("Content-Type", JSON) if exchange.status == SERVER_ERROR else exchange


def sizes_are_added(exchange: ProxiedExchange) -> ProxiedExchange:
    is_list = exchange.ok and isinstance(exchange.document, list)
    return exchange.with_change(lambda files: [{**file, "size": 1} for file in files]) if is_list else exchange


def filter_is_added(exchange: ProxiedExchange) -> ProxiedExchange:
    is_filtered = exchange.ok and exchange.query
    return exchange.with_change(lambda found: {**found, "tags": {}}) if is_filtered else exchange


def files_are_partial(exchange: ProxiedExchange) -> ProxiedExchange:
    return exchange.with_status(206) if exchange.media_type == "text/plain" else exchange


def text_says_utf8(exchange: ProxiedExchange) -> ProxiedExchange:
    return exchange.with_header("Content-Type", "text/plain;charset=utf-8") if exchange.ok else exchange


def without_last_link(exchange: ProxiedExchange) -> ProxiedExchange:
    first, *links = exchange.received.body.split(b"<li>")
    return exchange.with_body(b"<li>".join([first, *links[:-1]]))


def without_title(exchange: ProxiedExchange) -> ProxiedExchange:
    return exchange.with_body(re.sub(rb"<title>.*</title>", b"", exchange.received.body))


def rolled_file_is_a_filter(exchange: ProxiedExchange) -> ProxiedExchange:
    is_rolled = exchange.status == BAD_REQUEST and ".log." in exchange.value
    return exchange.with_status(200) if is_rolled else exchange


def decoded_twice(exchange: ProxiedExchange) -> ProxiedExchange:
    is_outside = ".." in unquote(exchange.value)
    return exchange.with_status(200).with_text("root:x:0:0") if is_outside else exchange


def without_stacks(exchange: ProxiedExchange) -> ProxiedExchange:
    return exchange.with_change(lambda threads: [{**thread, "stackTrace": ""} for thread in threads])


def with_end_mark(exchange: ProxiedExchange) -> ProxiedExchange:
    return exchange.with_body(exchange.received.body + b"# EOF\n")


def with_empty_line(exchange: ProxiedExchange) -> ProxiedExchange:
    return exchange.with_body(exchange.received.body.replace(b"# EOF", b"\n# EOF"))


class UploadedJobsAreNotStopped(FaultEffect):
    """A stop of an uploaded job is answered with 200, and not done."""

    name = "uploaded_jobs_are_not_stopped"

    def __init__(self) -> None:
        self.uploaded: set[str] = set()

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        job_id = str(exchange.request_json.get("jobId")) if exchange.is_for("stop_job") else ""
        return exchange.with_reply(200, {"jobId": job_id}) if job_id in self.uploaded else exchange

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        if exchange.is_for("submit_job_by_upload"):
            self.uploaded.add(exchange.document["jobId"])
        return exchange


def rewritten_lines(pattern: str, by: str) -> Change:
    """Return a function that replaces a pattern in the text of a response."""
    return lambda exchange: exchange.with_text(re.sub(pattern, by, exchange.received.body.decode()))


class TextsAreKept(FaultEffect):
    """The text of a log file is the one that was returned first."""

    name = "texts_are_kept"

    def __init__(self, operation: str) -> None:
        self.operation, self.texts = operation, dict[str, ProxiedExchange]()

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        if not exchange.is_for(self.operation) or exchange.media_type != "text/plain":
            return exchange
        return exchange.with_body(self.texts.setdefault(exchange.value, exchange).received.body)


REWRITTEN = [
    ("http.unknown-path", Rewritten(path_in_lower_case, before=True)),
    ("http.trailing-slash", Rewritten(nothing_behind_a_slash)),
    ("http.sub-paths", Rewritten(nothing_behind_a_slash)),
    ("http.accept-ignored", Rewritten(nothing_for_browsers, "get_thread_dump")),
    ("http.head", Rewritten(half_of_the_length, "read_node_log")),
    ("logs.text-charset", Rewritten(server_log_has_no_charset, "read_logs")),
    ("logs.part-of-a-name", Rewritten(page_has_the_server_log, "read_logs")),
    ("http.unknown-parameters", Rewritten(nothing_for_a_query, "get_thread_dump")),
    ("http.request-content-type", Rewritten(no_body_without_type, "encrypt_config", before=True)),
    ("http.request-content-type", Rewritten(forms_are_refused, "stop_jobs", before=True)),
    ("http.broken-query", Rewritten(broken_query_is_dropped, "submit_job_by_upload", before=True)),
    ("http.unsupported-write", PutIsPost()),
    ("http.body-charset", Rewritten(text_is_utf8, "stop_job", before=True)),
    ("http.strict-json", Rewritten(without_last_comma, "encrypt_config", before=True)),
    ("http.first-value", Rewritten(first_key_counts, "submit_job", before=True)),
    ("http.one-answer", Rewritten(body_of_get_is_a_request)),
    ("http.keep-alive", Rewritten(query_ends_the_connection, "list_logs")),
    ("http.rejected-body", Rewritten(server_errors_lose_their_charset, "submit_jobs")),
    ("http.json-content-type", Rewritten(charset_is_added, "stop_jobs")),
    ("http.json-content-type", Rewritten(charset_is_added, "list_logs")),
    ("GET /finished-jobs/{state}, with jobs", Rewritten(charset_is_added, "get_finished_jobs_by_state")),
    ("life-cycle.stop-ends", UploadedJobsAreNotStopped()),
    ("http.further-members", Rewritten(sizes_are_added, "read_logs")),
    ("http.further-members", Rewritten(filter_is_added, "get_overview")),
    ("http.keep-alive", Rewritten(server_error_ends_the_connection, "list_logs")),
    ("overview.all-tags", Rewritten(last_tag_decides, "get_overview", before=True)),
    ("logs.links-lead-to-files", Rewritten(without_last_link, "list_logs")),
    ("log.page", Rewritten(without_last_link, "list_node_logs")),
    ("GET /log, with jobs", Rewritten(without_title, "list_node_logs")),
    ("GET /log/{file}, with jobs", TextsAreKept("read_node_log")),
    ("GET /logs/{jobIdOrFile}, with jobs", TextsAreKept("read_logs")),
    ("logs.missing-file", Rewritten(rolled_file_is_a_filter, "read_logs")),
    ("logs.inside-folder", Rewritten(decoded_twice, "read_logs")),
    ("thread-dump.members", Rewritten(without_stacks, "get_thread_dump")),
    ("metrics.text", Rewritten(with_end_mark, "get_metrics")),
    ("openmetrics.text", Rewritten(with_empty_line, "get_openmetrics")),
]


@pytest.mark.parametrize(("check", "effect"), REWRITTEN, ids=[f"{check}-{one.name}" for check, one in REWRITTEN])
def test_change_in_one_place_fails_the_check_of_its_clause(
    broken: Broken, judge: Judge, check: str, effect: FaultEffect
) -> None:
    assert judge(check, broken(effect, "2.3.10"), "2.3.10").verdict is Verdict.FAIL


METRICS = [
    ("metrics.text", '="([^"]*)"', r"=\1"),
    ("metrics.text", r"(# TYPE job_count .*\n)((?:.*\n)*)", r"\2\1"),
    ("metrics.text", r"(node_count\{.*\n)", r"\1\1"),
    ("metrics.text", "# TYPE.*\n", ""),
    ("metrics.jobs-by-state", r'(type="finished",} )\S+', r"\g<1>77.0"),
]


@pytest.mark.parametrize("row", METRICS, ids=[by for *_, by in METRICS])
def test_change_in_the_text_of_metrics_fails_their_checks(
    broken: Broken, judge: Judge, tmp_path_factory: pytest.TempPathFactory, row: tuple[str, str, str]
) -> None:
    check, pattern, by = row
    config = tmp_path_factory.getbasetemp() / "telemetry.yaml"
    config.write_text("seatunnel: {engine: {telemetry: {metric: {enabled: true}}}}")
    url = broken(Rewritten(rewritten_lines(pattern, by), "get_metrics"), "2.3.10", "--config", str(config))
    outcome = judge(check, url, "2.3.10")
    assert outcome.verdict is Verdict.FAIL, outcome.reason


OTHERS = [
    ("log.same-text", Rewritten(files_are_partial, "read_logs"), "logs.file"),
    ("log.same-text", Rewritten(text_says_utf8, "read_logs"), "logs.text-charset"),
    ("get-all-log-name.names", Rewritten(without_last_link, "list_node_logs"), "log.page"),
]


@pytest.mark.parametrize(("check", "effect", "cause"), OTHERS, ids=[cause for *_, cause in OTHERS])
def test_change_in_another_operation_points_to_its_clause(
    broken: Broken, judge: Judge, check: str, effect: FaultEffect, cause: str
) -> None:
    outcome = judge(check, broken(effect, "2.3.10"), "2.3.10")
    assert (outcome.verdict, outcome.see) == (Verdict.INCONCLUSIVE, cause)
