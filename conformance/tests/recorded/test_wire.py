"""Recorded scenarios over the suite's own connections keep the run's limits."""

import time

from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.run.kinds.recorded import TargetSender
from seatunnel_conformance.target.deployment import RequestLimits, Target
from seatunnel_openapi import Contract


def test_pause_of_a_scenario_ends_with_the_time_of_the_run(contract: Contract):
    target = Target("http://localhost:9", limits=RequestLimits(run=0.1))
    wire, begun = TargetSender(target, Jobs(target, contract)), time.monotonic()
    wire.pause(60)
    wire.pause(60)
    assert time.monotonic() - begun < 30
