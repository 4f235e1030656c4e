"""The levels at which loggers of the node write."""

from __future__ import annotations

from typing import Any, Final

from seatunnel_server.api.endpoints import Call, current
from seatunnel_server.engine.domain import LoggerLevel
from seatunnel_server.engine.errors import IllegalArgument
from seatunnel_server.engine.javatext import java_text
from seatunnel_server.http.replies import Reply

LEVELS: Final = ("OFF", "FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE", "ALL")


class UnknownLevel(IllegalArgument):
    """Unknown level."""

    def __init__(self, level: str) -> None:
        super().__init__(f"Unknown level {level}, valid levels are {', '.join(LEVELS)}")
        self.level = level


async def list_loggers(*, scope: str | None) -> Reply:
    """The loggers that are configured or overridden."""
    call = current()
    node, loggers = call.engine.node, [_listed(it) for it in await call.engine.loggers()]
    if scope != "cluster":
        return call.present.told({"node": node, "loggers": loggers})
    nodes = [{"node": node, "loggers": loggers}]
    return call.present.told({"scope": scope, "status": "SUCCESS", "nodes": nodes})


async def get_logger(*, name: str) -> Reply:
    """The level that holds for a logger."""
    call = current()
    return call.present.told(_level(call, await call.engine.logger(name)))


async def set_logger_level(*, name: str, level: str | None, scope: str | None) -> Reply:
    """Override a level, from the query or the body, until the node is started again."""
    call = current()
    wanted = java_text((await call.read(call.body)).mapping().get("level")) if level is None else level
    if wanted.upper() not in LEVELS:
        raise UnknownLevel(wanted)
    before = await call.engine.logger(name)
    after = await call.engine.set_logger(name, wanted.upper())
    return call.present.told(_change(call, before, after, scope))


async def reset_logger_level(*, name: str, scope: str | None) -> Reply:
    """Take an override back."""
    call = current()
    before = await call.engine.logger(name)
    return call.present.told(_change(call, before, await call.engine.set_logger(name, None), scope))


def _origin(it: LoggerLevel) -> str:
    return "runtime-override" if it.overridden else "file"


def _listed(it: LoggerLevel) -> dict[str, Any]:
    shown = {"name": it.name, "level": it.level, "origin": _origin(it)}
    return shown | {"fileLevel": it.file_level} if it.overridden else shown


def _level(call: Call, it: LoggerLevel) -> dict[str, Any]:
    return {"name": it.name, "level": it.level, "origin": _origin(it), "node": call.engine.node}


def _change(call: Call, before: LoggerLevel, after: LoggerLevel, scope: str | None) -> dict[str, Any]:
    change = _level(call, after)
    if before.overridden or after.overridden:
        change |= {"previousLevel": before.level, "status": "SUCCESS"}
    else:
        change["status"] = "NO_OVERRIDE"
    return {"status": change["status"], "nodes": [change]} if scope == "cluster" else change
