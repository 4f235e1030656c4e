"""Commands that read a file, with every kind of file that can't be read: an error of one line, in little time."""

import os
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil
import pytest
from commands import command

from seatunnel_v2.exits import ExitStatus

pytestmark = pytest.mark.slow

SECONDS: Final = 6.0
"""CPU time of a command, at most; two seconds are what most take on a quiet machine."""

MEMORY: Final = 500 * 2**20
LONGEST: Final = 600

DEEP: Final = 200_000
HEADER: Final = (
    b'{"event":"run-started","target":"http://h","release":"2.3.13","contract":"c","profile":"smoke","seed":1,'
    b'"run":"a","suite":"0.1.0","started":"","selected":0,"format":1}\n'
)


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**30)


def _long_line(path: Path) -> None:
    with path.open("wb") as file:
        file.write(b'{"a": "')
        for _ in range(100):
            file.write(b"x" * 2**20)
        file.write(b'"}\n')


def _laughs(path: Path) -> None:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9)}]" for at in range(1, 12)]
    path.write_text("\n".join([*lines, "seatunnel: *a11", ""]), encoding="utf-8")


FILES: Final[dict[str, Callable[[Path], object]]] = {
    "missing": lambda _: None,
    "folder": Path.mkdir,
    "gigabyte": _sparse,
    "long-line": _long_line,
    "endless": lambda path: path.symlink_to("/dev/zero"),
    "not-utf-8": lambda path: path.write_bytes(b"\xff\xfe\x00a: \x80\n"),
    "deep-lists": lambda path: path.write_bytes(b"[" * 2_000_000),
    "deep-objects": lambda path: path.write_bytes(b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"\n"),
    "deep-event": lambda path: path.write_bytes(HEADER + b'{"event":' * DEEP + b"\n"),
    "many-values": lambda path: path.write_bytes(b"[" + b"{}," * 10_000_000 + b"{}]\n"),
    "many-digits": lambda path: path.write_bytes(b'{"a": ' + b"9" * 100_000 + b"}\n"),
    "aliases": _laughs,
    "alias-in-itself": lambda path: path.write_bytes(b"seatunnel: &a [*a]\n"),
    "wrong-values": lambda path: path.write_bytes(b'{"log": 1, "event": [], "area": {}, "seatunnel": 1, "a": null}\n'),
}

NOWHERE: Final = "http://127.0.0.1:1"
COMMANDS: Final = {
    "report": ("report", "FILE"),
    "report-har": ("report", "FILE", "--har", "-"),
    "report-diff": ("report", "diff", "FILE", "FILE"),
    "report-trend": ("report", "trend", "FILE"),
    "replay": ("replay", NOWHERE, "--recordings", "FILE"),
    "check": ("check", "FILE"),
    "docs-lint": ("docs-lint", "FILE"),
    "rehearse": ("rehearse", "--from", "2.3.9", "--to", "2.3.10", "--no-play", "--client-log", "FILE"),
}

PAGES: Final = ("many-digits", "aliases", "alias-in-itself", "wrong-values", "bad-date", "no-date")
READABLE: Final = {
    # A page is Markdown whatever it holds; a job is checked, and what is wrong with it are findings.
    **{("docs-lint", kind): {ExitStatus.OK, ExitStatus.DEVIATES} for kind in PAGES},
    **{("check", kind): {ExitStatus.OK, ExitStatus.DEVIATES} for kind in FILES if kind not in {"missing", "folder"}},
}
"""Files that a command can read, with its exit statuses."""


def ended(line: list[str], folder: Path) -> tuple[int, str, float, int]:
    """Run a command; return exit status, stderr, CPU time in seconds and the most bytes of memory."""
    memory, seconds = 0, 0.0
    with (folder / "err").open("w") as err:
        process = subprocess.Popen(line, cwd=folder, stdout=err, stderr=err, env={**os.environ, "COLUMNS": "200"})
    seen = psutil.Process(process.pid)
    begun = time.monotonic()
    while process.poll() is None:
        with suppress(psutil.Error):
            memory, seconds = max(memory, seen.memory_info().rss), sum(seen.cpu_times()[:2])
        if seconds > 10 * SECONDS or time.monotonic() - begun > 300:
            process.kill()
        time.sleep(0.01)
    return process.returncode, (folder / "err").read_text("utf-8"), seconds, memory


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("name", COMMANDS)
def test_file_that_can_not_be_read_is_an_error_of_one_line(name: str, kind: str, tmp_path: Path):
    path = tmp_path / "file"
    FILES[kind](path)
    words = (str(path) if word == "FILE" else word for word in COMMANDS[name])
    status, said, seconds, memory = ended(command(*words), tmp_path)
    expected = READABLE.get((name, kind), {ExitStatus.USAGE})
    assert (status in expected, "Traceback" in said) == (True, False), (status, said[-500:])
    if (name, kind) not in READABLE:
        beside = ("hint:", "seatunnel-v2: the release is ")
        messages = [line for line in said.splitlines() if line and not line.startswith(beside)]
        assert len(messages) == 1, said
    assert max(map(len, said.splitlines()), default=0) < LONGEST
    assert seconds < SECONDS
    assert memory < MEMORY
