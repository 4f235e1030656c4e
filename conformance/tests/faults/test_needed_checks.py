"""The checks that run without a fault, before faults are tried."""

import pytest

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.faults.catalogue import fault_named
from seatunnel_conformance.faults.plan import FaultPlan, existing
from seatunnel_conformance.faults.trial import _needed


def needed(*ids: str, **more: object) -> tuple[str, ...]:
    settings = Settings("http://localhost", release="documented", only=more.pop("checks", ()))  # type: ignore[arg-type]
    plan = FaultPlan(existing(settings.url), settings, **more)  # type: ignore[arg-type]
    return _needed(plan, [fault_named(fault_id) for fault_id in ids], "plain")


def test_selected_faults_need_the_checks_of_their_clauses_only():
    found = needed("unknown-id-is-404", only=("unknown-id-is-404",))
    assert found == fault_named("unknown-id-is-404").breaks


@pytest.mark.parametrize("only", [(), ("unknown-id-is-404", "json-has-blanks")])
def test_all_faults_and_harmless_ones_need_every_check(only: tuple[str, ...]):
    assert needed("unknown-id-is-404", "json-has-blanks", only=only) == ()


def test_checks_of_a_run_before_are_all_that_its_faults_need():
    only = ("unknown-id-is-404",)
    assert needed(*only, only=only, checks=("job-info.*",)) == ("job-info.*",)
