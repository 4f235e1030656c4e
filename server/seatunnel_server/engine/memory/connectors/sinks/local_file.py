"""The sink LocalFile, which writes rows to files inside the folder that the engine may write to.

That folder is the root of all paths, as for a process in a chroot: `/x` is `x` in it, and `..` does not leave it.
Without such a folder, a job fails as on an engine that can't make the folder (`submit-job/save-mode-fails`). A job also
fails if its path leads out of the root through a link, or to a system folder such as `/dev`. The formats are json, csv
and text.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, time
from decimal import Decimal
from enum import Enum
from itertools import count
from pathlib import Path
from typing import Any

from seatunnel_server.engine.javatext import json_text
from seatunnel_server.engine.memory.connectors.values import to_json, to_text
from seatunnel_server.engine.memory.failures import TaskFailed
from seatunnel_server.engine.memory.limits import ENTRY_BYTES, JobSpace, SpaceExhausted
from seatunnel_server.engine.memory.pipeline import Row, Sink, TaskContext
from seatunnel_server.engine.memory.schema import DataType, SqlType, Table
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import JobTooLarge, OptionRuleBroken, OptionsMissing, SaveModeFailed

_SEPARATORS = "\x01\x02\x03\x04\x05\x06\x07"
"""The separators of fields, and of the items of nested values at each depth."""
_SYSTEM_FOLDERS = frozenset({"dev", "proc", "sys"})
"""Folders of the root in which an engine can't make folders."""
_SQL_TIME, _SQL_TIMESTAMP = "%H:%M:%S", "%Y-%m-%d %H:%M:%S"


_MAX_PATH = 4096
"""The most characters of a path, as on most systems."""
_MAX_FOLDERS = 200
"""The most folders of a path, each of which may have to be made."""
_MAX_DELIMITER = 256
"""The most characters of a delimiter, which is written for every column or row."""
_PLACEHOLDER = re.compile(r"\$\{([a-z_]+)(?::([^}]*))?\}")


def fill(text: str, table: Table) -> str:
    """Return text with its placeholders replaced: `${table_name}`, or `${schema_name:default}` with a default.

    The result is cut where it is longer than a path may be.
    """
    path = table.path
    schema = ".".join(part for part in (path.database, path.schema) if part)
    parts = {
        "database_name": path.database or "",
        "schema_name": path.schema or "",
        "table_name": path.table,
        "schema_full_name": schema,
        "table_full_name": str(path),
        "primary_key": ",".join(table.primary_key),
        "field_names": ",".join(table.names),
    }

    def part(found: re.Match[str]) -> str:
        if found[1] not in parts:
            return found[0]
        return parts[found[1]] or found[2] or ""

    filled, at = "", 0
    for found in _PLACEHOLDER.finditer(text):
        filled += text[at : found.start()] + part(found)
        at = found.end()
        if len(filled) > _MAX_PATH:
            break
    return filled + text[at : at + _MAX_PATH + 1]


class FileFormat(Enum):
    """The formats of the engine, in its order; those without an entry in `_WRITERS` are not written here."""

    CSV = "csv"
    TEXT = "txt"
    JSON = "json"
    PARQUET = "parquet"
    ORC = "orc"
    EXCEL = "xlsx"
    XML = "xml"
    BINARY = "bin"


class FormatNotWritten(OptionRuleBroken):
    """A format of the engine that is not written here."""

    def __init__(self, file_format: FileFormat) -> None:
        self.reason = f"this server does not write {file_format.name}"
        super().__init__(self.reason)


class _SchemaSaveMode(Enum):
    RECREATE_SCHEMA = 0
    CREATE_SCHEMA_WHEN_NOT_EXIST = 1
    ERROR_WHEN_SCHEMA_NOT_EXIST = 2
    IGNORE = 3


class _DataSaveMode(Enum):
    DROP_DATA = 0
    APPEND_DATA = 1
    CUSTOM_PROCESSING = 2
    ERROR_WHEN_DATA_EXISTS = 3


class LocalFile(Sink):
    """Writes one file for each table and subtask."""

    jar = "connector-file-local"
    commits = True

    def __init__(self, plugin: str, options: Options, tables: Sequence[Table]) -> None:
        """Read the options. Raises `OptionMismatch`, `OptionRuleBroken` and `JobTooLarge`."""
        path = options.text("path")
        if path is None:
            raise OptionsMissing("path")
        self.plugin = plugin
        self._format = options.choice("file_format_type", FileFormat, FileFormat.CSV, "FileFormat")
        if self._format not in _WRITERS:
            raise FormatNotWritten(self._format)
        self._schema_mode = options.choice(
            "schema_save_mode", _SchemaSaveMode, _SchemaSaveMode.CREATE_SCHEMA_WHEN_NOT_EXIST, "SchemaSaveMode"
        )
        self._data_mode = options.choice("data_save_mode", _DataSaveMode, _DataSaveMode.APPEND_DATA, "DataSaveMode")
        self._delimiter = options.text("field_delimiter") or ("," if self._format is FileFormat.CSV else _SEPARATORS[0])
        self._line_end = options.text("row_delimiter") or "\n"
        if max(len(self._delimiter), len(self._line_end)) > _MAX_DELIMITER:
            raise JobTooLarge(_MAX_DELIMITER, "characters in a delimiter")
        self._header = options.flag("enable_header_write", default=False)
        self._tables = {str(table.path): table for table in tables}
        self._first = tables[0]
        self._folders = {key: fill(path, table) for key, table in self._tables.items()}
        self._files: dict[tuple[str, int], Path] = {}

    def prepare(self, context: TaskContext) -> None:
        """Make the folders by the rules of the save modes. Raises `SaveModeFailed`."""
        for path in self._folders.values():
            folder = self._folder(path, context)
            try:
                self._make(folder, context.space)
            except (OSError, SpaceExhausted) as error:
                raise SaveModeFailed from error

    def _folder(self, path: str, context: TaskContext) -> Path:
        if context.sandbox is None or "\0" in path or len(path) > _MAX_PATH:
            raise SaveModeFailed
        root = context.sandbox.resolve()
        inside = posixpath.normpath("/" + path.removeprefix("file:")).lstrip("/")
        folder = (root / inside).resolve()
        is_system = inside.partition("/")[0] in _SYSTEM_FOLDERS
        if is_system or inside.count("/") >= _MAX_FOLDERS or not folder.is_relative_to(root):
            raise SaveModeFailed
        return folder

    def _make(self, folder: Path, space: JobSpace) -> None:
        absent = sum(not each.exists() for each in (folder, *folder.parents))
        if absent and self._schema_mode is _SchemaSaveMode.ERROR_WHEN_SCHEMA_NOT_EXIST:
            raise SaveModeFailed
        space.take(absent * ENTRY_BYTES)
        folder.mkdir(parents=True, exist_ok=True)
        files = (file for file in folder.iterdir() if file.is_file())
        if self._data_mode is _DataSaveMode.ERROR_WHEN_DATA_EXISTS and any(files):
            raise SaveModeFailed
        if self._data_mode is _DataSaveMode.DROP_DATA:
            for file in files:
                if file.suffix == f".{self._format.value}":
                    space.total.give_back(max(file.stat().st_size, ENTRY_BYTES))
                    file.unlink()

    def open(self, context: TaskContext) -> None:
        """Log the folders of the files, which are made with the first row of each table."""
        for path in self._folders.values() if context.subtask == 0 else ():
            context.log(f"Files of {path} are written to {self._folder(path, context)}")

    def write(self, rows: Sequence[Row], context: TaskContext) -> None:
        """Append rows to the files of their tables. Raises `TaskFailed`."""
        lines: dict[str, list[str]] = {}
        for row in rows:
            key = row.table if row.table in self._tables else str(self._first.path)
            lines.setdefault(key, []).append(_WRITERS[self._format](self._tables[key], row.values, self._delimiter))
        for key, of_table in lines.items():
            try:
                self._append(key, self._line_end.join(of_table).encode("utf-8", "replace"), context)
            except SpaceExhausted as error:
                raise TaskFailed(f"java.io.IOException: {error}") from error
            except OSError as error:
                raise TaskFailed(f"java.io.IOException: {error.strerror}") from error

    def _append(self, key: str, data: bytes, context: TaskContext) -> None:
        file = self._files.get((key, context.subtask))
        if file is None:
            file, start = self._new_file(key, context)
        else:
            start = self._line_end  # the engine writes the end of a line before the next line
        data = start.encode() + data
        context.space.take(len(data))
        # The file is closed after each write: the number of open files is limited, and the server needs connections.
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_APPEND | _NO_LINK), "ab") as stream:
            stream.write(data)

    def _new_file(self, key: str, context: TaskContext) -> tuple[Path, str]:
        """Make a file, and return it with the text that it starts with."""
        context.space.take(ENTRY_BYTES)
        folder = self._folder(self._folders[key], context)
        file = _made(folder, f"T_{context.job_id}_{context.subtask}", self._format.value)
        self._files[key, context.subtask] = file
        has_header = self._header and self._format is not FileFormat.JSON
        return file, self._delimiter.join(self._tables[key].names) + self._line_end if has_header else ""

    def close(self, context: TaskContext) -> None:  # noqa: ARG002 - the signature of every sink
        """Forget the files, so that the next attempt makes new ones."""
        self._files = {}


_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
"""The flag with which a link is not followed, even one that was made after the check of the path."""


def _made(folder: Path, stem: str, suffix: str) -> Path:
    """Make a file with the lowest number for which there is none yet."""
    for number in count():
        file = folder / f"{stem}_{number}.{suffix}"
        with suppress(FileExistsError):
            os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o644))
            return file
    raise AssertionError  # the numbers do not end


def _cell(kind: DataType, value: Any, level: int = 1) -> str:
    """Return a value in the text format; nested values have the separator of their depth."""
    if value is None:
        return ""
    separator, deeper = _SEPARATORS[min(level, len(_SEPARATORS) - 1)], level + 1
    match kind.kind:
        case SqlType.ARRAY:
            return separator.join(_cell(kind.parts[0], item, deeper) for item in value)
        case SqlType.ROW:
            return separator.join(_cell(part, item, deeper) for part, item in zip(kind.parts, value, strict=True))
        case SqlType.MAP:
            inner = _SEPARATORS[min(deeper, len(_SEPARATORS) - 1)]
            pairs = (
                (_cell(kind.parts[0], key, deeper + 1), _cell(kind.parts[1], item, deeper + 1))
                for key, item in value.items()
            )
            return separator.join(f"{key}{inner}{item}" for key, item in pairs)
    return _plain_cell(kind, value)


def _plain_cell(kind: DataType, value: Any) -> str:
    match value:
        case datetime():
            return value.strftime(_SQL_TIMESTAMP)
        case time():
            return value.strftime(_SQL_TIME)
        case bytes():
            return value.decode("utf-8", "replace")
        case Decimal():
            text = f"{value:f}"
            return text.rstrip("0").rstrip(".") if "." in text else text
    return to_text(kind, value)


def _text_line(table: Table, values: Sequence[Any], delimiter: str) -> str:
    return delimiter.join(_cell(kind, value) for kind, value in zip(table.types, values, strict=True))


def _csv_line(table: Table, values: Sequence[Any], delimiter: str) -> str:
    cells = (
        _quoted(value) if isinstance(value, str) else _cell(kind, value)
        for kind, value in zip(table.types, values, strict=True)
    )
    return delimiter.join(cells)


def _quoted(text: str) -> str:
    """Return a string for CSV, in quotes if it is empty or has a comma, a quote or a line break.

    The comma counts even if another delimiter is configured.
    """
    special = not text or any(character in text for character in ',"\r\n')
    return '"{}"'.format(text.replace('"', '""')) if special else text


def _json_line(table: Table, values: Sequence[Any], _: str) -> str:
    named = zip(table.columns, values, strict=True)
    return json_text({column.name: to_json(column.type, value) for column, value in named})


_WRITERS: Mapping[FileFormat, Callable[[Table, Sequence[Any], str], str]] = {
    FileFormat.CSV: _csv_line,
    FileFormat.TEXT: _text_line,
    FileFormat.JSON: _json_line,
}
