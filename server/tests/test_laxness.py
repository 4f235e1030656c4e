"""Request schemas are at least as lax as the engine: the engine refuses every request that a schema refuses."""

from typing import Any

import pytest

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

ODD: list[Any] = [None, 0, 1.5, 2**63, True, "", "x", "batch", [], ["x"], [1], [None], [[]], {}, {"a": 1}]
PLACES = [
    ("env", "job.mode"),
    ("env", "job.name"),
    ("env", "job.retry.times"),
    ("env", "parallelism"),
    ("env", "checkpoint.interval"),
    ("env", "shade.identifier"),
    ("source", "plugin_name"),
    ("source", "result_table_name"),
    ("source", "plugin_output"),
    ("source", "parallelism"),
    ("source", "row.num"),
    ("source", "password"),
    ("sink", "plugin_name"),
    ("sink", "source_table_name"),
    ("sink", "plugin_input"),
    ("", "env"),
    ("", "source"),
    ("", "transform"),
    ("", "sink"),
    ("", "params"),
]


def page_like(section: str, key: str, value: Any) -> dict[str, Any]:
    job: dict[str, Any] = {
        "env": {"job.mode": "BATCH"},
        "source": [{"plugin_name": "FakeSource", "row.num": 1, "schema": {"fields": {"a": "int"}}}],
        "sink": [{"plugin_name": "Console"}],
    }
    holder = {"": job, "env": job["env"]}.get(section) if section in {"", "env"} else job[section][0]
    holder[key] = value
    return job


@pytest.fixture
async def api_over_a_real_engine(speaking):
    async with speaking("documented") as api:
        yield api


def was_withheld(answer: Any) -> bool:
    return answer.status == 500 and "did not keep the contract" in str(answer.json["message"])


@pytest.mark.parametrize(("section", "key"), PLACES)
async def test_job_with_an_odd_value_is_accepted_only_if_the_contract_accepts_it(api_over_a_real_engine, section, key):
    jobs = [page_like(section, key, value) for value in ODD]
    for job in jobs:
        assert not was_withheld(await api_over_a_real_engine.post("/submit-job", job)), job


@pytest.mark.parametrize(("section", "key"), PLACES)
async def test_batch_with_an_odd_value_is_accepted_only_if_the_contract_accepts_it(
    api_over_a_real_engine, section, key
):
    for value in ODD:
        job = {"params": {"jobName": "odd"}} | page_like(section, key, value)
        assert not was_withheld(await api_over_a_real_engine.post("/submit-jobs", [job])), value


@pytest.mark.parametrize("path", ["/stop-job", "/update-tags", "/encrypt-config", "/stop-jobs", "/submit-jobs"])
async def test_odd_body_is_accepted_only_if_the_contract_accepts_it(api_over_a_real_engine, path):
    for value in ODD:
        bodies = [value, [value], {"jobId": value}, [{"jobId": value}], page_like("sink", "password", value)]
        for body in bodies:
            assert not was_withheld(await api_over_a_real_engine.post(path, body)), body
