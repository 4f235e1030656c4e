"""The plan of a gateway between two releases."""

import pytest
from speaking_releases import contract_of

from seatunnel_openapi import releases
from seatunnel_server.engine.zeta.bridge import Treatment, bridge


def items(client, cluster):
    return list(bridge(contract_of(client), contract_of(cluster)))


def of(found, operation):
    return [(item.treatment, item.detail) for item in found if item.operation == operation]


@pytest.mark.parametrize("release", releases()[1:])
def test_nothing_is_missing_between_equal_releases_but_loggers(release):
    found = items(release, release)
    assert {item.operation for item in found} == {operation.id for operation in contract_of(release).operations}
    assert all("loggers" in item.detail for item in found if item.treatment is Treatment.MISSING)
    assert not [item for item in found if "is the cluster's" in item.detail]


def test_what_the_cluster_lacks_is_missing_or_approximated():
    found = items("2.3.13", "2.3.9")
    assert of(found, "get_pending_jobs") == [(Treatment.MISSING, "2.3.9 has no get_pending_jobs")]
    assert (Treatment.MISSING, "configurations in sql") in of(found, "submit_job")
    assert of(found, "get_overview") == [
        (Treatment.TRANSLATED, ""),
        (Treatment.APPROXIMATED, "`pendingJobs`: 0 or missing"),
    ]
    assert (Treatment.APPROXIMATED, "`startTime`: the time of creation") in of(found, "get_job_info")


def test_force_is_said_to_be_lost():
    said = (Treatment.APPROXIMATED, "`force` is sent as a stop without a savepoint")
    assert of(items("3.1.0", "3.0.0"), "stop_job") == [(Treatment.PASSED_ON, ""), said]
    assert of(items("3.1.0", "3.1.0"), "stop_job") == [(Treatment.PASSED_ON, "")]
    assert of(items("2.3.9", "3.1.0"), "stop_job") == [(Treatment.PASSED_ON, "")]


def test_behaviour_that_the_cluster_decides_is_named():
    found = items("2.3.9", "2.3.13")
    assert (Treatment.APPROXIMATED, "the fact `rowlessSource` is the cluster's: `ends`, not `never-ends`") in of(
        found, "submit_job"
    )
    assert of(found, "get_finished_jobs") == of(found, "get_thread_dump") == [(Treatment.TRANSLATED, "")]
    assert of(found, "get_overview") == [(Treatment.TRANSLATED, "")]
