"""Compares the requests and the JSON of a page with the contract of a release."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final
from urllib.parse import parse_qsl

from seatunnel_conformance.documentation.page import FORM, DocumentedRequest, Item, JsonBlock, Role, UnreadableCurl
from seatunnel_conformance.observe.schemas import further_members, validator_of, violations_of
from seatunnel_conformance.rehearsal.request_log import LoggedRequest, Routed, route
from seatunnel_conformance.target.routes import query_names
from seatunnel_openapi import Contract, Operation
from seatunnel_openapi.documents import syntax_problem

_OLD_API: Final = "/hazelcast/rest/maps"
_OWN_PAGES: Final = "/_"
"""The prefix of the pages that only the reference server and the gateway have."""
_PLACEHOLDER: Final = re.compile(r"\{\w+\}|\$\{?\w+\}?")
_EMPTY: Final = '""'
"""An empty string in JSON of a page, which is a placeholder for any value."""
_LONG: Final = 60
_MATCHING: Final = "a string that matches "
_IN_URL: Final = re.compile(rf"{_PLACEHOLDER.pattern}|(?<![\w.])\d{{9,19}}(?![\w.])")
_IN_BODY: Final = re.compile(r"<\w+>|\$\{?\w+\}?|(?<![\w.])\d{12,19}(?![\w.])")


@dataclass(frozen=True, slots=True)
class DocumentationFinding:
    """A difference between a page and the contract. `subject` is the request or block with the difference."""

    line: int
    subject: str
    message: str
    hint: str = ""


Send = Callable[[LoggedRequest], tuple[int, str]]
"""A function that sends a request and returns the status and the body of the response."""
CheckJob = Callable[[Any], Iterable[str]]
"""A function that returns the errors of a job configuration."""


@dataclass(frozen=True, slots=True)
class PageLint:
    """Compares pages with the contract of a release.

    `others` loads the contracts of other releases, for hints about an unknown path. With `send`, complete curl
    commands and GET paths are also sent.
    """

    contract: Contract
    others: Callable[[], Iterable[Contract]] = lambda: ()
    check_job: CheckJob = lambda _: ()
    send: Send | None = None

    def findings(self, items: Iterable[Item]) -> Iterator[DocumentationFinding]:
        """Yield the findings of a page in the order of its items, each message about a subject once."""
        seen: set[tuple[str, str]] = set()
        for item in items:
            for finding in self._of_item(item):
                key = (finding.subject, finding.message)
                if key not in seen:
                    seen.add(key)
                    yield finding

    def _of_item(self, item: Item) -> Iterator[DocumentationFinding]:
        match item:
            case UnreadableCurl():
                yield DocumentationFinding(item.line, "curl", f"the command can't be read: {item.reason}")
            case DocumentedRequest():
                yield from self._of_request(item)
            case JsonBlock():
                yield from self._of_block(item)

    def _of_request(self, item: DocumentedRequest) -> Iterator[DocumentationFinding]:
        subject = f"{item.request.method} {item.request.url}"
        request, note = _without_old_prefix(item.request)
        if request.path.startswith(_OWN_PAGES):
            return
        routed = route(request, [self.contract])
        if routed is None:
            if item.has_domain:
                return  # it is probably a request to another API
            message, hint = self._missing(request)
            yield DocumentationFinding(item.line, subject, message, hint)
            return
        if note:
            yield DocumentationFinding(item.line, subject, note, f"the path is {request.path}")
        for message, hint in (*self._parameters(routed), *self._credentials(item), *self._body(item, routed.operation)):
            yield DocumentationFinding(item.line, subject, message, hint)
        if self.send is not None and _can_be_sent(item):
            status, body = self.send(request)
            if status >= 400:  # noqa: PLR2004 - errors of HTTP
                message = f"the reference server answers {status}: {body[:200]}".removesuffix(": ")
                yield DocumentationFinding(item.line, subject, message)

    def _missing(self, request: LoggedRequest) -> tuple[str, str]:
        """Return the message and the hint for a request that no operation accepts."""
        release = self.contract.release
        methods = {
            it.method
            for it in self.contract.operations
            if route(LoggedRequest(it.method, request.url), [self.contract])
        }
        if methods:
            return f"{release} has no {request.method} for this path", f"use {' or '.join(sorted(methods))}"
        known = [it.path for it in self.contract.operations if it.method == request.method]
        by_begin = {path.partition("{")[0].rstrip("/"): path for path in known}
        wanted = re.split(r"/\d+$", _PLACEHOLDER.split(request.path)[0])[0].rstrip("/")
        # The last part of a path may be a value, such as a state of jobs.
        tries = (wanted, wanted.rpartition("/")[0])
        close = next((found for each in tries if (found := get_close_matches(each, by_begin, 1, 0.75))), [])
        hint = f"did you mean {by_begin[close[0]]}?" if close else ""
        having = [contract.release for contract in self.others() if route(request, [contract])]
        if having:
            hint = f"{', '.join(having)} {'has' if len(having) == 1 else 'have'} it"
        return f"{release} has no such path", hint

    def _parameters(self, routed: Routed) -> Iterator[tuple[str, str]]:
        known = query_names(self.contract, routed.operation)
        if known is None:
            return
        sent = dict(parse_qsl(routed.seen.query, keep_blank_values=True))
        for name in sorted(sent.keys() - known):
            close = get_close_matches(name, known, 1, 0.75)
            hint = f"did you mean `{close[0]}`?" if close else f"it has {', '.join(sorted(known)) or 'no parameters'}"
            yield f"the parameter `{name}` is ignored", hint
        for each in routed.operation.parameters:
            if each["in"] == "query" and each.get("required") and each["name"] not in sent:
                yield f"the parameter `{each['name']}` is missing", ""

    def _credentials(self, item: DocumentedRequest) -> Iterator[tuple[str, str]]:
        schemes = self.contract.document.get("components", {}).get("securitySchemes", {})
        known = sorted(str(it.get("scheme")) for it in schemes.values())
        if item.scheme and item.scheme not in known:
            hint = f"it knows {', '.join(known)}" if known else "it asks for no credentials"
            yield f"{self.contract.release} does not know {item.scheme} credentials", hint

    def _body(self, item: DocumentedRequest, operation: Operation) -> Iterator[tuple[str, str]]:
        if not item.is_command or operation.request_body is None:
            return
        sent = item.request.headers.get("content-type", "").partition(";")[0]
        takes_form = "formBody" not in operation.behaviour or operation.behaviour.choice("formBody") == "read"
        checked = self.contract.behaviour.choice("requestContentType") == "checked"
        if sent == FORM and (checked or not takes_form):
            yield "curl sends the body as a form, which is refused", "add -H 'Content-Type: application/json'"
        if item.request.body is None:
            if not item.reads_file and operation.request_body.get("required"):
                yield "the request has no body", ""
            return
        if (schema := operation.request_schema()) is None or "format=" in item.request.query:
            return
        try:
            document = json.loads(item.request.body)
        except (ValueError, RecursionError) as problem:
            if "..." not in item.request.body:
                reason = syntax_problem(problem) if isinstance(problem, json.JSONDecodeError) else problem
                yield f"the body is not JSON: {reason}", ""
            return
        for message, _ in (*self._of_document(schema, document), *self._ignored(schema, document)):
            yield message, ""
        if operation.id == "submit_job":
            yield from ((problem, "") for problem in self.check_job(document))

    def _of_block(self, item: JsonBlock) -> Iterator[DocumentationFinding]:
        request = _without_old_prefix(item.endpoint.request)[0] if item.endpoint else None
        routed = route(request, [self.contract]) if request else None
        subject = f"{item.role.value} {routed.operation.method} {routed.operation.path}" if routed else "JSON"
        if item.problem:
            yield DocumentationFinding(item.line, subject, f"the block is not JSON: {item.problem}")
        if routed is None or item.document is None:
            return
        operation = routed.operation
        found: Iterable[tuple[str, str]] = ()
        if item.role is Role.REQUEST and (schema := operation.request_schema()) is not None:
            found = [*self._of_document(schema, item.document), *self._ignored(schema, item.document)]
            if operation.id == "submit_job":
                found += [(problem, "") for problem in self.check_job(item.document)]
        elif item.role is Role.RESPONSE:
            schemas = [operation.response_schema(status) for status in sorted(operation.responses)]
            found = self._of_response([it for it in schemas if it is not None], item.document)
        for message, member in found:
            yield DocumentationFinding(item.line_of(member), subject, message)

    def _of_response(self, schemas: list[Mapping[str, Any]], document: Any) -> list[tuple[str, str]]:
        """Return messages about a document as a successful response; none if it fits the response of any status."""
        found = [list(self._of_document(schema, document)) for schema in schemas]
        return found[0] if found and all(found) else []

    def _of_document(self, schema: Mapping[str, Any], document: Any) -> Iterator[tuple[str, str]]:
        """Yield messages about a document, each with the name of the member in question.

        Members of all forms of a response are known, because pages show several forms in one document.
        """
        known = _members_of_forms(self.contract, schema)
        for place in dict.fromkeys(further_members(self.contract, schema, document)):
            name = place.rpartition("/")[2]
            if name not in known:
                yield f"there is no member `{place.removeprefix('/')}`", name
        for violation in violations_of(validator_of(self.contract, schema), document):
            place, expected = violation.place.removeprefix("/"), self._in_words(violation.expected)
            found, name = violation.found, place.rpartition("/")[2]
            if expected == "a member":
                yield f"the member `{place}` is missing", ""
            elif found != _EMPTY and not expected.startswith("not "):
                where = f"`{place}`: " if place else ""
                yield f"{where}expected {expected}, found {found if len(found) < _LONG else found[:_LONG] + '…'}", name

    def _in_words(self, expected: str) -> str:
        """Return the expected value, with an example for each pattern of the contract."""
        for name, schema in self.contract.document["components"]["schemas"].items():
            if "pattern" in schema:
                words = "a job id as text" if name.endswith("JobId") else f'text such as "{schema.get("example")}"'
                expected = expected.replace(f"{_MATCHING}{schema['pattern']}", words)
        return "text of another form" if _MATCHING in expected else expected

    def _ignored(self, schema: Mapping[str, Any], document: Any) -> Iterator[tuple[str, str]]:
        """Yield a message for each top-level member that no request of the API has."""
        requests = [operation.request_schema() for operation in self.contract.operations]
        known = {name for it in requests if it for name in self.contract.resolve(it).get("properties", ())}
        if isinstance(document, dict) and self.contract.resolve(schema).get("properties"):
            for name in document.keys() - known:
                yield f"the member `{name}` is ignored", name


def _members_of_forms(contract: Contract, schema: Mapping[str, Any]) -> set[str]:
    """Return the members of all alternatives of a schema (for a list: of its items)."""
    resolved = contract.resolve(schema)
    if "items" in resolved:
        return _members_of_forms(contract, resolved["items"])
    return {name for form in contract.forms(resolved) for name in contract.resolve(form).get("properties", ())}


def _without_old_prefix(request: LoggedRequest) -> tuple[LoggedRequest, str]:
    """Return a request with the path of the REST API V2, and a message if its path was of the older API."""
    if not request.url.startswith(f"{_OLD_API}/"):
        return request, ""
    renamed = LoggedRequest(request.method, request.url.removeprefix(_OLD_API), request.headers, request.body)
    return renamed, f"{_OLD_API} is the path of the older API, on the port of Hazelcast"


def _can_be_sent(item: DocumentedRequest) -> bool:
    if not item.is_command:
        return item.request.method == "GET"
    return not item.reads_file and not item.scheme and "..." not in (item.request.body or "")


def filled(request: LoggedRequest, job_id: str) -> LoggedRequest:
    """Return a request with a job's id in place of the documentation's ids and placeholders."""
    url = request.url.replace("{state}", "FINISHED")
    body = None if request.body is None else _IN_BODY.sub(job_id, request.body)
    return LoggedRequest(request.method, _IN_URL.sub(job_id, url), request.headers, body)
