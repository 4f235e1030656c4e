from pathlib import Path

import pytest

from seatunnel_server.errors import BadConfiguration
from seatunnel_server.serving.configuration import Configuration

PAGE = """
seatunnel:
  engine:
    http:
      enable-http: true
      port: 8080
      enable-dynamic-port: false
      port-range: 100
"""


def parse(**http):
    return Configuration.parse({"seatunnel": {"engine": {"http": http}}}, "it.yaml")


@pytest.fixture
def file(tmp_path: Path):
    def write(text: str | bytes) -> Path:
        path = tmp_path / "seatunnel.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_pages_own_file_is_what_counts_without_one(file):
    assert Configuration.load(file(PAGE)) == Configuration()


def test_all_keys_are_obeyed(file):
    text = """
seatunnel:
  engine:
    history-job-expire-minutes: 5
    slot-service: {dynamic-slot: false, slot-num: "7"}
    job-schedule-strategy: wait
    checkpoint: {interval: 300}
    http: {enable-http: "FALSE", port: "9090", enable-dynamic-port: true, port-range: 3, context-path: /seatunnel/}
"""
    assert Configuration.load(file(text)) == Configuration(
        enable_http=False,
        port=9090,
        enable_dynamic_port=True,
        port_range=3,
        context_path="/seatunnel",
        dynamic_slot=False,
        slot_num=7,
        waits_for_slots=True,
        history_job_expire_minutes=5,
        checkpoint_interval=300,
    )


@pytest.mark.parametrize("text", ["", "{}", "seatunnel:", "seatunnel: {engine: {http: }}"])
def test_empty_sections_are_as_good_as_none(file, text):
    assert Configuration.load(file(text)) == Configuration()


def test_other_keys_are_ignored_by_name():
    document = {
        "other": 1,
        "seatunnel": {
            "engine": {"backup-count": 1, "http": {"prot": 1, "enable-https": True}, "slot-service": {"x": 1}}
        },
    }
    assert Configuration.parse(document, "it").ignored == (
        "other",
        "seatunnel.engine.backup-count",
        "seatunnel.engine.http.enable-https",
        "seatunnel.engine.http.prot",
        "seatunnel.engine.slot-service.x",
    )


@pytest.mark.parametrize(
    ("http", "problem"),
    [
        ({"port": "many"}, "seatunnel.engine.http.port must be a port from 1 to 65535, not 'many'."),
        ({"port": 0}, "seatunnel.engine.http.port must be a port from 1 to 65535, not 0."),
        ({"port": 65536}, "seatunnel.engine.http.port must be a port from 1 to 65535, not 65536."),
        ({"port": True}, "seatunnel.engine.http.port must be a port from 1 to 65535, not True."),
        ({"port-range": -1}, "seatunnel.engine.http.port-range must be a whole number from 0 on, not -1."),
        ({"port-range": 1.5}, "seatunnel.engine.http.port-range must be a whole number from 0 on, not 1.5."),
        ({"enable-http": "yes"}, "seatunnel.engine.http.enable-http must be true or false, not 'yes'."),
        ({"enable-http": 1}, "seatunnel.engine.http.enable-http must be true or false, not 1."),
        ({"context-path": "x"}, "seatunnel.engine.http.context-path must be a path that begins with a slash, not 'x'."),
        (
            {"context-path": "/a b"},
            "seatunnel.engine.http.context-path must be a path that begins with a slash, not '/a b'.",
        ),
        ({"context-path": 5}, "seatunnel.engine.http.context-path must be a path that begins with a slash, not 5."),
    ],
)
def test_value_of_a_wrong_kind_is_one_clear_line(http, problem):
    with pytest.raises(BadConfiguration) as caught:
        parse(**http)
    assert str(caught.value) == f"it.yaml: {problem}"


@pytest.mark.parametrize(
    ("document", "problem"),
    [([], "the file must be a mapping, not []."), ({"seatunnel": 5}, "seatunnel must be a mapping, not 5.")],
)
def test_section_that_is_no_mapping_is_named(document, problem):
    with pytest.raises(BadConfiguration) as caught:
        Configuration.parse(document, "it.yaml")
    assert str(caught.value) == f"it.yaml: {problem}"


@pytest.mark.slow
@pytest.mark.parametrize("content", ["a: [", "a: b: c", b"\xff\xfe\x00", "[" * 5000])
def test_file_that_is_no_yaml_is_one_line(file, content):
    path = file(content)
    with pytest.raises(BadConfiguration, match="not valid YAML") as caught:
        Configuration.load(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
    assert "<byte string>" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (
            "\n".join(["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))]),
            "aliases",
        ),
        ("seatunnel: &a [*a]", "recursion"),
        ("seatunnel: [" + "1, " * 300_000 + "1]", "more than 200,000 values"),
        ("seatunnel: 2024-02-31", "day is out of range"),
    ],
    ids=["aliases", "alias-in-itself", "many-values", "date"],
)
def test_file_that_expands_is_refused(file, content, problem):
    with pytest.raises(BadConfiguration, match=problem):
        Configuration.load(file(content))


def test_long_file_is_refused_before_it_is_parsed(file):
    with pytest.raises(BadConfiguration, match=r"it has more than 2,048 KiB$"):
        Configuration.load(file("a" * 3_000_000))


def test_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BadConfiguration, match=r"none\.yaml can't be read: No such file or directory$"):
        Configuration.load(tmp_path / "none.yaml")
