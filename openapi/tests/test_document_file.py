"""The project's own document as a file, and the chain of overlays on top of it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from openapi_spec_validator import OpenAPIV30SpecValidator
from ruamel.yaml import YAML

from seatunnel_openapi import load, releases
from seatunnel_openapi.documents import read_yaml

OPENAPI = Path(__file__).parents[1]
BASE = OPENAPI / "seatunnel-v2.yaml"


def test_outside_validator_has_nothing_to_say(contract):
    problems = OpenAPIV30SpecValidator(contract.copy_document()).iter_errors()
    assert [problem.message for problem in problems] == []


@pytest.mark.parametrize("path", [BASE, *sorted((OPENAPI / "overlays").glob("*.yaml"))], ids=lambda path: path.name)
def test_file_means_the_same_to_every_yaml_parser(path):
    text = path.read_text(encoding="utf-8")
    assert read_yaml(path) == yaml.load(text, yaml.CSafeLoader)
    assert read_yaml(path) == YAML(typ="safe", pure=True).load(text)


@pytest.mark.slow
def test_each_release_is_derived_within_150_milliseconds():
    """Measured in a process of its own, which no coverage tool slows down: processor time, the best of three."""
    script = """
import json, time
from seatunnel_openapi import loading, releases

def spent(release):
    begin = time.process_time()
    loading._read_overlays(loading.shipped_folder())
    loading._made(release, loading.shipped_folder())
    return time.process_time() - begin

print(json.dumps({release: min(spent(release) for _ in range(3)) for release in releases()}))
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    spent = json.loads(run.stdout)
    assert spent.keys() == set(releases())
    assert {release: seconds for release, seconds in spent.items() if seconds >= 0.15} == {}


def test_overlays_on_the_real_document_take_effect_in_their_order(tmp_path, documented):
    for file in [BASE, OPENAPI / "behaviour.schema.json", OPENAPI / "clauses.schema.json"]:
        shutil.copy(file, tmp_path)
    shutil.copytree(Path(__file__).parent / "chain", tmp_path / "overlays")
    assert releases(folder=tmp_path) == ("documented", "trial-one", "trial-two")

    one, two = load("trial-one", folder=tmp_path), load("trial-two", folder=tmp_path)
    assert documented.operation("get_job_info").behaviour.choice("unknownJob") == "empty"
    assert one.operation("get_job_info").behaviour.choice("unknownJob") == "echo-text"
    assert "works" in documented.schema("Overview")["properties"]
    assert one.schema("Overview")["properties"].keys() & {"works", "workers"} == {"workers"}
    assert two.schema("Overview")["properties"]["workers"] == {"type": "string", "deprecated": True}
    secrets = [each.operation("encrypt_config").behaviour.names("sensitiveKeys") for each in (one, two)]
    assert secrets[1] == (*secrets[0], "token-of-trial")
    assert load(folder=tmp_path).document == documented.document
