"""Renders templates, and texts of the contract in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from seatunnel_conformance.report import html


@dataclass(frozen=True, slots=True)
class Page:
    """A page as Markdown; `path` is its path in the site, without a suffix."""

    path: str
    text: str


def page(path: str, template: str, **values: Any) -> Page:
    """Render a template. Its variable `up` is the relative path to the root of the site."""
    up = "../" * path.count("/")
    return Page(path, _environment().get_template(f"{template}.md").render(path=path, up=up, **values))


def written(path: str, text: str, **values: Any) -> Page:
    """Render a page that is written by hand and has variables."""
    return Page(path, _environment().from_string(text).render(**values))


def drawing(name: str, label: str, width: int, height: int, *, role: str = "img", **values: Any) -> Markup:
    """Render the template of a drawing as SVG, in one line, because Markdown would change several lines."""
    template = _environment().get_template(f"{name}.svg")
    text = template.render(name=name, label=label, width=width, height=height, role=role, **values)
    return Markup("".join(text.splitlines()))  # noqa: S704 - the template escapes


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("seatunnel_docs"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "prose": prose,
        "fenced": fenced,
        "markdown": markdown,
        "short": short_release,
        "evidence_link": evidence_link,
        "unescaped": lambda text: Markup(text).unescape(),  # noqa: S704 - for a fence
    }
    return environment


def prose(text: str) -> Markup:
    """Return a sentence of the contract as HTML: only backticks are markup."""
    return html.prose(" ".join(text.split()))


_PAGE: Final = "https://github.com/apache/seatunnel/blob/23cc78bb157071dd28f313316f24e2d2df481352/docs/en/seatunnel-engine/rest-api-v2.md"
"""The documentation page at its commit of October 2024."""


def evidence_link(ref: str, up: str = "") -> Markup:
    """Return a link to a piece of evidence: a recorded exchange, or a section of the notes or the documentation page.

    `ref` is that of `x-evidence`, such as `page#job-info`; `up` is the relative path to the root of the site.
    """
    file, _, place = ref.partition("#")
    name = file.rpartition("/")[2]
    if file.startswith("recordings/"):
        text = f"{place} ({name.removesuffix('.ndjson')})"
    elif file.startswith("research/"):
        text = f"notes, section {place}"
    else:
        text = f"documentation page, {place.replace('-', ' ')}"
    return Markup('<a href="{}">{}</a>').format(evidence_address(ref, up), text)


def evidence_address(ref: str, up: str) -> str:
    """Return the address of a piece of evidence; see `evidence_link`."""
    file, _, place = ref.partition("#")
    folder, _, name = file.rpartition("/")
    if folder == "recordings":
        return f"{up}recordings/{place.partition('/')[0]}.html#{place}"
    if folder == "research":
        return f"{up}evidence/{name.removesuffix('.md')}.html#{place}"
    return f"{_PAGE}#{place}"


def fenced(text: str, language: str) -> Markup:
    """Return a text as a Markdown code block, even if it contains backticks."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return Markup(f"{fence}{language}\n{text}\n{fence}")  # noqa: S704 - Markdown escapes what is in a fence


def markdown(text: str) -> Markup:
    """Return a description of the contract unescaped: OpenAPI defines it as Markdown."""
    return Markup(text)  # noqa: S704 - OpenAPI's Markdown


def short_release(release: str) -> str:
    """Return the name of a release with non-breaking hyphens, for the head of a narrow column."""
    return release.replace("-", "\u2011")
