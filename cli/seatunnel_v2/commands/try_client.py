"""`seatunnel-v2 try-client`: judge a client of the API."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import typer

from seatunnel_conformance.arrange import options
from seatunnel_conformance.arrange.options import Option
from seatunnel_v2.exits import ExitStatus, statuses_of
from seatunnel_v2.messages import fail, reporting_errors, say, warn
from seatunnel_v2.options import documents
from seatunnel_v2.options.run import takes

if TYPE_CHECKING:
    from seatunnel_conformance.clients.rules import Trial
    from seatunnel_conformance.clients.run import ClientPlan, ClientRun
    from seatunnel_conformance.clients.scenarios import ClientScenario

EPILOG = f"""Examples:

$ seatunnel-v2 try-client --release 2.3.13 -- python my_client.py

$ seatunnel-v2 try-client --scenario unknown-id -- my-client --url '{{url}}' wait '{{job_id}}'

$ seatunnel-v2 try-client --timeout 20 --report-html client.html -- ./try.sh

$ seatunnel-v2 try-client --release 2.3.13 --known python-sdk --source ../seatunnel

$ seatunnel-v2 try-client --list

{statuses_of("try-client")}
"""

CommandLine: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="-- COMMAND",
        help="The client. It gets SEATUNNEL_URL, SEATUNNEL_JOB_ID and SEATUNNEL_SCENARIO; {url}, {job_id} and "
        "{scenario} in its words are replaced.",
    ),
]

OWN: Final = (
    Option("known", "Run a known client of another project instead of COMMAND. --list lists them.", "NAME"),
    Option("source", "The folder with the source of the known client.", "DIR"),
    Option("scenario", "Play only this scenario. Can be repeated.", "NAME", default=[]),
    Option(
        "timeout",
        "Kill the client after this time. It must be longer than the client's own time limits. Default: 60, or that of "
        "the known client.",
        "SECONDS",
        type=float,
        minimum=0.1,
    ),
    Option("traffic", "Write all requests and responses to a HAR file, for `rehearse`.", "FILE"),
    Option(
        "workers",
        "Number of scenarios that are played at the same time, each with its own server.",
        "N",
        type=int,
        default=4,
        minimum=1,
    ),
    Option("list", "List the scenarios, the rules and the known clients, and exit.", type=bool, default=False),
)


@takes(*OWN, *options.REPORTS)
def try_client(
    command: CommandLine = None, release: documents.Release = "documented", *, given: Mapping[str, Any]
) -> None:
    """Run a client of the API in difficult situations, and report which rules for clients it keeps.

    Each scenario starts a reference server and COMMAND, records the requests, and examines the exit status and the
    output. COMMAND should submit a job, or take the one in SEATUNNEL_JOB_ID, wait for its end, and print how it ended.
    """
    from seatunnel_conformance.clients.run import try_client
    from seatunnel_conformance.clients.scenarios import chosen
    from seatunnel_conformance.report.formats import FORMATS
    from seatunnel_conformance.report.har import as_archive

    with reporting_errors():
        if given["list"]:
            _list(chosen(given["scenario"]))
            return
        reports = {one: Path(given[f"report_{one}"]) for one in FORMATS if given[f"report_{one}"]}
        plan = _plan(command, release, reports, given)
        run = try_client(plan, _show_trial)
        if given["traffic"]:
            Path(given["traffic"]).write_text(as_archive(run.exchanges), encoding="utf-8")
    _show(run, len(plan.scenarios), reports)
    raise typer.Exit(ExitStatus(run.report.footer.exit))


def _plan(
    command: Sequence[str] | None, release: str, reports: Mapping[str, Path], given: Mapping[str, Any]
) -> ClientPlan:
    from seatunnel_conformance.clients.known import KnownCommand, known_client
    from seatunnel_conformance.clients.programs import ClientCommand
    from seatunnel_conformance.clients.run import TIMEOUT, ClientPlan
    from seatunnel_conformance.clients.scenarios import chosen
    from seatunnel_openapi import load
    from seatunnel_v2.fixtures.server import servers_of

    if bool(command) == bool(given["known"]):
        problem = "COMMAND can't be combined with --known" if command else "missing COMMAND"
        fail(ExitStatus.USAGE, problem, "seatunnel-v2 try-client -- python my_client.py")
    if bool(given["known"]) != bool(given["source"]):
        fail(ExitStatus.USAGE, "--known and --source need each other", "--known python-sdk --source ../seatunnel")
    known = known_client(given["known"]) if given["known"] else None
    return ClientPlan(
        KnownCommand(known, Path(given["source"])) if known else ClientCommand(command or ()),
        load(release),
        chosen(given["scenario"] or (known.scenarios if known else ())),
        servers_of(release),
        given["timeout"] or (known.timeout if known else TIMEOUT),
        reports,
        1 if known and known.alone else given["workers"],
        known.undecided if known else (),
    )


def _list(scenarios: Sequence[ClientScenario]) -> None:
    from seatunnel_conformance.clients.known import known_clients
    from seatunnel_conformance.clients.rules import RULES
    from seatunnel_openapi import load

    say("Scenarios\n")
    for each in scenarios:
        say(f"  {each.name:20}{each.sentence}\n")
    say("\nRules (seatunnel-v2 explain RULE shows the evidence)\n")
    for clause in load().client_clauses:
        where = ", ".join(RULES[clause.id].scenarios) or "all"
        say(f"  {clause.id:24}{clause.level.value:8}{where}\n")
    say("\nKnown clients\n")
    for client in known_clients().values():
        say(f"  {client.name:24}{client.language:12}{client.title}\n")


def _show_trial(trial: Trial) -> None:
    from seatunnel_conformance.report.text import counted

    say(f"{trial.scenario}: {counted(len(trial.calls), 'request')}, {trial.ending.sentence}\n", err=True)
    if trial.ending.left:
        left = "processes of the command still ran after its end"
        warn(f"{trial.scenario}: {left}; they were killed, and their later requests are not judged")
    elif not trial.calls:
        last = trial.ending.output.strip().splitlines()[-1:]
        warn(
            f"the command sent no request in {trial.scenario}" + (f"; its output ends with: {last[0]}" if last else "")
        )


def _show(run: ClientRun, planned: int, reports: Mapping[str, Any]) -> None:
    from rich.console import Console

    from seatunnel_conformance.report.terminal import show

    for file in run.unwritten:
        warn(str(file))
    if run.interrupted:
        played = f"{len(run.trials)} of {planned} scenarios were played"
        warn(f"interrupted: {played}; clients and their servers were stopped")
    if run.interrupted and not run.trials:
        return
    if not run.requests:
        fail(
            ExitStatus(run.report.footer.exit),
            "the command sent no request: nothing was judged",
            "the command must send its requests to the address in SEATUNNEL_URL, or in {url} on its command line",
        )
    show(run.report, Console(file=sys.stdout, highlight=False), files=reports)
