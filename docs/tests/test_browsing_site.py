"""The site in a real browser, opened from disk: nothing is fetched from elsewhere, and everybody can use it."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

import pytest
from browsing import DESKTOP, PHONE, Visit, axe_findings, browser, visit  # noqa: F401 - fixtures
from reading_pages import PageContent

from seatunnel_openapi import load, releases

pytestmark = pytest.mark.slow

Open = Callable[..., Visit]

PROSE = ("index.html", "guides/start.html", "deviations.html", "faults.html", "results/index.html")
TABLES = ("operations/get_job_info.html", "changes/2.3.9-to-2.3.10.html", "reference/2.3.10.html")
"""Pages of each kind: the first are looked at on a phone in the dark, the last on a desk in the light, too."""
ALIKE = "[id^='operation/'], #matrix tbody tr"
"""Operations of a reference, and rows of the table of clauses."""


def opened(visit: Open, page: Path, **options: object) -> Visit:  # noqa: F811 - the fixture
    """Open a page of the site and wait until it shows its content."""
    seen = visit(page, **options)
    if page.parent.name == "reference":
        seen.page.wait_for_selector("[id^='operation/']")
    return seen


@pytest.mark.parametrize(
    ("page", "scheme"), [*((page, "dark") for page in PROSE + TABLES), *((page, "light") for page in TABLES)]
)
def test_page_opens_from_disk_and_is_usable(site, visit, page, scheme):  # noqa: F811 - as above
    seen = opened(visit, site / page, scheme=scheme, width=PHONE if scheme == "dark" else DESKTOP)
    assert (seen.failures, seen.overflow) == ([], 0)
    elsewhere = [address for address in seen.requests if not address.startswith((site.as_uri(), "data:", "blob:"))]
    assert elsewhere == []
    assert axe_findings(seen.page, repeated=ALIKE) == []


@pytest.mark.parametrize("page", ["index.html", "search.html", "results/index.html", "reference/2.3.10.html"])
def test_page_runs_no_script_that_the_build_has_not_put_there(site, visit, page):  # noqa: F811 - as above
    seen = opened(visit, site / page)
    assert seen.failures == []
    ran = """() => {
        document.body.append(Object.assign(document.createElement("script"), { textContent: "window.ran = true" }));
        return "ran" in window;
    }"""
    assert seen.page.evaluate(ran) is False
    assert "Content Security Policy" in seen.failures[0]


@pytest.mark.parametrize("release", [releases()[0], releases()[-1]])
def test_reference_shows_every_operation_of_its_release(site, visit, release):  # noqa: F811 - as above
    shown = opened(visit, site / "reference" / f"{release}.html").page.locator("[id^='operation/']")
    found = {shown.nth(at).get_attribute("id") for at in range(shown.count())}
    assert found == {f"operation/{operation.id}" for operation in load(release).operations}


def test_reference_leads_to_another_release_and_to_what_is_proved(site, visit):  # noqa: F811 - as above
    page = opened(visit, site / "reference" / "2.3.9.html").page
    page.select_option("#release", label="2.3.10")
    page.wait_for_url("**/reference/2.3.10.html")
    page.wait_for_selector("[id='operation/get_overview']")
    assert page.locator("a[href='../operations/get_overview.html']").count() == 1


def test_reference_without_scripts_lists_the_operations(site, visit):  # noqa: F811 - as above
    page = visit(site / "reference" / "2.3.10.html", script=False).page
    assert page.locator("noscript td code").count() == len(load("2.3.10").operations)


def test_table_of_clauses_filters_and_shows_a_report_of_the_reader(site, visit):  # noqa: F811 - as above
    seen = visit(site / "results" / "index.html")
    page, rows = seen.page, seen.page.locator("#matrix tbody tr:visible")
    page.select_option("#only", "fail")
    page.select_option("#level", "MUST")
    assert 0 < rows.count() < page.locator("#matrix tbody tr").count()
    columns = page.locator("#matrix thead tr:last-child th").count()
    page.set_input_files("#report", Path(__file__).parents[2] / "results" / "documented" / "seatunnel-2.3.13.ndjson")
    page.wait_for_function(f"document.querySelectorAll('#matrix thead tr:last-child th').length === {columns + 1}")
    page.locator("#matrix td.fail button:visible").first.click()
    assert "curl -sS" in page.locator("#detail").inner_text()
    assert seen.failures == []


def test_red_cell_leads_to_bytes_and_evidence_in_three_clicks(site, visit):  # noqa: F811 - as above
    page = visit(site / "results" / "index.html").page
    page.locator("#matrix td.fail a").first.click()
    failure = page.locator("details.outcome:target")
    failure.locator("details.exchange summary").first.click()
    assert failure.locator("details.exchange pre").first.is_visible()
    failure.get_by_text("its evidence").click()
    page.wait_for_url("**/site/rules/*.html#*")


def test_cells_without_a_link_of_their_own_get_one_that_leads_somewhere(site, visit):  # noqa: F811 - as above
    page = visit(site / "results" / "index.html").page
    assert page.locator("#matrix tbody td:not(.there, .run):not(:has(a[href]))").count() == 0
    addresses = page.locator("#matrix td a").evaluate_all("all => all.map(a => a.href)")
    links = {tuple(address.split("#")) for address in addresses}
    names = {file: PageContent.read(Path(url2pathname(urlsplit(file).path))).names for file in dict(links)}
    assert len(links) > 1000
    assert [link for link in links if unquote(link[1]) not in names[link[0]]] == []


def test_search_finds_a_clause_from_disk(site, visit):  # noqa: F811 - as above
    page = visit(site / "index.html").page
    page.fill("input[name=q]", "savepoint")
    page.press("input[name=q]", "Enter")
    page.wait_for_selector("ul.search li a[href*='operations/stop_job.html']")


def test_search_for_a_clause_finds_it_first_without_errors_and_marks_whole_words(site, visit):  # noqa: F811 - as above
    visited = visit(site / "index.html")
    page = visited.page
    page.fill("input[name=q]", "job-info.unknown-id")
    page.press("input[name=q]", "Enter")
    first = page.locator("ul.search li a").first
    assert first.inner_text().endswith("job-info.unknown-id")
    first.click()
    page.wait_for_selector(".highlighted", state="attached")
    page.wait_for_timeout(500)
    marked = page.locator(".highlighted").evaluate_all("all => all.map(it => it.nextSibling?.textContent[0] ?? '')")
    assert [letter for letter in marked if letter.isalnum()] == []
    assert visited.failures == []
