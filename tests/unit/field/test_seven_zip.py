"""7z archives: what `7z` and py7zr pack is read back byte for byte; what is crafted costs a value, little time and memory."""

from __future__ import annotations

import io
import random
import shutil
import struct
import subprocess
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from atttcli.field.examine import ARCHIVE_LIMITS
from atttcli.field.seven_zip import MAGIC
from atttcli.field.unpack import DAMAGED, ENCRYPTED, LIMIT, UNSUPPORTED, Member, UnpackProblem, unpack_all
from atttcli.limits import Budget, Limits

SEVEN = shutil.which("7z") or shutil.which("7za") or shutil.which("7zr")
needs_7z = pytest.mark.skipif(SEVEN is None, reason="the command 7z makes the samples")


def unpacked(data: bytes, limits: Limits = ARCHIVE_LIMITS) -> tuple[dict[str, bytes], list[UnpackProblem]]:
    found: dict[str, bytes] = {}
    problems = []
    for piece in unpack_all(io.BytesIO(data), "a.7z", Budget(limits)):
        if isinstance(piece, Member):
            found[piece.path] = piece.stream.read()
            assert len(found[piece.path]) == piece.size
        else:
            problems.append(piece)
    return found, problems


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("seven") / "in"
    (root / "sub").mkdir(parents=True)
    rng = random.Random(7)
    (root / "text.txt").write_bytes("Tệp văn bản tiếng Việt\n".encode() * 3000)
    (root / "noise").write_bytes(rng.randbytes(300_000))
    # Calls and jumps, which the branch filters change.
    (root / "code.exe").write_bytes(
        b"".join(b"\xe8" + struct.pack("<i", rng.randint(-9, 9) << 8) for _ in range(20_001))
    )
    (root / "empty").write_bytes(b"")
    (root / "sub" / "Tên có dấu.txt").write_bytes(b"needle")
    (root / "folder").mkdir()
    return root


def packed(ground: Path, target: Path, *options: str) -> bytes:
    assert SEVEN is not None
    subprocess.run([SEVEN, "a", "-y", *options, str(target), "."], cwd=ground, check=True, stdout=subprocess.DEVNULL)
    return target.read_bytes()


def expected(ground: Path) -> dict[str, bytes]:
    return {
        f"a.7z!{path.relative_to(ground).as_posix()}": path.read_bytes() for path in ground.rglob("*") if path.is_file()
    }


@needs_7z
@pytest.mark.parametrize(
    "options",
    [
        (), ("-mx=9", "-m0=LZMA2"), ("-m0=LZMA",), ("-m0=LZMA:lc=1:lp=2:pb=0",), ("-m0=Copy",), ("-m0=BZip2",), ("-m0=Deflate",),
        ("-m0=BCJ", "-m1=LZMA"), ("-m0=BCJ", "-m1=LZMA2"), ("-m0=Delta:4", "-m1=LZMA2"), ("-m0=ARM", "-m1=LZMA"),
        ("-ms=off",), ("-ms=2f",), ("-mhc=off",), ("-mx=1",), ("-m0=PPC", "-m1=BZip2"), ("-m0=BCJ", "-m1=Copy"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_what_7z_packs_is_read_back(ground: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    found, problems = unpacked(packed(ground, tmp_path / "a.7z", *options))
    assert problems == []
    assert found == expected(ground)


@needs_7z
@pytest.mark.parametrize(
    ("options", "kind", "word"),
    [
        (("-m0=PPMd",), UNSUPPORTED, "PPMd"),
        (("-m0=BCJ2", "-m1=LZMA", "-m2=LZMA", "-m3=LZMA", "-mb0:1", "-mb0s1:2", "-mb0s2:3"), UNSUPPORTED, "BCJ2"),
        (("-m0=Deflate64",), UNSUPPORTED, "Deflate64"),
        (("-pinfected",), ENCRYPTED, "password"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_what_is_not_read_is_said_of_each_member(
    ground: Path, tmp_path: Path, options: tuple[str, ...], kind: str, word: str
) -> None:
    found, problems = unpacked(packed(ground, tmp_path / "a.7z", "-ms=on", *options))
    assert set(found) == {"a.7z!empty"}
    assert [problem.kind for problem in problems] == [kind] * 4
    assert all(word in problem.reason for problem in problems)


@needs_7z
def test_names_that_are_encrypted_are_one_problem(ground: Path, tmp_path: Path) -> None:
    found, problems = unpacked(packed(ground, tmp_path / "a.7z", "-pinfected", "-mhe=on"))
    assert (found, [(one.kind, one.member) for one in problems]) == ({}, [(ENCRYPTED, "")])


def test_what_py7zr_packs_is_read_back(ground: Path, tmp_path: Path) -> None:
    py7zr = pytest.importorskip("py7zr")
    for filters in (None, [{"id": py7zr.FILTER_X86}, {"id": py7zr.FILTER_LZMA2, "preset": 3}]):
        with py7zr.SevenZipFile(tmp_path / "b.7z", "w", filters=filters) as archive:
            archive.writeall(ground, "")
        found, problems = unpacked((tmp_path / "b.7z").read_bytes())
        assert problems == []
        assert found == expected(ground)


@needs_7z
def test_a_member_beyond_the_limit_costs_only_itself(ground: Path, tmp_path: Path) -> None:
    import dataclasses

    data = packed(ground, tmp_path / "a.7z", "-ms=on")
    found, problems = unpacked(data, dataclasses.replace(ARCHIVE_LIMITS, member_bytes=110_000))
    assert [(problem.member, problem.kind) for problem in problems] == [("noise", LIMIT)]
    assert found == {name: data for name, data in expected(ground).items() if not name.endswith("noise")}


@needs_7z
@pytest.mark.timeout(60)
def test_a_bomb_ends_at_once_in_little_memory(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with (tmp_path / "in" / "zeros").open("wb") as file:
        file.truncate(300 << 20)
    data = packed(tmp_path / "in", tmp_path / "a.7z", "-mx=1")
    assert len(data) < 100_000
    began = time.process_time()
    found, problems = unpacked(data)
    assert (found, [problem.kind for problem in problems]) == ({}, [LIMIT])
    assert time.process_time() - began < 3


@needs_7z
def test_an_inner_archive_is_looked_into(ground: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    packed(ground, tmp_path / "out" / "inner.7z")
    found, problems = unpacked(packed(tmp_path / "out", tmp_path / "a.7z"))
    assert problems == []
    assert found["a.7z!inner.7z!sub/Tên có dấu.txt"] == b"needle"


def archive(header: bytes, content: bytes = b"") -> bytes:
    """A 7z file with this header, whose checksums fit."""
    start = struct.pack("<QQI", len(content), len(header), zlib.crc32(header))
    return MAGIC + b"\0\4" + struct.pack("<I", zlib.crc32(start)) + start + content + header


HUGE = b"\xff" + b"\xff" * 8
CRAFTED = {
    "no end": b"\x01",
    "unknown": b"\x09",
    "empty": b"\x01\x00",
    "files without end": b"\x01\x05" + HUGE,
    "many files": b"\x01\x05\xe0\xff\xff\xff",
    "many streams": b"\x01\x04\x06\x00" + HUGE,
    "many folders": b"\x01\x04\x07\x0b" + HUGE + b"\0",
    "many parts": b"\x01\x04\x06\x00\x01\x09\x00\x00\x07\x0b\x01\x00\x01\x01\x00\x0c\x00\x00\x08\x0d" + HUGE + b"\0\0",
    "many coders": b"\x01\x04\x07\x0b\x01\x00\x7f" + b"\x01\x00" * 200,
    "header in itself": b"\x17\x06\x00\x01\x09\x05\x00\x07\x0b\x01\x00\x01\x01\x00\x0c\x05\x00\x00",
    "beyond the end": b"\x17\x06\xff" + b"\x7f" * 8 + b"\x01\x09\x05\x00\x07\x0b\x01\x00\x01\x01\x00\x0c\x05\x00\x00",
    "a property without end": b"\x01\x02\x05" + HUGE,
}


@pytest.mark.parametrize("name", sorted(CRAFTED))
def test_crafted_headers_are_one_problem(name: str) -> None:
    began = time.process_time()
    found, problems = unpacked(archive(CRAFTED[name], b"\x17\x06\x00\x01\x00"))
    assert found == {}
    assert [problem.kind in (DAMAGED, UNSUPPORTED) for problem in problems] == ([] if name == "empty" else [True])
    assert time.process_time() - began < 1


def mutated(rng: random.Random, data: bytes, header_at: int) -> bytes:
    changed = bytearray(data)
    for _flip in range(rng.randint(1, 4)):
        changed[rng.randrange(header_at, len(changed))] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
    header = bytes(changed[header_at:])
    return archive(header, bytes(changed[32:header_at]))


@needs_7z
@pytest.mark.timeout(120)
@pytest.mark.parametrize("options", [("-mhc=off",), ("-mhc=off", "-ms=off", "-m0=BCJ", "-m1=LZMA")], ids=len)
def test_changed_headers_with_right_checksums_end_in_members_and_problems(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a", "bb", "ccc"):
        (tmp_path / "in" / name).write_bytes(name.encode() * 50)
    data = packed(tmp_path / "in", tmp_path / "a.7z", *options)
    header_at = 32 + struct.unpack_from("<Q", data, 12)[0]
    rng = random.Random(3)
    slowest = 0.0
    for _case in range(1500):
        began = time.process_time()
        unpacked(mutated(rng, data, header_at))
        slowest = max(slowest, time.process_time() - began)
    assert slowest < 2


@needs_7z
def test_cut_anywhere_it_is_told(ground: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_bytes(b"needle" * 100)
    data = packed(tmp_path / "in", tmp_path / "a.7z")
    make: Callable[[int], bytes] = lambda at: data[:at]  # noqa: E731
    for at in range(6, len(data), 7):
        found, problems = unpacked(make(at))
        assert (found, len(problems)) == ({}, 1)
