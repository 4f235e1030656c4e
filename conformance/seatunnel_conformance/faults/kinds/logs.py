"""Faults of log files, of the lists of log files, and of paths that lead out of the log folder."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from seatunnel_conformance.faults.changes import *

_ALL_NODES: Final = "list_logs read_logs"
_NODE: Final = "list_node_logs"
_HTML, _PLAIN = "text/html", "text/plain"
_MISSING: Final = "logs.missing-file log.missing-file"
_PARTS: Final = "logs.by-job-id logs.part-of-a-name"
_LINK: Final = re.compile(r'<a href="([^"]*)"([^>]*)>(.*?)</a>', re.DOTALL)


def _names_no_file(it: ProxiedExchange) -> bool:
    return it.is_for("read_logs") and ".log" not in it.value


def _shows_text(it: ProxiedExchange) -> bool:
    return it.is_for("read_logs", "read_node_log") and it.ok and it.media_type == _PLAIN


def _lacks_file(it: ProxiedExchange) -> bool:
    return it.is_for("read_logs", "read_node_log") and it.status == BAD_REQUEST and not it.received.body


def _finds_nothing(it: ProxiedExchange) -> bool:
    return _names_no_file(it) and it.document == []


def _with_links(change: Callable[[re.Match[str]], str]) -> Change:
    """Replace each link of an HTML list of log files; the groups of its match are address, attributes and text."""

    def changed(it: ProxiedExchange) -> ProxiedExchange:
        if not it.is_for("list_logs", "read_logs", _NODE) or not it.ok or it.media_type != _HTML:
            return it
        found = it.received.body.decode("utf-8", "replace")
        other = _LINK.sub(change, found)
        return it if other == found else it.with_text(other)

    return changed


def _link(link: re.Match[str], text: str) -> str:
    return f'<a href="{link[1]}"{link[2]}>{text}</a>'


def _with_other_texts(it: ProxiedExchange) -> ProxiedExchange:
    if doc.fact(it, "linkText") == "file":
        return _with_links(lambda link: _link(link, f"node-{link[3]}"))(it)
    return _with_links(lambda link: _link(link, link[1].rpartition("/")[2]))(it)


def _in_other_format(it: ProxiedExchange) -> ProxiedExchange:
    return it.with_reply(200, []) if doc.fact(it, "defaultFormat") == "html" else page(b"<html></html>")(it)


def _files_of_another_job(it: ProxiedExchange, files: list[Any]) -> ProxiedExchange:
    if not isinstance(it.document, list):
        return it
    if it.is_for("list_logs"):
        files[:] = it.document
    if not _names_no_file(it) or not it.value.isdecimal() or not it.document:
        return it
    others = [{**entry, "logName": entry["logName"].replace(it.value, "1")} for entry in it.document]
    return it.with_json(files[:1] or others)


def _lines_of_another_job(it: ProxiedExchange) -> ProxiedExchange:
    job_id = re.search(r"\d{15,19}", it.value)
    return it.with_text(_text(it).replace(job_id[0], "100000000000000001")) if job_id else it


def _in_any_case(it: ProxiedExchange, files: list[Any]) -> ProxiedExchange:
    if it.is_for("list_logs") and isinstance(it.document, list):
        files[:] = it.document
    wanted = it.value.lower()
    found = [entry for entry in files if wanted in entry["logName"].lower()]
    return it.with_json(found) if _names_no_file(it) and lists(it) else it


def _text(it: ProxiedExchange) -> str:
    return it.received.body.decode("latin-1")


def _other_charset(it: ProxiedExchange) -> str:
    other = "utf-8" if it.contract.behaviour.choice("textCharset") == "iso-8859-1" else "iso-8859-1"
    return f"text/plain;charset={other}"


def _leads_out(it: ProxiedExchange) -> bool:
    return ".." in it.path or "%2e%2e" in it.path.lower()


def _leaked(it: ProxiedExchange) -> ProxiedExchange:
    return it.with_reply(200, "").with_text("root:x:0:0::/root:/bin/sh\n").with_header("Content-Type", _PLAIN)


FAULTS: Final = (
    # Lists.
    row("log-list-loses-members", "The JSON list of log files has only file names, without nodes and links.",
        "logs.json-list", edited(each(lambda entry: entry["logName"])), on=_ALL_NODES, when=lists),
    row("log-format-is-taken-otherwise",
        "Without `format`, the list of log files is JSON where the contract states HTML, and vice versa.",
        "logs.default-format", _in_other_format,
        on="list_logs", when=lambda it: it.ok and "format" not in it.parameters),
    row("log-format-is-case-sensitive", "With `format=JSON` in capital letters, the list of log files is an HTML page.",
        "logs.format-words", query(lambda _: [("format", "html")]), on=_ALL_NODES,
        when=lambda it: it.parameters.get("format") == "JSON", before=True),
    row("unknown-log-format-is-400",
        "A list of log files with an unknown `format` is answered with 400 instead of an HTML page.",
        "logs.format-words", error(BAD_REQUEST), on="list_logs", before=True,
        when=lambda it: it.parameters.get("format", "html").lower() not in {"html", "json"}),
    row("empty-log-format-is-json", "An empty `format` counts as `json` in a list of log files.", "logs.format-words",
        parameter("format", lambda word: word or "json"), on="list_logs", when=asks("format"), before=True),
    row("last-log-format-counts",
        "If a list of log files is requested with several `format` values, the last one is used.", "logs.format-words",
        query(lambda found: dict(found).items()), on="list_logs", when=lambda it: len(it.query) > 1, before=True),
    row("log-links-are-dead", "In the JSON list of log files, the links lead to a path that does not exist.",
        "logs.links-lead-to-files",
        edited(each(at("logLink", lambda link: link.replace("/logs/", "/log-files/")))), on=_ALL_NODES, when=lists),
    row("log-links-are-mixed-up", "In the JSON list of log files, each file has the link of the next file.",
        "logs.links-lead-to-files", edited(rotated("logLink")), on=_ALL_NODES, when=lists),
    row("log-page-has-no-links", "The HTML lists of log files have names without links.",
        "logs.links-lead-to-files log.page", _with_links(lambda link: link[3])),
    row("log-links-show-otherwise",
        "The link text on the HTML list of log files names the node where it must not, and vice versa.",
        "logs.link-text", _with_other_texts, on=_ALL_NODES),
    row("node-page-is-empty", "The HTML page of the node's log files lists no files.",
        "log.page", _with_links(lambda _: ""), on=_NODE),
    row("node-page-links-are-dead",
        "The links on the HTML page of the node's log files lead to a path that does not exist.",
        "log.page", _with_links(lambda link: link[0].replace("log/", "files/")), on=_NODE),
    row("node-list-knows-json", "With `format=json`, `/log` returns JSON, although it only has HTML.", "log.no-json",
        reply(200, []), on=_NODE, when=lambda it: it.ok and it.parameters.get("format", "").lower() == "json"),
    # Lists of some files.
    row("log-of-a-job-is-any", "The list of a job's log files has the files of all jobs.", _PARTS,
        path("/logs"), when=_names_no_file, before=True),
    row("log-of-a-job-is-never-found", "The list of a job's log files is always empty.", _PARTS,
        document([]), when=lambda it: _names_no_file(it) and isinstance(it.document, list)),
    row("log-of-another-job", "The list of a job's log files has the file of another job.",
        "logs.by-job-id", _files_of_another_job),
    row("log-text-is-another-jobs", "The log file of a job has the lines of another job.", "logs.by-job-id",
        _lines_of_another_job, when=_shows_text),
    row("name-parts-must-begin-the-name",
        "A search for log files finds only files whose names begin with the searched text.",
        "logs.part-of-a-name logs.by-job-id",
        document(lambda it: [entry for entry in it.document if entry["logName"].startswith(it.value)]),
        when=lambda it: _names_no_file(it) and lists(it)),
    row("name-parts-ignore-case", "A search for log files ignores the letter case.",
        "logs.part-of-a-name", _in_any_case),
    row("no-match-is-404", "A search without matching log files is answered with 404 instead of an empty list.",
        "logs.no-match", error(NOT_FOUND), when=_finds_nothing),
    row("no-match-lists-all",
        "A search without matching log files returns an entry with the searched text as file name.",
        "logs.no-match", document(lambda it: [{"node": "", "logLink": "", "logName": it.value}]), when=_finds_nothing),
    row("escapes-in-names-are-decoded",
        "In a search for log files, percent-encoded characters are decoded, although they must not be.",
        "logs.names-not-decoded", path(lambda it: f"/logs/{it.value}"), before=True,
        when=lambda it: _names_no_file(it) and it.value.isascii() and it.value.replace("-", "").isalnum()),
    # Files.
    row("log-file-is-json", "A log file is returned as a JSON string if the request has `format=json`.", "logs.file",
        reply(200, _text), on="read_logs", when=lambda it: _shows_text(it) and it.parameters.get("format") == "json"),
    row("log-file-is-binary", "The content type of log files is `application/octet-stream` instead of `text/plain`.",
        "logs.file log.file", header("Content-Type", "application/octet-stream"), when=_shows_text),
    row("log-file-is-a-page", "The content type of a node's log files is `text/html` instead of `text/plain`.",
        "log.file", header("Content-Type", _HTML), on="read_node_log", when=_shows_text),
    row("log-file-is-cut", "At `/logs/{jobIdOrFile}`, only the first half of a log file is returned.", "log.same-text",
        body(lambda it: it.received.body[: len(it.received.body) // 2]), on="read_logs", when=_shows_text),
    row("log-file-repeats-its-begin", "At `/log/{file}`, a log file has its first line twice.",
        "log.same-text", body(lambda it: it.received.body.partition(b"\n")[0] + b"\n" + it.received.body),
        on="read_node_log", when=_shows_text),
    row("log-charset-is-another", "The content type of log files has another charset than the contract states.",
        "logs.text-charset", header("Content-Type", _other_charset), on="read_logs", when=_shows_text),
    row("missing-log-is-404", "A request for a missing log file is answered with 404 instead of 400.", _MISSING,
        status(NOT_FOUND), when=_lacks_file),
    row("missing-log-is-empty", "A request for a missing log file is answered with 200 and an empty text.", _MISSING,
        both(status(200), header("Content-Type", _PLAIN)), when=_lacks_file),
    row("missing-log-has-an-error", "A request for a missing log file gets a JSON error instead of an empty body.",
        _MISSING, error(BAD_REQUEST, "no such file"), when=_lacks_file),
    row("log-path-leaves-the-folder",
        "A path with `..` below `/logs` returns a file outside of the log folder, such as `/etc/passwd`.",
        "logs.inside-folder", _leaked, when=lambda it: _leads_out(it) and it.path.startswith("/logs/")),
    row("node-log-path-leaves-the-folder",
        "A path with `..` below `/log` returns a file outside of the log folder, such as `/etc/passwd`.",
        "log.inside-folder", _leaked, when=lambda it: _leads_out(it) and it.path.startswith("/log/")),
    row("outside-paths-get-another-error",
        "A path that leads out of the log folder is answered with 403, which shows that the file exists.",
        "logs.inside-folder log.inside-folder", error(403),
        when=lambda it: _leads_out(it) and it.path.startswith(("/log/", "/logs/"))),
)  # fmt: skip
