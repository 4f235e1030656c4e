"""`seatunnel-v2 serve` and `conform --serve` as real processes."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

import commands
import httpx2
import psutil
import pytest
import typer
from typer.testing import CliRunner

from seatunnel_v2.commands import serve
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.main import app
from seatunnel_v2.options.serving import parse_speed

pytestmark = pytest.mark.slow

PLAIN = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1"}


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run the server, and yield its address and its process."""
    pipes: dict[str, IO[str] | int] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(commands.command("serve", *arguments), cwd=folder, text=True, **pipes) as process:  # type: ignore[call-overload]
        try:
            yield re.search(r"https?://\S+", process.stdout.readline())[0], process
        finally:
            process.kill()


@contextmanager
def two_ports() -> Iterator[tuple[int, socket.socket]]:
    """Find two free ports in a row; yield the first, and a socket that is bound to the second."""
    for port in range(28080, 28280):
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            first.close()
            yield port, second
            return
    pytest.fail("no two free ports in a row")


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs the command to its end."""
    return partial(commands.run, tmp_path)


def test_server_prints_the_address_at_which_it_answers(tmp_path: Path):
    with serving(tmp_path, "--port", "0") as (address, _):
        assert httpx2.get(f"{address}/overview", trust_env=False).json()["runningJobs"] == "0"


def test_faults_are_switched_on_at_a_second_port(tmp_path: Path):
    with serving(tmp_path, "--port", "0", "--faults-port", "0") as (address, process):
        process.stdout.readline()
        faulty = re.search(r"http://127\S+(?=:)", process.stdout.readline())[0]
        changed = httpx2.put(f"{faulty}/_reference/faults", json={"fault": "overview-is-a-list"}, trust_env=False)
        assert changed.json()["faults"][0]["fault"] == "overview-is-a-list"
        found = [httpx2.get(f"{url}/overview", trust_env=False).json() for url in (faulty, address)]
        assert [type(one) for one in found] == [list, dict]
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == ExitStatus.OK


def test_port_for_faults_that_is_taken_ends_the_server(run: Callable[..., subprocess.CompletedProcess[str]]):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found = run("serve", "--port", "0", "--faults-port", str(taken.getsockname()[1]))
    assert found.returncode == ExitStatus.PORT_TAKEN
    assert "--faults-port" in found.stderr


def test_server_that_is_told_to_stop_ends_well(tmp_path: Path):
    with serving(tmp_path, "--port", "0") as (_, process):
        process.send_signal(signal.SIGTERM)
        _, complaints = process.communicate(timeout=20)
        assert process.returncode == ExitStatus.OK
        assert complaints == ""


def test_context_path_without_a_slash_at_its_beginning_is_refused(run):
    done = run("serve", "--port", "0", "--context-path", "seatunnel")
    assert done.returncode == ExitStatus.USAGE
    assert "--context-path must be a path that begins with a slash" in done.stderr


def test_error_of_another_option_is_not_said_to_be_one_of_the_context_path(monkeypatch: pytest.MonkeyPatch):
    def fail(_: object) -> None:
        raise ValueError("no cluster")

    monkeypatch.setattr(serve, "_cluster", fail)
    done = CliRunner().invoke(app, ["serve", "--engine", "http://127.0.0.1:1"])
    assert (str(done.exception), "--context-path" in done.output) == ("no cluster", False)


@pytest.mark.parametrize("option", ["--files", "--log-dir"])
def test_folder_that_is_a_file_is_refused(run, option: str, tmp_path: Path):
    (tmp_path / "file").touch()
    done = run("serve", "--port", "0", option, str(tmp_path / "file"))
    assert (done.returncode, f"'{option}'" in done.stderr) == (ExitStatus.USAGE, True)


def test_server_answers_below_its_context_path(tmp_path: Path):
    with serving(tmp_path, "--port", "0", "--context-path", "/seatunnel/") as (address, _):
        assert address.endswith("/seatunnel")
        assert httpx2.get(f"{address}/overview", trust_env=False).status_code == 200


def test_cluster_prints_the_address_of_each_node(tmp_path: Path):
    with serving(tmp_path, "--port", "0", "--nodes", "3", "--node-down", "2") as (first, process):
        lines = [process.stdout.readline() for _ in range(2)]
        third, second = (re.search(r"http://\S+", line)[0] for line in lines)
        assert "as node 3 of 3 on" in lines[0]
        assert lines[1] == f"Node 2 of 3 is stopped, its address is {second}\n"
        members = [httpx2.get(f"{url}/overview", trust_env=False).json()["works"] for url in (first, third)]
        assert members == ["2", "2"]
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(f"{second}/overview", trust_env=False)
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=20)
        assert (process.returncode, complaints) == (ExitStatus.OK, "")


def test_nodes_of_a_cluster_have_consecutive_ports(tmp_path: Path):
    with two_ports() as (port, _):
        pass
    with serving(tmp_path, "--port", str(port), "--nodes", "2") as (first, process):
        assert first == f"http://127.0.0.1:{port}"
        assert process.stdout.readline().endswith(f"as node 2 of 2 on http://127.0.0.1:{port + 1}\n")


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (["--nodes", "0"], ExitStatus.USAGE, "greater than or equal to 1"),
        (["--nodes", "17"], ExitStatus.USAGE, "less than or equal to 16"),
        (["--nodes", "abc"], ExitStatus.USAGE, "valid integer"),
        (
            ["--nodes", "3", "--node-down", "5"],
            ExitStatus.USAGE,
            "There is no node 5, the cluster has the nodes 1 to 3.",
        ),
        (["--node-down", "1"], ExitStatus.USAGE, "at least one node of a cluster has to run"),
        (["--nodes", "3", "--port", "65534"], ExitStatus.PORT_TAKEN, "the last port is 65535"),
    ],
)
def test_cluster_that_can_not_be_served_is_explained(
    run: Callable[..., subprocess.CompletedProcess[str]], options: list[str], status: ExitStatus, message: str
):
    done = run("serve", *options)
    assert done.returncode == status
    assert message in done.stderr


def test_taken_port_of_a_further_node_is_named(run: Callable[..., subprocess.CompletedProcess[str]]):
    with two_ports() as (port, taken):
        taken.listen()
        done = run("serve", "--nodes", "2", "--port", str(port))
    assert done.returncode == ExitStatus.PORT_TAKEN
    assert done.stderr == f"seatunnel-v2: Can't listen on port {port + 1} of 127.0.0.1: address already in use.\n"


def test_logs_stay_where_they_are_wanted(tmp_path: Path):
    with serving(tmp_path, "--port", "0", "--log-dir", str(tmp_path / "logs")) as (address, _):
        names = [item["logName"] for item in httpx2.get(f"{address}/logs?format=json", trust_env=False).json()]
        assert names
        assert sorted(path.name for path in (tmp_path / "logs").iterdir()) == sorted(names)


def test_taken_port_has_an_exit_status_of_its_own(run: Callable[..., subprocess.CompletedProcess[str]]):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run("serve", "--port", str(taken.getsockname()[1]))
    assert done.returncode == ExitStatus.PORT_TAKEN
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "status"),
    [
        pytest.param("seatunnel: {engine: {http: {enable-http: false}}}", ExitStatus.HTTP_DISABLED, id="http-disabled"),
        pytest.param("seatunnel: [", ExitStatus.BAD_CONFIG, id="no-yaml"),
        pytest.param(
            "seatunnel: {engine: {http: {enable-http: true, port: -1}}}", ExitStatus.BAD_CONFIG, id="bad-port"
        ),
    ],
)
def test_configuration_file_that_can_not_be_obeyed_is_one_line(
    run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path, text: str, status: ExitStatus
):
    (tmp_path / "seatunnel.yaml").write_text(text, encoding="utf-8")
    done = run("serve", "--config", "seatunnel.yaml")
    assert done.returncode == status, done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_command_checks_a_server_of_its_own(run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path):
    done = run("conform", "--serve", "--profile", "smoke", "--report-html", "report.html")
    assert done.returncode == ExitStatus.OK, done.stdout + done.stderr
    assert "The target conforms to what was checked." in done.stdout
    assert (tmp_path / "report.html").is_file()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "moment"),
    [
        (signal.SIGINT, "life-cycle.stop-ends"),
        (signal.SIGTERM, "life-cycle.stop-ends"),
        (signal.SIGTERM, "GET /overview"),
    ],
)
def test_run_that_is_interrupted_cleans_up_and_is_undecided(tmp_path: Path, number: signal.Signals, moment: str):
    path = tmp_path / "report.ndjson"
    with serving(tmp_path, "--port", "0", "--speed", "5") as (address, _):
        command = commands.command("conform", address, "--profile", "full", "--report-ndjson", str(path))
        only = ["--only", "GET /overview", "--only", "life-cycle.*"]
        with subprocess.Popen([*command, *only], stdout=subprocess.PIPE, env=PLAIN) as process:
            while not path.exists() or f'"check-started", "id": "{moment}"' not in path.read_text(encoding="utf-8"):
                assert process.poll() is None
                time.sleep(0.02)
            process.send_signal(number)
            process.communicate(timeout=60)
        assert process.returncode == ExitStatus.INTERRUPTED
        footer = json.loads(path.read_text(encoding="utf-8").splitlines()[-1])
        assert (footer["event"], footer["verdict"]) == ("run-finished", "undecided")
        assert footer["missing"] > 0
        deadline = time.monotonic() + 10
        while httpx2.get(f"{address}/running-jobs", trust_env=False).json() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert httpx2.get(f"{address}/running-jobs", trust_env=False).json() == []


def test_server_ends_with_its_standard_input(tmp_path: Path):
    with serving(tmp_path, "--port", "0", "--until-eof") as (address, process):
        assert process.stdin is not None
        process.stdin.write("whatever\n" * 2_000)
        process.stdin.flush()
        assert httpx2.get(f"{address}/overview", trust_env=False).status_code == 200
        process.stdin.close()
        assert process.wait(20) == ExitStatus.OK


def test_server_of_a_killed_command_ends(tmp_path: Path):
    path = tmp_path / "report.ndjson"
    command = commands.command("conform", "--serve", "--only", "life-cycle.*", "--report-ndjson", str(path))
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, env=PLAIN) as process:
        while not path.exists() or "check-started" not in path.read_text(encoding="utf-8"):
            assert process.poll() is None
            time.sleep(0.02)
        (server,) = (child for child in psutil.Process(process.pid).children() if child.net_connections())
        process.kill()
        process.communicate()
    server.wait(20)


def test_server_of_its_own_that_does_not_start_is_explained(run: Callable[..., subprocess.CompletedProcess[str]]):
    done = run("conform", "--serve", "--release", "0.0.1")
    assert done.returncode == ExitStatus.USAGE
    assert "0.0.1" in done.stderr


@pytest.mark.parametrize(("text", "speed"), [("1", 1.0), ("0.5", 0.5), ("20", 20.0), ("max", float("inf"))])
def test_speed_is_a_number_or_as_fast_as_can_be(text: str, speed: float):
    assert parse_speed(text) == speed


@pytest.mark.parametrize("text", ["0", "-1", "fast", "nan", ""])
def test_speed_that_is_none_is_refused(text: str):
    with pytest.raises(typer.BadParameter):
        parse_speed(text)
