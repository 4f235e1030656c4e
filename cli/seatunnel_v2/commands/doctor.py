"""`seatunnel-v2 doctor`: check the installation and the connection to a deployment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import typer

from seatunnel_conformance.run import options
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import reading_contracts, reporting_errors, say
from seatunnel_v2.options.run import Url, takes

if TYPE_CHECKING:
    from seatunnel_v2.diagnosis import Line

EPILOG = """Examples:

$ seatunnel-v2 doctor

$ seatunnel-v2 doctor http://localhost:8080 --profile full

Exit status: 0 no problem found, 2 invalid usage, 3 the target can't be reached or is not the REST API V2, 4 no check
can run, 5 the responses of the target can't be read, or the time is used up, 12 the contract's files are broken.
"""


@takes(options.RELEASE, options.PROFILE, options.ALLOW_WRITES, *options.CONNECTION)
def doctor(url: Url = None, *, given: Mapping[str, Any]) -> None:
    """Show what is installed and, with a URL, which release the target serves and what `conform` would do.

    The target is only read; nothing is checked or changed.
    """
    from seatunnel_v2.diagnosis import installation  # noqa: PLC0415 - see the package's docstring

    with reading_contracts():
        _print(installation())
    if url is not None:
        say("\n")
        _examine({**options.DEFAULTS, **given, "url": url})


def _examine(given: Mapping[str, Any]) -> None:
    from seatunnel_conformance.arrange.settings import Settings  # noqa: PLC0415 - as above
    from seatunnel_v2.diagnosis import target  # noqa: PLC0415 - as above

    with reporting_errors():
        well = _print(target(Settings.parse(given.__getitem__)))
    if not well:
        raise typer.Exit(ExitStatus.NOTHING_SELECTED)


def _print(lines: Iterable[Line]) -> bool:
    """Print the findings and return whether all of them are ok."""
    well = True
    for line in lines:
        say(f"{line.subject:<18}{line.finding}\n")
        well = well and line.ok
    return well
