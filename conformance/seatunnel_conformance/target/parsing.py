"""Reads a connection from options, files and the environment. Errors never quote a value: it may be a secret."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from seatunnel_conformance.errors import InvalidSettings
from seatunnel_conformance.target.addresses import is_loopback, parsed
from seatunnel_conformance.target.connection import BEARER_TOKEN, KEY_PASSWORD, PASSWORD, USER, Connection, Tls
from seatunnel_conformance.text.redaction import Secret, redact_url

_PASSWORD_SOURCES: Final = f"the environment variable {PASSWORD} or --password-file FILE"
_FIELD: Final = re.compile(r"([!#$%&'*+.^_`|~\w-]+):[ \t]*([^\r\n\0]*?)[ \t]*", re.ASCII)


def connection(
    option: Callable[[str], Any], url: str, *, environment: Mapping[str, str] = os.environ
) -> tuple[str, Connection]:
    """Return a URL without user information, and the connection.

    Raises `InvalidSettings` for contradicting options, or files that can't be read.
    """
    bare, user, password = _without_user(url)
    named = option("basic_auth") or environment.get(USER, "")
    if user and named:
        raise InvalidSettings("the URL names a user, and so does --basic-auth: use one of them")
    if named:
        user, password = named, _secret(option("password_file"), environment.get(PASSWORD, ""))
    bearer = _secret(option("bearer_token_file"), "" if user else environment.get(BEARER_TOKEN, ""))
    if user and bearer:
        raise InvalidSettings("use either a user and password or a bearer token, not both")
    _require_password(user, password, set_to_nothing=PASSWORD in environment)
    found = Connection(
        tls=_tls(option, environment),
        user=user,
        password=Secret(password),
        bearer=Secret(bearer),
        fields=tuple(_fields([*option("header"), *_lines(option("header_file"))])),
        proxy=Secret(_proxy(option("proxy") or "")),
    )
    require_trust(found, bare)
    return bare, found


def _require_password(user: str, password: str, *, set_to_nothing: bool) -> None:
    if ":" in user:
        raise InvalidSettings(f"--basic-auth takes the user only; its password comes from {_PASSWORD_SOURCES}")
    if user and not password and not set_to_nothing:
        raise InvalidSettings(f"the user has no password; it comes from {_PASSWORD_SOURCES}")


def _without_user(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return bare, unquote(parts.username or ""), unquote(parts.password or "")


def _tls(option: Callable[[str], Any], environment: Mapping[str, str]) -> Tls:
    ca_file, certificate, key = (_path(option(name)) for name in ("ca_file", "client_cert", "client_key"))
    if key and not certificate:
        raise InvalidSettings("--client-key needs --client-cert")
    if ca_file and option("insecure"):
        raise InvalidSettings("--ca-file can't be combined with --insecure")
    found = Tls(ca_file, certificate, key, Secret(environment.get(KEY_PASSWORD, "")), trusted=not option("insecure"))
    if ca_file or certificate:
        # To read the authorities of the system would take longer than the rest of the command line.
        found.context()
    return found


def require_trust(found: Connection, url: str) -> None:
    """Reject credentials for a target whose certificate is not verified."""
    if not found.tls.trusted and found.headers() and not is_loopback(url):
        raise InvalidSettings(
            "--insecure can't be combined with credentials, because another server could receive them; "
            "hint: --ca-file also accepts the target's own certificate"
        )


def _path(text: Any) -> Path | None:
    return Path(text) if text else None


def _secret(path: Any, otherwise: str) -> str:
    """Return the content of a file without its line end; `otherwise` without a file."""
    return _read(path).rstrip("\r\n") if path else otherwise


def _lines(path: Any) -> list[str]:
    return [line for line in _read(path).splitlines() if line.strip()] if path else []


def _read(path: Any) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise InvalidSettings(
            f"{path} can't be read: {getattr(problem, 'strerror', None) or 'it is not UTF-8 text'}"
        ) from None


def _fields(lines: Iterable[str]) -> Iterator[tuple[str, Secret]]:
    for number, line in enumerate(lines, start=1):
        found = _FIELD.fullmatch(line)
        if found is None:
            raise InvalidSettings(f"header {number} is not a header, such as 'Name: value'")
        yield found[1], Secret(found[2])


def _proxy(address: str) -> str:
    if not address:
        return ""
    parts = parsed(address)
    if parts is None:
        raise InvalidSettings(f"{redact_url(address)!r} is not the address of a proxy, such as http://proxy:3128")
    return parts.geturl()
