"""Large files: mapped and matched whole up to the limit, said beyond it, hashes looked up in any case."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from atttcli.ingest import whole
from tests.support.ingest_case import attt, new_workspace, rows

CONTENT = b"\x00" * 300_000 + b"MARKER"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    made = new_workspace(tmp_path / "ws")
    (made / "rules" / "yara").mkdir(parents=True)
    (made / "rules" / "yara" / "r.yar").write_text(
        'rule at_the_end { strings: $m = "MARKER" condition: $m at filesize - 6 and uint32(0) == 0 }\n'
    )
    (tmp_path / "memory.img").write_bytes(CONTENT)
    return tmp_path


def alerts(place: Path) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in rows(place / "ws", "SELECT rule_id, key FROM alert")]


@pytest.mark.parametrize("mapped", [1000, 10_000_000])
def test_a_file_is_matched_whole_mapped_or_not(place: Path, monkeypatch: pytest.MonkeyPatch, mapped: int) -> None:
    monkeypatch.setattr(whole, "_MAPPED", mapped)
    attt(place / "ws", "ingest", str(place / "memory.img"))
    assert alerts(place) == [("r.yar:at_the_end", DIGEST)]


def test_a_member_of_an_archive_is_mapped_too(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "_MAPPED", 1000)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("dump/memory.img", CONTENT)
    (place / "dump.zip").write_bytes(packed.getvalue())
    attt(place / "ws", "ingest", str(place / "dump.zip"))
    assert alerts(place) == [("r.yar:at_the_end", DIGEST)]


def test_beyond_the_limit_it_is_said_and_the_hash_still_counts(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "LARGEST", 200_000)
    (place / "list.csv").write_text(f"md5\n{hashlib.md5(CONTENT).hexdigest()}\n", encoding="utf-8")
    attt(place / "ws", "ingest", str(place / "list.csv"), str(place / "memory.img"))
    assert [kind for (kind,) in rows(place / "ws", "SELECT kind FROM alert")] == ["indicator"]
    ((reason,),) = rows(place / "ws", "SELECT reason FROM read_problem")
    assert "not matched by YARA" in reason


def test_a_file_that_shrank_is_a_problem_and_no_crash(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "_MAPPED", 1000)

    def shrunk(*_: object, **__: object) -> None:
        raise ValueError("mmap length is greater than file size")

    monkeypatch.setattr(whole.mmap, "mmap", shrunk)
    attt(place / "ws", "ingest", str(place / "memory.img"))
    ((reason,),) = rows(place / "ws", "SELECT reason FROM read_problem")
    assert "changed while it was being read" in reason
