"""What the head of an event is taken from: one table by Sigma's service word and EventID.

A `Heading` names, in order of preference, the native fields that fill `user`, `src_ip`, `dst_ip` and the rest. What no row
names is taken by `USUAL`: the names that Windows uses everywhere. docs/readers/windows.md shows this table to people.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

Names = tuple[str, ...]

BY_STATUS: Final = "by-status"  # outcome: success when the field Status is 0x0
BY_KEYWORDS: Final = "by-keywords"  # outcome: from the audit bits of Keywords


@dataclass(frozen=True, slots=True)
class Heading:
    """Where the head of one kind of event stands. `outcome` is a word, BY_STATUS or BY_KEYWORDS."""

    category: str = ""
    action: str = ""
    outcome: str = ""
    user: Names = ("User", "SubjectUserName", "TargetUserName", "UserName", "AccountName")
    src_ip: Names = ("IpAddress", "SourceIp", "SourceAddress", "SourceNetworkAddress", "ClientAddress", "ClientIP")
    src_port: Names = ("IpPort", "SourcePort")
    dst_ip: Names = ("DestinationIp", "DestAddress", "DestinationAddress")
    dst_port: Names = ("DestinationPort", "DestPort")
    domain: Names = ()
    url: Names = ()
    hash: Names = ("Hashes", "Hash", "FileHash")


USUAL: Final = Heading()
_AUDIT: Final = Heading(outcome=BY_KEYWORDS)
_TARGET: Final = ("TargetUserName",)


def _audit(action: str, outcome: str = BY_KEYWORDS, category: str = "", user: Names = ("SubjectUserName",)) -> Heading:
    return replace(USUAL, action=action, outcome=outcome, category=category, user=user)


_LOGON: Final = {
    4624: _audit("login", "success", "authentication", _TARGET),
    4625: _audit("login", "failure", "authentication", _TARGET),
    4634: _audit("logout", "success", user=_TARGET),
    4647: _audit("logout", "success", user=_TARGET),
    4648: replace(_audit("login-explicit", user=_TARGET), dst_ip=()),
    4672: _audit("privileges", "success"),
    4768: _audit("login", BY_STATUS, "authentication", _TARGET),
    4769: _audit("ticket", BY_STATUS, user=_TARGET),
    4770: _audit("ticket", "success", user=_TARGET),
    4771: _audit("login", "failure", "authentication", _TARGET),
    4772: _audit("login", "failure", "authentication", _TARGET),
    4776: _audit("login", BY_STATUS, "authentication", _TARGET),
    4777: _audit("login", "failure", "authentication", _TARGET),
    4778: replace(_audit("session-reconnect", "success", user=("AccountName",)), src_ip=("ClientAddress",)),
    4779: replace(_audit("session-disconnect", "success", user=("AccountName",)), src_ip=("ClientAddress",)),
}
_ACCOUNT: Final = {
    4720: "account-create", 4722: "account-enable", 4723: "password-change", 4724: "password-reset", 4725: "account-disable",
    4726: "account-delete", 4738: "account-change", 4740: "account-lock", 4741: "account-create", 4742: "account-change",
    4743: "account-delete", 4765: "account-change", 4766: "account-change", 4767: "account-unlock", 4780: "account-change",
    4781: "account-rename", 4794: "password-change",
}  # fmt: skip
_GROUP: Final = {
    4727: "group-create", 4731: "group-create", 4754: "group-create", 4728: "group-add", 4732: "group-add", 4756: "group-add",
    4729: "group-remove", 4733: "group-remove", 4757: "group-remove", 4730: "group-delete", 4734: "group-delete",
    4758: "group-delete", 4735: "group-change", 4737: "group-change", 4755: "group-change",
}  # fmt: skip
_POLICY: Final = {
    1100: "log-stop", 1102: "log-clear", 4657: "registry-set", 4663: "object-access", 4662: "object-access",
    4697: "service-install", 4698: "task-create", 4699: "task-delete", 4700: "task-enable", 4701: "task-disable",
    4702: "task-change", 4719: "audit-policy-change", 4739: "domain-policy-change", 4946: "firewall-rule-add",
    4947: "firewall-rule-change", 4948: "firewall-rule-delete", 4950: "firewall-change", 5136: "directory-change",
    5137: "directory-create", 5140: "share", 5141: "directory-delete", 5142: "share-create", 5144: "share-delete", 5145: "share",
    6416: "device-plug",
}  # fmt: skip

SECURITY: Final[dict[int, Heading]] = (
    _LOGON
    | {number: _audit(action) for number, action in (_ACCOUNT | _GROUP | _POLICY).items()}
    | {
        4688: _audit("process-start", "success", "process_creation"),
        4689: _audit("process-end", "success", "process_termination"),
        5152: replace(_audit("connect", "failure"), user=()),
        5156: replace(_audit("connect", "success"), user=()),
        5157: replace(_audit("connect", "failure"), user=()),
        5158: replace(_audit("listen", "success"), user=()),
    }
)

_LOCAL: Final = replace(USUAL, user=("User",), src_ip=(), src_port=(), dst_ip=(), dst_port=())
_SYSMON_WORDS: Final = {
    1: ("process_creation", "process-start"), 2: ("file_change", "file-time-change"), 3: ("network_connection", "connect"),
    4: ("sysmon_status", ""), 5: ("process_termination", "process-end"), 6: ("driver_load", "driver-load"),
    7: ("image_load", "image-load"), 8: ("create_remote_thread", "remote-thread"), 9: ("raw_access_thread", "raw-read"),
    10: ("process_access", "process-access"), 11: ("file_event", "file-create"), 12: ("registry_add", "registry-create"),
    13: ("registry_set", "registry-set"), 14: ("registry_rename", "registry-rename"),
    15: ("create_stream_hash", "stream-create"), 16: ("sysmon_status", "sysmon-change"), 17: ("pipe_created", "pipe-create"),
    18: ("pipe_created", "pipe-connect"), 19: ("wmi_event", "wmi-filter"), 20: ("wmi_event", "wmi-consumer"),
    21: ("wmi_event", "wmi-binding"), 22: ("dns_query", "query"), 23: ("file_delete", "file-delete"),
    24: ("clipboard_capture", "clipboard"), 25: ("process_tampering", "process-tamper"), 26: ("file_delete", "file-delete"),
    27: ("file_block_executable", "file-block"), 28: ("file_block_shredding", "file-block"),
    29: ("file_executable_detected", "file-create"), 255: ("sysmon_error", ""),
}  # fmt: skip
SYSMON: Final[dict[int, Heading]] = {
    number: replace(_LOCAL, category=category, action=action) for number, (category, action) in _SYSMON_WORDS.items()
}
SYSMON[3] = replace(
    USUAL, category="network_connection", action="connect", outcome="success", domain=("DestinationHostname",), hash=()
)
SYSMON[22] = replace(SYSMON[22], domain=("QueryName",))
REGISTRY_DELETED: Final = replace(SYSMON[12], category="registry_delete", action="registry-delete")

_SYSTEM: Final = {
    104: replace(USUAL, action="log-clear", outcome="success", user=("SubjectUserName",)),
    7045: replace(USUAL, action="service-install", outcome="success", user=()),
    7040: replace(USUAL, action="service-change", outcome="success", user=()),
    7036: replace(USUAL, action="service-state", user=()),
    7034: replace(USUAL, action="service-crash", outcome="failure", user=()),
}
_THREAT: Final = replace(
    USUAL,
    category="antivirus",
    action="alert",
    user=("Detection User", "User"),
    src_ip=(),
    hash=("SHA256", "Sha256", "SHA1"),
)
DEFENDER: Final[dict[int, Heading]] = {
    1006: _THREAT, 1015: _THREAT, 1116: _THREAT,
    1007: replace(_THREAT, action="clean", outcome="success"), 1117: replace(_THREAT, action="clean", outcome="success"),
    1008: replace(_THREAT, action="clean", outcome="failure"), 1118: replace(_THREAT, action="clean", outcome="failure"),
    1119: replace(_THREAT, action="clean", outcome="failure"),
    1121: replace(USUAL, action="block"), 1122: replace(USUAL, action="audit"),
    5001: replace(USUAL, action="protection-off"), 5004: replace(USUAL, action="protection-change"),
    5007: replace(USUAL, action="protection-change"), 5010: replace(USUAL, action="protection-off"),
    5012: replace(USUAL, action="protection-off"), 5013: replace(USUAL, action="protection-change", outcome="failure"),
    1013: replace(USUAL, action="history-clear"),
}  # fmt: skip
_REMOTE: Final = replace(USUAL, user=("User", "Param1"), src_ip=("Address", "Param3"), outcome="success")
HEADINGS: Final[dict[str, dict[int, Heading]]] = {
    "security": SECURITY,
    "sysmon": SYSMON,
    "system": _SYSTEM,
    "windefend": DEFENDER,
    "powershell": {
        4103: replace(USUAL, category="ps_module", action="script"),
        4104: replace(USUAL, category="ps_script", action="script"),
    },
    "powershell-classic": {
        400: replace(USUAL, category="ps_classic_start", action="script"),
        403: replace(USUAL, category="ps_classic_stop"),
        600: replace(USUAL, category="ps_classic_provider_start"),
        800: replace(USUAL, category="ps_classic_script", action="script"),
    },
    "terminalservices-localsessionmanager": {
        21: replace(_REMOTE, action="login", category="authentication"),
        22: replace(_REMOTE, action="login"),
        23: replace(_REMOTE, action="logout"),
        24: replace(_REMOTE, action="session-disconnect"),
        25: replace(_REMOTE, action="session-reconnect"),
    },
    "terminalservices-remoteconnectionmanager": {1149: replace(_REMOTE, action="connect")},
    "terminalservices-rdpclient": {
        1024: replace(USUAL, action="connect"),
        1102: replace(USUAL, action="connect", dst_ip=("Value",)),
    },
    "rdpcorets": {
        131: replace(USUAL, action="connect", src_ip=("ClientIP",)),
        140: replace(USUAL, action="login", outcome="failure", src_ip=("IPString",)),
    },
    "taskscheduler": {
        106: replace(USUAL, action="task-create", user=("UserContext",)),
        140: replace(USUAL, action="task-change", user=("UserName",)),
        141: replace(USUAL, action="task-delete", user=("UserName",)),
        200: replace(USUAL, action="task-start"),
    },
    "bits-client": {59: replace(USUAL, action="download", url=("url",)), 60: replace(USUAL, action="download", url=("url",))},
    "smbclient-security": {31001: replace(USUAL, action="login", outcome="failure")},
    "dns-client": {3008: replace(USUAL, category="dns_query", action="query", domain=("QueryName",))},
    "openssh": {4: replace(USUAL, action="message")},
}  # fmt: skip


def heading_of(service: str, number: int) -> Heading:
    """The row of the table, or the usual names."""
    found = HEADINGS.get(service, {}).get(number)
    if found is None:
        return _AUDIT if service == "security" else USUAL
    return found
