"""Keeps the libraries that generate requests from doing and saying what only concerns their own users."""

from __future__ import annotations

import ast
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from unittest.mock import patch

from hypothesis.internal import lambda_sources

from seatunnel_conformance.text.syntax import PARSING

_LOCK: Final = threading.Lock()
_BLOCKS: Final[list[ExitStack]] = []
"""The blocks of `quiet` that are active. Warnings belong to the whole process, so the last block restores them."""


@contextmanager
def quiet() -> Iterator[None]:
    """Show no warnings of the libraries in the block, and print no lambdas. Several threads can be in such a block.

    To print lambdas, which the suite does not show, hypothesis parses whole modules: a tenth of a run. What it still
    parses is parsed by one thread at a time (`PARSING`).
    """
    with _LOCK:
        _BLOCKS.append(_BLOCKS[0] if _BLOCKS else _silence())
    try:
        yield
    finally:
        with _LOCK:
            block = _BLOCKS.pop()
            if not _BLOCKS:
                block.close()


def _silence() -> ExitStack:
    stack, parse = ExitStack(), ast.parse

    def parse_alone(*arguments: Any, **named: Any) -> Any:
        with PARSING:
            return parse(*arguments, **named)

    stack.enter_context(warnings.catch_warnings())
    warnings.simplefilter("ignore")
    stack.enter_context(patch.object(lambda_sources, "lambda_description", return_value="lambda"))
    stack.enter_context(patch.object(ast, "parse", parse_alone))
    return stack
