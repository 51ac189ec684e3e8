"""Bytes that wait on disk: read back whole, also when the disk takes no more."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from atttcli.ingest.spill import Spill


def test_read_back_in_any_order(tmp_path: Path) -> None:
    spill = Spill(tmp_path)
    kept = {place: data for data in (b"a" * 10, os.urandom(200_000), b"c") if (place := spill.put(data)) is not None}
    assert len(kept) == 3
    assert list(tmp_path.iterdir()) == [], "without a name: a kill leaves nothing"
    for place, data in reversed(kept.items()):
        assert b"".join(spill.get(place)) == data


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
def test_what_a_full_disk_took_before_can_still_be_read(tmp_path: Path) -> None:
    import resource

    spill = Spill(tmp_path)
    first = spill.put(b"first" * 20)
    assert first is not None
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6000, before[1]))
    try:
        second = spill.put(b"x" * 5000)
        assert second is not None
        assert spill.put(b"y" * 5000) is None
        assert spill.put(b"z") is None, "nothing more is tried"
        assert b"".join(spill.get(first)) == b"first" * 20
        assert b"".join(spill.get(second)) == b"x" * 5000
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_the_last_of_a_disk_is_left_to_what_must_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10**6))
    assert Spill(tmp_path).put(b"x") is None
