"""The suite against the reference server as every release, with that release's contract: no false alarm on any."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import RunVerdict, Verdict
from seatunnel_conformance.run.runner import run
from seatunnel_openapi import Contract, Operation, load, proposals, releases
from seatunnel_openapi.comparison import diff

NEWEST = releases()[-1]


def changed(contract: Contract, before: Contract) -> list[Operation]:
    """Return the operations that are not as in the contract before."""
    compared, paths = {change.operation for change in diff(before, contract)}, before.document["paths"]
    return [
        operation
        for operation in contract.operations
        if f"{operation.method} {operation.path}" in compared
        or contract.document["paths"][operation.path] != paths.get(operation.path)
    ]


def complaints(report: Report) -> list[str]:
    return [f"{o.id}: {o.reason}" for o in report.outcomes if o.verdict in {Verdict.FAIL, Verdict.INCONCLUSIVE}]


@pytest.mark.slow
@pytest.mark.parametrize(("before", "release"), list(pairwise(releases()[:-1])))
def test_server_as_a_release_keeps_its_contract(reference_as: Callable[[str], str], before: str, release: str):
    url = reference_as(release)
    # Those that did not change are tried in the release before, and in the newest.
    names = [f"{operation.method} {operation.path}" for operation in changed(load(release), load(before))]
    # Requests that can submit jobs belong to no smoke.
    only = ("*.*", *(name for name in names if name.startswith("POST /submit-job")))
    clauses = run(Settings(url=url, seed=1, only=only, skip=("POST /submit-job*, *",)))
    generated = run(Settings(url=url, release=release, profile="smoke", seed=1, only=tuple(names), skip=("*.*",)))
    for report in (clauses, generated):
        assert complaints(report) == []
        assert report.footer.verdict is RunVerdict.CONFORMS
        assert report.header.release == release


@pytest.mark.slow
@pytest.mark.parametrize("proposal", proposals())
def test_server_as_a_proposal_keeps_the_clauses_of_what_it_changes(reference_as: Callable[[str], str], proposal: str):
    contract = load(proposal)
    ids = {operation.id for operation in changed(contract, load(NEWEST))}
    only = tuple(clause.id for clause in contract.clauses if clause.operation_id in ids)
    # No version tells a proposal from the release that it changes.
    report = run(Settings(url=reference_as(proposal), release=proposal, seed=1, only=only))
    assert complaints(report) == []
    assert report.footer.verdict is RunVerdict.CONFORMS


@pytest.mark.slow
def test_server_as_the_newest_release_passes_every_check(reference_as: Callable[[str], str]):
    report = run(Settings(url=reference_as(NEWEST), release=NEWEST, seed=1))
    assert complaints(report) == []
    assert report.footer.verdict is RunVerdict.CONFORMS
