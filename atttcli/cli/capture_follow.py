"""`detect capture --follow DIR`: files that dumpcap or tcpdump write one after the other, judged as one endless capture."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from atttcli.cli import render
from atttcli.cli.capture_place import Folder, Piece, Place
from atttcli.cli.capture_runs import Found, Said, Trouble, trouble_of
from atttcli.errors import InputError, Where
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.cli.capture_saving import FollowedSaver
    from atttcli.cli.matching import Tally
    from atttcli.engines.network.engine import CaptureRun

SETTLED: Final = 10.0  # seconds without a change after which the newest file counts as finished, with --once
MOST_BACK: Final = 32  # files that are read again for the flows of a file's alerts
_PAUSE: Final = 0.5
Telling = Callable[[Iterator[Any], str], Iterator[Said]]


@dataclass(frozen=True, slots=True)
class Following:
    """How a folder is followed. `warm` files before the first new one are read again in silence: connections go on."""

    folder: Path
    place: Path
    once: bool
    most_files: int
    warm: int
    end: bool


class Growing:
    """A file that is being written, as a stream: reading waits for more until `is_over` says that no more will come."""

    def __init__(
        self, stream: BinaryIO, is_over: Callable[[], bool], pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._stream, self._is_over, self._pause = stream, is_over, pause

    def read(self, count: int = -1) -> bytes:
        """What there is; empty only at the end."""
        while True:
            data = self._stream.read(count)
            if data:
                return data
            over = self._is_over()
            data = self._stream.read(count)  # what came before it was over
            if data or over:
                return data
            self._pause(_PAUSE)


def place_of(folder: Path) -> Path:
    """Where the place of a folder is kept unless one is named."""
    from atttcli.store.workspace import private_folder

    name = hashlib.blake2b(os.fsencode(os.path.realpath(folder)), digest_size=12).hexdigest()
    return private_folder("follow") / f"{name}.place"


class Follower:
    """Judges the files of a folder in the order of their first packets, each once, and tells each alert once."""

    def __init__(
        self,
        how: Following,
        run: CaptureRun,
        telling: Telling,
        tally: Tally,
        as_json: bool,
        saver: FollowedSaver | None = None,
    ) -> None:
        self._how, self._run, self._telling, self._tally, self._as_json = how, run, telling, tally, as_json
        self._saver = saver
        self._place = Place(how.place)
        self._folder = Folder(how.folder)
        self.judged = 0

    def follow(self) -> None:
        """Until interrupted, or `most_files` were judged, or with `once` nothing more is finished."""
        self._warm_up()
        try:
            while not self._is_enough():
                piece, is_newest = self._next()
                if piece is None or (is_newest and self._how.once and not _is_settled(piece.path)):
                    if self._how.once:
                        break
                    time.sleep(_PAUSE)
                    continue
                self._judge(piece, grows=is_newest and not self._how.once)
            if self._how.end:
                self._tell(self._telling(self._run.finish(), str(self._how.folder)))
                self._save(None)
        finally:
            self._place.close()

    def _is_enough(self) -> bool:
        return bool(self._how.most_files) and self.judged >= self._how.most_files

    def _warm_up(self) -> None:
        """The last files that were judged, read again without a word: their open connections go on."""
        known = [one for one in self._folder.pieces() if one.identity in self._place.done]
        from atttcli.cli.detect_capture import opened

        for piece in known[-self._how.warm :] if self._how.warm else ():
            try:
                with opened(str(piece.path)) as stream:
                    self._tell(self._telling(self._run.read(stream, str(piece.path)), str(piece.path)), quiet=True)
            except (OSError, InputError):
                continue  # it was judged before; without it a connection may seem cut

    def _next(self) -> tuple[Piece | None, bool]:
        """The earliest file that was not judged, and whether it is the newest of all."""
        pieces = self._folder.pieces()
        for name in list(self._folder.unread):
            self._note(Trouble(Where(str(self._how.folder / name)), self._folder.unread.pop(name)))
        for index, piece in enumerate(pieces):
            if piece.identity not in self._place.done:
                return piece, index == len(pieces) - 1
        return None, False

    def _judge(self, piece: Piece, *, grows: bool) -> None:
        from atttcli.cli.detect_capture import opened

        name = str(piece.path)
        try:
            with opened(name) as stream:
                given: Any = Growing(stream, lambda: self._has_successor(piece)) if grows else stream
                self._tell(self._telling(self._run.read(given, name), name))
        except InputError as error:
            self._note(trouble_of(error, name))
        except OSError as error:
            self._note(Trouble(Where(name), f"cannot be read: {error.strerror}"))
        self.judged += 1
        self._save(piece)
        self._place.finished(piece)
        if sys.stderr.isatty():
            counts = self._run.counts
            text = _(
                "{path}: {packets} packets, {alerts} alerts", path=name, packets=counts.packets, alerts=counts.alerts
            )
            render.warn(text)

    def _save(self, piece: Piece | None) -> None:
        """The flows of its alerts, from this file and those before it where they began; None: of the end of the link."""
        if self._saver is not None and (since := self._saver.since) is not None:
            before = [one for one in self._folder.pieces() if piece is None or one.begun <= piece.begun]
            first = max((index for index, one in enumerate(before) if one.begun <= since), default=0)
            for trouble in self._saver.save([str(one.path) for one in before[first:][-MOST_BACK:]], None):
                self._note(trouble)

    def _has_successor(self, piece: Piece) -> bool:
        if not piece.path.exists():
            return True
        return any(one.begun > piece.begun and one.path != piece.path for one in self._folder.pieces())

    def _tell(self, said: Iterator[Said], *, quiet: bool = False) -> None:
        for one in said:
            if isinstance(one, Trouble):
                if not quiet:
                    self._note(one)
            elif isinstance(one, Found) and one.eve is not None:
                if self._saver is not None and not quiet:
                    self._saver.want(one.eve)
                name = one.eve["alert_id"]
                if not self._place.knows(name):
                    self._show(one)
                    self._place.told(name)

    def _show(self, found: Found) -> None:
        """On the output, flushed, before the place says that it was told."""
        self._tally.found += 1
        if self._as_json:
            render.emit_json(found.eve)
        else:
            render.line("  ".join(found.row))
        sys.stdout.flush()

    def _note(self, trouble: Trouble) -> None:
        self._tally.note(trouble.where, trouble.reason)


def _is_settled(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime >= SETTLED
    except OSError:
        return True
