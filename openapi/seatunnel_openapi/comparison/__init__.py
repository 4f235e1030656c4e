"""The API changes between two releases, and the differences between the documentation and each release.

    for change in diff(load("2.3.9"), load("2.3.10")):
        print(change.severity, change.id, change.operation, change.place)

    for row in deviations(load(), overlays()):
        print(row.id, row.since, row.until, row.engine)

    page = deviations_page(deviations(load(), overlays()), overlays())

Changes have the ids of oasdiff (https://www.oasdiff.com), against which the tests compare them.
"""

from seatunnel_openapi.comparison.changes import Change, Origin, Severity, between, origin_of
from seatunnel_openapi.comparison.deviations import DeviationRow, EvidenceCounts, deviations, evidence_counts, holding
from seatunnel_openapi.comparison.diffing import diff
from seatunnel_openapi.comparison.page import deviations_page

__all__ = [
    "Change",
    "DeviationRow",
    "EvidenceCounts",
    "Origin",
    "Severity",
    "between",
    "deviations",
    "deviations_page",
    "diff",
    "evidence_counts",
    "holding",
    "origin_of",
]
