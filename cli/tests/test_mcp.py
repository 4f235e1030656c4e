"""`seatunnel-v2 mcp`, as the client of the official SDK uses it over standard input and output."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx2
import psutil
import pytest
from anyio.from_thread import start_blocking_portal

from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.reference import reference_server

if TYPE_CHECKING:
    from mcp import Client
    from mcp.types import CallToolResult

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "seatunnel_v2", "mcp", "--release", "2.3.13"]
BROKEN = """env {
  job.mode = "BATCH"
  paralelism = 2
}
source {
  FakeSourc {
    plugin_output = "users"
    row.num = "five"
    schema = { fields { name = "string" } }
  }
}
sink {
  Console { plugin_input = "user" }
}
"""
REPAIRS = {"paralelism": "parallelism", "FakeSourc ": "FakeSource ", '"five"': "5", '"user"': '"users"'}
GOOD = """env { job.mode = "BATCH" }
source { FakeSource { row.num = 5, schema = { fields { name = "string" } } } }
sink { Console {} }
"""
WITHOUT = """
import sys
sys.modules["mcp"] = None
from seatunnel_v2.main import main
main()
"""
"""The command, in a process that can't import the package mcp."""
SIGNALLED = """
import os, signal, sys
from seatunnel_v2.__main__ import run
from seatunnel_v2.assistants import Assistance

async def conform(self) -> str:
    os.kill(os.getpid(), signal.SIGTERM)
    return "not interrupted"

Assistance.conform = conform
sys.argv[1:] = ["mcp", "--release", "2.3.13"]
run()
"""
"""The command, in a process that receives a signal in the middle of its work."""
INITIALIZE = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}

CONNECTED: list[Callable[..., Any]] = []


@pytest.fixture(scope="module", autouse=True)
def servers() -> Iterator[None]:
    """Keep a server for each command line, with a client that is connected, until the last test is over."""
    # Not at the top: it takes half a second, in each process that collects these tests.
    from mcp import Client, StdioServerParameters, stdio_client  # noqa: PLC0415

    with ExitStack() as stack:
        portal = stack.enter_context(start_blocking_portal())

        @cache
        def client(*options: str) -> Client:
            server = StdioServerParameters(command=COMMAND[0], args=[*COMMAND[1:], *options])
            return stack.enter_context(portal.wrap_async_context_manager(Client(stdio_client(server))))

        CONNECTED[:] = [lambda dialogue, *options: portal.call(dialogue, client(*options))]
        yield


def connected(dialogue: Callable[[Client], Awaitable[Any]], *options: str) -> Any:
    """Run a dialogue with a server, and return what it returns."""
    return CONNECTED[0](dialogue, *options)


def tried(tool: str, *options: str, **arguments: Any) -> CallToolResult:
    return connected(lambda client: client.call_tool(tool, arguments), *options)


async def called(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    assert json.loads(result.content[0].text) == result.structured_content
    return result.structured_content


def result_of(tool: str, *options: str, **arguments: Any) -> dict[str, Any]:
    return connected(lambda client: called(client, tool, **arguments), *options)


def test_broken_job_is_repaired_step_by_step():
    async def dialogue(client: Client) -> None:
        job, checked = BROKEN, await called(client, "check_job", job=BROKEN)
        assert checked["verdict"].startswith("refused")
        assert (await called(client, "simulate_job", job=job))["state"] == "REFUSED"
        left = [len(checked["findings"])]
        for wrong, right in REPAIRS.items():
            assert any(wrong.strip(' "') in finding["message"] for finding in checked["findings"])
            job = job.replace(wrong, right)
            checked = await called(client, "check_job", job=job)
            left.append(len(checked["findings"]))
        # Options are only checked once the plugin is known.
        assert left == [3, 2, 2, 1, 0]
        assert checked["verdict"] == "no findings"
        simulated = await called(client, "simulate_job", job=job)
        assert simulated["state"] == "FINISHED"
        assert simulated["counts"]["SinkWriteCount"] == "10"
        assert "FakeSource" in simulated["plan"]
        assert "is FINISHED now" in simulated["log"]

    connected(dialogue)


def test_tools_say_that_they_only_read():
    async def hints(client: Client) -> dict[str, bool | None]:
        return {tool.name: tool.annotations.read_only_hint for tool in (await client.list_tools()).tools}

    names = ("check_job", "simulate_job", "explain", "api", "conform")
    assert connected(hints) == dict.fromkeys(names, True)
    assert connected(hints, "--allow-writes") == dict.fromkeys(names, True) | {"conform": False}


def test_simulated_job_that_does_not_end_is_reported_after_its_time():
    found = result_of("simulate_job", job=GOOD.replace("BATCH", "STREAMING"), seconds=30)
    assert (found["state"], found["seconds"]) == ("RUNNING", 30)


def test_simulated_job_that_fails_says_why():
    rules = "Assert { rules { row_rules = [{ rule_type = MAX_ROW, rule_value = 2 }] } }"
    found = result_of("simulate_job", job=GOOD.replace("Console {}", rules))
    assert found["state"] == "FAILED"
    assert "row num" in found["error"]
    assert "\tat " not in found["error"]


def test_explain_knows_clauses_facts_operations_and_options():
    async def dialogue(client: Client) -> None:
        clause = await called(client, "explain", name="job-info.unknown-id")
        assert "`echo-number`" in clause["text"], "the text of another release"
        fact = await called(client, "explain", name="dynamicTotalSlots")
        assert "assigned" in fact["text"]
        operation = await called(client, "explain", name="GET /job-info/{jobId}")
        assert operation["facts"]["unknownJob"] == "echo-number"
        assert operation["clauses"]["job-info.members"].startswith("MUST: ")
        option = await called(client, "explain", plugin="kafka", name="start_mode")
        assert "earliest" in option["source"]["values"]
        assert "sink" not in option
        setting = await called(client, "explain", plugin="env", name="job.mode")
        assert setting["env"]["values"] == ["BATCH", "STREAMING"]
        plugin = await called(client, "explain", plugin="Kafka", name="")
        assert ["topic"] in plugin["sink"]["required"]

    connected(dialogue)


def test_api_lists_operations_and_returns_one_with_its_schemas():
    async def dialogue(client: Client) -> None:
        operations = (await called(client, "api"))["operations"]
        assert operations["get_overview"].startswith("GET /overview: ")
        for name in operations:
            found = await client.call_tool("api", {"operation": name})
            assert len(found.content[0].text) < 32_000
        overview = await called(client, "api", operation="GET /overview", release="3.0.0")
        assert overview["release"] == "3.0.0"
        assert "Overview" in overview["schemas"]
        assert "x-behaviour" not in json.dumps(overview)

    connected(dialogue)


@pytest.mark.parametrize(
    ("tool", "arguments", "problem"),
    [
        ("check_job", {"job": ""}, "the file is empty"),
        ("check_job", {"job": "x" * 9_000_000}, "takes at most 8,388,608 bytes"),
        ("simulate_job", {"job": "env {}\n" * 200_000}, "takes at most 1,048,576 bytes of HOCON"),
        ("simulate_job", {"job": GOOD, "seconds": -1}, "greater than 0"),
        ("check_job", {"job": 5}, "valid string"),
        ("check_job", {"job": GOOD, "release": "9.9"}, "Unknown release '9.9'"),
        ("api", {"release": "/etc/passwd"}, "not a file"),
        ("api", {"operation": "GET /nothing"}, "2.3.13 has no operation GET /nothing"),
        ("api", {"operation": "GET /overviw"}, "2.3.13 has no operation GET /overviw; did you mean `GET /overview`?"),
        ("explain", {"name": "job-info.unknwn-id"}, "did you mean job-info.unknown-id"),
        ("explain", {"name": "tpic", "plugin": "Kafka"}, "2.3.13 has no option tpic of Kafka; did you mean `topic`?"),
        (
            "explain",
            {"name": "a", "plugin": "Kafkaa"},
            "2.3.13 has no plugin Kafkaa with known options; did you mean `Kafka`?",
        ),
        ("explain", {"name": "", "plugin": "Kafak"}, "2.3.13 has no plugin Kafak"),
        ("conform", {"url": "http://127.0.0.1:1"}, "can't be reached"),
        ("conform", {"url": "http://127.0.0.1:1", "release": "./acme.yaml"}, "not a file"),
        ("conform", {"url": "--help"}, "can't be reached"),
        ("conform", {"url": "http://127.0.0.1:1", "allow_writes": True}, "`seatunnel-v2 mcp --allow-writes`"),
    ],
)
def test_wrong_argument_is_a_short_error(tool: str, arguments: dict[str, Any], problem: str):
    found = tried(tool, **arguments)
    text = found.content[0].text
    assert found.is_error
    assert problem in text
    assert "Traceback" not in text
    assert len(text) < 500


def test_result_is_bounded_whatever_the_job():
    many = "".join(f'  option{number} = "{"x" * 100}"\n' for number in range(5000))
    found = result_of("check_job", job=GOOD.replace("Console {", "Console {\n" + many))
    assert len(found["findings"]) == 20
    assert found["more_findings"] == 80
    found = result_of("simulate_job", job=GOOD.replace("row.num = 5", "row.num = 100000"))
    assert found["state"] == "FINISHED"
    assert len(json.dumps(found)) < 16_000


def jobs_at(url: str) -> list[Any]:
    return httpx2.get(f"{url}/finished-jobs", trust_env=False).json()


def test_conform_reads_and_writes_only_if_the_command_line_allows_it():
    with reference_server("2.3.13") as url:
        only = ["job-info", "GET /overview"]
        found = result_of("conform", url=url, only=only)
        assert (found["profile"], found["counts"]["fail"], jobs_at(url)) == ("read-only", 0, [])
        found = result_of("conform", "--allow-writes", url=url, only=only)
        assert (found["profile"], jobs_at(url)) == ("read-only", [])
        found = result_of("conform", "--allow-writes", url=url, only=only, allow_writes=True)
        assert (found["profile"], found["counts"]["fail"]) == ("standard", 0)
        assert jobs_at(url)
        nothing = tried("conform", url=url, only=["overvew"])
        assert (nothing.is_error, "did you mean overview" in nothing.content[0].text) == (True, True)
        found = result_of("conform", url=url, only=["GET /pending-jobs", "pending-jobs"], release="3.0.0")
    assert found["verdict"] == "The target deviates from the contract"
    assert found["failures"][0]["curl"].startswith("curl ")


def test_cancelled_run_is_interrupted():
    """The process of the run ends with the call, although the target does not answer yet."""
    with reference_server("2.3.13", "--latency", "5") as url:

        async def dialogue(client: Client) -> None:
            call = asyncio.create_task(client.call_tool("conform", {"url": url}))
            await asyncio.wait({call}, timeout=3)
            children = psutil.Process().children(recursive=True)
            living = [each for each in children if each.status() != psutil.STATUS_ZOMBIE]  # of other tests
            runs = [each for each in living if "conform" in each.cmdline()]
            assert len(runs) == 1
            call.cancel()
            await asyncio.wait({call})
            assert psutil.wait_procs(runs, timeout=20)[1] == []
            await called(client, "api")

        connected(dialogue)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_the_server(number: signal.Signals):
    with started() as process:
        process.send_signal(number)
        assert process.wait(10) == ExitStatus.INTERRUPTED
        assert (process.stdout.read(), process.stderr.read()) == ("", "")


def test_signal_that_falls_into_a_tool_ends_the_server_without_a_word():
    with started([sys.executable, "-c", SIGNALLED]) as process:
        said(process, method="notifications/initialized")
        said(process, id=2, method="tools/call", params={"name": "conform", "arguments": {}})
        assert process.wait(20) == ExitStatus.INTERRUPTED
        assert (process.stdout.read(), process.stderr.read()) == ("", "")


def test_closed_input_ends_the_server_and_only_messages_are_on_stdout():
    with started() as process:
        messages, complaints = process.communicate("no message\n\n[]\n", timeout=10)
    assert process.returncode == ExitStatus.OK
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in messages.splitlines())
    assert complaints == ""


def started(command: list[str] = COMMAND) -> subprocess.Popen[str]:
    """Return a server that has answered its first request."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(command, text=True, **pipes)
    said(process, id=1, method="initialize", params=INITIALIZE)
    assert json.loads(process.stdout.readline())["result"]["serverInfo"]["name"] == "seatunnel-v2"
    return process


def said(process: subprocess.Popen[str], **message: Any) -> None:
    """Send a message to a server."""
    process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    process.stdin.flush()


def test_missing_package_is_said_in_a_line_with_a_hint():
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, "mcp", "--release", "2.3.13"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == ExitStatus.USAGE
    assert done.stdout == ""
    assert done.stderr == "seatunnel-v2: the package mcp is not installed\n\nhint: pip install '.[mcp]'\n"
