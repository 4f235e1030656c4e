"""`Settings`: the settings of a run, read from its options."""

from __future__ import annotations

import random
import secrets
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

import platformdirs

from seatunnel_conformance.arrange.options import FAILOVER, PROFILES, STANDARD, Profile, profile_named
from seatunnel_conformance.errors import InvalidSettings
from seatunnel_conformance.report.formats import FORMATS
from seatunnel_conformance.report.outcomes import is_of_clause, is_of_whole_run
from seatunnel_conformance.target.connection import Connection, parse_connection, parsed, require_trust
from seatunnel_conformance.target.limits import RequestLimits
from seatunnel_conformance.text.redaction import redact_address, redact_url
from seatunnel_openapi import Contract

__all__ = ["AUTO", "InvalidSettings", "Settings"]

AUTO: Final = "auto"
"""The value of `release` for which the release of the target is detected."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one run.

    `url` has no user information: credentials are in `connection`. `nodes` has the URLs of further nodes of the same
    cluster, which get the same credentials. `release` is `auto` until it is detected.

    `only` and `skip` have glob patterns for checks; an empty `only` selects all. `requirements` is the version of the
    suite whose checks are scored; empty for all checks. `wait` is in seconds. `workers` is the number of checks at the
    same time. `run` is the random name of the run.

    `dedicated` is true if all jobs on the target may be lost. `served` is true if the target is a server that stops at
    the end of the run. `reference` is true if the target was detected as a reference server, which may be changed
    without `allow_writes`. `failover` allows to stop the master of the cluster with the shell command `kill_command`;
    if empty, the user is asked to stop it.

    `tags` has the tags of the node to restore at the end. `reports` has files by format. `journal` is the file for the
    cleanup after a crash, or None. `baseline` is the file with known deviations, `write_baseline` the file for the
    failures of this run.
    """

    url: str
    nodes: tuple[str, ...] = ()
    release: str = AUTO
    profile: str = STANDARD
    allow_writes: bool = False
    dedicated: bool = False
    served: bool = False
    reference: bool = False
    failover: bool = False
    kill_command: str = ""
    requirements: str = ""
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    seed: int = 0
    run: str = field(default_factory=lambda: secrets.token_hex(3))
    wait: float = 30.0
    workers: int = 1
    tags: Mapping[str, str] = field(default_factory=dict)
    connection: Connection = Connection()
    limits: RequestLimits = RequestLimits()
    journal: Path | None = None
    reports: Mapping[str, Path] = field(default_factory=dict)
    baseline: Path | None = None
    write_baseline: Path | None = None

    @classmethod
    def parse(cls, option: Callable[[str], Any]) -> Self:
        """Read settings from options by name; seed and run name are random by default.

        Raises `InvalidSettings`, or its subclass `UnknownProfile`.
        """
        seed = option("seed")
        url, connection = parse_connection(option, address(option("url")))
        run = secrets.token_hex(3)
        return cls(
            url=url,
            nodes=nodes_of(option("node"), url, connection),
            connection=connection,
            limits=RequestLimits.parse(option, url),
            release=option("release"),
            profile=profile_named(option("profile")).name,
            allow_writes=option("allow_writes"),
            dedicated=option("dedicated"),
            failover=option("failover"),
            kill_command=option("kill_command") or "",
            requirements=option("requirements") or "",
            only=tuple(option("only")),
            skip=tuple(option("skip")),
            # 32 bits, so that the seed is easy to type.
            seed=random.SystemRandom().getrandbits(32) if seed is None else seed,
            run=run,
            journal=option("journal") or state_folder() / f"{run}.ndjson",
            wait=option("wait"),
            # The checks of a failover run one after the other, because all of them need the same cluster.
            workers=1 if option("profile") == FAILOVER else option("workers"),
            tags=parse_tags(option("tag")),
            reports={name: path for name in FORMATS if (path := option(f"report_{name}"))},
            baseline=option("baseline"),
            write_baseline=option("write_baseline"),
        )

    @property
    def depth(self) -> Profile:
        """The profile, with properties such as the number of generated requests."""
        return PROFILES[self.profile]

    @property
    def selection(self) -> tuple[str, ...]:
        """The command-line options that select checks."""
        return tuple(word for name in self.only for word in ("--only", name)) + tuple(
            word for name in self.skip for word in ("--skip", name)
        )

    @property
    def may_write(self) -> bool:
        """Whether the run may change the target: with `--allow-writes`, or if it is a reference server."""
        return self.depth.writes and (self.allow_writes or self.reference)

    def most_changes(self, contract: Contract) -> int:
        """Return the maximum number of requests that change the target, without the cleanup's."""
        return self.depth.changes * len(contract.operations) if self.may_write else 0

    def command(self, check_id: str) -> str:
        """Return the command that runs a check again. For a check of the whole run, this is the command of the run."""
        target = "--serve" if self.served else redact_url(self.url)
        words = ["seatunnel-v2", "conform", target, "--release", self.release]
        words += ["--profile", self.profile] if is_of_whole_run(check_id) else ["--only", check_id]
        words += [word for node in self.nodes if not self.served for word in ("--node", redact_url(node))]
        words += self._failover_words()
        words += ["--seed", str(self.seed)] if not is_of_clause(check_id) else []
        words += ["--allow-writes"] if self.allow_writes else []
        words += ["--dedicated"] if self.allow_writes and self.dedicated and not self.served else []
        words += self.connection.options()
        return shlex.join(words)

    def _failover_words(self) -> list[str]:
        if self.profile != FAILOVER:
            return []
        command = ["--kill-command", self.kill_command] if self.kill_command else []
        return ["--profile", FAILOVER, *([] if self.served else ["--failover", *command])]

    @property
    def cleanup_command(self) -> str:
        """The shell command that stops the jobs which the run may leave."""
        journal = ["--journal", str(self.journal)] if self.journal and self.journal.parent != state_folder() else []
        return shlex.join(["seatunnel-v2", "cleanup", *journal])


def state_folder() -> Path:
    """Return the default folder of journals."""
    return platformdirs.user_state_path("seatunnel-v2") / "journals"


def address(text: str) -> str:
    """Return the URL of an API with its scheme, without a trailing slash. Raises `InvalidSettings`."""
    parts = parsed(text)
    if parts is None or parts.query or parts.fragment or not text.isprintable() or " " in text:
        raise InvalidSettings(f"{redact_address(text)!r} is not the address of an API, such as http://localhost:8080")
    return parts.geturl().rstrip("/")


def nodes_of(texts: Iterable[str], url: str, connection: Connection) -> tuple[str, ...]:
    """Return the URLs of further nodes of the cluster behind `url`. Raises `InvalidSettings`."""
    nodes = tuple(map(address, texts))
    for node in nodes:
        require_trust(connection, node)
        if urlsplit(node).username is not None:
            raise InvalidSettings(
                f"{redact_address(node)}: credentials of a node are those of the target: leave them out"
            )
        if node == url or nodes.count(node) > 1:
            raise InvalidSettings(f"--node {redact_address(node)} is given twice, or is the target itself")
    return nodes


def parse_tags(pairs: Iterable[str]) -> dict[str, str]:
    """Return the tags in texts such as `name=value`. Raises `InvalidSettings`."""
    for pair in pairs:
        if "=" not in pair:
            raise InvalidSettings(f"{pair!r} is not a tag, such as name=value")
    return dict(pair.split("=", 1) for pair in pairs)
