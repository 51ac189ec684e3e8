"""Who, where and when of the sample morning. Everything else in this folder takes its names and addresses from here."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7))

# Our side, as in seeds/organisations/bac-kan.yaml (tests/unit/samples checks that it is still so).
PORTAL_IP = "203.0.113.17"
PORTAL_NAME = "backan.gov.vn"
PORTAL_HOST = "portal-web01"
MAIL_NAME = "mail.backan.gov.vn"
MAIL_HOST = "zmta01"
COMMUNE_PUBLIC = "192.0.2.36"  # commune of Vi Hương, behind NAT
COMMUNE_LAN = "10.23.13"
COMMUNE_PC = "10.23.13.15"
COMMUNE_MAILBOX = "vanthu.vihuong@backan.gov.vn"
OTHER_VICTIMS = (  # (agency's name, public address)
    ("UBND phường Đức Xuân", "192.0.2.1"),
    ("UBND thị trấn Chợ Rã", "192.0.2.9"),
    ("UBND xã Đổng Xá", "192.0.2.77"),
    ("Sở Nội vụ", "203.0.113.73"),
    ("UBND huyện Chợ Đồn", "203.0.113.210"),
)

# The other side: documentation addresses that no agency holds (198.51.100.0/24, 192.0.2.128/25).
SPRAYER = "198.51.100.66"  # phishing mail, password spray, mass sending
WEB_ATTACKER = "198.51.100.214"  # portal and ssh
C2_IP = "198.51.100.230"
C2_NAME = "capnhat.c2.example"
C2_TLS_NAME = "cdn.c2.example"
FAKE_WEBMAIL = "mail.backan.gov.vn.dangnhap.example"
WEB_SHELL = "/Portals/0/thong-bao.aspx"  # where DotNetNuke keeps what editors upload
NOBODY = "198.51.100.99"  # in the centre's list, but of no agency
NEWS_SITE = "192.0.2.250"
RESOLVER = "192.0.2.253"

PHISH_AT = datetime(2021, 5, 11, 8, 12, 31, tzinfo=VIETNAM)
SPRAY_AT = datetime(2021, 5, 11, 22, 3, 0, tzinfo=VIETNAM)
SENDING_AT = datetime(2021, 5, 12, 1, 10, 0, tzinfo=VIETNAM)
PORTAL_AT = datetime(2021, 5, 12, 2, 5, 0, tzinfo=VIETNAM)
SSH_AT = datetime(2021, 5, 12, 2, 50, 0, tzinfo=VIETNAM)
BEACON_AT = datetime(2021, 5, 12, 9, 0, 0, tzinfo=VIETNAM)
VENDOR_AT = datetime(2021, 5, 13, 7, 10, 0, tzinfo=VIETNAM)
PACKED_AT = datetime(2021, 5, 13, 7, 40, 0, tzinfo=VIETNAM)

UNITS = (
    "sonv", "sotp", "sokhdt", "sotc", "soct", "sonnptnt", "sogtvt", "soxd", "sotnmt", "soldtbxh",
    "sovhttdl", "sokhcn", "sogddt", "soyt", "thanhtra", "bandantoc", "babe", "bachthong", "chodon", "vihuong",
)  # fmt: skip
ROLES = ("vanthu", "cntt")


def mailboxes() -> list[str]:
    """Role mailboxes of the sample (no persons)."""
    return [f"{role}.{unit}@backan.gov.vn" for role in ROLES for unit in UNITS]


def dice(name: str) -> random.Random:
    """A seeded generator per file, so that adding lines to one file leaves the others as they are."""
    return random.Random(f"atttcli {name}")  # not for secrets: sample data


def after(start: datetime, seconds: float) -> datetime:
    """A moment of the story."""
    return start + timedelta(seconds=seconds)
