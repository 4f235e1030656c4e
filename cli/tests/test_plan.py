"""What `conform --plan` says, held against what a run sends."""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

import pytest

from seatunnel_conformance.faults.catalogue import Effect
from seatunnel_conformance.faults.exchange import Exchange
from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.target import READING
from seatunnel_openapi import load

pytestmark = pytest.mark.slow


class Counting(Effect):
    """Counts what is asked, by method, and changes nothing."""

    def __init__(self) -> None:
        self.methods: Counter[str] = Counter()

    def asked(self, exchange: Exchange) -> Exchange:
        self.methods[exchange.method] += 1
        return exchange

    @property
    def changing(self) -> int:
        return sum(number for method, number in self.methods.items() if method not in READING)


@pytest.fixture
def reference() -> Iterator[str]:
    command = [sys.executable, "-m", "seatunnel_v2", "serve", "--port", "0", "--speed", "20"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found, "the reference server did not start"
        yield found[0]
        process.terminate()


def conform(*arguments: str) -> str:
    command = [sys.executable, "-m", "seatunnel_v2", "conform", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_run_changes_what_its_plan_says_and_not_more(reference: str):
    counting = Counting()
    with Proxy(reference, load()) as proxy:
        proxy.switch(counting)
        options = [proxy.url, "--profile", "smoke", "--seed", "1", "--only", "POST /*", "--only", "GET /overview"]
        planned = json.loads(conform(*options, "--plan", "--json"))
        assert counting.methods.keys() <= READING
        assert "CONFORMS" in conform(*options)
    assert 0 < counting.changing <= planned["atMost"]
    named = {operation for row in planned["requests"] for operation in row["operations"]}
    assert {"POST /submit-job", "POST /encrypt-config"} <= named
