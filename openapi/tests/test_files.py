"""Files that a person wrote keep their content if they can't be written again."""

from pathlib import Path

import pytest

from seatunnel_openapi.files import replace_text


def test_file_keeps_its_content_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "known.yaml"
    replace_text(file, "overview.members: our proxy\n")

    def write_half(path: Path, text: str, encoding: str) -> None:
        path.write_bytes(text[:5].encode(encoding))
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", write_half)
        with pytest.raises(OSError, match="No space left"):
            replace_text(file, "overview.members: something else\n")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [
        ("known.yaml", "overview.members: our proxy\n")
    ]


def test_link_stays_a_link_and_rights_stay_as_they_were(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_text("old", encoding="utf-8")
    file.chmod(0o640)
    link.symlink_to(file)
    replace_text(link, "new")
    assert (link.is_symlink(), file.read_text(encoding="utf-8"), file.stat().st_mode & 0o777) == (True, "new", 0o640)


def test_device_is_written_to() -> None:
    with pytest.raises(OSError, match="No space left"):
        replace_text(Path("/dev/full"), "text")
