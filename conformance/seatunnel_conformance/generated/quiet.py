"""Keeps the libraries that generate requests from doing and saying what only concerns their own users."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from hypothesis.internal import lambda_sources


@contextmanager
def quiet() -> Iterator[None]:
    """Show no warnings of the libraries in the block, and print no lambdas.

    To print lambdas, which the suite does not show, hypothesis parses whole modules: a tenth of a run. And
    CPython 3.11 can't parse in several threads at once (gh-106905).
    """
    with warnings.catch_warnings(), patch.object(lambda_sources, "lambda_description", return_value="lambda"):
        warnings.simplefilter("ignore")
        yield
