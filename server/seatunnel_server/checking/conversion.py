"""Converts job configurations: HOCON to JSON, JSON to HOCON, SQL to either.

The result is parsed again as the engine parses it, and compared with the original.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from seatunnel_server.checking.reading import refused_keys
from seatunnel_server.engine.config import Language, read_tree
from seatunnel_server.engine.errors import EngineError
from seatunnel_server.engine.hocon import parse
from seatunnel_server.engine.hocon.values import PLUGIN_SECTIONS

_BARE: Final = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
_NOT_BARE: Final = frozenset({"include", "true", "false", "null"})


class NotConvertible(Exception):
    """The configuration can't be written in the other language."""


def convert(tree: Mapping[str, Any], language: Language) -> str:
    """Return a configuration as text in a language, JSON or HOCON. Raises `NotConvertible`."""
    for key in refused_keys(tree):
        raise NotConvertible(f"`{key}` has a variable that is not substituted")
    if language is Language.JSON:
        text = json.dumps(tree, indent=2, ensure_ascii=False) + "\n"
    else:
        text = "".join(f"{_key(key)} {_section(key, value)}\n" for key, value in tree.items())
    try:
        again = read_tree(json.loads(text), marks_in_keys=True) if language is Language.JSON else parse(text)
    except EngineError as problem:
        raise NotConvertible(f"{language.value} can't say this: {problem.message}") from None
    if again != tree:
        raise NotConvertible(f"{language.value} would be read differently at `{next(_differences(tree, again), '')}`")
    return text


def _section(key: str, value: Any) -> str:
    named = isinstance(value, list) and all(isinstance(each, dict) and each.get("plugin_name") for each in value)
    if key not in PLUGIN_SECTIONS or not named:
        return _value(value, "") if isinstance(value, dict) else f"= {_value(value, '')}"
    plugins = "".join(f"  {_plugin(each)}\n" for each in value)
    return f"{{\n{plugins}}}"


def _plugin(plugin: Mapping[str, Any]) -> str:
    name = plugin["plugin_name"]
    if not isinstance(name, str):
        return f"plugin {_value(plugin, '  ')}"
    return f"{_key(name)} {_value({key: value for key, value in plugin.items() if key != 'plugin_name'}, '  ')}"


def _value(value: Any, indent: str) -> str:
    if isinstance(value, Mapping) and value:
        inner = indent + "  "
        marks = {key: "" if isinstance(each, Mapping) else "= " for key, each in value.items()}
        lines = (f"{inner}{_key(key)} {marks[key]}{_value(each, inner)}\n" for key, each in value.items())
        return "{\n" + "".join(lines) + indent + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(each, indent) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) and key not in _NOT_BARE and "->" not in key else json.dumps(key)


def _differences(left: Any, right: Any, path: str = "") -> Iterator[str]:
    """Yield the paths at which two trees differ."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        for key in dict.fromkeys((*left, *right)):
            yield from _differences(left.get(key), right.get(key), f"{path}.{key}" if path else key)
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for place, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from _differences(one, other, f"{path}[{place}]")
    elif left != right:
        yield path
