"""Projects of stubs: what is written, what is kept, and what drift is noticed."""

import ast
import importlib
import json
import re
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import get_type_hints

import pytest

import seatunnel_server.api.handlers
from seatunnel_openapi import from_document, load, proposals, releases
from seatunnel_stubs import Project, drift, write
from seatunnel_stubs.functions import HandlerModule, UnreadableSource, functions_of, types_of
from seatunnel_stubs.project import InvalidPackageName
from seatunnel_stubs.writing import ForeignFolder

JOBS = "acme_seatunnel/handlers/jobs.py"


@pytest.mark.slow
def test_fresh_project_is_what_its_contract_asks_for(project, folder):
    assert drift(project, folder) == []


def test_second_writing_changes_nothing(project, folder):
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    written = write(project, folder)

    assert not written.changed
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_every_operation_has_a_function_with_its_clauses(project, folder):
    found = {
        node.name: ast.get_docstring(node) or ""
        for path in (folder / "acme_seatunnel/handlers").glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.AsyncFunctionDef)
    }

    for operation in project.contract.operations:
        assert all(clause.id in found[operation.id] for clause in operation.clauses)


def test_what_the_author_has_written_survives_regeneration(project, folder):
    path = folder / JOBS
    path.write_text(path.read_text().replace("    raise Unimplemented", "    return []  # mine", 1))
    (folder / "README.md").write_text("mine")
    before = path.read_text()

    write(project, folder)

    assert (path.read_text(), (folder / "README.md").read_text()) == (before, "mine")


def test_what_the_author_has_not_changed_is_refreshed_for_another_release(project, folder):
    path = folder / JOBS
    mine = path.read_text().replace("    raise Unimplemented", "    return []  # mine", 1)
    path.write_text(mine)
    (folder / "Containerfile").write_text("# mine")

    written = write(Project(load("2.3.13"), project.package), folder)

    assert {"README.md", "acme_seatunnel/contract/openapi.json"} <= set(written.updated)
    assert "2.3.10" not in (folder / "README.md").read_text()
    assert (folder / "Containerfile").read_text() == "# mine"
    docs = {each.name: each for each in HandlerModule.read(path).functions}
    assert "page" in docs["get_finished_jobs"].arguments
    assert {"get_running_jobs", "get_finished_jobs"} <= set(written.refreshed)
    assert "running-jobs.page " in docs["get_running_jobs"].doc
    assert "# mine" in path.read_text()
    left = drift(Project(load("2.3.13"), project.package), folder)
    assert {line.partition(": ")[2] for line in left} == {
        f"get_running_jobs lacks the argument {name}" for name in ("page", "rows")
    }


def test_other_clauses_in_a_docstring_of_the_author_are_drift(project, folder):
    path, summary = folder / JOBS, "GET /job-info/{jobId}.\n"
    own = path.read_text().replace(summary, f"{summary}\n    Slow.\n", 1)
    path.write_text(own.replace("An unknown job id is answered with", "An unknown id gets", 1))
    write(project, folder)

    assert [line.partition(": ")[2] for line in drift(project, folder)] == [
        "the docstring of get_job_info has other clauses than the contract: job-info.unknown-id"
    ]


@pytest.mark.slow
def test_new_operation_is_appended_behind_the_authors_code(project, folder):
    path = folder / JOBS
    path.write_text(path.read_text().replace("    raise Unimplemented", "    return []  # mine", 1))
    later = Project(load("2.3.13"), project.package)

    written = write(later, folder)

    assert "get_pending_jobs" in written.added
    assert "# mine" in path.read_text()
    assert [each.name for each in HandlerModule.read(path).functions][-1] == "get_pending_jobs"


def test_operation_that_is_gone_is_named_and_kept(project, folder):
    earlier = Project(load("documented"), project.package)

    written = write(earlier, folder)

    assert "get_thread_dump" in written.vanished
    assert (folder / "acme_seatunnel/handlers/threads.py").exists()


def test_function_that_was_taken_out_comes_back_with_its_imports(project, folder):
    (folder / JOBS).write_text('"""Nothing yet."""\n')

    write(project, folder)

    assert drift(project, folder) == []
    assert {"Answer", "Unimplemented", "types"} <= HandlerModule.read(folder / JOBS).imported


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("async def get_job_info", "async def _get_job_info", "the function get_job_info is missing"),
        ("async def get_job_info(*, job_id: str)", "async def get_job_info()", "lacks the argument job_id"),
        ("(*, job_id: str)", "(*, job_id: str, pretty: bool)", "has the argument pretty"),
        (
            "\n\nasync def get_job_info",
            "\n\ndef get_moon():\n    pass\n\n\nasync def get_job_info",
            "get_moon is not an operation",
        ),
        ("async def get_job_info(", "async def get_job_info((", "can't be read"),
    ],
)
def test_drift_of_a_handler_is_told_with_its_file(project, folder, old, new, told):
    path = folder / JOBS
    path.write_text(path.read_text().replace(old, new, 1))

    lines = drift(project, folder)

    assert [line for line in lines if told in line and JOBS in line]


def test_generated_file_that_was_edited_is_drift(project, folder):
    with (folder / "acme_seatunnel/contract/types.py").open("a") as types:
        types.write("\nX = 1\n")

    assert drift(project, folder) == [
        "acme_seatunnel/contract/types.py: differs from the file generated from the contract of 2.3.10"
    ]


def test_folder_that_holds_something_else_is_left_alone(project, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")

    with pytest.raises(ForeignFolder, match="not empty"):
        write(project, tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_module_that_is_no_python_stops_everything_before_anything_is_written(project, folder):
    (folder / JOBS).write_text("def (")
    (folder / "acme_seatunnel/contract/types.py").unlink()

    with pytest.raises(UnreadableSource, match=r"jobs\.py"):
        write(project, folder)

    assert not (folder / "acme_seatunnel/contract/types.py").exists()


@pytest.mark.parametrize("name", ["", "1st", "class", "My-Server", "../up"])
def test_name_that_is_no_package_is_refused(name):
    with pytest.raises(InvalidPackageName):
        Project(load(), name)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("os", "a module of Python's standard library"),
        ("import", "not a valid name"),
        ("tests", "the folder with the tests"),
        ("connexion", "an installed package"),
        ("seatunnel_server", "an installed package"),
    ],
)
def test_name_that_would_hide_another_module_is_refused(name, reason):
    with pytest.raises(InvalidPackageName, match=reason) as refused:
        Project(load(), name)
    assert refused.value.hint == "--package acme_seatunnel"


def test_name_of_the_project_itself_stays_free_when_it_is_installed(project, folder, monkeypatch):
    write(project, folder)
    monkeypatch.syspath_prepend(folder)
    assert Project(load(), "acme_seatunnel").package == "acme_seatunnel"


def test_contract_that_was_written_is_the_contract_that_is_read(project, folder):
    document = json.loads((folder / "acme_seatunnel/contract/openapi.json").read_text())

    assert from_document(document, "2.3.10").document == project.contract.document


@pytest.mark.parametrize("release", releases())
def test_functions_of_every_release_are_python(release):
    for function in functions_of(load(release)):
        ast.parse(f"{function.signature}:\n    {function.docstring()}\n")


@pytest.mark.slow
@pytest.mark.parametrize("release", releases())
def test_project_of_every_release_compiles(release, tmp_path):
    write(Project(load(release), "acme"), tmp_path / "x")

    for path in (tmp_path / "x").rglob("*.py"):
        compile(path.read_text(), str(path), "exec")


IMPLEMENTED = ("get_overview", "get_running_jobs", "get_system_monitoring_information")


@pytest.mark.slow
@pytest.mark.parametrize("release", releases())
def test_project_of_every_release_conforms_in_what_its_author_has_written(release, tmp_path):
    contract, folder = load(release), tmp_path / "x"
    write(Project(contract, "acme"), folder)
    for path in (folder / "acme/handlers").glob("*.py"):
        path.write_text(implemented(path.read_text(encoding="utf-8"), contract), encoding="utf-8")
    events = tmp_path / "events.ndjson"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "acme", "--port", str(port)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout.readline() == f"Serving the API of {release} on http://127.0.0.1:{port}\n"
        try:
            conform(f"http://127.0.0.1:{port}", release, events)
        finally:
            serving.terminate()
    lines = [json.loads(line) for line in events.read_text(encoding="utf-8").splitlines()]
    found = [line for line in lines if line["event"] == "check-finished"]
    assert len([line for line in found if line["verdict"] == "pass"]) > 10
    assert [line["reason"] for line in found if line["verdict"] == "fail" and "501" not in line["reason"]] == []


def conform(url, release, events):
    words = ["--release", release, "--profile", "read-only", "--report-ndjson", str(events)]
    words += ["--only", "http.*", "--only", "overview.*", "--only", "monitoring.*"]
    # The line that the server is there comes before it listens.
    while subprocess.run([sys.executable, "-m", "seatunnel_v2", "conform", url, *words], check=False).returncode == 3:
        pass


def implemented(source, contract):
    """Return a module whose three functions return the first example of their response."""
    for name in IMPLEMENTED:
        content = contract.operation(name).responses["200"]["content"]["application/json"]
        example = contract.resolve(next(iter(content["examples"].values())))["value"]
        source = re.sub(
            rf'(async def {name}\(.*?\n    """.*?"""\n)    raise Unimplemented',
            lambda found, value=example: f"{found[1]}    return {value!r}",
            source,
            flags=re.DOTALL,
        )
    return source


def test_framework_is_a_word_in_the_app(project):
    flask = replace(project, framework="flask")

    assert 'framework="flask"' in flask.once["acme_seatunnel/app.py"]
    assert "seatunnel-v2[flask]" in flask.once["pyproject.toml"]


def test_own_server_obeys_the_same_check():
    """Every operation of any release has a handler with its parameters, and no handler belongs to none."""
    contracts = [load(release) for release in (*releases(), *proposals())]
    folder = Path(seatunnel_server.api.handlers.__file__).parent
    found = {each.name: each for path in folder.glob("*.py") for each in HandlerModule.read(path).functions}

    for contract in contracts:
        for function in functions_of(contract):
            due = {name for name, _ in function.arguments} - {"request"}
            assert due <= set(found[function.name].arguments), function.name
    operations = {operation.id for contract in contracts for operation in contract.operations}
    assert {name for name in found if not name.startswith("_")} == operations


@pytest.mark.slow
def test_member_that_a_part_of_a_schema_asks_for_is_asked_for_by_the_whole(tmp_path, monkeypatch):
    (tmp_path / "types_2_3_13.py").write_text(types_of(load("2.3.13")), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    config = importlib.import_module("types_2_3_13").EncryptedConfig
    hints = get_type_hints(config, include_extras=True)

    assert "transform" in config.__required_keys__
    assert {"source", "sink", "transform"} <= hints.keys()


@pytest.mark.slow
def test_types_of_every_release_are_strictly_typed(tmp_path):
    for number, release in enumerate(releases()):
        (tmp_path / f"types_{number}.py").write_text(types_of(load(release)), encoding="utf-8")
    (tmp_path / "mypy.ini").write_text("[mypy]\nstrict = true\n")

    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "."], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )

    assert checked.returncode == 0, checked.stdout
