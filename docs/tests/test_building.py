"""What keeps a site from being built is said in a sentence; its colours are those of the reports."""

import re
import resource
import sys
from pathlib import Path

import pytest
from pygments.token import STANDARD_TYPES
from typer.testing import CliRunner

from seatunnel_conformance.report import html
from seatunnel_docs import building
from seatunnel_docs.errors import BrokenPages
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.main import app


def test_command_without_the_extra_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "sphinx", None)
    done = CliRunner().invoke(app, ["docs", "build", "-o", str(tmp_path / "site")])
    assert done.exit_code == ExitStatus.USAGE
    assert "pip install '.[docs]'" in done.stderr


def test_command_without_the_viewers_says_how_to_get_them(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "drf_spectacular_sidecar", None)
    done = CliRunner().invoke(app, ["docs", "build", "-o", str(tmp_path / "site")])
    assert done.exit_code == ExitStatus.USAGE
    assert "pip install '.[reference]'" in done.stderr


def test_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "precious.txt").write_text("mine")
    done = CliRunner().invoke(app, ["docs", "build", "-o", str(tmp_path)])
    assert (done.exit_code, [path.name for path in tmp_path.iterdir()]) == (ExitStatus.USAGE, ["precious.txt"])
    assert "contains no earlier site" in done.stderr


def test_folder_that_can_not_be_written_is_said_in_a_sentence(monkeypatch, tmp_path):
    """A limit for files has the same effect as a full disk: copies of guides fail, one after the other."""
    monkeypatch.setattr(building.Knowledge, "gather", lambda _: None)
    monkeypatch.setattr(building, "_pages", lambda *_: ())
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        done = CliRunner().invoke(app, ["docs", "build", "-o", str(tmp_path / "site")])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    said = f"seatunnel-v2: {tmp_path / 'site'} can't be written: File too large\n"
    assert (done.exit_code, done.stderr) == (ExitStatus.USAGE, said)


@pytest.mark.parametrize(
    ("verdict", "colour"), [("pass", "good"), ("fail", "bad"), ("inconclusive", "fair"), ("skipped", "weak")]
)
def test_verdicts_have_the_colours_of_the_html_report(verdict, colour):
    of_site = (Path(building.__file__).parent / "theme" / "site.css").read_text(encoding="utf-8")
    of_report = (Path(html.__file__).parent / "templates" / "colours.css").read_text(encoding="utf-8")
    light, *dark = re.findall(rf"--{colour}: (#\w+)", of_site)
    assert [light, *set(dark)] == re.findall(rf"--{verdict}: (#\w+)", of_report)


def test_no_rule_of_the_site_hides_or_changes_what_is_highlighted_in_code():
    rules = (Path(building.__file__).parent / "theme" / "site.css").read_text(encoding="utf-8")
    assert set(re.findall(r"\.([a-z][\w-]*)", rules)).isdisjoint(filter(None, STANDARD_TYPES.values()))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # MyST's, about Sphinx
def test_link_that_leads_nowhere_breaks_the_build(tmp_path):
    for name in ("_static", "_templates"):
        (tmp_path / "pages" / name).mkdir(parents=True)
    (tmp_path / "pages" / "index.md").write_text("# Home\n\n[gone](nowhere.md)\n")
    with pytest.raises(BrokenPages, match="nowhere"):
        building._run_sphinx(tmp_path)
