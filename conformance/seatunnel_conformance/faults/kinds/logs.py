"""Log faults: files that are missing, cut, mixed up, or outside of the log folder."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from seatunnel_conformance.faults.catalogue import fault
from seatunnel_conformance.faults.documents import fact
from seatunnel_conformance.faults.exchange import BAD_REQUEST, JSON, NOT_FOUND, ProxiedExchange

_ALL_NODES: Final = ("list_logs", "read_logs")
_PAGES: Final = ("list_logs", "read_logs", "list_node_logs")
_FILES: Final = ("read_logs", "read_node_log")
_HTML, _PLAIN = "text/html", "text/plain"
_LINK: Final = re.compile(r'<a href="([^"]*)"([^>]*)>(.*?)</a>', re.DOTALL)


def _names_no_file(exchange: ProxiedExchange) -> bool:
    return exchange.is_for("read_logs") and ".log" not in exchange.value


def _shows_text(exchange: ProxiedExchange) -> bool:
    return exchange.is_for(*_FILES) and exchange.ok and exchange.media_type == _PLAIN


def _lacks_file(exchange: ProxiedExchange) -> bool:
    return exchange.is_for(*_FILES) and exchange.status == BAD_REQUEST and not exchange.received.body


# Lists.


@fault("log-list-loses-members", breaks=["logs.json-list"])
def log_list_loses_members(exchange: ProxiedExchange) -> ProxiedExchange:
    """The list of log files is one of bare names."""
    return _with_entries(exchange, lambda found: [entry["logName"] for entry in found])


@fault("log-format-is-taken-otherwise", breaks=["logs.default-format"])
def log_format_is_taken_otherwise(exchange: ProxiedExchange) -> ProxiedExchange:
    """Without `format` the list comes as JSON where a page is stated, and as a page where JSON is."""
    if not exchange.is_for("list_logs") or not exchange.ok or "format" in exchange.parameters:
        return exchange
    if fact(exchange, "defaultFormat") == "html":
        return exchange.with_reply(200, [])
    return exchange.with_body(b"<html></html>").with_header("Content-Type", _HTML)


@fault("log-format-is-case-sensitive", breaks=["logs.format-words"], before=True)
def log_format_is_case_sensitive(exchange: ProxiedExchange) -> ProxiedExchange:
    """The format JSON in capital letters gives a page."""
    capital = exchange.is_for(*_ALL_NODES) and exchange.parameters.get("format") == "JSON"
    return exchange.with_request(query=[("format", "html")]) if capital else exchange


@fault("unknown-log-format-is-400", breaks=["logs.format-words"], on="list_logs", before=True)
def unknown_log_format_is_400(exchange: ProxiedExchange) -> ProxiedExchange:
    """A word that is no format is answered with 400."""
    word = exchange.parameters.get("format", "html").lower()
    return exchange.with_error(BAD_REQUEST) if word not in {"html", "json"} else exchange


@fault("last-log-format-counts", breaks=["logs.format-words"], on="list_logs", before=True)
def last_log_format_counts(exchange: ProxiedExchange) -> ProxiedExchange:
    """Of several formats the last one counts."""
    return exchange.with_request(query=exchange.parameters.items()) if len(exchange.query) > 1 else exchange


@fault("log-links-are-dead", breaks=["logs.links-lead-to-files"])
def log_links_are_dead(exchange: ProxiedExchange) -> ProxiedExchange:
    """The links in the list of log files lead to a path that is not there."""
    return _with_entries(
        exchange,
        lambda found: [{**entry, "logLink": entry["logLink"].replace("/logs/", "/log-files/")} for entry in found],
    )


@fault("log-links-are-mixed-up", breaks=["logs.links-lead-to-files"])
def log_links_are_mixed_up(exchange: ProxiedExchange) -> ProxiedExchange:
    """Every file of the list has the link of its neighbour."""

    def changed(found: list[Any]) -> list[Any]:
        links = [entry["logLink"] for entry in found]
        return [{**entry, "logLink": link} for entry, link in zip(found, [*links[1:], *links[:1]], strict=True)]

    return _with_entries(exchange, changed)


@fault("log-page-has-no-links", breaks=["logs.links-lead-to-files", "log.page"])
def log_page_has_no_links(exchange: ProxiedExchange) -> ProxiedExchange:
    """The pages of log files show names without links."""
    return _with_links(exchange, lambda link: link[3])


@fault("log-links-show-otherwise", breaks=["logs.link-text"], on=_ALL_NODES)
def log_links_show_otherwise(exchange: ProxiedExchange) -> ProxiedExchange:
    """The links of the page show the node where the file alone is stated, and the file alone where the node is."""
    if fact(exchange, "linkText") == "file":
        return _with_links(exchange, lambda link: _link(link, f"node-{link[3]}"))
    return _with_links(exchange, lambda link: _link(link, link[1].rpartition("/")[2]))


@fault("node-page-is-empty", breaks=["log.page"], on="list_node_logs")
def node_page_is_empty(exchange: ProxiedExchange) -> ProxiedExchange:
    """The page of a node's log files lists none."""
    return _with_links(exchange, lambda _: "")


@fault("node-page-links-are-dead", breaks=["log.page"], on="list_node_logs")
def node_page_links_are_dead(exchange: ProxiedExchange) -> ProxiedExchange:
    """The links of the page of a node's log files lead to a path that is not there."""
    return _with_links(exchange, lambda link: link[0].replace("log/", "files/"))


@fault("node-list-knows-json", breaks=["log.no-json"])
def node_list_knows_json(exchange: ProxiedExchange) -> ProxiedExchange:
    """The list of a node's log files comes as JSON, if that is asked for."""
    asked = exchange.is_for("list_node_logs") and exchange.parameters.get("format", "").lower() == "json"
    return exchange.with_reply(200, []) if asked and exchange.ok else exchange


# Lists of some files.


@fault("log-of-a-job-is-any", breaks=["logs.by-job-id", "logs.part-of-a-name"], when=_names_no_file, before=True)
def log_of_a_job_is_any(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job id is answered with the files of all jobs."""
    return exchange.with_request(path="/logs")


@fault("log-of-a-job-is-never-found", breaks=["logs.by-job-id", "logs.part-of-a-name"])
def log_of_a_job_is_never_found(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job id is answered with an empty list."""
    return exchange.with_json([]) if _names_no_file(exchange) and isinstance(exchange.document, list) else exchange


@fault("log-of-another-job", breaks=["logs.by-job-id"])
def log_of_another_job(exchange: ProxiedExchange, files: list[Any]) -> ProxiedExchange:
    """The list of a job's log files has those of the job that was asked for before."""
    if not isinstance(exchange.document, list):
        return exchange
    if exchange.is_for("list_logs"):
        files[:] = exchange.document
    if not _names_no_file(exchange) or not exchange.value.isdecimal() or not exchange.document:
        return exchange
    others = [{**entry, "logName": entry["logName"].replace(exchange.value, "1")} for entry in exchange.document]
    return exchange.with_json(files[:1] or others)


@fault("log-text-is-another-jobs", breaks=["logs.by-job-id"])
def log_text_is_another_jobs(exchange: ProxiedExchange) -> ProxiedExchange:
    """The file of a job holds the lines of another one."""
    job_id = re.search(r"\d{15,19}", exchange.value)
    if job_id is None or not _shows_text(exchange):
        return exchange
    return exchange.with_text(exchange.received.body.decode("latin-1").replace(job_id[0], "100000000000000001"))


@fault("name-parts-must-begin-the-name", breaks=["logs.part-of-a-name", "logs.by-job-id"], when=_names_no_file)
def name_parts_must_begin_the_name(exchange: ProxiedExchange) -> ProxiedExchange:
    """A text finds the files whose names begin with it, and not those that contain it."""
    return _with_entries(
        exchange, lambda found: [entry for entry in found if entry["logName"].startswith(exchange.value)]
    )


@fault("name-parts-ignore-case", breaks=["logs.part-of-a-name"])
def name_parts_ignore_case(exchange: ProxiedExchange, files: list[Any]) -> ProxiedExchange:
    """A text finds the files whose names contain it in any letter case."""
    if exchange.is_for("list_logs") and isinstance(exchange.document, list):
        files[:] = exchange.document
    if not _names_no_file(exchange):
        return exchange
    wanted = exchange.value.lower()
    return _with_entries(exchange, lambda _: [entry for entry in files if wanted in entry["logName"].lower()])


@fault("no-match-is-404", breaks=["logs.no-match"])
def no_match_is_404(exchange: ProxiedExchange) -> ProxiedExchange:
    """A text that no name contains is answered with 404."""
    return exchange.with_error(NOT_FOUND) if _names_no_file(exchange) and exchange.document == [] else exchange


@fault("no-match-lists-all", breaks=["logs.no-match"])
def no_match_lists_all(exchange: ProxiedExchange) -> ProxiedExchange:
    """A text that no name contains gives a list with an entry for the text itself."""
    if not _names_no_file(exchange) or exchange.document != []:
        return exchange
    return exchange.with_json([{"node": "", "logLink": "", "logName": exchange.value}])


@fault("escapes-in-names-are-decoded", breaks=["logs.names-not-decoded"], before=True)
def escapes_in_names_are_decoded(exchange: ProxiedExchange) -> ProxiedExchange:
    """Escapes in a path are decoded before names are compared."""
    plain = _names_no_file(exchange) and exchange.value.isascii() and exchange.value.replace("-", "").isalnum()
    return exchange.with_request(path=f"/logs/{exchange.value}") if plain else exchange


# Files.


@fault("log-file-is-json", breaks=["logs.file"])
def log_file_is_json(exchange: ProxiedExchange) -> ProxiedExchange:
    """The text of a file comes as a JSON text, if `format` asks for JSON."""
    asked = exchange.is_for("read_logs") and _shows_text(exchange) and exchange.parameters.get("format") == "json"
    return exchange.with_reply(200, exchange.received.body.decode("latin-1")) if asked else exchange


@fault("log-file-is-binary", breaks=["logs.file", "log.file"], when=_shows_text)
def log_file_is_binary(exchange: ProxiedExchange) -> ProxiedExchange:
    """The text of a file comes as `application/octet-stream`."""
    return exchange.with_header("Content-Type", "application/octet-stream")


@fault("log-file-is-a-page", breaks=["log.file"], on="read_node_log")
def log_file_is_a_page(exchange: ProxiedExchange) -> ProxiedExchange:
    """A file of the node is shown as a page."""
    return exchange.with_header("Content-Type", _HTML) if _shows_text(exchange) else exchange


@fault("log-file-is-cut", breaks=["log.same-text"], on="read_logs", when=_shows_text)
def log_file_is_cut(exchange: ProxiedExchange) -> ProxiedExchange:
    """The text of a file ends in its middle, under one of its two paths."""
    return exchange.with_body(exchange.received.body[: len(exchange.received.body) // 2])


@fault("log-file-repeats-its-begin", breaks=["log.same-text"], on="read_node_log", when=_shows_text)
def log_file_repeats_its_begin(exchange: ProxiedExchange) -> ProxiedExchange:
    """The first line of a file comes twice, under one of its two paths."""
    body = exchange.received.body
    return exchange.with_body(body.partition(b"\n")[0] + b"\n" + body)


@fault("log-charset-is-another", breaks=["logs.text-charset"], on="read_logs", when=_shows_text)
def log_charset_is_another(exchange: ProxiedExchange) -> ProxiedExchange:
    """The text of a file is sent in the other charset than is stated."""
    other = "utf-8" if exchange.contract.behaviour.choice("textCharset") == "iso-8859-1" else "iso-8859-1"
    return exchange.with_header("Content-Type", f"text/plain;charset={other}")


@fault("missing-log-is-404", breaks=["logs.missing-file", "log.missing-file"], when=_lacks_file)
def missing_log_is_404(exchange: ProxiedExchange) -> ProxiedExchange:
    """A name that no file has is answered with 404."""
    return exchange.with_status(NOT_FOUND)


@fault("missing-log-is-empty", breaks=["logs.missing-file", "log.missing-file"], when=_lacks_file)
def missing_log_is_empty(exchange: ProxiedExchange) -> ProxiedExchange:
    """A name that no file has is answered with an empty text."""
    return exchange.with_status(200).with_header("Content-Type", _PLAIN)


@fault("missing-log-has-an-error", breaks=["logs.missing-file", "log.missing-file"], when=_lacks_file)
def missing_log_has_an_error(exchange: ProxiedExchange) -> ProxiedExchange:
    """A name that no file has is answered with an error in JSON."""
    return exchange.with_error(BAD_REQUEST, "no such file")


@fault("log-path-leaves-the-folder", breaks=["logs.inside-folder"])
def log_path_leaves_the_folder(exchange: ProxiedExchange) -> ProxiedExchange:
    """A path with dots in it gives a file outside of the log folder."""
    return _leaked(exchange) if exchange.path.startswith("/logs/") else exchange


@fault("node-log-path-leaves-the-folder", breaks=["log.inside-folder"])
def node_log_path_leaves_the_folder(exchange: ProxiedExchange) -> ProxiedExchange:
    """A path with dots in it gives a file outside of the log folder of the node."""
    return _leaked(exchange) if exchange.path.startswith("/log/") else exchange


@fault("outside-paths-get-another-error", breaks=["logs.inside-folder", "log.inside-folder"])
def outside_paths_get_another_error(exchange: ProxiedExchange) -> ProxiedExchange:
    """A path that leads out of the log folder is answered with 403, which tells that the file is there."""
    outside = _leads_out(exchange.path) and exchange.path.startswith(("/log/", "/logs/"))
    return exchange.with_error(403) if outside else exchange


def _leads_out(path: str) -> bool:
    return ".." in path or "%2e%2e" in path.lower()


def _leaked(exchange: ProxiedExchange) -> ProxiedExchange:
    if not _leads_out(exchange.path):
        return exchange
    return exchange.with_reply(200, "").with_text("root:x:0:0::/root:/bin/sh\n").with_header("Content-Type", _PLAIN)


def _with_entries(exchange: ProxiedExchange, change: Callable[[list[Any]], list[Any]]) -> ProxiedExchange:
    listed = exchange.is_for(*_ALL_NODES) and exchange.ok and exchange.media_type == JSON
    return exchange.with_change(change) if listed and isinstance(exchange.document, list) else exchange


def _with_links(exchange: ProxiedExchange, change: Callable[[re.Match[str]], str]) -> ProxiedExchange:
    if not exchange.is_for(*_PAGES) or not exchange.ok or exchange.media_type != _HTML:
        return exchange
    page = exchange.received.body.decode("utf-8", "replace")
    changed = _LINK.sub(change, page)
    return exchange if changed == page else exchange.with_text(changed)


def _link(link: re.Match[str], text: str) -> str:
    return f'<a href="{link[1]}"{link[2]}>{text}</a>'
