"""What one run is asked to do: frozen, and made of plain values, so that it can travel to other processes."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from seatunnel_conformance.arrange.journal import state_folder
from seatunnel_conformance.arrange.profiles import PROFILES, STANDARD, Profile, profile_named
from seatunnel_conformance.errors import InvalidSettings
from seatunnel_conformance.report.formats import FORMATS
from seatunnel_conformance.target import parsing
from seatunnel_conformance.target.addresses import is_loopback, parsed
from seatunnel_conformance.target.connection import Connection
from seatunnel_conformance.target.limits import Limits
from seatunnel_conformance.text.redaction import redact_address

__all__ = ["AUTO", "InvalidSettings", "Settings"]

AUTO: Final = "auto"
"""The release is read from the target's `/overview`."""

_BASELINES: Final = ("baseline", "write_baseline")


@dataclass(frozen=True, slots=True)
class Settings:
    """One run.

    `release` is `auto` until the target has been asked. `only` and `skip` are patterns over the names of checks; no
    `only` means everything. `wait` is in seconds. `tags` are those that the target's node has when the run is over.
    `url` names no user: credentials are the `connection`'s. `reports` are the files that are written, by format.
    `journal` is the file that says what a crash would leave; None for no file. `baseline` lists the deviations that
    are known; `write_baseline` is where those of this run are written.
    """

    url: str
    release: str = AUTO
    profile: str = STANDARD
    allow_writes: bool = False
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    seed: int = 0
    run: str = "local"
    wait: float = 60.0
    tags: Mapping[str, str] = field(default_factory=dict)
    connection: Connection = Connection()
    limits: Limits = Limits()
    journal: Path | None = None
    reports: Mapping[str, Path] = field(default_factory=dict)
    baseline: Path | None = None
    write_baseline: Path | None = None

    @classmethod
    def parse(cls, option: Callable[[str], Any]) -> Self:
        """Read settings from options by name, and choose seed and run where none is given.

        Raises `InvalidSettings` or `UnknownProfile`, which is one.
        """
        seed = option("seed")
        url, connection = parsing.connection(option, address(option("url")))
        run, journal = secrets.token_hex(3), option("journal")
        return cls(
            url=url,
            connection=connection,
            limits=Limits.parse(option, url),
            release=option("release"),
            profile=profile_named(option("profile")).name,
            allow_writes=option("allow_writes"),
            only=tuple(option("only")),
            skip=tuple(option("skip")),
            # Thirty-two bits are enough to tell runs apart, and few enough to be typed again.
            seed=random.SystemRandom().getrandbits(32) if seed is None else seed,
            run=run,
            journal=Path(journal) if journal else state_folder() / f"{run}.ndjson",
            wait=option("wait"),
            tags=parse_tags(option("tag")),
            reports={name: Path(path) for name in FORMATS if (path := option(f"report_{name}"))},
            **{name: _path(option(name)) for name in _BASELINES},
        )

    @property
    def depth(self) -> Profile:
        """The profile itself."""
        return PROFILES[self.profile]

    @property
    def may_write(self) -> bool:
        """Whether the run may change its target: this machine's own, or one for which it was allowed."""
        return self.depth.writes and (self.allow_writes or is_loopback(self.url))

    def as_json(self) -> dict[str, Any]:
        """Return plain data for another process."""
        reports = {name: str(path) for name, path in self.reports.items()}
        paths = {name: str(path) if (path := getattr(self, name)) else None for name in (*_BASELINES, "journal")}
        return {**asdict(self), **paths, "connection": self.connection.as_json(), "reports": reports}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """Read what `as_json` has written."""
        nested = {
            **{name: _path(plain[name]) for name in _BASELINES},
            "connection": Connection.from_json(plain["connection"]),
            "limits": Limits(**plain["limits"]),
            "journal": Path(plain["journal"]) if plain["journal"] else None,
            "reports": {name: Path(path) for name, path in plain["reports"].items()},
        }
        return cls(**{**plain, **nested, "only": tuple(plain["only"]), "skip": tuple(plain["skip"])})


def _path(text: str | Path | None) -> Path | None:
    return Path(text) if text else None


def address(text: str) -> str:
    """Return the address of an API in full, without a slash at its end. Raises `InvalidSettings`."""
    parts = parsed(text)
    if parts is None or parts.query or parts.fragment or not text.isprintable() or " " in text:
        raise InvalidSettings(f"{redact_address(text)!r} is not the address of an API, such as http://localhost:8080")
    return parts.geturl().rstrip("/")


def parse_tags(pairs: Iterable[str]) -> dict[str, str]:
    """Read tags as they are given on a command line, `name=value`. Raises `InvalidSettings`."""
    for pair in pairs:
        if "=" not in pair:
            raise InvalidSettings(f"{pair!r} is not a tag, such as name=value")
    return dict(pair.split("=", 1) for pair in pairs)
