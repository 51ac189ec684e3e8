"""What a client goes on to say before its wish for a tunnel or for TLS is answered: the answer tells what it is."""

from __future__ import annotations

MAX_KEPT = 64 * 1024


class Unanswered:
    """The bytes, as far as they are kept."""

    __slots__ = ("data", "lost")

    def __init__(self) -> None:
        self.data = bytearray()
        self.lost = 0  # bytes beyond what is kept

    def add(self, data: bytes) -> None:
        """More of them."""
        kept = data[: MAX_KEPT - len(self.data)]
        self.data += kept
        self.lost += len(data) - len(kept)
