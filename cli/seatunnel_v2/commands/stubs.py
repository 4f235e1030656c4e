"""`seatunnel-v2 stubs`: generate and update a server project."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.flags import on_command_line
from seatunnel_v2.messages import load_contract, reporting_errors, say, warn
from seatunnel_v2.options import documents

if TYPE_CHECKING:
    from seatunnel_stubs import Project, Written

EPILOG = """Examples:

$ seatunnel-v2 stubs -o acme --package acme_seatunnel --release 2.3.10

$ python -m acme_seatunnel --port 8080      (in the folder of the project)

$ seatunnel-v2 stubs -o acme --release 2.3.10 --check

Exit status: 0 written, or no difference; 1 with --check, if the project differs from its contract; 2 invalid usage.
"""

_Folder: TypeAlias = Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder of the project.")]

_Package: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--package",
        metavar="NAME",
        help="Name of the Python package. Default: the existing package, or the name of the folder.",
    ),
]

_Framework: TypeAlias = Literal["connexion", "flask"]

_FrameworkOption: TypeAlias = Annotated[
    _Framework,
    typer.Option(
        "--framework", help="connexion: functions run on the event loop. flask: they run in connexion's Flask app."
    ),
]

_Check: TypeAlias = Annotated[
    bool, typer.Option("--check", help="Write nothing. Exit with 1 if the project differs from its contract.")
]


def stubs_command(  # noqa: PLR0913, PLR0917 - a parameter for each option
    context: typer.Context,
    output: _Folder,
    package: _Package = None,
    framework: _FrameworkOption = "connexion",
    release: documents.Release = "documented",
    check: _Check = False,  # noqa: FBT002 - a flag
) -> None:
    """Generate a server project. It runs immediately and returns 501 for operations that are not implemented.

    Run the command again to update the project to another release; without --release, the project keeps its release.
    The command updates the files of the contract and other generated code that you have not changed. It appends
    functions for new operations, and lists functions that must change or have no operation any more. It does not change
    code that you wrote.
    """
    from seatunnel_stubs import release_of
    from seatunnel_stubs.functions import GeneratorMissing, UnreadableSource
    from seatunnel_stubs.project import InvalidPackageName, Project
    from seatunnel_stubs.writing import ForeignFolder

    named = package or _package(output)
    there = release_of(output, named)
    if there and "release" not in on_command_line(context):
        release = there
        warn(f"the release is {there}, that of the project; --release selects another")
    else:
        documents.say_default(context, documents.DOCUMENTED)
    with reporting_errors("", GeneratorMissing, ForeignFolder, UnreadableSource, InvalidPackageName):
        project = Project(load_contract(release), named, framework)
        if check:
            raise typer.Exit(_check(project, output))
        _write(project, output)


def _package(folder: Path) -> str:
    """Return the name of the package in an existing project, or one derived from the name of the folder."""
    there = sorted(path.parent.parent.name for path in folder.glob("*/contract/signatures.py"))
    return there[0] if there else re.sub(r"\W+", "_", Path(os.path.realpath(folder)).name.lower()).strip("_")


def _check(project: Project, folder: Path) -> ExitStatus:
    from seatunnel_stubs import drift

    lines = drift(project, folder)
    for line in lines:
        say(f"{line}\n")
    say(f"{folder}: {f'{len(lines)} differences' if lines else 'matches its contract'}\n")
    return ExitStatus.DEVIATES if lines else ExitStatus.OK


def _write(project: Project, folder: Path) -> None:
    from seatunnel_stubs import drift, write

    fresh = not folder.exists() or not any(folder.iterdir())
    written = write(project, folder)
    say("".join(f"{line}\n" for line in _summary(written, folder, fresh=fresh)))
    if fresh:
        say(f"next: cd {folder} && python -m {project.package} --port 8080\n")
    elif left := drift(project, folder):
        say("Your functions don't fit the contract yet, and the server doesn't start until they do:\n")
        say("".join(f"  {line}\n" for line in left))


def _summary(written: Written, folder: Path, *, fresh: bool) -> list[str]:
    lines = [f"{folder}: {len(written.created)} files created, {len(written.updated)} updated"]
    lines += [] if fresh else [f"  created {name}" for name in written.created]
    lines += [f"  updated {name}" for name in written.updated]
    lines += [f"  appended the function {name}" for name in written.added]
    if written.refreshed:
        lines.append(f"  refreshed what you have not changed of {len(written.refreshed)} functions, such as clauses")
    lines += [f"  {name} belongs to a removed operation; you can remove it" for name in written.vanished]
    return lines if written.changed or written.vanished else [f"{folder}: up to date"]
