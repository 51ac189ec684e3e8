"""The kept form: another version, a damaged or a crafted file is never believed."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from atttcli.engines.indicators import IndicatorIndex, cached
from atttcli.errors import InputError
from atttcli.model.observable import Indicator, ObservableType

T = ObservableType
ONE = [Indicator(T.DOMAIN, "evil.example", "list"), Indicator(T.IPV4, "203.0.113.66", "list")]


def kept(folder: Path) -> Path:
    (file,) = folder.glob("*.indicators")
    return file


def test_is_private_and_used(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    IndicatorIndex.build(ONE, folder, "v1")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(kept(folder).stat().st_mode) == 0o600
    assert not list(folder.glob("*.part"))
    assert len(IndicatorIndex.build([], folder, "v1")) == 2
    assert len(IndicatorIndex.build([], folder, "v2")) == 0


@pytest.mark.parametrize("at", [0, 25, 60, -1, "evil", "list"])
def test_a_changed_byte_means_building_again(tmp_path: Path, at: int | str) -> None:
    IndicatorIndex.build(ONE, tmp_path, "v1")
    data = bytearray(kept(tmp_path).read_bytes())
    data[data.index(at.encode()) if isinstance(at, str) else at] ^= 1
    kept(tmp_path).write_bytes(data)
    with pytest.raises(InputError):
        cached.load(tmp_path, "v1")
    assert len(IndicatorIndex.build(ONE[:1], tmp_path, "v1")) == 1
    assert len(IndicatorIndex.build([], tmp_path, "v1")) == 1  # and the damaged one was replaced


@pytest.mark.parametrize("size", [0, 10, 50, 200])
def test_a_cut_file_means_building_again(tmp_path: Path, size: int) -> None:
    IndicatorIndex.build(ONE, tmp_path, "v1")
    kept(tmp_path).write_bytes(kept(tmp_path).read_bytes()[:size])
    assert len(IndicatorIndex.build(ONE, tmp_path, "v1")) == 2


def test_values_that_are_no_observables_are_counted() -> None:
    index = IndicatorIndex.build([*ONE, Indicator(T.IPV4, "300.1.2.3", "list"), Indicator(T.DOMAIN, "com", "list")])
    assert (len(index), index.rejected) == (2, 2)


def test_same_list_same_digest() -> None:
    assert IndicatorIndex.build(ONE).digest == IndicatorIndex.build(iter(ONE)).digest
    assert IndicatorIndex.build(ONE).digest != IndicatorIndex.build(ONE[:1]).digest
