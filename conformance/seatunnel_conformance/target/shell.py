"""Quotes arguments for a POSIX shell, so that they are printable and keep their bytes."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

NOT_PASSED = "\0"
"""A character that no argument of a program can contain."""


def word(text: str) -> str:
    """Quote a text for a shell; unprintable characters are written by `printf`.

    The text must not contain `NOT_PASSED`, nor end with a line break if it has unprintable characters.
    """
    return shlex.quote(text) if is_plain(text) else f'"$({printf(text)})"'


def is_plain(text: str) -> bool:
    """Return whether a text is printable, apart from line breaks."""
    return text.replace("\n", "").isprintable()


def printf(text: str) -> str:
    """Return the `printf` command for a text; surrogate escapes stand for single bytes."""
    return f"printf '{''.join(_format(text))}'"


def _format(text: str) -> Iterator[str]:
    for at, letter in enumerate(text):
        if letter in "\\%":
            yield letter * 2
        # With a leading minus it would be an option.
        elif letter == "'" or not letter.isprintable() or (letter == "-" and not at):
            errors = "surrogateescape" if "\udc80" <= letter <= "\udcff" else "surrogatepass"
            yield "".join(f"\\{byte:03o}" for byte in letter.encode("utf-8", errors))
        else:
            yield letter
