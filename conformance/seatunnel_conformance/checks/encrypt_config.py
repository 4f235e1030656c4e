"""`POST /encrypt-config`: encrypts the credentials of a config. It stores and submits nothing."""

from __future__ import annotations

import base64
import copy
from collections.abc import Mapping
from typing import Any, Final

from seatunnel_conformance.arrange.expectations import REFUSALS, accepted, refused
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract

PATH = "/encrypt-config"

LETTER = "\N{LATIN SMALL LETTER E WITH ACUTE}"

SECRET = f" s\N{LATIN SMALL LETTER E WITH ACUTE}cret \N{CJK UNIFIED IDEOGRAPH-5BC6} ~~~??? {'x' * 58} "
"""A password with blanks around it and letters of several scripts. Its Base64 text contains `+` and `/`.

Its Base64 text ends with padding, and is so long that MIME's variant would contain a line break.
"""

_TEXTS: Final[tuple[Any, ...]] = (" ", "007", "true", "null", "1e3", "two\nlines\tand \"<&>'\\ \N{GRINNING FACE}", [[]])
"""Values that are lost or changed if a config is parsed as another language than JSON."""

_LONG: Final = 2100 * "x"
"""A text that is longer than many limits."""

BEYOND_DOUBLE = 2**53 + 1
"""The smallest positive integer that a double can't represent."""


def encoded(text: str) -> str:
    """Return a text encoded with Base64."""
    return base64.b64encode(text.encode()).decode()


def config(algorithm: str | None = "base64", **credentials: Any) -> dict[str, Any]:
    """Return a config with credentials in source and sink, with an algorithm or without."""
    return {
        "env": {"parallelism": 1} | ({} if algorithm is None else {"shade.identifier": algorithm}),
        "source": [{"plugin_name": "FakeSource", "row.num": 5, **credentials}],
        "transform": [],
        "sink": [{"plugin_name": "Console", **credentials}],
    }


@check("encrypt-config.encodes", writes=True)
def encodes(target: Target) -> None:
    """A client stores the encrypted value; if the engine can't decrypt it, every later submission of the job fails."""
    sent = config(username="seatunnel", password=SECRET)
    for section in ("source", "sink"):
        sent[section].append({"plugin_name": "ConformanceSecond", "password": SECRET})
    answered = accepted(target.post(PATH, body=sent))
    for section in ("source", "sink"):
        assert answered[section][0]["username"] == encoded("seatunnel")
        assert [plugin["password"] for plugin in answered[section]] == [encoded(SECRET)] * 2


@check("encrypt-config.rest-unchanged", writes=True)
def rest_unchanged(target: Target) -> None:
    """A client stores the response as its config; an option that was lost or moved changes the job."""
    sent = config(password="x") | {
        "conformance": {"a.b": [BEYOND_DOUBLE, 0.5, None, {"c": "d", "e": None}, *_TEXTS, _LONG]}
    }
    sent["conformance"] |= {"empty": {}, "none": [], "blank": ""}
    sent["env"]["a.b.c"] = {"d.e": 2}
    sent["sink"].append({"plugin_name": "ConformanceSecond"})
    expected = copy.deepcopy(sent)
    for section in ("source", "sink"):
        expected[section][0]["password"] = encoded("x")
    assert accepted(target.post(PATH, body=sent)) == expected


@check("encrypt-config.sensitive-keys", writes=True)
def sensitive_keys(target: Target, contract: Contract) -> None:
    """A credential that is not encrypted can be read by everybody who can read the stored config."""
    facts = contract.operation("encrypt_config").behaviour
    added = ["conformance_key", "conformance_other"]
    adds = facts.choice("shadeOptions") == "add-keys"
    stated = (*facts.names("sensitiveKeys"), *(added if adds else []))
    others = ("user", "Password", "passwd", "private_key", "Conformance_key", *([] if adds else added))
    sent = config(**dict.fromkeys((*stated, *others), "x"))
    sent["env"]["shade.options"] = added
    answered = accepted(target.post(PATH, body=sent))
    for plugin in (answered["source"][0], answered["sink"][0]):
        assert {name: plugin[name] for name in stated} == dict.fromkeys(stated, encoded("x"))
        assert {name: plugin[name] for name in others} == dict.fromkeys(others, "x")


@check("encrypt-config.sections", writes=True)
def sections(target: Target, contract: Contract) -> None:
    """A credential in clear text leaks; the job can't log in with an encrypted one that the engine does not decrypt."""
    stated = contract.operation("encrypt_config").behaviour.names("sections")
    sent = config(password="x", nested={"password": "x"}) | {"transform": [{"plugin_name": "Copy", "password": "x"}]}
    sent["env"]["password"] = "x"
    answered = accepted(target.post(PATH, body=sent))
    for section in ("source", "transform", "sink"):
        assert answered[section][0]["password"] == (encoded("x") if section in stated else "x")
    assert answered["env"]["password"] == "x"
    assert answered["source"][0]["nested"] == {"password": "x"}


@check("encrypt-config.no-algorithm", writes=True)
def no_algorithm(target: Target) -> None:
    """The engine decrypts nothing without an algorithm: if credentials are encrypted anyway, the job can't log in."""
    for sent in (config(None, password="x"), config("default", password="x"), _without(config(password="x"), "env")):
        assert accepted(target.post(PATH, body=sent)) == sent


@check("encrypt-config.unknown-algorithm", writes=True)
def unknown_algorithm(target: Target) -> None:
    """A client gets credentials that the engine can't decrypt with the named algorithm, or an unexpected error."""
    for sent in (config("conformance-none", password="x"), config("BASE64", password="x")):
        assert accepted(target.post(PATH, body=sent)) == sent


@check("encrypt-config.other-kinds", writes=True)
def other_kinds(target: Target, contract: Contract) -> None:
    """A client that sends a password as a number must know whether it is encrypted as a string or refused."""
    response = target.post(PATH, body=config(password=12345, token=True))
    stated = contract.operation("encrypt_config").behaviour.choice("nonTextValue")
    if stated == "encoded":
        source = accepted(response)["source"][0]
        assert (source["password"], source["token"]) == (encoded("12345"), encoded("true"))
    else:
        refused(response, REFUSALS[stated])
    listed = accepted(target.post(PATH, body=config(password=None, token=["x", "y"])))["source"][0]
    assert listed["password"] is None
    if contract.operation("encrypt_config").behaviour.choice("listValue") == "by-item":
        assert listed["token"] == [encoded("x"), encoded("y")]
    else:
        assert isinstance(listed["token"], str)


@check("encrypt-config.encodes-again", writes=True)
def encodes_again(target: Target) -> None:
    """A password that happens to be Base64 is not encrypted; the engine decodes it, so the job can't log in."""
    once = accepted(target.post(PATH, body=config(password="x")))
    twice = accepted(target.post(PATH, body=once))
    assert twice["source"][0]["password"] == encoded(encoded("x"))


@check("encrypt-config.missing-section", writes=True)
def missing_section(target: Target, contract: Contract) -> None:
    """A client that sends an incomplete config must get an error, or it stores the response as complete."""
    stated = contract.operation("encrypt_config").behaviour.choice("shadeFailure")
    for section in ("source", "sink"):
        refused(target.post(PATH, body=_without(config(password="x"), section)), REFUSALS[stated])
        refused(target.post(PATH, body=config(password="x") | {section: {}}), 500)


@check("encrypt-config.empty-section", writes=True)
def empty_section(target: Target) -> None:
    """A config without a source or sink can't run; without an error, the mistake shows up only at submission."""
    for section in ("source", "sink"):
        refused(target.post(PATH, body=config(password="x") | {section: []}), 400)


@check("encrypt-config.missing-transform", writes=True)
def missing_transform(target: Target, contract: Contract) -> None:
    """A client gets a `transform` that it did not write, or lacks the empty one that its release adds."""
    answered = accepted(target.post(PATH, body=_without(config(password="x"), "transform")))
    assert answered["source"][0]["password"] == encoded("x")
    adds = contract.operation("encrypt_config").behaviour.flag("addsTransform")
    assert "transform" in answered if adds else "transform" not in answered


def _without(sent: Mapping[str, Any], section: str) -> dict[str, Any]:
    return {name: part for name, part in sent.items() if name != section}
