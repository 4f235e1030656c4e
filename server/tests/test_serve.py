"""The server as a process: how it starts, and how it ends."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.error import HTTPError

import pytest

from seatunnel_server.http.listening import listen
from seatunnel_server.serving.process import ExitCode, ServeOptions, serve

SCRIPT = """
import json, sys
from pathlib import Path
from urllib.error import HTTPError
from seatunnel_server.serving.process import ServeOptions, serve
plan = json.loads(sys.argv[1])
for name in {"config", "log_dir"} & plan.keys():
    plan[name] = Path(plan[name])
sys.exit(serve(ServeOptions(**plan)))
"""
ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow
PATHS = os.pathsep.join(str(ROOT / room) for room in ("server", "openapi"))


@contextmanager
def process(script=SCRIPT, **plan):
    """Run a server; kill it at the end if the test has not ended it."""
    started = subprocess.Popen(
        [sys.executable, "-c", script, json.dumps(plan)],
        env={**os.environ, "PYTHONPATH": PATHS},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


def address_of(started):
    return re.fullmatch(r"Serving SeaTunnel REST API V2 \(.+\) on (http://\S+)\n", started.stdout.readline())[1]


def get(url):
    with closing(urllib.request.urlopen(url, timeout=10)) as answer:  # noqa: S310 - loopback
        return json.load(answer)


def run(**plan):
    """Run `serve` in this process with settings that it refuses; return the exit code and the message."""
    lines = []
    code = serve(ServeOptions(**plan), say=lines.append, print_error=lines.append)
    return code, lines


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("framework", ["async", "flask"])
def test_server_says_where_it_is_and_ends_well_when_told_to(number, framework):
    with process(port=0, speed=1000, framework=framework) as started:
        address = address_of(started)
        assert get(f"{address}/overview")["works"] == "1"
        assert get(f"{address}/_reference")["release"] == "documented"
        started.send_signal(number)
        _, complaints = started.communicate(timeout=15)
    assert (started.returncode, complaints) == (ExitCode.OK, "")


def test_server_ends_in_its_time_while_a_job_computes():
    chain = [{"plugin_name": "Sql", "query": "select upper(lower(upper(name))) as name from t"}] * 50
    linked = [step | {"plugin_input": f"t{at}", "plugin_output": f"t{at + 1}"} for at, step in enumerate(chain)]
    source = {"plugin_name": "FakeSource", "row.num": 2**31 - 1, "schema": {"fields": {"name": "string"}}}
    config = {
        "env": {"job.mode": "BATCH"},
        "source": [source | {"plugin_output": "t0"}],
        "transform": linked,
        "sink": [{"plugin_name": "Console", "plugin_input": ["t50"]}],
    }
    with process(port=0, speed=1000, grace=1, release="2.3.12") as started:
        address = started.stdout.readline().split()[-1]
        headers, body = {"Content-Type": "application/json"}, json.dumps(config).encode()
        request = urllib.request.Request(f"{address}/submit-job", body, headers)  # noqa: S310 - loopback
        assert get(request)["jobId"]
        assert get(f"{address}/overview")["runningJobs"] == "1"
        started.send_signal(signal.SIGTERM)
        _, complaints = started.communicate(timeout=8)
    assert (started.returncode, complaints) == (ExitCode.OK, "")


BLOCKED = """
from seatunnel_server.serving.process import ServeOptions, serve

def block():
    print("blocked", flush=True)
    while True:
        pass

serve(ServeOptions(port=0, grace=0), started=lambda running: running.loop.call_soon(block))
"""


def test_server_whose_loop_is_blocked_ends_all_the_same():
    with process(script=BLOCKED) as started:
        said = [started.stdout.readline() for _ in range(3)]
        assert said[-1] == "blocked\n"
        started.send_signal(signal.SIGTERM)
        _, complaints = started.communicate(timeout=10)
    assert started.returncode == ExitCode.FORCED
    assert "in block" in complaints


def test_file_is_obeyed(tmp_path):
    file = tmp_path / "seatunnel.yaml"
    with closing(listen("127.0.0.1", [0])) as taken:
        port = taken.getsockname()[1]
        http = f"{{enable-dynamic-port: true, port: {port}, port-range: 50, context-path: /st, prot: 1}}"
        slots = "{dynamic-slot: false, slot-num: 7}"
        file.write_text(f"seatunnel: {{engine: {{http: {http}, slot-service: {slots}}}}}")
        with process(config=str(file), log_dir=str(tmp_path / "logs")) as started:
            address = address_of(started)
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+/st", address)
            assert get(f"{address}/overview")["totalSlot"] == "7"
            (link,) = get(f"{address}/logs?format=json")
            assert link["logLink"] == f"{address}/logs/seatunnel-engine-server.log"
            started.terminate()
            _, complaints = started.communicate(timeout=15)
    assert started.returncode == ExitCode.OK
    assert complaints == f"seatunnel-v2: {file}: the server ignores seatunnel.engine.http.prot.\n"


def test_operation_without_a_handler_is_an_unknown_path(tmp_path):
    file = tmp_path / "acme.yaml"
    file.write_text(
        """overlay: 1.0.0
info: {title: acme, version: 0.1.0}
extends: ../seatunnel-v2.yaml
x-after: "2.3.13"
actions:
  - target: $.paths
    description: There is a GET /custom/stats.
    update:
      /custom/stats:
        get: {operationId: observed_stats, tags: [cluster], summary: Seen., responses: {"200": {description: Yes.}}}
    x-evidence: {how: documented, ref: "page#overview"}
""",
        encoding="utf-8",
    )
    with process(port=0, release=str(file), log_dir=str(tmp_path / "logs")) as started:
        with pytest.raises(HTTPError, match="404"):
            get(f"{address_of(started)}/custom/stats")
        started.terminate()
        _, complaints = started.communicate(timeout=15)
    said = "the server answers GET /custom/stats like an unknown path, because no release has it."
    assert complaints == f"seatunnel-v2: {file}: {said}\n"


def test_taken_port_has_its_line_and_its_code():
    with closing(listen("127.0.0.1", [0])) as taken:
        port = taken.getsockname()[1]
        code, lines = run(port=port)
    assert (code, lines) == (
        ExitCode.PORT_TAKEN,
        [f"Can't listen on port {port} of 127.0.0.1: address already in use."],
    )


def test_unknown_release_has_its_line_and_its_code():
    code, lines = run(release="9.9.9", port=0)
    assert code == ExitCode.USAGE
    assert lines[0].startswith("Unknown release '9.9.9'. Known releases: documented")


def test_bad_file_has_its_line_and_its_code(tmp_path):
    file = tmp_path / "seatunnel.yaml"
    file.write_text("seatunnel: {engine: {http: {port: many}}}")
    code, lines = run(config=file)
    assert code == ExitCode.BAD_CONFIG
    assert lines == [f"{file}: seatunnel.engine.http.port must be a port from 1 to 65535, not 'many'."]


def test_framework_that_is_not_installed_has_its_line_and_its_code(monkeypatch):
    monkeypatch.setitem(sys.modules, "connexion.apps.flask", None)
    code, lines = run(port=0, framework="flask")
    assert (code, lines) == (ExitCode.USAGE, ["flask is not installed; hint: pip install '.[flask]'"])


def test_switched_off_http_has_its_line_and_its_code(tmp_path):
    file = tmp_path / "seatunnel.yaml"
    file.write_text("seatunnel: {engine: {http: {enable-http: false}}}")
    assert run(config=file) == (
        ExitCode.HTTP_DISABLED,
        [f"{file}: enable-http is false, so there is nothing to serve."],
    )


def test_exit_codes_are_all_different():
    assert len({code.value for code in ExitCode}) == len(ExitCode)
    assert ExitCode.OK == 0


@pytest.mark.parametrize(
    ("release", "told"),
    [
        ("documented", "documented: as on its documentation page; add --release 2.3.13 for the API of that engine"),
        ("2.3.10", "2.3.10"),
    ],
)
def test_server_says_which_api_it_serves(release, told):
    lines = []
    plan = ServeOptions(port=0, release=release)
    serve(plan, say=lines.append, started=lambda running: running.loop.call_soon(running.stop))
    assert re.fullmatch(rf"Serving SeaTunnel REST API V2 \({re.escape(told)}\) on http://127.0.0.1:\d+", lines[0])
    assert lines[1].startswith("Files of jobs are written below ")
