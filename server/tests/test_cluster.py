"""Cases of `overview`, `update-tags` and the monitoring that no recording has; the replay tests the others."""

import pytest

pytestmark = pytest.mark.anyio


async def test_counts_are_text(api):
    assert (await api.get("/overview")).json == {
        "projectVersion": "2.3.9",
        "gitCommitAbbrev": "abc1234",
        "totalSlot": "0",
        "unassignedSlot": "0",
        "works": "1",
        "runningJobs": "2",
        "finishedJobs": "3",
        "failedJobs": "4",
        "cancelledJobs": "5",
    }


async def test_reading_is_sent_with_its_documented_keys_only(api, contract):
    documented = contract.schema("MemberReading")["properties"]
    example = contract.document["paths"]["/system-monitoring-information"]["get"]["responses"]["200"]["content"][
        "application/json"
    ]["examples"]
    (shown,) = contract.resolve(next(iter(example.values())))["value"]
    api.engine.readings = [{"isMaster": "true", "host": "h", "port": "5801", **shown}]
    assert (await api.get("/system-monitoring-information")).json == [{key: shown[key] for key in documented}]


async def test_fact_decides_what_is_said_about_json_that_is_no_map(make_api, contract_with):
    def change(document):
        document["paths"]["/update-tags"]["post"]["x-behaviour"]["notAMap"] = "parser-message"

    answer = await make_api(contract_with(change)).post("/update-tags", [1])
    assert answer.json["message"] == "The request body must be a JSON object and is an array."


async def test_fact_decides_whether_the_content_type_is_looked_at(make_api, contract_with):
    def change(document):
        document["x-behaviour"]["requestContentType"] = "checked"
        document["paths"]["/update-tags"]["post"]["responses"]["415"] = {"$ref": "#/components/responses/InvalidTags"}

    api = make_api(contract_with(change))
    answer = await api.post("/update-tags", body=b"{}", headers={"content-type": "text/plain"})
    assert answer.status == 415
    assert answer.json["message"] == 'The content type "text/plain" is not supported, only application/json.'
    assert (await api.post("/update-tags", {})).status == 200
