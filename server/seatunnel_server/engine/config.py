"""From a parsed JSON mapping to a typed job configuration, with the engine's refusals in the engine's order.

Reading has two steps, as in the engine. `read_tree` takes any body: it looks at keys and numbers. `JobConfig.parse`
takes what is left when shaded values have been decrypted (`seatunnel_server.engine.shade`).
Order of refusals: research 5.8.4; statuses recorded in `submit-job`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from seatunnel_server.engine import refusals
from seatunnel_server.engine.integers import LONG_RANGE
from seatunnel_server.engine.javatext import java_text
from seatunnel_server.engine.options import Options

_NOT_IN_KEYS = re.compile(r"[${}\[\]:=,+#\n]|//")
_NOR_MARKS = re.compile(rf'{_NOT_IN_KEYS.pattern}|["`^?!@*&\\]')
_PATH_SEPARATOR = "->"
_LOGO = "SeaTunnel"
_DEFAULT_NAME = "SeaTunnel_Job"
_JOB_MODE = "org.apache.seatunnel.common.constants.JobMode"


class JobMode(StrEnum):
    """Whether a job ends with its sources or runs until it is stopped."""

    BATCH = "BATCH"
    STREAMING = "STREAMING"


class Language(StrEnum):
    """The language of a configuration."""

    JSON = "json"
    HOCON = "hocon"
    SQL = "sql"

    @classmethod
    def asked_for(cls, word: str | None, known: Sequence[str]) -> Self:
        """Return the language that a request names, in any letter case; JSON for any other word."""
        named = (word or "").lower()
        return cls(named) if named in known else cls("json")

    @classmethod
    def of_file(cls, name: str, known: Sequence[str]) -> Self:
        """Return the language that the ending of a file's name tells, letter case included; HOCON if it tells none."""
        ending = name.rpartition(".")[2] if "." in name else ""
        return cls(ending) if ending in known else cls("hocon")


def read_tree(body: Mapping[str, Any], *, marks_in_keys: bool = False) -> dict[str, Any]:
    """Return a body as the engine's configuration library holds it.

    Keys are path expressions whose separator is `->`; an invalid key is refused at any depth
    (`submit-job/column-name-with-colon`). With `marks_in_keys`, some more characters are allowed in them. Integers
    beyond 64 bits become floating point (`encrypt-config/numbers-kept`). Raises `KeyNotAllowed` and `NumberNotFinite`.
    """
    refused = _NOT_IN_KEYS if marks_in_keys else _NOR_MARKS
    root: dict[str, Any] = {}
    pending: list[tuple[Any, Any]] = [(body, root)]
    while pending:
        source, target = pending.pop()
        if isinstance(source, Mapping):
            for key, value in source.items():
                if found := refused.search(key):
                    raise refusals.KeyNotAllowed(key, found[0])
                parts = key.strip().split(_PATH_SEPARATOR)
                if not all(parts):
                    raise refusals.KeyNotAllowed(key, "")
                _place(target, parts, _taken(value, pending))
        else:
            target.extend(_taken(value, pending) for value in source)
    return root


def _taken(value: Any, pending: list[tuple[Any, Any]]) -> Any:
    match value:
        case Mapping():
            mapping: dict[str, Any] = {}
            pending.append((value, mapping))
            return mapping
        case list() | tuple():
            items: list[Any] = []
            pending.append((value, items))
            return items
        case bool() | None | str():
            return value
        case _:
            return _number(value)


def _number(value: float) -> float:
    try:
        number = value if isinstance(value, int) and value in LONG_RANGE else float(value)
    except OverflowError:
        raise refusals.NumberNotFinite from None
    if isinstance(number, float):
        if not math.isfinite(number):
            raise refusals.NumberNotFinite
        if isinstance(value, int) and abs(number) == 2.0**63:
            # Java casts the rounded number back to 64 bits and finds it whole.
            return 2**63 - 1 if number > 0 else -(2**63)
    return number


def _place(target: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        target = target.setdefault(part, {})
        if not isinstance(target, dict):
            raise refusals.KeyNotAllowed(_PATH_SEPARATOR.join(path), _PATH_SEPARATOR)
    target[path[-1]] = value


def setting_type(value: Any) -> str:
    """Return the name that the configuration library has for the type of a value."""
    match value:
        case Mapping():
            return "OBJECT"
        case list():
            return "LIST"
        case bool():
            return "BOOLEAN"
        case int() | float():
            return "NUMBER"
        case None:
            return "NULL"
    return "STRING"


def environment(tree: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return `env`; raise `SettingMissing`, `SettingIsNull` or `WrongSettingType` when it is no object."""
    if "env" not in tree:
        raise refusals.SettingMissing("env")
    env = tree["env"]
    if env is None:
        raise refusals.SettingIsNull("env")
    if not isinstance(env, Mapping):
        raise refusals.WrongSettingType("env", setting_type(env), "OBJECT")
    return env


def _plugins(tree: Mapping[str, Any], section: str) -> tuple[Options, ...]:
    items = tree.get(section)
    if items is None:
        return ()
    if not isinstance(items, list):
        raise refusals.WrongSettingType(section, setting_type(items), "LIST")
    for item in items:
        if not isinstance(item, Mapping):
            raise refusals.WrongSettingType(section, f"list of {setting_type(item)}", "list of OBJECT")
    return tuple(map(Options, items))


def plugin_name(plugin: Options) -> str:
    """Return a plugin's name in its own spelling; raise `GraphNotAllowed` when it has none."""
    name = plugin.text("plugin_name")
    if name is None or not name.strip():
        raise refusals.GraphNotAllowed("The 'plugin_name' option is not configured, please configure it.")
    return name


@dataclass(frozen=True, slots=True)
class JobConfig:
    """A job's configuration: how it runs, and the options of its plugins in their order."""

    env: Options
    mode: JobMode
    name: str
    """The name of the job as long as it is running."""
    finished_name: str
    """The name in the history: the one that was asked for, even where the environment's overrides it."""
    sources: tuple[Options, ...]
    transforms: tuple[Options, ...]
    sinks: tuple[Options, ...]

    @classmethod
    def parse(cls, tree: Mapping[str, Any], *, job_name: str | None = None) -> Self:
        """Read a decrypted tree; `job_name` is the name that the request asks for, empty as good as none.

        Raises `SettingMissing`, `SettingIsNull`, `WrongSettingType`, `OptionMismatch` and, for a plugin without a name,
        `GraphNotAllowed`.
        """
        env = Options(environment(tree))
        own_name = env.text("job.name")
        own_name = _DEFAULT_NAME if own_name is None else own_name
        finished_name = job_name or own_name
        config = cls(
            env=env,
            mode=env.choice("job.mode", JobMode, JobMode.BATCH, _JOB_MODE),
            name=own_name if finished_name in {"", _LOGO, _DEFAULT_NAME} else finished_name,
            finished_name=finished_name,
            sources=_plugins(tree, "source"),
            transforms=_plugins(tree, "transform"),
            sinks=_plugins(tree, "sink"),
        )
        for plugin in (*config.sources, *config.transforms, *config.sinks):
            plugin_name(plugin)
        return config

    @property
    def env_options(self) -> dict[str, str | None]:
        """The environment as clients see it: values as text (`running-jobs/env-options-as-text`), but for nulls."""
        return {key: None if value is None else java_text(value) for key, value in self.env.values.items()}
