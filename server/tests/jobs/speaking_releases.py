"""A server that serves a release, names of the releases with a feature, and jobs to submit."""

from functools import cache
from pathlib import Path

from seatunnel_openapi import Behaviour, Contract, load, releases

ENGINES = releases()[1:]
"""Every release but the documented one."""
RECORDINGS = Path(__file__).parents[3] / "conformance" / "recordings"
UNRECORDED = [release for release in releases() if not (RECORDINGS / f"{release}.ndjson").is_file()]
"""The releases whose jobs no replay of a recording runs (`cli/tests/test_fidelity.py`)."""

HOCON = """
env {
  job.mode = "BATCH"
}
source {
  FakeSource {
    plugin_output = "fake"
    row.num = 8
    schema = { fields { name = "string", age = "int" } }
  }
}
sink {
  Console { plugin_input = "fake" }
}
"""
BATCH = {
    "env": {"job.mode": "BATCH"},
    "source": [
        {
            "plugin_name": "FakeSource",
            "result_table_name": "fake",
            "row.num": 5,
            "schema": {"fields": {"name": "string"}},
        }
    ],
    "sink": [{"plugin_name": "Console", "source_table_name": "fake"}],
}
STREAM = BATCH | {"env": {"job.mode": "STREAMING", "checkpoint.interval": 1000}}
FORM = {"content-type": "multipart/form-data; boundary=XyZ"}


@cache
def contract_of(release: str) -> Contract:
    return load(release)


def submit_facts(release: str) -> Behaviour:
    return contract_of(release).operation("submit_job").behaviour


def with_operation(name: str) -> list[str]:
    """Name the releases that have an operation and state anything else about it or about all operations."""
    known: dict[str, str] = {}
    for release in releases():
        contract = contract_of(release)
        if any(it.id == name for it in contract.operations):
            known.setdefault(f"{contract.behaviour} {contract.operation(name).behaviour}", release)
    return [*known.values()]


def with_fact(operation: str, fact: str, *values: str) -> list[str]:
    """Name those releases in which a fact of the operation has one of some values."""
    return [
        release
        for release in with_operation(operation)
        if contract_of(release).operation(operation).behaviour.choice(fact) in values
    ]


def text_of(release: str, message: str) -> str:
    """Return the text of an error's message, without the class and the stack trace that some releases add."""
    if contract_of(release).behaviour.choice("errorMessage") == "text":
        return message
    return message.partition("\n\tat ")[0].partition(": ")[2]


def config_file(name: str | None, text: str, **fields: str) -> bytes:
    named = "" if name is None else f'; filename="{name}"'
    parts = [f'Content-Disposition: form-data; name="{key}"\r\n\r\n{value}' for key, value in fields.items()]
    parts.append(f'Content-Disposition: form-data; name="config_file"{named}\r\n\r\n{text}')
    return ("".join(f"--XyZ\r\n{part}\r\n" for part in parts) + "--XyZ--\r\n").encode()
