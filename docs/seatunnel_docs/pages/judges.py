"""The page that compares the suite with other tools."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from seatunnel_conformance.faults.catalogue import DEPLOYMENTS, PLAIN, Expected
from seatunnel_docs.comparison import EXAMPLES, PRISM, RESPECT, SCHEMATHESIS, SUITE, Comparison
from seatunnel_docs.knowledge import Knowledge
from seatunnel_docs.rendering import Page, page

NAMES: Final = {
    SUITE: "seatunnel-v2 conform",
    SCHEMATHESIS: "stock schemathesis",
    RESPECT: "Redocly Respect",
    PRISM: "Prism proxy",
}
"""The names of the tools on pages."""


def pages(known: Knowledge) -> Iterator[Page]:
    """Yield the page with the results of the tools and the method."""
    compared = known.comparison
    yield page(
        "judges",
        "judges",
        compared=compared,
        accounts=[compared.account(judge) for judge in compared.judges] if compared is not None else [],
        kinds=_kinds(compared) if compared is not None else [],
        names=NAMES,
        plain=DEPLOYMENTS[PLAIN],
        examples=EXAMPLES,
    )


def _kinds(compared: Comparison) -> list[str]:
    """Return the kinds of faults that must be found, in the order of the sample."""
    found = {
        one.fault: one.kind
        for one in compared.judged
        if one.due is Expected.DETECTED and one.fault in compared.complete
    }
    return list(dict.fromkeys(found[fault] for fault in compared.header.faults if fault in found))
