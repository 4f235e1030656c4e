"""The place in a response that a failure of schemathesis is about."""

from __future__ import annotations

from schemathesis.core.failures import Failure
from schemathesis.openapi.checks import JsonSchemaError, UndefinedStatusCode

from seatunnel_conformance.text.differences import Difference, shown
from seatunnel_conformance.text.redaction import Redactor


def differences_of(failure: Failure, redactor: Redactor) -> tuple[Difference, ...]:
    """Return the difference that a failure names, redacted; empty if it names none."""
    match failure:
        case UndefinedStatusCode():
            stated = ", ".join(map(str, failure.defined_status_codes))
            return (Difference("status", f"one of {stated}", str(failure.status_code)),)
        case JsonSchemaError():
            place = "".join(f"/{part}" for part in failure.instance_path)
            return (Difference(place, _rule(failure), shown(redactor.plain(failure.instance), place)),)
    return ()


def _rule(failure: JsonSchemaError) -> str:
    """Return the violated keyword of the schema, with its value."""
    keyword = str(failure.schema_path[-1]) if failure.schema_path else "a schema"
    value = failure.schema.get(keyword)
    return f"{keyword} {shown(value)}" if value is not None else failure.validation_message
