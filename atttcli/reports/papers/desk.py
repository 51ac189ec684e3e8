"""What every builder of papers is handed, and what all papers share: head, addressees, reporter, chain, gaps."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from atttcli import __version__
from atttcli.clock import VIETNAM, from_micros
from atttcli.errors import NotFound
from atttcli.incident.form import derived_values, form_values
from atttcli.report import Chain, Header, Marks, Provenance, Words
from atttcli.reports.build_header import signing_organ
from atttcli.reports.paper import Fact, Gap, Line, Lines, Paper, Part
from atttcli.reports.papers.period import Period

if TYPE_CHECKING:
    from atttcli.inventory import Inventory, Organisation
    from atttcli.inventory.organisation import Organ
    from atttcli.journal.journal import Journal
    from atttcli.profile import Datum, Profile
    from atttcli.profile.values import Form
    from atttcli.store.connection import Row, Store

SYMBOLS = {"bao_cao": "BC", "thong_bao": "TB", "ke_hoach": "KH"}


@dataclass(frozen=True, slots=True)
class Ask:
    """What the drafter says about this paper: what it is about and what only people know.

    `texts`: wording for named parts (`shortcomings`, `plan`, `proposals` ...); `to`: agencies or roles; `requests`: what an
    order asks; `due`: moment; `since`: tell only what happened from then on.
    """

    subject: str = ""
    period: Period | None = None
    to: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()
    due: int | None = None
    since: int | None = None
    variant: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where papers are drafted: the workspace's values and the paper's own marks. Nothing is written."""

    journal: Journal
    inventory: Inventory
    law: Profile
    as_of: int
    language: Literal["vi", "en"] = "vi"
    organ: str = ""
    number: str = ""
    symbol: str = ""
    date: str = ""
    signer: str = ""
    draft: bool = False
    exercise: bool = False
    tlp: Literal["", "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"] = ""

    @property
    def store(self) -> Store:
        """The database."""
        return self.journal.store

    @property
    def place(self) -> Organisation:
        """The organisation."""
        return self.inventory.organisation

    def say(self, vi: str, en: str) -> str:
        """The wording in the paper's language."""
        return en if self.language == "en" else vi

    def signing(self) -> Organ | None:
        """The organ that issues the paper."""
        return signing_organ(self.place, self.organ)

    def incident(self, number: str) -> Row:
        """The incident's row; NotFound when there is none."""
        row = self.store.row("SELECT * FROM incident WHERE number = ?", number)
        if row is None:
            raise NotFound(f"no incident {number[:40]!r}", hint="atttcli incident list")
        return row

    def agency(self, code: str) -> str:
        """An agency's name; a dash for none."""
        return self.place.name_of(code) if code else "-"

    def holder(self, role: str) -> str:
        """Who holds a role: here, else nationally, else the role's own name."""
        known = next((one for one in self.law.roles if one.code == role), None)
        if self.language == "en" and known is not None and not self.place.holder(role):
            return known.name_en
        return self.place.holder(role) or ((known.holder or known.name) if known else role)

    def holders(self, roles: Iterable[str]) -> tuple[str, ...]:
        """Names of the holders, each once, without whoever issues the paper."""
        organ = self.signing()
        own = {organ.name if organ else ""}
        return tuple(name for name in dict.fromkeys(map(self.holder, roles)) if name and name not in own)

    def recipients_of(self, document: str) -> tuple[str, ...]:
        """Roles that the law wants a document sent to, from the clock that asks for it."""
        duty = next((one for one in self.law.deadlines if one.document == document), None)
        known = {role.code for role in self.law.roles}
        return tuple(code for code in duty.recipients if code in known) if duty else ()

    def form(self, code: str) -> Form | None:
        """The profile's form of this code."""
        return next((one for one in self.law.forms if one.code == code), None)


def header(
    desk: Desk,
    kind: str = "bao_cao",
    addressees: tuple[str, ...] = (),
    recipients: tuple[str, ...] = (),
    bases: bool = False,
) -> Header:
    """The head of a paper of a kind of the profile's numbers (`bao_cao`, `thong_bao`, `cong_van` ...)."""
    organ = desk.signing()
    word = next((one for one in desk.law.vocabulary if one.key == "security"), None)
    signatures = organ.signatures[0].split(" / ") if organ and organ.signatures else []
    return Header(
        superior=Words(organ.superior if organ else ""),
        organ=Words(organ.name if organ else ""),
        number=desk.number.split("/")[0],
        symbol=desk.symbol or _symbol(desk, kind, organ.symbol if organ else ""),
        place=(organ.place if organ else "") or desk.place.place,
        date=desk.date,
        language=desk.language,
        profile=desk.law.name,
        field=Words(word.text, word.english) if word else Words(),
        legal_bases=tuple(Words(base.text, base.english) for base in desk.law.bases) if bases else (),
        addressees=addressees,
        recipients=recipients,
        authority=tuple(line.strip() for line in signatures),
        signer=desk.signer,
    )


def _symbol(desk: Desk, kind: str, organ: str) -> str:
    """What follows the number: `BC-STTTT`; a number that was given whole brings its own."""
    if "/" in desk.number:
        return desk.number.split("/", 1)[1]
    pattern = next((one.pattern for one in desk.law.numbers if one.kind == kind), "")
    return pattern.partition("/")[2].replace("{organ}", organ) if "/" in pattern else organ


def finish(desk: Desk, paper: Paper, datum: Datum | None = None) -> Paper:
    """What every paper carries at its end: chain head, provenance, marks, and its gaps in order."""
    from msgspec.structs import replace

    last = desk.store.row("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")
    unverified = (f"{paper.kind} ({datum.source})",) if datum is not None and not datum.verified else ()
    gaps = () if paper.layout == "card" else tuple(_head_gaps(desk, paper))
    return replace(
        paper,
        chain=None if last is None else Chain(count=last["seq"], hash=last["hash"]),
        provenance=Provenance(version=__version__),
        marks=Marks(tlp=desk.tlp, draft=desk.draft, exercise=desk.exercise, unverified=unverified),
        facts=tuple(sorted(paper.facts, key=lambda one: one.name)),
        missing=(*gaps, *paper.missing),
    )


def _head_gaps(desk: Desk, paper: Paper) -> Iterator[Gap]:
    """What the organisation's file should say for the paper's head and foot, and does not."""
    head = paper.header
    if not head.organ:
        yield Gap(label=desk.say("Cơ quan ban hành", "Issuing organ"), required=True)
    if paper.nation and not head.place:
        yield Gap(label=desk.say("Địa danh", "Place"), fields=("organ.place",), required=True)
    if not head.authority:
        yield Gap(label=desk.say("Thẩm quyền ký", "Signing authority"), fields=("organ.signatures",), required=True)


def facts_of(values: Mapping[str, Any]) -> tuple[Fact, ...]:
    """Values as the paper's facts."""
    from atttcli.incident.form import shown

    told = ((name, shown(name, value)) for name, value in values.items() if not isinstance(value, dict))
    return tuple(Fact(name=name, value=text) for name, text in told if text)


def gaps_of(parts: Iterable[Part]) -> tuple[Gap, ...]:
    """The lines of a form that nothing fills."""
    found = []
    for part in parts:
        if isinstance(part, Lines):
            found += [
                Gap(label=_plain(line.label), fields=line.fields, required=line.required)
                for line in part.lines
                if not line.value and line.fields
            ]
    return tuple(found)


def _plain(label: str) -> str:
    return label.replace("(*)", "").replace("*", "").strip(" :")


def incident_values(desk: Desk, row: Row) -> dict[str, Any]:
    """All that fills a form about an incident: what people said over what the inventory and other rows say."""
    own = form_values(row)
    derived = {**reporter(desk), **derived_values(desk.store, row, desk.inventory), **_said_otherwise(desk, row, own)}
    return {**derived, **{name: value for name, value in own.items() if value not in (None, "", [], ())}}


def reporter(desk: Desk) -> dict[str, str]:
    """The issuing organ as the one who reports."""
    organ = desk.signing()
    if organ is None:
        return {}
    found = {
        "reporter_name": organ.name,
        "reporter_address": organ.address,
        "reporter_email": organ.email,
        "contact_position": organ.call_back,
        "contact_email": organ.email,
    }
    return {name: value for name, value in found.items() if value}


_FOUND = {"ids": "ids", "monitoring": "ids", "log": "log"}


def _said_otherwise(desk: Desk, row: Row, own: Mapping[str, Any]) -> dict[str, Any]:
    """What follows from other answers: how it was found, whom the papers that went out have told."""
    found: dict[str, Any] = {}
    if own.get("found_by"):
        found["found_how"] = [_FOUND.get(own["found_by"], "notified" if own["found_by"] != "user" else "other")]
    sent = desk.store.rows("SELECT code FROM deadline WHERE incident = ? AND met IS NOT NULL", row["number"])
    told = {role for one in sent for role in _told_by(desk, one["code"])}
    names = [
        word
        for role, word in (("mang_luoi", "network_member"), ("isp", "isp"), ("dieu_phoi", "coordinator"))
        if role in told
    ]
    if names:
        found["notified"] = names
    if not own.get("measures"):
        found["measures"] = _measures(desk, row)
    exhibits = desk.store.rows(
        "SELECT number FROM evidence WHERE incident = ? AND withdrawn IS NULL ORDER BY number", row["number"]
    )
    found["evidence"] = ", ".join(one[0] for one in exhibits)
    systems = [system for code in json.loads(row["systems"]) if (system := desk.inventory.system(code)) is not None]
    addresses = [address for system in systems for address in system.addresses]
    domains = [name for system in systems for name in system.domains]
    return found | ({"public_addresses": addresses} if addresses else {}) | ({"domains": domains} if domains else {})


def _measures(desk: Desk, row: Row) -> str:
    """What was noted at the steps in which something is done to the systems."""
    from atttcli.reports.build_narrative import tell

    tasks = desk.store.rows("SELECT * FROM task WHERE incident = ? ORDER BY created, number", row["number"])
    return tell(row, json.loads(row["fields"]), (), tasks, ()).measures


def _told_by(desk: Desk, code: str) -> tuple[str, ...]:
    duty = next((one for one in desk.law.deadlines if one.id == code), None)
    return duty.recipients if duty else ()


def reporter_lines(desk: Desk, values: Mapping[str, Any]) -> Lines:
    """The block that opens every paper about an incident."""
    labels = (
        ("reporter_name", desk.say("Tên tổ chức/cá nhân báo cáo (*)", "Reporting organisation or person (*)")),
        ("reporter_address", desk.say("Địa chỉ (*)", "Address (*)")),
        ("reporter_phone", desk.say("Điện thoại (*)", "Telephone (*)")),
        ("reporter_email", "Email (*)"),
    )
    return Lines(
        "reporter",
        tuple(
            Line(label=label, value=str(values.get(name) or ""), fields=(name,), required=True)
            for name, label in labels
        ),
    )


def day_month(desk: Desk, micros: int) -> str:
    """`13/05/2021`."""
    return from_micros(micros, VIETNAM).strftime("%d/%m/%Y")


_LONGEST_SUMMARY = 140  # characters of a title that still make a summary of two or three lines


def summary_of(desk: Desk, number: str, title: str) -> str:
    """The summary line of a paper about an incident; a title too long for one is left to the text."""
    named = desk.say(f"Sự cố {number}", f"Incident {number}")
    return f"{named}: {title}" if len(title) <= _LONGEST_SUMMARY else named


def moment_said(desk: Desk, micros: int | None) -> str:
    """`07 giờ 45 phút, ngày 13/05/2021`; nothing for no moment."""
    if micros is None:
        return ""
    return desk.say(
        f"{clock_time(desk, micros)}, ngày {day_month(desk, micros)}",
        f"{from_micros(micros, VIETNAM):%Y-%m-%d %H:%M} (UTC+7)",
    )


def clock_time(desk: Desk, micros: int) -> str:
    """`07 giờ 45 phút`."""
    moment = from_micros(micros, VIETNAM)
    return desk.say(f"{moment:%H} giờ {moment:%M} phút", f"{moment:%H:%M}")
