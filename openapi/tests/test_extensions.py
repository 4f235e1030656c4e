import pytest

from seatunnel_openapi import (
    Behaviour,
    Choice,
    ContractLookupError,
    DocumentError,
    Evidence,
    InvalidDocument,
    InvalidOverlay,
    Level,
    RetiredClause,
    UnknownFact,
    UnreadableDocument,
    load,
    releases,
)


def test_facts_are_read_by_their_kinds(small):
    facts = small.operation("get_job").behaviour
    assert facts.choice("unknownJob") == "empty"
    assert facts.number("pageSize") == 10
    assert facts.flag("ordered") is True
    assert facts.names("formats") == ("json", "html")
    assert small.behaviour.choice("unknownPath") == "error-json"


def test_facts_are_a_mapping_in_the_documents_order(small):
    facts = small.operation("get_job").behaviour
    assert dict(facts) == {"unknownJob": "empty", "pageSize": 10, "ordered": True, "formats": ["json", "html"]}
    assert list(facts) == ["unknownJob", "pageSize", "ordered", "formats"]
    assert len(facts) == 4
    assert "form" not in facts
    assert facts.get("form") is None
    assert repr(Behaviour({"form": "Job"}, "get_job")) == "Behaviour({'form': 'Job'}, where='get_job')"


def test_missing_fact_names_itself_and_its_operation(small):
    with pytest.raises(UnknownFact) as caught:
        small.operation("submit_job").behaviour.choice("unknownJob")
    assert (caught.value.name, caught.value.where) == ("unknownJob", "submit_job")
    with pytest.raises(UnknownFact, match="The x-behaviour of document has no fact 'unknownJob'"):
        small.behaviour.flag("unknownJob")


@pytest.mark.parametrize(
    ("getter", "name", "wanted"),
    [
        ("choice", "pageSize", "a string"),
        ("flag", "pageSize", "a boolean"),
        ("number", "ordered", "an integer"),
        ("number", "unknownJob", "an integer"),
        ("names", "unknownJob", "a list of strings"),
    ],
)
def test_fact_of_another_kind_is_refused(small, getter, name, wanted):
    facts = small.operation("get_job").behaviour
    with pytest.raises(ContractLookupError, match=f"fact '{name}' of get_job is .*, not {wanted}"):
        getattr(facts, getter)(name)


def test_clauses_of_the_document_come_first_then_those_of_operations(small):
    assert [(clause.id, clause.operation_id) for clause in small.clauses] == [
        ("http.json", None),
        ("job.known-id", "get_job"),
    ]
    clause = small.clause("job.known-id")
    assert small.operation("get_job").clauses == (clause,)
    assert (clause.level, clause.group, clause.text) == (Level.MUST, "job", "A known job is answered with 200.")
    assert clause.evidence == (
        Evidence("recorded", "recordings/1.0.ndjson#job/known/get"),
        Evidence("documented", "page#jobs"),
    )


def test_deviations_of_the_document_come_first_then_those_of_operations(small):
    assert [(deviation.id, deviation.operation_id) for deviation in small.deviations] == [
        ("http-charset", None),
        ("job-unknown", "get_job"),
    ]
    assert small.operation("get_job").deviations == (small.deviations[1],)
    assert small.deviations[0].documented == "Answers name their charset."
    assert small.deviations[0].engine == "They don't."
    assert small.deviations[0].evidence == (Evidence("read", "research/behaviour.md#4.3"),)


def test_decisions_are_read_with_their_places(small):
    evidence = Evidence("documented", "page#jobs")
    assert small.choices == (Choice("Ids are text.", evidence, "#/paths/~1jobs~1{jobId}/get"),)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("unknownJob: empty", "unknownJob: shrug", ("x-behaviour", "get_job", "at unknownJob")),
        ("unknownJob: empty, ", "", ("x-behaviour", "get_job", '"unknownJob" is a required property')),
        (
            "      x-behaviour: {}\n",
            "      x-behaviour: {a: 1}\n",
            ("x-behaviour", "submit_job", "not allowed here: 1"),
        ),
        ("x-behaviour: {unknownPath: error-json}", "x-behaviour: []", ("x-behaviour", "document", "object")),
        ("x-behaviour: {unknownPath: error-json}", "", ("x-behaviour", "document", '"unknownPath" is a required')),
        ("operationId: get_job", "operationId: fetch_job", ("x-behaviour", "document", "'fetch_job' was unexpected")),
        ("level: MUST", "level: SHALL", ("x-clauses", "get_job", "at 0/level")),
        ("id: job.known-id", "id: job-info.200", ("x-clauses", "get_job", "at 0/id")),
        ("level: SHOULD", "tone: kind", ("x-clauses", "document", "at 0")),
        ("engine: It is echoed.", "engine: It is echoed", ("x-deviation", "get_job", "at 0/engine")),
        ("x-deviation:\n  - id: http-charset", "x-deviation:\n  - id: Charset", ("x-deviation", "document", "at 0/id")),
        ("choice: Ids are text.", "choice: Ids are text", ("x-evidence", "#/paths/~1jobs~1{jobId}/get", "at 0/choice")),
        ("how: recorded", "how: heard", ("x-clauses", "get_job", "at 0/evidence/0")),
        ('when: "2026-01-31"', "when: lately", ("x-retired-clauses", "document", "at 0/when")),
        ("why: No client can tell.", "why: no", ("x-retired-clauses", "document", "at 0/why")),
        (
            "      x-behaviour: {}\n",
            "      x-behaviour: {}\n      x-retired-clauses: []\n",
            ("x-retired-clauses", "#/paths/~1jobs/post", "it is not allowed at this place"),
        ),
        (
            "      x-behaviour: {}\n",
            "      x-behaviour: {}\n      x-client-clauses: []\n",
            ("x-client-clauses", "#/paths/~1jobs/post", "it is not allowed at this place"),
        ),
        (
            "x-deviation:\n  - id: http",
            "x-client-clauses: []\nx-deviation:\n  - id: http",
            ("x-client-clauses", "document", ""),
        ),
        ("summary: All jobs.", "x-clauses: []", ("x-clauses", "#/paths/~1jobs", "it is not allowed at this place")),
    ],
)
def test_wrong_extension_names_itself_and_its_place(edited, old, new, expected):
    extension, where, words = expected
    with pytest.raises(InvalidDocument) as caught:
        load(folder=edited(old, new))
    error = caught.value
    assert (error.document, error.where) == ("seatunnel-v2.yaml", f"{extension} of {where}")
    assert words in error.problem


@pytest.mark.parametrize(
    ("old", "new", "kind", "identifier"),
    [
        ("id: job.known-id", "id: http.json", "clause", "http.json"),
        ("id: job-unknown", "id: http-charset", "deviation", "http-charset"),
        ("operationId: submit_job", "operationId: get_job", "operation", "get_job"),
    ],
)
def test_id_that_is_given_twice_is_refused(edited, old, new, kind, identifier):
    with pytest.raises(DocumentError, match=f"two {kind}s have the id '{identifier}'"):
        load(folder=edited(old, new))


def test_retired_ids_are_read(small):
    assert small.retired == (RetiredClause("http.charset", "2026-01-31", "No client can tell.", "http.json"),)


@pytest.mark.parametrize("current", ["id: http.json", "id: job.known-id"])
def test_retired_id_is_never_used_again(edited, current):
    with pytest.raises(DocumentError, match=r"'http\.charset' was retired on 2026-01-31"):
        load(folder=edited(f"- {current}", "- id: http.charset"))


@pytest.mark.parametrize("name", ["behaviour.schema.json", "clauses.schema.json"])
def test_missing_or_broken_schema_is_named(small_folder, name):
    (small_folder / name).write_text("{", encoding="utf-8")
    with pytest.raises(UnreadableDocument, match=f"{name} can't be read"):
        load(folder=small_folder)
    (small_folder / name).unlink()
    with pytest.raises(UnreadableDocument, match=f"{name} can't be read"):
        load(folder=small_folder)


def test_evidence_of_an_action_is_held_to_the_schema_of_evidence(small_folder):
    path = small_folder / "overlays" / "1.1.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("how: read", "how: recorded"), encoding="utf-8")
    with pytest.raises(InvalidOverlay, match="action 1: x-evidence") as caught:
        releases(folder=small_folder)
    assert (caught.value.overlay, caught.value.where) == (path, "action 1")
