"""What the registry of Windows starts, switches off or remembers: Run keys, services, Winlogon, debuggers, protection, USB.

Only the registry of the running system; hives of a mounted disk are not read. Python 3.8-clean.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any, Dict, Iterator, List, Tuple

from atttcli.field.host.check import ADDRESS, NAME, Asked, Missed, Observation, Scope, Seen
from atttcli.field.host.commands import asked_of, is_temp, judge, masked, remote_address
from atttcli.field.host.names import is_inside
from atttcli.field.host.people import DAY
from atttcli.field.host.protection import OLD_SIGNATURES, OLD_UPDATE

_CURRENT = "SOFTWARE\\Microsoft\\Windows\\CurrentVersion"
_RUN = tuple(
    f"{_CURRENT}\\{name}"
    for name in ("Run", "RunOnce", "RunOnceEx", "RunServices", "RunServicesOnce", "Policies\\Explorer\\Run")
)
_NT = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
_SERVICES = "SYSTEM\\CurrentControlSet\\Services"
_DEFENDER = "SOFTWARE\\Microsoft\\Windows Defender"
_PRODUCTS = "SOFTWARE\\Microsoft\\Security Center\\Provider\\Av"
_INTERFACES = "SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\\Interfaces"
_USBSTOR = "SYSTEM\\CurrentControlSet\\Enum\\USBSTOR"
# Chat programs, cloud drives and browsers install themselves into AppData\\Local; services hardly ever do.
_USER_FOLDER = re.compile(r"[\\/](?:appdata[\\/]roaming|users[\\/]public)[\\/]", re.IGNORECASE)
_OF_A_USER = re.compile(r"[\\/](?:appdata|users[\\/]public)[\\/]", re.IGNORECASE)
_HOSTS = ("wscript.exe", "cscript.exe", "powershell.exe", "mshta.exe", "rundll32.exe", "regsvr32.exe", "cmd.exe")
_DISABLED_START = 4


def look_run_keys(scope: Scope) -> Iterator[Seen]:
    """Run keys of the machine (both views) and of every user whose hive is loaded."""
    for path in _RUN:
        for wide in (True, False):
            yield from _values(scope, "HKLM", path, wide)
    for user in scope.windows.subkeys("HKU", ""):
        for path in _RUN:
            yield from _values(scope, "HKU", f"{user}\\{path}", True)


def _values(scope: Scope, hive: str, path: str, wide: bool) -> Iterator[Seen]:
    place = f"{hive}\\{path}" + ("" if wide else " (32)")
    try:
        values = scope.windows.registry(hive, path, wide)
    except OSError as error:
        yield Missed(place, (error.strerror or "cannot be read").lower())
        return
    for name, data in values or []:
        scope.spending.spend(len(str(data)))
        command = str(data)
        yield Observation(
            f"{place}\\{name}",
            {"kind": "run key", "command": masked(command)},
            autorun_rules(command),
            asked_of(command),
        )


def autorun_rules(command: str) -> Tuple[str, ...]:
    """What is odd about a command that Windows starts by itself."""
    found = judge(command)
    return found or (("host.autorun-user-folder",) if _USER_FOLDER.search(command) else ())


def look_services(scope: Scope) -> Iterator[Seen]:
    """Services and drivers with the program or library that they run."""
    for name in scope.windows.subkeys("HKLM", _SERVICES):
        try:
            values = dict(scope.windows.registry("HKLM", f"{_SERVICES}\\{name}") or [])
            library = dict(scope.windows.registry("HKLM", f"{_SERVICES}\\{name}\\Parameters") or []).get(
                "ServiceDll", ""
            )
        except OSError as error:
            yield Missed(f"service {name}", (error.strerror or "cannot be read").lower())
            continue
        image = str(values.get("ImagePath", ""))
        scope.spending.spend(len(image))
        if not image and not library:
            continue
        rules = [rule for text in (image, str(library)) for rule in service_rules(text)]
        detail = {"kind": "service", "image": masked(image), "library": str(library), "start": values.get("Start"),
                  "account": str(values.get("ObjectName", "")), "enabled": values.get("Start") != _DISABLED_START}  # fmt: skip
        asked: Tuple[Asked, ...] = asked_of(image) + (((NAME, str(library)),) if library else ())
        yield Observation(f"service {name}", detail, tuple(rules), asked)


def service_rules(text: str) -> Tuple[str, ...]:
    """What is odd about what a service runs."""
    found = judge(text)
    return found or (("host.service-odd-path",) if is_temp(text) or _OF_A_USER.search(text) else ())


def look_logon(scope: Scope) -> Iterator[Seen]:
    """Winlogon's programs, debuggers in place of programs, libraries in all programs, what runs at boot."""
    keys = _Keys(scope)
    for hive, base in [("HKLM", _NT), *(("HKU", f"{user}\\{_NT}") for user in scope.windows.subkeys("HKU", ""))]:
        values = keys.values(hive, f"{base}\\Winlogon")
        for name in ("Shell", "Userinit", "Taskman", "VmApplet"):
            if values.get(name):
                text = str(values[name])
                rules = ("host.winlogon-changed",) if not is_usual(name, text) else ()
                yield Observation(f"{hive}\\{base}\\Winlogon\\{name}", {"command": text}, rules, asked_of(text))
    for wide in (True, False):
        base = f"{_NT}\\Image File Execution Options"
        for program in scope.windows.subkeys("HKLM", base, wide):
            debugger = keys.values("HKLM", f"{base}\\{program}", wide).get("Debugger")
            if debugger:
                text = str(debugger)
                yield Observation(
                    f"{base}\\{program}", {"debugger": text}, ("host.debugger-set", *judge(text)), asked_of(text)
                )
        values = keys.values("HKLM", f"{_NT}\\Windows", wide)
        libraries = str(values.get("AppInit_DLLs", "")).strip()
        if libraries:
            active = bool(values.get("LoadAppInit_DLLs", 0))
            rules = ("host.appinit-dll",) if active else ()
            yield Observation(
                f"{_NT}\\Windows\\AppInit_DLLs", {"libraries": libraries, "active": active}, rules, asked_of(libraries)
            )
    boot = keys.values("HKLM", "SYSTEM\\CurrentControlSet\\Control\\Session Manager").get("BootExecute")
    if boot:
        yield Observation("BootExecute", {"commands": boot if isinstance(boot, list) else [str(boot)]})
    yield from keys.missed()


def is_usual(name: str, text: str) -> bool:
    """Whether Winlogon names only what Windows put there."""
    parts = [part.strip().strip('"').replace("/", "\\").lower() for part in text.split(",") if part.strip()]
    usual = {
        "Shell": ("explorer.exe", "c:\\windows\\explorer.exe"),
        "Userinit": ("userinit.exe", "c:\\windows\\system32\\userinit.exe"),
        "VmApplet": (
            "systempropertiesperformance.exe /pagefile",
            "systempropertiesperformance.exe",
            "rundll32 shell32",
        ),
    }.get(name, ())
    return all(part in usual or (name == "VmApplet" and part.startswith("control_rundll")) for part in parts)


def look_protection(scope: Scope) -> Iterator[Seen]:
    """Microsoft Defender, other products that Windows knows of, the last update."""
    keys = _Keys(scope)
    products = [keys.values("HKLM", f"{_PRODUCTS}\\{name}") for name in scope.windows.subkeys("HKLM", _PRODUCTS)]
    guarded = any(is_on(values.get("STATE")) for values in products)
    yield from _defender(scope, keys, guarded)
    for values in products:
        detail = {"state": values.get("STATE"), "on": is_on(values.get("STATE"))}
        rules = () if guarded else ("host.protection-off",)  # where one is on, the others stand back
        yield Observation(f"antivirus {values.get('DISPLAYNAME', '')}", detail, rules)
    yield from _updates(scope, keys)
    yield from keys.missed()


def _updates(scope: Scope, keys: _Keys) -> Iterator[Seen]:
    """The last installation that Windows 7 and 8 note in the registry; from Windows 10 on the day of its log of updates."""
    last = str(
        keys.values("HKLM", f"{_CURRENT}\\WindowsUpdate\\Auto Update\\Results\\Install").get("LastSuccessTime", "")
    )
    moment = moment_of(last)
    if not moment:
        info = scope.root.status(scope.root.folded("/Windows/SoftwareDistribution/ReportingEvents.log"))
        moment = int(info.st_mtime) if info is not None else 0
    if moment:
        days = max(0, int((scope.now - moment) // DAY))
        yield Observation("updates", {"last": moment, "days": days}, ("host.updates-old",) if days > OLD_UPDATE else ())


def moment_of(text: str) -> int:
    """Seconds since 1970 of `2026-11-23 10:00:00` (UTC); 0 for what is none."""
    try:
        return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc).timestamp())
    except (ValueError, OverflowError):
        return 0


def look_resolvers(scope: Scope) -> Iterator[Seen]:
    """Name servers of each network interface, set by hand or given by DHCP."""
    keys = _Keys(scope)
    for interface in scope.windows.subkeys("HKLM", _INTERFACES):
        values = keys.values("HKLM", f"{_INTERFACES}\\{interface}")
        for name in ("NameServer", "DhcpNameServer"):
            for server in str(values.get(name, "")).replace(",", " ").split()[:20]:
                address = remote_address(server)
                detail = {"nameserver": server, "by_hand": name == "NameServer",
                          "outside": address is not None and not is_inside(address)}  # fmt: skip
                asked: Tuple[Asked, ...] = ((ADDRESS, address),) if address else ()
                yield Observation(f"interface {interface}: {server}", detail, (), asked)
    yield from keys.missed()


def is_on(state: Any) -> bool:
    """Whether Security Center calls a product switched on."""
    return isinstance(state, int) and state >> 12 & 0xF == 1


def _defender(scope: Scope, keys: _Keys, guarded: bool) -> Iterator[Seen]:
    main = keys.values("HKLM", _DEFENDER)
    policy = keys.values("HKLM", "SOFTWARE\\Policies\\Microsoft\\Windows Defender")
    if not main and not policy:
        return
    live = keys.values("HKLM", f"{_DEFENDER}\\Real-Time Protection")
    off = any(values.get(name) for values, name in (
        (main, "DisableAntiSpyware"), (policy, "DisableAntiSpyware"), (live, "DisableRealtimeMonitoring")))  # fmt: skip
    rules: List[str] = ["host.protection-off"] if off and not guarded else []
    detail: Dict[str, Any] = {"product": "Microsoft Defender", "off": bool(off)}
    applied = keys.values("HKLM", f"{_DEFENDER}\\Signature Updates").get("AVSignatureApplied")
    if isinstance(applied, bytes) and len(applied) == 8:
        moment = scope.windows.filetime(int.from_bytes(applied, "little"))
        if moment:
            detail["signatures_days"] = max(0, int((scope.now - moment) // DAY))
            rules += ["host.signatures-old"] if detail["signatures_days"] > OLD_SIGNATURES else []
    yield Observation("antivirus Microsoft Defender", detail, tuple(rules))
    for kind in ("Paths", "Processes", "Extensions"):
        for name in keys.values("HKLM", f"{_DEFENDER}\\Exclusions\\{kind}"):
            odd = ("host.protection-excluded",) if is_wide_exclusion(kind, name) else ()
            yield Observation(f"antivirus exclusion {kind.lower()}: {name}", {"kind": kind.lower(), "value": name}, odd)


def is_wide_exclusion(kind: str, value: str) -> bool:
    """Whether looking away from this leaves a door open: a drive, a folder of everybody, programs, hosts of scripts."""
    text = value.strip().lower().replace("/", "\\")
    if kind == "Extensions":
        return text.lstrip(".") in ("exe", "dll", "ps1", "bat", "cmd", "vbs", "js", "scr")
    if kind == "Processes":
        return text.rpartition("\\")[2] in _HOSTS
    return bool(re.match(r"[a-z]:\\?\*?\Z", text)) or is_temp(text.rstrip("\\*") + "\\") or text.rstrip("\\*").endswith(
        ("\\users", "\\appdata", "\\windows", "\\programdata", "\\users\\public")
    )  # fmt: skip


def look_usb(scope: Scope) -> Iterator[Seen]:
    """Which USB storage was ever plugged in."""
    keys = _Keys(scope)
    for model in scope.windows.subkeys("HKLM", _USBSTOR):
        for serial in scope.windows.subkeys("HKLM", f"{_USBSTOR}\\{model}"):
            path = f"{_USBSTOR}\\{model}\\{serial}"
            name = keys.values("HKLM", path).get("FriendlyName", "")
            yield Observation(
                f"usb {model} {serial}", {"name": str(name), "written": scope.windows.key_time("HKLM", path)}
            )


class _Keys:
    """Keys that are read one after another; what is closed to us is told at the end."""

    def __init__(self, scope: Scope) -> None:
        self._api = scope.windows
        self._closed: List[Tuple[str, str]] = []

    def values(self, hive: str, path: str, wide: bool = True) -> Dict[str, Any]:
        """Values of a key; none where it is missing or closed."""
        try:
            return dict(self._api.registry(hive, path, wide) or [])
        except OSError as error:
            self._closed.append((f"{hive}\\{path}", (error.strerror or "cannot be read").lower()))
            return {}

    def missed(self) -> Iterator[Missed]:
        """The closed keys."""
        for path, why in self._closed:
            yield Missed(path, why)
