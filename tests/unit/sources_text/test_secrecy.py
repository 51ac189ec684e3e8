"""A state-secret mark is a stamp on its own line; the word in a sentence is not."""

from __future__ import annotations

import unicodedata

import pytest

from atttcli.errors import SecretDocument, Where
from atttcli.sources.secrecy import marking, refuse_secret, refuse_secret_subject, subject_marking


@pytest.mark.parametrize(
    ("line", "degree"),
    [
        ("MẬT", "MẬT"), ("  [ MẬT ]  ", "MẬT"), ("*** MẬT ***", "MẬT"), ("|  MẬT  |", "MẬT"), ("___MẬT___", "MẬT"), ("MAT", "MẬT"),
        ("T Ố I   M Ậ T", "TỐI MẬT"), ("TỐI MẬT.", "TỐI MẬT"), ("Tối mật", "TỐI MẬT"), ("TOI MAT", "TỐI MẬT"),
        ("TUYỆT MẬT", "TUYỆT MẬT"), ("TUYET MAT", "TUYỆT MẬT"), ("UBND TỈNH\tTUYỆT MẬT", "TUYỆT MẬT"),
        ("Độ mật: Tối mật", "TỐI MẬT"), ("ĐỘ MẬT - MẬT", "MẬT"), ("MẬT  Bản số: 03", "MẬT"), ("Số: 05/BC-UBND      MẬT", "MẬT"),
    ],
)  # fmt: skip
def test_marks(line: str, degree: str) -> None:
    assert marking(line) == degree
    assert marking(unicodedata.normalize("NFD", line)) == degree


@pytest.mark.parametrize(
    "line",
    [
        "", "mật", "mat", "Mat", "MẮT", "MẠT", "MẤT", "bảo mật", "BẢO MẬT", "MẬT KHẨU", "Mật khẩu: ******",
        "BÍ MẬT NHÀ NƯỚC", "MẬT MÃ",
        "Độ mật: Thường", "Độ mật:", "bảo vệ bí mật nhà nước, tối mật", "SỐ MẬT", "MẬT ONG RỪNG", "Ban Cơ yếu - Mật mã",
        "Tài liệu này không thuộc danh mục TỐI MẬT", "FORMAT", "M A T T",
    ],
)  # fmt: skip
def test_no_marks(line: str) -> None:
    assert marking(line) == ""
    assert marking(unicodedata.normalize("NFD", line)) == ""


@pytest.mark.parametrize(
    "subject", ["[MẬT] V/v", "TỐI MẬT: báo cáo", "MẬT - V/v x", "Re: (TUYỆT MẬT) a", "Fwd: [MAT] x", "MẬT"]
)
def test_subjects_with_a_mark(subject: str) -> None:
    assert subject_marking(subject)
    with pytest.raises(SecretDocument):
        refuse_secret_subject(subject, Where("a.eml"))


@pytest.mark.parametrize(
    "subject", ["MẬT KHẨU của bạn sắp hết hạn", "Bảo mật: cập nhật", "MẬTMÃ", "V/v bí mật", "Tối mật thư"]
)
def test_subjects_without(subject: str) -> None:
    assert not subject_marking(subject)
    refuse_secret_subject(subject, Where("a.eml"))


def test_only_the_head_of_a_document_is_looked_at() -> None:
    with pytest.raises(SecretDocument) as caught:
        refuse_secret(["UBND TỈNH", "", "TỐI MẬT"], Where("a.docx"))
    assert "TỐI MẬT" in caught.value.message
    assert caught.value.code == "state-secret"
    refuse_secret(["dòng"] * 100 + ["MẬT"], Where("a.docx"))
