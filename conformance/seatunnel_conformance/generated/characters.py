"""Halves of characters, which engines cite when they refuse a configuration.

Their parser of configurations reads UTF-16. Of a character beyond the basic plane it cites the first of two units,
and the servlet container sends that as three bytes, which UTF-8 has not. The contract says so of an error's message,
but no schema can.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

from schemathesis import Response

_FIRST_HALF: Final = re.compile("[\ud800-\udbff](?![\udc00-\udfff])")


def complete(response: Response) -> None:
    """Put a replacement character for each first half in an error's body, so that all the rest of it is judged.

    A body that is no UTF-8 for any other reason stays so, and the body of a success is not looked at.
    """
    if response.status_code < HTTPStatus.BAD_REQUEST:
        return
    try:
        text = response.content.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return
    response.content = _FIRST_HALF.sub("\N{REPLACEMENT CHARACTER}", text).encode("utf-8", "surrogatepass")
