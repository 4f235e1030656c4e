"""The server's own pages in a real browser: usable by everybody, and asking nobody else."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browsing import DESKTOP, PHONE, Visit, axe_findings, browser, visit  # noqa: F401 - fixtures

from seatunnel_v2.reference import reference_server

pytestmark = pytest.mark.slow

Open = Callable[..., Visit]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Return the address of a reference server with a context path."""
    with reference_server("2.3.10", "--context-path", "/st") as found:
        yield found


def elsewhere(seen: Visit, address: str) -> list[str]:
    origin = address.removesuffix("/st")
    return [asked for asked in seen.requests if not asked.startswith((f"{origin}/", "data:", "blob:"))]


LOOKS = ({"scheme": "light", "width": DESKTOP}, {"scheme": "dark", "width": PHONE})


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look["scheme"])
@pytest.mark.parametrize(
    ("page", "shows"), [("", "main"), ("reference", "[id='operation/get_overview']"), ("try", ".opblock")]
)
def test_page_is_usable_and_asks_nobody_else(address: str, visit: Open, page: str, shows: str, look: dict[str, Any]):  # noqa: F811 - the fixture
    seen = visit(f"{address}/_reference/{page}", **look)
    seen.page.wait_for_selector(shows)
    assert (seen.failures, seen.overflow, elsewhere(seen, address)) == ([], 0, [])
    assert axe_findings(seen.page, repeated="[id^='operation/'], .opblock") == []


def test_operation_that_is_tried_out_is_asked_of_this_server(address: str, visit: Open):  # noqa: F811 - as above
    seen = visit(f"{address}/_reference/try", width=PHONE)
    seen.page.locator("#operations-jobs-get_running_jobs .opblock-summary-control").click()
    seen.page.locator("#operations-jobs-get_running_jobs button.execute").click()
    shown = seen.page.locator(
        "#operations-jobs-get_running_jobs .live-responses-table tbody .response-col_status"
    ).first
    shown.wait_for()
    assert shown.inner_text().startswith("200")
    assert f"{address}/running-jobs" in seen.requests
    assert (elsewhere(seen, address), seen.overflow) == ([], 0)
    assert axe_findings(seen.page, repeated=".opblock:not(.is-open)") == []


def test_page_says_why_a_real_engine_cannot_be_tried_out(address: str, visit: Open):  # noqa: F811 - as above
    assert "no CORS headers" in visit(f"{address}/_reference/try").page.locator("[role=note]").inner_text()
