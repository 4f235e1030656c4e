"""What can keep a site from being built."""

from __future__ import annotations

from pathlib import Path


class DocsError(Exception):
    """A site can't be built; `hint` says what helps, if anything is known to."""

    hint = ""


class BuilderMissing(DocsError):
    """What turns the pages into a site is not installed."""

    hint = "pip install 'seatunnel-v2[docs]'"

    def __init__(self, package: str) -> None:
        super().__init__(f"building the documentation needs the package {package}, which is not installed")
        self.package = package


class FolderInUse(DocsError):
    """The folder for the site holds something else."""

    hint = "name a new folder, or an empty one, or one with an earlier site"

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} is not empty and contains no earlier site")
        self.folder = folder


class BrokenPages(DocsError):
    """A page is wrong: a link that leads nowhere, say."""

    def __init__(self, warnings: str) -> None:
        super().__init__(f"the pages are broken:\n{warnings}")
        self.warnings = warnings
