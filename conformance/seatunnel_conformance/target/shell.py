"""Words of a command line for any POSIX shell: printable whatever they hold, and the same bytes when they are read."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

NOT_PASSED = "\0"
"""What no argument of a program can hold."""


def word(text: str) -> str:
    """Return a word that a shell passes on as this text; letters that can't be seen are made by `printf`.

    The text must not hold `NOT_PASSED`, nor end with a line end where it has such letters.
    """
    return shlex.quote(text) if is_plain(text) else f'"$({printf(text)})"'


def is_plain(text: str) -> bool:
    """Tell whether everything of a text but line ends can be seen."""
    return text.replace("\n", "").isprintable()


def printf(text: str) -> str:
    """Return the command that prints a text; halves of characters (`surrogateescape`) stand for bytes of their own."""
    return f"printf '{''.join(_format(text))}'"


def _format(text: str) -> Iterator[str]:
    for at, letter in enumerate(text):
        if letter in "\\%":
            yield letter * 2
        # A minus at the beginning would make it an option.
        elif letter == "'" or not letter.isprintable() or (letter == "-" and not at):
            errors = "surrogateescape" if "\udc80" <= letter <= "\udcff" else "surrogatepass"
            yield "".join(f"\\{byte:03o}" for byte in letter.encode("utf-8", errors))
        else:
            yield letter
