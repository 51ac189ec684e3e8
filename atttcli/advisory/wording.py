"""The fixed words of letters about advisories, one set a language: official wording is not put together from a catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LetterWording:
    """Placeholders in braces are filled by `str.format`."""

    language: str
    groups: Mapping[str, str]
    listed_addressees: str
    file_copy_of: str
    reported: str
    ask: str
    columns: Mapping[str, str]
    recipients_title: str
    markers_title: str
    form_title: str
    form_intro: str
    form: tuple[str, str, str, str, str]
    form_agency: str
    form_code: str
    dots: str
    states: Mapping[str, str]
    answer_subject: str
    answer_opening: str
    answer_counts: str
    answer_machines: str
    answer_unowned: str
    answer_closing: str
    answer_annex: str
    isp_subject: str
    isp_basis: str
    isp_opening: str
    isp_ask: tuple[str, ...]
    isp_closing: str
    isp_annex: str
    reminder_subject: str
    reminder_opening: str
    reminder_ask: str
    reminder_closing: str
    closing: str
    roles: Mapping[str, str]
    types: Mapping[str, str]


VI = LetterWording(
    language="vi",
    groups={
        "so_ban_nganh": "Các sở, ban, ngành của tỉnh",
        "huyen": "Ủy ban nhân dân các huyện, thành phố",
        "xa": "Ủy ban nhân dân các xã, phường, thị trấn",
        "su_nghiep": "Các đơn vị sự nghiệp của tỉnh",
        "doan_the": "Các tổ chức chính trị - xã hội, hội của tỉnh",
    },
    listed_addressees="Các cơ quan, đơn vị (theo danh sách tại Phụ lục)",
    file_copy_of="{name} (để báo cáo)",
    reported="để báo cáo",
    ask="{organ} đề nghị các cơ quan, đơn vị thực hiện:",
    columns={
        "index": "STT",
        "agency": "Cơ quan, đơn vị",
        "subject": "Đối tượng",
        "address": "Địa chỉ IP",
        "port": "Cổng",
        "time": "Thời gian (GMT+7)",
        "malware": "Mã độc, dấu hiệu",
        "remote": "Kết nối tới",
        "system": "Hệ thống",
        "product": "Sản phẩm, phiên bản",
        "note": "Ghi chú",
        "type": "Loại",
        "value": "Giá trị (đã vô hiệu hóa liên kết)",
        "role": "Vai trò",
        "rows": "Số lượt",
        "state": "Tình trạng",
        "machines": "Đã xử lý / tổng số máy",
        "day": "Ngày trả lời",
        "result": "Kết quả",
    },
    recipients_title="Danh sách cơ quan, đơn vị nhận văn bản",
    markers_title="Chỉ dấu để rà soát",
    form_title="Phiếu phản hồi kết quả xử lý",
    form_intro="Đơn vị điền đủ năm dòng dưới đây và gửi lại (thư điện tử, văn bản) hoặc đọc qua điện thoại.",
    form=(
        "1. Máy tính, máy chủ đã kiểm tra (tên, địa chỉ)",
        "2. Đã rà quét bằng (phần mềm, ngày cập nhật)",
        "3. Kết quả (số máy đã xử lý/tổng số máy; hoặc không bị ảnh hưởng)",
        "4. Ngày hoàn thành",
        "5. Người thực hiện (bộ phận, chức danh)",
    ),
    form_agency="Đơn vị",
    form_code="Mã cảnh báo",
    dots="……………………………………",
    states={
        "planned": "Chưa phát hành",
        "queued": "Chưa gửi",
        "sent": "Chưa trả lời",
        "acknowledged": "Đã nhận, chưa trả lời",
        "not_affected": "Không bị ảnh hưởng",
        "fixing": "Đang xử lý",
        "fixed": "Đã xử lý",
        "verified": "Đã xử lý, đã kiểm tra lại",
        "exempt": "Không thuộc diện xử lý",
        "withdrawn": "Đã thu hồi",
    },
    answer_subject="kết quả xử lý theo {what}",
    answer_opening="Thực hiện {what}, {organ} đã thông báo, hướng dẫn {agencies} cơ quan, đơn vị rà soát, xử lý và tổng hợp kết "
    "quả tính đến {moment} như sau:",
    answer_counts="{label}: {count} cơ quan, đơn vị",
    answer_machines="Số máy, đối tượng đã xử lý trên tổng số: {handled}/{total}",
    answer_unowned="Còn {count} địa chỉ chưa xác định được cơ quan, đơn vị quản lý; {organ} đang phối hợp với doanh nghiệp cung "
    "cấp dịch vụ Internet để xác minh.",
    answer_closing="Trên đây là kết quả thực hiện, {organ} kính báo cáo",
    answer_annex="Kết quả xử lý của từng cơ quan, đơn vị",
    isp_subject="phối hợp xác minh thuê bao sử dụng địa chỉ IP",
    isp_basis="Việc điều phối, ứng cứu sự cố được thực hiện theo {bases}.",
    isp_opening="Qua công tác giám sát, {organ} ghi nhận {count} địa chỉ IP có dấu hiệu kết nối mã độc, tấn công mạng, nghi do cơ "
    "quan, đơn vị trên địa bàn sử dụng nhưng chưa xác định được đơn vị quản lý. {organ} đề nghị Quý doanh nghiệp phối hợp:",
    isp_ask=(
        "Xác định cơ quan, đơn vị nhà nước trên địa bàn đang sử dụng địa chỉ IP tại Phụ lục vào thời gian, cổng đã ghi (địa chỉ "
        "dùng chung qua NAT: đối chiếu theo cổng và thời gian);",
        "Thông báo, hỗ trợ khách hàng ngăn chặn kết nối độc hại theo quy định;",
        "Gửi kết quả về {organ} trước ngày {due}. Thông tin chỉ dùng cho việc ứng cứu, xử lý sự cố.",
    ),
    isp_closing="Rất mong nhận được sự phối hợp của Quý doanh nghiệp",
    isp_annex="Danh sách địa chỉ IP cần xác minh",
    reminder_subject="đôn đốc thực hiện cảnh báo {document}",
    reminder_opening="Ngày {day}, {organ} đã gửi Công văn số {document} về việc {subject}. Đến nay {organ} chưa nhận được kết quả "
    "xử lý của các cơ quan, đơn vị có tên tại phần Kính gửi.",
    reminder_ask="Đề nghị các cơ quan, đơn vị khẩn trương thực hiện và gửi Phiếu phản hồi trước ngày {due}.",
    reminder_closing="Đề nghị các cơ quan, đơn vị quan tâm phối hợp",
    closing="Đề nghị các cơ quan, đơn vị quan tâm phối hợp thực hiện",
    roles={
        "c2": "Máy chủ điều khiển (C&C)",
        "phishing": "Trang giả mạo",
        "malware": "Mã độc",
        "attacker": "Nguồn tấn công",
        "scanner": "Nguồn rà quét",
        "malicious": "Độc hại",
        "sender": "Người gửi",
    },
    types={
        "ipv4-addr": "Địa chỉ IPv4",
        "ipv6-addr": "Địa chỉ IPv6",
        "cidr": "Dải địa chỉ",
        "domain-name": "Tên miền",
        "url": "Đường dẫn (URL)",
        "email-addr": "Thư điện tử",
        "file-name": "Tên tệp",
        "md5": "MD5",
        "sha1": "SHA-1",
        "sha256": "SHA-256",
    },
)
EN = LetterWording(
    language="en",
    groups={
        "so_ban_nganh": "Departments and boards of the province",
        "huyen": "People's Committees of districts and the city",
        "xa": "People's Committees of communes, wards and towns",
        "su_nghiep": "Public service units of the province",
        "doan_the": "Associations of the province",
    },
    listed_addressees="Agencies (as listed in the annex)",
    file_copy_of="{name} (for information)",
    reported="for information",
    ask="{organ} asks agencies to:",
    columns={
        "index": "No.",
        "agency": "Agency",
        "subject": "Subject",
        "address": "IP address",
        "port": "Port",
        "time": "Time (GMT+7)",
        "malware": "Malware, sign",
        "remote": "Connected to",
        "system": "System",
        "product": "Product, version",
        "note": "Note",
        "type": "Type",
        "value": "Value (defanged)",
        "role": "Role",
        "rows": "Rows",
        "state": "State",
        "machines": "Machines handled / total",
        "day": "Answered",
        "result": "Result",
    },
    recipients_title="Agencies that receive this letter",
    markers_title="Indicators to look for",
    form_title="Answer form",
    form_intro="Fill in the five lines below and send them back, or read them out on the telephone.",
    form=(
        "1. Machines and servers checked (name, address)",
        "2. Scanned with (product, date of update)",
        "3. Result (machines handled/total; or not affected)",
        "4. Day",
        "5. Done by (office, position)",
    ),
    form_agency="Agency",
    form_code="Advisory",
    dots="……………………………………",
    states={
        "planned": "Not issued",
        "queued": "Not sent",
        "sent": "No answer",
        "acknowledged": "Received, no answer",
        "not_affected": "Not affected",
        "fixing": "Being handled",
        "fixed": "Handled",
        "verified": "Handled and verified",
        "exempt": "Exempt",
        "withdrawn": "Withdrawn",
    },
    answer_subject="results of {what}",
    answer_opening="Following {what}, {organ} told {agencies} agencies what to do. Results as of {moment}:",
    answer_counts="{label}: {count} agencies",
    answer_machines="Machines or items handled of all: {handled}/{total}",
    answer_unowned="Of {count} addresses the agency is not known yet; {organ} is asking the internet provider.",
    answer_closing="These are the results that {organ} reports",
    answer_annex="Results by agency",
    isp_subject="whose are these IP addresses",
    isp_basis="Incidents are coordinated under {bases}.",
    isp_opening="{organ} sees {count} IP addresses that connect to malware or attack, and that are thought to be used by agencies "
    "of the province. {organ} asks you to:",
    isp_ask=(
        "Tell which public agency used the address at the time and port of the annex (NAT: compare port and time);",
        "Tell your customer and help to stop the connections;",
        "Send the result to {organ} before {due}. It is used for incident response only.",
    ),
    isp_closing="Thank you for your cooperation",
    isp_annex="IP addresses to identify",
    reminder_subject="reminder of letter {document}",
    reminder_opening="On {day} {organ} sent letter {document} on {subject}. The agencies named above have not answered yet.",
    reminder_ask="Please act and send the answer form before {due}.",
    reminder_closing="Thank you for your cooperation",
    closing="Please act on this warning",
    roles={
        "c2": "Control server (C&C)",
        "phishing": "Fake page",
        "malware": "Malware",
        "attacker": "Attacker",
        "scanner": "Scanner",
        "malicious": "Malicious",
        "sender": "Sender",
    },
    types={
        "ipv4-addr": "IPv4 address",
        "ipv6-addr": "IPv6 address",
        "cidr": "Network",
        "domain-name": "Domain",
        "url": "URL",
        "email-addr": "Mailbox",
        "file-name": "File name",
        "md5": "MD5",
        "sha1": "SHA-1",
        "sha256": "SHA-256",
    },
)


def letter_wording(language: str) -> LetterWording:
    """The words for `vi` or `en`."""
    return EN if language == "en" else VI
