"""The suite against the reference server as every release, with that release's contract: no false alarm on any."""

from collections.abc import Callable

import pytest

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.verdicts import RunVerdict, Verdict
from seatunnel_conformance.run.runner import run
from seatunnel_openapi import load, proposals, releases
from seatunnel_openapi.comparison import diff

_, *EARLIER, NEWEST = releases()
"""All but the documented API, against which `test_reference.py` runs the whole suite."""


def complaints(report: Report) -> list[str]:
    return [f"{o.id}: {o.reason}" for o in report.outcomes if o.verdict in {Verdict.FAIL, Verdict.INCONCLUSIVE}]


@pytest.mark.slow
@pytest.mark.parametrize("release", EARLIER)
def test_server_as_a_release_keeps_its_contract(reference_as: Callable[[str], str], release: str):
    url = reference_as(release)
    # Requests that can submit jobs belong to no smoke.
    clauses = run(Settings(url=url, seed=1, only=("*.*", "POST /submit-job*"), skip=("POST /submit-job*, *",)))
    generated = run(Settings(url=url, release=release, profile="smoke", seed=1, skip=("*.*",)))
    for report in (clauses, generated):
        assert complaints(report) == []
        assert report.footer.verdict is RunVerdict.CONFORMS
        assert report.header.release == release


@pytest.mark.slow
@pytest.mark.parametrize("proposal", proposals())
def test_server_as_a_proposal_keeps_the_clauses_of_what_it_changes(reference_as: Callable[[str], str], proposal: str):
    contract, before = load(proposal), load(NEWEST).document["paths"]
    compared = {change.operation for change in diff(load(NEWEST), contract)}
    changed = {
        operation.id
        for operation in contract.operations
        if f"{operation.method} {operation.path}" in compared
        or contract.document["paths"][operation.path] != before[operation.path]
    }
    only = tuple(clause.id for clause in contract.clauses if clause.operation_id in changed)
    # No version tells a proposal from the release that it changes.
    report = run(Settings(url=reference_as(proposal), release=proposal, seed=1, only=only))
    assert complaints(report) == []
    assert report.footer.verdict is RunVerdict.CONFORMS


@pytest.mark.slow
def test_server_as_the_newest_release_passes_every_check(reference_as: Callable[[str], str]):
    report = run(Settings(url=reference_as(NEWEST), release=NEWEST, seed=1))
    assert complaints(report) == []
    assert report.footer.verdict is RunVerdict.CONFORMS
