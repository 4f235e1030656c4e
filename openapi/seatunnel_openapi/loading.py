"""Loads contracts from their files."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

from seatunnel_openapi import extensions
from seatunnel_openapi.contract import Behaviour, Contract, Operation
from seatunnel_openapi.documents import JsonObject, closed, copied, pointer, read_yaml, resolve
from seatunnel_openapi.errors import DocumentError, InvalidDocument, InvalidOverlay, OverlayActionError, UnknownRelease
from seatunnel_openapi.overlay import (
    DOCUMENTED,
    PROPOSALS,
    Overlay,
    cycle,
    extends_another,
    ordered,
    predecessor_missing,
)
from seatunnel_openapi.stored import stored
from seatunnel_openapi.words import own_document, spelled_out

_T = TypeVar("_T")
_RECORDED: Final = "artefact-run"
_BASE: Final = "seatunnel-v2.yaml"
_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def load(release: str = DOCUMENTED, *, folder: Path | None = None) -> Contract:
    """Return the contract of a release: the base document with the overlays up to that release.

    `proposal:12904` stands for a release with the changes of upstream pull request 12904, and `./acme.yaml` for a
    release with the changes of this overlay file, which names the release in `x-after`. `folder` contains
    `seatunnel-v2.yaml`, `overlays/`, `proposals/` and the schemas of the extensions; by default it is the folder of
    this project. A contract is loaded once and shared. Raises `UnknownRelease`, or another subclass of `ContractError`
    if a file is invalid.
    """
    changed = Path(release).stat().st_mtime_ns if is_file(release) and Path(release).is_file() else 0
    return _load(release, folder or _own_folder(), changed)


def is_file(release: str) -> bool:
    """Return whether a release is given as the path of an overlay, such as `./acme.yaml`."""
    return "/" in release or release.endswith((".yaml", ".yml"))


def from_document(document: JsonObject, release: str) -> Contract:
    """Return the contract of a plain OpenAPI document, such as the output of `seatunnel-v2 spec`.

    `release` is the name of the contract. Raises a subclass of `DocumentError`.
    """
    return assemble(document, release, _rules(_own_folder()), release)


def facts_schema() -> JsonObject:
    """Return the JSON Schema of `x-behaviour`: the facts of the document and of each operation."""
    return _rules(_own_folder()).facts


@cache
def in_own_words(contract: Contract) -> Contract:
    """Return a contract whose members have the names of the contract instead of the release's names on the wire."""
    release, document = contract.release, contract.published
    if contract.words.are_own:
        return contract
    # A changed contract can have the name of a release.
    is_shipped = release in releases() and contract is load(release)
    folder = shipped_folder() if is_shipped else Path()
    return derived("own", release, folder, lambda: from_document(own_document(document), release))


def releases(*, folder: Path | None = None) -> tuple[str, ...]:
    """Return the release names that `load` accepts: `documented`, then the overlays in the order of application."""
    return (DOCUMENTED, *(overlay.name for overlay in overlays(folder=folder)))


def newest_recorded(*, folder: Path | None = None) -> str:
    """Return the newest release whose published engine was recorded; `documented` if there is none."""
    recorded = (each.name for each in reversed(overlays(folder=folder)) if each.basis and each.basis.kind == _RECORDED)
    return next(recorded, DOCUMENTED)


def overlays(release: str | None = None, *, folder: Path | None = None) -> tuple[Overlay, ...]:
    """Return all overlays in the order of application, or those that make the contract of a release.

    Raises a subclass of `ContractError`.
    """
    folder = folder or shipped_folder()
    return _overlays(folder) if release is None else chain_of(release, folder)


def proposals(*, folder: Path | None = None) -> tuple[str, ...]:
    """Return the names of the proposals, which `load` accepts and no release contains: `proposal:12904`.

    A proposal is an overlay for an upstream pull request that is not merged. Raises a subclass of `ContractError`.
    """
    return tuple(overlay.name for overlay in _proposals(folder or shipped_folder()))


def shipped_folder() -> Path:
    """Return the folder of the project's own files: inside an installed package, or next to it in a checkout."""
    package = Path(__file__).parent
    installed = package / "documents"
    return installed if installed.is_dir() else package.parent


@cache
def _own_folder() -> Path:
    """Return `shipped_folder()`, cached because the suite calls `load` for each response."""
    return shipped_folder()


def shipped_files() -> tuple[Path, ...]:
    """Return the files that the contracts of this project are derived from, this package included."""
    folder, package = shipped_folder(), Path(__file__).parent
    return *_files(folder), *_files(folder / "overlays"), *_files(folder / PROPOSALS), *_files(package)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in {".py", ".yaml", ".yml", ".json"})


def derived(name: str, release: str, folder: Path, derive: Callable[[], _T]) -> _T:
    """Return the result of `derive` for a release.

    Results that depend on the project's own files only are stored for other processes, under `name`.
    """
    with garbage_collection_paused():
        if folder != shipped_folder() or is_file(release):
            return derive()
        return stored(f"{name}-{release}", shipped_files(), derive)


@cache
def _load(release: str, folder: Path, _changed: int) -> Contract:  # the time of the last change is for the cache
    return derived("contract", release, folder, lambda: _made(release, folder))


def _made(release: str, folder: Path) -> Contract:
    label = _BASE if release == DOCUMENTED else f"{_BASE} with the overlays up to {release}"
    chain = chain_of(release, folder)
    own = tuple(overlay for overlay in chain if overlay.given)
    before = document = _document(chain[: len(chain) - len(own)], folder)
    for overlay in own:
        document = overlay.apply(document)
    try:
        return assemble(document, release, _rules(folder), label)
    except DocumentError as error:
        if own:
            raise _blamed(own, before, folder, error) from error
        raise


def _document(chain: tuple[Overlay, ...], folder: Path) -> JsonObject:
    """Return the document of a chain of overlays, built from the cached document of the longest part of the chain."""
    names = (DOCUMENTED, *(overlay.name for overlay in chain))
    if (folder, DOCUMENTED) not in _DOCUMENTS:
        _DOCUMENTS[folder, DOCUMENTED] = read_yaml(folder / _BASE)
    made = max(place for place, name in enumerate(names) if (folder, name) in _DOCUMENTS)
    if names[made] != names[-1]:
        document: JsonObject = copied(_DOCUMENTS[folder, names[made]])
        for overlay in chain[made:]:
            overlay.change(document)
        _DOCUMENTS[folder, names[-1]] = document
    return _DOCUMENTS[folder, names[-1]]


def _blamed(own: tuple[Overlay, ...], document: JsonObject, folder: Path, last: DocumentError) -> OverlayActionError:
    """Return an error that names the overlay action which made a document invalid.

    That is the last action before which the document was valid, or had another error than `last`.
    """

    def problem() -> DocumentError | None:
        try:
            assemble(changed, own[-1].name, _rules(folder), "it")
        except DocumentError as error:
            return error
        return None

    changed, blamed = copied(document), (own[0], own[0].actions[0])
    for overlay, action in ((file, action) for file in own for action in file.actions):
        if (found := problem()) is None or _said(found) != _said(last):
            blamed = overlay, action
        replace(overlay, actions=(action,)).change(changed)
    return OverlayActionError(blamed[0].place_of(blamed[1]), _said(last), hint=last.hint)


def _said(error: DocumentError) -> str:
    """Return the message of an error without the name of the document."""
    return error.message.partition(", ")[2].rstrip(".") or error.message.rstrip(".")


@contextmanager
def garbage_collection_paused() -> Iterator[None]:
    """Pause garbage collection: scanning documents, which stay in memory, takes a fifth of the time to load them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


_DOCUMENTS: Final[dict[tuple[Path, str], JsonObject]] = {}
"""The documents built so far, by folder and release."""


@cache
def _rules(folder: Path) -> extensions.Rules:
    return extensions.Rules.read(folder)


@cache
def _overlays(folder: Path) -> tuple[Overlay, ...]:
    return derived("overlays", "all", folder, lambda: _read_overlays(folder))


def _read_overlays(folder: Path) -> tuple[Overlay, ...]:
    rules = _rules(folder)
    files = sorted(path for path in (folder / "overlays").glob("*") if path.suffix in {".yaml", ".yml"})
    chain = ordered([Overlay.read(path) for path in files], folder / _BASE)
    for overlay in chain:
        rules.check_overlay(overlay)
    return chain


@cache
def _proposals(folder: Path) -> tuple[Overlay, ...]:
    return derived("proposals", "all", folder, lambda: _read_proposals(folder))


def _read_proposals(folder: Path) -> tuple[Overlay, ...]:
    found = tuple(Overlay.read(path) for path in sorted((folder / PROPOSALS).glob("*.yaml")))
    for proposal in found:
        if proposal.after is None:
            raise InvalidOverlay(proposal.path, "the root", "a proposal names the release that it changes in x-after")
        _rules(folder).check_overlay(proposal)
    return found


def chain_of(release: str, folder: Path) -> tuple[Overlay, ...]:
    """Return the overlays that make the contract of a release, a proposal, or an overlay file."""
    if release == DOCUMENTED:
        return ()
    if is_file(release):
        return _of_file(release, folder)
    for proposal in _proposals(folder):
        if proposal.name == release:
            return *_up_to(str(proposal.after), _overlays(folder)), proposal
    return _up_to(release, _overlays(folder))


def _of_file(release: str, folder: Path, later: tuple[Path, ...] = ()) -> tuple[Overlay, ...]:
    """Return the overlays up to this overlay file. Its `x-after` may name a file next to it."""
    path = Path(release)
    place = Path(os.path.realpath(path))
    if place in later:
        raise cycle(map(str, later))
    overlay = Overlay.read(path, release)
    _rules(folder).check_overlay(overlay)
    if Path(overlay.extends).name != _BASE:
        raise extends_another(overlay, Path(_BASE))
    after = overlay.after or DOCUMENTED
    if is_file(after):
        return *_of_file(str(path.parent / after), folder, (*later, place)), overlay
    try:
        return *chain_of(after, folder), overlay
    except UnknownRelease as error:
        raise predecessor_missing(overlay, error.known) from error


def _up_to(release: str, chain: tuple[Overlay, ...]) -> tuple[Overlay, ...]:
    names = [overlay.name for overlay in chain]
    if release not in names:
        raise UnknownRelease(release, (DOCUMENTED, *names))
    return chain[: names.index(release) + 1]


@dataclass(frozen=True, slots=True)
class _Found:
    """An operation of a raw document."""

    path: str
    method: str
    shared_parameters: list[Any]
    holder: extensions.Holder


def assemble(document: JsonObject, release: str, rules: extensions.Rules, label: str) -> Contract:
    """Validate the document of a release and read it as a contract; `label` names it in errors.

    Only the parts that this package reads are validated, not all of OpenAPI. Raises a subclass of `DocumentError`.
    """
    document = spelled_out(document, label)
    found = tuple(_operations(document, label))
    whole = extensions.Holder(None, "#", document)
    holders = (whole, *(each.holder for each in found))
    facts = extensions.facts_of(holders)
    carriers = extensions.carriers_of(document)
    rules.check_document(label, holders, carriers)
    strict = closed(document)
    return Contract(
        release=release,
        published=document,
        document=strict,
        operations=tuple(_operation(strict, each, facts) for each in found),
        behaviour=Behaviour(document.get("x-behaviour", {}), whole.name),
        clauses=tuple(clause for holder in holders for clause in extensions.clauses_of(holder, facts)),
        deviations=tuple(deviation for holder in holders for deviation in extensions.deviations_of(holder)),
        choices=extensions.choices_of(carriers),
        retired=extensions.retired_of(document),
        client_clauses=extensions.client_clauses_of(whole),
    )


def _operations(document: JsonObject, label: str) -> Iterator[_Found]:
    if not str(document.get("openapi")).startswith("3.0."):
        raise InvalidDocument(label, "openapi", f"expected version 3.0, got {document.get('openapi')!r}")
    seen: set[str] = set()
    for path, item in _member(document, "paths", label, "the root").items():
        for method in (key for key in _METHODS if key in item):
            where = f"{method.upper()} {path}"
            raw = _member(item, method, label, path)
            operation_id = raw.get("operationId")
            if not isinstance(operation_id, str) or not raw.get("tags"):
                raise InvalidDocument(label, where, "an operation needs an operationId and a tag")
            if operation_id in seen:
                raise DocumentError(f"{label}: two operations have the id {operation_id!r}.")
            seen.add(operation_id)
            holder = extensions.Holder(operation_id, pointer("paths", path, method), raw)
            yield _Found(path, method, item.get("parameters", []), holder)


def _operation(document: JsonObject, found: _Found, facts: extensions.Facts) -> Operation:
    raw, operation_id = found.holder.raw, found.holder.name
    # An operation's own parameters override those of the path.
    own = found.holder.raw.get("parameters", [])
    resolved = [resolve(document, parameter) for parameter in (*found.shared_parameters, *own)]
    return Operation(
        id=operation_id,
        method=found.method.upper(),
        path=found.path,
        tag=raw["tags"][0],
        document=raw,
        behaviour=Behaviour(raw.get("x-behaviour", {}), operation_id),
        clauses=extensions.clauses_of(found.holder, facts),
        deviations=extensions.deviations_of(found.holder),
        parameters=tuple({(parameter.get("name"), parameter.get("in")): parameter for parameter in resolved}.values()),
        request_body=resolve(document, raw["requestBody"]) if "requestBody" in raw else None,
        responses={status: resolve(document, response) for status, response in raw.get("responses", {}).items()},
        _root=document,
    )


def _member(holder: JsonObject, key: str, label: str, where: str) -> JsonObject:
    member = holder.get(key)
    if not isinstance(member, dict):
        raise InvalidDocument(label, where, f"expected an object at {key!r}")
    return member
