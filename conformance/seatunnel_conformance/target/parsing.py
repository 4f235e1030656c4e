"""Reading a connection from options, files and the environment. What is refused is never quoted: it may be a secret."""

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

_FIELD: Final = re.compile(r"([!#$%&'*+.^_`|~\w-]+):[ \t]*([^\r\n\0]*?)[ \t]*", re.ASCII)


def connection(
    option: Callable[[str], Any], url: str, *, environment: Mapping[str, str] = os.environ
) -> tuple[str, Connection]:
    """Return an address without user information, and how it is connected to.

    Raises `InvalidSettings` where options contradict each other, or files can't be read.
    """
    bare, user, password = _without_user(url)
    named = option("basic_auth") or environment.get(USER, "")
    if user and named:
        raise InvalidSettings("the address names a user, and so does --basic-auth: give one of them")
    if named:
        user, password = named, _secret(option("password_file"), environment.get(PASSWORD, ""))
    bearer = _secret(option("bearer_token_file"), "" if user else environment.get(BEARER_TOKEN, ""))
    if user and bearer:
        raise InvalidSettings("a request has one kind of credentials: give a user or a bearer token")
    found = Connection(
        tls=_tls(option, environment),
        user=user,
        password=Secret(password),
        bearer=Secret(bearer),
        fields=tuple(_fields([*option("header"), *_lines(option("header_file"))])),
        proxy=Secret(_proxy(option("proxy") or "")),
    )
    _require_trust(found, bare)
    return bare, found


def _without_user(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return bare, unquote(parts.username or ""), unquote(parts.password or "")


def _tls(option: Callable[[str], Any], environment: Mapping[str, str]) -> Tls:
    ca_file, certificate, key = (_path(option(name)) for name in ("ca_file", "client_cert", "client_key"))
    if key and not certificate:
        raise InvalidSettings("--client-key without --client-cert is the key of nothing")
    if ca_file and option("insecure"):
        raise InvalidSettings("--ca-file says whom to trust, --insecure to trust anybody: give one of them")
    found = Tls(ca_file, certificate, key, Secret(environment.get(KEY_PASSWORD, "")), trusted=not option("insecure"))
    found.context()
    return found


def _require_trust(found: Connection, url: str) -> None:
    """Refuse to hand credentials to whoever answers."""
    if not found.tls.trusted and found.headers() and not is_loopback(url):
        raise InvalidSettings(
            "with --insecure anybody could answer, and be handed the credentials; --ca-file takes the target's own "
            "certificate as well"
        )


def _path(text: Any) -> Path | None:
    return Path(text) if text else None


def _secret(path: Any, otherwise: str) -> str:
    """Return the content of a file but for the end of its line, or what is there without a file."""
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
