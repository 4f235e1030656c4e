"""The notes that the contract cites, and the files that the pages for contributors name, are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CITATION = re.compile(r"research/([\w.-]+)\.md#([\w.]+)")
NAMED = re.compile(r"`(\w[\w.-]*(?:/[\w.-]+)+/?|\w+\.py|\w+/)`")
OF_RUNS = {"dist/", "reports/engines/", "results/known-nodes-N.yaml", "research/"}
"""What commands write, and patterns."""


def test_each_section_of_the_notes_that_the_contract_cites_is_there():
    cited = {
        match.groups()
        for folder in ("openapi", "openapi/overlays", "openapi/proposals")
        for file in (ROOT / folder).glob("*.yaml")
        for match in CITATION.finditer(file.read_text(encoding="utf-8"))
    }
    notes = {
        (file.stem, section)
        for file in (ROOT / "docs" / "evidence").glob("*.md")
        for section in re.findall(r'<a id="([\d.]+)"', file.read_text(encoding="utf-8"))
    }
    assert len(cited) > 20
    assert cited - notes == set()


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "ARCHITECTURE.md"])
def test_files_and_folders_that_a_page_for_contributors_names_are_there(page: str):
    """A path is written from the root, or from a folder that the text before it names."""
    named = set(NAMED.findall((ROOT / page).read_text(encoding="utf-8"))) - OF_RUNS
    paths = [f"{path}/" for top in ROOT.glob("[!.]*") for path in (top, *top.rglob("*"))]
    assert len(named) > 50
    assert [name for name in sorted(named) if not any(path.endswith(f"/{name.rstrip('/')}/") for path in paths)] == []
