"""The HTML report in a real browser."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from browsing import DESKTOP, PHONE, Visit, axe_findings, browser, visit  # noqa: F401 - fixtures
from makers import Judge, Make, MakeApp, Serve, Write

from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.html import as_html
from seatunnel_conformance.report.outcomes import Verdict

pytestmark = pytest.mark.slow

Open = Callable[..., Visit]

MALICE = (
    "<script>document.title = 'ran'; alert(1)</script>",
    "<img src=x onerror=\"document.title = 'ran'\"><svg onload=alert(2)>",
    "</pre></script></style><style>body { display: none }</style><base href=http://127.0.0.1:1/>",
    "<meta http-equiv=refresh content='0;url=http://127.0.0.1:1/'><iframe src=http://127.0.0.1:1/></iframe>",
    "\u202e\u2066 gnp.exe \x1b[2J\x1b]0;title\x07 \x00 \ud800",
    "javascript:alert(3) data:text/html,<script>alert(4)</script>",
    "A" * 20_000,
)


@pytest.fixture
def page(tmp_path: Path) -> Callable[[Report], Path]:
    """Return a function that writes a report as a page and returns its path."""

    def written(report: Report) -> Path:
        path = tmp_path / "report.html"
        path.write_text(as_html(report), encoding="utf-8")
        return path

    return written


@pytest.fixture
def about(stream: Write, judge: Judge, serve: Serve, one_answer: MakeApp) -> Callable[[bytes], Report]:
    """Return a function that returns the report of a run against a server with the same body in every response."""

    def found(body: bytes) -> Report:
        outcome = judge("job-info.unknown-id", serve(one_answer(200, body)))
        assert outcome.verdict is Verdict.FAIL
        return Report.read(stream(outcome))

    return found


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_the_page(
    visit: Open,  # noqa: F811 - the fixture
    page: Callable[[Report], Path],
    report: Report,
    scheme: str,
    width: int,
):
    shown = visit(page(report), scheme=scheme, width=width)
    shown.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert axe_findings(shown.page) == []
    assert shown.overflow == 0
    assert shown.failures == []


def test_page_asks_for_nothing_but_itself(visit: Open, page: Callable[[Report], Path], report: Report):  # noqa: F811 - the fixture
    path = page(report)
    assert visit(path).requests == [path.as_uri()]


def test_page_can_be_read_with_scripts_off(visit: Open, page: Callable[[Report], Path], report: Report):  # noqa: F811 - the fixture
    read = visit(page(report), script=False).page
    assert read.get_by_role("heading", name="The target deviates from the contract").is_visible()
    assert read.get_by_text("A client would break.").first.is_visible()
    assert not read.get_by_label("Filter").is_visible()
    read.locator("details.group summary").first.click()
    assert read.locator("details.group tbody tr").first.is_visible()


def test_filter_leaves_the_checks_that_are_looked_for(visit: Open, page: Callable[[Report], Path], report: Report):  # noqa: F811 - the fixture
    shown = visit(page(report)).page
    shown.get_by_label("Filter").fill("unknown")
    rows = shown.locator("table.checks tbody tr")
    assert [row.get_attribute("data-verdict") for row in rows.all() if row.is_visible()] == ["fail"]
    assert shown.locator("#found").inner_text() == "1 check shown"
    shown.get_by_label("Filter").fill("")
    for name in ("pass", "fail", "not kept", "skipped"):
        shown.get_by_role("checkbox", name=name).uncheck()
    assert [row.get_attribute("data-verdict") for row in rows.all() if row.is_visible()] == ["inconclusive"]


def test_keys_alone_lead_to_a_failure_and_unfold_it(visit: Open, page: Callable[[Report], Path], report: Report):  # noqa: F811 - the fixture
    shown = visit(page(report)).page
    shown.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = false; })")
    shown.keyboard.press("Tab")
    shown.keyboard.press("Enter")
    failure = shown.locator("details.outcome.fail").first
    failure.locator("pre").first.wait_for(state="visible", timeout=5000)
    assert failure.get_attribute("id") == "job-info.unknown-id"


def test_nothing_that_a_target_sends_runs_or_breaks_the_page(
    visit: Open,  # noqa: F811 - the fixture
    page: Callable[[Report], Path],
    stream: Write,
    failed: Make,
):
    path = page(Report.read(stream(*(failed(text, f"job-info.case-{n}") for n, text in enumerate(MALICE)))))
    for script in (True, False):
        shown = visit(path, script=script, width=PHONE)
        shown.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert shown.failures == []
        assert shown.requests == [path.as_uri()]
        assert shown.page.title().startswith("The target deviates")
        assert shown.overflow == 0
        assert shown.page.get_by_role("heading", name="All checks").is_visible()
        assert shown.page.locator("main img, main svg, main iframe, main script, main style").count() == 0


def test_page_of_three_thousand_checks_opens_like_one_of_thirty(
    visit: Open,  # noqa: F811 - the fixture
    page: Callable[[Report], Path],
    stream: Write,
    outcome: Make,
    failed: Make,
):
    def opening(tens: int) -> float:
        passed = [outcome(f"group-{n % 40}.case-{n}") for n in range(29 * tens)]
        broken = [failed("x" * 2000, f"group-{n % 40}.broken-{n}") for n in range(tens)]
        path = page(Report.read(stream(*passed, *broken)))
        began = time.monotonic()
        shown = visit(path)
        assert shown.page.get_by_label("Filter").is_visible()
        seconds = time.monotonic() - began
        assert shown.page.locator("table.checks tbody tr").count() == 30 * tens
        return seconds

    # The time must grow less than the number of checks. The first page is opened while the browser starts.
    small = min(opening(1) for _ in range(2))
    assert opening(100) < 20 * small


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"jobId": "".join(MALICE[:6])}).encode(),
        b'{"jobId": "' + b"A" * 5_000_000 + b'"}',
        b"\x00\xff\xfe<script>",
    ],
    ids=["markup", "one line of 5 MB", "no text"],
)
def test_report_about_a_malicious_target_is_small_and_harmless(
    visit: Open,  # noqa: F811 - the fixture
    page: Callable[[Report], Path],
    about: Callable[[bytes], Report],
    body: bytes,
):
    path = page(about(body))
    shown = visit(path)
    assert (shown.failures, shown.requests) == ([], [path.as_uri()])
    assert path.stat().st_size < 200_000
