"""Makes a shipped file of rules: `python -m bench.options.pack TARGET SOURCE FILE...`.

SOURCE is the source tree of the engine. For an engine of 3.0 or later, the files are the outputs of `seatunnel-v2
option-rules URL` and of `java Judge further`; for an older one, the file is the output of `java Rules`.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from seatunnel_openapi import connectors_of
from seatunnel_openapi.option_rules import declared, keys_of

_KEY: Final = re.compile(r'\bkey\(\s*"([^"]+)"')
_ITEM: Final = re.compile(r"java\.util\.List<([\w.$]+)>")
_FIELD: Final = re.compile(
    r'(?:@Json(Property|Alias)\("([^"]+)"\)\s+)?private (?:final )?(?!static)([\w<>, .]+) (\w+)(?: =[^;]+)?;'
)
_TYPES: Final = {
    **dict.fromkeys(("int", "Integer"), "java.lang.Integer"),
    **dict.fromkeys(("long", "Long"), "java.lang.Long"),
    **dict.fromkeys(("boolean", "Boolean"), "java.lang.Boolean"),
    "String": "java.lang.String",
    "List<String>": "java.util.List<java.lang.String>",
}
_BASES: Final = {
    "connector-file-": ("connector-file-base", "connector-file-base-hadoop"),
    "connector-http-": ("connector-http-base",),
    "connector-cdc-": ("connector-cdc-base",),
    "connector-hive": ("connector-file-base", "connector-file-base-hadoop"),
}


def undeclared(document: dict[str, Any], source: Path) -> dict[str, list[str]]:
    """Return the options that a connector reads without declaring them, by the connector's name in lower case."""
    folders = {path.name: path for path in source.glob("seatunnel-connectors-v2/**/connector-*") if path.is_dir()}
    release = connectors_of(document["release"])
    jars = [*release.sources.items(), *release.sinks.items()]
    rules = {(each["pluginType"], each["pluginName"].lower()): each["optionRule"] for each in document["plugins"]}
    found: dict[str, list[str]] = {}
    for jar in {jar for _, jar in jars}:
        names = {name.lower() for name, of in jars if of == jar}
        bases = (base for prefix, each in _BASES.items() if jar.startswith(prefix) for base in each)
        keys = {key for folder in (jar, *bases) if folder in folders for key in _keys(folders[folder])}
        known = {key for (_, name), rule in rules.items() if name in names for key in _declared(rule)}
        if further := sorted(keys - known):
            found |= dict.fromkeys(names, further)
    return dict(sorted(found.items()))


def _declared(rule: dict[str, Any]) -> Iterable[str]:
    return (key for option in declared(rule) for key in keys_of(option))


def _keys(folder: Path) -> set[str]:
    texts = (path.read_text(encoding="utf-8") for path in folder.glob("src/main/java/**/*.java"))
    return {key for text in texts for key in _KEY.findall(text)}


def nested(document: dict[str, Any], source: Path) -> dict[str, dict[str, Any]]:
    """Return the members of the classes of list items, as the source declares them, by name of the class.

    With `lenient`, other keys in an item are ignored; otherwise they are refused.
    """
    types = [option["type"] for each in document["plugins"] for option in declared(each["optionRule"])]
    names = {name for text in types for name in _ITEM.findall(text)} | {*document.get("items", {}).values()}
    found = {}
    for name in sorted(name for name in names if name.startswith("org.apache.seatunnel.")):
        outer, _, inner = name.partition("$")
        path = next(source.glob(f"seatunnel-*/**/src/main/java/{outer.replace('.', '/')}.java"), None)
        simple = inner or outer.rpartition(".")[2]
        text = path.read_text(encoding="utf-8") if path else ""
        if begins := re.search(rf"^( *)public (?:static )?class {simple}\b[^{{]*{{", text, re.MULTILINE):
            body = text[begins.end() :].partition(f"\n{begins[1]}}}\n")[0]
            options = [_option(*each) for each in _FIELD.findall(body)]
            found[name] = {"options": options, "lenient": "ignoreUnknown = true" in text[: begins.start()]}
    return found


def _option(kind: str, named: str, java_type: str, field: str) -> dict[str, Any]:
    names = [named] if kind == "Property" else [named, field] if named else [field]
    return {"key": names[0], "type": _TYPES.get(java_type, "java.lang.Object"), "fallbackKeys": names[1:]}


def main(target: Path, source: Path, *files: Path) -> None:
    """Write the rules of all files as one compressed document, reproducible because it contains no time."""
    document = {key: value for file in files for key, value in json.loads(file.read_text()).items()}
    document["strict"] = "envRule" not in document
    if rule := document.pop("envRule", None):
        required = (option for each in rule["requiredOptions"] for option in each["options"])
        document["env"] = [*rule["optionalOptions"], *required]
    document["undeclared"] = undeclared(document, source)
    document["nested"] = nested(document, source)
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"
    target.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
