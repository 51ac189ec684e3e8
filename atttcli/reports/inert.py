"""The one way of text into a paper: no control, bidi or zero-width character, nothing that a viewer turns into a link.

Word, PDF viewers and Markdown readers link what looks like an address by themselves, so escaping alone is not enough:
the scheme is broken where a reader can see it.
"""

from __future__ import annotations

import re

from atttcli.text.display import display
from atttcli.text.redact import defang

FIELD_LIMIT = 20_000  # characters of one field on paper; the JSON holds all of it
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]{0,15})(:[/\\]{2})")
# No word boundary: an escape such as `\x0a` may stand before it. A site of the state's own domain, which only its bodies get, is
# printed as everybody writes it: official papers name their own portals.
_WWW = re.compile(r"www\.(?!(?:[a-z0-9-]{1,63}\.){1,6}gov\.vn(?![\w.:/@-]*[\w:/@-]))", re.IGNORECASE)
_NETWORK_TYPES = frozenset({"ipv4-addr", "ipv6-addr", "cidr", "domain-name", "url", "email-addr"})


def paper_text(value: str, limit: int = FIELD_LIMIT) -> str:
    """One line of inert text, cut to `limit` characters with an ellipsis. Applying it twice changes nothing."""
    return _unlink(display(value, limit))


def paper_lines(value: str, limit: int = FIELD_LIMIT) -> list[str]:
    """Non-empty lines of a text that people wrote, each inert; tabs become spaces."""
    cut = value if len(value) <= limit else value[: limit - 1] + "…"
    lines = (paper_text(line.replace("\t", "    "), limit) for line in re.split(r"\r\n|\r|\n", cut))
    return [line for line in lines if line.strip()]


def paper_indicator(kind: str, value: str) -> str:
    """An indicator's value as printed: defanged when it could be opened, a hash as it is."""
    return paper_text(defang(value) if kind in _NETWORK_TYPES else value)


def _unlink(text: str) -> str:
    if "://" in text or ":\\\\" in text or ":/\\" in text or ":\\/" in text:
        text = _SCHEME.sub(_broken_scheme, text)
    return _WWW.sub(lambda match: match.group()[:3] + "[.]", text)


def _broken_scheme(match: re.Match[str]) -> str:
    scheme = match.group(1)
    lowered = scheme.lower()
    if lowered in ("http", "https"):
        return "hxxp" + lowered[4:] + match.group(2)
    return match.group() if lowered in ("hxxp", "hxxps") else f"{scheme}[:]{match.group(2)[1:]}"
