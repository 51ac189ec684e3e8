"""Numbered pieces of work done by this process and copies of it at once, their results in order.

Whoever is free takes the next piece, so that all end together; this process works too while a piece before its own is still under
way. A piece that a copy was lost over is done again here.
"""

from __future__ import annotations

import fcntl
import os
import select
import struct
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Final, Generic, TypeVar

from atttcli.process.forked import AVAILABLE, Forked

Result = TypeVar("Result")
_NUMBER: Final = struct.Struct("<Q")
_FRAME: Final = struct.Struct("<I")
_DONE: Final = struct.Struct("<QQQ")  # a piece, where its results begin and end in the spool
_HELD: Final = 1024 * 1024  # bytes of results that a process holds before it writes them
_ENOUGH: Final = (
    64 * 1024 * 1024
)  # results with which a copy ends, and a fresh one goes on: what was read gives its room back
_MOST: Final = 256 * 1024 * 1024  # results of a spool; a piece with more is done where they need not be kept
_MOST_SPOOLS: Final = 4  # for each process: more unread results than that are not piled up


class _TooMuch(OSError):
    """A piece gave more results than are kept."""


class _Spool:
    """Results in a file without a name. Only places are used: a copy writes while this process reads, through one descriptor."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="atttcli-", buffering=0)  # noqa: SIM115 - until it was read
        self._held: list[bytes] = []
        self._holds = self._written = 0

    @property
    def size(self) -> int:
        return self._written + self._holds

    def put(self, data: bytes) -> None:
        """Raises OSError when there is no room."""
        if self.size + len(data) > _MOST:
            raise _TooMuch
        self._held += (_FRAME.pack(len(data)), data)
        self._holds += _FRAME.size + len(data)
        if self._holds >= _HELD:
            self.flush()

    def flush(self) -> None:
        data = memoryview(b"".join(self._held))
        while data:
            count = os.pwrite(self._file.fileno(), data, self._written)
            self._written += count
            data = data[count:]
        self._held, self._holds = [], 0

    def read(self, start: int, end: int) -> Iterator[bytes]:
        while start < end:
            (length,) = _FRAME.unpack(self._at(start, _FRAME.size))
            yield self._at(start + _FRAME.size, length)
            start += _FRAME.size + length

    def cut(self, size: int) -> None:
        """Forget what was put from there on."""
        self._held, self._holds, self._written = [], 0, size
        os.ftruncate(self._file.fileno(), size)

    def close(self) -> None:
        self._file.close()

    def _at(self, place: int, length: int) -> bytes:
        data = os.pread(self._file.fileno(), length, place)
        while len(data) < length:  # a call gives 2 GiB at most
            more = os.pread(self._file.fileno(), length - len(data), place + len(data))
            if not more:
                raise OSError("results were lost")
            data += more
        return data


class _Queue:
    """The next number, among processes. A lock that the system lets go when its owner is killed."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="atttcli-", buffering=0)  # noqa: SIM115 - as long as the work
        os.pwrite(self._file.fileno(), _NUMBER.pack(0), 0)

    def take(self) -> int | None:
        """A number that nobody else gets; None when all are taken."""
        descriptor = self._file.fileno()
        fcntl.lockf(descriptor, fcntl.LOCK_EX)
        try:
            number = self._next()
            if number < self._count:
                os.pwrite(descriptor, _NUMBER.pack(number + 1), 0)
                return number
        finally:
            fcntl.lockf(descriptor, fcntl.LOCK_UN)
        return None

    @property
    def is_empty(self) -> bool:
        """Whether all are taken."""
        return self._next() >= self._count

    def close(self) -> None:
        self._file.close()

    def _next(self) -> int:
        return int(_NUMBER.unpack(os.pread(self._file.fileno(), _NUMBER.size, 0))[0])


@dataclass(eq=False, slots=True)
class _Copy:
    """One copy at work: through a pipe it tells what it has done."""

    work: Forked
    spool: _Spool
    told: int
    rest: bytes = b""
    ended: bool = False
    finished: bool = False  # it ended because it had enough, or nothing was left
    unread: int = 0  # pieces whose results wait in its spool

    def hear(self) -> list[tuple[int, int, int]]:
        """What it has done since; blocks while it has nothing to tell."""
        data = os.read(self.told, 64 * _DONE.size)
        if not data:
            self.ended = True
            os.close(self.told)
            self.finished = self.work.wait() is not None
        self.rest += data
        whole = len(self.rest) - len(self.rest) % _DONE.size
        done, self.rest = self.rest[:whole], self.rest[whole:]
        return [(number, start, end) for number, start, end in _DONE.iter_unpack(done)]

    def stop(self) -> None:
        """End it, whatever it is at."""
        if not self.ended:
            self.ended = True
            os.close(self.told)
            self.work.stop()
        self.spool.close()


@dataclass(slots=True)
class Crew(Generic[Result]):
    """`work` gives the results of a piece; `encode` and `decode` carry one from a copy to this process.

    `results` gives (piece, result), piece by piece. At most `processes` work at a time, this one among them.
    """

    count: int
    work: Callable[[int], Iterator[Result]]
    encode: Callable[[Result], bytes]
    decode: Callable[[bytes], Result]
    processes: int
    _copies: list[_Copy] = field(default_factory=list)
    _places: dict[int, tuple[_Copy | None, int, int]] = field(default_factory=dict)
    _again: set[int] = field(default_factory=set)  # pieces with more results than could be kept

    def results(self) -> Iterator[tuple[int, Result]]:
        """All results. The copies end with it, however it ends."""
        if not AVAILABLE or min(self.count, self.processes) < 2:
            for number in range(self.count):
                yield from ((number, one) for one in self.work(number))
            return
        queue, own = _Queue(self.count), _Spool()
        try:
            for _ in range(min(self.count, self.processes) - 1):
                self._start(queue)
            for number in range(self.count):
                yield from ((number, one) for one in self._piece(number, queue, own))
        finally:
            for copy in self._copies:
                copy.stop()
            queue.close()
            own.close()

    def _piece(self, number: int, queue: _Queue, own: _Spool) -> Iterator[Result]:
        """The results of the piece whose turn it is. Until they are there, later ones are done here."""
        while number not in self._places:
            self._listen(queue, wait=False)
            at_work = any(not copy.ended for copy in self._copies)
            if number in self._places:
                break
            taken = None if number in self._again or (at_work and own.size >= _ENOUGH) else queue.take()
            if taken is not None and taken != number:
                self._aside(taken, own)
            elif taken is None and at_work and number not in self._again:
                self._listen(queue, wait=True)
            else:  # nobody has done it, or it was lost with the copy that had taken it
                yield from self.work(number)
                return
        copy, start, end = self._places.pop(number)
        if copy is not None:
            yield from map(self.decode, copy.spool.read(start, end))
            copy.unread -= 1
            self._retire(copy)
        else:
            yield from map(self.decode, own.read(start, end))
            if not any(holder is None for holder, _start, _end in self._places.values()):
                own.cut(0)

    def _aside(self, number: int, own: _Spool) -> None:
        """A piece done here before its turn."""
        start = own.size
        try:
            for result in self.work(number):
                own.put(self.encode(result))
            own.flush()
        except OSError:
            own.cut(start)
            self._again.add(number)
            return
        self._places[number] = (None, start, own.size)

    def _start(self, queue: _Queue) -> None:
        hear, tell = os.pipe()
        spool = _Spool()
        try:
            work = Forked.start(lambda _put: self._beside(queue, spool, hear, tell))
        except OSError:  # no room for another process: those that are there do it all
            os.close(hear)
            spool.close()
            return
        finally:
            os.close(tell)
        self._copies.append(_Copy(work, spool, hear))

    def _beside(self, queue: _Queue, spool: _Spool, hear: int, tell: int) -> bytes:
        """In the copy: pieces until none is left, or until there is much to be read."""
        os.close(hear)
        os.set_blocking(tell, False)
        told = b""
        while spool.size < _ENOUGH and (number := queue.take()) is not None:
            start = spool.size
            for result in self.work(number):
                spool.put(self.encode(result))
            spool.flush()
            told += _DONE.pack(number, start, spool.size)
            try:
                told = told[os.write(tell, told[: 128 * _DONE.size]) :]
            except BlockingIOError:  # nobody has listened for long: this goes on, it is told later
                continue
        os.set_blocking(tell, True)
        while told:
            told = told[os.write(tell, told) :]
        return b""

    def _listen(self, queue: _Queue, *, wait: bool) -> None:
        """Hear of pieces that are done and of copies that ended; fresh ones take the place of those that had enough."""
        by_pipe = {copy.told: copy for copy in self._copies if not copy.ended}
        if not by_pipe:
            return
        poll = select.poll()
        for descriptor in by_pipe:
            poll.register(descriptor, select.POLLIN)
        for descriptor, _event in poll.poll(None if wait else 0):
            copy = by_pipe[descriptor]
            for number, start, end in copy.hear():
                self._places[number] = (copy, start, end)
                copy.unread += 1
            if copy.ended:
                if copy.finished and not queue.is_empty and len(self._copies) < _MOST_SPOOLS * self.processes:
                    self._start(queue)
                self._retire(copy)

    def _retire(self, copy: _Copy) -> None:
        """Its results were read and no more come: its spool goes."""
        if copy.ended and not copy.unread and copy in self._copies:
            self._copies.remove(copy)
            copy.stop()
