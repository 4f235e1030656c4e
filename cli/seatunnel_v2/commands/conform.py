"""`seatunnel-v2 conform`: check a deployment."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from seatunnel_v2.exits import ExitStatus, statuses_of
from seatunnel_v2.messages import fail, reporting_errors, warn
from seatunnel_v2.options import checking, reports
from seatunnel_v2.options.connecting import connecting
from seatunnel_v2.plans import print_plan_line, show_plan
from seatunnel_v2.reference import reference_server

if TYPE_CHECKING:
    from seatunnel_conformance.arrange.settings import Settings
    from seatunnel_conformance.report.events import Event, Report
    from seatunnel_conformance.report.progress import Watcher
    from seatunnel_conformance.run.patterns import Stranger

EPILOG = f"""Examples:

$ seatunnel-v2 conform http://localhost:8080

$ seatunnel-v2 conform --serve

$ seatunnel-v2 conform http://localhost:8080 --profile smoke --report-html report.html

$ seatunnel-v2 conform http://cluster:8080/seatunnel --release documented --allow-writes --plan

$ seatunnel-v2 conform http://localhost:8080 --only 'job-info.*' --only 'POST /stop-job'

$ seatunnel-v2 conform http://localhost:8080 --only logs --skip SHOULD --skip MAY

$ SEATUNNEL_PASSWORD=... seatunnel-v2 conform https://cluster:8443 --basic-auth admin --ca-file ca.pem

$ seatunnel-v2 conform http://localhost:8080 --write-baseline known.yaml

$ seatunnel-v2 conform http://localhost:8080 --baseline known.yaml

$ seatunnel-v2 conform http://localhost:8080 --only 'job-info.*' --with-faults

{statuses_of("conform")}
"""


@connecting
def conform(  # noqa: PLR0913, PLR0917 - a parameter for each option
    url: checking.Url = None,
    serve: checking.Serve = False,  # noqa: FBT002 - a flag
    release: checking.TargetRelease = "auto",
    profile: checking.ProfileOption = checking.ProfileName.STANDARD,
    only: checking.Only = [],  # noqa: B006 - typer's default for a repeated option
    skip: checking.Skip = [],  # noqa: B006 - as above
    baseline: checking.Baseline = None,
    write_baseline: checking.WriteBaseline = None,
    allow_writes: checking.AllowWrites = False,  # noqa: FBT002 - a flag
    seed: checking.Seed = None,
    wait: checking.Wait = 60.0,
    tag: checking.Tag = [],  # noqa: B006 - as above
    max_requests: checking.MaxRequests = None,
    journal: checking.JournalFile = None,
    with_faults: checking.WithFaults = False,  # noqa: FBT002 - a flag
    plan: checking.Plan = False,  # noqa: FBT002 - a flag
    json: checking.PlanAsJson = False,  # noqa: FBT002 - a flag
    report_html: reports.ReportHtml = None,
    report_junit: reports.ReportJunit = None,
    report_sarif: reports.ReportSarif = None,
    report_markdown: reports.ReportMarkdown = None,
    report_har: reports.ReportHar = None,
    report_badge: reports.ReportBadge = None,
    report_ndjson: reports.ReportNdjson = None,
    *,
    connection: Mapping[str, Any],
) -> None:
    """Check the deployment at URL against the clauses of the contract.

    A target on another machine is only read, unless you pass --allow-writes.
    """
    given = locals()
    if with_faults:
        _require_faults_possible({**given, **connection})
    with _target(url, serve=serve, release=release) as address:
        settings = _settings({**given, **connection, "url": address})
        if plan:
            with reporting_errors():
                show_plan(settings, as_json=json)
            return
        report = _run(settings)
        status = _proved(settings, report) if with_faults else ExitStatus(report.footer.exit)
    raise typer.Exit(status)


def _require_faults_possible(given: Mapping[str, Any]) -> None:
    """Exit with an error message if an option can't be combined with --with-faults."""
    limits = {"max_requests": "--max-requests", "max_time": "--max-time", "plan": "--plan"}
    if refused := [name for option, name in limits.items() if given[option]]:
        fail(
            ExitStatus.USAGE,
            f"--with-faults can't be combined with {' and '.join(refused)}",
            f"leave out {' and '.join(refused)}",
        )
    if given["proxy"]:
        fail(ExitStatus.USAGE, "--with-faults can't be combined with --proxy", "leave out --proxy")


def _proved(settings: Settings, report: Report) -> ExitStatus:
    """Try faults on the checks that passed and return the exit status. The verdict of the run takes precedence."""
    from seatunnel_conformance.report.verdicts import RunExit, Verdict  # noqa: PLC0415 - see the package's docstring
    from seatunnel_v2.commands.faults import prove  # noqa: PLC0415 - as above

    status = report.footer.exit
    if status not in {RunExit.CONFORMS, RunExit.DEVIATES}:
        return ExitStatus(status)
    passed = frozenset(outcome.id for outcome in report.outcomes if outcome.verdict is Verdict.PASS)
    well = prove(replace(settings, release=report.header.release), passed)
    return ExitStatus(status) if well or status is RunExit.DEVIATES else ExitStatus.UNDECIDED


@contextmanager
def _target(url: str | None, *, serve: bool, release: str) -> Iterator[str]:
    """Yield the address of the target. A reference server stops at the end of the block."""
    if (url is None) != serve:
        fail(
            ExitStatus.USAGE,
            "pass either the URL of a deployment or --serve",
            "seatunnel-v2 conform --help shows examples",
        )
    if url is not None:
        yield url
        return
    with reporting_errors(), reference_server("documented" if release == "auto" else release) as address:
        yield address


def _settings(given: dict[str, Any]) -> Settings:
    from seatunnel_conformance.arrange.settings import Settings  # noqa: PLC0415 - see the package's docstring

    with reporting_errors("seatunnel-v2 conform --help shows examples"):
        return Settings.parse(given.__getitem__)


def _run(settings: Settings) -> Report:
    from rich.console import Console  # noqa: PLC0415 - as above

    from seatunnel_conformance.report.progress import Watcher  # noqa: PLC0415 - as above
    from seatunnel_conformance.report.terminal import show  # noqa: PLC0415 - as above
    from seatunnel_conformance.run.interrupts import was_interrupted  # noqa: PLC0415 - as above
    from seatunnel_conformance.run.runner import RunBroken, run  # noqa: PLC0415 - as above

    # This very stream: while the run goes on, what pytest says on `sys.stderr` goes elsewhere.
    watcher, unwritten = Watcher(Console(file=sys.stderr)), list[str]()
    with reporting_errors():
        try:
            report = run(settings, _listener(settings, watcher), unwritten.append)
        except RunBroken as problem:
            fail(ExitStatus.UNDECIDED, str(problem), problem.output)
        finally:
            watcher.close()
    if not report.header.selected and not was_interrupted():
        _nothing_selected(settings, report.header.release)
    show(report, Console(highlight=False), files=settings.reports)
    for sentence in unwritten:
        warn(sentence)
    if settings.write_baseline and not any(each.startswith("the baseline") for each in unwritten):
        warn(f"wrote the failures to {settings.write_baseline}; hint: add the reason why each is accepted")
    return report


def _listener(settings: Settings, watcher: Watcher) -> Callable[[Event], None]:
    """Return an event listener that prints the plan, unmatched patterns and the progress."""
    from seatunnel_conformance.report.events import RunStarted  # noqa: PLC0415 - as above

    # While the suite runs, its own standard streams are somewhere else.
    stderr = sys.stderr

    def on_event(event: Event) -> None:
        if isinstance(event, RunStarted) and event.selected:
            with redirect_stderr(stderr):
                print_plan_line(replace(settings, release=event.release))
                _warn_of_unmatched(settings, event.release)
        watcher.hear(event)

    return on_event


def _warn_of_unmatched(settings: Settings, release: str) -> None:
    lines = (f"{stranger}; {stranger.hint}".rstrip("; ") for stranger in _unmatched(settings, release))
    for line in lines:
        warn(line)


def _nothing_selected(settings: Settings, release: str) -> NoReturn:
    found = _unmatched(settings, release)
    message = "; ".join(map(str, found)) or "--skip leaves nothing to check"
    hints = [stranger.hint for stranger in found if stranger.hint]
    fail(ExitStatus.NOTHING_SELECTED, message, " ".join(hints) or "seatunnel-v2 ledger lists all clauses")


def _unmatched(settings: Settings, release: str) -> list[Stranger]:
    from seatunnel_conformance.checks.registry import all_checks  # noqa: PLC0415 - see the package's docstring
    from seatunnel_conformance.run.selection import strangers  # noqa: PLC0415 - as above
    from seatunnel_openapi import load  # noqa: PLC0415 - as above

    return strangers(settings, load(release), all_checks())
