"""What a page made by a foreign template may not hold: script, forms, frames, anything fetched. Then its security policy is set."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

from atttcli.reports.templating.fault import Fault

_CLOSED = frozenset(
    {
        "script", "iframe", "frame", "frameset", "object", "embed", "applet", "form", "input", "button", "textarea",
        "select", "link", "base", "portal", "foreignobject", "audio", "video", "source", "track", "animate", "set", "use",
        "noscript", "template", "math", "xmp", "plaintext",
    }
)  # fmt: skip
_FETCHING = frozenset(
    {"src", "href", "srcset", "poster", "background", "action", "formaction", "data", "cite", "ping", "xlink:href"}
)
_IMAGE = re.compile(r"data:image/(png|jpeg|gif|svg\+xml);base64,[A-Za-z0-9+/=\s]*\Z")
_IN_STYLE = re.compile(r"url\s*\(|@import|expression\s*\(|\\|</|image-set|src\s*\(", re.IGNORECASE)
_POLICY = "default-src 'none'; style-src {styles}; img-src data:; base-uri 'none'; form-action 'none'"


def page_faults(page: str) -> list[Fault]:
    """What is refused in a page, with its line."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    if not reader.head:
        reader.faults.append(Fault("a page without <head>: its security policy has no place"))
    return reader.faults


def with_policy(page: str) -> str:
    """The page with our policy as the first thing in its head; only its own style blocks are allowed to style it."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    digests = [base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode() for text in reader.styles]
    styles = " ".join(f"'sha256-{digest}'" for digest in dict.fromkeys(digests)) or "'none'"
    meta = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY.format(styles=styles)}">'
    if reader.policies:
        for policy in reader.policies:
            page = page.replace(policy, meta, 1)
        return page
    at = reader.head
    return page[:at] + "\n" + meta + page[at:]


class _Reader(HTMLParser):
    """Reads tags one after the other; nothing is built."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[Fault] = []
        self.styles: list[str] = []
        self.policies: list[str] = []
        self.head = 0
        self._starts = [0]
        self._style = False

    def feed(self, data: str) -> None:
        """All of the page at once: places are counted in it."""
        self._starts = [0, *(match.end() for match in re.finditer("\n", data))]
        super().feed(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        text = self.get_starttag_text() or ""
        if tag in _CLOSED:
            self._bad(f"the element <{tag}>")
        values = {name.lower(): value or "" for name, value in attrs}
        if tag == "meta":
            self._meta(values, text)
        if tag == "head" and not self.head:
            line, column = self.getpos()
            self.head = self._starts[line - 1] + column + len(text)
        self._attributes(tag, values)
        self._style = tag == "style"
        if self._style:
            self.styles.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "style":
            self._style = False

    def handle_data(self, data: str) -> None:
        if self._style:
            self.styles[-1] += data
            if _IN_STYLE.search(data):
                self._bad("a style that fetches something or hides what it says")

    def handle_pi(self, data: str) -> None:
        self._bad("a processing instruction")

    def unknown_decl(self, data: str) -> None:
        self._bad("a declaration that browsers read differently")

    def handle_comment(self, data: str) -> None:
        if "[if" in data or ">" in data or data.startswith("-"):
            self._bad("a comment that some browsers run")

    def _meta(self, values: dict[str, str], text: str) -> None:
        asked = values.get("http-equiv", "").lower()
        if asked == "content-security-policy":
            self.policies.append(text)
        elif asked:
            self._bad(f"<meta http-equiv={asked[:20]}>")

    def _attributes(self, tag: str, values: dict[str, str]) -> None:
        for name, value in values.items():
            if name.startswith("on") or name in ("style", "srcdoc", "xmlns:xlink"):
                self._bad(f"the attribute {name} (a rule in the style block does it)")
            elif name in _FETCHING and not (value.startswith("#") or (tag == "img" and _IMAGE.match(value))):
                self._bad(f"the attribute {name}: a paper points to nothing outside")

    def _bad(self, message: str) -> None:
        self.faults.append(Fault(message, line=self.getpos()[0]))
