"""Options that select a contract and an output format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias, TypeVar

import typer

from seatunnel_v2 import completing
from seatunnel_v2.messages import warn

VARIABLE: Final = "SEATUNNEL_RELEASE"
"""The environment variable with the default of every `--release`."""

DOCUMENTED: Final = "`documented`, the API of the documentation page, which no engine implements exactly"
_RECORDED: Final = "the newest release whose engine was recorded"


def say_default(context: typer.Context, release: str) -> None:
    """If the command line names no release, print to stderr which release is used by default."""
    source = context.get_parameter_source("release")
    if source is not None and source.name == "DEFAULT":
        say_selected(release)


def say_selected(release: str) -> None:
    """Print to stderr which release is used, and how to select another."""
    warn(f"the release is {release}; --release or {VARIABLE} selects another")


def _documented(context: typer.Context, value: str) -> str:
    # These commands print it themselves, if at all: `spec` may have a subcommand, `stubs` the release of a project.
    if context.info_name not in {"serve", "spec", "stubs"}:
        say_default(context, DOCUMENTED)
    return value


_Given = TypeVar("_Given", str | None, list[str] | None)


def _recorded(context: typer.Context, value: _Given) -> _Given:
    from seatunnel_openapi import newest_recorded

    say_default(context, f"{newest_recorded()}, {_RECORDED}")
    return value


def of_release(
    name: str,
    sentence: str,
    metavar: str = "R",
    *,
    variable: str | None = None,
    callback: Callable[..., Any] | None = None,
) -> Any:
    """Return an option whose value is a release, with completion. The environment variable sets its default."""
    completion = completing.releases
    return typer.Option(
        name, metavar=metavar, envvar=variable, help=sentence, autocompletion=completion, callback=callback
    )


Release: TypeAlias = Annotated[
    str,
    of_release(
        "--release",
        "Release, proposal such as `proposal:12904`, or overlay of your own, `./acme.yaml`. `documented` is the API of "
        "the documentation page, which no engine implements exactly.",
        variable=VARIABLE,
        callback=_documented,
    ),
]
_OF_CLUSTER: Final = "Default: the newest whose engine was recorded."
ClusterRelease: TypeAlias = Annotated[
    str | None, of_release("--release", f"Release of the cluster. {_OF_CLUSTER}", variable=VARIABLE, callback=_recorded)
]
ClusterReleases: TypeAlias = Annotated[
    list[str] | None,
    of_release(
        "--release",
        f"Release of the cluster. Given twice, an upgrade from the first to the second is checked. {_OF_CLUSTER}",
        variable=VARIABLE,
        callback=_recorded,
    ),
]

FORMAT: Final = typer.Option("--format", help="Output format.")

STRICT: Final = typer.Option("--strict", help="Close the objects of responses: only members of the release are valid.")
EXTENSIONS: Final = typer.Option("--extensions/--no-extensions", help="Include the `x-` extensions of this project.")

SpecFormat: TypeAlias = Literal["yaml", "json"]
TableFormat: TypeAlias = Literal["table", "json", "markdown"]
TextFormat: TypeAlias = Literal["text", "json", "markdown"]

Output: TypeAlias = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="File to write. Default: standard output.")
]
