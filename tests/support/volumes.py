"""Inputs that are large in one way: a million of something where others have ten. `count` is how many."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

Maker = Callable[[Path, int], Path]


def string_hits(folder: Path, count: int) -> Path:
    """A file in which one string of a rule stands so many times; `rule.yar` beside it."""
    (folder / "rule.yar").write_text('rule many { strings: $a = "evil" condition: $a }\n')
    path = folder / "hits.bin"
    path.write_bytes(b"evil\n" * count)
    return path


def many_hosts(folder: Path, count: int) -> Path:
    """A web access log in which every line comes from another address."""
    path = folder / "access.log"
    with path.open("w") as out:
        for number in range(count):
            host = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
            stamp = f"12/Mar/2026:08:{number // 60 % 60:02d}:{number % 60:02d} +0700"
            out.write(f'{host} - - [{stamp}] "GET /trang/{number} HTTP/1.1" 200 512 "-" "Mozilla/5.0"\n')
    return path


def many_failures(folder: Path, count: int) -> Path:
    """An authentication log with failures from that many addresses for that many accounts."""
    path = folder / "auth.log"
    with path.open("w") as out:
        for number in range(count):
            host = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
            at = f"Mar 12 08:{number // 60 % 60:02d}:{number % 60:02d}"
            out.write(
                f"{at} srv{number} sshd[{number % 30000}]: Failed password for u{number} from {host} port 22 ssh2\n"
            )
    return path


def long_list(folder: Path, count: int) -> Path:
    """A list of infected addresses with so many rows."""
    path = folder / "danh-sach.csv"
    with path.open("w", encoding="utf-8") as out:
        out.write("STT,Địa chỉ IP,Mã độc,Thời gian\n")
        for number in range(count):
            host = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
            out.write(f"{number},{host},Mirai,12/03/2026 08:00\n")
    return path


def many_parts(folder: Path, count: int) -> Path:
    """An e-mail of so many parts."""
    path = folder / "mail.eml"
    with path.open("w") as out:
        out.write("From: a@example.org\nTo: b@example.org\nSubject: x\nMIME-Version: 1.0\n")
        out.write('Content-Type: multipart/mixed; boundary="b"\n\n')
        for number in range(count):
            out.write(f'--b\nContent-Type: text/plain; name="t{number}.txt"\n\nphần {number}\n')
        out.write("--b--\n")
    return path


def deep_json(folder: Path, count: int) -> Path:
    """Suricata's JSON lines, the middle one nested so deep."""
    path = folder / "eve.json"
    sound = {
        "event_type": "dns",
        "timestamp": "2026-03-12T08:00:00.000000+0700",
        "src_ip": "192.0.2.1",
        "src_port": 5353,
    }
    sound |= {"dest_ip": "192.0.2.53", "dest_port": 53, "proto": "UDP", "dns": {"type": "query", "rrname": "a.example"}}
    with path.open("w") as out:
        out.write(json.dumps(sound) + "\n")
        out.write('{"event_type": "alert", "alert": ' + "[" * count + "]" * count + "}\n")
        out.write(json.dumps(sound | {"src_port": 5354}) + "\n")
    return path


def long_line(folder: Path, count: int) -> Path:
    """A log with one line of so many bytes between two that are sound."""
    path = folder / "line.log"
    sound = b'10.0.0.1 - - [12/Mar/2026:08:00:00 +0700] "GET / HTTP/1.1" 200 512 "-" "Mozilla/5.0"\n'
    with path.open("wb") as out:
        out.write(sound)
        block = b"a" * min(count, 1 << 20)
        for _ in range(max(1, count // len(block))):
            out.write(block)
        out.write(b"\n" + sound)
    return path
