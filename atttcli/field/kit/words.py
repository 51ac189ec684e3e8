"""What the kit says to whoever plugged it in: Vietnamese, short, no word of the trade. Python 3.8-clean.

A kit carries no message catalogues: the people at its other end are offices of the province.
"""

from __future__ import annotations

from typing import Any, Dict, List

from atttcli.field import account

WARNING = (
    "DỪNG LẠI nếu máy này đang bị mã hoá dữ liệu (tệp đổi đuôi lạ, có thông báo đòi tiền): KHÔNG cắm USB này, "
    "rút dây mạng, để nguyên máy và gọi %s."
)
PRESS = "Nhấn Enter để bắt đầu quét, hoặc Ctrl+C để thôi: "
ABOUT = "Bộ quét %s của %s, dành cho: %s."
CHECKING = "Đang tự kiểm tra bộ quét …"
HOST = "Đang xem máy: chương trình đang chạy, tự khởi động, tài khoản …"
SCANNING = "Đang quét; máy vẫn dùng được bình thường. Muốn dừng: Ctrl+C (lần sau quét tiếp)."
PROGRESS = "%d tệp đã xem, %d nghi ngờ – %s"
NOT_WHOLE = "Bộ quét này đã bị thay đổi hoặc hỏng nên không chạy (%s). Trả USB về %s."
NOT_SIGNED = "Danh sách tệp của bộ quét không mang chữ ký của trung tâm nên không chạy. Trả USB về %s."
EXPIRED = "Bộ quét này đã hết hạn ngày %s (đồng hồ máy này: %s) nên không chạy. Đổi USB mới: %s."
OTHER_SYSTEM = "Bộ quét này dành cho %s; máy này là %s."
OLD_PYTHON = "Python trên máy này là %s; bộ quét chỉ có cho %s."
NOT_LOADED = "Không nạp được bộ quét: %s. Nếu USB bị cấm chạy (noexec), chép thư mục vào máy rồi chạy, xong thì xoá đi."
NOT_ADMIN = "Chạy không có quyền quản trị: một số thư mục sẽ không đọc được."
BUSY = "Một lần quét khác đang chạy từ USB này (%s)."
ON_BATTERY = "Máy đang chạy bằng pin: cắm nguồn rồi chạy lại."
STOPPED = "Đã dừng. Chạy lại sẽ quét tiếp từ chỗ này."
WRITE_FAILED = "Không ghi được kết quả (%s): USB bị rút ra, đầy hoặc bị khoá. Cắm lại và chạy lại, lần sau quét tiếp."
TROUBLE = "Không quét được: %s. Gọi %s."
ELSEWHERE = "Kết quả không nằm trên USB mà ở: %s"
CARRY = "Chép thư mục này mang về trung tâm rồi xoá đi."
KEPT = "Kết quả (đã niêm phong): %s"
BRING = "Mang USB này trả về %s."
CLEAN = "Sạch: đã quét %s tệp, không thấy gì nghi ngờ."
CLEAN_SO_FAR = "Sạch ở phần đã quét (%s tệp)"
HOLE = "  chưa quét: %s – %s"
MORE_HOLES = "  … và %s chỗ khác, đều ghi trong kết quả"
CALL = "gọi %s"
NOBODY = "trung tâm của tỉnh"

_REASONS = {
    account.DENIED: "không có quyền đọc",
    account.TIMEOUT: "quét quá lâu",
    account.TOO_LARGE: "tệp quá lớn",
    account.VANISHED: "vừa biến mất",
    account.MISSING: "không có tệp hay thư mục này",
    account.CHANGED: "đang bị thay đổi",
    account.PLACEHOLDER: "tệp chỉ có trên đám mây",
    account.LOOP: "thư mục lồng vào chính nó",
}
_TROUBLES = {
    "there is no place to write results to": "không có chỗ nào ghi được kết quả, chạy lại với --to THƯ-MỤC",
    "no kit, or a damaged one": "bộ quét bị hỏng",
    "the kit's list of its files is damaged": "danh sách tệp của bộ quét bị hỏng",
    "the kit's rules cannot be read": "luật của bộ quét bị hỏng",
    "the kit's record of its turns is damaged": "sổ ghi các lần quét trên USB bị hỏng",
}


def trouble(message: str) -> str:
    """What went wrong, as far as there are words for it."""
    return _TROUBLES.get(message, message)


def number(count: int) -> str:
    """12.345, as it is written in Viet Nam."""
    return "{:,}".format(count).replace(",", ".")


def reason(why: str) -> str:
    """Why something was not scanned."""
    return _REASONS.get(why, why)


def sentence(told: Dict[str, Any], call: str) -> str:
    """The one sentence at the end. `told`: files, suspicious, signs (of the host), folders, left, large (files), stopped."""
    holes = _holes(told)
    found: List[str] = []
    if told["suspicious"]:
        found.append("Có %s tệp nghi ngờ" % number(told["suspicious"]))
    if told["signs"]:
        found.append("%s %s dấu hiệu lạ trên máy" % ("và" if found else "Có", number(told["signs"])))
    if found:
        return "; ".join([" ".join(found) + " – " + CALL % call, *holes]) + "."
    if holes:
        return "; ".join([CLEAN_SO_FAR % number(told["files"]), *holes]) + "."
    return CLEAN % number(told["files"])


def _holes(told: Dict[str, Any]) -> List[str]:
    holes = []
    if told["stopped"]:
        holes.append("hết giờ quét khi chưa xong, chạy lại sẽ quét tiếp")
    parts = [(told["folders"], "thư mục"), (told["left"], "tệp")]
    named = ["%s %s" % (number(count), word) for count, word in parts if count]
    if named:
        holes.append(" và ".join(named) + " chưa quét")
    if told["large"]:
        holes.append("%s tệp quá lớn không quét" % number(told["large"]))
    return holes
