"""What changes for clients: between the documentation and a release, and between two releases.

    for change in diff(load("2.3.9"), load("2.3.10")):
        print(change.severity, change.id, change.operation, change.place)

    for row in deviations(load(), overlays()):
        print(row.id, row.since, row.until, row.engine)

    page = deviations_page(deviations(load(), overlays()), overlays())

Changes have the names of the oasdiff project, an outside judge of the same question.
"""

from seatunnel_openapi.comparison.changes import Change, Severity
from seatunnel_openapi.comparison.deviations import Row, Tally, deviations, holding, tallies
from seatunnel_openapi.comparison.diffing import diff
from seatunnel_openapi.comparison.grounds import Ground, between, grounds
from seatunnel_openapi.comparison.page import deviations_page

__all__ = [
    "Change",
    "Ground",
    "Row",
    "Severity",
    "Tally",
    "between",
    "deviations",
    "deviations_page",
    "diff",
    "grounds",
    "holding",
    "tallies",
]
