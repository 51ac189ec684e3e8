"""A match before the rule's `threshold` decides: what is counted, so that whoever sees the matches of all logs can count."""

from __future__ import annotations

from typing import NamedTuple


class Claim(NamedTuple):
    """The rule's number, both addresses as the match has them, and the record's time."""

    rule: int
    source: bytes
    target: bytes
    time: int | None
