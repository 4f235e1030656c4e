"""Measure the reference server: `python -m bench`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from bench import growth, throughput

app = typer.Typer(help=__doc__, no_args_is_help=False, add_completion=False)


@app.command()
def main(
    rounds: Annotated[int, typer.Option(help="Number of measurements per server and route.", min=1)] = 3,
    seconds: Annotated[int, typer.Option(help="Duration of one measurement in seconds.", min=1, max=30)] = 3,
) -> None:
    """Compare the throughput with plain Starlette and connexion, then measure the growth with the number of jobs."""
    console = Console()
    throughput.run(console, rounds=rounds, seconds=seconds)
    growth.run(console, seconds=seconds)


if __name__ == "__main__":
    app()
