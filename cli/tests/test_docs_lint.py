"""`docs-lint`: what it prints, and how it ends."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.main import app

PAGE = """\
```sh
curl 'http://localhost:8080/job-info/<jobId>'
curl 'http://localhost:8080/running-jobs?pages=1'
curl http://localhost:8080/logs/missing.log
```

Submit this job:

```json
{"env": {}, "source": [{"plugin_name": "FakeSourc"}], "sink": [{"plugin_name": "Console"}]}
```
"""


def lint(*words: object, text: str | None = None) -> Result:
    return CliRunner().invoke(app, ["docs-lint", *map(str, words)], input=text, catch_exceptions=False)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.md"
    path.write_text(PAGE, encoding="utf-8")
    return path


def test_findings_have_page_line_and_hint(page: Path) -> None:
    done = lint(page, "--release", "2.3.13")
    assert done.exit_code == ExitStatus.DEVIATES
    assert done.stdout.splitlines() == [
        f"{page}:3: GET /running-jobs?pages=1: the parameter `pages` is ignored",
        "    hint: did you mean `page`?",
        "1 finding",
    ]


def test_page_without_findings_ends_with_0(page: Path) -> None:
    page.write_text("`GET /overview`\n", encoding="utf-8")
    assert (lint(page).exit_code, lint(page, "--format", "json").stdout) == (ExitStatus.OK, "[]\n")


def test_standard_input_is_read_and_pages_beside_a_missing_one(page: Path) -> None:
    assert lint("-", text="`GET /running-job`\n").stdout.startswith("-:1: GET /running-job: ")
    done = lint(page.with_name("missing.md"), page)
    assert (done.exit_code, f"{page}:3: " in done.stdout) == (ExitStatus.USAGE, True)


def test_job_of_a_page_is_checked(page: Path) -> None:
    page.write_text(PAGE.replace("Submit this", "`POST /submit-job` takes this"), encoding="utf-8")
    found = json.loads(lint(page, "--format", "json").stdout)
    assert [(each["line"], each["message"]) for each in found[1:]] == [
        (10, "source[0]: 2.3.13 has no source `FakeSourc`; did you mean `FakeSource`?")
    ]


def test_requests_are_sent_to_a_reference_server(page: Path) -> None:
    table = lint(page, "--run", "--format", "markdown", "--release", "2.3.13").stdout
    assert "| page.md:4 | `GET /logs/missing.log` | the reference server answers 400 |" in table
    assert "page.md:2" not in table


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_file_that_cannot_be_read_is_a_usage_error(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "page.md"
    if content is not None:
        path.write_bytes(content)
    done = lint(path)
    assert (done.exit_code, "can't be read" in done.stderr) == (ExitStatus.USAGE, True)
