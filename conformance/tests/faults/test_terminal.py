"""The score as people read it."""

import io
from collections.abc import Callable

import pytest
from rich.console import Console

from seatunnel_conformance.faults.catalogue import all_faults
from seatunnel_conformance.faults.results import FaultResult, FaultsFinished, FaultsStarted
from seatunnel_conformance.faults.score import ProgressDisplay, Score, show, show_catalogue
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


def test_survivor_is_explained(console: Console, documented: Contract, result: Make):
    show(Score((result(fate="survived", note="odd"),)), documented, KNOWN, console)
    for said in (
        "survived unknown-id-is-404",
        "An unknown job id is answered with 404 instead of 200.",
        "breaks job-info.unknown-id",
        "odd",
    ):
        assert said in text(console)


def test_false_alarm_is_named_with_its_checks(console: Console, documented: Contract, result: Make):
    alarm = result(
        "headers-are-added", kind="harmless", due="silence", fate="killed-elsewhere", killers={"http.head": "?"}
    )
    score = Score((alarm,))
    show(score, documented, KNOWN, console)
    assert "False alarms: 1: headers-are-added (http.head)." in text(console)
    assert "false alarm headers-are-added\n" in text(console)
    assert score.exit is RunExit.DEVIATES


def test_killed_fault_is_not_explained(console: Console, documented: Contract, result: Make):
    show(Score((result(),)), documented, KNOWN, console)
    assert "unknown-id-is-404" not in text(console)


def test_shares_are_told_for_what_was_tried_only(console: Console, documented: Contract, result: Make):
    show(Score((result(),)), documented, KNOWN, console)
    assert "of MUST clauses: 1 of 1 (100 %)" in text(console)
    assert "Harmless" not in text(console)
    assert "Generated" not in text(console)


def test_share_of_must_clauses_is_left_out_if_no_fault_breaks_one(console: Console, documented: Contract, result: Make):
    show(Score((result(must=False),)), documented, KNOWN, console)
    assert "of all clauses: 1 of 1 (100 %)" in text(console)
    assert "of MUST clauses: " not in text(console)


def test_proof_of_clauses_is_told(console: Console, documented: Contract, result: Make):
    show(Score((result(killers={"job-info.unknown-id": "404"}),)), documented, KNOWN, console)
    assert "MUST clauses whose own check killed a fault: 1 of " in text(console)


def test_brackets_of_a_target_are_no_markup(console: Console, documented: Contract, result: Make):
    reasons = {"overview.members": "GET / was answered 200 [/red] [link=x]"}
    show(Score((result(fate="killed-elsewhere", killers=reasons),)), documented, KNOWN, console)
    assert "[/red] [link=x]" in text(console)


def test_catalogue_tells_the_clauses(console: Console):
    show_catalogue(
        [KNOWN[name] for name in ("unknown-id-is-404", "headers-are-reversed", "connections-are-closed")], console
    )
    assert "  job-info.unknown-id, running-job.unknown-id\n" in text(console)
    assert "  survived is expected\n" in text(console)
    assert "  survived is expected; http.keep-alive may fail\n" in text(console)


def test_nobody_watches_a_console_that_is_none(console: Console, result: Make):
    display = ProgressDisplay(console)
    for event in (
        FaultsStarted("x", "documented", "standard", "suite", 1, 0, 1, {}),
        result(),
        FaultsFinished({}, 1.0),
    ):
        display.on_event(event)
    assert text(console) == ""
