"""Monitoring of nodes: members, their threads, resources of workers, the HTTP service, and option rules of plugins."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final
from urllib.parse import urlsplit

from seatunnel_conformance.arrange.expectations import accepted, stated
from seatunnel_conformance.arrange.nodes import members
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.observe.schemas import violations
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract

PATH = "/system-monitoring-information"

_FORM: Final = "MemberReading"
_ERROR: Final = "error"
"""The JSON member that replaces the measurements of a cluster member that did not respond."""

_ATTEMPTS: Final = 3
"""Attempts to get complete readings: engines mix up readings that several clients request at the same time."""


@check("monitoring.one-per-member")
def one_per_member(target: Target) -> None:
    """A monitoring system does not notice the failure of a member that is missing from the list."""
    workers = max(1, int(target.get("/overview").members["workers"]))
    readings = target.get(PATH).items
    # A master that is not a worker is listed, too, so there may be more items than workers.
    assert len(readings) >= workers
    addresses = [(reading["host"], str(reading.get("port"))) for reading in readings if "host" in reading]
    assert len(set(addresses)) == len(addresses), "a member has two readings"
    # The documented entries have no addresses; then each entry is a worker.
    assert addresses or len(readings) == workers, "there are more readings than workers"


@check("monitoring.one-master")
def one_master(target: Target) -> None:
    """After a split of the cluster, two masters run the same jobs twice, and nothing shows it."""
    stated = [member.is_master for member in members(target) if member.is_master]
    assert not stated or stated.count("true") == 1


@check("monitoring.documented-keys")
def documented_keys(target: Target, contract: Contract) -> None:
    """A chart of a documented value stays empty."""
    required = _required(contract)
    for reading in _readings(target, contract):
        assert required <= reading.keys(), f"keys are missing: {', '.join(sorted(required - reading.keys()))}"


@check("monitoring.unanswered")
def unanswered(target: Target, contract: Contract) -> None:
    """A monitoring system assumes that a hanging member has left the cluster."""
    for entry in target.get(PATH).items:
        if _ERROR in entry:
            assert violations(contract, "UnansweredMember", entry) == []
        else:
            assert entry.keys() > {"host", "port"}, "a member has neither measurements nor an error"


def _required(contract: Contract) -> set[str]:
    return set(contract.schema(_FORM)["required"])


def _readings(target: Target, contract: Contract) -> list[dict[str, Any]]:
    """Return the entries of the members that responded. Repeats the request while one is incomplete."""
    required, readings = _required(contract), target.get(PATH).items
    for _ in range(_ATTEMPTS - 1):
        if all(required <= reading.keys() or _ERROR in reading for reading in readings):
            break
        readings = target.get(PATH).items
    return [reading for reading in readings if _ERROR not in reading]


@check("monitoring.text-values")
def text_values(target: Target, contract: Contract) -> None:
    """A generated client that expects strings can't read the response if a value is a number."""
    for reading in _readings(target, contract):
        assert violations(contract, _FORM, reading) == []
        assert [name for name, value in reading.items() if not isinstance(value, str)] == []


_MILLISECONDS = 10**12
"""The year 2001, in milliseconds since 1970."""


@check("resource.workers")
def workers(target: Target, contract: Contract) -> None:
    """A scheduler that chooses a worker for a job misses a worker, or its load."""
    found = stated(contract, "get_worker_resources", target.get("/resource/workers"))
    assert found["collectedAt"] > _MILLISECONDS, "the time is not in milliseconds"
    if found["available"]:
        assert len(found["workers"]) == int(target.get("/overview").members["workers"])


@check("http-service.status")
def status(target: Target, contract: Contract) -> None:
    """A client that wants to use HTTPS gets no port, or a wrong one."""
    found = stated(contract, "get_http_service_status", target.get("/http-service/status"))
    assert found[f"{urlsplit(target.url).scheme}Enabled"] is True


OPTION_RULES = "/option-rules"


@check("option-rules.rules")
def rules(target: Target, contract: Contract) -> None:
    """A console builds the form for a plugin from these rules; if an option is missing, users can't set it."""
    for kind, plugin in (("source", "FakeSource"), ("sink", "Console")):
        response = target.get(OPTION_RULES, query={"type": kind, "plugin": plugin})
        found = stated(contract, "get_option_rules", response)
        assert (found["pluginType"], found["pluginName"]) == (kind, plugin)


@check("option-rules.unknown-plugin")
def unknown_plugin(target: Target) -> None:
    """A console shows an empty form for a plugin that is not installed."""
    assert target.get(OPTION_RULES, query={"type": "source", "plugin": "NoSuchPlugin"}).status == 404


_THREADS: Final = "/running-threads"

_TRIES: Final = 3
"""Attempts: threads begin and end between two requests, but hardly in the same way each time."""


@check("running-threads.members")
def running_threads_members(target: Target, contract: Contract) -> None:
    """A user who looks for threads that were left by ended jobs can't find their class loader."""
    threads = stated(contract, "get_running_threads", target.get(_THREADS))
    assert threads, "the list of threads is empty"
    lost = _lost_threads(target, lasting="/thread-dump", among=_THREADS)
    assert not lost, f"threads of /thread-dump are missing in {_THREADS}: {', '.join(lost)}"
    assert not _repeated(target)


def _lost_threads(target: Target, *, lasting: str, among: str) -> list[str]:
    """Return up to three threads that are missing in `among`, although `lasting` lists them before and after it."""
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
        before, found, after = _names(target, "/thread-dump"), _names(target, _THREADS), _names(target, "/thread-dump")
        repeated = [name for name in before & after if found[name] > max(before[name], after[name])]
        if not repeated:
            break
    return repeated[:3]


def _names(target: Target, path: str) -> Counter[str]:
    return Counter(thread["threadName"] for thread in target.get(path).items)


@check("running-threads.order")
def order(target: Target) -> None:
    """A user who compares two lists line by line sees differences, although the threads are the same."""
    names = [thread["threadName"] for thread in accepted(target.get(_THREADS))]
    assert names == sorted(names)


@check("thread-dump.members")
def thread_dump_members(target: Target, contract: Contract) -> None:
    """A user whose node hangs does not find the stack of the thread that waits."""
    threads = stated(contract, "get_thread_dump", target.get("/thread-dump"))
    assert threads, "the list of threads is empty"
    assert any(thread["stackTrace"] for thread in threads), "no thread has a stack"
    numbers = [thread["threadId"] for thread in threads]
    assert len(set(numbers)) == len(numbers), "two threads have the same number"
    lost = _lost_threads(target, lasting=_THREADS, among="/thread-dump")
    assert not lost, f"threads of {_THREADS} are missing in /thread-dump: {', '.join(lost)}"
