"""Parses job configurations in SQL: tables with connectors, and statements that move rows between them.

    /* config
    env { job.mode = "BATCH" }
    */
    CREATE TABLE fake (name STRING) WITH ('connector' = 'FakeSource', 'type' = 'source');
    CREATE TABLE out (name STRING) WITH ('connector' = 'Console', 'type' = 'sink');
    INSERT INTO out SELECT name FROM fake;

As in the engine, every error is an `EngineFailure`, also for an empty text. Recorded in `submit-job/sql*`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from seatunnel_server.engine.errors import EngineFailure
from seatunnel_server.engine.hocon import parse as parse_hocon

# Possessive quantifiers match strings and comments as a whole, so that matching takes linear time; a string or comment
# without an end goes up to the end of the text.
_TOKEN: Final = re.compile(r"(?:'(?:[^']++|'')*+'?)|(?P<comment>/\*.*?(?:\*/|\Z))|\w++|\s++|.", re.DOTALL)
_NAME: Final = r"[`\"]?([\w.]++)[`\"]?"
_TABLE: Final = re.compile(rf"\s*CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?{_NAME}\s*(?=\(|WITH\b)", re.IGNORECASE)
_VIEW: Final = re.compile(rf"\s*CREATE\s+TABLE\s+{_NAME}\s+AS\s+(SELECT\b.*)", re.DOTALL | re.IGNORECASE)
_INSERT: Final = re.compile(rf"\s*INSERT\s+INTO\s+{_NAME}\s+(SELECT\b.*)", re.DOTALL | re.IGNORECASE)
_SOURCE: Final = re.compile(rf"\bFROM\s+{_NAME}", re.IGNORECASE)
_NAMED: Final = re.compile(rf"SELECT\s+{_NAME}\s*", re.IGNORECASE)
_WHOLE: Final = frozenset({("{", "}"), ("[", "]")})


class NotSql(EngineFailure):
    """The text is not a valid configuration in SQL."""


@dataclass
class _ScriptReader:
    sources: list[dict[str, Any]] = field(default_factory=list)
    transforms: list[dict[str, Any]] = field(default_factory=list)
    sinks: list[dict[str, Any]] = field(default_factory=list)
    targets: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The options of the tables for INSERT, by name."""
    origins: set[str] = field(default_factory=set)
    """The names of the tables for SELECT."""

    def declare(self, name: str, options: dict[str, Any]) -> None:
        """Add a table with a connector; a table that is neither source nor sink is ignored."""
        self._require_new(name)
        kind, connector = str(options.pop("type", "")).lower(), options.pop("connector", "")
        if kind not in {"source", "sink"}:
            return
        if not connector:
            raise NotSql("The connector of option is none")
        plugin = {"plugin_name": connector} | options
        if kind == "source":
            self.origins.add(name)
            self.sources.append(plugin | {"plugin_output": name})
        else:
            self.targets[name] = plugin

    def read(self, statement: str) -> None:
        """Add a statement that moves rows."""
        if found := _VIEW.fullmatch(statement):
            self._require_new(found[1])
            self._query(found[2], found[1])
            self.origins.add(found[1])
        elif found := _INSERT.fullmatch(statement):
            self._insert(found[1], found[2].strip())
        else:
            raise NotSql(f"Unsupported SQL syntax: {' '.join(statement.split())[:100]}")

    def _require_new(self, name: str) -> None:
        if name in self.origins or name in self.targets:
            raise NotSql(f"Table name duplicate: {name}")

    def _query(self, query: str, output: str | None = None) -> str:
        found = _SOURCE.search(query)
        if found is None:
            raise NotSql(f"There is no table that is selected from: {query[:100]}")
        output = output or f"{found[1]}__temp{len(self.sinks) + 1}"
        self.transforms.append(
            {"plugin_name": "sql", "plugin_input": self._origin(found[1]), "plugin_output": output} | {"query": query}
        )
        return output

    def _origin(self, name: str) -> str:
        if name not in self.origins:
            raise NotSql(f"The source table[{name}] is not found")
        return name

    def _insert(self, target: str, query: str) -> None:
        """Add an INSERT. Its query becomes a transform, except for `SELECT name`, which only names a table."""
        named = _NAMED.fullmatch(query)
        origin = self._query(query) if named is None else self._origin(named[1])
        if target not in self.targets:
            raise NotSql(f"The sink table[{target}] is not found")
        self.sinks.append(self.targets[target] | {"plugin_input": origin})


def parse(text: str) -> dict[str, Any]:
    """Return the text of a configuration as a tree, as `Planner.plan` takes it.

    Raises `NotSql`, and for the comments with options the errors of the HOCON reader.
    """
    options, statements = _parts(text.replace("\r\n", "\n").split("\n"))
    reader, moves = _ScriptReader(), []
    for statement in map(_single, statements):
        if found := _TABLE.match(statement):
            reader.declare(found[1], _options_of(statement))
        else:
            moves.append(statement)
    for statement in moves:
        reader.read(statement)
    if not reader.sources:
        raise NotSql("The SQL config must contain at least one source table")
    if not reader.sinks:
        raise NotSql("The SQL config must contain `INSERT INTO ... SELECT ...` syntax")
    tree = parse_hocon("\n".join(options)) if options else {}
    return tree | {"source": reader.sources, "transform": reader.transforms, "sink": reader.sinks}


def _parts(lines: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the lines of the comments with options, and the statements.

    As in the engine, a comment begins and ends with separate lines, and a statement ends where a line ends with a
    semicolon. Text after the last such line is ignored.
    """
    options: list[str] = []
    statements: list[str] = []
    begun: list[str] = []
    inside: list[str] | None = None
    for line in map(str.strip, lines):
        if line.startswith("--"):
            continue
        if inside is None and line.startswith("/*"):
            inside = options if line == "/* config" else []
        elif inside is not None:
            if line == "*/":
                inside = None
            else:
                inside.append(line)
        elif line:
            begun.append(line.partition(" --")[0])
            if begun[-1].endswith(";"):
                statements.append(" ".join(begun)[:-1])
                begun = []
    return options, statements


def _single(statement: str) -> str:
    """Return a statement without comments. Raises `NotSql` if there are several statements."""
    words = [" " if word["comment"] is not None else word[0] for word in _TOKEN.finditer(statement)]
    ends = words.index(";") if ";" in words else len(words)
    if any(not word.isspace() for word in words[ends + 1 :]):
        raise NotSql(f"Unsupported SQL syntax: {' '.join(''.join(words).split())[:100]}")
    return "".join(words[:ends])


def _options_of(statement: str) -> dict[str, Any]:
    """Return the options after `WITH`; empty if there is no `WITH`."""
    words = [word[0] for word in _TOKEN.finditer(statement) if not word[0].isspace()]
    begin = next(
        (at for at, (word, after) in enumerate(pairwise(words), 1) if word.upper() == "WITH" and after == "("),
        len(words),
    )
    options: dict[str, Any] = {}
    behind = words[begin:]
    for key, sign, value in zip(behind, behind[1:], behind[2:], strict=False):
        if sign == "=" and _is_whole(key) and _is_whole(value):
            options[_unquoted(key)] = _value(_unquoted(value))
    return options


def _is_whole(word: str) -> bool:
    """Return whether a token is a string with both quotes."""
    return word[:1] == "'" and word.count("'") % 2 == 0


def _unquoted(text: str) -> str:
    """Return the content of a string in quotes."""
    return text[1:-1].replace("''", "'")


def _value(text: str) -> Any:
    """Return an option's value: an object or a list that is parsed as HOCON, or any other text unchanged."""
    return parse_hocon(f"value = {text}")["value"] if (text.strip()[:1], text.strip()[-1:]) in _WHOLE else text
