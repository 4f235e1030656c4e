"""Differences that are suspected faults although a release has them, because nothing else shows that release."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Final

from seatunnel_conformance.learn.differences import LearnedDifference

TOGETHER: Final = 3
"""The least number of facts and members of one release that show that a deployment behaves as this release.

A fault changes one, at times a second. Neighbouring releases differ in five or more.
"""

_UNSAFE: Final = {"read_logs.fileName": "a file name with dots can lead out of the log folder"}
"""Why a fact is a suspected fault whatever release has it: no response tells it from a vulnerability."""


def marked(
    found: Collection[LearnedDifference], reported: Collection[str] = (), broken: Collection[str] = ()
) -> Iterator[LearnedDifference]:
    """Yield the differences, with a mark on suspected faults.

    `reported` are the releases that the deployment says it may be, if the nearest is none of them. In all else it is
    the nearest, so a single fact of another release is more likely a fault than a property. `broken` are the bodies of
    responses that break MUST clauses: a further member may be why.
    """
    names: dict[str, set[str]] = defaultdict(set)
    for it in found:
        # One cause changes all of the same name.
        for release in () if it.fault else it.releases:
            names[release].add(it.subject.rpartition(".")[2])
    shown = {*reported, *(release for release, several in names.items() if len(several) >= TOGETHER)}
    for it in found:
        alone = it.releases and not it.harmless and not shown & set(it.releases)
        reason = f"it is as in {', '.join(it.releases)}, but too little else is" if alone else ""
        if it.kind == "new" and any(f'"{it.subject.rpartition(".")[2]}"' in body for body in broken):
            reason = "a response that has it breaks a MUST clause"
        yield replace(it, fault=it.fault or _UNSAFE.get(it.subject, "") or reason)
