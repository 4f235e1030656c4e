"""The levels of this node's loggers: what is configured, and what was set since."""

from __future__ import annotations

from typing import Final

from seatunnel_server.engine.domain import LoggerLevel

_ROOT: Final = "root"
_CONFIGURED: Final = {_ROOT: "INFO"}
_LIMIT: Final = 10_000
"""Overrides that are kept; the oldest go first."""


class LogLevels:
    """Levels by the names of loggers. A logger without one has that of the nearest above it."""

    def __init__(self) -> None:
        self._overrides: dict[str, str] = {}

    def all(self) -> list[LoggerLevel]:
        """Return every logger with a level of its own, the root logger first."""
        return [self.one(name) for name in dict.fromkeys([*_CONFIGURED, *sorted(self._overrides)])]

    def one(self, name: str) -> LoggerLevel:
        """Return the level that holds for a logger."""
        return LoggerLevel(name, self._nearest(name), _CONFIGURED.get(name, _CONFIGURED[_ROOT]))

    def override(self, name: str, level: str | None) -> LoggerLevel:
        """Set a level, or forget the one that was set."""
        self._overrides.pop(name, None)
        if level is not None:
            self._overrides[name] = level
            if len(self._overrides) > _LIMIT:
                del self._overrides[next(iter(self._overrides))]
        return self.one(name)

    def _nearest(self, name: str) -> str:
        parts = name.split(".")
        for length in range(len(parts), 0, -1):
            if (level := self._overrides.get(".".join(parts[:length]))) is not None:
                return level
        return self._overrides.get(_ROOT, _CONFIGURED[_ROOT])
