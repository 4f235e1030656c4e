"""A project of server stubs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer


class StubFramework(StrEnum):
    """What runs the functions."""

    CONNEXION = "connexion"
    FLASK = "flask"


Folder: TypeAlias = Annotated[
    Path, typer.Option("--output", "-o", metavar="DIR", help="The project's folder.", show_default=False)
]

Package: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--package",
        metavar="NAME",
        help="The Python package in it; without it the one that is there, or the folder's name.",
        show_default=False,
    ),
]

FrameworkOption: TypeAlias = Annotated[
    StubFramework,
    typer.Option("--framework", help="connexion: functions run on its event loop. flask: under connexion's Flask app."),
]

Check: TypeAlias = Annotated[
    bool,
    typer.Option("--check", help="Write nothing; exit 1 if the project is not what its contract asks for."),
]
