"""The operations tagged logs. Edit this file: the generator only appends functions of new operations."""

from __future__ import annotations

from seatunnel_server.hosting import Answer, reads

from vendor_seatunnel import pages
from vendor_seatunnel.cluster import NODE
from vendor_seatunnel.contract import types


@reads(first=True)
async def list_logs(*, format_: str) -> types.LogFiles | str | Answer:
    """List the log files of all nodes: GET /logs.

    Clauses:
    - logs.json-list (MUST): With `format=json`, the response is a list of the log files of all nodes, each with its
      node, its link and its name.
    - logs.default-format (MUST): Without `format`, the list has the format that the fact `defaultFormat` (here
      `html`) specifies.
    - logs.format-words (SHOULD): The value of `format` is not case-sensitive, an unknown value counts as `html`,
      and the first of several values counts.
    - logs.links-lead-to-files (MUST): The link of a file, in the JSON list and on the HTML page, leads to the text
      of that file.
    - logs.reachable-links (SHOULD): The links of all nodes can be fetched from where the client is.
    - logs.link-text (SHOULD): A link of the HTML page shows the text that the fact `linkText` (here `file`)
      specifies.
    """
    return pages.listing(NODE.log_files(), format_)


@reads(raw_path=True, first=True)
async def read_logs(*, job_id_or_file: str, format_: str) -> types.LogFiles | str | Answer:
    """List the log files of a job, or read one: GET /logs/{jobIdOrFile}.

    Clauses:
    - logs.by-job-id (MUST): A job id is answered with a list of the log files of that job, as an HTML page or as
      JSON.
    - logs.part-of-a-name (MUST): A path segment without `.log` is answered with a list of the files whose names
      contain it, in the same letter case.
    - logs.no-match (MUST): A path segment that no file name contains is answered with 200 and an empty list.
    - logs.file (MUST): The name of a file is answered with 200 and its text as `text/plain`, regardless of
      `format`.
    - logs.missing-file (MUST): A name that contains `.log` is answered with 400 and without a body if no file has
      it.
    - logs.names-not-decoded (SHOULD): Escapes in the path are not decoded: `%41` means these three characters, not
      the letter `A`.
    - logs.text-charset (SHOULD): The text of a file is sent in the charset that the fact `textCharset` (here
      `iso-8859-1`) specifies.
    - logs.inside-folder (MUST): No path, with dots, escapes or backslashes, returns a file outside the log folder.
    """
    if ".log" in job_id_or_file:
        return pages.text_of(job_id_or_file)
    return pages.listing([name for name in NODE.log_files() if job_id_or_file in name], format_)


async def list_node_logs() -> str | Answer:
    """List the log files of a node: GET /log.

    Clauses:
    - log.page (MUST): The response is an HTML page with a link for each log file of the node.
    - log.no-json (SHOULD): The list of a node is always HTML, regardless of `format`.
    """
    return pages.node_listing(NODE.log_files())


@reads(raw_path=True)
async def read_node_log(*, file: str) -> str | Answer:
    """Read a log file of a node: GET /log/{file}.

    Clauses:
    - log.file (MUST): The name of a file is answered with 200 and its text as `text/plain`.
    - log.same-text (MUST): A file has the same text as under `/logs/{jobIdOrFile}`.
    - log.missing-file (MUST): A name that no file has, with or without `.log`, is answered with 400 and without a
      body.
    - log.inside-folder (MUST): No path, with dots, escapes or backslashes, returns a file outside the log folder.
    """
    return pages.text_of(file)


async def get_all_log_names() -> types.LogNames | Answer:
    """List the names of the log files of a node: GET /get-all-log-name.

    Clauses:
    - get-all-log-name.names (MUST): The response lists the names of the log files of the node, like `/log`.
    """
    return NODE.log_files()
