"""Archives made to escape, explode, hide or crash. All are generated here; none may raise, hang or fill memory."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import struct
import tarfile
import tracemalloc
import zipfile
import zlib

import pytest

from atttcli.field.unpack import (
    DAMAGED,
    ENCRYPTED,
    LIMIT,
    SKIPPED,
    UNSUPPORTED,
    Member,
    UnpackProblem,
    unpack,
    unpack_all,
)
from atttcli.limits import MIB, Budget, Limits

NEEDLE = b"needle in the member"


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def tarred(*members: tuple[str, bytes], mode: str = "w", form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=form) as archive:  # type: ignore[call-overload]
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def look(
    data: bytes, limits: Limits | None = None, passwords: tuple[bytes, ...] = ()
) -> tuple[dict[str, bytes], list[UnpackProblem]]:
    """Everything inside, at any depth, by its path."""
    members: dict[str, bytes] = {}
    problems = []
    for piece in unpack_all(io.BytesIO(data), "x", Budget(limits or Limits()), 1, passwords):
        if isinstance(piece, Member):
            members[piece.path] = piece.stream.read()
            assert len(members[piece.path]) == piece.size
            piece.stream.seek(0)
        else:
            problems.append(piece)
    return members, problems


@pytest.mark.parametrize(
    "name", ["../../etc/cron.d/x", "/etc/passwd", "..\\..\\evil", "C:\\evil", "a/../../b", "nul\x07name", "a\x1b[31m"]
)
def test_names_that_escape_are_only_names(name: str) -> None:
    for data in (zipped((name, NEEDLE), ("good", b"ok")), tarred((name, NEEDLE), ("good", b"ok"))):
        odd, good = unpack(io.BytesIO(data), "x", Budget())
        assert isinstance(odd, Member)
        assert isinstance(good, Member)
        assert odd.note.startswith("its name")


def test_equal_names_are_both_looked_at() -> None:
    with pytest.warns(UserWarning):
        data = zipped(("a", b"first"), ("a", b"second"))
    contents = [p.stream.read() for p in unpack(io.BytesIO(data), "x", Budget()) if isinstance(p, Member)]
    assert contents == [b"first", b"second"]


def test_links_and_devices_of_a_tar_are_named_and_passed_over() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind in (
            ("l", tarfile.SYMTYPE),
            ("h", tarfile.LNKTYPE),
            ("c", tarfile.CHRTYPE),
            ("p", tarfile.FIFOTYPE),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/shadow"
            archive.addfile(info)
        info = tarfile.TarInfo("f")
        info.size = len(NEEDLE)
        archive.addfile(info, io.BytesIO(NEEDLE))
    members, problems = look(out.getvalue())
    assert members == {"x!f": NEEDLE}
    assert [(p.member, p.kind) for p in problems] == [("l", SKIPPED), ("h", SKIPPED), ("c", SKIPPED), ("p", SKIPPED)]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_bomb_ends_at_the_ratio_with_little_memory(pack: object) -> None:
    bomb = pack(bytes(300 * MIB)) if pack is not lzma.compress else lzma.compress(bytes(300 * MIB), preset=0)  # type: ignore[operator]
    tracemalloc.start()
    members, problems = look(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not members
    assert [p.kind for p in problems] == [LIMIT]
    assert peak < 40 * MIB


def test_a_bomb_in_a_zip_does_not_cost_its_neighbours() -> None:
    members, problems = look(
        zipped(("bomb", bytes(200 * MIB)), ("good", NEEDLE)), Limits(member_bytes=20 * MIB, ratio=10**9)
    )
    assert members == {"x!good": NEEDLE}
    assert [(p.member, p.kind) for p in problems] == [("bomb", LIMIT)]


def test_a_zip_of_zips_stops_at_the_depth() -> None:
    data = zipped(("needle", NEEDLE))
    for level in range(6):
        data = zipped((f"level{level}.zip", data))
    members, problems = look(data, Limits(depth=3))
    assert not any(path.endswith("needle") for path in members)
    assert [p.kind for p in problems] == [LIMIT]
    assert "deeper" in problems[0].reason
    members, problems = look(data, Limits(depth=7))
    assert members["x!level5.zip!level4.zip!level3.zip!level2.zip!level1.zip!level0.zip!needle"] == NEEDLE
    assert not problems


def test_overlapping_members_are_a_bomb() -> None:
    """One compressed kernel, quoted by thousands of directory entries: each is small, together they are not."""
    kernel = zipped(("a", bytes(1 * MIB)))
    at = kernel.index(b"PK\x01\x02")
    entry = kernel[at : at + 47]
    body, count = kernel[:at], 5000
    end = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, count, count, len(entry) * count, len(body), 0)
    members, problems = look(body + entry * count + end, Limits(ratio=10**9))
    assert len(members) <= 300
    assert [p.kind for p in problems] == [LIMIT]
    assert "overlap" in problems[0].reason


def test_too_many_members_end_the_archive() -> None:
    data = tarred(*((f"f{index}", b"") for index in range(300)), form=tarfile.USTAR_FORMAT)
    members, problems = look(data, Limits(members=100))
    assert len(members) == 100
    assert [p.kind for p in problems] == [LIMIT]


def test_the_total_is_shared_by_all_levels() -> None:
    inner = zipped(
        *((f"f{index}", random.Random(index).randbytes(MIB)) for index in range(4)), method=zipfile.ZIP_STORED
    )
    members, problems = look(
        zipped(("a.zip", inner), ("b.zip", inner), method=zipfile.ZIP_STORED), Limits(total_bytes=10 * MIB)
    )
    assert sum(map(len, members.values())) <= 10 * MIB
    assert {p.kind for p in problems} == {LIMIT}


def test_encrypted_members_are_named_and_the_rest_is_read() -> None:
    data = encrypted_zip(b"infected")
    members, problems = look(data)
    assert members == {"x!plain": NEEDLE}
    assert [(p.member, p.kind) for p in problems] == [("secret", ENCRYPTED)]
    members, problems = look(data, passwords=(b"wrong", b"infected"))
    assert members == {"x!plain": NEEDLE, "x!secret": NEEDLE * 2}
    assert not problems


def test_an_unknown_method_is_said() -> None:
    data = bytearray(zipped(("a", NEEDLE), ("b", NEEDLE)))
    for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = data.index(signature)
        data[at + offset : at + offset + 2] = struct.pack("<H", 97)
    members, problems = look(bytes(data))
    assert members == {"x!b": NEEDLE}
    assert [(p.member, p.kind) for p in problems] == [("a", UNSUPPORTED)]


@pytest.mark.parametrize(
    ("magic", "kind"), [(b"7z\xbc\xaf\x27\x1c", DAMAGED), (b"Rar!\x1a\x07\x01\x00", UNSUPPORTED)], ids=["7z", "rar"]
)
def test_kinds_that_cannot_be_read_are_said(magic: bytes, kind: str) -> None:
    members, problems = look(magic + bytes(100))
    assert not members
    assert [p.kind for p in problems] == [kind]


def test_a_cut_zip_gives_what_it_still_has() -> None:
    noise = random.Random(1).randbytes(5000)
    data = zipped(("a", NEEDLE), ("b", noise), ("c", NEEDLE))
    members, problems = look(data[: data.index(noise[:8]) + 3000 if noise[:8] in data else len(data) // 2])
    assert members["x!a"] == NEEDLE
    assert any(p.kind == DAMAGED for p in problems)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_cut_stream_gives_what_it_still_has(pack: object) -> None:
    text = b"".join(b"line %d\n" % index for index in range(200_000))
    data = pack(text)  # type: ignore[operator]
    members, problems = look(data[: len(data) // 2])
    (content,) = members.values() or (b"",)
    assert text.startswith(content)
    assert len(content) > 1000 or pack is not gzip.compress
    assert [p.kind for p in problems] == [DAMAGED]


def test_a_header_that_lies_about_the_name_hides_nothing() -> None:
    data = bytearray(zipped(("evil.exe", NEEDLE)))
    data[30:38] = b"good.txt"
    members, _ = look(bytes(data))
    assert members == {"x!evil.exe": NEEDLE}


def test_a_wrong_checksum_hides_nothing() -> None:
    data = bytearray(zipped(("a", NEEDLE)))
    at = data.index(b"PK\x01\x02")
    data[at + 16 : at + 20] = b"\x00\x01\x02\x03"
    found = unpack(io.BytesIO(bytes(data)), "x", Budget())
    member = next(found)
    assert isinstance(member, Member)
    assert (member.stream.read(), member.note) == (NEEDLE, "checksum differs")


def test_a_tar_header_that_asks_for_gigabytes_gets_nothing() -> None:
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, 1 << 32
    data = gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(100 * MIB))
    tracemalloc.start()
    members, problems = look(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not members
    assert [p.kind for p in problems] == [DAMAGED]
    assert peak < 10 * MIB


def test_a_bomb_among_honest_members_is_judged_by_its_own_ratio() -> None:
    noise = random.Random(3).randbytes(2 * MIB)
    members, problems = look(zipped(("bomb", bytes(60 * MIB)), ("noise", noise)))
    assert members == {"x!noise": noise}
    assert [(p.member, p.kind) for p in problems] == [("bomb", LIMIT)]


@pytest.mark.parametrize("size", [1 << 62, (1 << 33) - 1])
def test_a_tar_member_of_absurd_size_is_cut_short(size: int) -> None:
    info = tarfile.TarInfo("huge")
    info.size = size
    members, problems = look(info.tobuf(tarfile.GNU_FORMAT) + NEEDLE.ljust(512, b"\x00"))
    assert next(iter(members.values())).startswith(NEEDLE)
    assert {p.kind for p in problems} == {DAMAGED}


def test_concatenated_and_padded_streams_are_read_to_the_end() -> None:
    for pack in (gzip.compress, bz2.compress, lzma.compress):
        members, problems = look(pack(b"one ") + pack(b"two") + bytes(512))  # type: ignore[operator]
        assert list(members.values()) == [b"one two"]
        assert not problems


def test_zstd_is_read_within_the_same_limits() -> None:
    zstandard = pytest.importorskip("zstandard")
    compress = zstandard.ZstdCompressor().compress
    assert look(compress(NEEDLE) + compress(NEEDLE))[0] == {"x!x": NEEDLE * 2}
    members, problems = look(compress(bytes(300 * MIB)))
    assert not members
    assert [p.kind for p in problems] == [LIMIT]
    assert [p.kind for p in look(compress(random.Random(1).randbytes(5000))[:-100])[1]] == [DAMAGED]


def test_data_before_a_zip_does_not_hide_it_from_its_directory() -> None:
    members, problems = look(b"PK\x03\x04 not a member " + zipped(("b", NEEDLE)))
    assert members == {"x!b": NEEDLE}
    assert not problems


@pytest.mark.parametrize("seed", range(4))
def test_mutated_archives_never_raise(seed: int) -> None:
    rng = random.Random(seed)
    members = [(f"dir/{name}.txt", rng.randbytes(300) + bytes(2000)) for name in "abcd"]
    seeds = [
        zipped(*members),
        zipped(*members, method=zipfile.ZIP_LZMA),
        zipped(*members, method=zipfile.ZIP_BZIP2),
        encrypted_zip(b"infected"),
        tarred(*members),
        tarred(("n" * 300, NEEDLE), form=tarfile.GNU_FORMAT),
        tarred(*members, mode="w:gz"),
        tarred(*members, mode="w:xz"),
        gzip.compress(members[0][1]),
        bz2.compress(members[0][1]),
        lzma.compress(members[0][1]),
    ]
    limits = Limits(total_bytes=8 * MIB, member_bytes=4 * MIB, members=200, seconds=20)
    for _ in range(1200):
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.choice((1, 1, 2, 5, 20))):
            data[rng.randrange(len(data))] = rng.choice((0, 255, rng.randrange(256)))
        if rng.random() < 0.3:
            del data[rng.randrange(len(data)) :]
        look(bytes(data), limits, (b"infected",))


def encrypted_zip(password: bytes) -> bytes:
    """A zip with one member in the old encryption, which the standard library reads but does not write."""
    plain, secret = zipped(("plain", NEEDLE)), NEEDLE * 2
    keys = [0x12345678, 0x23456789, 0x34567890]

    def update(byte: int) -> None:
        keys[0] = _crc(byte, keys[0])
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = _crc(keys[1] >> 24, keys[2])

    def encrypt(data: bytes) -> bytes:
        out = bytearray()
        for byte in data:
            word = keys[2] | 2
            out.append(byte ^ (((word * (word ^ 1)) >> 8) & 0xFF))
            update(byte)
        return bytes(out)

    for byte in password:
        update(byte)
    crc = zlib.crc32(secret)
    body = encrypt(bytes(11) + bytes([crc >> 24])) + encrypt(secret)
    local = (
        struct.pack("<4sHHHHHLLLHH", b"PK\x03\x04", 20, 1, 0, 0, 0, crc, len(body), len(secret), 6, 0)
        + b"secret"
        + body
    )
    at = plain.index(b"PK\x01\x02")
    first = plain[at : plain.index(b"PK\x05\x06")]
    second = struct.pack(
        "<4sHHHHHHLLLHHHHHLL", b"PK\x01\x02", 20, 20, 1, 0, 0, 0, crc, len(body), len(secret), 6, 0, 0, 0, 0, 0, at
    )
    directory = first + second + b"secret"
    end = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, 2, 2, len(directory), at + len(local), 0)
    return plain[:at] + local + directory + end


def _crc(byte: int, crc: int) -> int:
    return ~zlib.crc32(bytes([byte]), ~crc & 0xFFFFFFFF) & 0xFFFFFFFF
