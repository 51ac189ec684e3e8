"""What an advisory will say and to whom, worked out from a template and what the warning is about. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from atttcli.advisory import targets
from atttcli.advisory.templates import (
    LIST_TEMPLATE,
    KnownProduct,
    Template,
    Texts,
    check_cve,
    fill,
    known_products,
    load_template,
    template_for,
)
from atttcli.clock import VIETNAM, from_micros
from atttcli.errors import NotFound, UsageError
from atttcli.inventory import Inventory
from atttcli.inventory.versions import version_words
from atttcli.model.advisory import Marker, Recipient, SourceLetter
from atttcli.profile import load_profile, sender_of
from atttcli.store.connection import Store
from atttcli.text.fold import fold
from atttcli.text.moments import close_of, due_moment
from atttcli.triage.groups import Wanted, group_named, members

OWN = "{own}"  # stays in the text of letters that go to each agency: how many rows are its own
_WHO = "atttcli advisory draft … --to all | --to xa | --to so-y-te"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person asked for; everything may be empty but something must say what the advisory is about."""

    template: str = ""
    title: str = ""
    to: tuple[str, ...] = ()
    incident: str = ""
    affected_by: str = ""
    group: str = ""
    list: str = ""
    product: str = ""
    version: str = ""
    cves: tuple[str, ...] = ()
    due: str = ""
    organ: str = ""
    each: bool = False
    language: str = "vi"


@dataclass(slots=True)
class Plan:
    """A draft before it is written down. `unowned`: alerts whose victim no agency owns."""

    template: str
    category: str
    title: str
    due: int
    body: dict[str, Any]
    recipients: list[Recipient]
    source: SourceLetter = field(default_factory=SourceLetter)
    incident: str = ""
    organ: str = ""
    each: bool = False
    target: dict[str, Any] = field(default_factory=dict)
    unowned: int = 0

    def payload(self) -> dict[str, Any]:
        """As the journal carries it."""
        return {
            "template": self.template, "category": self.category, "title": self.title, "due": self.due, "body": self.body,
            "source": filled(asdict(self.source)), "incident": self.incident, "organ": self.organ, "each": self.each,
            "target": self.target, "recipients": [recipient_payload(one) for one in self.recipients],
        }  # fmt: skip


def recipient_payload(one: Recipient) -> dict[str, Any]:
    """A recipient as the journal carries it; empty cells are left out."""
    return {"agency": one.agency, "total": one.total, "rows": [filled(asdict(row)) for row in one.rows]}


def filled(values: Mapping[str, Any]) -> dict[str, Any]:
    """Only what says something."""
    return {name: value for name, value in values.items() if value not in ("", None)}


@dataclass(slots=True)
class _Subject:
    """What the advisory is about, gathered from where the person pointed."""

    recipients: list[Recipient] = field(default_factory=list)
    category: str = ""
    title: str = ""
    source: SourceLetter = field(default_factory=SourceLetter)
    markers: list[Marker] = field(default_factory=list)
    rows: int = 0
    unowned: int = 0
    malware: str = ""
    template: str = ""
    product: str = ""
    version: str = ""


def make_plan(store: Store, inventory: Inventory, profile: str, wish: Wish, now: int) -> Plan:
    """The draft; NotFound, UsageError or InputError when it cannot be."""
    today = from_micros(now, VIETNAM).date().isoformat()
    subject = _gather(store, inventory, profile, wish, today)
    if wish.to:
        extra = targets.named(inventory, wish.to, today)
        subject.recipients = targets.merged(subject.recipients, extra)
    targets.check_some(subject.recipients, _WHO)
    template = (
        load_template(wish.template or subject.template)
        if wish.template or subject.template
        else template_for(subject.category)
    )
    due = _due(wish.due, template, subject.source, now)
    values = _values(inventory, profile, wish, subject, due)
    texts = template.say(wish.language)
    title = wish.title or fill(texts.subject, values) or texts.name
    order = {agency.code: place for place, agency in enumerate(inventory.organisation.agencies)}
    return Plan(
        template=template.code, category=template.category or subject.category, title=title, due=due,
        body=_body(texts, values, title, template, subject.markers, wish.language),
        recipients=sorted(subject.recipients, key=lambda one: order.get(one.agency, len(order))),
        source=subject.source, incident=wish.incident or wish.affected_by, organ=wish.organ, each=wish.each,
        target=_target(wish), unowned=subject.unowned,
    )  # fmt: skip


def _target(wish: Wish) -> dict[str, Any]:
    names = ("to", "affected_by", "group", "list", "product", "version", "cves")
    return {name: value for name in names if (value := getattr(wish, name))}


def _gather(store: Store, inventory: Inventory, profile: str, wish: Wish, today: str) -> _Subject:
    subject = _Subject()
    incident = wish.affected_by or wish.incident
    if incident:
        _of_incident(store, inventory, incident, bool(wish.affected_by) or not wish.to, subject, today)
    if wish.list:
        alerts, subject.source = targets.list_alerts(store, wish.list)
        subject.source = _named_sender(subject.source, profile)
        subject.template = subject.template or LIST_TEMPLATE
        _of_alerts(inventory, alerts, subject, today)
    if wish.group:
        every = Wanted(state="all")
        group = group_named(store, wish.group, every)
        if group is None:
            raise NotFound(f"no alert group {wish.group[:80]!r}", hint="atttcli alert list --group")
        alerts = list(members(store, group, every))
        subject.markers += targets.markers_of(alerts)
        _of_alerts(inventory, alerts, subject, today)
    if wish.product or wish.cves:
        _of_product(inventory, wish, subject, today)
    return subject


def _named_sender(source: SourceLetter, profile: str) -> SourceLetter:
    """The sender's name by the pattern of the letter's number, where the letter itself gave only its symbol."""
    known = sender_of(load_profile(profile), source.number) if source.number else None
    bare = not source.sender or source.number.endswith(source.sender)
    return replace(source, sender=known.name) if known is not None and bare else source


def _of_incident(store: Store, inventory: Inventory, number: str, compute: bool, subject: _Subject, today: str) -> None:
    row = store.row("SELECT title, category FROM incident WHERE number = ?", number)
    if row is None:
        raise NotFound(f"no incident {number[:40]!r}", hint="atttcli incident list")
    subject.title, subject.category = row["title"], row["category"]
    subject.markers += targets.markers_of(targets.linked_alerts(store, number))
    if compute:
        found, unowned = targets.affected_by(store, inventory, number, today)
        subject.recipients = targets.merged(subject.recipients, found)
        subject.rows += sum(len(one.rows) for one in found)
        subject.unowned += unowned


def _of_alerts(inventory: Inventory, alerts: Any, subject: _Subject, today: str) -> None:
    found, unowned = targets.of_alerts(inventory, alerts, today)
    subject.recipients = targets.merged(subject.recipients, found)
    subject.rows += sum(len(one.rows) for one in found)
    subject.unowned += unowned
    if alerts:
        subject.category = subject.category or str(alerts[0]["category"])
        names = dict.fromkeys(str(alert["detail"].get("malware") or "") for alert in alerts if alert["agency"])
        subject.malware = ", ".join([name for name in names if name][:3])
        subject.title = subject.title or subject.malware or str(alerts[0]["title"])


def _of_product(inventory: Inventory, wish: Wish, subject: _Subject, today: str) -> None:
    """Systems with the product; a CVE of our table says product and version where the person does not."""
    subject.template = subject.template or "vulnerability"
    known = [one for text in wish.cves if (one := known_products().get(check_cve(text)))]
    if wish.product:
        wanted = [(wish.product, wish.version or _known_version(wish.product, known))]
    else:
        wanted = [(one.product, wish.version or one.version) for one in known]
        subject.title = subject.title or next((one.title for one in known), "")
    if not wanted and not wish.to:
        cve = check_cve(wish.cves[0])
        raise UsageError(
            f"which product {cve} is about is not known here",
            hint=f'atttcli advisory draft --cve {cve} --product "…" --version "<…"',
        )
    names: list[str] = []
    for product, version in wanted:
        found = targets.with_product(inventory, product, version, today)
        subject.recipients = targets.merged(subject.recipients, found)
        subject.rows += sum(len(one.rows) for one in found)
        held = dict.fromkeys(system.product for system in inventory.systems_with(product, version) if system.product)
        names += held if len(held) == 1 else [product]
    subject.product = ", ".join(dict.fromkeys(names))
    subject.version = "|".join(dict.fromkeys(version for _, version in wanted if version))


def _known_version(product: str, known: Sequence[KnownProduct]) -> str:
    """The versions that our table says are affected, when it is the same product."""
    wanted = fold(product)
    return next((one.version for one in known if fold(one.product) in wanted or wanted in fold(one.product)), "")


def _due(asked: str, template: Template, source: SourceLetter, now: int) -> int:
    """What was asked for; else the template's days, but a day before we ourselves have to answer."""
    if asked:
        return due_moment(asked, now)
    usual = due_moment(f"{template.due_days}d", now)
    if not source.deadline:
        return usual
    ours = close_of(date.fromisoformat(source.deadline) - timedelta(days=1))
    return min(usual, ours) if ours > now else usual


def _values(inventory: Inventory, profile: str, wish: Wish, subject: _Subject, due: int) -> dict[str, str]:
    org = inventory.organisation
    law = load_profile(profile)
    word = next((word for word in law.vocabulary if word.key == "security"), None)
    english = wish.language == "en"
    day = from_micros(due, VIETNAM)
    values = {
        "field": (word.english if english else word.text) if word else "",
        "place": org.name,
        "organ": organ_name(inventory, wish.organ),
        "source": subject.source.sender,
        "source_number": subject.source.number,
        "source_date": _day_text(subject.source.date),
        "source_subject": subject.source.subject,
        "count": str(subject.rows) if subject.rows and not wish.each else "",
        "agencies": "" if wish.each else str(len(subject.recipients)),
        "own": OWN if wish.each and subject.rows else "",
        "markers": str(len(set(subject.markers))) if subject.markers else "",
        "product": subject.product,
        "version": version_words(subject.version, wish.language),
        "cve": ", ".join(check_cve(text) for text in wish.cves),
        "incident": wish.incident or wish.affected_by,
        "title": wish.title or subject.title,
        "malware": "" if wish.each else subject.malware,
        "due": f"{day:%d/%m/%Y}",
        "contact": _contact(inventory, wish.organ),
    }
    return {name: " ".join(value.split())[:500] for name, value in values.items()}


def _day_text(iso: str) -> str:
    return f"{date.fromisoformat(iso):%d/%m/%Y}" if iso else ""


def organ_name(inventory: Inventory, code: str) -> str:
    """Name of the organ that signs: the one asked for, else the department, else the first."""
    organ = signing_organ(inventory, code)
    return organ.name if organ else ""


def signing_organ(inventory: Inventory, code: str) -> Any:
    """The organ of this code, or the one that usually warns; NotFound for an unknown code, None when there is none."""
    org = inventory.organisation
    if code:
        return org.organ(code)
    by_code = {organ.code: organ for organ in org.organs}
    return by_code.get("department") or by_code.get("team") or (org.organs[0] if org.organs else None)


def _contact(inventory: Inventory, code: str) -> str:
    """Where agencies call and write: the team's published line, else the signing organ's."""
    by_code = {organ.code: organ for organ in inventory.organisation.organs}
    for organ in (by_code.get("team"), signing_organ(inventory, code)):
        if organ is not None and (organ.call_back or organ.email):
            return ", ".join(part for part in (organ.call_back, organ.email) if part)
    return ""


def _body(
    texts: Texts, values: Mapping[str, str], title: str, template: Template, markers: list[Marker], language: str
) -> dict[str, Any]:
    closing = fill(texts.closing, values)
    return {
        "language": language,
        "subject": title,
        "opening": [text for one in texts.opening if (text := fill(one, values))],
        "actions": [text for one in texts.actions if (text := fill(one, values))],
        "closing": closing,
        "annex": fill(texts.annex, values),
        "urgency": template.urgency,
        "markers": [filled(asdict(marker)) for marker in dict.fromkeys(markers)][: targets.MAX_MARKERS],
    }


def reworded(body: Mapping[str, Any], *, subject: str = "", text: str = "") -> dict[str, Any]:
    """The body with another subject, or with paragraphs and actions (lines that begin with a dash) out of a plain text."""
    changed = dict(body)
    if subject:
        changed["subject"] = " ".join(subject.split())[:500]
    if text:
        lines = [" ".join(line.split()) for line in text.splitlines()]
        kept = [line[:4000] for line in lines if line][:200]
        changed["opening"] = [line for line in kept if not line.startswith(("-", "–", "•"))]
        changed["actions"] = [line.lstrip("-–• ") for line in kept if line.startswith(("-", "–", "•"))]
    return changed


def without(recipients: list[Recipient], codes: tuple[str, ...]) -> list[Recipient]:
    """The recipients but these."""
    return [replace(one) for one in recipients if one.agency not in codes]
