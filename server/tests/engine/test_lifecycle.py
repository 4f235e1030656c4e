import pytest

from seatunnel_server.engine.domain import JobStatus
from seatunnel_server.engine.memory.lifecycle import TRANSITIONS, IllegalTransition, advance


def test_every_state_says_where_a_job_may_go():
    assert set(TRANSITIONS) == set(JobStatus)


def test_exactly_the_end_states_lead_nowhere():
    assert {status for status, after in TRANSITIONS.items() if not after} == {s for s in JobStatus if s.is_end}


def test_every_end_state_but_the_unknowable_is_reached():
    reached = set().union(*TRANSITIONS.values())
    assert {s for s in JobStatus if s.is_end} - reached == {JobStatus.UNKNOWABLE}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (JobStatus.FINISHED, JobStatus.RUNNING),
        (JobStatus.PENDING, JobStatus.FINISHED),
        (JobStatus.CANCELING, JobStatus.RUNNING),
        (JobStatus.RUNNING, JobStatus.RUNNING),
    ],
)
def test_illegal_transition_names_both_states(before, after):
    with pytest.raises(IllegalTransition, match=f"from {before} to {after}") as caught:
        advance(before, after)
    assert (caught.value.before, caught.value.after) == (before, after)
