"""Reads a Markdown page about the API: its curl commands, named endpoints and JSON blocks."""

from __future__ import annotations

import argparse
import html
import io
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final, NoReturn

from markdown_it import MarkdownIt
from markdown_it.token import Token

from seatunnel_conformance.rehearsal.request_log import LoggedRequest, read_log
from seatunnel_openapi.documents import syntax_problem
from seatunnel_openapi.files import read_text

_COMMAND: Final = re.compile(r"(?<![\w/-])curl\s")
_PLACEHOLDER: Final = re.compile(r"<(\w[\w -]*)>")
_ADDRESS: Final = re.compile(r"(?:\w+://)?(?P<host>[^/\s?]*)(?P<path>/[^\s#]*)?")
_DOMAIN: Final = re.compile(r"(?:[^@]*@)?(?:[a-z\d-]++\.)++[a-z]{2,}+(?P<port>:\d+)?", re.IGNORECASE)
_ENDS: Final = frozenset("();|&<>\n")
FORM: Final = "application/x-www-form-urlencoded"
"""The content type that curl sends for `-d`."""


class _CurlParser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def _parser() -> argparse.ArgumentParser:
    """Return a parser of curl's options: those that define a request, and others that are skipped with their value."""
    parser = _CurlParser(add_help=False, allow_abbrev=False)
    parser.add_argument("urls", nargs="*")
    parser.add_argument("--url", dest="url")
    parser.add_argument("-X", "--request")
    parser.add_argument("-H", "--header", action="append", default=[])
    data = ("-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--data-urlencode")
    parser.add_argument(*data, dest="data", action="append", default=[])
    parser.add_argument("--json", action="append", default=[])
    parser.add_argument("-F", "--form", action="append", default=[])
    parser.add_argument("-u", "--user")
    parser.add_argument("-I", "--head", action="store_true")
    parser.add_argument("-G", "--get", action="store_true")
    for flag in "sSLkivfgnN":
        parser.add_argument(f"-{flag}", action="store_true", dest=f"flag_{flag}")
    for option in ("-o", "-w", "-m", "-b", "-c", "-A", "-e", "-x", "-T"):
        parser.add_argument(option, dest=f"option_{option[1]}")
    for option in ("output", "write-out", "max-time", "connect-timeout", "retry", "cacert"):
        parser.add_argument(f"--{option}")
    return parser


_PARSER: Final = _parser()


@dataclass(frozen=True, slots=True)
class DocumentedRequest:
    """A request in a page: a curl command (`is_command`), or an endpoint in the text, such as `GET /overview`.

    `reads_file`: the command reads the body from a file, so `request` has no body. `scheme` is that of the credentials,
    such as `basic`; empty without credentials. `has_domain`: the address has a domain name, such as `api.github.com`,
    and not port 8080.
    """

    line: int
    request: LoggedRequest
    is_command: bool = False
    reads_file: bool = False
    scheme: str = ""
    has_domain: bool = False


@dataclass(frozen=True, slots=True)
class UnreadableCurl:
    """A curl command that can't be parsed, and the reason."""

    line: int
    reason: str


def commands(text: str, line_before: int = 0) -> Iterator[DocumentedRequest | UnreadableCurl]:
    """Yield the curl commands in a shell text that begins after the line `line_before` of a page."""
    text = _PLACEHOLDER.sub(lambda found: "{" + found[1].replace(" ", "") + "}", text)
    stream = io.StringIO(text.replace("\\\n", "  "))
    line, at = line_before + 1, 0
    # The lexer has read one character too many at the end of a command.
    while found := _COMMAND.search(text, max(0, stream.tell() - 1)):
        stream.seek(found.end())
        line_start = text.rfind("\n", 0, found.start()) + 1
        if text[line_start : found.start()].lstrip().startswith("#"):
            continue
        line, at = line + text.count("\n", at, found.start()), found.start()
        try:
            yield _request(_PARSER.parse_known_args(_words(stream))[0], line)
        except ValueError as problem:
            yield UnreadableCurl(line, str(problem))


def _words(stream: io.StringIO) -> list[str]:
    """Read the words up to the end of the command. Raises `ValueError` for a quote that is not closed."""
    lexer = shlex.shlex(stream, posix=True, punctuation_chars="();|&<>\n")
    lexer.whitespace, lexer.commenters = " \t\r", ""
    lexer.wordchars += "{}:/?=%$@,+![]^#"
    words = []
    for word in lexer:
        if word and set(word) <= _ENDS:
            break
        words.append(word)
    return words


def _request(options: argparse.Namespace, line: int) -> DocumentedRequest:
    url = options.url or next(iter(options.urls), "")
    headers = {name.strip().lower(): value.strip() for name, _, value in (it.partition(":") for it in options.header)}
    data = [*options.json, *options.data]
    address = _ADDRESS.match(url)
    path = (address and address["path"]) or "/"
    domain = _DOMAIN.fullmatch(address["host"]) if address else None
    if options.get and data:
        path += ("&" if "?" in path else "?") + "&".join(data)
        data = []
    if options.json:
        headers.setdefault("content-type", "application/json")
    elif data:
        headers.setdefault("content-type", FORM)
    elif options.form:
        headers.setdefault("content-type", "multipart/form-data")
    method = options.request or ("HEAD" if options.head else "POST" if data or options.form else "GET")
    reads_file = any(each.startswith("@") for each in data) or bool(options.form)
    body = "&".join(data) if data and not reads_file else None
    scheme = "basic" if options.user else headers.get("authorization", "").partition(" ")[0].lower()
    has_domain = domain is not None and domain["port"] != ":8080"
    request = LoggedRequest(method.upper(), path, headers, body)
    return DocumentedRequest(line, request, True, reads_file, scheme, has_domain)  # noqa: FBT003 - a command


_SHELL: Final = frozenset({"", "bash", "sh", "shell", "console", "shell-session", "zsh"})
_TAG: Final = re.compile(r"<[^<>]+>")
_ENDPOINT: Final = re.compile(r"\b(GET|POST|PUT|DELETE|PATCH|HEAD)\s+(/[^\s()`'\",]*)")
_PARAMETER: Final = re.compile(r":(\w+)")
_ABRIDGED: Final = re.compile(r"\.\.\.|…")
# SeaTunnel's documentation is in English and Chinese.
_RESPONSE: Final = re.compile(r"\b(respon[sd]\w*|returns?|answers?|output)\b|响应|返回", re.IGNORECASE)
_REQUEST: Final = re.compile(r"\b(body|request\w*|submit|send|\w+\.json)\b|请求|主体", re.IGNORECASE)


class Role(Enum):
    """The role of a block of JSON; the value precedes the operation in messages, as in `request of POST /stop-job`."""

    REQUEST = "request of"
    RESPONSE = "response of"
    UNKNOWN = "JSON after"


@dataclass(frozen=True, slots=True)
class JsonBlock:
    """A block of JSON. `endpoint` is the last request before it in the page, `problem` why it can't be parsed.

    `line` is the line of the problem, or else the first line of the text.
    """

    line: int
    role: Role
    endpoint: DocumentedRequest | None
    text: str
    document: Any = None
    problem: str = ""

    def line_of(self, member: str) -> int:
        """Return the first line that has a member, or the first line of the block."""
        at = self.text.find(f'"{member}"') if member else -1
        return self.line if at < 0 else self.line + self.text.count("\n", 0, at)


Item = DocumentedRequest | JsonBlock | UnreadableCurl


def items_of(text: str) -> Iterator[Item]:
    """Yield the requests and the JSON of a page in their order. Lines count from 1."""
    said, endpoint = "", None
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        line = token.map[0] + 1 if token.map else 0
        found: list[Item] = []
        if token.type == "fence" and token.info.split(" ")[0].lower() in _SHELL:
            found = list(commands(token.content, line))
        elif token.type == "fence" and token.info.split(" ")[0].lower() == "json":
            found = [_json_block(token.content, line, said, endpoint)]
        elif token.type in {"inline", "html_block"}:
            words = html.unescape(_TAG.sub(" ", token.content) if token.type == "html_block" else token.content)
            found = [*_endpoints(words, line), *_inline_commands(token, line)]
            said = words if words.strip() else said
        for each in found:
            if not isinstance(each, JsonBlock):
                endpoint = each if isinstance(each, DocumentedRequest) else None
        yield from found


def _inline_commands(token: Token, line: int) -> Iterator[DocumentedRequest | UnreadableCurl]:
    """Yield the curl commands in the inline code of a paragraph that begins at `line`."""
    for child in token.children or ():
        if child.type == "code_inline" and _COMMAND.match(child.content):
            yield from commands(child.content, line - 1)
        line += child.type in {"softbreak", "hardbreak"}


def _endpoints(text: str, line: int) -> Iterator[DocumentedRequest]:
    at = 0
    for found in _ENDPOINT.finditer(text):
        line, at = line + text.count("\n", at, found.start()), found.start()
        path = _PARAMETER.sub(r"{\1}", found[2]).replace("<", "{").replace(">", "}").rstrip(".;:")
        yield DocumentedRequest(line, LoggedRequest(found[1], path))


def _json_block(text: str, line: int, said: str, endpoint: DocumentedRequest | None) -> JsonBlock:
    role = Role.RESPONSE if _RESPONSE.search(said) else Role.REQUEST if _REQUEST.search(said) else Role.UNKNOWN
    try:
        document = json.loads(text)
    except RecursionError:
        return JsonBlock(line + 1, role, endpoint, text, problem="it is nested too deeply")
    except json.JSONDecodeError as error:
        problem = "" if _ABRIDGED.search(text) else syntax_problem(error)
        return JsonBlock(line + error.lineno, role, endpoint, text, problem=problem)
    if isinstance(document, dict) and {"env", "source", "sink"} <= document.keys() and role is Role.UNKNOWN:
        role = Role.REQUEST
    return JsonBlock(line + 1, role, endpoint, text, document)


def named_paths(file: Path) -> tuple[str, ...]:
    """Return the paths of GET requests that a log or a Markdown page names, each once.

    Raises `BrokenLog`, and `OSError` for a page that can't be read.
    """
    if file.suffix in {".md", ".markdown"}:
        found = [it.request for it in items_of(read_text(file)) if isinstance(it, DocumentedRequest)]
    else:
        found = [*read_log(file).requests]
    return tuple(dict.fromkeys(it.path for it in found if it.method == "GET"))
