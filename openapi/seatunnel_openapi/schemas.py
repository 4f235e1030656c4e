"""Validation of values against JSON schemas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jsonschema_rs import Draft202012Validator


def violations(validator: Draft202012Validator, value: Any) -> Iterator[tuple[str, str]]:
    """Validate a value; yield the place and the message of each violation.

    A place has the form `actions/0/target`; the place of the whole value is empty.
    """
    for error in validator.iter_errors(value):
        # The message for an unknown member of an object with `additionalProperties: false`.
        message = error.message.replace("False schema does not allow", "not allowed here:")
        yield "/".join(map(str, error.instance_path)), message


def part(schema: dict[str, Any], name: str) -> Draft202012Validator:
    """Return a validator for one of the definitions of a schema."""
    return Draft202012Validator({**schema, "$ref": f"#/$defs/{name}"})
