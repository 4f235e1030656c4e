"""Let Prism's proxy look at the traffic of our own suite, and hold what it says against our report.

Every violation has to be shown by the report, too, or stand in `prism.toml` with the reason why it is none.

Usage: python openapi/judges/traffic.py [--profile P] [--release R] URL
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from lint import MODULES, npm_or_nothing
from prism import Judged, Known, Prism, Tape, Violation, unshown

from seatunnel_conformance.arrange.profiles import PROFILES, STANDARD
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.verdicts import Verdict
from seatunnel_conformance.run.runner import run
from seatunnel_openapi import Contract, load, releases


def watched(settings: Settings, contract: Contract) -> tuple[Report, Tape]:
    """Run the suite against a deployment, and return its report with the traffic."""
    tape = Tape()
    with Proxy(settings.url, contract) as proxy:
        proxy.switch(tape)
        return run(Settings(url=proxy.url, release=contract.release, profile=settings.profile)), tape


def say(judged: Judged, failed: int, left: Sequence[Violation]) -> None:
    """Print what came of it; `failed` counts the checks of our report that did."""
    sys.stdout.write(
        f"Prism looked at {judged.asked} different exchanges and let {judged.refused} not pass: "
        f"{len(judged.violations)} violations, {len(left)} of them not in our report, in which {failed} checks fail.\n"
    )
    sys.stdout.writelines(f"  {violation}\n" for violation in left)


def main() -> int:
    """Judge a deployment both ways; 1 where Prism knows more than we do."""
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
    left = unshown(judged.violations, failed, Known.load())
    say(judged, len(failed), left)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
