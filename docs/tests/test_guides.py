"""The guides, tried: every block of code is run in its order, or says why it can't be.

A block of shell is run. `<!-- file: NAME -->` before a block makes it a file, which a later block of shell uses.
`<!-- part of: FILE -->` says that the block is in a file of the project, and `<!-- not run: REASON -->` leaves it out.
Ports 8080 and 8081 stand for free ones.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import preloaded
import pytest
from markdown_it import MarkdownIt

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
GUIDES = sorted((Path(__file__).parents[1] / "guides").glob("*.md"))
PORTS = ("8080", "8081")
BASH = shutil.which("bash") or "/bin/bash"
NOTE = re.compile(r"<!-- (file|part of|not run): (.+?) -->")

Shell = Callable[[str], None]


@dataclass(frozen=True)
class Block:
    """A block of code, the line at which it begins, and what the comment before it says."""

    language: str
    text: str
    line: int
    kind: str
    note: str


def blocks_of(text: str) -> list[Block]:
    """Return the blocks of a guide in their order."""
    tokens = MarkdownIt().parse(text)
    found = []
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "fence":
            note = NOTE.search(before.content) if before is not None and before.type == "html_block" else None
            kind, words = (note[1], note[2]) if note else ("", "")
            found.append(Block(token.info, token.content, (token.map or [0])[0] + 1, kind, words))
    return found


@pytest.fixture(scope="module")
def commands() -> Iterator[str]:
    """The folder of a `seatunnel-v2` that has imported everything. The environment "packaging" starts the installed."""
    with preloaded.command_folder() as folder:
        yield folder


@pytest.fixture
def shell(tmp_path: Path, commands: str) -> Iterator[Shell]:
    """Return a function that runs shell in one folder, as a reader would; what it starts ends with the test."""
    path = os.pathsep.join([commands, str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "NO_COLOR": "1"}
    environment["XDG_STATE_HOME"] = str(tmp_path / ".state")
    environment.pop("PYTEST_ADDOPTS", None)
    groups = []

    def run(text: str) -> None:
        with (tmp_path / ".said").open("w+b") as said:
            process = subprocess.Popen(
                [BASH, "-eu", "-c", text],
                cwd=tmp_path,
                stdout=said,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
            groups.append(process.pid)
            status = process.wait(300)
            said.seek(0)
            assert status == 0, f"{text}\n{said.read().decode(errors='replace')}"

    yield run
    for group in groups:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGTERM)


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_in(command: str) -> int:
    return int(command.partition("--port ")[2].partition(" ")[0])


def answers(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until_served(port: int) -> None:
    """Wait as long as a reader takes to type the next line, at most."""
    end = time.monotonic() + 60
    while not answers(port):
        assert time.monotonic() < end, "nothing serves"
        time.sleep(0.05)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_blocks_of_a_guide_do_what_it_says(guide, shell, tmp_path):
    ports = {port: free_port() for port in PORTS}
    for block in blocks_of(guide.read_text(encoding="utf-8")):
        text = re.sub("|".join(PORTS), lambda port: str(ports[port[0]]), block.text)
        if block.kind == "file":
            (tmp_path / block.note).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / block.note).write_text(text, encoding="utf-8")
        elif block.kind == "part of":
            whole = (ROOT / block.note).read_text(encoding="utf-8")
            assert " ".join(block.text.split()) in " ".join(whole.split()), f"{guide.name}:{block.line}"
        elif block.kind != "not run":
            assert block.language == "sh", f"{guide.name}:{block.line} is neither run nor says why not"
            starts_server, _, rest = text.partition(" &\n")
            if rest or text.endswith(" &\n"):
                shell(f"{starts_server} &\n")
                wait_until_served(port_in(starts_server))
            shell(rest or (text if not text.endswith(" &\n") else "true"))


def test_every_guide_that_the_index_lists_is_tried():
    index = (Path(__file__).parents[1] / "index.md").read_text(encoding="utf-8")
    assert [guide.stem for guide in GUIDES] == sorted(re.findall(r"^guides/(\S+)$", index, re.MULTILINE))
    assert all(blocks_of(guide.read_text(encoding="utf-8")) for guide in GUIDES)


def test_comment_before_a_block_is_read():
    text = "a\n\n<!-- not run: it costs money -->\n```sh\npay\n```\n\n```sh\nlook\n```\n"
    assert [(block.text, block.kind, block.note, block.line) for block in blocks_of(text)] == [
        ("pay\n", "not run", "it costs money", 4),
        ("look\n", "", "", 8),
    ]
