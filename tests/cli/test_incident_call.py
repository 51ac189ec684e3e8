"""The telephone interview on a real (pseudo) terminal, in Vietnamese, typed as people type; killed and gone on with."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import time

import pytest

from tests.support.casework import make_app

pty = pytest.importorskip("pty")
SECONDS = 60.0


class Terminal:
    """`atttcli WORDS` on a terminal of its own."""

    def __init__(self, root, home, *words, term="dumb"):
        self.master, slave = pty.openpty()
        environment = {**os.environ, "ATTTCLI_HOME": str(home), "LANG": "C.UTF-8", "TERM": term}
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from atttcli.cli.main import run; run()", "--lang", "vi", "-w", str(root), *words],
            stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True, close_fds=True,
        )  # fmt: skip
        os.close(slave)
        self.text = ""

    def until(self, pattern):
        """Read until the text since the last call matches; that text."""
        end = time.monotonic() + SECONDS
        while (found := re.search(pattern, self.text)) is None:
            ready, _, _ = select.select([self.master], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"waited for {pattern!r}, saw: {self.text[-800:]}"
            try:
                piece = os.read(self.master, 65536)
            except OSError:
                piece = b""
            assert piece, f"ended before {pattern!r}, saw: {self.text[-800:]}"
            self.text += piece.decode("utf-8", "replace")
        seen, self.text = self.text[: found.end()], self.text[found.end() :]
        return seen

    def say(self, answer):
        """Answer the question that stands there; what it was."""
        seen = self.until(r"  > |\(T0\) \[[^\]]*\]: ")
        os.write(self.master, (answer + "\n").encode())
        return seen

    def rest(self):
        text = self.text
        while True:
            try:
                piece = os.read(self.master, 65536)
            except OSError:
                break
            if not piece:
                break
            text += piece.decode("utf-8", "replace")
        self.process.wait(SECONDS)
        return text

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)


@pytest.fixture
def place(tmp_path, monkeypatch):
    home = tmp_path / "home"
    monkeypatch.setenv("ATTTCLI_HOME", str(home))
    app = make_app(tmp_path)
    yield app.workspace.root, home, app
    app.close()


@pytest.fixture
def terminal(place):
    root, home, _app = place
    opened = []

    def start(*words):
        opened.append(Terminal(root, home, *words))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


HURRIED = (
    "Hà, văn thư", "xa vi huong", "0209 123 456", "đt", "chua", "ma hoa", "đuôi .lockbit", "PC-01, PC 02", "1-2", "",
    "c", "ko", "k rõ", "chưa", "có", "khoảng 500", "8h30 hôm qua", "rút mạng",
)  # fmt: skip


def test_a_hurried_interview_is_understood_and_ends_with_everything(terminal, place):
    _root, _home, app = place
    called = terminal("incident", "call")
    seen = "".join(called.say(answer) for answer in HURRIED)
    assert "= Ủy ban nhân dân xã Vi Hương" in seen, "what was understood is told"
    assert "not one of" not in seen
    assert "không phải" not in seen
    seen = called.say("lúc nãy")  # T0: not a time; asked again
    assert "không phải thời điểm" in called.say("9h hôm qua")
    text = called.rest()
    for part in ("KHI MÁY BỊ MÃ HÓA", "T0 ", "playbook run start ma-hoa", "thong-bao-SC-", "09:00"):
        assert part in text
    row = app.store.row("SELECT category, agencies, fields FROM incident")
    assert (row["category"], row["agencies"]) == ("mahoa", '["x-vi-huong"]')
    fields = json.loads(row["fields"])
    assert (fields["machine_count"], fields["backup"], fields["still_on"]) == (2, "unknown", "yes")
    assert called.process.returncode == 0


def test_a_slip_asks_again_in_vietnamese_without_the_whole_list(terminal):
    called = terminal("incident", "call")
    for answer in ("Hà", "?", "?"):
        called.say(answer)
    assert "5. đến trực tiếp" in called.say("bồ câu")
    seen = called.say("<")
    assert "không phải một trong các câu trả lời" in seen
    assert "số từ 1 đến 5" in seen
    assert "5. đến trực tiếp" not in seen
    assert "Số điện thoại gọi lại?" in called.say("0209"), "one back is asked whole"


def test_killed_between_two_questions_it_goes_on_where_it_was(terminal, place):
    _root, _home, app = place
    called = terminal("incident", "call")
    for answer in ("Hà", "xã Vi Hương", "0209", "1"):
        called.say(answer)
    called.until("minh người gọi")  # the next question is asked: the answers before it are told to be kept
    os.kill(called.process.pid, signal.SIGKILL)
    called.process.wait()
    assert len(json.loads(app.store.value("SELECT answers FROM call"))) == 4
    again = terminal("incident", "call", "--resume", "last")
    assert "[5/18]" in again.say("?")


def run(place, *words):
    root, home, _app = place
    return subprocess.run(
        [sys.executable, "-c", "from atttcli.cli.main import run; run()", "--lang", "en", "-w", str(root), *words],
        capture_output=True, text=True,
        env={**os.environ, "ATTTCLI_HOME": str(home)}, stdin=subprocess.DEVNULL, timeout=SECONDS, check=False,
    )  # fmt: skip


def test_a_slip_on_the_command_line_leaves_no_call_behind(place):
    _root, _home, app = place
    for words in (("--answer", "count=vài"), ("--answer", "nothing=1"), ("--drop",), ("--detected", "sometime")):
        assert run(place, "incident", "call", *words).returncode == 2
    assert app.store.value("SELECT count(*) FROM call") == 0


def test_a_lost_notice_is_drafted_again_and_a_changed_one_is_left(place):
    root, _home, app = place
    assert (
        run(place, "incident", "call", "--answer", "agency=x-vi-huong", "--answer", "seen=1", "--yes").returncode == 0
    )
    number = app.store.value("SELECT number FROM incident")
    lost, kept = (root / "outbox" / f"thong-bao-{number}.vi.{kind}" for kind in ("docx", "txt"))
    lost.unlink()
    kept.write_text("đã sửa", encoding="utf-8")
    told = run(place, "incident", "call", "--again", number, "--json")
    assert json.loads(told.stdout)["number"] == number
    assert lost.read_bytes()[:2] == b"PK"
    assert kept.read_text(encoding="utf-8") == "đã sửa"
    assert run(place, "incident", "call", "--again", "SC-2026-0099").returncode == 3
    assert app.store.value("SELECT count(*) FROM incident") == 1


def test_who_may_not_take_calls_is_told_before_the_first_question(place, monkeypatch):
    from atttcli.people.users import User, add_user
    from tests.support.casework import journal_of

    _root, _home, app = place
    journal = journal_of(app)
    add_user(journal, User("lan", roles=("admin", "duty"), logins=("somebody-else",)))
    refused = run(place, "incident", "call", "--answer", "agency=x-vi-huong")
    assert refused.returncode == 4, refused.stderr
    assert app.store.value("SELECT count(*) FROM call") == 0
