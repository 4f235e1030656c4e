"""The browser of the tests notices what it is there to notice."""

from collections.abc import Callable
from pathlib import Path

import pytest
from browsing import PHONE, Visit, axe_findings, browser, chromium, visit  # noqa: F401 - fixtures

pytestmark = pytest.mark.slow

Open = Callable[..., Visit]

POLICY = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"


@pytest.fixture
def page(tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that writes a page with this body and returns its path."""

    def written(body: str, head: str = "") -> Path:
        path = tmp_path / "page.html"
        path.write_text(f"<!doctype html><html lang=en><title>A page</title>{head}<main>{body}</main>")
        return path

    return written


def test_requests_of_a_page_are_recorded(visit: Open, page: Callable[[str], Path]):  # noqa: F811 - the fixture
    path = page("<h1>x</h1><img alt='' src='http://127.0.0.1:1/x.png'>")
    assert visit(path).requests == [path.as_uri(), "http://127.0.0.1:1/x.png"]


def test_script_that_the_policy_forbids_is_trouble_and_does_not_run(visit: Open, page: Callable[..., Path]):  # noqa: F811 - as above
    body = "<h1>x</h1><script>document.title = 'ran'; alert(1)</script>"
    forbidden = visit(page(body, POLICY))
    assert forbidden.page.title() == "A page"
    assert "Content Security Policy" in forbidden.failures[0]
    assert visit(page(body)).failures == ["alert: 1"]


def test_script_is_off_when_it_should_be(visit: Open, page: Callable[[str], Path]):  # noqa: F811 - as above
    path = page("<h1>x</h1><script>document.title = 'ran'</script>")
    assert (visit(path).page.title(), visit(path, script=False).page.title()) == ("ran", "A page")


def test_window_has_the_colours_and_the_width_asked_for(visit: Open, page: Callable[[str], Path]):  # noqa: F811 - as above
    path = page("<h1>x</h1><div style='width:500px'>wide</div>")
    phone = visit(path, scheme="dark", width=PHONE)
    assert phone.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert phone.overflow > 100
    assert visit(path).overflow == 0


def test_page_that_some_cannot_use_has_findings(visit: Open, page: Callable[..., Path]):  # noqa: F811 - as above
    pale = visit(page("<h1>x</h1><p style='color:#ccc;background:#fff'>pale</p>", POLICY)).page
    assert [finding.split(": ")[:2] for finding in axe_findings(pale)] == [["serious", "color-contrast"]]
    assert axe_findings(visit(page("<h1>x</h1><p>plain</p>", POLICY)).page) == []


@pytest.mark.parametrize(("ci", "ending"), [("false", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_machine_without_a_browser_skips_and_never_passes_in_continuous_integration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ci: str, ending: type[BaseException]
):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CI", ci)
    with pytest.raises(ending, match="there is no chromium on this machine"):
        chromium()
