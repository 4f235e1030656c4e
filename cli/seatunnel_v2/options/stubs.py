"""Options of `stubs`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

Folder: TypeAlias = Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder of the project.")]

Package: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--package",
        metavar="NAME",
        help="Name of the Python package. Default: the existing package, or the name of the folder.",
    ),
]

Framework: TypeAlias = Literal["connexion", "flask"]

FrameworkOption: TypeAlias = Annotated[
    Framework,
    typer.Option(
        "--framework", help="connexion: functions run on the event loop. flask: functions run in connexion's Flask app."
    ),
]

Check: TypeAlias = Annotated[
    bool, typer.Option("--check", help="Write nothing. Exit with 1 if the project differs from its contract.")
]
