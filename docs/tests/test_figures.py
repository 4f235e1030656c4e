"""Numbers in texts that people wrote are those of the build."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from seatunnel_conformance.replay.recording import bundled
from seatunnel_docs.figures import figures_of
from seatunnel_docs.pages import home

pytestmark = pytest.mark.slow  # every recording is read

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TEXTS = (
    *ROOT.glob("*.md"),
    *ROOT.glob("upstream/*.md"),
    *(ROOT / "docs").glob("*.md"),
    *(ROOT / "docs").glob("guides/*.md"),
)
STATED = {
    r"disagree in ([\w-]+) places": "contradictions",
    r"all ([\w-]+) scenarios run": "scenarios",
    r"as OpenAPI 3.0.3: (\d+) operations": "newest_operations",
}
"""Sentences with a number, and the number of the build that they state."""


_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = {20: "twenty", 30: "thirty", 40: "forty"}


def in_words(number: int) -> Iterator[str]:
    """Yield the ways to write a number in a sentence, as a word below fifty."""
    yield str(number)
    tens, ones = (number // 10 * 10, number % 10) if number >= len(_ONES) else (0, number)
    if tens in _TENS:
        yield f"{_TENS[tens]}-{_ONES[ones]}" if ones else _TENS[tens]
    elif not tens:
        yield _ONES[ones]


@pytest.fixture(scope="module")
def figures(known):
    return figures_of(known)


def test_numbers_in_prose_are_those_of_the_build(figures):
    stated = [
        (text.name, sentence[0], name)
        for text in TEXTS
        for pattern, name in STATED.items()
        for sentence in re.finditer(pattern, text.read_text(encoding="utf-8"))
        if sentence[1] not in in_words(figures[name])
    ]
    assert stated == []
    every = "".join(text.read_text(encoding="utf-8") for text in TEXTS)
    assert [pattern for pattern in STATED if not re.search(pattern, every)] == []


def test_recorded_steps_in_the_readme_are_those_of_the_recordings():
    rows = re.findall(r"^\| `(\S+)` \|.*?\| (\d+) of (\d+)(?:; two nodes: (\d+) of (\d+))? \|", README, re.MULTILINE)
    assert len(rows) >= 7
    for release, *counts in rows:
        names = [release] * 2 + [f"{release}+two-nodes"] * 2
        for name, count in zip(names, counts, strict=True):
            assert not count or count == str(steps_of(name)), name


def steps_of(recording: str) -> int:
    return sum(step.exchange is not None for scenario in bundled(recording) for step in scenario.steps)


def test_first_page_states_the_numbers(known, figures):
    (page,) = home.pages(known, (ROOT / "docs" / "index.md").read_text(encoding="utf-8"))
    for name in ("clauses", "must_clauses", "contradictions", "corrected", "faults_found", "false_alarms"):
        assert f"{figures[name]}" in page.text, name
    assert f"<b>{figures['recorded_steps']:,}</b>" in page.text


def test_each_number_is_there(figures):
    assert [name for name, figure in figures.items() if not figure] == []
