"""A real browser for tests of pages: their requests, errors of scripts, violations of policies, and accessibility.

A test module imports the fixtures that it uses, and is marked slow:

    from browsing import Visit, axe_findings, browser, visit  # noqa: F401 - fixtures
    pytestmark = pytest.mark.slow

The driver comes with the package playwright, the browser is Debian's: tests download nothing.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

DESKTOP, PHONE = 1280, 390
"""Widths of a window in pixels."""


@dataclass
class Visit:
    """A page that is open.

    `requests` are the addresses of its requests, its own first; `failures` are errors of scripts, violations of its
    Content-Security-Policy, and dialogs that it tried to show.
    """

    page: Page
    requests: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def overflow(self) -> int:
        """The number of pixels by which the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


# Not for the whole session: as long as the driver runs, no other test of this process could use asyncio.run.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return the machine's Chromium."""
    with sync_playwright() as driver, driver.chromium.launch(executable_path=chromium()) as launched:
        yield launched


def chromium() -> str:
    """Return the path of Chromium; where there is none the test is skipped, and fails in continuous integration."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        reason = "there is no chromium on this machine (Debian: apt-get install chromium)"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    return program


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Return a function that opens a page and returns the visit; all are closed when the test is over.

    It takes the path of a file or an address, and by name: `script` (true), `scheme` (light, or dark) and `width`.
    """
    contexts = []

    def opened(place: Path | str, *, script: bool = True, scheme: Any = "light", width: int = DESKTOP) -> Visit:
        context = browser.new_context(
            java_script_enabled=script, color_scheme=scheme, viewport={"width": width, "height": 844}
        )
        contexts.append(context)
        seen = Visit(context.new_page())
        _watch(seen)
        seen.page.goto(place.resolve().as_uri() if isinstance(place, Path) else place)
        return seen

    yield opened
    for context in contexts:
        context.close()


def _watch(seen: Visit) -> None:
    def dialog(shown: Any) -> None:
        seen.failures.append(f"{shown.type}: {shown.message}")
        shown.dismiss()

    seen.page.on("request", lambda request: seen.requests.append(request.url))
    seen.page.on("pageerror", lambda error: seen.failures.append(str(error)))
    seen.page.on("console", lambda said: seen.failures.append(said.text) if said.type == "error" else None)
    seen.page.on("dialog", dialog)


_KEEP_NEW_KINDS = """repeated => {
    const seen = new Set();
    for (const it of document.querySelectorAll(repeated)) {
        const all = [it.parentElement, it, ...it.querySelectorAll("*")];
        const kinds = all.map(one => `${one.tagName} ${one.getAttribute("class")} ${one.checkVisibility()}`);
        if (kinds.every(one => seen.has(one))) it.remove();
        kinds.forEach(one => seen.add(one));
    }
}"""


def axe_findings(page: Page, *, repeated: str = "", impacts: tuple[str, ...] = ("serious", "critical")) -> list[str]:
    """Return the findings of axe-core with these impacts, one line for each element.

    Elements that match `repeated` are removed first if those before them have all their tags and classes, and that of
    their parent, and so their styles, and are as visible: axe takes seconds for all. The page must have been opened
    with scripts enabled, because axe is one; policies of the page don't stop it.
    """
    if repeated:
        page.evaluate(_KEEP_NEW_KINDS, repeated)
    # Describing all elements that pass would take three quarters of the time.
    violations = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{violation['impact']}: {violation['id']}: {' '.join(map(str, node['target']))}: {violation['help']}"
        for violation in violations
        if violation["impact"] in impacts
        for node in violation["nodes"]
    ]
