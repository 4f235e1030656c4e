"""What commands make and the repository keeps is what they would make now."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from seatunnel_v2 import manual
from seatunnel_v2.main import app

ROOT = Path(__file__).parents[2]


def test_manual_page_is_what_the_help_says() -> None:
    assert Path(ROOT, "cli", "seatunnel-v2.1").read_text(encoding="utf-8") == manual.manual(), "run: make manual"


def test_vendors_server_has_not_drifted_from_the_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "examples" / "vendor")
    checked = CliRunner().invoke(app, ["stubs", "-o", ".", "--release", "2.3.10", "--check"])

    assert (checked.exit_code, checked.stdout) == (0, ".: matches its contract\n"), "run: make vendor"
