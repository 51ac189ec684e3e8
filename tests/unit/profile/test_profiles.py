"""The shipped profiles: complete, sourced, and deciding as the legal texts do."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from atttcli.clock import DAY, HOUR, parse_moment
from atttcli.errors import InputError, NotFound, UsageError
from atttcli.inventory import load_organisation
from atttcli.profile import (
    applies,
    classify,
    due,
    load_profile,
    load_profile_file,
    number,
    profile_in_force,
    profiles,
    sender_of,
)

# Written out here once more, on purpose: the strings of Mẫu số 05 are compared byte for byte.
TEN = [
    "Từ chối dịch vụ",
    "Tấn công giả mạo",
    "Tấn công sử dụng mã độc",
    "Truy cập trái phép, chiếm quyền điều khiển",
    "Thay đổi giao diện",
    "Mã hóa phần mềm, dữ liệu, thiết bị",
    "Phá hoại thông tin, dữ liệu, phần mềm",
    "Nghe trộm, gián điệp, lấy cắp thông tin, dữ liệu",
    "Tấn công tổng hợp sử dụng kết hợp nhiều hình thức",
    "Các hình thức tấn công khác",
]
CODES = ["tcdv", "giamao", "madoc", "truycap", "giaodien", "mahoa", "phahoai", "nghetrom", "tonghop", "khac"]


def test_both_profiles_ship_oldest_first() -> None:
    assert profiles() == ("vn-2017", "vn-2026")


@pytest.mark.parametrize("name", ["vn-2017", "vn-2026"])
def test_ten_official_types_byte_exact_in_order(name: str) -> None:
    attacks = [kind for kind in load_profile(name).incident_types if kind.group == "tan_cong"]
    assert [kind.name.encode() for kind in attacks] == [text.encode() for text in TEN]
    assert [kind.code for kind in attacks] == CODES


@pytest.mark.parametrize("name", ["vn-2017", "vn-2026"])
def test_non_attack_causes_stand_apart(name: str) -> None:
    others = [k.code for k in load_profile(name).incident_types if k.group == "khong_tan_cong"]
    assert others == ["loi_ha_tang", "loi_van_hanh", "thien_tai"]


@pytest.mark.parametrize("name", ["vn-2017", "vn-2026"])
def test_every_datum_says_where_it_comes_from(name: str) -> None:
    data = list(load_profile(name).data())
    assert len(data) > 100
    for key, datum in data:
        assert datum.source.strip(), key
        assert isinstance(datum.verified, bool), key


def test_what_was_not_read_is_not_called_verified() -> None:
    secondary = load_profile("vn-2026")
    verified = {key.partition(".")[0] for key, datum in secondary.data() if datum.verified}
    assert verified == {"numbers"}  # of the 2026 regime only our own numbers and NĐ 30's patterns were read
    for profile in map(load_profile, profiles()):
        for key, datum in profile.data():
            if any(word in datum.source for word in ("thứ cấp", "chưa đọc", "đề xuất", "phỏng đoán")):
                assert not datum.verified, key


def test_unverified_data_can_be_listed() -> None:
    keys = dict(load_profile("vn-2017").unverified())
    assert "deadlines.A12" in keys
    assert "deadlines.A1" not in keys


def test_the_deadline_tables_are_whole() -> None:
    assert [d.id for d in load_profile("vn-2017").deadlines] == [f"A{n}" for n in range(1, 14)]
    assert [d.id for d in load_profile("vn-2026").deadlines] == [f"B{n}" for n in range(1, 9)]


def test_the_roles_of_the_regimes() -> None:
    codes = {
        "bcd_quoc_gia", "thuong_truc", "dieu_phoi", "bcd_tinh", "chuyen_trach", "doi_ucsc", "chu_quan", "van_hanh",
        "mang_luoi", "dau_moi", "isp", "dv_attt",
    }  # fmt: skip
    assert {role.code for role in load_profile("vn-2017").roles} == codes
    assert {role.code for role in load_profile("vn-2026").roles} == codes | {"bao_ve_dlcn"}


@pytest.mark.parametrize(
    ("level", "listed", "flags", "can_control", "expected"),
    [
        (4, False, ["service_interrupted"], False, "nghiem_trong"),
        (5, False, ["control_lost", "may_spread"], False, "nghiem_trong"),
        (2, True, ["state_secret"], False, "nghiem_trong"),  # on the national list, whatever its level
        (None, True, ["integrity_lost"], False, "nghiem_trong"),
        (3, False, ["service_interrupted", "state_secret", "integrity_lost", "control_lost", "may_spread"], False,
         "thong_thuong"),  # a province's ransomware case is never the legal "nghiêm trọng"
        (4, False, ["control_lost"], True, "thong_thuong"),  # the owner copes
        (5, True, [], False, "thong_thuong"),
        (5, True, ["personal_data", "beyond_capacity"], False, "thong_thuong"),  # not among the five facts
        (None, False, ["control_lost"], False, "thong_thuong"),
    ],
)  # fmt: skip
def test_decision_table_of_2017(
    level: int | None, listed: bool, flags: list[str], can_control: bool, expected: str
) -> None:
    assert classify(load_profile("vn-2017"), level, listed, flags, can_control) == expected


@pytest.mark.parametrize(
    ("level", "flags", "can_control", "expected"),
    [
        (1, ["national_security"], True, "nghiem_trong"),
        (2, ["control_lost"], True, "nghiem_trong"),
        (2, ["beyond_capacity"], False, "nghiem_trong"),
        (2, ["beyond_capacity"], True, "thong_thuong"),
        (5, ["personal_data"], True, "thong_thuong"),
        (5, [], False, "thong_thuong"),
    ],
)
def test_decision_table_of_2026(level: int, flags: list[str], can_control: bool, expected: str) -> None:
    assert classify(load_profile("vn-2026"), level, False, flags, can_control) == expected


def test_an_unknown_flag_is_not_silently_harmless() -> None:
    with pytest.raises(UsageError, match="controll_lost"):
        classify(load_profile("vn-2017"), 4, False, ["controll_lost"], False)


def test_numbers() -> None:
    profile = load_profile("vn-2017")
    assert number(profile, "incident", 2026, 42) == "SC-2026-0042"
    assert number(profile, "incident", 2026, 42, "B") == "SC-2026-B0042"
    assert number(profile, "alert", 2026, 12345) == "CB-2026-12345"
    assert [number(profile, kind, 2026, 1)[:2] for kind in ("advisory", "drill", "evidence", "task")] == [
        "CV",
        "DT",
        "CC",
        "NV",
    ]
    assert number(profile, "bao_cao", 2021, 5, organ="STTTT") == "05/BC-STTTT"
    assert number(profile, "bao_cao", 2021, 275, organ="BCĐ") == "275/BC-BCĐ"
    assert number(profile, "cong_van", 2021, 5, organ="STTTT") == "05/STTTT-CNTT"


@pytest.mark.parametrize("bad", [("incident", 2026, 0, ""), ("incident", 0, 1, ""), ("incident", 2026, 1, "b1")])
def test_no_number_out_of_nonsense(bad: tuple[str, int, int, str]) -> None:
    with pytest.raises(UsageError):
        number(load_profile("vn-2017"), *bad)
    with pytest.raises(NotFound):
        number(load_profile("vn-2017"), "no-such", 2026, 1)


def test_senders_by_document_number() -> None:
    profile = load_profile("vn-2017")
    for text in ("56/CATTT-NCSC", "2216/cattt-ncsc", " 1024 / CATTT-NCSC"):
        found = sender_of(profile, text)
        assert found is not None
        assert found.code == "ncsc"
    for text in ("CATTT-NCSC", "/CATTT-NCSC", "5a/CATTT-NCSC", "56/CATTT-NCSC-x", ""):
        assert sender_of(profile, text) is None


def test_due_times() -> None:
    old, new = load_profile("vn-2017"), load_profile("vn-2026")
    at = parse_moment("05/02/2021 16:30")
    assert due(old.deadline("A1"), at) == at + 5 * DAY
    assert due(old.deadline("A3"), at) == at
    assert old.deadline("A3").immediate
    assert due(old.deadline("A5"), at) is None
    assert due(old.deadline("A8"), at) == at + 24 * HOUR
    assert due(new.deadline("B2"), at) == at + 24 * HOUR
    assert due(new.deadline("B3"), at) == at + 72 * HOUR
    assert due(new.deadline("B7"), at) is None
    # before 20 June: the last moment is that of the 19th
    assert due(old.deadline("A9"), at) == parse_moment("20/06/2021 00:00") - 1
    assert due(old.deadline("A9"), parse_moment("20/06/2021 00:00")) == parse_moment("15/12/2021 00:00") - 1
    assert due(old.deadline("A9"), parse_moment("31/12/2021 23:59")) == parse_moment("20/06/2022 00:00") - 1


def test_which_clocks_run() -> None:
    new = load_profile("vn-2026")

    def running(flags: list[str], incident_class: str = "thong_thuong") -> list[str]:
        return [
            d.id
            for d in new.deadlines
            if d.trigger == "detected" and applies(d, flags=flags, incident_class=incident_class)
        ]

    assert running([]) == ["B3"]
    assert running(["personal_data"]) == ["B3", "B5"]  # two clocks of 72 hours, two addressees
    assert running(["national_security"], "nghiem_trong") == ["B1", "B2", "B3"]
    a4 = load_profile("vn-2017").deadline("A4")
    assert not applies(a4)
    assert applies(a4, used={"A3"})


def test_profile_in_force() -> None:
    bac_kan, thai_nguyen = load_organisation("bac-kan"), load_organisation("thai-nguyen")
    assert profile_in_force(bac_kan) == "vn-2017"
    assert profile_in_force(bac_kan, date(2026, 11, 23)) == "vn-2017"  # it ended under this law
    assert profile_in_force(thai_nguyen) == "vn-2026"
    assert profile_in_force(thai_nguyen, "2026-06-30") == "vn-2017"
    assert profile_in_force(thai_nguyen, "2026-07-01") == "vn-2026"
    assert profile_in_force(thai_nguyen, date(2020, 1, 1)) == "vn-2017"


def test_words_follow_the_law() -> None:
    assert load_profile("vn-2017").word("security") == "an toàn thông tin mạng"
    assert load_profile("vn-2026").word("security") == "an ninh mạng"
    assert {w.key for w in load_profile("vn-2017").vocabulary} == {w.key for w in load_profile("vn-2026").vocabulary}


def test_detection_tags_lead_to_a_type() -> None:
    profile = load_profile("vn-2017")
    assert profile.type_for_tags(["unknown", "Ransomware"]) == "mahoa"
    assert profile.type_for_tags(["account-takeover"]) == "truycap"
    assert profile.type_for_tags(["nothing"]) == ""
    tags = [tag for kind in profile.incident_types for tag in kind.tags]
    assert len(tags) == len(set(tags))  # else one of the two types could never be reached


def test_the_ordinary_process_has_its_eleven_steps_and_the_loop() -> None:
    steps = load_profile("vn-2017").steps("ordinary")
    assert [step.id for step in steps] == ["1a", "1b", "1c", "1d", "1dd", "1e", "2", "3a", "3b", "3c", "4"]
    assert [step.loops_to for step in steps if step.loops_to] == ["2"]


def test_logs_are_kept_twelve_months() -> None:
    for profile in map(load_profile, profiles()):
        assert {r.code: r.months for r in profile.retention}["system_logs"] == 12


def test_an_unknown_profile_names_the_known() -> None:
    for name in ("vn-1999", "../profiles/vn-2017", ""):
        with pytest.raises(NotFound) as caught:
            load_profile(name)
        assert "vn-2017" in caught.value.hint


SHIPPED = (Path(__file__).parents[3] / "seeds" / "profiles" / "vn-2017.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('source: "QĐ 05/2017/QĐ-TTg Điều 3", verified: true', "verified: true", "source is missing"),
        ('source: "QĐ 05/2017/QĐ-TTg Điều 3", verified: true', 'source: "", verified: true', "source is empty"),
        ('source: "QĐ 05/2017/QĐ-TTg Điều 3", verified: true', 'source: "x", verified: maybe', "verified must be true"),
        ('source: "QĐ 05/2017/QĐ-TTg Điều 3", verified: true', 'source: "x"', "verified is missing"),
        ("document: mau_03", "document: mau_33", "unknown form 'mau_33'"),
        ("from: mang_luoi", "from: mang_nhen", "unknown party 'mang_nhen'"),
        ('dates: ["06-20", "12-15"]', 'dates: ["06-31"]', "dates as MM-DD"),
        ("amount: 5", "amount: -5", "whole number"),
        ("kind: after", "kind: later", "'later' is not known"),
        ('"SC-{year}-{host}{seq:04d}"', '"SC-{year.__class__}-{seq}"', "a pattern may hold only"),
        ('"SC-{year}-{host}{seq:04d}"', '"SC-{year}"', "a pattern needs {seq}"),
        ('"{n}/CATTT-NCSC"', '"(a+)+$"', "sender's pattern"),
        ("{code: madoc,", "{code: giamao,", "stands here twice"),
        ("{code: madoc,", "{code: madoc, nmae: x,", "'nmae' is not known"),
        ("outcome: nghiem_trong", "outcome: rat_nghiem_trong", "unknown class"),
        ("number: 5,", "number: 4,", "stands here twice"),
        ("format: atttcli/profile/1", "format: atttcli/profile/9", "the format is not"),
    ],
)
def test_a_broken_profile_names_file_and_line(tmp_path: Path, before: str, after: str, message: str) -> None:
    assert before in SHIPPED
    path = tmp_path / "vn-2017.yaml"
    path.write_text(SHIPPED.replace(before, after, 1), "utf-8")
    with pytest.raises(InputError) as caught:
        load_profile_file(path)
    assert message in caught.value.message
    assert caught.value.where is not None
    assert caught.value.where.path == str(path)
    line = caught.value.where.line
    wanted = SHIPPED[: SHIPPED.index(before)].count("\n") + 1
    # The line of the key, or of the record it is missing from.
    assert line is not None
    assert wanted - 8 <= line <= wanted + 8


def test_a_profile_that_is_no_profile(tmp_path: Path) -> None:
    for text in ("", "[]", "7", "format: atttcli/profile/1\nname: [1]", "a: &x 1\nb: *x"):
        path = tmp_path / "p.yaml"
        path.write_text(text, "utf-8")
        with pytest.raises(InputError):
            load_profile_file(path)
    with pytest.raises(InputError, match="cannot be read"):
        load_profile_file(tmp_path / "absent.yaml")
