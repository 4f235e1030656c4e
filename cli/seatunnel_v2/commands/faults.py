"""`seatunnel-v2 faults`: test the suite with faults."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import typer

from seatunnel_conformance.arrange import options
from seatunnel_conformance.arrange.options import Option, Panel
from seatunnel_v2.addresses import settings_of
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import fail, reporting_errors
from seatunnel_v2.options import documents
from seatunnel_v2.options.run import Url, takes

if TYPE_CHECKING:
    from seatunnel_conformance.arrange.settings import Settings
    from seatunnel_conformance.faults.plan import FaultPlan
    from seatunnel_conformance.faults.score import Score

EPILOG = """Examples:

$ seatunnel-v2 faults

$ seatunnel-v2 faults --list --only 'stop-*'

$ seatunnel-v2 faults --report-ndjson faults.ndjson

$ seatunnel-v2 faults --resume faults.ndjson

$ seatunnel-v2 faults --only method --only list --generated 100 --seed 7

$ seatunnel-v2 faults http://localhost:8080 --only semantic --generated 0 --allow-writes

Exit status: 0 every fault of a MUST clause was detected, and no check failed for a harmless change; 1 otherwise;
2 invalid usage; 3 unreachable; 4 nothing selected; 5 the responses of the deployment can't be read, or the time is
used up and nothing was wrong so far; 130 interrupted.
"""


OWN: Final = (
    Option("only", "Try only these fault ids or kinds. Can be repeated.", "GLOB", "Faults", default=[]),
    Option(
        "generated",
        "Number of faults of each generated kind: `schema`, `whole`, `value`, `list`, `method`, `connection` and "
        "`state`.",
        "N",
        "Faults",
        int,
        12,
        minimum=0,
    ),
    Option("list", "List the faults and exit.", panel="Faults", type=bool, default=False),
    Option(
        "jobs",
        "Number of processes, each with its own reference server. Default: 4, and fewer for few faults.",
        "N",
        type=int,
        minimum=1,
        maximum=16,
    ),
    Option("resume", "Continue the run in this results file.", "FILE", type=Path),
)


@takes(
    *OWN,
    options.RELEASE,
    replace(options.SEED, panel=Panel.MAIN),
    replace(options.PROFILE, choices=options.GENERAL_PROFILES),
    options.ALLOW_WRITES,
    options.DEDICATED,
    replace(options.WAIT, panel=Panel.MAIN, default=5.0),
    replace(options.WORKERS, panel=Panel.MAIN),
    options.REPORT_STREAM,
    *options.WITHOUT_PROXY,
)
def faults(url: Url = None, *, given: Mapping[str, Any]) -> None:
    """Test the suite: break responses in hundreds of small ways and list the faults that no check detects.

    Without a URL, or with `reference:2.3.13`, the command starts reference servers. With a URL, a local proxy breaks
    the responses of that deployment on their way to the suite. The deployment does not notice the faults; with
    --allow-writes, the suite runs small jobs there.
    """
    from rich.console import Console

    from seatunnel_conformance.arrange.settings import AUTO
    from seatunnel_conformance.faults.plan import FaultPlan, existing, select
    from seatunnel_conformance.faults.score import show_catalogue
    from seatunnel_v2.reference import for_faults, own_release

    release = own_release(url) if url else None
    if release:
        url, given = None, {**given, "release": release}
    own = url is None
    if is_default := own and given["release"] == AUTO:
        given = {**given, "release": "documented"}
    with reporting_errors():
        settings = _settings(url, given, sends_requests=not given["list"])
    with tempfile.TemporaryDirectory(prefix="seatunnel-") as folder:
        plan = FaultPlan(
            deployments=for_faults(settings.release, Path(folder)) if own else existing(settings.url),
            settings=settings,
            only=tuple(given["only"]),
            generated=given["generated"],
            # Faults on one deployment would interfere with each other.
            jobs=given["jobs"] or 0 if own else 1,
            foreign=not own,
            report=given["report_ndjson"],
            resume=given["resume"],
        )
        if given["list"]:
            if is_default:
                documents.say_selected(documents.DOCUMENTED)
            with reporting_errors():
                show_catalogue(select(plan), Console(highlight=False))
        else:
            score = tried(plan, is_default=is_default)
            if score.ended:
                _fail_incomplete(score, given["report_ndjson"] or given["resume"])
            raise typer.Exit(ExitStatus(score.exit))


def _fail_incomplete(score: Score, results: Path | None) -> NoReturn:
    """Exit with an error message, because the time was too short for all faults."""
    hint = f"--resume {results} continues" if results else "--report-ndjson keeps results that --resume continues"
    fail(ExitStatus(score.exit), f"{score.ended}: {len(score.results)} faults were tried, not all", hint)


def _settings(url: str | None, given: Mapping[str, Any], *, sends_requests: bool) -> Settings:
    """Return the settings of the runs. Without a URL, they are for reference servers.

    A deployment is identified first if requests will be sent to it, or if its release is not given.
    """
    from seatunnel_conformance.arrange.settings import AUTO
    from seatunnel_conformance.run.releases import choose

    release = given["release"]
    asked = settings_of("http://localhost" if url is None else url, given, release)
    if url is None:
        # No default limit for reference servers: on a slow machine, all faults take longer than an hour.
        asked = replace(asked, limits=replace(asked.limits, run=given["max_time"]))
    identifies = url is not None and (sends_requests or release == AUTO)
    asked = replace(
        asked,
        # The settings are pickled for worker processes, which an enumeration made for Typer can't be.
        profile=str(given["profile"]),
        allow_writes=given["allow_writes"],
        dedicated=given["dedicated"],
        seed=1 if given["seed"] is None else given["seed"],
        wait=given["wait"],
        workers=given["workers"],
    )
    return choose(asked).applied(asked) if identifies else asked


def tried(plan: FaultPlan, *, is_default: bool = False) -> Score:
    """Try the faults of a plan, and print and return the score. With `is_default`, print the default release first."""
    from rich.console import Console

    from seatunnel_conformance.faults.plan import select
    from seatunnel_conformance.faults.results import Event, FaultsStarted
    from seatunnel_conformance.faults.runner import run
    from seatunnel_conformance.faults.score import FaultProgress, show

    display = FaultProgress(Console(stderr=True), "trying faults")

    def on_event(event: Event) -> None:
        if is_default and isinstance(event, FaultsStarted):
            documents.say_selected(documents.DOCUMENTED)
        display.on_event(event)

    with reporting_errors():
        known = {fault.id: fault for fault in select(plan)}
        try:
            score = run(plan, on_event)
        finally:
            display.close()
    show(score, plan.contract, known, Console(highlight=False))
    return score
