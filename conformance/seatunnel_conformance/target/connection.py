"""How to connect to a target: address, certificates, credentials, additional headers, proxy.

`Wire` adds the credentials when it sends a request. Checks, schemathesis and recorded exchanges don't have credentials,
so reports can't show any. Errors about options don't quote possible secrets.
"""

from __future__ import annotations

import base64
import ipaddress
import os
import re
import shlex
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi

from seatunnel_conformance.errors import InvalidSettings
from seatunnel_conformance.target.ambiguity import NotOneRequest, require_one_request
from seatunnel_conformance.target.routes import find
from seatunnel_conformance.text.redaction import Redactor, Secret, redact_url
from seatunnel_openapi import load
from seatunnel_openapi.files import SMALL, read_text
from seatunnel_openapi.words import Wording

_PORTS = {"http": 80, "https": 443}


_LONGEST_HOST = 253


def parsed(text: str) -> SplitResult | None:
    """Return the parts of an HTTP URL (the scheme is optional); None for an invalid URL."""
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = parts.hostname or "", parts.port
        # A host that can't be encoded for DNS, such as one with an empty label, is invalid.
        usable = 0 < len(host) <= _LONGEST_HOST and bool(host.encode("idna")) and port != 0
    except ValueError:
        return None
    return parts if usable and parts.scheme in _PORTS else None


def is_loopback(url: str) -> bool:
    """Return whether a URL's host is `localhost` or a loopback IP address; other names are not resolved."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of a URL. Raises `ValueError` for an invalid port."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)


def leads_elsewhere(url: str, location: str) -> str:
    """Return the target of a redirect to another origin; empty for the same origin or an invalid location."""
    try:
        target = urljoin(url, location)
        return "" if origin(target) == origin(url) else target
    except ValueError:
        return ""


USER: Final = "SEATUNNEL_USER"
PASSWORD: Final = "SEATUNNEL_PASSWORD"  # noqa: S105 - a variable's name
BEARER_TOKEN: Final = "SEATUNNEL_BEARER_TOKEN"  # noqa: S105 - as above
KEY_PASSWORD: Final = "SEATUNNEL_KEY_PASSWORD"  # noqa: S105 - as above
"""The environment variables for credentials."""

_NO_SECRETS: Final = frozenset({"accept", "accept-language", "user-agent", "content-type", "cache-control"})
"""Header fields that are not secret."""

_CREDENTIALS: Final = frozenset({"authorization", "proxy-authorization"})
"""Header fields whose values begin with the name of an authentication scheme."""


@dataclass(frozen=True, slots=True)
class Tls:
    """TLS settings. `trusted=False` disables certificate verification."""

    ca_file: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    key_password: Secret = Secret()
    trusted: bool = True

    def context(self) -> ssl.SSLContext:
        """Return the SSL context. Raises `InvalidSettings` for files that can't be read."""
        context = ssl.create_default_context(cafile=self._authorities())
        if self.ca_file is None:
            # In addition to the system's authorities, which Python does not find on every system.
            context.load_verify_locations(certifi.where())
        if not self.trusted:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if self.certificate is not None:
            try:
                # With a password, even an empty one, OpenSSL does not prompt for it.
                context.load_cert_chain(self.certificate, self.key, self.key_password.value)
            except (OSError, ssl.SSLError) as problem:
                files = f"{self.certificate}" if self.key is None else f"{self.certificate} with the key {self.key}"
                raise InvalidSettings(
                    f"the client certificate {files} can't be used: {_reason(problem)} "
                    f"({KEY_PASSWORD} holds the password of the key)"
                ) from None
        return context

    def _authorities(self) -> str | None:
        if self.ca_file is None:
            return None
        try:
            ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ssl.SSLError) as problem:
            raise InvalidSettings(f"--ca-file {self.ca_file} can't be read: {_reason(problem)}") from None
        return str(self.ca_file)

    def options(self, names: Iterable[str] = ("ca-file", "client-cert", "client-key")) -> Iterator[str]:
        """Yield the command-line options for these settings; `names` are the files' names."""
        for name, path in zip(names, (self.ca_file, self.certificate, self.key), strict=True):
            if path is not None:
                yield from (f"--{name}", str(path))
        if not self.trusted:
            yield "--insecure"

    def curl_words(self) -> Iterator[str]:
        """Yield the curl options for these settings, quoted for a shell."""
        return map(shlex.quote, self.options(("cacert", "cert", "key")))


def _reason(problem: OSError) -> str:
    said = getattr(problem, "reason", None) or problem.strerror or type(problem).__name__
    return next((words for part, words in _OPENSSL.items() if part in said), said)


_OPENSSL: Final = {
    "NO_CERTIFICATE": "it has no certificate in PEM",
    "PEM lib": "it has no certificate and key in PEM",
    "KEY_VALUES_MISMATCH": "the key is that of another certificate",
}
"""Explanations by a part of OpenSSL's error messages."""


@dataclass(frozen=True, slots=True)
class Connection:
    """How to connect to a target.

    `fields` has additional headers. `proxy` is a URL; if empty, the environment's proxy is used, except for loopback
    addresses. Responses have the member names of the release `speaks`, which is empty if not known yet.
    """

    tls: Tls = Tls()
    user: str = ""
    password: Secret = Secret()
    bearer: Secret = Secret()
    fields: tuple[tuple[str, Secret], ...] = ()
    proxy: Secret = Secret()
    speaks: str = ""

    def wording(self, method: str, path: str, status: int) -> Wording | None:
        """Return the translation of member names in a response; None for documented or unknown names."""
        contract = load(self.speaks) if self.speaks else None
        if contract is None or contract.words.are_own:
            return None
        # A servlet also answers requests for paths below its own.
        path, operation = path.partition("?")[0], None
        while path and operation is None:
            operation, _ = find(contract, method, path)
            path = path.rpartition("/")[0]
        return contract.words.of(operation.response_schema(status)) if operation else None

    @property
    def basic(self) -> bool:
        """Whether to use basic authentication."""
        return bool(self.user or self.password)

    def headers(self, given: Iterable[str] = ()) -> list[tuple[str, str]]:
        """Return the headers to add to a request, with secrets, except for names in `given`."""
        taken = {name.lower() for name in given}
        return [(name, secret.value) for name, secret in self._named() if name.lower() not in taken]

    def sends(self, name: str) -> bool:
        """Return whether a header of this name is added to requests."""
        return any(name.lower() == sent.lower() for sent, _ in self._named())

    def _named(self) -> Iterator[tuple[str, Secret]]:
        if self.basic:
            pair = f"{self.user}:{self.password.value}".encode()
            yield "Authorization", Secret(f"Basic {base64.b64encode(pair).decode()}")
        elif self.bearer:
            yield "Authorization", Secret(f"Bearer {self.bearer.value}")
        yield from self.fields

    def secrets(self) -> Iterator[str]:
        """Yield every text that must be redacted."""
        if self.basic:
            # Without a password, the user can be a token.
            yield from (self.password.value or self.user, f"{self.user}:{self.password.value}")
        yield from (self.bearer.value, self.tls.key_password.value)
        for name, secret in self.fields:
            if name.lower() not in _NO_SECRETS:
                yield secret.value
                yield from (part for part in re.split(r"[\s;,=]+", secret.value) if len(part) > len("credential"))
            if name.lower() in _CREDENTIALS:
                yield from _parts(secret.value)
        # The proxies of the environment can be used, too, and have credentials.
        for proxy in (self.proxy.value, *getproxies().values()):
            yield from _credentials_in(proxy)

    def redactor(self) -> Redactor:
        """Return the redactor for these secrets."""
        return Redactor.of(self.secrets())

    def curl_words(self, given: Iterable[str] = ()) -> list[str]:
        """Return curl options for this connection, quoted for a shell, with shell variables instead of secrets."""
        words = list(self.tls.curl_words())
        if self.basic and "authorization" not in {name.lower() for name in given}:
            user = re.sub(r'([\\"$`])', r"\\\1", self.user) if self.password else f"${USER}"
            words += ["-u", f'"{user}:${PASSWORD}"']
        elif self.bearer and "authorization" not in {name.lower() for name in given}:
            words += ["-H", f'"Authorization: Bearer ${BEARER_TOKEN}"']
        for name, _ in self.fields:
            words += ["-H", f'"{name}: ${re.sub("[^A-Z0-9]", "_", name.upper())}"']
        return words

    def options(self) -> list[str]:
        """Return the command-line options for this connection, without secrets."""
        return [*self.tls.options(), *(["--basic-auth", self.user] if self.user and self.password else [])]

    def proxy_for(self, url: str) -> str:
        """Return the URL of the proxy for `url`, or an empty string."""
        if self.proxy or is_loopback(url):
            return self.proxy.value
        parts = urlsplit(url)
        if proxy_bypass(parts.hostname or ""):
            return ""
        found = getproxies()
        address = found.get(parts.scheme) or found.get("all") or ""
        return address if not address or "://" in address else f"http://{address}"

    def without_credentials(self) -> Connection:
        """Return the connection without credentials, for an address that a response of the target names."""
        tls = Tls(ca_file=self.tls.ca_file, trusted=self.tls.trusted)
        return Connection(tls=tls, proxy=self.proxy, speaks=self.speaks)

    def past_proxy(self) -> Connection:
        """Return the connection to a local proxy of the suite; the proxy uses TLS to the target."""
        return replace(self, tls=Tls(), proxy=Secret())


def _parts(credentials: str) -> Iterator[str]:
    """Yield the secrets in the value of an `Authorization` header: the part after the scheme, a decoded password."""
    given = credentials.partition(" ")[2].strip()
    yield given
    try:
        pair = base64.b64decode(given, validate=True).decode()
    except ValueError:
        return
    yield from (pair, pair.partition(":")[2])


def _credentials_in(address: str) -> Iterator[str]:
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
    except ValueError:
        return
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if user or password:
        yield from (password or user, f"{user}:{password}")


_PASSWORD_SOURCES: Final = f"the environment variable {PASSWORD} or --password-file FILE"
_FIELD: Final = re.compile(r"([!#$%&'*+.^_`|~\w-]+):[ \t]*([^\r\n\0]*?)[ \t]*", re.ASCII)


def parse_connection(
    option: Callable[[str], Any], url: str, *, environment: Mapping[str, str] = os.environ
) -> tuple[str, Connection]:
    """Return the URL without user information, and the connection. `option` returns an option by its name.

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
    try:
        require_one_request("GET", "/", found.headers(), None)
    except NotOneRequest as problem:
        raise InvalidSettings(str(problem)) from None
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
    ca_file, certificate, key = map(option, ("ca_file", "client_cert", "client_key"))
    if key and not certificate:
        raise InvalidSettings("--client-key needs --client-cert")
    if ca_file and option("insecure"):
        raise InvalidSettings("--ca-file can't be combined with --insecure")
    found = Tls(ca_file, certificate, key, Secret(environment.get(KEY_PASSWORD, "")), trusted=not option("insecure"))
    if ca_file or certificate:
        # Only for files: reading the authorities of the system takes longer than the rest of the command line.
        found.context()
    return found


def require_trust(found: Connection, url: str) -> None:
    """Raise `InvalidSettings` for credentials without certificate verification, except for loopback addresses."""
    if not found.tls.trusted and found.headers() and not is_loopback(url):
        raise InvalidSettings(
            "--insecure can't be combined with credentials, because another server could receive them",
            "--ca-file also accepts the target's own certificate",
        )


def _secret(path: Path | None, otherwise: str) -> str:
    """Return the content of a file without the last newline; if no file is given, return `otherwise`."""
    return _read(path).rstrip("\r\n") if path else otherwise


def _lines(path: Path | None) -> list[str]:
    return [line for line in _read(path).splitlines() if line.strip()] if path else []


def _read(path: Path) -> str:
    try:
        return read_text(path, SMALL)
    except OSError as problem:
        raise InvalidSettings(f"{path} can't be read: {problem.strerror}") from None


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
