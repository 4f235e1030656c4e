"""Values of other releases: a single one is a suspected fault, several show that the target is of that release."""

import pytest

from seatunnel_conformance.learn.differences import LIKE_A_FAULT, TOGETHER, LearnedDifference, marked
from seatunnel_conformance.learn.trials import FactValue, asked_difference
from seatunnel_openapi import load

NEWER = ("3.0.0", "3.1.0")


def difference(subject, *releases, **more):
    return LearnedDifference("fact", subject, subject, (), "a/b/send", releases=releases, **more)


def faults(*found, reported=()):
    return {it.subject: it.fault for it in marked(found, reported)}


SEVERAL = [difference(f"submit_job.fact{number}", *NEWER) for number in range(TOGETHER)]


def test_value_of_another_release_is_a_suspected_fault_unless_several_show_this_release():
    alone = faults(*SEVERAL[:-1])
    assert set(alone.values()) == {"it is as in 3.0.0, 3.1.0, but almost nothing else is"}
    assert set(faults(*SEVERAL).values()) == {""}


def test_values_of_different_releases_show_none():
    found = [difference("submit_job.one", "3.0.0"), difference("submit_job.two", "2.3.9")]
    assert all(faults(*found, difference("Overview.three", "documented")).values())


def test_same_fact_of_several_operations_counts_once():
    same = [difference(f"{holder}.decryption", *NEWER) for holder in ("submit_job", "submit_job_by_upload", "other")]
    assert all(faults(*same).values())
    assert all(faults(*same, SEVERAL[0]).values())


def test_suspected_fault_shows_no_release_and_stays_one():
    found = faults(*SEVERAL[:-1], difference("submit_job.broken", fault=LIKE_A_FAULT))
    assert all(found.values())
    assert found["submit_job.broken"] == LIKE_A_FAULT


def test_release_that_the_deployment_reports_needs_no_second_value():
    assert faults(SEVERAL[0], reported=("3.0.0",)) == {SEVERAL[0].subject: ""}


@pytest.mark.parametrize("more", [{"harmless": True, "releases": NEWER}, {"releases": ()}])
def test_what_contradicts_no_must_clause_and_what_no_release_has_is_not_marked_here(more):
    it = LearnedDifference("new", "Overview.pending", "A member.", (), "a/b/send", **more)
    assert faults(it) == {"Overview.pending": ""}


def test_way_out_of_the_log_folder_is_marked_in_every_release():
    unsafe = difference("read_logs.fileName", *NEWER)
    found = faults(*SEVERAL, unsafe, reported=("3.0.0",))
    assert found.pop("read_logs.fileName") == "a file name with dots can lead out of the log folder"
    assert set(found.values()) == {""}


def test_further_member_is_marked_if_a_response_that_breaks_a_must_clause_has_it():
    members = [LearnedDifference("new", f"Error.{name}", "A member.", (), "a/b/send") for name in ("code", "trace")]
    found = {it.subject: bool(it.fault) for it in marked(members, broken=['{"status": "fail", "code": 400}'])}
    assert found == {"Error.code": True, "Error.trace": False}


def test_fact_that_was_asked_for_and_that_no_release_has_is_a_suspected_fault():
    values = [FactValue("submit_job", "decryption", value, it) for value, it in (("none", ()), ("every-format", NEWER))]
    found = [asked_difference(load("2.3.13"), it, "submit-job/fact-decryption/send") for it in values]
    assert [it.fault for it in found] == [LIKE_A_FAULT, ""]
