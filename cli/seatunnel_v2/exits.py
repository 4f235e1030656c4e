"""The exit statuses of the command."""

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
    NO_CLUSTER = 15
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        """The meaning of the status, for the help and the documentation."""
        meanings = ((command, text) for command, text in _MEANINGS[self].items() if text)
        return "; ".join(f"{command}: {text}" if command else text for command, text in meanings)


ANY: Final = ""
"""The key of the meaning for commands that are not listed. A command that never uses a status has an empty text."""

_MEANINGS: Final[Mapping[ExitStatus, Mapping[str, str]]] = {
    ExitStatus.OK: {
        ANY: "done",
        "conform": "the target conforms",
        "try-client": "the client keeps all MUST clauses",
        "serve": "stopped gracefully",
    },
    ExitStatus.DEVIATES: {
        ANY: "differences, errors or suspected faults were found",
        "conform": "the target breaks at least one MUST clause, or the baseline is out of date",
        "try-client": "the client breaks at least one MUST clause",
        "serve": "ended by force, because it did not stop in time after a signal",
    },
    ExitStatus.USAGE: {ANY: "invalid command line, or a file that it names can't be used"},
    ExitStatus.UNREACHABLE: {
        ANY: "the target can't be reached, is not the REST API V2, or denies access",
        "try-client": "",
        "serve": "",
    },
    ExitStatus.NOTHING_SELECTED: {
        ANY: "nothing is selected that can be checked, compared or replayed",
        "conform": "the selection contains no check that can run",
        "try-client": "the client did nothing that can be judged",
        "serve": "",
    },
    ExitStatus.UNDECIDED: {
        ANY: "undecided: the time is used up, or responses are missing or can't be read",
        "conform": "undecided: checks were inconclusive, the run was cut off, or --with-faults found faults that no "
        "check detects",
        "cleanup": "some changes could not be undone",
        "try-client": "",
        "serve": "",
    },
    ExitStatus.PORT_TAKEN: {"serve": "the port, or every port of the range, is in use"},
    ExitStatus.BAD_CONFIG: {"serve": "seatunnel.yaml can't be read or applied"},
    ExitStatus.BAD_CONTRACT: {ANY: "the contract's files are broken"},
    ExitStatus.HTTP_DISABLED: {"serve": "seatunnel.yaml has enable-http: false"},
    ExitStatus.SERVER_FAILED: {"serve": "the server failed"},
    ExitStatus.NO_CLUSTER: {"serve": "the release of the cluster behind --engine can't be detected"},
    ExitStatus.INTERRUPTED: {ANY: "interrupted by the user", "serve": ""},
}


def statuses_of(command: str) -> str:
    """Return the exit statuses of a command with their meanings, as a sentence for its help."""
    meanings = ((status, texts.get(command, texts.get(ANY))) for status, texts in _MEANINGS.items())
    return "Exit status: " + "; ".join(f"{status.value} {meaning}" for status, meaning in meanings if meaning) + "."
