"""`make release` builds only what is committed and has a heading in the changelog."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a repository with all that `make release` reads before it builds."""
    (tmp_path / "Makefile").write_bytes((ROOT / "Makefile").read_bytes())
    (tmp_path / "requirements.lock").touch()
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "9.1.0"\n', encoding="utf-8")
    (tmp_path / "CHANGELOG.md").write_text("## [Unreleased]\n\n## [9.0.0] - 2026-12-01\n", encoding="utf-8")
    identity = ["-c", "user.name=Tester", "-c", "user.email=tester@example.org", "-c", "commit.gpgsign=false"]
    for words in (["init", "--quiet"], ["add", "."], [*identity, "commit", "--quiet", "--message", "All"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)  # noqa: S607 - git of the PATH
    return tmp_path


def refusal(checkout: Path) -> str:
    make = ["make", "--silent", "release", "READY=pyproject.toml", f"BIN={Path(sys.executable).parent}"]
    # `make check`, which may have started this, has the options of several jobs there.
    environment = {name: value for name, value in os.environ.items() if name != "MAKEFLAGS"}
    done = subprocess.run(make, cwd=checkout, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 2
    return done.stderr.splitlines()[0]


def test_tree_with_changes_is_refused(checkout: Path):
    (checkout / "new.txt").touch()
    assert refusal(checkout) == "make release: the tree has changes; commit them first"


def test_version_without_a_heading_is_refused(checkout: Path):
    assert refusal(checkout) == "make release: CHANGELOG.md has no heading '## [9.1.0] - DATE'"
