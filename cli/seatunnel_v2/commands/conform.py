"""`seatunnel-v2 conform`: check a deployment."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NoReturn

import typer

from seatunnel_conformance.arrange import options
from seatunnel_conformance.arrange.options import Option, Panel
from seatunnel_v2.exits import ExitStatus, statuses_of
from seatunnel_v2.flags import HelpAll
from seatunnel_v2.messages import fail, reporting_errors, say, say_json, warn
from seatunnel_v2.options.run import Url, takes
from seatunnel_v2.reference import reference_cluster

if TYPE_CHECKING:
    from seatunnel_conformance.arrange.settings import Settings
    from seatunnel_conformance.report.events import Report
    from seatunnel_conformance.report.formats import NotWritten
    from seatunnel_conformance.report.outcomes import RunExit
    from seatunnel_conformance.run.plan import RunPlan

EPILOG = f"""Examples:

$ seatunnel-v2 conform http://localhost:8080

$ seatunnel-v2 conform --serve

$ seatunnel-v2 conform http://localhost:8080 --profile smoke --report-html report.html

$ seatunnel-v2 conform http://node1:8080 --node http://node2:8080 --allow-writes

$ seatunnel-v2 conform http://node1:8080 --node http://node2:8080 --allow-writes --profile failover --failover
--kill-command './kill-node "$SEATUNNEL_MASTER"'

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
def conform(
    url: Url = None,
    help_all: HelpAll = False,  # noqa: ARG001, FBT002 - its callback prints the help
    *,
    given: Mapping[str, Any],
) -> None:
    """Check the deployment at URL against the clauses of the contract.

    The target is only read, unless you pass --allow-writes or it is a reference server. --help-all also shows the
    options for reports, known deviations, limits and connections.
    """
    if given["with_faults"]:
        _require_faults_possible(given)
    with _target(url, given) as found:
        settings = _settings({**given, **found})
        if given["serve"]:
            # The jobs end with the server, so `seatunnel-v2 cleanup` needs no journal.
            settings = replace(settings, served=True, journal=given["journal"])
        if given["plan"]:
            _print_plan(settings, as_json=given["json"])
            return
        report = _run(settings)
        status = _status_with_faults(report, settings) if given["with_faults"] else report.footer.exit
    raise typer.Exit(ExitStatus(status))


def _require_faults_possible(given: Mapping[str, Any]) -> None:
    """Exit with an error message if an option can't be combined with --with-faults."""
    for names in (("max_requests", "max_time", "plan", "failover"), ("proxy",)):
        if refused := " and ".join(f"--{name.replace('_', '-')}" for name in names if given[name]):
            fail(ExitStatus.USAGE, f"--with-faults can't be combined with {refused}", f"leave out {refused}")


def _status_with_faults(report: Report, settings: Settings) -> RunExit:
    """Try faults on the checks that passed, print the score, and return the exit status."""
    from seatunnel_conformance.faults.plan import exit_after, is_decided, plan_after
    from seatunnel_conformance.report.text import counted
    from seatunnel_v2.commands import faults

    if not is_decided(report):
        return report.footer.exit
    plan = plan_after(report, settings)
    if not plan.only:
        say("\nNo fault exists for the checks that passed.\n")
        return report.footer.exit
    say(f"\nFault detection: {counted(len(plan.only), 'fault')} tried, one at a time, on the checks that passed.\n")
    return exit_after(report, faults.tried(plan))


def _print_plan(settings: Settings, *, as_json: bool) -> None:
    """Print how a run would change the target. For this, the target is only read, to detect its release."""
    from seatunnel_conformance.run.plan import plan_run

    with reporting_errors():
        plan = plan_run(settings)
        changes = plan.changes
        if as_json:
            say_json(changes.as_json())
        elif not changes.at_most:
            say("The run would change nothing.\n")
        else:
            number = f"{changes.checks} of {len(plan.checks)}"
            say(
                f"{number} checks can change the target: at most {changes.at_most} requests to {changes.paths}.\n"
                "At the end, the run stops its jobs and restores tags. "
                f"Jobs are named {changes.names['jobs']}, tags {changes.names['tags']}.\n"
            )
    say(_not_allowed(plan), err=as_json)


def _not_allowed(plan: RunPlan) -> str:
    """Return a line about the checks that need --allow-writes, or an empty text."""
    if not plan.not_allowed:
        return ""
    skipped = f"{plan.not_allowed} of {len(plan.checks)} checks would change it and are skipped"
    return f"the target is only read: {skipped}; --allow-writes runs them\n"


@contextmanager
def _target(url: str | None, given: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the options that describe the target, such as its URL. With --serve, start it, and stop it at the end.

    With the profile `failover`, the reference server has three nodes. The options then include the URLs of all nodes
    and a command that stops the master.
    """
    import seatunnel_openapi
    from seatunnel_conformance.arrange.options import FAILOVER

    if (url is None) != given["serve"]:
        fail(
            ExitStatus.USAGE,
            "pass either the URL of a deployment or --serve",
            "seatunnel-v2 conform --help shows examples",
        )
    if url is not None:
        yield {"url": url}
        return
    from seatunnel_conformance.run.runner import prepare

    failover = given["profile"] == FAILOVER
    release, nodes = (seatunnel_openapi.newest_recorded(), 3) if failover else ("documented", 1)
    # Imports for generated tests take long, and runs with --only or of a failover rarely have such tests.
    release = release if given["release"] == "auto" else given["release"]
    started = reference_cluster(release, nodes, meanwhile=lambda: prepare(generated=not given["only"] and not failover))
    with reporting_errors(), started as cluster:
        address, *further = cluster.urls
        found = {"node": further, "failover": True, "kill_command": cluster.kill_command} if failover else {}
        yield {"url": address, "dedicated": True, **found}


def _settings(given: dict[str, Any]) -> Settings:
    from seatunnel_conformance.arrange.settings import Settings

    with reporting_errors("seatunnel-v2 conform --help shows examples"):
        return Settings.parse(given.__getitem__)


def _run(settings: Settings) -> Report:
    from rich.console import Console

    from seatunnel_conformance.report.terminal import RunProgress, show
    from seatunnel_conformance.run.interrupts import was_interrupted
    from seatunnel_conformance.run.runner import run

    progress, unwritten, plans = RunProgress(Console(file=sys.stderr)), list["NotWritten"](), list["RunPlan"]()
    progress.begin()
    with reporting_errors():
        try:
            report = run(settings, progress.on_event, _plan_listener(plans, progress.close), unwritten.append)
        except KeyboardInterrupt:
            progress.close()
            _warn_of_interruption(settings, has_begun=progress.has_begun)
            raise
        finally:
            progress.close()
    if not report.header.selected and not was_interrupted():
        _nothing_selected(plans[0])
    failed = {file.path for file in unwritten}
    files = {name: path for name, path in settings.reports.items() if path not in failed}
    show(report, Console(highlight=False), files=files, cleanup=settings.cleanup_command)
    for file in unwritten:
        warn(str(file))
    if settings.write_baseline and settings.write_baseline not in failed:
        warn(f"wrote the failures to {settings.write_baseline}", "add the reason why each is accepted")
    return report


def _warn_of_interruption(settings: Settings, *, has_begun: bool) -> None:
    """Print that a run was interrupted and has no report."""
    if not has_begun:
        warn("interrupted before the first check: the target was only read, and nothing was changed")
    elif settings.served:
        warn("interrupted: the run has no report")
    else:
        warn("interrupted: the run has no report", f"`{settings.cleanup_command}` stops jobs that it may have left")


def _plan_listener(plans: list[RunPlan], close_progress: Callable[[], None]) -> Callable[[RunPlan], None]:
    """Return a function for the plan of the run, which appends it to `plans` and prints it with its warnings."""

    def on_plan(plan: RunPlan) -> None:
        plans.append(plan)
        close_progress()
        if plan.checks:
            if (sys.stderr.isatty() or not plan.settings.reference) and plan.changes.at_most:
                say(f"plan: {plan.changes.line}; --plan shows more\n", err=True)
            say(_not_allowed(plan), err=True)
            for pattern in plan.unmatched:
                warn(pattern.warning)

    return on_plan


def _nothing_selected(plan: RunPlan) -> NoReturn:
    nothing = f"the profile {plan.settings.profile} has no checks of the contract of {plan.contract.release}"
    rest = "--skip leaves nothing to check" if plan.settings.skip else nothing
    message = "; ".join(map(str, plan.unmatched)) or rest
    hints = " ".join(pattern.hint for pattern in plan.unmatched if pattern.hint)
    fail(ExitStatus.NOTHING_SELECTED, message, hints or "seatunnel-v2 ledger lists all clauses")
