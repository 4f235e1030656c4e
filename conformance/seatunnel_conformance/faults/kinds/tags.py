"""Tag faults: tags that have no effect, filters that are not heeded or match too much."""

from __future__ import annotations

from typing import Any

from seatunnel_conformance.faults import documents as doc
from seatunnel_conformance.faults.catalogue import Effect, fault
from seatunnel_conformance.faults.exchange import BAD_REQUEST, Exchange


@fault("tag-filter-is-ignored", breaks=["overview.tag-filter", "overview.all-tags", "overview.exact-tags"], before=True)
def tag_filter_is_ignored(exchange: Exchange) -> Exchange:
    """The overview counts all workers, whatever tags are asked for."""
    return exchange.asking(query=[]) if exchange.about("get_overview") and exchange.query else exchange


@fault("filtered-slots-are-all", breaks=["overview.tag-filter"])
def filtered_slots_are_all(exchange: Exchange) -> Exchange:
    """A tag filter changes the count of workers only: slots are those of all."""
    if not doc.shows_overview(exchange) or not exchange.query:
        return exchange
    return doc.overview(exchange, totalSlot="2", unassignedSlot="2")


@fault("no-match-is-everybody", breaks=["overview.tag-filter", "overview.all-tags"])
class NoMatchIsEverybody(Effect):
    """A tag filter that no worker matches counts all workers."""

    def __init__(self) -> None:
        self.all: dict[str, Any] = {}

    def answered(self, exchange: Exchange) -> Exchange:
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
def no_worker_ever_matches(exchange: Exchange) -> Exchange:
    """With a tag filter no worker is counted."""
    if not doc.shows_overview(exchange) or not exchange.query:
        return exchange
    return doc.overview(exchange, **{doc.workers_member(exchange): "0", "totalSlot": "0", "unassignedSlot": "0"})


@fault("jobs-are-filtered", breaks=["overview.jobs-unfiltered"])
def jobs_are_filtered(exchange: Exchange) -> Exchange:
    """With a tag filter the overview counts no jobs."""
    if not doc.shows_overview(exchange) or not exchange.query:
        return exchange
    names = ("runningJobs", "finishedJobs", "failedJobs", "cancelledJobs")
    return doc.overview(exchange, **dict.fromkeys(names, "0"))


@fault("one-tag-is-enough", breaks=["overview.all-tags"], before=True)
def one_tag_is_enough(exchange: Exchange) -> Exchange:
    """A worker matches if it carries the first of the tags that are asked for."""
    return exchange.asking(query=exchange.query[:1]) if exchange.about("get_overview") and exchange.query else exchange


@fault("first-of-repeated-tags-counts", breaks=["overview.repeated-tag"], before=True)
def first_of_repeated_tags_counts(exchange: Exchange) -> Exchange:
    """Of a tag that is asked for more than once the first value counts."""
    if not exchange.about("get_overview"):
        return exchange
    first = dict(reversed(exchange.query))
    return exchange.asking(query=first.items()) if len(first) < len(exchange.query) else exchange


class _KnowsTags(Effect):
    """Knows which tags were set last, and asks for these instead of others that are alike."""

    def __init__(self) -> None:
        self.tags: dict[str, str] = {}

    def asked(self, exchange: Exchange) -> Exchange:
        """Remember tags that are set, and replace those that are asked for."""
        if exchange.about("update_tags") and isinstance(exchange.sent, dict):
            self.tags = {name: value for name, value in exchange.sent.items() if isinstance(value, str)}
        if not exchange.about("get_overview") or not exchange.query:
            return exchange
        return exchange.asking(query=[self.meant(name, value) for name, value in exchange.query])

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


@fault("tags-are-set-in-vain", breaks=["update-tags.replaces", "overview.tag-filter"], before=True)
def tags_are_set_in_vain(exchange: Exchange) -> Exchange:
    """Tags are accepted, and have no effect."""
    setting = exchange.about("update_tags") and isinstance(exchange.sent, dict)
    return exchange.sending({}) if setting and exchange.sent else exchange


@fault("tags-are-added", breaks=["update-tags.replaces", "update-tags.clears"])
class TagsAreAdded(Effect):
    """Tags are added to those that the node has, and none is ever removed."""

    def __init__(self) -> None:
        self.tags: dict[str, Any] = {}

    def asked(self, exchange: Exchange) -> Exchange:
        """Send all tags that were ever set."""
        if not exchange.about("update_tags") or not isinstance(exchange.sent, dict):
            return exchange
        self.tags = {**self.tags, **exchange.sent}
        return exchange.sending(self.tags)


@fault("tags-are-never-cleared", breaks=["update-tags.clears"], before=True)
def tags_are_never_cleared(exchange: Exchange) -> Exchange:
    """An empty object changes no tags."""
    clearing = exchange.about("update_tags") and exchange.sent == {}
    return exchange.replying(200, _success(exchange)) if clearing else exchange


@fault("tags-say-ok", breaks=["update-tags.success"])
def tags_say_ok(exchange: Exchange) -> Exchange:
    """The answer to tags that were set says `ok` instead of `success`."""
    done = exchange.about("update_tags") and exchange.ok
    return exchange.edited(lambda found: {**found, "status": "ok"}) if done else exchange


@fault("tags-are-answered-with-tags", breaks=["update-tags.success"])
def tags_are_answered_with_tags(exchange: Exchange) -> Exchange:
    """The answer to tags that were set shows them."""
    done = exchange.about("update_tags") and exchange.ok
    return exchange.edited(lambda found: {**found, "tags": exchange.sent}) if done else exchange


@fault("empty-tags-body-clears", breaks=["update-tags.empty-body", "http.empty-body"], before=True)
def empty_tags_body_clears(exchange: Exchange) -> Exchange:
    """An empty body is taken for an empty object, and clears the tags."""
    empty = exchange.about("update_tags") and not exchange.request.body
    return exchange.sending({}) if empty else exchange


@fault("tag-lists-are-accepted", breaks=["update-tags.not-a-map"])
def tag_lists_are_accepted(exchange: Exchange) -> Exchange:
    """JSON that is no object is answered with 200."""
    return exchange.replying(200, _success(exchange)) if _is_no_map(exchange) else exchange


@fault("tag-lists-are-told-otherwise", breaks=["update-tags.not-a-map"])
def tag_lists_are_told_otherwise(exchange: Exchange) -> Exchange:
    """The message about JSON that is no object is the other one than is stated."""
    if not _is_no_map(exchange):
        return exchange
    stated = exchange.contract.operation("update_tags").behaviour.choice("notAMap") == "invalid-json-message"
    return exchange.refusing(BAD_REQUEST, "no map" if stated else "Invalid JSON format in request body.")


@fault("typed-tags-are-dropped", breaks=["update-tags.values-as-text"], before=True)
def typed_tags_are_dropped(exchange: Exchange) -> Exchange:
    """Tags whose values are no text are not set."""
    if not exchange.about("update_tags") or not isinstance(exchange.sent, dict):
        return exchange
    texts = {name: value for name, value in exchange.sent.items() if isinstance(value, str)}
    return exchange if texts == exchange.sent else exchange.sending(texts)


@fault("truth-values-of-tags-are-numbers", breaks=["update-tags.values-as-text"], before=True)
def truth_values_of_tags_are_numbers(exchange: Exchange) -> Exchange:
    """A tag that is true becomes the text `1`."""
    if not exchange.about("update_tags") or not isinstance(exchange.sent, dict) or True not in exchange.sent.values():
        return exchange
    return exchange.sending({name: "1" if value is True else value for name, value in exchange.sent.items()})


def _success(exchange: Exchange) -> dict[str, str]:
    """Return what the answer says when tags were set, by its schema."""
    members = exchange.contract.schema("TagsUpdated")["properties"]
    return {name: schema["enum"][0] for name, schema in members.items()}


def _is_no_map(exchange: Exchange) -> bool:
    sent = exchange.about("update_tags") and exchange.is_error and exchange.request.body
    return bool(sent) and exchange.sent is not None and not isinstance(exchange.sent, dict)
