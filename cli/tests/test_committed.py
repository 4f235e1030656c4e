"""What commands make and the repository keeps is what they would make now."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner
from upstream.document import document

from seatunnel_conformance.run.scoring import current_requirements
from seatunnel_openapi import load, newest_recorded
from seatunnel_v2 import manual
from seatunnel_v2.main import app

ROOT = Path(__file__).parents[2]
VERSION: str = tomllib.loads(Path(ROOT, "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def test_manual_page_is_what_the_help_says() -> None:
    assert Path(ROOT, "cli", "seatunnel-v2.1").read_text(encoding="utf-8") == manual.manual(), "run: make manual"


def test_requirement_set_of_the_version_in_development_has_all_checks() -> None:
    if f"## [{VERSION}]" not in Path(ROOT, "CHANGELOG.md").read_text(encoding="utf-8"):
        [file] = Path(ROOT, "conformance").glob(f"seatunnel_conformance/run/requirements/{VERSION}.yaml")
        assert file.read_text(encoding="utf-8") == current_requirements(), "run: make requirements"


def test_vendors_server_has_not_drifted_from_the_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "examples" / "vendor")
    checked = CliRunner().invoke(app, ["stubs", "-o", ".", "--release", "2.3.10", "--check"])

    assert (checked.exit_code, checked.stdout) == (0, ".: matches its contract\n"), "run: make vendor"


def test_document_for_upstream_is_that_of_the_newest_recorded_release() -> None:
    assert written() == document(), "run: make upstream"


def test_document_for_upstream_has_no_key_of_this_project_and_only_references_to_its_own_schemas() -> None:
    text = Path(ROOT, "upstream", "openapi-v2.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"\bx-[a-z-]+(?=:)", text)) == {"x-java-class"}
    referenced = set(re.findall(r"#/components/schemas/(\w+)", text))
    assert referenced <= written()["components"]["schemas"].keys()
    assert len(written()["components"]["schemas"]) == len(
        load(newest_recorded()).copy_document()["components"]["schemas"]
    )


def written() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(
        Path(ROOT, "upstream", "openapi-v2.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader
    )
    return loaded


def test_deviations_for_upstream_are_current() -> None:
    done = CliRunner().invoke(app, ["deviations", "--release", newest_recorded(), "--format", "markdown"])
    assert Path(ROOT, "upstream", "deviations.md").read_text(encoding="utf-8") == done.stdout, "run: make upstream"


def test_document_for_upstream_has_the_routes_of_the_servlets() -> None:
    """A servlet answers below its route, too, so the parameters at the end of a path are not part of a route."""
    routes = Path(ROOT, "upstream", "routes.txt").read_text(encoding="utf-8").split()
    paths = written()["paths"]
    assert sorted({path.partition("/{")[0] for path in paths}) == sorted(routes)
