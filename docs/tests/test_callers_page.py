"""The pages about clients of other projects: every broken rule leads to its report, and is text for an issue."""

import shutil
from html import unescape
from pathlib import Path

import pytest

from seatunnel_docs.errors import InvalidResult
from seatunnel_docs.pages import callers
from seatunnel_docs.results import client_results, published_results

CLIENTS = Path(__file__).parents[2] / "results" / "clients"


@pytest.fixture(scope="module")
def written(known):
    return {page.path: page.text for page in callers.pages(known)}


def test_table_has_a_row_for_each_report_and_a_link_for_each_broken_rule(known, written):
    text = written["results/clients/index"]
    assert known.clients
    assert text.count('<th scope="row">') == len(known.clients)
    for result in known.clients:
        for outcome in result.report.outcomes:
            link = f'href="{result.page}#{outcome.id}"'
            assert (link in text) == (outcome.verdict.value == "fail")


def test_client_page_has_the_finding_with_its_place_and_its_request(written):
    text = written["results/clients/python-sdk"]
    assert "## client.known-parameter" in text
    assert "Where, at 0011bdf945: `seatunnel/helpers/queryParams.py:36`" in text
    assert "\"$SEATUNNEL_URL\"'/stop-job'" in text


def test_every_finding_is_text_for_an_issue_with_what_happens_and_where(known, written):
    for result in known.clients:
        text = written[f"results/clients/{result.client.name}"]
        seen = {outcome.id for outcome in result.report.outcomes if outcome.verdict.value == "fail"}
        for title in [*seen, *(finding.title for finding in result.client.findings)]:
            issue = unescape(text).partition(f"# {title}\n")[2].partition("\n#")[0]
            assert issue.count("\n```") == 2, title
            assert "Where, at" in issue or title in seen, title


def test_finding_says_whether_a_real_engine_showed_it(written):
    text = written["results/clients/airflow-sensor"]
    unknown = text.partition("## client.unknown-job")[2].partition("\n## ")[0]
    assert "; on a real engine: SeaTunnel 2.3.13 (gitCommitAbbrev" in " ".join(unknown.split())
    assert 'href="2.3.13/airflow-sensor+engine.html"' in text
    assert 'href="2.3.13/airflow-sensor+engine.html#client.unknown-job"' in written["results/clients/index"]


def test_every_report_is_of_a_known_client():
    found = {result.name for result in client_results(CLIENTS.parent)}
    assert found == {f"clients/{file.parent.name}/{file.stem}" for file in CLIENTS.glob("*/*.ndjson")}
    assert not any(result.name.startswith("clients/") for result in published_results(CLIENTS.parent))


def test_report_of_another_client_is_refused(tmp_path):
    folder = tmp_path / "clients" / "2.3.13"
    folder.mkdir(parents=True)
    shutil.copy(CLIENTS / "2.3.13" / "python-sdk.ndjson", folder / "mcp-server.ndjson")
    with pytest.raises(InvalidResult, match="it is the report of python-sdk"):
        list(client_results(tmp_path))
