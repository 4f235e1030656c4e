"""Compares how SeaTunnel's own test jobs end on an engine and on the reference server.

`python -m bench.simulated UPSTREAM --engine URL` runs jobs that need no outside system on an engine, and saves their
end in `docs/simulated.ndjson`. `python -m bench.simulated UPSTREAM` runs them on a reference server of the same
release, compares, and adds the results to this file, which the site shows. UPSTREAM is a checkout of SeaTunnel. The
texts of the jobs are not changed, except that a missing `env` is added.

An Assert sink counts the rows of all jobs of its class loader. Each job therefore needs a new reference server, and the
engine needs `classloader-cache-mode: false`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import httpx2
import typer

from seatunnel_conformance.observe.forms import END_STATES
from seatunnel_openapi.option_rules import KINDS
from seatunnel_server.checking.reading import JobText, NotText, plugins_of, read_job
from seatunnel_server.engine.config import Language
from seatunnel_server.engine.memory.clock import ManualClock
from seatunnel_server.engine.memory.connectors.catalogue import ConnectorMode
from seatunnel_server.serving.embedded import EmbeddedServer
from seatunnel_server.serving.process import ServeOptions

RESULTS: Final = Path(__file__).parents[1] / "docs/simulated.ndjson"
RELEASE: Final = "2.3.13"
ALONE: Final = {"source": {"fakesource"}, "sink": {"console", "assert", "localfile"}}
"""Connectors that need no outside system."""
_ASKS: Final = {"llm", "embedding"}
"""Transforms that call a service."""
LEFT_OUT: Final = {"multi_pipeline_fake_to_console_observability.conf"}
"""Jobs that are left out. This one has a billion rows, and no test of SeaTunnel runs it to its end."""
REASONS: Final = {
    "dynamic_compile/": "DynamicCompile is not run here: it passes rows on, and neither a missing file nor a missing "
    "class of the code is noticed",
    "data_validator_": "DataValidator is not run here: rows that it would leave out or fail on pass",
    "explode_": "LATERAL VIEW is not run here: rows pass once",
    "criteria_filter": "REGEXP_LIKE is not run here: all rows pass",
    "split_transform_multi_table": "a rule is about random values: chance decides which row breaks it",
    "multitable_exception": "the thread that writes may be a row behind when it fails: 27 in one run, 28 in another",
}
"""Reasons why jobs end differently or with other counts, by a part of their names."""
_PATIENCE: Final = 60
"""Maximum engine seconds of a job. Streaming jobs are compared in their state at this time, and then stopped."""
_ENDINGS: Final = {".conf", ".json", ".sql"}


def jobs(upstream: Path) -> Iterator[tuple[str, JobText]]:
    """Yield the file name and the job of each end-to-end test of SeaTunnel that needs no outside system."""
    for path in sorted(upstream.glob("seatunnel-e2e/**/src/test/resources/**/*")):
        if path.suffix not in _ENDINGS or path.name in LEFT_OUT:
            continue
        try:
            job = read_job(path.read_bytes(), path.name)
        except NotText:
            continue
        names = {
            kind: {str(it.get("plugin_name")).lower() for _, it in plugins_of(job.tree or {}, kind)} for kind in KINDS
        }
        if (
            all(names[kind] and names[kind] <= alone for kind, alone in ALONE.items())
            and not names["transform"] & _ASKS
        ):
            yield path.relative_to(upstream / "seatunnel-e2e").as_posix().replace("src/test/resources/", ""), job


def ended(client: httpx2.Client, job: JobText, wait: Callable[[], object]) -> dict[str, Any]:
    """Run a job and return its final state, its counts of rows, and its error, or the reason of a refusal."""
    text = job.text
    if "env" not in (job.tree or {}) and job.language is Language.HOCON:
        text = f"env {{}}\n{text}"
    query = {"format": job.language.value}
    sent = client.post("/submit-job", params=query, content=text, headers={"content-type": "text/plain; charset=utf-8"})
    if sent.is_error:
        return {"state": "refused", "error": str(sent.json().get("message"))[:300]}
    number: str = sent.json()["jobId"]
    found: dict[str, Any] = {}
    for _ in range(_PATIENCE):
        wait()
        if (found := client.get(f"/job-info/{number}").json()).get("jobStatus") in END_STATES:
            break
    metrics = found.get("metrics") or {}
    if found.get("jobStatus") not in END_STATES:
        client.post("/stop-job", json={"jobId": number, "isStopWithSavePoint": False})
        for _ in range(3):
            wait()
    counts = {"read": metrics.get("SourceReceivedCount"), "written": metrics.get("SinkWriteCount")}
    return {"state": found.get("jobStatus"), **counts, "error": _reason(str(found.get("errorMsg") or ""))}


def _reason(error: str) -> str:
    causes = [line for line in error.splitlines() if line and not line.startswith(("\t", " "))]
    return (causes[-1] if causes else "")[:300]


def on_engine(job: JobText, url: str) -> dict[str, Any]:
    """Return the end of a job on an engine, as `ended`."""
    with httpx2.Client(base_url=url, timeout=60) as client:
        return ended(client, job, lambda: time.sleep(1))


def on_reference(job: JobText) -> dict[str, Any]:
    """Return the end of a job on a new reference server with simulated time, as `ended`."""
    options = ServeOptions(release=RELEASE, clock=ManualClock(), connectors=ConnectorMode.SIMULATE)
    with EmbeddedServer(options) as server, httpx2.Client(base_url=server.url, transport=server.transport) as client:
        return ended(client, job, lambda: server.advance(1))


def main(
    upstream: Annotated[Path, typer.Argument(help="Checkout of upstream at 0011bdf94.")],
    engine: Annotated[str, typer.Option(help="Address of an engine, for jobs of which the file has no end.")] = "",
) -> None:
    """Print the jobs that end differently or with other counts, and the number of jobs that end alike."""
    lines = RESULTS.read_text(encoding="utf-8").splitlines() if RESULTS.exists() else []
    known = {line["job"]: line["engine"] for line in map(json.loads, lines)}
    texts = dict(jobs(upstream))
    for name in texts.keys() - known.keys() if engine else ():
        known[name] = on_engine(texts[name], engine)
        _write({"job": each, "engine": end} for each, end in sorted(known.items()))
    found = [_compared(name, known[name], on_reference(job)) for name, job in texts.items() if name in known]
    _write(found)
    for line in found:
        if not line["alike"]:
            typer.echo(f"{line['job']}: {line.get('reason', 'NO REASON')}\n  {line['engine']}\n  {line['reference']}")
    typer.echo(f"{sum(line['alike'] for line in found)} of {len(found)} jobs end alike")


def _write(lines: Iterable[Mapping[str, Any]]) -> None:
    RESULTS.write_text("".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines), encoding="utf-8")


def _compared(name: str, theirs: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    """Return the line of a job in the file, with the reason if it ends differently or with other counts."""
    alike = all(theirs.get(key) == ours.get(key) for key in ("state", "read", "written"))
    reason = next((reason for part, reason in REASONS.items() if part in name), None)
    line = {"job": name, "engine": theirs, "reference": ours, "alike": alike}
    return line | ({"reason": reason} if reason and not alike else {})


if __name__ == "__main__":
    typer.run(main)
