"""Checks job configurations before they are submitted: what a release would refuse, and what it would do with them."""

from __future__ import annotations

from seatunnel_server.checking.conversion import NotConvertible, convert
from seatunnel_server.checking.drawing import mermaid, plan_text, summary, svg
from seatunnel_server.checking.findings import FindingSeverity, JobFinding, Rule
from seatunnel_server.checking.job import CheckedJob, check_job
from seatunnel_server.checking.reports import as_annotations, as_data, as_sarif, without_findings_of
from seatunnel_server.checking.rules import OWN_PLUGIN
from seatunnel_server.engine.config import Language

__all__ = [
    "OWN_PLUGIN",
    "CheckedJob",
    "FindingSeverity",
    "JobFinding",
    "Language",
    "NotConvertible",
    "Rule",
    "as_annotations",
    "as_data",
    "as_sarif",
    "check_job",
    "convert",
    "mermaid",
    "plan_text",
    "summary",
    "svg",
    "without_findings_of",
]
