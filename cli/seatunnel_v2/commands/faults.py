"""`seatunnel-v2 faults`: test the suite with faults."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn, TypeAlias

import typer

from seatunnel_v2.addresses import settings_of
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import fail, reporting_errors
from seatunnel_v2.options import checking, reports
from seatunnel_v2.options.connecting import connecting

if TYPE_CHECKING:
    from seatunnel_conformance.arrange.settings import Settings
    from seatunnel_conformance.faults.plan import FaultPlan
    from seatunnel_conformance.faults.score import Score

EPILOG = """Examples:

$ seatunnel-v2 faults

$ seatunnel-v2 faults --list --only 'stop-*'

$ seatunnel-v2 faults --jobs 2 --report-ndjson faults.ndjson

$ seatunnel-v2 faults --resume faults.ndjson

$ seatunnel-v2 faults http://localhost:8080 --only semantic --generated 0

Exit status: 0 a check detected every fault of a MUST clause, and no check failed for a harmless change; 1 otherwise;
2 invalid usage; 3 unreachable; 4 nothing selected; 5 the responses of the deployment can't be read, or the time is
used up and nothing was wrong so far.
"""


_PATIENCE: Final = 1 / 12
"""The share of --wait that applies to a fault: 5 s of the default of 60 s."""


class JudgeName(StrEnum):
    """The tools whose fault detection can be measured."""

    SUITE = "suite"
    SCHEMATHESIS = "schemathesis"


_FAULTS: Final = "Faults"

OnlyFaults: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--only", metavar="GLOB", help="Try only these fault ids or kinds. Can be repeated.", rich_help_panel=_FAULTS
    ),
]

Generated: TypeAlias = Annotated[
    int,
    typer.Option(
        "--generated",
        metavar="N",
        min=0,
        help="Number of faults of each generated kind (`schema`, `whole`).",
        rich_help_panel=_FAULTS,
    ),
]

ListFaults: TypeAlias = Annotated[
    bool, typer.Option("--list", help="List the faults and exit.", rich_help_panel=_FAULTS)
]

Jobs: TypeAlias = Annotated[
    int,
    typer.Option(
        "--jobs",
        metavar="N",
        min=1,
        max=16,
        help="Number of processes, each with its own reference server.",
        show_default=True,
    ),
]

JudgeOption: TypeAlias = Annotated[
    JudgeName, typer.Option("--judge", help="Tool to test. `schemathesis` is for comparison.")
]

Resume: TypeAlias = Annotated[
    Path | None,
    typer.Option("--resume", metavar="FILE", help="Continue the run in this results file.", show_default=False),
]


@connecting
def faults(  # noqa: PLR0913, PLR0917 - a parameter for each option
    url: checking.Url = None,
    release: checking.TargetRelease = "auto",
    only: OnlyFaults = [],  # noqa: B006 - typer's default for a repeated option
    generated: Generated = 40,
    list_faults: ListFaults = False,  # noqa: FBT002 - a flag
    seed: checking.Seed = None,
    profile: checking.ProfileOption = checking.ProfileName.STANDARD,
    allow_writes: checking.AllowWrites = False,  # noqa: FBT002 - a flag
    wait: checking.Wait = 5.0,
    jobs: Jobs = 1,
    judge: JudgeOption = JudgeName.SUITE,
    report_ndjson: reports.ReportNdjson = None,
    resume: Resume = None,
    *,
    connection: Mapping[str, Any],
) -> None:
    """Test the suite: break responses in hundreds of small ways and list the faults that no check detects.

    Without a URL, the command starts reference servers. With a URL, a local proxy breaks the responses of that
    deployment: the deployment itself is not changed, except that the suite runs its own small jobs there.
    """
    from seatunnel_conformance.faults.plan import FaultPlan, Judge  # noqa: PLC0415 - see the package's docstring
    from seatunnel_v2.reference import for_faults  # noqa: PLC0415 - as above

    own = url is None
    with _reporting_errors():
        settings = replace(
            _settings(url, release, connection, asks=not list_faults),
            profile=profile.value,
            allow_writes=allow_writes,
            seed=1 if seed is None else seed,
            wait=wait,
        )
    with tempfile.TemporaryDirectory(prefix="seatunnel-") as folder:
        plan = FaultPlan(
            deployments=for_faults(settings.release, Path(folder)) if own else {"plain": partial(_given, settings.url)},
            settings=settings,
            only=tuple(only),
            generated=generated,
            # Faults on one deployment would get into each other's way.
            jobs=jobs if own else 1,
            judge=Judge(judge.value),
            foreign=not own,
            report=report_ndjson,
            resume=resume,
        )
        if list_faults:
            _list(plan)
        else:
            score = _tried(plan)
            if score.ended:
                _fail_incomplete(score, report_ndjson or resume)
            raise typer.Exit(ExitStatus.OK if score.is_perfect else ExitStatus.DEVIATES)


def _fail_incomplete(score: Score, results: Path | None) -> NoReturn:
    """Exit with an error message because the time was not enough for all faults."""
    hint = f"--resume {results} continues" if results else "--report-ndjson keeps results that --resume continues"
    status = ExitStatus.UNDECIDED if score.is_perfect else ExitStatus.DEVIATES
    fail(status, f"{score.ended}: {len(score.results)} faults were tried, not all", hint)


def prove(settings: Settings, passed: Collection[str]) -> bool:
    """Try on a deployment that was just checked the faults that the checks that `passed` could notice; print the score.

    Returns whether every fault that breaks a MUST clause was killed, of those that can be seen on this deployment.
    """
    from rich.console import Console  # noqa: PLC0415 - see the package's docstring

    from seatunnel_conformance.faults.plan import FaultPlan, noticeable  # noqa: PLC0415 - as above
    from seatunnel_conformance.report.words import counted  # noqa: PLC0415 - as above
    from seatunnel_openapi import load  # noqa: PLC0415 - as above

    faults = noticeable(load(settings.release), passed)
    console = Console(highlight=False)
    if not faults:
        console.print("\nNo fault exists for the checks that passed.")
        return True
    number = counted(len(faults), "fault")
    console.print(f"\nFault detection: {number} tried, one at a time, on the checks that passed.")
    # Under faults, many waits time out, each after this time.
    tried = replace(settings, wait=settings.wait * _PATIENCE, journal=None, reports={})
    deployments = {"plain": partial(_given, settings.url)}
    score = _tried(FaultPlan(deployments, tried, only=faults, generated=0, foreign=True))
    return score.is_perfect and not score.ended


@contextmanager
def _given(url: str) -> Iterator[str]:
    """Yield the address of an existing deployment."""
    yield url


def _settings(url: str | None, release: str, connection: Mapping[str, Any], *, asks: bool) -> Settings:
    """Return how a deployment is asked, and as which release; our own has the documented contract if none is named.

    Unless a release is named and nothing `asks` the deployment, it is identified first.
    """
    from seatunnel_conformance.arrange.settings import AUTO  # noqa: PLC0415 - as above
    from seatunnel_conformance.errors import InvalidSettings  # noqa: PLC0415 - see the package's docstring
    from seatunnel_conformance.run.releases import choose  # noqa: PLC0415 - as above

    if connection["proxy"]:
        raise InvalidSettings("faults can't be combined with --proxy: leave out --proxy")
    if url is None:
        asked = settings_of("http://localhost", connection, "documented" if release == AUTO else release)
        # Our own servers are trusted to come to an end, and all faults take longer than an hour on a slow machine.
        return replace(asked, limits=replace(asked.limits, run=connection["max_time"]))
    asked = settings_of(url, connection, release)
    return replace(asked, release=choose(asked).contract.release) if asks or release == AUTO else asked


def _list(plan: FaultPlan) -> None:
    from rich.console import Console  # noqa: PLC0415 - see the package's docstring

    from seatunnel_conformance.faults.plan import select  # noqa: PLC0415 - as above
    from seatunnel_conformance.faults.terminal import show_catalogue  # noqa: PLC0415 - as above
    from seatunnel_openapi import load  # noqa: PLC0415 - as above

    with _reporting_errors():
        show_catalogue(select(load(plan.settings.release), plan), Console(highlight=False))


def _tried(plan: FaultPlan) -> Score:
    from rich.console import Console  # noqa: PLC0415 - see the package's docstring

    from seatunnel_conformance.faults.plan import select  # noqa: PLC0415 - as above
    from seatunnel_conformance.faults.runner import run  # noqa: PLC0415 - as above
    from seatunnel_conformance.faults.terminal import Watcher, show  # noqa: PLC0415 - as above
    from seatunnel_openapi import load  # noqa: PLC0415 - as above

    watcher = Watcher(Console(stderr=True))
    with _reporting_errors():
        contract = load(plan.settings.release)
        known = {fault.id: fault for fault in select(contract, plan)}
        try:
            score = run(plan, watcher.hear)
        finally:
            watcher.close()
    show(score, contract, known, Console(highlight=False))
    return score


@contextmanager
def _reporting_errors() -> Iterator[None]:
    """Exit with an error message and a status for every expected error of a run."""
    from seatunnel_conformance.faults.plan import NothingSelected  # noqa: PLC0415 - see the package's docstring

    with reporting_errors():
        try:
            yield
        except NothingSelected as problem:
            fail(ExitStatus.NOTHING_SELECTED, str(problem), "seatunnel-v2 faults --list lists all faults")
