"""Clients of other projects that `try-client --known` runs, each with a description in `clients/descriptions/`.

A description names the repository and the commit, and contains a small program that calls the client's code. The code
itself is not in this package: the user has a folder with the client's source, or with a build of it. Some clients are
built first, for example compiled; the results are in the user's cache folder.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import platformdirs
import yaml

from seatunnel_conformance.clients.programs import ADDRESS, ClientCommand, Ending
from seatunnel_conformance.clients.scenarios import SCENARIOS
from seatunnel_conformance.errors import InvalidSettings
from seatunnel_conformance.text.visible import replaced
from seatunnel_openapi.errors import similar

_SHARED: Final = ("follow.py", "java.sh", "venv.sh")
"""The files in the folder of descriptions that several of their programs use."""


class UnknownClient(InvalidSettings):
    """No known client has this name."""

    def __init__(self, name: str) -> None:
        meant = " or ".join(similar(name, known_clients(), 0.5))
        super().__init__(f"there is no known client {name!r}; there are {meant or ', '.join(known_clients())}")


@dataclass(frozen=True, slots=True)
class ReadFinding:
    """A finding in a client's code that no scenario shows, made by reading: title, file with line, and explanation."""

    title: str
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class KnownClient:
    """The description of a client.

    `uses` has the files of the client that run. `programs` has the files of this project that call them, by name, and
    `ours` is a sentence about what these do. `command` is a command line with the placeholders `{source}` (the folder
    of the client), `{ours}` (the folder with `programs`) and `{built}`: the folder that the command line `build` fills
    once for the same source. `undecided` has the rules that would judge only `programs`, `leaves` the scenarios for
    which the client has no function. `timeout` is the time limit of a scenario in seconds. With `alone`, scenarios run
    one after the other. `places` has the lines of the client's code that break a rule, by rule.
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
        """The names of the scenarios in which the client can run."""
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
    """Return the description of a client. Raises `UnknownClient`."""
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
        """Build the client if necessary, and run it like `ClientCommand.run`.

        In its output, folders and the address are replaced by placeholders. Raises `CommandNotStarted` and
        `ClientNotBuilt`.
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
        return replace(ending, output=replaced(ending.output, names))

    def _built(self, places: Mapping[str, str], ours: Path) -> Path:
        """Return the folder that the build has filled. It runs only if its command or files have changed."""
        # The folder `classpath` has the libraries with which the client is compiled.
        made_of = [*(self.source / name for name in [*self.client.uses, "classpath"]), ours]
        kept = platformdirs.user_cache_path("seatunnel-v2") / "clients"
        with _BUILDING:
            folder = kept / f"{self.client.name}-{_digest(self.client.build, made_of)}"
            if not folder.is_dir():
                kept.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryDirectory(dir=kept) as made:
                    new = Path(made, "built")
                    _build(self.client.name, _words(self.client.build, {**places, "{built}": str(new)}))
                    with suppress(OSError):  # another process was faster
                        new.rename(folder)
        return folder


def _words(command: str, places: Mapping[str, str]) -> list[str]:
    return [replaced(word, places) for word in shlex.split(command)]


_BUILDING: Final = threading.Lock()


class ClientNotBuilt(InvalidSettings):
    """The command that builds a known client failed, or can't be started."""

    def __init__(self, name: str, output: str) -> None:
        last = (output.strip().splitlines() or ["no output"])[-1]
        super().__init__(f"the client {name} can't be built: {last}")


def _build(name: str, words: Sequence[str]) -> None:
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - of a description
    except OSError as problem:
        raise ClientNotBuilt(name, f"{words[0]}: {problem.strerror}") from problem
    if done.returncode:
        raise ClientNotBuilt(name, done.stdout + done.stderr)


def _digest(command: str, made_of: Iterable[Path]) -> str:
    # With the paths of the tools: classes of a newer compiler don't run on an older Java.
    tools = [os.path.realpath(shutil.which(name) or "") for name in ("javac", "python3")]
    found = hashlib.sha256(repr([command, *tools]).encode())
    for file in _files(made_of):
        found.update(repr((file.name, hashlib.sha256(file.read_bytes()).hexdigest())).encode())
    return found.hexdigest()[:16]


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_file():
            yield path
        elif path.is_dir():
            found = (file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
            yield from sorted(found)
