"""Assertions that several checks have in common. Pytest rewrites the asserts of this module, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from seatunnel_conformance.arrange.schemas import response_schema, violations
from seatunnel_conformance.target.exchange import Response
from seatunnel_openapi import Contract

UNKNOWN_STATE: Final = "NO_SUCH_STATE"

BEYOND_LONG: Final = "9223372036854775808"
"""2^63, the smallest number that is too large for a job id."""

EMPTY_BODY: Final = "Request body is empty."
BROKEN_JSON: Final = "Invalid JSON format in request body."
MISSING_ID: Final = "jobId cannot be empty."


def accepted(response: Response) -> Any:
    """Assert that the status is 200, and return the JSON body."""
    assert response.status == 200, response
    return response.json


def stated(contract: Contract, operation_id: str, response: Response) -> Any:
    """Assert that the status is 200 and that the body matches the contract's schema, and return the JSON body."""
    found = accepted(response)
    assert violations(contract, response_schema(contract, operation_id), found) == []
    return found


def refused(response: Response, status: int, message: str | None = None) -> None:
    """Assert that a response is an error with this status, and with this message if one is given."""
    assert response.status == status, response
    error = response.members
    assert error["status"] == "fail", response
    assert message is None or error["message"] == message


def unknown(contract: Contract, operation_id: str, asked: str, response: Response) -> None:
    """Assert that a response is the form of an unknown job: status 200, and the `jobId` of the fact `unknownJob`."""
    facts = contract.operation(operation_id).behaviour
    texts = {"empty": "", "echo-text": asked, "echo-number": asked.removeprefix("+").lstrip("0") or "0"}
    found = {"found": False} if "found" in contract.schema(facts.choice("unknownForm"))["properties"] else {}
    assert accepted(response) == {"jobId": texts[facts.choice("unknownJob")]} | found


def entry(items: list[Any], job_id: str) -> Mapping[str, Any]:
    """Return the item with this id of a list of jobs. Asserts that there is exactly one."""
    found = [item for item in items if isinstance(item, Mapping) and item.get("jobId") == job_id]
    assert len(found) == 1, f"{len(found)} items have the id {job_id}"
    return found[0]


def ids(items: list[Any]) -> list[str]:
    """Return the ids of a list of jobs."""
    return [item["jobId"] for item in items]
