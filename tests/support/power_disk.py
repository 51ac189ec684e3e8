"""A disk that loses what was not flushed: it remembers what is durable, and at a cut makes one of the states that may be left.

The files really stand in a folder. What is durable is remembered beside: per inode its content at the last fsync and every
write since, per folder its entries at the last fsync of the folder. A cut keeps any subset of the unsynced writes, cut into
sectors, reordered, with garbage in some; of entries that were not flushed either the old or the new one. Nothing here knows
SQLite or atttcli: SQLite's writes come from `power_vfs`, all others are seen by comparing the tree at the moment of the cut.

Model: a write within one sector does not harm its neighbours (SQLite assumes that of every disk it knows), a rename within
a folder is one change of each entry, and a file's content is durable only by its own fsync.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SECTORS = (512, 4096)
Write = tuple[int, bytes | None]  # offset and bytes; None: cut off at this length


@dataclass(slots=True)
class Inode:
    """What is durable of a file (None: not even that it has content), and what was written since."""

    durable: bytes | None
    pending: list[Write] = field(default_factory=list)
    followed: bool = False  # its writes are told to us


class Disk:
    """Folders and files under `root`. `arm` sets the moment of the cut; `left` is then the state that it left."""

    def __init__(self, root: Path, chance: random.Random) -> None:
        self.root, self.chance = root, chance
        self.lying = False  # a disk that says that it has flushed and has not
        self.left: Path | None = None
        self.events = 0
        self._moments: dict[int, Path] = {}
        self._inodes: dict[int, Inode] = {}
        self._entries: dict[int, dict[str, int]] = {}
        self._pins: list[int] = []
        self._settle(root)

    def _settle(self, folder: Path) -> None:
        """All that stands here has been on the disk for long."""
        number = folder.stat().st_ino
        self._entries[number] = {entry.name: entry.inode() for entry in os.scandir(folder)}
        for entry in os.scandir(folder):
            if entry.is_dir(follow_symlinks=False):
                self._settle(Path(entry.path))
            elif not entry.name.endswith("-shm"):
                self._pin(Path(entry.path))
                self._inodes[entry.inode()] = Inode(Path(entry.path).read_bytes())

    def _pin(self, path: Path) -> None:
        self._pins.append(os.open(path, os.O_RDONLY))  # an open inode's number is not given to another file

    def close(self) -> None:
        """Let go of the inodes, when the disk is no longer used."""
        while self._pins:
            os.close(self._pins.pop())

    @property
    def cut(self) -> bool:
        """The power is off: what is done from now on never happened."""
        return self.left is not None

    def arm(self, moment: int, target: Path) -> None:
        """Cut at the `moment`-th event from now, leaving its state in the new folder `target`.

        The process is not stopped: what it does after a cut is no more than noise, unless more moments are armed.
        """
        self._moments[self.events + moment] = target

    def event(self) -> None:
        """Something reached the system or returned from it: the power may fail between any two of these."""
        self.events += 1
        target = self._moments.pop(self.events, None)
        if target is not None:
            self.left = target
            self._leave(self.root, target, self.root.stat().st_ino)

    # What the file systems tell.

    def follow(self, path: str) -> int:
        """A file whose every write will be told; its inode."""
        number = os.stat(path).st_ino
        known = self._inodes.get(number)
        if known is None:
            self._pin(Path(path))
            self._inodes[number] = known = Inode(None)
        known.followed = True
        return number

    def wrote(self, inode: int, offset: int, data: bytes | None) -> None:
        """Bytes were written at an offset, or the file was cut off there."""
        self._inodes[inode].pending.append((offset, data))

    def synced(self, inode: int) -> None:
        """A followed file was flushed."""
        if not self.lying:
            known = self._inodes[inode]
            if known.pending or known.durable is None:
                known.durable = _replayed(known.durable or b"", known.pending)
                known.pending = []

    def synced_folder(self, path: Path) -> None:
        """The entries of a folder were flushed."""
        if not self.lying:
            self._entries[path.stat().st_ino] = {entry.name: entry.inode() for entry in os.scandir(path)}

    def fsync(self, descriptor: int) -> None:
        """In the place of `os.fsync`."""
        self.event()
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        if path == self.root or self.root in path.parents:
            if path.is_dir():
                self.synced_folder(path)
            elif not self.lying:
                self._pins.append(os.dup(descriptor))
                with open(f"/proc/self/fd/{descriptor}", "rb") as stream:
                    self._inodes[os.fstat(descriptor).st_ino] = Inode(stream.read())
        self.event()

    # What a cut leaves.

    def _leave(self, folder: Path, target: Path, number: int) -> None:
        target.mkdir(mode=0o700)
        now = {entry.name: entry.inode() for entry in os.scandir(folder)}
        durable = self._entries.get(number, {})
        manner = self.chance.choice(("old", "new", "any"))
        for name in sorted(now.keys() | durable.keys()):
            pair = [durable.get(name), now.get(name)]
            chosen = {"old": pair[0], "new": pair[1]}.get(manner, self.chance.choice(pair))
            if chosen is None or name.endswith("-shm"):
                continue
            if chosen == now.get(name) and (folder / name).is_dir():
                self._leave(folder / name, target / name, chosen)
            elif chosen in self._entries:
                raise AssertionError(f"a folder was taken away: {name}; the model has no such thing")
            else:
                (target / name).write_bytes(self._content(chosen, folder / name if chosen == now.get(name) else None))

    def _content(self, inode: int, path: Path | None) -> bytes:
        known = self._inodes.get(inode, Inode(None))
        if known.followed:
            return self._torn(known.durable or b"", known.pending)
        current = path.read_bytes() if path is not None else known.durable or b""
        if current == known.durable:
            return current
        return self._torn(known.durable or b"", [(0, current), (len(current), None)])

    def _torn(self, durable: bytes, pending: list[Write]) -> bytes:
        """Some of the writes, in some order, in pieces."""
        chance = self.chance
        manner = chance.choice(("none", "all", "first", "some", "sectors", "sectors"))
        if manner == "none" or not pending:
            return durable
        if manner == "all":
            return _replayed(durable, pending)
        if manner == "first":
            cut = chance.randrange(len(pending) + 1)
            kept = pending[:cut]
            return _replayed(durable, [*kept, *self._some(pending[cut : cut + 1])])
        if manner == "some":
            return _replayed(durable, [write for write in pending if chance.random() < 0.5])
        kept = self._some(pending)
        chance.shuffle(kept)
        return _replayed(durable, kept)

    def _some(self, writes: list[Write]) -> list[Write]:
        """Each write in sectors, some of them lost, a few garbage."""
        sector, keep = self.chance.choice(SECTORS), self.chance.random()
        kept: list[Write] = []
        for offset, data in writes:
            if data is None:
                if self.chance.random() < keep:
                    kept.append((offset, None))
                continue
            for start, piece in _sectors(offset, data, sector):
                fate = self.chance.random()
                if fate < keep:
                    kept.append((start, piece))
                elif fate > 0.98:
                    kept.append((start, self.chance.randbytes(len(piece))))
        return kept


def _sectors(offset: int, data: bytes, sector: int) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        size = sector - (offset + at) % sector
        yield offset + at, data[at : at + size]
        at += size


def _replayed(content: bytes, writes: list[Write]) -> bytes:
    whole = bytearray(content)
    for offset, data in writes:
        if data is None:
            if offset < len(whole):
                del whole[offset:]
            continue
        if len(whole) < offset:
            whole.extend(bytes(offset - len(whole)))
        whole[offset : offset + len(data)] = data
    return bytes(whole)
