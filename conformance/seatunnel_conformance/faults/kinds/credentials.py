"""Faults of `/encrypt-config`: credentials stay readable, or the returned config has other changes."""

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
    """Replace each plugin of the response by `change(plugin of the request, plugin of the response)`."""

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
    """Replace each encrypted string of a plugin by `change(string that was sent, encrypted string)`."""
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
    """Replace the algorithm in the config of the request by `change(algorithm)`; None stands for no algorithm."""

    def edit(env: Any) -> Any:
        name = env.get("shade.identifier") if isinstance(env, dict) else None
        return env if change(name) == name or not isinstance(env, dict) else {**env, "shade.identifier": change(name)}

    return sent(at("env", edit))


_AS_SENT: Final = reply(200, lambda it: it.request_json)

FAULTS: Final = (
    row("nothing-is-encrypted", "The config is returned unchanged, with its credentials in clear text.",
        f"encrypt-config.encodes {_KEYS}", document(lambda it: it.request_json), on=_ENCRYPT, when=_is_answered),
    row("secrets-are-encoded-as-latin",
        "Credentials are encoded as ISO-8859-1 instead of UTF-8, so characters outside it are lost.",
        "encrypt-config.encodes", on=_ENCRYPT, change=_secrets(
            lambda before, _: base64.b64encode(str(before).encode("iso-8859-1", "replace")).decode())),
    row("secrets-are-encoded-for-addresses", "Encrypted credentials lack the padding of Base64.",
        "encrypt-config.encodes", _secrets(lambda _, found: found.rstrip("=")), on=_ENCRYPT),
    row("secrets-are-masked", "Credentials are replaced by asterisks instead of being encrypted, so they are lost.",
        "encrypt-config.encodes encrypt-config.encodes-again", _secrets(lambda *_: "******"), on=_ENCRYPT),
    row("sink-secrets-stay", "Credentials in sinks are returned in clear text.",
        "encrypt-config.encodes encrypt-config.sections", on=_ENCRYPT, when=_is_answered,
        change=document(lambda it: {**it.document, "sink": it.request_json["sink"]})),
    row("unknown-members-are-lost",
        "Members of a config other than `env`, `source`, `transform` and `sink` are not returned.", _REST,
        edited(keep(lambda name: name in {"env", *_SECTIONS})), on=_ENCRYPT, when=_is_answered),
    row("dotted-keys-become-objects", "Keys with dots in `env` are returned as nested objects.", _REST,
        edited(at("env", _with_objects)), on=_ENCRYPT, when=_is_answered),
    row("numbers-come-back-as-text", "Plugin options that are numbers are returned as strings.", _REST,
        _plugins(values(lambda value: str(value) if type(value) is int else value)), on=_ENCRYPT),
    row("long-options-are-cut", "Texts of more than 2,000 characters in a config are cut off.",
        "encrypt-config.rest-unchanged", on="encrypt_config", when=is_ok,
        change=edited(everywhere(lambda value: value[:2000] if isinstance(value, str) else value))),
    row("sinks-are-reversed", "The sinks of a config are returned in the opposite order.",
        "encrypt-config.rest-unchanged", edited(at("sink", backwards)), on="encrypt_config", when=is_ok),
    row("token-is-no-secret", "The value of the last sensitive key is returned in clear text.",
        _KEYS, on=_ENCRYPT,
        change=lambda it: _paired(
            lambda before, found: {**found, **{name: before[name] for name in _keys(it)[-1:] if name in before}})(it)),
    row("secret-keys-ignore-case", "A sensitive key is encrypted even if its letter case differs, as in `Password`.",
        _KEYS, on=_ENCRYPT,
        change=lambda it: _plugins(lambda plugin: {
            name: _encoded(value) if name.lower() in _keys(it) and name not in _keys(it) else value
            for name, value in plugin.items()})(it)),
    row("more-keys-are-secret", "The value of the key `user` is encrypted, although `user` is not a sensitive key.",
        _KEYS, _plugins(at("user", _encoded)), on=_ENCRYPT),
    row("env-secrets-are-encrypted", "A `password` in `env` is encrypted, like one in a plugin.",
        "encrypt-config.sections", edited(at("env", _password)), on=_ENCRYPT, when=_is_answered),
    row("nested-secrets-are-encrypted",
        "A `password` in a nested object of a plugin is encrypted, like one at its top level.",
        "encrypt-config.sections", _plugins(values(_password)), on=_ENCRYPT),
    row("transforms-are-taken-otherwise",
        "Credentials in transforms are encrypted if the contract leaves them as they are, and vice versa.",
        "encrypt-config.sections", _with_other_transforms, on=_ENCRYPT),
    row("base64-is-the-default", "Credentials are encrypted although the config names no algorithm.",
        "encrypt-config.no-algorithm", _with_algorithm(lambda name: "base64" if name is None else name),
        on=_ENCRYPT, before=True),
    row("default-is-an-algorithm",
        "The algorithm `default` encrypts credentials, although it must leave them unchanged.",
        "encrypt-config.no-algorithm",
        _with_algorithm(lambda name: "base64" if name == "default" else name), on=_ENCRYPT, before=True),
    row("unknown-algorithm-is-400",
        "A config with an unknown algorithm is answered with 400 instead of being returned unchanged.",
        "encrypt-config.unknown-algorithm", error(BAD_REQUEST), on=_ENCRYPT, when=lambda it: _is_answered(it)
        and doc.env(it).get("shade.identifier") not in {None, "default", "base64"}),
    row("algorithms-ignore-case",
        "The algorithm `BASE64` encrypts credentials, although names of algorithms are case-sensitive.",
        "encrypt-config.unknown-algorithm",
        _with_algorithm(lambda name: name.lower() if isinstance(name, str) else name), on=_ENCRYPT, before=True),
    row("typed-secrets-are-taken-otherwise",
        "Credentials that are not strings are refused if the contract accepts them, and vice versa.",
        "encrypt-config.other-kinds", swapped(error(SERVER_ERROR), _AS_SENT), on=_ENCRYPT,
        when=lambda it: any(not isinstance(plugin.get("password", ""), str | None) for plugin in doc.plugins(it))),
    row("null-secrets-are-encrypted", "A password that is null is returned as the encrypted text `null`.",
        "encrypt-config.other-kinds", _plugins(at("password", lambda value: value or _encoded("null"))), on=_ENCRYPT),
    row("encrypted-secrets-are-left", "A credential that ends with `==` is not encrypted, as if it already were.",
        "encrypt-config.encodes-again",
        _secrets(lambda before, found: before if str(before).endswith("==") else found), on=_ENCRYPT),
    row("missing-section-is-left-missing",
        "A config without `source` or `sink` is returned unchanged instead of being refused.",
        "encrypt-config.missing-section", _AS_SENT, on=_ENCRYPT,
        when=lambda it: it.status == SERVER_ERROR and isinstance(it.request_json, dict)),
    row("empty-sources-are-fine",
        "A config with an empty list as `source` or `sink` is returned by `/encrypt-config` instead of refused.",
        "encrypt-config.empty-section", _AS_SENT, on=_ENCRYPT, when=doc.has_empty_section),
    row("empty-sources-break-the-server",
        "A config with an empty list as `source` or `sink` is answered with 500 by `/encrypt-config`.",
        "encrypt-config.empty-section", status(SERVER_ERROR), on=_ENCRYPT, when=doc.has_empty_section),
    row("missing-transform-is-taken-otherwise",
        "An empty `transform` is added to the config where it must not be, and vice versa.",
        "encrypt-config.missing-transform",
        edited(lambda found: drop("transform")(found) if "transform" in found else {**found, "transform": []}),
        on=_ENCRYPT, when=lambda it: _is_answered(it) and "transform" not in it.request_json),
)  # fmt: skip
