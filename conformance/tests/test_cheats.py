"""Servers that are none: whatever they answer to everything, the suite must not believe them."""

import shutil

import pytest
from bench.cheats import CHEATS, PRISM_MOCK, failed, judged, names, passed, served

from seatunnel_conformance.report.analysis import diagnosis

pytestmark = pytest.mark.slow

HTTP_ONLY = {
    "http.accept-ignored",
    "http.json-content-type",
    "http.head",
    "http.trailing-slash",
    "http.sub-paths",
    "http.request-content-type",
}
"""Clauses that ask for no truth, only for manners."""


CLAUSES = ("*.*",)
"""Without generated requests, which find more: fewer checks have to do."""


@pytest.mark.parametrize("name", CHEATS)
def test_cheat_does_not_conform(name: str):
    with served(name) as url:
        report = judged(url, "smoke", () if name == "empty_object" else CLAUSES)

    assert report.footer.exit == 1
    assert failed(report) > 5
    assert name != "empty_object" or set(passed(report)) <= HTTP_ONLY


@pytest.mark.skipif(shutil.which("npm") is None, reason="Prism needs Node.js")
def test_mock_made_of_the_contract_does_not_conform_and_is_called_a_mock():
    assert PRISM_MOCK in names()
    with served(PRISM_MOCK) as url:
        report = judged(url, "smoke", CLAUSES)

    assert report.footer.exit == 1
    assert failed(report) > 5
    found = diagnosis(report)
    assert found is not None
    assert "a mock of a contract" in found.sentence
