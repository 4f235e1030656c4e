"""On which releases a clause holds, and how that is known there."""

import pytest

from seatunnel_conformance.ledger import derivation
from seatunnel_conformance.ledger.entries import ReleaseStatus, release_statuses
from seatunnel_openapi.contract import Clause, Evidence, Level
from seatunnel_openapi.overlay import Action

RECORDED = Evidence("recorded", "recordings/2.3.9+static-slots.ndjson#area/scenario/step")
READ = Evidence("read", "research/later-releases.md#1.5")
PAGE = Evidence("documented", "page#jobs")


def clause(*evidence: Evidence, text: str = "It is so.") -> Clause:
    return Clause("job.known", Level.MUST, text, evidence, None)


def hold(one: Clause, release: str, before: ReleaseStatus | None = None, **more: object) -> ReleaseStatus:
    return derivation._hold(one, release, before, more.get("actions", ()), more.get("steps", {}))


def known(found: ReleaseStatus) -> tuple[str, str]:
    return found.how, found.known_on


def test_recording_of_the_release_is_the_strongest():
    assert known(hold(clause(PAGE, READ, RECORDED), "2.3.9")) == ("recorded", "2.3.9")


def test_step_that_another_release_has_answered_too_is_recorded_there():
    steps = {"2.3.10": frozenset({"area/scenario/step"})}
    assert known(hold(clause(RECORDED), "2.3.10", steps=steps)) == ("recorded", "2.3.10")


def test_page_speaks_for_the_documented_contract():
    assert known(hold(clause(RECORDED, PAGE), "documented")) == ("documented", "documented")


def test_what_the_page_leaves_open_rests_on_an_engine():
    assert known(hold(clause(RECORDED), "documented")) == ("recorded", "2.3.9")
    assert hold(clause(RECORDED), "documented").is_carried_over


def test_clause_that_nobody_looked_at_since_says_when_somebody_did():
    before = hold(clause(RECORDED), "2.3.9")
    after = hold(clause(RECORDED), "2.3.11", before)
    assert (after.release, known(after)) == ("2.3.11", ("recorded", "2.3.9"))


def test_changed_sentence_is_known_by_its_new_evidence():
    before = hold(clause(RECORDED), "2.3.9")
    assert known(hold(clause(RECORDED, READ, text="It is otherwise."), "2.3.13", before)) == ("read", "2.3.13")


def test_changed_sentence_without_evidence_of_its_own_is_known_by_the_action_that_changed_it():
    before = hold(clause(RECORDED), "2.3.9")
    action = Action(1, "$['x-clauses'][?@.id == 'job.known']", "It changes.", {}, remove=False, evidence=PAGE)
    changed = clause(RECORDED, text="It is otherwise.")
    assert known(hold(changed, "2.3.12", before, actions=[action])) == ("documented", "2.3.12")


def test_clause_is_missing_where_a_release_does_not_have_it():
    assert {found.release for found in release_statuses()["jobs.checkpoint-overview"]} == {
        "2.3.13",
        "development-2026-07-01",
        "development-2026-08-29",
        "3.0.0",
        "3.1.0",
    }


@pytest.mark.parametrize("release", ["docs-2024-10", "2.3.9", "2.3.10"])
def test_recorded_releases_have_recordings_of_their_own(release: str):
    own = [
        found.release
        for entries in release_statuses().values()
        for found in entries
        if found.release == release and known(found) == ("recorded", release)
    ]
    assert len(own) > 150
