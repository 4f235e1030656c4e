"""Fixtures for the tests of the contract: a small contract of their own, and the real one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from seatunnel_openapi import Contract, load, releases

HERE = Path(__file__).parent


@pytest.fixture
def small_folder(tmp_path: Path) -> Path:
    """A new folder for each test with a small contract, two releases of it, and the real schema of clauses."""
    folder = tmp_path / "small"
    shutil.copytree(HERE / "small", folder)
    shutil.copy(HERE.parent / "clauses.schema.json", folder)
    return folder


@pytest.fixture
def small(small_folder: Path) -> Contract:
    """The small contract as documented."""
    return load(folder=small_folder)


@pytest.fixture
def edited(small_folder: Path) -> Callable[[str, str], Path]:
    """Replace a text in the small document, and return the folder."""

    def edit(old: str, new: str) -> Path:
        path = small_folder / "seatunnel-v2.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return small_folder

    return edit


@pytest.fixture(scope="session")
def documented() -> Contract:
    """The documented contract of this project."""
    return load()


@pytest.fixture(scope="session", params=releases())
def contract(request: pytest.FixtureRequest) -> Contract:
    """The contract of this project, of every release."""
    return load(request.param)


@pytest.fixture(scope="session")
def folder() -> Path:
    """The folder that `load` reads."""
    return HERE.parent


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The folder of the recordings."""
    return HERE.parents[1] / "conformance" / "recordings"


@pytest.fixture(scope="session")
def judges() -> Path:
    """The folder with the outside judges."""
    return HERE.parents[1] / "judges"
