"""What a duty officer types under stress is understood, or refused with a hint; never understood wrongly in silence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.clock import local_text, parse_moment
from atttcli.errors import UsageError
from atttcli.incident.interview import UNKNOWN, load_interview, read_answer
from atttcli.incident.spoken import said_moment, said_number, said_yes
from atttcli.inventory import Inventory, load_organisation

NOW = parse_moment("23/11/2026 10:15")
INVENTORY = Inventory(load_organisation("bac-kan"))
QUESTIONS = {one.key: one for one in load_interview()}


@pytest.mark.parametrize(
    ("text", "meant"),
    [("c", "yes"), ("k", "no"), ("ko", "no"), ("Khong", "no"), ("rồi", "yes"), ("chưa", "no"), ("có rồi.", "yes"),
     ("ko có", "no"), ("còn bật", "yes"), ("tắt rồi", "no"), ("ko rõ", "unknown"), ("y", "yes"), ("N", "no")],
)  # fmt: skip
def test_yes_and_no_as_people_type_them(text, meant):
    assert said_yes("x", text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [("5", 5), ("1-2", 2), ("1 - 2 máy", 2), ("khoảng 500", 500), ("5 máy", 5), ("1.200", 1200), ("12 000", 12000),
     ("hai", 2), ("~10", 10), ("3 đến 5 cái", 5), ("hơn 100 người", 100), ("0", 0), ("1.234.567", 1234567)],
)  # fmt: skip
def test_numbers_as_people_type_them(text, meant):
    assert said_number(text) == str(meant)


@pytest.mark.parametrize(
    "text", ["-5", "1 máy chủ, 3 máy trạm", "vài chục", "9999999999", "1.2", "५", "2-", "mười lăm"]
)
def test_numbers_that_are_none(text):
    with pytest.raises(UsageError):
        said_number(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("8h30", "23/11/2026 08:30"), ("8h", "23/11/2026 08:00"), ("8:30", "23/11/2026 08:30"), ("22h", "22/11/2026 22:00"),
     ("8h30 hôm qua", "22/11/2026 08:30"), ("8h sáng nay", "23/11/2026 08:00"), ("3h chiều qua", "22/11/2026 15:00"),
     ("chiều 3 giờ rưỡi", "22/11/2026 15:30"), ("9h tối hôm kia", "21/11/2026 21:00"), ("2 giờ trước", "23/11/2026 08:15"),
     ("cách đây 30 phút", "23/11/2026 09:45"), ("bây giờ", "23/11/2026 10:15"), ("7h 20/11", "20/11/2026 07:00"),
     ("8h 30/12", "30/12/2025 08:00"), ("23/11/2026 08:30", "23/11/2026 08:30"), ("3 hôm trước", "20/11/2026 10:15"),
     ("12h đêm hôm qua", "22/11/2026 00:00")],
)  # fmt: skip
def test_times_as_people_type_them(text, meant):
    assert local_text(said_moment(text, NOW), seconds=False) == meant


@pytest.mark.parametrize(
    "text", ["sáng nay", "25h", "8h75", "31/11/2026", "23/11/2062 08:00", "8h 31/2", "8h300/11", "mai"]
)
def test_times_that_are_none_or_to_come(text):
    with pytest.raises(UsageError):
        said_moment(text, NOW)


@given(st.text(alphabet="0123456789 :/hgp-.,đngàyqua", max_size=400))
def test_any_text_is_a_past_time_a_number_or_refused(text):
    for read in (lambda: said_moment(text, NOW) <= NOW + 300_000_000, lambda: 0 <= int(said_number(text)) < 10**9):
        try:
            assert read()
        except UsageError:
            continue


@pytest.mark.parametrize(
    ("key", "text", "meant"),
    [("channel", "đt", "telephone"), ("channel", "dien thoai", "telephone"), ("channel", "công văn", "paper"),
     ("identity", "chua", "not_yet"), ("identity", "gọi lại", "called_back"), ("identity", "quen", "known_voice"),
     ("seen", "ma hoa", "encrypted"), ("seen", "virus", "malware"), ("seen", "tống tiền", "encrypted"),
     ("seen", "deface", "web_changed"), ("seen", "lo du lieu", "leak"), ("seen", "lừa đảo", "phishing"),
     ("seen", "ddos", "slow"), ("seen", "khác", "other"), ("agency", "xa vi huong", "x-vi-huong"),
     ("count", "1-2", "2"), ("still_on", "ko", "no"), ("unplugged", "chưa", "no"), ("backup", "k rõ", UNKNOWN)],
)  # fmt: skip
def test_the_interview_understands(key, text, meant):
    assert read_answer(QUESTIONS[key], text, INVENTORY, now=NOW) == meant


def test_a_wrong_choice_says_which_numbers_there_are():
    with pytest.raises(UsageError) as refused:
        read_answer(QUESTIONS["seen"], "12", INVENTORY)
    assert refused.value.hint == "a number from 1 to 9, or ? when not known"
