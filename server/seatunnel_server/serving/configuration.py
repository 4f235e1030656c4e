"""`seatunnel.yaml`: the part of it that concerns this server.

The keys and their defaults are the engine's own (research, section 8). What the file says beyond them is about things
that this server does not have, and is ignored with a warning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import yaml

from seatunnel_server.errors import BadConfiguration

_PORTS: Final = range(1, 65536)
_HTTP: Final = "seatunnel.engine.http"
_SLOTS: Final = "seatunnel.engine.slot-service"


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings of `seatunnel.yaml`; the defaults are those of a node without the file.

    `ignored` are the dotted names of keys without effect.
    """

    enable_http: bool = True
    port: int = 8080
    enable_dynamic_port: bool = False
    port_range: int = 100
    context_path: str = ""
    enable_basic_auth: bool = False
    basic_auth_username: str = "admin"
    basic_auth_password: str = field(default="admin", repr=False)
    dynamic_slot: bool = True
    slot_num: int = 2
    waits_for_slots: bool = False
    history_job_expire_minutes: int = 1440
    state_cleanup_delay_ms: int = 0
    """Milliseconds for which an ended job keeps its running form. Engines since July 2026 have 60,000 by default."""
    telemetry: bool = False
    checkpoint_interval: int = 10_000
    """Milliseconds between two checkpoints of a streaming job that does not say."""
    ignored: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file. Raises `BadConfiguration` with the file's name and what is wrong with it."""
        try:
            document = yaml.safe_load(path.read_text(encoding="utf-8"))
        except OSError as problem:
            raise BadConfiguration(str(path), problem.strerror or str(problem)) from None
        except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as problem:
            raise BadConfiguration(str(path), f"not valid YAML: {' '.join(str(problem).split())}") from None
        return cls.parse(document, str(path))

    @classmethod
    def parse(cls, document: Any, source: str) -> Self:
        """Read a parsed file. Raises `BadConfiguration`."""
        reader = _SectionReader(source, document)
        http, slots, engine = reader.section(_HTTP), reader.section(_SLOTS), reader.section("seatunnel.engine")
        telemetry = reader.section("seatunnel.engine.telemetry.metric")
        checkpoint = reader.section("seatunnel.engine.checkpoint")
        values = {
            "enable_http": http.take("enable-http", _truth),
            "port": http.take("port", _port),
            "enable_dynamic_port": http.take("enable-dynamic-port", _truth),
            "port_range": http.take("port-range", _count),
            "context_path": http.take("context-path", _context_path),
            "enable_basic_auth": http.take("enable-basic-auth", _truth),
            "basic_auth_username": http.take("basic-auth-username", str),
            "basic_auth_password": http.take("basic-auth-password", str),
            "dynamic_slot": slots.take("dynamic-slot", _truth),
            "slot_num": slots.take("slot-num", _count),
            "waits_for_slots": engine.take("job-schedule-strategy", _waits),
            "history_job_expire_minutes": engine.take("history-job-expire-minutes", _count),
            "state_cleanup_delay_ms": engine.take("state-cleanup-delay-ms", _count),
            "telemetry": telemetry.take("enabled", _truth),
            "checkpoint_interval": checkpoint.take("interval", _count),
        }
        return cls(
            **{name: value for name, value in values.items() if value is not None}, ignored=tuple(reader.ignored())
        )


@dataclass(slots=True)
class _Section:
    """One mapping of the file, and the keys that were read from it."""

    source: str
    name: str
    values: Mapping[str, Any]
    read: set[str] = field(default_factory=set)

    def take(self, key: str, convert: Callable[[Any], Any]) -> Any:
        """Return a converted value, None when it is not there."""
        self.read.add(key)
        value = self.values.get(key)
        try:
            return None if value is None else convert(value)
        except ValueError as problem:
            raise BadConfiguration(self.source, f"{self.name}.{key} must be {problem}, not {value!r}.") from None


class _SectionReader:
    """Finds sections by their dotted names and remembers what was looked at."""

    def __init__(self, source: str, document: Any) -> None:
        self._source = source
        root = _Section(source, "", self._mapping({} if document is None else document, "the file"))
        self._sections: dict[str, _Section] = {"": root}

    def section(self, name: str) -> _Section:
        """Return a section, an empty one if it is missing. Raises `BadConfiguration` if it is not a mapping."""
        if name not in self._sections:
            parent, _, key = name.rpartition(".")
            holder = self.section(parent)
            holder.read.add(key)
            values = holder.values.get(key)
            self._sections[name] = _Section(self._source, name, self._mapping({} if values is None else values, name))
        return self._sections[name]

    def ignored(self) -> list[str]:
        """Return the dotted names of the keys that were not read."""
        return sorted(
            f"{name}.{key}".lstrip(".")
            for name, section in self._sections.items()
            for key in section.values
            if key not in section.read
        )

    def _mapping(self, value: Any, name: str) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            raise BadConfiguration(self._source, f"{name} must be a mapping, not {value!r:.60}.")
        return value


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise ValueError("true or false")


def _waits(value: Any) -> bool:
    if isinstance(value, str) and value.upper() in {"WAIT", "REJECT"}:
        return value.upper() == "WAIT"
    raise ValueError("WAIT or REJECT")


def _count(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value[:18])
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("a whole number from 0 on")
    return value


def _port(value: Any) -> int:
    try:
        number = _count(value)
    except ValueError:
        number = 0
    if number not in _PORTS:
        raise ValueError("a port from 1 to 65535")
    return number


def _context_path(value: Any) -> str:
    if not isinstance(value, str) or (value and not value.startswith("/")) or set(value) & set("?#% \t\r\n"):
        raise ValueError("a path that begins with a slash")
    return value.rstrip("/")
