"""Hiding what must not leave the house: defanged indicators and masked mailboxes. Python 3.8-clean."""

from __future__ import annotations

import re

_SCHEME = re.compile(r"^h(?:tt|xx)p(s?)://", re.IGNORECASE)


def defang(value: str) -> str:
    """`http://evil.example/a` -> `hxxp://evil[.]example/a`: a reader cannot open it by a click."""
    text = _SCHEME.sub(lambda m: "hxxp%s://" % m.group(1).lower(), value)
    return text.replace("[.]", ".").replace(".", "[.]").replace("[@]", "@").replace("@", "[@]")


def mask_mailbox(value: str) -> str:
    """`nguyenvana@x.gov.vn` -> `n***a@x.gov.vn`."""
    name, at, domain = value.partition("@")
    if not at:
        return value
    kept = name[:1] + "***" + (name[-1:] if len(name) > 2 else "")
    return kept + at + domain
