"""Unpaired surrogates in error messages, which engines send when they reject a configuration.

The parser of the engine reads UTF-16. Of a character beyond the basic plane it quotes only the first surrogate, which
the servlet container encodes as three bytes that are invalid in UTF-8. The contract states this for error messages,
but a schema can't.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

from schemathesis import Response

_FIRST_HALF: Final = re.compile("[\ud800-\udbff](?![\udc00-\udfff])")


def complete(response: Response) -> None:
    """Replace each unpaired high surrogate in an error's body, so that the rest of the body is validated.

    A body that is invalid UTF-8 for another reason is unchanged, and so is the body of a success.
    """
    if response.status_code < HTTPStatus.BAD_REQUEST:
        return
    try:
        text = response.content.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return
    response.content = _FIRST_HALF.sub("\N{REPLACEMENT CHARACTER}", text).encode("utf-8", "surrogatepass")
