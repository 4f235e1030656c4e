"""The places in a response that a failure of schemathesis is about."""

from __future__ import annotations

from dataclasses import replace

from schemathesis.core.failures import Failure
from schemathesis.openapi.checks import JsonSchemaError, UndefinedContentType, UndefinedStatusCode

from seatunnel_conformance.arrange.schemas import validator_of, violations_of
from seatunnel_conformance.text.differences import Difference, shown
from seatunnel_conformance.text.redaction import Redactor
from seatunnel_openapi import Contract


def differences_of(failure: Failure, contract: Contract, redactor: Redactor) -> tuple[Difference, ...]:
    """Return the differences that a failure names, redacted; empty if it names none."""
    match failure:
        case UndefinedStatusCode():
            stated = ", ".join(map(str, failure.defined_status_codes))
            return (Difference("status", f"one of {stated}", str(failure.status_code)),)
        case UndefinedContentType():
            stated = ", ".join(failure.defined_content_types)
            return (Difference("content-type", f"one of {stated}", failure.content_type),)
        case JsonSchemaError():
            place = "".join(f"/{part}" for part in failure.instance_path)
            return _violated(failure, place, contract, redactor) or (
                Difference(place, failure.validation_message, shown(redactor.plain(failure.instance), place)),
            )
    return ()


def _violated(failure: JsonSchemaError, place: str, contract: Contract, redactor: Redactor) -> tuple[Difference, ...]:
    """Return the differences within the value that violates a schema; of several forms, from the one that fits best."""
    try:
        wrong = violations_of(validator_of(contract, failure.schema), redactor.plain(failure.instance))
    except ValueError:
        return ()  # a schema with a reference into another place of the document
    return tuple(replace(one.difference, place=f"{place}{one.difference.place}") for one in wrong)
