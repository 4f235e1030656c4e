"""Jobs as no recording has them; the replay of `job-info` and `finished-jobs` proves the rest."""

import pytest

pytestmark = pytest.mark.anyio


async def test_fact_decides_whether_the_case_of_a_state_counts(make_api, contract_with, engine, finished_job):
    def change(document):
        document["paths"]["/finished-jobs/{state}"]["get"]["x-behaviour"]["stateMatching"] = "exact"

    engine.jobs = [finished_job(6)]
    api = make_api(contract_with(change))
    assert (await api.get("/finished-jobs/finished")).json == []
    assert len((await api.get("/finished-jobs/FINISHED")).json) == 1
