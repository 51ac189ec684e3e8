"""A tree of every kind of file that somebody may leave for a scanner that runs as root. `KINDS` names each, with its maker.

A maker gets its folder and makes whatever it is there; it raises OSError where this system cannot make it.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import socket
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

NEEDLE = b"xx needle-9d1c yy"
MIB = 1 << 20
Maker = Callable[[Path], object]
KINDS: dict[str, Maker] = {}


def kind(name: str) -> Callable[[Maker], Maker]:
    def keep(maker: Maker) -> Maker:
        KINDS[name] = maker
        return maker

    return keep


def content(name: str, data: bytes | Callable[[], bytes]) -> None:
    KINDS[name] = lambda here: (here / "file").write_bytes(data if isinstance(data, bytes) else data())


def named(what: str, name: bytes) -> None:
    KINDS[what] = lambda here: Path(os.fsdecode(os.fsencode(here) + b"/" + name)).write_bytes(NEEDLE)


def sparse(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.truncate(size)


content("plain", NEEDLE)
content("empty", b"")
content("one byte", b"M")
content("only line ends", b"\n" * 100_000)
content("one line of 8 MB", lambda: b"a" * (8 * MIB))
content("text in UTF-16", ("\ufeff" + "needle-9d1c tệp " * 200).encode("utf-16-le"))
content("half a character", b"\xff\xfe" + b"a\0" * 4000 + b"\xd8")
content("strings of our rules, a flood", lambda: b"<?php eval(base64_decode($_POST['x'])); " * 10_000)
content("head of a program", b"MZ" + b"\0" * 58 + struct.pack("<I", 0x7FFFFFFF) + b"\xff" * 400)
content("program without end", b"\x7fELF\x02\x01\x01" + b"\xff" * 5000)
content("document cut short", b"%PDF-1.7\n" + b"1 0 obj<</Length 99999999>>stream\n" * 1000)
content("office without office", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 3000)
content("zeros of 32 MB", lambda: b"\0" * (32 * MIB))
content("zip without anything", b"PK\x05\x06" + b"\0" * 18)
content("zip that is only its magic", b"PK\x03\x04")
content("gzip cut short", gzip.compress(NEEDLE * 1000)[:-20])
content("gzip of gzip of gzip of gzip", gzip.compress(gzip.compress(gzip.compress(gzip.compress(NEEDLE)))))
content("gzip bomb", lambda: gzip.compress(b"\0" * (96 * MIB), 9))
content("bzip2 bomb", lambda: bz2.compress(b"\0" * (32 * MIB)))
content("xz bomb", lambda: lzma.compress(b"\0" * (64 * MIB), preset=1))
content("xz that wants 4 GB", b"\xfd7zXZ\0\0\4\xe6\xd6\xb4\x46\2\0\x21\1\x28\0\0\0" + b"\xff" * 60)
content("zstd without end", b"\x28\xb5\x2f\xfd" + b"\xff" * 200)
content("7z with a wild directory", b"7z\xbc\xaf\x27\x1c\0\4" + b"\xff" * 200)
content("rar", b"Rar!\x1a\x07\x01\0" + b"\xff" * 100)
content("tar header alone", b"x" * 100 + b"0000644\0" * 3 + b"77777777777\0" * 2 + b"\0" * 364)

named("name of 255 bytes", b"n" * 255)
named("name that is no UTF-8", b"b\xff\xfe\x80")
named("name with control characters", b"a\x1b[2J\x07\x7f")
named("name with line ends", b"a\nb\r\nc")
named("name that reads backwards", "\u202egpj.exe".encode())
named("name in Vietnamese", "Tệp nghi ngờ.txt".encode())
named("the same name in two forms", b"e\xcc\x82")
named("name of one blank", b" ")
named("name like an option", b"--exclude=-rf *")
named("name with markup", b"[red]x[-red] :warning: <script>")
named("name of a member", b"a.zip!inner")
named("name of a device of Windows", b"CON.txt")
named("hidden", b".. .hidden")


@kind("pipe")
def _pipe(here: Path) -> None:
    os.mkfifo(here / "pipe")


@kind("socket")
def _socket(here: Path) -> None:
    before = Path.cwd()
    os.chdir(here)  # a socket's path must be short
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("s")
    finally:
        os.chdir(before)


@kind("character device")
def _character(here: Path) -> None:
    os.mknod(here / "zero", 0o666 | stat.S_IFCHR, os.makedev(1, 5))


@kind("block device")
def _block(here: Path) -> None:
    os.mknod(here / "disk", 0o666 | stat.S_IFBLK, os.makedev(7, 200))


@kind("link to itself")
def _itself(here: Path) -> None:
    (here / "l").symlink_to("l")


@kind("link to nothing, to a device, to /proc and to the top")
def _links(here: Path) -> None:
    for index, target in enumerate(("nowhere", "/dev/zero", "/proc/self/root", "/", "..", "../../..", "x" * 4000)):
        (here / f"l{index}").symlink_to(target)


@kind("hard links")
def _hard(here: Path) -> None:
    (here / "a").write_bytes(NEEDLE)
    for index in range(50):
        os.link(here / "a", here / f"b{index}")


@kind("sparse file of 1 TiB")
def _tebibyte(here: Path) -> None:
    sparse(here / "big", 1 << 40)


@kind("sparse file below the limit")
def _sparse(here: Path) -> None:
    sparse(here / "big", 60 * MIB)


@kind("file that grows by holes")
def _holes(here: Path) -> None:
    with (here / "holes").open("wb") as file:
        for at in range(0, 40 * MIB, MIB):
            file.seek(at)
            file.write(NEEDLE)


@kind("folder nobody may enter")
def _locked(here: Path) -> None:
    (here / "locked").mkdir()
    (here / "locked" / "inside").write_bytes(NEEDLE)
    (here / "locked").chmod(0)


@kind("folder that may be entered and not listed")
def _blind(here: Path) -> None:
    (here / "blind").mkdir()
    (here / "blind" / "inside").write_bytes(NEEDLE)
    (here / "blind").chmod(0o311)


@kind("folder that may be listed and not entered")
def _listed(here: Path) -> None:
    (here / "listed").mkdir()
    (here / "listed" / "inside").write_bytes(NEEDLE)
    (here / "listed").chmod(0o444)


@kind("file nobody may read")
def _unreadable(here: Path) -> None:
    (here / "file").write_bytes(NEEDLE)
    (here / "file").chmod(0)


@kind("file with every special bit")
def _bits(here: Path) -> None:
    (here / "file").write_bytes(NEEDLE)
    (here / "file").chmod(0o7777)


@kind("2,000 files in one folder")
def _many(here: Path) -> None:
    for index in range(2000):
        (here / f"f{index}").write_bytes(b"")


@kind("folders 300 deep")
def _deep(here: Path) -> None:
    fd = os.open(here, os.O_RDONLY)
    for _level in range(300):
        os.mkdir("d" * 30, dir_fd=fd)
        inner = os.open("d" * 30, os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = inner
    with os.fdopen(os.open("file", os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=fd), "wb") as file:
        file.write(NEEDLE)
    os.close(fd)


@kind("times before and after all time")
def _times(here: Path) -> None:
    for index, when in enumerate((-(2**31), 0, 2**33, 2**34)):
        (here / f"f{index}").write_bytes(NEEDLE)
        os.utime(here / f"f{index}", (when, when))


@kind("sizes around the page")
def _pages(here: Path) -> None:
    for size in (4095, 4096, 4097, 4 * MIB - 1, 4 * MIB, 4 * MIB + 1):
        (here / f"f{size}").write_bytes(b"\xcc" * size)


def zipped(members: list[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


@kind("zip bomb")
def _zip_bomb(here: Path) -> None:
    (here / "b.zip").write_bytes(zipped([(f"{index}", b"\0" * (24 * MIB)) for index in range(4)]))


@kind("zip whose members overlap")
def _overlap(here: Path) -> None:
    one = zipped([("a", random.Random(1).randbytes(60_000))])
    at = one.rindex(b"PK\x01\x02")
    entry, end = one[at : one.rindex(b"PK\x05\x06")], one[one.rindex(b"PK\x05\x06") :]
    count = 2000
    tail = end[:8] + struct.pack("<HHII", count, count, len(entry) * count, at) + b"\0\0"
    (here / "o.zip").write_bytes(one[:at] + entry * count + tail)


@kind("zip in zip in zip in zip in zip")
def _nested(here: Path) -> None:
    data = NEEDLE
    for level in range(5):
        data = zipped([(f"{level}.zip", data)])
    (here / "n.zip").write_bytes(data)


@kind("zip of 30,000 members")
def _members(here: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for index in range(30_000):
            archive.writestr(zipfile.ZipInfo(f"{index}"), b"")
    (here / "m.zip").write_bytes(out.getvalue())


@kind("zip with a false directory")
def _false(here: Path) -> None:
    data = bytearray(zipped([("a", NEEDLE), ("b", NEEDLE)]))
    at = data.rindex(b"PK\x05\x06")
    data[at + 8 : at + 20] = b"\xff" * 12
    (here / "f.zip").write_bytes(bytes(data))


@kind("zip whose names leave it")
def _names(here: Path) -> None:
    names = ["../../../etc/passwd", "/etc/shadow", "C:\\Windows\\x", "a/../../b", "aux", "x" * 60_000, "\u202egpj.exe"]
    (here / "n.zip").write_bytes(zipped([(name, NEEDLE) for name in names]))


@kind("encrypted zip")
def _encrypted(here: Path) -> None:
    data = bytearray(zipped([("a", NEEDLE)]))
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    (here / "e.zip").write_bytes(bytes(data))


@kind("zip within a program")
def _appended(here: Path) -> None:
    (here / "p.exe").write_bytes(b"MZ" + b"\0" * 4000 + zipped([("a", NEEDLE)]))


@kind("tar with links, devices and holes")
def _tar(here: Path) -> None:
    with tarfile.open(here / "t.tar", "w") as archive:
        for name, form in (
            ("l", tarfile.SYMTYPE),
            ("h", tarfile.LNKTYPE),
            ("c", tarfile.CHRTYPE),
            ("p", tarfile.FIFOTYPE),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = form, "/etc/passwd"
            archive.addfile(info)
        info = tarfile.TarInfo("../../out")
        info.size = len(NEEDLE)
        archive.addfile(info, io.BytesIO(NEEDLE))


@kind("tar whose header claims an exabyte")
def _exabyte(here: Path) -> None:
    info = tarfile.TarInfo("big")
    info.size = 1 << 60
    (here / "e.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + NEEDLE * 100)


@kind("tar bomb in gzip")
def _tar_bomb(here: Path) -> None:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    with (here / "b.tgz").open("wb") as out:
        for index in range(8):
            info = tarfile.TarInfo(f"f{index}")
            info.size = 16 * MIB
            out.write(squeeze.compress(info.tobuf()))
            for _block in range(16):
                out.write(squeeze.compress(b"\0" * MIB))
        out.write(squeeze.flush())


@kind("mail of 2,000 levels")
def _mail(here: Path) -> None:
    (here / "m.eml").write_bytes(
        b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(2000))
    )


@kind("script of one long expression")
def _script(here: Path) -> None:
    (here / "s.ps1").write_bytes(b"(" * 200_000 + b"'a'+" * 100_000)


@kind("regular expression's worst case")
def _regex(here: Path) -> None:
    (here / "r.txt").write_bytes((b"a" * 4000 + b"!") * 300)
