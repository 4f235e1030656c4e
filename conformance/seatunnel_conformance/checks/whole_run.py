"""All responses of a run: not for one clause, but derived for every operation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from seatunnel_conformance.arrange.forms import END_STATES
from seatunnel_conformance.arrange.job_reads import OwnJob
from seatunnel_conformance.arrange.observed import SUBMITTED, Observed
from seatunnel_conformance.checks.job_views import VIEWS, Members, comparable, disagreement, shown_everywhere
from seatunnel_conformance.checks.registry import Check
from seatunnel_conformance.target.deployment import Target, fill
from seatunnel_conformance.target.exchange import SeveralFindings
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation

TEXT: Final = (
    "Every successful response in the run is one that the contract states, and shows a job with the id and the name "
    "that it was submitted with, as it was shown before, and, when it has ended, as the other operations show it."
)

_MOST: Final = 5
"""The most jobs that are read again."""

_MOST_READ: Final = 50
"""The most jobs that an operation has not shown yet and shows now."""


def derived_checks(contract: Contract) -> Iterator[tuple[Operation, Check]]:
    """Yield the check of each operation whose responses have a schema."""
    for operation in contract.operations:
        if operation.response_schema(200) is not None:
            needs = ("target", "observed")
            yield operation, Check(operation.id, _check_of(operation), writes=False, needs=needs, last=True)


def _check_of(operation: Operation) -> Callable[..., None]:
    def check(target: Target, observed: Observed) -> None:
        """A client sees every response, not only those that a clause is about."""
        _must_be_right(operation, target, observed)

    return check


def _must_be_right(operation: Operation, target: Target, observed: Observed) -> None:
    for path in _paths(operation, observed):
        target.get(path)
    if deviations := observed.findings(operation):
        findings, exchanges = zip(*deviations, strict=True)
        raise SeveralFindings(findings, exchanges)
    for job_id, shown in islice(_unlike_others(operation, observed), _MOST):
        state, _ = Counter(job["jobStatus"] for job in shown.values() if "jobStatus" in job).most_common(1)[0]
        again = shown_everywhere(target, OwnJob(job_id, "", {}), state)
        found, expected = _disagreement(operation, {**again, SUBMITTED: shown[SUBMITTED]})
        assert found == expected


def _paths(operation: Operation, observed: Observed) -> Iterator[str]:
    """Yield the paths that show the ended jobs of the run which the operation has not shown, or a part of them."""
    path = operation.path if operation.id in VIEWS and VIEWS[operation.id].ended else ""
    if "{jobId}" in path:
        left = [job_id for job_id, shown in observed.ended().items() if operation.id not in shown]
        yield from (fill(path, {"jobId": job_id}) for job_id in left[:: len(left) // _MOST_READ + 1])
    elif path:
        yield from dict.fromkeys(fill(path, {"state": state}) for state in END_STATES)


def _unlike_others(operation: Operation, observed: Observed) -> Iterator[tuple[str, Mapping[str, Members]]]:
    """Yield the ended jobs that the operation has shown in another way than the others, as all have shown them."""
    for job_id, shown in observed.ended().items():
        if any(_disagreement(operation, shown)):
            yield job_id, shown


def _disagreement(operation: Operation, shown: Mapping[str, Members]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the members in which an operation differs from the others, as it shows them and as these do."""
    if operation.id not in shown:
        return {}, {}
    others = [comparable(job) for name, job in shown.items() if name != operation.id]
    return disagreement(comparable(shown[operation.id]), others)
