"""How a clause is known on each release, and which recorded exchanges are shown."""

import pytest

from seatunnel_docs.evidence import Standing
from seatunnel_docs.exchanges import PER_STATUS
from seatunnel_docs.knowledge import FaultRun
from seatunnel_docs.pages.releases import pages as release_pages
from seatunnel_openapi import load

pytestmark = pytest.mark.slow  # every recording is read


def test_clause_counts_as_recorded_only_on_releases_that_were_asked(known):
    standings = known.clauses["job-info.unknown-id"].standings
    assert [standings[release] for release in ("documented", "2.3.9", "2.3.13", "3.0.0")] == [
        Standing.DOCUMENTED,
        Standing.RECORDED,
        Standing.RECORDED,
        Standing.EARLIER,
    ]


def test_clause_is_absent_from_releases_that_do_not_have_it(known):
    later = known.clauses["pending-jobs.members"]
    assert later.standings["2.3.10"] is Standing.ABSENT
    assert later.standings["2.3.13"] is Standing.RECORDED


def test_wordings_of_a_clause_name_the_releases_that_have_them(known):
    wordings = known.clauses["http.unsupported-write"].wordings
    assert next(iter(wordings.values())) == ["documented"]
    assert len(wordings) > 1


def test_examples_are_few_and_say_who_answered_alike(known):
    examples = known.exchanges.examples("get_job_info", known.contracts, ["job-info/unknown/get"])
    assert list(examples) == [200, 400, 500]
    assert max(map(len, examples.values())) <= PER_STATUS
    first = examples[200][0]
    assert (first.step, first.curl) == (
        "job-info/unknown/get",
        "curl -sS -i --path-as-is http://localhost:8080/job-info/123",
    )
    answered = {*first.answer.releases, *(release for other in first.others for release in other.releases)}
    assert answered == set(known.recorded_releases)


def test_variable_of_a_recording_has_one_name_in_request_and_answer(known):
    examples = known.exchanges.examples("get_job_info", known.contracts, ["job-info/finished/get"])
    finished = next(example for example in examples[200] if example.step == "job-info/finished/get")
    assert finished.curl.endswith("/job-info/JOB_ID'")
    assert '"jobId": "JOB_ID"' in finished.answer.body
    assert "{{" not in finished.answer.body


def test_every_operation_of_every_release_is_known(known):
    for release in known.releases:
        for operation in load(release).operations:
            assert release in known.operations()[operation.id]


def test_results_of_faults_are_none_where_there_is_no_file(tmp_path):
    assert FaultRun.load(tmp_path / "faults.ndjson") is None


def test_page_of_releases_says_what_each_rests_on(known):
    index = next(page for page in release_pages(known) if page.path == "releases/index")
    lines = {
        line.split(">")[3].partition("<")[0]: line for line in index.text.splitlines() if line.startswith("<tr><th")
    }
    steps = len(known.exchanges.names["development-2026-07-01"])
    assert f"a build of its sources was run</td><td>2026-07-01</td><td>{steps}</td>" in lines["development-2026-07-01"]
    assert "documents and source files</td><td>2026-11-17</td>" in lines["3.1.0"]
    assert "the released artefact was run" in lines["2.3.13"]
