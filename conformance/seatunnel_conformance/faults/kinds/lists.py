"""List faults: pages that are cut in another way, and lists that show what they must not."""

from __future__ import annotations

from typing import Final

from seatunnel_conformance.faults import documents as doc
from seatunnel_conformance.faults.catalogue import fault
from seatunnel_conformance.faults.exchange import ProxiedExchange

_PAGES: Final = ("running-jobs.page", "finished-jobs.page")
_REFUSALS: Final = ("running-jobs.page-out-of-range", "finished-jobs.page-out-of-range")


def _asks_for_page(exchange: ProxiedExchange) -> bool:
    return exchange.is_for(*doc.LISTS) and "page" in exchange.parameters


@fault("pages-are-ignored", breaks=_PAGES, when=_asks_for_page, before=True)
def pages_are_ignored(exchange: ProxiedExchange) -> ProxiedExchange:
    """A list is answered whole, whatever page is asked for."""
    return exchange.with_request(query=())


@fault("total-is-of-the-page", breaks=["finished-jobs.page"])
def total_is_of_the_page(exchange: ProxiedExchange) -> ProxiedExchange:
    """The number of all jobs is that of the jobs on the page."""
    page = exchange.document if _asks_for_page(exchange) and exchange.ok else None
    return exchange.with_json({**page, "total": len(page["data"])}) if isinstance(page, dict) else exchange


@fault("rows-alone-cut-a-list", breaks=["finished-jobs.page"])
def rows_alone_cut_a_list(exchange: ProxiedExchange) -> ProxiedExchange:
    """A list is cut after `rows` jobs even where no page is asked for."""
    rows = exchange.parameters.get("rows", "")
    cut = doc.lists_jobs(exchange) and rows.isdecimal() and "page" not in exchange.parameters
    return exchange.with_json(exchange.document[: int(rows)]) if cut else exchange


@fault("page-beyond-the-last-is-empty", breaks=_REFUSALS, when=_asks_for_page)
def page_beyond_the_last_is_empty(exchange: ProxiedExchange) -> ProxiedExchange:
    """A page that isn't there is answered with 200 and no jobs."""
    return exchange.with_reply(200, {"data": [], "total": 0}) if not exchange.ok else exchange


@fault("checked-pages-are-refused-in-javas-words", breaks=_REFUSALS, when=_asks_for_page)
def checked_pages_are_refused_in_javas_words(exchange: ProxiedExchange) -> ProxiedExchange:
    """Where pages are checked, the error for one that isn't a number does not name the parameter."""
    named = exchange.is_error and doc.fact(exchange, "paging") == "checked"
    said = str(exchange.document["message"]) if named else ""
    return (
        exchange.with_json({**exchange.document, "message": 'For input string: "x"'}) if "integer" in said else exchange
    )


@fault("ended-jobs-stay-among-the-running", breaks=["running-jobs.no-end-state"])
def ended_jobs_stay_among_the_running(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job that was listed as running is listed as ended from the next list on."""
    listed = doc.lists_jobs(exchange, "get_running_jobs")
    return doc.each_listed(exchange, lambda job: {**job, "jobStatus": "CANCELED"}) if listed else exchange


@fault("summaries-are-whole", breaks=["running-jobs.summary"])
def summaries_are_whole(exchange: ProxiedExchange) -> ProxiedExchange:
    """The summary of a job has its metrics."""
    applies = exchange.is_for("get_running_jobs_summary") and exchange.ok and isinstance(exchange.document, list)
    return exchange.with_change(lambda jobs: [{**job, "metrics": {}} for job in jobs]) if applies else exchange
