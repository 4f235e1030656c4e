import pytest

pytestmark = pytest.mark.anyio

CONFIG = {
    "env": {"shade.identifier": "base64", "password": "pw", "a.b": 1},
    "source": [{"username": "seatunnel", "token": 5, "nested": {"password": "in"}}],
    "sink": [{"password": None}],
}


async def test_sensitive_options_are_encrypted_and_all_else_comes_back(api):
    answer = await api.post("/encrypt-config", CONFIG)
    assert answer.json == {
        "env": CONFIG["env"],
        "source": [{"username": "c2VhdHVubmVs", "token": "NQ==", "nested": {"password": "in"}}],
        "sink": [{"password": None}],
    }
    assert list(answer.json) == ["env", "source", "sink"]


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


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"null", 500),
        (b" ", 500),
        (b"{}", 500),
        (b'{"source":[],"sink":[{}]}', 400),
    ],
)
async def test_what_is_no_configuration_is_refused(api, body, status):
    answer = await api.post("/encrypt-config", body=body)
    assert answer.status == status
    assert answer.json["status"] == "fail"


async def test_deepest_configuration_comes_back(api):
    deep: dict = {}
    for _ in range(247):
        deep = {"a": deep}
    config = {"source": [{"x": 1}], "sink": [{"x": 1}], "deep": deep}
    assert (await api.post("/encrypt-config", config)).json == config
