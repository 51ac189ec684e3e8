"""What a kit knows of the machine it is plugged into; Windows by stand-ins for its interfaces."""

from __future__ import annotations

import ctypes
import sys
from types import SimpleNamespace

import pytest

from atttcli.field.kit import machine
from atttcli.field.kit.screen import Screen, tail


class Terminal:
    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return True


@pytest.fixture
def windows(monkeypatch):
    """Drives A: (removable), C: and D: (fixed), E: (network)."""
    kinds = {"A": 2, "C": 3, "D": 3, "E": 4}
    kernel = SimpleNamespace(
        GetLogicalDrives=lambda: sum(1 << (ord(letter) - 65) for letter in kinds),
        GetDriveTypeW=lambda root: kinds[root.value[0]],
    )
    shell = SimpleNamespace(IsUserAnAdmin=lambda: 1)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel, shell32=shell), raising=False)
    monkeypatch.setattr(machine, "os", SimpleNamespace(name="nt"))
    monkeypatch.setattr(machine, "sys", SimpleNamespace(platform="win32"))

    class Key:
        def __enter__(self) -> Key:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    asked = []
    registry = SimpleNamespace(
        KEY_READ=1, KEY_WOW64_64KEY=256, HKEY_LOCAL_MACHINE=0, asked=asked,
        OpenKey=lambda *given: asked.append(given) or Key(), QueryValueEx=lambda key, name: ("guid-" + name, 1),
    )  # fmt: skip
    monkeypatch.setitem(sys.modules, "winreg", registry)
    return registry


def test_fixed_disks_of_windows_are_scanned_and_no_others(windows) -> None:
    assert machine.local_disks() == ["C:\\", "D:\\"]
    assert machine.is_administrator()
    assert machine.system() == "windows"


def test_the_machine_of_windows_is_told_by_its_guid_as_64_bits_see_it(windows, monkeypatch) -> None:
    monkeypatch.setattr(machine.platform, "node", lambda: "PC-01")
    monkeypatch.setattr(machine.platform, "machine", lambda: "AMD64")
    one = machine.this_machine()
    assert (one.name, one.os, one.arch, len(one.machine_id)) == ("PC-01", "windows", "amd64", 32)
    assert windows.asked[0][3] & windows.KEY_WOW64_64KEY, "a 32-bit Python sees another one else"
    monkeypatch.setattr(machine.platform, "node", lambda: "PC-02")
    assert machine.this_machine().machine_id != one.machine_id, "disks are copied, identity and all"


def test_a_machine_without_identity_is_told_by_its_name(monkeypatch) -> None:
    monkeypatch.setattr(machine, "_IDENTITIES", ("/nonexistent",))
    assert len(machine.this_machine().machine_id) == 32


@pytest.mark.parametrize("name", ["a\x1b[2Jb.php", "a\nSạch: đã quét", "a\u202egnp.exe", "\udcff.exe", "a\rSạch"])
def test_no_name_of_a_file_steers_the_screen(name) -> None:
    terminal = Terminal()
    screen = Screen(terminal)  # type: ignore[arg-type]
    screen.progress(name)
    screen.line("chưa quét: " + name)
    shown = terminal.text.replace("\r", "")
    assert all(char.isprintable() or char == "\n" for char in shown)
    assert shown.count("\n") == 1
    assert terminal.text.count("\r") <= 3


def test_the_end_of_a_path_is_what_is_shown() -> None:
    assert tail("/ngắn") == "/ngắn"
    assert tail("/" + "x" * 100 + "/y.php").endswith("/y.php")
    assert len(tail("x" * 100)) == 40


def test_a_file_system_without_modes_keeps_results_all_the_same(tmp_path, monkeypatch) -> None:
    from atttcli.field.cache import ScanCache

    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.chmod", refused)
    cache = ScanCache(str(tmp_path / "files.db"), "pack")
    assert cache.note == ""
    cache.close()
