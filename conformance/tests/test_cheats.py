"""Servers that are none: whatever they answer to everything, the suite must not believe them."""

import pytest
from bench.cheats import CHEATS, passed, served

pytestmark = pytest.mark.slow

HTTP_ONLY = {
    "http.json-content-type",
    "http.head",
    "http.trailing-slash",
    "http.sub-paths",
    "http.request-content-type",
}
"""Clauses that ask for no truth, only for manners."""


@pytest.mark.parametrize("name", CHEATS)
def test_cheat_does_not_conform(name: str):
    with served(name) as url:
        status, _, lost = passed(url, "smoke")

    assert status == 1
    assert lost > 5


def test_server_that_answers_an_empty_object_to_everything_has_manners_and_nothing_else():
    with served("empty_object") as url:
        _, won, _ = passed(url, "read-only")

    assert set(won) <= HTTP_ONLY
