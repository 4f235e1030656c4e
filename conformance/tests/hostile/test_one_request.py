"""Whatever a server sends, a request ends in time, in memory, and in an answer or in a word why there is none."""

import resource
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from seatunnel_conformance.errors import IncompleteResponse
from seatunnel_conformance.target.deployment import RequestLimits, Target

pytestmark = pytest.mark.slow

Listen = Callable[..., str]

SHORT = RequestLimits(connect=0.5, response=0.5, body=200_000, probe=0.2)


def test_request_ends_in_time_and_memory(listen: Listen, behaviour: Callable[[socket.socket], None]):
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
def test_reason_is_told(listen: Listen, behaviours: dict[str, Any], name: str, said: str):
    limits = RequestLimits(response=5.0, body=200_000)
    with Target(listen(behaviours[name]), limits=limits) as target, pytest.raises(IncompleteResponse, match=said):
        target.get("/overview")


@pytest.mark.parametrize("name", ["byte_a_second", "byte_of_a_body_a_second", "nothing_at_all"])
def test_waiting_has_an_end(listen: Listen, behaviours: dict[str, Any], name: str):
    with (
        Target(listen(behaviours[name]), limits=SHORT) as target,
        pytest.raises(IncompleteResponse, match="ReadTimeout"),
    ):
        target.get("/overview")


def test_bytes_after_an_answer_are_not_the_next_one(listen: Listen, behaviours: dict[str, Any]):
    with Target(listen(behaviours["answers_twice"]), limits=SHORT) as target:
        responses = [target.get("/overview") for _ in range(3)]
    assert [(response.body, response.followed) for response in responses] == [(b"{}", True)] * 3


@pytest.mark.parametrize("name", ["hundred_thousand_brackets", "huge_number", "no_utf_8", "no_number"])
def test_what_is_no_json_is_the_targets_fault(listen: Listen, behaviours: dict[str, Any], name: str):
    with (
        Target(listen(behaviours[name]), limits=RequestLimits()) as target,
        pytest.raises(AssertionError, match="not JSON"),
    ):
        _ = target.get("/overview").json


def test_body_that_was_compressed_unasked_is_read(listen: Listen, behaviours: dict[str, Any]):
    with Target(listen(behaviours["bomb"]), limits=RequestLimits(body=50_000_000)) as target:
        assert len(target.get("/overview").body) == 40_000_000
