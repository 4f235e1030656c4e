"""The manual page, generated from `--help`: `python -m seatunnel_v2.manual > cli/seatunnel-v2.1`.

Typer writes the help as Markdown, MyST parses it, docutils converts it to roff. The page is committed and part of the
wheel, so the installed package does not need these tools.
"""

from __future__ import annotations

import sys
from typing import Final

import typer

from seatunnel_v2.commands.report import SHOW
from seatunnel_v2.main import HELP_OPTIONS, app

NAME: Final = "seatunnel-v2"

_TITLE: Final = """---
title: seatunnel-v2
subtitle: serve Apache SeaTunnel's REST API V2, and check deployments against its contract
manual section: 1
manual group: User commands
---
"""


def manual() -> str:
    """Return the manual page in roff."""
    import docutils
    from docutils.core import publish_string
    from myst_parser.parsers.docutils_ import Parser

    page: str = publish_string(
        _TITLE + markdown(),
        parser=Parser(),
        writer="manpage",
        settings_overrides={"output_encoding": "unicode", "strip_comments": True},
    )
    # The page must not change with the version of docutils.
    return page.replace(f"Docutils {docutils.__version__}", "Docutils")


def markdown() -> str:
    """Return the help of all commands as Markdown. The hidden command `report show` appears as `report FILE`."""
    from typer.cli import get_docs_for_click

    command = typer.main.get_command(app)
    context = typer.Context(command, info_name=NAME, help_option_names=HELP_OPTIONS["help_option_names"])
    text = get_docs_for_click(obj=command, ctx=context, name=NAME, title="Description")
    for hidden, typed in {
        f"## `{NAME} report {SHOW}`": f"## `{NAME} report FILE`",
        f"$ {NAME} report {SHOW}": f"$ {NAME} report",
        f"* `{SHOW}`:": "* `FILE`:",
    }.items():
        text = text.replace(hidden, typed)
    return text


if __name__ == "__main__":
    sys.stdout.write(manual())  # noqa: TID251 - our own words
