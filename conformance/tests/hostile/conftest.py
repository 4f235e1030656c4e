"""Fixtures with the servers that mean harm."""

import contextlib
from collections.abc import Callable, Iterator

import pytest
from hostile_servers import BEHAVIOURS, Behaviour, listening


@pytest.fixture
def listen() -> Iterator[Callable[..., str]]:
    """Return a function that starts a server with a behaviour, and returns its address."""
    with contextlib.ExitStack() as stack:
        yield lambda behaviour, **how: stack.enter_context(listening(behaviour, **how))


@pytest.fixture
def behaviours() -> dict[str, Behaviour]:
    """All behaviours by name."""
    return BEHAVIOURS


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that wants a `behaviour` each of them."""
    if "behaviour" in metafunc.fixturenames:
        metafunc.parametrize("behaviour", BEHAVIOURS.values(), ids=BEHAVIOURS)
