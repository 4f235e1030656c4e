"""`seatunnel-v2 learn` says what it has checked."""

from pathlib import Path

from seatunnel_conformance.learn import LearnedContract
from seatunnel_v2.commands.learn import _text


def test_deployment_that_was_only_read_is_not_said_to_be_a_release() -> None:
    found = LearnedContract(Path("acme.yaml"), "2.3.9", "2.3.10", stated=(), faults=(), checked=258, seconds=6.0)
    assert _text(found, allowed=False).splitlines()[:2] == [
        "This deployment is like 2.3.9 in all that was checked.",
        "No jobs were run, so what only jobs show was not checked; --allow-writes runs them.",
    ]
    assert "--allow-writes" not in _text(found, allowed=True)
