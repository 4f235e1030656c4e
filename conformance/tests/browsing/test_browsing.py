"""The browser of the tests finds the requests, errors and violations that tests of pages look for."""

from collections.abc import Callable
from pathlib import Path

import pytest
from browsing import PHONE, Visit, axe_findings, browser, chromium, visit  # noqa: F401 - fixtures

pytestmark = pytest.mark.slow

POLICY = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
PAGE = "<!doctype html><html lang=en><title>A page</title>{}<main><h1>x</h1>{}</main>"
SCRIPT = "<script>document.title = 'ran'; alert(1)</script>"


def test_browser_notices_what_is_wrong_with_a_page(visit: Callable[..., Visit], tmp_path: Path):  # noqa: F811 - the fixture
    def seen(body: str, head: str = "", **how: object) -> Visit:
        path = tmp_path / "page.html"
        path.write_text(PAGE.format(head, body), encoding="utf-8")
        return visit(path, **how)

    assert seen("<img alt='' src='http://127.0.0.1:1/x.png'>").requests[1:] == ["http://127.0.0.1:1/x.png"]
    forbidden, ran, off = seen(SCRIPT, POLICY), seen(SCRIPT), seen(SCRIPT, script=False)
    assert [shown.page.title() for shown in (forbidden, ran, off)] == ["A page", "ran", "A page"]
    assert "Content Security Policy" in forbidden.failures[0]
    assert (ran.failures, off.failures) == (["alert: 1"], [])
    wide = "<div style='width:500px'>wide</div>"
    phone = seen(wide, scheme="dark", width=PHONE)
    assert phone.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert (phone.overflow > 100, seen(wide).overflow) == (True, 0)
    pale = seen("<p style='color:#ccc;background:#fff'>pale</p>", POLICY).page
    assert [finding.split(": ")[:2] for finding in axe_findings(pale)] == [["serious", "color-contrast"]]
    assert axe_findings(seen("<p>plain</p>", POLICY).page) == []


@pytest.mark.parametrize(("ci", "ending"), [("false", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_machine_without_a_browser_skips_and_never_passes_in_continuous_integration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ci: str, ending: type[BaseException]
):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CI", ci)
    with pytest.raises(ending, match="there is no chromium on this machine"):
        chromium()
