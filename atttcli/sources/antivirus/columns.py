"""The headings that consoles give their exports, in Vietnamese and English, with and without diacritics, to roles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from atttcli.sources.lists.moments import zone_in
from atttcli.sources.lists.roles import squash

WINDOW: Final = 30  # rows in which the heading is looked for
_WORDS: Final = {
    "threat": "tenvirus tenmadoc madoc virus virusname malware malwarename threat threatname tenmoidedoa moidedoa detectionname"
    " detectedobject doituongbiphathien doituongphathien tenphathien signature detection infection viruspc maphathien tenmd"
    " virusmalwarename securityrisk riskname malwaredetected tenmaudoc objectname virusspywarename",
    "file": "file duongdan duongdanfile duongdantaptin taptin tentaptin tenfile tep teptin path filepath pathtofile object"
    " doituong filename vitri vitrifile infectedfile filelaynhiem filenhiem tepnhiem fullpath objectpath location source"
    " taptinnhiem duongdandayy tenteptin originalpath scannedfile",
    "hash": "md5 sha256 sha1 hash mabam filehash hashmd5 hashsha256 md5hash sha256hash giatribam checksum",
    "host": "maytinh tenmay tenmaytinh maytram may computer computername device devicename host hostname endpoint client"
    " workstation tenmaytram thietbi tenthietbi machine machinename endpointname virtualdevice systemname maybinhiem",
    "ip": "ip diachiip ipaddress diachi ipmay ipmaytinh ipmaytram deviceip hostip computerip ipv4 diachiipmay endpointip clientip",
    "user": "nguoidung user username account taikhoan nguoisudung loggedonuser accountname tendangnhap owner",
    "time": "thoigian ngay ngaygio time date datetime detected detectiontime thoidiem thoigianphathien eventtime occurred"
    " thoigiannhiem ngayphathien thoidiemphathien detectedon occurredat timestamp received when lanphathiencuoi",
    "action": "hanhdong xuly ketqua trangthai tinhtrang action actiontaken result status ketquaxuly actionresult bienphap"
    " hanhdongxuly ketquadiet trangthaixuly resultdescription firstaction cachxuly",
    "severity": "mucdo severity level mucdonguyhiem nguyhiem importance criticality risklevel threatlevel",
    "unit": "donvi nhom group department phongban organization coquan groupname tendonvi khuvuc",
    "kind": "loai type threattype loaimadoc category loaivirus objecttype malwaretype phanloai",
    "url": "url lienket webaddress diachiweb link",
}
_ROLES: Final = {word: role for role, words in _WORDS.items() for word in words.split()}
_NUMBERS: Final = frozenset({"stt", "no", "tt", "sott"})


@dataclass(frozen=True, slots=True)
class Columns:
    """A heading: names as they stand, the role of each (or ""), and the zone that the time's heading names."""

    names: tuple[str, ...]
    roles: tuple[str, ...]
    zone: tzinfo | None

    @property
    def is_report(self) -> bool:
        """Whether it heads what an antivirus found: malware by name on a machine by name, and where or what was done.

        Lists of infected addresses from outside have neither a machine's name nor a path: they stay lists.
        """
        known = set(self.roles)
        return {"threat", "host"} <= known and bool(known & {"file", "action", "user", "hash"})


def columns_of(texts: Sequence[str]) -> Columns | None:
    """The row as a heading of an antivirus report, or None."""
    if sum(bool(text) for text in texts) < 3 or any(len(text) > 80 for text in texts):
        return None
    roles: list[str] = []
    zone = None
    for text in texts:
        word = squash(text)
        role = "" if word in _NUMBERS else _ROLES.get(word, "")
        if role in roles:
            role = ""  # the first column of a role is taken, the others stay under their names
        if role == "time":
            zone = zone_in(text)
        roles.append(role)
    columns = Columns(tuple(texts), tuple(roles), zone)
    return columns if columns.is_report else None
