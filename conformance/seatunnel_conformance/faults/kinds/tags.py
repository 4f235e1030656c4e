"""Tag faults: tags that have no effect, filters that are ignored or match too much."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from seatunnel_conformance.faults import documents as doc
from seatunnel_conformance.faults.catalogue import fault
from seatunnel_conformance.faults.exchange import BAD_REQUEST, ProxiedExchange


def _is_no_map(exchange: ProxiedExchange) -> bool:
    sent = exchange.is_for("update_tags") and exchange.is_error and exchange.request.body
    return bool(sent) and exchange.request_json is not None and not isinstance(exchange.request_json, dict)


@fault("tag-filter-is-ignored", breaks=["overview.tag-filter", "overview.all-tags", "overview.exact-tags"], before=True)
def tag_filter_is_ignored(exchange: ProxiedExchange) -> ProxiedExchange:
    """The overview counts all workers, whatever tags are asked for."""
    return exchange.with_request(query=[]) if exchange.is_for("get_overview") and exchange.query else exchange


@fault("filtered-slots-are-all", breaks=["overview.tag-filter"], when=doc.shows_overview)
def filtered_slots_are_all(exchange: ProxiedExchange) -> ProxiedExchange:
    """A tag filter changes the count of workers only: slots are those of all."""
    return doc.overview(exchange, totalSlot="2", unassignedSlot="2") if exchange.query else exchange


@fault("no-match-is-everybody", breaks=["overview.tag-filter", "overview.all-tags"], when=doc.shows_overview)
def no_match_is_everybody(exchange: ProxiedExchange, unfiltered: dict[str, Any]) -> ProxiedExchange:
    """A tag filter that no worker matches counts all workers."""
    workers = doc.workers_member(exchange)
    if not exchange.query:
        unfiltered |= exchange.document
    if exchange.document[workers] != "0" or not exchange.query:
        return exchange
    return doc.overview(exchange, **{workers: unfiltered.get(workers, "1")})


@fault("no-worker-ever-matches", breaks=["overview.tag-filter", "update-tags.replaces"])
def no_worker_ever_matches(exchange: ProxiedExchange) -> ProxiedExchange:
    """With a tag filter no worker is counted."""
    if not doc.shows_overview(exchange) or not exchange.query:
        return exchange
    return doc.overview(exchange, **{doc.workers_member(exchange): "0", "totalSlot": "0", "unassignedSlot": "0"})


@fault("jobs-are-filtered", breaks=["overview.jobs-unfiltered"])
def jobs_are_filtered(exchange: ProxiedExchange) -> ProxiedExchange:
    """With a tag filter the overview counts no jobs."""
    if not doc.shows_overview(exchange) or not exchange.query:
        return exchange
    names = ("runningJobs", "finishedJobs", "failedJobs", "cancelledJobs")
    return doc.overview(exchange, **dict.fromkeys(names, "0"))


@fault("one-tag-is-enough", breaks=["overview.all-tags"], on="get_overview", before=True)
def one_tag_is_enough(exchange: ProxiedExchange) -> ProxiedExchange:
    """A worker matches if it carries the first of the tags that are asked for."""
    return exchange.with_request(query=exchange.query[:1]) if exchange.query else exchange


@fault("first-of-repeated-tags-counts", breaks=["overview.repeated-tag"], on="get_overview", before=True)
def first_of_repeated_tags_counts(exchange: ProxiedExchange) -> ProxiedExchange:
    """Of a tag that is asked for more than once the first value counts."""
    first = dict(reversed(exchange.query))
    return exchange.with_request(query=first.items()) if len(first) < len(exchange.query) else exchange


@fault("tags-ignore-case", breaks=["overview.exact-tags"], before=True)
def tags_ignore_case(exchange: ProxiedExchange, tags: dict[str, str]) -> ProxiedExchange:
    """The letter case of tags does not matter."""
    _remember(exchange, tags)
    by_lower_case = {(name.lower(), value.lower()): (name, value) for name, value in tags.items()}
    return _asked_for(exchange, lambda name, value: by_lower_case.get((name.lower(), value.lower()), (name, value)))


@fault("tags-match-by-their-beginning", breaks=["overview.exact-tags"], before=True)
def tags_match_by_their_beginning(exchange: ProxiedExchange, tags: dict[str, str]) -> ProxiedExchange:
    """A tag matches if its value begins with the one that is asked for."""
    _remember(exchange, tags)
    return _asked_for(
        exchange, lambda name, value: (name, tags[name] if name in tags and tags[name].startswith(value) else value)
    )


@fault("tags-have-no-effect", breaks=["update-tags.replaces", "overview.tag-filter"], before=True)
def tags_have_no_effect(exchange: ProxiedExchange) -> ProxiedExchange:
    """Tags are accepted, and have no effect."""
    setting = exchange.is_for("update_tags") and isinstance(exchange.request_json, dict)
    return exchange.with_request_body({}) if setting and exchange.request_json else exchange


@fault("tags-are-added", breaks=["update-tags.replaces", "update-tags.clears"], before=True)
def tags_are_added(exchange: ProxiedExchange, tags: dict[str, Any]) -> ProxiedExchange:
    """Tags are added to those that the node has, and none is ever removed."""
    if not exchange.is_for("update_tags") or not isinstance(exchange.request_json, dict):
        return exchange
    tags |= exchange.request_json
    return exchange.with_request_body(tags)


@fault("tags-are-never-cleared", breaks=["update-tags.clears"], on="update_tags", before=True)
def tags_are_never_cleared(exchange: ProxiedExchange) -> ProxiedExchange:
    """An empty object changes no tags."""
    return exchange.with_reply(200, _success(exchange)) if exchange.request_json == {} else exchange


@fault("tags-say-ok", breaks=["update-tags.success"], on="update_tags")
def tags_say_ok(exchange: ProxiedExchange) -> ProxiedExchange:
    """The response to tags that were set says `ok` instead of `success`."""
    return exchange.with_change(lambda found: {**found, "status": "ok"}) if exchange.ok else exchange


@fault("tags-are-answered-with-tags", breaks=["http.further-members"], on="update_tags")
def tags_are_answered_with_tags(exchange: ProxiedExchange) -> ProxiedExchange:
    """The response to tags that were set shows them."""
    return exchange.with_change(lambda found: {**found, "tags": exchange.request_json}) if exchange.ok else exchange


@fault("empty-tags-body-clears", breaks=["update-tags.empty-body", "http.empty-body"], on="update_tags", before=True)
def empty_tags_body_clears(exchange: ProxiedExchange) -> ProxiedExchange:
    """An empty body is taken for an empty object, and clears the tags."""
    return exchange.with_request_body({}) if not exchange.request.body else exchange


@fault("tag-lists-are-accepted", breaks=["update-tags.not-a-map"], when=_is_no_map)
def tag_lists_are_accepted(exchange: ProxiedExchange) -> ProxiedExchange:
    """JSON that is not an object is answered with 200."""
    return exchange.with_reply(200, _success(exchange))


@fault("tag-lists-have-another-message", breaks=["update-tags.not-a-map"], when=_is_no_map)
def tag_lists_have_another_message(exchange: ProxiedExchange) -> ProxiedExchange:
    """The message about JSON that is not an object is the other one than is stated."""
    stated = exchange.contract.operation("update_tags").behaviour.choice("notAMap") == "invalid-json-message"
    return exchange.with_error(BAD_REQUEST, "no map" if stated else "Invalid JSON format in request body.")


@fault("typed-tags-are-dropped", breaks=["update-tags.values-as-text"], before=True)
def typed_tags_are_dropped(exchange: ProxiedExchange) -> ProxiedExchange:
    """Tags whose values are not text are not set."""
    if not exchange.is_for("update_tags") or not isinstance(exchange.request_json, dict):
        return exchange
    texts = {name: value for name, value in exchange.request_json.items() if isinstance(value, str)}
    return exchange if texts == exchange.request_json else exchange.with_request_body(texts)


@fault("truth-values-of-tags-are-numbers", breaks=["update-tags.values-as-text"], on="update_tags", before=True)
def truth_values_of_tags_are_numbers(exchange: ProxiedExchange) -> ProxiedExchange:
    """A tag that is true becomes the text `1`."""
    return (
        exchange.with_request_body(
            {name: "1" if value is True else value for name, value in exchange.request_json.items()}
        )
        if isinstance(exchange.request_json, dict) and True in exchange.request_json.values()
        else exchange
    )


def _remember(exchange: ProxiedExchange, tags: dict[str, str]) -> None:
    """Replace the known tags with those that a request sets."""
    if exchange.is_for("update_tags") and isinstance(exchange.request_json, dict):
        tags.clear()
        tags |= {name: value for name, value in exchange.request_json.items() if isinstance(value, str)}


def _asked_for(exchange: ProxiedExchange, meant: Callable[[str, str], tuple[str, str]]) -> ProxiedExchange:
    """Replace the tags that a request for the overview asks for."""
    if not exchange.is_for("get_overview") or not exchange.query:
        return exchange
    return exchange.with_request(query=[meant(name, value) for name, value in exchange.query])


def _success(exchange: ProxiedExchange) -> dict[str, str]:
    """Return the message that the schema has for tags that were set."""
    members = exchange.contract.schema("TagsUpdated")["properties"]
    return {name: schema["enum"][0] for name, schema in members.items()}
