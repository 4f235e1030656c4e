"""Jobs of others: a scenario that names one by chance is not played, neither to stop it nor to read of it.

Scenarios name the ids that they need no job for: `7`, `123`, the page's example. On a deployment that others work with
one of them may be a job.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from seatunnel_conformance.errors import NotObservable

_VARIABLE: Final = re.compile(r"\{\{[\w.-]+\}\}")
_TOO_LONG: Final = "9" * 20
"""Digits in the place of a variable: whatever stands around it, that is no id which somebody else has."""

_IN_TEXT: Final = re.compile(r'jobId"?\s*[=:]\s*"?\s*\+?(-?)0*(\d{1,19})(?!\d)')
_IN_PATH: Final = re.compile(r"^/+(?:job-info|running-job|logs)/+\+?(-?)0*(\d{1,19})(?!\d)")


class OthersJob(NotObservable):
    """A scenario names a job that is somebody else's."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"it names the job {job_id}, which is somebody else's here")
        self.job_id = job_id


def named_ids(request: Mapping[str, Any]) -> set[str]:
    """Return the job ids that a request names in its path, query or body, as the engine would read them.

    Ids that a scenario holds a place for (`{{fresh.id.a}}`) are not among them.
    """
    plain = unquote(_VARIABLE.sub(_TOO_LONG, json.dumps(request).replace("\\", "")))
    path = unquote(_VARIABLE.sub(_TOO_LONG, request["path"]))
    # Digits may be those of any script.
    return {sign + str(int(digits)) for sign, digits in (*_IN_TEXT.findall(plain), *_IN_PATH.findall(path))}
