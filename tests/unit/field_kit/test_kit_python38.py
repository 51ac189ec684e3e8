"""The kit on the oldest Python that it is for, with that Python's own wheels."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from atttcli.exchange.bundles import NEW
from atttcli.field.kit.machine import architecture, system
from tests.support.stick_case import Centre, centre

place = pytest.fixture(centre)
OLD = sorted(Path("/root/.pyenv/versions").glob("3.8.*/bin/python3.8")) if os.access("/root/.pyenv", os.X_OK) else []


@pytest.fixture(scope="module")
def wheels(tmp_path_factory) -> Path:
    if not OLD:
        pytest.skip("there is no Python 3.8 here")
    folder = tmp_path_factory.mktemp("wheels")
    words = ["-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "--timeout", "5", "--retries", "0"]
    try:
        done = subprocess.run(
            [OLD[0], *words, "-d", folder, "yara-python", "PyNaCl", "cffi"],
            capture_output=True,
            timeout=60,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.skip("wheels for Python 3.8 cannot be had here")
    if done.returncode:
        pytest.skip("wheels for Python 3.8 cannot be had here")
    return folder


def test_it_scans_and_its_bundle_is_taken(place: Centre, tmp_path, wheels) -> None:
    machine = tmp_path / "máy"
    machine.mkdir()
    (machine / "xấu.php").write_bytes(b"..MARKER..")
    built = place.build(os=system(), arch=architecture(), wheels=wheels)
    assert built.passport.pythons == ("cp38",)
    told = subprocess.run(
        ["sh", built.folder / "bat-dau.sh", "--yes", "--on-battery", machine],
        env={"PATH": f"{OLD[0].parent}:/bin", "HOME": "/nonexistent"},
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert told.returncode in (1, 2), told.stdout + told.stderr
    assert "Có 1 tệp nghi ngờ" in told.stdout
    (taken,) = place.take(built.folder / "out")
    assert taken.state == NEW
    assert {alert["agency"] for alert in place.alerts()} == {"x-vi-huong"}


def test_every_module_of_the_kit_is_read_by_it(place: Centre, wheels) -> None:
    built = place.build(os=system(), arch=architecture(), wheels=wheels)
    lib = built.folder / "lib"
    names = [
        ".".join(path.relative_to(lib).with_suffix("").parts)
        for path in sorted((lib / "atttcli").rglob("*.py"))
        if "windows" not in path.name and path.name != "__main__.py"
    ]
    code = (
        "import importlib, sys; sys.path[:0] = sys.argv[1:3]; [importlib.import_module(name) for name in sys.argv[3:]]"
    )
    told = subprocess.run(
        [OLD[0], "-I", "-S", "-B", "-c", code, lib, lib / "cp38", *names], capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
