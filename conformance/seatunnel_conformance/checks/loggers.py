"""`/loggers`: the log levels of the node. Every check that sets a level resets it."""

from __future__ import annotations

from itertools import pairwise

from seatunnel_conformance.arrange.expectations import Wording, accepted, refused, stated
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_openapi import Contract

PATH = "/loggers/{name}"
OWN = "conformance.nobody.logs.here"
"""A logger without messages."""

# The servlet writes these messages itself, so they do not begin with the name of a Java exception.
_UNKNOWN_SCOPE = Wording("Unknown scope 'all', valid scopes are: node, cluster", "text")
_NO_LEVEL = Wording('The level is required, send it as ?level=DEBUG or as {"level":"DEBUG"}.', "text")
_NO_NAME = Wording("The logger name must not be empty, use /loggers/{name}.", "text")


@check("loggers.list")
def list(target: Target, contract: Contract) -> None:  # noqa: A001 - the clause's name
    """A user can't find out which logger writes so many lines, and where its level comes from."""
    found = stated(contract, "list_loggers", target.get("/loggers"))
    assert "root" in {logger["name"] for logger in found["loggers"]}


@check("loggers.level")
def level(target: Target, contract: Contract) -> None:
    """A client can't read the level of a logger that inherits its level."""
    root = stated(contract, "get_logger", target.get(PATH, name="root"))
    own = stated(contract, "get_logger", target.get(PATH, name=OWN))
    assert (root["name"], own["name"]) == ("root", OWN)
    assert own["level"] == root["level"]
    listed = {logger["name"]: logger["level"] for logger in target.get("/loggers").members["loggers"]}
    assert root["level"] == listed["root"]


@check("loggers.override", writes=True)
def override(target: Target, contract: Contract) -> None:
    """A user who searches for an error can't get more log lines without restarting the node."""
    before = accepted(target.get(PATH, name=OWN))["level"]
    levels = [before, *(wanted for wanted in ("DEBUG", "TRACE", "ERROR") if wanted != before)]
    found = []
    try:
        for wanted in levels[1:]:
            changed = stated(contract, "set_logger_level", _set(target, wanted.lower()))
            now = [accepted(target.get(PATH, name=OWN))["level"] for _ in range(2)]
            listed = {logger["name"]: logger["level"] for logger in target.get("/loggers").members["loggers"]}
            found.append((changed["previousLevel"], changed["level"], *now, listed.get(OWN)))
            assert "fileLevel" not in changed, "there is a `fileLevel`, but no file configures the logger"
    finally:
        _reset(target)
    assert found == [(previous, *[wanted] * 4) for previous, wanted in pairwise(levels)]


@check("loggers.scope")
def scope(target: Target, contract: Contract) -> None:
    """A user changes a level for the whole cluster, and does not notice that some nodes keep the old one."""
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
    name = f"{OWN}.either"  # not `OWN`, whose level another check changes at the same time
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
    """A log level that was set for a short time stays, and debug lines fill the disk."""
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
