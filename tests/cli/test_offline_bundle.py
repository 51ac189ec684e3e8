"""`make bundle`: the folder installs where there is no network, and not when anybody touched it. Wheels come through pip."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from atttcli.signing.files import INSTALLER, verify_file
from atttcli.signing.keys import KeyPair, write_key

ROOT = Path(__file__).resolve().parents[2]
MAKER, OTHER = KeyPair(b"m" * 32, b"n" * 32), KeyPair(b"o" * 32, b"p" * 32)
pytest.importorskip("hatchling")
if sys.platform != "linux" or os.uname().machine != "x86_64":
    pytest.skip("the bundle's Linux half is for x86-64", allow_module_level=True)


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"ci_{name}", ROOT / ".ci" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _no_network() -> bool:
    """Whether a namespace without a network can be made here, and really has none."""
    words = ["unshare", "-rn", sys.executable, "-c", "import socket; socket.create_connection(('192.0.2.1', 9), 1)"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)
    except OSError:
        return False
    return "unreachable" in done.stderr


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Linux alone and without the optional features, to be quick; signed."""
    base = tmp_path_factory.mktemp("offline")
    key = write_key(base / "keys", MAKER)
    words = [ROOT / ".ci" / "offline_bundle.py", base / "made", "--slim", "--only", "linux-x86_64", "--key", key.path]
    done = subprocess.run(
        [sys.executable, *map(str, words)], cwd=ROOT, capture_output=True, text=True, timeout=110, check=False
    )
    if "cannot be had" in done.stderr:
        pytest.skip("no wheels can be had here: " + done.stderr.splitlines()[-1])
    assert done.returncode == 0, done.stdout + done.stderr
    yield base / "made"


def _install(folder: Path, target: Path, *words: str, isolated: bool = True) -> subprocess.CompletedProcess[str]:
    start = ["unshare", "-rn"] if isolated else []
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHON": sys.executable, "LANG": "C.UTF-8"}
    command = [*start, "sh", str(folder / "install.sh"), *words, str(target)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=110, check=False, cwd="/")


@pytest.mark.skipif(not _no_network(), reason="a namespace without a network cannot be made here (unshare -rn)")
def test_it_installs_and_works_without_a_network(bundle: Path, tmp_path: Path) -> None:
    carried = Path(shutil.copytree(bundle, tmp_path / "thư mục USB", copy_function=os.link))
    target = tmp_path / "opt atttcli"
    wrong = _install(carried, target, "--fingerprint", "0000 0000 0000 0000 0000 0000")
    assert wrong.returncode == 7 and not (target / "current").exists()
    done = _install(carried, target, "--fingerprint", MAKER.public.fingerprint)
    assert done.returncode == 0, done.stdout + done.stderr
    assert MAKER.public.fingerprint in done.stdout
    program = ["unshare", "-rn", str(target / "bin" / "atttcli")]
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "ATTTCLI_HOME": str(tmp_path / "home"),
        "LANG": "C.UTF-8",
    }
    said = subprocess.run(
        [*program, "--version"], env=environment, capture_output=True, text=True, timeout=30, check=True
    )
    assert said.stdout.startswith("atttcli, version")
    demo = subprocess.run(
        [*program, "--lang", "vi", "demo", "here"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        cwd=tmp_path,
        check=False,
    )
    assert demo.returncode == 0, demo.stdout[-1500:] + demo.stderr[-1500:]
    assert list((tmp_path / "here" / "bac-kan" / "outbox").glob("*.docx"))
    before = (target / "current").readlink()
    again = _install(carried, target)  # an upgrade to the same is nothing
    assert again.returncode == 0 and (target / "current").readlink() == before
    foreign = Path(shutil.copytree(carried, tmp_path / "foreign", copy_function=os.link))
    for name in ("SHA256SUMS", "SHA256SUMS.minisig", "maker.pub"):
        (foreign / name).unlink()
    _module("offline_bundle").sign(foreign, write_key(tmp_path / "keys", OTHER).path)
    refused = _install(foreign, target)
    assert refused.returncode == 4 and (target / "current").readlink() == before
    assert (target / "maker.pub").read_bytes() == (carried / "maker.pub").read_bytes()


@pytest.mark.parametrize("how", ["changed", "added", "missing", "link", "sums"])
def test_a_folder_that_anybody_touched_installs_nothing(bundle: Path, tmp_path: Path, how: str) -> None:
    carried = Path(shutil.copytree(bundle, tmp_path / "usb", copy_function=os.link))
    wheel = next((carried / "wheels").rglob("click-*.whl"))
    if how == "changed":
        data = bytearray(wheel.read_bytes())
        data[len(data) // 2] ^= 1
        wheel.unlink()
        wheel.write_bytes(data)
    elif how == "added":
        (carried / "wheels" / "linux-x86_64" / "evil-1.0-py3-none-any.whl").write_bytes(b"x")
    elif how == "missing":
        wheel.unlink()
    elif how == "link":
        wheel.rename(tmp_path / "elsewhere.whl")
        wheel.symlink_to(tmp_path / "elsewhere.whl")
    else:
        sums = carried / "SHA256SUMS"
        text = sums.read_text().replace("sbom", "sbon")
        sums.unlink()
        sums.write_text(text)
    done = _install(carried, tmp_path / "opt", isolated=False)
    assert done.returncode == 7, done.stdout + done.stderr
    assert not (tmp_path / "opt").exists()


def test_what_is_in_it(bundle: Path) -> None:
    sbom = _module("sbom")
    bom = json.loads((bundle / "sbom.cdx.json").read_text())
    assert sbom.faults(bom) == []
    names = {one["name"] for one in bom["components"]}
    assert {"click", "yara-python", "pynacl", "scapy"} <= names and not {"pytest", "ruff", "mypy"} & names
    files = {
        file["name"]: file["hashes"][0]["content"]
        for one in [bom["metadata"]["component"], *bom["components"]]
        for file in one["components"]
    }
    listed = (bundle / "requirements-linux-x86_64-{}.{}.txt".format(*sys.version_info[:2])).read_text().splitlines()
    assert sorted(line.rpartition(":")[2] for line in listed) == sorted(files.values())
    assert {path.name for path in bundle.rglob("*.whl")} == set(files)
    (main,) = [one["dependsOn"] for one in bom["dependencies"] if one["ref"].startswith("pkg:pypi/atttcli@")]
    assert any(one.startswith("pkg:pypi/click@") for one in main)
    verify_file(bundle / "SHA256SUMS", [MAKER.public], INSTALLER)
    text = b"".join(path.read_bytes() for path in bundle.iterdir() if path.is_file())
    assert b"https://" not in text.replace(b"https://www.apache.org", b"").replace(b"http://www.apache.org", b"")
    assert all(b"\r\n" in (bundle / name).read_bytes() for name in ("install.cmd", "CAI-DAT.txt"))
    assert b"@" + b"VERSION@" not in text and (bundle / "install.cmd").read_bytes().isascii()


def test_the_bill_is_held_against_rules_that_bite(bundle: Path) -> None:
    sbom = _module("sbom")
    text = (bundle / "sbom.cdx.json").read_text()
    for old, new in (
        ("1.5", "9"),
        ("SHA-256", "MD5"),
        ("urn:uuid:", "uuid:"),
        ('"library"', '"thing"'),
        ("pkg:pypi/click@", "pkg:npm/click@"),
    ):
        assert sbom.faults(json.loads(text.replace(old, new, 1))), old


@pytest.mark.slow
def test_killed_while_it_installs_it_is_installed_by_the_next_run(bundle: Path, tmp_path: Path) -> None:
    target = tmp_path / "opt"
    for seconds in (0.5, 2, 4, 8):
        command = ["sh", str(bundle / "install.sh"), str(target)]
        child = subprocess.Popen(
            command,
            env={**os.environ, "PYTHON": sys.executable},
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(seconds)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        if (target / "current").exists():
            subprocess.run([str(target / "bin" / "atttcli"), "--version"], check=True, capture_output=True, timeout=30)
    assert _install(bundle, target, isolated=False).returncode == 0
    subprocess.run([str(target / "bin" / "atttcli"), "--version"], check=True, capture_output=True, timeout=30)


@pytest.mark.slow
def test_the_whole_of_it_for_both_systems(tmp_path: Path) -> None:
    words = [sys.executable, str(ROOT / ".ci" / "offline_bundle.py"), str(tmp_path / "made")]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    if "cannot be had" in done.stderr:
        pytest.skip("no wheels can be had here")
    assert done.returncode == 0, done.stderr
    windows = {path.name for path in (tmp_path / "made" / "wheels" / "win-amd64").iterdir()}
    assert any(name.startswith("tzdata-") for name in windows) and any("win_amd64" in name for name in windows)
    assert not any("manylinux" in name for name in windows)
