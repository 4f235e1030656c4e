"""Whatever a server sends, a check ends in a verdict that is true, soon, and without a word of Python."""

import signal
import socket
import threading
import time
from collections.abc import Callable
from queue import Queue
from typing import Any

import pytest

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.report.events import CheckStarted
from seatunnel_conformance.report.outcomes import Outcome, RunExit, Verdict
from seatunnel_conformance.run.runner import run
from seatunnel_conformance.target.deployment import RequestLimits

pytestmark = pytest.mark.slow

LIMITS = RequestLimits(connect=0.5, response=0.5, body=200_000, probe=0.3)


@pytest.mark.parametrize("check_id", ["running-jobs.lists-running", "overview.members", "GET /job-info/{jobId}"])
def test_check_ends_in_a_verdict(
    listen: Callable[..., str], judge: Callable[..., Outcome], behaviour: Callable[[socket.socket], None], check_id: str
):
    begun = time.monotonic()
    outcome = judge(check_id, listen(behaviour), limits=LIMITS)
    assert outcome.verdict in {Verdict.FAIL, Verdict.INCONCLUSIVE}, outcome
    assert outcome.reason
    assert "the suite itself failed" not in outcome.reason
    assert "Traceback" not in repr(outcome)
    assert time.monotonic() - begun < 30


def test_target_that_hangs_ends_the_generated_requests_at_once(
    listen: Callable[..., str], judge: Callable[..., Outcome]
):
    def hang(client: socket.socket) -> None:
        client.settimeout(20)
        client.recv(1)

    outcome = judge("POST /submit-job", listen(hang), limits=LIMITS)
    assert outcome.verdict is Verdict.INCONCLUSIVE
    assert "nor did GET /overview" in outcome.reason
    assert outcome.requests < 10


def test_interrupt_does_not_wait_for_the_answer_to_a_generated_request(
    listen: Callable[..., str], behaviours: dict[str, Callable[[socket.socket], None]]
):
    has_begun, seen = threading.Event(), Queue[bytes | None]()

    def interrupt_and_hang(client: socket.socket) -> None:
        if not has_begun.is_set():
            behaviours["wrong_status"](client)
            return
        client.settimeout(20)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGTERM)
        try:
            seen.put(client.recv(1))
        except TimeoutError:
            seen.put(None)

    url = listen(interrupt_and_hang, welcome=True)
    settings = Settings(url=url, release="documented", profile="smoke", seed=1, only=("GET /running-jobs",))
    report = run(settings, lambda event: has_begun.set() if isinstance(event, CheckStarted) else None)
    assert report.footer.exit is RunExit.INTERRUPTED
    left = b""
    assert seen.get(timeout=30) == left


@pytest.mark.parametrize("name", ["hundred_thousand_brackets", "nine_hundred_objects", "bomb_in_a_bomb"])
def test_body_that_schemathesis_could_not_bear_is_a_failure(
    listen: Callable[..., str], behaviours: dict[str, Any], judge: Callable[..., Outcome], name: str
):
    outcome = judge("GET /running-jobs", listen(behaviours[name]))
    assert outcome.verdict is Verdict.FAIL
    assert "deserialization error" in outcome.reason
