"""The ledger and its entries in words."""

import json
from dataclasses import replace
from importlib.resources import files

import jsonschema_rs
import pytest

from seatunnel_conformance.ledger import find, ledger_of, views
from seatunnel_openapi import load, releases
from seatunnel_openapi.contract import Level


@pytest.mark.parametrize("release", releases())
def test_table_has_a_line_for_each_clause_and_fits_into_80_columns(release: str):
    ledger = ledger_of(release)
    lines = views.as_table(ledger).splitlines()
    first = [line.split()[0] for line in lines if line]
    assert first == ["clause", *(entry.clause.id for entry in ledger.entries), "check:", *Level]
    assert max(map(len, lines)) <= views.WIDTH


@pytest.mark.parametrize("clause_id", [clause.id for release in releases() for clause in load(release).clauses][::7])
def test_explanation_fits_into_80_columns_but_for_what_can_not_be_broken(clause_id: str):
    long = [line for line in views.explained(find(clause_id)).splitlines() if len(line) > views.WIDTH]
    assert [
        line for line in long if len(line.split()) > 1 and not line.startswith(("alone", "checked", "at random", " "))
    ] == []


def test_explanation_tells_everything_about_a_clause():
    entry = find("job-info.unknown-id")
    text = " ".join(views.explained(entry).split())
    for said in (
        entry.clause.text,
        "GET /job-info/{jobId} (get_job_info, tag jobs)",
        "recorded: recordings/docs-2024-10.ndjson#job-info/unknown/get",
        f"checks/job_info.py:{entry.checks[0].place[1]}",
        "recorded job-info/unknown, on docs-2024-10, 2.3.9, 2.3.10, 2.3.11",
        "others that ask GET /job-info/{jobId}",
        "seatunnel-v2 conform URL --only '*recorded as job-info/unknown'",
        "unknown-id-is-404: An unknown job id is answered with 404",
        "3.0.0: recorded development-2026-08-29, not checked since",
        "seatunnel-v2 conform URL --only job-info.unknown-id",
        "seatunnel-v2 faults --only unknown-id-is-404",
    ):
        assert said in text


def test_command_for_a_fault_names_a_release_that_has_the_clause():
    text = " ".join(views.explained(find("running-jobs.no-end-state")).split())
    assert "faults --only ended-jobs-stay-among-the-running --release development-2026-07-01" in text


@pytest.mark.parametrize("release", [releases()[0], releases()[-1]])
def test_data_have_the_published_schema(release: str):
    schema = json.loads(files("seatunnel_conformance.ledger").joinpath("ledger.schema.json").read_text("utf-8"))
    jsonschema_rs.Draft202012Validator(schema).validate(views.as_data(ledger_of(release)))


def test_data_say_which_releases_have_a_clause():
    entry = find("job-info.unknown-id")
    gone = replace(entry, holds=entry.holds[1:3])
    since_and_until = [(data["since"], data["until"]) for data in map(views.entry_data, (entry, gone))]
    assert since_and_until == [("documented", None), ("docs-2024-10", "2.3.9")]


def test_explanation_says_what_is_missing():
    bare = replace(find("job-info.unknown-id"), checks=(), faults=())
    text = views.explained(bare)
    assert "by nothing" in text
    assert "none proves" in text


def test_release_that_says_it_otherwise_is_marked():
    assert "2.3.10: recorded; in other words" in views.explained(find("encrypt-config.sensitive-keys"))


def test_markdown_is_a_table_with_a_row_for_each_clause():
    ledger = ledger_of()
    rows = views.as_markdown(ledger).splitlines()
    assert len(rows) == len(ledger.entries) + 2
    assert len({row.count("|") for row in rows}) == 1
    assert rows[2].startswith("| `http.error-shape` | MUST | ")


def test_data_is_json_and_counts_what_it_lists():
    data = json.loads(json.dumps(views.as_data(ledger_of())))
    assert sum(count["clauses"] for count in data["counts"].values()) == len(data["clauses"])
    assert data["counts"]["MUST"]["checked"] == len(
        [it for it in data["clauses"] if it["level"] == "MUST" and it["checks"]]
    )
    one = next(clause for clause in data["clauses"] if clause["id"] == "job-info.unknown-id")
    assert one["releases"][6] == {"release": "2.3.13", "known": "recorded", "knownOn": "2.3.13"}
    assert one["operationId"] == "get_job_info"
