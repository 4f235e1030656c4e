"""Checks the options of a plugin by its rules, as the engine's `ConfigValidator` does, but finds all errors at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
from seatunnel_server.checking.conditions import DEMANDS, TESTS, groups, readable
from seatunnel_server.checking.findings import FindingSeverity, JobFinding, Rule, did_you_mean, error, similar, warning
from seatunnel_server.checking.javatypes import JavaType, shown
from seatunnel_server.checking.places import PlacedKey, place_of
from seatunnel_server.engine.memory.schema import BadType, SqlType, parse_type
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
"""Options that every plugin may have, which no response of `/option-rules` lists."""
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
"""The known keys of `schema`, nested as in it; None if a key's value is not checked."""
_TABLE_PATH: Final = {"key": "table_path", "type": "java.lang.String"}
_TABLES: Final = frozenset({"tables_configs", "table_list", "table_configs", "table_transform", "index_list"})
"""Options with a list of objects; each object has the plugin's options for one table."""
_ITEMS: Final[Mapping[str, Sequence[JsonObject]]] = {
    "rows": [{"key": key, "type": "java.lang.Object"} for key in ("kind", "fields")],
    "columns": [
        {"key": key, "type": "java.lang.Object"}
        for key in ("src_field", "path", "dest_field", "dest_type", "column_error_handle_way")
    ],
}
"""The known keys of objects in other lists, by the option with the list."""
_TYPES: Final = [kind.lower() for kind in SqlType]
_TYPES_HINT: Final = (
    "types are string, int, bigint, double, decimal(p, s), timestamp and others, array<t>, map<k, v>, {…}"
)
_ALMOST: Final = 0.75
"""The least similarity of an option that is suggested for an unknown one."""
_JOINED: Final = "` or `"


def _all_keys(options: Iterable[JsonObject]) -> list[str]:
    return [key for option in options for key in keys_of(option)]


@dataclass(eq=False)
class PluginChecker:
    """Checks the options of one plugin, or of `env`. `where` is its place in the job: `source[0]`, or `env`."""

    where: str
    name: str
    plugin: Mapping[str, Any]
    rule: JsonObject
    rules: OptionRules
    further: frozenset[str] = frozenset()
    """Options that are known, though the rule does not have them."""
    _wrong: dict[str, JobFinding] = field(default_factory=dict)
    """Findings about values that can't be converted, by option."""

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
        """The options of `COMMON` that this plugin does not declare itself."""
        own = {key for option in declared(self.rule) for key in keys_of(option)}
        return () if self._kind == "env" else [option for option in COMMON if option["key"] not in own]

    @cached_property
    def known(self) -> list[str]:
        """The names of all options in the rule and in `COMMON`, old names included."""
        return list(dict.fromkeys(_all_keys([*declared(self.rule), *self._common])))

    def findings(self) -> Iterator[JobFinding]:
        """Yield the findings in the options."""
        yield from self._rule_findings(self.rule, "")
        for option in [*(self.rule.get("optionalOptions") or ()), *self._required(), *self._common]:
            self._value(option)
        yield from self._wrong.values()
        yield from self._unknown(self.plugin, "")
        yield from self._schemas()
        for option in {option["key"]: option for option in declared(self.rule)}.values():
            yield from self._items(option)

    def _items(self, option: JsonObject) -> Iterator[JobFinding]:
        """Yield the findings in the objects of a list, such as `table_list`."""
        values, kind = self._raw(option), self._type(option)
        if not isinstance(values, list) or not kind.arguments or option["key"] in self._wrong:
            return
        known = self.rules.nested.get(kind.arguments[0].name)
        if known is None and kind.arguments[0].name == "java.util.Map":
            if option["key"] in _TABLES:
                known = {"options": [*declared(self.rule), _TABLE_PATH], "lenient": True}
            elif option["key"] in _ITEMS:
                known = {"options": _ITEMS[option["key"]], "lenient": True}
        for number, item in enumerate(values if known else ()):
            if known and isinstance(item, Mapping):
                rule = {"optionalOptions": known["options"]}
                name = f"`{option['key']}[{number}]`"
                below = PluginChecker(self.where, name, item, rule, self.rules, self.rules.keys(self._kind, self.name))
                for found in below.findings():
                    refused = found.message.startswith(f"{self._at}{name} has no option") and not known["lenient"]
                    yield replace(found, severity=FindingSeverity.ERROR) if refused else found

    def _required(self) -> Iterator[JsonObject]:
        for required in self.rule.get("requiredOptions") or ():
            yield from required["options"]

    # Values.

    def _raw(self, option: JsonObject) -> Any:
        return self._options.raw(*keys_of(option))

    def _value(self, option: JsonObject) -> Any:
        """Return the value of an option, or its default. Note a value that can't be converted, and return None."""
        raw = self._raw(option)
        if raw is None:
            return option.get("defaultValue")
        kind = self._type(option)
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

    def _type(self, option: JsonObject) -> JavaType:
        text = option["type"]
        if "@" in text:
            item = self.rules.items.get(f"{self.name.lower()} {option['key']}", "java.lang.Object")
            text = f"java.util.List<{item}>"
        return JavaType.parse(text)

    def _close_value(self, kind: JavaType, raw: Any) -> str:
        values = self.rules.enums.get(kind.name)
        return did_you_mean(raw, values.values()) if values and isinstance(raw, str) else ""

    def _key_of(self, option: JsonObject) -> str:
        """Return an option's key in the configuration: its name or an old name, as a `PlacedKey` if possible."""
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
                because = f", because {readable(required.get('expression', ''))}"
            yield from self._required_findings(required, because, absent)
            for option in required["options"]:
                yield from self._choice(option)
        for option in rule.get("optionalOptions") or ():
            yield from self._choice(option)
        for condition in rule.get("conditionRules") or ():
            if self._holds(condition["expressionTree"]):
                because = f", because {readable(condition.get('expression', ''))}"
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
                yield error(Rule.OPTION, f"{self._at}`{key}` also needs `{missing}`", **place_of(key))
            case "ABSOLUTELY_REQUIRED" | "CONDITIONAL":
                for option in options:
                    if option not in there and option.get("defaultValue") is None:
                        absent.add(option["key"])
                        hint = self._misspelt(keys_of(option))
                        yield error(Rule.OPTION, f"{self._at}{self.name} needs `{option['key']}`{why}", hint, **at)

    def _misspelt(self, wanted: Sequence[str]) -> str:
        """Return a hint about an unknown option of the configuration whose name is similar to a missing one."""
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
            yield error(Rule.OPTION, message, did_you_mean(str(value), map(str, values)), **place_of(key))

    def _constraint(self, constraint: JsonObject, rule: JsonObject, absent: set[str]) -> Iterator[JobFinding]:
        head = constraint["conditionTree"]
        option = head["option"]
        always = any(
            required["ruleType"] == "ABSOLUTELY_REQUIRED" and option["key"] in _all_keys(required["options"])
            for required in rule.get("requiredOptions") or ()
        )
        applies = always or any(
            all(self._has(each) for node in group for each in (node["option"], node.get("compareOption")) if each)
            for group in groups(head)
        )
        if option["key"] in absent or not applies or any(n["option"]["key"] in self._wrong for n in chain(head)):
            return
        if not self._holds_any(head) and option["key"] not in self._wrong:
            key = self._key_of(option)
            demand = DEMANDS.get(head.get("conditionOperator", "")) if not head.get("next") else None
            must = demand.format(head.get("expectValue")) if demand else f"fails: {readable(constraint['expression'])}"
            yield error(Rule.OPTION, f"{self._at}`{key}` {must}", **place_of(key))

    def _holds(self, node: JsonObject) -> bool:
        """Evaluate an expression; its operators bind to the right, as in the engine."""
        found = self._holds_any(node["condition"])
        following = node.get("next")
        if not following:
            return found
        rest = self._holds(following)
        return (found and rest) if node.get("operator") == "AND" else (found or rest)

    def _holds_any(self, head: JsonObject) -> bool:
        """Evaluate a chain of conditions: AND binds tighter than OR."""
        return any(all(self._is(node) for node in group) for group in groups(head))

    def _is(self, node: JsonObject) -> bool:
        value, wanted = self._value(node["option"]), node.get("expectValue")
        if node.get("compareOption"):
            wanted = self._value(node["compareOption"])
        test = TESTS.get(node.get("conditionOperator") or "EQUAL")
        if test is None:  # an extension: the engine has code for it, which is not in the rules
            return True
        try:
            return test(value, wanted)
        except TypeError:
            return True

    # Names.

    def _unknown(self, values: Mapping[str, Any], above: str) -> Iterator[JobFinding]:
        known, read = {*self.known, *self.further}, self.rules.keys(self._kind, self.name)
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
        """Return since or until which version other releases have an option; empty if none has it."""
        order, others = list(recorded_releases()), list(releases_with(self._kind, self.name, key))
        at = order.index(self.rules.release) if self.rules.release in order else len(order)
        later = [release for release in others if order.index(release) > at]
        return f"since {version_of(later[0])}" if later else f"until {version_of(others[-1])}" if others else ""

    def hint(self, key: str) -> str:
        """Return a hint with the option most similar to a name, or an empty string."""
        return did_you_mean(key, [*self.known, *self.rules.keys(self._kind, self.name)], cutoff=_ALMOST)

    def _schemas(self) -> Iterator[JobFinding]:
        """Yield findings about unknown keys and types in `schema`."""
        schema = self.plugin.get("schema")
        if isinstance(schema, Mapping):
            yield from self._keys_in(schema, _SCHEMA, "schema")
        if isinstance(schema, Mapping) and self._kind == "source":
            fields, columns = schema.get("fields"), schema.get("columns")
            typed = [*fields.items()] if isinstance(fields, Mapping) else []
            rows = [each for each in columns if isinstance(each, Mapping)] if isinstance(columns, list) else []
            yield from self._types([*typed, *((each.get("name"), each["type"]) for each in rows if "type" in each)])

    def _types(self, columns: Iterable[tuple[Any, Any]]) -> Iterator[JobFinding]:
        for name, declared_type in columns:
            try:
                parse_type(declared_type)
            except BadType:
                message = f"{self._at}the column `{name}` can't have the type {shown(declared_type)}"
                hint = did_you_mean(declared_type, _TYPES) if str(declared_type).isidentifier() else ""
                yield error(Rule.OPTION, message, hint or _TYPES_HINT, **place_of(name))

    def _keys_in(self, values: Mapping[str, Any], known: Mapping[str, Any], path: str) -> Iterator[JobFinding]:
        for key, value in values.items():
            if key not in known:
                hint = did_you_mean(key, known, cutoff=_ALMOST)
                yield warning(Rule.OPTION, f"{self._at}`{path}` has no option `{key}`", hint, **place_of(key))
            elif known[key]:
                for each in value if isinstance(value, list) else [value]:
                    if isinstance(each, Mapping):
                        yield from self._keys_in(each, known[key], f"{path}.{key}")


def name_place(plugin: Mapping[str, Any]) -> Any:
    """Return the string whose place is that of a plugin: its name (HOCON), or its key `plugin_name` (JSON)."""
    name = plugin.get("plugin_name", "")
    keys = (key for key in plugin if key == "plugin_name")
    return next((each for each in (name, *keys) if getattr(each, "line", None)), name)
