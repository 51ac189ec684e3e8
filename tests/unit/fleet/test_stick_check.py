"""A stick that comes back is looked at, never run and never believed for what it says of itself."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from atttcli.errors import InputError
from atttcli.field.kit.contents import ADDED, CHANGED, MISSING
from atttcli.fleet.kits import revoke_kit
from tests.support.stick_case import Centre, centre

place = pytest.fixture(centre)


@pytest.fixture
def stick(place: Centre) -> Path:
    return place.build(system_python=False).folder


def differences(place: Centre, folder: Path) -> list[tuple[str, str]]:
    return [(one.path, one.what) for one in place.check(folder).changed]


def test_what_was_added_changed_or_taken_away_is_named(place: Centre, stick) -> None:
    (stick / "autorun.inf").write_text("[autorun]")
    (stick / "collector" / "kit.txt").write_bytes((stick / "collector" / "kit.txt").read_bytes() + b"x")
    (stick / "HUONG-DAN.txt").unlink()
    (stick / "mới").mkdir()
    (stick / "mới" / "a.exe").write_bytes(b"MZ")
    assert differences(place, stick) == [
        ("HUONG-DAN.txt", MISSING), ("autorun.inf", ADDED), ("collector/kit.txt", CHANGED), ("mới/a.exe", ADDED),
    ]  # fmt: skip
    assert not place.check(stick).is_whole


def test_what_systems_leave_does_not_count_and_what_a_kit_writes_neither(place: Centre, stick) -> None:
    for name in (
        "System Volume Information/WPSettings.dat",
        ".Trash-1000/info/a",
        "state/x.json",
        "out/y.attb",
        "._kit.json",
    ):
        (stick / name).parent.mkdir(parents=True, exist_ok=True)
        (stick / name).write_bytes(b"x")
    state = place.check(stick)
    assert state.is_whole
    assert sorted(one.path for one in state.differences) == [
        ".Trash-1000/info/a", "._kit.json", "System Volume Information/WPSettings.dat",
    ]  # fmt: skip
    assert [one.path.name for one in state.new] == ["y.attb"]


@pytest.mark.parametrize("name", ["System Volume Information/x.exe", "$RECYCLE.BIN/S-1/a.lnk", "desktop.ini/run.VBS"])
def test_what_can_be_started_is_nobodys_litter(place: Centre, stick, name) -> None:
    (stick / name).parent.mkdir(parents=True)
    (stick / name).write_bytes(b"x")
    assert differences(place, stick) == [(name, ADDED)]


@pytest.mark.parametrize("name", ["manifest.json", "manifest.json.minisig", "kit.json", "out", "HUONG-DAN.txt"])
def test_odd_things_in_a_files_place_hold_up_nobody(place: Centre, stick, name) -> None:
    for make in (os.mkfifo, lambda path: os.symlink("/dev/zero", path), os.mkdir):
        path = stick / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
        make(path)
        state = place.check(stick)
        if name == "out":
            assert state.new == ()
        else:
            assert not state.is_whole


@pytest.mark.parametrize("name", ["manifest.json", "manifest.json.minisig"])
@pytest.mark.parametrize("data", [b"", b"{}", b"\xff" * 100, b"x" * 20_000_000])
def test_a_manifest_that_is_none_is_told(place: Centre, stick, name, data) -> None:
    (stick / name).write_bytes(data)
    state = place.check(stick)
    assert state.fault is not None
    assert not state.is_whole


def test_a_kit_of_another_centre_is_not_ours(place: Centre, stick, tmp_path) -> None:
    other = Centre(_made(tmp_path / "other"))
    try:
        state = place.check(other.build("USB khác", system_python=False).folder)
    finally:
        other.app.close()
    assert state.fault is not None
    assert state.fault.code == "refused"
    assert (state.kit, state.is_whole) == (None, False)


def test_a_revoked_kit_is_still_recognised(place: Centre, stick) -> None:
    revoke_kit(place.journal, "1", "mất USB")
    state = place.check(stick)
    assert state.is_whole
    assert state.kit is not None
    assert state.kit.state(place.app.clock.now()) == "revoked"


def test_a_folder_that_is_no_kit(place: Centre, tmp_path) -> None:
    with pytest.raises(InputError, match="no kit"):
        place.check(_made(tmp_path / "nothing"))


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
