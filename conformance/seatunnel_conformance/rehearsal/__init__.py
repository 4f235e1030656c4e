"""An upgrade rehearsed: what changes for clients, of all that changed only what their traffic meets.

    from seatunnel_conformance.rehearsal import read_traffic, rehearse

    rehearsal = rehearse(load("2.3.9"), load("2.3.13"), overlays(), read_traffic(Path("access.har")))
    for row in rehearsal.rows:
        print(row.severity, row.operations, row.text, row.ground.evidence, row.advice)

A log tells which operations are called, with what, and (a HAR) what came back. It can't tell which of the fields that
came back a client reads: those that came are taken for those that count.
"""

from seatunnel_conformance.rehearsal.reading import BrokenLog, read_traffic
from seatunnel_conformance.rehearsal.replayed import Replayed, replayed
from seatunnel_conformance.rehearsal.rows import Rehearsal, Row, rehearse
from seatunnel_conformance.rehearsal.traffic import Seen, Traffic

__all__ = [
    "BrokenLog",
    "Rehearsal",
    "Replayed",
    "Row",
    "Seen",
    "Traffic",
    "read_traffic",
    "rehearse",
    "replayed",
]
