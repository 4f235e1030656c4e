"""How a target is connected to: certificates, credentials, further header fields, a proxy. Frozen, and full of secrets.

Credentials join a request at the last moment, in the wire: neither checks nor schemathesis nor a recorded exchange
ever hold them, so what is shown of a request can't show them.
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
from seatunnel_conformance.text.redaction import Secret, Veil

USER: Final = "SEATUNNEL_USER"
PASSWORD: Final = "SEATUNNEL_PASSWORD"  # noqa: S105 - a variable's name
BEARER_TOKEN: Final = "SEATUNNEL_BEARER_TOKEN"  # noqa: S105 - as above
KEY_PASSWORD: Final = "SEATUNNEL_KEY_PASSWORD"  # noqa: S105 - as above
"""The environment variables that hold credentials."""

_NO_SECRETS: Final = frozenset({"accept", "accept-language", "user-agent", "content-type", "cache-control"})
"""Header fields whose values stand in every report anyway."""

_CREDENTIALS: Final = frozenset({"authorization", "proxy-authorization"})
"""Header fields whose values begin with the name of a scheme."""


@dataclass(frozen=True, slots=True)
class Tls:
    """How a target proves who it is, and we to it. `trusted` is False to believe anybody."""

    ca_file: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    key_password: Secret = Secret()
    trusted: bool = True

    def context(self) -> ssl.SSLContext:
        """Return what OpenSSL needs. Raises `InvalidSettings` for files that can't be read."""
        context = ssl.create_default_context(cafile=self._authorities())
        if self.ca_file is None:
            # The system's own authorities, where Python finds them, and these where it finds none.
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
            # With a password given, if only an empty one, OpenSSL does not ask for it at the terminal.
            context.load_cert_chain(certificate, self.key, self.key_password.value)
        except (OSError, ssl.SSLError) as problem:
            files = f"{certificate}" if self.key is None else f"{certificate} with the key {self.key}"
            raise InvalidSettings(
                f"the client certificate {files} can't be used: {_reason(problem)} "
                f"({KEY_PASSWORD} holds the password of the key)"
            ) from None

    def options(self) -> Iterator[str]:
        """Yield the words of a command line that ask for the same."""
        for name, path in (("ca-file", self.ca_file), ("client-cert", self.certificate), ("client-key", self.key)):
            if path is not None:
                yield from (f"--{name}", str(path))
        if not self.trusted:
            yield "--insecure"

    def curl_words(self) -> Iterator[str]:
        """Yield the words with which curl does the same."""
        for name, path in (("cacert", self.ca_file), ("cert", self.certificate), ("key", self.key)):
            if path is not None:
                yield from (f"--{name}", shlex.quote(str(path)))
        if not self.trusted:
            yield "--insecure"


def _reason(problem: OSError) -> str:
    return getattr(problem, "reason", None) or problem.strerror or type(problem).__name__


@dataclass(frozen=True, slots=True)
class Connection:
    """How a target is connected to; by default without anything special.

    `fields` are further header fields. `proxy` is the address of one; without it the environment's counts, but not for
    this machine's own addresses, to which no proxy has a way.
    """

    tls: Tls = Tls()
    user: str = ""
    password: Secret = Secret()
    bearer: Secret = Secret()
    fields: tuple[tuple[str, Secret], ...] = ()
    proxy: Secret = Secret()

    @property
    def basic(self) -> bool:
        """Whether there are a user and a password."""
        return bool(self.user or self.password)

    def headers(self, given: Iterable[str] = ()) -> list[tuple[str, str]]:
        """Return the header fields of every request, secrets in the clear; fields that are `given` stay as they are."""
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
        """Yield every text that may be shown nowhere."""
        if self.basic:
            # A token can stand in the place of the user.
            yield from (self.password.value or self.user, f"{self.user}:{self.password.value}")
        yield from (self.bearer.value, self.tls.key_password.value)
        for name, secret in self.fields:
            if name.lower() not in _NO_SECRETS:
                yield secret.value
                yield from (part for part in re.split(r"[\s;,=]+", secret.value) if len(part) > len("credential"))
            if name.lower() in _CREDENTIALS:
                yield from _parts(secret.value)
        # Those of the environment are used, too.
        for proxy in (self.proxy.value, *getproxies().values()):
            yield from _credentials_in(proxy)

    def veil(self) -> Veil:
        """Return what hides the secrets in texts."""
        return Veil.over(self.secrets())

    def curl_words(self, given: Iterable[str] = ()) -> list[str]:
        """Return words for a shell with which curl connects in the same way; secrets are names of variables."""
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
        """Return the words of a command line that ask for the same, but for what the environment has to hold."""
        return [*self.tls.options(), *(["--basic-auth", self.user] if self.user and self.password else [])]

    def proxy_for(self, url: str) -> str:
        """Return the address of the proxy on the way to `url`; empty when there is none."""
        if self.proxy or is_loopback(url):
            return self.proxy.value
        parts = urlsplit(url)
        if proxy_bypass(parts.hostname or ""):
            return ""
        found = getproxies()
        address = found.get(parts.scheme) or found.get("all") or ""
        return address if not address or "://" in address else f"http://{address}"

    def past_proxy(self) -> Connection:
        """Return how a proxy of our own on this machine is reached that goes on in this way."""
        return Connection(user=self.user, password=self.password, bearer=self.bearer, fields=self.fields)

    def as_json(self) -> dict[str, Any]:
        """Return plain data for another process of ours, secrets in the clear."""
        plain = asdict(self)
        tls = plain["tls"].items()
        return {**plain, "tls": {name: str(value) if isinstance(value, Path) else value for name, value in tls}}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """Read what `as_json` has written."""
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
    """Yield what follows the scheme of a credential field, and of basic auth the pair and the password within it."""
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
