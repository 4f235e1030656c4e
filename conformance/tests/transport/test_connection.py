"""The secrets of a connection are only in the requests that the wire sends."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from seatunnel_conformance.arrange.options import DEFAULTS
from seatunnel_conformance.errors import InvalidSettings
from seatunnel_conformance.target.connection import Connection, Tls, parse_connection
from seatunnel_conformance.text.redaction import Secret

BASIC = Connection(user="ann", password=Secret("hunter22"))
BEARER = Connection(bearer=Secret("hunter22"), fields=(("X-Api-Key", Secret("hunter23")),))


def test_curl_is_given_names_of_variables():
    assert BASIC.curl_words() == ["-u", '"ann:$SEATUNNEL_PASSWORD"']
    assert BEARER.curl_words() == [
        "-H",
        '"Authorization: Bearer $SEATUNNEL_BEARER_TOKEN"',
        "-H",
        '"X-Api-Key: $X_API_KEY"',
    ]


def test_user_can_not_end_the_quotes():
    assert Connection(user='a"$(b)`', password=Secret("x")).curl_words()[1] == r'"a\"\$(b)\`:$SEATUNNEL_PASSWORD"'


def test_token_in_the_place_of_a_user_is_a_secret():
    connection = Connection(user="hunter22")
    assert connection.curl_words() == ["-u", '"$SEATUNNEL_USER:$SEATUNNEL_PASSWORD"']
    assert connection.options() == []
    assert "hunter22" in set(connection.secrets())


def test_certificates_are_files_of_the_command_line():
    tls = Tls(ca_file=Path("ca.pem"), certificate=Path("own.pem"), key=Path("own key.pem"))
    assert list(tls.curl_words()) == ["--cacert", "ca.pem", "--cert", "own.pem", "--key", "'own key.pem'"]
    assert list(tls.options()) == ["--ca-file", "ca.pem", "--client-cert", "own.pem", "--client-key", "own key.pem"]


def test_harmless_headers_are_no_secrets():
    fields = (("Accept", Secret("application/json")), ("X-Key", Secret("hunter22")))
    assert "application/json" not in set(Connection(fields=fields).secrets())
    assert "hunter22" in set(Connection(fields=fields).secrets())


def test_proxy_of_the_environment_has_no_way_to_this_machine(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", "inside")
    assert Connection().proxy_for("http://h") == "http://proxy:3128"
    assert Connection().proxy_for("http://inside") == ""
    assert Connection().proxy_for("http://localhost:8080") == ""
    assert Connection(proxy=Secret("http://mine:1")).proxy_for("http://localhost:8080") == "http://mine:1"


@pytest.mark.parametrize("address", ["http://pr:hunter22@proxy:1", "pr:hunter22@proxy:1", "http://pr:hunter22@[::1"])
def test_credentials_of_proxies_are_secrets_wherever_they_were_given(address: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("https_proxy", address)
    shown = Connection().redactor().text("pr:hunter22, Basic cHI6aHVudGVyMjI=, hunter22")
    assert ("hunter22" in shown) == address.endswith("[::1"), "an address that nobody can use says nothing"


def test_all_parts_of_an_authorization_field_are_secrets():
    fields = (("Authorization", Secret("Basic YW5uOmh1bnRlcjIy")), ("proxy-authorization", Secret("Token hunter23")))
    shown = Connection(fields=fields).redactor().text("ann:hunter22 hunter22 YW5uOmh1bnRlcjIy hunter23 Basic Token")
    assert "hunter2" not in shown
    assert "YW5u" not in shown
    assert shown.endswith("Basic Token")


def test_proxy_of_our_own_gets_credentials_and_nothing_else():
    connection = Connection(Tls(ca_file=Path("ca.pem")), user="ann", password=Secret("x"), proxy=Secret("http://p"))
    assert connection.past_proxy() == Connection(user="ann", password=Secret("x"))


@pytest.mark.parametrize("connection", [BASIC, BEARER])
def test_connection_shows_no_secret(connection: Connection):
    assert "hunter2" not in repr(connection) + str(connection.curl_words()) + str(connection.options())


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
        ({"ca_file": Path(__file__)}, "can't be read: it has no certificate in PEM"),
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
