"""Job configurations as they are submitted: in one of several languages, as a body or as a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, Self

from seatunnel_server.api.endpoints import Call
from seatunnel_server.engine import sqlconfig
from seatunnel_server.engine.errors import EngineFailure
from seatunnel_server.engine.hocon import Syntax, parse
from seatunnel_server.engine.shade import decrypt
from seatunnel_server.http.bodies import TEXT_LIMIT, TextTooLong
from seatunnel_server.http.multipart import Form, Part

FILE_FIELD: Final = "config_file"


class Language(StrEnum):
    """What a configuration is written in."""

    JSON = "json"
    HOCON = "hocon"
    SQL = "sql"

    @classmethod
    def asked_for(cls, word: str | None, known: Sequence[str]) -> Self:
        """Return the language that a request names, in any letter case; JSON for any other word."""
        named = (word or "").lower()
        return cls(named) if named in known else cls("json")

    @classmethod
    def of_file(cls, name: str, known: Sequence[str]) -> Self:
        """Return the language that the ending of a file's name tells, letter case included; HOCON if it tells none."""
        ending = name.rpartition(".")[2] if "." in name else ""
        return cls(ending) if ending in known else cls("hocon")


class FileMissing(EngineFailure):
    """The form has no file, or one without a name where it has to have one (`field-missing`, `no-file-name`)."""

    def __init__(self, what: str) -> None:
        super().__init__(f'Cannot invoke "{what}" because the return value is null')


_READERS: Final[Mapping[Language, Callable[[str], dict[str, Any]]]] = {
    Language.HOCON: parse,
    Language.SQL: sqlconfig.parse,
}


def read_body(call: Call, word: str | None) -> dict[str, Any]:
    """Return the configuration that is the body of a request, decrypted where the facts say so.

    Raises what `Call.body`, `decrypt` and the readers of the languages raise.
    """
    language = Language.asked_for(word, call.facts.names("bodyFormats"))
    if language is Language.JSON:
        return decrypt(call.body().mapping(), call.shade)
    return _decrypted(call, _READERS[language](call.text()))


def read_file(call: Call, form: Form) -> dict[str, Any]:
    """Return the configuration that was sent as a file.

    JSON in a file is read by the HOCON library, which fails where a body would be refused (`hocon-in-json-file`).
    Raises `FileMissing`, `TextTooLong`, and what `decrypt` and the readers of the languages raise.
    """
    part = form.part(FILE_FIELD)
    if part is None:
        raise FileMissing("jakarta.servlet.http.Part.getSubmittedFileName()")
    if len(part.content) > TEXT_LIMIT:
        raise TextTooLong
    language, text = _language(call, part), part.content.decode("utf-8", "replace")
    tree = parse(text, syntax=Syntax.JSON) if language is Language.JSON else _READERS[language](text)
    return _decrypted(call, tree)


def _language(call: Call, part: Part) -> Language:
    if part.file_name is not None:
        return Language.of_file(part.file_name, call.facts.names("bodyFormats"))
    if call.facts.choice("unnamedFile") == "server-error":
        raise FileMissing("String.endsWith(String)")
    return Language.JSON


def _decrypted(call: Call, tree: dict[str, Any]) -> dict[str, Any]:
    return decrypt(tree, call.shade) if call.facts.choice("decryption") == "every-format" else tree
