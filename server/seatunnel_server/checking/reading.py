"""Reads the text of a job configuration as a release does: its language, its tree, and its syntax errors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final

from seatunnel_openapi.documents import syntax_problem
from seatunnel_server.checking.findings import MOST, JobFinding, Rule, did_you_mean, error, warning
from seatunnel_server.checking.places import (
    NotClosed,
    RepeatedKey,
    parse_placed,
    place_of,
    with_places,
    with_sql_places,
)
from seatunnel_server.engine import sqlconfig
from seatunnel_server.engine.config import Language
from seatunnel_server.engine.errors import EngineError
from seatunnel_server.engine.hocon import Refused
from seatunnel_server.engine.hocon.tokens import Kind, scan
from seatunnel_server.engine.refusals import NotHocon
from seatunnel_server.http import request

_JSON: Final = request.MediaType.parse("application/json")
_ENDINGS: Final = {"json": Language.JSON, "sql": Language.SQL, "conf": Language.HOCON, "hocon": Language.HOCON}
_SQL: Final = re.compile(r"^[ \t]*+(CREATE\s++TABLE|INSERT\s++INTO|/\* config$)", re.IGNORECASE | re.MULTILINE)
# Possessive quantifiers match comments and strings as a whole, so that matching takes linear time.
_WITH: Final = re.compile(
    r"/\*.*?(?:\*/|\Z)|--[^\n]*+|'[^']*+'?|\bWITH\s*+\((?:--[^\n]*+|'[^']*+'?|[^';)])*+(?P<unclosed>;|\Z)?",
    re.DOTALL | re.IGNORECASE,
)
_CREATED: Final = re.compile(r"\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?`?(\w+)", re.IGNORECASE)
_SECTIONS: Final = frozenset({"env", "source", "transform", "sink"})
_MARKS: Final = frozenset(kind for kind in Kind if len(kind.value) == 1)


class NotText(Exception):
    """The content is not a text that can be checked, whatever the language; `finding` says why."""

    def __init__(self, finding: JobFinding) -> None:
        super().__init__(finding.message)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class JobText:
    """A configuration. `tree` is None if the text can't be parsed."""

    text: str
    language: Language
    tree: dict[str, Any] | None = None
    findings: tuple[JobFinding, ...] = field(default=())


def read_job(content: bytes, name: str, language: Language | None = None) -> JobText:
    """Read a configuration. The default language is that of the file name's ending, or else of the text.

    Raises `NotText`.
    """
    text = _decoded(content)
    job = JobText(text, language or _language(name, text))
    if job.language is not Language.JSON and len(content) > request.TEXT_LIMIT:
        raise NotText(_unchecked(f"{request.TEXT_LIMIT:,} bytes of {job.language.value.upper()}"))
    match job.language:
        case Language.JSON:
            return _read_json(job)
        case Language.SQL:
            return _read_sql(job)
    return _read_hocon(job)


def _decoded(content: bytes) -> str:
    if not content.strip():
        raise NotText(error(Rule.FILE, "the file is empty"))
    if len(content) > request.BODY_LIMIT:
        raise NotText(_unchecked(f"{request.BODY_LIMIT:,} bytes"))
    if b"\0" in content:
        raise NotText(error(Rule.FILE, "the file is binary", "job configurations are text in UTF-8"))
    try:
        return content.decode()
    except UnicodeDecodeError as problem:
        before = content[: problem.start]
        line, column = before.count(b"\n") + 1, len(before.rpartition(b"\n")[2].decode()) + 1
        found = error(Rule.FILE, "the file is not UTF-8", "save it in UTF-8", line=line, column=column)
        raise NotText(found) from None


def _unchecked(most: str) -> JobFinding:
    """Return the finding for a file that exceeds a limit of the reference server; engines have no such limit."""
    hint = "an engine may accept the file; check a smaller job with the same plugins"
    return warning(Rule.FILE, f"the file is not checked: the reference server takes at most {most}", hint)


def _language(name: str, text: str) -> Language:
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending in _ENDINGS:
        return _ENDINGS[ending]
    if _SQL.search(text):
        return Language.SQL
    return Language.JSON if re.match(r'\ufeff?\s*(\{\s*["}]|\[)', text) else Language.HOCON


def _read_json(job: JobText) -> JobText:
    findings: list[JobFinding] = []
    try:
        json.loads(job.text.removeprefix("\ufeff"))
    except json.JSONDecodeError as problem:
        place: dict[str, Any] = {"line": problem.lineno, "column": problem.colno}
        if problem.msg != "Extra data":
            return replace(job, findings=(_json_error(problem, job.text, place),))
        findings = [warning(Rule.SYNTAX, "the rest is ignored: the JSON value has ended", **place)]
    except (ValueError, RecursionError):
        findings = []
    try:
        tree = request.RequestBody.read(job.text.encode("utf-8", "replace"), _JSON).mapping()
    except (request.NothingThere, request.NotAnObject):
        found = error(
            Rule.SYNTAX, "a job is a JSON object, and the file has none", 'write {"env": {}, "source": [], …}'
        )
        return replace(job, findings=(found,))
    except request.TooManyValues:
        return replace(job, findings=(*findings, _unchecked(f"{request.VALUE_LIMIT:,} JSON values")))
    except EngineError as problem:
        return replace(job, findings=(error(Rule.SYNTAX, problem.message),))
    placed, repeated = with_places(tree, job.text)
    return replace(job, tree=placed, findings=(*findings, *_repetitions(repeated)))


def _repetitions(repeated: list[RepeatedKey]) -> Iterator[JobFinding]:
    for again in repeated[:MOST]:
        first = f"; it is also on line {again.first_line}" if again.first_line not in (None, again.key.line) else ""
        message = f"the key `{again.path}` appears twice in one object: the last one counts{first}"
        yield warning(Rule.KEY, message, **place_of(again.key))


def _json_error(problem: json.JSONDecodeError, text: str, place: dict[str, Any]) -> JobFinding:
    if not text[problem.pos :].strip():
        try:
            parse_placed(text, is_json=True)
        except NotClosed as unclosed:
            return error(Rule.SYNTAX, unclosed.reason, line=unclosed.line, column=unclosed.column)
        except EngineError:
            pass
    return error(Rule.SYNTAX, syntax_problem(problem), _json_hint(text), **place)


def _json_hint(text: str) -> str:
    return "the text seems to be HOCON; use --language hocon" if re.match(r"\s*(#|//|\w+\s*[{=])", text) else ""


def _read_hocon(job: JobText) -> JobText:
    try:
        tree, repeated = parse_placed(job.text)
        marks = _marks(job.text, refused=not _SECTIONS.isdisjoint(refused_keys(tree)))
        findings = (*islice(marks, MOST), *_repetitions(repeated))
    except NotHocon as problem:
        found = error(Rule.SYNTAX, problem.reason, _hocon_hint(job.text), line=problem.line, column=problem.column)
        return replace(job, findings=(found,))
    except EngineError as problem:
        return replace(job, findings=(error(Rule.SYNTAX, problem.message),))
    return replace(job, tree=tree, findings=findings)


def _hocon_hint(text: str) -> str:
    return "the text seems to be SQL; use --language sql" if _SQL.search(text) else ""


def _marks(text: str, *, refused: bool) -> Iterator[JobFinding]:
    """Yield findings about substitutions, `+=` and includes, which the engine does not apply to jobs from its API."""
    report = error if refused else warning
    before = Kind.NEWLINE
    for token in scan(text):
        place: dict[str, Any] = {"line": token.line, "column": token.column}
        if token.kind is Kind.REFERENCE:
            hint = "write the value, or put the text in quotes if the connector replaces it"
            yield report(Rule.VARIABLE, "a variable is not substituted: the API has no values for it", hint, **place)
        elif token.kind is Kind.APPEND:
            yield report(Rule.VARIABLE, "`+=` is not applied: it refers to an earlier value", "use `=`", **place)
        elif token.kind is Kind.WORD and token.text == "include" and before in _MARKS - {Kind.EQUALS, Kind.COLON}:
            yield warning(Rule.INCLUDE, "the include adds nothing: no file is read for a job of the API", **place)
        before = token.kind


def _read_sql(job: JobText) -> JobText:
    try:
        tree = with_sql_places(sqlconfig.parse(job.text), job.text)
        return replace(job, tree=tree, findings=tuple(islice(_unclosed(job.text), MOST)))
    except NotHocon as problem:
        where = "in the options between `/* config` and `*/`, or in a list or an object in quotes"
        return replace(job, findings=(error(Rule.SYNTAX, f"{problem.reason} ({where}, on line {problem.line} of it)"),))
    except EngineError as problem:
        name, made = _quoted(problem.message), _CREATED.findall(job.text)
        found = error(Rule.SYNTAX, problem.message, did_you_mean(name, made) if "[" in problem.message else "")
        return replace(job, findings=(replace(found, quotes=name).placed(job.text),))


def _unclosed(text: str) -> Iterator[JobFinding]:
    """Yield findings about lists of options that lack the closing parenthesis: the engine accepts them."""
    for found in _WITH.finditer(text):
        if found["unclosed"] is not None:
            at = found.start()
            line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
            message = "the parenthesis behind `WITH` is not closed at the end of the statement"
            yield warning(Rule.SYNTAX, message, "write `)` before `;`", line=line, column=column)


def _quoted(message: str) -> str:
    """Return the name of the table, or the first words of the statement, in a message of the engine."""
    if named := re.search(r"\[([^\]]+)\]", message):
        return named[1]
    return " ".join(message.partition(": ")[2].split()[:3]) if message.startswith("Unsupported") else ""


def plugins_of(tree: Mapping[str, Any], section: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the readable plugins of a section, each as a pair with its place first, such as `source[0]`."""
    value = tree.get(section)
    for place, plugin in enumerate(value if isinstance(value, list) else ()):
        if isinstance(plugin, Mapping) and not isinstance(plugin, Refused):
            yield f"{section}[{place}]", plugin


def refused_keys(tree: Mapping[str, Any]) -> Iterator[str]:
    """Yield the top-level keys that the engine refuses to read: their value, or an item of it, has a substitution."""
    for key, value in tree.items():
        if any(isinstance(each, Refused) for each in (value if isinstance(value, list) else [value])):
            yield key
