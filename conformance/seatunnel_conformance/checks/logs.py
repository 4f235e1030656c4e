"""`GET /logs` and `GET /logs/{jobIdOrFile}`: log files of all nodes, or the text of one."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from operator import le
from typing import Any, Final
from urllib.parse import urlsplit

from seatunnel_conformance.arrange.expectations import accepted
from seatunnel_conformance.arrange.jobs import Jobs, OwnJob
from seatunnel_conformance.arrange.nodes import has_several_members, members, unreachable_links
from seatunnel_conformance.arrange.waiting import at_rest, settled
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.errors import ArrangementFailed, NotObservable
from seatunnel_conformance.observe.schemas import violations
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation

PATH = "/logs/{jobIdOrFile}"

JSON = {"format": "json"}

NO_MATCH = "zzz-none"
"""A text that is in no file name. The recordings use the same one, so they show how engines respond to it."""

MOST_FILES = 1000
"""The maximum number of files of a node that a check reads from a list."""

OUTSIDE = (
    "/../config/seatunnel.yaml",
    "/%2e%2e/config/x.log",
    "/..%2f..%2f..%2fetc%2fpasswd.log",
    "/..%5cx.log",
    "/%252e%252e/x.log",
    "/..%252f..%252fetc%252fpasswd.log",
)
"""Suffixes of a log path that lead out of the log folder. Some contain `.log`: only such names are read as files."""


def links(response: Response) -> dict[str, str]:
    """Return the links of an HTML page of log files: the text of each link by its URL."""
    assert response.status == 200, response
    assert response.media_type == "text/html", response
    found = re.findall(r'<a href="([^"]*)"[^>]*>(.*?)</a>', response.text, re.DOTALL)
    return {html.unescape(address): html.unescape(text) for address, text in found}


def own_log(target: Target, jobs: Jobs) -> tuple[OwnJob, list[Mapping[str, Any]]]:
    """Return an ended job with the entries of its log files."""
    job = jobs.finished()
    entries = jobs.listed_soon(lambda: target.get(PATH, query=JSON, jobIdOrFile=job.id).items)
    if entries:
        return job, entries
    if not _keeps_files_of_jobs(target):
        raise NotObservable("this deployment keeps no log file per job (see its log4j2.properties)")
    # A failure names the last request, which has to be this operation and not the list of all files.
    return job, target.get(PATH, query=JSON, jobIdOrFile=job.id).items


def _keeps_files_of_jobs(target: Target) -> bool:
    return any("job-" in item["logName"] for item in every_file(target))


def some_file(target: Target) -> dict[str, Any]:
    """Return the entry of a log file of the target's node."""
    return some_files(target, most=1)[0]


def every_file(target: Target) -> list[dict[str, Any]]:
    """Return the entries of the log files of all nodes. Raises `ArrangementFailed` for anything but a JSON list."""
    response = target.get("/logs", query=JSON)
    found = response.json_as(list) if response.media_type == "application/json" else None
    if found is not None:
        return found
    raise ArrangementFailed(f"the list of log files is not JSON: {response!r}", "logs.json-list")


def some_files(target: Target, *, most: int) -> list[dict[str, Any]]:
    """Return the entries of the log files of the target's node, at least one."""
    files = [item for item in every_file(target) if ".log" in item["logName"]]
    port = urlsplit(target.url).port or 80
    own = [item for item in files if urlsplit(item["logLink"]).port == port]
    if len({item["node"] for item in own}) != 1:
        # Links can't be assigned to the node by its port: nodes on several hosts share one, and a proxy has another.
        own = own or files
        here = names_of_node(target)
        own = [item for item in own if item["logName"] in here]
    if not own:
        raise NotObservable("the node that is asked has no log files")
    # The log of a job first: it is short.
    return sorted(own, key=lambda item: not item["logName"].startswith("job-"))[:most]


def names_of_each_kind(target: Target) -> list[str]:
    """Return the names of the first job log and of the first other log file of the target's node, if it has both."""
    names = [entry["logName"] for entry in some_files(target, most=MOST_FILES)]
    return list({name.startswith("job-"): name for name in reversed(names)}.values())


@check("logs.json-list")
def json_list(target: Target, contract: Contract) -> None:
    """A console that lists the log files of the cluster lacks a file or a node."""
    response = target.get("/logs", query=JSON)
    assert violations(contract, "LogFiles", accepted(response)) == []
    if twice := _listed_twice(response.items):
        cause = _by_one_host(target)
        target.get("/logs", query=JSON)  # a failure names the last request
        raise AssertionError(f"{twice[0]} is listed twice{cause}")
    here, listed = settled(partial(_names_of_node_and_all, target), le)
    assert here <= listed, f"files of the node are not listed: {', '.join(sorted(here - listed)[:3])}"


def _listed_twice(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of the files that a list has more than once."""
    counts = Counter((item["logLink"], item["logName"]) for item in entries)
    return [name for (_, name), count in counts.items() if count > 1]


def _by_one_host(target: Target) -> str:
    """Return why a file is listed twice: members share a host, and a node requests all their files at its own port."""
    hosts = [host for host, count in Counter(member.host for member in members(target)).items() if count > 1]
    return "".join(
        f": several members have the host {host}, and a node sends all requests for their files to its own port"
        for host in hosts[:1]
    )


def require_each_once(target: Target) -> None:
    """Raise `ArrangementFailed` if the list of all log files contains a file twice."""
    if twice := _listed_twice(every_file(target)):
        raise ArrangementFailed(f"{twice[0]} is listed twice", "logs.json-list")


def _names_of_node_and_all(target: Target) -> tuple[set[str], set[str]]:
    """Return the names of the node's log files, then those of all nodes, which can include newer files."""
    return names_of_node(target), {item["logName"] for item in target.get("/logs", query=JSON).items}


def names_of_node(target: Target) -> set[str]:
    """Return the names of the log files of the node. Raises `ArrangementFailed` if `/log` is not an HTML page."""
    response = target.get("/log")
    if (response.status, response.media_type) != (200, "text/html"):
        raise ArrangementFailed(f"the list of log files of the node is not an HTML page: {response!r}", "log.page")
    return {address.rpartition("/")[2] for address in links(response)}


def a_file(target: Target) -> list[str]:
    """Return a list with the name of one log file of the node; empty if the node has none."""
    try:
        return sorted(names_of_node(target))[:1]
    except ArrangementFailed:
        return []


@check("logs.default-format")
def default_format(target: Target, contract: Contract) -> None:
    """A client that names no format gets a web page where it expects JSON, or the reverse."""
    for operation_id, path in (("list_logs", "/logs"), ("read_logs", f"/logs/{NO_MATCH}")):
        stated = contract.operation(operation_id).behaviour.choice("defaultFormat")
        assert target.get(path).media_type == {"html": "text/html", "json": "application/json"}[stated]


@check("logs.format-words")
def format_words(target: Target) -> None:
    """A client that misspells the format gets a web page where it expects JSON, without an error."""
    kinds = {
        "format=JSON": "application/json",
        "format=xml": "text/html",
        "format=": "text/html",
        "format=json&format=html": "application/json",
    }
    for path in ("/logs", f"/logs/{NO_MATCH}"):
        assert {query: target.get(path, query=query).media_type for query in kinds} == kinds


@check("logs.links-lead-to-files")
def links_lead_to_files(target: Target) -> None:
    """A user follows the link to a log file, and gets another file or an error."""
    files = some_files(target, most=MOST_FILES)
    missing = {listed["logLink"] for listed in files} - links(target.get("/logs")).keys()
    assert not missing, f"files of the node without a link on the page: {', '.join(sorted(missing)[:3])}"
    for listed in files[:3]:
        text = target.get(urlsplit(listed["logLink"]).path.removeprefix(target.context_path))
        assert (text.status, text.media_type) == (200, "text/plain")
        assert urlsplit(listed["logLink"]).path.endswith(f"/logs/{listed['logName']}")


@check("logs.reachable-links")
def reachable_links(target: Target) -> None:
    """A user who follows a link to a log file gets no response: only hosts in the cluster can reach the link."""
    some_file(target)
    assert unreachable_links(target) == []


@check("logs.link-text")
def link_text(target: Target, contract: Contract) -> None:
    """A script that reads the web page can't find a file by the text of its link."""
    listed = some_file(target)
    texts = {"file": listed["logName"], "node-and-file": f"{listed['node']}-{listed['logName']}"}
    shown = links(target.get("/logs"))[listed["logLink"]]
    assert shown == texts[contract.operation("list_logs").behaviour.choice("linkText")]


@check("logs.by-job-id")
def by_job_id(target: Target, jobs: Jobs) -> None:
    """A user who opens the log of a job sees the log of another job, or none."""
    job, entries = own_log(target, jobs)
    assert entries
    assert [item["logName"] for item in entries if job.id not in item["logName"]] == []
    if twice := _listed_twice(entries):
        require_each_once(target)
    assert not twice, "a file is listed twice"
    every = every_file(target)
    # Only the names: the schemas of the two lists differ in other members.
    assert {item["logName"] for item in entries} <= {item["logName"] for item in every}
    assert set(links(target.get(PATH, jobIdOrFile=job.id))) == {item["logLink"] for item in entries}
    names = {item["logName"] for item in entries}
    if has_several_members(target):
        names &= names_of_node(target)
    texts = [target.get(PATH, jobIdOrFile=name).text for name in names]
    assert not names or any(job.id in text for text in texts), f"no log file of the job contains its id {job.id}"


@check("logs.part-of-a-name")
def part_of_a_name(target: Target) -> None:
    """A client that searches by a part of a file name misses a file, or gets one that does not match."""
    parts = {listed["logName"].partition(".log")[0][1:]: listed["logName"] for listed in some_files(target, most=20)}
    part, name = max(parts.items(), key=lambda item: item[0].upper() != item[0].lower())  # one with letters
    _is_found(target, part, name)
    page, listed = at_rest(
        lambda: set(links(target.get(PATH, jobIdOrFile=part))),
        lambda: {item["logLink"] for item in target.get(PATH, query=JSON, jobIdOrFile=part).items},
    )
    assert page == listed
    for text in {part, part.upper(), part.lower(), part.swapcase()}:
        assert [other for other in _found_names(target, text) if text not in other] == []


def _is_found(target: Target, part: str, name: str) -> None:
    found = _found_names(target, part)
    assert name in found, f"GET /logs/{part} does not find {name}, but {', '.join(found[:3]) or 'nothing'}"


def _found_names(target: Target, text: str) -> list[str]:
    return [item["logName"] for item in target.get(PATH, query=JSON, jobIdOrFile=text).items]


@check("logs.no-match")
def no_match(target: Target) -> None:
    """A client gets an error instead of an empty list for a job that has no log file."""
    assert accepted(target.get(PATH, query=JSON, jobIdOrFile=NO_MATCH)) == []
    assert links(target.get(PATH, jobIdOrFile=NO_MATCH)) == {}


@check("logs.file")
def file(target: Target) -> None:
    """A user who opens a log file sees an error page, or gets a download, instead of its text."""
    for name in names_of_each_kind(target):
        for query in ({}, JSON):
            response = target.get(PATH, query=query, jobIdOrFile=name)
            assert (response.status, response.media_type) == (200, "text/plain"), response


_CUT: Final = re.compile(
    rb"\[SeaTunnel\] Log truncated: returning (\d+) bytes from the tail of (\d+) bytes \(file size at read start\)\..*"
    rb"seatunnel\.engine\.http\.log-response-max-size-mb.*\n"
)


@check("logs.long-file")
def long_file(target: Target) -> None:
    """A client that archives logs can't tell that it got only the end of a log."""
    names = names_of_each_kind(target)
    texts = [target.get(path, file=name) for name in names for path in ("/logs/{file}", "/log/{file}")]
    cut = [text for text in texts if text.body.startswith(b"[SeaTunnel] Log truncated")]
    if not cut:
        raise NotObservable("no log file is longer than the limit of responses")
    for text in cut:
        notice = _CUT.match(text.body)
        assert notice, text.body.partition(b"\n")[0]
        sent, whole = map(int, notice.groups())
        assert sent < whole
        size = len(text.body) + text.missing - notice.end()
        # A byte that is not UTF-8 is sent as U+FFFD, which has three bytes.
        assert size == sent or b"\xef\xbf\xbd" in text.body or (text.missing and size < sent)


@check("logs.missing-file")
def missing_file(target: Target) -> None:
    """A client that reads a rotated log file must get an error, not an empty text."""
    for name in (f"{NO_MATCH}.log", f"{NO_MATCH}.log.1", ".log"):
        for query in ({}, JSON):
            response = target.get(PATH, query=query, jobIdOrFile=name)
            assert response.status == 400, response
            assert response.body == b"", response


@check("logs.names-not-decoded")
def names_not_decoded(target: Target) -> None:
    """A client that escapes a file name needlessly finds the file here, but not on other deployments."""
    name = some_file(target)["logName"]
    escaped = f"%{ord(name[0]):02X}{name[1:]}".partition(".log")[0]
    assert accepted(target.get(f"/logs/{escaped}", query=JSON)) == []


@check("logs.text-charset")
def text_charset(target: Target, contract: Contract) -> None:
    """A client that decodes the log with its release's charset shows wrong letters in Chinese names."""
    for name in names_of_each_kind(target):
        response = target.get(PATH, jobIdOrFile=name)
        assert response.charset == contract.behaviour.choice("textCharset"), response


@check("logs.inside-folder")
def inside_folder(target: Target) -> None:
    """Anybody who reaches the port can read the configuration and the passwords of the host."""
    for path in OUTSIDE:
        response = target.get(f"/logs{path}")
        assert response.status in {400, 404}, response
        assert b"root:" not in response.body


_LINES: Final = 120
"""Rows of a job that logs each row, which gives more than 8 KiB of text."""


def must_show_new_logs(target: Target, contract: Contract, operation: Operation, jobs: Jobs) -> None:
    """Assert that an operation lists the log file of a new job, or returns the newest lines of a log file."""
    if operation.id in LOG_NAMES:
        _must_list_new_files(target, contract, operation.id, jobs)
    if operation.id in _LOG_TEXTS:
        _must_show_new_lines(target, operation.path, jobs)


def _must_list_new_files(target: Target, contract: Contract, operation_id: str, jobs: Jobs) -> None:
    """Assert that the log file of a job is listed after its end, if there is a log file for each job."""
    known, seen = {operation.id for operation in contract.operations} - {operation_id}, list[str]()
    for other in [name for name in LOG_NAMES if name in known]:
        with suppress(AssertionError):  # the check of that operation fails
            seen += LOG_NAMES[other](target, jobs.finished())
    if not any("job-" in name for name in seen):
        return
    job = jobs.own(jobs.batch())
    LOG_NAMES[operation_id](target, job)
    accepted(jobs.send(job))
    jobs.ended(job)
    is_of_one = operation_id in _OF_ONE_NODE and has_several_members(target)  # before the response that a report shows
    found = jobs.listed_soon(lambda: [name for name in LOG_NAMES[operation_id](target, job) if job.id in name])
    if not found and is_of_one:
        raise NotObservable("the job ran on other nodes of the cluster")
    assert found, f"no log file of the job {job.id} is listed"


def _must_show_new_lines(target: Target, path: str, jobs: Jobs) -> None:
    """Assert that the log file of a running job has more lines after its end, if there is a log file for each job.

    The node's log file is not read: if it is large, no other check could run at the same time.
    """
    if has_several_members(target) or not _keeps_files_of_jobs(target):
        return  # the job may run on another member
    # Its rows are more text than the 8 KiB that an engine reads at once.
    job = jobs.submitted(jobs.endless(rows=_LINES))
    jobs.until_moving(job)
    name = next((entry["logName"] for entry in some_files(target, most=MOST_FILES) if job.id in entry["logName"]), None)
    place = re.sub(r"{\w+}", str(name), path)
    before = target.get(place).text if name else ""
    jobs.stop(job.id)
    jobs.must_end(job)
    # A release that logs the job at level INFO also logs its stop.
    if any(job.id in line and " INFO " in line for line in before.splitlines()):
        added = jobs.listed_soon(lambda: target.get(place).text.removeprefix(before).splitlines())
        assert added, f"GET {place} shows no line about the end of the job {job.id}"


def _names(target: Target, path: str, query: Mapping[str, str]) -> list[str]:
    return [item["logName"] for item in target.get(path, query=query).items]


LOG_NAMES: Final[Mapping[str, Callable[[Target, OwnJob], list[str]]]] = {
    "list_logs": lambda target, _: _names(target, "/logs", JSON),
    "read_logs": lambda target, job: _names(target, f"/logs/{job.id}", JSON),
    "list_node_logs": lambda target, _: re.findall(r'href="([^"]*)"', target.get("/log").text),
    "get_all_log_names": lambda target, _: target.get("/get-all-log-name").json,
}
"""For each operation that lists log files, a function that returns the listed names."""

_LOG_TEXTS: Final = frozenset({"read_logs", "read_node_log"})
"""The operations that return the text of a file."""

_OF_ONE_NODE: Final = frozenset({"list_node_logs", "get_all_log_names"})
"""The operations that list only the files of the node that receives the request."""
