"""Files that protocols carry in pieces: put together by offset, at most as much as rules look at."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator
from typing import Generic, NamedTuple, TypeVar

from atttcli.engines.network.body import LIMIT
from atttcli.engines.network.fields import Values
from atttcli.engines.network.file_facts import Facts, magic

MAX_OPEN = 256  # files of one flow at the same time
MAX_HELD = 4 << 20

Key = TypeVar("Key", bound=Hashable)


class Told(NamedTuple):
    """A file to be judged; `facts` are there when it is whole, `late` where it was told before."""

    name: bytes
    content: bytes
    facts: dict[str, Values] = {}
    late: bool = False

    def values(self) -> dict[str, Values]:
        """The buffers of a file."""
        return {
            "file.data": (self.content,),
            "file.name": (self.name,),
            "file.magic": magic(self.content),
            **self.facts,
        }


class Carried(Generic[Key]):
    """Open files of a flow by key. A file that has as much as is kept is given out once, and no more is kept of it; where
    rules want to know something of the whole (`wanted`), it is given out again at its end."""

    def __init__(self, wanted: Collection[str] = ()) -> None:
        self._wanted = wanted
        self._open: dict[Key, tuple[bytes, bytearray]] = {}
        self._told: dict[Key, Told | None] = {}
        self._facts: dict[Key, Facts] = {}
        self.memory = 0

    def add(self, key: Key, name: bytes, where: int, data: bytes) -> Told | None:
        """Bytes at an offset; the file where enough is there now."""
        if key in self._told:
            self._count(key, where, data)
            return None
        if key not in self._open and (len(self._open) >= MAX_OPEN or self.memory >= MAX_HELD):
            return None
        content = self._open.setdefault(key, (name, bytearray()))[1]
        before = len(content)
        if where <= before:  # a hole would shift what comes after: such a piece is left out
            piece = data[: max(LIMIT - where, 0)]
            if where == before or content[where : where + len(piece)] != data:
                self._count(key, where, data)
            content[where : where + len(piece)] = piece
        elif self._wanted:
            self._facts_of(key).broken = True
        self.memory += len(content) - before
        return self._take(key) if len(content) >= LIMIT else None

    def close(self, key: Key) -> Told | None:
        """The file is whole."""
        counted = self._facts.pop(key, None)
        facts = counted.values() if counted is not None else {}
        if key in self._told:
            before = self._told.pop(key)
            if before is None or not facts:
                return None
            self.memory -= len(before.content)
            return before._replace(facts=facts, late=True)
        return self._take(key, told=False)._replace(facts=facts) if key in self._open else None

    def _facts_of(self, key: Key) -> Facts:
        if key not in self._facts:
            if len(self._facts) >= MAX_OPEN:
                del self._facts[next(iter(self._facts))]
            self._facts[key] = Facts(self._wanted)
        return self._facts[key]

    def _count(self, key: Key, where: int, data: bytes) -> None:
        """Bytes in order make the digests; any other order breaks them."""
        if not self._wanted:
            return
        facts = self._facts_of(key)
        if where == facts.size:
            facts.add(data)
        else:
            facts.broken = True

    def _take(self, key: Key, *, told: bool = True) -> Told:
        name, content = self._open.pop(key)
        self.memory -= len(content)
        made = Told(name, bytes(content))
        if told and len(self._told) < MAX_OPEN:
            again = made if self._wanted and self.memory < MAX_HELD else None
            self._told[key] = again
            self.memory += len(content) if again is not None else 0
        return made

    def drain(self) -> Iterator[tuple[Key, Told]]:
        """What was never closed."""
        for key in list(self._open):
            yield key, self._take(key, told=False)
