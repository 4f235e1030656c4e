"""What a run may change is known before it does, and no check changes more."""

import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from seatunnel_conformance import registry
from seatunnel_conformance.bench import Bench
from seatunnel_conformance.changes import BY_A_CLAUSE, BY_A_SEARCH, BY_A_STEP, BY_GENERATION, changes
from seatunnel_conformance.errors import LimitReached
from seatunnel_conformance.judging import judge
from seatunnel_conformance.redaction import Secret
from seatunnel_conformance.selection import plan
from seatunnel_conformance.settings import Settings
from seatunnel_conformance.target import READING
from seatunnel_conformance.transport.connection import Connection
from seatunnel_conformance.transport.governor import Governor
from seatunnel_conformance.transport.limits import Limits
from seatunnel_openapi import Contract, load


def planned(contract: Contract, **given: Any) -> Any:
    settings = Settings(**{"url": "http://localhost", "release": "documented", "run": "abc", **given})
    return changes(settings, plan(settings, contract, registry.all_checks()))


def test_reading_changes_nothing(contract: Contract):
    assert planned(contract, profile="read-only").total == 0
    assert planned(contract, url="http://elsewhere").total == 0


def test_checks_are_counted_by_operation(contract: Contract):
    found = planned(contract, only=("stop-job.unknown-id", "POST /encrypt-config"), profile="smoke")
    rows = {row.operation: (row.checks, row.at_most) for row in found.by_operation}
    assert rows["POST /encrypt-config"][1] >= BY_GENERATION
    assert found.names == {"jobs": "conformance-abc-*", "tags": "conformance-abc"}
    assert "jobs named conformance-abc-*" in found.line


def test_total_counts_each_check_once(contract: Contract):
    found = planned(contract, only=("life-cycle.stop-ends",))
    histories = BY_A_SEARCH + 3 * 4 * 8 * BY_A_STEP
    assert found.total == BY_A_CLAUSE + histories
    rows = {row.operation: row.at_most for row in found.by_operation}
    assert rows == {"POST /submit-job": 20, "POST /stop-job": 20, "several operations": histories}


@pytest.mark.parametrize(("scenario", "most"), [("overview/plain", 0), ("stop-job/unknown-id", 4)])
def test_recorded_scenario_changes_what_its_requests_change(scenario: str, most: int):
    found = planned(load("2.3.10"), release="2.3.10", only=(f"*recorded as {scenario}",), profile="full")
    assert found.total == most


def test_check_that_would_change_more_than_it_may_is_stopped():
    governor = Governor(Limits(), "http://h")
    with governor.changing(1):
        governor.admit_change()
        with pytest.raises(LimitReached, match="more often than its kind may"):
            governor.admit_change()
        with governor.tidying():
            governor.admit_change()
    governor.admit_change()


@dataclass
class Recorder:
    """A proxy that answers by itself, `{}` to everything, and keeps what it was asked."""

    url: str
    heard: list[tuple[str, str]] = field(default_factory=list)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kept.heard.append((self.command, self.path))
            self.send_response(302)
            self.send_header("Location", f"{kept.url}/elsewhere")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else b"{}")

        do_GET = do_POST = do_HEAD = do_OPTIONS = answer  # noqa: N815 - the names of http.server
        do_PUT = do_DELETE = do_PATCH = do_TRACE = do_QUERY = answer  # noqa: N815 - as above

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept = Recorder(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield kept
    server.shutdown()
    server.server_close()


@pytest.mark.slow
def test_no_kind_of_check_changes_another_machine_or_follows_it_elsewhere(recorder: Recorder, contract: Contract):
    connection = Connection(proxy=Secret(recorder.url), user="ann", password=Secret("secret"))
    settings = Settings(url="http://engine.example:8080", release="documented", connection=connection, wait=1.0)
    bench = Bench.set_up(settings, contract)
    for one in plan(settings, contract, registry.all_checks()):
        judge(bench, one)
    bench.close()
    assert len(recorder.heard) > 200
    assert {method for method, _ in recorder.heard} <= READING
    assert [path for _, path in recorder.heard if not path.startswith("http://engine.example:8080/")] == []


@pytest.mark.slow
def test_other_methods_are_tried_where_the_target_may_be_changed(recorder: Recorder, contract: Contract):
    connection = Connection(proxy=Secret(recorder.url))
    settings = Settings(
        url="http://engine.example", release="documented", connection=connection, allow_writes=True, only=("GET /log",)
    )
    bench = Bench.set_up(settings, contract)
    for one in plan(settings, contract, registry.all_checks()):
        judge(bench, one)
    assert "DELETE" in {method for method, _ in recorder.heard}
