"""Mẫu 05: half-yearly and yearly, the ten types by how they were handled, supporters, proposals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from atttcli.reports.paper import Figure, Gap, Line, Lines, Paper, Rows, Text, figure
from atttcli.reports.papers.counts import Tally, count
from atttcli.reports.papers.desk import Ask, Desk, finish, header, reporter
from atttcli.reports.papers.figures import type_names
from atttcli.reports.papers.period import Period, latest
from atttcli.reports.papers.tables import day_text, table
from atttcli.reports.papers.words import whole, word

HANDLED = ("self", "others", "foreign", "coordinator")


def consolidated_report(desk: Desk, ask: Ask) -> Paper:
    """Of a half year or a year; any other span is printed with its months."""
    period = ask.period or latest("half", desk.as_of)
    now, before = count(desk.store, period), count(desk.store, period.before())
    form = desk.form("mau_05")
    known = reporter(desk)
    span = "06 THÁNG" if period.kind == "half" else "01 NĂM" if period.kind == "year" else ""
    organ = (
        Line(label="Tên cơ quan/tổ chức", value=known.get("reporter_name", ""), fields=("organ.name",), required=True),
        Line(label="Địa chỉ", value=known.get("reporter_address", ""), fields=("organ.address",), required=True),
        Line(
            label="Mã thành viên mạng lưới",
            value=ask.texts.get("member", ""),
            fields=("--text member=…",),
            required=True,
        ),
    )
    unsorted = [one["number"] for one in now.incidents if not one["handled_by"]]
    others = [one["number"] for one in now.incidents if one["category"] not in _attack_codes(desk)]
    proposals = ask.texts.get("proposals") or "\n".join(
        dict.fromkeys(one["proposals"] for one in now.incidents if one["proposals"])
    )
    days = (f"{period.first:%m/%Y}", f"{period.last:%m/%Y}") if period.months else tuple(map(day_text, period.span))
    told = "Từ tháng {} đến tháng {}" if period.months else "Từ ngày {} đến ngày {}"
    parts = (
        Lines("member", (Line(label="Thời gian", value=told.format(*days)), *organ)),
        Text("1. Số lượng sự cố và cách thức xử lý", "heading"),
        handling_table(desk, now),
        Text(money_note(desk), "note"),
        *(
            (
                Text(
                    f"Ngoài ra có {whole(len(others), 'vi')} sự cố không do tấn công mạng hoặc chưa phân loại,"
                    " không tính trong bảng.",
                    "note",
                ),
            )
            if others
            else ()
        ),
        Text("2. Danh sách các tổ chức hỗ trợ xử lý sự cố", "heading"),
        *_named(one for each in now.incidents for one in each["supporters"]),
        Text("3. Danh sách các tổ chức nước ngoài hỗ trợ xử lý sự cố", "heading"),
        *_named(one for each in now.incidents for one in each["foreign_supporters"]),
        Text("4. Đề xuất kiến nghị", "heading"),
        Text(proposals or "Không có."),
    )
    gaps = (
        [
            Gap(
                label=f"Cách thức xử lý của {whole(len(unsorted), 'vi')} sự cố"
                f" ({', '.join(unsorted[:5])}{'…' if len(unsorted) > 5 else ''})",
                fields=("handled_by",),
            )
        ]
        if unsorted
        else []
    )
    gaps += [Gap(label=line.label, fields=line.fields, required=True) for line in organ if not line.value]
    paper = Paper(
        code="mau_05",
        as_of=desk.as_of,
        kind=f"BÁO CÁO TỔNG HỢP {span}".strip(),
        summary="VỀ HOẠT ĐỘNG TIẾP NHẬN VÀ XỬ LÝ SỰ CỐ",
        layout="form",
        form=form.number if form else "Mẫu số 05",
        subject=f"{period.kind} {'/'.join(period.span)}",
        foot=f"Mẫu số 05 · {period.name('vi')}",
        span=period.span,
        header=header(desk, "bao_cao", desk.holders(("dieu_phoi",)), desk.holders(("bcd_tinh",))),
        parts=parts,
        closing="Trên đây là báo cáo tổng hợp về hoạt động tiếp nhận và xử lý sự cố",
        sign_note="(Đóng dấu hoặc sử dụng chữ ký số)",
        figures=tuple(_figures(desk, period, now, before)),
        missing=tuple(gaps),
    )
    return finish(desk, paper, form)


def _attack_codes(desk: Desk) -> tuple[str, ...]:
    return tuple(one.code for one in desk.law.incident_types if one.group == "tan_cong")


def _named(names: Iterable[str]) -> tuple[Text, ...]:
    listed = tuple(dict.fromkeys(names))
    return tuple(Text(f"{at}. {name}.") for at, name in enumerate(listed, 1)) or (Text("Không có."),)


def handling_table(desk: Desk, now: Tally) -> Rows:
    """The table of Mẫu 05: ten types, then the total."""
    kinds = now.by_type()
    rows = []
    for one in desk.law.incident_types:
        if one.group == "tan_cong":
            name = type_names(desk)[one.code]
            rows.append(_row(desk, now, name, len(kinds.get(one.code, ())), one.code))
    attacks = sum(len(kinds.get(code, ())) for code in _attack_codes(desk))
    sums = [sum(len(now.handled_by(how, code)) for code in _attack_codes(desk)) for how in HANDLED]
    damage = sum(now.damage(code) for code in _attack_codes(desk))
    cells = (whole(attacks, desk.language), *(whole(one, desk.language) for one in sums), whole(damage, desk.language))
    rows.append((desk.say("Tổng số", "Total"), *cells))
    heads = (
        ("Loại sự cố/tấn công mạng", "Type of incident or attack", 24),
        ("Số lượng", "Number", 9),
        ("Số sự cố tự xử lý", "By own means", 11),
        ("Số sự cố có sự hỗ trợ xử lý từ các tổ chức khác", "With other bodies' help", 14),
        ("Số sự cố có hỗ trợ xử lý từ tổ chức nước ngoài", "With foreign help", 13),
        ("Số sự cố đề nghị VNCERT hỗ trợ xử lý", "Coordinator's help asked", 12),
        ("Thiệt hại ước tính", "Estimated damage", 17),
    )
    return table(desk, "handling", heads, rows)


def _row(desk: Desk, now: Tally, name: str, number: int, code: str) -> tuple[str, ...]:
    counted = (whole(len(now.handled_by(how, code)), desk.language) for how in HANDLED)
    return (name, whole(number, desk.language), *counted, whole(now.damage(code), desk.language))


def money_note(desk: Desk) -> str:
    """What the last column counts in."""
    return desk.say("Đơn vị tính thiệt hại: đồng.", "Damage in VND.")


def handling_figures(desk: Desk, now: Tally) -> Iterator[Figure]:
    """Every number of the table of Mẫu 05: of a type, of it by how handled, its damage; then the sums."""
    codes = _attack_codes(desk)
    names = type_names(desk)
    for code in (*codes, ""):
        mine = [one for one in now.incidents if (one["category"] == code if code else one["category"] in codes)]
        key, name = (f"handled.{code}", names[code]) if code else ("handled", desk.say("Tổng số", "Total"))
        if not code:
            numbers = [one["number"] for one in mine]
            yield figure(
                key, name, numbers, entries=now.entries(numbers), query=desk.say("các loại tấn công", "attacks")
            )
        for how in HANDLED:
            handled = [one["number"] for one in mine if how in one["handled_by"]]
            if handled or not code:
                yield figure(
                    f"{key}.{how}", f"{name}: {word(how, desk.language)}", handled, entries=now.entries(handled),
                    query=desk.say(
                        "sự cố ghi nhận cách xử lý này (một sự cố có thể có nhiều cách)", "handled so, maybe among other ways"
                    ),
                )  # fmt: skip
        harmed = [one["number"] for one in mine if one["damage"]]
        if harmed or not code:
            yield figure(
                f"{key}.damage", f"{name}: " + desk.say("thiệt hại ước tính (đồng)", "estimated damage (VND)"), harmed,
                value=sum(one["damage"] for one in mine), entries=now.entries(harmed),
            )  # fmt: skip


def _figures(desk: Desk, period: Period, now: Tally, before: Tally) -> Iterator[Figure]:
    kinds, was = now.by_type(), before.by_type()
    for one in desk.law.incident_types:
        numbers = kinds.get(one.code, [])
        yield figure(
            f"type.{one.code}",
            one.name,
            numbers,
            previous=len(was.get(one.code, ())),
            entries=now.entries(numbers),
            query=f"sự cố loại {one.code} tiếp nhận từ {period.span[0]} đến {period.span[1]}",
        )
    yield from handling_figures(desk, now)
    numbers = [one["number"] for one in now.incidents]
    yield figure(
        "incidents",
        "Tổng số, kể cả sự cố không do tấn công",
        numbers,
        previous=len(before.incidents),
        entries=now.entries(numbers),
    )
