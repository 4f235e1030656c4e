"""A release that renames members, by one overlay action: suite, server and proxy of faults use the new names."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from overlays import overlay
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.faults.switch import FaultSwitch
from seatunnel_conformance.report.outcomes import RunVerdict, Verdict
from seatunnel_conformance.run.runner import run
from seatunnel_openapi import load

BEFORE = "2.3.13"
FORMS = ("RunningJob", "FinishedJob", "UnknownJob")

pytestmark = pytest.mark.slow


@pytest.fixture
def renaming(tmp_path: Path) -> Callable[..., str]:
    """Write an overlay that changes the release by one action, and return its path."""
    return lambda target, update: overlay(tmp_path / "acme.yaml", BEFORE, (target, update))


def renamed(renaming: Callable[..., str], member: str) -> str:
    """Return an overlay that renames a member of the details of jobs."""
    forms = [form for form in FORMS if member in load(BEFORE).schema(form)["properties"]]
    target = f"$.components.schemas[{', '.join(map(repr, forms))}]"
    return renaming(target, f"{{x-means: {{acme_{member}: {member}}}}}")


@pytest.mark.parametrize("name", ["acme_{member}", "{form}_{number}"], ids=["alike in all forms", "in its own way"])
def test_server_and_suite_agree_about_forms_that_rename_every_member(renaming, reference_as, name):
    schemas = load(BEFORE).document["components"]["schemas"]
    means = {
        form: {
            "x-means": {
                name.format(member=member, form=form, number=number): member
                for number, member in enumerate(sorted(schemas[form]["properties"]))
            }
        }
        for form in FORMS
    }
    release = renaming("$.components.schemas", json.dumps(means))
    only = ("job-info.*", "life-cycle.*", "running-jobs.*", "finished-jobs.*")
    report = run(Settings(url=reference_as(release), release=release, seed=1, allow_writes=True, only=only))
    assert [f"{it.id}: {it.reason}" for it in report.outcomes if it.verdict is Verdict.FAIL] == []
    assert report.footer.verdict is RunVerdict.CONFORMS


@pytest.mark.parametrize("facts", ["{memberCase: snake_case}", "{listEnvelope: data}"])
def test_case_of_all_members_and_envelope_of_lists_are_facts(renaming, reference_as, facts):
    release = renaming("$['x-behaviour']", facts)
    only = ("job-info.*", "running-jobs.*", "finished-jobs.*", "overview.*", "logs.*", "GET /running-jobs*")
    report = run(Settings(url=reference_as(release), release=release, seed=1, only=only))
    assert report.footer.verdict is RunVerdict.CONFORMS


def test_finding_shows_the_name_of_the_deployment_and_old_name_is_no_other_one(renaming, reference_as):
    release = renamed(renaming, "jobDag")
    report = run(Settings(url=reference_as(BEFORE), release=release, seed=1, only=("job-info.finished-members",)))
    (outcome,) = report.outcomes
    assert outcome.verdict is Verdict.FAIL
    assert "/acme_jobDag" in outcome.findings[0].detail


def test_fault_changes_the_member_that_the_release_has_renamed(renaming, reference_as):
    release = renamed(renaming, "finishTime")
    with Proxy(reference_as(release), load(release)) as proxy:
        switch = FaultSwitch()
        switch.start("end-time-is-missing")
        proxy.switch(switch)
        report = run(Settings(url=proxy.url, release=release, seed=1, only=("job-info.finished-members",)))
    assert [it.verdict for it in report.outcomes] == [Verdict.FAIL]
    assert "/acme_finishTime" in report.outcomes[0].findings[0].detail
