"""The differences between the documentation page and the releases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from seatunnel_openapi import Overlay, load, overlays
from seatunnel_openapi.comparison import DeviationRow, deviations, deviations_page, holding


@pytest.fixture(scope="session")
def chain(folder: Path) -> tuple[Overlay, ...]:
    return overlays(folder=folder)


@pytest.fixture(scope="session")
def rows(folder: Path, chain: tuple[Overlay, ...]) -> dict[str, DeviationRow]:
    return {row.id: row for row in deviations(load(folder=folder), chain)}


def test_every_deviation_of_the_page_and_every_difference_of_a_release_has_one_row(folder, chain):
    named = [deviation.id for deviation in load(folder=folder).deviations]
    named += [action.difference for overlay in chain for action in overlay.actions if action.difference]
    assert len(named) > 80
    assert [row.id for row in deviations(load(folder=folder), chain)] == named
    assert len(set(named)) == len(named)


def test_difference_that_ends_was_there_before(chain, rows):
    names = [overlay.name for overlay in chain]
    ended = [(row.since, row.until) for row in rows.values() if row.until is not None]
    assert len(ended) >= 6
    assert [(since, until) for since, until in ended if names.index(since) > names.index(until)] == []
    assert {name for overlay in chain for action in overlay.actions for name in action.ends} <= rows.keys()


def test_row_of_a_deviation_tells_what_the_page_says_and_what_engines_do(rows):
    row = rows["workers-are-called-workers"]
    assert "`works`" in row.documented
    assert "`workers`" in row.engine
    assert (row.paths, row.since, row.until, row.confidence) == (("/overview",), "docs-2024-10", None, "certain")
    assert [evidence.how for evidence in row.evidence] == ["recorded"]


def test_row_of_a_guess_says_so(rows):
    row = rows["upload-limits"]
    assert (row.documented, row.paths, row.since, row.confidence) == ("", ("/submit-job/upload",), "3.0.0", "likely")
    assert [evidence.how for evidence in row.evidence] == ["documented"]


def test_row_of_added_operations_names_their_paths(rows):
    assert rows["metrics-of-a-node"].paths == ("/metrics", "/openmetrics")
    assert rows["queue-of-waiting-jobs"].paths == ("/pending-jobs",)


@pytest.mark.parametrize(
    ("release", "held", "not_held"),
    [
        ("docs-2024-10", "success-without-message", "hocon-configs"),
        ("2.3.9", "hocon-configs", "success-without-message"),
        ("2.3.12", "waiting-jobs-break-answers", "pages-of-jobs"),
        ("2.3.13", "unscheduled-jobs-break-lists", "waiting-jobs-break-answers"),
        ("3.0.0", "workers-are-called-workers", "unscheduled-jobs-break-lists"),
    ],
)
def test_row_holds_from_its_first_release_to_its_last(release, held, not_held, rows, chain):
    names = {row.id for row in holding(rows.values(), release, chain)}
    assert held in names
    assert not_held not in names


def test_no_row_holds_for_the_documentation_itself(rows, chain):
    assert holding(rows.values(), "documented", chain) == ()


def test_page_has_a_line_for_every_row_and_every_release(rows, chain):
    lines = deviations_page(tuple(rows.values()), chain).splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("|")]
    assert sorted(cell[0] for cell in cells if cell[0].startswith("`")) == sorted(f"`{name}`" for name in rows)
    assert [cell[0] for cell in cells if len(cell) == 3][2:] == [overlay.name for overlay in chain]
    shown = {cell[0].strip("`"): cell for cell in cells if len(cell) == 5}
    assert shown["hocon-configs"][3] == "since 2.3.9"
    assert shown["waiting-jobs-break-answers"][3] == "2.3.12"
    assert shown["waiting-jobs-break-answers"][4].endswith("(likely)")


def test_page_survives_bars_and_line_breaks_in_a_sentence(rows, chain):
    row = replace(rows["hocon-configs"], engine="a | b\nc")
    assert "| a &#124; b c |" in deviations_page([row], chain)


def test_row_tells_since_which_release_the_page_is_right(rows, chain):
    assert rows["workers-are-called-workers"].page_right_since == "3.1.0"
    assert rows["plan-options-are-an-object"].page_right_since is None
    page = deviations_page([rows["workers-are-called-workers"]], chain)
    assert "under `works`. The page is right since 3.1.0. |" in page
    assert "of which later pages have corrected 1" in page


def test_page_corrects_what_it_contradicted(rows, chain):
    corrected = [name for overlay in chain for name in overlay.page_corrects]
    assert len(corrected) >= 8
    assert [name for name in corrected if not rows[name].documented] == []


def test_every_overlay_says_what_it_rests_on(chain):
    kinds = {overlay.name: overlay.basis.kind for overlay in chain if overlay.basis is not None}
    recorded = {overlay.name for overlay in chain if any(it.evidence.how == "recorded" for it in overlay.actions)}
    assert kinds.keys() == {overlay.name for overlay in chain}
    assert {name for name, kind in kinds.items() if kind.endswith("-run")} == recorded
