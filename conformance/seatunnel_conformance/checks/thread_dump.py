"""`GET /thread-dump`: the threads of the node, with their stacks."""

from __future__ import annotations

from seatunnel_conformance.arrange.expectations import stated
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.checks.running_threads import lost_threads
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract


@check("thread-dump.members")
def members(target: Target, contract: Contract) -> None:
    """A user who looks for what a node waits for does not find the stack of a thread."""
    threads = stated(contract, "get_thread_dump", target.get("/thread-dump"))
    assert threads, "a node that responds has a thread"
    assert any(thread["stackTrace"] for thread in threads), "the thread that responds has a stack"
    numbers = [thread["threadId"] for thread in threads]
    assert len(set(numbers)) == len(numbers), "two threads have the same number"
    lost = lost_threads(target, lasting="/running-threads", among="/thread-dump")
    assert not lost, f"threads of /running-threads are missing in /thread-dump: {lost}"
