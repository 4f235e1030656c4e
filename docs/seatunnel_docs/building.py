"""Builds the site from the generated pages and the guides."""

from __future__ import annotations

import gc
import io
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from seatunnel_conformance.report.html import policy_hash
from seatunnel_docs.errors import BrokenPages, DocsError
from seatunnel_docs.knowledge import Knowledge
from seatunnel_docs.pages import (
    callers,
    clauses,
    home,
    matrix,
    measurements,
    operations,
    outcomes,
    recordings,
    releases,
)
from seatunnel_docs.reference import SiteFile, reference_files
from seatunnel_docs.rendering import Page
from seatunnel_openapi.loading import garbage_collection_paused
from seatunnel_openapi.viewers import ViewersMissing, viewers_installed

_NEEDED: Final = ("sphinx", "furo", "myst_parser")
_MARK: Final = ".buildinfo"
"""The file that Sphinx writes into every site."""


@dataclass(frozen=True, slots=True)
class Built:
    """The result of a build: the number of HTML pages, and the size of all files in bytes."""

    pages: int
    size: int


def build(site: Path, *, exits: Sequence[IntEnum]) -> Built:
    """Build the site in the folder `site`; an earlier site is replaced.

    `exits` are the exit statuses of the command, each with a `meaning`. Raises `DocsError`, `ViewersMissing`, or
    `OSError` if the folder can't be written.
    """
    for package in _NEEDED:
        if find_spec(package) is None:
            missing = f"building the documentation needs the package {package}, which is not installed"
            raise DocsError(missing, "pip install '.[docs]'")
    if not viewers_installed():
        raise ViewersMissing
    if site.exists() and not (site / _MARK).is_file() and (not site.is_dir() or any(site.iterdir())):
        taken = f"{site} is not empty and contains no earlier site"
        raise DocsError(taken, "use a new or empty folder, or one with an earlier site")
    site.parent.mkdir(parents=True, exist_ok=True)
    # The garbage collector would take a third of the time of a build, and find nearly no garbage.
    with garbage_collection_paused(), tempfile.TemporaryDirectory(prefix="seatunnel-v2-docs-", dir=site.parent) as work:
        known, folder = Knowledge.gather(sources_folder()), Path(work)
        _write_sources(folder / "pages", _pages(known, exits))
        _run_sphinx(folder)
        _write(
            folder / "site", (*reference_files(known), *matrix.files(known), *callers.files(known), *clauses.files())
        )
        _add_policies(folder / "site")
        if site.exists():
            shutil.rmtree(site)
        (folder / "site").rename(site)
        gc.freeze()  # at the end of the pause, it would look through all that is left, for a twentieth of the time
    files = _files(site)
    return Built(sum(path.suffix == ".html" for path in files), sum(path.stat().st_size for path in files))


def sources_folder() -> Path:
    """Return the folder with the guides: in an installed package `sources`, in a checkout `docs`."""
    package = Path(__file__).parent
    installed = package / "sources"
    return installed if installed.is_dir() else package.parent


def _pages(known: Knowledge, exits: Sequence[IntEnum]) -> Iterator[Page]:
    yield from home.pages(known, (sources_folder() / "index.md").read_text(encoding="utf-8"))
    yield from operations.pages(known)
    yield from clauses.pages(known)
    yield from releases.pages(known)
    yield from outcomes.pages(known, exits)
    yield from measurements.pages(sources_folder())
    yield from matrix.pages(known)
    yield from callers.pages(known)
    yield from recordings.pages(known)


def _write_sources(folder: Path, generated: Iterable[Page]) -> None:
    """Write the folder that Sphinx reads: pages written by hand, generated pages, theme and overrides."""
    sources, package = sources_folder(), Path(__file__).parent
    copies = {name: sources / name for name in ("guides", "evidence")}
    copies |= {"_static": package / "theme", "_templates": package / "overrides"}
    for name, source in copies.items():
        # On a full disk, `shutil.copytree` reports every file.
        _write(folder / name, (SiteFile(str(file.relative_to(source)), file.read_bytes()) for file in _files(source)))
    for name in ("glossary.md", "judges.md", "judges.ndjson"):
        shutil.copy(sources / name, folder)
    _write(folder, (SiteFile(f"{page.path}.md", page.text.encode()) for page in generated))


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _write(folder: Path, files: Iterable[SiteFile]) -> None:
    for file in files:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)


_POLICY: Final = (
    "default-src 'none'; script-src 'self'{}; img-src 'self' data:; connect-src 'self'; worker-src blob:; "
    # The theme and the viewer write styles.
    "style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'self'"
)
"""The policy of a page. It allows the scripts of the site and, by their hashes (`{}`), those inside the page."""
_HEAD: Final = '<meta charset="utf-8">'


def _add_policies(site: Path) -> None:
    """Write a Content-Security-Policy into each page, except for the reports of runs, which already have one."""
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        if "Content-Security-Policy" not in text[: text.index("<title>")]:
            scripts = re.findall("<script>(.*?)</script>", text, re.DOTALL)
            policy = _POLICY.format("".join(f" {policy_hash(script)}" for script in scripts))
            meta = f'{_HEAD}\n<meta http-equiv="Content-Security-Policy" content="{policy}">'
            page.write_text(text.replace(_HEAD, meta, 1), encoding="utf-8")


def _run_sphinx(folder: Path) -> None:
    """Run Sphinx on `pages` in a folder, and write `site`. Raises `BrokenPages` for every warning."""
    from sphinx.application import Sphinx  # noqa: PLC0415 - an extra
    from sphinx.errors import SphinxError  # noqa: PLC0415 - as above
    from sphinx.util.console import nocolor  # noqa: PLC0415 - as above
    from sphinx.util.docutils import docutils_namespace, patch_docutils  # noqa: PLC0415 - as above

    from seatunnel_docs.navigation import Navigation  # noqa: PLC0415 - as above

    nocolor()
    warnings = io.StringIO()
    # A file, because Sphinx rejects settings of the theme if they are passed directly.
    settings = "".join(f"{name} = {value!r}\n" for name, value in _SETTINGS.items())
    (folder / "pages" / "conf.py").write_text(settings, encoding="utf-8")
    try:
        with patch_docutils(), docutils_namespace():
            app = Sphinx(
                srcdir=folder / "pages",
                confdir=folder / "pages",
                outdir=folder / "site",
                doctreedir=folder / "doctrees",
                buildername="html",
                status=None,
                warning=warnings,
            )
            Navigation(app)
            app.build()
    except SphinxError as problem:
        raise BrokenPages(f"{warnings.getvalue()}{problem}") from problem
    if warnings.getvalue():
        raise BrokenPages(warnings.getvalue())


_SETTINGS: Final[dict[str, Any]] = {
    "project": "seatunnel-v2",
    "extensions": ["myst_parser"],
    "myst_heading_anchors": 3,
    "nitpicky": True,
    "html_theme": "furo",
    "html_title": "seatunnel-v2",
    "templates_path": ["_templates"],
    "html_static_path": ["_static"],
    "html_css_files": ["site.css"],
    "html_js_files": ["site.js"],
    "html_search_scorer": str(Path(__file__).with_name("scorer.js")),
    "html_theme_options": {"top_of_page_buttons": []},
    "html_copy_source": False,
    "html_show_copyright": False,
    "html_use_index": False,
    "html_last_updated_fmt": None,
    "pygments_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
