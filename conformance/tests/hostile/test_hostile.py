"""Whatever a server sends, requests, recorded steps, checks and runs end in time, with a true result."""

import resource
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from queue import Queue

import pytest
from hostile_servers import BEHAVIOURS, Behaviour, listening
from makers import Broken, Judge, ReferenceAs

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.errors import IncompleteResponse
from seatunnel_conformance.faults.catalogue import effect_of
from seatunnel_conformance.faults.changes import put, receipts
from seatunnel_conformance.replay import Address
from seatunnel_conformance.replay.sender import NoResponse, Sender
from seatunnel_conformance.report.events import CheckStarted
from seatunnel_conformance.report.outcomes import RunExit, Verdict
from seatunnel_conformance.run.runner import run
from seatunnel_conformance.target.deployment import RequestLimits, Target


@pytest.fixture
def listen() -> Iterator[Callable[..., str]]:
    """Return a function that starts a server with a behaviour, and returns its address."""
    with ExitStack() as stack:
        yield lambda behaviour, **how: stack.enter_context(listening(behaviour, **how))


EACH = pytest.mark.parametrize("behaviour", BEHAVIOURS.values(), ids=BEHAVIOURS)

pytestmark = pytest.mark.slow

Listen = Callable[..., str]

SHORT = RequestLimits(connect=0.5, response=0.5, body=200_000, probe=0.2)


@EACH
def test_request_ends_in_time_and_memory(listen: Listen, behaviour: Behaviour):
    begun, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Target(listen(behaviour), limits=SHORT) as target, suppress(IncompleteResponse):
        assert len(target.get("/overview").body) <= SHORT.body
    assert time.monotonic() - begun < 3
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000, "more than 100 MB"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("endless_body", "longer than 200000 bytes"),
        ("endless_chunks", "longer than"),
        ("bomb", "longer than 200000 bytes"),
        ("header_of_ten_megabytes", "RemoteProtocolError"),
        ("reset", "ReadError"),
        ("old_version", "RemoteProtocolError"),
        ("length_too_long", "peer closed connection without sending complete message body"),
        ("chunks_of_garbage", "RemoteProtocolError: illegal chunk header"),
    ],
)
def test_reason_is_told(listen: Listen, name: str, said: str):
    limits = RequestLimits(response=5.0, body=200_000)
    with Target(listen(BEHAVIOURS[name]), limits=limits) as target, pytest.raises(IncompleteResponse, match=said):
        target.get("/overview")


@pytest.mark.parametrize("name", ["byte_a_second", "byte_of_a_body_a_second", "nothing_at_all"])
def test_waiting_has_an_end(listen: Listen, name: str):
    with (
        Target(listen(BEHAVIOURS[name]), limits=SHORT) as target,
        pytest.raises(IncompleteResponse, match="ReadTimeout"),
    ):
        target.get("/overview")


def test_bytes_after_an_answer_are_not_the_next_one(listen: Listen):
    with Target(listen(BEHAVIOURS["answers_twice"]), limits=SHORT) as target:
        responses = [target.get("/overview") for _ in range(3)]
    assert [(response.body, response.followed) for response in responses] == [(b"{}", True)] * 3


@pytest.mark.parametrize("name", ["hundred_thousand_brackets", "huge_number", "no_utf_8", "no_number"])
def test_what_is_no_json_is_the_targets_fault(listen: Listen, name: str):
    with (
        Target(listen(BEHAVIOURS[name]), limits=RequestLimits()) as target,
        pytest.raises(AssertionError, match="not JSON"),
    ):
        _ = target.get("/overview").json


def test_body_that_was_compressed_unasked_is_read(listen: Listen):
    with Target(listen(BEHAVIOURS["bomb"]), limits=RequestLimits(body=50_000_000)) as target:
        assert len(target.get("/overview").body) == 40_000_000


SUBMISSIONS = ("submit_job", "submit_jobs", "submit_job_by_upload")
RELEASE = "2.3.13"
CHECKS = ("submit-job.receipt", "submit-job.generated-id", "submit-jobs.receipts", "stop-job.receipt")
CHECKS += ("life-cycle.streaming-runs-on", "POST /submit-job, linked requests", "*histories*")


def test_run_ends_in_a_verdict_and_leaves_no_job_silently(
    broken: Broken, reference_as: ReferenceAs, tmp_path: Path
) -> None:
    """Receipts have an id that no job has. `test_harmless.py` has more ids, for each check alone."""
    url = broken(effect_of(receipts(put(jobId="5")), *SUBMISSIONS)(), RELEASE)
    journal = tmp_path / "journal.ndjson"
    report = run(Settings(url, release=RELEASE, reference=True, wait=2.0, seed=1, only=CHECKS, journal=journal))
    reasons = [outcome.reason for outcome in report.outcomes]
    assert not [reason for reason in reasons if "the suite itself failed" in reason]
    assert report.footer.exit is RunExit.DEVIATES
    with Target(reference_as(RELEASE)) as target:
        names = [str(job["jobName"]) for job in target.get("/running-jobs").items]
    own = [name for name in names if name.startswith(f"conformance-{report.header.run}-")]
    assert not own or report.footer.leftovers
    assert journal.exists() == bool(report.footer.leftovers)


OVERVIEW = {"method": "GET", "path": "/overview"}


@EACH
def test_recorded_request_ends_in_time(listen: Listen, behaviour: Behaviour):
    begun = time.monotonic()
    with closing(Sender(Address(listen(behaviour), seconds=0.5))) as wire, suppress(NoResponse):
        wire.send(OVERVIEW, keep=False)
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("byte_of_a_body_a_second", "TimeoutError"),
        ("nothing_at_all", "TimeoutError"),
        ("endless_body", "TooManyBytes"),
        ("length_too_long", "IncompleteRead"),
        ("length_that_never_comes", "HTTPException"),
        ("chunk_without_an_end", "IncompleteRead|TimeoutError"),
    ],
)
def test_reason_of_a_recorded_request_is_told(listen: Listen, name: str, said: str):
    seconds = {"endless_body": 30.0, "length_that_never_comes": 1.0}.get(name, 0.5)
    with (
        closing(Sender(Address(listen(BEHAVIOURS[name]), seconds=seconds))) as wire,
        pytest.raises(NoResponse, match=said),
    ):
        wire.send(OVERVIEW, keep=False)


LIMITS = RequestLimits(connect=0.5, response=0.5, body=200_000, probe=0.3)


@pytest.mark.parametrize("check_id", ["running-jobs.lists-running", "overview.members", "GET /job-info/{jobId}"])
@EACH
def test_check_ends_in_a_verdict(listen: Listen, judge: Judge, behaviour: Behaviour, check_id: str):
    begun = time.monotonic()
    outcome = judge(check_id, listen(behaviour), limits=LIMITS)
    assert outcome.verdict in {Verdict.FAIL, Verdict.INCONCLUSIVE}, outcome
    assert outcome.reason
    assert "the suite itself failed" not in outcome.reason
    assert "Traceback" not in repr(outcome)
    assert time.monotonic() - begun < 30


def test_target_that_hangs_ends_the_generated_requests_at_once(listen: Listen, judge: Judge):
    def hang(client: socket.socket) -> None:
        client.settimeout(20)
        client.recv(1)

    outcome = judge("POST /submit-job", listen(hang), limits=LIMITS)
    assert outcome.verdict is Verdict.INCONCLUSIVE
    assert "nor did GET /overview" in outcome.reason
    assert outcome.requests < 10


def test_interrupt_does_not_wait_for_the_answer_to_a_generated_request(listen: Listen):
    has_begun, seen = threading.Event(), Queue[bytes | None]()

    def interrupt_and_hang(client: socket.socket) -> None:
        if not has_begun.is_set():
            BEHAVIOURS["wrong_status"](client)
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
def test_body_that_schemathesis_could_not_bear_is_a_failure(listen: Listen, judge: Judge, name: str):
    outcome = judge("GET /running-jobs", listen(BEHAVIOURS[name]))
    assert outcome.verdict is Verdict.FAIL
    assert "deserialization error" in outcome.reason
