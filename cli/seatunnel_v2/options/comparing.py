"""What is compared: deployments, or reference servers that are started for it."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

Deployment: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="URL", help="A deployment, its context path included, or `reference:2.3.10` for a server of our own."
    ),
]
