"""The connectors of releases."""

from itertools import pairwise

from seatunnel_openapi import connectors_of, proposals, releases


def test_each_release_keeps_the_connectors_of_the_one_before():
    made = [connectors_of(release) for release in releases()]
    assert len(made[0].sources) > 50
    for before, after in pairwise(made):
        assert before.sources.items() <= after.sources.items()
        assert before.sinks.items() <= after.sinks.items()


def test_connectors_are_known_from_the_release_on_that_brought_them():
    assert connectors_of("2.3.9").sinks["Doris"] == "connector-doris"
    assert "Databend" not in connectors_of("2.3.11").sources
    assert connectors_of("2.3.12").sources["Databend"] == "connector-databend"
    assert connectors_of(proposals()[0]).sources == connectors_of("development-2026-07-01").sources


def test_names_are_unique_without_regard_to_letter_case():
    known = connectors_of(releases()[-1])
    for names in (known.sources, known.sinks):
        assert len({name.lower() for name in names}) == len(names)
