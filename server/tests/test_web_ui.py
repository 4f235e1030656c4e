"""The engine's web UI, from a jar or a folder: at the root, where it never hides a path of the API."""

import zipfile
from pathlib import Path

import pytest

from seatunnel_server.errors import BadConfiguration
from seatunnel_server.reference.ui import WebUi

pytestmark = pytest.mark.anyio

FILES = {"ui/index.html": "<html>", "ui/favicon.ico": "i", "ui/assets/a.js": "js", "ui/overview": "no", "a.class": "c"}


@pytest.fixture
def jar(tmp_path: Path) -> Path:
    path = tmp_path / "seatunnel-starter.jar"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def folder(jar: Path, tmp_path: Path) -> Path:
    with zipfile.ZipFile(jar) as archive:
        archive.extractall(tmp_path / "unpacked")
    return tmp_path / "unpacked"


@pytest.mark.parametrize("below", [None, "", "ui"])
async def test_files_are_at_the_root_and_operations_where_they_were(make_api, jar, folder, below):
    api = make_api(web_ui=WebUi.of(jar if below is None else folder / below))
    for path, kind, body in (
        ("/", "text/html", b"<html>"),
        ("/index.html", "text/html", b"<html>"),
        ("/assets/a.js", "text/javascript", b"js"),
    ):
        answer = await api.get(path)
        assert (answer.status, answer.headers["content-type"], answer.body) == (200, kind, body)
    assert (await api.get("/overview")).json["projectVersion"]
    assert (await api.get("/assets/b.js")).status == (await api.get("/nothing")).status != 200


async def test_without_it_the_root_is_an_unknown_path(api):
    assert (await api.get("/")).status != 200


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file"), (b"no jar", "not a zip file"), (b"PK\5\6" + bytes(18), "it has no web UI")],
)
def test_jar_without_a_ui_is_refused(content: bytes | None, reason: str, tmp_path: Path):
    path = tmp_path / "a.jar"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadConfiguration, match=reason):
        WebUi.of(path)


def test_jar_with_huge_files_is_refused(tmp_path: Path):
    path = tmp_path / "bomb.jar"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ui/index.html", bytes(65 * 2**20))
    with pytest.raises(BadConfiguration, match="more than 64 MiB"):
        WebUi.of(path)
