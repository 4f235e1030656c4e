"""The settings of a run, and the errors for invalid ones."""

import pickle
from pathlib import Path
from typing import Any

import pytest

from seatunnel_conformance.arrange.options import DEFAULTS
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.errors import InvalidSettings, UnknownProfile

GIVEN = {"url": "http://localhost:8080", **DEFAULTS}


def parsed(**given: Any) -> Settings:
    return Settings.parse({**GIVEN, **given}.__getitem__)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("localhost:8080", "http://localhost:8080"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("https://h/seatunnel/", "https://h/seatunnel"),
    ],
)
def test_address_is_completed(text: str, url: str):
    assert parsed(url=text).url == url


NO_ADDRESSES = (
    *("", "http://", "ftp://h", "http://h:99999", "http://h:x", "http://h/?a=b", "http://h/#x", "not a url at all"),
    *("http://[::1", "http://[x]", "http://a..b", f"http://{'a' * 64}", f"http://{'a.' * 200}", "http://\u2100.com"),
)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        *(({"url": text}, "not the address") for text in NO_ADDRESSES),
        ({"node": ["http://localhost:8080/"]}, "is given twice, or is the target itself"),
        ({"node": ["http://h2", "http://h2"]}, "is given twice"),
        ({"node": ["http://admin:secret@h2"]}, "credentials of a node are those of the target"),
        ({"node": ["h2?a=b"]}, "not the address"),
        ({"node": ["https://h2"], "insecure": True, "header": ["X-A: hunter22"]}, "another server could receive them"),
        ({"tag": ["node"]}, "name=value"),
        ({"max_time": 0.0}, "--max-time 0: the value must be greater than 0"),
        ({"profile": "thorough"}, "smoke, read-only, standard, full"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(given: dict[str, Any], said: str):
    with pytest.raises(UnknownProfile if "profile" in given else InvalidSettings, match=said) as refused:
        parsed(**given)
    assert "secret" not in str(refused.value)


def test_further_nodes_are_addresses_too():
    assert parsed(node=["h2:8080", "http://h3:8080/seatunnel/"]).nodes == ("http://h2:8080", "http://h3:8080/seatunnel")


def test_tags_are_read_as_pairs():
    assert parsed(tag=["node=a", "team=b=c"]).tags == {"node": "a", "team": "b=c"}


def test_seed_is_kept_and_made_up_where_there_is_none():
    assert parsed(seed=0).seed == 0
    assert parsed().seed != parsed().seed


def test_every_run_has_a_name_of_its_own():
    assert parsed().run != parsed().run


def test_settings_travel_to_other_processes():
    settings = parsed(
        node=["h2"], only=["a.*"], skip=["b.*", "MAY"], tag=["a=b"], report_html=Path("x.html"), baseline=Path("k.yaml")
    )
    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301 - made just there
    assert (settings.reports, settings.baseline) == ({"html": Path("x.html")}, Path("k.yaml"))


def test_credentials_in_the_address_are_no_part_of_it():
    settings = parsed(url="https://ann:p%40ss@h:8443/seatunnel")
    assert settings.url == "https://h:8443/seatunnel"
    assert settings.connection.headers() == [("Authorization", "Basic YW5uOnBAc3M=")]


def test_another_machine_is_sent_a_polite_number_of_requests():
    assert parsed(url="http://h").limits.rate == 20
    assert parsed(url="http://h", rate_limit=3.0).limits.rate == 3
    assert parsed(url="http://localhost").limits.rate is None


def test_run_without_a_limit_ends_after_an_hour():
    assert (parsed().limits.run, parsed(max_time=7.0).limits.run) == (3600, 7)


def test_settings_travel_with_their_connection():
    settings = parsed(url="http://ann:secret@h", header=["X-A: b"], ca_file=None, timeout=2.0)
    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301 - made just there


def test_settings_show_no_secret():
    assert "hunter22" not in repr(parsed(url="http://ann:hunter22@h", header=["X-A: hunter22"]))
