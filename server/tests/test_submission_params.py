import pytest

from seatunnel_server.api.handlers.submissions import SubmissionParams
from seatunnel_server.engine.errors import EngineFailure, IllegalArgument


class Facts(dict):
    def choice(self, name):
        return self[name]


DOCUMENTED = Facts(missingParams="server-error", emptyParams="bad-request", nonTextParam="server-error")
OTHER = Facts(missingParams="bad-request", emptyParams="server-error", nonTextParam="bad-request")


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("a", "a"),
        ("a=b", "a"),
        ("a&jobName=c", "c"),
        ("a+b", "a b"),
        ("a%20b", "a b"),
        ("a/", "a"),
        ("\u6d4b\u00e9", "\u6d4b\u00e9"),
        (None, "null"),
        ("a&", "a"),
        ("=a", ""),
        ("%E6%B5%8B", "\u6d4b"),
    ],
)
def test_name_goes_through_a_query_string(name, read):
    assert SubmissionParams.parse({"jobId": "1", "jobName": name}, DOCUMENTED) == SubmissionParams("1", read)


def test_name_of_a_member_may_be_empty():
    assert SubmissionParams.parse({"": "b", "jobId": "1"}, DOCUMENTED) == SubmissionParams("1")


def test_other_members_are_ignored():
    params = SubmissionParams.parse({"jobId": "1", "other": "x", "isStartWithSavePoint": "True"}, DOCUMENTED)
    assert params == SubmissionParams("1", None, "True")
    assert params.from_savepoint


@pytest.mark.parametrize(
    ("params", "family"),
    [
        (None, EngineFailure),
        ([], EngineFailure),
        ("jobName=n", EngineFailure),
        ({}, IllegalArgument),
        ({"jobName": ""}, IllegalArgument),
        ({"jobName": "/"}, IllegalArgument),
        ({"jobName": "a&b"}, IllegalArgument),
        ({"jobName": "&"}, IllegalArgument),
        ({"jobName": "a&&b=c"}, IllegalArgument),
        ({"": ""}, IllegalArgument),
        ({"jobName": "100%"}, IllegalArgument),
        ({"jobName": "%zz"}, IllegalArgument),
        ({"jobId": 123}, EngineFailure),
        ({"isStartWithSavePoint": True, "jobName": "n"}, EngineFailure),
    ],
)
def test_params_that_can_not_be_read_are_refused(params, family):
    with pytest.raises(family):
        SubmissionParams.parse(params, DOCUMENTED)


@pytest.mark.parametrize(
    ("params", "family"), [(None, IllegalArgument), ({}, EngineFailure), ({"a": 1}, IllegalArgument)]
)
def test_facts_decide_how_params_are_refused(params, family):
    with pytest.raises(family):
        SubmissionParams.parse(params, OTHER)
