"""The patterns of `--only` and `--skip`: one grammar for both.

A pattern is a glob over the names of a check, and case counts. A check is selected by any name it has: its id, the
group of its clause, its level, and the method and path, the id and the tag of its operation. `*` and `?` are the only
letters with a meaning: an operation's path has braces, nobody needs brackets.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Stranger:
    """A pattern that matches no check. `option` is where it was given; `meant` are names like it, at most three."""

    option: str
    pattern: str
    meant: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.option} {self.pattern} matches no check"

    @property
    def hint(self) -> str:
        """A question for whoever wrote it; empty where nothing is like it."""
        return f"did you mean {' or '.join(self.meant)}?" if self.meant else ""


@dataclass(frozen=True, slots=True)
class Patterns:
    """What a run was told to make and to leave out: any of `only` (all, where there are none), and none of `skip`."""

    only: Sequence[str] = ()
    skip: Sequence[str] = ()

    def select(self, names: Iterable[str]) -> bool:
        """Tell whether a check of these names is made."""
        known = tuple(names)
        wanted = not self.only or _any_matches(known, self.only)
        return wanted and not _any_matches(known, self.skip)

    def strangers(self, names: Iterable[str]) -> list[Stranger]:
        """Return the patterns that match none of the names of all checks, in the order in which they were given."""
        known = tuple(dict.fromkeys(names))
        given = [*(("--only", pattern) for pattern in self.only), *(("--skip", pattern) for pattern in self.skip)]
        return [
            Stranger(option, pattern, _alike(pattern, known))
            for option, pattern in given
            if not _any_matches(known, [pattern])
        ]


def _any_matches(names: Iterable[str], patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern.replace("[", "[[]")) for pattern in patterns for name in names)


def _alike(pattern: str, names: Iterable[str]) -> tuple[str, ...]:
    by_letters = {name.casefold(): name for name in names}
    return tuple(by_letters[found] for found in get_close_matches(pattern.casefold(), by_letters, n=3, cutoff=0.5))
