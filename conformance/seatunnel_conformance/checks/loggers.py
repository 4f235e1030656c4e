"""`/loggers`: the log levels of the node. Every check removes its override."""

from __future__ import annotations

from itertools import pairwise

from seatunnel_conformance.arrange.expectations import accepted, refused, stated
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_openapi import Contract

PATH = "/loggers/{name}"
OWN = "conformance.nobody.logs.here"
"""A logger without messages."""


@check("loggers.list")
def list(target: Target, contract: Contract) -> None:  # noqa: A001 - the clause's name
    """A user who wonders why a log is so long looks here."""
    found = stated(contract, "list_loggers", target.get("/loggers"))
    assert "root" in {logger["name"] for logger in found["loggers"]}


@check("loggers.level")
def level(target: Target, contract: Contract) -> None:
    """A client asks for any logger, whether it is configured or not."""
    root = stated(contract, "get_logger", target.get(PATH, name="root"))
    own = stated(contract, "get_logger", target.get(PATH, name=OWN))
    assert (root["name"], own["name"]) == ("root", OWN)
    assert own["level"] == root["level"]
    listed = {logger["name"]: logger["level"] for logger in target.get("/loggers").members["loggers"]}
    assert root["level"] == listed["root"]


@check("loggers.override", writes=True)
def override(target: Target, contract: Contract) -> None:
    """A user who hunts an error wants more to be logged at once, without a restart."""
    before = accepted(target.get(PATH, name=OWN))["level"]
    levels = [before, *(wanted for wanted in ("DEBUG", "TRACE", "ERROR") if wanted != before)]
    found = []
    try:
        for wanted in levels[1:]:
            changed = stated(contract, "set_logger_level", _set(target, wanted.lower()))
            now = [accepted(target.get(PATH, name=OWN))["level"] for _ in range(2)]
            listed = {logger["name"]: logger["level"] for logger in target.get("/loggers").members["loggers"]}
            found.append((changed["previousLevel"], changed["level"], *now, listed.get(OWN)))
    finally:
        _reset(target)
    assert found == [(previous, *[wanted] * 4) for previous, wanted in pairwise(levels)]


@check("loggers.unknown-level", writes=True)
def unknown_level(target: Target) -> None:
    """A user who misspells a level must not assume that more is logged."""
    before = accepted(target.get(PATH, name=OWN))
    try:
        refused(_set(target, "NO_SUCH_LEVEL"), 400)
        assert accepted(target.get(PATH, name=OWN)) == before
    finally:
        _reset(target)


@check("loggers.revert", writes=True)
def revert(target: Target, contract: Contract) -> None:
    """A user who is done wants the node as it was."""
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
