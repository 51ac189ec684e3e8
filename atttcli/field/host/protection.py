"""Is the machine protected: antivirus with the age of its signatures, the last update of the system. Python 3.8-clean."""

from __future__ import annotations

from typing import Dict, Iterator, Optional, Tuple

from atttcli.field.host.check import Observation, Scope, Seen
from atttcli.field.host.people import DAY
from atttcli.field.host.root import HostRoot
from atttcli.field.opening import NotReadable

OLD_SIGNATURES, OLD_UPDATE = 14, 90
_PRODUCTS = (
    ("ClamAV", ("/usr/bin/clamscan", "/usr/sbin/clamd"), ("/var/lib/clamav/daily.cld", "/var/lib/clamav/daily.cvd")),
    ("ESET", ("/opt/eset",), ("/var/opt/eset/eea/lib", "/var/opt/eset/efs/lib")),
    ("Kaspersky", ("/opt/kaspersky",), ("/var/opt/kaspersky/kesl/private/updates",)),
    ("Microsoft Defender", ("/opt/microsoft/mdatp",), ("/opt/microsoft/mdatp/definitions.noindex",)),
    ("Sophos", ("/opt/sophos-spl", "/opt/sophos-av"), ()),
    ("Bitdefender", ("/opt/bitdefender-security-tools", "/opt/BitDefender"), ()),
    ("Trend Micro", ("/opt/ds_agent",), ()),
    ("CrowdStrike", ("/opt/CrowdStrike",), ()),
    ("Wazuh", ("/var/ossec",), ()),
    ("rkhunter", ("/usr/bin/rkhunter",), ("/var/lib/rkhunter/db/mirrors.dat",)),
)
_UPDATED = (
    ("apt", "/var/lib/apt/periodic/update-success-stamp"),
    ("apt", "/var/lib/apt/lists"),
    ("dpkg", "/var/lib/dpkg/status"),
    ("rpm", "/var/lib/rpm/rpmdb.sqlite"),
    ("rpm", "/var/lib/rpm/Packages"),
    ("dnf", "/var/lib/dnf/history.sqlite"),
    ("zypper", "/var/log/zypp/history"),
    ("apk", "/lib/apk/db/installed"),
)  # fmt: skip


def look(scope: Scope) -> Iterator[Seen]:
    """Products that are there, then when packages last changed and lists were last fetched."""
    found = False
    for name, places, signatures in _PRODUCTS:
        if not any(scope.root.status(place) is not None for place in places):
            continue
        found = True
        age = _age(scope, signatures)
        detail: Dict[str, object] = {"product": name}
        if age is not None:
            detail["signatures_days"] = age
        old = age is not None and age > OLD_SIGNATURES
        yield Observation(f"antivirus {name}", detail, ("host.signatures-old",) if old else ())
    if not found:
        yield Observation("antivirus", {"product": ""})
    yield from _updates(scope)


def _updates(scope: Scope) -> Iterator[Seen]:
    ages = [(age, kind, path) for kind, path in _UPDATED for age in [_age(scope, (path,))] if age is not None]
    for age, kind, path in ages:
        yield Observation(f"updates {kind}: {path}", {"days": age})
    if ages and min(ages)[0] > OLD_UPDATE:
        yield Observation("updates", {"days": min(ages)[0]}, ("host.updates-old",))
    release = _release(scope.root)
    if release:
        yield Observation("system", release)


def _age(scope: Scope, paths: Tuple[str, ...]) -> Optional[int]:
    """Days since the youngest of these was written."""
    times = [info.st_mtime for path in paths for info in [scope.root.status(path)] if info is not None]
    return max(0, int((scope.now - max(times)) // DAY)) if times else None


def _release(root: HostRoot) -> Dict[str, str]:
    try:
        text = root.read("/etc/os-release", 65_536).text
    except NotReadable:
        return {}
    found = {}
    for line in text.split("\n"):
        name, _, value = line.partition("=")
        if name in ("ID", "VERSION_ID", "PRETTY_NAME"):
            found[name.lower()] = value.strip("\"'")[:100]
    return found
