"""The options of plugins and the rules between them, as engines answer `GET /option-rules`."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final, Self

from seatunnel_openapi.documents import JsonObject
from seatunnel_openapi.errors import InvalidDocument
from seatunnel_openapi.loading import chain_of, releases, shipped_folder

KINDS: Final = ("source", "transform", "sink")
_FOLDER: Final = "option-rules"
_ENDING: Final = ".json.gz"


@dataclass(frozen=True, slots=True)
class OptionRules:
    """The option rules of an engine. Only `plugins` is in responses; the other fields were recorded by other means."""

    release: str
    plugins: Mapping[tuple[str, str], JsonObject]
    """The response for each plugin, by its type and its lower-case name."""
    env: Sequence[JsonObject] = ()
    """The options of `env`."""
    enums: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The constants of Java enumerations with their texts, by the name of the type."""
    items: Mapping[str, str] = field(default_factory=dict)
    """The Java type of the items of list options, by plugin and option, where engines send only an object's address."""
    nested: Mapping[str, JsonObject] = field(default_factory=dict)
    """The options of list items by the items' Java type, and whether other options are ignored (`lenient`)."""
    undeclared: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Options that a connector reads but its rules lack, by the connector's lower-case name."""
    strict: bool = False
    """Whether the engine has a dry run, which refuses options that the rules don't have."""

    @classmethod
    def parse(cls, document: Any, where: str) -> Self:
        """Read a file of rules. Raises `InvalidDocument`."""
        names = ("env", "enums", "items", "nested", "undeclared", "strict")
        try:
            plugins = {(each["pluginType"], each["pluginName"].lower()): each for each in document["plugins"]}
            found = cls(document["release"], plugins, **{name: document[name] for name in names if name in document})
            for each in plugins.values():
                all(map(keys_of, declared(each["optionRule"])))
        except (KeyError, TypeError, AttributeError):
            problem = "it has no option rules, as `seatunnel-v2 option-rules` writes them"
            raise InvalidDocument(where, "plugins", problem) from None
        return found

    def of(self, kind: str, name: str) -> JsonObject | None:
        """Return the response for a plugin, whose name is compared without regard to letter case."""
        return self.plugins.get((kind, name.lower()))

    def names(self, kind: str) -> list[str]:
        """Return the names of the plugins of a type."""
        return [rule["pluginName"] for (each, _), rule in self.plugins.items() if each == kind]

    def keys(self, kind: str, name: str) -> frozenset[str]:
        """Return the names of all options of a plugin, or of `env`, that the engine reads; empty if it is not known."""
        if kind == "env":
            return frozenset(key for option in self.env for key in keys_of(option))
        rule = self.of(kind, name)
        known = (key for option in declared(rule["optionRule"]) for key in keys_of(option)) if rule else ()
        return frozenset((*known, *(self.undeclared.get(name.lower(), ()) if rule else ())))

    def required(self, kind: str, name: str) -> list[list[str]]:
        """Return the options that a plugin requires, each as a list of names of which one must be set."""
        needed: list[list[str]] = []
        rule = self.of(kind, name)
        for each in rule["optionRule"]["requiredOptions"] if rule else ():
            options = [option for option in each["options"] if option.get("defaultValue") is None]
            if each["ruleType"] == "EXCLUSIVE":
                needed.append([key for option in each["options"] for key in keys_of(option)])
            elif each["ruleType"] == "ABSOLUTELY_REQUIRED":
                needed += [keys_of(option) for option in options]
        return needed

    def completed(self) -> OptionRules:
        """Return the rules of a running engine, completed with the recorded fields that its responses lack.

        If nothing was recorded for its release, the fields are those of the newest recorded release.
        """
        known = option_rules_of(self.release) or option_rules_of(recorded_releases()[-1])
        if known is None or self.env:
            return self
        further = {name: getattr(known, name) for name in ("env", "enums", "items", "nested", "undeclared")}
        return replace(self, strict=True, **further)


def declared(rule: JsonObject) -> Iterator[JsonObject]:
    """Yield the options of a rule, of its conditions, and of the rules below it."""
    yield from rule.get("optionalOptions") or ()
    for required in rule.get("requiredOptions") or ():
        yield from required["options"]
    for condition in rule.get("conditionRules") or ():
        yield from declared(condition["optionRule"])
    for constraint in rule.get("valueConstraints") or ():
        for node in chain(constraint["conditionTree"]):
            yield from filter(None, (node["option"], node.get("compareOption")))


def chain(node: JsonObject | None) -> Iterator[JsonObject]:
    """Yield a condition and the conditions that are joined to it as `next`."""
    while node:
        yield node
        node = node.get("next")


def keys_of(option: JsonObject) -> list[str]:
    """Return the name of an option and its old names."""
    return [option["key"], *(option.get("fallbackKeys") or ())]


def recorded_releases() -> Sequence[str]:
    """Return the releases whose rules are shipped, the oldest first."""
    return [name for name in releases() if (shipped_folder() / _FOLDER / f"{name}{_ENDING}").exists()]


@cache
def option_rules_of(release: str) -> OptionRules | None:
    """Return the shipped rules of a release: its own, or those of the nearest release before, or None.

    Raises `UnknownRelease`.
    """
    for name in reversed([overlay.name for overlay in chain_of(release, shipped_folder())]):
        path = shipped_folder() / _FOLDER / f"{name}{_ENDING}"
        if path.exists():
            return OptionRules.parse(json.loads(gzip.decompress(path.read_bytes())), path.name)
    return None


def version_of(release: str) -> str:
    """Return the version that engines of a recorded release report, or else its name."""
    return next(iter(chain_of(release, shipped_folder())[-1].versions), release)


def releases_with(kind: str, name: str, key: str) -> Iterable[str]:
    """Return the recorded releases in which a plugin has an option, the oldest first."""
    found = ((release, option_rules_of(release)) for release in recorded_releases())
    return [release for release, rules in found if rules and key in rules.keys(kind, name)]
