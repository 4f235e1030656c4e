from dataclasses import replace

import orjson
import pytest

from seatunnel_server.api.forms import JobEncoding
from seatunnel_server.api.validation import SchemaCompiler
from seatunnel_server.engine.domain import JobId, JobStatus
from seatunnel_server.errors import ContractViolation

NAMED = SchemaCompiler({}).compile({"required": ["name"], "properties": {"name": {"pattern": "^[a-z]+$"}}}, "it")


class Writing:
    """An encoder that keeps the values which it was given."""

    def __init__(self):
        self.written = []

    def __call__(self, job):
        self.written.append(job)
        return {"id": str(job.id), "name": job.name, "status": job.status.value}


@pytest.fixture
def writing():
    return Writing()


def test_job_is_encoded_once_for_each_state_that_it_is_in(writing, running_job):
    form = JobEncoding(writing, NAMED, "op")
    same, later = replace(running_job), replace(running_job, version=2, status=JobStatus.CANCELING)
    assert form.bytes_of(running_job) is form.bytes_of(running_job) is form.bytes_of(same)
    assert orjson.loads(form.bytes_of(later))["status"] == "CANCELING"
    assert len(writing.written) == 2


def test_id_that_is_used_again_is_another_job(writing, running_job):
    form = JobEncoding(writing, None, "op")
    again = replace(running_job, name="again", create_time=running_job.create_time.replace(year=2030))
    form.bytes_of(running_job)
    assert orjson.loads(form.bytes_of(again))["name"] == "again"


def test_job_that_the_schema_refuses_is_not_sent(writing, running_job):
    form = JobEncoding(writing, NAMED, "get_it")
    with pytest.raises(ContractViolation, match="get_it") as caught:
        form.bytes_of(replace(running_job, name="UPPER"))
    assert caught.value.operation_id == "get_it"
    assert form.bytes_of(running_job)


@pytest.mark.parametrize("count", [0, 1, 127, 128, 129, 300])
def test_list_in_pieces_is_one_json_array(writing, running_job, count):
    form = JobEncoding(writing, NAMED, "op")
    jobs = [replace(running_job, id=JobId(number)) for number in range(count)]
    pieces = form.list_of(jobs)
    assert [item["id"] for item in orjson.loads(b"".join(pieces))] == [str(number) for number in range(count)]
    assert len(pieces) == max(1, -(-count // 128))


def test_memory_of_jobs_that_are_gone_is_bounded(writing, running_job):
    form = JobEncoding(writing, None, "op")
    for number in range(5000):
        form.bytes_of(replace(running_job, id=JobId(number)))
    assert len(form._known) <= 1024


def test_longest_list_stays_encoded(writing, running_job):
    form = JobEncoding(writing, None, "op")
    jobs = [replace(running_job, id=JobId(number)) for number in range(3000)]
    form.list_of(jobs)
    form.list_of(jobs)
    assert len(writing.written) == 3000


def test_piece_of_a_list_is_joined_once_for_the_same_jobs(writing, running_job):
    form = JobEncoding(writing, NAMED, "op")
    jobs = [replace(running_job, id=JobId(number), archived=True) for number in range(300)]
    first, again = form.list_of(jobs), form.list_of(list(jobs))
    assert again[1] is first[1]
    jobs[200] = replace(jobs[200], name="other", version=99)
    changed = form.list_of(jobs)
    assert orjson.loads(b"".join(changed))[200]["name"] == "other"
    assert len(writing.written) == 301


def test_memory_of_pieces_is_bounded(writing, running_job):
    form = JobEncoding(writing, None, "op")
    for start in range(0, 30_000, 128):
        form.list_of([replace(running_job, id=JobId(start + number), archived=True) for number in range(128)])
    assert len(form._pieces) <= 4 * form._capacity // 128


def test_long_jobs_are_not_copied_for_a_list_and_kept_within_bounds(writing, running_job):
    form = JobEncoding(writing, None, "op")
    jobs = [replace(running_job, id=JobId(number), name="x" * 2**23) for number in range(3)]
    first, again = form.list_of(jobs), form.list_of(jobs)
    assert [job["id"] for job in orjson.loads(b"".join(first))] == ["0", "1", "2"]
    assert sum(len(piece) for piece in first if not any(piece is other for other in again)) < 10
    for number in range(20):
        form.bytes_of(replace(running_job, id=JobId(number), name="x" * 2**23))
    assert len(form._known) <= 8
