"""An advisory (one warning to many agencies), its deliveries (one agency's copy each) and an agency's answer. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

STAGES = ("draft", "approved", "awaiting_signature", "awaiting_number", "numbered", "closed", "withdrawn")
STATES = (
    "planned", "queued", "sent", "acknowledged", "not_affected", "fixing", "fixed", "verified", "exempt", "withdrawn",
)  # fmt: skip
OPEN = frozenset({"planned", "queued", "sent", "acknowledged", "fixing", "fixed"})  # somebody still has to do something
WAITING = frozenset({"sent", "acknowledged", "fixing"})  # the agency has
CHANNELS = ("edoc", "email", "paper", "zalo", "phone", "visit")
Column = Literal["address", "port", "time", "malware", "remote", "subject", "system", "product", "note"]
COLUMNS: tuple[Column, ...] = ("subject", "address", "port", "time", "malware", "remote", "system", "product", "note")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the annex that concerns one agency. `time` microseconds UTC; `alert` is the number of what it rests on."""

    address: str = ""
    port: str = ""
    time: int | None = None
    malware: str = ""
    remote: str = ""
    subject: str = ""
    system: str = ""
    product: str = ""
    note: str = ""
    alert: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets it, with the rows that concern it. `total`: machines as far as known before the agency answers."""

    agency: str
    rows: tuple[Row, ...] = ()
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Marker:
    """An indicator that the annex prints for agencies to look for: STIX type, value as stored, the part it played."""

    type: str
    value: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class SourceLetter:
    """Who warned us, as their letter says. `date` and `deadline` ISO; `list` names the file or letter the rows came from."""

    number: str = ""
    date: str = ""
    sender: str = ""
    subject: str = ""
    deadline: str = ""
    reply: str = ""
    list: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The five lines of an agency's answer, and how it reached us.

    `handled` of `total` machines; `affected` False: looked, found nothing; `complete`: all done, no number said. `at` is the
    moment the agency names, `by` an office or a role. `digest` tells a repeated answer from a new one.
    """

    agency: str
    handled: int | None = None
    total: int | None = None
    affected: bool = True
    complete: bool = False
    machines: str = ""
    scanned: str = ""
    result: str = ""
    at: int | None = None
    by: str = ""
    channel: str = ""
    sender: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the guards ask about one agency's copy."""

    advisory: str
    agency: str
    state: str
    total: int | None = None
    handled: int = 0
    escalated: bool = False
    digest: str = ""
