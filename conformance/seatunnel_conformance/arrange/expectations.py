"""What several checks assert in the same words. Pytest rewrites the asserts of this module, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from seatunnel_conformance.arrange.schemas import answer_schema, violations
from seatunnel_conformance.target.exchange import Answer
from seatunnel_openapi import Contract

UNKNOWN_STATE: Final = "NO_SUCH_STATE"

BEYOND_LONG: Final = "9223372036854775808"
"""2^63, the smallest number that is no job id."""

EMPTY_BODY: Final = "Request body is empty."
BROKEN_JSON: Final = "Invalid JSON format in request body."
MISSING_ID: Final = "jobId cannot be empty."


def accepted(answer: Answer) -> Any:
    """Hold an answer to status 200, and return its JSON."""
    assert answer.status == 200, answer
    return answer.json


def stated(contract: Contract, operation_id: str, answer: Answer) -> Any:
    """Hold an answer to status 200 and to the schema that the contract has for it, and return its JSON."""
    found = accepted(answer)
    assert violations(contract, answer_schema(contract, operation_id), found) == []
    return found


def refused(answer: Answer, status: int, message: str | None = None) -> None:
    """Hold an answer to a status, to the shape of an error, and to a message if one is given."""
    assert answer.status == status, answer
    error = answer.members
    assert error["status"] == "fail", answer
    assert message is None or error["message"] == message


def unknown(contract: Contract, operation_id: str, asked: str, answer: Answer) -> None:
    """Hold an answer to the form of an unknown job: status 200 and nothing but the text that the fact names."""
    texts = {"empty": "", "echo-text": asked, "echo-number": asked.removeprefix("+").lstrip("0") or "0"}
    expected = texts[contract.operation(operation_id).behaviour.choice("unknownJob")]
    assert accepted(answer) == {"jobId": expected}


def entry(items: list[Any], job_id: str) -> Mapping[str, Any]:
    """Return the one item of a list of jobs that has this id."""
    found = [item for item in items if isinstance(item, Mapping) and item.get("jobId") == job_id]
    assert len(found) == 1, f"{len(found)} items have the id {job_id}"
    return found[0]


def ids(items: list[Any]) -> list[str]:
    """Return the ids of a list of jobs."""
    return [item["jobId"] for item in items]
