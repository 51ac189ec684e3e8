"""A thousand power cuts: nothing acknowledged is lost, the chain holds, projections equal a fold, evidence is whole.

The tool's own Store, Journal and casework run with their own settings over a disk that reorders, tears and drops what was
not flushed (`tests/support/power_*`). That the harness bites is shown by runs that flush less: they must lose something.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("apsw", reason="the VFS of the harness needs apsw")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the simulated disk reads /proc")

from tests.support.power_cut import cut_often  # noqa: E402


@pytest.mark.parametrize("seed", range(3))
def test_a_power_cut_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    found, acknowledged = cut_often(tmp_path, 20, seed, monkeypatch)
    assert found == []
    assert acknowledged > 20


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(100, 110))
def test_a_thousand_power_cuts_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    found, acknowledged = cut_often(tmp_path, 100, seed, monkeypatch)
    assert found == []
    assert acknowledged > 200


@pytest.mark.parametrize("setting", ["synchronous=NORMAL", "synchronous=OFF"])
def test_the_harness_sees_what_a_weaker_setting_loses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    found, _ = cut_often(tmp_path, 15, 1, monkeypatch, (setting,))
    assert any("acknowledged and lost" in text for text in found)


def test_the_harness_sees_a_disk_that_lies_about_flushing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = cut_often(tmp_path, 15, 2, monkeypatch, lying=True)
    assert len(found) > 3
