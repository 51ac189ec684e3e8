"""Builds the sample inbox: what came in on one morning, as files, into a folder. See README.md for its story.

`python build.py TARGET`, or from a program: `runpy.run_path(".../build.py")["build_inbox"](target)`. The same bytes every time.
"""

from __future__ import annotations

import gzip
import os
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import inbox_capture
import inbox_documents
import inbox_maillogs
import inbox_story
import inbox_weblogs

CUT = 2000  # bytes of yesterday's compressed log that survived


def build_inbox(target: Path) -> list[Path]:
    """Write every file of the inbox below `target` and return their paths in order."""
    return [_write(target / name, make) for name, make in _FILES.items()]


def _write(path: Path, make: Callable[[], bytes] | Callable[[Path], None]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix in (".xlsx", ".docx"):
        make(path)  # type: ignore[call-arg]
    else:
        path.write_bytes(make())  # type: ignore[call-arg,arg-type]
    stamp = inbox_story.PACKED_AT.timestamp()
    os.utime(path, (stamp, stamp))  # readers take the year of year-less stamps from here
    return path


def _packed(text: str) -> bytes:
    return gzip.compress(text.encode(), compresslevel=9, mtime=int(inbox_story.PACKED_AT.timestamp()))


_FILES: dict[str, Callable[[], bytes] | Callable[[Path], None]] = {
    "01-thu-gia-mao.eml": inbox_documents.phishing_mail,
    "02-zimbra/audit.log": lambda: inbox_maillogs.audit_log().encode(),
    "02-zimbra/mailbox.log": lambda: inbox_maillogs.mailbox_log().encode(),
    "02-zimbra/mail.log": lambda: inbox_maillogs.mail_log().encode(),
    "03-xa-vi-huong.pcap": inbox_capture.capture,
    "04-danh-sach-ip-nhiem.xlsx": inbox_documents.infected_workbook,
    "04-cong-van-312.docx": inbox_documents.letter,
    "05-cong-ttdt/access.log.gz": lambda: _packed(inbox_weblogs.access_log()),
    "05-cong-ttdt/access.log.1.gz": lambda: _packed(inbox_weblogs.yesterday_log())[:CUT],
    "05-cong-ttdt/auth.log": lambda: inbox_weblogs.auth_log().encode(),
    "06-giam-sat/eve.json": lambda: inbox_weblogs.eve_json().encode(),
    "06-giam-sat/tin-nhan.txt": lambda: inbox_documents.vendor_message().encode(),
    "07-tep-nghi-ngo.zip": inbox_documents.suspicious_zip,
}

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: build.py TARGET")
    for built in build_inbox(Path(sys.argv[1])):
        print(built)
