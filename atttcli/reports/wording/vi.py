"""Vietnamese official wording (Decree 30/2020, forms of Circular 20/2017)."""

from __future__ import annotations

from atttcli.clock import VIETNAM, from_micros, local_text
from atttcli.reports.wording import IncidentWording


def _number(number: str, symbol: str) -> str:
    """A number below 10 has a leading zero; before signing the place is left for the records office."""
    shown = f"0{number}" if len(number) == 1 and number.isdigit() else number or "        "
    return f"Số: {shown}/{symbol}" if symbol else f"Số: {shown}"


def _place_date(place: str, date: str, as_of: int) -> str:
    """Days below 10 and the months 1 and 2, and only they, have a leading zero (box 4)."""
    year, month, day = (*date.split("-"), "", "")[:3] if date else (str(from_micros(as_of, VIETNAM).year), "", "")
    if not (month.isdigit() and day.isdigit()):
        return f"{place or '……'}, ngày      tháng      năm {year}"
    padded = f"{int(month):02d}" if int(month) <= 2 else str(int(month))
    return f"{place or '……'}, ngày {int(day):02d} tháng {padded} năm {year}"


def _attached(number: str, symbol: str, date: str, organ: str) -> str:
    """Under an annex's title, as the decree words it; number and day stay open until the records office gives them."""
    shown = _number(number or "……", symbol).removeprefix("Số: ")
    day = _place_date("", date, 0).partition(", ")[2] if date else "…… tháng …… năm ……"
    return f"(Kèm theo Văn bản số {shown} ngày {day.removeprefix('ngày ')} của {organ or '……'})"


def _moment(micros: int) -> str:
    return local_text(micros)


def _minute(micros: int) -> str:
    return local_text(micros, seconds=False)


def _long_moment(micros: int) -> str:
    moment = from_micros(micros, VIETNAM)
    month = f"{moment.month:02d}" if moment.month <= 2 else str(moment.month)
    return f"{moment:%H} giờ {moment:%M} phút, ngày {moment:%d} tháng {month} năm {moment.year}"


def _basis(text: str) -> str:
    """A basis named without its opening word gets the usual one."""
    return text if text.startswith(("Căn cứ", "Thực hiện", "Theo", "Xét")) else f"Căn cứ {text}"


def _count(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def _size(size: int) -> str:
    for unit, bound in (("GB", 2**30), ("MB", 2**20), ("KB", 2**10)):
        if size >= bound:
            return f"{size * 10 // bound / 10:.1f} {unit}".replace(".", ",")
    return f"{size} byte"


INCIDENT = IncidentWording(
    language="vi",
    nation="CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    motto="Độc lập - Tự do - Hạnh phúc",
    number=_number,
    place_date=_place_date,
    moment=_moment,
    minute=_minute,
    long_moment=_long_moment,
    count=_count,
    size=_size,
    kind="BÁO CÁO",
    summary_open="Tình hình ứng cứu, xử lý sự cố {field} số {number}",
    summary_closed="Kết quả ứng cứu, xử lý sự cố {field} số {number}",
    about="V/v ",
    addressees="Kính gửi:",
    basis=_basis,
    intro="{organ} báo cáo về sự cố “{title}” (số {number}) tính đến {as_of} như sau:",
    closing="Trên đây là báo cáo của {organ} về sự cố {field} số {number}./.",
    recipients="Nơi nhận:",
    same_as_above="Như trên",
    file_copy="Lưu: {archive}.",
    exercise="DIỄN TẬP - KHÔNG PHẢI SỰ CỐ THẬT",
    draft="DỰ THẢO",
    unverified_mark="Có dữ liệu pháp lý chưa được kiểm chứng (xem Phụ lục cuối)",
    none="Không có.",
    not_told="Chưa có thông tin.",
    unknown="Chưa xác định",
    yes="Có",
    no="Không",
    more_rows="Còn {count} dòng không in ở đây; danh sách đầy đủ có trong tệp JSON của báo cáo này.",
    headings={
        "general": "THÔNG TIN CHUNG",
        "incident": "Thông tin về sự cố",
        "affected": "Cơ quan, đơn vị và hệ thống thông tin bị ảnh hưởng",
        "course": "DIỄN BIẾN SỰ CỐ",
        "summary": "Mô tả sự cố",
        "cause": "Nguyên nhân",
        "scope": "Phạm vi, mức độ ảnh hưởng",
        "timeline": "Diễn biến theo thời gian",
        "analysis": "KẾT QUẢ GIÁM SÁT, PHÂN TÍCH",
        "alerts": "Cảnh báo",
        "indicators": "Chỉ dấu tấn công",
        "response": "CÔNG TÁC ỨNG CỨU, XỬ LÝ",
        "measures": "Biện pháp đã thực hiện",
        "tasks": "Các bước theo quy trình ứng cứu",
        "result": "Kết quả xử lý",
        "notices": "Thông báo, báo cáo và thời hạn",
        "evidence": "CHỨNG CỨ ĐIỆN TỬ",
        "review": "RÚT KINH NGHIỆM, KIẾN NGHỊ",
        "lessons": "Rút kinh nghiệm",
        "proposals": "Kiến nghị, đề xuất",
        "notes": "Ghi chú của người xử lý",
        "missing": "NỘI DUNG CÒN THIẾU",
    },
    fields={
        "number": "Số sự cố",
        "title": "Tên sự cố",
        "category": "Loại sự cố",
        "legal_class": "Phân loại sự cố",
        "severity": "Mức độ (nội bộ)",
        "status": "Trạng thái",
        "occurred_at": "Thời điểm xảy ra",
        "detected_at": "Thời điểm phát hiện",
        "detected_by": "Cách thức phát hiện",
        "opened_at": "Thời điểm tiếp nhận",
        "closed_at": "Thời điểm kết thúc",
        "owner": "Phụ trách xử lý",
        "personal_data": "Liên quan dữ liệu cá nhân",
        "tool": "Phần mềm lập báo cáo",
        "profile": "Bộ quy định áp dụng",
        "as_of": "Số liệu tính đến",
        "chain_count": "Số mục nhật ký",
        "chain_hash": "Mã băm mục cuối",
    },
    columns={
        "index": "STT",
        "agency": "Cơ quan, đơn vị",
        "system": "Hệ thống thông tin",
        "level": "Cấp độ",
        "operator": "Chủ quản, đơn vị vận hành",
        "at": "Thời gian",
        "actor": "Người, máy thực hiện",
        "text": "Nội dung",
        "severity": "Mức độ",
        "alerts": "Số cảnh báo",
        "sightings": "Số lần ghi nhận",
        "step": "Bước",
        "task": "Nội dung công việc",
        "lead": "Chủ trì, người thực hiện",
        "state": "Tình trạng",
        "note": "Kết quả, ghi chú",
        "number": "Số hiệu",
        "name": "Tên chứng cứ",
        "sha256": "Mã băm SHA-256",
        "size": "Dung lượng",
        "collected": "Thu thập",
        "duty": "Thông báo, báo cáo",
        "recipient": "Nơi nhận",
        "due": "Thời hạn",
        "sent": "Đã gửi",
        "basis": "Căn cứ",
        "alert": "Cảnh báo, luật phát hiện",
        "first_last": "Lần đầu - lần cuối",
        "count": "Số lần",
        "where": "Cơ quan, hệ thống",
        "source": "Nguồn",
        "type": "Loại",
        "value": "Giá trị (đã vô hiệu hóa liên kết)",
        "role": "Vai trò",
        "first": "Ghi nhận đầu tiên",
        "pack": "Bộ luật phát hiện",
        "rules": "Luật đã khớp",
        "digest": "Mã băm",
    },
    sentences={
        "alerts": "Có {count} cảnh báo liên quan, được ghi nhận tổng cộng {sightings} lần. Danh sách chi tiết tại {annex}.",
        "indicators": "Có {count} chỉ dấu tấn công được ghi nhận. Danh sách chi tiết tại {annex}.",
        "evidence": "Bản gốc được lưu trong kho chứng cứ theo mã băm SHA-256; mọi lần thu thập, bàn giao đều được ghi nhật ký.",
        "due": "Hạn: {at}",
        "done": "Xong: {at}",
        "done_by": "Người xác nhận: {who}",
        "assignee": "Người thực hiện: {who}",
        "evidence_of": "Chứng cứ: {numbers}",
        "missing": "Tại thời điểm báo cáo chưa có thông tin về:",
        "chain": "Toàn bộ quyết định xử lý sự cố được ghi vào nhật ký chỉ thêm, nối chuỗi băm. Đối chiếu số mục và mã băm dưới "
        "đây với nhật ký để phát hiện việc sửa, xóa về sau.",
        "unverified": "Dữ liệu pháp lý chưa được kiểm chứng với văn bản gốc:",
        "not_sent": "Chưa gửi",
        "unverified_basis": "{basis} (chưa kiểm chứng)",
    },
    severity={
        "informational": "Thông tin",
        "low": "Thấp",
        "medium": "Trung bình",
        "high": "Cao",
        "critical": "Rất cao",
    },
    states={
        "open": "Chưa thực hiện",
        "doing": "Đang thực hiện",
        "done": "Đã hoàn thành",
        "skipped": "Bỏ qua",
        "failed": "Không thực hiện được",
        "cancelled": "Đã hủy",
        "waiting": "Chờ bước trước",
    },
    types={
        "ipv4-addr": "Địa chỉ IPv4",
        "ipv6-addr": "Địa chỉ IPv6",
        "cidr": "Dải địa chỉ",
        "domain-name": "Tên miền",
        "url": "Đường dẫn (URL)",
        "email-addr": "Thư điện tử",
        "md5": "MD5",
        "sha1": "SHA-1",
        "sha256": "SHA-256",
    },
    roles={
        "c2": "Máy chủ điều khiển (C&C)",
        "phishing": "Trang giả mạo",
        "malware": "Mã độc",
        "attacker": "Nguồn tấn công",
        "scanner": "Nguồn rà quét",
        "malicious": "Độc hại",
        "source": "Nguồn",
        "target": "Đích",
        "victim": "Bên bị ảnh hưởng",
        "host": "Máy chủ được truy cập",
        "sender": "Người gửi",
        "attachment": "Tệp đính kèm",
    },
    missing={
        "header.organ": "tên cơ quan ban hành",
        "header.place": "địa danh",
        "header.authority": "thẩm quyền ký",
        "incident.category": "loại sự cố",
        "incident.legal_class": "phân loại sự cố",
        "incident.detected_at": "thời điểm phát hiện",
        "incident.detected_by": "cách thức phát hiện",
        "incident.personal_data": "sự cố có liên quan dữ liệu cá nhân hay không",
        "affected": "cơ quan, hệ thống thông tin bị ảnh hưởng",
        "affected.level": "cấp độ của hệ thống thông tin bị ảnh hưởng",
        "narrative.summary": "mô tả sự cố",
        "narrative.cause": "nguyên nhân sự cố",
        "narrative.scope": "phạm vi, mức độ ảnh hưởng",
        "narrative.measures": "biện pháp đã thực hiện",
        "narrative.result": "kết quả xử lý sự cố",
        "evidence": "chứng cứ điện tử",
    },
    annex="Phụ lục {roman}",
    attached=_attached,
    annex_titles={
        "alerts": "DANH SÁCH CẢNH BÁO",
        "indicators": "DANH SÁCH CHỈ DẤU TẤN CÔNG",
        "provenance": "NGUỒN DỮ LIỆU VÀ TÍNH TOÀN VẸN",
    },
)
