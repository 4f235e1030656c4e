"""Record the rows of jobs on a running engine: `python record_rows.py URL < 2.3.13.ndjson > new.ndjson`.

Needs httpx2. The engine must write a log file for each job, and run on this machine for the cases that write files.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2

ASKED = ("from", "sql", "transform", "sink", "random")
ENDS = {"FINISHED", "FAILED", "CANCELED"}
ROW = re.compile(r"rowIndex=\d+:  SeaTunnelRow#tableId=(.*?) SeaTunnelRow#kind=(\w+) : (.*)")
CAUSE = re.compile(r"^(?:Caused by: )?((?:[\w$]+\.)+[\w$]*(?:Exception|Error)\b[^\n]*)", re.MULTILINE)
ADDRESS = re.compile(r"@[0-9a-f]{5,8}\b")
SHAPES = (
    (r"[0-9a-f]{8}-[0-9a-f-]{27}", "#"),
    ("true|false", "#"),
    (r"E-?\d+", ""),
    ("[A-Za-z]", "a"),
    (r"\d+", "9"),
    ("(:9)+", ":9"),
    (r'("a+":"?[a9.]+"?)(,\1)+', r"\1"),
)
FOLDER = "{folder}"


def job_of(case: dict[str, Any], sources: dict[str, Any], folder: str) -> dict[str, Any]:
    """Return the configuration of a case's job: a FakeSource, the transforms one after another, one sink."""
    source = sources[case["from"]] if isinstance(case["from"], str) else case["from"]
    steps = [{"plugin_name": "Sql", "query": case["sql"]}] if "sql" in case else case.get("transform", [])
    names = ["fake", *(f"t{at}" for at in range(1, len(steps) + 1))]
    sink = {key: folder if value == FOLDER else value for key, value in case.get("sink", {}).items()}
    return {
        "env": {"job.mode": "BATCH", "parallelism": 1, "job.retry.times": 0},
        "source": [{"plugin_name": "FakeSource", "plugin_output": "fake", **source}],
        "transform": [
            {"plugin_input": names[at], "plugin_output": names[at + 1], **step} for at, step in enumerate(steps)
        ],
        "sink": [{"plugin_name": "Console", "plugin_input": names[-1], **sink}],
    }


def shown(case: dict[str, Any], log: str) -> dict[str, Any]:
    """Return the row types and rows in a job's log; rows of table `fake` that are inserted are their text alone."""
    rows = sorted(ROW.findall(log), key=lambda row: row[0])
    rows = [(table, kind, shape(text) if case.get("random") else ADDRESS.sub("@0", text)) for table, kind, text in rows]
    found = {
        "types": sorted(set(re.findall(r"output rowType: (.*)", log))),
        "rows": [text if (table, kind) == ("fake", "INSERT") else [table, kind, text] for table, kind, text in rows],
    }
    return {key: value for key, value in found.items() if value}


def shape(text: str) -> str:
    """Return the shape of random text: letters as `a`, a number as `9`, entries of a map and parts of a time once."""
    for pattern, stands in SHAPES:
        text = re.sub(pattern, stands, text)
    return text


def cause(message: str) -> str:
    """Return the last cause in a failure's message, without the parts that differ from run to run."""
    causes = CAUSE.findall(message) or [message.splitlines()[0] if message else ""]
    return ADDRESS.sub("@0", causes[-1])[:600]


async def asked(client: httpx2.AsyncClient, case: dict[str, Any], sources: dict[str, Any]) -> dict[str, Any]:
    """Run a case's job and return the case with the result."""
    known = {key: case[key] for key in ASKED if key in case}
    folder = Path(tempfile.gettempdir()) / f"rows-{uuid4()}"
    sent = await client.post("/submit-job", params={"jobName": "rows"}, json=job_of(case, sources, str(folder)))
    if sent.status_code != httpx2.codes.OK:
        return {**known, "status": sent.status_code, "message": cause(sent.json()["message"])}
    job, info = sent.json()["jobId"], {"jobStatus": "?"}
    for _ in range(100):
        info = (await client.get(f"/job-info/{job}")).json()
        if info.get("jobStatus") in ENDS:
            break
        await asyncio.sleep(0.3)
    else:
        await client.post("/stop-job", json={"jobId": job, "isStopWithSavePoint": False})
    await asyncio.sleep(0.5)  # the log and the error are written a little later
    if info["jobStatus"] in ENDS:
        info = (await client.get(f"/job-info/{job}")).json()
    answer = {**known, **shown(case, (await client.get(f"/logs/job-{job}.log")).text)}
    if info["jobStatus"] != "FINISHED":
        answer |= {"end": info["jobStatus"]}
    if info["jobStatus"] == "FAILED":
        answer |= {"error": cause(info.get("errorMsg") or "")}
    return {**answer, **written(folder)}


def written(folder: Path) -> dict[str, Any]:
    """Return the contents of the files that a job has written, and remove the files."""
    if not folder.exists():
        return {}
    files = sorted(file.read_text(encoding="utf-8") for file in folder.iterdir() if file.suffix != ".crc")
    shutil.rmtree(folder)
    return {"files": files}


async def record(url: str) -> None:
    """Read cases from the standard input and write them with their results."""
    lines = list(map(json.loads, sys.stdin))
    sources = {line["source"]: line["options"] for line in lines if "source" in line}
    turn = asyncio.Semaphore(6)

    async def ask(line: dict[str, Any]) -> dict[str, Any]:
        async with turn:
            try:
                return line if "source" in line else await asked(client, line, sources)
            except httpx2.TransportError:  # an engine that has run a thousand jobs gets slow: start it again
                return {key: line[key] for key in ASKED if key in line}

    limits = httpx2.Limits(max_keepalive_connections=0)  # a busy engine closes idle connections
    async with httpx2.AsyncClient(base_url=url, timeout=60, limits=limits) as client:
        for task in [asyncio.create_task(ask(line)) for line in lines]:
            print(json.dumps(await task, ensure_ascii=False), flush=True)  # noqa: T201 - the recording


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1]))
