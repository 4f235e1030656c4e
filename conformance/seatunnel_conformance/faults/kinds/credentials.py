"""Credential faults: secrets that stay readable, and configs that come back changed."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from seatunnel_conformance.faults.changes import *

_ENCRYPT: Final = "encrypt_config"
_SECTIONS: Final = ("source", "transform", "sink")
_REST: Final = "encrypt-config.rest-unchanged"
_KEYS: Final = "encrypt-config.sensitive-keys"


def _is_answered(it: ProxiedExchange) -> bool:
    return it.ok and isinstance(it.request_json, dict) and isinstance(it.document, dict)


def _paired(change: Callable[[Mapping[str, Any], Mapping[str, Any]], Any]) -> Change:
    """Change every plugin of the response, given the same plugin of the request."""

    def changed(it: ProxiedExchange) -> ProxiedExchange:
        if not _is_answered(it):
            return it
        asked, found = it.request_json, it.document
        parts = {
            name: [change(before, after) for before, after in zip(asked[name], found[name], strict=True)]
            for name in _SECTIONS
            if isinstance(asked.get(name), list) and isinstance(found.get(name), list)
        }
        return it.with_json({**found, **parts})

    return changed


def _plugins(edit: Edit) -> Change:
    return _paired(lambda _, found: edit(found))


def _secrets(change: Callable[[str, str], str]) -> Change:
    """Change every text of a plugin that came back as another one, given the text that was sent."""
    return _paired(
        lambda before, found: {
            name: change(before[name], value) if isinstance(value, str) and value != before.get(name) else value
            for name, value in found.items()
        }
    )


def _encoded(value: Any) -> Any:
    return base64.b64encode(value.encode()).decode() if isinstance(value, str) else value


_password: Final = at("password", _encoded)


def _with_objects(env: Any) -> Any:
    if not isinstance(env, dict):
        return env
    dotted = {name.partition(".")[0]: {name.partition(".")[2]: env[name]} for name in env if "." in name}
    return {**{name: value for name, value in env.items() if "." not in name}, **dotted}


def _keys(it: ProxiedExchange) -> Sequence[str]:
    return it.contract.operation(_ENCRYPT).behaviour.names("sensitiveKeys")


def _with_other_transforms(it: ProxiedExchange) -> ProxiedExchange:
    transforms = it.request_json.get("transform") if _is_answered(it) else None
    stated = "transform" in it.contract.operation(_ENCRYPT).behaviour.names("sections")
    other = transforms if stated else each(_password)(transforms)
    return edited(put(transform=other))(it) if isinstance(transforms, list) else it


def _with_algorithm(change: Callable[[Any], Any]) -> Change:
    """Ask for the algorithm that the function returns for the one in the config, which is None if there is none."""

    def edit(env: Any) -> Any:
        name = env.get("shade.identifier") if isinstance(env, dict) else None
        return env if change(name) == name or not isinstance(env, dict) else {**env, "shade.identifier": change(name)}

    return sent(at("env", edit))


_AS_SENT: Final = reply(200, lambda it: it.request_json)

FAULTS: Final = (
    row("nothing-is-encrypted",
        "The config is returned unchanged, with its credentials in clear text.", f"encrypt-config.encodes {_KEYS}",
        document(lambda it: it.request_json), on=_ENCRYPT, when=_is_answered),
    row("secrets-are-encoded-as-latin",
        "Credentials are encoded from ISO-8859-1 instead of UTF-8, so other letters are lost.",
        "encrypt-config.encodes", on=_ENCRYPT, change=_secrets(
            lambda before, _: base64.b64encode(str(before).encode("iso-8859-1", "replace")).decode())),
    row("secrets-are-encoded-for-addresses", "The Base64 text is written without padding.", "encrypt-config.encodes",
        _secrets(lambda _, found: found.rstrip("=")), on=_ENCRYPT),
    row("secrets-are-masked", "Credentials are replaced by stars instead of being encrypted.",
        "encrypt-config.encodes encrypt-config.encodes-again", _secrets(lambda *_: "******"), on=_ENCRYPT),
    row("sink-secrets-stay", "Credentials in sinks are not encrypted.",
        "encrypt-config.encodes encrypt-config.sections", on=_ENCRYPT, when=_is_answered,
        change=document(lambda it: {**it.document, "sink": it.request_json["sink"]})),
    row("unknown-members-are-lost", "A member that a config does not have is missing in the response.", _REST,
        edited(keep(lambda name: name in {"env", *_SECTIONS})), on=_ENCRYPT, when=_is_answered),
    row("dotted-keys-become-objects", "Keys with dots in `env` are returned as nested objects.", _REST,
        edited(at("env", _with_objects)), on=_ENCRYPT, when=_is_answered),
    row("numbers-come-back-as-text", "Options that are numbers are returned as strings.", _REST,
        _plugins(values(lambda value: str(value) if type(value) is int else value)), on=_ENCRYPT),
    row("token-is-no-secret", "The last of the sensitive keys is not encrypted.", _KEYS, on=_ENCRYPT,
        change=lambda it: _paired(
            lambda before, found: {**found, **{name: before[name] for name in _keys(it)[-1:] if name in before}})(it)),
    row("secret-keys-ignore-case", "Sensitive keys are found in any letter case.", _KEYS, on=_ENCRYPT,
        change=lambda it: _plugins(lambda plugin: {
            name: _encoded(value) if name.lower() in _keys(it) and name not in _keys(it) else value
            for name, value in plugin.items()})(it)),
    row("more-keys-are-secret", "The key `user` counts as sensitive, too.", _KEYS, _plugins(at("user", _encoded)),
        on=_ENCRYPT),
    row("env-secrets-are-encrypted", "Credentials in `env` are encrypted, too.", "encrypt-config.sections",
        edited(at("env", _password)), on=_ENCRYPT, when=_is_answered),
    row("nested-secrets-are-encrypted", "Credentials within the options of a plugin are encrypted, too.",
        "encrypt-config.sections", _plugins(values(_password)), on=_ENCRYPT),
    row("transforms-are-taken-otherwise",
        "Credentials of transforms are encrypted where they must not be, and the reverse.",
        "encrypt-config.sections", _with_other_transforms, on=_ENCRYPT),
    row("base64-is-the-default", "Credentials are encrypted although the config names no algorithm.",
        "encrypt-config.no-algorithm", _with_algorithm(lambda name: "base64" if name is None else name),
        on=_ENCRYPT, before=True),
    row("default-is-an-algorithm", "The algorithm `default` encrypts credentials.", "encrypt-config.no-algorithm",
        _with_algorithm(lambda name: "base64" if name == "default" else name), on=_ENCRYPT, before=True),
    row("unknown-algorithm-is-400", "An algorithm that is not known is answered with 400.",
        "encrypt-config.unknown-algorithm", error(BAD_REQUEST), on=_ENCRYPT, when=lambda it: _is_answered(it)
        and doc.env(it).get("shade.identifier") not in {None, "default", "base64"}),
    row("algorithms-ignore-case", "The letter case of the algorithm does not matter.",
        "encrypt-config.unknown-algorithm",
        _with_algorithm(lambda name: name.lower() if isinstance(name, str) else name), on=_ENCRYPT, before=True),
    row("typed-secrets-are-taken-otherwise",
        "Credentials that are not strings are refused where they must be encrypted, and the reverse.",
        "encrypt-config.other-kinds", swapped(error(SERVER_ERROR), _AS_SENT), on=_ENCRYPT,
        when=lambda it: any(not isinstance(plugin.get("password", ""), str | None) for plugin in doc.plugins(it))),
    row("null-secrets-are-encrypted", "A credential that is null comes back as the encrypted text `null`.",
        "encrypt-config.other-kinds", _plugins(at("password", lambda value: value or _encoded("null"))), on=_ENCRYPT),
    row("encrypted-secrets-are-left", "A credential that looks encrypted already is not encrypted again.",
        "encrypt-config.encodes-again",
        _secrets(lambda before, found: before if str(before).endswith("==") else found), on=_ENCRYPT),
    row("missing-section-is-left-missing",
        "A config without `source` or `sink` is returned unchanged instead of with an error.",
        "encrypt-config.missing-section", _AS_SENT, on=_ENCRYPT,
        when=lambda it: it.status == SERVER_ERROR and isinstance(it.request_json, dict)),
    row("empty-sources-are-fine", "A config whose `source` or `sink` is an empty list comes back as it was.",
        "encrypt-config.empty-section", _AS_SENT, on=_ENCRYPT, when=doc.has_empty_section),
    row("empty-sources-break-the-server",
        "A config to be encrypted whose `source` or `sink` is an empty list is answered with 500.",
        "encrypt-config.empty-section", status(SERVER_ERROR), on=_ENCRYPT, when=doc.has_empty_section),
    row("missing-transform-is-taken-otherwise",
        "An empty `transform` is added where the config comes back without, and left out where one is added.",
        "encrypt-config.missing-transform",
        edited(lambda found: drop("transform")(found) if "transform" in found else {**found, "transform": []}),
        on=_ENCRYPT, when=lambda it: _is_answered(it) and "transform" not in it.request_json),
)  # fmt: skip
