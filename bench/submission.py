"""Lists the server's files that one submission runs through: `python -m bench.submission`.

A job from FakeSource to Console is submitted twice to a reference server in this process. The second request counts,
from its first byte to the end of its response: a file is listed if a function of it is called.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any, Final
from urllib.parse import urlsplit

import typer

import seatunnel_server
from seatunnel_server.serving.embedded import EmbeddedServer
from seatunnel_server.serving.process import ServeOptions

JOB: Final = {
    "env": {"job.mode": "BATCH"},
    "source": [{"plugin_name": "FakeSource", "plugin_output": "f", "row.num": 1, "schema": {"fields": {"a": "int"}}}],
    "transform": [],
    "sink": [{"plugin_name": "Console", "plugin_input": "f"}],
}
ROOT: Final = f"{Path(seatunnel_server.__file__).parent}/"


def files(release: str) -> Counter[str]:
    """Return the number of calls in each file."""
    called: Counter[str] = Counter()

    def count(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(ROOT):
            called[frame.f_code.co_filename.removeprefix(ROOT)] += 1

    threading.setprofile(count)
    with EmbeddedServer(ServeOptions(release=release)) as server:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
        for _ in range(2):
            called.clear()
            connection.request("POST", "/submit-job", json.dumps(JOB), {"content-type": "application/json"})
            connection.getresponse().read()
            found = called.copy()
    return found


if __name__ == "__main__":
    found = files("2.3.13")
    typer.echo("\n".join(f"{number:6}  {name}" for name, number in sorted(found.items())))
    typer.echo(f"{len(found)} files")
