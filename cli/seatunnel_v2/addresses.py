"""Turns the options of a command into the address, connection and limits of a deployment."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from seatunnel_conformance.arrange.options import DEFAULTS
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import fail
from seatunnel_v2.reference import own_release

if TYPE_CHECKING:
    from seatunnel_conformance.arrange.settings import Settings
    from seatunnel_conformance.replay import Address, Scenario
    from seatunnel_conformance.run.releases import ReleaseChoice
    from seatunnel_conformance.target.limits import RequestLimits


def settings_of(url: str, options: Mapping[str, Any], release: str = "auto") -> Settings:
    """Return the settings for requests to a deployment. `--max-time` counts from now. Raises `InvalidSettings`."""
    from seatunnel_conformance.arrange.settings import Settings, address, nodes_of
    from seatunnel_conformance.target.connection import parse_connection

    bare, connection = parse_connection({**DEFAULTS, **options}.__getitem__, address(url))
    nodes = nodes_of(options.get("node", ()), bare, connection)
    return Settings(bare, nodes=nodes, release=release, connection=connection, limits=_limits_of(bare, options))


def _limits_of(url: str, options: Mapping[str, Any]) -> RequestLimits:
    from seatunnel_conformance.target.limits import RequestLimits

    return RequestLimits.parse({**DEFAULTS, **options}.__getitem__, url).started(time.monotonic())


def address_of(
    name: str, url: str, options: Mapping[str, Any], nodes: Iterable[str] = (), kill_command: str = ""
) -> Address:
    """Return the address to which `record`, `replay` and `compare` send requests.

    `name` is the argument of the command. If it is `reference:R`, the command has started the server at `url`:
    credentials and rate limit are not used, `nodes` are the URLs of its further nodes, and `kill_command` stops its
    master. For other deployments, `options` has both.

    Raises `InvalidSettings`.
    """
    from seatunnel_conformance.arrange.failover import stopping_by
    from seatunnel_conformance.replay import Address
    from seatunnel_conformance.target.limits import Governor

    if own_release(name) is not None:
        governor = Governor(replace(_limits_of(url, options), rate=None), url)
        stop_master = stopping_by(kill_command)
        return Address(url, governor=governor, nodes=tuple(nodes), stop_master=stop_master, dedicated=True)
    asked = settings_of(url, options)
    governor = Governor(asked.limits, asked.url)
    stop_master = stopping_by(options.get("kill_command"))
    seconds, dedicated = asked.limits.response, options.get("dedicated", False)
    return Address(asked.url, asked.connection, seconds, governor, asked.nodes, stop_master, dedicated)


def choice_at(name: str, address: Address) -> ReleaseChoice:
    """Return the release of a deployment with its contract: R if `name` is `reference:R`, else the detected release.

    The requests for the detection count for the limits of the address. Raises the errors of
    `seatunnel_conformance.run.releases.choose`.
    """
    from seatunnel_conformance.arrange.settings import AUTO, Settings
    from seatunnel_conformance.run.releases import choose, named

    own = own_release(name)
    limits = address.governor.limits
    settings = Settings(address.url, release=own or AUTO, connection=address.connection, limits=limits)
    return named(settings) if own else choose(settings)


def is_own(name: str, address: Address) -> bool:
    """Return whether a deployment is a reference server: this command has started it, or `GET /_reference` says so."""
    from seatunnel_conformance.target.identification import is_reference_server

    limits = address.governor.limits
    return own_release(name) is not None or is_reference_server(address.url, limits, address.connection)


def require_permission(name: str, address: Address, scenarios: Iterable[Scenario], *, allow_writes: bool) -> None:
    """Exit with an error message if scenarios change a deployment and --allow-writes is missing.

    A reference server needs no permission. Raises the errors of `seatunnel_conformance.target.identification.identify`.
    """
    from seatunnel_conformance.replay.recording import changes_the_target
    from seatunnel_conformance.target.identification import identify

    changing = sum(map(changes_the_target, scenarios))
    if allow_writes or not changing or own_release(name) is not None:
        return
    identify(address.url, address.governor.limits, address.connection)
    if not is_own(name, address):
        what = "1 scenario changes" if changing == 1 else f"{changing} scenarios change"
        problem = f"{what} {address}, which is not a reference server"
        fail(ExitStatus.USAGE, problem, "--allow-writes permits it, and --only selects scenarios that only read")
