"""The errors of a build."""

from __future__ import annotations

from pathlib import Path


class DocsError(Exception):
    """The site can't be built; `hint` says what to do, if anything."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class BrokenPages(DocsError):
    """Sphinx reported warnings or errors in pages, such as a broken link."""

    def __init__(self, warnings: str) -> None:
        super().__init__(f"the pages are broken:\n{warnings}")


class InvalidResult(DocsError):
    """A file in `results/` is invalid: no complete report of a run, or a description that is missing or wrong."""

    def __init__(self, file: Path, reason: str) -> None:
        where = f"{file.parent.name}/{file.name}"
        super().__init__(f"{where} is not a valid result: {reason}", "see the guide `submit-a-result.md`")
