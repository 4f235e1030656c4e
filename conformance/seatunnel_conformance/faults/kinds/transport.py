"""Transport faults: connections that break, messages that are not HTTP, and bytes that are not what they say.

A response that does not come breaks no clause, because that may be the network. But a run in which responses are
missing must not end with the verdict that the target conforms. A response that is broken in the same way each time is
the target's (`http.whole-body`).
"""

from __future__ import annotations

from collections import Counter

from seatunnel_conformance.faults.catalogue import Expected, FaultEffect, fault
from seatunnel_conformance.faults.documents import shows_a_job
from seatunnel_conformance.faults.exchange import Cut, ProxiedExchange
from seatunnel_conformance.observe.forms import STAGES


@fault("overview-resets-the-connection", on="get_overview", expected=Expected.UNDECIDED)
def overview_resets_the_connection(exchange: ProxiedExchange) -> ProxiedExchange:
    """The connection is reset where the overview should come."""
    return exchange.with_delivery(Cut.RESET)


@fault("job-info-closes-the-connection", on="get_job_info", expected=Expected.UNDECIDED)
def job_info_closes_the_connection(exchange: ProxiedExchange) -> ProxiedExchange:
    """The connection is closed where the details of a job should come."""
    return exchange.with_delivery(Cut.CLOSE)


@fault("options-ends-the-connection", breaks=["http.keep-alive"])
def options_ends_the_connection(exchange: ProxiedExchange) -> ProxiedExchange:
    """The connection is closed after the response to OPTIONS, whose headers do not say so."""
    is_options = exchange.method == "OPTIONS"
    return exchange.with_delivery(exchange.received.as_bytes(), Cut.CLOSE) if is_options else exchange


@fault("readings-break-off", breaks=["http.whole-body"], on="get_system_monitoring_information")
def readings_break_off(exchange: ProxiedExchange) -> ProxiedExchange:
    """The connection is closed in the middle of the readings."""
    message = exchange.received.as_bytes()
    return exchange.with_delivery(message[: len(message) // 2], Cut.CLOSE)


@fault("promised-length-is-never-reached", breaks=["http.whole-body"], on="get_overview")
def promised_length_is_never_reached(exchange: ProxiedExchange) -> ProxiedExchange:
    """The overview promises more bytes than come."""
    longer = exchange.received.with_header("Content-Length", str(len(exchange.received.body) + 7))
    return exchange.with_delivery(longer.as_bytes(), Cut.CLOSE)


@fault("ended-jobs-promise-too-much", breaks=["http.whole-body"])
def ended_jobs_promise_too_much(exchange: ProxiedExchange) -> ProxiedExchange:
    """The response about an ended job promises more bytes than come."""
    if not shows_a_job(exchange) or STAGES.get(exchange.document["jobStatus"]) != STAGES["FINISHED"]:
        return exchange
    longer = exchange.received.with_header("Content-Length", str(len(exchange.received.body) + 7))
    return exchange.with_delivery(longer.as_bytes(), Cut.CLOSE)


@fault("files-have-no-last-chunk", breaks=["http.whole-body"], on="read_logs")
def files_have_no_last_chunk(exchange: ProxiedExchange) -> ProxiedExchange:
    """Log files are sent in chunks, and the connection is closed before the last one, which is empty."""
    if exchange.media_type != "text/plain" or not (body := exchange.received.body):
        return exchange
    chunked = exchange.received.without_header("Content-Length").with_header("Transfer-Encoding", "chunked")
    return exchange.with_delivery(chunked.with_framed(b"%x\r\n%s\r\n" % (len(body), body)).as_bytes(), Cut.CLOSE)


@fault("answer-is-no-http", breaks=["http.whole-body"], on="stop_job")
def answer_is_no_http(exchange: ProxiedExchange) -> ProxiedExchange:
    """Receipts of stops come without a status line."""
    bare = exchange.received.body + b"\r\n\r\n"
    return exchange.with_delivery(bare, Cut.CLOSE)


@fault("lengths-contradict-each-other", breaks=["http.whole-body"], on="get_running_jobs")
def lengths_contradict_each_other(exchange: ProxiedExchange) -> ProxiedExchange:
    """The list of running jobs has two lengths."""
    response = exchange.received
    return exchange.with_response(response.with_fields(*response.fields, ("Content-Length", "1")))


@fault("length-is-stated-in-two-ways", breaks=["http.whole-body"], on="get_running_jobs")
def length_is_stated_in_two_ways(exchange: ProxiedExchange) -> ProxiedExchange:
    """The list of running jobs is sent in chunks, and has a length as well."""
    head, _, body = exchange.received.as_bytes().partition(b"\r\n\r\n")
    framed = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    return exchange.with_delivery(head + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + framed)


@fault("body-is-not-compressed", breaks=["http.whole-body"], on="get_finished_jobs")
def body_is_not_compressed(exchange: ProxiedExchange) -> ProxiedExchange:
    """The list of ended jobs says that it is compressed, and is not."""
    return exchange.with_header("Content-Encoding", "gzip")


@fault("some-answers-do-not-come", expected=Expected.UNDECIDED)
def some_answers_do_not_come(exchange: ProxiedExchange, responses: Counter[str]) -> ProxiedExchange:
    """Every thirtieth response is missing."""
    responses["all"] += 1
    return exchange if responses["all"] % 30 else exchange.with_delivery(Cut.CLOSE)


@fault("answers-end-the-connection", breaks=["http.keep-alive"], on="get_overview")
def answers_end_the_connection(exchange: ProxiedExchange) -> ProxiedExchange:
    """The connection is closed after each overview, and the overview says so."""
    return exchange.with_header("Connection", "close")


@fault("connections-end-silently", breaks=["http.keep-alive"], on="stop_job")
def connections_end_silently(exchange: ProxiedExchange) -> ProxiedExchange:
    """The connection is closed after each receipt or refusal of a stop, and nothing says so."""
    return exchange.with_delivery(exchange.received.as_bytes(), Cut.CLOSE)


@fault("body-is-longer-than-promised", breaks=["overview.members"], on="get_overview")
def body_is_longer_than_promised(exchange: ProxiedExchange) -> ProxiedExchange:
    """The overview promises fewer bytes than come, so that its end is missing."""
    shorter = exchange.received.with_header("Content-Length", str(len(exchange.received.body) - 3))
    return exchange.with_delivery(shorter.as_bytes(), Cut.CLOSE)


@fault("bodies-are-empty", breaks=["monitoring.one-per-member", "monitoring.documented-keys"])
def bodies_are_empty(exchange: ProxiedExchange) -> ProxiedExchange:
    """The readings come with an empty body."""
    return exchange.with_body(b"") if exchange.is_for("get_system_monitoring_information") else exchange


@fault("json-is-sent-as-latin", breaks=["submit-job.given-name", "submit-job.name-from-env"])
def json_is_sent_as_latin(exchange: ProxiedExchange) -> ProxiedExchange:
    """JSON is sent in ISO-8859-1 instead of UTF-8."""
    if exchange.document is None:
        return exchange
    return exchange.with_body(exchange.received.body.decode().encode("iso-8859-1", "replace"))


@fault("json-begins-with-a-mark", breaks=["overview.members"], on="get_overview")
def json_begins_with_a_mark(exchange: ProxiedExchange) -> ProxiedExchange:
    """The overview begins with a byte order mark."""
    return exchange.with_body(b"\xef\xbb\xbf" + exchange.received.body)


@fault("html-instead-of-json", breaks=["running-jobs.lists-running", "http.json-content-type"], on="get_running_jobs")
def html_instead_of_json(exchange: ProxiedExchange) -> ProxiedExchange:
    """The list of running jobs is the page of a proxy that says that it is busy, with status 200."""
    return exchange.with_body(b"<html><body>Please wait</body></html>").with_header("Content-Type", "text/html")


@fault("answers-are-mixed-up", breaks=["job-info.asked-job", "life-cycle.times"])
class AnswersAreMixedUp(FaultEffect):
    """Every fifth response about a job is the one before it, whatever the request."""

    def __init__(self) -> None:
        self.count = 0
        self.last = b""

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Give the last body again."""
        if not exchange.is_for("get_job_info") or not exchange.ok:
            return exchange
        self.count += 1
        if self.count % 5 == 0:
            return exchange.with_body(self.last)
        self.last = exchange.received.body
        return exchange
