"""Names on the wire: a schema maps each of its properties to a member of the contract."""

import pytest
from openapi_schema_validator import OAS30Validator

from seatunnel_openapi import InvalidDocument, from_document, in_own_words, load
from seatunnel_openapi.comparison import diff


@pytest.fixture
def changed():
    """Return the contract of a release, whose document a function has changed."""

    def make(change, release="2.3.13"):
        document = load(release).copy_document()
        change(document)
        return from_document(document, "acme")

    return make


def rename(document):
    for form in ("RunningJob", "FinishedJob"):
        document["components"]["schemas"][form]["x-means"] = {"job_dag": "jobDag", "name": "jobName"}


def test_release_without_other_words_is_its_own_contract():
    assert in_own_words(load("2.3.13")) is load("2.3.13")


def test_a_changed_contract_with_the_name_of_a_release_stays_changed():
    changed = load().copy_document()
    changed["info"]["title"] = "Another"
    assert in_own_words(from_document(changed, "documented")).published["info"]["title"] == "Another"


@pytest.mark.parametrize(
    "change",
    [
        rename,
        lambda document: document["x-behaviour"].update(memberCase="snake_case"),
        lambda document: document["x-behaviour"].update(listEnvelope="data"),
    ],
)
def test_contract_in_its_own_words_is_the_one_before(changed, change):
    acme, before = changed(change), load("2.3.13")
    assert acme.published != before.published
    assert list(diff(before, in_own_words(acme))) == []
    for one, other in zip(in_own_words(acme).examples(), before.examples(), strict=True):
        assert one.value == other.value


def test_examples_and_required_members_have_the_words_of_the_wire(changed):
    acme = changed(rename)
    assert {"job_dag", "name"} < set(acme.schema("FinishedJob")["required"])
    assert "jobName" not in acme.schema("FinishedJob")["properties"]
    shown = [it.value for it in acme.operation("get_job_info").examples() if "GetJobInfoFinished" in it.where]
    assert isinstance(shown[0]["name"], str)
    assert isinstance(shown[0]["job_dag"], dict)


@pytest.mark.parametrize(
    ("operation", "value", "read"),
    [
        ("get_job_info", {"job_dag": {"jobId": "1"}, "name": "a"}, {"jobDag": {"jobId": "1"}, "jobName": "a"}),
        # The wire has no `jobName` here, so this is not read as the contract's `jobName`.
        ("get_job_info", {"jobName": 1}, {"name": 1}),
        ("get_running_jobs", {"data": [{"name": "a"}]}, [{"jobName": "a"}]),
        ("get_running_jobs", {"data": [{"name": "a"}], "total": 1}, {"data": [{"jobName": "a"}], "total": 1}),
        # A list without its envelope becomes an object.
        ("get_running_jobs", [{"name": "a"}], {"data": [{"jobName": "a"}]}),
    ],
)
def test_value_is_read_in_the_words_of_the_contract_and_written_back_unchanged(changed, operation, value, read):
    def change(document):
        rename(document)
        document["x-behaviour"]["listEnvelope"] = "data"

    wording = changed(change).wording(operation)
    assert wording.read(value) == read
    assert wording.write(read) == value


FORMS = ("RunningJob", "FinishedJob", "UnknownJob")
PROPERTIES = {form: load("2.3.13").schema(form)["properties"] for form in FORMS}
MEMBERS = {
    (form, schema.get("type"), tuple(name in PROPERTIES[other] for other in FORMS)): (form, name)
    for form in FORMS
    for name, schema in PROPERTIES[form].items()
}
"""A member of each form for each type and each choice of forms that have it."""


@pytest.mark.parametrize(("form", "member"), MEMBERS.values())
@pytest.mark.parametrize("is_twice", [False, True])
def test_forms_of_a_response_name_their_members_each_in_its_own_way(changed, form, member, is_twice):
    def change(document):
        schemas = document["components"]["schemas"]
        schemas[form]["x-means"] = {"acme": member}
        if is_twice:
            # Another alternative has the same name for another member.
            another = schemas[FORMS[FORMS.index(form) - 1]]
            another["x-means"] = {"acme": max(another["properties"].keys() - {member}, default="jobId")}

    acme = changed(change)
    operation, wording = acme.operation("get_job_info"), acme.wording("get_job_info")
    validator = OAS30Validator({**operation.response_schema(200), "components": acme.document["components"]})
    for example in load("2.3.13").operation("get_job_info").examples():
        if "response 200" in example.where:
            wire = wording.write(example.value)
            assert validator.is_valid(wire)
            assert wording.read(wire) == example.value


@pytest.mark.parametrize(
    ("operation", "own", "wire"),
    [
        ("get_job_info", "/jobDag/vertexInfoMap/0/type", "/job_dag/vertexInfoMap/0/type"),
        ("get_running_jobs", "/0/jobDag", "/data/0/job_dag"),
        ("get_running_jobs", "", ""),
        ("get_job_info", "status", "status"),
    ],
)
def test_place_of_a_finding_is_one_of_the_wire(changed, operation, own, wire):
    def change(document):
        rename(document)
        document["x-behaviour"]["listEnvelope"] = "data"

    wording = changed(change).wording(operation)
    assert wording.place(own) == wire
    assert wording.place(wire, own=True) == own


def test_links_follow_a_renamed_id(changed):
    acme = changed(
        lambda document: document["components"]["schemas"]["SubmittedJob"].update({"x-means": {"id": "jobId"}})
    )
    links = [link for operation in acme.operations for link in operation.links() if operation.id == "submit_job"]
    assert {str(link.parameters.get("jobId") or link.request_body) for link in links if link.name != "ReadLogs"} == {
        "$response.body#/id",
        "{'jobId': '$response.body#/id'}",
    }


def test_meaning_that_no_property_has_is_refused_with_the_one_that_may_be_meant(changed):
    def change(document):
        document["components"]["schemas"]["FinishedJob"]["x-means"] = {"job_dag": "jobDg"}

    with pytest.raises(InvalidDocument, match=r"FinishedJob: .*job_dag means jobDg.*Did you mean jobDag or"):
        changed(change)
