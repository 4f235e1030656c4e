"""The formats of a report: the stream of events, and the views that are made from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

STREAM: Final = "ndjson"

VIEWS: Final[Mapping[str, str]] = {
    "html": "one HTML page for people",
    "junit": "JUnit XML for CI servers",
    "sarif": "SARIF 2.1.0 for code scanning",
    "markdown": "Markdown for job summaries",
    "har": "a HAR 1.2 log of the exchanges of checks that did not pass",
    "badge": "a badge (SVG, or shields.io's JSON if FILE ends in .json)",
}
"""The views by name, each with what it is."""

FORMATS: Final[Mapping[str, str]] = {STREAM: "the stream of events", **VIEWS}
"""All formats by name, each with what it is."""
