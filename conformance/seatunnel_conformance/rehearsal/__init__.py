"""Rehearsal of an upgrade: the API changes that affect the requests of a client.

    from seatunnel_conformance.rehearsal import read_log, rehearse

    rehearsal = rehearse(load("2.3.9"), load("2.3.13"), overlays(), read_log(Path("access.har")))
    for row in rehearsal.rows:
        print(row.severity, row.ground.text, row.ground.evidence, row.advice)

A log shows the requests of a client, and a HAR file also the responses. It does not show which members of a response
the client reads, so every received member counts as used, unless the client's source is given.
"""

from seatunnel_conformance.rehearsal.replayed import Replayed, replayed
from seatunnel_conformance.rehearsal.request_log import BrokenLog, LoggedRequest, RequestLog, read_log
from seatunnel_conformance.rehearsal.rows import Rehearsal, rehearse
from seatunnel_conformance.rehearsal.source import ClientSource

__all__ = [
    "BrokenLog",
    "ClientSource",
    "LoggedRequest",
    "Rehearsal",
    "Replayed",
    "RequestLog",
    "read_log",
    "rehearse",
    "replayed",
]
