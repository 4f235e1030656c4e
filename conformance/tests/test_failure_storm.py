"""Reports of a target that deviates in many ways show JSON and words, and no Python values of the suite."""

import io
import re
import shlex
from pathlib import Path

import pytest
from makers import ReferenceAs
from rich.console import Console

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.faults.catalogue import CombinedEffect, fault_named
from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.formats import write_views
from seatunnel_conformance.report.outcomes import Verdict, is_of_clause
from seatunnel_conformance.report.terminal import show
from seatunnel_conformance.run import stateful
from seatunnel_conformance.run.runner import run
from seatunnel_openapi import load

pytestmark = pytest.mark.slow

FAULTS = (
    "overview-has-numbers",
    "error-loses-message",
    "end-time-is-missing",
    "sink-secrets-stay",
    "stop-receipts-are-reversed",
    "history-is-reversed",
    "unknown-id-is-404",
    "listed-job-has-no-name",
    "running-job-loses-options",
    "written-count-is-zero",
    "tag-filter-is-ignored",
    "tags-have-no-effect",
    "no-match-lists-all",
    "head-has-another-type",
    "wrong-method-hides-the-right-one",
    "json-has-no-type",
)

CHECKS = ("http.*", "overview.*", "job-info.*", "finished-jobs.*", "running-jobs.*", "running-job.*", "life-cycle.*")
CHECKS += ("stop-job*", "encrypt-config.*", "update-tags.*", "logs.*", "log.*", "monitoring.*", "submit-job.receipt")

RAW = re.compile(
    r"dict_keys|dict_values|dict_items|frozenset|mappingproxy|assert |\bNone\b|\bTrue\b|\bFalse\b|Traceback"
    r"|(?:Key|Type|Value|Index|Attribute|Assertion)Error|object at 0x|\{'|\['|', '|<Response|<Verdict|\+  ?where"
)
"""Python's own texts: assertions, values, exceptions."""


@pytest.fixture(scope="module")
def storm(reference_as: ReferenceAs) -> Report:
    """Return the report of a run against a target with many faults."""
    with Proxy(reference_as("2.3.10"), load("2.3.10")) as proxy, pytest.MonkeyPatch.context() as patched:
        proxy.switch(CombinedEffect([fault_named(name).make() for name in FAULTS]))
        # The time is too short for finding minimal histories, which this test does not need.
        patched.setattr(stateful, "_LONGEST_SEARCH", 0.5)
        return run(Settings(url=proxy.url, release="2.3.10", wait=5.0, only=CHECKS, seed=1, reference=True))


def without_commands(text: str) -> str:
    """Return a text without the commands in it, which are quoted for a shell, and without headers of the server."""
    return re.sub(r"(?m)^.*(?:curl|printf|seatunnel-v2|for n in|id\d?=).*$", "", text)


def test_reports_of_many_failures_show_no_values_of_python(storm: Report, tmp_path: Path):
    failed = [outcome for outcome in storm.outcomes if outcome.verdict is Verdict.FAIL]
    assert len(failed) > 25
    said = [(one.id, text) for one in failed for f in one.findings for text in (one.reason, f.detail, f.summary)]
    assert [(name, text) for name, text in said if RAW.search(text)] == []
    assert [(one.id, one.reason) for one in storm.outcomes if "the suite itself failed" in one.reason] == []
    assert write_views(storm, {name: tmp_path / name for name in ("html", "markdown", "junit")}) == []
    for name in ("markdown", "junit"):
        text = without_commands((tmp_path / name).read_text(encoding="utf-8").replace("&#39;", "'"))
        assert RAW.findall(text) == []


def test_every_failure_shows_the_exchange_that_it_is_about(storm: Report):
    for outcome in (one for one in storm.outcomes if one.verdict is Verdict.FAIL and is_of_clause(one.id)):
        last = outcome.exchanges[-1]
        assert outcome.findings[0].summary.startswith(f"{last.method} "), outcome.id
        assert last.url in shlex.split(outcome.findings[0].curl) or "$id" in outcome.findings[0].curl, outcome.id


def test_terminal_shows_many_failures_on_one_screen(storm: Report):
    text = io.StringIO()
    show(storm, Console(file=text, width=100, highlight=False))
    lines = text.getvalue().splitlines()
    assert len(lines) <= 45
    assert "What is wrong" in lines[:8]
    assert RAW.findall(without_commands(text.getvalue())) == []
