"""What reaches a screen, a search, a spreadsheet and a paper."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.text.display import display, display_block
from atttcli.text.fold import fold, nfc, vietnamese_key
from atttcli.text.redact import defang, mask_mailbox
from atttcli.text.spreadsheet import inert_cell


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b[2J",
        "\x9b31m",
        "\x1b]8;;http://x\x07",
        "\u202eexe.txt",
        "\u200b",
        "\ud800",
        "\U000e0041",
        "\x00",
        "\x7f",
        "\r\n",
    ],
)
def test_no_control_reaches_the_screen(hostile: str) -> None:
    shown = display("a" + hostile + "b")
    assert shown.isprintable()
    assert shown.startswith("a") and shown.endswith("b") and "\\" in shown


@given(st.text(st.characters(codec=None, categories=None), max_size=80))
def test_display_is_always_printable_and_keeps_clean_text(text: str) -> None:
    assert display(text).isprintable()
    if text.isprintable():
        assert display(text) == text


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_vietnamese_passes_untouched_in_both_forms(form: str) -> None:
    text = unicodedata.normalize(form, "Sự cố tại Bạch Thông, thư điện tử công vụ")
    assert display(text) == text


def test_blocks_keep_their_lines_only() -> None:
    assert display_block("một\nhai\x1b[0m\tba") == "một\nhai\\x1b[0m    ba"


def test_long_text_is_cut_visibly() -> None:
    assert display("a" * 50, 10) == "a" * 9 + "…"


@pytest.mark.parametrize(
    ("text", "folded"), [("Đà Nẵng", "da nang"), ("IP  bị nhiễm", "ip bi nhiem"), ("Uỷ ban", "uy ban")]
)
def test_searching_ignores_diacritics(text: str, folded: str) -> None:
    assert fold(text) == folded == fold(unicodedata.normalize("NFD", text))


def test_vietnamese_alphabet_order() -> None:
    words = ["đê", "da", "ăn", "an", "âm", "ơn", "ôn", "on", "dê"]
    assert sorted(words, key=vietnamese_key) == ["an", "ăn", "âm", "da", "dê", "đê", "on", "ôn", "ơn"]


def test_stored_text_is_precomposed() -> None:
    assert nfc(unicodedata.normalize("NFD", "cố")) == "cố"


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1+1", " =cmd|'/c calc'!A1", "\r=1"])
def test_no_cell_starts_a_formula(cell: str) -> None:
    assert inert_cell(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "Sở TTTT", "10.0.0.1", "a=b"])
def test_plain_cells_stay_as_they_are(cell: str) -> None:
    assert inert_cell(cell) == cell


def test_defanged_text_cannot_be_clicked() -> None:
    assert defang("http://evil.example/a?b=c.d") == "hxxp://evil[.]example/a?b=c[.]d"
    assert defang(defang("https://a.b")) == "hxxps://a[.]b"
    assert mask_mailbox("nguyenvana@x.gov.vn") == "n***a@x.gov.vn"
