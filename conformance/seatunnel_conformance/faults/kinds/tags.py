"""Tag faults: tags that have no effect, filters that are ignored or match too much."""

from __future__ import annotations

from typing import Any

from seatunnel_conformance.faults import documents as doc
from seatunnel_conformance.faults.catalogue import FaultEffect, fault
from seatunnel_conformance.faults.exchange import BAD_REQUEST, ProxiedExchange


@fault("tag-filter-is-ignored", breaks=["overview.tag-filter", "overview.all-tags", "overview.exact-tags"], before=True)
def tag_filter_is_ignored(exchange: ProxiedExchange) -> ProxiedExchange:
    """The overview counts all workers, whatever tags are asked for."""
    return exchange.with_request(query=[]) if exchange.is_for("get_overview") and exchange.query else exchange


@fault("filtered-slots-are-all", breaks=["overview.tag-filter"])
def filtered_slots_are_all(exchange: ProxiedExchange) -> ProxiedExchange:
    """A tag filter changes the count of workers only: slots are those of all."""
    if not doc.shows_overview(exchange) or not exchange.query:
        return exchange
    return doc.overview(exchange, totalSlot="2", unassignedSlot="2")


@fault("no-match-is-everybody", breaks=["overview.tag-filter", "overview.all-tags"])
class NoMatchIsEverybody(FaultEffect):
    """A tag filter that no worker matches counts all workers."""

    def __init__(self) -> None:
        self.all: dict[str, Any] = {}

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Remember the unfiltered overview, and give its workers where none matches."""
        if not doc.shows_overview(exchange):
            return exchange
        workers = doc.workers_member(exchange)
        if not exchange.query:
            self.all = exchange.document
        if exchange.document[workers] != "0" or not exchange.query:
            return exchange
        return doc.overview(exchange, **{workers: self.all.get(workers, "1")})


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


@fault("one-tag-is-enough", breaks=["overview.all-tags"], before=True)
def one_tag_is_enough(exchange: ProxiedExchange) -> ProxiedExchange:
    """A worker matches if it carries the first of the tags that are asked for."""
    return (
        exchange.with_request(query=exchange.query[:1])
        if exchange.is_for("get_overview") and exchange.query
        else exchange
    )


@fault("first-of-repeated-tags-counts", breaks=["overview.repeated-tag"], before=True)
def first_of_repeated_tags_counts(exchange: ProxiedExchange) -> ProxiedExchange:
    """Of a tag that is asked for more than once the first value counts."""
    if not exchange.is_for("get_overview"):
        return exchange
    first = dict(reversed(exchange.query))
    return exchange.with_request(query=first.items()) if len(first) < len(exchange.query) else exchange


class _KnowsTags(FaultEffect):
    """Knows which tags were set last, and asks for these instead of others that are alike."""

    def __init__(self) -> None:
        self.tags: dict[str, str] = {}

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Remember tags that are set, and replace those that are asked for."""
        if exchange.is_for("update_tags") and isinstance(exchange.request_json, dict):
            self.tags = {name: value for name, value in exchange.request_json.items() if isinstance(value, str)}
        if not exchange.is_for("get_overview") or not exchange.query:
            return exchange
        return exchange.with_request(query=[self.meant(name, value) for name, value in exchange.query])

    def meant(self, name: str, value: str) -> tuple[str, str]:
        """Return the tag that is meant by the one that is asked for."""
        return name, value


@fault("tags-ignore-case", breaks=["overview.exact-tags"])
class TagsIgnoreCase(_KnowsTags):
    """The letter case of tags does not matter."""

    def meant(self, name: str, value: str) -> tuple[str, str]:
        """Return the tag that is the same but for letter case."""
        alike = [tag for tag in self.tags.items() if [*map(str.lower, tag)] == [name.lower(), value.lower()]]
        return alike[0] if alike else (name, value)


@fault("tags-match-by-their-beginning", breaks=["overview.exact-tags"])
class TagsMatchByTheirBeginning(_KnowsTags):
    """A tag matches if its value begins with the one that is asked for."""

    def meant(self, name: str, value: str) -> tuple[str, str]:
        """Return the tag whose value begins so."""
        return name, self.tags[name] if self.tags.get(name, "").startswith(value) else value


@fault("tags-have-no-effect", breaks=["update-tags.replaces", "overview.tag-filter"], before=True)
def tags_have_no_effect(exchange: ProxiedExchange) -> ProxiedExchange:
    """Tags are accepted, and have no effect."""
    setting = exchange.is_for("update_tags") and isinstance(exchange.request_json, dict)
    return exchange.with_request_body({}) if setting and exchange.request_json else exchange


@fault("tags-are-added", breaks=["update-tags.replaces", "update-tags.clears"])
class TagsAreAdded(FaultEffect):
    """Tags are added to those that the node has, and none is ever removed."""

    def __init__(self) -> None:
        self.tags: dict[str, Any] = {}

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Send all tags that were ever set."""
        if not exchange.is_for("update_tags") or not isinstance(exchange.request_json, dict):
            return exchange
        self.tags = {**self.tags, **exchange.request_json}
        return exchange.with_request_body(self.tags)


@fault("tags-are-never-cleared", breaks=["update-tags.clears"], before=True)
def tags_are_never_cleared(exchange: ProxiedExchange) -> ProxiedExchange:
    """An empty object changes no tags."""
    clearing = exchange.is_for("update_tags") and exchange.request_json == {}
    return exchange.with_reply(200, _success(exchange)) if clearing else exchange


@fault("tags-say-ok", breaks=["update-tags.success"])
def tags_say_ok(exchange: ProxiedExchange) -> ProxiedExchange:
    """The response to tags that were set says `ok` instead of `success`."""
    done = exchange.is_for("update_tags") and exchange.ok
    return exchange.with_change(lambda found: {**found, "status": "ok"}) if done else exchange


@fault("tags-are-answered-with-tags", breaks=["update-tags.success"])
def tags_are_answered_with_tags(exchange: ProxiedExchange) -> ProxiedExchange:
    """The response to tags that were set shows them."""
    done = exchange.is_for("update_tags") and exchange.ok
    return exchange.with_change(lambda found: {**found, "tags": exchange.request_json}) if done else exchange


@fault("empty-tags-body-clears", breaks=["update-tags.empty-body", "http.empty-body"], before=True)
def empty_tags_body_clears(exchange: ProxiedExchange) -> ProxiedExchange:
    """An empty body is taken for an empty object, and clears the tags."""
    empty = exchange.is_for("update_tags") and not exchange.request.body
    return exchange.with_request_body({}) if empty else exchange


@fault("tag-lists-are-accepted", breaks=["update-tags.not-a-map"])
def tag_lists_are_accepted(exchange: ProxiedExchange) -> ProxiedExchange:
    """JSON that is not an object is answered with 200."""
    return exchange.with_reply(200, _success(exchange)) if _is_no_map(exchange) else exchange


@fault("tag-lists-have-another-message", breaks=["update-tags.not-a-map"])
def tag_lists_have_another_message(exchange: ProxiedExchange) -> ProxiedExchange:
    """The message about JSON that is not an object is the other one than is stated."""
    if not _is_no_map(exchange):
        return exchange
    stated = exchange.contract.operation("update_tags").behaviour.choice("notAMap") == "invalid-json-message"
    return exchange.with_error(BAD_REQUEST, "no map" if stated else "Invalid JSON format in request body.")


@fault("typed-tags-are-dropped", breaks=["update-tags.values-as-text"], before=True)
def typed_tags_are_dropped(exchange: ProxiedExchange) -> ProxiedExchange:
    """Tags whose values are not text are not set."""
    if not exchange.is_for("update_tags") or not isinstance(exchange.request_json, dict):
        return exchange
    texts = {name: value for name, value in exchange.request_json.items() if isinstance(value, str)}
    return exchange if texts == exchange.request_json else exchange.with_request_body(texts)


@fault("truth-values-of-tags-are-numbers", breaks=["update-tags.values-as-text"], before=True)
def truth_values_of_tags_are_numbers(exchange: ProxiedExchange) -> ProxiedExchange:
    """A tag that is true becomes the text `1`."""
    if (
        not exchange.is_for("update_tags")
        or not isinstance(exchange.request_json, dict)
        or True not in exchange.request_json.values()
    ):
        return exchange
    return exchange.with_request_body(
        {name: "1" if value is True else value for name, value in exchange.request_json.items()}
    )


def _success(exchange: ProxiedExchange) -> dict[str, str]:
    """Return what the response says when tags were set, by its schema."""
    members = exchange.contract.schema("TagsUpdated")["properties"]
    return {name: schema["enum"][0] for name, schema in members.items()}


def _is_no_map(exchange: ProxiedExchange) -> bool:
    sent = exchange.is_for("update_tags") and exchange.is_error and exchange.request.body
    return bool(sent) and exchange.request_json is not None and not isinstance(exchange.request_json, dict)
