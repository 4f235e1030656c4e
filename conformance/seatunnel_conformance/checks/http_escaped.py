"""The clause about escapes in paths."""

from __future__ import annotations

from functools import partial

from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.checks.refusals import broken_body, rejecting
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.checks.same_content import holds_the_same
from seatunnel_conformance.target.deployment import Target, fill
from seatunnel_openapi import Contract


@check("http.escaped-path", per_operation=3)
def path(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A client that escapes more characters than it must gets 404, or another job."""
    values = {"jobId": jobs.finished().id, "state": jobs.short_state}
    for operation in contract.operations:
        plain = fill(operation.path, values)
        # The names of log files have a clause of their own.
        if operation.method == "GET" and "{" not in plain:
            for escaped in {_escaped(plain, 1), _escaped(plain, plain.rindex("/") + 1)}:
                holds_the_same(partial(target.get, plain), partial(target.get, escaped))
    for operation in rejecting(target, contract):
        body, kind = broken_body(operation)
        expected, found = (
            target.post(path, body=body, headers={"Content-Type": kind})
            for path in (operation.path, _escaped(operation.path, 1))
        )
        assert (found.status, found.media_type) == (expected.status, expected.media_type), found


def _escaped(path: str, at: int) -> str:
    """Return a path in which the character at this position is escaped."""
    return f"{path[:at]}%{ord(path[at]):02X}{path[at + 1 :]}"
