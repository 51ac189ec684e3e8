"""Tables and lines on screens of 80 columns: nothing is broken within a word, and a command can be copied."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.cli import render
from atttcli.cli.table_layout import broken, told, widths

HEADING = ("Nhóm", "Mức độ", "Tiêu đề", "Số lần", "Gặp lần cuối")
TITLE = "Yêu cầu gửi lệnh tới tập lệnh trong thư mục tải lên"
ROW = ("-/log_attacks.yar:log_web_shell_access", "rất cao", TITLE, "320", "12/05/2021 02:38")


def test_a_table_that_fits_has_its_natural_widths() -> None:
    assert widths(("a", "bcd"), [("xx", "y")], 80) == [2, 3]


def test_rows_are_told_one_under_the_other_where_columns_would_be_scraps() -> None:
    assert widths(HEADING, [ROW], 80) is None
    lines = list(told(HEADING, [ROW], 80, (2,)))
    assert lines[0] == "-/log_attacks.yar:log_web_shell_access  Yêu cầu gửi lệnh tới tập lệnh trong thư"
    assert lines[-1] == "    Mức độ: rất cao · Số lần: 320 · Gặp lần cuối: 12/05/2021 02:38"
    assert max(map(len, lines)) <= 80


def test_short_columns_are_never_broken_and_text_gets_the_rest() -> None:
    found = widths(HEADING, [ROW], 120)
    assert found is not None
    assert (found[1], found[4]) == (7, 16) and found[3] >= 3 and found[2] >= 26
    assert sum(found) + 3 * 4 <= 120


@given(
    st.lists(st.tuples(*[st.text(alphabet="ab ", max_size=90)] * 4), max_size=6),
    st.integers(40, 160),
)
def test_what_is_given_widths_fits_the_screen(rows: list[tuple[str, ...]], room: int) -> None:
    found = widths(("c1", "c2", "c3", "c4"), rows, room)
    assert found is None or (sum(found) + 9 <= room and min(found) >= 1)
    assert all(len(line) <= room for line in told(("c1", "c2", "c3", "c4"), rows, room, (1,)))


def test_two_columns_are_always_a_table() -> None:
    found = widths(("Mục", "Nội dung"), [("Gặp lần cuối", "x" * 300)], 80)
    assert found is not None and found[0] == 12 and sum(found) + 3 <= 80


def test_a_line_breaks_between_words_and_a_command_stays_whole() -> None:
    command = "atttcli system log-source add SYSTEM 'nhat-ky.zip/" + "x" * 60 + "*'"
    lines = list(broken(" 3. Nhật ký này là của hệ thống nào và ai là người quản trị hệ thống đó? " + command, 60))
    assert lines[-1].strip() == command
    assert all(len(line) <= 60 for line in lines[:-1])
    assert lines[1].startswith("    ") and "".join(lines[:-1]).replace(" ", "").endswith("đó?")
    assert list(broken("short", 60)) == ["short"]
    assert list(broken("      → atttcli alert show " + "x" * 50, 75)) == ["    → atttcli alert show " + "x" * 50]


@given(st.text(alphabet="ab c→1.-", max_size=300), st.integers(40, 100))
def test_a_broken_line_loses_no_letter(text: str, room: int) -> None:
    assert "".join("".join(broken(text, room)).split()) == "".join(text.split())


class _Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_table_of_nothing_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = _Screen()
    monkeypatch.setattr("sys.stdout", screen)
    render.table(HEADING, [])
    assert len(screen.getvalue().splitlines()) == 1 and "━" not in screen.getvalue()


@pytest.mark.parametrize(("width", "drawn"), [(80, False), (140, True)])
def test_a_screen_gets_a_table_or_rows(monkeypatch: pytest.MonkeyPatch, width: int, drawn: bool) -> None:
    screen = _Screen()
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr("sys.stdout", screen)
    render.table(HEADING, [ROW], wide=(2,))
    render.line("một dòng dài " * 12)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue()).splitlines()
    assert ("━" in screen.getvalue()) is drawn
    assert max(map(len, lines)) <= width
    assert all(word in screen.getvalue() for word in ("log_web_shell_access", "12/05/2021 02:38", "rất cao"))
