"""Values held to JSON schemas: what is wrong, and where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jsonschema_rs import Draft202012Validator


def violations(validator: Draft202012Validator, value: Any) -> Iterator[tuple[str, str]]:
    """Yield what a schema has against a value: each time the place in it, and a sentence.

    A place is spelled `actions/0/target`; that of the whole value is empty.
    """
    for error in validator.iter_errors(value):
        # What a closed object says of a member that it does not know.
        message = error.message.replace("False schema does not allow", "this has no place here:")
        yield "/".join(map(str, error.instance_path)), message


def part(schema: dict[str, Any], name: str) -> Draft202012Validator:
    """Return a validator for one of the definitions of a schema."""
    return Draft202012Validator({**schema, "$ref": f"#/$defs/{name}"})
