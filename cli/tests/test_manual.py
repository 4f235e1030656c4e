"""The manual page is made of the help."""

from pathlib import Path

from seatunnel_v2 import manual
from seatunnel_v2.main import app

PAGE = Path(__file__).parents[1] / "seatunnel-v2.1"


def test_every_command_is_listed_without_the_hidden_one() -> None:
    text = manual.markdown()

    names = [command.name or command.callback.__name__ for command in app.registered_commands if command.callback]
    names += [str(group.name) for group in app.registered_groups]
    assert len(names) > 10
    assert [name for name in names if f"## `seatunnel-v2 {name}`" not in text] == []
    assert "report show" not in text


def test_no_help_in_a_list_of_commands_is_cut() -> None:
    assert [line for line in manual.markdown().splitlines() if line.startswith("* `") and line.endswith("...")] == []


def test_page_has_the_line_that_whatis_reads() -> None:
    name = PAGE.read_text(encoding="utf-8").partition(".SH Name\n")[2].partition("\n.SH")[0]

    assert name.startswith("seatunnel-v2 \\- serve Apache SeaTunnel")
