"""Generates clients from the contract of every release, compiles them, and runs each with a reference server.

Each generator has a folder in `clients/`. Its `judge.toml` has the required commands and the commands to install,
generate, compile and run. The folder also has pinned versions and a program that submits `job.json`, waits until the
job ends, and prints its state and row count. The program is the same for all releases. With a URL, it follows the job
there: `--release R URL` tries the client of one release on the server of another.

Usage: python judges/clients.py [--release R ...] [--generator G ...] [--work DIR] [URL]
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rich.text import Text

from seatunnel_openapi import load, releases
from seatunnel_v2.commands.spec import render
from seatunnel_v2.reference import deployment

HERE: Final = Path(__file__).resolve().parent / "clients"
ROOT: Final = HERE.parents[1]
OUTCOME: Final = "FINISHED 8"
"""The output of every program for `job.json`."""

STEPS: Final = ("generate", "compile", "run")

CRASH: Final = re.compile(r"^(panic|[\w.]*(Error|Exception)): ")
"""The first line of a crash."""

PLACE: Final = re.compile(r"\.(py|tsx?|go|java)[:(\[]+\d+")
"""A file and a line in the output of a compiler."""

INSTALLING: Final = 600
STEP: Final = 300
"""Maximum seconds for an installation, and for a step."""


class StepFailed(Exception):
    """A step of a generator failed; the message is one line of its output."""


@dataclass(frozen=True, slots=True)
class Judge:
    """A generator: its name, its folder, and the content of its `judge.toml`."""

    name: str
    folder: Path
    plan: dict[str, Any]

    @property
    def missing(self) -> list[str]:
        """The required commands that are not installed."""
        return [command for command in self.plan["needs"] if shutil.which(command) is None]


@dataclass(slots=True)
class Result:
    """The result of one generator for one release: the seconds of each finished step, and the reason of a failure."""

    judge: Judge
    release: str
    seconds: dict[str, float] = field(default_factory=dict)
    failed: str = ""
    reason: str = ""


def judges() -> dict[str, Judge]:
    """Return the generators by name, sorted by `order` of their `judge.toml`."""
    found = {}
    for file in HERE.glob("*/judge.toml"):
        found[file.parent.name] = Judge(file.parent.name, file.parent, tomllib.loads(file.read_text("utf-8")))
    return dict(sorted(found.items(), key=lambda item: item[1].plan["order"]))


def chosen(names: list[str]) -> list[Judge]:
    """Return the generators with these names, or all if there are no names. Raises `SystemExit` for an unknown name."""
    known = judges()
    for name in names:
        if name not in known:
            sys.exit(f"clients: unknown generator {name!r}; known: {', '.join(known)}")
    return [judge for name, judge in known.items() if not names or name in names]


def execute(command: Sequence[str], folder: Path, names: dict[str, str], limit: float) -> str:
    """Run a command with its `{names}` replaced; append its output to `log.txt`, return it. Raises `StepFailed`."""
    filled = [part.format(**names) for part in command]
    environment = {**os.environ, "GOBIN": names["tools"], "GOFLAGS": "-mod=mod", "NO_COLOR": "1"}
    environment.pop("PYTHONPATH", None)
    with (folder / "log.txt").open("a", encoding="utf-8") as log:
        try:
            done = subprocess.run(  # noqa: S603 - a command of judge.toml
                filled, cwd=folder, env=environment, capture_output=True, text=True, timeout=limit, check=False
            )
        except subprocess.TimeoutExpired:
            raise StepFailed(f"{filled[0]} took longer than {limit:.0f} s") from None
        log.write(f"$ {' '.join(filled)}\n{done.stdout}{done.stderr}")
    # Maven starts programs that print colours in any case.
    output, errors = Text.from_ansi(done.stdout).plain, Text.from_ansi(done.stderr).plain
    if done.returncode:
        raise StepFailed(first_error(output + errors) or f"{filled[0]} ended with {done.returncode}")
    return output


def first_error(output: str) -> str:
    """Return the most useful line: the reason of a crash, the first error of a compiler, or the last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = (line for pattern in (CRASH, PLACE) for line in lines if pattern.search(line))
    return next(telling, "".join(lines[-1:]))


@contextmanager
def timed(result: Result, step: str) -> Iterator[None]:
    """Save the seconds of a successful step, or the name of a failed one."""
    result.failed, begun = step, time.monotonic()
    yield
    result.failed, result.seconds[step] = "", time.monotonic() - begun


@dataclass(frozen=True, slots=True)
class WorkFolder:
    """The working folder: `tools/`, which is kept, and a new folder per generator and release."""

    folder: Path

    def tools(self, judge: Judge) -> Path:
        """Return the folder of a generator's tools; install them if their pinned versions changed."""
        tools = Path(self.folder, "tools", judge.plan["tools"])
        stamp, pins = tools / ".pins", str(judge.plan["install"])
        pins += "".join(file.read_text("utf-8") for file in sorted(judge.folder.glob("*requirements.txt")))
        pins += "".join(file.read_text("utf-8") for file in sorted(judge.folder.glob("package-lock.json")))
        if not stamp.exists() or stamp.read_text("utf-8") != pins:
            shutil.rmtree(tools, ignore_errors=True)
            shutil.copytree(judge.folder, tools)
            for command in judge.plan["install"]:
                execute(command, tools, self.names(tools, ""), INSTALLING)
            stamp.write_text(pins, "utf-8")
        return tools

    def names(self, tools: Path, url: str) -> dict[str, str]:
        """Return the values for the `{names}` in a `judge.toml`."""
        return {"python": sys.executable, "tools": str(tools), "url": url}

    def place(self, judge: Judge, release: str, tools: Path) -> Path:
        """Return a new folder with the program, the job, the contract, and a link to the modules of Node."""
        place = self.folder / judge.name / release
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(judge.folder, place)
        shutil.copy(HERE / "job.json", place)
        (place / "openapi.yaml").write_text(render(load(release).copy_document(), "yaml"), "utf-8")
        if (tools / "node_modules").exists():
            (place / "node_modules").symlink_to(tools / "node_modules")
        return place

    def judged(self, judge: Judge, release: str, url: str | None) -> Result:
        """Run all steps of a generator for a release; for `url` None, start a reference server."""
        result = Result(judge, release)
        try:
            tools = self.tools(judge)
            place = self.place(judge, release, tools)
            for name in STEPS[:-1]:
                with timed(result, name):
                    self.each(judge.plan[name], place, self.names(tools, ""))
            with deployment(url or f"reference:{release}") as address, timed(result, STEPS[-1]):
                self.follow(judge, place, self.names(tools, address.rstrip("/")))
        except StepFailed as failure:
            result.failed = result.failed or STEPS[0]
            result.reason = str(failure)
        return result

    def each(self, commands: list[list[str]], place: Path, names: dict[str, str]) -> None:
        """Run the commands of a step. Raises `StepFailed`."""
        for command in commands:
            execute(command, place, names, STEP)

    def follow(self, judge: Judge, place: Path, names: dict[str, str]) -> None:
        """Run the program and compare its output with `OUTCOME`. Raises `StepFailed`."""
        said = execute(judge.plan["run"], place, names, STEP).strip()
        if said.splitlines()[-1:] != [OUTCOME]:
            raise StepFailed(f"the program printed {said!r} instead of {OUTCOME!r}")


def markdown(results: list[Result]) -> str:
    """Return a Markdown table of generators and releases with the seconds of each step, and the notes below."""
    names = list(dict.fromkeys(result.release for result in results))
    lines = ["| generator | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for judge in {result.judge.name: result.judge for result in results}.values():
        cells = [summary(result) for result in results if result.judge.name == judge.name]
        lines.append(f"| {judge.plan['title']} | " + " | ".join(cells) + " |")
    notes = {note: None for result in results for note in noted(result)}
    return "\n".join([*lines, "", *(f"- {note}" for note in notes), ""])


def summary(result: Result) -> str:
    """Return the seconds for generating, compiling and running, or the failed step, or `skipped`."""
    if result.reason:
        return f"**{result.failed or 'skipped'}**"
    return " + ".join(f"{result.seconds[step]:.1f}" for step in STEPS)


def noted(result: Result) -> list[str]:
    """Return the notes about a generator, and the reason of a failure."""
    notes = [f"{result.judge.name}: {note}" for note in result.judge.plan["notes"]]
    return [*notes, f"{result.judge.name}, {result.release}: {result.reason}"] if result.reason else notes


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("url", nargs="?", help="address of a deployment. Default: a reference server of each release")
    parser.add_argument("--release", action="append", default=[], choices=releases(), help="only this one; repeatable")
    parser.add_argument("--generator", action="append", default=[], metavar="NAME", help="only this one; repeatable")
    parser.add_argument("--work", type=Path, default=ROOT / "reports" / "clients", metavar="DIR", help="working folder")
    return parser.parse_args()


def main() -> int:
    """Run the selected generators; return 1 if any of them fails."""
    asked = arguments()
    work_folder, results = WorkFolder(asked.work.resolve()), []
    for judge in chosen(asked.generator):
        for release in asked.release or releases():
            if judge.missing:
                reason = f"skipped: {' and '.join(judge.missing)} not installed"
                results.append(Result(judge, release, reason=reason))
                continue
            results.append(work_folder.judged(judge, release, asked.url))
            sys.stderr.write(f"{judge.name} {release}: {results[-1].reason or 'ok'}\n")
    sys.stdout.write(markdown(results))
    return 1 if any(result.failed for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
