"""Content decides what an input is, never its name."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from atttcli.ingest.route import Failure, Item, Manner, Router


def routed(*paths: Path) -> list[Item | Failure]:
    return list(Router([str(path) for path in paths], Manner()).items())


def test_a_log_named_as_a_picture_is_a_log(tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    path.write_text('192.0.2.1 - - [12/May/2021:09:00:00 +0700] "GET / HTTP/1.1" 200 5 "-" "M"\n' * 5)
    (item,) = routed(path)
    assert isinstance(item, Item)
    assert item.kind == "log"
    assert item.source is not None
    assert item.source.name == "web-access"


def test_archives_are_entered_to_their_limit_and_no_further(tmp_path: Path) -> None:
    data = b"MZ bottom"
    for depth in range(5):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr(f"{depth}.bin", data)
        data = out.getvalue()
    path = tmp_path / "nested.txt"
    path.write_bytes(data)
    found = routed(path)
    assert [one.kind for one in found if isinstance(one, Item)] == ["archive"] * 4
    assert any(isinstance(one, Failure) and "nested deeper" in one.reason for one in found)


def test_a_missing_path_is_a_failure_not_an_end(tmp_path: Path) -> None:
    there = tmp_path / "b"
    there.write_bytes(b"\x7fELF")
    found = routed(tmp_path / "a", there)
    assert [type(one) for one in found] == [Failure, Item]
