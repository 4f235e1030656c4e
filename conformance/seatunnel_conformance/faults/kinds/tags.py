"""Faults of `/update-tags`, and of the tag filters of `/overview`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from seatunnel_conformance.faults.changes import *

_OVERVIEW: Final = "get_overview"
_UPDATE: Final = "update_tags"


def _is_filtered(it: ProxiedExchange) -> bool:
    return doc.shows_overview(it) and bool(it.query)


def _is_no_map(it: ProxiedExchange) -> bool:
    refused = it.is_error and bool(it.request.body)
    return refused and it.request_json is not None and not isinstance(it.request_json, dict)


def _unmatched_is_everybody(it: ProxiedExchange, unfiltered: dict[str, Any]) -> ProxiedExchange:
    if not it.query:
        unfiltered |= it.document
    everybody = it.query and it.document["workers"] == "0"
    return overview(put(workers=unfiltered.get("workers", "1")))(it) if everybody else it


def _matching(meant: Callable[[dict[str, str], str, str], tuple[str, str]]) -> Callable[..., ProxiedExchange]:
    """Replace each tag in a request by the name and the value that `meant(tags of the node, name, value)` returns."""

    def change(it: ProxiedExchange, tags: dict[str, str]) -> ProxiedExchange:
        if it.is_for(_UPDATE) and isinstance(it.request_json, dict):
            tags.clear()
            tags |= {name: value for name, value in it.request_json.items() if isinstance(value, str)}
        asked = it.is_for(_OVERVIEW) and it.query
        return query(lambda found: [meant(tags, name, value) for name, value in found])(it) if asked else it

    return change


def _in_any_case(tags: dict[str, str], name: str, value: str) -> tuple[str, str]:
    by_lower_case = {(known.lower(), own.lower()): (known, own) for known, own in tags.items()}
    return by_lower_case.get((name.lower(), value.lower()), (name, value))


def _by_beginning(tags: dict[str, str], name: str, value: str) -> tuple[str, str]:
    return name, tags[name] if tags.get(name, "").startswith(value) and name in tags else value


def _added(it: ProxiedExchange, tags: dict[str, Any]) -> ProxiedExchange:
    if not isinstance(it.request_json, dict):
        return it
    tags |= it.request_json
    return it.with_request_body(tags)


def _success(it: ProxiedExchange) -> dict[str, str]:
    """Return the response to tags that were set, with the constant values of its schema."""
    members = it.contract.schema("TagsUpdated")["properties"]
    return {name: schema["enum"][0] for name, schema in members.items()}


def _other_message(it: ProxiedExchange) -> str:
    stated = doc.fact(it, "notAMap") == "invalid-json-message"
    return "no map" if stated else "Invalid JSON format in request body."


FAULTS: Final = (
    row("tag-filter-is-ignored", "Tag filters are ignored, so the overview counts all workers.",
        "overview.tag-filter overview.all-tags overview.exact-tags", query(lambda _: []),
        on=_OVERVIEW, when=lambda it: it.query, before=True),
    row("filtered-slots-are-all", "With a tag filter, the overview counts the slots of all workers.",
        "overview.tag-filter", overview(put(totalSlot="2", unassignedSlot="2")), when=_is_filtered),
    row("no-match-is-everybody", "With a tag filter that no worker matches, the overview counts all workers.",
        "overview.tag-filter overview.all-tags", _unmatched_is_everybody, when=doc.shows_overview),
    row("no-worker-ever-matches", "With a tag filter, the overview counts no workers, even if some match.",
        "overview.tag-filter update-tags.replaces", when=_is_filtered,
        change=overview(put(workers="0", totalSlot="0", unassignedSlot="0"))),
    row("jobs-are-filtered", "With a tag filter, the overview counts no jobs.", "overview.jobs-unfiltered",
        overview(put(runningJobs="0", finishedJobs="0", failedJobs="0", cancelledJobs="0")), when=_is_filtered),
    row("one-tag-is-enough", "If a request for the overview has several tag filters, only the first one is used.",
        "overview.all-tags", query(lambda found: found[:1]), on=_OVERVIEW, when=lambda it: it.query, before=True),
    row("first-of-repeated-tags-counts",
        "If a tag is requested with several values, the first one is used instead of the last.",
        "overview.repeated-tag", query(lambda found: dict(reversed(found)).items()), on=_OVERVIEW,
        when=lambda it: len(it.parameters) < len(it.query), before=True),
    row("tags-ignore-case", "Tag filters ignore the letter case of names and values.", "overview.exact-tags",
        _matching(_in_any_case), before=True),
    row("tag-filters-have-wildcards", "The tag filter `*` matches all values.", "overview.exact-tags",
        query(lambda found: [pair for pair in found if pair[1] != "*"]), on="get_overview",
        when=lambda it: it.parameters, before=True),
    row("tag-filters-are-lists", "A tag filter with a comma matches the text before the comma.", "overview.exact-tags",
        query(lambda found: [(name, value.partition(",")[0]) for name, value in found]), on="get_overview",
        when=lambda it: "%2C" in it.target, before=True),
    row("tags-match-by-their-beginning", "A tag filter matches all values that begin with the requested one.",
        "overview.exact-tags", _matching(_by_beginning), before=True),
    row("tags-have-no-effect", "Setting tags is answered with 200, but removes all tags of the node.",
        "update-tags.replaces overview.tag-filter",
        sent(lambda tags: {} if isinstance(tags, dict) else tags), on=_UPDATE, before=True),
    row("tags-are-added", "New tags are added to the existing ones instead of replacing them.",
        "update-tags.replaces update-tags.clears", _added, on=_UPDATE, before=True),
    row("tags-are-never-cleared", "Setting tags to an empty object is answered with 200, but removes no tags.",
        "update-tags.clears", reply(200, _success), on=_UPDATE, when=lambda it: it.request_json == {}, before=True),
    row("tags-say-ok", "Setting tags is answered with the status `ok` instead of `success`.", "update-tags.success",
        edited(put(status="ok")), on=_UPDATE, when=is_ok),
    row("tags-are-answered-with-tags", "The response to setting tags has an additional member `tags`.",
        "http.further-members",
        lambda it: it.with_json({**it.document, "tags": it.request_json}), on=_UPDATE, when=is_ok),
    row("empty-tags-body-clears", "A request to set tags without a body removes all tags instead of being refused.",
        "update-tags.empty-body http.empty-body", lambda it: it.with_request_body({}),
        on=_UPDATE, when=lambda it: not it.request.body, before=True),
    row("tag-lists-are-accepted",
        "A request to set tags with JSON other than an object is answered with 200 instead of 400.",
        "update-tags.not-a-map", reply(200, _success), on=_UPDATE, when=_is_no_map),
    row("tag-lists-have-another-message",
        "The error for tags that are not an object has another message than the contract states.",
        "update-tags.not-a-map", error(BAD_REQUEST, _other_message), on=_UPDATE, when=_is_no_map),
    row("typed-tags-are-dropped", "Tags whose values are not strings are not set.", "update-tags.values-as-text",
        sent(lambda tags: keep(lambda name: isinstance(tags[name], str))(tags) if isinstance(tags, dict) else tags),
        on=_UPDATE, before=True),
    row("truth-values-of-tags-are-numbers", "The tag value true is stored as `1` instead of `true`.",
        "update-tags.values-as-text",
        sent(values(lambda value: "1" if value is True else value)), on=_UPDATE, before=True),
)  # fmt: skip
