"""How the command ends: one status for each kind of ending."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class ExitStatus(IntEnum):
    """The exit status of every command of `seatunnel-v2`."""

    OK = 0
    DEVIATES = 1
    USAGE = 2
    UNREACHABLE = 3
    NOTHING_SELECTED = 4
    UNDECIDED = 5
    PORT_TAKEN = 10
    BAD_CONFIG = 11
    BAD_CONTRACT = 12
    HTTP_DISABLED = 13
    SERVER_FAILED = 14
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        """What the status says, for the help and the documentation."""
        return _MEANINGS[self]


_MEANINGS: Final = {
    ExitStatus.OK: "done; conform: the target conforms; serve: told to stop, and drained",
    ExitStatus.DEVIATES: "conform: a MUST clause is broken; compare: they differ; rehearse: clients break",
    ExitStatus.USAGE: "the command line is wrong",
    ExitStatus.UNREACHABLE: "conform, cleanup: the target can't be reached, or lets nobody in",
    ExitStatus.NOTHING_SELECTED: "conform: the selection holds no check that could be made",
    ExitStatus.UNDECIDED: "conform: checks were inconclusive, or the run broke off; cleanup: something is left",
    ExitStatus.PORT_TAKEN: "serve: the port, or every port of the range, is taken",
    ExitStatus.BAD_CONFIG: "serve: seatunnel.yaml can't be read or obeyed",
    ExitStatus.BAD_CONTRACT: "the contract's files are broken",
    ExitStatus.HTTP_DISABLED: "serve: seatunnel.yaml has enable-http: false",
    ExitStatus.SERVER_FAILED: "serve: the server broke down",
    ExitStatus.INTERRUPTED: "interrupted by the user",
}
