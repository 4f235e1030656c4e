"""Findings of several files as JSON, as SARIF for code scanning, and as annotations of GitHub's workflows."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Hashable, Mapping
from typing import Any, Final

from seatunnel_server.checking.findings import FindingSeverity, JobFinding, Rule
from seatunnel_server.checking.job import CheckedJob


def as_data(name: str, job: CheckedJob, release: str, gone: CheckedJob | None = None) -> dict[str, Any]:
    """Return the findings and the plan of a file as plain data, and the findings that only another release has."""
    return {
        "file": name,
        "release": release,
        "language": job.language,
        "findings": _plain(job),
        **({"gone": _plain(gone)} if gone else {}),
        "unchecked": job.unchecked,
        "plan": dataclasses.asdict(job.job.plan) if job.job else None,
    }


def _plain(job: CheckedJob) -> list[dict[str, Any]]:
    findings = [dataclasses.asdict(finding) for finding in job.findings]
    for finding in findings:
        del finding["quotes"]
    return findings


_NAMED: Final = re.compile(r"`[^`]+`")


def _subject(finding: JobFinding) -> Hashable:
    """Return a key that is equal for the same finding in two releases, even if their messages differ."""
    names = tuple(_NAMED.findall(finding.message)) or finding.message
    return finding.rule, finding.severity, finding.line, finding.column, names


def without_findings_of(job: CheckedJob, other: CheckedJob) -> CheckedJob:
    """Return `job` without the findings that `other`, a check of the same file, also has."""
    known = {*map(_subject, other.findings)}
    return dataclasses.replace(job, findings=tuple(it for it in job.findings if _subject(it) not in known))


def as_sarif(jobs: Mapping[str, CheckedJob], version: str) -> dict[str, Any]:
    """Return a SARIF 2.1.0 log."""
    results = [_result(name, finding) for name, job in jobs.items() for finding in job.findings]
    driver = {"name": "seatunnel-v2", "version": version, "rules": [{"id": rule.value} for rule in Rule]}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}


def _result(name: str, finding: JobFinding) -> dict[str, Any]:
    region = {"startLine": finding.line or 1}
    region |= {"startColumn": finding.column} if finding.column else {}
    region |= {"endColumn": finding.end_column} if finding.end_column else {}
    return {
        "ruleId": finding.rule.value,
        "level": finding.severity.value,
        "message": {"text": _sentence(finding)},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": name}, "region": region}}],
    }


def _sentence(finding: JobFinding) -> str:
    return f"{finding.message}; {finding.hint}" if finding.hint else finding.message


def as_annotations(jobs: Mapping[str, CheckedJob]) -> str:
    """Return workflow commands of GitHub, a line for each finding."""
    return "".join(_annotation(name, finding) for name, job in jobs.items() for finding in job.findings)


def _annotation(name: str, finding: JobFinding) -> str:
    numbers = {"line": finding.line, "col": finding.column, "endColumn": finding.end_column}
    places = {"file": name, **{key: value for key, value in numbers.items() if value}, "title": finding.rule.value}
    words = ",".join(f"{key}={_escaped(str(value), ':,')}" for key, value in places.items())
    command = "error" if finding.severity is FindingSeverity.ERROR else "warning"
    return f"::{command} {words}::{_escaped(_sentence(finding))}\n"


def _escaped(text: str, further: str = "") -> str:
    for letter in ("%", "\r", "\n", *further):
        text = text.replace(letter, f"%{ord(letter):02X}")
    return text
