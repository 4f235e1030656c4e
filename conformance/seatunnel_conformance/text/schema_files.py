"""Validation of documents that are not of a target: report files, baselines, results of faults."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs

from seatunnel_conformance.text.visible import line


def schema_problem(package: str, schema: str, document: Any) -> str:
    """Return where and how a document violates a schema, which is a file of a package; empty if it is valid."""
    for error in _validator(package, schema).iter_errors(document):
        return line(f"{'/'.join(map(str, error.instance_path)) or 'it'}: {error.message}")
    return ""


@cache
def _validator(package: str, schema: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(json.loads(files(package).joinpath(schema).read_text(encoding="utf-8")))
