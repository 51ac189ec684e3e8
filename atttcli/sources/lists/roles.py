"""What each column of a list means. The role decides what a value becomes; the name of the sheet decides doubtful columns.

Headings are compared without diacritics, case and punctuation. Exact headings of known workbooks come first, misspelt
as they are in the national team's workbook (`Attankon`, `Networdname`, sheet `C&C Bonet`); then words in the heading.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from atttcli.text.fold import fold


class Role(StrEnum):
    """The part a column plays."""

    VICTIM = "victim"  # an address, site or host that was infected or attacked
    ACCOUNT = "account"  # a mailbox or account
    C2 = "c2"
    PHISHING = "phishing"
    TARGET = "target"  # whom a phishing page imitates
    MALICIOUS = "malicious"
    MALWARE_LINK = "malware-link"
    HASH = "hash"
    ATTACKER = "attacker"
    SENSOR = "sensor"  # LocalIP of the workbook: the end that was called
    ADDRESS = "address"  # an address of which the heading does not say whose
    LINK = "link"  # likewise a link or name
    PORT = "port"
    C2_PORT = "c2-port"
    TIME = "time"
    MALWARE = "malware"
    TYPE = "type"
    TAG = "tag"
    AGENCY = "agency"
    PRODUCT = "product"
    VULNERABILITY = "vulnerability"
    SCORE = "score"
    NOTE = "note"
    CONTEXT = "context"  # kept with the row and not looked at
    ORDINAL = "ordinal"


class Kind(StrEnum):
    """What a sheet lists."""

    DEFACE = "deface"
    PHISHING = "phishing"
    MALWARE = "malware"
    BOTNET = "botnet"
    ATTACK = "attack"
    CVE = "cve"
    INFECTED = "infected"
    INDICATORS = "indicators"
    UNKNOWN = "unknown"


# Columns that can hold the address, link or hash a row is about.
VALUE_ROLES: Final = frozenset(
    {
        Role.VICTIM, Role.ACCOUNT, Role.C2, Role.PHISHING, Role.MALICIOUS, Role.MALWARE_LINK, Role.HASH, Role.ATTACKER,
        Role.SENSOR, Role.ADDRESS, Role.LINK,
    }
)  # fmt: skip
# Columns that no ordinary log has: they make a CSV a list.
DECISIVE: Final = frozenset(
    {Role.C2, Role.PHISHING, Role.MALICIOUS, Role.MALWARE_LINK, Role.MALWARE, Role.ATTACKER, Role.VICTIM, Role.TARGET,
    Role.TAG, Role.AGENCY, Role.VULNERABILITY}
)  # fmt: skip

_SHEETS: Final = {
    "deface": Kind.DEFACE, "phishing": Kind.PHISHING, "malware": Kind.MALWARE, "ccbonet": Kind.BOTNET, "ccbotnet": Kind.BOTNET,
    "cc": Kind.BOTNET, "botnet": Kind.BOTNET, "attack": Kind.ATTACK,
    "cve": Kind.CVE, "ioc": Kind.INDICATORS, "iocs": Kind.INDICATORS,
}  # fmt: skip

_BY_SHEET: Final[dict[Kind, dict[str, Role | None]]] = {
    Kind.DEFACE: {"link": Role.VICTIM, "url": Role.VICTIM},
    Kind.PHISHING: {"link": Role.PHISHING, "url": Role.PHISHING},
    Kind.MALWARE: {"link": Role.MALWARE_LINK, "url": Role.MALWARE_LINK},
    Kind.BOTNET: {
        "attackerip": Role.VICTIM, "networdname": Role.MALWARE, "networkname": Role.MALWARE, "localip": Role.SENSOR,
        "localtcpport": Role.C2_PORT, "attankon": Role.TIME, "attackon": Role.TIME,
    },
    Kind.ATTACK: {"url": Role.CONTEXT, "hostname": Role.CONTEXT, "type": Role.MALWARE},
    Kind.CVE: {},
}  # fmt: skip

_EXACT: Final[dict[str, Role]] = {
    word: role
    for role, words in {
        Role.ORDINAL: "stt tt sott sothutu no",
        Role.ADDRESS: (
            "ip ipaddress ipaddr ipv4 ipv6 diachiip diachi ipcongcong ippublic publicip srcip sourceip ipnguon "
            "daiip host "
        ),
        Role.LINK: (
            "link url urls domain domainname tenmien website trangweb duongdan lienket hostname fqdn diachiweb "
            "diachiurl "
        ),
        Role.C2: (
            "cc c2 cnc ccip ccdomain ccipdomain ccserver c2ip c2domain dstip destip destinationip ipdich remoteip "
            "diachidich maychudieukhien "
        ),
        Role.C2_PORT: "dstport destport destinationport congdich c2port portdich ccport",
        Role.PORT: "port cong srcport sourceport congnguon",
        Role.HASH: "md5 sha1 sha256 sha hash mabam filehash checksum mahash",
        Role.TIME: (
            "time date timestamp ngay gio thoigian thoidiem attankon attackon firstseen lastseen datetime gmt7 seen "
        ),
        Role.MALWARE: (
            "malware virus botnet trojan madoc tenvirus tenmadoc loaimadoc loaibotnet infection malwarefamily "
            "family malwarename "
        ),
        Role.TYPE: "type loai hinhthuc category loaisuco loaitancong",
        Role.TAG: "tag tags",
        Role.AGENCY: (
            "donvi tendonvi coquan tencoquan tochuc tentochuc agency organization organisation chuquan "
            "donvichuquan owner tencoquandonvi "
        ),
        Role.ACCOUNT: (
            "email taikhoan mailbox account hopthu diachiemail thudientu diachithudientu taikhoanemail taikhoanthu "
        ),
        Role.TARGET: "dichgiamao muctieugiamao doituonggiamao doituongbigiamao",
        Role.PHISHING: "linkphishing urlphishing phishing phishingurl phishinglink",
        Role.PRODUCT: "product sanpham phanmem",
        Role.VULNERABILITY: "vulnerabilitytype cve cveid macve lohong malohong",
        Role.SCORE: "score cvss diem diemcvss cvssscore mucdo",
        Role.SENSOR: "localip",
        Role.ATTACKER: "attackerip",
        Role.NOTE: "ghichu note notes comment mota noidung",
        Role.CONTEXT: "nguon nguonthongtin isp asn geo region city sector nguoitancong hacker nhamang",
    }.items()
    for word in words.split()
}

# Words in a heading, tried in this order; all words of a group (or any of the groups) must stand in the squashed
# heading.
_WORDS: Final[tuple[tuple[Role, str], ...]] = (
    (Role.NOTE, r"^so(?:luong|may|lan)|^tongso"),
    (Role.TIME, r"^(?:thoigian|thoidiem|ngay|gio|time|date|firstseen|lastseen|lancuoi)|time$|date$"),
    (Role.C2_PORT, r"(?:cong|port).*(?:dich|c2|dieukhien|cc$)|(?:c2|cc|dich|dst|dest).*port"),
    (Role.PORT, r"^cong(?!thongtin|ttdt|dichvu|van)|port"),
    (Role.TARGET, r"bigiamao|(?:dich|muctieu|doituong)giamao|impersonat|targetbrand"),
    (Role.PHISHING, r"phishing|giamao|luadao"),
    (Role.HASH, r"md5|sha(?:1|256)|mabam|hash"),
    (Role.C2, r"(?:^|ip|domain|server|maychu|diachi|tenmien)(?:c2|cnc|cc)(?:$|ip|domain|server|url)"
              r"|dieukhien|commandandcontrol|^ketnoiden|^cc"),
    (Role.MALICIOUS, r"(?:ip|diachi|url|link|tenmien|domain|website).*(?:dochai|doc$|xau$|malicious|canchan)"
                     r"|malicious|blacklist|^ioc|indicator|chidau"),
    (Role.VICTIM, r"(?:ip|diachi|may|host|tenmien|website|trang|url|link|hethong)"
                  r".*(?:nhiem|nannhan|bitancong|bianhhuong|bichen|bihack|victim)"
                  r"|(?:victim|infected|affected|compromised)|^(?:bi)?nhiem$|^nannhan|deface|cong(?:thongtin|ttdt|dichvucong)"),
    (Role.ATTACKER, r"(?:ip|diachi|nguon|may|host|url).*tancong|attacker(?:ip|host)|^attacker$|scanner"),
    (Role.MALWARE, r"madoc|virus|malware|botnet|trojan|mamdoc"),
    (Role.ACCOUNT, r"taikhoan|email|mailbox|hopthu|thudientu"),
    (Role.AGENCY, r"donvi|coquan|tochuc|agency|organi[sz]ation|chuquan"),
    (Role.LINK, r"^(?:link|url|domain|website|tenmien|duongdan|lienket|trangweb)|url$|domain$|tenmien$"),
    (Role.ADDRESS, r"^(?:dia(?:chi)?)?ip|ip$|ipaddress|daiip"),
    (Role.TYPE, r"^(?:loai|hinhthuc|type)"),
    (Role.VULNERABILITY, r"^cve|lohong|vulnerab"),
    (Role.NOTE, r"ghichu|mota|note|comment"),
    (Role.CONTEXT, r"nguon|^isp|nhamang"),
)  # fmt: skip
_RULES: Final = tuple((role, re.compile(pattern)) for role, pattern in _WORDS)
_MAX_HEADING = 48  # letters; a longer cell is a sentence
_ZONE = re.compile(r"\((?:[^()]{0,20}(?:gmt|utc)[^()]{0,20})\)")

_TITLES: Final = (
    (Kind.INDICATORS, r"doc hai|dieu khien|c&c|\bioc|chi dau|blacklist|danh sach chan|can chan|ngan chan"),
    (Kind.PHISHING, r"phishing|gia mao|lua dao"),
    (Kind.DEFACE, r"deface|thay doi giao dien"),
    (Kind.INFECTED, r"nhiem|botnet|ma doc|infected"),
)


def squash(heading: str) -> str:
    """`Địa chỉ IP (GMT+7)` -> `diachiip`."""
    folded = _ZONE.sub("", fold(heading[:200]))
    return re.sub(r"[^a-z0-9]", "", folded)


def sheet_kind(name: str) -> Kind:
    """What the name of a sheet says; UNKNOWN for `Sheet1`."""
    return _SHEETS.get(squash(name), Kind.UNKNOWN)


def role_of(heading: str, kind: Kind = Kind.UNKNOWN) -> Role | None:
    """The role of one heading, None when it is not recognised."""
    word = squash(heading)
    if not word or len(word) > _MAX_HEADING:
        return None
    special = _BY_SHEET.get(kind, {})
    if word in special:
        return special[word]
    if word in _EXACT:
        return _EXACT[word]
    for role, pattern in _RULES:
        if pattern.search(word):
            return role
    return None


def combined_role(top: str, bottom: str, kind: Kind) -> Role | None:
    """The role under a heading of two lines: the lower line names the column, the upper one says whose it is."""
    lower = role_of(bottom, kind)
    if lower is None:
        return role_of(f"{top} {bottom}", kind) if top else None
    if lower in (Role.ADDRESS, Role.LINK) and top:
        upper = role_of(top, kind)
        whose = upper if upper in VALUE_ROLES else role_of(f"{bottom} {top}", kind)
        return whose if whose in VALUE_ROLES and whose is not Role.ADDRESS else lower
    if lower is Role.PORT and top and role_of(top, kind) is Role.C2:
        return Role.C2_PORT
    return lower


def kind_from_columns(headings: tuple[str, ...], title: str) -> Kind:
    """What a table lists when its name does not say: by its columns, then by the lines above it."""
    words = {squash(heading) for heading in headings}
    roles = {role_of(heading) for heading in headings}
    if "attackerip" in words and "localip" in words:
        return Kind.BOTNET
    if "vulnerabilitytype" in words or (Role.VULNERABILITY in roles and not roles & VALUE_ROLES):
        return Kind.CVE
    if "tag" in words and words & {"ip", "timestamp"}:
        return Kind.ATTACK
    if Role.PHISHING in roles and Role.VICTIM not in roles:
        return Kind.PHISHING
    if Role.LINK in roles and "nguoitancong" in words:
        return Kind.DEFACE
    if words & {"tenvirus"} and Role.LINK in roles:
        return Kind.MALWARE
    return _kind_from_title(title, roles)


def _kind_from_title(title: str, roles: set[Role | None]) -> Kind:
    if roles & {Role.VICTIM, Role.AGENCY} or {Role.ADDRESS, Role.C2} <= roles:
        return Kind.INFECTED
    folded = fold(title[:4000])
    for kind, pattern in _TITLES:
        if re.search(pattern, folded):
            return kind
    return Kind.INFECTED if {Role.ADDRESS, Role.MALWARE} <= roles else Kind.UNKNOWN
