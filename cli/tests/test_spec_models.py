"""`seatunnel-v2 spec models`: the types of a release, made when asked for."""

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.main import app


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["spec", *words])


def test_module_has_the_types_of_the_release(tmp_path: Path) -> None:
    path = tmp_path / "seatunnel_types.py"

    done = run("models", "--release", "2.3.10", "-o", str(path))

    assert (done.exit_code, done.stdout) == (ExitStatus.OK, "")
    text = path.read_text(encoding="utf-8")
    assert text.startswith('"""The schemas of the contract of 2.3.10')
    assert 'projectVersion: str\n    """The version of the engine."""\n' in text
    names: dict[str, object] = {"__name__": "seatunnel_types"}
    exec(text, names)  # noqa: S102 - what the user imports
    assert "workers" in getattr(names["Overview"], "__annotations__", {})


def test_missing_generator_is_an_error_with_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datamodel_code_generator", None)

    refused = run("models")

    assert (refused.exit_code, refused.stdout) == (ExitStatus.USAGE, "")
    assert "datamodel-code-generator is not installed\n\nhint: pip install '.[stubs]'" in refused.stderr


def test_help_names_the_extra() -> None:
    assert "pip install '.[stubs]'" in run("models", "--help").stdout


@pytest.mark.parametrize("words", [("models",), ("diff", "2.3.9", "2.3.10")], ids=lambda words: words[0])
def test_option_before_the_sub_command_is_refused(words: tuple[str, ...]) -> None:
    refused = run("--release", "2.3.10", *words)

    assert (refused.exit_code, refused.stdout) == (ExitStatus.USAGE, "")
    assert f"--release has no effect before `{words[0]}`" in refused.stderr


def test_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    refused = run("models", "-o", str(tmp_path / "no" / "such.py"))

    assert refused.exit_code == ExitStatus.USAGE
    assert "such.py can't be written" in refused.stderr
