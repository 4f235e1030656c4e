"""A connection is read from options, files and the environment, and what is refused is not quoted."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from seatunnel_conformance.errors import InvalidSettings
from seatunnel_conformance.run.options import DEFAULTS
from seatunnel_conformance.target.connection import Connection, parse_connection


def parsed(url: str = "https://h", environment: Mapping[str, str] | None = None, **given: Any) -> Connection:
    return parse_connection({**DEFAULTS, **given}.__getitem__, url, environment=environment or {})[1]


def test_password_comes_from_the_environment_or_a_file(tmp_path: Path):
    (tmp_path / "password").write_text("from-file\n", encoding="utf-8")
    assert parsed(basic_auth="ann", environment={"SEATUNNEL_PASSWORD": "from-env"}).password.value == "from-env"
    assert parsed(basic_auth="ann", password_file=tmp_path / "password").password.value == "from-file"


def test_user_can_come_from_the_environment():
    found = parsed(environment={"SEATUNNEL_USER": "ann", "SEATUNNEL_PASSWORD": "pass"})
    assert found.headers() == [("Authorization", "Basic YW5uOnBhc3M=")]


def test_password_may_be_empty_where_that_is_said():
    assert parsed(basic_auth="ann", environment={"SEATUNNEL_PASSWORD": ""}).headers()


def test_bearer_token_comes_from_the_environment_or_a_file(tmp_path: Path):
    (tmp_path / "token").write_text("from-file\n", encoding="utf-8")
    found = parsed(environment={"SEATUNNEL_BEARER_TOKEN": "from-env"})
    assert found.headers() == [("Authorization", "Bearer from-env")]
    assert parsed(bearer_token_file=tmp_path / "token").headers() == [("Authorization", "Bearer from-file")]


def test_headers_come_from_options_and_a_file(tmp_path: Path):
    (tmp_path / "headers").write_text("X-B: 2\n\nX-C:3\n", encoding="utf-8")
    assert parsed(header=["X-A: 1"], header_file=tmp_path / "headers").headers() == [
        ("X-A", "1"),
        ("X-B", "2"),
        ("X-C", "3"),
    ]


def test_header_of_one_request_is_not_overruled():
    assert parsed(header=["X-A: 1"], url="https://ann:b@h").headers(["authorization", "x-a"]) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"header": ["no-colon hunter22"]}, "header 1 is not a header"),
        ({"header": ["X-A: hunter22\r\nX-B: c"]}, "header 1 is not a header"),
        ({"url": "https://ann:hunter22@h", "basic_auth": "ann"}, "the URL names a user"),
        ({"basic_auth": "a", "bearer_token_file": Path(__file__)}, "not both"),
        ({"basic_auth": "ann"}, "the user has no password; it comes from .*SEATUNNEL_PASSWORD or --password-file FILE"),
        ({"basic_auth": "ann:hunter22"}, "--basic-auth takes the user only"),
        ({"client_key": "key.pem"}, "needs --client-cert"),
        ({"ca_file": "no/such/ca.pem"}, "--ca-file no/such/ca.pem can't be read: No such file"),
        ({"ca_file": Path(__file__)}, "can't be read"),
        ({"client_cert": __file__}, "the client certificate"),
        ({"password_file": Path("no/such"), "basic_auth": "a"}, "no/such can't be read: No such file"),
        ({"ca_file": Path(__file__), "insecure": True}, "can't be combined"),
        ({"insecure": True, "header": ["X-A: hunter22"]}, "another server could receive them"),
        ({"proxy": "socks5://ann:hunter22@h"}, "is not the address of a proxy"),
    ],
)
def test_what_makes_no_sense_is_refused_and_not_quoted(given: dict[str, Any], said: str):
    with pytest.raises(InvalidSettings, match=said) as refused:
        parsed(**given)
    assert "hunter22" not in str(refused.value)


def test_anybody_may_be_believed_on_this_machine():
    assert parsed("https://localhost:8443", insecure=True, header=["X-A: b"]).tls.trusted is False
