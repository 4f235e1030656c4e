"""The notes that the contract cites are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CITATION = re.compile(r"research/([\w.-]+)\.md#([\w.]+)")


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
