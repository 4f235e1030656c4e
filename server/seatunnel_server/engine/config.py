"""Reads a parsed JSON body as a typed job configuration, with the engine's errors in the engine's order.

There are three steps, as in the engine: `read_tree` checks keys and numbers, `decrypt` decrypts the sensitive options,
and `JobConfig.parse` reads the result. Order of errors: research 5.8.4; statuses recorded in `submit-job`. `encrypt` is
the inverse of `decrypt`, for `/encrypt-config`.

`ShadeRules` has the contract's facts about the sensitive options. `env."shade.identifier"` names the algorithm: there
is only `base64`, and any other name leaves values as they are (`encrypt-config/unknown-identifier`).
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from seatunnel_openapi.contract import Behaviour
from seatunnel_server.engine import refusals
from seatunnel_server.engine.errors import EngineError
from seatunnel_server.engine.javatext import INT_RANGE, LONG_RANGE, java_text
from seatunnel_server.engine.options import Options

_NOT_IN_KEYS = re.compile(r"[${}\[\]:=,+#\n]|//")
_NOR_MARKS = re.compile(rf'{_NOT_IN_KEYS.pattern}|["`^?!@*&\\]')
_PATH_SEPARATOR = "->"
_LOGO = "SeaTunnel"
_DEFAULT_NAME = "SeaTunnel_Job"
_JOB_MODE = "org.apache.seatunnel.common.constants.JobMode"


class JobMode(StrEnum):
    """The mode of a job: it ends when its sources end, or it runs until it is stopped."""

    BATCH = "BATCH"
    STREAMING = "STREAMING"


class Language(StrEnum):
    """The language of a configuration."""

    JSON = "json"
    HOCON = "hocon"
    SQL = "sql"

    @classmethod
    def asked_for(cls, word: str | None, known: Sequence[str]) -> Self:
        """Return the language that a request names, in any letter case; JSON for any other name."""
        named = (word or "").lower()
        return cls(named) if named in known else cls("json")

    @classmethod
    def of_file(cls, name: str, known: Sequence[str]) -> Self:
        """Return the language of a file name's ending, which is case-sensitive; HOCON for any other ending."""
        ending = name.rpartition(".")[2] if "." in name else ""
        return cls(ending) if ending in known else cls("hocon")


def read_tree(body: Mapping[str, Any], *, marks_in_keys: bool = False) -> dict[str, Any]:
    """Return a body as the engine's configuration library reads it.

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
    """Return the configuration library's name for the type of a value, such as `LIST`."""
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
    """Return `env`. Raises `SettingMissing`, `SettingIsNull`, and `WrongSettingType` if it is not an object."""
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
    """Return a plugin's name as the configuration spells it. Raises `GraphNotAllowed` if it has none."""
    name = plugin.text("plugin_name")
    if name is None or not name.strip():
        raise refusals.GraphNotAllowed("The 'plugin_name' option is not configured, please configure it.")
    return name


@dataclass(frozen=True, slots=True)
class JobConfig:
    """A job's configuration: its environment, and the options of its plugins in their order."""

    env: Options
    mode: JobMode
    name: str
    """The name of the job while it runs."""
    finished_name: str
    """The name in the history: the requested one, even if the environment's is used while the job runs."""
    sources: tuple[Options, ...]
    transforms: tuple[Options, ...]
    sinks: tuple[Options, ...]

    @classmethod
    def parse(cls, tree: Mapping[str, Any], *, job_name: str | None = None) -> Self:
        """Read a decrypted tree; `job_name` is the requested name, if it is not empty.

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
        """The environment as clients see it: values as text (`running-jobs/env-options-as-text`), nulls as None."""
        return {key: None if value is None else java_text(value) for key, value in self.env.values.items()}


_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")
_JAVA_TYPES = {
    "OBJECT": "java.util.LinkedHashMap",
    "LIST": "java.util.ArrayList",
    "STRING": "java.lang.String",
    "BOOLEAN": "java.lang.Boolean",
}


@dataclass(frozen=True, slots=True)
class ShadeRules:
    """The sensitive options, and how the engine treats them. The defaults are facts of the documented API."""

    keys: frozenset[str] = frozenset({"username", "password", "auth", "token"})
    sections: tuple[str, ...] = ("source", "sink")
    text_only: bool = False
    """Whether a sensitive value that is not text is an error; otherwise its Java text is encrypted."""
    lists_by_item: bool = False
    """Whether each item of a list is encrypted; if not, a list is treated like other values that are not text."""
    keys_option: str | None = None
    """The option of `env` that lists further sensitive keys (`shade.options`), if the release has it."""
    adds_transform: bool = False
    """Whether a response always has `transform`, empty if the request has none."""
    marks_in_keys: bool = False
    """Whether keys of a configuration may contain characters such as `@`."""
    failures_are_refusals: bool = False
    """Whether a missing section, or an error in a value, is an `IllegalArgument`, which is a 400."""

    @classmethod
    def of(cls, facts: Behaviour) -> Self:
        """Return the rules that the facts of `/encrypt-config` state."""
        return cls(
            keys=frozenset(facts.names("sensitiveKeys")),
            sections=facts.names("sections"),
            text_only=facts.choice("nonTextValue") != "encoded",
            lists_by_item=facts.choice("listValue") == "by-item",
            keys_option="shade.options" if facts.choice("shadeOptions") == "add-keys" else None,
            adds_transform=facts.flag("addsTransform"),
            marks_in_keys=facts.choice("keyMarks") == "allowed",
            failures_are_refusals=facts.choice("shadeFailure") == "bad-request",
        )


def encrypt(body: Mapping[str, Any], rules: ShadeRules) -> dict[str, Any]:
    """Return a configuration with its sensitive values encrypted.

    Raises `KeyNotAllowed`, `WrongSettingType`, `NullPointer`, `WrongCast` and `SectionEmpty`.
    """
    return _shaded(body, rules, _encoded, "encrypt")


def decrypt(body: Mapping[str, Any], rules: ShadeRules) -> dict[str, Any]:
    """Return a configuration with its sensitive values decrypted; also adds `transform` if the rules say so.

    Raises what `encrypt` raises, and `IllegalBase64`.
    """
    return _shaded(body, rules, _decoded, "decrypt")


def _shaded(body: Mapping[str, Any], rules: ShadeRules, as_base64: Callable[[str], str], verb: str) -> dict[str, Any]:
    tree = read_tree(body, marks_in_keys=rules.marks_in_keys)
    env = Options(environment(tree) if tree.get("env") is not None else {})
    shade = as_base64 if _identifier(env) == "base64" else _unchanged
    sections = _sections(tree, rules)
    try:
        keys = rules.keys | _further_keys(env, rules)
        for section, plugins in sections.items():
            if plugins is None:
                raise refusals.NullPointer("java.util.List.forEach(java.util.function.Consumer)", f"{section}s")
            for plugin in plugins:
                _shade_plugin(plugin, section, keys, shade, rules)
    except EngineError as error:
        if not rules.failures_are_refusals:
            raise
        raise refusals.ShadeFailed(verb) from error
    if rules.adds_transform:
        tree.setdefault("transform", [])
    return tree


def _sections(tree: Mapping[str, Any], rules: ShadeRules) -> Mapping[str, list[Any] | None]:
    """Return the sections. `transform` can be null; the other sections are neither null nor empty.

    Raises `WrongCast` if any is not a list; then `NullPointer` or `SectionEmpty` for the first that is null or empty.
    """
    sections = {section: tree.get(section, [] if section == "transform" else None) for section in rules.sections}
    for plugins in sections.values():
        if not isinstance(plugins, list | None):
            raise refusals.WrongCast(java_type(plugins), "java.util.ArrayList")
    for section, plugins in sections.items():
        if section != "transform" and plugins is None and not rules.failures_are_refusals:
            raise refusals.NullPointer("java.util.List.isEmpty()", f"{section}s")
        if section != "transform" and not plugins:
            raise refusals.SectionEmpty(section.capitalize())
    return sections


def _identifier(env: Options) -> str:
    value = env.values.get("shade.identifier")
    if isinstance(value, Mapping | list):
        raise refusals.WrongSettingType("shade.identifier", setting_type(value), "STRING")
    return "default" if value is None else java_text(value)


def _further_keys(env: Options, rules: ShadeRules) -> frozenset[str]:
    if rules.keys_option is None or (value := env.values.get(rules.keys_option)) is None:
        return frozenset()
    if not isinstance(value, list):
        raise refusals.WrongCast(java_type(value), "java.util.Collection")
    return frozenset(_as_string(item) for item in value if item is not None)


def _shade_plugin(
    plugin: Any, section: str, keys: frozenset[str], shade: Callable[[str], str], rules: ShadeRules
) -> None:
    if plugin is None:
        raise refusals.NullPointer("java.util.Map.computeIfPresent(Object, java.util.function.BiFunction)", section)
    if not isinstance(plugin, dict):
        raise refusals.WrongCast(java_type(plugin), "java.util.Map")
    for key in plugin.keys() & keys:
        value = plugin[key]
        if value is None:
            continue
        if isinstance(value, list) and rules.lists_by_item:
            plugin[key] = [_shade_item(item, shade) for item in value]
        else:
            plugin[key] = shade(_as_string(value) if rules.text_only else java_text(value))


def _shade_item(item: Any, shade: Callable[[str], str]) -> str | None:
    """Return an item of a list, encrypted or decrypted. Raises `NullPointer` for a null if an algorithm is set."""
    if item is None:
        if shade is _unchanged:
            return None
        raise refusals.NullPointer("String.getBytes(java.nio.charset.Charset)", "content")
    return shade(_as_string(item))


def _unchanged(text: str) -> str:
    return text


def _as_string(value: Any) -> str:
    if not isinstance(value, str):
        raise refusals.WrongCast(java_type(value), "java.lang.String")
    return value


def java_type(value: Any) -> str:
    """Return the name of the Java class of a parsed JSON value."""
    if isinstance(value, int) and not isinstance(value, bool):
        return "java.lang.Integer" if value in INT_RANGE else "java.lang.Long"
    return _JAVA_TYPES.get(setting_type(value), "java.lang.Double")


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")


def _decoded(text: str) -> str:
    if found := _NOT_BASE64.search(text):
        raise refusals.IllegalBase64(f"Illegal base64 character {ord(found[0]) & 0xFF:x}")
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), validate=True).decode(
            "utf-8", "replace"
        )
    except binascii.Error:
        raise refusals.IllegalBase64("Last unit does not have enough valid bits") from None
