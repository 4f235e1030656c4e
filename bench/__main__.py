"""Measure the reference server: `python -m bench`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from bench import growth, throughput

app = typer.Typer(help=__doc__, no_args_is_help=False, add_completion=False)


@app.command()
def main(
    rounds: Annotated[int, typer.Option(help="How often each server is measured on each route.", min=1)] = 3,
    seconds: Annotated[int, typer.Option(help="How long one measurement lasts.", min=1, max=30)] = 3,
) -> None:
    """Throughput beside bare Starlette and stock connexion, then growth with the number of jobs."""
    console = Console()
    throughput.run(console, rounds=rounds, seconds=seconds)
    growth.run(console, seconds=seconds)


if __name__ == "__main__":
    app()
