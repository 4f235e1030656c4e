"""`serve` needs no other packages than those of requirements-serve.lock; other commands say what they lack."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import httpx2
import pytest

from seatunnel_v2.exits import ExitStatus

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements-serve.lock").read_text(encoding="utf-8")
LIGHT = """
import re, sys
from importlib.machinery import PathFinder
from importlib.metadata import packages_distributions

allowed, owners = set(sys.argv.pop(1).split()), packages_distributions()

class Light(PathFinder):
    @classmethod
    def find_spec(cls, module, path=None, target=None):
        names = {re.sub("[-_.]+", "-", name).lower() for name in owners.get(module.partition(".")[0], ())}
        return None if names and not names & allowed else super().find_spec(module, path, target)

sys.meta_path = [Light if finder is PathFinder else finder for finder in sys.meta_path]

from seatunnel_v2.main import main
main()
"""
"""The command, in a process that can't import what other packages have."""

SQL_JOB = b"""/* config
env { job.mode = "BATCH" }
*/
CREATE TABLE fake (name STRING) WITH ('connector' = 'FakeSource', 'type' = 'source', 'row.num' = '8',
  'schema' = '{ fields { name = "string" } }');
CREATE TABLE out (name STRING) WITH ('connector' = 'Console', 'type' = 'sink');
INSERT INTO out SELECT name FROM fake;
"""


def locked(text: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[><=!;~ ]", line)[0] for line in requirements}


def command(*words: str) -> list[str]:
    return [sys.executable, "-c", LIGHT, " ".join(["seatunnel-v2", *locked(LOCK)]), *words]


def test_what_serve_needs_is_part_of_what_everybody_installs():
    assert names(PROJECT["dependency-groups"]["serve"]) <= names(PROJECT["project"]["dependencies"])


def test_lock_of_serve_has_the_versions_of_the_other_lock_and_hashes():
    everything = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = re.findall(r"^\S+==\S+", LOCK, re.MULTILINE)
    assert pins
    assert set(pins) <= set(re.findall(r"^\S+==\S+", everything, re.MULTILINE))
    assert re.findall(r"^\S+==.*(?<!\\)$", LOCK, re.MULTILINE) == []
    assert LOCK.count("--hash=sha256:") >= len(pins)


def test_lock_of_serve_has_none_of_the_libraries_of_the_suite():
    assert locked(LOCK).isdisjoint({"schemathesis", "hypothesis", "pytest"})
    assert names(PROJECT["dependency-groups"]["serve"]) <= locked(LOCK)


@pytest.mark.slow
def test_command_that_lacks_a_package_names_it_in_a_sentence(tmp_path: Path):
    done = subprocess.run(
        command("conform", "http://127.0.0.1:1"), cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == ExitStatus.USAGE
    assert done.stdout == ""
    assert re.fullmatch(
        r"seatunnel-v2: this command needs the module \w+, which is not installed\n\nhint: pip install \.\n",
        done.stderr,
    )


@pytest.mark.slow
@pytest.mark.parametrize("release", ["documented", "2.3.12"])
def test_serve_runs_jobs_without_the_other_packages(tmp_path: Path, release: str):
    words = command("serve", "--port", "0", "--release", release, "--speed", "max", "--until-eof")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(words, cwd=tmp_path, text=True, **pipes) as process:
        try:
            address = re.search(r"http://\S+", process.stdout.readline())[0]
            with httpx2.Client(base_url=address, trust_env=False) as client:
                assert client.get("/overview").status_code == 200
                assert client.get("/_reference/").status_code == 200
                if release == "2.3.12":
                    assert client.post("/submit-job", params={"format": "sql"}, content=SQL_JOB).status_code == 200
            _, complaints = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (process.returncode, complaints) == (ExitStatus.OK, "")
