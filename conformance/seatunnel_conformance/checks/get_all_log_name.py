"""`GET /get-all-log-name`: the names of the log files of the node."""

from __future__ import annotations

from seatunnel_conformance.arrange.expectations import stated
from seatunnel_conformance.arrange.stable_reads import at_rest
from seatunnel_conformance.checks.logs import names_of_node
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract


@check("get-all-log-name.names", alone=True)
def names(target: Target, contract: Contract) -> None:
    """The other nodes of a cluster make their lists of files from this one."""
    page, listed = at_rest(
        lambda: sorted(names_of_node(target)),
        lambda: stated(contract, "get_all_log_names", target.get("/get-all-log-name")),
    )
    assert sorted(listed or ()) == page
