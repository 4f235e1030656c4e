"""Clauses about the charset of request bodies."""

from __future__ import annotations

import json
from http import HTTPStatus

from seatunnel_conformance.arrange.expectations import accepted
from seatunnel_conformance.checks.encrypt_config import LETTER, config
from seatunnel_conformance.checks.refusals import NOTHING, is_alike
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.errors import ArrangementFailed
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import BodyMismatch, Response
from seatunnel_conformance.target.routes import post_paths
from seatunnel_openapi import Contract

_LATIN = LETTER.encode().decode("iso-8859-1")
"""The UTF-8 bytes of the letter, decoded as ISO-8859-1."""

_READ = {
    "application/json": LETTER,
    "application/json;charset=utf-8": LETTER,
    "application/json; charset=ISO-8859-1": _LATIN,
    "text/plain": _LATIN,
    "text/html": _LATIN,
}
"""The text that the bytes of the letter stand for, by the content type of the body."""


@check("http.body-charset", writes=True, per_operation=5)
def charset(target: Target, contract: Contract) -> None:
    """A name with letters outside ASCII arrives changed if the request does not state a content type."""
    for kind, read in _READ.items():
        response = target.post("/encrypt-config", body=config(note=LETTER), headers={"Content-Type": kind})
        assert _note(response) == read
    wide = {"Content-Type": "application/json;charset=utf-16"}
    sent = json.dumps(config(note=LETTER), ensure_ascii=False).encode("utf-16")
    assert _note(target.post("/encrypt-config", body=sent, headers=wide)) == LETTER
    for path in post_paths(contract):
        plain = target.post(path, body=NOTHING, headers={"Content-Type": "application/json"})
        found = target.post(path, body=NOTHING.decode().encode("utf-16"), headers=wide)
        is_alike(found, plain)
        _is_quoted_as_read(target, path)


def _read(response: Response) -> Response:
    """Return a response to a body that was read. Raises `ArrangementFailed` if its content type is refused."""
    if response.status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
        raise ArrangementFailed(f"the content type is refused: {response!r}", "http.request-content-type")
    return response


def _note(response: Response) -> object:
    """Return the note of an encrypted configuration. Raises `ArrangementFailed` if it is not sent as JSON."""
    try:
        return accepted(_read(response))["source"][0]["note"]
    except BodyMismatch as error:
        raise ArrangementFailed(str(error), "encrypt-config.rest-unchanged") from None


def _is_quoted_as_read(target: Target, path: str) -> None:
    """Assert that an error quotes the body in the charset of its content type. Some operations quote nothing."""
    kinds = {"application/json": _LATIN, "application/json; charset=ISO-8859-1": LETTER, "text/plain": LETTER}
    expected, *others = (
        _read(target.post(path, body=_rejected(path, text), headers={"Content-Type": kind}))
        for kind, text in kinds.items()
    )
    for found in others:
        is_alike(found, expected)


def _rejected(path: str, text: str) -> bytes:
    """Return a body that an operation rejects because of a text: an id, or a text in place of an object."""
    item = config(None) | {"jobId": text, "params": {"jobId": text}}
    body = {"/stop-job": item, "/stop-jobs": [item], "/submit-jobs": [item]}.get(path, text)
    return json.dumps(body, ensure_ascii=False).encode()
