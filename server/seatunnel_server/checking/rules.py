"""The rules that find errors and likely mistakes in the tree of a job configuration, by the facts of a release."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, TypeAlias

from seatunnel_openapi import Contract, connectors_of, releases
from seatunnel_openapi.documents import JsonObject
from seatunnel_openapi.option_rules import KINDS, OptionRules
from seatunnel_server.checking.findings import JobFinding, Rule, did_you_mean, error, warning
from seatunnel_server.checking.options import PluginChecker, name_place
from seatunnel_server.checking.places import place_of
from seatunnel_server.checking.reading import plugins_of, refused_keys
from seatunnel_server.engine.config import Language, ShadeRules, read_tree
from seatunnel_server.engine.hocon import Refused
from seatunnel_server.engine.memory.connectors.catalogue import Catalogue, ConnectorKind, ConnectorMode
from seatunnel_server.engine.memory.connectors.transforms.registry import KNOWN as TRANSFORMS
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import KeyNotAllowed, OptionMismatch

OWN_PLUGIN: Final = "If it is your own, pass --plugin."
"""The hint of the command `check` if the release does not have the named plugin."""

_ENV_OF_API: Final = (
    {"key": "shade.identifier", "type": "java.lang.String"},
    {"key": "shade.options", "type": "java.util.List<java.lang.String>"},
)
"""Options of `env` that are used to decrypt a configuration, before the job is read."""
_ENV: Final = (
    "job.mode",
    "job.name",
    "parallelism",
    "checkpoint.interval",
    "checkpoint.timeout",
    "job.retry.times",
    "job.retry.interval.seconds",
    "read_limit.bytes_per_second",
    "read_limit.rows_per_second",
    "savemode.execute.location",
    "shade.identifier",
    "shade.options",
    "tag_filter",
)
_READ_NESTED: Final = frozenset({"job.mode", "job.name", "savemode.execute.location"})
"""Options of `env` that may also be written as objects: `job { mode = BATCH }`."""
_OLD_KEYS: Final = ("source_table_name", "result_table_name")
_SECRET: Final = re.compile(r"passw(or)?d|secret|access_?key|api_?key|token$", re.IGNORECASE)
_SECRET_IN_ADDRESS: Final = re.compile(r"//[^/@\s:]+:[^/@\s]+@|[?&;](password|pwd)=[^&;]", re.IGNORECASE)
_PLACEHOLDER: Final = re.compile(r"\$\{(\w++)[^}$]*+\}")
_EXAMINED: Final = 1000
"""The most options of `env` or of a plugin that are compared with known ones."""
_ALMOST: Final = 0.85
"""The least similarity of an option that is suggested for an unknown one."""


_Plugins: TypeAlias = Sequence[tuple[str, Mapping[str, Any]]]
"""Plugins with their places, such as `source[0]`."""


@dataclass(frozen=True, slots=True)
class JobRules:
    """The rules of one release. `own_plugins` are lower-case names of plugins that are not of the distribution."""

    contract: Contract
    language: Language
    own_plugins: frozenset[str] = frozenset()
    options: OptionRules | None = None
    """The rules of plugins; None if none are known for the release."""

    def findings(self, tree: Mapping[str, Any]) -> Iterator[JobFinding]:
        """Yield the findings in a tree, section by section."""
        for find in _RULES:
            yield from find(self, tree)

    def unchecked(self, tree: Mapping[str, Any]) -> Iterator[str]:
        """Yield the names of the job's plugins whose options can't be checked, since no rules are known."""
        known = connectors_of(self.contract.release)
        there = {*map(str.lower, (*known.sources, *known.sinks, *TRANSFORMS)), *self.own_plugins}
        for section in KINDS:
            names = (str(plugin.get("plugin_name")) for _, plugin in plugins_of(tree, section))
            yield from (name for name in names if name.lower() in there and not self._rule(section, name))

    def _rule(self, section: str, name: str) -> JsonObject | None:
        return self.options.of(section, name) if self.options else None

    @property
    def _links(self) -> tuple[Sequence[str], Sequence[str]]:
        facts = self.contract.operation("submit_job").behaviour
        return facts.names("inputKeys"), facts.names("outputKeys")

    @property
    def _shade(self) -> ShadeRules:
        return ShadeRules.of(self.contract.operation("encrypt_config").behaviour)

    def language_is_read(self, _: Mapping[str, Any]) -> Iterator[JobFinding]:
        """Yield a finding if the release can't read the language of the configuration."""
        known = self.contract.operation("submit_job").behaviour.names("bodyFormats")
        if self.language.value not in known:
            message = f"{self.contract.release} reads no {self.language.value.upper()}"
            yield error(Rule.LANGUAGE, message, f"--convert {known[0]} writes {known[0].upper()}, which it reads")

    def keys(self, tree: Mapping[str, Any]) -> Iterator[JobFinding]:
        """Yield findings about keys that are refused, or read as paths, when the release decrypts the configuration."""
        if not self._is_decrypted:
            return
        facts = self.contract.operation("submit_job").behaviour
        for key in dict.fromkeys(_strings(tree, keys=True)):
            try:
                read_tree({key: None}, marks_in_keys=self._shade.marks_in_keys)
            except KeyNotAllowed as problem:
                hint = ""
                if "hocon" in facts.names("bodyFormats") and facts.choice("decryption") != "every-format":
                    hint = "HOCON takes any key in quotes: --convert hocon, and submit with format=hocon"
                yield error(Rule.KEY, f"the key `{key}` is refused: {problem.message}", hint, **place_of(key))
            else:
                if "->" in key:
                    message = f"the key `{key}` is read as a path: an arrow separates its parts"
                    yield warning(Rule.KEY, message, **place_of(key))

    def environment(self, tree: Mapping[str, Any]) -> Iterator[JobFinding]:
        """Yield findings about options of `env`: unknown or wrong ones, and those that responses would disclose."""
        env = tree.get("env")
        if not isinstance(env, Mapping) or isinstance(env, Refused):
            return
        nested = {path for path in _ENV if "." in path} - _READ_NESTED
        for key, value in islice(env.items(), _EXAMINED):
            for path in _paths(value, key) if isinstance(value, Mapping) else ():
                if path in nested:
                    message = f"`{path}` is not read from an object in `env`"
                    hint = f"write `{path} = …`: the dots are part of the key"
                    yield warning(Rule.KEY, message, hint, **place_of(key))
            if _SECRET.search(key):
                yield warning(Rule.CREDENTIALS, f"responses of /job-info show `env`, and so `{key}`", **place_of(key))
        if self.options:
            rule = {"optionalOptions": [*self.options.env, *_ENV_OF_API]}
            yield from PluginChecker("env", "`env`", env, rule, self.options).findings()

    def plugins(self, tree: Mapping[str, Any]) -> Iterator[JobFinding]:
        """Yield findings about missing and unknown names of plugins."""
        catalogue = Catalogue.of_contract(self.contract, ConnectorMode.SIMULATE)
        transforms = self.options.names("transform") if self.options else [*TRANSFORMS]
        kind: ConnectorKind
        for kind, other in (("source", "sink"), ("sink", "source")):
            for place, plugin in plugins_of(tree, kind):
                name = plugin.get("plugin_name")
                if not isinstance(name, str) or not name.strip():
                    yield _nameless(place, plugin)
                elif name.lower() not in {*catalogue.jars[kind], *self.own_plugins}:
                    yield self._unknown(place, kind, other, name, place_of(name_place(plugin)))
        for place, plugin in plugins_of(tree, "transform"):
            name = plugin.get("plugin_name")
            if not isinstance(name, str) or not name.strip():
                yield _nameless(place, plugin)
            elif name.lower() not in {*map(str.lower, transforms), *self.own_plugins}:
                message = f"{place}: there is no transform `{name}`"
                yield error(Rule.PLUGIN, message, did_you_mean(name, transforms), **place_of(name_place(plugin)))

    def _unknown(self, place: str, kind: str, other: str, name: str, at: Mapping[str, Any]) -> JobFinding:
        """Return the finding for a source or sink that the release does not have."""
        known = connectors_of(self.contract.release)
        names, others = (known.sources, known.sinks) if kind == "source" else (known.sinks, known.sources)
        message = f"{place}: {self.contract.release} has no {kind} `{name}`"
        if name.lower() in map(str.lower, others):
            return error(Rule.PLUGIN, f"{message}, only a {other}", **at)
        hint = did_you_mean(name, names)
        for release in releases():
            later = connectors_of(release)
            if name.lower() in map(str.lower, later.sources if kind == "source" else later.sinks):
                hint = f"{release} has it."
                break
        return error(Rule.PLUGIN, message, f"{hint} {OWN_PLUGIN}".strip(), **at)

    def plugin_options(self, tree: Mapping[str, Any]) -> Iterator[JobFinding]:
        """Yield findings about the options of plugins, by their option rules."""
        for section in KINDS:
            for place, plugin in plugins_of(tree, section):
                name = str(plugin.get("plugin_name"))
                if self.options and (rule := self._rule(section, name)):
                    yield from PluginChecker(place, name, plugin, rule["optionRule"], self.options).findings()

    def link_names(self, tree: Mapping[str, Any]) -> Iterator[JobFinding]:
        """Yield findings about the options that link plugins: old, misspelt, or unknown to the release."""
        inputs, outputs = self._links
        new = (*inputs, *outputs)
        for section in KINDS:
            for place, plugin in plugins_of(tree, section):
                known = self._rule(section, str(plugin.get("plugin_name")))
                for key in islice(plugin, _EXAMINED):
                    if key in _OLD_KEYS and key not in (inputs[0], outputs[0]):
                        name = inputs[0] if key in inputs else outputs[0]
                        ignored = name in plugin and plugin[name] != plugin[key]
                        message = f"`{key}` is " + (f"ignored, because `{name}` is set" if ignored else "the old name")
                        yield warning(Rule.LINK, f"{place}: {message}", f"write `{name}`", **place_of(key))
                    elif key not in new and not known and (hint := did_you_mean(key, new, cutoff=_ALMOST)):
                        yield warning(Rule.OPTION, f"{place}: `{key}` links nothing", hint, **place_of(key))
                    elif key in ("plugin_input", "plugin_output") and key not in new:
                        name = outputs[0] if key == "plugin_output" else inputs[0]
                        message = f"{place}: {self.contract.release} does not know `{key}`"
                        yield warning(Rule.LINK, message, f"write `{name}`", **place_of(key))

    def links(self, tree: Mapping[str, Any]) -> Iterator[JobFinding]:
        """Yield findings about inputs that no plugin has as output, and outputs that no plugin reads."""
        inputs, outputs = self._links
        made = [(place, it) for key in ("source", "transform") for place, it in plugins_of(tree, key)]
        read = [(place, it) for key in ("transform", "sink") for place, it in plugins_of(tree, key)]
        sources, sinks = (len(list(plugins_of(tree, key))) for key in ("source", "sink"))
        if list(refused_keys(tree)) or not sources or not sinks:
            return
        simple = sources == sinks == 1 and len(made) <= 2  # noqa: PLR2004 - a source and a transform
        report = warning if simple else error
        known = {name for _, it in made if (name := Options(it).text(*outputs)) is not None}
        wanted = set[str]()
        for place, plugin in read:
            for name in _inputs(Options(plugin), inputs):
                wanted.add(name)
                if name not in known:
                    hint = did_you_mean(name, known) or ("" if known else f"no plugin has `{outputs[0]}`")
                    effect = "; in a job of one source and one sink this is ignored" if simple else ""
                    message = f"{place}: no plugin has the output `{name}`{effect}"
                    yield report(Rule.LINK, message, hint, **_link_place(plugin, inputs))
        if simple:
            return
        yield from _unlinked(made, wanted, outputs)
        yield from _linkless(read, made, inputs, outputs)

    def credentials(self, tree: Mapping[str, Any]) -> Iterator[JobFinding]:
        """Yield findings about credentials in clear text, and about encrypted ones that the release won't decrypt."""
        rules = self._shade
        env = tree.get("env")
        settings = env if isinstance(env, Mapping) and not isinstance(env, Refused) else {}
        shaded = settings.get("shade.identifier", "default") != "default"
        further = settings.get("shade.options") if rules.keys_option else None
        keys = rules.keys | {str(key) for key in (further if isinstance(further, list) else ())}
        if shaded and not self._is_decrypted:
            message = f"{self.contract.release} decrypts credentials in JSON only: plugins get the encrypted text"
            yield warning(Rule.CREDENTIALS, message, "--convert json")
        for section in KINDS:
            encrypted = keys if shaded and section in rules.sections else frozenset()
            for place, plugin in plugins_of(tree, section):
                clear = [key for key, value in plugin.items() if _is_secret(key, value, keys) and key not in encrypted]
                if clear:
                    names, at = ", ".join(f"`{key}`" for key in clear), place_of(clear[0])
                    message = f"{place}: {names} in clear text"
                    yield warning(Rule.CREDENTIALS, message, self._clear_hint(clear, keys), **at)

    @property
    def _is_decrypted(self) -> bool:
        facts = self.contract.operation("submit_job").behaviour
        return self.language is Language.JSON or facts.choice("decryption") == "every-format"

    def _clear_hint(self, clear: Sequence[str], keys: frozenset[str]) -> str:
        if any(key not in keys for key in clear):
            option = ", unless `shade.options` in `env` lists it" if self._shade.keys_option else ""
            return f"/encrypt-config encrypts only {', '.join(sorted(keys))}{option}"
        only = "" if self._is_decrypted else "; the release decrypts JSON only, which --convert json writes"
        return f"encrypt it with POST /encrypt-config and `shade.identifier = base64` in `env`{only}"

    def placeholders(self, tree: Mapping[str, Any]) -> Iterator[JobFinding]:
        """Yield findings about variables such as `${name}` in text, which only `seatunnel.sh -i` replaces."""
        for section in ("env", "source", "transform"):  # sinks have variables of their own
            texts = "\n".join(_strings(tree.get(section), keys=False))
            for name in dict.fromkeys(_PLACEHOLDER.findall(texts)):
                message = f"`${{{name}}}` stays in the text: only seatunnel.sh -i replaces variables, the API does not"
                yield warning(Rule.VARIABLE, message, quotes=f"${{{name}")


_RULES: Final[Sequence[Callable[[JobRules, Mapping[str, Any]], Iterator[JobFinding]]]] = (
    JobRules.language_is_read,
    JobRules.keys,
    JobRules.environment,
    JobRules.plugins,
    JobRules.plugin_options,
    JobRules.link_names,
    JobRules.links,
    JobRules.credentials,
    JobRules.placeholders,
)


def _nameless(place: str, plugin: Mapping[str, Any]) -> JobFinding:
    if len(plugin) == 1 and isinstance(next(iter(plugin.values())), Mapping):
        name = next(iter(plugin))
        hint = f'in JSON, the name is an option: {{"plugin_name": "{name}", …}}'
        return error(Rule.PLUGIN, f"{place}: the plugin has no `plugin_name`", hint, **place_of(name))
    return error(Rule.PLUGIN, f"{place}: the plugin has no `plugin_name`", did_you_mean("plugin_name", plugin))


def _unlinked(made: _Plugins, read: set[str], keys: Sequence[str]) -> Iterator[JobFinding]:
    seen: set[str] = set()
    for place, plugin in made:
        name, at = Options(plugin).text(*keys), _link_place(plugin, keys)
        if name in seen:
            message = f"{place}: another plugin has the output `{name}`, too"
            yield error(Rule.LINK, message, "give each its own name", **at)
        elif name is not None and name not in read:
            yield error(Rule.LINK, f"{place}: nothing reads `{name}`", **at)
        seen.add(name or "")


def _linkless(read: _Plugins, made: _Plugins, inputs: Sequence[str], outputs: Sequence[str]) -> Iterator[JobFinding]:
    """Yield findings about plugins that lack an input or an output."""
    plugins, lacks = {**dict(made), **dict(read)}, dict[str, list[str]]()
    for keys, those in ((inputs, read), (outputs, made)):
        for place, plugin in those:
            if not Options(plugin).has(*keys):
                lacks.setdefault(place, []).append(f"`{keys[0]}`")
    for place, names in lacks.items():
        are = "are" if len(names) > 1 else "is"
        message = f"{place}: {' and '.join(names)} {are} missing, which a job of several plugins needs"
        yield error(Rule.LINK, message, **_link_place(plugins[place], ()))


def _link_place(plugin: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """Return the place of the first of the options `keys`, or that of the plugin if it has none of them."""
    return place_of(next((key for key in plugin if key in keys), name_place(plugin)))


def _inputs(plugin: Options, keys: Sequence[str]) -> list[str]:
    try:
        return plugin.texts(*keys) or []
    except OptionMismatch:
        return []


def _is_secret(key: str, value: Any, sensitive: frozenset[str]) -> bool:
    if not isinstance(value, str) or not value:
        return False
    is_key = (key in sensitive and key != "username") or _SECRET.search(key) is not None
    return is_key or _SECRET_IN_ADDRESS.search(value) is not None


def _strings(value: Any, *, keys: bool) -> Iterator[str]:
    """Yield all keys of a tree, or all strings among its values."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, Mapping) and not isinstance(each, Refused):
            if keys:
                yield from each
            pending += each.values()
        elif isinstance(each, list):
            pending += each
        elif isinstance(each, str) and not keys:
            yield each


def _paths(value: Any, path: str) -> Iterator[str]:
    yield path
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _paths(each, f"{path}.{key}")
