"""The page about `learn`: its figures are those of the published file, and each fact has a probe or a reason."""

import json
from pathlib import Path

from seatunnel_docs.pages import learning

DOCS = Path(__file__).parents[1]


def test_page_shows_the_published_figures_and_every_fact():
    (shown,) = learning.pages(DOCS)
    measured = json.loads((DOCS / learning.FIGURES).read_text(encoding="utf-8"))
    for row in measured.get("recovery", ()):
        assert f"| {row['release']} | {row['before']} | {row['true']} | {row['recovered']} |" in shown.text
    for row in measured["trials"]:
        assert f"| {row['engine']} | {row['before']} | {row['drafted']} | {row['kept']} |" in shown.text
        assert f"| {row['engine']} | {row['runs'][0]['profile']} | {row['runs'][0]['seed']} |" in shown.text
    assert shown.text.count("| `") >= 90


def test_no_fact_is_without_a_probe_or_a_reason():
    (shown,) = learning.pages(DOCS)
    assert [line for line in shown.text.splitlines() if "none: ?" in line] == []


def test_page_without_figures_has_the_probes_only(tmp_path):
    (shown,) = learning.pages(tmp_path)
    assert "## Facts and probes" in shown.text
    assert "## Real engines" not in shown.text
