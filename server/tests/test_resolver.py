import sys
from inspect import signature
from types import ModuleType

import pytest
from connexion.exceptions import InvalidSpecification

from seatunnel_openapi import load, proposals, releases
from seatunnel_server import create_app
from seatunnel_server.api.binding import CONTROLLER, handlers_of
from seatunnel_server.api.endpoints import snake_case
from seatunnel_server.api.present import RESPONSES
from seatunnel_server.errors import HandlerMissing, HandlerSignature, ResponseMissing


@pytest.fixture
def operation(contract_with, monkeypatch):
    """Make an operation whose controller is a module of the given functions."""

    def make(operation_id, *functions):
        module = ModuleType("fake_controller")
        for function in functions:
            function.__module__ = "fake_controller"
            setattr(module, function.__name__, function)
        monkeypatch.setitem(sys.modules, "fake_controller", module)

        def change(document):
            for item in document["paths"].values():
                for raw in item.values():
                    if raw["operationId"] == operation_id:
                        raw[CONTROLLER] = "fake_controller"

        return contract_with(change).operation(operation_id)

    return make


def test_every_operation_of_every_release_has_its_handler():
    operations = [operation for release in (*releases(), *proposals()) for operation in load(release).operations]
    handlers = handlers_of(operations)
    assert handlers.keys() == {operation.id for operation in operations}
    assert {name: handler.__name__ for name, handler in handlers.items()} == {name: name for name in handlers}


def test_operation_without_a_handler_is_named(operation):
    with pytest.raises(HandlerMissing, match=r"get_running_jobs has no handler fake_controller\.get_running_jobs"):
        handlers_of([operation("get_running_jobs")])


def test_operation_whose_responses_are_not_described_is_refused_at_start(contract, engine, monkeypatch):
    monkeypatch.delitem(RESPONSES, "get_overview")
    with pytest.raises(ResponseMissing, match=r"get_overview has no entry in RESPONSES .* hint: add one"):
        create_app(contract, engine)


def test_every_description_of_responses_belongs_to_an_operation_of_some_release():
    operations = {operation.id for release in (*releases(), *proposals()) for operation in load(release).operations}
    assert RESPONSES.keys() == operations


def test_controller_that_is_no_module_is_named(contract_with):
    def change(document):
        document["paths"]["/overview"]["get"][CONTROLLER] = "seatunnel_server.api.handlers.nowhere"

    with pytest.raises(HandlerMissing, match=r"seatunnel_server\.api\.handlers\.nowhere\.get_overview"):
        handlers_of([contract_with(change).operation("get_overview")])


def test_every_argument_of_a_handler_is_a_parameter_of_some_release():
    operations = [operation for release in (*releases(), *proposals()) for operation in load(release).operations]
    known = {(each.id, snake_case(parameter["name"])) for each in operations for parameter in each.parameters}
    taken = {(name, argument) for name, it in handlers_of(operations).items() for argument in signature(it).parameters}
    assert taken == known


def test_handler_may_take_what_only_other_releases_declare(operation):
    async def get_job_info(*, job_id, more): ...

    assert handlers_of([operation("get_job_info", get_job_info)]) == {"get_job_info": get_job_info}


def test_handler_must_take_what_its_operation_declares(operation):
    async def positional(job_id): ...
    async def too_few(): ...
    def blocking(*, job_id): ...

    for function in (positional, too_few, blocking):
        function.__name__ = "get_job_info"
        with pytest.raises(HandlerSignature, match=r"keyword-only arguments \(job_id\)"):
            handlers_of([operation("get_job_info", function)])


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("jobId", "job_id"),
        ("isStartWithSavePoint", "is_start_with_save_point"),
        ("format", "format_"),
        ("jobIdOrFile", "job_id_or_file"),
        ("class", "class_"),
        ("x-y", "x_y"),
    ],
)
def test_argument_is_the_parameters_name_in_snake_case(name, argument):
    assert snake_case(name) == argument


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "default": "many"},
        {"allOf": [{"$ref": "#/components/schemas/Overview"}], "default": "many"},
        {"type": "whole number"},
    ],
)
def test_document_that_connexion_refuses_is_refused(contract_with, engine, schema):
    with pytest.raises(InvalidSpecification):
        create_app(contract_with(lambda document: document["components"]["schemas"].update(Rows=schema)), engine)
