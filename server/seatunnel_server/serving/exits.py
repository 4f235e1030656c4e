"""How the process of the server ends."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit status of `serve`, one per kind of ending, so that a script can tell them apart.

    The numbers from 10 on are the server's own; the command keeps those below for itself.
    """

    OK = 0
    """Served until it was told to stop, and drained."""
    FORCED = 1
    """Was told to stop and did not within the time for it, so the process was ended with what it was doing."""
    USAGE = 2
    """There is no contract for the release, or no such framework, as was asked for."""
    PORT_TAKEN = 10
    """The port can't be listened on, or no port of the range."""
    BAD_CONFIG = 11
    """`seatunnel.yaml` can't be read, or says something that can't be obeyed."""
    BAD_CONTRACT = 12
    """The contract's files are broken, or the server does not fit them."""
    HTTP_DISABLED = 13
    """`seatunnel.yaml` says `enable-http: false`, so there is nothing to serve."""
    FAILED = 14
    """Broke down."""
