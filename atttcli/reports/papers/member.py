"""Mẫu 01, the network member's yearly profile: the organ, its systems by level, its people. No person's name is kept by us."""

from __future__ import annotations

from atttcli.reports.paper import Gap, Head, Line, Lines, Paper, Part, Rows, Text
from atttcli.reports.papers.desk import Ask, Desk, finish, gaps_of, header

# The summary table of people: (group, lines); each is given by `--text people.<group>.<line>=<number>`.
_PEOPLE = (
    ("Theo lĩnh vực đào tạo", ("Công nghệ thông tin", "An toàn thông tin", "Tương đương")),
    ("Theo trình độ", ("Trên đại học", "Đại học", "Cao đẳng", "Trung cấp")),
    ("Theo chứng chỉ", ("Quốc tế", "Trong nước")),
    (
        "Theo nhóm chuyên gia",
        (
            "Quản lý an toàn thông tin",
            "Phòng thủ, chống tấn công",
            "Bảo vệ an toàn hệ thống và ứng dụng",
            "Kiểm tra, đánh giá an toàn thông tin",
        ),
    ),
)


_DOTS = "……"


def member_profile(desk: Desk, ask: Ask) -> Paper:
    """The six parts of the form; what the workspace does not keep is named as missing, to be filled in by hand."""
    form = desk.form("mau_01")
    organ = desk.signing()
    agency = next((one for one in desk.place.agencies if organ and one.code == organ.agency), None)
    address, email = (organ.address, organ.email) if organ else ("", "")
    duty = organ.call_back if organ else ""
    phone = agency.phone if agency else ""
    domains = [one.name for one in desk.place.domains if agency and one.agency == agency.code and one.kind == "web"]
    texts = ask.texts
    general = _lines(
        "general",
        ("Tên tổ chức", organ.name if organ else "", "organ.name", True),
        ("Tên cơ quan chủ quản", desk.place.holder("chu_quan"), "roles.chu_quan", True),
        ("Địa chỉ", address, "organ.address", True),
        ("Điện thoại", phone, "agency.phone", True),
        ("Fax", texts.get("fax", ""), "--text fax=…", False),
        ("Email", email, "organ.email", True),
        ("Website", ", ".join(domains) or texts.get("website", ""), "--text website=…", False),
        ("Lãnh đạo phụ trách an toàn thông tin", texts.get("leader", ""), "--text leader=…", True),
        ("Chức vụ", texts.get("leader_position", ""), "--text leader_position=…", True),
    )
    intake = _lines(
        "intake",
        ("Địa chỉ", address, "organ.address", True),
        ("Điện thoại cố định", phone, "agency.phone", True),
        ("Điện thoại di động", texts.get("mobile", ""), "--text mobile=…", True),
        ("Fax", texts.get("fax", ""), "--text fax=…", False),
        ("Email", email, "organ.email", True),
    )
    contact = _lines(
        "contact",
        ("Họ và tên", texts.get("contact_name", ""), "--text contact_name=…", True),
        ("Chức vụ", texts.get("contact_position", duty), "--text contact_position=…", True),
        ("Địa chỉ liên hệ", address, "organ.address", True),
        ("Điện thoại cố định", phone, "agency.phone", True),
        ("Điện thoại di động", texts.get("mobile", ""), "--text mobile=…", True),
        ("Fax", texts.get("fax", ""), "--text fax=…", False),
        ("Email", email, "organ.email", True),
    )
    about = texts.get("about", "")
    parts: tuple[Part, ...] = (
        Text("1. Thông tin chung", "heading"),
        general,
        Text("2. Thông tin tiếp nhận thông báo sự cố", "heading"),
        intake,
        Text("3. Đầu mối ứng cứu sự cố", "heading"),
        contact,
        Text("4. Giới thiệu về hoạt động của tổ chức", "heading"),
        *(Text(line) for line in (about or _DOTS).splitlines() if line.strip()),
        Text("5. Tên các hệ thống thông tin thuộc phạm vi phụ trách", "heading"),
        _systems(desk),
        Text("6. Nhân lực", "heading"),
        _people(ask),
        Text("Danh sách nhân lực", "note"),
        Rows(
            "staff",
            tuple(
                Head(title=title, share=share)
                for title, share in (
                    ("Họ và tên", 24),
                    ("Tên trường", 22),
                    ("Chuyên ngành", 20),
                    ("Văn bằng, chứng chỉ", 18),
                    ("Tháng/năm tốt nghiệp", 16),
                )
            ),
            _staff(texts.get("staff", "")),
        ),
    )
    gaps = [*gaps_of(parts)]
    gaps += [Gap(label="4. Giới thiệu về hoạt động của tổ chức", fields=("--text about=…",))] if not about else []
    gaps += _missing_people(ask)
    paper = Paper(
        code="mau_01",
        as_of=desk.as_of,
        kind=form.title if form else "BẢN KHAI HỒ SƠ THÀNH VIÊN MẠNG LƯỚI ỨNG CỨU SỰ CỐ",
        layout="form",
        form=form.number if form else "Mẫu số 01",
        foot="Mẫu số 01",
        header=header(desk),
        parts=parts,
        closing="Chúng tôi cam kết các thông tin kê khai trên đây là đúng",
        sign_note="(Ký tên, đóng dấu)",
        missing=tuple(gaps),
    )
    return finish(desk, paper, form)


def _lines(name: str, *rows: tuple[str, str, str, bool]) -> Lines:
    return Lines(
        name,
        tuple(Line(label=label, value=value, fields=(field,), required=need) for label, value, field, need in rows),
    )


def _systems(desk: Desk) -> Rows:
    """Five columns, one a level; those without an approved level do not stand here."""
    levels: list[list[str]] = [
        [system.name for system in desk.place.systems if system.level == level and not system.external]
        for level in range(1, 6)
    ]
    rows = [
        tuple(names[at] if at < len(names) else "" for names in levels)
        for at in range(max(map(len, levels), default=0))
    ]
    return Rows(
        "systems", tuple(Head(title=f"Cấp độ {level}", share=20) for level in range(1, 6)), tuple(rows) or (("",) * 5,)
    )


def _people(ask: Ask) -> Rows:
    """Counts by training, degree, certificate and group of experts, as far as they are given."""
    rows = []
    for place, (group, lines) in enumerate(_PEOPLE, 1):
        for at, line in enumerate(lines, 1):
            rows.append((group if at == 1 else "", line, ask.texts.get(f"people.{place}.{at}", _DOTS)))
    heads = (("Nhóm", 30), ("Nội dung", 44), ("Số lượng", 26))
    return Rows("people", tuple(Head(title=title, share=share) for title, share in heads), tuple(rows))


def _staff(text: str) -> tuple[tuple[str, ...], ...]:
    """A line a person: name; school; subject; degree; month and year. They are printed and kept nowhere else."""
    given = [line for line in text.splitlines() if line.strip()]
    rows = [(*(cell.strip() for cell in line.split(";")), *("",) * 5)[:5] for line in given]
    return tuple(rows) or ((_DOTS,) * 5,) * 3


def _missing_people(ask: Ask) -> list[Gap]:
    """The numbers that were not given, the experts' lines that the full form divides them into, and the list."""
    keys = [
        f"people.{place}.{at}" for place, (_group, lines) in enumerate(_PEOPLE, 1) for at in range(1, len(lines) + 1)
    ]
    missing = [f"--text {key}=…" for key in keys if not ask.texts.get(key)]
    found = [Gap(label="6. Nhân lực (số lượng)", fields=tuple(missing))] if missing else []
    found.append(Gap(label="6. Nhân lực (25 nội dung của bốn nhóm chuyên gia: theo mẫu đầy đủ, điền tay)"))
    if not ask.texts.get("staff"):
        found.append(Gap(label="6. Nhân lực (danh sách cán bộ)", fields=("--text staff=@danh-sach.txt",)))
    return found
