"""Clients of other projects that `try-client --known` runs: one description for each, in `clients/descriptions/`.

A description names the repository and the commit, and has the program of ours that calls the client's code. Nothing of
a client is here: its user has a folder with the source, or with what was built from it.
"""

from __future__ import annotations

import shlex
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import yaml

from seatunnel_conformance.clients.builds import built
from seatunnel_conformance.clients.programs import ADDRESS, ClientCommand, Ending
from seatunnel_conformance.clients.scenarios import SCENARIOS
from seatunnel_conformance.errors import InvalidSettings

_SHARED: Final = ("follow.py", "java.sh", "venv.sh")
"""Programs of ours that several descriptions use."""


class UnknownClient(InvalidSettings):
    """There is no description of this name."""

    def __init__(self, name: str) -> None:
        meant = " or ".join(get_close_matches(name, known_clients(), n=2, cutoff=0.5))
        super().__init__(f"there is no known client {name!r}; there are {meant or ', '.join(known_clients())}")


@dataclass(frozen=True, slots=True)
class ReadFinding:
    """A finding that no scenario shows: what the code does, where it says so, and how to see it."""

    title: str
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class KnownClient:
    """The description of a client.

    `uses` are the files of the client that run, `ours` says in a sentence what is not the client's. `command` is a
    command line with the placeholders `{source}`, `{ours}`, the folder with `programs`, and `{built}`, the folder that
    the command `build` fills once for the same source. `undecided` are rules that judge only what is ours, `leaves`
    scenarios that the client has no function for. `timeout` are the seconds of a scenario; `alone` runs one scenario at
    a time. `places` are lines of the client's code that explain a broken rule.
    """

    name: str
    title: str
    language: str
    repository: str
    commit: str
    uses: Sequence[str]
    ours: str
    command: str
    build: str = ""
    programs: Mapping[str, str] = field(default_factory=dict)
    undecided: Sequence[str] = ()
    leaves: Sequence[str] = ()
    timeout: float = 20.0
    alone: bool = False
    places: Mapping[str, str] = field(default_factory=dict)
    findings: Sequence[ReadFinding] = ()

    @property
    def scenarios(self) -> list[str]:
        """The names of the scenarios that the client can play."""
        return [name for name in SCENARIOS if name not in self.leaves]


@cache
def known_clients() -> Mapping[str, KnownClient]:
    """Return all descriptions by name."""
    found = {}
    for file in sorted(_folder().iterdir(), key=lambda one: one.name):
        if file.name.endswith(".yaml"):
            plain = yaml.safe_load(file.read_text(encoding="utf-8"))
            plain["findings"] = tuple(ReadFinding(**each) for each in plain.get("findings", ()))
            found[file.name.removesuffix(".yaml")] = KnownClient(file.name.removesuffix(".yaml"), **plain)
    return found


def known_client(name: str) -> KnownClient:
    """Return a description. Raises `UnknownClient`."""
    if name not in known_clients():
        raise UnknownClient(name)
    return known_clients()[name]


def _folder() -> Path:
    return Path(str(files("seatunnel_conformance.clients") / "descriptions"))


@dataclass(frozen=True, slots=True)
class KnownCommand:
    """A known client, and the folder with its source."""

    client: KnownClient
    source: Path

    @property
    def words(self) -> Sequence[str]:
        """The name of the client."""
        return [self.client.name]

    @property
    def selection(self) -> Sequence[str]:
        """The arguments of `try-client` that name the client."""
        return ["--known", self.client.name, "--source", "DIR"]

    def run(self, environment: Mapping[str, str], timeout: float, stop: threading.Event) -> Ending:
        """Run the client, like `ClientCommand.run`. Its output has placeholders instead of folders and the address.

        Raises `ClientNotBuilt`, too.
        """
        with tempfile.TemporaryDirectory(prefix="seatunnel-v2-client-") as ours:
            shared = {name: (_folder() / name).read_text(encoding="utf-8") for name in _SHARED}
            for name, text in {**shared, **self.client.programs}.items():
                (Path(ours) / name).parent.mkdir(parents=True, exist_ok=True)
                (Path(ours) / name).write_text(text, encoding="utf-8")
            places = {"{source}": str(self.source.resolve()), "{ours}": ours}
            if self.client.build:
                places["{built}"] = str(self._built(places, Path(ours)))
            words = _words(self.client.command, places)
            ending = ClientCommand(words).run({**environment, "TMPDIR": ours}, timeout, stop)
        names = {environment[ADDRESS]: f"${ADDRESS}", urlsplit(environment[ADDRESS]).netloc: "host:port"}
        names |= {place: placeholder for placeholder, place in places.items()} | {str(Path.home()): "~"}
        return replace(ending, output=_replaced(ending.output, names))

    def _built(self, places: Mapping[str, str], ours: Path) -> Path:
        # `classpath` has what else the client is compiled with.
        made_of = [*(self.source / name for name in [*self.client.uses, "classpath"]), ours]

        def words(folder: Path) -> list[str]:
            return _words(self.client.build, {**places, "{built}": str(folder)})

        return built(self.client.name, self.client.build, words, made_of)


def _words(command: str, places: Mapping[str, str]) -> list[str]:
    return [_replaced(word, places) for word in shlex.split(command)]


def _replaced(text: str, values: Mapping[str, str]) -> str:
    for old, new in values.items():
        text = text.replace(old, new)
    return text
