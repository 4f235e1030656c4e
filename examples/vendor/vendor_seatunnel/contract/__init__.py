"""The contract of 2.3.10. Generated: don't edit.

    python -m seatunnel_v2 stubs -o . --package vendor_seatunnel --release 2.3.10            # generate again
    python -m seatunnel_v2 stubs -o . --package vendor_seatunnel --release 2.3.10 --check    # check only
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from seatunnel_openapi import Contract, from_document

RELEASE: Final = "2.3.10"
STAMP: Final = "3ec1c1cf14a684d0acf4aac7371fb86d20f4bc5a502315233b20d8443d204630"
"""The SHA-256 of `openapi.json`."""


def contract() -> Contract:
    """Return the contract."""
    text = Path(__file__).with_name("openapi.json").read_text(encoding="utf-8")
    return from_document(json.loads(text), RELEASE)
