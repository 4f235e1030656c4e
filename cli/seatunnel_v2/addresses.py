"""From the options of a command to the address, connection and limits of a deployment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import fail
from seatunnel_v2.reference import own_release

if TYPE_CHECKING:
    from seatunnel_conformance.arrange.settings import Settings
    from seatunnel_conformance.replay import Address
    from seatunnel_conformance.run.releases import Choice

_UNBOUNDED = {"max_requests": None, "max_time": None}
"""Options of `conform` alone."""


def settings_of(url: str, options: Mapping[str, Any], release: str = "auto") -> Settings:
    """Return the settings for requests to a deployment. Raises `InvalidSettings`."""
    from seatunnel_conformance.arrange.settings import Settings, address  # noqa: PLC0415 - see the package's docstring
    from seatunnel_conformance.target import parsing  # noqa: PLC0415 - as above
    from seatunnel_conformance.target.limits import Limits  # noqa: PLC0415 - as above

    bare, connection = parsing.connection(options.__getitem__, address(url))
    limits = Limits.parse({**options, **_UNBOUNDED}.__getitem__, bare)
    return Settings(bare, release=release, connection=connection, limits=limits)


def address_of(name: str, url: str, options: Mapping[str, Any]) -> Address:
    """Return the address for recorded requests. `reference:R` as `name` needs no credentials and no rate limit.

    Exits with an error for a proxy, which could change the bytes of a request. Raises `InvalidSettings`.
    """
    from seatunnel_conformance.replay import Address  # noqa: PLC0415 - see the package's docstring

    if options["proxy"]:
        fail(
            ExitStatus.USAGE,
            "recorded requests can't be sent through a proxy, which could change their bytes: leave out --proxy",
        )
    if own_release(name) is not None:
        return Address(url)
    asked = settings_of(url, options)
    rate = asked.limits.rate
    return Address(asked.url, asked.connection, asked.limits.answer, 1 / rate if rate else 0.0)


def choice_at(name: str, address: Address) -> Choice:
    """Return the contract of a deployment, detected with requests unless `name` is `reference:R`.

    The timeout and the rate limit are those of the address.
    Raises what `seatunnel_conformance.run.releases.choose` raises.
    """
    from seatunnel_conformance.arrange.settings import AUTO, Settings  # noqa: PLC0415 - as above
    from seatunnel_conformance.run.releases import choose, named  # noqa: PLC0415 - see the package's docstring
    from seatunnel_conformance.target.limits import Limits  # noqa: PLC0415 - as above

    own = own_release(name)
    limits = Limits(answer=address.seconds, rate=1 / address.interval if address.interval else None)
    settings = Settings(address.url, release=own or AUTO, connection=address.connection, limits=limits)
    return named(settings) if own else choose(settings)


def require_permission(url: str, *, allow_writes: bool, what: str) -> None:
    """Exit with an error message if `what` needs --allow-writes for a deployment on another machine."""
    from seatunnel_conformance.arrange.settings import address  # noqa: PLC0415 - as above
    from seatunnel_conformance.target.addresses import is_loopback  # noqa: PLC0415 - as above
    from seatunnel_conformance.text.redaction import redact_address  # noqa: PLC0415 - see the package's docstring

    if own_release(url) is None and not is_loopback(address(url)) and not allow_writes:
        problem = f"{what} on {redact_address(url)}, which is another machine"
        fail(ExitStatus.USAGE, problem, "--allow-writes permits it")
