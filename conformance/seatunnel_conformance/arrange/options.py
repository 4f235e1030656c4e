"""Declares the options and the profiles of a run, for the command, the pytest plugin and the manual page.

Other commands declare further options with the same class. The module imports little, because the help of all commands
needs it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, Final

from seatunnel_conformance.errors import UnknownProfile
from seatunnel_conformance.report.formats import FORMATS, STREAM, Format, views


class Recordings(StrEnum):
    """The recorded scenarios that a run plays."""

    NONE = "none"
    QUICK = "quick"
    """Only scenarios that start no jobs and do not wait."""
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Profile:
    """The extent of a run; `summary` is its sentence in the help.

    `changes` times the number of operations is the maximum number of requests that change the target. `jobs` is true if
    the run submits jobs and waits for them. `phases` has the phases of schemathesis, `cases` is the number of random
    cases per operation and phase. `histories` is the number of stateful tests, `steps` the number of commands of each.
    `recordings` selects the recorded scenarios. With `groups`, only these groups of clauses are checked; without, all
    except groups of other profiles. `lasting` is the number of seconds after which a check looks for its tags again.
    """

    name: str
    summary: str
    changes: int
    jobs: bool
    phases: tuple[str, ...]
    cases: int
    histories: int = 0
    steps: int = 0
    recordings: Recordings = Recordings.NONE
    groups: tuple[str, ...] = ()
    lasting: float = 0.0

    @property
    def writes(self) -> bool:
        """Whether the run may change the target."""
        return self.changes > 0


FAILOVER: Final = "failover"
"""The name of the profile that stops the master of the cluster, and of the group of clauses about that."""

PROFILES: Final = {
    profile.name: profile
    for profile in (
        Profile("smoke", "takes seconds, runs no jobs", changes=80, jobs=False, phases=("examples",), cases=1),
        Profile(
            "read-only",
            "changes nothing",
            changes=0,
            jobs=False,
            phases=("examples", "coverage", "fuzzing"),
            cases=20,
            recordings=Recordings.QUICK,
        ),
        Profile(
            "standard",
            "checks every clause, runs small jobs",
            changes=175,
            jobs=True,
            phases=("examples", "coverage", "fuzzing", "stateful"),
            cases=10,
            histories=4,
            steps=8,
            recordings=Recordings.QUICK,
        ),
        Profile(
            "full",
            "sends more generated requests",
            changes=300,
            jobs=True,
            phases=("examples", "coverage", "fuzzing", "stateful"),
            cases=100,
            histories=20,
            steps=16,
            recordings=Recordings.ALL,
            lasting=3.0,
        ),
        Profile(
            FAILOVER,
            "stops the master of the cluster and checks only how the other nodes respond afterwards",
            changes=50,
            jobs=True,
            phases=(),
            cases=0,
            groups=(FAILOVER,),
        ),
    )
}

STANDARD: Final = "standard"


def profile_named(name: str) -> Profile:
    """Return a profile by name. Raises `UnknownProfile`."""
    try:
        return PROFILES[name]
    except KeyError:
        raise UnknownProfile(f"there is no profile {name!r}; there are {', '.join(PROFILES)}") from None


class Panel(StrEnum):
    """The headings under which the help lists options."""

    MAIN = "Options"
    CHECKS = "Selection of checks"
    REPORTS = "Reports"
    BASELINE = "Known deviations"
    LIMITS = "Limits"
    CLEANUP = "Cleanup"
    CONNECTION = "Connection"


@dataclass(frozen=True, slots=True)
class Option:
    """An option. `name` is without leading dashes. A repeatable option has a list as default.

    `panel` is its heading in the help. `minimum` and `maximum` are for numbers, `choices` has all values of a string.
    `variable` is the environment variable for the option, and `parser` converts its text.
    """

    name: str
    help: str
    metavar: str = ""
    panel: str = Panel.MAIN
    type: type = str
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    variable: str = ""
    parser: Callable[[str], Any] | None = None

    @property
    def key(self) -> str:
        """The name as a Python identifier."""
        return self.name.replace("-", "_")

    @property
    def is_flag(self) -> bool:
        """Whether the option takes no value."""
        return self.type is bool

    @property
    def is_repeatable(self) -> bool:
        """Whether the option can be given several times."""
        return isinstance(self.default, list)


RELEASE: Final = Option(
    "release",
    "Check against the contract of this release. `auto` detects the release of the target.",
    "R",
    default="auto",
    variable="SEATUNNEL_RELEASE",
)
PROFILE: Final = Option(
    "profile",
    " ".join(f"{profile.name}: {profile.summary}." for profile in PROFILES.values()),
    "PROFILE",
    default=STANDARD,
    choices=tuple(PROFILES),
)
GENERAL_PROFILES: Final = tuple(name for name, profile in PROFILES.items() if not profile.groups)
"""The profiles that are not about single groups of clauses, for commands other than `conform`."""

ONLY: Final = Option(
    "only",
    "Run only these checks. Can be repeated. A glob pattern that matches a clause id (`job-info.unknown-id`), a group "
    "(`job-info`), a level (`MUST`, `SHOULD`, `MAY`), or an operation by method and path (`GET /overview`), id "
    "(`get_overview`) or tag (`cluster`, `logs`).",
    "PATTERN",
    default=[],
)
ALLOW_WRITES: Final = Option(
    "allow-writes",
    "Allow the run to submit jobs and change tags. Reference servers need no permission. While the target shows jobs "
    "of others, requests that change something name only the run's own jobs, and no tags are changed.",
    type=bool,
    default=False,
)
DEDICATED: Final = Option(
    "dedicated",
    "State that all jobs on the target may be lost: if it deviates, it could stop any of them. Allows checks that set "
    "tags, or change something with unknown or invalid ids, even while other jobs run.",
    panel=Panel.LIMITS,
    type=bool,
    default=False,
)
NODE: Final = Option(
    "node",
    "Address of another node of the same cluster, including its context path. Can be repeated.",
    "URL",
    default=[],
)
ALLOW_FAILOVER: Final = Option(
    "failover",
    "With --profile failover: allow the run to stop the master of the cluster. Needs at least one --node.",
    panel=Panel.CHECKS,
    type=bool,
    default=False,
)
KILL_COMMAND: Final = Option(
    "kill-command",
    "Shell command that stops the master of the cluster at once. The environment variable SEATUNNEL_MASTER has the "
    "`host:port` of the master as /system-monitoring-information shows it.",
    "COMMAND",
    Panel.CHECKS,
)
SKIP: Final = Option(
    "skip",
    "Skip these checks. Takes the same patterns as --only and takes precedence. Can be repeated.",
    "PATTERN",
    Panel.CHECKS,
    default=[],
)
REQUIREMENTS: Final = Option(
    "requirements",
    "Score only the checks that this version of the suite had, for example 0.1.0. Later checks run, too, but are not "
    "scored: they don't change the exit status. Default: all checks are scored.",
    "VERSION",
    Panel.CHECKS,
)
SEED: Final = Option("seed", "Seed of generated requests. Repeats an earlier run.", "N", Panel.CHECKS, int)
BASELINE: Final = (
    Option(
        "baseline",
        "YAML or JSON file with known deviations: maps a clause or operation to the reason, or to an object that "
        "the guide Check a cluster describes. Known deviations don't fail the run. An entry whose "
        "check passes is stale and fails the run.",
        "FILE",
        Panel.BASELINE,
        Path,
    ),
    Option(
        "write-baseline",
        "Write the failures of this run to a baseline file. Entries of --baseline are kept, except stale ones.",
        "FILE",
        Panel.BASELINE,
        Path,
    ),
)
WAIT: Final = Option(
    "wait",
    "Maximum time to wait for a job to change its state. If a state does not come in this time, later checks wait for "
    "it only for about a second.",
    "SECONDS",
    Panel.LIMITS,
    float,
    30.0,
    minimum=1.0,
)
LIMITS: Final = (
    WAIT,
    Option(
        "max-requests",
        "Stop after N requests. The remaining checks are inconclusive.",
        "N",
        Panel.LIMITS,
        int,
        minimum=1,
    ),
)
WORKERS: Final = Option("workers", "Number of checks that run at the same time.", "N", Panel.LIMITS, int, 8, minimum=1)
TAG: Final = Option(
    "tag",
    "Tag to set on the node when the run ends. Name each tag that the node has now: releases before 3.0.0 don't show "
    "them. Can be repeated.",
    "NAME=VALUE",
    Panel.CLEANUP,
    default=[],
)
JOURNAL: Final = Option(
    "journal",
    "Write the journal for `seatunnel-v2 cleanup` to this file. "
    "Default: a file in your state folder, none with --serve.",
    "FILE",
    Panel.CLEANUP,
    Path,
)
_connection: Final = partial(Option, panel=Panel.CONNECTION)
_file: Final = partial(Option, metavar="FILE", panel=Panel.CONNECTION, type=Path)
_limit: Final = partial(Option, panel=Panel.LIMITS, type=float)

CONNECTION: Final = (
    _connection(
        "basic-auth",
        "User for basic auth. The password comes from SEATUNNEL_PASSWORD or --password-file.",
        "USER",
        variable="SEATUNNEL_USER",
    ),
    _file("password-file", "File with the password for --basic-auth."),
    _file("bearer-token-file", "File with a bearer token. Alternative: SEATUNNEL_BEARER_TOKEN."),
    _connection("header", "Header to send with every request. Can be repeated.", "'NAME: VALUE'", default=[]),
    _file("header-file", "File with headers, one per line. Keeps secrets out of the command line."),
    _file("ca-file", "PEM file with the trusted authorities, or with the certificate of the target."),
    _file("client-cert", "PEM file with the client certificate."),
    _file("client-key", "Key of the client certificate. Its password comes from SEATUNNEL_KEY_PASSWORD."),
    _connection(
        "insecure",
        "Skip certificate verification. Can't be combined with credentials, except for localhost.",
        type=bool,
        default=False,
    ),
    _connection("proxy", "Proxy to use. Default: the proxy of the environment, and no proxy for localhost.", "URL"),
    _limit("timeout", "Maximum time for one complete response. Default: 30.", "SECONDS"),
    _limit(
        "rate-limit",
        "Maximum number of requests per second. Default: 20 for another machine, no limit for localhost.",
        "N",
    ),
    _limit(
        "max-time",
        "Stop after this time and report what was found. Default: one hour. The last 10 seconds, or a quarter of a "
        "shorter time, are kept for cleaning up.",
        "SECONDS",
    ),
)

WITHOUT_PROXY: Final = tuple(option for option in CONNECTION if option.name != "proxy")
"""The options of commands that connect directly, because a proxy could change the bytes of a request."""


def _report(one: Format) -> Option:
    return Option(f"report-{one.name}", f"Write {one.description}.", "FILE", Panel.REPORTS, Path)


REPORT_STREAM: Final = _report(FORMATS[STREAM])
REPORTS: Final = (*map(_report, views()), REPORT_STREAM)

MAIN: Final = (NODE, RELEASE, PROFILE, ONLY, ALLOW_WRITES)
"""The options of a run that most users need."""

FURTHER: Final = (
    SKIP,
    DEDICATED,
    REQUIREMENTS,
    SEED,
    ALLOW_FAILOVER,
    KILL_COMMAND,
    *REPORTS,
    *BASELINE,
    *LIMITS,
    WORKERS,
    TAG,
    JOURNAL,
    *CONNECTION,
)
"""All other options of a run, in the order of their panels."""

RUN: Final = (*MAIN, *FURTHER)
"""All options of a run, which `Settings.parse` reads."""

DEFAULTS: Final = {option.key: option.default for option in RUN}
"""The default of each option, by `Option.key`."""


def in_pytest(text: str) -> str:
    """Return a text that mentions options of `conform` with their names in pytest."""
    return _MENTIONED.sub("--seatunnel-", text)


_MENTIONED: Final = re.compile(r"(?<![\w-])--(?=[a-z])(?!seatunnel-)")
