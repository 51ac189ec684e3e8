"""Kits are built whole or not at all, with what may leave and nothing else."""

from __future__ import annotations

import json
import os
import struct
import zipfile
from pathlib import Path

import pytest

from atttcli.errors import Conflict, InputError, MissingFeature, UsageError
from atttcli.field.kit.known import open_lists
from atttcli.field.kit.passport import read_passport
from atttcli.fleet.kits import kits
from atttcli.fleet.stick.interpreter import architecture_of, inspect_python
from atttcli.fleet.stick.modules import module_sets, own_tag, write_modules
from atttcli.fleet.stick.starters import page
from atttcli.model.observable import Indicator, ObservableType
from tests.support.stick_case import Centre, centre

place = pytest.fixture(centre)
PE = {"win32": 0x14C, "amd64": 0x8664, "arm64": 0xAA64}
SHA = "ab" * 32


def pe(machine: int) -> bytes:
    head = bytearray(b"MZ" + bytes(126))
    struct.pack_into("<I", head, 60, 128)
    return bytes(head) + b"PE\0\0" + struct.pack("<H", machine) + bytes(64)


def elf(machine: int) -> bytes:
    return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 3, machine) + bytes(64)


def windows_python(folder: Path, arch: str = "amd64", minor: int = 8) -> Path:
    folder.mkdir()
    for name in ("python.exe", f"python3{minor}.dll", "python3.dll", "_ctypes.pyd", "_sqlite3.pyd", "sqlite3.dll"):
        (folder / name).write_bytes(pe(PE[arch]))
    (folder / f"python3{minor}.zip").write_bytes(b"PK")
    return folder


def linux_python(folder: Path, machine: int = 62, version: str = "3.8") -> Path:
    (folder / "bin").mkdir(parents=True)
    (folder / "lib" / f"python{version}" / "test").mkdir(parents=True)
    (folder / "lib" / f"python{version}" / "os.py").write_text("")
    (folder / "lib" / f"python{version}" / "test" / "x.py").write_text("")
    (folder / "bin" / f"python{version}").write_bytes(elf(machine))
    (folder / "bin" / "pip3").write_text("#!")
    (folder / "lib" / f"python{version}" / "passwd").symlink_to("/etc/passwd")
    return folder


def wheel(folder: Path, name: str, members: dict[str, bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / name, "w") as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    return folder / name


def windows_wheels(folder: Path, platform: str = "win_amd64") -> Path:
    wheel(folder, f"yara_python-4.5.1-cp38-cp38-{platform}.whl", {"yara.cp38.pyd": b"MZ yara"})
    wheel(folder, f"pynacl-1.6.2-cp38-abi3-{platform}.whl", {"nacl/__init__.py": b"", "nacl/_sodium.pyd": b"MZ"})
    cffi = {"_cffi_backend.pyd": b"MZ", "cffi/api.py": b"", "cffi-1.17.1.dist-info/LICENSE": b"MIT"}
    wheel(folder, f"cffi-1.17.1-cp38-cp38-{platform}.whl", cffi)
    return folder


def test_a_windows_kit_has_all_that_it_starts_with(place: Centre, tmp_path) -> None:
    built = place.build(
        os="windows", arch="amd64", system_python=False, python=windows_python(tmp_path / "py"),
        wheels=windows_wheels(tmp_path / "wheels"),
    )  # fmt: skip
    names = {path.relative_to(built.folder).as_posix() for path in built.folder.rglob("*") if path.is_file()}
    assert names >= {
        "BAT-DAU.cmd", "HUONG-DAN.txt", "kit.json", "manifest.json", "manifest.json.minisig", "key/seed", "python/python.exe",
        "rules/yara.json", "lib/start.py", "lib/atttcli/field/main.py", "lib/cp38/yara.cp38.pyd", "lib/cp38/_cffi_backend.pyd",
    }  # fmt: skip
    assert not names & {"bat-dau.sh", "lib/cp38/cffi/api.py"}
    assert not [name for name in names if "/cli/" in name or "/store/" in name], "floor 0 and nothing above it"
    start = (built.folder / "BAT-DAU.cmd").read_bytes()
    assert start.isascii()
    assert start.count(b"\r\n") == start.count(b"\n") > 3
    assert read_passport(str(built.folder)).pythons == ("cp38",)
    assert place.check(built.folder).is_whole


def test_the_default_is_the_collector_and_nobody_can_sign_in_its_name(place: Centre) -> None:
    built = place.build(os="windows", arch="win32", system_python=False)
    names = {path.name for path in built.folder.rglob("*")}
    assert {"BAT-DAU.cmd", "collect.ps1", "kit.txt"} <= names
    assert "seed" not in names
    assert "yara.json" not in names
    assert built.passport.kind == "collector"


def test_the_page_is_one_page_that_warns_first_and_names_whom_to_ring(place: Centre) -> None:
    for system in ("windows", "linux"):
        built = place.build(f"USB {system}", os=system, arch="amd64", system_python=False)
        data = (built.folder / "HUONG-DAN.txt").read_bytes()
        text = data.decode("utf-8-sig")
        assert data.startswith(b"\xef\xbb\xbf")
        assert text.count("\r\n") == text.count("\n") <= 45
        assert text.index("KHÔNG CẮM USB NÀY VÀO MÁY ĐANG BỊ MÃ HOÁ") < text.index("CÁCH DÙNG")
        assert "0209 000 000" in text
        assert built.kit.number in text
        assert page(built.passport) == data


def test_only_rules_that_load_go_along(place: Centre, tmp_path) -> None:
    bad = tmp_path / "bad.yar"
    bad.write_text('rule good { condition: filesize == 1 }\nrule bad { strings: $a = "x" condition: $b }\n')
    chosen = place.rules(place.rule, bad)
    assert (chosen.rules, chosen.refused) == (2, 1)
    built = place.build(rules=chosen)
    value = json.loads((built.folder / "rules" / "yara.json").read_bytes())
    assert "$b" not in "".join(value["sources"].values())
    assert not list(built.folder.rglob("*.yarc"))


@pytest.mark.parametrize("mark", ["RED", "AMBER+STRICT"])
def test_what_its_mark_keeps_here_stays_unless_asked_for(place: Centre, tmp_path, mark) -> None:
    secret = tmp_path / "secret.yar"
    secret.write_text(f'rule secret {{ meta: tlp = "TLP:{mark}" strings: $a = "ZZZSECRET" condition: $a }}\n')
    listed = [
        Indicator(ObservableType.SHA256, SHA, "a", tlp=mark),
        Indicator(ObservableType.SHA256, "cd" * 32, "a", tlp="AMBER"),
        Indicator(ObservableType.DOMAIN, "x.example", "a"),
    ]
    kept = place.rules(place.rule, secret, indicators=listed)
    assert (kept.rules, kept.kept_here, kept.hashes) == (1, 2, 1)
    built = place.build(rules=kept)
    everything = b"".join(path.read_bytes() for path in built.folder.rglob("*") if path.is_file())
    assert b"ZZZSECRET" not in everything
    assert bytes.fromhex(SHA) not in everything
    assert SHA.encode() not in everything
    given = place.rules(place.rule, secret, indicators=listed, include_red=True)
    assert (given.rules, given.kept_here, given.hashes) == (2, 0, 2)
    lists = open_lists(str(place.build("đỏ", given).folder / "rules"), 0)
    assert lists is not None
    assert [one.value for one in lists.look_up("", SHA, "", "")] == [SHA]


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"os": "windows", "arch": "amd64"}, UsageError, "Windows has no Python"),
        ({"os": "linux", "arch": "win32"}, UsageError, "no kits for linux win32"),
        ({"os": "linux", "arch": "arm64"}, MissingFeature, "yara_python, pynacl, cffi"),
    ],
)
def test_what_cannot_start_is_not_built_and_takes_no_number(place: Centre, given, error, said) -> None:
    with pytest.raises(error, match=said):
        place.build(**given)
    assert kits(place.app.store) == []
    assert not (place.folder / "USB của tôi").exists()


def test_a_missing_wheel_is_named(place: Centre, tmp_path) -> None:
    wheels = windows_wheels(tmp_path / "wheels")
    next(wheels.glob("cffi*")).unlink()
    with pytest.raises(MissingFeature, match=r"Python 3\.8 there is no wheel of cffi in") as told:
        place.build(os="windows", system_python=False, python=windows_python(tmp_path / "py"), wheels=wheels)
    assert "--platform win_amd64 --python-version 3.8" in told.value.hint
    assert kits(place.app.store) == []


def test_a_folder_with_something_in_it_is_left_alone(place: Centre, tmp_path) -> None:
    (tmp_path / "USB của tôi").mkdir()
    (tmp_path / "USB của tôi" / "ảnh.jpg").write_bytes(b"x")
    with pytest.raises(Conflict, match="not empty"):
        place.build()
    assert [path.name for path in (tmp_path / "USB của tôi").iterdir()] == ["ảnh.jpg"]
    assert kits(place.app.store) == []


def test_an_empty_stick_with_what_windows_leaves_is_taken(place: Centre, tmp_path) -> None:
    litter = tmp_path / "USB của tôi" / "System Volume Information"
    litter.mkdir(parents=True)
    (litter / "IndexerVolumeGuid").write_bytes(b"x")
    built = place.build()
    state = place.check(built.folder)
    assert state.is_whole


def test_a_build_that_fails_leaves_nothing_and_its_number_is_revoked(place: Centre, tmp_path) -> None:
    wheels = windows_wheels(tmp_path / "wheels")
    next(wheels.glob("yara*")).write_bytes(b"no zip")
    with pytest.raises(InputError, match="no whole wheel"):
        place.build(os="windows", system_python=False, python=windows_python(tmp_path / "py"), wheels=wheels)
    assert not (tmp_path / "USB của tôi").exists()
    (kit,) = kits(place.app.store)
    assert kit.revoked is not None


@pytest.mark.parametrize("member", ["../../evil.py", "/etc/evil", "a/../../evil", "C:evil", "a\\..\\evil"])
def test_a_wheel_leads_nowhere_else(tmp_path, member) -> None:
    wheels = windows_wheels(tmp_path / "wheels")
    wheel(wheels, "yara_python-4.5.1-cp38-cp38-win_amd64.whl", {member: b"x"})
    (one,) = module_sets(wheels, "windows", "amd64", "cp38")
    with pytest.raises(InputError, match="leads elsewhere"):
        write_modules(one, tmp_path / "out" / "lib")
    assert not list(tmp_path.rglob("evil*"))


def test_the_wheel_for_the_oldest_systems_is_taken(tmp_path) -> None:
    folder = tmp_path / "wheels"
    for glibc in ("manylinux_2_34_x86_64", "manylinux_2_17_x86_64.manylinux2014_x86_64", "musllinux_1_2_x86_64"):
        wheel(folder, f"pynacl-1.6.2-cp38-abi3-{glibc}.whl", {"nacl/__init__.py": b""})
    for tag in ("cp38", "cp311"):
        for name in ("yara_python-4.5.1", "cffi-1.17.1"):
            wheel(folder, f"{name}-{tag}-{tag}-manylinux_2_5_x86_64.manylinux1_x86_64.whl", {"x": b""})
    found = module_sets(folder, "linux", "amd64")
    assert [(one.tag, one.glibc) for one in found] == [("cp38", (2, 17)), ("cp311", (2, 17))]
    with pytest.raises(MissingFeature, match=r"Python 3\.7"):
        module_sets(folder, "linux", "amd64", "cp37")


def test_pythons_are_known_by_their_headers(tmp_path) -> None:
    found = inspect_python(windows_python(tmp_path / "w", "win32"), "windows", "win32")
    assert (found.tag, found.program) == ("cp38", "python.exe")
    found = inspect_python(linux_python(tmp_path / "l"), "linux", "amd64")
    assert (found.tag, found.program) == ("cp38", "bin/python3.8")
    names = {path.relative_to(tmp_path / "l").as_posix() for path in found.files()}
    assert names == {"bin/python3.8", "lib/python3.8/os.py"}, "no tests, no other programs, no links out of the folder"
    assert architecture_of(tmp_path / "w" / "python.exe") == ("windows", "win32")


def test_pythons_that_would_not_start_are_refused_by_what_is_wrong(tmp_path) -> None:
    cases = [
        (
            windows_python(tmp_path / "1", "win32"),
            "windows",
            "amd64",
            "is for windows win32, the kit for windows amd64",
        ),
        (windows_python(tmp_path / "2", minor=7), "windows", "amd64", "3.8 or newer"),
        (linux_python(tmp_path / "3", machine=183), "linux", "amd64", "is for linux arm64"),
        (linux_python(tmp_path / "4"), "windows", "amd64", "no Python of Windows"),
        (windows_python(tmp_path / "5"), "linux", "amd64", "no Python in this folder"),
    ]
    (windows_python(tmp_path / "6") / "_sqlite3.pyd").unlink()
    cases.append((tmp_path / "6", "windows", "amd64", "lacks _sqlite3.pyd"))
    (windows_python(tmp_path / "7") / "python.exe").write_bytes(b"MZ")
    cases.append((tmp_path / "7", "windows", "amd64", "no program of Linux or Windows"))
    for folder, system, arch, said in cases:
        with pytest.raises(InputError, match=said):
            inspect_python(folder, system, arch)


@pytest.mark.parametrize("data", [b"", b"MZ", b"MZ" + b"\xff" * 100, b"\x7fELF", b"#!/bin/sh\n", b"PE\0\0"])
def test_what_is_no_program_is_none(tmp_path, data) -> None:
    (tmp_path / "p").write_bytes(data)
    with pytest.raises(InputError):
        architecture_of(tmp_path / "p")


def test_modules_of_this_machine_are_those_of_this_python(tmp_path) -> None:
    from atttcli.field.kit.machine import architecture, system

    (one,) = module_sets(None, system(), architecture())
    assert one.tag == own_tag()
    write_modules(one, tmp_path / "lib")
    names = os.listdir(tmp_path / "lib")
    assert [name for name in names if name.startswith("yara.")]
    assert "nacl" in names
    assert not [name for name in names if name == "cffi"], "no compiler of C goes along"
