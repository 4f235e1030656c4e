"""Cases of `encrypt-config` that no recording has; the replay tests the others."""

import pytest

pytestmark = pytest.mark.anyio

CONFIG = {
    "env": {"shade.identifier": "base64", "password": "pw", "a.b": 1},
    "source": [{"username": "seatunnel", "token": 5, "nested": {"password": "in"}}],
    "sink": [{"password": None}],
}


async def test_numbers_come_back_as_java_writes_them(api):
    body = b'{"source":[{"i":12345678901,"f":1.5,"e":1e3,"z":1.0,"big":12345678901234567890}],"sink":[{}]}'
    answer = await api.post("/encrypt-config", body=body)
    assert b'{"i":12345678901,"f":1.5,"e":1000.0,"z":1.0,"big":' in answer.body
    assert answer.json["source"][0]["big"] == 1.2345678901234567e19


async def test_facts_decide_what_is_encrypted(make_api, contract_with):
    def change(document):
        document["paths"]["/encrypt-config"]["post"]["x-behaviour"] |= {
            "sensitiveKeys": ["secret_key"],
            "sections": ["source"],
            "nonTextValue": "server-error",
            "addsTransform": True,
        }

    api = make_api(contract_with(change))
    config = CONFIG | {"source": [{"password": "p", "secret_key": "s"}], "sink": [{"secret_key": "s"}]}
    answer = (await api.post("/encrypt-config", config)).json
    assert answer["source"] == [{"password": "p", "secret_key": "cw=="}]
    assert answer["sink"] == [{"secret_key": "s"}]
    assert answer["transform"] == []
    config["source"] = [{"secret_key": 5}]
    assert (await api.post("/encrypt-config", config)).status == 500


async def test_deepest_configuration_comes_back(api):
    deep: dict = {}
    for _ in range(247):
        deep = {"a": deep}
    config = {"source": [{"x": 1}], "sink": [{"x": 1}], "deep": deep}
    assert (await api.post("/encrypt-config", config)).json == config
