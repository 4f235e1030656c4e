"""What `conform --plan` says, held against what a run sends."""

import json
from collections.abc import Iterator

import httpx2
import pytest
from commands import run
from counting import Counting

from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.target.deployment import READING
from seatunnel_openapi import load
from seatunnel_v2.reference import reference_server

pytestmark = pytest.mark.slow


@pytest.fixture
def reference() -> Iterator[str]:
    with reference_server("documented") as url:
        yield url


def test_run_changes_what_its_plan_says_and_not_more(reference: str):
    counting = Counting()
    with Proxy(reference, load()) as proxy:
        proxy.switch(counting)
        options = [proxy.url, "--profile", "smoke", "--seed", "1", "--only", "POST /*", "--only", "GET /overview"]
        planned = json.loads(run(None, "conform", *options, "--plan", "--json").stdout)
        assert counting.methods.keys() <= READING
        assert "CONFORMS" in run(None, "conform", *options).stdout
    assert 0 < counting.changing <= planned["atMost"]
    assert "POST /encrypt-config" in planned["operations"]
    # The profile smoke runs no jobs: it sends only what an operation that submits refuses.
    assert all(httpx2.get(f"{reference}/{path}").json() == [] for path in ("running-jobs", "finished-jobs"))
