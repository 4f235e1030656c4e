"""`GET /log`, `GET /log/{file}` and `GET /get-all-log-name`: the log files of the target's node."""

from __future__ import annotations

from seatunnel_conformance.arrange.expectations import stated
from seatunnel_conformance.arrange.waiting import at_rest
from seatunnel_conformance.checks.logs import (
    JSON,
    MOST_FILES,
    NO_MATCH,
    OUTSIDE,
    every_file,
    links,
    names_of_each_kind,
    names_of_node,
    some_files,
)
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.errors import ArrangementFailed
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract

PATH = "/log/{file}"


@check("log.page")
def page(target: Target) -> None:
    """A user who opens `/log` in a browser does not find a log file of the node."""
    links(target.get("/log"))  # a page, even if the node has no file
    # The files are read before the page: a page that is read later also has the files of jobs that start meanwhile.
    names = {entry["logName"] for entry in some_files(target, most=MOST_FILES)}
    missing = names - {address.rpartition("log/")[2] for address in links(target.get("/log"))}
    assert not missing, f"files of the node without a link: {', '.join(sorted(missing)[:3])}"


@check("log.no-json")
def no_json(target: Target) -> None:
    """A client that reads `/log` as JSON works here, but gets an HTML page from other deployments."""
    response = target.get("/log", query=JSON)
    assert (response.status, response.media_type) == (200, "text/html"), response


@check("log.file")
def file(target: Target) -> None:
    """A user who opens a log file sees an error page, or gets a download, instead of its text."""
    for name in names_of_each_kind(target):
        response = target.get(PATH, file=name)
        assert (response.status, response.media_type) == (200, "text/plain"), response


@check("log.same-text")
def same_text(target: Target, contract: Contract) -> None:
    """A user reads two different texts under the name of one log file."""
    stated = contract.behaviour.choice("textCharset")
    names = names_of_each_kind(target)
    # The first file is read again, to find a cache that mixes up files.
    for name in (*names, names[0]):
        first = target.get(PATH, file=name)
        second = target.get("/logs/{jobIdOrFile}", jobIdOrFile=name)
        assert first.status == 200, first
        if second.status != 200:
            raise ArrangementFailed(f"/logs does not return the file: {second!r}", "logs.file")
        if first.charset == stated != second.charset:
            raise ArrangementFailed(f"the text has another charset than {stated}: {second!r}", "logs.text-charset")
        assert first.charset == second.charset
        # The file may have grown between two responses.
        assert second.body.startswith(first.body)
        assert target.get(PATH, file=name).body.startswith(second.body)


@check("log.missing-file")
def missing_file(target: Target) -> None:
    """A client that reads a rotated log file must get an error, not an empty text."""
    for name in (NO_MATCH, f"{NO_MATCH}.log"):
        response = target.get(PATH, file=name)
        assert response.status == 400, response
        assert response.body == b"", response


@check("log.inside-folder")
def inside_folder(target: Target) -> None:
    """Anybody who reaches the port can read the configuration and the passwords of the host."""
    for path in (*OUTSIDE, "/../../etc/passwd", "/..%2f..%2f..%2fetc%2fpasswd"):
        response = target.get(f"/log{path}")
        assert response.status in {400, 404}, response
        assert b"root:" not in response.body


@check("get-all-log-name.names", alone=True)
def names(target: Target, contract: Contract) -> None:
    """Nodes build the cluster's list of log files from these lists; a file that is missing here is never found."""
    page, listed = at_rest(
        lambda: sorted(names_of_node(target)),
        lambda: stated(contract, "get_all_log_names", target.get("/get-all-log-name")),
    )
    if more := set(listed or ()).difference(page):
        elsewhere = {entry["logName"] for entry in every_file(target)}
        if more <= elsewhere:
            raise ArrangementFailed(
                f"the page of the node lacks {', '.join(sorted(more)[:3])}, which /logs lists", "log.page"
            )
    assert sorted(listed or ()) == page
