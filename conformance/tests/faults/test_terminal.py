"""The score in the terminal."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from seatunnel_conformance.faults.catalogue import all_faults
from seatunnel_conformance.faults.results import FaultResult, FaultsFinished, FaultsStarted
from seatunnel_conformance.faults.score import FaultProgress, Score, show, show_catalogue
from seatunnel_conformance.report.outcomes import RunExit
from seatunnel_openapi import Contract

Make = Callable[..., FaultResult]

KNOWN = {fault.id: fault for fault in all_faults()}


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=80, highlight=False, color_system=None)


def text(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_table_has_a_row_for_each_kind(console: Console, documented: Contract, result: Make):
    show(Score((result(), result("b", kind="configurations", fate="survived"))), documented, KNOWN, console)
    rows = [line.split() for line in text(console).splitlines()]
    assert ["semantic", "1", "1", "·", "·", "·", "·"] in rows
    assert ["configurations", "1", "·", "·", "·", "1", "·"] in rows


def test_table_fits_into_eighty_columns(console: Console, documented: Contract, result: Make):
    show(Score((result(kind="configurations"),)), documented, KNOWN, console)
    assert "…" not in text(console)
    assert max(map(len, text(console).splitlines()[:4])) <= 80


ALARM = {"fault": "headers-are-added", "kind": "harmless", "due": "silence", "killers": {"http.head": "?"}}
SURVIVOR = ["survived unknown-id-is-404", "An unknown job id is answered with 404 instead of 200."]


@pytest.mark.parametrize(
    ("given", "said", "unsaid"),
    [
        ({"fate": "survived", "note": "odd"}, [*SURVIVOR, "breaks job-info.unknown-id", "odd"], []),
        ({}, ["of MUST clauses: 1 of 1 (100 %)"], ["unknown-id-is-404", "Harmless", "Generated"]),
        ({"must": False}, ["of all clauses: 1 of 1 (100 %)"], ["of MUST clauses: "]),
        ({"killers": {"job-info.unknown-id": "404"}}, ["MUST clauses whose own check killed a fault: 1 of "], []),
        (
            {"fate": "killed-elsewhere", "killers": {"overview.members": "GET / was answered 200 [/red] [link=x]"}},
            ["[/red] [link=x]"],
            [],
        ),
        (
            {"fate": "killed-elsewhere", **ALARM},
            ["False alarms: 1: headers-are-added (http.head).", "false alarm headers-are-added\n"],
            [],
        ),
    ],
    ids=["survivor", "killed", "of no MUST clause", "own check", "brackets", "false alarm"],
)
def test_score_explains_a_result(  # noqa: PLR0913, PLR0917 - a table
    console: Console, documented: Contract, result: Make, given: dict[str, Any], said: list[str], unsaid: list[str]
):
    score = Score((result(**given),))
    show(score, documented, KNOWN, console)
    assert [each for each in said if each not in text(console)] == []
    assert [each for each in unsaid if each in text(console)] == []
    assert (score.exit is RunExit.CONFORMS) is (given.get("fate", "killed") == "killed")


def test_catalogue_tells_the_clauses(console: Console):
    show_catalogue(
        [KNOWN[name] for name in ("unknown-id-is-404", "headers-are-reversed", "connections-are-closed")], console
    )
    assert "  job-info.unknown-id, running-job.unknown-id\n" in text(console)
    assert "  survived is expected\n" in text(console)
    assert "  survived is expected; http.keep-alive may fail\n" in text(console)


def test_nobody_watches_a_console_that_is_none(console: Console, result: Make):
    display = FaultProgress(console, "trying faults")
    for event in (
        FaultsStarted("x", "documented", "standard", "suite", 1, 0, 1, {}),
        result(),
        FaultsFinished({}, 1.0),
    ):
        display.on_event(event)
    assert text(console) == ""
