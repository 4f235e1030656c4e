"""The stream of results: each line is valid by its schema, and a stream that was cut off can be read and continued."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from seatunnel_conformance.faults.results import (
    FaultResult,
    FaultsFinished,
    FaultsStarted,
    FaultStatus,
    ResultsError,
    count_fates,
    decode,
    encode,
    read_results,
    require_same,
    results_file,
)

Make = Callable[..., FaultResult]


@pytest.fixture
def header() -> FaultsStarted:
    return FaultsStarted("http://localhost", "documented", "standard", 1, 40, 2, {"pass": 189})


@pytest.fixture
def written(tmp_path: Path, header: FaultsStarted, result: Make) -> Path:
    path = tmp_path / "faults.ndjson"
    with results_file(path, [header]) as write:
        for event in (result("a"), result("b", fate="survived", note="\u6d4b")):
            write(event)
    return path


def test_every_event_is_read_as_it_was_written(header: FaultsStarted, result: Make):
    killers = {"job-info.unknown-id": "GET /job-info/1 was answered 404"}
    finished = FaultsFinished({"killed": 1}, 2.5)
    for event in (header, result(killers=killers, checks=1, altered=2, exchanges=3), finished):
        assert decode(encode(event), 1) == event


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[]",
        '{"event": "fault-finished"}',
        '{"event": "no-such-event"}',
        '{"event": "faults-finished", "fates": {"lost": 1}, "seconds": 1}',
        '{"event": "faults-finished", "fates": {}, "seconds": 1, "more": 1}',
    ],
)
def test_line_of_another_shape_is_refused(line: str):
    with pytest.raises(ResultsError, match="line 7"):
        decode(line, 7)


def test_results_are_read_from_a_run_that_was_cut_off(written: Path, header: FaultsStarted):
    with written.open("a", encoding="utf-8") as stream:
        stream.write('{"event": "fault-fini')
    found, results = read_results(written)
    assert found == header
    assert [(result.fault, result.fate) for result in results] == [
        ("a", FaultStatus.KILLED),
        ("b", FaultStatus.SURVIVED),
    ]


def test_broken_line_before_the_last_is_no_cut(written: Path):
    written.write_text("{\n" + written.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(ResultsError, match="line 1"):
        read_results(written)


@pytest.mark.parametrize(("name", "value"), [("release", "2.3.9"), ("profile", "smoke"), ("seed", 2), ("generated", 0)])
def test_results_of_another_run_are_not_gone_on_with(header: FaultsStarted, name: str, value: object):
    plain = json.loads(encode(header))
    other = FaultsStarted(**{name: value for name, value in plain.items() if name != "event"} | {name: value})
    with pytest.raises(ResultsError, match=name):
        require_same(other, header)


def test_nothing_is_gone_on_with_by_every_run(header: FaultsStarted):
    require_same(None, header)
    require_same(header, header)
    assert header.seed == 1


def test_fates_are_counted_all_of_them(result: Make):
    counts = count_fates([result("a"), result("b"), result("c", fate="idle")])
    assert counts == {**dict.fromkeys((fate.value for fate in FaultStatus), 0), "killed": 2, "idle": 1}
