"""The option rules of a deployment: its response for each plugin, in the form that `check --rules` reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Final

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.run.releases import choose
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import connectors_of
from seatunnel_openapi.option_rules import KINDS, option_rules_of, recorded_releases

_PATH: Final = "/option-rules"


class NoOptionRules(Exception):
    """The deployment does not return option rules."""


def plugin_names(own: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Return type and name of the known plugins, and each name in `own` with every type. No operation lists plugins."""
    newest = recorded_releases()[-1]
    known, of_release = option_rules_of(newest), connectors_of(newest)
    names = {
        "source": {*of_release.sources},
        "sink": {*of_release.sinks},
        "transform": {*known.names("transform")} if known else set(),
    }
    return [(kind, name) for kind in KINDS for name in sorted({*names[kind], *own})]


def read_option_rules(
    settings: Settings, own: Iterable[str] = (), progress: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Return the rules of the plugins that are installed.

    `own` are names of further plugins. Raises `NoOptionRules` if there are no rules, or for another status than 200 or
    404; and the errors of requests.
    """
    release = choose(settings).contract.release
    with Target(settings.url, limits=settings.limits, connection=settings.connection) as target:
        plugins = []
        for kind, name in plugin_names(own):
            progress(f"{kind} {name}")
            response = target.get(_PATH, query={"type": kind, "plugin": name})
            if response.status == HTTPStatus.OK:
                plugins.append(response.json)
            elif response.status != HTTPStatus.NOT_FOUND:
                raise NoOptionRules(f"the deployment, {release}, answers {response.status} for {kind} {name}")
    if not plugins:
        raise NoOptionRules(f"the deployment, {release}, has none of the plugins, or no {_PATH}")
    return {"release": release, "plugins": plugins}
