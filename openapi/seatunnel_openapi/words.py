"""Translates JSON between the member names of the contract and those that a release sends, the names on the wire.

`x-means` of an object schema maps names on the wire to names of the contract: `x-means: {job_dag: jobDag}`. If the
schema has no property `job_dag`, its property `jobDag` gets this name, so that one overlay action renames a member. The
fact `memberCase` of the document renames all members of responses, and `listEnvelope` puts lists into an object.
Published documents have the names on the wire; `own_document` returns one with the names of the contract.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from seatunnel_openapi.documents import JsonObject, copied, reached, resolve, walk
from seatunnel_openapi.errors import InvalidDocument, meant

MEANS: Final = "x-means"
ENVELOPE: Final = "x-envelope"
"""The extension of an object schema with the name of the member that holds a list: the object only wraps the list."""

_JSON: Final = "application/json"
_SMALL_THEN_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_FORMS: Final = ("oneOf", "anyOf")
_ALTERNATIVES: Final = ("allOf", *_FORMS)


@dataclass(frozen=True, eq=False)
class Wording:
    """The translation of a JSON value between the contract and the wire.

    `names` maps names on the wire to names of the contract. If a name means different members in the contract and on
    the wire, the two names are swapped, so that no member is lost. `envelope` is the member that holds a list on the
    wire.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, Wording] = field(default_factory=dict)
    """The translations of the values of members, by the names of the contract."""
    others: Wording | None = None
    """The translation of the values of members that are no properties of the schema."""
    items: Wording | None = None
    envelope: str = ""
    rest: JsonObject = field(default_factory=dict)
    """The values of the other members of the envelope; None for a member that counts the items."""
    known: frozenset[str] = frozenset()
    """The contract's names of the schema's properties."""
    forms: tuple[Wording, ...] = ()
    """The translations of the schema's alternatives; the one that shares the most members with a value is used."""

    def read(self, value: Any) -> Any:
        """Translate a value from the wire to the contract.

        A list without the release's envelope becomes an object, which is not valid.
        """
        if isinstance(value, list):
            items = self._items(value, Wording.read)
            return {self.envelope: items} if self.envelope else items
        if not isinstance(value, dict):
            return value
        if self.envelope and value.keys() == {self.envelope, *self.rest} and isinstance(value[self.envelope], list):
            return self._items(value[self.envelope], Wording.read)
        form = self._form(value, lambda each: {each.wire_names.get(name, name) for name in each.known})
        read = {form.names.get(name, name): it for name, it in value.items()}
        return type(value)({name: form._below(name, Wording.read, it) for name, it in read.items()})  # noqa: SLF001

    def write(self, value: Any) -> Any:
        """Translate a value of the contract to the wire."""
        if isinstance(value, list):
            items = self._items(value, Wording.write)
            rest = {name: len(items) if each is None else each for name, each in self.rest.items()}
            return {self.envelope: items, **rest} if self.envelope else items
        if not isinstance(value, dict):
            return value
        if self.envelope and value.keys() == {self.envelope}:
            return self._items(value[self.envelope], Wording.write)
        form = self._form(value, lambda each: each.known)
        names = form.wire_names
        return {names.get(name, name): form._below(name, Wording.write, it) for name, it in value.items()}  # noqa: SLF001

    def place(self, pointer: str, *, own: bool = False) -> str:
        """Translate a JSON pointer from a value of the contract to the wire; with `own`, the other way round."""
        first, _, rest = pointer.removeprefix("/").partition("/")
        if not pointer.startswith("/"):
            return pointer
        if own and self.envelope and first == self.envelope:
            return Wording(items=self.items).place(f"/{rest}" if rest else "", own=True)
        below, head = self.items, f"/{first}"
        if first.isdecimal():
            head = f"/{self.envelope}{head}" if self.envelope and not own else head
        else:
            name = self.names.get(first, first) if own else self.wire_names.get(first, first)
            below, head = self.members.get(name if own else first, self.others), f"/{name}"
        inner = f"/{rest}" if rest else ""
        return head + (below.place(inner, own=own) if below else inner)

    def around(self, count: int) -> tuple[bytes, bytes]:
        """Return the JSON of the envelope before and after a list of `count` items; empty without an envelope."""
        items = [None] * count
        before, _, behind = json.dumps(replace(self, items=None).write(items)).partition(json.dumps(items))
        return before.encode(), behind.encode()

    @property
    def wire_names(self) -> Mapping[str, str]:
        """The names on the wire by the names of the contract."""
        return {own: wire for wire, own in self.names.items()}

    def _form(self, value: JsonObject, named: Callable[[Wording], AbstractSet[str]]) -> Wording:
        """Return the alternative that shares the most members with a value; `named` returns the members of each."""
        return min(self.forms, key=lambda each: len(named(each) ^ value.keys()), default=self)

    def _items(self, value: list[Any], turn: Callable[[Wording, Any], Any]) -> list[Any]:
        return [turn(self.items, item) for item in value] if self.items else value

    def _below(self, name: str, turn: Callable[[Wording, Any], Any], value: Any) -> Any:
        below = self.members.get(name, self.others)
        return value if below is None else turn(below, value)


class Words:
    """The translations of the schemas of one document."""

    def __init__(self, document: JsonObject) -> None:
        self._document = document
        self._known: dict[int, tuple[Any, Wording | None]] = {}
        self.are_own: Final = not any(map(_is_worded, (node for _, node in walk(document))))
        """Whether the document has the contract's names everywhere."""

    def of(self, schema: Any) -> Wording | None:
        """Return the translation of the values of a schema; None if nothing is renamed."""
        if self.are_own or schema is None:
            return None
        if id(schema) not in self._known:
            # The schema is kept with its id, so that no other object can come to have that id.
            self._known[id(schema)] = schema, _wording(self._document, schema, ())
        return self._known[id(schema)][1]


def _is_worded(node: Any) -> bool:
    return isinstance(node, dict) and (MEANS in node or ENVELOPE in node)


def _wording(document: JsonObject, schema: Any, above: tuple[int, ...]) -> Wording | None:
    schema = resolve(document, schema)
    if not isinstance(schema, dict) or id(schema) in above:
        return None
    above = (*above, id(schema))
    found = [_wording(document, each, above) for kind in _ALTERNATIVES for each in schema.get(kind, ())]
    if envelope := schema.get(ENVELOPE):
        inner = resolve(document, schema["properties"][envelope])
        rest = {name: _constant(resolve(document, it)) for name, it in schema["properties"].items() if name != envelope}
        found.append(Wording(items=_wording(document, inner.get("items"), above), envelope=envelope, rest=rest))
    else:
        found.append(_of_object(document, schema, above))
    merged = _merged([each for each in found if each])
    objects = [
        each for kind in _FORMS for each in map(partial(resolve, document), schema.get(kind, ())) if _names(each)
    ]
    if merged is None or len(objects) < 2:  # noqa: PLR2004 - one form
        return merged
    return replace(merged, forms=tuple(_form(merged, _of_object(document, each, above), each) for each in objects))


def _form(merged: Wording, own: Wording | None, schema: JsonObject) -> Wording:
    """Return the translation of one alternative of a schema; it also translates members of the others."""
    own = own or Wording()
    means: dict[str, str] = schema.get(MEANS, {})
    known = frozenset(means.get(name, name) for name in _names(schema))
    others = {name: it for name, it in merged.names.items() if name not in _names(schema) and it not in known}
    return replace(merged, names={**others, **own.names}, members={**merged.members, **own.members}, known=known)


def _of_object(document: JsonObject, schema: JsonObject, above: tuple[int, ...]) -> Wording | None:
    names: dict[str, str] = dict(schema.get(MEANS, {}))
    members = {
        names.get(name, name): wording
        for name, each in schema.get("properties", {}).items()
        if (wording := _wording(document, each, above))
    }
    others = _wording(document, schema.get("additionalProperties"), above)
    items = _wording(document, schema.get("items"), above)
    return Wording(_exchanged(names), members, others, items) if names or members or others or items else None


def _exchanged(names: Mapping[str, str]) -> dict[str, str]:
    """Return a renaming that never gives two members one name: a name that is taken is exchanged for a free one."""
    done = dict(names)
    for wire in names:
        if wire not in names.values():
            # Follow the chain of names to its end, which is free on the wire.
            end = wire
            while end in names:
                end = names[end]
            done[end] = wire
    return done


def _constant(schema: JsonObject) -> Any:
    """Return the value of another member of an envelope; None for an integer, which counts the items."""
    if len(schema.get("enum", ())) == 1:
        return schema["enum"][0]
    return None if schema.get("type") == "integer" else schema.get("example")


def _merged(wordings: list[Wording]) -> Wording | None:
    """Return one translation for all alternatives of a schema; None if there are none."""
    if len(wordings) < 2:  # noqa: PLR2004 - nothing to merge
        return wordings[0] if wordings else None
    members: dict[str, list[Wording]] = {}
    for each in wordings:
        for name, inner in each.members.items():
            members.setdefault(name, []).append(inner)
    names: dict[str, str] = {}
    for each in wordings:
        # The first alternative that renames a member decides.
        names |= {wire: own for wire, own in each.names.items() if wire not in names}
    enveloped = next((each for each in wordings if each.envelope), Wording())
    return Wording(
        names,
        {name: one for name, several in members.items() if (one := _merged(several))},
        _merged([each.others for each in wordings if each.others]),
        _merged([each.items for each in wordings if each.items]),
        enveloped.envelope,
        enveloped.rest,
    )


def snake_case(name: str) -> str:
    """Return the name of a member in snake case: `jobDag` as `job_dag`."""
    return _SMALL_THEN_CAPITAL.sub("_", name).lower()


def spelled_out(document: JsonObject, label: str) -> JsonObject:
    """Return a document whose schemas and examples have the names on the wire.

    It applies `x-means`, `memberCase` and `listEnvelope`; a document without any of them is returned itself. Raises
    `InvalidDocument`.
    """
    facts = document.get("x-behaviour")
    facts = facts if isinstance(facts, dict) else {}
    case, envelope = facts.get("memberCase", "as-defined"), facts.get("listEnvelope", "none")
    is_complete = all(node[MEANS].keys() <= _names(node) for _, node in _worded(document))
    if is_complete and case == "as-defined" and envelope == "none":
        return document
    changed: JsonObject = copied(document)
    if case == "snake_case":
        _add_snake_case(changed)
    final = []
    for where, node in _worded(changed):
        means = node.pop(MEANS)
        replaced = {name: _replaced(node, name, means, (label, where)) for name in means.keys() - _names(node)}
        # Examples still have the names of the contract.
        node[MEANS] = replaced
        final.append((node, {name: own for name, own in means.items() if name not in replaced.values()}))
    if envelope != "none":
        _wrap_lists(changed, envelope)
    for _, node in _worded(changed):
        old = {own: name for name, own in node[MEANS].items()}
        node["properties"] = {old.get(name, name): each for name, each in node["properties"].items()}
        _rename_required(node, old)
    _reword(changed, own=False)
    for node, means in final:
        node[MEANS] = means
    return changed


def _rename_required(schema: JsonObject, names: Mapping[str, str]) -> None:
    if "required" in schema:
        schema["required"] = [names.get(name, name) for name in schema["required"]]


def _worded(document: JsonObject) -> list[tuple[str, JsonObject]]:
    """Return the schemas with `x-means`, each with its JSON pointer."""
    return [
        (where, node) for where, node in walk(document) if isinstance(node, dict) and isinstance(node.get(MEANS), dict)
    ]


def _replaced(schema: JsonObject, name: str, means: Mapping[str, str], place: tuple[str, str]) -> str:
    """Return the property that gets the name `name`. Raises `InvalidDocument` if the schema lacks that property."""
    found = [old for old in (*means, means[name]) if means.get(old, old) == means[name] and old in _names(schema)]
    if not found:
        problem = f"{MEANS} says that {name} means {means[name]}, which the schema does not have"
        raise InvalidDocument(*place, problem, meant(means[name], _names(schema)))
    return found[0]


def own_document(document: JsonObject) -> JsonObject:
    """Return a document with the names of the contract, made of one with the names on the wire."""
    own: JsonObject = copied(document)
    _reword(own, own=True)
    for _, node in list(walk(own)):
        if not isinstance(node, dict):
            continue
        if names := node.pop(MEANS, None):
            node["properties"] = {names.get(name, name): each for name, each in node["properties"].items()}
            _rename_required(node, names)
        if envelope := node.pop(ENVELOPE, None):
            inner = node["properties"][envelope]
            node.clear()
            node.update(inner)
    own["x-behaviour"] |= {"memberCase": "as-defined", "listEnvelope": "none"}
    return own


def _names(schema: JsonObject) -> set[str]:
    return set(schema.get("properties", ()))


def _add_snake_case(document: JsonObject) -> None:
    """Give members names in snake case, in all objects that only responses have."""
    operations = [each for path in document["paths"].values() for each in path.values() if isinstance(each, dict)]
    sent = reached(document, [(each.get("requestBody"), each.get("parameters")) for each in operations])
    received = reached(document, [each.get("responses") for each in operations])
    for name in received - sent:
        for _, node in walk(document["components"]["schemas"][name]):
            if isinstance(node, dict) and isinstance(node.get("properties"), dict):
                named = node.setdefault(MEANS, {})
                for own in _names(node) - named.keys() - set(named.values()):
                    snake = snake_case(own)
                    named |= {snake: own} if snake != own and snake not in node["properties"] else {}


def _wrap_lists(document: JsonObject, envelope: str) -> None:
    """Put each list that is the body of a response into an object."""
    for response in _responses(document):
        content = response.get("content", {}).get(_JSON, {})
        if "schema" in content:
            content["schema"] = _enveloped(document, content["schema"], envelope)


def _enveloped(document: JsonObject, schema: Any, envelope: str) -> Any:
    """Return a schema whose lists are in an object, or the schema itself if it has no list."""
    plain = resolve(document, schema)
    if plain.get("type") == "array":
        # Without further members: a page of the list may have this member, too, and must not match.
        members = {"required": [envelope], "properties": {envelope: schema}, "additionalProperties": False}
        return {"type": "object", ENVELOPE: envelope, **members}
    for kind in _ALTERNATIVES:
        if kind in plain:
            plain[kind] = [_enveloped(document, each, envelope) for each in plain[kind]]
    return schema


def _reword(document: JsonObject, *, own: bool) -> None:
    """Translate the examples of responses and schemas, and links; with `own`, to the contract's names."""
    turn = Wording.read if own else Wording.write
    done: set[tuple[int, str]] = set()

    def reword(holder: JsonObject, name: str, change: Callable[[Any], Any]) -> None:
        if name in holder and (id(holder), name) not in done:
            done.add((id(holder), name))
            holder[name] = change(holder[name])

    for response in _responses(document):
        content = response.get("content", {}).get(_JSON, {})
        if (wording := _wording(document, content.get("schema"), ())) is None:
            continue
        for example in (resolve(document, each) for each in content.get("examples", {}).values()):
            reword(example, "value", partial(turn, wording))
        reword(content, "example", partial(turn, wording))
        for link in (resolve(document, each) for each in response.get("links", {}).values()):
            for part in ("parameters", "requestBody"):
                reword(link, part, partial(_linked, wording, own))
    for schema in document.get("components", {}).get("schemas", {}).values():
        if (wording := _wording(document, schema, ())) is not None:
            reword(schema, "example", partial(turn, wording))


def _responses(document: JsonObject) -> Iterator[JsonObject]:
    for path in document.get("paths", {}).values():
        for operation in path.values():
            responses = operation.get("responses", {}) if isinstance(operation, dict) else {}
            yield from (resolve(document, each) for each in responses.values())


def _linked(wording: Wording, own: bool, value: Any) -> Any:  # noqa: FBT001 - partial
    """Translate JSON pointers (into the response) in the parameters or the body of a link."""
    if isinstance(value, dict):
        return {name: _linked(wording, own, each) for name, each in value.items()}
    head, mark, place = str(value).partition("$response.body#")
    return f"{head}{mark}{wording.place(place, own=own)}" if mark else value
