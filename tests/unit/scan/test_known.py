"""Lists kept as sorted files: damage is said once and mended by the next scan."""

from __future__ import annotations

from pathlib import Path

import pytest

from atttcli.errors import InputError
from atttcli.model.observable import Indicator, ObservableType
from atttcli.scan.known import is_built, known_files

BAD = "a" * 64


def test_a_damaged_set_is_thrown_away_and_built_again(tmp_path: Path) -> None:
    lists = [Indicator(ObservableType.SHA256, BAD, "thư"), Indicator(ObservableType.FILE, "x.exe", "thư")]
    known = known_files(lists, "one", tmp_path, 0)
    assert known is not None
    assert [found.rule_id for found in known.look_up("/a", BAD, "", "")] == [f"sha256:{BAD}"]
    (hashes,) = tmp_path.glob("*-one/hashes.bin")
    data = hashes.read_bytes()
    at = data.index(b"{")
    hashes.write_bytes(data[:at] + b"[" + data[at + 1 :])  # as long as before: seen only by who meets it
    damaged = known_files((), "one", tmp_path, 0)
    assert damaged is not None
    assert list(damaged.look_up("/a", "b" * 64, "", "")) == []
    with pytest.raises(InputError, match="damaged"):
        list(damaged.look_up("/a", BAD, "", ""))
    assert not is_built("one", tmp_path)
    mended = known_files(lists, "one", tmp_path, 0)
    assert mended is not None
    assert [found.rule_id for found in mended.look_up("/x.exe", BAD, "", "")] == [f"sha256:{BAD}", "file:x.exe"]


@pytest.mark.parametrize("cut", [0, 3, 8, 20, 24, -1, -30])
def test_a_set_that_is_not_whole_is_built_again_at_once(tmp_path: Path, cut: int) -> None:
    lists = [Indicator(ObservableType.SHA256, BAD, "thư")]
    known_files(lists, "one", tmp_path, 0)
    (hashes,) = tmp_path.glob("*-one/hashes.bin")
    hashes.write_bytes(hashes.read_bytes()[:cut])
    known = known_files(lists, "one", tmp_path, 0)
    assert known is not None
    assert list(known.look_up("/a", BAD, "", ""))
