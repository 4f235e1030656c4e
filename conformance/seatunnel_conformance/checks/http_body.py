"""Clauses about the charset of request bodies."""

from __future__ import annotations

import json

from seatunnel_conformance.arrange.expectations import accepted
from seatunnel_conformance.checks.encrypt_config import LETTER, config
from seatunnel_conformance.checks.refusals import NOTHING, reason_of
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.target.deployment import Target
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
    """A client that forgets the content type finds other letters in its names."""
    for kind, read in _READ.items():
        response = target.post("/encrypt-config", body=config(note=LETTER), headers={"Content-Type": kind})
        assert accepted(response)["source"][0]["note"] == read
    wide = {"Content-Type": "application/json;charset=utf-16"}
    sent = json.dumps(config(note=LETTER), ensure_ascii=False).encode("utf-16")
    assert accepted(target.post("/encrypt-config", body=sent, headers=wide))["source"][0]["note"] == LETTER
    for path in post_paths(contract):
        plain = target.post(path, body=NOTHING, headers={"Content-Type": "application/json"})
        found = target.post(path, body=NOTHING.decode().encode("utf-16"), headers=wide)
        assert (found.status, found.body) == (plain.status, plain.body), found
        _is_quoted_as_read(target, path)


def _is_quoted_as_read(target: Target, path: str) -> None:
    """Assert that an error quotes the body in the charset of its content type. Some operations quote nothing."""
    kinds = {"application/json": _LATIN, "application/json; charset=ISO-8859-1": LETTER, "text/plain": LETTER}
    expected, *others = (
        target.post(path, body=_rejected(path, text), headers={"Content-Type": kind}) for kind, text in kinds.items()
    )
    for found in others:
        assert (found.status, reason_of(found)) == (expected.status, reason_of(expected)), found


def _rejected(path: str, text: str) -> bytes:
    """Return a body that an operation rejects because of a text: an id, or a text in place of an object."""
    item = config(None) | {"jobId": text, "params": {"jobId": text}}
    body = {"/stop-job": item, "/stop-jobs": [item], "/submit-jobs": [item]}.get(path, text)
    return json.dumps(body, ensure_ascii=False).encode()
