"""An engine with jobs of others that is wrong in random ways. It has no connections, and its own clock.

It records each request that changes something and names such a job, and each such job that it ends. An id that
it does not know, or can't read, ends a job of others: what no suite may risk.
"""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

import pytest

from seatunnel_conformance.target.exchange import READING, Request, Response
from seatunnel_conformance.target.network import RawConnection
from seatunnel_conformance.target.wire import Wire
from seatunnel_openapi import Contract

WAYS = {
    "unknown": ("right", "empty", "other job", "other job as asked", "404", "404 and its id", "500", "null"),
    "stop": ("hits", "floats", "right"),
    "method": ("right", "any"),
    "submit": ("hits", "right"),
    "receipt": ("right", "others", "int", "float", "null", "nothing", "list"),
    "id": ("text", "int", "float", "null"),
    "list": ("right", "hidden", "flips", "renamed", "nameless", "unreadable", "short", "page"),
    "count": ("right", "zero", "flips", "missing", "500"),
    "state": ("right", "flips", "ended", "none", "waits"),
    "name": ("right", "latest", "none"),
    "tags": ("right", "hits"),
    "end": ("right", "never", "at once"),
}
"""What can be wrong, each in these ways."""

LIARS = {"list": {"hidden", "flips", "short", "renamed"}, "count": {"zero", "flips"}}
"""A list and a count that hide jobs of others at the same time leave nothing that shows them."""

OTHERS = ("0", "1", "7", "-5", "2147483648", *(str(733584788375666689 + 2 * number) for number in range(5)))
"""The ids of the jobs of others."""

_ID = re.compile(r"\s*[+-]?\d+\s*")


def is_possible(ways: dict[str, str]) -> bool:
    """Return whether an operation or the overview ever shows jobs of others."""
    return not all(ways[name] in liars for name, liars in LIARS.items())


@dataclass
class WrongEngine:
    """`ways` has a choice for each name of `WAYS`. `named` are requests, `harmed` the ids of ended jobs of others."""

    contract: Contract
    ways: dict[str, str]
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    named: list[str] = field(default_factory=list)
    harmed: list[str] = field(default_factory=list)
    reads: int = 0
    latest: str = "payroll"
    writes: int = 0

    def __post_init__(self) -> None:
        examples = self.contract.document["components"]["examples"]
        self.shown = {name: examples[f"GetJobInfo{name}"]["value"] for name in ("Running", "Finished", "Failed")}
        self.jobs |= {job_id: {"name": "payroll", "state": "RUNNING", "others": True} for job_id in OTHERS}

    @property
    def own_running(self) -> set[str]:
        """The ids of the jobs of the suite that run."""
        return {job_id for job_id, job in self.jobs.items() if job["state"] == "RUNNING" and not job.get("others")}

    def answer(self, method: str, target: str, body: bytes | None) -> tuple[int, Any]:
        """Return the status and the JSON of a response."""
        self.reads += 1
        path, text = urlsplit(target).path, (body or b"").decode("utf-8", "replace")
        is_taken = self.ways["method"] == "any" and (body or "?" in target) and re.search("stop|submit|tags", path)
        if method not in READING or is_taken:
            self.writes += 1
            said = unquote_plus(f"{target} {text}")
            self.named += [f"{method} {said[:200]}" for job_id in OTHERS if len(job_id) > 12 and job_id in said]
            return self._changed(path, target, text)
        if path == "/overview":
            return self._overview()
        if path in {"/running-jobs", "/finished-jobs"} or path.startswith("/finished-jobs/"):
            return self._list(running=path == "/running-jobs")
        if path.startswith(("/job-info/", "/running-job/")):
            return self._details(path.rpartition("/")[2])
        if path == "/system-monitoring-information":
            return 200, [{"host": "h", "port": "5801", "isMaster": "true"}]
        return 200, []

    # ------------------------------------------------------------------ reads

    def _overview(self) -> tuple[int, Any]:
        running = sum(job["state"] == "RUNNING" for job in self.jobs.values())
        counts = {"right": running, "zero": 0, "flips": running * (self.reads % 2), "missing": None, "500": running}
        plain = {"projectVersion": "2.3.13", "workers": "1", "unassignedSlot": "0", "totalSlot": "0"}
        status = 500 if self.ways["count"] == "500" else 200
        return status, {**plain, "runningJobs": str(counts[self.ways["count"]])}

    def _list(self, *, running: bool) -> tuple[int, Any]:
        way = self.ways["list"]
        every = {job_id: self._document(job_id) for job_id in self.jobs}
        found = {job_id: one for job_id, one in every.items() if (self.jobs[job_id]["state"] == "RUNNING") is running}
        if way in {"hidden", "short"} or (way == "flips" and self.reads % 2):
            found = {job_id: one for job_id, one in found.items() if job_id not in OTHERS and way != "hidden"}
        items = list(found.values())
        if way == "renamed":
            items = [{**item, "jobName": self.latest} for item in items]
        if way == "nameless":
            items = [{name: value for name, value in item.items() if name != "jobName"} for item in items]
        if way == "unreadable":
            return 500, {"status": "fail"}
        return 200, {"data": items} if way == "page" else items

    def _details(self, job_id: str) -> tuple[int, Any]:
        if job_id in self.jobs:
            return 200, self._document(job_id)
        other = self._document(OTHERS[-1])
        return {
            "right": (200, {"jobId": job_id}),
            "empty": (200, {}),
            "other job": (200, other),
            "other job as asked": (200, {**other, "jobId": job_id}),
            "404": (404, {"status": "fail"}),
            "404 and its id": (404, {"jobId": job_id}),
            "500": (500, {"status": "fail"}),
            "null": (200, None),
        }[self.ways["unknown"]]

    def _document(self, job_id: str) -> dict[str, Any]:
        job = self.jobs[job_id]
        if job["state"] == "RUNNING" and job.get("batch") and self.ways["end"] != "never":
            job["seen"] = job.get("seen", 0) + 1
            if job["seen"] > 3 or self.ways["end"] == "at once":
                job["state"] = job["batch"]
        form = {"RUNNING": "Running", "FAILED": "Failed"}.get(job["state"], "Finished")
        shown = {**self.shown[form], "jobId": self._id(job_id), "jobName": job["name"], "jobStatus": job["state"]}
        states = {"flips": "FINISHED" if self.reads % 3 else "RUNNING", "ended": "FINISHED", "waits": "PENDING"}
        if job["state"] == "RUNNING" and self.ways["state"] in states:
            shown["jobStatus"] = states[self.ways["state"]]
        if self.ways["state"] == "none":
            del shown["jobStatus"]
        if self.ways["name"] == "latest":
            shown["jobName"] = self.latest
        if self.ways["name"] == "none":
            del shown["jobName"]
        return shown

    def _id(self, job_id: str) -> Any:
        return {"text": job_id, "int": int(job_id), "float": float(job_id), "null": None}[self.ways["id"]]

    # ------------------------------------------------------------------ writes

    def _changed(self, path: str, target: str, text: str) -> tuple[int, Any]:
        query = {name: values[-1] for name, values in parse_qs(urlsplit(target).query, keep_blank_values=True).items()}
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            document = None
        if "stop" in unquote_plus(path):
            jobs = document if isinstance(document, list) else [document]
            ids = [job.get("jobId") if isinstance(job, dict) else job for job in jobs] or [None]
            for job_id in [*ids, *([query["jobId"]] if "jobId" in query else [])]:
                self._stop(job_id)
            receipts = [{"jobId": job_id} for job_id in ids]
            return 200, receipts if path.endswith("s") else receipts[0]
        if "submit" in path:
            configs = document if isinstance(document, list) and document else [document]
            receipts = [self._submit(query, config if isinstance(config, dict) else {}, text) for config in configs]
            return 200, receipts if path.endswith("jobs") else receipts[0]
        if "tags" in path and self.ways["tags"] == "hits":
            self._hit()
        found = re.search(r"/(?:job-info|running-job)/([^/]*)", path)
        if found and found[1] not in self.own_running and self.ways["stop"] != "right":
            self._hit()
        return 200, {"status": "success", "message": "update node tags done."}

    def _read(self, job_id: Any) -> str | None:
        """Return an id as this engine reads it; None if it refuses it."""
        if not isinstance(job_id, int | str) or isinstance(job_id, bool) or not _ID.fullmatch(str(job_id)):
            return None
        if self.ways["stop"] == "floats":
            return next((known for known in self.jobs if float(known) == float(job_id)), str(int(job_id)))
        return str(int(job_id))

    def _stop(self, job_id: Any) -> None:
        read = self._read(job_id)
        job = self.jobs.get(read or "")
        # An engine that reads ids as floats can end another job of the run, which harms nobody else.
        is_own = self.ways["stop"] == "floats" and job is not None and not job.get("others")
        if self.ways["stop"] != "right" and not is_own and (job is None or str(job_id) != read):
            self._hit()
        elif job is not None and job["state"] == "RUNNING":
            self.harmed += [str(read)] if job.get("others") else []
            job["state"] = "CANCELED"

    def _submit(self, query: dict[str, str], config: dict[str, Any], text: str) -> dict[str, Any]:
        own = config.get("params")
        parameters = {**query, **own} if isinstance(own, dict) else query
        asked, name = parameters.get("jobId"), str(parameters.get("jobName", "SeaTunnel_Job"))
        read = None if asked is None else self._read(asked)
        is_odd = asked is not None and (read is None or str(asked) != read)
        restores = str(parameters.get("isStartWithSavePoint", "")).lower() not in {"", "false"}
        if self.ways["submit"] == "hits" and (is_odd or (restores and read not in self.jobs)):
            self._hit()
        job_id = read or str(900000000000000000 + len(self.jobs))
        if self.jobs.get(job_id, {}).get("others"):
            self.harmed.append(job_id)
        env = config.get("env")
        name = str(env.get("job.name", name)) if isinstance(env, dict) and "jobName" not in parameters else name
        batch = "" if "STREAMING" in text else "FAILED" if "CAST(" in text else "FINISHED"
        self.jobs[job_id] = {"name": name, "state": "RUNNING", "batch": batch}
        self.latest = name
        said = {
            "right": job_id,
            "others": OTHERS[-1],
            "int": int(job_id),
            "float": float(job_id),
            "null": None,
            "list": [job_id],
        }
        return {"jobName": name} if self.ways["receipt"] == "nothing" else {
            "jobId": said[self.ways["receipt"]], "jobName": name
        }  # fmt: skip

    def _hit(self) -> None:
        """End a job of others, and record it."""
        alive = [job_id for job_id in OTHERS if self.jobs[job_id]["state"] == "RUNNING"]
        if alive:
            self.harmed.append(alive[-1])
            self.jobs[alive[-1]]["state"] = "CANCELED"


@contextmanager
def connected(engine: WrongEngine) -> Iterator[None]:
    """Let every wire lead to an engine, and pauses take no time."""
    lost, monotonic = [0.0], time.monotonic

    def response(method: str, target: str, body: bytes | None) -> Response:
        status, document = engine.answer(method, target, body)
        fields = [("Content-Type", "application/json")]
        return Response(status, fields, b"" if method == "HEAD" else json.dumps(document).encode())

    def exchange(_: Wire, request: Request, ends: float) -> Response:  # noqa: ARG001 - as it is called
        return response(request.method, request.target, request.body)

    def raw(_: RawConnection, content: bytes, method: str, *_others: Any, **_more: Any) -> Response:
        if content[: len(content) // 2] * 2 == content:  # it is sent twice
            content = content[: len(content) // 2]
        head, _, body = (content or b"GET /overview HTTP/1.1\r\n\r\n").partition(b"\r\n\r\n")
        return response(method, head.split(b" ", 2)[1].decode("utf-8", "replace"), body or None)

    def pause(seconds: float) -> None:
        lost[0] += max(0.0, seconds)

    def prepare(wire: Wire) -> None:
        prepared(wire)
        wire.governor.sleep = pause

    prepared = Wire.__post_init__
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Wire, "__post_init__", prepare)
        patched.setattr(Wire, "_exchange", exchange)
        patched.setattr(RawConnection, "exchange", raw)
        patched.setattr(time, "sleep", pause)
        patched.setattr(time, "monotonic", lambda: monotonic() + lost[0])
        yield
