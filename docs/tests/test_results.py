"""The published results: complete, described, and without anything about the machine that they were made on."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from seatunnel_docs.errors import InvalidResult
from seatunnel_docs.results import CellVerdict, cell_verdict, load, published_results
from seatunnel_openapi import releases

RESULTS = Path(__file__).parents[2] / "results"
ONE = RESULTS / "2.3.13" / "one-node.ndjson"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Return a valid result in a folder of its own."""
    folder = tmp_path / "2.3.13"
    folder.mkdir()
    for file in (ONE, ONE.with_suffix(".yaml")):
        shutil.copy(file, folder)
    return folder / ONE.name


def altered(file: Path, **members: object) -> Path:
    """Change members of the header of a report."""
    header, _, rest = file.read_text(encoding="utf-8").partition("\n")
    file.write_text(json.dumps({**json.loads(header), **members}) + "\n" + rest, encoding="utf-8")
    return file


def test_published_results_are_valid():
    found = list(published_results(RESULTS))
    assert len({result.name for result in found}) >= 5
    assert {result.name for result in found} == {
        f"{file.parent.name}/{file.stem}" for file in RESULTS.glob("*/*.ndjson")
    }
    order = [releases().index(result.release) for result in found]
    assert order == sorted(order)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"release": "2.3.9"}, "checked against 2.3.9, but is in the folder 2.3.13"),
        ({"requirements": "0.1.0"}, "it leaves out checks"),
        ({"partial": True}, "it leaves out checks"),
        ({"profile": "smoke"}, "does not check every clause"),
        ({"target": "http://10.1.2.3:8080"}, "names the host 10.1.2.3"),
        ({"note": "see /home/somebody/engine/logs"}, "a path of the machine: /home/somebody"),
        ({"note": "asked 192.168.1.7"}, "contains the address 192.168.1.7"),
    ],
)
def test_report_that_is_no_result_is_refused(copied, members, reason):
    with pytest.raises(InvalidResult, match=reason):
        load(altered(copied, **members))


def test_report_that_was_cut_off_is_refused(copied):
    copied.write_text("".join(copied.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(InvalidResult, match="breaks off"):
        load(copied)


@pytest.mark.parametrize("missing", ["build", "command", "source"])
def test_description_must_be_complete(copied, missing):
    about = copied.with_suffix(".yaml")
    plain = yaml.safe_load(about.read_text())
    about.write_text(yaml.safe_dump({name: value for name, value in plain.items() if name != missing}))
    with pytest.raises(InvalidResult, match=missing):
        load(copied)


def test_report_without_a_description_is_refused(copied):
    copied.with_suffix(".yaml").unlink()
    with pytest.raises(InvalidResult, match="how the engine was built"):
        load(copied)


def test_verdict_on_a_clause_is_the_worst_of_its_checks():
    failed = load(RESULTS / "2.3.9" / "one-node.ndjson")
    assert {outcome.id for outcome in failed.report.outcomes if outcome.verdict == "fail"} == {
        "life-cycle.restart, random histories"
    }
    worst = failed.outcomes()
    assert worst["life-cycle.restart"].id == "life-cycle.restart, random histories"
    assert cell_verdict(worst["life-cycle.restart"]) is CellVerdict.FAIL
    assert cell_verdict(worst["job-info.unknown-id"]) is CellVerdict.PASS
