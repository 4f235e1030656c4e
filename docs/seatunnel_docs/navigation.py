"""The tree of pages in the sidebar, made once: making it for each page took a third of the build's time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """A page, its title, and the pages below it."""

    page: str
    title: str
    below: tuple[NavigationEntry, ...]

    @classmethod
    def of(cls, env: BuildEnvironment, page: str) -> NavigationEntry:
        """Return the entry of a page, with the entries below it."""
        below = tuple(cls.of(env, name) for name in env.toctree_includes.get(page, ()))
        return cls(page, env.titles[page].astext(), below)


class Navigation:
    """Passes the tree to the template of each page, as the variable `navigation`: captions, each with its entries."""

    def __init__(self, app: Sphinx) -> None:
        self._env = app.env
        # The priority is before that of Furo, which would let Sphinx make the tree.
        app.connect("html-page-context", self._extend, priority=400)

    def _extend(self, _app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
        # The sidebar shows a page that is not in the tree below `section`, the index of its folder.
        context |= {"toctree": lambda **_: "", "navigation": self._tree, "section": f"{page.rpartition('/')[0]}/index"}

    @cached_property
    def _tree(self) -> list[tuple[str, list[NavigationEntry]]]:
        env = self._env
        trees = env.get_doctree("index").findall(addnodes.toctree)
        return [(tree["caption"], [NavigationEntry.of(env, page) for _, page in tree["entries"]]) for tree in trees]
