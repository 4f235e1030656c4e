"""Secrets leave no trace: what is hidden before anything is shown or stored.

The engine echoes job configurations, so a secret can also come back from the target. Hidden are the values of
credential headers, of user information in addresses, and of members with password-like names in JSON texts.
"""

from __future__ import annotations

import re

HIDDEN = "[hidden]"

_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"})
_NAMES = r"[\w.-]*(?:password|passwd|secret|token|api[_-]?key|access[_-]?key|credential)[\w.-]*"
_MEMBER = re.compile(rf'("{_NAMES}"\s*:\s*)"(?:[^"\\]|\\.)*(?:"|\Z)', re.IGNORECASE)
_PARAMETER = re.compile(rf"(?<=[?&])({_NAMES}=)[^&#\s]*", re.IGNORECASE)
_USER = re.compile(r"(?<=://)[^/@\s]+@")


def redact_header(name: str, value: str) -> str:
    """Return the value of a header field as it may be shown."""
    return HIDDEN if name.lower() in _HEADERS else redact_url(value)


def redact_url(url: str) -> str:
    """Return an address without user information and without the values of password-like parameters."""
    return _PARAMETER.sub(rf"\1{HIDDEN}", _USER.sub("", url))


def redact_text(text: str) -> str:
    """Return a text (JSON or not) without the values of password-like members, and without user information.

    The text may have been cut: a value that does not end is hidden up to the end.
    """
    return _MEMBER.sub(rf'\1"{HIDDEN}"', redact_url(text))
