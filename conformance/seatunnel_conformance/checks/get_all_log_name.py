"""`GET /get-all-log-name`: the names of the log files of the node."""

from __future__ import annotations

from seatunnel_conformance.arrange.expectations import stated
from seatunnel_conformance.arrange.stable_reads import at_rest
from seatunnel_conformance.checks.logs import every_file, names_of_node
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.errors import ArrangementFailed
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract


@check("get-all-log-name.names", alone=True)
def names(target: Target, contract: Contract) -> None:
    """The log lists of other nodes are made from this one; a file that is missing here can't be found anywhere."""
    page, listed = at_rest(
        lambda: sorted(names_of_node(target)),
        lambda: stated(contract, "get_all_log_names", target.get("/get-all-log-name")),
    )
    if more := set(listed or ()).difference(page):
        elsewhere = {entry["logName"] for entry in every_file(target)}
        if more <= elsewhere:
            raise ArrangementFailed(
                f"the page of the node lacks {', '.join(sorted(more)[:3])}, which /logs lists", "log.page"
            )
    assert sorted(listed or ()) == page
