"""The log files of the node: `GET /log`, `/log/{file}` and `/get-all-log-name`; and the levels of its `/loggers`."""

from __future__ import annotations

from itertools import pairwise

from seatunnel_conformance.arrange.expectations import Wording, accepted, refused, stated
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
from seatunnel_conformance.target.exchange import Response
from seatunnel_openapi import Contract

PATH = "/log/{file}"


@check("log.page")
def page(target: Target) -> None:
    """A user who opens this page in a browser does not find a log file of the node."""
    links(target.get("/log"))  # a page, even if the node has no file
    # The files first: that of a job which starts now is on a page that is read afterwards.
    names = {entry["logName"] for entry in some_files(target, most=MOST_FILES)}
    missing = names - {address.rpartition("log/")[2] for address in links(target.get("/log"))}
    assert not missing, f"files of the node without a link: {', '.join(sorted(missing)[:3])}"


@check("log.no-json")
def no_json(target: Target) -> None:
    """A client that requests JSON from this page must know that only `/logs` returns it."""
    response = target.get("/log", query=JSON)
    assert (response.status, response.media_type) == (200, "text/html"), response


@check("log.file")
def file(target: Target) -> None:
    """A console that shows the text of a log file shows an error page, or downloads it instead."""
    for name in names_of_each_kind(target):
        response = target.get(PATH, file=name)
        assert (response.status, response.media_type) == (200, "text/plain"), response


@check("log.same-text")
def same_text(target: Target, contract: Contract) -> None:
    """A user reads two different texts under the name of one log file."""
    stated = contract.behaviour.choice("textCharset")
    names = names_of_each_kind(target)
    # The first one again, to find a cache that mixes them up.
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
    """The log lists of other nodes are made from this one; a file that is missing here can't be found anywhere."""
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


PATH = "/loggers/{name}"
OWN = "conformance.nobody.logs.here"
"""A logger without messages."""

# The servlet writes these errors itself, without a class.
_UNKNOWN_SCOPE = Wording("Unknown scope 'all', valid scopes are: node, cluster", "text")
_NO_LEVEL = Wording('The level is required, send it as ?level=DEBUG or as {"level":"DEBUG"}.', "text")
_NO_NAME = Wording("The logger name must not be empty, use /loggers/{name}.", "text")


@check("loggers.list")
def list(target: Target, contract: Contract) -> None:  # noqa: A001 - the clause's name
    """A user can't find out which logger makes the log so long, and where its level comes from."""
    found = stated(contract, "list_loggers", target.get("/loggers"))
    assert "root" in {logger["name"] for logger in found["loggers"]}


@check("loggers.level")
def level(target: Target, contract: Contract) -> None:
    """A client can't read the level of a logger that has none of its own."""
    root = stated(contract, "get_logger", target.get(PATH, name="root"))
    own = stated(contract, "get_logger", target.get(PATH, name=OWN))
    assert (root["name"], own["name"]) == ("root", OWN)
    assert own["level"] == root["level"]
    listed = {logger["name"]: logger["level"] for logger in target.get("/loggers").members["loggers"]}
    assert root["level"] == listed["root"]


@check("loggers.override", writes=True)
def override(target: Target, contract: Contract) -> None:
    """A user who searches for an error can't log more without a restart of the node."""
    before = accepted(target.get(PATH, name=OWN))["level"]
    levels = [before, *(wanted for wanted in ("DEBUG", "TRACE", "ERROR") if wanted != before)]
    found = []
    try:
        for wanted in levels[1:]:
            changed = stated(contract, "set_logger_level", _set(target, wanted.lower()))
            now = [accepted(target.get(PATH, name=OWN))["level"] for _ in range(2)]
            listed = {logger["name"]: logger["level"] for logger in target.get("/loggers").members["loggers"]}
            found.append((changed["previousLevel"], changed["level"], *now, listed.get(OWN)))
            assert "fileLevel" not in changed, "a logger that no file configures has no level of a file"
    finally:
        _reset(target)
    assert found == [(previous, *[wanted] * 4) for previous, wanted in pairwise(levels)]


@check("loggers.scope")
def scope(target: Target, contract: Contract) -> None:
    """A user changes a level for the whole cluster, and a part of the nodes keeps the old one unnoticed."""
    for path, operation_id in ((PATH.replace("{name}", OWN), "get_logger"), ("/loggers", "list_loggers")):
        found = stated(contract, operation_id, target.get(path, query={"scope": "Cluster"}))
        own = accepted(target.get(path, query={"scope": "NODE"}))
        assert own["node"] in [node["node"] for node in found["nodes"]]
        reached = {node.get("status") != "FAILURE" for node in found["nodes"]}
        assert found["status"] == (
            "PARTIAL_FAILURE" if len(reached) > 1 else "SUCCESS" if True in reached else "FAILURE"
        )
        refused(target.get(path, query={"scope": "all"}), 400, _UNKNOWN_SCOPE)


@check("loggers.unknown-level", writes=True)
def unknown_level(target: Target) -> None:
    """A user who misspells a level gets no error, and waits for log lines that never come."""
    name = f"{OWN}.either"  # another check changes the level of the other one at the same time
    path = PATH.replace("{name}", name)
    before = accepted(target.get(path))["origin"]
    try:
        response = target.post(path, query={"level": "NO_SUCH_LEVEL"})
        refused(response, 400)
        assert response.members["message"].startswith(
            "Unknown logger level 'NO_SUCH_LEVEL', valid levels are: OFF, FATAL, ERROR"
        )
        refused(target.post(path), 400, _NO_LEVEL)
        refused(target.post(path, body={"level": 1}), 400, _NO_LEVEL)
        refused(target.post(path, query={"level": "NO_SUCH_LEVEL", "scope": "all"}), 400, _UNKNOWN_SCOPE)
        refused(target.post("/loggers", query={"level": "NO_SUCH_LEVEL", "scope": "all"}), 400, _NO_NAME)
        assert accepted(target.get(path))["origin"] == before
    finally:
        target.send("DELETE", path)


@check("loggers.revert", writes=True)
def revert(target: Target, contract: Contract) -> None:
    """A level that was changed for a search stays, and debug lines fill the disk."""
    before = accepted(target.get(PATH, name=OWN))["level"]
    try:
        accepted(_set(target, "DEBUG" if before != "DEBUG" else "TRACE"))
    finally:
        reset = _reset(target)
    stated(contract, "reset_logger_level", reset)
    assert accepted(target.get(PATH, name=OWN))["level"] == before
    assert stated(contract, "reset_logger_level", _reset(target))["status"] == "NO_OVERRIDE"


def _set(target: Target, wanted: str) -> Response:
    return target.post(PATH.replace("{name}", OWN), query={"level": wanted, "scope": "node"})


def _reset(target: Target) -> Response:
    return target.send("DELETE", PATH.replace("{name}", OWN), query={"scope": "node"})
