"""Lists the files whose functions run during a submission, or with `--smoke` a smoke run: `python -m bench.submission`.

A job from FakeSource to Console is submitted twice to a reference server in this process. Only the second request
counts, from its first byte to the end of its response. With `--smoke`, `seatunnel-v2 conform` runs in this process, and
the files of the suite are listed; the reference server is another process.
"""

from __future__ import annotations

import http.client
import inspect
import json
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType, ModuleType
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import typer

import seatunnel_conformance
import seatunnel_server
from bench.servers import reference_server, started
from seatunnel_server.serving.embedded import EmbeddedServer
from seatunnel_server.serving.process import ServeOptions
from seatunnel_v2.main import main

JOB: Final = {
    "env": {"job.mode": "BATCH"},
    "source": [{"plugin_name": "FakeSource", "plugin_output": "f", "row.num": 1, "schema": {"fields": {"a": "int"}}}],
    "transform": [],
    "sink": [{"plugin_name": "Console", "plugin_input": "f"}],
}


@contextmanager
def counted(package: ModuleType) -> Iterator[Counter[str]]:
    """Count the calls of functions in each file of a package, in this thread and in threads that it starts."""
    root, called = f"{Path(str(package.__file__)).parent}/", Counter[str]()

    def count(frame: FrameType, event: str, _: Any) -> None:
        # Bodies of modules and classes are not optimized.
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(root) and code.co_flags & inspect.CO_OPTIMIZED:
            called[code.co_filename.removeprefix(root)] += 1

    threading.setprofile(count)
    sys.setprofile(count)
    try:
        yield called
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def of_submission() -> Counter[str]:
    """Return the number of calls during a submission, for each file of the server."""
    with counted(seatunnel_server) as called, EmbeddedServer(ServeOptions(release="2.3.13")) as server:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
        for _ in range(2):
            called.clear()
            connection.request("POST", "/submit-job", json.dumps(JOB), {"content-type": "application/json"})
            connection.getresponse().read()
        return called.copy()


def of_smoke_run() -> Counter[str]:
    """Return the number of calls during a smoke run, for each file of the suite."""
    with started(*reference_server()) as server:
        sys.argv = ["seatunnel-v2", "conform", server.url, "--profile", "smoke"]
        with counted(seatunnel_conformance) as called, suppress(SystemExit):
            main()
    return called


def listed(*, smoke: Annotated[bool, typer.Option("--smoke", help="List the files of a smoke run.")] = False) -> None:
    """Print the files with their numbers of calls."""
    found = of_smoke_run() if smoke else of_submission()
    typer.echo("\n".join(f"{number:8}  {name}" for name, number in sorted(found.items())))
    typer.echo(f"{len(found)} files")


if __name__ == "__main__":
    typer.run(listed)
