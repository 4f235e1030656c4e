"""What the command says when it can't do something: one line, and a hint after a blank one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from seatunnel_v2.exits import ExitStatus


def fail(status: ExitStatus, message: str, hint: str = "") -> NoReturn:
    """End with a status, a sentence on stderr, and a hint."""
    sys.stderr.write(f"seatunnel-v2: {message}\n")
    if hint:
        sys.stderr.write(f"\nhint: {hint}\n")
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
