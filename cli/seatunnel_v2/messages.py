"""Messages of the command: escaped output, and errors of one line with a hint."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self

import typer

from seatunnel_conformance.text.visible import as_json, line, visible
from seatunnel_v2.exits import ExitStatus

if TYPE_CHECKING:
    from seatunnel_openapi import Contract


def say(text: str, *, err: bool = False) -> None:
    """Write a text to standard output or stderr. Control characters in it are escaped."""
    if err:
        # If both are the same terminal or file, the earlier output comes first.
        sys.stdout.flush()
    stream = sys.stderr if err else sys.stdout
    stream.write(visible(text))


def say_json(data: Any) -> None:
    """Write plain data to standard output as JSON."""
    say(as_json(data, indent=2) + "\n")


def warn(message: str, hint: str = "") -> None:
    """Write a message to stderr, prefixed with `seatunnel-v2: `, and a hint if there is one."""
    say(f"seatunnel-v2: {message}\n" + (f"\nhint: {hint}\n" if hint else ""), err=True)


def fail(status: ExitStatus, message: str, hint: str = "") -> NoReturn:
    """Write an error message and a hint to stderr, and exit with a status."""
    warn(message, hint)
    raise typer.Exit(status)


@contextmanager
def reporting_errors(usage: str = "", *others: type[Exception]) -> Iterator[None]:
    """Turn expected errors of the block into an error message and an exit status.

    Expected are errors of the suite and the contract, files that can't be read or written, and `others`. `usage` is
    the hint for usage errors that have none.
    """
    try:
        yield
    except Exception as problem:  # unexpected errors are raised again
        # Imported here, because most commands end without an error.
        from seatunnel_conformance.errors import SuiteError
        from seatunnel_openapi import ContractError, UnknownRelease
        from seatunnel_openapi.files import UnusableFile
        from seatunnel_v2.reference import ServerDidNotStart

        match problem:
            case ServerDidNotStart():
                fail(problem.status, str(problem))
            case SuiteError():
                status = ExitStatus(problem.exit)
                fail(status, str(problem), problem.hint or (usage if status is ExitStatus.USAGE else ""))
            case ContractError():
                known = isinstance(problem, UnknownRelease)
                fail(ExitStatus.USAGE if known else ExitStatus.BAD_CONTRACT, problem.message, problem.hint)
            case UnusableFile():
                fail(ExitStatus.USAGE, str(problem))
            case OSError(filename=name) if name is not None or problem.errno == errno.ENOSPC:
                # The error of a full disk has no name.
                fail(ExitStatus.USAGE, f"{name or 'a file'} can't be written: {problem.strerror}")
            case _ if isinstance(problem, others):
                fail(ExitStatus.USAGE, str(problem), getattr(problem, "hint", ""))
        raise


def load_contract(release: str | None) -> Contract:
    """Return the contract of a release, by default of the newest recorded one. Exits if the release is unknown."""
    import seatunnel_openapi

    with reporting_errors():
        return seatunnel_openapi.load(seatunnel_openapi.newest_recorded() if release is None else release)


_WIDTH: Final = 78
_CLEAR: Final = "\r\x1b[K"


class Progress:
    """A line on the terminal that shows the progress, and is cleared at the end of the block."""

    def __init__(self) -> None:
        self._shows = sys.stderr.isatty()

    def show(self, text: str) -> None:
        """Replace the text of the line. Does nothing if stderr is not a terminal."""
        if self._shows:
            sys.stderr.write(f"{_CLEAR}{line(text, _WIDTH)}")  # noqa: TID251 - control characters on purpose
            sys.stderr.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.show("")
