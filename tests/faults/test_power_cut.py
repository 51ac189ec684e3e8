"""A thousand power cuts: nothing acknowledged is lost, the chain holds, projections equal a fold, evidence is whole.

The tool's own Store, Journal and casework run with their own settings over a disk that reorders, tears and drops what was
not flushed (`tests/support/power_*`). That the harness bites is shown by runs that flush less: they must lose something.
"""

from __future__ import annotations

import random
import shutil
import sys
from pathlib import Path

import pytest

from atttcli.cli.workspace import make_workspace
from atttcli.clock import Clock
from atttcli.inventory import load_organisation

pytest.importorskip("apsw", reason="the VFS of the harness needs apsw")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the simulated disk reads /proc")

from tests.support import ingest_case  # noqa: E402
from tests.support.power_cut import Told, cut_during, cut_often, faults, new_root  # noqa: E402


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


def _ingest_cut_often(folder: Path, cuts: int, seed: int, patch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)
    root = new_root(folder / "root", patch)
    inbox = ingest_case.sample_inbox(folder / "inbox")
    from atttcli.ingest import logs

    patch.setattr(logs, "BLOCK", 128)  # the samples are small; so they take many commits
    patch.setattr(logs, "SEGMENT", 256)

    def ingest(disk: Path) -> None:
        assert ingest_case.attt(disk / "ws", "ingest", str(inbox)).exit_code == 2  # one log of the samples is cut

    clean = Path(shutil.copytree(root, folder / "clean"))
    patch.setenv("ATTTCLI_HOME", str(clean / "home"))
    ingest(clean)
    expected = ingest_case.dump(clean / "ws")
    for left in cut_during(ingest, root, cuts, chance, patch):
        assert faults(left, Told(), patch) == [], f"seed {seed} {left.name}"
        patch.setenv("ATTTCLI_HOME", str(left / "home"))
        ingest(left)
        found = ingest_case.dump(left / "ws")
        for name, value in expected.items():
            assert found[name] == value, f"{name} differs: seed {seed} {left.name}"
        shutil.rmtree(left)


def test_ingest_after_a_power_cut_is_one_clean_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _ingest_cut_often(tmp_path, 4, 1, monkeypatch)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(10))
def test_ingest_after_a_hundred_power_cuts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    _ingest_cut_often(tmp_path, 10, seed, monkeypatch)


def test_init_can_be_repeated_after_a_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = load_organisation("bac-kan")

    def init(disk: Path) -> None:
        make_workspace(disk / "ws", place, "vn-2017", "vi", Clock(), "lan")

    (tmp_path / "root").mkdir()
    whole = 0
    for left in cut_during(init, tmp_path / "root", 60, random.Random(3), monkeypatch):
        monkeypatch.setenv("ATTTCLI_HOME", str(left / "home"))
        whole += (left / "ws" / "atttcli.toml").exists()
        if not (left / "ws" / "atttcli.toml").exists():
            init(left)
        assert faults(left, Told(), monkeypatch) == [], left.name
    assert whole < 60
