from dataclasses import replace
from datetime import timedelta

from seatunnel_server.engine.domain import Edge, Job, JobId, JobPlan, JobStatus, Vertex
from seatunnel_server.engine.memory.clock import ManualClock
from seatunnel_server.engine.memory.environment import History, SharedValues, weight

START = ManualClock().now()


def history(*, minutes: float = 10, limit: int = 100, forgotten: list[Job] | None = None) -> History:
    gone = [] if forgotten is None else forgotten
    return History(expiry=timedelta(minutes=minutes), limit=limit, forgotten=gone.append)


def test_jobs_are_listed_in_the_order_of_their_end_all_and_by_state(make):
    past = history()
    jobs = [make.archived(3), make.archived(1, JobStatus.FAILED), make.archived(2)]
    for job in jobs:
        past.archive(job)
    assert list(past.jobs()) == jobs
    assert list(past.jobs("FINISHED")) == [jobs[0], jobs[2]]
    assert (past.count("FINISHED"), past.count("FAILED"), past.count("CANCELED")) == (2, 1, 0)


def test_state_that_no_job_ended_in_has_an_empty_list_and_leaves_nothing_behind(make):
    past = history()
    past.archive(make.archived(1))
    assert list(past.jobs("NO_SUCH_STATE")) == []
    assert past._lists == {}


def test_archived_objects_and_lists_are_handed_out_as_they_are(make):
    past = history()
    job = make.archived(1)
    past.archive(job)
    assert past.job(job.id) is job
    assert past.jobs() is past.jobs()
    assert past.jobs("FINISHED") is past.jobs("FINISHED")


def test_list_of_a_state_stays_the_same_when_another_state_gains_a_job(make):
    past = history()
    past.archive(make.archived(1))
    before, canceled, everything = past.jobs("FINISHED"), past.jobs("CANCELED"), past.jobs()
    past.archive(make.archived(2, JobStatus.CANCELED))
    assert past.jobs("FINISHED") is before
    assert (len(canceled), len(past.jobs("CANCELED"))) == (0, 1)
    assert (len(everything), len(past.jobs())) == (1, 2)
    past.archive(make.archived(3))
    assert (len(before), len(past.jobs("FINISHED"))) == (1, 2)


def test_job_archived_again_takes_the_place_of_the_first_and_moves_to_the_end(make):
    past = history()
    for job in (make.archived(1, JobStatus.SAVEPOINT_DONE), make.archived(2)):
        past.archive(job)
    again = make.archived(1, JobStatus.CANCELED)
    past.archive(again)
    assert [job.id for job in past.jobs()] == [2, 1]
    assert past.job(JobId(1)) is again
    assert list(past.jobs("SAVEPOINT_DONE")) == []


def test_jobs_are_forgotten_when_their_time_is_over(make):
    gone: list[Job] = []
    past = history(minutes=10, forgotten=gone)
    early = make.archived(1)
    late = make.archived(2, finish_time=START + timedelta(minutes=5))
    past.archive(early)
    past.archive(late)
    past.sweep(START + timedelta(minutes=9, seconds=59))
    assert len(past.jobs()) == 2
    past.sweep(START + timedelta(minutes=10))
    assert list(past.jobs()) == [late]
    assert gone == [early]
    past.sweep(START + timedelta(days=1))
    assert list(past.jobs()) == []
    assert past.count("FINISHED") == 0


def test_first_to_have_ended_goes_when_there_are_too_many(make):
    gone: list[Job] = []
    past = history(limit=2, forgotten=gone)
    for number in (1, 2, 3):
        past.archive(make.archived(number))
    assert [job.id for job in past.jobs()] == [2, 3]
    assert [job.id for job in gone] == [1]


def test_equal_plans_and_options_are_one_object(make):
    shared = SharedValues()
    plan = make.plan
    twin = JobPlan(edges={1: (Edge(1, 2),)}, vertices=tuple(replace(vertex) for vertex in plan.vertices))
    assert twin is not plan
    assert shared.plan(plan) is plan
    assert shared.plan(twin) is plan
    options = {"job.mode": "BATCH"}
    assert shared.options(options) is options
    assert shared.options(dict(options)) is options


def test_plans_that_differ_stay_apart(make):
    shared = SharedValues()
    fewer = JobPlan(edges=make.plan.edges, vertices=make.plan.vertices[:1])
    other = JobPlan(edges={2: (Edge(1, 2),)}, vertices=make.plan.vertices)
    assert [shared.plan(plan) for plan in (make.plan, fewer, other)] == [make.plan, fewer, other]


def test_options_in_another_order_stay_as_they_are():
    shared = SharedValues()
    assert list(shared.options({"a": "1", "b": "2"})) == ["a", "b"]
    assert list(shared.options({"b": "2", "a": "1"})) == ["b", "a"]


def test_oldest_shared_values_make_room_for_new_ones():
    shared = SharedValues(limit=2)
    first = shared.options({"a": "1"})
    shared.options({"b": "1"})
    assert shared.options({"a": "1"}) is first
    shared.options({"c": "1"})
    assert shared.options({"a": "1"}) is not first


def test_history_forgets_the_first_jobs_when_all_weigh_too_much_and_keeps_the_newest(make):
    gone: list[Job] = []
    past = History(expiry=timedelta(days=1), limit=100, forgotten=gone.append, weight_limit=1000)
    heavy = [
        make.archived(1, name="n" * 400),
        make.archived(2, error="e" * 400),
        make.archived(3, env_options={"k": "v" * 400}),
        make.archived(4, plan=JobPlan({}, (Vertex(1, "source", "p" * 400),))),
    ]
    for job in heavy:
        past.archive(job)
    assert [job.id for job in past.jobs()] == [3, 4]
    assert [job.id for job in gone] == [1, 2]
    past.archive(make.archived(5, name="n" * 5000))
    assert [job.id for job in past.jobs()] == [5]
    past.archive(make.archived(5))
    past.archive(make.archived(6))
    assert [job.id for job in past.jobs()] == [5, 6]


def test_history_has_room_for_as_many_ordinary_jobs_as_its_limit(make):
    job = make.archived(1, env_options={"job.mode": "BATCH", "job.name": "an ordinary name"})
    assert weight(job) * 50_000 < 64 * 2**20


def test_long_values_are_not_shared():
    shared = SharedValues()
    plan = JobPlan({}, (Vertex(1, "source", "p" * 10**6),))
    assert shared.plan(plan) is plan
    assert shared.options({"k": "v" * 10**6})
    assert shared._known == {}
