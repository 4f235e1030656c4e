"""Messages of the command: escaped output, and errors of one line with a hint."""

from __future__ import annotations

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
        # Where both go to one place, what was said before comes first.
        sys.stdout.flush()
    stream = sys.stderr if err else sys.stdout
    stream.write(visible(text))


def say_json(data: Any) -> None:
    """Write plain data to standard output as JSON."""
    say(as_json(data, indent=2) + "\n")


def warn(message: str, hint: str = "") -> None:
    """Write a sentence to stderr, with the name of the command as prefix, and a hint."""
    say(f"seatunnel-v2: {message}\n" + (f"\nhint: {hint}\n" if hint else ""), err=True)


def fail(status: ExitStatus, message: str, hint: str = "") -> NoReturn:
    """Exit with a status, after an error message and a hint on stderr."""
    warn(message, hint)
    raise typer.Exit(status)


@contextmanager
def reporting_errors(usage: str = "", *others: type[Exception]) -> Iterator[None]:
    """Exit with an error message and a status for every expected error, `others` included.

    `usage` is the hint for usage errors that have none.
    """
    try:
        yield
    except Exception as problem:  # what is not expected is raised again
        # Imported only now: most commands end without an error.
        from seatunnel_conformance.errors import SuiteError
        from seatunnel_openapi import ContractError, UnknownRelease
        from seatunnel_v2.reference import ServerDidNotStart

        match problem:
            case ServerDidNotStart():
                fail(problem.status, str(problem))
            case SuiteError():
                status = ExitStatus(problem.exit)
                fail(status, str(problem), problem.hint or (usage if status is ExitStatus.USAGE else ""))
            case ContractError():
                known = isinstance(problem, UnknownRelease)
                fail(ExitStatus.USAGE if known else ExitStatus.BAD_CONTRACT, str(problem))
            case OSError(filename=name) if name is not None:
                fail(ExitStatus.USAGE, f"{name} can't be written: {problem.strerror}")
            case _ if isinstance(problem, others):
                fail(ExitStatus.USAGE, str(problem), getattr(problem, "hint", ""))
        raise


def load_contract(release: str | None) -> Contract:
    """Return the contract of a release, by default of the newest whose engine was recorded."""
    import seatunnel_openapi

    with reporting_errors():
        return seatunnel_openapi.load(seatunnel_openapi.newest_recorded() if release is None else release)


_WIDTH: Final = 78
_CLEAR: Final = "\r\x1b[K"


class Progress:
    """The progress line, cleared at the end of the block."""

    def __init__(self) -> None:
        self._shows = sys.stderr.isatty()

    def show(self, text: str) -> None:
        """Replace the text of the line."""
        if self._shows:
            sys.stderr.write(f"{_CLEAR}{line(text, _WIDTH)}")  # noqa: TID251 - it steers on purpose
            sys.stderr.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.show("")
