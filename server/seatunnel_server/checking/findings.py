"""Findings: errors and likely mistakes in a job configuration."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import StrEnum
from itertools import islice
from typing import Any, Final

MOST: Final = 100
"""The most findings of a file; the search ends with this one."""
_COMPARED: Final = 1000
"""The most names that a misspelt one is compared with."""


_WORD: Final = 4
"""The least length of a name for suggestions of longer names that contain it as a word."""


class FindingSeverity(StrEnum):
    """Whether the release refuses or accepts a job with the finding."""

    ERROR = "error"
    """The release refuses the job."""
    WARNING = "warning"
    """The release accepts the job, which probably does something else than its author wants."""


class Rule(StrEnum):
    """The subject of a finding."""

    FILE = "file"
    SYNTAX = "syntax"
    LANGUAGE = "language"
    VARIABLE = "variable"
    INCLUDE = "include"
    KEY = "key"
    PLUGIN = "plugin"
    OPTION = "option"
    LINK = "link"
    CREDENTIALS = "credentials"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class JobFinding:
    """One finding. Lines and columns begin at 1; they are None where the place is not known."""

    rule: Rule
    severity: FindingSeverity
    message: str
    hint: str = ""
    line: int | None = None
    column: int | None = None
    end_column: int | None = None
    """The column after the text that the finding is about."""
    quotes: str = ""
    """The text of the configuration that the finding is about."""

    def placed(self, text: str) -> JobFinding:
        """Return the finding. If it has no place, and `quotes` occurs exactly once, it gets the place of `quotes`."""
        at = text.find(self.quotes) if self.line is None and self.quotes else -1
        if at < 0 or text.find(self.quotes, at + 1) >= 0:
            return self
        column = at - text.rfind("\n", 0, at)
        line = text.count("\n", 0, at) + 1
        return replace(self, line=line, column=column, end_column=column + len(self.quotes))


def error(rule: Rule, message: str, hint: str = "", **place: Any) -> JobFinding:
    """Return a finding that makes the release refuse the job."""
    return JobFinding(rule, FindingSeverity.ERROR, message, hint, **place)


def warning(rule: Rule, message: str, hint: str = "", **place: Any) -> JobFinding:
    """Return a finding that does not make the release refuse the job."""
    return JobFinding(rule, FindingSeverity.WARNING, message, hint, **place)


def similar(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return the most similar known name, or an empty string; letter case and separators of words are ignored."""
    by_folded_name, folded = {_folded(each): each for each in islice(known, _COMPARED)}, _folded(name)
    close = get_close_matches(folded, by_folded_name, 1, cutoff)
    if not close or close[0] != folded:  # words are left out more often than misspelt
        longer = [each for each in by_folded_name if f"-{folded}-" in f"-{each}-"] if len(folded) >= _WORD else []
        close = sorted(longer, key=len)[:1] if len(longer) == 1 or not close else close
    return by_folded_name[close[0]] if close else ""


def _folded(name: str) -> str:
    return re.sub(r"[._-]", "-", name.lower())


def did_you_mean(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return a hint with the most similar known name, or an empty string."""
    close = similar(name, known, cutoff=cutoff)
    return f"did you mean `{close}`?" if close else ""
