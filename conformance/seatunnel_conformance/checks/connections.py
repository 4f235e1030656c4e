"""What the checks of connections look for. Each function returns the error that it finds, or an empty string."""

from __future__ import annotations

from collections.abc import Callable
from http.client import HTTPException, RemoteDisconnected
from itertools import takewhile
from typing import Final

from seatunnel_conformance.errors import IncompleteResponse
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response

_TRIES: Final = 3
"""Attempts in a row after which an error is the target's."""


def each_time(look: Callable[[], str]) -> str:
    """Return an error that several attempts in a row have: then it is the target's, and not the network's."""
    errors = list(takewhile(bool, (look() for _ in range(_TRIES))))
    return errors[0] if len(errors) == _TRIES else ""


def ended_connection(target: Target, method: str, path: str) -> str:
    """Send a request twice on one connection, and return how that ended after the first response."""
    response = target.send_plainly(method, path, keep=True)
    if response.closes:
        return f"its headers are {response.fields}"
    try:
        target.send_plainly(method, path)
    except IncompleteResponse as error:
        return str(error)
    return ""


def broken_response(target: Target, method: str, path: str, body: bytes | None = None) -> str:
    """Send a request, and return what is wrong with the framing of its response."""
    try:
        response = target.send_plainly(method, path, body=body)
    except IncompleteResponse as error:
        # If there is no response at all, that can be the network.
        if isinstance(error.__cause__, HTTPException) and not isinstance(error.__cause__, RemoteDisconnected):
            return str(error)
        raise
    for stated in ("content-length", "content-type"):
        values = dict.fromkeys(value for name, value in response.fields if name.lower() == stated)
        if len(values) > 1:
            return f"its {stated} is {' and '.join(values)}"
    return _cut_json(response)


def _cut_json(response: Response) -> str:
    """Return what is wrong with a JSON body that is shorter than its document; an empty string for any other body."""
    try:
        _ = response.media_type == "application/json" and response.body and response.json
    except AssertionError:
        return f"the {len(response.body)} bytes of its body, as its headers state, are not a whole JSON document"
    return ""
