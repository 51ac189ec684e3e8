"""What a duty officer pastes; what counts as ours."""

from __future__ import annotations

import pytest

from atttcli.clock import local_text
from atttcli.errors import LimitExceeded, SecretDocument
from atttcli.model.observable import Observable
from atttcli.sources.observables import parse_observable
from atttcli.sources.pasted import MAX_CHARACTERS, read_pasted
from atttcli.sources.scope import Scope

CHAT = """Từ: Bộ phận giám sát <truc@giamsat.example>
Tiêu đề: Cảnh báo máy nhiễm tại Vi Hương
[07:10 13/05/2021] Máy 203[.]0[.]113[.]36 kết nối tới c2[.]example (198[.]51[.]100[.]230), lúc 06:55 13/05/2021.
Trang hxxp://vihuong[.]backan[.]gov[.]vn/a.aspx nghi bị cài web shell; lại 203.0.113.36. Tham khảo: www.google.example
"""


def pasted(text: str) -> object:
    return read_pasted(text, ["203.0.113.0/24"], ["backan.gov.vn"], ["google.example"])


def test_chat_message_becomes_observables_victims_title_and_times() -> None:
    found = read_pasted(CHAT, ["203.0.113.0/24"], ["backan.gov.vn"], ["google.example"])
    assert found.title == "Cảnh báo máy nhiễm tại Vi Hương"
    assert found.sender == "truc@giamsat.example"
    assert found.victims == ("203.0.113.36", "http://vihuong.backan.gov.vn/a.aspx")
    assert [o.value for o in found.observables if not o.role] == [
        "truc@giamsat.example",
        "c2.example",
        "198.51.100.230",
    ]
    assert [o.value for o in found.allowed] == ["www.google.example"]
    assert [local_text(time) for time in found.times] == ["13/05/2021 07:10:00"]


def test_text_without_subject_takes_its_first_words() -> None:
    assert read_pasted("\n--\n\nMáy chủ web bị tấn công\nchi tiết").title == "Máy chủ web bị tấn công"
    assert read_pasted("").title == ""


def test_marked_text_and_floods_are_refused() -> None:
    with pytest.raises(SecretDocument):
        pasted("TỐI MẬT\nnội dung")
    with pytest.raises(LimitExceeded):
        pasted("a" * (MAX_CHARACTERS + 1))
    many = read_pasted("\n".join(f"h{index}.example" for index in range(6000)))
    assert len(many.observables) == 5000
    assert many.left_off == 1000


def observable(text: str) -> Observable:
    found = parse_observable(text)
    assert found is not None, text
    return found


def test_ours_by_network_domain_mailbox_and_link() -> None:
    scope = Scope(["203.0.113.0/25", "198.51.100.8/29", "nonsense"], ["Backan.gov.vn."], [])
    ours = [
        "203.0.113.127",
        "203.0.113.64/27",
        "x.backan.gov.vn",
        "backan.gov.vn",
        "a@mail.backan.gov.vn",
        "http://203.0.113.1:8080/x",
    ]
    others = [
        "203.0.113.128",
        "203.0.113.0/24",
        "xbackan.gov.vn",
        "backan.gov.vn.evil.example",
        "a@gov.vn",
        "http://198.51.100.7/",
    ]
    assert [text for text in ours if not scope.is_own(observable(text))] == []
    assert [text for text in others if scope.is_own(observable(text))] == []
    assert scope.touches_own(observable("203.0.113.0/24"))
    assert not scope.touches_own(observable("203.0.113.128/25"))


def test_allowed_by_value_name_above_and_network_around() -> None:
    scope = Scope([], [], ["google.example", "198.51.100.0/24", "http://ok.example/a"])
    for text in ("www.google.example", "198.51.100.9", "http://ok.example/a", "http://198.51.100.1/x"):
        assert scope.is_allowed(observable(text)), text
    for text in ("ok.example", "notgoogle.example", "198.51.101.1"):
        assert not scope.is_allowed(observable(text)), text


def test_local_addresses_but_not_documentation_ranges() -> None:
    scope = Scope([], [], [])
    assert scope.is_local(observable("10.1.2.3"))
    assert scope.is_local(observable("fe80::1"))
    assert not scope.is_local(observable("192.0.2.1"))
    assert not scope.is_local(observable("2001:db8::1"))
