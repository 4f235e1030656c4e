"""Every piece of evidence can be looked up: steps in the recordings, headings on the page."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from seatunnel_openapi import Contract, Evidence, overlays

ROOT = Path(__file__).parents[2]
RECORDINGS = ROOT / "conformance" / "recordings"
# The anchors of the page, in its order; the last section is one that copies of the page lost.
HEADINGS = (Path(__file__).parent / "page-headings.txt").read_text(encoding="utf-8").split()


def evidence(contract: Contract) -> Iterator[tuple[str, Evidence]]:
    """Yield every piece of evidence, with the id or place of what rests on it."""
    for statement in (*contract.clauses, *contract.client_clauses, *contract.deviations):
        yield from ((statement.id, piece) for piece in statement.evidence)
    yield from ((choice.where, choice.evidence) for choice in contract.choices)
    for overlay in overlays():
        yield from ((f"{overlay.path.name}, action {action.number}", action.evidence) for action in overlay.actions)


@cache
def steps(recording: str) -> frozenset[str]:
    """Return the steps of a recording as evidence names them: `area/scenario/step`."""
    path = RECORDINGS / recording
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    return frozenset(f"{row['area']}/{row['scenario']}/{row['step']['id']}" for row in rows)


def test_every_recorded_piece_is_a_step_of_a_recording(contract: Contract) -> None:
    if not RECORDINGS.is_dir():
        pytest.skip("the recordings are not in this checkout (conformance/recordings)")
    refs = [(of, piece.ref) for of, piece in evidence(contract) if piece.how == "recorded"]
    assert len(refs) > 50
    missing = []
    for of, ref in refs:
        recording, _, step = ref.removeprefix("recordings/").partition("#")
        if step not in steps(recording):
            missing.append(f"{of}: {ref}")
    assert missing == []


def test_every_documented_piece_is_a_heading_of_the_page(contract: Contract) -> None:
    refs = [
        (of, piece.ref)
        for of, piece in evidence(contract)
        if piece.how == "documented" and not piece.ref.startswith("research/")  # a later page, as the research tells
    ]
    assert len(refs) > 20
    assert [(of, ref) for of, ref in refs if ref.removeprefix("page#") not in HEADINGS] == []


def test_every_clause_and_deviation_rests_on_something(contract: Contract) -> None:
    statements = (*contract.clauses, *contract.client_clauses, *contract.deviations)
    assert len(statements) > 80
    assert [statement.id for statement in statements if not statement.evidence] == []


def test_every_deviation_rests_on_an_engine(documented: Contract) -> None:
    hows = {deviation.id: {piece.how for piece in deviation.evidence} for deviation in documented.deviations}
    assert hows
    assert [name for name, how in hows.items() if not how & {"recorded", "read"}] == []
