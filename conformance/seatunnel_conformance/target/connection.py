"""How to connect to a target: certificates, credentials, additional header fields, a proxy.

The wire adds the credentials when it sends a request. Checks, schemathesis and recorded exchanges never contain them,
so reports can't show them.
"""

from __future__ import annotations

import base64
import re
import shlex
import ssl
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi

from seatunnel_conformance.errors import InvalidSettings
from seatunnel_conformance.target.addresses import is_loopback
from seatunnel_conformance.text.redaction import Redactor, Secret

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
            self._load(context, self.certificate)
        return context

    def _authorities(self) -> str | None:
        if self.ca_file is None:
            return None
        try:
            ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ssl.SSLError) as problem:
            raise InvalidSettings(f"--ca-file {self.ca_file} can't be read: {_reason(problem)}") from None
        return str(self.ca_file)

    def _load(self, context: ssl.SSLContext, certificate: Path) -> None:
        try:
            # With a password, even an empty one, OpenSSL does not prompt for it.
            context.load_cert_chain(certificate, self.key, self.key_password.value)
        except (OSError, ssl.SSLError) as problem:
            files = f"{certificate}" if self.key is None else f"{certificate} with the key {self.key}"
            raise InvalidSettings(
                f"the client certificate {files} can't be used: {_reason(problem)} "
                f"({KEY_PASSWORD} holds the password of the key)"
            ) from None

    def options(self) -> Iterator[str]:
        """Yield the command-line options for these settings."""
        for name, path in (("ca-file", self.ca_file), ("client-cert", self.certificate), ("client-key", self.key)):
            if path is not None:
                yield from (f"--{name}", str(path))
        if not self.trusted:
            yield "--insecure"

    def curl_words(self) -> Iterator[str]:
        """Yield the curl options for these settings."""
        for name, path in (("cacert", self.ca_file), ("cert", self.certificate), ("key", self.key)):
            if path is not None:
                yield from (f"--{name}", shlex.quote(str(path)))
        if not self.trusted:
            yield "--insecure"


def _reason(problem: OSError) -> str:
    return getattr(problem, "reason", None) or problem.strerror or type(problem).__name__


@dataclass(frozen=True, slots=True)
class Connection:
    """How to connect to a target.

    `fields` are additional header fields. `proxy` is a URL; if it is empty, the environment's proxy is used, except for
    loopback addresses.
    """

    tls: Tls = Tls()
    user: str = ""
    password: Secret = Secret()
    bearer: Secret = Secret()
    fields: tuple[tuple[str, Secret], ...] = ()
    proxy: Secret = Secret()

    @property
    def basic(self) -> bool:
        """Whether to use basic authentication."""
        return bool(self.user or self.password)

    def headers(self, given: Iterable[str] = ()) -> list[tuple[str, str]]:
        """Return the header fields to add to a request, secrets included, except those that are already `given`."""
        taken = {name.lower() for name in given}
        return [(name, secret.value) for name, secret in self._named() if name.lower() not in taken]

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
            # The user can be a token.
            yield from (self.password.value or self.user, f"{self.user}:{self.password.value}")
        yield from (self.bearer.value, self.tls.key_password.value)
        for name, secret in self.fields:
            if name.lower() not in _NO_SECRETS:
                yield secret.value
                yield from (part for part in re.split(r"[\s;,=]+", secret.value) if len(part) > len("credential"))
            if name.lower() in _CREDENTIALS:
                yield from _parts(secret.value)
        # Proxies of the environment can be used, too.
        for proxy in (self.proxy.value, *getproxies().values()):
            yield from _credentials_in(proxy)

    def redactor(self) -> Redactor:
        """Return the redactor for these secrets."""
        return Redactor.of(self.secrets())

    def curl_words(self, given: Iterable[str] = ()) -> list[str]:
        """Return curl options for the same connection, quoted for a shell; secrets are shell variables."""
        words = list(self.tls.curl_words())
        if self.basic and "authorization" not in {name.lower() for name in given}:
            words += ["-u", f'"{self._shown_user()}:${PASSWORD}"']
        elif self.bearer and "authorization" not in {name.lower() for name in given}:
            words += ["-H", f'"Authorization: Bearer ${BEARER_TOKEN}"']
        for name, _ in self.fields:
            words += ["-H", f'"{name}: ${re.sub("[^A-Z0-9]", "_", name.upper())}"']
        return words

    def _shown_user(self) -> str:
        return re.sub(r'([\\"$`])', r"\\\1", self.user) if self.password else f"${USER}"

    def options(self) -> list[str]:
        """Return the command-line options for this connection, without the secrets that the environment provides."""
        return [*self.tls.options(), *(["--basic-auth", self.user] if self.user and self.password else [])]

    def proxy_for(self, url: str) -> str:
        """Return the URL of the proxy for `url`; empty if there is none."""
        if self.proxy or is_loopback(url):
            return self.proxy.value
        parts = urlsplit(url)
        if proxy_bypass(parts.hostname or ""):
            return ""
        found = getproxies()
        address = found.get(parts.scheme) or found.get("all") or ""
        return address if not address or "://" in address else f"http://{address}"

    def without_credentials(self) -> Connection:
        """Return the connection for an address that the target names: credentials are for the target only."""
        return Connection(tls=Tls(ca_file=self.tls.ca_file, trusted=self.tls.trusted), proxy=self.proxy)

    def past_proxy(self) -> Connection:
        """Return the connection to a local proxy of the suite, which forwards to the target with these TLS settings."""
        return Connection(user=self.user, password=self.password, bearer=self.bearer, fields=self.fields)

    def as_json(self) -> dict[str, Any]:
        """Return JSON data for another process of the suite, secrets included."""
        plain = asdict(self)
        tls = plain["tls"].items()
        return {**plain, "tls": {name: str(value) if isinstance(value, Path) else value for name, value in tls}}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """Read the data of `as_json`."""
        tls = plain["tls"]
        paths = {name: Path(tls[name]) if tls[name] else None for name in ("ca_file", "certificate", "key")}
        secret = {name: Secret(**plain[name]) for name in ("password", "bearer", "proxy")}
        return cls(
            tls=Tls(**paths, key_password=Secret(**tls["key_password"]), trusted=tls["trusted"]),
            user=plain["user"],
            fields=tuple((name, Secret(**value)) for name, value in plain["fields"]),
            **secret,
        )


def _parts(credentials: str) -> Iterator[str]:
    """Yield the credentials after the scheme; for basic auth also `user:password` and the password."""
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
