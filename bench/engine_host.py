"""Unpacks, starts and stops real engines with `engine.py`, each on its own ports."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Final

import psutil
import typer
import yaml

from seatunnel_openapi import releases

RELEASES: Final = {"2.3.9": "2.3.9", "2.3.13": "2.3.13", "H": "development-2026-07-01"}
"""The releases that the suite has to detect, by the engine's name."""

CLUSTERS: Final = {"2.3.13": 2}
"""The engines that are also run as a cluster, with the number of nodes."""

SLOTS: Final = 400
"""Fixed slots of each node with foreign jobs: more than all jobs need."""

CLUSTER_PORT: Final = 2000
"""The cluster port of a node minus its HTTP port, as in `engine.py`."""

_JVM: Final = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Options of the JVM that save CPU time at the start."""


class UnusableEngine(Exception):
    """An engine can't be started as requested, or a run on it gave no report."""


@dataclass(frozen=True)
class Trial:
    """An engine that is started for one or two runs of the suite.

    `release` is the release that the suite has to detect, empty if any is accepted. A `busy` engine gets foreign jobs.
    """

    engine: str
    release: str
    nodes: int
    busy: bool
    seed: int
    port: int = 0

    @property
    def name(self) -> str:
        """The name of the trial in messages, and of its folder."""
        return f"{self.engine}-{self.nodes}-{'busy' if self.busy else 'empty'}"

    @property
    def urls(self) -> list[str]:
        """The addresses of the nodes."""
        return [f"http://127.0.0.1:{self.port + index}" for index in range(self.nodes)]


def trials(names: Iterable[str], nodes: int | None, seeds: tuple[int, int]) -> list[Trial]:
    """Return the trials of engines, each given as `NAME` or `NAME=RELEASE`. Clusters, which take longest, are first.

    `nodes` is the number of nodes; None means one, and the number in `CLUSTERS`. `seeds` are the seeds for empty and
    for busy engines. Raises `UnusableEngine` for a release that does not exist.
    """
    found = []
    for spec in names:
        name, _, release = spec.partition("=")
        release = release or RELEASES.get(name, name if name in releases() else "")
        if release and release not in releases():
            raise UnusableEngine(f"{spec}: there is no release {release}; there are {', '.join(releases())}")
        sizes = {1, CLUSTERS.get(name, 1)} if nodes is None else {nodes}
        found += [Trial(name, release, size, busy, seeds[busy]) for size in sizes for busy in (True, False)]
    return sorted(found, key=lambda one: (-one.nodes, not one.busy))


def with_ports(found: Iterable[Trial], first: int | None) -> list[Trial]:
    """Return the trials with ports from `first` on, or any free ones. Raises `UnusableEngine` for a port in use."""
    found = list(found)
    *offsets, count = accumulate((one.nodes for one in found), initial=0)
    for _ in range(100):
        begin = first or random.randrange(10_000, 29_000)  # noqa: S311 - no secret
        both = ((begin + index, begin + index + CLUSTER_PORT) for index in range(count))
        taken = [port for ports in both for port in ports if not _is_free(port)]
        if not taken:
            return [replace(one, port=begin + offset) for one, offset in zip(found, offsets, strict=True)]
        if first:
            raise UnusableEngine(f"port {taken[0]} is in use; hint: choose the first port with --port")
    raise UnusableEngine(f"no {count} free ports in a row; hint: choose the first port with --port")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind(("", port))
            return True
    return False


@dataclass
class EngineHost:
    """Unpacks engines with the `engine.py` in `tools`, and starts each trial in a subfolder of `folder`."""

    tools: Path
    folder: Path
    stopping: bool = False

    def unpacked(self, names: Iterable[str]) -> dict[str, Path]:
        """Unpack missing engines, and return the folder of each engine by name. Raises `UnusableEngine`."""
        wanted, archive = sorted(set(names)), self.tools / "engines.tar.zst"
        stamp = int(archive.stat().st_mtime) if archive.is_file() else 0
        kept = Path(
            os.environ.get("ENGINES") or Path(tempfile.gettempdir(), f"seatunnel-engines-{os.getuid()}-{stamp}")
        )
        if missing := [name for name in wanted if not (kept / name / "starter").is_dir()]:
            typer.echo(f"unpacking {', '.join(missing)} into {kept}")
            self._unpack(missing)
            kept.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name in missing:
                with suppress(OSError):  # another run was faster
                    shutil.move(self.folder / name, kept / name)
        return {name: kept / name for name in wanted}

    def _unpack(self, names: list[str]) -> None:
        if shutil.which("zstd") is None:
            raise UnusableEngine("zstd is missing; hint: apt-get install zstd")
        done = self.call("unpack", *names)
        if lacking := [name for name in names if not (self.folder / name / "starter").is_dir()]:
            said = done.stderr.strip().splitlines()[-1:] or ["the archive does not have it"]
            raise UnusableEngine(f"there is no engine {', '.join(lacking)} in {self.tools}: {said[0]}")

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `engine.py` with these arguments."""
        return self.run([sys.executable, str(self.tools / "engine.py"), *words], ENGINES=str(self.folder))

    def run(self, command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command with `folder` as its state folder. Raises `UnusableEngine` after `abandon`."""
        if self.stopping:
            raise UnusableEngine("interrupted")
        environment = {**os.environ, "XDG_STATE_HOME": str(self.folder), "ENGINE_JAVA_OPTIONS": _JVM, **environment}
        if home := os.environ.get("ENGINE_JAVA_HOME"):  # clients may need a newer Java than the engine
            environment["PATH"] = f"{home}/bin{os.pathsep}{environment['PATH']}"
        with subprocess.Popen(  # noqa: S603 - our own
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            if self.stopping:  # `abandon` has not seen it
                process.kill()
            output, errors = process.communicate()
        return subprocess.CompletedProcess(command, process.returncode, output, errors)

    @contextmanager
    def started(self, trial: Trial, engine: Path, *more: str) -> Iterator[list[psutil.Process]]:
        """Start the engine of a trial with `more` options, yield its nodes, and stop it at the end.

        Raises `UnusableEngine` if it does not start.
        """
        home = self.folder / trial.name
        shutil.copytree(engine, home, copy_function=_link, ignore=shutil.ignore_patterns("node-*"))
        slots = ["--dynamic-slots", "false", "--slots", str(SLOTS)] if trial.busy else []
        _wait_for_slots(home / "config" / "seatunnel.yaml")
        try:
            done = self.call("start", home.name, "--nodes", str(trial.nodes), "--http", str(trial.port), *slots, *more)
            if done.returncode:
                logs = "".join(log.read_text(encoding="utf-8") for log in home.glob("node-*/logs/*.out"))
                raise UnusableEngine(f"it does not start: {last_line(done.stderr)}; {last_line(logs)}")
            yield _nodes_in(home)
        finally:
            self.stop(home)

    def stop(self, home: Path) -> None:
        """Stop the engine of a folder."""
        _end(_nodes_in(home), psutil.Process.terminate)

    def abandon(self) -> None:
        """Kill all processes that this object has started, and start no more."""
        self.stopping = True
        _end([one for one in psutil.Process().children(recursive=True) if self._started(one)], psutil.Process.kill)
        # The nodes last: a process that has just been killed could have started another one.
        _end(_nodes_in(self.folder), psutil.Process.kill)

    def _started(self, process: psutil.Process) -> bool:
        """Return whether this object has started a process. In tests, several objects start processes."""
        try:
            return process.environ().get("XDG_STATE_HOME") == str(self.folder)
        except psutil.Error:
            return False


def _end(processes: list[psutil.Process], how: Callable[[psutil.Process], None]) -> None:
    """Terminate or kill processes, and wait for their end."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            how(process)
    for process in psutil.wait_procs(processes, timeout=20)[1]:
        process.kill()


def _link(source: str, target: str) -> None:
    """Link a file, or copy it if it is configuration or on another file system."""
    if "config" not in Path(source).parts:
        with suppress(OSError):
            os.link(source, target)
            return
    shutil.copyfile(source, target)


def _wait_for_slots(path: Path) -> None:
    """Change the configuration of an engine: jobs without slots wait instead of failing."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    document["seatunnel"]["engine"]["job-schedule-strategy"] = "WAIT"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")


def _nodes_in(folder: Path) -> list[psutil.Process]:
    """Return the processes of the nodes in a folder. They are not child processes, because `engine.py` started them."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            found += [process] * any(word.startswith(f"-DSEATUNNEL_HOME={folder}") for word in process.cmdline())
    return found


def last_line(text: str) -> str:
    """Return the last line of an output."""
    return (text.strip().splitlines() or ["no output"])[-1]
