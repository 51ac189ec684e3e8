"""The contract of every paper: what its model holds, by name. A builder that gives another name fails its test."""

from __future__ import annotations

from functools import cache

from atttcli.model.record import FIELDS
from atttcli.reports.contract import Contract, Term
from atttcli.reports.papers.catalog import CATALOG, PaperKind
from atttcli.reports.record_words import record_word
from atttcli.text.messages import speaking


def _term(name: str, vi: str, en: str, columns: str = "", *, always: bool = True) -> Term:
    return Term(name, vi, en, always, tuple(columns.split()))


# What stands in every paper about an incident besides the fields of the record.
_OWN = (
    _term("number", "Mã sự cố", "Number of the incident"),
    _term("title", "Tên sự cố", "Title"),
    _term("category", "Mã loại sự cố", "Code of its type", always=False),
    _term("severity", "Mức độ", "Severity", always=False),
    _term("class", "Phân loại theo luật", "Legal class", always=False),
    _term("owner", "Người phụ trách", "Who is in charge", always=False),
    _term("detected", "Thời điểm phát hiện", "When it was detected", always=False),
    _term("flags", "Các dấu hiệu", "Signs", always=False),
    _term("cause", "Nguyên nhân", "Root cause", always=False),
    _term("resolution", "Kết quả khi đóng", "How it was closed", always=False),
    _term("evidence", "Các chứng cứ", "Exhibits", always=False),
    _term("initial_report", "Số báo cáo ban đầu", "Number of the initial report", always=False),
    _term("initial_report_day", "Ngày báo cáo ban đầu", "Day of the initial report", always=False),
)
_QUICK = (
    _term("type_name", "Tên loại sự cố", "Name of its type", always=False),
    _term("severity_name", "Tên mức độ", "Name of the severity", always=False),
    _term("flag_names", "Tên các dấu hiệu", "Names of the signs", always=False),
    _term("cause_state_word", "Tình trạng nguyên nhân, bằng chữ", "State of the cause in words", always=False),
    _term("personal_data_word", "Có dữ liệu cá nhân, bằng chữ", "Personal data in words", always=False),
)
_PERSONAL = (
    _term("personal_data_word", "Có dữ liệu cá nhân, bằng chữ", "Personal data in words", always=False),
    _term("sensitive_word", "Có dữ liệu nhạy cảm, bằng chữ", "Sensitive data in words", always=False),
)

_REPORTER = _term("reporter", "Tổ chức báo cáo", "Who reports")
_ABOUT = _term("about", "Sự cố", "The incident")
_COURSE = _term("course", "Thời gian và mô tả", "Time and description", "time text")
_COMPARED = "now before change"
_FIGURES = _term("figures", "Bảng số liệu tổng hợp", "Table of all figures", f"no label {_COMPARED}")
_SEVERITY = _term("severity", "Cảnh báo theo mức độ", "Alerts by severity", f"severity {_COMPARED}")
_TYPES = _term("types", "Sự cố theo loại", "Incidents by type", f"type {_COMPARED}")
_ADVISORIES = _term("advisories", "Cảnh báo đã gửi", "Advisories sent", "no number title answered machines")
_HANDLING = _term(
    "handling", "Sự cố theo loại và cách xử lý", "Incidents by type and how handled",
    "type count self others foreign coordinator damage",
)  # fmt: skip
_ALERT_AGENCIES = _term("alert-agencies", "Cảnh báo theo đơn vị và loại", "Alerts by agency and type", always=False)

_SCANNED = _term(
    "machines_*", "Máy đã quét, sạch, có phát hiện, đã xử lý", "Machines scanned and what came of it", always=False
)
_MACHINES = _term(
    "machines", "Quét máy theo đơn vị", "Scans of machines by agency", "no agency scanned clean holes found handled",
    always=False,
)  # fmt: skip

_COUNTED = (
    _term("alerts", "Cảnh báo tiếp nhận", "Alerts"),
    _term("alerts_decided", "Cảnh báo đã xem xét", "Alerts decided on"),
    _term("incidents", "Sự cố", "Incidents"),
    _term("incidents_ended", "Sự cố đã xử lý xong", "Incidents handled to the end"),
    _term("machines", "Máy đã xử lý", "Machines handled"),
    _term("advisories", "Văn bản cảnh báo", "Advisories"),
    _term("answers", "Lượt đơn vị đã trả lời", "Copies answered"),
    _term("incidents_carried", "Sự cố kỳ trước chuyển sang", "Carried over, unfinished"),
    _term("incidents_closed", "Sự cố đóng trong kỳ", "Closed in the period"),
    _term("agencies_answered", "Số đơn vị đã trả lời", "Agencies that answered"),
    _term("severity.*", "Cảnh báo từng mức độ", "Alerts of each severity", always=False),
    _term("type.*", "Sự cố từng loại", "Incidents of each type", always=False),
    _term("agency.*", "Sự cố từng đơn vị", "Incidents of each agency", always=False),
    _term("answers.*", "Trả lời của từng văn bản", "Answers to each letter", always=False),
    _term("times.*", "Số sự cố đo được thời gian", "Incidents whose times are known", always=False),
)
_HANDLED = _term("handled*", "Sự cố theo cách xử lý, thiệt hại", "Incidents by how handled, damage", always=False)
_SILENT = (
    _term("silent", "Đơn vị im lặng", "Silent agencies"),
    _term("quiet", "Đơn vị không bị hỏi, không có tin", "Not asked, not heard of"),
)
_COUNTED_LONG = (
    *_COUNTED,
    _term("drills", "Cuộc diễn tập", "Drills"),
    _term("trainings", "Lớp tập huấn", "Trainings"),
    _term("attendees", "Lượt người tập huấn", "People trained"),
    _term("inspections", "Cuộc kiểm tra", "Inspections"),
    _term("contracts", "Hợp đồng giám sát", "Monitoring contracts"),
    _HANDLED,
    _SCANNED,
)

# code of the paper -> the groups of its contract
_PARTS: dict[str, dict[str, tuple[Term, ...]]] = {
    "thong_bao_su_co": {"lines": (_term("notice", "Nội dung thông báo", "What is told"),)},
    "mau_03": {
        "lines": (
            _REPORTER,
            _term("contact", "Người liên hệ", "Contact"),
            _term("system-3", "Hệ thống bị sự cố", "The system"),
            _term("system", "Đơn vị cung cấp dịch vụ", "Its providers"),
            _term("summary", "Mô tả sơ bộ", "What happened, in short"),
            _term("found", "Ngày giờ phát hiện", "When it was detected"),
            _term("technical-1", "Hệ điều hành", "Operating system"),
            _term("technical-6", "Địa chỉ, tên miền, mục đích", "Addresses, names, purpose"),
            _term("proposals", "Kiến nghị, đề xuất", "Proposals"),
            _term("made", "Thời gian thực hiện báo cáo", "When the report was made"),
        ),
        "boxes": (
            _term("level", "Cấp độ hệ thống", "Level of the system"),
            _term("handled", "Hiện trạng", "State of handling"),
            _term("found_how", "Cách thức phát hiện", "How it was found"),
            _term("notified", "Đã gửi thông báo cho", "Who was told"),
            _term("services", "Dịch vụ trên hệ thống", "Services"),
            _term("protections", "Biện pháp đã triển khai", "Protections in place"),
            _term("attached", "Thông tin gửi kèm", "What is attached"),
            _term("confidential", "Phải giữ bí mật", "To be kept confidential"),
        ),
    },
    "bao_cao_dien_bien": {"lines": (_REPORTER, _ABOUT), "tables": (_COURSE,)},
    "bao_cao_phuong_an": {"lines": (_REPORTER, _ABOUT), "tables": (_COURSE,)},
    "de_nghi_ho_tro": {"lines": (_REPORTER, _ABOUT), "tables": (_COURSE,)},
    "mau_04": {
        "lines": (
            _REPORTER,
            _term("initial", "Báo cáo ban đầu", "The initial report"),
            _term("system-3", "Hệ thống bị sự cố", "The system"),
            _term("incident-0", "Tên, mô tả sự cố", "Title and scope"),
            _term("incident", "Ngày giờ phát hiện", "When it was detected"),
            _term("result", "Kết quả xử lý", "Outcome"),
            _term("attached", "Tài liệu đính kèm", "What is attached"),
        ),
        "boxes": (_term("level", "Cấp độ hệ thống", "Level of the system"),),
    },
    "mau_05": {
        "figures": (
            _term("type.*", "Sự cố từng loại", "Incidents of each type"),
            _HANDLED,
            _term("incidents", "Tổng số sự cố", "All incidents"),
        ),
        "lines": (_term("member", "Thành viên mạng lưới", "Member of the network"),),
        "tables": (_HANDLING,),
    },
    "mau_06": {"lines": (_term("order", "Nội dung yêu cầu", "What is asked"),)},
    "bao_cao_nhanh": {
        "lines": (_term("quick", "11 mục của báo cáo nhanh", "The eleven items"),),
        "boxes": (_term("kind", "Loại báo cáo", "Kind of report"),),
    },
    "mau_08_dlcn": {"lines": (_term("personal-data", "Nội dung thông báo", "What is told"),)},
    "bao_cao_tuan": {
        "figures": (*_COUNTED, *_SILENT, _SCANNED),
        "tables": (
            _FIGURES, _SEVERITY, _TYPES,
            _term("incidents", "Sự cố trong tuần", "Incidents", "no number title type severity status", always=False),
            _ADVISORIES,
            _term("silent", "Đơn vị im lặng", "Silent agencies", "no agency letters late last", always=False),
        ),
        "charts": (_ALERT_AGENCIES,),
    },
    "bao_cao_dinh_ky": {
        "figures": _COUNTED_LONG,
        "tables": (
            _FIGURES, _SEVERITY, _TYPES, _MACHINES,
            _term("agencies", "Sự cố theo đơn vị", "Incidents by agency", f"no agency {_COMPARED}"),
            _term("times", "Thời gian phát hiện, xử lý", "Times to detect and handle", "span count median p90 before"),
            _ADVISORIES,
            _term("drills", "Diễn tập", "Drills", "no number title format ended score"),
            _term("trainings", "Tập huấn", "Trainings", "no title day days people provider"),
            _term("inspections", "Kiểm tra", "Inspections", "no system day result fixed"),
            _HANDLING,
            _term(
                "incidents", "Danh sách sự cố", "All incidents", "no number title type severity status agencies opened",
                always=False,
            ),
            _term("agencies-all", "Sự cố theo đơn vị, đủ", "Incidents by agency, all", f"no agency {_COMPARED}", always=False),
            _term("unanswered", "Đơn vị chưa trả lời", "Agencies that owe answers", "no agency letters late", always=False),
            _term("systems", "Hệ thống theo cấp độ", "Systems by level", "no system level agency monitored", always=False),
        ),
        "charts": (
            _term("types", "Biểu đồ sự cố theo loại", "Chart of incidents by type", always=False),
            _term("alert-types", "Biểu đồ cảnh báo theo loại", "Chart of alerts by type", always=False),
            _ALERT_AGENCIES,
            _term("alert-techniques", "Cảnh báo theo kỹ thuật ATT&CK", "Alerts by ATT&CK technique", always=False),
        ),
    },
    "mau_01": {
        "lines": (
            _term("general", "Thông tin chung", "General"),
            _term("intake", "Tiếp nhận thông báo sự cố", "Where incidents are reported"),
            _term("contact", "Đầu mối ứng cứu", "Contact"),
        ),
        "tables": (
            _term("systems", "Hệ thống theo cấp độ", "Systems by level", "level1 level2 level3 level4 level5"),
            _term("people", "Nhân lực", "People by training", "group line count"),
            _term("staff", "Danh sách cán bộ (điền tay)", "List of staff (by hand)", "name school field degree graduated"),
        ),
    },
    "phu_luc_ky_thuat": {
        "figures": (
            _term("rule.*", "Cảnh báo của từng luật", "Alerts of each rule", always=False),
            _term("sightings.*", "Số lần ghi nhận của từng luật", "Sightings of each rule", always=False),
        ),
        "tables": (
            _term("timeline", "Diễn biến", "Timeline", "time actor text"),
            _term("rules", "Luật đã khớp", "Rules that fired", "rule title alerts times"),
            _term("indicators", "Chỉ dấu", "Indicators", "type value role source"),
            _term("evidence", "Chứng cứ", "Exhibits", "number name sha256 size"),
            _term("packs", "Bộ luật", "Rule packs", "name rules digest"),
        ),
        "charts": (_term("course-chart", "Biểu đồ diễn biến, thời hạn", "Chart of the course and terms", always=False),),
    },
    "the_dien_thoai": {"lines": (_term("call", "Gọi lại", "Calling back"),)},
}  # fmt: skip
_NO_FACTS = frozenset({"phu_luc_ky_thuat"})  # about an incident, told by its timeline alone
_MORE_FACTS = {"bao_cao_nhanh": _QUICK, "mau_08_dlcn": _PERSONAL}


@cache
def contract_of(kind: PaperKind) -> Contract:
    """The contract of a paper of the catalogue."""
    groups = dict(_PARTS[kind.code])
    if kind.about == "incident" and kind.code not in _NO_FACTS:
        groups["facts"] = (*_OWN, *_record(), *_MORE_FACTS.get(kind.code, ()))
    return Contract(kind.model, _codes(kind), **groups)


def contracts() -> tuple[Contract, ...]:
    """All contracts, in the order of the catalogue."""
    return tuple(map(contract_of, CATALOG))


def _codes(kind: PaperKind) -> tuple[str, ...]:
    """A paper in several kinds says in its code which it is; the first kind of an order is the plain one."""
    if kind.code == "mau_06":
        return ("mau_06", "mau_06-order")
    return tuple(f"{kind.code}-{variant}" for variant in kind.variants) or (kind.code,)


@cache
def _record() -> tuple[Term, ...]:
    """The fields of the record, as both languages call them."""
    with speaking("vi"):
        vi = [record_word(name) for name in FIELDS]
    with speaking("en"):
        en = [record_word(name) for name in FIELDS]
    return tuple(Term(name, said, told, always=False) for name, said, told in zip(FIELDS, vi, en, strict=True))
