"""What the command says, made harmless to look at; one line and a hint where it can't do something."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from seatunnel_conformance.text.visible import visible
from seatunnel_v2.exits import ExitStatus


def say(text: str, *, err: bool = False) -> None:
    """Write a text to standard output, or to stderr: what others have put into it is shown, and steers no terminal."""
    stream = sys.stderr if err else sys.stdout
    stream.write(visible(text))


def warn(message: str) -> None:
    """Write a sentence to stderr, under the name of the command."""
    say(f"seatunnel-v2: {message}\n", err=True)


def fail(status: ExitStatus, message: str, hint: str = "") -> NoReturn:
    """End with a status, a sentence on stderr, and a hint."""
    warn(message)
    if hint:
        say(f"\nhint: {hint}\n", err=True)
    raise typer.Exit(status)


@contextmanager
def reading_contracts() -> Iterator[None]:
    """End with a sentence where a release is unknown, or the contract's files are broken."""
    from seatunnel_openapi import ContractError, UnknownRelease  # noqa: PLC0415 - see the package's docstring

    try:
        yield
    except UnknownRelease as problem:
        fail(ExitStatus.USAGE, str(problem))
    except ContractError as problem:
        fail(ExitStatus.BAD_CONTRACT, str(problem))


@contextmanager
def told_in_a_line(usage: str = "") -> Iterator[None]:
    """Turn what keeps a command from its work into a sentence and a status; `usage` is a hint for wrong words."""
    from seatunnel_conformance.errors import (  # noqa: PLC0415 - see the package's docstring
        AccessDenied,
        Inconclusive,
        LedElsewhere,
        SuiteError,
        TargetUnreachable,
    )
    from seatunnel_v2.reference import ServerDidNotStart  # noqa: PLC0415 - as above

    try:
        with reading_contracts():
            yield
    except ServerDidNotStart as problem:
        fail(problem.status, str(problem))
    except (AccessDenied, LedElsewhere) as problem:
        fail(ExitStatus.UNREACHABLE, str(problem))
    except TargetUnreachable as problem:
        fail(ExitStatus.UNREACHABLE, str(problem), "is the engine up, and `enable-http` on in seatunnel.yaml?")
    except Inconclusive as problem:
        fail(ExitStatus.UNDECIDED, str(problem))
    except SuiteError as problem:
        fail(ExitStatus.USAGE, str(problem), usage)
    except OSError as problem:
        if problem.filename is None:
            raise
        fail(ExitStatus.USAGE, f"{problem.filename} can't be written: {problem.strerror}")
