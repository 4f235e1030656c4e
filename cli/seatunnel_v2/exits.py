"""How the command ends: one status for each kind of ending."""

from __future__ import annotations

from collections.abc import Mapping
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
        told = ((command, said) for command, said in _MEANINGS[self].items() if said)
        return "; ".join(f"{command}: {said}" if command else said for command, said in told)


ANY: Final = ""
"""Stands for every command; one that never ends so says nothing."""

_OUT_OF_REACH: Final = "the target can't be reached, or lets nobody in"

_MEANINGS: Final[Mapping[ExitStatus, Mapping[str, str]]] = {
    ExitStatus.OK: {ANY: "done", "conform": "the target conforms", "serve": "told to stop, and drained"},
    ExitStatus.DEVIATES: {
        "conform": "the target breaks at least one MUST clause, or its baseline is out of date",
        "compare": "they differ",
        "rehearse": "clients break",
    },
    ExitStatus.USAGE: {ANY: "the command line is wrong, or a file that it names"},
    ExitStatus.UNREACHABLE: {
        "conform": _OUT_OF_REACH,
        "cleanup": _OUT_OF_REACH,
    },
    ExitStatus.NOTHING_SELECTED: {"conform": "the selection holds no check that could be made"},
    ExitStatus.UNDECIDED: {
        "conform": "checks were inconclusive, the run broke off, or --with-faults showed that a pass proves nothing",
        "cleanup": "something is left",
    },
    ExitStatus.PORT_TAKEN: {"serve": "the port, or every port of the range, is taken"},
    ExitStatus.BAD_CONFIG: {"serve": "seatunnel.yaml can't be read or obeyed"},
    ExitStatus.BAD_CONTRACT: {ANY: "the contract's files are broken"},
    ExitStatus.HTTP_DISABLED: {"serve": "seatunnel.yaml has enable-http: false"},
    ExitStatus.SERVER_FAILED: {"serve": "the server broke down"},
    ExitStatus.INTERRUPTED: {ANY: "interrupted by the user", "serve": ""},
}


def statuses_of(command: str) -> str:
    """Return the statuses that a command can end with, and what each of them says, as a sentence for its help."""
    said = ((status, said.get(command, said.get(ANY))) for status, said in _MEANINGS.items())
    return "Exit status: " + "; ".join(f"{status.value} {meaning}" for status, meaning in said if meaning) + "."
