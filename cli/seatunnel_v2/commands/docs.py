"""`seatunnel-v2 docs build`: build the documentation as a static site."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import fail, say

EPILOG = """Examples:

$ seatunnel-v2 docs build

$ seatunnel-v2 docs build -o public/api

Exit status: 0 built, 1 a page is broken, 2 invalid usage, or the extra `docs` is not installed.
"""


def build(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Folder for the site. Replaces an earlier site.")
    ] = Path("site"),
) -> None:
    """Build the documentation: API reference of every release, evidence for each operation, guides.

    The site opens from disk and loads nothing from other sites.
    """
    from seatunnel_docs.building import build as build_site
    from seatunnel_docs.errors import BrokenPages, DocsError
    from seatunnel_openapi.viewers import ViewersMissing

    try:
        built = build_site(output, exits=list(ExitStatus))
    except BrokenPages as problem:
        fail(ExitStatus.DEVIATES, str(problem))
    except (DocsError, ViewersMissing) as problem:
        fail(ExitStatus.USAGE, str(problem), problem.hint)
    except OSError as problem:
        fail(ExitStatus.USAGE, f"{output} can't be written: {problem.strerror or problem}")
    megabytes = built.size / 1_000_000
    say(f"{built.pages} pages, {megabytes:.1f} MB: open {(output / 'index.html').resolve().as_uri()}\n")
