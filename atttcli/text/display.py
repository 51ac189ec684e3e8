"""The one way to a screen. Python 3.8-clean.

Everything non-printable for Python (categories Cc, Cf, Cs, Zl, Zp, Co, Cn and spaces other than U+0020) is written as an
escape: terminal controls, C1, bidi overrides, zero-width and tag characters, lone surrogates (CWE-150).
"""

from __future__ import annotations


def display(value: object, limit: int = 0) -> str:
    """One line of text that is safe on any terminal; cut to `limit` characters (0: uncut) with an ellipsis."""
    text = value if isinstance(value, str) else str(value)
    if limit and len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def display_block(value: str) -> str:
    """Several lines, each safe; line ends are kept, tabs become four spaces."""
    return "\n".join(display(line.replace("\t", "    ")) for line in value.split("\n"))


def _escape(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return "\\x%02x" % code
    if code < 0x10000:
        return "\\u%04x" % code
    return "\\U%08x" % code
