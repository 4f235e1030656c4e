"""`seatunnel-v2 conform`: check a deployment."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NoReturn

import typer

from seatunnel_conformance.run import options
from seatunnel_conformance.run.options import Option, Panel
from seatunnel_v2.exits import ExitStatus, statuses_of
from seatunnel_v2.messages import fail, reporting_errors, say, warn
from seatunnel_v2.options.run import Url, takes
from seatunnel_v2.plans import print_plan_line, show_plan
from seatunnel_v2.reference import reference_server

if TYPE_CHECKING:
    from seatunnel_conformance.arrange.settings import Settings
    from seatunnel_conformance.report.events import Event, Report
    from seatunnel_conformance.report.progress import Watcher
    from seatunnel_conformance.report.verdicts import RunExit
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


SERVE: Final = Option("serve", "Start a reference server and check it.", type=bool, default=False)

PLAN: Final = Option("plan", "Print what the run would change on the target, and exit.", type=bool, default=False)

PLAN_AS_JSON: Final = Option("json", "With --plan: print JSON.", panel=Panel.REPORTS, type=bool, default=False)

WITH_FAULTS: Final = Option(
    "with-faults",
    "After the run, test the checks that passed: a local proxy breaks responses of the target, one fault at a time, as "
    "`seatunnel-v2 faults URL` does. Takes minutes.",
    panel=Panel.CHECKS,
    type=bool,
    default=False,
)


@takes(SERVE, *options.MAIN, PLAN, *options.FURTHER, WITH_FAULTS, PLAN_AS_JSON)
def conform(url: Url = None, *, given: Mapping[str, Any]) -> None:
    """Check the deployment at URL against the clauses of the contract.

    A target on another machine is only read, unless you pass --allow-writes.
    """
    if given["with_faults"]:
        _require_faults_possible(given)
    with _target(url, serve=given["serve"], release=given["release"]) as address:
        settings = _settings({**given, "url": address})
        if given["plan"]:
            with reporting_errors():
                show_plan(settings, as_json=given["json"])
            return
        report = _run(settings)
        status = _status_with_faults(report, settings) if given["with_faults"] else report.footer.exit
    raise typer.Exit(ExitStatus(status))


def _require_faults_possible(given: Mapping[str, Any]) -> None:
    """Exit with an error message if an option can't be combined with --with-faults."""
    for names in (("max_requests", "max_time", "plan"), ("proxy",)):
        if refused := " and ".join(f"--{name.replace('_', '-')}" for name in names if given[name]):
            fail(ExitStatus.USAGE, f"--with-faults can't be combined with {refused}", f"leave out {refused}")


def _status_with_faults(report: Report, settings: Settings) -> RunExit:
    """Try faults on the checks that passed, print the score, and return the exit status."""
    from seatunnel_conformance.faults.after_run import exit_after, is_decided, plan_after  # noqa: PLC0415 - see the package's docstring
    from seatunnel_conformance.report.words import counted  # noqa: PLC0415 - as above
    from seatunnel_v2.commands import faults  # noqa: PLC0415 - as above

    if not is_decided(report):
        return report.footer.exit
    plan = plan_after(report, settings)
    if not plan.only:
        say("\nNo fault exists for the checks that passed.\n")
        return report.footer.exit
    say(f"\nFault detection: {counted(len(plan.only), 'fault')} tried, one at a time, on the checks that passed.\n")
    return exit_after(report, faults.tried(plan))


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
