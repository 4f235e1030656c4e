"""The errors of a build."""

from __future__ import annotations

from pathlib import Path


class DocsError(Exception):
    """The site can't be built; `hint` says what to do, if anything."""

    hint = ""


class BuilderMissing(DocsError):
    """A package for building the site is not installed."""

    hint = "pip install 'seatunnel-v2[docs]'"

    def __init__(self, package: str) -> None:
        super().__init__(f"building the documentation needs the package {package}, which is not installed")
        self.package = package


class FolderInUse(DocsError):
    """The folder for the site contains other files."""

    hint = "use a new or empty folder, or one with an earlier site"

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} is not empty and contains no earlier site")
        self.folder = folder


class BrokenPages(DocsError):
    """Sphinx reported warnings or errors in pages, such as a broken link."""

    def __init__(self, warnings: str) -> None:
        super().__init__(f"the pages are broken:\n{warnings}")
        self.warnings = warnings


class InvalidResult(DocsError):
    """A file in the folder of results is not the complete report of a run, or does not say how it was made."""

    hint = "see the guide `submit-a-result.md`"

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"{file.parent.name}/{file.name} is not a valid result: {reason}")
        self.file = file
