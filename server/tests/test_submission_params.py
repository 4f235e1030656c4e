"""Parameters of one of several jobs that no recording has; the replay of `submit-jobs/params-*` tests the others."""

import pytest

from seatunnel_server.api.handlers.submissions import SubmissionParams
from seatunnel_server.engine.errors import EngineFailure, IllegalArgument


class Facts(dict):
    def choice(self, name):
        return self[name]


DOCUMENTED = Facts(
    missingParams="server-error", emptyParams="bad-request", nonTextParam="server-error", restoreMode="ignored"
)
OTHER = Facts(missingParams="bad-request", emptyParams="server-error", nonTextParam="bad-request")


@pytest.mark.parametrize(("name", "read"), [("a&", "a"), ("=a", ""), ("%E6%B5%8B", "\u6d4b")])
def test_name_goes_through_a_query_string(name, read):
    assert SubmissionParams.parse({"": "b", "jobId": "1", "jobName": name}, DOCUMENTED) == SubmissionParams("1", read)


def test_savepoint_is_asked_for_in_any_letter_case():
    assert SubmissionParams.parse({"jobId": "1", "isStartWithSavePoint": "True"}, DOCUMENTED).flagged


@pytest.mark.parametrize("name", ["/", "&", "a&&b=c", "%zz", "%1"])
def test_name_that_can_not_be_read_is_refused(name):
    with pytest.raises(IllegalArgument):
        SubmissionParams.parse({"jobName": name}, DOCUMENTED)


@pytest.mark.parametrize(
    ("params", "family"), [(None, IllegalArgument), ({}, EngineFailure), ({"a": 1}, IllegalArgument)]
)
def test_facts_decide_how_params_are_refused(params, family):
    with pytest.raises(family):
        SubmissionParams.parse(params, OTHER)
