"""`alert triage` at a real terminal (a pseudo one): one key each, in Vietnamese and English, one step back at any time."""

from __future__ import annotations

import os
import re
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.cli_run import START
from tests.support.ingest_case import attt, ingest_json, new_workspace, rows

pty = pytest.importorskip("pty", reason="no pseudo terminals here")
fcntl = pytest.importorskip("fcntl")
termios = pytest.importorskip("termios")
LIST = "IP,Mã độc,IP C2\n192.0.2.36,Mau-A,198.51.100.230\n192.0.2.1,Mau-A,198.51.100.230\n198.51.100.99,Mau-B,198.51.100.231\n"
KEYS = {"en": "l link to incident", "vi": "l gắn vào sự cố"}
_CONTROLS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A person at a terminal: waits for words on the screen, then types."""

    def __init__(self, ours: int, child: subprocess.Popen[bytes]) -> None:
        self._ours, self.child, self.screen, self._read_to = ours, child, "", 0

    def see(self, words: str, seconds: float = 20) -> None:
        """Wait until these words come after what was seen before."""
        end = time.monotonic() + seconds
        while (at := self.screen.find(words, self._read_to)) < 0:
            ready, _, _ = select.select([self._ours], [], [], 0.2)
            try:
                piece = os.read(self._ours, 65536) if ready else b""
            except OSError:
                piece = b""
                assert words in self.screen[self._read_to :], f"ended without {words!r}: {self.screen}"
            self.screen += _CONTROLS.sub("", piece.decode("utf-8", "replace"))
            assert time.monotonic() < end, f"{words!r} never came: {self.screen}"
        self._read_to = at + len(words)

    def press(self, keys: str) -> None:
        """Type, as a person does: a single key not before the terminal has turned to them (what came earlier is dropped)."""
        end = time.monotonic() + 20
        if len(keys) > 1 or keys in "\r\x03":  # a line, or Ctrl-C
            time.sleep(0.15)
        else:
            while termios.tcgetattr(self._ours)[3] & termios.ICANON and time.monotonic() < end:
                time.sleep(0.01)
        os.write(self._ours, keys.encode())

    def interrupt(self, words: str) -> None:
        """Ctrl-C until these words come: readline may miss one that arrives just before it begins to wait (CPython)."""
        for _again in range(6):
            self.press("\x03")
            read_to = self._read_to
            try:
                self.see(words, seconds=3)
            except AssertionError:
                continue
            self._read_to = read_to
            return
        raise AssertionError(f"Ctrl-C brought no {words!r}: {self.screen}")

    def code(self) -> int:
        """How it ended."""
        return self.child.wait(timeout=20)


def _own_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # Ctrl-C reaches only who owns the terminal


@contextmanager
def at_terminal(workspace: Path, language: str, *words: str) -> Iterator[Terminal]:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", "ATTTCLI_ACTOR": "lan"}
    command = [*START, "-w", str(workspace), "--lang", language, *words]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment,
        start_new_session=True, preexec_fn=_own_terminal) as child:  # fmt: skip
        os.close(theirs)
        try:
            yield Terminal(ours, child)
        finally:
            if child.poll() is None:
                child.kill()
            os.close(ours)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    made = new_workspace(tmp_path / "ws")
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")
    ingest_json(made, tmp_path / "list.csv")
    return made


@pytest.mark.parametrize("language", ["en", "vi"])
def test_three_groups_three_decisions(workspace: Path, language: str) -> None:
    said = {
        "en": ("false alarm", "Reason", "Title", "seen 1 time", "1 skipped group is still open"),
        "vi": ("báo nhầm", "Lý do", "Tiêu đề", "gặp 1 lần", "còn 1 nhóm bỏ qua"),
    }[language]
    with at_terminal(workspace, language, "alert", "triage") as person:
        person.see("[1/3]")
        person.see(said[3])
        person.see(KEYS[language])
        person.press("c")
        person.see(said[0])
        person.press("1")
        person.see(said[1])
        person.press("máy thử của ta\r")
        person.see("[2/3]")
        person.see(KEYS[language])
        person.press("n")
        person.see(said[2])
        person.press("\r")
        person.see("[3/3]")
        person.see(KEYS[language])
        person.press("s")
        person.see(said[4])
        assert person.code() == 0
    assert rows(workspace, "SELECT state, verdict, reason FROM alert_state ORDER BY state") == [
        ("closed", "false-positive", "máy thử của ta"),
        ("linked", "", ""),
    ]
    assert rows(workspace, "SELECT count(*) FROM incident") == [(1,)]


def test_one_step_back_is_possible_everywhere(workspace: Path) -> None:
    with at_terminal(workspace, "en", "alert", "triage") as person:
        for keys, seen in (
            (("x",), ("No such key.",)),
            (("l",), ("No incident is open",)),
            (("c", "\x1b"), ("benign",)),
            (("c", "9", "q"), ("benign", "A digit from 1 to 5")),
            (("c", "2", "\x03"), ("benign", "Reason")),
            (("c", "2", "\r"), ("benign", "Reason")),
            (("m", "tomorrow never\r", "x\r"), ("Until", "Reason", "is no date")),
            (("d",), ("Observable",)),
        ):
            person.see(KEYS["en"])
            for at, key in enumerate(keys):
                person.interrupt(KEYS["en"]) if key == "\x03" else person.press(key)
                if at < len(seen):
                    person.see(seen[at])
        person.see(KEYS["en"])
        person.press("q")
        person.see("3 groups are still open")
        assert person.code() == 0
    assert rows(workspace, "SELECT count(*) FROM alert_state") == [(0,)]
    assert rows(workspace, "SELECT count(*) FROM mute") == [(0,)]


def test_an_incident_is_chosen_by_digit(workspace: Path) -> None:
    assert attt(workspace, "incident", "open", "--title", "Máy xã Vi Hương").exit_code == 0
    with at_terminal(workspace, "vi", "alert", "triage") as person:
        person.see(KEYS["vi"])
        person.press("l")
        person.see("Máy xã Vi Hương")
        person.press("1")
        person.see("[2/3]")
        person.see(KEYS["vi"])
        person.press("\x04")  # the end of the input: as q
        person.see("Còn 2 nhóm")
        assert person.code() == 0
    assert rows(workspace, "SELECT count(*) FROM incident_alert") == [(1,)]
