"""Write the OpenAPI document for upstream, with the names of SeaTunnel's Java classes."""  # noqa: INP001 - a script

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import yaml

from seatunnel_openapi import load, newest_recorded
from seatunnel_openapi.documents import to_yaml, without_extensions

CLASSES = Path(__file__).with_name("java-classes.yaml")
SCHEMA = "#/components/schemas/"


def document() -> dict[str, Any]:
    """Return the contract of the newest recorded release without this project's extensions, with Java's names.

    A schema with a class has its name, and the whole one as `x-java-class`. An `operationId` is in camel case.
    """
    classes: dict[str, str] = yaml.safe_load(CLASSES.read_text(encoding="utf-8"))
    names = {ours: java.rpartition(".")[2] for ours, java in classes.items()}
    plain: dict[str, Any] = _renamed(without_extensions(load(newest_recorded()).published), names)
    plain["info"]["version"] = newest_recorded()
    schemas = plain["components"]["schemas"]
    plain["components"]["schemas"] = {names.get(ours, ours): schema for ours, schema in schemas.items()}
    for java in (java for java in classes.values() if "." in java):
        plain["components"]["schemas"][java.rpartition(".")[2]]["x-java-class"] = java
    return plain


def _renamed(part: Any, names: dict[str, str]) -> Any:
    """Return a copy of a part of the document with other names. Examples have no references."""
    if isinstance(part, list):
        return [_renamed(item, names) for item in part]
    if not isinstance(part, dict):
        return part
    copy = {key: _renamed(value, names) for key, value in part.items()}
    if str(reference := copy.get("$ref", "")).startswith(SCHEMA):
        name = str(reference).removeprefix(SCHEMA)
        copy["$ref"] = SCHEMA + names.get(name, name)
    if "operationId" in copy:
        copy["operationId"] = re.sub("_([a-z])", lambda found: found[1].upper(), copy["operationId"])
    return copy


if __name__ == "__main__":
    sys.stdout.write(to_yaml(document()))
