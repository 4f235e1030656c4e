"""What a page refers to, read as a browser would."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Self

_FETCHING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href", "use": "href"}
_CSS_ADDRESS = re.compile(r"url\(\s*['\"]?([^'\")\s]+)|@import\s+['\"]([^'\"]+)")


@dataclass
class PageContent(HTMLParser):
    """The names that can be linked to, the links, and what the page fetches by itself."""

    names: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a page."""
        content = cls()
        content.feed(path.read_text(encoding="utf-8"))
        return content

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take up one element."""
        found = {name: value or "" for name, value in attrs}
        self.names |= {found[name] for name in ("id", "name") if name in found}
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if _FETCHING.get(tag) in found:
            self.fetched.append(found[_FETCHING[tag]])
        self.fetched += css_addresses(found.get("style", ""))


def css_addresses(text: str) -> list[str]:
    """Return the addresses that a style fetches."""
    return ["".join(found) for found in _CSS_ADDRESS.findall(text)]
