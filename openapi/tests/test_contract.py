import pytest

from seatunnel_openapi import Contract, ContractLookupError, Example, Link, UnknownOperation, load, overlays


def test_operations_are_those_of_the_document_in_its_order(small):
    assert [(each.id, each.method, each.path, each.tag) for each in small.operations] == [
        ("get_job", "GET", "/jobs/{jobId}", "jobs"),
        ("submit_job", "POST", "/jobs", "submissions"),
    ]
    assert small.operation("submit_job") is small.operations[1]
    assert small.operation("get_job").document is small.document["paths"]["/jobs/{jobId}"]["get"]


def test_question_for_something_unknown_names_what_is_there(small):
    with pytest.raises(UnknownOperation, match=r"'nothing'.*Known operations: get_job, submit_job\.") as operation:
        small.operation("nothing")
    assert (operation.value.operation_id, operation.value.known) == ("nothing", ("get_job", "submit_job"))
    with pytest.raises(ContractLookupError, match=r"'Nothing'.*Known schemas: JobId, Job\."):
        small.schema("Nothing")
    with pytest.raises(ContractLookupError, match=r"'job\.unknown-id'"):
        small.clause("job.unknown-id")


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        (lambda contract: contract.operation("get_jobinfo"), "get_job_info"),
        (lambda contract: contract.schema("runningJob"), "RunningJob"),
        (lambda contract: contract.clause("job-info.unkown-id"), "job-info.unknown-id"),
        (lambda contract: contract.operation("get_job_info").behaviour.choice("unknownjob"), "unknownJob"),
        (lambda contract: contract.behaviour.choice("jsonCharst"), "jsonCharset"),
    ],
)
def test_misspelled_name_is_answered_with_the_one_that_is_meant(question, meant):
    with pytest.raises(ContractLookupError, match=rf"Did you mean {meant}\b.*\?"):
        question(load())


def test_parameters_of_an_operation_win_over_those_of_its_path(small):
    parameters = small.operation("get_job").parameters
    assert [parameter["name"] for parameter in parameters] == ["jobId", "verbose", "filter"]
    assert parameters[1]["description"] == "Stronger than the path's."
    assert small.operation("submit_job").parameters == ()


def test_requests_and_answers_are_resolved(small):
    assert small.operation("get_job").responses["500"] == {"description": "It failed."}
    assert small.operation("get_job").request_body is None
    assert small.operation("submit_job").request_body == small.document["components"]["requestBodies"]["Config"]


def test_schema_of_an_answer_is_found_by_status_and_media_type(small):
    operation = small.operation("get_job")
    job = {"$ref": "#/components/schemas/Job"}
    assert operation.response_schema(200) == job
    assert operation.response_schema("200", "APPLICATION/json;charset=UTF-8") == job
    assert operation.response_schema(200, "application/xml") is None
    assert operation.response_schema(200, "text/html") is None
    assert operation.response_schema(500) is None
    assert operation.response_schema(404) is None


def test_schema_of_a_request_is_found_by_media_type(small):
    assert small.operation("submit_job").request_schema() == {"type": "object", "example": {"env": {}}}
    assert small.operation("submit_job").request_schema("text/plain") is None
    assert small.operation("get_job").request_schema() is None


def test_schema_and_reference_are_resolved_on_request_only(small):
    schema = small.operation("submit_job").response_schema(200)
    assert small.resolve(schema) is small.schema("JobId")
    assert small.resolve(small.schema("JobId")) is small.schema("JobId")


def test_links_tell_where_an_answer_leads(small):
    assert list(small.operation("submit_job").links()) == [
        Link("Job", "200", "get_job", {"jobId": "$response.body#/jobId"}, None),
        Link("Again", "200", "submit_job", {}, "$request.body"),
    ]
    assert list(small.operation("get_job").links()) == []


def test_examples_are_found_wherever_openapi_allows_them(small):
    assert [(example.where, example.value) for example in small.examples()] == [
        ("get_job parameter jobId", "9"),
        ("get_job parameter verbose, Short", False),
        ("get_job parameter filter application/json", {"state": "RUNNING"}),
        ("get_job response 200 Application/JSON; charset=utf-8, Known", {"jobId": "5", "state": "RUNNING"}),
        ("get_job response 200 text/plain/additionalProperties/items/not", "odd"),
        ("get_job response 200 text/plain/example", "inner"),
        ("get_job response 200 header X-Node", "a:5801"),
        ("submit_job request application/json", {"env": {}}),
        ("submit_job response 200 application/json", "7"),
        ("schema JobId", "5"),
        ("schema Job/allOf/0", {"a": 1}),
        ("schema Job/oneOf/0/state", "RUNNING"),
        ("schema Job/oneOf/1", {}),
    ]


def test_example_comes_with_the_schema_that_it_illustrates(small):
    examples = {example.where: example for example in small.examples()}
    job_id = {"$ref": "#/components/schemas/JobId"}
    assert examples["get_job parameter jobId"] == Example("get_job parameter jobId", job_id, "9")
    assert examples["submit_job request application/json"].schema == {"type": "object", "example": {"env": {}}}
    assert examples["get_job response 200 header X-Node"].schema == {"type": "string"}


def test_copy_of_the_document_is_the_callers_own(small):
    copy = small.copy_document()
    assert copy == small.document
    copy["paths"]["/jobs"].clear()
    assert small.document["paths"]["/jobs"] != {}


def test_contract_and_its_operations_can_be_keys_and_print_briefly(small):
    assert {small: "documented", small.operations[0]: "get_job"}[small] == "documented"
    assert repr(small) == "Contract(release='documented')"
    assert repr(small.operations[0]) == "Operation(id='get_job', method='GET', path='/jobs/{jobId}', tag='jobs')"


def test_what_a_contract_is_made_of_is_frozen(small, small_folder):
    values = [
        (small, "release"),
        (small.operations[0], "behaviour"),
        (next(small.operations[1].links()), "status"),
        (small.clauses[0], "level"),
        (small.clauses[0].evidence[0], "ref"),
        (small.deviations[0], "engine"),
        (small.choices[0], "text"),
        (overlays(folder=small_folder)[1], "after"),
        (overlays(folder=small_folder)[0].actions[0], "target"),
    ]
    for value, name in values:
        with pytest.raises(AttributeError):
            setattr(value, name, None)
        assert getattr(value, name) is not None


def test_contract_without_components_has_no_schema(small):
    bare = Contract("bare", {}, {}, (), small.behaviour, (), (), ())
    with pytest.raises(ContractLookupError):
        bare.schema("Job")
    assert list(bare.examples()) == []
