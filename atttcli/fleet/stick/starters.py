"""The one file that somebody starts, the page that lies beside it, and the first lines of the scanner's program."""

from __future__ import annotations

from atttcli.clock import local_text
from atttcli.field.kit import words
from atttcli.field.kit.passport import SCANNER, UNFIT, Passport

SHELL, CMD, PAGE, PROGRAM = "bat-dau.sh", "BAT-DAU.cmd", "HUONG-DAN.txt", "lib/start.py"

_PROGRAM = """\
import os
import sys
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))


def failed(kind, value, trace):
    \"\"\"A program that is not whole must not end as if something had been found (1) or nothing (0).\"\"\"
    traceback.print_exception(kind, value, trace)
    sys.stderr.write("Bo quet bi hong: tra USB ve trung tam.\\n")
    sys.stderr.flush()
    os._exit(2)


sys.excepthook = failed

from atttcli.field.main import main  # noqa: E402

sys.exit(main())
"""

# The kit's own Python first; then the machine's, the first one whose modules the kit carries; then the collector.
# Without -B, asking a Python for its version would leave compiled files in its library.
_SHELL = """\
#!/bin/sh
# Quet may nay: khong cai dat gi, chi ghi len USB. Chay: sudo sh bat-dau.sh
HERE=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || exit 2
unset PYTHONHOME PYTHONPATH PYTHONSTARTUP
for PY in "$HERE/@PROGRAM@" python3 python3.8 python3.9 python3.10 python3.11 python3.12 python3.13 python3.14 \\
    /usr/bin/python3 /usr/local/bin/python3 /usr/libexec/platform-python; do
    command -v "$PY" >/dev/null 2>&1 || continue
    TAG=$("$PY" -I -S -B -c 'import sys; print("cp%d%d" % sys.version_info[:2])' 2>/dev/null) || continue
    [ -d "$HERE/lib/$TAG" ] || continue
    "$PY" -I -S -B "$HERE/lib/start.py" "$@"
    CODE=$?
    [ "$CODE" = @UNFIT@ ] || exit "$CODE"
    break
done
echo "Bộ quét đầy đủ không chạy được trên máy này: chuyển sang bộ thu thập." >&2
exec sh "$HERE/collector/collect.sh"
"""

_CMD = """\
@echo off
setlocal
"%~dp0python\\python.exe" -I -S -B "%~dp0lib\\start.py" %*
set "CODE=%ERRORLEVEL%"
if "%CODE%"=="@UNFIT@" (
  powershell.exe -NoProfile -ExecutionPolicy Bypass -File "%~dp0collector\\collect.ps1"
  set "CODE=2"
)
if "%~1"=="" pause
exit /b %CODE%
"""

_PAGE = """\
HƯỚNG DẪN DÙNG USB QUÉT MÁY – {number}
Dành cho: {agency}
Hết hạn: {day}

!!! KHÔNG CẮM USB NÀY VÀO MÁY ĐANG BỊ MÃ HOÁ DỮ LIỆU !!!
Dấu hiệu: tệp đổi đuôi lạ, không mở được; có thông báo đòi tiền; màn hình nền bị đổi.
Khi đó: rút dây mạng, để nguyên máy (không tắt, không khởi động lại), gọi ngay:
    {call}

CÁCH DÙNG
1. Đóng các chương trình đang làm dở. Máy vẫn dùng được trong khi quét.
2. Cắm USB, mở USB ra.
{start}
4. Chờ đến khi hiện câu cuối cùng. Muốn dừng: nhấn Ctrl+C; hoặc lỡ rút USB: cắm lại, chạy lại, máy quét tiếp chỗ đang dở.
5. Làm lần lượt với từng máy; một USB dùng được cho nhiều máy.
6. Trả USB về {team}. Kết quả nằm trong thư mục "out"; đừng xoá, đừng sửa, đừng chép thêm gì vào USB.

CÂU CUỐI CÙNG NGHĨA LÀ GÌ
- "Sạch": {clean}
- "Có 2 tệp nghi ngờ – gọi …": gọi ngay số trên; KHÔNG tự xoá tệp, không cài lại máy.
- "3 thư mục chưa quét": có chỗ không đọc được; {admin}
- USB đang khoá ghi: kết quả được ghi vào thư mục hiện trên màn hình; chép thư mục đó mang về rồi xoá đi.

USB NÀY LÀM GÌ
Chỉ đọc, không sửa, không xoá, không cài đặt gì, không dùng mạng, không để lại gì trên máy.
{takes}
Mất USB: báo ngay {team} để thu hồi ({number}).
"""


def starter(passport: Passport, python: str) -> dict[str, bytes]:
    """The scanner's start files: path within the kit to content. `python`: the carried interpreter's program, or empty."""
    files = {PROGRAM: _PROGRAM.encode()}
    if passport.os == "windows":
        return files | {CMD: _CMD.replace("@UNFIT@", str(UNFIT)).replace("\n", "\r\n").encode("ascii")}
    shell = _SHELL.replace("@PROGRAM@", f"python/{python}" if python else "python").replace("@UNFIT@", str(UNFIT))
    return files | {SHELL: shell.encode()}


def page(passport: Passport) -> bytes:
    """The page of instructions, as Notepad of any Windows shows it: marked UTF-8, its line ends."""
    windows = passport.os == "windows"
    start = (
        f'3. Nhấn chuột phải vào tệp {CMD}, chọn "Run as administrator" (Chạy với quyền quản trị).'
        if windows
        else f"3. Mở cửa sổ lệnh tại USB, gõ: sudo sh {SHELL}"
    )
    scans = passport.kind == SCANNER
    text = _PAGE.format(
        number=passport.number, agency=passport.agency_name or passport.agency, call=passport.call or words.NOBODY,
        team=passport.team or words.NOBODY, day=local_text(passport.expires)[:10], start=start,
        clean="đã quét hết, không thấy gì nghi ngờ." if scans else "không thấy gì trong danh sách; vẫn trả USB để xem kỹ.",
        admin="chạy lại với quyền quản trị." if windows else "chạy lại với sudo.",
        takes=(
            "Kết quả được niêm phong, chỉ trung tâm mở được; không chép nội dung tệp của đơn vị, trừ mẫu nghi ngờ khi được yêu cầu."
            if scans
            else "Kết quả gồm thông tin máy, nhật ký và danh sách tệp, KHÔNG niêm phong: giữ USB cẩn thận như giữ tài liệu."
        ),
    )  # fmt: skip
    return b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode("utf-8")
