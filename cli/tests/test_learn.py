"""`seatunnel-v2 learn` says what it has checked."""

from pathlib import Path

from seatunnel_conformance.learn import LearnedContract
from seatunnel_v2.commands.learn import _text


def test_deployment_that_was_only_read_is_not_said_to_be_a_release() -> None:
    found = LearnedContract(Path("acme.yaml"), "2.3.9", "2.3.10", stated=(), faults=(), checked=258, seconds=6.0)
    assert _text(found, "http://engine:8080", allowed=False).splitlines()[:2] == [
        "This deployment is like 2.3.9 in all that was checked.",
        "No jobs were run, so what only jobs show was not checked; --allow-writes runs them.",
    ]
    assert "No jobs were run" not in _text(found, "http://engine:8080", allowed=True)


def test_next_command_checks_as_much_as_was_learned() -> None:
    found = LearnedContract(Path("acme.yaml"), "2.3.9", "2.3.10", stated=(), faults=(), checked=258, seconds=6.0)
    command = "seatunnel-v2 conform http://engine:8080 --release ./acme.yaml"
    for allowed, expected in ((False, command), (True, f"{command} --allow-writes")):
        assert _text(found, "http://engine:8080", allowed=allowed).splitlines()[-1].strip() == expected
