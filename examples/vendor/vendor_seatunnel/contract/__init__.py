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
STAMP: Final = "6aab3bdb27ca31ebd2727a87af400cab38a58e5cbc5c63712a53fa7b3be5f95c"
"""The SHA-256 of `openapi.json`."""


def contract() -> Contract:
    """Return the contract."""
    text = Path(__file__).with_name("openapi.json").read_text(encoding="utf-8")
    return from_document(json.loads(text), RELEASE)
