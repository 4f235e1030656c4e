"""What is open while a text is read: objects, lists, and the objects that are lists of plugins."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from typing import ClassVar, Final

from seatunnel_server.engine.hocon.tokens import Kind, Token
from seatunnel_server.engine.hocon.values import Items, Members, Piece, Unresolved, Value, joined, over

PLUGIN_SECTIONS: Final = ("source", "transform", "sink")
"""Keys whose objects are lists of plugins."""


class Sections(Enum):
    """Where such a key makes a list of an object."""

    ANYWHERE = "anywhere"
    """At any depth, so that an option or a column of that name is a list too (`research#9`, and seen in 2.3.10)."""
    OUTERMOST = "outermost"
    """In the document itself only: read in later sources, since upstream's issue #9936 of October 2025."""


class Frame(ABC):
    """An object or a list that is being read, and the setting or item of it that is."""

    __slots__ = (
        "appends",
        "bare",
        "depth",
        "key",
        "line",
        "lists",
        "path",
        "pieces",
        "separated",
        "settings",
        "unresolved",
        "value",
    )

    closer: ClassVar[Kind]
    """The mark that closes it."""
    holds_items: ClassVar[bool] = False
    """Whether it holds items, not settings."""

    def __init__(self, value: Members | Items, above: Frame | None = None) -> None:
        self.value = value
        self.depth: int = above.depth + above.levels if above else 1
        """How many levels lie above what is put into it."""
        self.lists: int = (above.lists + above.appends if above else 0) + self.holds_items
        """How many lists it lies in, itself included."""
        self.settings: int = (above.settings if above else 0) + (not self.holds_items)
        """How many settings it lies in, the one being read in it included."""
        self.path: list[str] = above.path if above else []
        """The path of the setting being read; in a list, of the one that the list belongs to."""
        self.key: list[Token] = []
        self.line = 1
        """The line on which the value being read begins."""
        self.pieces: list[Piece] = []
        self.appends: bool = False
        self.bare = False
        """Whether the value being read follows its key without a mark between, so that it must be one object."""
        self.separated = False
        """Whether something that separates has been read since the last value."""
        self.unresolved = False
        """Whether a substitution has been read in it."""

    @property
    def levels(self) -> int:
        """How many levels deeper the value being read lies."""
        return len(self.path)

    def is_section(self, sections: Sections) -> bool:
        """Whether an object that is read here is a list of plugins."""
        return self.path[0] in PLUGIN_SECTIONS and (sections is Sections.ANYWHERE or self.settings == 1)

    def finish(self) -> None:
        """Put the value whose pieces have been read in its place. Raises `Unjoinable`."""
        value = joined(self.pieces)
        if self.appends:
            # What is appended to would have to be substituted.
            value, self.unresolved = Unresolved(), True
        self.pieces = []
        self.put(value)

    @abstractmethod
    def put(self, value: Value) -> None:
        """Put a value in its place."""


class ObjectFrame(Frame):
    """An object."""

    __slots__ = ()
    closer = Kind.CLOSE_OBJECT
    value: Members

    def put(self, value: Value) -> None:
        """Set what the path names, over what is there already."""
        name, *further = self.path
        value = nested(further, value)
        self.value[name] = over(value, self.value[name]) if name in self.value else value


class PluginsFrame(Frame):
    """An object that is a list of plugins: a name that comes twice is two plugins."""

    __slots__ = ()
    closer = Kind.CLOSE_OBJECT
    value: Items

    def put(self, value: Value) -> None:
        """Add a plugin, its name among its settings unless they have one."""
        name, *further = self.path
        self.value.append(over(nested(further, value), Members({"plugin_name": name})))


class ListFrame(Frame):
    """A list."""

    __slots__ = ()
    closer = Kind.CLOSE_LIST
    holds_items = True
    value: Items

    @property
    def levels(self) -> int:
        """One: items have no path."""
        return 1

    def put(self, value: Value) -> None:
        """Add an item."""
        self.value.append(value)


def nested(path: list[str], value: Value) -> Value:
    """Return a value under a path."""
    for key in reversed(path):
        value = Members({key: value})
    return value
