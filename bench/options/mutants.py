"""Reads configurations from a checkout of SeaTunnel, and makes mutants of them: one random mistake each."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from seatunnel_server.checking.conversion import NotConvertible, convert
from seatunnel_server.engine.config import Language
from seatunnel_server.engine.errors import EngineError
from seatunnel_server.engine.hocon import Refused, parse

_BLOCK: Final = re.compile(r"```\w*\n(.*?)```", re.DOTALL)
_WHOLE: Final = re.compile(r"^\s*source\s*[{=].*^\s*sink\s*[{=]", re.DOTALL | re.MULTILINE)
SECTIONS: Final = ("source", "transform", "sink")


def configurations(upstream: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the complete configurations in the documentation and end-to-end tests, with their names."""
    for path in sorted(
        (*upstream.glob("docs/en/**/*.md"), *upstream.glob("seatunnel-e2e/**/src/test/resources/**/*.conf"))
    ):
        text = path.read_text(encoding="utf-8", errors="replace")
        blocks = _BLOCK.findall(text) if path.suffix == ".md" else [text]
        for number, block in enumerate(blocks):
            if not _WHOLE.search(block) or "${" in block:
                continue
            try:
                tree = parse(block)
                if not any(isinstance(value, Refused) for value in tree.values()):
                    tree.setdefault("env", {})  # jobs of the REST API need one
                    convert(tree, Language.HOCON)
                    yield f"{path.relative_to(upstream)}#{number}", tree
            except (EngineError, NotConvertible):
                continue


@dataclass(frozen=True, slots=True)
class Mutant:
    """A configuration with one mistake."""

    origin: str
    kind: str
    place: str
    """The plugin, such as `sink[0]`, or `env`."""
    option: str
    text: str


def _misspelt(name: str, draw: random.Random) -> str:
    at = draw.randrange(len(name) - 1)
    ways = (
        name[:at] + name[at + 1] + name[at] + name[at + 2 :],
        name[:at] + name[at + 1 :],
        name[: at + 1] + name[at:],
        name.replace("_", "-") if "_" in name else name.replace("-", "_").replace(".", "_"),
        name.upper(),
        name + "s",
    )
    return draw.choice([way for way in ways if way not in (name, "")] or [name + "x"])


def _text(value: Any, draw: random.Random) -> Any:
    return draw.choice(("two", "", "10 s")) if isinstance(value, int) else None


def _outside(value: Any, _: random.Random) -> Any:
    return f"{value}x" if isinstance(value, str) and re.fullmatch("[A-Za-z_]{2,30}", value) else None


def _object(value: Any, _: random.Random) -> Any:
    return {"a": {"b": 1}} if not isinstance(value, Mapping) else None


def _scalar(value: Any, draw: random.Random) -> Any:
    return draw.choice((5, "none", True)) if isinstance(value, Mapping | list) else None


def _number(value: Any, draw: random.Random) -> Any:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return draw.choice((-1, 0, 2**40, 1.5, True)) if is_number else None


def _blank(value: Any, _: random.Random) -> Any:
    return "" if isinstance(value, str) and value else [] if isinstance(value, list) and value else None


VALUES: Final[Mapping[str, Callable[[Any, random.Random], Any]]] = {
    "text-for-number": _text, "value-outside": _outside, "object-for-value": _object, "scalar-for-object": _scalar,
    "another-number": _number, "blank": _blank,
}  # fmt: skip
KINDS: Final[Sequence[str]] = (
    "misspelt",
    "misspelt",
    "misspelt",
    "removed",
    "removed",
    "unknown",
    "plugin",
    "env",
    *VALUES,
)


def _plugins(tree: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(f"{each}[{at}]", plugin) for each in SECTIONS for at, plugin in enumerate(tree.get(each) or ())]


def mutant(origin: str, tree: Mapping[str, Any], draw: random.Random) -> Mutant | None:
    """Return a mutant of a configuration, or None if the drawn mistake can't be made in it."""
    changed = copy.deepcopy(dict(tree))
    kind = draw.choice(KINDS)
    place, plugin = draw.choice(_plugins(changed)) if kind != "env" else ("env", changed.get("env") or {})
    options = [key for key in plugin if key != "plugin_name" and len(key) > 1]
    if kind != "plugin" and not options:
        return None
    option = "plugin_name" if kind == "plugin" else draw.choice(options)
    value = plugin[option]
    match kind:
        case "plugin":
            plugin[option] = _misspelt(str(value), draw)
        case "removed":
            del plugin[option]
        case "unknown":
            option = draw.choice(("no_such_option", "retries", "user_name", "table.name"))
            plugin[option] = draw.choice((1, "x", True))
        case "misspelt":
            _rename(plugin, option, _misspelt(option, draw))
        case "env":
            if draw.random() < 0.5 or not isinstance(value, int):  # noqa: PLR2004 - half of them
                _rename(plugin, option, _misspelt(option, draw))
            else:
                plugin[option] = "two"
        case _:
            if (wrong := VALUES[kind](value, draw)) is None:
                return None
            plugin[option] = wrong
    try:
        return Mutant(origin, kind, place, option, convert(changed, Language.HOCON))
    except NotConvertible:
        return None


def _rename(plugin: dict[str, Any], old: str, new: str) -> None:
    items = list(plugin.items())
    plugin.clear()
    plugin.update({(new if key == old else key): value for key, value in items})


def mutants(sound: Sequence[tuple[str, dict[str, Any]]], number: int, seed: int) -> Iterator[Mutant]:
    """Yield `number` different mutants, about as many of each configuration."""
    draw, seen = random.Random(seed), set[str]()  # noqa: S311 - repeatable
    while number:
        for origin, tree in draw.sample(sound, len(sound)):
            made = mutant(origin, tree, draw)
            if made and made.text not in seen and number:
                seen.add(made.text)
                number -= 1
                yield made
