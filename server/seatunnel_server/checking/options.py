"""The options of one plugin, checked by its rules: as an engine's `ConfigValidator` does, but all mistakes at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from seatunnel_openapi.documents import JsonObject
from seatunnel_openapi.option_rules import (
    OptionRules,
    chain,
    declared,
    keys_of,
    recorded_releases,
    releases_with,
    version_of,
)
from seatunnel_server.checking.findings import JobFinding, Rule, error, similar, warning
from seatunnel_server.checking.javatypes import JavaType, shown
from seatunnel_server.checking.places import PlacedKey, place_of
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import OptionMismatch

COMMON: Final[Sequence[JsonObject]] = (
    {"key": "plugin_name", "type": "java.lang.String"},
    {"key": "plugin_input", "type": "java.util.List<java.lang.String>", "fallbackKeys": ["source_table_name"]},
    {"key": "plugin_output", "type": "java.lang.String", "fallbackKeys": ["result_table_name"]},
    {"key": "metadata_datasource_id", "type": "java.lang.String"},
    {"key": "parallelism", "type": "java.lang.Integer"},
    {"key": "schema", "type": "java.lang.Object"},
    {"key": "catalog", "type": "java.util.Map<java.lang.String, java.lang.String>"},
    {"key": "dag-parsing.mode", "type": "java.lang.String"},
)
"""Options that every plugin may have; no engine answers with them."""
_INDEX: Final = dict.fromkeys(("indexName", "indexType", "metricType"))
_SCHEMA: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("table", "schema_first", "comment", "fields", "metadata_table_id", "partition_keys")),
    **dict.fromkeys(("database_name", "schema_name", "table_name")),
    "columns": dict.fromkeys(("name", "type", "nullable", "defaultValue", "comment", "columnLength", "columnScale")),
    "primaryKey": dict.fromkeys(("name", "columnNames")),
    "constraintKeys": {
        **dict.fromkeys(("constraintName", "constraintType")),
        "constraintColumns": {"columnName": None, "sortType": None, **_INDEX},
        **_INDEX,
    },
}
"""The keys of `schema` at every depth; `fields` has the names of columns."""
_ALMOST: Final = 0.75
"""How similar an option is at least that may be meant; in `similar`, letter case and separators make no difference."""
_JOINED: Final = "` or `"


def _all_keys(options: Iterable[JsonObject]) -> list[str]:
    return [key for option in options for key in keys_of(option)]


@dataclass(eq=False)
class PluginChecker:
    """Checks the options of one plugin, or of `env`. `where` is its place in the job, such as `source[0]`."""

    where: str
    name: str
    plugin: Mapping[str, Any]
    rule: JsonObject
    rules: OptionRules
    _wrong: dict[str, JobFinding] = field(default_factory=dict)
    """Options whose values can't be converted."""

    @cached_property
    def _kind(self) -> str:
        return self.where.partition("[")[0]

    @cached_property
    def _at(self) -> str:
        return "" if self._kind == "env" else f"{self.where}: "

    @cached_property
    def _options(self) -> Options:
        return Options(self.plugin)

    @cached_property
    def _common(self) -> Sequence[JsonObject]:
        """Options of every plugin that this one does not declare itself."""
        own = {key for option in declared(self.rule) for key in keys_of(option)}
        return () if self._kind == "env" else [option for option in COMMON if option["key"] not in own]

    @cached_property
    def known(self) -> list[str]:
        """The names of all options, old names included."""
        return list(dict.fromkeys(_all_keys([*declared(self.rule), *self._common])))

    def findings(self) -> Iterator[JobFinding]:
        """Yield errors and doubtful places in the options."""
        yield from self._rule_findings(self.rule, "")
        for option in [*(self.rule.get("optionalOptions") or ()), *self._required(), *self._common]:
            self._value(option)
        yield from self._wrong.values()
        yield from self._unknown(self.plugin, "")
        yield from self._schemas()

    def _required(self) -> Iterator[JsonObject]:
        for required in self.rule.get("requiredOptions") or ():
            yield from required["options"]

    # Values.

    def _raw(self, option: JsonObject) -> Any:
        return self._options.raw(*keys_of(option))

    def _value(self, option: JsonObject) -> Any:
        """Return the value or the default of an option; None, and a finding, for one that can't be converted."""
        raw = self._raw(option)
        if raw is None:
            return option.get("defaultValue")
        text = option["type"]
        if "@" in text:
            text = f"java.util.List<{self.rules.items.get(option['key'], 'java.lang.Object')}>"
        kind = JavaType.parse(text)
        try:
            return kind.convert(raw, self.rules)
        except OptionMismatch:
            if option["key"] not in self._wrong:
                wanted = kind.words(self.rules)
                must = f"must be {wanted}, not {shown(raw)}" if wanted else f"can't be {shown(raw)}"
                key = self._key_of(option)
                self._wrong[option["key"]] = error(
                    Rule.OPTION, f"{self._at}`{key}` {must}", self._close_value(kind, raw), **place_of(key)
                )
        return None

    def _close_value(self, kind: JavaType, raw: Any) -> str:
        values = self.rules.enums.get(kind.name)
        return _hint(similar(str(raw), values)) if values and isinstance(raw, str) else ""

    def _key_of(self, option: JsonObject) -> str:
        """Return the key under which the configuration has an option, with its place if that is known."""
        for name in keys_of(option):
            if self._options.raw(name) is not None:
                first = next((key for key in self.plugin if key == name or name.startswith(f"{key}.")), name)
                return PlacedKey(name, first) if isinstance(first, PlacedKey) else name
        return str(option["key"])

    def _has(self, option: JsonObject) -> bool:
        if self._raw(option) is None:
            return False
        self._value(option)
        return True

    # Rules.

    def _rule_findings(self, rule: JsonObject, why: str) -> Iterator[JobFinding]:
        absent: set[str] = set()
        for required in rule.get("requiredOptions") or ():
            because, tree = why, required.get("expressionTree")
            if tree is not None:
                if not self._holds(tree):
                    continue
                because = f", because {_readable(required.get('expression', ''))}"
            yield from self._required_findings(required, because, absent)
            for option in required["options"]:
                yield from self._choice(option)
        for option in rule.get("optionalOptions") or ():
            yield from self._choice(option)
        for condition in rule.get("conditionRules") or ():
            if self._holds(condition["expressionTree"]):
                because = f", because {_readable(condition.get('expression', ''))}"
                yield from self._rule_findings(condition["optionRule"], because)
        for constraint in rule.get("valueConstraints") or ():
            yield from self._constraint(constraint, rule, absent)

    def _required_findings(self, required: JsonObject, why: str, absent: set[str]) -> Iterator[JobFinding]:
        options = required["options"]
        there = [option for option in options if self._has(option)]
        names = [option["key"] for option in options]
        at = place_of(name_place(self.plugin))
        match required["ruleType"]:
            case "EXCLUSIVE" if not there:
                hint = self._misspelt(_all_keys(options))
                yield error(Rule.OPTION, f"{self._at}{self.name} needs `{_JOINED.join(names)}`{why}", hint, **at)
            case "EXCLUSIVE" if len(there) > 1:
                keys = [self._key_of(option) for option in there]
                message = f"{self._at}only one of `{'`, `'.join(keys)}` is allowed"
                yield error(Rule.OPTION, message, **place_of(keys[1]))
            case "BUNDLED" if there and len(there) < len(options):
                missing = "`, `".join(option["key"] for option in options if option not in there)
                key = self._key_of(there[0])
                yield error(Rule.OPTION, f"{self._at}`{key}` needs `{missing}` beside it", **place_of(key))
            case "ABSOLUTELY_REQUIRED" | "CONDITIONAL":
                for option in options:
                    if option not in there and option.get("defaultValue") is None:
                        absent.add(option["key"])
                        hint = self._misspelt(keys_of(option))
                        yield error(Rule.OPTION, f"{self._at}{self.name} needs `{option['key']}`{why}", hint, **at)

    def _misspelt(self, wanted: Sequence[str]) -> str:
        """Return a hint at an option of the configuration that is not known and similar to a missing one."""
        known = {*self.known}
        close = [key for key in self.plugin if key not in known and similar(key, wanted, cutoff=_ALMOST)]
        return f"is `{close[0]}` misspelt?" if close else ""

    def _choice(self, option: JsonObject) -> Iterator[JobFinding]:
        values = option.get("optionValues")
        if not values or not self._has(option) or option["key"] in self._wrong:
            return
        value = self._value(option)
        if value not in values:
            key = self._key_of(option)
            message = f"{self._at}`{key}` must be one of {', '.join(map(str, values))}, not {shown(self._raw(option))}"
            yield error(Rule.OPTION, message, _hint(similar(str(value), map(str, values))), **place_of(key))

    def _constraint(self, constraint: JsonObject, rule: JsonObject, absent: set[str]) -> Iterator[JobFinding]:
        head = constraint["conditionTree"]
        option = head["option"]
        always = any(
            required["ruleType"] == "ABSOLUTELY_REQUIRED" and option["key"] in _all_keys(required["options"])
            for required in rule.get("requiredOptions") or ()
        )
        applies = always or any(
            all(self._has(each) for node in group for each in (node["option"], node.get("compareOption")) if each)
            for group in _groups(head)
        )
        if option["key"] in absent or not applies or any(n["option"]["key"] in self._wrong for n in chain(head)):
            return
        if not self._holds_any(head) and option["key"] not in self._wrong:
            key = self._key_of(option)
            demand = _DEMANDS.get(head.get("conditionOperator", "")) if not head.get("next") else None
            must = demand.format(head.get("expectValue")) if demand else f"fails: {_readable(constraint['expression'])}"
            yield error(Rule.OPTION, f"{self._at}`{key}` {must}", **place_of(key))

    def _holds(self, node: JsonObject) -> bool:
        """Evaluate an expression, whose operators bind to the right as in the engine."""
        found = self._holds_any(node["condition"])
        following = node.get("next")
        if not following:
            return found
        rest = self._holds(following)
        return (found and rest) if node.get("operator") == "AND" else (found or rest)

    def _holds_any(self, head: JsonObject) -> bool:
        """Evaluate a chain of conditions: AND binds tighter than OR."""
        return any(all(self._is(node) for node in group) for group in _groups(head))

    def _is(self, node: JsonObject) -> bool:
        value, wanted = self._value(node["option"]), node.get("expectValue")
        if node.get("compareOption"):
            wanted = self._value(node["compareOption"])
        test = _TESTS.get(node.get("conditionOperator") or "EQUAL")
        if test is None:  # an extension: the engine has code for it, which is not in the rules
            return True
        try:
            return test(value, wanted)
        except TypeError:
            return True

    # Names.

    def _unknown(self, values: Mapping[str, Any], above: str) -> Iterator[JobFinding]:
        known, read = {*self.known}, self.rules.keys(self._kind, self.name)
        for key, value in values.items():
            path = f"{above}{key}"
            if path in known or (path in read and not self.rules.strict):
                continue
            if any(name.startswith(f"{path}.") for name in known):
                if isinstance(value, Mapping):
                    yield from self._unknown(value, f"{path}.")
                continue
            message, hint = f"{self._at}{self.name} has no option `{path}`", self.hint(path)
            if path in read:
                message = f"{self._at}{self.name} reads `{path}` but does not declare it, so that a dry run refuses it"
                hint = ""
            elif when := self._other_releases(path):
                message += f" in {self.rules.release}; {when}"
            elif not hint and self._kind == "env" and path.startswith(("spark.", "flink.")):
                hint = "options of Spark and Flink have no effect here"
            yield warning(Rule.OPTION, message, hint, **place_of(key))

    def _other_releases(self, key: str) -> str:
        """Return since when, or until when, there is an option that the release does not have; empty if never."""
        order, others = list(recorded_releases()), list(releases_with(self._kind, self.name, key))
        at = order.index(self.rules.release) if self.rules.release in order else len(order)
        later = [release for release in others if order.index(release) > at]
        return f"since {version_of(later[0])}" if later else f"until {version_of(others[-1])}" if others else ""

    def hint(self, key: str) -> str:
        """Return a hint at the option that is most similar to a name."""
        return _hint(similar(key, [*self.known, *self.rules.keys(self._kind, self.name)], cutoff=_ALMOST))

    def _schemas(self) -> Iterator[JobFinding]:
        """Yield unknown keys of `schema`, here and in lists of tables."""
        tables = [each for each in self.plugin.values() if isinstance(each, list)]
        for values in (self.plugin, *(item for items in tables for item in items if isinstance(item, Mapping))):
            if isinstance(values.get("schema"), Mapping):
                yield from self._keys_in(values["schema"], _SCHEMA, "schema")

    def _keys_in(self, values: Mapping[str, Any], known: Mapping[str, Any], path: str) -> Iterator[JobFinding]:
        for key, value in values.items():
            if key not in known:
                hint = _hint(similar(key, known, cutoff=_ALMOST))
                yield warning(Rule.OPTION, f"{self._at}`{path}` has no option `{key}`", hint, **place_of(key))
            elif known[key]:
                for each in value if isinstance(value, list) else [value]:
                    if isinstance(each, Mapping):
                        yield from self._keys_in(each, known[key], f"{path}.{key}")


def name_place(plugin: Mapping[str, Any]) -> Any:
    """Return the key or value with the place of a plugin: its name in HOCON, the key `plugin_name` in JSON."""
    name = plugin.get("plugin_name", "")
    keys = (key for key in plugin if key == "plugin_name")
    return next((each for each in (name, *keys) if getattr(each, "line", None)), name)


def _groups(head: JsonObject) -> Iterator[list[JsonObject]]:
    """Yield the conditions of a chain that are joined with AND; OR is between the groups."""
    group = []
    for node in chain(head):
        group.append(node)
        if node.get("operator") != "AND":
            yield group
            group = []
    if group:
        yield group


def _hint(close: str) -> str:
    return f"did you mean `{close}`?" if close else ""


def _readable(expression: str) -> str:
    """Return an expression of the engine, such as `'format' == TEXT`, with options in the quotes of a message."""
    return (
        re.sub(r"'([\w.\-]+)'", r"`\1`", expression)
        .replace(" == ", " is ")
        .replace(" && ", " and ")
        .replace(" || ", " or ")
    )


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, wanted: value is not None and wanted is not None and compare(value, wanted)


def _text(test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, wanted: isinstance(value, str) and test(value, str(wanted))


def _matches(value: str, pattern: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        return True


_DEMANDS: Final = {
    **dict.fromkeys(("NOT_BLANK", "NOT_EMPTY", "MAP_NOT_EMPTY"), "must not be empty"),
    "GREATER_THAN": "must be greater than {}",
    "GREATER_OR_EQUAL": "must be {} or more",
    "LESS_THAN": "must be less than {}",
    "LESS_OR_EQUAL": "must be {} or less",
    "STARTS_WITH": "must start with {}",
}
_LESS: Final = _compared(lambda value, wanted: value < wanted)
_LESS_OR_EQUAL: Final = _compared(lambda value, wanted: value <= wanted)
_GREATER: Final = _compared(lambda value, wanted: value > wanted)
_GREATER_OR_EQUAL: Final = _compared(lambda value, wanted: value >= wanted)
_TESTS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "EQUAL": lambda value, wanted: value == wanted,
    "NOT_EQUAL": lambda value, wanted: value != wanted,
    "GREATER_THAN": _GREATER,
    "GREATER_OR_EQUAL": _GREATER_OR_EQUAL,
    "LESS_THAN": _LESS,
    "LESS_OR_EQUAL": _LESS_OR_EQUAL,
    "FIELD_GREATER_THAN": _GREATER,
    "FIELD_GREATER_OR_EQUAL": _GREATER_OR_EQUAL,
    "FIELD_LESS_THAN": _LESS,
    "FIELD_LESS_OR_EQUAL": _LESS_OR_EQUAL,
    "NOT_BLANK": _text(lambda value, _: bool(value.strip())),
    "STARTS_WITH": _text(str.startswith),
    "CONTAINS": _text(lambda value, wanted: wanted in value),
    "MATCHES": _text(_matches),
    "UPPER_CASE": _text(lambda value, _: value == value.upper()),
    "LOWER_CASE": _text(lambda value, _: value == value.lower()),
    "NOT_EMPTY": lambda value, _: isinstance(value, list) and bool(value),
    "COLLECTION_UNIQUE": lambda value, _: (
        isinstance(value, list) and all(v not in value[:i] for i, v in enumerate(value))
    ),
    "MAP_NOT_EMPTY": lambda value, _: isinstance(value, Mapping) and bool(value),
    "MAP_CONTAINS_KEY": lambda value, wanted: isinstance(value, Mapping) and wanted in value,
    "MAP_CONTAINS_KEYS": lambda value, wanted: isinstance(value, Mapping) and {*value} >= {*wanted},
}
"""The engine's conditions, except for EXTENSION."""
