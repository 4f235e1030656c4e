"""The page of the faults, with results and without."""

from dataclasses import replace

import pytest

from seatunnel_conformance.faults.catalogue import Expected
from seatunnel_conformance.faults.results import FaultResult, FaultsStarted, FaultStatus, encode
from seatunnel_conformance.report.outcomes import RunVerdict, Verdict
from seatunnel_docs.knowledge import FAULTS, FaultRun
from seatunnel_docs.pages import clauses, outcomes

pytestmark = pytest.mark.slow  # every recording is read

HEADER = FaultsStarted(
    target="reference server",
    release="documented",
    profile="standard",
    judge="suite",
    seed=7,
    generated=0,
    selected=2,
    clean={"pass": 190},
)


def results(known):
    """Return a fault that was noticed by the check of its clause, and one that was not."""
    noticed, missed = [fault for fault in known.faults if fault.expected is Expected.DETECTED][:2]
    common = {"due": Expected.DETECTED, "must": True}
    return (
        FaultResult(
            noticed.id,
            noticed.kind,
            FaultStatus.KILLED,
            breaks=noticed.breaks,
            killers={noticed.breaks[0]: "it did"},
            **common,
        ),
        FaultResult(missed.id, missed.kind, FaultStatus.SURVIVED, breaks=missed.breaks, **common),
    )


def text_of(known, name):
    return next(page.text for page in outcomes.pages(known, []) if page.path == name)


def test_page_without_results_lists_every_fault_and_says_how_to_try_them(known):
    text = text_of(replace(known, fault_run=None), "faults")
    assert all(f'id="{fault.id}"' in text for fault in known.faults)
    assert "run the command above" in text
    assert "Results" not in text


def test_page_with_results_tells_what_became_of_each_fault(known, tmp_path):
    noticed, missed = results(known)
    (tmp_path / FAULTS).write_text("".join(f"{encode(event)}\n" for event in (HEADER, noticed, missed)))
    run = FaultRun.load(tmp_path / FAULTS)
    text = text_of(replace(known, fault_run=run), "faults")
    rows = {line.split('"')[1]: line for line in text.splitlines() if "<tr id" in line}
    assert f'killed <span class="where">by {noticed.breaks[0]}</span>' in rows[noticed.fault]
    assert "survived" in rows[missed.fault]
    assert "1 of 2 (50 %) killed" in text


def test_clause_says_which_fault_its_check_has_noticed(known):
    noticed, missed = results(known)
    tried = replace(known, fault_run=FaultRun(HEADER, (noticed, missed)))
    proof = clauses.proofs(tried, [tried.clauses[noticed.breaks[0]]])
    assert proof.clauses[0].killed == {noticed.fault}


def test_every_verdict_stands_on_the_page_of_verdicts(known):
    text = text_of(known, "verdicts")
    assert all(f"| `{verdict}` |" in text for verdict in (*Verdict, *RunVerdict))
