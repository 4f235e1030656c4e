"""Faults of clauses that only later releases have, each on the newest release that has them."""

from collections.abc import Callable, Iterator

import pytest

from seatunnel_conformance.faults.catalogue import Fault, all_faults
from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.report.verdicts import Verdict
from seatunnel_openapi import load, releases


def known(release: str) -> frozenset[str]:
    return frozenset(clause.id for clause in load(release).clauses)


DOCUMENTED, *_ = releases()
LATER = [(one, clause) for one in all_faults() for clause in one.breaks if clause not in known(DOCUMENTED)]


@pytest.fixture(scope="session")
def proxies(reference_as: Callable[[str], str]) -> Iterator[Callable[[str], Proxy]]:
    """Return a function that returns a proxy in front of the reference server as a release, one for all tests."""
    made: dict[str, Proxy] = {}

    def proxy(release: str) -> Proxy:
        if release not in made:
            made[release] = Proxy(reference_as(release), load(release)).__enter__()
        return made[release]

    yield proxy
    for one in made.values():
        one.__exit__(None, None, None)


@pytest.mark.slow
@pytest.mark.parametrize(("one", "clause"), LATER, ids=[f"{one.id}/{clause}" for one, clause in LATER])
def test_check_fails_on_the_fault_and_passes_without(
    one: Fault, clause: str, proxies: Callable[[str], Proxy], judge: Callable[..., Outcome]
):
    release = [name for name in releases() if clause in known(name)][-1]
    proxy = proxies(release)
    clean = judge(clause, proxy.url, release)
    assert clean.verdict is Verdict.PASS, clean.reason
    proxy.switch(one.make())
    try:
        outcome = judge(clause, proxy.url, release)
    finally:
        proxy.switch()
    assert outcome.verdict is Verdict.FAIL, f"{outcome.verdict}: {outcome.reason}"
