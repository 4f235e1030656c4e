"""What to do about a change: one sentence for each kind, by oasdiff's name of it."""

from __future__ import annotations

import re
from typing import Final

from seatunnel_openapi.comparison import Change

_NOTHING: Final = "Nothing has to be done."

_ADVICE: Final = (
    (
        r"behaviour-changed",
        "Try the client on `seatunnel-v2 serve --release {new}`.",
    ),
    (r"api-removed.*", "Stop calling it before the upgrade."),
    (r"api-security-added", "Have credentials ready: a node may be set up to ask for them."),
    (r"api-security-removed", "Drop the credentials, or keep sending them: they are not looked at."),
    (
        r"response-(body|property)-(one-of|any-of)-added",
        "Be ready to read the new form, or don't ask for what brings it.",
    ),
    (r"response-(body|property)-became-nullable", "Be ready for null."),
    (r"response-.*(enum-value-added|became-not-enum|type-generalized)", "Treat values that aren't known yet as such."),
    (r"response-.*property-removed", "Stop reading it before the upgrade, or do without where it is missing."),
    (r"response-property-became-optional", "Be ready for answers without it."),
    (r"response-.*(type-changed|pattern|min|max).*", "Read it leniently: accept the values of both releases."),
    (r"response-success-status-removed", "Accept the statuses of both releases."),
    (r"response-media-type-removed", "Ask for, and read, the media types of both releases."),
    (
        r"new-required-request-.*|request-.*became-required|request-body-added-required",
        "Send it: without, it is refused.",
    ),
    (r"request-.*removed", "Stop sending it: it is no longer looked at."),
    (r"request-.*", "Send only what both releases take."),
)


def advice(change: Change, new: str) -> str:
    """Return what to do about a change on the way to the release `new`."""
    if change.severity == "info" and change.id != "api-security-added":
        return _NOTHING
    return next((text.format(new=new) for kind, text in _ADVICE if re.fullmatch(kind, change.id)), _NOTHING)
