"""Run every recorded job on the in-memory engine, and compare its rows with the recording.

`exceptions.json` lists what differs, with the reason, and what is not run here; both lists are exact.
"""

import asyncio
import json
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from record_rows import ASKED, cause, job_of, shown, written
from speaking_releases import contract_of

from seatunnel_server.engine.domain import JobId
from seatunnel_server.engine.errors import EngineError, IllegalArgument
from seatunnel_server.engine.memory.clock import RealClock
from seatunnel_server.engine.memory.connectors.transforms.registry import KNOWN, make_transform
from seatunnel_server.engine.memory.connectors.transforms.sql.functions import FUNCTIONS
from seatunnel_server.engine.memory.flow import Flow, SharedPace
from seatunnel_server.engine.memory.pipeline import Counters, ExecutableJob, TaskContext
from seatunnel_server.engine.memory.planning import Planner
from seatunnel_server.engine.memory.schema import TIMESTAMP, Column, Table, TablePath
from seatunnel_server.engine.options import Options

THE_RUNTIMES_OWN = re.compile(
    r"^((?:java.lang.(?:NullPointer|ClassCast|ArrayIndexOutOfBounds|StringIndexOutOfBounds)"
    r"|java.time.format.DateTimeParse|java.util.regex.PatternSyntax|.*databind.exc.InvalidFormat)Exception"
    r"|java.lang.NumberFormatException(?=: Character)|.*JsonPath transform error).*"
)
"""Errors whose further words belong to Java or one of its libraries and differ between their versions."""
HERE = Path(__file__).parent
OTHER_WORDS = {"2.3.9": 59, "2.3.13": 41}
"""How many refusals of each release have other words here, mostly those of the engine's parser of SQL."""
RELEASES = tuple(OTHER_WORDS)
NOT_RUN = {
    *("ACOS", "ASIN", "ATAN", "ATAN2", "COS", "COSH", "COT", "SIN", "SINH", "TAN", "TANH"),
    *("LOG", "RADIANS", "RAND", "RANDOM"),
    *("CHAR", "CHR", "HEXTORAW", "INSERT", "RAWTOHEX", "SOUNDEX", "SPACE", "TRANSLATE"),
    *("REGEXP_LIKE", "REGEXP_REPLACE", "REGEXP_SUBSTR"),
    *("DATEADD", "DATEDIFF", "DATE_TRUNC", "FROM_UNIXTIME", "IS_DATE", "PARSEDATETIME", "TIMESTAMPADD", "TO_DATE"),
    *("CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"),
    *("ARRAY", "ARRAY_MAX", "ARRAY_MIN", "DES_DECRYPT", "DES_ENCRYPT", "MAP", "MULTI_IF", "MURMUR64", "SPLIT"),
    *("COSINE_DISTANCE", "INNER_PRODUCT", "L1_DISTANCE", "L2_DISTANCE"),
    *("TRIM_SCALE", "VECTOR_DIMS", "VECTOR_NORM", "VECTOR_NORMALIZE", "VECTOR_REDUCE"),
}
"""Functions that are not run here, some of them only with arguments."""
ANSWERS: dict[str, dict[str, Any]] = {}
"""What the engine here makes of each case; that does not depend on the release."""
EXCEPTIONS = json.loads((HERE / "exceptions.json").read_text(encoding="utf-8"))


class LeapingClock(RealClock):
    """A clock that skips every sleep, so that a source which reads a split per second takes no time."""

    leapt = 0.0

    def monotonic(self) -> float:
        """Return the seconds since the start, including skipped sleeps."""
        return super().monotonic() + self.leapt

    async def sleep(self, seconds: float) -> None:
        """Skip the sleep."""
        self.leapt += max(seconds, 0.0)
        await asyncio.sleep(0)


def recorded(release: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the named sources and the cases of a release."""
    lines = [json.loads(line) for line in (HERE / f"{release}.ndjson").read_text(encoding="utf-8").splitlines()]
    sources = {line["source"]: line["options"] for line in lines if "source" in line}
    return sources, [line for line in lines if "source" not in line]


def name_of(case: dict[str, Any]) -> str:
    """Return the name of a case: its query, or else the whole case."""
    return case.get("sql") or json.dumps({key: case[key] for key in ASKED if key in case}, ensure_ascii=False)


async def played(case: dict[str, Any], sources: dict[str, Any], root: Path) -> dict[str, Any]:
    """Run a case's job here and return the result in the form of the recording."""
    lines: list[str] = []
    folder = root / "files"
    context = TaskContext(JobId(1), 0, lines.append, root)
    try:
        job = Planner().plan(job_of(case, sources, "/files"))
        for branch in (branch for pipeline in job.pipelines for branch in pipeline.branches):
            branch.sink.prepare(context)
    except EngineError as error:
        return {"status": 400 if isinstance(error, IllegalArgument) else 500, "message": error.message}
    if job.notes:
        return {"not run": job.notes[0]}
    ended = await run(job, context)
    return {**shown(case, "\n".join(lines)), **ended, **written(folder)}


async def run(job: ExecutableJob, context: TaskContext) -> dict[str, Any]:
    """Move a job's rows; return its end where that is not FINISHED."""
    traffic = SharedPace(LeapingClock(), asyncio.Lock(), 1e9)
    flow = Flow(job, start={}, counters=Counters(), context=lambda _subtask, _plugin: context, traffic=traffic)
    try:
        await flow.run(lambda: None)
        if flow.endless:
            return {"end": "RUNNING"}
        flow.close()
    except Exception as error:  # noqa: BLE001 - any exception of a plugin fails the job
        return {"end": "FAILED", "error": cause(str(error)) if str(error) else repr(error)}
    return {}


def rowless_sources_end(release: str) -> bool:
    """Tell whether the engine of a release finishes a job whose source makes no rows."""
    return contract_of(release).operation("submit_job").behaviour.choice("rowlessSource") == "ends"


def comparable(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what of an answer has to be alike.

    Of a refusal its status; of a failure its last cause, of which some texts are the Java runtime's own and differ
    between its versions.
    """
    if "status" in answer:
        return {"status": answer["status"]}
    kept = {key: value for key, value in answer.items() if key not in ASKED}
    if "error" in kept:
        kept["error"] = THE_RUNTIMES_OWN.sub(r"\1", kept["error"])
    return kept


def words(answer: dict[str, Any]) -> str:
    """Return the message of a refusal."""
    return cause(answer.get("message", ""))


def alike(known: dict[str, Any], answer: dict[str, Any]) -> bool:
    """Tell whether a result is the recorded one; the recording of a failed job may lack its last rows."""
    if known.get("end") == "FAILED":
        answer = {**answer, "rows": answer.get("rows", [])[: len(known.get("rows", []))]}
        known = {"rows": [], **known}
    return known == answer


async def compared(release: str, root: Path) -> dict[str, set[str]]:
    """Run all cases of a release; return the names of those that differ and of those that are not run."""
    sources, cases = recorded(release)
    found: dict[str, set[str]] = defaultdict(set)
    for case in cases:
        name = name_of(case)
        answer = ANSWERS[name] = ANSWERS.get(name) or await played(case, sources, root)
        if answer.get("end") == "RUNNING" and rowless_sources_end(release):
            answer = {key: value for key, value in answer.items() if key != "end"}
        if answer.get("status") == case.get("status") and words(case) != words(answer):
            found["other words"].add(name)
        if "not run" in answer:
            found["not run"].add(name)
        elif not alike(comparable(case), comparable(answer)):
            found["differs"].add(name)
    return found


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The engines that were recorded ran in UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("release", RELEASES)
def test_jobs_make_the_recorded_rows(release, tmp_path):
    found = asyncio.run(compared(release, tmp_path))
    listed = [each for each in EXCEPTIONS if release in each["releases"]]
    assert found["differs"] == {name for each in listed if "differs" in each for name in each["differs"]}
    assert found["not run"] == {name for each in listed if "not run" in each for name in each["not run"]}
    assert len(found["other words"]) == OTHER_WORDS[release]


def test_functions_are_recorded_or_not_run():
    table = Table(TablePath.parse("fake"), (Column("a", TIMESTAMP),))
    queries = {name: Options({"query": f"select {name}(a, 'yyyy') as v from fake"}) for name in FUNCTIONS}  # noqa: S608
    assert {name for name, query in queries.items() if make_transform("Sql", query, table).note} == NOT_RUN
    asked = " ".join(case.get("sql", "") for release in RELEASES for case in recorded(release)[1]).upper()
    assert {name for name in FUNCTIONS if f"{name}(" not in asked} <= NOT_RUN


LATER = ("Calcite", "FieldEncrypt")
"""Transforms that no release has; the development engine does, and it was not asked for rows."""


def test_transforms_are_recorded():
    cases = [case for release in RELEASES for case in recorded(release)[1]]
    assert {step["plugin_name"] for case in cases for step in case.get("transform", ())} >= KNOWN - {"Sql", *LATER}
