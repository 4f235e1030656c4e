"""The monitoring data of a node: every key that clients expect, with a zero value in the expected format."""

from __future__ import annotations

import re
from typing import cast

from vendor_seatunnel.cluster import NODE
from vendor_seatunnel.contract import types

_ZEROS = {r"\.used/|percentage|load\.(process|system)$": "0.00%", r"\.time$": "0ms", r"systemAverage": "0.00"}


def reading() -> types.MemberReading:
    """Return the monitoring data of this node."""
    host, _, port = NODE.address.partition(":")
    zeros = {name: _zero(name) for name in types.MemberReading.__required_keys__}
    return cast("types.MemberReading", {**zeros, "isMaster": "true", "host": host, "port": port})


def _zero(name: str) -> str:
    return next((zero for pattern, zero in _ZEROS.items() if re.search(pattern, name)), "0")
