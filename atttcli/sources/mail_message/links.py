"""Links and visible text of an HTML body, without rendering anything.

An own scanner, not html.parser: that one takes time quadratic in the length of broken markup (measured on 3.11.7: 23 s
for 64 KiB of `<a `). Here a tag ends at `>`, or is given up at the next `<` outside quotes; a quoted value is at most
`_MAX_VALUE` long; hence linear.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MAX_HTML: Final = 2 * 1024 * 1024  # characters looked at
MAX_LINKS: Final = 2000
_MAX_VALUE: Final = 4096
_MAX_TEXT: Final = 300
_NAME = re.compile(r"/?[A-Za-z][A-Za-z0-9:]{0,30}")
_PIECE = re.compile(r"[^<>\"']{1,4096}+")
_ATTRIBUTE = re.compile(
    r"([A-Za-z\-:]{1,30})\s{0,20}=\s{0,20}(?:\"([^\"]{0,4096})\"|'([^']{0,4096})'|([^\s\"'<>]{1,4096}+))"
)
_TARGETS: Final = {
    "a": "href", "area": "href", "form": "action", "iframe": "src", "frame": "src", "embed": "src", "object": "data",
    "button": "formaction", "input": "formaction", "base": "href", "script": "src", "link": "href",
}  # fmt: skip
_REFRESH = re.compile(r"url\s{0,5}=\s{0,5}['\"]?([^'\"\s]{1,2048})", re.IGNORECASE)
_HIDDEN: Final = frozenset({"script", "style", "head", "title"})
_BLOCKS: Final = frozenset({"p", "div", "br", "tr", "li", "table", "td", "th", "h1", "h2", "h3", "hr", "blockquote"})


@dataclass(frozen=True, slots=True)
class Link:
    """Where a link leads and what a reader sees instead; `tag` tells links from forms."""

    target: str
    text: str
    tag: str = "a"


@dataclass(frozen=True, slots=True)
class Page:
    """The links in order and the text a reader would see."""

    links: tuple[Link, ...]
    text: str
    asks_password: bool = False


def read_page(source: str) -> Page:
    """Links and text of the first `MAX_HTML` characters."""
    links: list[Link] = []
    words: list[str] = []
    opened: tuple[str, int] | None = None  # target of the open anchor, and where its text starts in `words`
    hidden = ""
    password = False
    for name, body in _pieces(source[:MAX_HTML]):
        if not name:
            if not hidden:
                words.append(body)
            continue
        if hidden:
            hidden = "" if name == f"/{hidden}" else hidden
            continue
        if name in _HIDDEN:
            hidden = name
        if name in _BLOCKS or name[1:] in _BLOCKS:
            words.append("\n")
        if name in ("a", "/a") and opened is not None:
            links.append(Link(opened[0], _plain(words[opened[1] :])[:_MAX_TEXT]))
            opened = None
        attributes = _attributes(body) if name in _TARGETS or name == "meta" else {}
        password = password or (name == "input" and attributes.get("type", "").lower() == "password")
        target = _target(name, attributes)
        if name == "a" and target:
            opened = (target, len(words))
        elif target:
            links.append(Link(target, "", name))
        if len(links) >= MAX_LINKS:
            break
    if opened is not None:
        links.append(Link(opened[0], _plain(words[opened[1] :])[:_MAX_TEXT]))
    return Page(tuple(links), _plain(words), password)


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Texts (`"", text`) and tags (`name or /name in lower case, inside`)."""
    position = 0
    while position < len(text):
        start = text.find("<", position)
        if start < 0:
            yield "", text[position:]
            return
        if start > position:
            yield "", text[position:start]
        if text.startswith("<!--", start):
            end = text.find("-->", start + 4)
            if end < 0:
                return  # a browser, too, hides everything from here on
            position = end + 3
            continue
        name = _NAME.match(text, start + 1)
        if name is None and text[start + 1 : start + 2] not in ("!", "?", "/"):
            yield "", "<"
            position = start + 1
            continue
        end = _tag_end(text, name.end() if name else start + 1)
        if name:
            yield name[0].lower(), text[name.end() : end]
        position = end + 1 if text[end : end + 1] == ">" else end


def _tag_end(text: str, position: int) -> int:
    """Index of the `>` that ends the tag, or of the `<` (or the end) where it is given up."""
    while position < len(text):
        char = text[position]
        if char in "<>":
            return position
        if char in "\"'":
            close = text.find(char, position + 1, position + 1 + _MAX_VALUE)
            position = close + 1 if close > 0 else position + 1
        else:
            piece = _PIECE.match(text, position)
            position = piece.end() if piece else position + 1
    return len(text)


def _attributes(body: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(body[:16_384]):
        value = match[2] if match[2] is not None else match[3] if match[3] is not None else match[4]
        found.setdefault(match[1].lower(), html.unescape(value).strip())
    return found


def _target(name: str, attributes: dict[str, str]) -> str:
    if name == "meta":
        refresh = _REFRESH.search(attributes.get("content", ""))
        return refresh[1] if refresh else ""
    target = attributes.get(_TARGETS[name], "") if name in _TARGETS else ""
    return "".join(char for char in target if char not in "\t\r\n")  # browsers drop them, filters stumble over them


def _plain(words: list[str]) -> str:
    return html.unescape("".join(words)).strip()
