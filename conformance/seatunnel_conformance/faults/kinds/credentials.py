"""Credential faults: secrets that stay readable, and configs that come back changed."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from seatunnel_conformance.faults.catalogue import fault
from seatunnel_conformance.faults.exchange import BAD_REQUEST, SERVER_ERROR, ProxiedExchange, without

Change = Callable[[Any, str], Any]
"""Makes the value of a response from the value that was sent for encryption and the encrypted one."""

_SECTIONS: Final = ("source", "transform", "sink")


def _is_answered(exchange: ProxiedExchange) -> bool:
    answered = exchange.is_for("encrypt_config") and exchange.ok
    return answered and isinstance(exchange.request_json, dict) and isinstance(exchange.document, dict)


def _has_env(exchange: ProxiedExchange) -> bool:
    return _is_answered(exchange) and isinstance(exchange.document.get("env"), dict)


def _has_empty_section(exchange: ProxiedExchange) -> bool:
    config = exchange.request_json
    known = exchange.is_for("encrypt_config") and exchange.is_error and isinstance(config, dict)
    return known and [] in (config.get("source"), config.get("sink"))


@fault("nothing-is-encrypted", breaks=["encrypt-config.encodes", "encrypt-config.sensitive-keys"], when=_is_answered)
def nothing_is_encrypted(exchange: ProxiedExchange) -> ProxiedExchange:
    """The config comes back as it was."""
    return exchange.with_json(exchange.request_json)


@fault("secrets-are-encoded-as-latin", breaks=["encrypt-config.encodes"])
def secrets_are_encoded_as_latin(exchange: ProxiedExchange) -> ProxiedExchange:
    """The Base64 text is made of other bytes than UTF-8: letters beyond ISO-8859-1 are lost."""

    def changed(sent: Any, _: str) -> str:
        return base64.b64encode(str(sent).encode("iso-8859-1", "replace")).decode()

    return _with_secrets(exchange, changed)


@fault("secrets-are-encoded-for-addresses", breaks=["encrypt-config.encodes"])
def secrets_are_encoded_for_addresses(exchange: ProxiedExchange) -> ProxiedExchange:
    """The Base64 text lacks its padding."""
    return _with_secrets(exchange, lambda _, found: found.rstrip("="))


@fault("secrets-are-masked", breaks=["encrypt-config.encodes", "encrypt-config.encodes-again"])
def secrets_are_masked(exchange: ProxiedExchange) -> ProxiedExchange:
    """Credentials are replaced by stars instead of being encrypted."""
    return _with_secrets(exchange, lambda *_: "******")


@fault("sink-secrets-stay", breaks=["encrypt-config.encodes", "encrypt-config.sections"], when=_is_answered)
def sink_secrets_stay(exchange: ProxiedExchange) -> ProxiedExchange:
    """Credentials in sinks are not encrypted."""
    return exchange.with_change(lambda found: {**found, "sink": exchange.request_json["sink"]})


@fault("unknown-members-are-lost", breaks=["encrypt-config.rest-unchanged"], when=_is_answered)
def unknown_members_are_lost(exchange: ProxiedExchange) -> ProxiedExchange:
    """A member that a config does not have is missing in the response."""
    known = {"env", *_SECTIONS}
    return exchange.with_change(lambda found: {name: part for name, part in found.items() if name in known})


@fault("dotted-keys-become-objects", breaks=["encrypt-config.rest-unchanged"], when=_has_env)
def dotted_keys_become_objects(exchange: ProxiedExchange) -> ProxiedExchange:
    """Keys with dots in `env` come back as objects in objects."""

    def changed(found: Mapping[str, Any]) -> dict[str, Any]:
        env = {
            name.partition(".")[0]: {name.partition(".")[2]: value}
            for name, value in found["env"].items()
            if "." in name
        }
        return {**found, "env": {**{name: v for name, v in found["env"].items() if "." not in name}, **env}}

    return exchange.with_change(changed)


@fault("numbers-come-back-as-text", breaks=["encrypt-config.rest-unchanged"])
def numbers_come_back_as_text(exchange: ProxiedExchange) -> ProxiedExchange:
    """Options that are numbers come back as text."""
    return _with_plugins(exchange, lambda plugin: {name: _text(value) for name, value in plugin.items()})


@fault("token-is-no-secret", breaks=["encrypt-config.sensitive-keys"])
def token_is_no_secret(exchange: ProxiedExchange) -> ProxiedExchange:
    """The last of the sensitive keys is not encrypted."""
    last = exchange.contract.operation("encrypt_config").behaviour.names("sensitiveKeys")[-1]

    def changed(sent: Mapping[str, Any], found: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**found, last: sent[last]} if last in sent else found

    return _paired(exchange, changed)


@fault("secret-keys-ignore-case", breaks=["encrypt-config.sensitive-keys"])
def secret_keys_ignore_case(exchange: ProxiedExchange) -> ProxiedExchange:
    """Sensitive keys are found in any letter case."""
    keys = exchange.contract.operation("encrypt_config").behaviour.names("sensitiveKeys")

    def changed(plugin: Mapping[str, Any]) -> dict[str, Any]:
        more = {name for name in plugin if name.lower() in keys and name not in keys}
        return {name: _encoded(value) if name in more else value for name, value in plugin.items()}

    return _with_plugins(exchange, changed)


@fault("more-keys-are-secret", breaks=["encrypt-config.sensitive-keys"])
def more_keys_are_secret(exchange: ProxiedExchange) -> ProxiedExchange:
    """The key `user` counts as sensitive, too."""
    return _with_plugins(exchange, lambda plugin: _with_member(plugin, "user", _encoded))


@fault("env-secrets-are-encrypted", breaks=["encrypt-config.sections"], when=_has_env)
def env_secrets_are_encrypted(exchange: ProxiedExchange) -> ProxiedExchange:
    """Credentials in `env` are encrypted, too."""
    return exchange.with_change(lambda found: {**found, "env": _with_member(found["env"], "password", _encoded)})


@fault("nested-secrets-are-encrypted", breaks=["encrypt-config.sections"])
def nested_secrets_are_encrypted(exchange: ProxiedExchange) -> ProxiedExchange:
    """Credentials within the options of a plugin are encrypted, too."""

    def changed(plugin: Mapping[str, Any]) -> Mapping[str, Any]:
        return {
            name: _with_member(value, "password", _encoded) if isinstance(value, dict) else value
            for name, value in plugin.items()
        }

    return _with_plugins(exchange, changed)


@fault("transforms-are-taken-otherwise", breaks=["encrypt-config.sections"])
def transforms_are_taken_otherwise(exchange: ProxiedExchange) -> ProxiedExchange:
    """Credentials of transforms are encrypted where they are not, and left where they are."""
    if not _is_answered(exchange) or not isinstance(exchange.request_json.get("transform"), list):
        return exchange
    stated = "transform" in exchange.contract.operation("encrypt_config").behaviour.names("sections")
    sent = exchange.request_json["transform"]
    other = sent if stated else [_with_member(plugin, "password", _encoded) for plugin in sent]
    return exchange.with_change(lambda found: {**found, "transform": other})


@fault("base64-is-the-default", breaks=["encrypt-config.no-algorithm"], before=True)
def base64_is_the_default(exchange: ProxiedExchange) -> ProxiedExchange:
    """Without an algorithm credentials are encrypted all the same."""
    return _with_algorithm(exchange, lambda name: "base64" if name is None else name)


@fault("default-is-an-algorithm", breaks=["encrypt-config.no-algorithm"], before=True)
def default_is_an_algorithm(exchange: ProxiedExchange) -> ProxiedExchange:
    """The algorithm `default` encrypts credentials."""
    return _with_algorithm(exchange, lambda name: "base64" if name == "default" else name)


@fault("unknown-algorithm-is-400", breaks=["encrypt-config.unknown-algorithm"])
def unknown_algorithm_is_400(exchange: ProxiedExchange) -> ProxiedExchange:
    """An algorithm that is not known is answered with 400."""
    return exchange.with_error(BAD_REQUEST) if _algorithm(exchange) not in {None, "default", "base64"} else exchange


@fault("algorithms-ignore-case", breaks=["encrypt-config.unknown-algorithm"], before=True)
def algorithms_ignore_case(exchange: ProxiedExchange) -> ProxiedExchange:
    """The letter case of the algorithm does not matter."""
    return _with_algorithm(exchange, lambda name: name.lower() if isinstance(name, str) else name)


@fault("typed-secrets-are-taken-otherwise", breaks=["encrypt-config.other-kinds"])
def typed_secrets_are_taken_otherwise(exchange: ProxiedExchange) -> ProxiedExchange:
    """Credentials that are not text are refused where they are encrypted, and encrypted where they are refused."""
    typed = any(not isinstance(plugin.get("password", ""), str | None) for plugin in _sent_plugins(exchange))
    if not typed:
        return exchange
    return exchange.with_error(SERVER_ERROR) if exchange.ok else exchange.with_reply(200, exchange.request_json)


@fault("null-secrets-are-encrypted", breaks=["encrypt-config.other-kinds"])
def null_secrets_are_encrypted(exchange: ProxiedExchange) -> ProxiedExchange:
    """A credential that is null comes back as the encrypted text `null`."""
    return _with_plugins(
        exchange, lambda plugin: _with_member(plugin, "password", lambda value: value or _encoded("null"))
    )


@fault("encrypted-secrets-are-left", breaks=["encrypt-config.encodes-again"])
def encrypted_secrets_are_left(exchange: ProxiedExchange) -> ProxiedExchange:
    """A secret that ends like an encrypted one is not encrypted again."""
    return _with_secrets(exchange, lambda sent, found: sent if str(sent).endswith("==") else found)


@fault("missing-section-is-left-missing", breaks=["encrypt-config.missing-section"], on="encrypt_config")
def missing_section_is_left_missing(exchange: ProxiedExchange) -> ProxiedExchange:
    """A config without `source` or `sink` comes back without it."""
    lacks = exchange.status == SERVER_ERROR and isinstance(exchange.request_json, dict)
    return exchange.with_reply(200, exchange.request_json) if lacks else exchange


@fault("empty-sources-are-fine", breaks=["encrypt-config.empty-section"], when=_has_empty_section)
def empty_sources_are_fine(exchange: ProxiedExchange) -> ProxiedExchange:
    """A config whose `source` or `sink` is an empty list comes back as it was."""
    return exchange.with_reply(200, exchange.request_json)


@fault("empty-sources-break-the-server", breaks=["encrypt-config.empty-section"], when=_has_empty_section)
def empty_sources_break_the_server(exchange: ProxiedExchange) -> ProxiedExchange:
    """A config to be encrypted whose `source` or `sink` is an empty list is answered with 500."""
    return exchange.with_status(SERVER_ERROR)


@fault("missing-transform-is-taken-otherwise", breaks=["encrypt-config.missing-transform"])
def missing_transform_is_taken_otherwise(exchange: ProxiedExchange) -> ProxiedExchange:
    """An empty `transform` is added where the config comes back without, and left out where one is added."""
    if not _is_answered(exchange) or "transform" in exchange.request_json:
        return exchange
    if "transform" in exchange.document:
        return exchange.with_change(lambda found: without(found, "transform"))
    return exchange.with_change(lambda found: {**found, "transform": []})


def _paired(
    exchange: ProxiedExchange, change: Callable[[Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any]]
) -> ProxiedExchange:
    """Change every plugin of the response, given the same plugin of the request."""
    if not _is_answered(exchange):
        return exchange
    sent, found = exchange.request_json, exchange.document
    parts = {
        name: [change(before, after) for before, after in zip(sent[name], found[name], strict=True)]
        for name in _SECTIONS
        if isinstance(sent.get(name), list) and isinstance(found.get(name), list)
    }
    return exchange.with_json({**found, **parts})


def _with_plugins(
    exchange: ProxiedExchange, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]
) -> ProxiedExchange:
    return _paired(exchange, lambda _, found: change(found))


def _with_secrets(exchange: ProxiedExchange, change: Change) -> ProxiedExchange:
    """Change every text of a plugin that came back as another one."""

    def changed(sent: Mapping[str, Any], found: Mapping[str, Any]) -> Mapping[str, Any]:
        return {
            name: change(sent[name], value) if isinstance(value, str) and value != sent.get(name) else value
            for name, value in found.items()
        }

    return _paired(exchange, changed)


def _with_member(found: Mapping[str, Any], name: str, change: Callable[[Any], Any]) -> dict[str, Any]:
    return {**found, **({name: change(found[name])} if name in found else {})}


def _encoded(value: Any) -> Any:
    return base64.b64encode(value.encode()).decode() if isinstance(value, str) else value


def _text(value: Any) -> Any:
    return str(value) if type(value) is int else value


def _algorithm(exchange: ProxiedExchange) -> str | None:
    env = exchange.request_json.get("env") if _is_answered(exchange) else None
    return env.get("shade.identifier") if isinstance(env, dict) else None


def _with_algorithm(exchange: ProxiedExchange, change: Callable[[Any], Any]) -> ProxiedExchange:
    config = exchange.request_json if exchange.is_for("encrypt_config") else None
    env = config.get("env") if isinstance(config, dict) else None
    if not isinstance(env, dict) or change(env.get("shade.identifier")) == env.get("shade.identifier"):
        return exchange
    return exchange.with_request_body(
        {**exchange.request_json, "env": {**env, "shade.identifier": change(env.get("shade.identifier"))}}
    )


def _sent_plugins(exchange: ProxiedExchange) -> Iterator[Mapping[str, Any]]:
    config = exchange.request_json if exchange.is_for("encrypt_config") else None
    for name in _SECTIONS:
        found = config.get(name) if isinstance(config, dict) else None
        yield from (plugin for plugin in found if isinstance(plugin, dict)) if isinstance(found, list) else ()
