"""A year of a team's work, written through the rooms that the commands use: what periodic papers are counted from.

Every kind of incident in every end state, letters answered and not, trainings, inspections, contracts, exercises held, and
what must not count: an exercise's incident, a false alarm, a merged one, one that was taken back.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from atttcli.advisory import desk
from atttcli.advisory.draft import Wish, make_plan
from atttcli.advisory.replies import make_answer
from atttcli.cli.context import App
from atttcli.clock import DAY, HOUR, MINUTE, parse_moment
from atttcli.incident import casework
from atttcli.incident.casework import NewIncident
from atttcli.incident.joining import merge
from atttcli.incident.undo import undo
from atttcli.inventory.contracts import Contract, add_contract
from atttcli.inventory.inspections import Inspection, Shortcoming, close_finding, hold_inspection
from atttcli.journal.journal import Journal
from atttcli.people.trainings import Training, hold_training
from tests.support.casework import SetClock, add_alert, journal_of, make_app, vault_of

TYPES = (
    "tcdv",
    "giamao",
    "madoc",
    "truycap",
    "giaodien",
    "mahoa",
    "phahoai",
    "nghetrom",
    "tonghop",
    "khac",
    "loi_ha_tang",
)
TITLES = {
    "tcdv": "Cổng dịch vụ công trực tuyến bị tấn công từ chối dịch vụ",
    "giamao": "Trang giả mạo trang đăng nhập thư điện tử công vụ",
    "madoc": "Máy tính nhiễm mã độc kết nối máy chủ điều khiển",
    "truycap": "Tài khoản quản trị bị đăng nhập trái phép ngoài giờ",
    "giaodien": "Trang thông tin điện tử bị thay đổi giao diện, chèn quảng cáo cờ bạc",
    "mahoa": "Dữ liệu kế toán bị mã hóa, đòi tiền chuộc",
    "phahoai": "Dữ liệu dùng chung bị xóa",
    "nghetrom": "Hộp thư bị đặt quy tắc chuyển tiếp ra ngoài",
    "tonghop": "Chiếm quyền hộp thư rồi phát tán mã độc tới 600 địa chỉ",
    "khac": "Rà quét cổng dịch vụ từ nhiều địa chỉ nước ngoài",
    "loi_ha_tang": "Mất kết nối trung tâm dữ liệu do sự cố nguồn điện",
}
HANDLED = (["self"], ["self"], ["others"], ["self", "others"], ["foreign"], ["coordinator"])
WAY = ("triage", "analysis", "containment", "eradication", "recovery", "post_incident")


@dataclass(slots=True)
class Year:
    """The workspace, its clock, and what was done in it."""

    app: App
    clock: SetClock
    journal: Journal
    incidents: list[str]
    letters: list[str]

    def at(self, text: str) -> None:
        """It is now this moment."""
        self.clock.at = parse_moment(text)


def build_year(folder: Path, *, count: int = 60, seed: int = 2026, profile: str = "vn-2017") -> Year:
    """2026, with a few cases of December 2025 to stand beside. The clock ends on 2 January 2027, 08:00."""
    clock = SetClock(parse_moment("2025-12-01 08:00"))
    app = make_app(folder, clock, profile)
    year = Year(app, clock, journal_of(app), [], [])
    drawn = random.Random(seed)
    _before(year)
    for at in range(count):
        year.clock.at = parse_moment("2026-01-02 07:30") + at * (362 * DAY) // count + drawn.randrange(8 * HOUR)
        _month_work(year, at * 12 // count + 1)
        _case(year, at, drawn)
    year.at("2026-12-30 09:00")
    _month_work(year, 12)
    _odd_ones(year)
    year.at("2027-01-02 08:00")
    return year


def _codes(year: Year) -> list[str]:
    return [one.code for one in year.app.organisation.agencies]


def _before(year: Year) -> None:
    for day in ("2025-12-03 09:00", "2025-12-20 10:00"):
        year.at(day)
        number = _open(year, "madoc", ("x-vi-huong",))
        _walk(year, number, "closed" if day < "2025-12-10" else "analysis")
    _alerts(year, 9_000, 14)


def _open(year: Year, kind: str, agencies: tuple[str, ...], **more: object) -> str:
    new = NewIncident(
        title=str(more.pop("title", TITLES[kind])), category=kind, severity=str(more.pop("severity", "M3")), owner="lan",
        agencies=agencies, detected=year.clock.at - 2 * HOUR, exercise=bool(more.pop("exercise", False)),
        fields={"occurred": year.clock.at - 9 * HOUR, **more},
    )  # fmt: skip
    return casework.open_incident(year.journal, "bac-kan", year.app.workspace.profile, new)


def _walk(year: Year, number: str, to: str) -> None:
    """Along the lifecycle, some hours a step."""
    vault = vault_of(year.app)
    for status in WAY:
        if to == "reported":
            return
        year.clock.at += 3 * HOUR + 10 * MINUTE
        casework.move(year.journal, vault, number, status)
        if status == to:
            return
    if to == "closed":
        year.clock.at += 20 * HOUR
        for code in [
            row[0]
            for row in year.app.store.rows("SELECT code FROM deadline WHERE incident = ? AND met IS NULL", number)
        ]:
            casework.meet_deadline(year.journal, number, code, year.clock.at, f"{code}/TB-STTTT")
        if "closed" in str(year.app.store.value("SELECT gates FROM incident WHERE number = ?", number)):
            casework.approve(year.journal, number, "closed", "Giám đốc Sở", "61/QĐ-STTTT")
        casework.move(year.journal, vault, number, "closed", resolution="Đã xử lý xong.", cause="Mật khẩu yếu.")


def _case(year: Year, at: int, drawn: random.Random) -> None:
    kind = TYPES[at % len(TYPES)]
    codes = _codes(year)
    chosen = tuple(drawn.sample(codes, 1 + at % 2))
    how = HANDLED[at % len(HANDLED)]
    fields: dict[str, object] = {"handled_by": how, "damage": drawn.choice((0, 0, 1_500_000, 12_000_000, 250_000_000))}
    if "others" in how:
        fields["supporters"] = ["Trung tâm CNTT và Truyền thông tỉnh", "VNPT Bắc Kạn"][: 1 + at % 2]
    if "foreign" in how:
        fields["foreign_supporters"] = ["JPCERT/CC"]
    if at % 9 == 0:
        fields["proposals"] = "Bố trí kinh phí thay máy trạm cũ tại cấp xã."
    year.incidents.append(_open(year, kind, chosen, severity=("M2", "M3", "M4")[at % 3], **fields))
    _alerts(year, at * 10, 3 + at % 5)
    end = ("closed", "closed", "closed", "post_incident", "containment", "reported")[at % 6]
    before = year.clock.at
    _walk(year, year.incidents[-1], end)
    year.clock.at = max(before, year.clock.at)


def _alerts(year: Year, first: int, count: int) -> None:
    codes = _codes(year)
    for at in range(first + 1, first + count + 1):
        add_alert(
            year.app.store, at, severity=at % 5, agency=codes[at % len(codes)] if at % 7 else "",
            created=year.clock.at + at % 60 * MINUTE,
        )  # fmt: skip


def _month_work(year: Year, month: int) -> None:
    """Once a month: a letter to some agencies, and every third month a training, an inspection, an exercise."""
    if len(year.letters) >= month:
        return
    _letter(year, month)
    day = f"2026-{month:02d}-0{1 + month % 9}"
    if month % 3 == 1:
        title = "Tập huấn nâng cao nhận thức an toàn thông tin cho cán bộ cấp xã"
        hold_training(
            year.journal, Training(title=title, held=day, days=1.5, attendees=1_040 + month, provider="Trung tâm CNTT")
        )
        number = hold_inspection(
            year.journal,
            Inspection(
                system="cong-ttdt", agency="vp-ubnd", level=2, held=day, inspector="Sở TTTT", result="partly",
                findings=(
                    Shortcoming("Chưa sao lưu ngoại tuyến", "high", "2026-06-30"),
                    Shortcoming("Mật khẩu dùng chung", "medium"),
                ),
            ),
        )  # fmt: skip
        close_finding(year.journal, number, 2, "fixed", "đã đổi")
    if month % 4 == 2:
        held = {
            "drill": f"DT-DEFACE-{month}", "number": f"DT-2026-{month:04d}", "scenario": "deface", "format": "functional",
            "name": {"vi": "Diễn tập ứng cứu sự cố thay đổi giao diện Cổng TTĐT", "en": "Portal defacement"},
            "team": "doi-ung-cuu", "started": year.clock.at, "ended": year.clock.at + 90 * MINUTE, "active": 90 * MINUTE,
            "total": 71.4 + month, "valid": month != 10,
        }  # fmt: skip
        year.journal.append("drill.held", f"DT-DEFACE-{month}", held)
    if month == 1:
        add_contract(
            year.journal,
            Contract(
                title="Thuê giám sát an toàn thông tin Cổng TTĐT và phần mềm dùng chung", provider="VNPT Bắc Kạn",
                valid_from="2026-01-01", valid_until="2026-12-31",
            ),
        )  # fmt: skip


def _letter(year: Year, month: int) -> None:
    codes = _codes(year)
    chosen = codes if month == 6 else codes[month * 7 : month * 7 + 9]
    title = f"Cảnh báo lỗ hổng trong máy chủ thư điện tử, đợt {month}"
    wish = Wish(to=tuple(chosen), template="general", title=title, organ="")
    plan = make_plan(year.app.store, year.app.inventory, year.app.workspace.profile, wish, year.clock.at)
    number = desk.draft(year.journal, plan)
    desk.approve(year.journal, number)
    desk.issue(year.journal, number)
    desk.sign(year.journal, number, "Phó Giám đốc", year.clock.at)
    desk.number_letter(year.journal, number, f"{40 + month}/STTTT-CNTT", f"2026-{month:02d}-10", {})
    desk.send(year.journal, number, (), "email", "", year.clock.at)
    answers = [
        make_answer(code, f"{at % 5}/{at % 5 + at % 2}" if at % 4 else "không bị ảnh hưởng", at=year.clock.at + 3 * DAY)
        for at, code in enumerate(chosen)
        if at % 3
    ]
    desk.reply(year.journal, number, answers, {})
    year.letters.append(number)


def _odd_ones(year: Year) -> None:
    """What must not count, or counts at an edge."""
    vault = vault_of(year.app)
    _open(year, "mahoa", ("so-xd",), title="DIỄN TẬP: mã hóa dữ liệu", exercise=True)
    false = _open(year, "madoc", ("so-xd",), title="Báo nhầm")
    casework.move(year.journal, vault, false, "triage")
    casework.move(year.journal, vault, false, "rejected", reason="phần mềm của đơn vị")
    twin = _open(year, "madoc", ("so-xd",), title="Trùng")
    merge(year.journal, twin, year.incidents[-1], "cùng một máy")
    _open(year, "madoc", ("so-xd",), title="Nhập nhầm")
    undo(year.journal)
    closed = next(
        row[0]
        for row in year.app.store.rows("SELECT number FROM incident WHERE status = 'closed' ORDER BY number DESC")
    )
    casework.reopen(year.journal, closed, "mã độc trở lại")
    for moment in ("2026-12-31 23:59", "2027-01-01 00:00"):
        year.at(moment)
        year.incidents.append(_open(year, "giamao", ("vp-ubnd",), title=f"Mở lúc {moment}", handled_by=["self"]))
