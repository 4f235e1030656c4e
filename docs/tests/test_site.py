"""The built site: complete, true to the contract, without a dead link, and asking nothing of anybody else."""

import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from reading_pages import PageContent, css_addresses
from typer.testing import CliRunner

from seatunnel_openapi import load, releases
from seatunnel_v2.main import app

pytestmark = pytest.mark.slow

RELEASES = releases()
OUTSIDE = re.compile(r"^(?:[a-z]+:)?//")
CALLS_OUTSIDE = re.compile(
    r"(?:fetch|import|importScripts|EventSource|WebSocket|Worker)\(\s*[\"'`](?:https?:|wss?:)?//"
    r"|(?:\bsrc|\.open)\s*[:=(,]\s*(?:[\"']\w+[\"']\s*,\s*)?[\"'`](?:https?:)?//"
)
"""Scripts that fetch from a fixed address: a call with one, or an element that is given one as its source."""


@cache
def content(path: Path) -> PageContent:
    return PageContent.read(path)


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def test_site_has_a_page_for_every_operation_and_a_reference_for_every_release(site):
    operations = {operation.id for release in RELEASES for operation in load(release).operations}
    assert {page.stem for page in (site / "operations").glob("*.html")} == operations | {"index"}
    assert {page.stem for page in (site / "reference").glob("*.html")} == set(RELEASES)
    assert {page.stem for page in (site / "releases").glob("*.html")} == {*RELEASES, "index"}


def test_no_page_or_style_fetches_from_outside(site):
    fetched = [(page.name, address) for page in pages(site) for address in content(page).fetched]
    fetched += [(sheet.name, it) for sheet in site.rglob("*.css") for it in css_addresses(sheet.read_text("utf-8"))]
    assert len(fetched) > 500
    assert [pair for pair in fetched if OUTSIDE.match(pair[1])] == []


def test_no_script_fetches_from_a_fixed_outside_address(site):
    scripts = {script.name: script.read_text(encoding="utf-8") for script in site.rglob("*.js")}
    assert "redoc.standalone.js" in scripts
    assert {name: CALLS_OUTSIDE.findall(text) for name, text in scripts.items() if CALLS_OUTSIDE.search(text)} == {}
    assert "cdn.redoc.ly" not in "".join(scripts.values())
    assert CALLS_OUTSIDE.search('createElement("img",{alt:"x",src:"https://cdn.example/x.svg"})')
    assert CALLS_OUTSIDE.search('fetch("https://example.com/x")')


def test_what_pages_fetch_is_there(site):
    missing = [
        (page.name, address)
        for page in pages(site)
        for address in content(page).fetched
        if not address.startswith(("data:", "#"))
        and not (page.parent / unquote(address.partition("?")[0].partition("#")[0])).is_file()
    ]
    assert missing == []


@pytest.mark.parametrize(("name", "kilobytes"), [("index.html", 150), ("results/index.html", 500)])
def test_page_is_light_with_all_that_it_loads(site, name, kilobytes):
    page = site / name
    fetched = {page.parent / address.partition("?")[0] for address in content(page).fetched}
    loaded = [page, *(path for path in fetched if path.suffix in {".css", ".js"})]
    assert sum(path.stat().st_size for path in loaded) <= kilobytes * 1024


def test_every_link_within_the_site_leads_to_something(site):
    dead = []
    checked = 0
    for page in pages(site):
        for link in content(page).links:
            if OUTSIDE.match(link) or link.startswith("mailto:"):
                continue
            checked += 1
            place, _, name = link.partition("#")
            target = page.parent / unquote(place) if place else page
            if not target.is_file() or (name and not leads_somewhere(target, unquote(name))):
                dead.append((str(page.relative_to(site)), link))
    assert checked > 5000
    assert dead == []


def leads_somewhere(target: Path, name: str) -> bool:
    """Whether a page has a part of that name; a reference makes its parts itself, one for each operation."""
    if target.parent.name == "reference":
        return name in {f"operation/{operation.id}" for operation in load(target.stem).operations}
    return name in content(target).names


@pytest.mark.parametrize("release", RELEASES)
def test_document_of_a_release_is_the_one_that_spec_prints(site, release):
    printed = {
        form: CliRunner().invoke(app, ["spec", "--release", release, "--format", form]).stdout
        for form in ("json", "yaml")
    }
    assert (site / "reference" / f"{release}.json").read_text(encoding="utf-8") == printed["json"]
    shown = (site / "reference" / f"{release}.yaml").read_text(encoding="utf-8")
    assert yaml.load(shown, yaml.CSafeLoader) == yaml.load(printed["yaml"], yaml.CSafeLoader)
    page = (site / "reference" / f"{release}.html").read_text(encoding="utf-8")
    found = re.search(r'<script id="document" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert json.loads(found[1]) == json.loads(printed["json"])


def test_page_of_judges_is_in_the_navigation_and_links_the_measured_lines(site):
    assert "judges.html" in content(site / "index.html").links
    page = (site / "judges.html").read_text(encoding="utf-8")
    assert re.search(r'href="_downloads/\w+/judges\.ndjson"', page)


def test_navigation_marks_the_page_and_opens_its_section(site):
    page = (site / "operations" / "get_job_info.html").read_text(encoding="utf-8")
    assert re.findall(r'aria-current="page">(.*?)<', page) == ["GET /job-info/{jobId}"]
    assert re.findall(r'aria-label="Toggle navigation of (.*?)".*? checked>', page) == ["Operations"]


def test_every_clause_has_an_anchor_of_its_own_name_and_the_list_leads_there(site):
    listed = {link.partition("#")[2] for link in content(site / "rules" / "index.html").links}
    clauses = {clause.id for release in RELEASES for clause in load(release).clauses}
    assert clauses <= listed


def test_site_is_the_same_however_often_it_is_built(site, second_site):
    first, again = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (site, second_site)
    )
    assert first.keys() == again.keys()
    assert [str(path) for path in first if first[path] != again[path]] == []


def test_page_of_an_operation_has_parameters_an_example_and_the_members(site):
    text = (site / "operations" / "get_job_info.html").read_text(encoding="utf-8")
    part = text[text.index("Request and response") : text.index("Clauses and evidence")]
    for said in ("string in the path", "vertexInfoMap", "RunningJob", "jobStatus"):
        assert said in part, said
