"""Renders templates, and texts of the contract as HTML."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

_CODE: Final = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Page:
    """A page as Markdown; `path` is its path in the site, without a suffix."""

    path: str
    text: str


def page(path: str, template: str, **values: Any) -> Page:
    """Render a template. Its variable `up` is the relative path to the root of the site."""
    up = "../" * path.count("/")
    return Page(path, _environment().get_template(f"{template}.md").render(path=path, up=up, **values))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("seatunnel_docs"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"prose": prose, "fenced": fenced, "markdown": markdown, "short": short_release}
    return environment


def prose(text: str) -> Markup:
    """Return a sentence of the contract as HTML: only backticks are markup."""
    joined = str(escape(" ".join(text.split())))
    return Markup(_CODE.sub(r"<code>\1</code>", joined))  # noqa: S704 - escaped one line above


def fenced(text: str, language: str) -> Markup:
    """Return a text as a Markdown code block, even if it contains backticks."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return Markup(f"{fence}{language}\n{text}\n{fence}")  # noqa: S704 - Markdown escapes what is in a fence


def markdown(text: str) -> Markup:
    """Return a description of the contract, which OpenAPI defines as Markdown."""
    return Markup(text)  # noqa: S704 - OpenAPI's Markdown


def short_release(release: str) -> str:
    """Return a release's name without line breaks, for the head of a narrow column."""
    return release.replace("-", "\u2011")
