"""Submits a job with the methods of a known client, follows it, and prints how it ended.

It is copied next to the program of a description, and contains no code of a client.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

URL = os.environ["SEATUNNEL_URL"]
JOB_ID = os.environ["SEATUNNEL_JOB_ID"]
SCENARIO = os.environ["SEATUNNEL_SCENARIO"]
HOCON = """env { job.mode = "BATCH", job.name = "known-client" }
source { FakeSource { row.num = 3, schema = { fields { name = "string" } }, plugin_output = "rows" } }
sink { Console { plugin_input = "rows" } }
"""
POLLS = 10
INTERVAL = 1.0


def follow(
    submit: Callable[[], Any],
    read: Callable[[Any], Mapping[str, Any]],
    stop: Callable[[Any], Any] | None = None,
    listed: Callable[[], Any] | None = None,
) -> None:
    """Play the scenario with the methods of a client. `submit` returns the job id. Errors end the program with 1."""
    sys.tracebacklimit = 0
    if SCENARIO == "stop-error":
        print(stop(JOB_ID) if stop else "not played")
    elif SCENARIO == "long-list":
        print(str(listed())[:200] if listed else "not played")
    else:
        _follow(submit() if SCENARIO != "unknown-id" else JOB_ID, read)


def _follow(job_id: Any, read: Callable[[Any], Mapping[str, Any]]) -> None:
    for _ in range(POLLS):
        info = read(job_id)
        state = info.get("jobStatus")
        if state is None:
            sys.exit(f"the job {job_id} is unknown: {info}")
        if state in {"FINISHED", "FAILED", "CANCELED"}:
            print(state)
            sys.exit(0 if state == "FINISHED" else 1)
        time.sleep(INTERVAL)
    sys.exit(f"the job {job_id} is still {state}")
