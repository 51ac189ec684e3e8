"""English sentences of lower rooms, told in Vietnamese: the values survive, whatever they hold."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.text.messages import catalogue_folder, speaking
from atttcli.text.retell import FIELD, LONGEST, retell

TEMPLATES: dict[str, str] = json.loads((catalogue_folder("vi") / "told.json").read_text("utf-8"))
PIECES = [*"ab'\"{}01rw:;, ", "{0}", "{r0}", " is ", "no incident ", "; ", "\n", "\u202e", "ộ"]
HOSTILE = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@pytest.fixture(autouse=True)
def speaks_vietnamese() -> Iterator[None]:
    with speaking("vi"):
        yield


@pytest.mark.parametrize(
    ("english", "vietnamese"),
    [
        ("no incident 'SC-9'", "không có sự cố 'SC-9'"),
        ("cannot be read: Permission denied", "không đọc được: không có quyền truy cập"),
        ("SC-2021-0001 is closed", "SC-2021-0001 đã đóng"),
        ("SC-1 is triage: it cannot become closed", "SC-1 đang ở trạng thái “phân loại”: không chuyển sang “đã đóng” được"),
        ("no agency 'x'", "không có cơ quan 'x'"),
        ("column 'A': not (wholly) an address, link or hash: 'x'; column 'B': not (wholly) an address, link or hash: 'y'",
         "cột 'A': không phải (hoặc không hoàn toàn là) địa chỉ, liên kết hay mã băm: 'x'; "
         "cột 'B': không phải (hoặc không hoàn toàn là) địa chỉ, liên kết hay mã băm: 'y'"),
        ("20 events (threshold 20 in 300 s), a to b", "20 sự kiện (ngưỡng 20 trong 300 s), từ a đến b"),
        ("rule-a then rule-b then rule-c, x to y", "rule-a, sau đó rule-b, sau đó rule-c, từ x đến y"),
    ],
)  # fmt: skip
def test_told(english: str, vietnamese: str) -> None:
    assert retell(english) == vietnamese


def test_english_readers_read_what_was_written() -> None:
    with speaking("en"):
        assert retell("no incident 'SC-9'") == "no incident 'SC-9'"


@pytest.mark.parametrize(
    "text", ["", "quarterly figures and then some words", "GET / HTTP/1.1", "x is a long sentence of others"]
)
def test_what_nobody_of_ours_wrote_stays(text: str) -> None:
    assert retell(text) == text


def test_values_are_no_templates() -> None:
    assert retell("no incident '{0}'") == "không có sự cố '{0}'"
    assert retell("no incident '{r0} no alert x'") == "không có sự cố '{r0} no alert x'"
    assert retell("sheet 'A; no incident x': column '{1}': not (wholly) an address, link or hash: '{r0}'").endswith(
        "'{r0}'"
    )
    assert "A; no incident x" in retell("column 'A; no incident x': not (wholly) an address, link or hash: 'y'")


@given(st.sampled_from(sorted(TEMPLATES)), st.lists(HOSTILE, min_size=10, max_size=10))
def test_no_value_is_lost(english: str, values: list[str]) -> None:
    """Whatever template tells it, each run of letters of a value that is no English word of ours stands in the result."""
    marked = [f"⟦{place}{value}⟧" for place, value in enumerate(values)]
    told = retell(FIELD.sub(lambda found: marked[int(found[2]) % 10], english))
    for number in {int(found[2]) for found in FIELD.finditer(english)}:
        assert f"⟦{number % 10}" in told


@given(HOSTILE)
def test_any_text_is_told_without_an_error(text: str) -> None:
    assert isinstance(retell(text), str)


@pytest.mark.parametrize("piece", ["; ", ": ", " is ", "no incident ", "{0}", "cannot be read: "])
def test_a_crafted_text_costs_no_time(piece: str) -> None:
    before = time.process_time()
    retell(piece * (LONGEST // len(piece)))
    retell(piece * LONGEST)
    assert time.process_time() - before < 0.5


def test_every_template_tells_its_own_sentence() -> None:
    """No template is shadowed by another that turns the same sentence into something else and loses its words."""
    shadowed = []
    for english, vietnamese in TEMPLATES.items():
        if "{w" in vietnamese or "{r" in vietnamese:
            continue
        told = retell(FIELD.sub(lambda found: f"X{found[2]}", english))
        if told != FIELD.sub(lambda found: f"X{found[2]}", vietnamese):
            shadowed.append((english, told))
    assert not shadowed
