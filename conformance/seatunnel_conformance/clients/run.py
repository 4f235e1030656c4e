"""Runs a client in scenarios, applies the rules, and writes the report."""

from __future__ import annotations

import re
import shlex
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from seatunnel_conformance.clients.programs import ADDRESS, Client
from seatunnel_conformance.clients.rules import RULES, ClientRule, RuleObservation, Trial
from seatunnel_conformance.clients.scenarios import ClientScenario, Deployment, Stage
from seatunnel_conformance.clients.traffic import RecordedTraffic
from seatunnel_conformance.errors import Inconclusive
from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.report.events import CLIENTS, CheckFinished, EventWriter, Report, RunStarted
from seatunnel_conformance.report.formats import STREAM, NotWritten, require_writable, write_views
from seatunnel_conformance.report.outcomes import Finding, Outcome, ReportedExchange, Verdict
from seatunnel_conformance.run.interrupts import LOOK, require_no_interrupt
from seatunnel_conformance.text.redaction import redact_text
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Clause

TIMEOUT: Final = 60.0
"""Seconds after which a client is killed."""

_LINES: Final = 12
"""The number of lines at the end of a client's output that a finding shows."""

_NOT_ITS_CODE: Final = "not judged: this rule would not judge the client's code"

_LOCAL: Final = "127.0.0.1,127.0.0.2,localhost"

Start: TypeAlias = Callable[[ClientScenario], AbstractContextManager[Deployment]]
"""Starts the reference server of a scenario."""


@dataclass(frozen=True, slots=True)
class ClientPlan:
    """The settings of `try-client`: a client, the contract of a release, and scenarios.

    `timeout` is the time limit of a scenario in seconds. `workers` is the number of scenarios at the same time;
    `reports` has files by format. `undecided` has the rules that are not applied, because they would not judge the code
    of the client. `note` is a remark in the report.
    """

    client: Client
    contract: Contract
    scenarios: Sequence[ClientScenario]
    start: Start
    timeout: float = TIMEOUT
    reports: Mapping[str, Path] | None = None
    workers: int = 1
    undecided: Collection[str] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class ClientRun:
    """The result: the report, the behaviour of the client in each scenario, and the reports that were not written."""

    report: Report
    trials: tuple[Trial, ...]
    unwritten: tuple[NotWritten, ...]
    interrupted: bool

    @property
    def broken(self) -> dict[str, str]:
        """The reasons why the client breaks clauses, including SHOULD clauses, by the id of the clause."""
        return {outcome.id: outcome.reason for outcome in self.report.outcomes if outcome.verdict is Verdict.FAIL}

    @property
    def requests(self) -> int:
        """The number of requests of the client."""
        return sum(len(trial.calls) for trial in self.trials)

    @property
    def exchanges(self) -> list[ReportedExchange]:
        """All requests of the client and their responses, redacted, in the order of the scenarios."""
        return [call.reported() for trial in self.trials for call in trial.calls]


def try_client(plan: ClientPlan, on_trial: Callable[[Trial], None] = lambda _: None) -> ClientRun:
    """Run the client in all scenarios, and apply the rules. After Ctrl-C, they are applied to the scenarios so far.

    `on_trial` is called after each scenario. Raises `CommandNotStarted` or `ReportNotWritable`.
    """
    paths = plan.reports or {}
    require_writable(paths)
    began = time.monotonic()
    trials, interrupted = _played(plan, on_trial)
    stream = paths.get(STREAM)
    writer = EventWriter(stream.open("w", encoding="utf-8") if stream else None)
    outcomes = [_outcome(clause, trials, plan) for clause in plan.contract.client_clauses]
    writer.write(_header(plan, [outcome.id for outcome in outcomes]))
    for outcome in outcomes:
        writer.write(CheckFinished(outcome))
    seconds, missing = time.monotonic() - began, len(plan.scenarios) - len(trials)
    writer.write(writer.footer(seconds, missing=missing, leftovers=(), interrupted=interrupted))
    writer.close()
    report = Report.of(writer.events)
    unwritten = write_views(report, paths)
    unwritten += [NotWritten(stream, writer.error)] if stream and writer.error else []
    return ClientRun(report, tuple(trials), tuple(unwritten), interrupted)


def _played(plan: ClientPlan, on_trial: Callable[[Trial], None]) -> tuple[list[Trial], bool]:
    """Run the client in the scenarios. Return the trials in their order, and whether the user interrupted the run."""
    stop, trials, running = threading.Event(), list[Trial](), list[Future[Trial]]()
    pool = ThreadPoolExecutor(plan.workers)
    try:
        running += [pool.submit(play, scenario, plan, stop) for scenario in plan.scenarios]
        for each in running:
            while each not in wait((each,), LOOK).done:
                require_no_interrupt()
            trials.append(each.result())
            on_trial(trials[-1])
    except KeyboardInterrupt:
        stop.set()
        pool.shutdown(cancel_futures=True)
        ended = [each.result() for each in running if not each.cancelled() and not each.exception()]
        for trial in ended[len(trials) :]:
            on_trial(trial)
        return ended, True
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)
    return trials, False


def play(scenario: ClientScenario, plan: ClientPlan, stop: threading.Event) -> Trial:
    """Run the client in one scenario. Raises `CommandNotStarted`, and `KeyboardInterrupt` if `stop` is set."""
    with plan.start(scenario) as deployment:
        stage = Stage(deployment, plan.contract)
        *_, job_id = [stage.submitted(job) for job in scenario.jobs]
        recording = RecordedTraffic(scenario.effect(stage))
        with Proxy(deployment.node(scenario.nodes).url, plan.contract) as proxy:
            proxy.switch(recording)
            ending = plan.client.run(_environment(proxy.url, job_id, scenario), plan.timeout, stop)
            if stop.is_set():
                raise KeyboardInterrupt
            if error := proxy.switch().error:
                raise Inconclusive(f"the scenario {scenario.name} is broken: {error}")
    return Trial(scenario.name, job_id, ending, tuple(recording.calls))


def _environment(url: str, job_id: str, scenario: ClientScenario) -> dict[str, str]:
    # Requests to this machine must not be sent to an HTTP proxy that the environment names.
    local = {"NO_PROXY": _LOCAL, "no_proxy": _LOCAL}
    return {ADDRESS: url, "SEATUNNEL_JOB_ID": job_id, "SEATUNNEL_SCENARIO": scenario.name, **local}


def _header(plan: ClientPlan, checks: Sequence[str]) -> RunStarted:
    return RunStarted.now(
        plan.contract,
        checks,
        target=redact_text(shlex.join(plan.client.words)),
        release=plan.contract.release,
        profile=CLIENTS,
        seed=0,
        run=CLIENTS,
        note=plan.note,
    )


def _outcome(clause: Clause, trials: Sequence[Trial], plan: ClientPlan) -> Outcome:
    """Apply the rule of a clause: passed, failed, or skipped if it has no observations in this run."""
    rule = RULES[clause.id]
    judged = () if clause.id in plan.undecided else trials
    observed = [(trial, each) for trial in judged for each in rule.observed(trial)]
    broken = _first_of_kind((trial, each) for trial, each in observed if not each.kept)
    verdict = Verdict.FAIL if broken else Verdict.PASS if observed else Verdict.SKIPPED
    unseen = (
        _NOT_ITS_CODE if clause.id in plan.undecided else _not_applicable(rule, {trial.scenario for trial in trials})
    )
    reason = f"{broken[0][0].scenario}: {broken[0][1].reason}" if broken else "" if observed else unseen
    only = ["seatunnel-v2", "try-client", "--release", plan.contract.release]
    only += ["--scenario", broken[0][0].scenario] if broken else []
    return Outcome(
        id=clause.id,
        verdict=verdict,
        level=clause.level,
        text=clause.text,
        operation=None,
        reason=reason,
        why=rule.why,
        only=redact_text(shlex.join([*only, *plan.client.selection])),
        findings=tuple(_finding(trial, each) for trial, each in broken),
        exchanges=tuple(each.call.reported() for _, each in broken if each.call),
        # Each request is counted once, with the clause that is about all requests.
        requests=sum(len(trial.calls) for trial in trials) if clause.id == "client.known-path" else 0,
    )


def _first_of_kind(observed: Iterable[tuple[Trial, RuleObservation]]) -> list[tuple[Trial, RuleObservation]]:
    """Return the first observation of each reason; reasons that differ only in numbers are the same."""
    kinds: dict[str, tuple[Trial, RuleObservation]] = {}
    for trial, each in observed:
        kinds.setdefault(re.sub(r"[\d.]+", "", each.reason), (trial, each))
    return list(kinds.values())


def _not_applicable(rule: ClientRule, played: Collection[str]) -> str:
    if rule.scenarios and not set(rule.scenarios).intersection(played):
        return f"not applicable: the run does not have the scenario {' or '.join(rule.scenarios)}"
    where = f"in {' or '.join(rule.scenarios)}" if rule.scenarios else "in any scenario of this run"
    return f"not applicable: the client did nothing relevant {where}"


def _finding(trial: Trial, observed: RuleObservation) -> Finding:
    shown = "\n".join(trial.ending.output.strip().splitlines()[-_LINES:])
    output = f"its output ends with:\n{shown}" if shown else "it wrote nothing"
    detail = f"{observed.reason}\nThe client {trial.ending.sentence}; {output}"
    curl = observed.call.curl() if observed.call else ""
    return Finding(f"in the scenario {trial.scenario}, {observed.reason}", redact_text(detail), curl)
