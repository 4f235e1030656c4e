"""Each rule for clients is broken by a small client that is wrong in just that, and kept by one without a flaw."""

import io
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
from rich.console import Console
from wrong_clients import BAD, Good, IgnoresErrorsOfStops, WaitsForAnUnknownJob, WaitsForever

from seatunnel_conformance.clients.programs import ClientCommand, ClientFunction, Ending
from seatunnel_conformance.clients.rules import RULES, Trial
from seatunnel_conformance.clients.run import ClientPlan, ClientRun, try_client
from seatunnel_conformance.clients.scenarios import SCENARIOS, ClientScenario, Deployment, UnknownScenario, chosen
from seatunnel_conformance.clients.traffic import ClientRequest
from seatunnel_conformance.faults.exchange import ProxiedExchange
from seatunnel_conformance.faults.messages import Message
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import RunExit, RunVerdict, Verdict
from seatunnel_conformance.report.terminal import show
from seatunnel_conformance.target.exchange import MOST_VALUES
from seatunnel_openapi import load, releases
from seatunnel_v2.fixtures.server import FixtureServer, ServerOptions, servers_of

RELEASE = "2.3.13"


@pytest.fixture(scope="module")
def server() -> Iterator[FixtureServer]:
    with FixtureServer(ServerOptions(release=RELEASE, nodes=2), manual=False) as shared:
        yield shared


@pytest.fixture
def tried(server: FixtureServer, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ClientRun]:
    """Return a function that plays scenarios on one server, with shorter lists, because long ones take seconds."""
    monkeypatch.setattr("seatunnel_conformance.clients.scenarios.LONG", 500)

    @contextmanager
    def start(scenario: ClientScenario) -> Iterator[Deployment]:
        if scenario.name == "large-ids":
            # Its ids are taken on a server that has seen them.
            with servers_of(RELEASE)(scenario) as own:
                yield own
            return
        yield server
        if scenario.nodes > 1:
            server.node(1).start()

    def run(client: Any, *scenarios: str, timeout: float = 30.0, **more: Any) -> ClientRun:
        return try_client(ClientPlan(client, load(RELEASE), chosen(scenarios), start, timeout, **more))

    return run


def of_class(kind: type[Good]) -> ClientFunction:
    return ClientFunction(lambda environment: kind(environment)())


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "scenario", "bad", "reason"), BAD)
def test_rule_is_broken_by_the_client_that_is_wrong_in_just_that(
    tried: Callable[..., ClientRun], rule: str, scenario: str, bad: type[Good], reason: str
) -> None:
    timeout = 2.0 if bad in {WaitsForever, WaitsForAnUnknownJob} else 30.0

    broken = tried(of_class(bad), scenario, timeout=timeout).broken

    # How often a client polls depends on how long the job takes on this machine.
    others = broken.keys() - {f"client.{rule}", "client.poll-interval"}
    assert reason in broken[f"client.{rule}"]
    assert others == set()


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "scenario"), sorted({(rule, scenario) for rule, scenario, _, _ in BAD}))
def test_rule_is_kept_by_the_good_client(tried: Callable[..., ClientRun], rule: str, scenario: str) -> None:
    report = tried(of_class(Good), scenario).report

    verdicts = {outcome.id: outcome.verdict for outcome in report.outcomes}
    assert verdicts[f"client.{rule}"] is Verdict.PASS or (rule, scenario) == ("poll-interval", "healthy-job")
    assert {rule for rule, verdict in verdicts.items() if verdict is Verdict.FAIL} <= {"client.poll-interval"}


def test_error_of_its_own_on_a_page_is_no_failure_to_parse(tried: Callable[..., ClientRun]) -> None:
    handled = (
        "Traceback (most recent call last):\njson.decoder.JSONDecodeError: Expecting value: line 1 column 1\n"
        "During handling of the above exception\nclient.ApiError: [502] <html>"
    )

    class Raising(Good):
        def follow(self) -> Any:
            self.http.get("/overview")
            raise SystemExit(handled)

    assert tried(of_class(Raising), "html-error").broken == {}


def test_every_rule_is_a_clause_and_has_a_bad_client() -> None:
    for release in releases():
        assert [clause.id for clause in load(release).client_clauses] == list(RULES), release
    assert {f"client.{rule}" for rule, *_ in BAD} == set(RULES)
    assert all(set(rule.scenarios) <= set(SCENARIOS) for rule in RULES.values())


def test_any_tag_of_the_overview_is_a_parameter() -> None:
    request = Message("GET /overview?zone=eu HTTP/1.1", (("Host", "localhost"),))
    call = ClientRequest(ProxiedExchange(load("2.3.13"), request), at=0.0)
    trial = Trial("healthy-job", "1", Ending(0, "", 1.0), (call,))
    assert all(each.kept for each in RULES["client.known-parameter"].observed(trial))


@pytest.mark.parametrize(
    ("rule", "path", "status"), [("long-list", "/finished-jobs", 500), ("stop-error", "/stop-job", 200)]
)
def test_engine_that_answers_otherwise_is_no_fault_of_the_client(rule: str, path: str, status: int) -> None:
    method = "GET" if rule == "long-list" else "POST"
    request = Message(f"{method} {path} HTTP/1.1", (("Host", "localhost"),))
    response = Message(f"HTTP/1.1 {status} X", (("Content-Type", "application/json"),), b'{"status": "fail"}')
    asked = ProxiedExchange(load("2.3.13"), request)
    call = ClientRequest(asked, at=0.0, answered=asked.with_response(response))
    trial = Trial(rule, "1", Ending(status // 500, "", 1.0), (call,))
    assert RULES[f"client.{rule}"].observed(trial) == []


def test_list_with_more_values_than_checks_read_is_judged() -> None:
    request = Message("GET /finished-jobs HTTP/1.1", (("Host", "localhost"),))
    body = b"[" + b"0," * MOST_VALUES + b"0]"
    response = Message("HTTP/1.1 200 OK", (("Content-Type", "application/json"),), body=body)
    asked = ProxiedExchange(load("2.3.13"), request)
    call = ClientRequest(asked, at=0.0, answered=asked.with_response(response))
    trial = Trial("long-list", "1", Ending(1, "", 1.0), (call,))

    (observed,) = RULES["client.long-list"].observed(trial)

    assert observed.reason == "the client ended with exit status 1 on a list of 500001 jobs"


def test_rule_that_nothing_leads_to_is_not_judged(tried: Callable[..., ClientRun]) -> None:
    report = tried(
        ClientFunction(lambda env: httpx2.get(env["SEATUNNEL_URL"] + "/overview", trust_env=False)), "long-list"
    ).report

    reasons = {outcome.id: outcome.reason for outcome in report.outcomes if outcome.verdict is Verdict.SKIPPED}
    assert reasons["client.long-list"] == "not applicable: the client did nothing relevant in long-list"
    assert reasons["client.stop-error"] == "not applicable: the run does not have the scenario stop-error"
    assert report.footer.exit is RunExit.CONFORMS


def test_client_that_reads_once_does_not_wait(tried: Callable[..., ClientRun]) -> None:
    class ReadsOnce(Good):
        def follow(self) -> Any:
            self.read(self.http.get(self.path.format(self.job)))

    assert tried(of_class(ReadsOnce), "master-change").broken == {}


def test_failure_shows_the_request_and_no_secret(tried: Callable[..., ClientRun]) -> None:
    def client(environment: Mapping[str, str]) -> None:
        headers = {"Authorization": "Bearer abcdefgh"}
        httpx2.post(
            environment["SEATUNNEL_URL"] + "/cancel-job",
            json={"password": "hunter22"},
            headers=headers,
            trust_env=False,
        )

    (outcome,) = [
        one for one in tried(ClientFunction(client), "stop-error").report.outcomes if one.verdict is Verdict.FAIL
    ]

    (finding,) = outcome.findings
    assert finding.summary == "in the scenario stop-error, POST /cancel-job is no operation of 2.3.13"
    assert finding.curl.startswith("curl -sS -i --path-as-is -H")
    assert finding.curl.endswith(""" "$SEATUNNEL_URL"'/cancel-job'""")
    assert [secret for secret in ("hunter22", "abcdefgh") if secret in finding.curl] == []


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let Ctrl-C raise `KeyboardInterrupt`, which workers of pytest-xdist ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


# A signal that another thread receives does not wake the one that waits.
@pytest.mark.parametrize("thread", [threading.main_thread, threading.current_thread], ids=["waiting", "another"])
@pytest.mark.usefixtures("interruptible")
def test_interrupted_run_judges_what_was_played(
    tried: Callable[..., ClientRun], thread: Callable[[], threading.Thread]
) -> None:
    stopped = list[bool]()

    class Interrupted:
        words = selection = ("client",)

        def run(self, environment: Mapping[str, str], timeout: float, stop: threading.Event) -> Ending:
            if environment["SEATUNNEL_SCENARIO"] == "failing-job":
                signal.pthread_kill(thread().ident or 0, signal.SIGINT)
                stopped.append(stop.wait(10))
                return Ending(None, "", 0)
            return of_class(Good).run(environment, timeout, stop)

    run = tried(Interrupted(), "healthy-job", "failing-job", "unknown-id")

    assert stopped == [True]
    assert (run.interrupted, [trial.scenario for trial in run.trials]) == (True, ["healthy-job"])
    assert run.report.footer.exit is RunExit.INTERRUPTED
    assert run.report.footer.verdict is RunVerdict.UNDECIDED


def test_trials_and_events_have_the_order_of_the_scenarios(tried: Callable[..., ClientRun]) -> None:
    played = ["failing-job", "unknown-id", "stop-error", "credentials"]
    meeting = threading.Barrier(len(played))

    def client(environment: Mapping[str, str]) -> None:
        # All of them run at the same time, and the first ends last.
        meeting.wait(10)
        time.sleep(0.1 * (len(played) - played.index(environment["SEATUNNEL_SCENARIO"])))
        httpx2.get(environment["SEATUNNEL_URL"] + "/overview", trust_env=False)

    run = tried(ClientFunction(client), *played, workers=len(played))

    assert [trial.scenario for trial in run.trials] == played
    assert [[call.name for call in trial.calls] for trial in run.trials] == [["GET /overview"]] * len(played)


@pytest.mark.usefixtures("interruptible")
def test_interrupt_kills_all_commands_at_once(tried: Callable[..., ClientRun]) -> None:
    interrupt = f"os.kill({os.getpid()}, signal.SIGINT)"
    code = f"import os, signal, sys, time\nif sys.argv[1] == 'unknown-id': {interrupt}\ntime.sleep(60)"
    began = time.monotonic()

    run = tried(
        ClientCommand([sys.executable, "-c", code, "{scenario}"]),
        "failing-job",
        "unknown-id",
        "stop-error",
        timeout=60,
        workers=2,
    )

    assert (run.interrupted, run.trials) == (True, ())
    assert time.monotonic() - began < 30


def test_report_speaks_of_a_client(tried: Callable[..., ClientRun]) -> None:
    console = Console(record=True, file=io.StringIO(), width=200)

    show(tried(of_class(IgnoresErrorsOfStops), "stop-error").report, console)

    lines = console.export_text().splitlines()
    assert "Rules for clients, checked on '<lambda>'" in lines
    assert "  contract 2.3.13" in lines
    assert "The client breaks rules of the contract." in lines
    assert "Next: Correct the first failure, and play its scenario again." in lines
    assert "    seatunnel-v2 try-client --release 2.3.13 --scenario stop-error -- '<lambda>'" in lines
    assert "target" not in console.export_text()


def test_reports_are_those_of_the_suite(tried: Callable[..., ClientRun], tmp_path: Any) -> None:
    files = {name: tmp_path / name for name in ("ndjson", "junit", "html", "markdown")}

    tried(of_class(IgnoresErrorsOfStops), "stop-error", reports=files)

    assert Report.read(files["ndjson"]).footer.exit is RunExit.DEVIATES
    assert all("client.stop-error" in path.read_text("utf-8") for path in files.values())


def test_scenario_that_does_not_exist_is_suggested() -> None:
    with pytest.raises(UnknownScenario, match="there is no scenario 'unknown'; did you mean unknown-id"):
        chosen(["unknown"])


@pytest.mark.slow
def test_fixture_judges_functions_on_servers_of_their_own(seatunnel_try_client: Callable[..., ClientRun]) -> None:
    run = seatunnel_try_client(lambda env: IgnoresErrorsOfStops(env)(), "stop-error", release=RELEASE)

    assert list(run.broken) == ["client.stop-error"]
