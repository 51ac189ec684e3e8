"""What Windows says of itself, by its own interfaces through ctypes and winreg: nothing is started, nothing is changed.

Written from Microsoft's documentation and tried with stand-ins; not run on Windows yet (docs/host-checks.md says so). Every
function gives plain values, so that the checks above know nothing of ctypes. Importable anywhere. Python 3.8-clean.
"""

from __future__ import annotations

import ctypes
import ipaddress
import struct
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

_MAX_PATH, _LONG_PATH = 260, 32_768
_SNAP_PROCESS = 0x2
_QUERY_LIMITED = 0x1000
_COMMAND_LINE = 60  # ProcessCommandLineInformation, Windows 8.1 and newer
_AF_INET, _AF_INET6 = 2, 23
_TCP_OWNER_PID_ALL, _UDP_OWNER_PID = 5, 1
_INSUFFICIENT = 122
_MOST_BYTES = 64 * 1024 * 1024
_FILTER_NORMAL, _ALL, _MORE = 2, 0xFFFFFFFF, 234
_STATES = {
    1: "closed",
    2: "listening",
    3: "syn-sent",
    4: "syn-received",
    5: "established",
    8: "close-wait",
    11: "time-wait",
}
_MOST_VALUES = 20_000
_KEY_READ_64, _KEY_READ_32 = 0x20019 | 0x100, 0x20019 | 0x200


class WindowsProcess(NamedTuple):
    """One process; `exe` and `command` are empty where the system does not tell us."""

    pid: int
    ppid: int
    name: str
    exe: str
    command: str


class WindowsSocket(NamedTuple):
    """One line of the tables of connections."""

    protocol: str
    local: str
    local_port: int
    remote: str
    remote_port: int
    state: str
    pid: int


class WindowsUser(NamedTuple):
    """One local account. `privilege`: 0 guest, 1 user, 2 administrator; `password_age` in seconds."""

    name: str
    flags: int
    privilege: int
    password_age: int
    last_logon: int


class _ProcessEntry(ctypes.Structure):
    _fields_ = (
        ("size", ctypes.c_uint32), ("usage", ctypes.c_uint32), ("pid", ctypes.c_uint32), ("heap", ctypes.c_size_t),
        ("module", ctypes.c_uint32), ("threads", ctypes.c_uint32), ("parent", ctypes.c_uint32), ("priority", ctypes.c_int32),
        ("flags", ctypes.c_uint32), ("name", ctypes.c_wchar * _MAX_PATH),
    )  # fmt: skip


class _UnicodeString(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("maximum", ctypes.c_uint16), ("buffer", ctypes.c_void_p))


class _UserInfo3(ctypes.Structure):
    """USER_INFO_3 up to the last log-on and beyond, as lmaccess.h lays it out."""

    _fields_ = tuple(
        (name, ctypes.c_wchar_p if name in ("name", "home", "comment", "script", "full_name", "user_comment", "parameters",
                                            "workstations", "server", "profile", "drive") else
         ctypes.c_void_p if name in ("password", "hours") else ctypes.c_uint32)
        for name in ("name", "password", "password_age", "privilege", "home", "comment", "flags", "script", "auth_flags",
                     "full_name", "user_comment", "parameters", "workstations", "last_logon", "last_logoff", "expires",
                     "storage", "units", "hours", "bad_passwords", "logons", "server", "country", "code_page", "user_id",
                     "group_id", "profile", "drive", "password_expired")
    )  # fmt: skip


def library(name: str) -> Any:
    """A system library; OSError anywhere but on Windows."""
    loader = getattr(ctypes, "WinDLL", None)
    if loader is None:
        raise OSError("no interfaces of Windows on this system")
    return loader(name, use_last_error=True)


def processes() -> Iterator[WindowsProcess]:
    """All processes of a Toolhelp32 snapshot; paths and command lines where we may ask."""
    kernel = library("kernel32")
    kernel.CreateToolhelp32Snapshot.restype = ctypes.c_void_p
    snapshot = kernel.CreateToolhelp32Snapshot(_SNAP_PROCESS, 0)
    if snapshot in (None, ctypes.c_void_p(-1).value):
        raise OSError("the processes cannot be listed")
    entry = _ProcessEntry(size=ctypes.sizeof(_ProcessEntry))
    try:
        more = kernel.Process32FirstW(ctypes.c_void_p(snapshot), ctypes.byref(entry))
        while more:
            exe, command = _image_and_command(kernel, int(entry.pid))
            yield WindowsProcess(int(entry.pid), int(entry.parent), str(entry.name), exe, command)
            more = kernel.Process32NextW(ctypes.c_void_p(snapshot), ctypes.byref(entry))
    finally:
        kernel.CloseHandle(ctypes.c_void_p(snapshot))


def _image_and_command(kernel: Any, pid: int) -> Tuple[str, str]:
    kernel.OpenProcess.restype = ctypes.c_void_p
    handle = kernel.OpenProcess(_QUERY_LIMITED, False, pid)
    if not handle:
        return "", ""
    handle = ctypes.c_void_p(handle)
    try:
        path = ctypes.create_unicode_buffer(_LONG_PATH)
        size = ctypes.c_uint32(_LONG_PATH)
        exe = path.value if kernel.QueryFullProcessImageNameW(handle, 0, path, ctypes.byref(size)) else ""
        return exe, _command(handle)
    finally:
        kernel.CloseHandle(handle)


def _command(handle: Any) -> str:
    """The command line; empty before Windows 8.1, which tells it only to a debugger."""
    query = library("ntdll").NtQueryInformationProcess
    buffer = ctypes.create_string_buffer(_LONG_PATH * 2 + ctypes.sizeof(_UnicodeString) + 2)
    done = ctypes.c_uint32(0)
    if query(handle, _COMMAND_LINE, buffer, ctypes.sizeof(buffer) - 2, ctypes.byref(done)) != 0:
        return ""
    text = _UnicodeString.from_buffer(buffer)
    return ctypes.wstring_at(text.buffer, text.length // 2) if text.buffer else ""


def sockets() -> Iterator[WindowsSocket]:
    """TCP and UDP, both versions of IP, with the process of each."""
    helper = library("iphlpapi")
    for family in (_AF_INET, _AF_INET6):
        yield from parse_tcp(_table(helper.GetExtendedTcpTable, family, _TCP_OWNER_PID_ALL), family == _AF_INET6)
        yield from parse_udp(_table(helper.GetExtendedUdpTable, family, _UDP_OWNER_PID), family == _AF_INET6)


def _table(ask: Any, family: int, kind: int) -> bytes:
    """The table as bytes: it may grow between asking for its size and for itself."""
    size = ctypes.c_uint32(65_536)
    for _attempt in range(8):
        buffer = ctypes.create_string_buffer(size.value)
        code = ask(buffer, ctypes.byref(size), False, family, kind, 0)
        if code == 0:
            return buffer.raw
        if code != _INSUFFICIENT or size.value > _MOST_BYTES:
            break
    raise OSError("the connections cannot be listed")


def parse_tcp(data: bytes, six: bool) -> Iterator[WindowsSocket]:
    """Rows of MIB_TCPTABLE_OWNER_PID or MIB_TCP6TABLE_OWNER_PID."""
    row = struct.Struct("<16sII16sIIII") if six else struct.Struct("<I4sI4sII")
    for values in _rows(data, row):
        if six:
            local, _scope, local_port, remote, _remote_scope, remote_port, state, pid = values
        else:
            state, local, local_port, remote, remote_port, pid = values
        yield WindowsSocket(
            "tcp6" if six else "tcp", _address(local), _port(local_port), _address(remote), _port(remote_port),
            _STATES.get(state, f"state {state}"), pid,
        )  # fmt: skip


def parse_udp(data: bytes, six: bool) -> Iterator[WindowsSocket]:
    """Rows of MIB_UDPTABLE_OWNER_PID or MIB_UDP6TABLE_OWNER_PID."""
    row = struct.Struct("<16sIII") if six else struct.Struct("<4sII")
    for values in _rows(data, row):
        local, port, pid = values[0], values[-2], values[-1]
        yield WindowsSocket("udp6" if six else "udp", _address(local), _port(port), "", 0, "listening", pid)


def _rows(data: bytes, row: struct.Struct) -> Iterator[Tuple[Any, ...]]:
    count = struct.unpack_from("<I", data)[0] if len(data) >= 4 else 0
    for number in range(min(count, (len(data) - 4) // row.size)):
        yield row.unpack_from(data, 4 + number * row.size)


def _address(raw: bytes) -> str:
    address = ipaddress.ip_address(raw)
    return str(getattr(address, "ipv4_mapped", None) or address)


def _port(number: int) -> int:
    """The low 16 bits in network order."""
    return (number & 0xFF) << 8 | number >> 8 & 0xFF


def users() -> Iterator[WindowsUser]:
    """Local accounts by NetUserEnum, level 3."""
    net = library("netapi32")
    resume = ctypes.c_uint32(0)
    code = _MORE
    while code == _MORE:
        buffer, read, total = ctypes.c_void_p(), ctypes.c_uint32(), ctypes.c_uint32()
        code = net.NetUserEnum(
            None,
            3,
            _FILTER_NORMAL,
            ctypes.byref(buffer),
            _ALL,
            ctypes.byref(read),
            ctypes.byref(total),
            ctypes.byref(resume),
        )
        if code not in (0, _MORE):
            raise OSError("the accounts cannot be listed")
        try:
            rows = ctypes.cast(buffer, ctypes.POINTER(_UserInfo3))
            found = [rows[number] for number in range(read.value)]
            yield from [
                WindowsUser(one.name or "", one.flags, one.privilege, one.password_age, one.last_logon) for one in found
            ]
        finally:
            net.NetApiBufferFree(buffer)


Value = Tuple[str, Any]


def registry(hive: str, path: str, wide: bool = True) -> Optional[List[Value]]:
    """Values of a key (`HKLM`, `HKU` …): name and data. None when there is no such key; OSError when it is closed to us.

    `wide`: the 64-bit view, else that of 32-bit programs.
    """
    key = _open(hive, path, wide)
    if key is None:
        return None
    found: List[Value] = []
    with key:
        for number in range(_MOST_VALUES):
            try:
                name, data, _kind = _winreg().EnumValue(key, number)
            except OSError:
                break
            found.append((name, data))
    return found


def subkeys(hive: str, path: str, wide: bool = True) -> List[str]:
    """Names of the keys below; empty when there is no such key."""
    key = _open(hive, path, wide)
    if key is None:
        return []
    found: List[str] = []
    with key:
        for number in range(_MOST_VALUES):
            try:
                found.append(_winreg().EnumKey(key, number))
            except OSError:
                break
    return found


def key_time(hive: str, path: str) -> int:
    """When the key was last written, seconds since 1970; 0 when unknown."""
    key = _open(hive, path, True)
    if key is None:
        return 0
    with key:
        return filetime(int(_winreg().QueryInfoKey(key)[2]))


def filetime(ticks: int) -> int:
    """Seconds since 1970 of a Windows time (100 ns since 1601); 0 for what is none."""
    seconds = ticks // 10_000_000 - 11_644_473_600
    return seconds if 0 < seconds < 1 << 40 else 0


def _winreg() -> Any:
    import winreg

    return winreg


def _open(hive: str, path: str, wide: bool) -> Any:
    winreg = _winreg()
    hives: Dict[str, Any] = {
        "HKLM": winreg.HKEY_LOCAL_MACHINE, "HKU": winreg.HKEY_USERS, "HKCU": winreg.HKEY_CURRENT_USER,
    }  # fmt: skip
    try:
        return winreg.OpenKey(hives[hive], path, 0, _KEY_READ_64 if wide else _KEY_READ_32)
    except FileNotFoundError:
        return None
