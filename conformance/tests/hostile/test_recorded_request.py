"""Whatever a server sends, a recorded request ends in time, too."""

import socket
import time
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any

import pytest

from seatunnel_conformance.replay import Address
from seatunnel_conformance.replay.sender import NoResponse, Sender

pytestmark = pytest.mark.slow

OVERVIEW = {"method": "GET", "path": "/overview"}


def test_request_ends_in_time(listen: Callable[..., str], behaviour: Callable[[socket.socket], None]):
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
def test_reason_is_told(listen: Callable[..., str], behaviours: dict[str, Any], name: str, said: str):
    seconds = {"endless_body": 30.0, "length_that_never_comes": 1.0}.get(name, 0.5)
    with (
        closing(Sender(Address(listen(behaviours[name]), seconds=seconds))) as wire,
        pytest.raises(NoResponse, match=said),
    ):
        wire.send(OVERVIEW, keep=False)
