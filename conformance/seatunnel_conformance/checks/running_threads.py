"""`GET /running-threads`: the names of the threads of the node."""

from __future__ import annotations

from seatunnel_conformance.arrange.expectations import accepted, stated
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract

PATH = "/running-threads"


@check("running-threads.members")
def members(target: Target, contract: Contract) -> None:
    """A user who looks for threads that outlive their jobs finds them by class loader."""
    threads = stated(contract, "get_running_threads", target.get(PATH))
    assert threads, "a node that responds has a thread"


@check("running-threads.order")
def order(target: Target) -> None:
    """A user who compares two lists by eye relies on it."""
    names = [thread["threadName"] for thread in accepted(target.get(PATH))]
    assert names == sorted(names)
