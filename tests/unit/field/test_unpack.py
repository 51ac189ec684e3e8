"""Reading archives: the same members as the standard library's own readers give."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atttcli.field.filetype import archive_kind, file_type
from atttcli.field.unpack import Member, unpack, unpack_all
from atttcli.limits import Budget

names = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=("Cs",)), min_size=1, max_size=150
).filter(lambda name: not name.endswith("/"))
contents = st.one_of(st.binary(max_size=3000), st.integers(0, 200_000).map(bytes))


def members(data: bytes, path: str = "x") -> list[tuple[str, bytes]]:
    found = []
    for piece in unpack(io.BytesIO(data), path, Budget()):
        assert isinstance(piece, Member), piece
        found.append((piece.name, piece.stream.read()))
    return found


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.tuples(names, contents), max_size=6, unique_by=lambda pair: pair[0]),
    st.sampled_from(["w", "w:gz", "w:bz2", "w:xz"]),
    st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
)
def test_tar_gives_what_tarfile_gives(files: list[tuple[str, bytes]], mode: str, form: int) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=form) as archive:  # type: ignore[call-overload]
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1_600_000_000
            try:
                archive.addfile(info, io.BytesIO(data))
            except ValueError:  # ustar cannot hold the name
                return
    if not files:
        return
    with tarfile.open(fileobj=io.BytesIO(out.getvalue())) as archive:
        expected = [(info.name, archive.extractfile(info).read()) for info in archive]  # type: ignore[union-attr]
    # the library drops trailing slashes and blanks of names; contents and order are what matters for those
    ours = members(out.getvalue())
    assert [data for _, data in ours] == [data for _, data in expected]
    assert [name.rstrip("/") for name, _ in ours] == [name for name, _ in expected]


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.tuples(names, contents), min_size=1, max_size=6, unique_by=lambda pair: pair[0]),
    st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]),
    st.booleans(),
)
def test_zip_gives_what_zipfile_gives(files: list[tuple[str, bytes]], method: int, streamed: bool) -> None:
    out = io.BytesIO()
    target = Unseekable(out) if streamed else out  # a streamed zip keeps its sizes after the data
    with zipfile.ZipFile(target, "w", method) as archive:  # type: ignore[arg-type]
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    with zipfile.ZipFile(io.BytesIO(out.getvalue())) as archive:
        expected = [archive.read(info) for info in archive.infolist()]
    assert [data for _, data in members(out.getvalue())] == expected
    assert [name for name, _ in members(out.getvalue())] == [zipfile.ZipInfo(name).filename for name, _ in files]


class Unseekable(io.RawIOBase):
    def __init__(self, out: io.BytesIO) -> None:
        self.out = out

    def write(self, data: bytes) -> int:  # type: ignore[override]
        return self.out.write(data)

    def writable(self) -> bool:
        return True


@pytest.mark.parametrize("size", [131_071, 131_072, 131_073, 262_144, 262_145])
def test_sizes_around_the_pieces_read_at_a_time_are_whole(size: int) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes(size))
    for data in (out.getvalue(), gzip.compress(bytes(size)), bz2.compress(bytes(size)), lzma.compress(bytes(size))):
        assert [content for _, content in members(data)] == [bytes(size)]


def test_a_large_zip_with_wide_fields_is_read() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, archive.open("wide", "w", force_zip64=True) as member:
        member.write(b"content")
    assert members(out.getvalue()) == [("wide", b"content")]


def test_a_member_larger_than_memory_is_spooled_and_whole() -> None:
    data = bytes(range(256)) * 50_000
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big", data)
    for piece in unpack(io.BytesIO(out.getvalue()), "x", Budget()):
        assert isinstance(piece, Member)
        assert not isinstance(piece.stream, io.BytesIO)
        assert piece.stream.read() == data


def test_inner_archives_are_members_and_are_looked_into() -> None:
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w:gz") as archive:
        info = tarfile.TarInfo("logs/auth.log")
        info.size = 4
        archive.addfile(info, io.BytesIO(b"line"))
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as zipped:
        zipped.writestr("backup.tgz", inner.getvalue())
    paths = [piece.path for piece in unpack_all(io.BytesIO(outer.getvalue()), "in.zip", Budget())]
    assert paths == ["in.zip!backup.tgz", "in.zip!backup.tgz!logs/auth.log"]


@pytest.mark.parametrize(
    ("first", "kind"),
    [("[Content_Types].xml", "office"), ("word/document.xml", "office"), ("mimetype", "office"), ("META-INF/MANIFEST.MF", "office"),
     ("logs/a.log", "zip"), ("wordlist.txt", "zip")],
)  # fmt: skip
def test_documents_are_told_from_other_zips(first: str, kind: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(first, b"x")
        archive.writestr("other", b"y")
    assert archive_kind(out.getvalue()[:65536]) == kind


@pytest.mark.parametrize("data", [b"", b"P", b"PK", b"text", bytes(512), b"\x1f", b"a" * 600, b"0" * 512])
def test_what_is_no_archive_is_none(data: bytes) -> None:
    assert archive_kind(data) == ""


def test_file_types_are_known_by_content() -> None:
    assert [file_type(head) for head in (b"MZ\x90", b"%PDF-1.7", b"{\\rtf1", b"#!/bin/sh", b"hello", b"")] == [
        "EXE", "PDF", "RTF", "SCRIPT", "", ""
    ]  # fmt: skip
