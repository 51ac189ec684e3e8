"""What a judgement of a buffer works on: the buffer, and what was met so far."""

from __future__ import annotations

from collections.abc import Callable

from atttcli.rulepack.network.values import Amount

MAX_TRIES = 3000


class Text:
    """A buffer and its lower-case copy, made once."""

    __slots__ = ("_low", "raw", "start")

    def __init__(self, raw: bytes, start: int = 0) -> None:
        self.raw = raw
        self.start = start  # stream position of raw[0]: offset and depth count from the stream's beginning
        self._low: bytes | None = None

    @property
    def low(self) -> bytes:
        """The lower-case copy."""
        if self._low is None:
            self._low = self.raw.lower()
        return self._low


class Run:
    """One judgement: variables, tries, and where contents were found."""

    __slots__ = ("captured", "found", "gave_up", "tries", "variables")

    def __init__(self) -> None:
        self.tries = 0
        self.captured: list[tuple[str, bytes]] = []  # what `pcre` keeps in variables
        self.gave_up = False
        self.variables: dict[str, int] = {}
        self.found: dict[int, int] = {}  # op number -> offset

    def spend(self) -> bool:
        """One more try; False when they are used up."""
        self.tries += 1
        if self.tries > MAX_TRIES:
            self.gave_up = True
            return False
        return True

    def value(self, amount: Amount) -> int:
        """A number, or the variable of that name."""
        return amount if isinstance(amount, int) else self.variables.get(amount, 0)


Step = Callable[[Text, int, Run], bool]
