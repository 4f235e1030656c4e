"""The levels of loggers, on the node that receives the request or on all nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from seatunnel_server.api.diagnosis import NodeLoggers, ScopedLoggers
from seatunnel_server.api.endpoints import Call, current
from seatunnel_server.engine.errors import IllegalArgument
from seatunnel_server.engine.port import Node
from seatunnel_server.errors import ServletRefusal
from seatunnel_server.http.replies import Reply, reads

_CLUSTER: Final = "cluster"
_SCOPES: Final = ("node", _CLUSTER)
LEVELS: Final = ("OFF", "FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE", "ALL")


class BadLoggerRequest(ServletRefusal):
    """The scope or the level is unknown, or the level or the name of the logger is missing."""

    def __init__(self, message: str) -> None:
        super().__init__(400, message)


@reads(late=True)
async def list_loggers(*, scope: str | None) -> Reply:
    """The loggers that are configured or overridden."""
    call = current()
    nodes, cluster = _nodes(call, scope)
    found = [NodeLoggers(node.address, await node.loggers()) for node in nodes]
    return call.present.render(ScopedLoggers(found, cluster=cluster))


@reads(late=True)
async def get_logger(*, name: str, scope: str | None) -> Reply:
    """The effective level of a logger."""
    call = current()
    nodes, cluster = _nodes(call, scope)
    found = [NodeLoggers(node.address, (await node.logger(name.strip()),)) for node in nodes]
    return call.present.render(ScopedLoggers(found, name.strip(), cluster=cluster))


@reads(late=True, own_path=True)
async def set_logger_level(*, name: str, level: str | None, scope: str | None) -> Reply:
    """Override the level of a logger until the node restarts; the new level is in the query or the body."""
    call = current()
    name = _named(name)
    nodes, cluster = _nodes(call, scope)
    wanted = await _level_in_body(call) if level is None else level
    if wanted is None:
        raise BadLoggerRequest('The level is required, send it as ?level=DEBUG or as {"level":"DEBUG"}.')
    if wanted.strip().upper() not in LEVELS:
        raise BadLoggerRequest(f"Unknown logger level '{wanted}', valid levels are: {', '.join(LEVELS)}")
    return await _set(call, nodes, name, wanted.strip().upper(), cluster=cluster)


@reads(late=True, own_path=True)
async def reset_logger_level(*, name: str, scope: str | None) -> Reply:
    """Remove the override of a logger's level."""
    call, name = current(), _named(name)
    nodes, cluster = _nodes(call, scope)
    return await _set(call, nodes, name, None, cluster=cluster)


async def _set(call: Call, nodes: Sequence[Node], name: str, level: str | None, *, cluster: bool) -> Reply:
    changes = []
    for node in nodes:
        before = await node.logger(name)
        changes.append(NodeLoggers(node.address, (await node.set_logger(name, level),), before))
    return call.present.render(ScopedLoggers(changes, name, level, cluster=cluster))


def _named(name: str) -> str:
    """Return the name of a logger. Raises `BadLoggerRequest` if it is blank."""
    if not name.strip():
        raise BadLoggerRequest("The logger name must not be empty, use /loggers/{name}.")
    return name.strip()


async def _level_in_body(call: Call) -> str | None:
    """Return the string `level` of a request body; None if the body is no JSON object, or has no such string."""
    try:
        document = (await call.read(call.body)).document
    except IllegalArgument:
        return None
    level = document.get("level") if isinstance(document, dict) else None
    return level if isinstance(level, str) else None


def _nodes(call: Call, scope: str | None) -> tuple[Sequence[Node], bool]:
    """Return the nodes that a request is about, and whether its scope is the cluster.

    Raises `BadLoggerRequest` for an unknown scope.
    """
    if scope is not None and scope.lower() not in _SCOPES:
        raise BadLoggerRequest(f"Unknown scope '{scope}', valid scopes are: {', '.join(_SCOPES)}")
    cluster = scope is not None and scope.lower() == _CLUSTER
    return (call.engine.nodes if cluster else (call.node,)), cluster
