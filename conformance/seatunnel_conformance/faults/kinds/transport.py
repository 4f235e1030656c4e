"""Faults of connections, message framing and encoding: missing, incomplete, mixed-up or undecodable responses.

A missing response breaks no clause, because the network may have lost it. But a run in which responses are missing
must not end with the verdict that the target conforms. A response that is broken in the same way each time is a
deviation of the target (`http.whole-body`).
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from seatunnel_conformance.faults.changes import *
from seatunnel_conformance.observe.forms import STAGES

_READINGS: Final = "get_system_monitoring_information"


def _without_last_chunk(it: ProxiedExchange) -> ProxiedExchange:
    content = it.received.body
    chunked = it.received.without_header("Content-Length").with_header("Transfer-Encoding", "chunked")
    return it.with_delivery(chunked.with_framed(b"%x\r\n%s\r\n" % (len(content), content)).as_bytes(), Cut.CLOSE)


def _in_chunks_with_length(it: ProxiedExchange) -> ProxiedExchange:
    head, _, content = it.received.as_bytes().partition(b"\r\n\r\n")
    framed = b"%x\r\n%s\r\n0\r\n\r\n" % (len(content), content)
    return it.with_delivery(head + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + framed)


def _every_fifth_is_the_last(it: ProxiedExchange, count: Counter[str], last: dict[str, bytes]) -> ProxiedExchange:
    count["all"] += 1
    if count["all"] % 5 == 0:
        return it.with_body(last["body"])
    last["body"] = it.received.body
    return it


FAULTS: Final = (
    row("overview-resets-the-connection", "Instead of a response of `/overview`, the connection is reset.", "",
        sends(lambda _: [Cut.RESET]), on="get_overview", expected=Expected.UNDECIDED),
    row("job-info-closes-the-connection", "Instead of a response of `/job-info/{jobId}`, the connection is closed.", "",
        sends(lambda _: [Cut.CLOSE]), on="get_job_info", expected=Expected.UNDECIDED),
    row("options-ends-the-connection",
        "The connection is closed after every response to OPTIONS, without `Connection: close`.", "http.keep-alive",
        closes, when=lambda it: it.method == "OPTIONS"),
    row("readings-break-off", "The connection is closed in the middle of the monitoring entries.", "http.whole-body",
        sends(lambda it: [it.received.as_bytes()[: len(it.received.as_bytes()) // 2], Cut.CLOSE]), on=_READINGS),
    row("ended-jobs-promise-too-much", "The details of an ended job are 7 bytes shorter than their `Content-Length`.",
        "http.whole-body", promises(7),
        when=lambda it: doc.shows_a_job(it) and STAGES.get(it.document["jobStatus"]) == STAGES["FINISHED"]),
    row("files-have-no-last-chunk", "Log files have chunked transfer encoding without the last chunk.",
        "http.whole-body", _without_last_chunk,
        on="read_logs", when=lambda it: it.media_type == "text/plain" and it.received.body),
    row("answer-is-no-http", "The receipts of stops are sent without status line and headers.", "http.whole-body",
        sends(lambda it: [it.received.body + b"\r\n\r\n", Cut.CLOSE]), on="stop_job"),
    row("length-is-stated-in-two-ways",
        "The list of running jobs has chunked transfer encoding and a `Content-Length`.",
        "http.whole-body", _in_chunks_with_length, on="get_running_jobs"),
    row("body-is-not-compressed", "The list of all ended jobs has `Content-Encoding: gzip`, but is not compressed.",
        "http.whole-body", header("Content-Encoding", "gzip"), on="get_finished_jobs"),
    row("some-answers-do-not-come", "Instead of every thirtieth response, the connection is closed.",
        "", expected=Expected.UNDECIDED,
        change=at_times(lambda number: number % 30 == 0, sends(lambda _: [Cut.CLOSE]))),
    row("answers-end-the-connection", "The connection is closed after every overview, with `Connection: close`.",
        "http.keep-alive", header("Connection", "close"), on="get_overview"),
    row("body-is-longer-than-promised",
        "The `Content-Length` of `/overview` is 3 bytes too low, so its JSON is cut off.",
        "overview.members", promises(-3), on="get_overview"),
    row("bodies-are-empty", "The response with the monitoring entries has an empty body.",
        "monitoring.one-per-member monitoring.documented-keys", body(b""), on=_READINGS),
    row("json-is-sent-as-latin", "JSON is sent in ISO-8859-1 instead of UTF-8.",
        "submit-job.given-name submit-job.name-from-env",
        body(lambda it: it.received.body.decode().encode("iso-8859-1", "replace")),
        when=lambda it: it.document is not None),
    row("json-begins-with-a-mark", "The JSON of `/overview` begins with a byte order mark.", "overview.members",
        body(lambda it: b"\xef\xbb\xbf" + it.received.body), on="get_overview"),
    row("html-instead-of-json", "The list of running jobs is an HTML page with status 200, as a proxy may send it.",
        "running-jobs.lists-running http.json-content-type", page(b"<html><body>Please wait</body></html>"),
        on="get_running_jobs"),
    row("answers-are-mixed-up",
        "Every fifth response of `/job-info/{jobId}` is the previous one, whatever the requested id.",
        "job-info.asked-job life-cycle.times", _every_fifth_is_the_last, on="get_job_info", when=is_ok),
)  # fmt: skip
