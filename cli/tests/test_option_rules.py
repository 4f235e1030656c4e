"""`option-rules`: the rules of a deployment's plugins, saved and used."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seatunnel_openapi.option_rules import option_rules_of
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.main import app

RELEASE = "development-2026-07-01"


@pytest.mark.slow
def test_rules_of_a_deployment_are_saved_and_used(tmp_path: Path) -> None:
    file, job = tmp_path / "rules.json", tmp_path / "job.conf"
    done = CliRunner().invoke(app, ["option-rules", f"reference:{RELEASE}", "-o", str(file)], catch_exceptions=False)
    assert (done.exit_code, done.stderr) == (ExitStatus.OK, f"162 plugins of {RELEASE}\n")
    saved, known = json.loads(file.read_text(encoding="utf-8")), option_rules_of(RELEASE)
    assert known
    assert {(each["pluginType"], each["pluginName"].lower()): each for each in saved["plugins"]} == known.plugins
    job.write_text("env {}\nsource { FakeSource { schema {}, rwos = 1 } }\nsink { Console {} }\n", encoding="utf-8")
    found = CliRunner().invoke(app, ["check", str(job), "--release", RELEASE, "--rules", str(file)])
    assert "source[0]: FakeSource has no option `rwos`" in found.stdout


@pytest.mark.slow
def test_engine_without_the_operation_is_told_so() -> None:
    done = CliRunner().invoke(app, ["option-rules", "reference:2.3.13"], catch_exceptions=False)
    assert (done.exit_code, "engines have `/option-rules` since 3.0" in done.stderr) == (ExitStatus.UNDECIDED, True)
