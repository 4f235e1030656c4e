"""The outside judges are installed once, by whoever needs them first."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from judges import lint

NPM = """#!/bin/sh
echo "$1" >> calls
mkdir node_modules && sleep 0.3 && touch node_modules/.package-lock.json
"""


def test_judges_are_installed_once_when_two_need_them_at_a_time(tmp_path, monkeypatch: pytest.MonkeyPatch):
    npm = tmp_path / "npm"
    npm.write_text(NPM)
    npm.chmod(0o755)
    (tmp_path / "package-lock.json").touch()
    monkeypatch.setattr(lint, "HERE", tmp_path)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lint.install, [str(npm)] * 3))
    assert (tmp_path / "calls").read_text() == "ci\n"
