"""The levels at which loggers of the node write."""

from __future__ import annotations

from typing import Final

from seatunnel_server.api.diagnosis import LoggerChange, NodeLoggers
from seatunnel_server.api.endpoints import current
from seatunnel_server.engine.javatext import java_text
from seatunnel_server.errors import ServletRefusal
from seatunnel_server.http.replies import Reply

LEVELS: Final = ("OFF", "FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE", "ALL")


class UnknownLevel(ServletRefusal):
    """Unknown level."""

    def __init__(self, level: str) -> None:
        super().__init__(400, f"Unknown level {level}, valid levels are {', '.join(LEVELS)}")
        self.level = level


async def list_loggers(*, scope: str | None) -> Reply:
    """The loggers that are configured or overridden."""
    call = current()
    return call.present.render(NodeLoggers(call.engine.node, scope, await call.engine.loggers()))


async def get_logger(*, name: str) -> Reply:
    """The level that holds for a logger."""
    call = current()
    return call.present.render(NodeLoggers(call.engine.node, None, (await call.engine.logger(name),)))


async def set_logger_level(*, name: str, level: str | None, scope: str | None) -> Reply:
    """Override a level, from the query or the body, until the node is started again."""
    call = current()
    wanted = java_text((await call.read(call.body)).mapping().get("level")) if level is None else level
    if wanted.upper() not in LEVELS:
        raise UnknownLevel(wanted)
    before = await call.engine.logger(name)
    after = await call.engine.set_logger(name, wanted.upper())
    return call.present.render(LoggerChange(call.engine.node, scope, (after,), before))


async def reset_logger_level(*, name: str, scope: str | None) -> Reply:
    """Take an override back."""
    call = current()
    before = await call.engine.logger(name)
    after = await call.engine.set_logger(name, None)
    return call.present.render(LoggerChange(call.engine.node, scope, (after,), before))
