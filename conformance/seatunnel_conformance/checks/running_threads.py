"""`GET /running-threads` and `GET /thread-dump`: the threads of the node, by name and with their stacks."""

from __future__ import annotations

from collections import Counter

from seatunnel_conformance.arrange.expectations import accepted, stated
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract

PATH = "/running-threads"

_TRIES = 3
"""Attempts: threads begin and end between two requests, but hardly in the same way each time."""


@check("running-threads.members")
def members(target: Target, contract: Contract) -> None:
    """A user who looks for threads that were left by ended jobs can't find their class loader."""
    threads = stated(contract, "get_running_threads", target.get(PATH))
    assert threads, "a node that responds has a thread"
    lost = lost_threads(target, lasting="/thread-dump", among=PATH)
    assert not lost, f"threads of /thread-dump are missing in {PATH}: {lost}"
    assert not _repeated(target)


def lost_threads(target: Target, *, lasting: str, among: str) -> list[str]:
    """Return up to three thread names that `lasting` lists before and after `among` is read, and that `among` lacks."""
    lost: set[str] = set()
    for _ in range(_TRIES):
        before, found, after = _names(target, lasting), _names(target, among), _names(target, lasting)
        lost = (before.keys() & after.keys()) - found.keys()
        if not lost:
            break
    return sorted(lost)[:3]


def _repeated(target: Target) -> list[str]:
    """Return up to three thread names that `/running-threads` lists more often than `/thread-dump`."""
    repeated: list[str] = []
    for _ in range(_TRIES):
        before, found, after = _names(target, "/thread-dump"), _names(target, PATH), _names(target, "/thread-dump")
        repeated = [name for name in before & after if found[name] > max(before[name], after[name])]
        if not repeated:
            break
    return repeated[:3]


def _names(target: Target, path: str) -> Counter[str]:
    return Counter(thread["threadName"] for thread in target.get(path).items)


@check("running-threads.order")
def order(target: Target) -> None:
    """A user who compares two lists line by line sees differences although the threads are the same."""
    names = [thread["threadName"] for thread in accepted(target.get(PATH))]
    assert names == sorted(names)


@check("thread-dump.members")
def thread_dump_members(target: Target, contract: Contract) -> None:
    """A user who looks for what a node waits for does not find the stack of a thread."""
    threads = stated(contract, "get_thread_dump", target.get("/thread-dump"))
    assert threads, "a node that responds has a thread"
    assert any(thread["stackTrace"] for thread in threads), "the thread that responds has a stack"
    numbers = [thread["threadId"] for thread in threads]
    assert len(set(numbers)) == len(numbers), "two threads have the same number"
    lost = lost_threads(target, lasting="/running-threads", among="/thread-dump")
    assert not lost, f"threads of /running-threads are missing in /thread-dump: {lost}"
