"""Each statement of a contract or overlay has evidence that exists and that supports its certainty."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from seatunnel_openapi import Evidence, JsonObject, Overlay, load, overlays
from seatunnel_openapi.documents import read_yaml

HERE = Path(__file__).parent
# The anchors of the page, in its order; the last section is one that copies of the page lost.
HEADINGS = (HERE / "page-headings.txt").read_text(encoding="utf-8").split()
NOTES = (HERE.parents[1] / "docs" / "evidence").glob("*.md")
SECTIONS = {f"{it.name}#{at}" for it in NOTES for at in re.findall(r'<a id="([\d.]+)"', it.read_text(encoding="utf-8"))}
"""The sections of the notes, by number: `later-releases.md#1.8`."""
CONFIDENCE = {"certain", "likely", "unknown"}


@pytest.fixture(scope="session")
def chain(folder: Path) -> tuple[Overlay, ...]:
    return overlays(folder=folder)


def raw_actions(overlay: Overlay) -> list[JsonObject]:
    actions: list[JsonObject] = read_yaml(overlay.path)["actions"]
    return actions


def stated(folder: Path, chain: tuple[Overlay, ...]) -> Iterator[tuple[str, Evidence]]:
    """Yield every piece of evidence of the actions, and of what the documents of all releases state."""
    for overlay in chain:
        yield from ((f"{overlay.name}, action {action.number}", action.evidence) for action in overlay.actions)
    for contract in [load(folder=folder), *(load(overlay.name, folder=folder) for overlay in chain)]:
        for statement in (*contract.clauses, *contract.client_clauses, *contract.deviations):
            yield from ((f"{contract.release}, {statement.id}", piece) for piece in statement.evidence)
        yield from ((f"{contract.release}, {choice.where}", choice.evidence) for choice in contract.choices)


@cache
def steps(recording: Path) -> frozenset[str]:
    """Return the recorded steps of a recording as evidence names them; none where there is no such recording."""
    if not recording.exists():
        return frozenset()
    rows = [json.loads(line) for line in recording.read_text(encoding="utf-8").splitlines()]
    return frozenset(f"{row['area']}/{row['scenario']}/{row['step']['id']}" for row in rows if row["exchange"])


def is_found(evidence: Evidence, recordings: Path) -> bool:
    kind, _, place = evidence.ref.partition("/")
    if evidence.how == "recorded":
        recording, _, step = place.partition("#")
        return kind == "recordings" and step in steps(recordings / recording)
    if evidence.how == "read":
        return kind == "research" and place in SECTIONS
    return evidence.ref.removeprefix("page#") in HEADINGS or (kind == "research" and place in SECTIONS)


def test_every_reference_of_every_release_leads_somewhere(folder, recordings, chain):
    pieces = list(stated(folder, chain))
    assert len(pieces) > 2000
    assert {piece.how for _, piece in pieces} == {"recorded", "read", "documented"}
    assert [f"{of}: {piece.ref}" for of, piece in pieces if not is_found(piece, recordings)] == []


@pytest.mark.parametrize(
    ("how", "ref"),
    [
        ("recorded", "recordings/2.3.9.ndjson#overview/plain/no-such-step"),
        ("recorded", "recordings/2.3.99.ndjson#overview/plain/get"),
        ("read", "research/later-releases.md#9.9"),
        ("documented", "page#no-such-heading"),
    ],
)
def test_reference_that_leads_nowhere_is_found(how, ref, recordings):
    assert not is_found(Evidence(how, ref), recordings)  # type: ignore[arg-type]  # one of the three words


def test_what_is_recorded_was_recorded_on_the_release_that_states_it(chain):
    recorded = [
        (overlay.name, action.evidence.ref.removeprefix("recordings/").partition(".ndjson")[0].partition("+")[0])
        for overlay in chain
        for action in overlay.actions
        if action.evidence.how == "recorded"
    ]
    assert {name for name, _ in recorded} == {it.name for it in chain if it.basis and it.basis.kind != "documents"}
    assert [pair for pair in recorded if pair[0] != pair[1]] == []


def test_release_that_was_not_recorded_says_how_sure_each_of_its_changes_is(chain):
    known = {
        overlay.name: {action.get("x-confidence") for action in raw_actions(overlay)}
        for overlay in chain
        if not any(action.evidence.how == "recorded" for action in overlay.actions)
    }
    assert known.keys() == {overlay.name for overlay in chain if overlay.basis and overlay.basis.kind == "documents"}
    assert {name: words - CONFIDENCE for name, words in known.items() if words - CONFIDENCE} == {}


def test_every_deviation_of_the_page_is_taken_up_by_a_change_of_some_release(folder, chain):
    deviations = {deviation.id for deviation in load(folder=folder).deviations}
    resolved = [name for overlay in chain for action in overlay.actions for name in action.resolves]
    assert len(deviations) >= 30
    assert sorted(resolved) == sorted(deviations)
    assert {overlay.name: load(overlay.name, folder=folder).deviations for overlay in chain} == {
        overlay.name: () for overlay in chain
    }


def test_every_deviation_rests_on_an_engine(documented):
    hows = {deviation.id: {piece.how for piece in deviation.evidence} for deviation in documented.deviations}
    assert [name for name, how in hows.items() if not how & {"recorded", "read"}] == []


def test_every_change_says_what_changed_in_a_sentence(chain):
    descriptions = [action.description for overlay in chain for action in overlay.actions]
    assert len(descriptions) > 200
    assert [text for text in descriptions if not (text[0].isupper() and text.endswith(".") and len(text) < 130)] == []
