"""What holds for the tests of all rooms."""

from __future__ import annotations

import asyncio
import atexit
import gc
import os
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import preloaded
import pytest

if TYPE_CHECKING:
    import uvicorn

UNMEASURED = {
    "openapi/tests": {
        "test_document_file.py",
        "test_generic_overlay_tool.py",
        "test_oasdiff.py",
        "test_origins.py",
        "test_recorded_exchanges.py",
        "test_seatunnel_v2.py",
    },
    "server/tests": {
        "test_apps.py",
        "test_connections.py",
        "test_container.py",
        "test_fuzz.py",
        "test_guard.py",
        "test_laxness.py",
        "test_linear_reading.py",
        "test_logs.py",
        "test_nodes.py",
        "test_present.py",
        "test_releases.py",
        "test_serve.py",
        "test_upstream_jobs.py",
    },
    "server/tests/gateway": {"test_changes.py", "test_pass_through.py"},
}
"""Tests that are not measured for coverage, which doubles their time: others run nearly all that they run."""


def pytest_configure() -> None:
    """Have Ctrl-C work in the processes that tests start, these start fast, and the garbage collector run rarely.

    A run that a script began in the background was told to ignore Ctrl-C, and what it starts would inherit that. With
    Python's thresholds, the collector takes an eighth of the tests' time.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    subprocess.Popen = preloaded.Popen  # type: ignore[misc]
    gc.set_threshold(300_000, 20, 100)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Have the process end at once when all is done: Python would delete two million objects for seconds."""
    atexit.register(_end, session)


def _end(session: pytest.Session) -> None:
    # An exception after the session has a status of its own.
    if not hasattr(sys, "last_value"):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(session.exitstatus)


def pytest_collection_finish() -> None:
    """Have the garbage collector leave out what was imported and collected: it takes half a second each time."""
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_unconfigure() -> Iterator[None]:
    """Have pytest, which looks for what was left open twice, find nothing the second time."""
    yield
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests that are not measured for coverage."""
    unmeasured = {config.rootpath / folder / name for folder, names in UNMEASURED.items() for name in names}
    for item in items:
        if item.path in unmeasured:
            item.add_marker("no_cover")


@pytest.fixture(scope="session")
def served() -> Callable[[Any], AbstractContextManager[str]]:
    """Return a context manager that serves an ASGI app and yields its address."""
    return _served


@pytest.fixture
def serve(served: Callable[[Any], AbstractContextManager[str]]) -> Iterator[Callable[[Any], str]]:
    """Return a function that serves an ASGI app until the test is over, and returns its address."""
    with ExitStack() as servers:
        yield lambda app: servers.enter_context(served(app))


@pytest.fixture(scope="session")
def leaving_nothing_open() -> Callable[[], AbstractContextManager[None]]:
    """Return a context manager in which everything that is opened has to be closed, or still be in use at the end."""
    return _leaving_nothing_open


@contextmanager
def _leaving_nothing_open() -> Iterator[None]:
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        gc.collect()  # what earlier tests on this worker have left
    yield
    # What was left open warns when it is collected, and a warning fails.
    gc.collect()


@contextmanager
def _served(app: Any) -> Iterator[str]:
    # Not at the top: most tests serve nothing.
    import uvicorn  # noqa: PLC0415

    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical"))
    ways_out: list[Callable[[], object]] = []
    thread = threading.Thread(target=lambda: asyncio.run(_until_left(server, ways_out.append)), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the app did not start"
        thread.join(0.005)
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    yield f"http://{host}:{port}"
    ways_out[0]()
    thread.join(10)
    assert not thread.is_alive(), "the app did not end"


async def _until_left(server: uvicorn.Server, tell_way_out: Callable[[Callable[[], object]], None]) -> None:
    """Serve until somebody takes the way out: at once, whatever is being answered, and leaving nothing open.

    uvicorn's own way takes two tenths of a second, and leaves those connections open that are still being answered.
    """
    from seatunnel_server.http.listening import accept_no_more  # noqa: PLC0415 - as above

    loop, left = asyncio.get_running_loop(), asyncio.Event()
    tell_way_out(lambda: loop.call_soon_threadsafe(left.set))
    serving = asyncio.create_task(server.serve())
    await asyncio.wait([serving, asyncio.create_task(left.wait())], return_when=asyncio.FIRST_COMPLETED)
    serving.cancel()
    await accept_no_more(server.servers)
    for listener in server.servers:
        listener.close()
    for connection in list(server.server_state.connections):
        connection.transport.abort()
    if server.started:
        await server.lifespan.shutdown()
