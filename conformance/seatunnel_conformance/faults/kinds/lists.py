"""Faults of `page` and `rows` in lists of jobs, and of lists of running jobs with end states or too many members."""

from __future__ import annotations

from typing import Final

from seatunnel_conformance.faults.changes import *

_REFUSALS: Final = "running-jobs.page-out-of-range finished-jobs.page-out-of-range"


FAULTS: Final = (
    row("pages-are-ignored", "The parameter `page` is ignored, so the response is the whole list.",
        "running-jobs.page finished-jobs.page", query(lambda _: ()), on=doc.LISTS, when=asks("page"), before=True),
    row("total-is-of-the-page",
        "The `total` of a page is the number of jobs on that page instead of that of the whole list.",
        "finished-jobs.page", edited(lambda found: {**found, "total": len(found["data"])}),
        on=doc.LISTS, when=lambda it: "page" in it.parameters and tells(it)),
    row("last-page-is-refused", "A last page that is not full is answered with 400.",
        "finished-jobs.page", error(400, "Page number exceeds total pages"), on=doc.LISTS,
        when=lambda it: it.parameters.get("page", "1") != "1" and tells(it)
        and len(it.document["data"]) < int(it.parameters.get("rows", "10"))),
    row("rows-alone-cut-a-list", "A list is cut to the number in `rows`, although the request has no `page`.",
        "finished-jobs.page", lambda it: it.with_json(it.document[: int(it.parameters["rows"])]),
        on=doc.LISTS, when=lambda it: lists(it) and it.parameters.get("rows", "").isdecimal() and not asks("page")(it)),
    row("page-beyond-the-last-is-empty", "A page after the last one is answered with 200 and no jobs instead of 400.",
        _REFUSALS,
        reply(200, {"data": [], "total": 0}), on=doc.LISTS, when=lambda it: "page" in it.parameters and not it.ok),
    row("checked-pages-are-refused-in-javas-words",
        "The error for a `page` that is not a number does not name the parameter.", _REFUSALS,
        edited(put(message='For input string: "x"')), on=doc.LISTS,
        when=lambda it: it.is_error and asks("page")(it) and doc.fact(it, "paging") == "checked"
        and "integer" in str(it.document["message"])),
    row("ended-jobs-stay-among-the-running", "The list of running jobs shows its jobs as `CANCELED`.",
        "running-jobs.no-end-state", listed(put(jobStatus="CANCELED")), on="get_running_jobs"),
    row("summaries-are-whole", "The summary of the running jobs also has `metrics`.", "running-jobs.summary",
        edited(each(put(metrics={}))), on="get_running_jobs_summary", when=lists),
)  # fmt: skip
