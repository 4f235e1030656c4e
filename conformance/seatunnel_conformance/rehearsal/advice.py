"""Advice for API changes: one sentence for each kind, by oasdiff's id."""

from __future__ import annotations

import re
from typing import Final

from seatunnel_openapi.comparison import Change

_NOTHING: Final = "Nothing to do."

_ADVICE: Final = (
    (
        r"behaviour-changed",
        "Try the client on `seatunnel-v2 serve --release {new}`.",
    ),
    (r"api-removed.*", "Stop calling it before the upgrade."),
    (r"api-security-added", "Prepare credentials: a node may be configured to require them."),
    (r"api-security-removed", "Remove the credentials, or keep sending them: they are ignored."),
    (
        r"response-(body|property)-(one-of|any-of)-added",
        "Accept the new form, or avoid the requests that return it.",
    ),
    (r"response-(body|property)-became-nullable", "Accept null."),
    (r"response-.*(enum-value-added|became-not-enum|type-generalized)", "Handle unknown values."),
    (r"response-.*property-removed", "Stop reading it before the upgrade, or handle that it is missing."),
    (r"response-property-became-optional", "Handle responses without it."),
    (r"response-.*(type-changed|pattern|min|max).*", "Accept the values of both releases."),
    (r"response-success-status-removed", "Accept the statuses of both releases."),
    (r"response-media-type-removed", "Accept the media types of both releases."),
    (
        r"new-required-request-.*|request-.*became-required|request-body-added-required",
        "Send it: requests without it are rejected.",
    ),
    (r"request-.*removed", "Stop sending it: it is ignored."),
    (r"request-.*", "Send only what both releases accept."),
)


def advice(change: Change, new: str) -> str:
    """Return the advice for a change in an upgrade to the release `new`."""
    if change.severity == "info" and change.id != "api-security-added":
        return _NOTHING
    return next((text.format(new=new) for kind, text in _ADVICE if re.fullmatch(kind, change.id)), _NOTHING)
