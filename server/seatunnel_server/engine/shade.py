"""Encryption of the sensitive options in a job configuration.

The contract says which options are sensitive, and where: `ShadeRules` has its facts. The algorithm is
named by `env."shade.identifier"`; Base64 is the only one that changes anything, and an unknown name changes nothing
(`encrypt-config/unknown-identifier`).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from seatunnel_openapi.contract import Behaviour
from seatunnel_server.engine import refusals
from seatunnel_server.engine.config import environment, read_tree, setting_type
from seatunnel_server.engine.errors import EngineError
from seatunnel_server.engine.integers import INT_RANGE
from seatunnel_server.engine.javatext import java_text
from seatunnel_server.engine.options import Options

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
    """Whether a sensitive value of another type than text makes the engine fail; if not, its Java text is encrypted."""
    lists_by_item: bool = False
    """Whether each item of a list is encrypted; if not, a list is like a value of another type than text."""
    keys_option: str | None = None
    """The option of `env` that lists further keys (`shade.options`), where there is one."""
    adds_transform: bool = False
    """Whether a response always has `transform`, empty if none was sent."""
    marks_in_keys: bool = False
    """Whether a key of a configuration may contain marks such as `@`."""
    failures_are_refusals: bool = False
    """Whether a missing section, and anything that goes wrong with a value, is `IllegalArgument`."""

    @classmethod
    def of(cls, facts: Behaviour) -> Self:
        """Take the facts of `/encrypt-config`."""
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
    """Return a configuration with its sensitive values decrypted; the inverse of `encrypt` but for `adds_transform`.

    Raises what `encrypt` raises, and `IllegalBase64`.
    """
    return _shaded(body, rules, _decoded, "decrypt")


def _shaded(body: Mapping[str, Any], rules: ShadeRules, as_base64: Callable[[str], str], verb: str) -> dict[str, Any]:
    tree = read_tree(body, marks_in_keys=rules.marks_in_keys)
    env = Options(environment(tree) if tree.get("env") is not None else {})
    shade = as_base64 if _identifier(env) == "base64" else _unchanged
    _require_sections(tree, rules)
    try:
        keys = rules.keys | _further_keys(env, rules)
        for section in rules.sections:
            for plugin in _section(tree, section):
                _shade_plugin(plugin, section, keys, shade, rules)
    except EngineError as error:
        if not rules.failures_are_refusals:
            raise
        raise refusals.ShadeFailed(verb) from error
    if rules.adds_transform:
        tree.setdefault("transform", [])
    return tree


def _require_sections(tree: Mapping[str, Any], rules: ShadeRules) -> None:
    """Require a source and a sink, after all sections are lists. Raises `SectionEmpty`, `NullPointer`, `WrongCast`."""
    sections = {
        section: [] if tree.get(section) is None and rules.failures_are_refusals else _section(tree, section)
        for section in rules.sections
    }
    for section, plugins in sections.items():
        if not plugins and section != "transform":
            raise refusals.SectionEmpty(section.capitalize())


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


def _section(tree: Mapping[str, Any], section: str) -> list[Any]:
    plugins = tree.get(section)
    if plugins is None:
        if section == "transform" and section not in tree:
            return []
        raise refusals.NullPointer("java.util.List.isEmpty()", f"{section}s")
    if not isinstance(plugins, list):
        raise refusals.WrongCast(java_type(plugins), "java.util.ArrayList")
    return plugins


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
    """Return an item of a list, shaded. A null is left where nothing is encrypted, and no algorithm can take it."""
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
    """Return the class that a parsed JSON value has in Java."""
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
