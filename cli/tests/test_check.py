"""`check`: what it prints, and how it ends."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from seatunnel_server.http.request import BODY_LIMIT
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.main import app

ROOT = Path(__file__).parents[2]
UPSTREAM = ROOT / "server" / "tests" / "upstream"
GOOD = UPSTREAM / "two-sources-two-sinks.conf"


def check(*words: object, text: str | None = None) -> Result:
    return CliRunner().invoke(app, ["check", *map(str, words)], input=text, catch_exceptions=False)


def test_check_loads_neither_the_suite_nor_an_http_client() -> None:
    modules = "seatunnel_v2.__main__, seatunnel_v2.main, seatunnel_v2.commands.check, seatunnel_server.checking"
    code = f"import sys, {modules}; print(*sys.modules)"
    names = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"seatunnel_conformance.run.runner", "httpx2", "connexion", "pydantic"} & {*names}


@pytest.mark.parametrize(("guide", "begins"), [("serve", "| request body |"), ("check-a-job", "| `file` |")])
def test_guides_have_the_limit_of_a_body(guide: str, begins: str):
    text = Path(ROOT, "docs", "guides", f"{guide}.md").read_text(encoding="utf-8")
    assert f"{BODY_LIMIT / 2**20:g} MiB" in next(line for line in text.splitlines() if line.startswith(begins))


def test_good_job_ends_with_0_and_says_what_it_is() -> None:
    done = check(GOOD)
    assert (done.exit_code, done.stdout) == (
        ExitStatus.OK,
        f"{GOOD}: no findings; streaming job, 2 pipelines, 4 vertices, 4 slots\n",
    )


def test_findings_name_file_line_and_column_and_end_with_1(tmp_path: Path) -> None:
    broken = tmp_path / "job.conf"
    broken.write_text("env {}\nsource { FakeSourc {} }\nsink { Console {} }\n", encoding="utf-8")
    done = check(GOOD, broken)
    assert done.exit_code == ExitStatus.DEVIATES
    assert f"{broken}:2:10: error: source[0]: 2.3.13 has no source `FakeSourc` [plugin]\n" in done.stdout
    assert "    hint: did you mean `FakeSource`? If it is your own, pass --plugin." in done.stdout
    assert f"{broken}: 1 error\n" in done.stdout


def kafka_job(folder: Path, plugin: str = "Kafka") -> Path:
    job = folder / "job.conf"
    source = f'{{ {plugin} {{ topic = t, bootstrap.servers = "b:1", formt = json }} }}'
    job.write_text(f"env {{}}\nsource {source}\nsink {{ Console {{}} }}\n", encoding="utf-8")
    return job


def test_options_that_are_not_known_are_no_clean_bill(tmp_path: Path) -> None:
    job = kafka_job(tmp_path, "Mine")
    done = check(job, "--plugin", "Mine")
    assert done.exit_code == ExitStatus.OK
    assert f"{job}: no findings in the known options; " in done.stdout
    assert f"{job}: options of 1 plugin are not known: Mine\n" in done.stdout
    (found,) = json.loads(check(job, "--plugin", "Mine", "--format", "json").stdout)
    assert found["unchecked"] == ["Mine"]
    (found,) = json.loads(check(GOOD, "--format", "json").stdout)
    assert found["unchecked"] == []


def test_warnings_count_only_with_strict() -> None:
    job = UPSTREAM / "postgres-cdc.conf"
    assert check(job).exit_code == ExitStatus.OK
    assert check(job, "--strict").exit_code == ExitStatus.DEVIATES


def test_standard_input_and_json() -> None:
    (found,) = json.loads(check("-", "--format", "json", "--release", "2.3.9", text="env {").stdout)
    assert found["release"] == "2.3.9"
    assert found["findings"][0]["line"] == 1
    assert found["plan"] is None
    (found,) = json.loads(check(GOOD, "--format", "json").stdout)
    assert list(found["plan"]["edges"]) == ["1", "2"]


def test_plan_and_diagram() -> None:
    assert "  1 Source[0]-FakeSource  fake1  -> 2\n" in check(GOOD, "--plan").stdout
    shown = check(GOOD, "--mermaid")
    assert shown.stdout.startswith("flowchart LR\n")
    assert "no findings" in shown.stderr
    drawn = check(GOOD, "--svg")
    assert drawn.stdout.startswith("<svg ")
    assert "no findings" in drawn.stderr


def test_picture_is_of_one_job_that_is_not_refused(tmp_path: Path) -> None:
    refused = check("-", "--svg", "-o", tmp_path / "plan.svg", text="env { a = ${x} }")
    assert (refused.exit_code, refused.stdout) == (ExitStatus.DEVIATES, "")
    assert not (tmp_path / "plan.svg").exists()
    assert check(GOOD, UPSTREAM / "upload.json", "--svg").exit_code == ExitStatus.USAGE


def test_conversion_is_printed_or_refused(tmp_path: Path) -> None:
    converted = check(GOOD, "--convert", "json", "-o", tmp_path / "job.json")
    assert (converted.exit_code, converted.stdout) == (0, "")
    assert check(tmp_path / "job.json").exit_code == ExitStatus.OK
    refused = check("-", "--convert", "json", text="env { a = ${x} }")
    assert (refused.exit_code, refused.stdout) == (ExitStatus.DEVIATES, "")
    assert "variable" in refused.stderr
    assert check(GOOD, UPSTREAM / "upload.json", "--convert", "json").exit_code == ExitStatus.USAGE


@pytest.mark.parametrize("name", ["missing.conf", "missing-*.conf", ""])
def test_file_that_cannot_be_read_is_a_usage_error(name: str, tmp_path: Path) -> None:
    done = check(tmp_path / name)
    assert done.exit_code == ExitStatus.USAGE
    assert f"{tmp_path / name} can't be read: " in done.stderr


def test_folders_and_patterns_name_the_jobs_in_them(tmp_path: Path) -> None:
    (tmp_path / "jobs" / "daily").mkdir(parents=True)
    one, two = tmp_path / "jobs" / "one.conf", tmp_path / "jobs" / "daily" / "two.conf"
    for job in (one, two, tmp_path / "jobs" / "notes.txt"):
        job.write_text("env {", encoding="utf-8")
    for name in (tmp_path / "jobs", tmp_path / "jobs" / "**" / "*.conf"):
        done = check(name, one)
        assert {line.partition(".conf:")[0] for line in done.stdout.splitlines()} == {str(one)[:-5], str(two)[:-5]}


def test_misspelt_option_of_a_connector_is_found_at_its_place_in_every_format(tmp_path: Path) -> None:
    job = kafka_job(tmp_path)
    message = "source[0]: Kafka has no option `formt`"
    assert f"{job}:2:56: warning: {message} [option]\n    hint: did you mean `format`?\n" in check(job).stdout
    (found,) = json.loads(check(job, "--format", "json").stdout)
    (finding,) = found["findings"]
    assert (finding["line"], finding["column"], finding["end_column"]) == (2, 56, 61)
    (run,) = json.loads(check(job, "--format", "sarif").stdout)["runs"]
    (result,) = run["results"]
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": str(job)},
        "region": {"startLine": 2, "startColumn": 56, "endColumn": 61},
    }
    annotation = f"::warning file={job},line=2,col=56,endColumn=61,title=option::{message}; did you mean `format`?\n"
    assert check(job, "--format", "github").stdout == annotation


def test_two_releases_are_compared(tmp_path: Path) -> None:
    job = tmp_path / "job.conf"
    source = 'Jdbc { url = "jdbc:x", driver = d, query = q, username = u, dialect = d, formt = x }'
    sink = 'Doris { fenodes = "a:1", username = u, password = p, sink.label-prefix = x, doris.config {}'
    sink += ", doris.request.retries = 5 }"
    job.write_text(f"env {{}}\nsource {{ {source} }}\nsink {{ {sink} }}\n", encoding="utf-8")
    upgrade = ("--release", "2.3.9", "--release", "3.0.0")
    done = check(job, *upgrade)
    assert done.exit_code == 0
    assert [line.partition(": ")[2] for line in done.stdout.splitlines()] == [
        "warning: sink[0]: Doris has no option `doris.request.retries` in 3.0.0; until 2.3.9 [option]",
        "no longer: warning: source[0]: Jdbc has no option `dialect` in 2.3.9; since 2.3.11 [option]",
        "1 new warning, 1 gone; batch job, 1 pipeline, 2 vertices, 2 slots",
    ]
    assert check(job, *upgrade, "--strict").exit_code == 1
    (found,) = json.loads(check(job, *upgrade, "--format", "json").stdout)
    assert [len(found[key]) for key in ("findings", "gone")] == [1, 1]
    unchanged = check(job, "--release", "2.3.12", "--release", "2.3.13").stdout
    assert unchanged == f"{job}: no new findings; batch job, 1 pipeline, 2 vertices, 2 slots\n"
    assert check(job, *upgrade, "--plan").exit_code == check(job, *upgrade, "--release", "2.3.13").exit_code == 2


def test_rules_of_an_engine_are_used(tmp_path: Path) -> None:
    option = {"key": "formt", "type": "java.lang.String"}
    rule = {"optionalOptions": [option], "requiredOptions": [{"ruleType": "ABSOLUTELY_REQUIRED", "options": [
        {"key": "topics", "type": "java.lang.String", "fallbackKeys": ["topic"]}]}]}  # fmt: skip
    rules = tmp_path / "rules.json"
    plugin = {"pluginType": "source", "pluginName": "Mine", "optionRule": rule}
    rules.write_text(json.dumps({"release": "2.3.13", "plugins": [plugin]}), encoding="utf-8")
    done = check(kafka_job(tmp_path, "Mine"), "--rules", rules)
    assert "source[0]: Mine has no option `bootstrap.servers`" in done.stdout
    assert "options of 1 plugin are not known: Console\n" in done.stdout
    assert done.stdout.count("warning: ") == 1
    refused = check(GOOD, "--rules", GOOD)
    assert (refused.exit_code, "hint: `seatunnel-v2 option-rules URL -o rules.json`" in refused.stderr) == (2, True)
    for unusable in (tmp_path, tmp_path / "missing"):
        assert f"seatunnel-v2: {unusable} can't be read: " in check(GOOD, "--rules", unusable).stderr
    rules.write_text("{", encoding="utf-8")
    assert f"seatunnel-v2: {rules} is not JSON: " in check(GOOD, "--rules", rules).stderr


def test_files_beside_one_that_cannot_be_read_are_checked(tmp_path: Path) -> None:
    broken = tmp_path / "job.conf"
    broken.write_text("env {", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    done = check(GOOD, tmp_path / "missing.conf", tmp_path / "empty", broken)
    assert done.exit_code == ExitStatus.USAGE
    assert [line for line in (f"{GOOD}: no findings", f"{broken}: 1 error") if line not in done.stdout] == []
    assert done.stderr.count("can't be read: ") == 2


def test_folder_is_its_job_configurations(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    for name in ("b.conf", "below/a.conf", "notes.txt"):
        (tmp_path / name).write_text(GOOD.read_text(encoding="utf-8"), encoding="utf-8")
    done = check(tmp_path)
    assert [line.partition(": ")[0] for line in done.stdout.splitlines()] == [
        str(tmp_path / "b.conf"),
        str(tmp_path / "below" / "a.conf"),
    ]


def test_folder_without_job_configurations_is_a_usage_error(tmp_path: Path) -> None:
    done = check(tmp_path)
    assert done.exit_code == ExitStatus.USAGE
    assert f"{tmp_path} can't be read: it has no files that end with .conf, .hocon, .json, .sql" in done.stderr


def test_control_characters_are_escaped() -> None:
    done = check("-", text='env {}\nsource { "a\\u001b[31m" {} }\nsink { Console {} }\n')
    assert "\x1b" not in done.stdout


def test_hook_checks_jobs() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    (hook,) = [each for each in hooks if each["id"] == "seatunnel-check"]
    command, *words = hook["entry"].split()
    assert (command, CliRunner().invoke(app, [*words, str(GOOD)]).exit_code) == ("seatunnel-v2", ExitStatus.OK)
