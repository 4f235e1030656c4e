"""The data of all pages, gathered once, and the site, built once, as a user builds it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from seatunnel_docs.knowledge import Knowledge

SITE = {"test_browsing_site.py", "test_site.py"}
"""The files of tests that look at the built site."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give all tests of the site to one process, so that it is built once; pytest-xdist's groups need pytest 9.1."""
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 - only where it distributes tests

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return "site" if Path(nodeid.partition("::")[0]).name in SITE else nodeid

    return Scheduling(config, log)


def built(folder: Path, *, hash_seed: str = "0") -> subprocess.CompletedProcess[str]:
    """Build the site into a folder with the command; the seed decides the order in which Python's sets come."""
    return subprocess.run(
        [sys.executable, "-m", "seatunnel_v2", "docs", "build", "--output", str(folder)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "NO_COLOR": "1"},
        check=False,
    )


@pytest.fixture(scope="session")
def known() -> Knowledge:
    """Return the data of all pages; every recording is read for it."""
    return Knowledge.gather(Path(__file__).parents[1])


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a built site."""
    folder = tmp_path_factory.mktemp("docs") / "site"
    done = built(folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.rstrip().endswith((folder / "index.html").as_uri())
    return folder


@pytest.fixture
def second_site(tmp_path: Path) -> Path:
    """Return the folder of a site that was built once more, with sets in another order."""
    assert built(tmp_path / "again", hash_seed="7").returncode == 0
    return tmp_path / "again"
