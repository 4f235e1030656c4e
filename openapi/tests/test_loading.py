import os

import pytest

from seatunnel_openapi import (
    DocumentError,
    InvalidDocument,
    InvalidOverlay,
    OverlayActionError,
    OverlayError,
    UnknownRelease,
    UnreadableDocument,
    load,
    loading,
    newest_recorded,
    overlays,
    proposals,
    releases,
)


def test_releases_are_the_documented_one_and_then_the_chain(small_folder):
    assert releases(folder=small_folder) == ("documented", "1.0", "1.1")
    assert [overlay.name for overlay in overlays(folder=small_folder)] == ["1.0", "1.1"]


def test_newest_recorded_release_is_one_whose_published_engine_was_run(small_folder):
    assert newest_recorded(folder=small_folder) == "documented"
    bases = {overlay.name: overlay.basis.kind for overlay in overlays() if overlay.basis}
    assert bases[newest_recorded()] == "artefact-run"
    later = releases()[releases().index(newest_recorded()) + 1 :]
    assert "artefact-run" not in {bases.get(name) for name in later}


def test_each_release_is_the_one_before_it_with_its_own_changes(small_folder):
    facts = {
        release: load(release, folder=small_folder).operation("get_job").behaviour
        for release in ("documented", "1.0", "1.1")
    }
    assert [facts[release].choice("unknownJob") for release in facts] == ["empty", "echo-text", "echo-text"]
    assert [facts[release].number("pageSize") for release in facts] == [10, 20, 50]
    assert load("1.1", folder=small_folder).release == "1.1"
    assert [deviation.id for deviation in load("1.1", folder=small_folder).deviations] == ["http-charset"]


def test_contract_is_loaded_once_for_each_release(small_folder):
    assert load(folder=small_folder) is load("documented", folder=small_folder)
    assert load("1.0", folder=small_folder) is not load(folder=small_folder)


def test_unknown_release_names_the_known_ones(small_folder):
    with pytest.raises(UnknownRelease, match=r"'2\.0'.*Known releases: documented, 1\.0, 1\.1\.") as caught:
        load("2.0", folder=small_folder)
    assert (caught.value.release, caught.value.known) == ("2.0", ("documented", "1.0", "1.1"))


def test_folder_without_overlays_has_the_documented_contract_only(small_folder):
    for path in (small_folder / "overlays").iterdir():
        path.unlink()
    (small_folder / "overlays" / "README.md").write_text("No overlay.", encoding="utf-8")
    assert releases(folder=small_folder) == ("documented",)


def test_overlay_that_does_not_fit_the_base_is_named(edited):
    folder = edited("- id: job-unknown", "- id: job-not-known")
    assert load(folder=folder).release == "documented"
    with pytest.raises(OverlayActionError, match=r"1\.0\.yaml, line \d+, action 2 \(The contract says now"):
        load("1.1", folder=folder)


def test_fact_that_an_overlay_spoils_is_named_with_the_release(small_folder):
    path = small_folder / "overlays" / "1.0.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("echo-text", "shrug"), encoding="utf-8")
    with pytest.raises(
        InvalidDocument, match=r"seatunnel-v2\.yaml with the overlays up to 1\.1, x-behaviour of get_job"
    ):
        load("1.1", folder=small_folder)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("openapi: 3.0.3", "openapi: 3.1.0", "openapi: expected version 3.0, got '3.1.0'"),
        ("openapi: 3.0.3\n", "", "openapi: expected version 3.0, got None"),
        ("paths:\n  /jobs/{jobId}:", "x-paths:\n  /jobs/{jobId}:", "the root: expected an object at 'paths'"),
        ("    post:\n", "    get: 5\n    post:\n", "/jobs: expected an object at 'get'"),
        ("      operationId: get_job\n", "", r"GET /jobs/{jobId}: an operation needs an operationId and a tag"),
        ("      tags: [jobs]\n", "", r"GET /jobs/{jobId}: an operation needs an operationId and a tag"),
    ],
)
def test_document_that_can_not_be_read_as_a_contract_says_where(edited, old, new, words):
    with pytest.raises(InvalidDocument) as caught:
        load(folder=edited(old, new))
    assert words in str(caught.value)


def test_reference_that_leads_nowhere_is_found_on_loading(edited):
    with pytest.raises(DocumentError, match="#/components/responses/Trouble"):
        load(folder=edited("#/components/responses/Error", "#/components/responses/Trouble"))


def test_files_of_an_installed_package_lie_within_it(tmp_path, monkeypatch):
    package = tmp_path / "openapi" / "seatunnel_openapi"
    package.mkdir(parents=True)
    monkeypatch.setattr(loading, "__file__", str(package / "loading.py"))
    assert loading.shipped_folder() == tmp_path / "openapi"
    (package / "documents").mkdir()
    assert loading.shipped_folder() == package / "documents"


def test_proposal_changes_the_release_that_it_names_and_is_none_itself(small_folder):
    folder = small_folder / "proposals"
    folder.mkdir()
    overlay = (small_folder / "overlays" / "1.1.yaml").read_text(encoding="utf-8")
    (folder / "77.yaml").write_text(overlay.replace("50", "77"), encoding="utf-8")
    assert proposals(folder=small_folder) == ("proposal:77",)
    assert releases(folder=small_folder) == ("documented", "1.0", "1.1")
    contract = load("proposal:77", folder=small_folder)
    assert (contract.release, contract.operation("get_job").behaviour.number("pageSize")) == ("proposal:77", 77)
    assert load("1.1", folder=small_folder).operation("get_job").behaviour.number("pageSize") == 50


def test_proposal_without_a_release_to_change_is_an_error(small_folder):
    folder = small_folder / "proposals"
    folder.mkdir()
    overlay = (small_folder / "overlays" / "1.0.yaml").read_text(encoding="utf-8")
    (folder / "77.yaml").write_text(overlay, encoding="utf-8")
    with pytest.raises(InvalidOverlay, match=r"77\.yaml.*a proposal names the release that it changes in x-after"):
        load("proposal:77", folder=small_folder)


ACTION = """
  - target: {target}
    description: A change.
    {verb}: {value}
    x-evidence: {{how: documented, ref: "page#jobs"}}
"""


@pytest.fixture
def acme(tmp_path):
    """Write an overlay file with one valid action and the action under test, and return its path."""

    def write(target="$.info", value="{title: Acme}", *, verb="update", after='"1.0"', name="acme.yaml"):
        head = f'overlay: 1.0.0\ninfo: {{title: Acme, version: "1"}}\nextends: seatunnel-v2.yaml\nx-after: {after}\n'
        actions = ACTION.format(target="$.info", verb="update", value="{version: acme}")
        actions += ACTION.format(target=target, verb=verb, value=value)
        (tmp_path / name).write_text(f"{head}actions:{actions}", encoding="utf-8")
        return str(tmp_path / name)

    return write


def test_release_is_also_the_path_of_an_overlay_or_of_one_that_extends_it(acme, small_folder):
    first = acme("$.paths['/jobs/{jobId}'].get['x-behaviour']", "{pageSize: 70}")
    assert load(first, folder=small_folder).operation("get_job").behaviour.number("pageSize") == 70
    contract = load(acme(name="more.yaml", after="./acme.yaml"), folder=small_folder)
    assert contract.operation("get_job").behaviour.number("pageSize") == 70
    assert (contract.release, contract.published["info"]["title"]) == (acme(name="more.yaml"), "Acme")
    assert first not in releases(folder=small_folder)
    assert [it.name for it in overlays(first, folder=small_folder)] == ["1.0", first]


def test_changed_overlay_file_is_read_again(acme, small_folder):
    assert load(acme(), folder=small_folder).published["info"]["title"] == "Acme"
    path = acme(value="{title: Other}")
    os.utime(path, ns=(0, 0))
    assert load(path, folder=small_folder).published["info"]["title"] == "Other"


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"verb": "updat"}, InvalidOverlay, "acme.yaml, line 11, actions/1: .*Did you mean update?"),
        ({"target": "$.inof"}, OverlayActionError, r"line 11, action 2 \(A change\): .*Did you mean info\?"),
        ({"target": "$.paths['/jobs/{jobid}']"}, OverlayActionError, r"action 2 .*Did you mean /jobs/{jobId}\?"),
        (
            {"target": "$.paths['/jobs/{jobId}'].get['x-behaviour']", "value": "{pageSiz: 7}"},
            OverlayActionError,
            r"acme\.yaml, line 11, action 2 \(A change\): x-behaviour of get_job: .*Did you mean pageSize\?",
        ),
        ({"after": '"1.00"'}, OverlayError, r"x-after names '1\.00'.*Did you mean 1\.0\?"),
        ({"after": "./acme.yaml"}, OverlayError, r"acme\.yaml"),
        ({"after": "./none.yaml"}, UnreadableDocument, r"none\.yaml can't be read: No such file"),
    ],
)
def test_what_is_wrong_with_an_overlay_file_is_told_with_line_and_action(acme, small_folder, changes, error, words):
    with pytest.raises(error, match=words):
        load(acme(**changes), folder=small_folder)
