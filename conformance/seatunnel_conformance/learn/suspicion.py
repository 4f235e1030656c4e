"""Marks differences as suspected faults although a release has them, if the deployment is too unlike that release."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Final

from seatunnel_conformance.learn.differences import LearnedDifference

TOGETHER: Final = 3
"""The minimum number of facts and members of a release that show that a deployment behaves like this release.

A fault changes one of them, sometimes two. Neighbouring releases differ in five or more.
"""

_UNSAFE: Final = {"read_logs.fileName": "a file name with dots can lead out of the log folder"}
"""Facts that are always suspected faults, with the reason: responses can't distinguish them from a vulnerability."""


def marked(
    found: Collection[LearnedDifference], reported: Collection[str] = (), broken: Collection[str] = ()
) -> Iterator[LearnedDifference]:
    """Yield the differences; those that are suspected faults have the reason in `fault`.

    The deployment behaves like the nearest release in most respects, so one or two facts of another release are more
    likely faults than properties. `reported` has the releases whose version the deployment reports, unless the nearest
    is one of them. Their facts are not suspected. `broken` has the bodies of responses that break MUST clauses: a new
    member in one of them may be the cause.
    """
    names: dict[str, set[str]] = defaultdict(set)
    for it in found:
        # Differences of the same name have one cause, and count once.
        for release in () if it.fault else it.releases:
            names[release].add(it.subject.rpartition(".")[2])
    shown = {*reported, *(release for release, several in names.items() if len(several) >= TOGETHER)}
    for it in found:
        alone = it.releases and not it.harmless and not shown & set(it.releases)
        reason = f"it is as in {', '.join(it.releases)}, but almost nothing else is" if alone else ""
        if it.kind == "new" and any(f'"{it.subject.rpartition(".")[2]}"' in body for body in broken):
            reason = "a response with this member breaks a MUST clause"
        yield replace(it, fault=it.fault or _UNSAFE.get(it.subject, "") or reason)
