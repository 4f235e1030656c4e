"""Validates the traffic of the suite with Prism's proxy, and compares the violations with the suite's report.

Every violation must be in the report, too, or in `prism.toml` with the reason why it is a false alarm.

Usage: python judges/traffic.py [--profile P] [--release R] URL
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from lint import MODULES, npm_or_nothing
from prism import AcceptedViolation, Prism, PrismResult, PrismViolation, Tape, unshown

from seatunnel_conformance.arrange.options import PROFILES, STANDARD
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import Verdict
from seatunnel_conformance.run.runner import run
from seatunnel_openapi import Contract, load, releases


def watched(settings: Settings, contract: Contract) -> tuple[Report, Tape]:
    """Run the suite against a deployment; return its report and the traffic."""
    tape = Tape()
    with Proxy(settings.url, contract) as proxy:
        proxy.switch(tape)
        return run(Settings(url=proxy.url, release=contract.release, profile=settings.profile)), tape


def say(judged: PrismResult, failed: int, left: Sequence[PrismViolation]) -> None:
    """Print the result; `failed` is the number of failed checks in the report."""
    sys.stdout.write(
        f"Prism validated {judged.asked} different exchanges and could not forward {judged.refused}: "
        f"{len(judged.violations)} violations, {len(left)} of them not in our report, with {failed} failed checks.\n"
    )
    sys.stdout.writelines(f"  {violation}\n" for violation in left)


def main() -> int:
    """Run suite and Prism; return 1 if Prism finds a violation that the suite misses."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("url", help="a deployment on this machine")
    parser.add_argument("--release", default="documented", choices=releases())
    parser.add_argument("--profile", default=STANDARD, choices=list(PROFILES))
    asked = parser.parse_args()
    if not npm_or_nothing():
        return 0
    contract = load(asked.release)
    report, tape = watched(Settings(url=asked.url, profile=asked.profile), contract)
    with Prism(MODULES / "prism", contract) as prism:
        judged = prism.judged(tape.exchanges)
    failed = [outcome.operation or "" for outcome in report.outcomes if outcome.verdict is Verdict.FAIL]
    left = unshown(judged.violations, failed, AcceptedViolation.load())
    say(judged, len(failed), left)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
