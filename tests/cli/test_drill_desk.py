"""The facilitator's side on a real (pseudo) terminal: three commands hold a drill; every prompt carries the mark."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

import pytest

from atttcli.cli.drill_board import TeamBoard, board_lines
from atttcli.text.messages import use_language
from tests.cli.test_drill import Desk
from tests.cli.test_drill import desk as desk  # the fixture
from tests.cli.test_incident_call import Terminal

MINUTE = 60_000_000


@pytest.fixture
def today(desk: Desk) -> Desk:
    """A desk whose clock is the wall's: the terminal beside it runs in a process of its own."""
    desk.clock.at = time.time_ns() // 1000
    return desk


def opened(desk: Desk, *words: str, term: str = "dumb") -> Terminal:
    return Terminal(desk.root, desk.root.parent / "home", *words, term=term)


def typed(terminal: Terminal, line: str, answer: str) -> str:
    os.write(terminal.master, (line + "\n").encode())
    return terminal.until(answer)


def test_three_commands_hold_a_drill(today: Desk) -> None:
    today("drill", "new", "--from", "ransomware-commune-flash")
    screen = opened(today, "drill", "run")
    seen = screen.until(r"DT-2026-0001\] DIỄN TẬP \d\d:\d\d> ")
    assert "E1" in seen and "trong " in seen, "what the team should do stands beneath the inject"
    seen = typed(screen, "e1", "Đã nhập E1")
    seen += typed(screen, '+ Hỏi đúng "ai, ở đâu"', "đã ghi")
    seen += typed(screen, "E99", "không có lệnh")
    seen += typed(screen, "E2", "nêu phương án")
    seen += typed(screen, "việc", "E2")
    seen += typed(screen, "dừng thật", "có sự cố thật")
    seen += typed(screen, "tiếp", "ĐANG CHẠY")
    seen += typed(screen, "hết", "lần nữa")
    seen += typed(screen, "hết", "drill report DT-2026-0001")
    rest = screen.rest()
    assert screen.process.returncode == 0
    prompts = re.findall(r"^(.*)> ", seen + rest, re.M)
    assert prompts and all("[DT-2026-0001] DIỄN TẬP" in one for one in prompts)
    assert not re.search(r"(?m)^(Next|Type|Every|Handed|The )", seen + rest), (
        "an English sentence on a Vietnamese screen"
    )
    today("drill", "report")
    assert list((today.root / "drills" / "DT-2026-0001" / "outbox").glob("*-report.docx"))
    assert today.rows("SELECT code, valid FROM drill") == [("DT-2026-0001", 1)]
    verbs = [row[0] for row in today.rows("SELECT verb FROM journal ORDER BY seq", "DT-2026-0001")]
    for verb in ("drill.answered", "drill.noted", "drill.paused", "drill.resumed", "drill.ended"):
        assert verbs.count(verb) == 1, verb


def test_the_screen_says_what_happens_at_another_terminal_and_may_be_left(today: Desk) -> None:
    today("drill", "new", "--from", "ransomware-commune-flash")
    screen = opened(today, "drill", "run")
    screen.until("DIỄN TẬP [0-9:]+> ")
    today.clock.at = time.time_ns() // 1000
    today("drill", "pause", "last", "--reason", "real-incident")
    assert "có sự cố thật" in screen.until(r"TẠM DỪNG[^*]*\*\*\*")
    os.write(screen.master, "thoát\n".encode())
    screen.until("drill run DT-2026-0001")
    screen.rest()
    assert screen.process.returncode == 0
    assert today.json("drill", "status", "last")[0]["phase"] == "paused"
    assert any(one["command"] == "atttcli drill resume DT-2026-0001" for one in today.json("next"))


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
def test_the_board_is_left_by_ctrl_c_and_gives_nothing_away(today: Desk, term: str) -> None:
    today("drill", "new", "--from", "ransomware-commune")
    today("drill", "run", "last", "--once")
    board = opened(today, "drill", "status", "--watch", term=term)
    seen = board.until("Ctrl-C")
    os.kill(board.process.pid, signal.SIGINT)
    seen += board.until("đồng hồ vẫn chạy")
    rest = board.rest()
    assert board.process.returncode == 0
    for secret in ("tống tiền", "ransomware", "Cô lập", "tắt nguồn", "HUONG_DAN"):
        assert secret not in seen + rest
    assert "DIỄN TẬP - KHÔNG PHẢI SỰ CỐ THẬT" in seen and "ngăn chặn" in seen


@pytest.mark.parametrize(("width", "height"), [(100, 30), (80, 24), (40, 12), (20, 6), (8, 3), (1, 1)])
def test_the_board_fits_every_window(width: int, height: int) -> None:
    use_language("vi")
    goals = tuple((f"G{n}", "phat-hien", None if n % 2 else 50.0, "") for n in range(12))
    recent = tuple((f"A{n}", n * MINUTE, "phone", "Đội ứng cứu sự cố tỉnh " * 3) for n in range(40))
    one = TeamBoard("DT-2026-0001", "Đội ứng cứu " * 9, "paused", 2000, 0, 40 * MINUTE, 90 * MINUTE, 39 * MINUTE, 9, 40, 23.7,
                    goals, recent, reason="\x1b[31mreal-incident " * 20, gates=("real-system",))  # fmt: skip
    for teams in ([one], [one] * 9):
        lines = board_lines(teams, width, height)
        assert len(lines) <= height
        assert all(len(text) <= width and "\x1b" not in text for text, _style in lines)
    use_language("en")


def test_drill_alone_and_every_step_say_the_next(desk: Desk) -> None:
    told = desk("drill")
    assert "drill new --from ransomware-commune" in told and "service-flood" in told
    assert "drill run DT-2026-0001" in desk("drill", "new", "--from", "ransomware-commune-flash")
    for words, following in (
        (("run", "last", "--once"), "drill status DT-2026-0001 --watch"),
        (("pause", "last", "--reason", "x"), "drill resume DT-2026-0001"),
        (("resume", "last"), "drill run DT-2026-0001"),
        (("end", "last"), "drill report DT-2026-0001"),
    ):
        assert following in desk("drill", *words)
        assert following in desk("drill")
    assert "action add" in desk("drill", "report", "last"), "what was missed is offered as an improvement"


def test_a_question_is_answered_by_an_option_only(desk: Desk) -> None:
    desk("drill", "new", "--from", "ransomware-commune")
    desk("drill", "run", "last", "--once")
    desk("drill", "answer", "last", "E3", code=2)
    desk("drill", "answer", "last", "E3", "--choice", "yes", code=2)
    assert "E3" in desk("drill", "answer", "last", "E3", "--choice", "tat-may")


def test_a_pipe_gets_plain_lines(desk: Desk, tmp_path: Path) -> None:
    desk("drill", "new", "--from", "ransomware-commune")
    desk("drill", "run", "last", "--once")
    told = desk("drill", "status", "--watch")
    assert "\x1b" not in told and "1 of 9 injects" in told
