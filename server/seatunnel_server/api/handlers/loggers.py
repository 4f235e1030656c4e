"""The levels at which loggers write, on the node that is asked or on all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from seatunnel_server.api.diagnosis import CLUSTER, NodeLoggers, ScopedLoggers
from seatunnel_server.api.endpoints import Call, current
from seatunnel_server.engine.javatext import java_text
from seatunnel_server.engine.port import Node
from seatunnel_server.errors import ServletRefusal
from seatunnel_server.http.replies import Reply

LEVELS: Final = ("OFF", "FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE", "ALL")


class UnknownLevel(ServletRefusal):
    """Unknown level."""

    def __init__(self, level: str) -> None:
        super().__init__(400, f"Unknown level {level}, valid levels are {', '.join(LEVELS)}")


async def list_loggers(*, scope: str | None) -> Reply:
    """The loggers that are configured or overridden."""
    call = current()
    found = [NodeLoggers(node.address, await node.loggers()) for node in _nodes(call, scope)]
    return call.present.render(ScopedLoggers(scope, found))


async def get_logger(*, name: str) -> Reply:
    """The level that holds for a logger."""
    call = current()
    return call.present.render(NodeLoggers(call.node.address, (await call.node.logger(name),)))


async def set_logger_level(*, name: str, level: str | None, scope: str | None) -> Reply:
    """Override a level, from the query or the body, until the node is started again."""
    call = current()
    wanted = java_text((await call.read(call.body)).mapping().get("level")) if level is None else level
    if wanted.upper() not in LEVELS:
        raise UnknownLevel(wanted)
    return await _set(call, name, wanted.upper(), scope)


async def reset_logger_level(*, name: str, scope: str | None) -> Reply:
    """Take an override back."""
    return await _set(current(), name, None, scope)


async def _set(call: Call, name: str, level: str | None, scope: str | None) -> Reply:
    changes = []
    for node in _nodes(call, scope):
        before = await node.logger(name)
        changes.append(NodeLoggers(node.address, (await node.set_logger(name, level),), before))
    return call.present.render(ScopedLoggers(scope, changes))


def _nodes(call: Call, scope: str | None) -> Sequence[Node]:
    """Return the nodes that a request is about: the one that is asked, or all."""
    return call.engine.nodes if scope == CLUSTER else (call.node,)
