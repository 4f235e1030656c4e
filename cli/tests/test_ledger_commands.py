"""The commands about clauses: the whole ledger, and one entry of it."""

import json

import pytest
import typer
from typer.testing import CliRunner, Result

from seatunnel_openapi import load, releases
from seatunnel_v2.commands import explain, ledger
from seatunnel_v2.exits import ExitStatus


def run(*words: str) -> Result:
    app = typer.Typer()
    app.command()(ledger.ledger)
    app.command()(explain.explain)
    return CliRunner().invoke(app, words)


@pytest.mark.parametrize("release", releases())
def test_ledger_lists_every_clause_of_a_release(release: str):
    lines = run("ledger", "--release", release).stdout.splitlines()
    assert [line.split()[0] for line in lines[1:-5]] == [clause.id for clause in load(release).clauses]


@pytest.mark.slow
def test_ledger_is_written_for_machines_and_for_pages():
    ids = [clause.id for clause in load().clauses]
    assert [clause["id"] for clause in json.loads(run("ledger", "--format", "json").stdout)["clauses"]] == ids
    rows = run("ledger", "--format", "markdown").stdout.splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == ids


def test_explanation_begins_with_the_clause_and_its_level():
    done = run("explain", "job-info.unknown-id")
    assert (done.exit_code, done.stdout.splitlines()[0]) == (0, "job-info.unknown-id  MUST")


def test_explanation_of_a_fact_has_its_values_and_the_clauses_that_name_it():
    shown = " ".join(run("explain", "dynamicTotalSlots").stdout.split())
    assert "always zero, or the number of slots" in shown
    assert f"value documented, get_overview: `zero` docs-2024-10 to {releases()[-1]}, get_overview: `assigned`" in shown
    assert "named by overview.dynamic-slots" in shown
    assert "dynamicTotalSlots` (here `zero`) specifies" in " ".join(
        run("explain", "overview.dynamic-slots").stdout.split()
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("explain", "job-info.unkown-id"), "hint: did you mean job-info.unknown-id"),
        (("explain", "monitoring"), "hint: the clauses of monitoring: monitoring.one-per-member, "),
        (("explain", "GET /overview"), "hint: the clauses of GET /overview: overview.members, "),
        (("explain", "/overview"), "hint: the clauses of /overview: overview.members, "),
        (("explain", "zz.zz"), "hint: seatunnel-v2 ledger lists all clauses"),
        (
            ("explain", "running-jobs.page", "--release", "2.3.9"),
            f"hint: it is a clause of {', '.join(releases()[releases().index('2.3.13') :])}",
        ),
        (("explain", "job-info.unknown-id", "--release", "9.9"), "2.3.13"),
        (("ledger", "--release", "9.9"), "Unknown release '9.9'.\n\nhint: Known releases: documented, "),
        (("ledger", "--format", "xml"), "xml"),
    ],
)
def test_what_there_is_not_is_a_usage_error_that_says_what_there_is(words: tuple[str, ...], said: str):
    refused = run(*words)
    assert refused.exit_code == ExitStatus.USAGE
    assert said in refused.stderr
    assert refused.stdout == ""
