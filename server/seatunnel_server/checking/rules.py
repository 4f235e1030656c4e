"""Errors and doubtful places in the tree of a job configuration, by the facts of a release."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from seatunnel_openapi import Contract, connectors_of, releases
from seatunnel_server.checking.findings import JobFinding, Rule, did_you_mean, error, similar, warning
from seatunnel_server.checking.reading import plugins_of, refused_keys
from seatunnel_server.engine.config import Language, read_tree
from seatunnel_server.engine.hocon import Refused
from seatunnel_server.engine.memory.connectors.catalogue import Catalogue, ConnectorKind, ConnectorMode
from seatunnel_server.engine.memory.connectors.transforms.registry import KNOWN as TRANSFORMS
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import KeyNotAllowed, OptionMismatch
from seatunnel_server.engine.shade import ShadeRules

OWN_PLUGIN: Final = "If it is your own, pass --plugin."
"""The hint of the command `check` for the name of a plugin that the release does not have."""

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
_SCHEMA: Final = ("table", "schema_first", "comment", "fields", "columns", "primaryKey", "constraintKeys")
_READ_NESTED: Final = frozenset({"job.mode", "job.name", "savemode.execute.location"})
"""Options of `env` that are also found in objects: `job { mode = BATCH }`."""
_OLD_KEYS: Final = ("source_table_name", "result_table_name")
_SECRET: Final = re.compile(r"passw(or)?d|secret|access_?key|api_?key|token$", re.IGNORECASE)
_SECRET_IN_ADDRESS: Final = re.compile(r"//[^/@\s:]+:[^/@\s]+@|[?&;](password|pwd)=[^&;]", re.IGNORECASE)
_PLACEHOLDER: Final = re.compile(r"\$\{(\w++)[^}$]*+\}")
_EXAMINED: Final = 1000
"""Options of `env` or of a plugin that are compared with those that are known."""
_ALMOST: Final = 0.85
"""How similar a misspelt option is at least."""
_TRANSPOSED: Final = 0.8
"""The same where few options are known: a word of six letters with two transposed ones has 0.83."""


@dataclass(frozen=True, slots=True)
class JobRules:
    """The rules of one release. `own_plugins` are lower-case names of plugins that are not of the distribution."""

    contract: Contract
    language: Language
    own_plugins: frozenset[str] = frozenset()

    def findings(self, tree: Mapping[str, Any]) -> Iterator[JobFinding]:
        """Yield the findings in a tree, section by section."""
        for find in _RULES:
            yield from find(self, tree)

    def unchecked(self, tree: Mapping[str, Any]) -> Iterator[str]:
        """Yield the names of the job's plugins of which only the required options are known."""
        known = connectors_of(self.contract.release)
        there = {*map(str.lower, (*known.sources, *known.sinks, *TRANSFORMS)), *self.own_plugins} - {*known.options}
        for section in ("source", "transform", "sink"):
            names = (str(plugin.get("plugin_name")) for _, plugin in plugins_of(tree, section))
            yield from (name for name in names if name.lower() in there)

    @property
    def _links(self) -> tuple[Sequence[str], Sequence[str]]:
        facts = self.contract.operation("submit_job").behaviour
        return facts.names("inputKeys"), facts.names("outputKeys")

    @property
    def _shade(self) -> ShadeRules:
        return ShadeRules.of(self.contract.operation("encrypt_config").behaviour)

    def language_is_read(self, _: Mapping[str, Any]) -> Iterator[JobFinding]:
        """A release reads some languages only."""
        known = self.contract.operation("submit_job").behaviour.names("bodyFormats")
        if self.language.value not in known:
            message = f"{self.contract.release} reads no {self.language.value.upper()}"
            yield error(Rule.LANGUAGE, message, f"--convert {known[0]} writes {known[0].upper()}, which it reads")

    def keys(self, tree: Mapping[str, Any]) -> Iterator[JobFinding]:
        """Keys are paths of the configuration library."""
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
                yield error(Rule.KEY, f"the key `{key}` is refused: {problem.message}", hint, quotes=f'"{key}"')
            else:
                if "->" in key:
                    message = f"the key `{key}` is read as a path: an arrow separates its parts"
                    yield warning(Rule.KEY, message, quotes=key)

    def environment(self, tree: Mapping[str, Any]) -> Iterator[JobFinding]:
        """Options of `env` that are not read as their author wants."""
        env = tree.get("env")
        if not isinstance(env, Mapping) or isinstance(env, Refused):
            return
        for key, value in islice(env.items(), _EXAMINED):
            if isinstance(value, Mapping):
                for path in _paths(value, key):
                    if path in _ENV and path not in _READ_NESTED:
                        message = f"`{path}` is not read from an object in `env`"
                        yield warning(Rule.KEY, message, f"write `{path} = …`: the dots are part of the key")
            elif key not in _ENV and (close := similar(key, _ENV, cutoff=_ALMOST)):
                yield warning(Rule.OPTION, f"`env` has no option `{key}`", f"did you mean `{close}`?", quotes=key)
            if _SECRET.search(key):
                yield warning(Rule.CREDENTIALS, f"responses of /job-info show `env`, and so `{key}`", quotes=key)

    def plugins(self, tree: Mapping[str, Any]) -> Iterator[JobFinding]:
        """Names of plugins, and the options that they need."""
        catalogue = Catalogue.of_contract(self.contract, ConnectorMode.SIMULATE)
        kind: ConnectorKind
        for kind, other in (("source", "sink"), ("sink", "source")):
            for place, plugin in plugins_of(tree, kind):
                name = plugin.get("plugin_name")
                if not isinstance(name, str) or not name.strip():
                    yield _nameless(place, plugin)
                elif name.lower() in catalogue.jars[kind]:
                    required = catalogue.release.required[kind].get(name.lower(), ())
                    yield from _missing_options(place, name, plugin, required)
                elif name.lower() not in self.own_plugins:
                    yield self._unknown(place, kind, other, name)
        for place, plugin in plugins_of(tree, "transform"):
            name = plugin.get("plugin_name")
            if not isinstance(name, str) or not name.strip():
                yield _nameless(place, plugin)
            elif name.lower() not in {*map(str.lower, TRANSFORMS), *self.own_plugins}:
                message = f"{place}: there is no transform `{name}`"
                yield error(Rule.PLUGIN, message, did_you_mean(name, TRANSFORMS), quotes=name)

    def _unknown(self, place: str, kind: str, other: str, name: str) -> JobFinding:
        """Return the finding for a source or sink that the release does not have."""
        known = connectors_of(self.contract.release)
        names, others = (known.sources, known.sinks) if kind == "source" else (known.sinks, known.sources)
        message = f"{place}: {self.contract.release} has no {kind} `{name}`"
        if name.lower() in map(str.lower, others):
            return error(Rule.PLUGIN, f"{message}, only a {other}", quotes=name)
        hint = did_you_mean(name, names)
        for release in releases():
            later = connectors_of(release)
            if name.lower() in map(str.lower, later.sources if kind == "source" else later.sinks):
                hint = f"{release} has it."
                break
        return error(Rule.PLUGIN, message, f"{hint} {OWN_PLUGIN}".strip(), quotes=name)

    def spelling(self, tree: Mapping[str, Any]) -> Iterator[JobFinding]:
        """Misspelt options that link plugins, and the names that a release does not know or does not need any more."""
        inputs, outputs = self._links
        new, known = (*inputs, *outputs), connectors_of(self.contract.release).options
        for section in ("source", "transform", "sink"):
            for place, plugin in plugins_of(tree, section):
                own = known.get(str(plugin.get("plugin_name")).lower(), ())
                for key in islice(plugin, _EXAMINED):
                    if key == "schema":
                        yield from _misspelt_in_schema(place, plugin[key])
                    if key in own:
                        continue
                    if key in _OLD_KEYS and key not in (inputs[0], outputs[0]):
                        name = inputs[0] if key in inputs else outputs[0]
                        ignored = name in plugin and plugin[name] != plugin[key]
                        message = f"`{key}` is " + (f"ignored beside `{name}`" if ignored else "the old name")
                        yield warning(Rule.LINK, f"{place}: {message}", f"write `{name}`", quotes=key)
                    elif key not in new and (close := similar(key, new, cutoff=_ALMOST)):
                        yield warning(
                            Rule.OPTION, f"{place}: `{key}` links nothing", f"did you mean `{close}`?", quotes=key
                        )
                    elif key not in new and (close := similar(key, own, cutoff=_ALMOST)):
                        message = f"{place}: {plugin['plugin_name']} has no option `{key}`"
                        yield warning(Rule.OPTION, message, f"did you mean `{close}`?", quotes=key)
                    elif key in ("plugin_input", "plugin_output") and key not in new:
                        name = outputs[0] if key == "plugin_output" else inputs[0]
                        message = f"{place}: {self.contract.release} does not know `{key}`"
                        yield warning(Rule.LINK, message, f"write `{name}`", quotes=key)

    def links(self, tree: Mapping[str, Any]) -> Iterator[JobFinding]:
        """Inputs that no plugin makes, outputs that none reads."""
        inputs, outputs = self._links
        made = [(place, Options(it)) for key in ("source", "transform") for place, it in plugins_of(tree, key)]
        read = [(place, Options(it)) for key in ("transform", "sink") for place, it in plugins_of(tree, key)]
        sources, sinks = (len(list(plugins_of(tree, key))) for key in ("source", "sink"))
        if list(refused_keys(tree)) or not sources or not sinks:
            return
        simple = sources == sinks == 1 and len(made) <= 2  # noqa: PLR2004 - a source and a transform
        report = warning if simple else error
        names = [(place, it.text(*outputs)) for place, it in made]
        wanted = [(place, name) for place, it in read for name in _inputs(it, inputs)]
        known = {name for _, name in names if name is not None}
        for place, name in wanted:
            if name not in known:
                hint = did_you_mean(name, known) or ("" if known else f"no plugin has `{outputs[0]}`")
                effect = "; in a job of one source and one sink this is ignored" if simple else ""
                yield report(Rule.LINK, f"{place}: no plugin has the output `{name}`{effect}", hint, quotes=name)
        if simple:
            return
        yield from _unlinked(names, {name for _, name in wanted}, outputs[0])
        for place, plugin in read:
            if not plugin.has(*inputs):
                yield error(Rule.LINK, f"{place}: `{inputs[0]}` is missing, which a job of several plugins needs")

    def credentials(self, tree: Mapping[str, Any]) -> Iterator[JobFinding]:
        """Credentials that are kept as they were sent."""
        rules = self._shade
        env = tree.get("env")
        settings = env if isinstance(env, Mapping) and not isinstance(env, Refused) else {}
        shaded = settings.get("shade.identifier", "default") != "default"
        further = settings.get("shade.options") if rules.keys_option else None
        keys = rules.keys | {str(key) for key in (further if isinstance(further, list) else ())}
        if shaded and not self._is_decrypted:
            message = f"{self.contract.release} decrypts credentials in JSON only: plugins get the encrypted text"
            yield warning(Rule.CREDENTIALS, message, "--convert json")
        for section in ("source", "transform", "sink"):
            encrypted = keys if shaded and section in rules.sections else frozenset()
            for place, plugin in plugins_of(tree, section):
                clear = [key for key, value in plugin.items() if _is_secret(key, value, keys) and key not in encrypted]
                if clear:
                    names = ", ".join(f"`{key}`" for key in clear)
                    yield warning(Rule.CREDENTIALS, f"{place}: {names} in clear text", self._clear_hint(clear, keys))

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
        """Variables in text, which only `seatunnel.sh -i` replaces."""
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
    JobRules.spelling,
    JobRules.links,
    JobRules.credentials,
    JobRules.placeholders,
)


def _nameless(place: str, plugin: Mapping[str, Any]) -> JobFinding:
    if len(plugin) == 1 and isinstance(next(iter(plugin.values())), Mapping):
        name = next(iter(plugin))
        hint = f'in JSON, the name is an option: {{"plugin_name": "{name}", …}}'
        return error(Rule.PLUGIN, f"{place}: the plugin has no `plugin_name`", hint, quotes=f'"{name}"')
    return error(Rule.PLUGIN, f"{place}: the plugin has no `plugin_name`", did_you_mean("plugin_name", plugin))


def _missing_options(place: str, name: str, plugin: Mapping[str, Any], required: Sequence[str]) -> Iterator[JobFinding]:
    options = Options(plugin)
    for names in required:
        alternatives = names.split("|")
        if not options.has(*alternatives):
            close = [key for key in plugin if similar(key, alternatives, cutoff=_ALMOST)]
            hint = f"is `{close[0]}` misspelt?" if close else ""
            yield error(Rule.OPTION, f"{place}: {name} needs `{'` or `'.join(alternatives)}`", hint, quotes=name)


def _misspelt_in_schema(place: str, schema: Any) -> Iterator[JobFinding]:
    if not isinstance(schema, Mapping) or isinstance(schema, Refused):
        return
    for key in islice(schema, _EXAMINED):
        if key not in _SCHEMA and (close := similar(key, _SCHEMA, cutoff=_TRANSPOSED)):
            message = f"{place}: `schema` has no option `{key}`"
            yield warning(Rule.OPTION, message, f"did you mean `{close}`?", quotes=key)


def _unlinked(names: Sequence[tuple[str, str | None]], read: set[str], key: str) -> Iterator[JobFinding]:
    seen: set[str] = set()
    for place, name in names:
        if name is None:
            yield error(Rule.LINK, f"{place}: `{key}` is missing, which a job of several plugins needs")
            continue
        if name in seen:
            yield error(Rule.LINK, f"{place}: another plugin has the output `{name}`, too", "give each its own name")
        elif name not in read:
            yield error(Rule.LINK, f"{place}: nothing reads `{name}`", quotes=name)
        seen.add(name)


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
    """Yield the keys of a tree, or the texts among its values."""
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
