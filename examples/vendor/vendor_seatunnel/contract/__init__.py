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
STAMP: Final = "e6d4781f14d821d5a696eae67eea2f27bd5939392ee6cb8f8276ee01f7303c6f"
"""The SHA-256 of `openapi.json`."""


def contract() -> Contract:
    """Return the contract."""
    text = Path(__file__).with_name("openapi.json").read_text(encoding="utf-8")
    return from_document(json.loads(text), RELEASE)
