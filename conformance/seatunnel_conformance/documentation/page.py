"""A Markdown page about the API: the requests that it shows, and the JSON that it says they take and return."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from markdown_it import MarkdownIt

from seatunnel_conformance.documentation.curl import CurlRequest, UnreadableCurl, commands
from seatunnel_conformance.rehearsal.request_log import LoggedRequest
from seatunnel_openapi.documents import syntax_problem

_SHELL: Final = frozenset({"", "bash", "sh", "shell", "console", "shell-session", "zsh"})
_TAG: Final = re.compile(r"<[^<>]+>")
_ENDPOINT: Final = re.compile(r"\b(GET|POST|PUT|DELETE|PATCH|HEAD)\s+(/[^\s()`'\",]*)")
_PARAMETER: Final = re.compile(r":(\w+)")
_ABRIDGED: Final = re.compile(r"\.\.\.|…")
# Upstream has its pages in English and Chinese.
_RESPONSE: Final = re.compile(r"\b(respon[sd]\w*|returns?|answers?|output)\b|响应|返回", re.IGNORECASE)
_REQUEST: Final = re.compile(r"\b(body|request\w*|submit|send|\w+\.json)\b|请求|主体", re.IGNORECASE)


class Role(Enum):
    """The role of a block of JSON, in words before the operation that it belongs to."""

    REQUEST = "request of"
    RESPONSE = "response of"
    UNKNOWN = "JSON after"


@dataclass(frozen=True, slots=True)
class DocumentedRequest:
    """A request of a page: a curl command, or an endpoint that it names, such as `GET /overview`."""

    line: int
    request: LoggedRequest
    command: CurlRequest | None = None


@dataclass(frozen=True, slots=True)
class JsonBlock:
    """A block of JSON. `endpoint` is the request that the page shows last before it, `problem` why it is not JSON.

    `line` is that of the error if there is a problem, otherwise the first of the text.
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
            found = list(_commands(token.content, line))
        elif token.type == "fence" and token.info.split(" ")[0].lower() == "json":
            found = [_json_block(token.content, line, said, endpoint)]
        elif token.type in {"inline", "html_block"}:
            words = html.unescape(_TAG.sub(" ", token.content) if token.type == "html_block" else token.content)
            found = list(_endpoints(words, line))
            said = words if words.strip() else said
        for each in found:
            if not isinstance(each, JsonBlock):
                endpoint = each if isinstance(each, DocumentedRequest) else None
        yield from found


def _commands(text: str, line: int) -> Iterator[Item]:
    for each in commands(text):
        if isinstance(each, UnreadableCurl):
            yield UnreadableCurl(line + each.line, each.reason)
        else:
            yield DocumentedRequest(line + each.line, each.request, each)


def _endpoints(text: str, line: int) -> Iterator[DocumentedRequest]:
    for found in _ENDPOINT.finditer(text):
        path = _PARAMETER.sub(r"{\1}", found[2]).replace("<", "{").replace(">", "}").rstrip(".;:")
        yield DocumentedRequest(line + text.count("\n", 0, found.start()), LoggedRequest(found[1], path))


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
