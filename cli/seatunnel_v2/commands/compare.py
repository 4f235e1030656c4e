"""`seatunnel-v2 compare`: find a minimal difference between two deployments."""

from __future__ import annotations

import random
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from seatunnel_conformance.arrange import options
from seatunnel_conformance.arrange.options import Panel
from seatunnel_v2.addresses import address_of, choice_at, is_own
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import Progress, fail, reporting_errors, say, say_json
from seatunnel_v2.options import documents
from seatunnel_v2.options.run import DEPLOYMENT, takes
from seatunnel_v2.reference import deployment, own_release

if TYPE_CHECKING:
    from seatunnel_conformance.compare import ComparePlan, DeploymentComparison
    from seatunnel_conformance.replay import Address

EPILOG = """Examples:

$ seatunnel-v2 compare http://localhost:8080 reference:2.3.10

$ seatunnel-v2 compare reference:2.3.9 reference:2.3.13 --profile smoke

$ seatunnel-v2 compare http://old:8080 http://new:8080 --allow-writes --format json

$ seatunnel-v2 compare http://old:8080 http://new:8080 --only 'job-info/*'

Exit status: 0 no difference, 1 different, 2 invalid usage, 3 unreachable, 4 nothing selected, 5 undecided, for
example because the time is used up.
"""

PROFILE: Final = replace(
    options.PROFILE,
    help="smoke: 15 s, no jobs. read-only: changes nothing. standard: one minute. full: ten minutes.",
    choices=options.GENERAL_PROFILES,
)


@takes(
    PROFILE, replace(options.SEED, panel=Panel.MAIN), options.ALLOW_WRITES, options.DEDICATED, *options.WITHOUT_PROXY
)
def compare(
    one: Annotated[str, typer.Argument(metavar="URL_A", help=DEPLOYMENT)],
    other: Annotated[str, typer.Argument(metavar="URL_B", help="The deployment to compare with, in the same form.")],
    only: Annotated[
        str,
        typer.Option(
            "--only",
            metavar="GLOB",
            help="Play only these recorded scenarios (`area/scenario`) and no generated requests.",
        ),
    ] = "*",
    format: Annotated[Literal["text", "json"], documents.FORMAT] = "text",  # noqa: A002 - the option's name
    *,
    given: Mapping[str, Any],
) -> None:
    """Send the same requests to two deployments and print a minimal reproduction of a difference as curl commands.

    The requests come from recordings and from a generator. They read and stop only jobs that the command has submitted.
    The deployments are only read, unless you pass --allow-writes or both are reference servers. Tags are replaced only
    on servers that the command starts. Credentials are sent to both deployments.
    """
    from seatunnel_conformance.compare.result import as_json, text

    with reporting_errors(), ExitStack() as stack:
        for name in (one, other):
            # Invalid addresses are reported before a reference server is started.
            address_of(name, name, given)
        first, second = (address_of(name, stack.enter_context(deployment(name)), given) for name in (one, other))
        # The names in the output: `url` has no credentials, which the argument can have.
        names = one if own_release(one) else first.url, other if own_release(other) else second.url
        comparison = _compared(_plan(names, (first, second), only, given))
    if not comparison.total and not (comparison.interrupted or comparison.cut_off):
        fail(
            ExitStatus.NOTHING_SELECTED,
            f"no recorded scenario that can be played matches {only}",
            "a pattern is area/scenario, for example 'job-info/*'",
        )
    if format == "json":
        say_json(as_json(comparison, names))
    else:
        say(text(comparison, names))
    raise typer.Exit(ExitStatus(comparison.exit))


def _plan(names: tuple[str, str], urls: tuple[Address, Address], only: str, given: Mapping[str, Any]) -> ComparePlan:
    from seatunnel_conformance.compare import BOUNDS, ComparePlan

    return ComparePlan(
        urls=urls,
        contracts=(choice_at(names[0], urls[0]).contract, choice_at(names[1], urls[1]).contract),
        bounds=BOUNDS[given["profile"]],
        seed=random.SystemRandom().getrandbits(32) if given["seed"] is None else given["seed"],
        only=only,
        tags=all(own_release(name) for name in names),
        writes=given["allow_writes"] or all(is_own(name, each) for name, each in zip(names, urls, strict=True)),
    )


def _compared(plan: ComparePlan) -> DeploymentComparison:
    from seatunnel_conformance.compare import compare as compared

    with Progress() as progress:
        comparison = compared(plan, report=progress.show)
    if not plan.writes:
        comparison.notes.append("only requests that read were sent; --allow-writes allows others")
    return comparison
