"""Windows' alternate streams and cloud files, by a machine that plays Windows: code of this kind was not run there."""

from __future__ import annotations

import ctypes
import hashlib
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from atttcli.field import account
from atttcli.field.examine import Examiner, FileFinding, MemberProblem
from atttcli.field.match import Matcher
from atttcli.field.opening import kind_of
from atttcli.field.scanner import Scanner
from atttcli.field.streams import Stream, lister

yara = pytest.importorskip("yara")


class Kernel:
    """FindFirstStreamW and FindNextStreamW over a list of names; `error` is what stands at its end."""

    def __init__(self, names: list[tuple[str, int]], error: int = 38) -> None:
        self._names, self._at = names, 0
        self.last_error = error
        self.open = 0

    def _next(self, data: Any) -> bool:
        if self._at >= len(self._names):
            return False
        name, size = self._names[self._at]
        self._at += 1
        units = name.encode("utf-16-le", "surrogatepass")
        for index in range(296):
            data._obj.name[index] = int.from_bytes(units[2 * index : 2 * index + 2] or b"\0\0", "little")
        data._obj.size = size
        return True

    def FindFirstStreamW(self, _path: str, _level: int, data: Any, _flags: int) -> int | None:
        if not self._next(data):
            return ctypes.c_void_p(-1).value
        self.open += 1
        return 5

    def FindNextStreamW(self, _handle: int, data: Any) -> bool:
        return self._next(data)

    def FindClose(self, _handle: int) -> None:
        self.open -= 1


def listed(kernel: Kernel) -> list[Stream]:
    listing = lister("nt", kernel)
    assert listing is not None
    return list(listing("C:\\x.txt"))


def test_streams_are_named_and_the_content_itself_is_not() -> None:
    kernel = Kernel([("::$DATA", 9), (":Zone.Identifier:$DATA", 26), (":ẩn.exe:$DATA", 1 << 33), (":\ud800:$DATA", 1)])
    assert listed(kernel) == [Stream(":Zone.Identifier", 26), Stream(":ẩn.exe", 1 << 33), Stream(":\ud800", 1)]
    assert kernel.open == 0


@pytest.mark.parametrize("error", [38, 1, 50, 87])
def test_a_file_system_without_streams_has_none(error: int) -> None:
    assert listed(Kernel([], error)) == []


def test_what_cannot_be_listed_is_said() -> None:
    with pytest.raises(OSError, match="error 5"):
        listed(Kernel([], 5))
    with pytest.raises(OSError, match="streams"):
        listed(Kernel([(f":s{at}:$DATA", 1) for at in range(5000)]))


def test_elsewhere_there_are_none() -> None:
    assert lister("posix") is None


def test_a_stream_is_judged_as_a_member(tmp_path: Path) -> None:
    """Here `file:name` is a file of its own, which stands for the stream."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_bytes(b"clean")
    side = tmp_path / "side"
    side.mkdir()
    for name, content in (("a.txt:evil", b"a needle"), ("a.txt:Zone.Identifier", b"[ZoneTransfer]")):
        (side / name).write_bytes(content)
    (tmp_path / "in" / "a.txt").rename(side / "a.txt")
    names = [Stream(":evil", 8), Stream(":Zone.Identifier", 14), Stream(":gone", 3), Stream(":large", 1 << 40)]
    rules = yara.compile(
        source='rule n { strings: $a = "needle" condition: $a }',
        externals=dict.fromkeys(("filename", "filepath", "extension", "filetype", "owner"), ""),
    )
    examiner = Examiner(
        Matcher(rules), lambda *_file: (), streams=lambda path: iter(names if path.endswith(".txt") else ())
    )
    results = list(Scanner(examiner).run([str(side / "a.txt")]))
    (found,) = [one for one in results if isinstance(one, FileFinding)]
    assert (found.member, found.path) == (":evil", f"{side}/a.txt!:evil")
    assert found.sha256 == hashlib.sha256(b"a needle").hexdigest()
    problems = {one.member: one.reason for one in results if isinstance(one, MemberProblem)}
    assert problems == {":gone": account.VANISHED, ":large": "larger than 67108864 bytes"}


def info(attributes: int, tag: int = 0, mode: int = stat.S_IFREG) -> Any:
    return SimpleNamespace(st_mode=mode, st_file_attributes=attributes, st_reparse_tag=tag)


@pytest.mark.parametrize("flag", [0x1000, 0x40000, 0x400000])
def test_what_is_only_in_the_cloud_is_left_there_unless_told(flag: int) -> None:
    assert kind_of(info(flag)) == account.PLACEHOLDER
    assert kind_of(info(flag | 0x400, 0x9000701A)) == account.PLACEHOLDER
    assert kind_of(info(flag | 0x400, 0x9000701A), cloud=True) == ""


@pytest.mark.parametrize(
    ("tag", "why"),
    [
        (0xA000000C, account.LINK),  # symbolic link
        (0xA0000003, account.LINK),  # mount point, junction
        (0x8000001B, account.LINK),  # alias of a store program
        (0x9000601A, ""),  # a file of OneDrive that is on this disk
        (0x80000013, ""),  # deduplicated
        (0x80000017, ""),  # compressed by the system
    ],
)
def test_only_reparse_points_that_lead_elsewhere_are_links(tag: int, why: str) -> None:
    assert kind_of(info(0x400, tag)) == why
