"""One row of a list -> what it claims: alerts about our own, indicators about others, or a problem.

Every data row gives one `RowOutcome` with at least one record and at most one problem, so rows read = rows with
records, and every record is counted by whoever takes them. A victim becomes an Alert whether we own it or not (what
nobody owns stays on the unresolved list); an address of ours is never an indicator, whatever its column says: then it
is an alert too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, Final

from atttcli.clock import DAY
from atttcli.model.alert import Alert, Origin
from atttcli.model.observable import Indicator, Observable, ObservableType
from atttcli.model.severity import Severity
from atttcli.source import Input, Letter, ReadProblem, Record
from atttcli.sources.lists.cells import CellValues, is_blank, read_values
from atttcli.sources.lists.header import Header
from atttcli.sources.lists.moments import read_moment
from atttcli.sources.lists.roles import VALUE_ROLES, Kind, Role
from atttcli.sources.lists.tables import Row
from atttcli.sources.lists.wording import CATEGORY, INDICATOR_KIND, SEVERITY, title_of
from atttcli.sources.observables import host_of
from atttcli.sources.scope import Scope
from atttcli.text.fold import fold

VALIDITY: Final = 180 * DAY  # of an indicator whose list says nothing: lists come monthly, and addresses change hands
_FOOTER = re.compile(
    r"tong(?: cong| so)?\b|noi nhan|nguoi lap|giam doc|kt\. |tl\. |ghi chu\s*:|danh sach (?:gom|co)\b|\(?het\)?\Z|\./\.\Z"
)
_KEPT_CELL: Final = 2000
_ABOUT: Final = VALUE_ROLES | {Role.PRODUCT, Role.VULNERABILITY}  # columns that alone make a row worth reading


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """A data row and all it gave: alerts, indicators, problems; never none."""

    line: int
    sheet: str
    records: tuple[Record, ...]


@dataclass(slots=True)
class Context:
    """What all rows of a table share."""

    given: Input
    letter: Letter
    letter_time: int | None
    scope: Scope
    sheet: str
    header: Header
    zone: tzinfo
    agency: str = ""  # of the row above: a cell merged over several rows is filled only once


@dataclass(frozen=True, slots=True)
class _Line:
    """A row as read once: its texts, the first text of each role, its time."""

    number: int
    texts: tuple[str, ...]
    fields: dict[Role, str]
    moment: int | None


@dataclass(slots=True)
class _Reading:
    """A row's values sorted by what becomes of them."""

    victims: list[tuple[Observable, int, str]] = field(default_factory=list)  # value, port, why
    indicators: list[tuple[Observable, Role]] = field(default_factory=list)
    context: list[Observable] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_row(row: Row, context: Context) -> RowOutcome | None:
    """The records of one row; None for what is no data row: blank, the heading again, a footer."""
    texts = row.texts()
    if not any(texts) or context.header.repeats(texts):
        return None
    line = _Line(row.number, texts, _fields(texts, context), _time(row, context))
    reading = _sort(texts, context)
    if not (reading.victims or reading.indicators) and _is_footer(texts, context.header):
        return None
    if context.header.kind is Kind.CVE:
        return RowOutcome(row.number, context.sheet, tuple(_vulnerability(line, context)))
    records: list[Record] = [_alert(line, victim, reading, context) for victim in _merged(reading.victims)]
    records += [_indicator(value, role, line, context) for value, role in reading.indicators]
    problems = reading.problems or ([] if records else ["no usable address, link or hash in this row"])
    if problems:
        records.append(_problem(line, "; ".join(problems[:5]), context))
    return RowOutcome(row.number, context.sheet, tuple(records))


def _fields(texts: tuple[str, ...], context: Context) -> dict[Role, str]:
    """First non-blank text of each role; the agency of the row above where a merged cell left it empty."""
    fields: dict[Role, str] = {}
    for text, role in zip(texts, context.header.roles, strict=False):
        if role is not None and role not in fields and not is_blank(text):
            fields[role] = " ".join(text.split())[:300]
    if Role.AGENCY in fields:
        context.agency = fields[Role.AGENCY]
    elif context.agency and all(
        not texts[index] for index in context.header.columns(Role.AGENCY) if index < len(texts)
    ):
        fields[Role.AGENCY] = context.agency
    return fields


def _sort(texts: tuple[str, ...], context: Context) -> _Reading:
    reading = _Reading()
    generic: list[tuple[Role, CellValues]] = []
    for text, role, name in zip(texts, context.header.roles, context.header.names, strict=False):
        if role is None or (role not in VALUE_ROLES and role is not Role.TARGET):
            continue
        values = read_values(text)
        if values.unread and role is not Role.TARGET:
            reading.problems.append(f"column {name!r}: not (wholly) an address, link or hash: {values.unread!r}")
        if values.left_off:
            reading.problems.append(
                f"column {name!r}: {values.left_off} values beyond the first {len(values.values)} left off"
            )
        if role in (Role.ADDRESS, Role.LINK):
            generic.append((role, values))
        else:
            _place(role, values, reading, context)
    explicit = bool(reading.victims)
    for role, values in generic:
        _place_generic(role, values, explicit, reading, context)
    return reading


def _place(role: Role, values: CellValues, reading: _Reading, context: Context) -> None:
    """A column whose heading says what its values are."""
    scope = context.scope
    for value, port in values.values:
        if role in (Role.VICTIM, Role.ACCOUNT):
            reading.victims.append((value, port, ""))
        elif scope.is_own(value):
            why = f"{value.value} is ours and stands in the column of {role.value}"
            reading.victims.append((value, port, why))
        elif role is Role.TARGET:
            reading.context.append(Observable(value.type, value.value, "target"))
        elif scope.touches_own(value):
            reading.problems.append(f"{value.value} covers networks of ours: not taken as an indicator")
        elif scope.is_allowed(value):
            reading.problems.append(f"{value.value} is on the allow-list: not taken as an indicator")
        elif scope.is_local(value):
            reading.context.append(Observable(value.type, value.value, role.value))
            if role is not Role.SENSOR:
                reading.problems.append(f"{value.value} is not a public address: not taken as an indicator")
        elif _too_wide(value):
            reading.problems.append(f"{value.value} is too wide to be an indicator")
        else:
            reading.indicators.append((value, role))


def _place_generic(role: Role, values: CellValues, explicit: bool, reading: _Reading, context: Context) -> None:
    """`IP` or `Link` of nobody in particular: ours -> victim; otherwise the kind of list decides."""
    kind = context.header.kind
    about_others = {Kind.MALWARE: Role.MALWARE_LINK, Kind.PHISHING: Role.PHISHING, Kind.INDICATORS: Role.MALICIOUS}
    for value, port in values.values:
        one = CellValues([(value, port)])
        if context.scope.is_own(value):
            if value not in [victim for victim, _, _ in reading.victims]:
                reading.victims.append((value, port, ""))
        elif kind in about_others or value.type in _HASH_TYPES:
            _place(about_others.get(kind, Role.HASH), one, reading, context)
        elif explicit or (role is Role.LINK and kind is Kind.INFECTED):
            if value not in [victim for victim, _, _ in reading.victims]:
                reading.context.append(Observable(value.type, value.value, "related"))
        else:
            reading.victims.append((value, port, ""))


_HASH_TYPES = (ObservableType.MD5, ObservableType.SHA1, ObservableType.SHA256)


def _too_wide(value: Observable) -> bool:
    if value.type is not ObservableType.CIDR:
        return False
    address, _, bits = value.value.partition("/")
    return int(bits) < (32 if ":" in address else 16)


def _merged(victims: list[tuple[Observable, int, str]]) -> Iterator[tuple[Observable, int, str]]:
    """Each victim once: a site's link and its bare name are the same victim."""
    seen: set[str] = set()
    for victim, port, why in victims:
        name = _victim_name(victim)
        if name not in seen:
            seen.add(name)
            yield victim, port, why


def _victim_name(victim: Observable) -> str:
    """What triage looks up: address, mailbox or host. Of a network its first address (the network stays in the observables)."""
    if victim.type is ObservableType.URL:
        return host_of(victim)
    return victim.value.partition("/")[0]


def _time(row: Row, context: Context) -> int | None:
    for index in context.header.columns(Role.TIME):
        if index < len(row.cells):
            moment = read_moment(row.cells[index], context.zone)
            if moment is not None:
                return moment
    return None


def _alert(line: _Line, victim: tuple[Observable, int, str], reading: _Reading, context: Context) -> Alert:
    value, port, why = victim
    fields = line.fields
    given, letter, kind = context.given, context.letter, context.header.kind
    name = _victim_name(value)
    malware = fields.get(Role.MALWARE) or fields.get(Role.TYPE) or fields.get(Role.TAG) or ""
    observables = dict.fromkeys(
        [
            Observable(value.type, value.value, "victim"),
            *(Observable(found.type, found.value, role.value) for found, role in reading.indicators),
            *reading.context,
        ]
    )
    return Alert(
        kind="national-list",
        rule_id=f"list.{kind.value}" + (f".{_slug(malware)}" if _slug(malware) else ""),
        title=title_of(kind, fields, name),
        severity=SEVERITY[kind] if Role.VULNERABILITY not in fields else Severity.MEDIUM,
        origin=Origin(given.sha256, given.path, line.number),
        occurrence=_occurrence(line, name, context),
        time=line.moment,
        key=value.value if value.type is ObservableType.CIDR else name,
        category=_category(value, fields, kind),
        victim=name,
        sender=letter.sender,
        tags=(kind.value,),
        observables=tuple(observables),
        why=(why,) if why else (),
        detail=_detail(line, port, context),
    )


def _category(victim: Observable, fields: dict[Role, str], kind: Kind) -> str:
    if victim.type is ObservableType.EMAIL:
        return "truycap"
    if kind is Kind.ATTACK and Role.MALWARE not in fields:
        return "khac"  # an open service (`rdp`, `memcached`), nothing done to it yet
    return CATEGORY[kind]


def _vulnerability(line: _Line, context: Context) -> Iterator[Record]:
    """A row of the sheet `CVE` names a product, no address: an alert that triage lays beside the inventory's products."""
    fields = line.fields
    product, weakness = fields.get(Role.PRODUCT, ""), fields.get(Role.VULNERABILITY, "")
    if not product and not weakness:
        yield _problem(line, "neither a product nor a vulnerability in this row", context)
        return
    score = re.match(r"\d{1,2}(?:[.,]\d+)?", fields.get(Role.SCORE, ""))
    points = float(score[0].replace(",", ".")) if score else 0.0
    yield Alert(
        kind="national-list",
        rule_id=f"list.cve.{_slug(weakness or product)}",
        title=title_of(Kind.CVE, fields, product),
        severity=Severity.HIGH if points >= 7 else Severity.MEDIUM if points >= 4 or not score else Severity.LOW,
        origin=Origin(context.given.sha256, context.given.path, line.number),
        occurrence=_occurrence(line, product, context),
        time=line.moment,
        key=fold(product) or fold(weakness),
        category=CATEGORY[Kind.CVE],
        sender=context.letter.sender,
        tags=("cve",),
        detail=_detail(line, 0, context) | {"product": product, "vulnerability": weakness},
    )


def _indicator(value: Observable, role: Role, line: _Line, context: Context) -> Indicator:
    given, letter = context.given, context.letter
    dated = (moment for moment in (line.moment, context.letter_time, given.modified) if moment is not None)
    start = next(dated, None)
    words = [line.fields.get(Role.MALWARE, ""), line.fields.get(Role.NOTE, "")]
    shared = role is Role.MALWARE_LINK and value.type in (ObservableType.IPV4, ObservableType.IPV6)
    return Indicator(
        type=value.type,
        value=value.value,
        source=letter.number or re.split(r"[\\/!]", given.path)[-1],
        description="; ".join(word for word in words if word)[:300],
        kind=INDICATOR_KIND[role],
        valid_from=start,
        valid_until=start + VALIDITY if start is not None else None,
        # A web server that hosts one bad page hosts others too: its address alone says less than the link.
        severity=Severity.MEDIUM if shared or role is Role.ATTACKER else Severity.HIGH,
    )


def _detail(line: _Line, port: int, context: Context) -> dict[str, Any]:
    """The whole row, JSON-safe, and the letter it came with."""
    cells: dict[str, str] = {}
    for index, text in enumerate(line.texts):
        if text:
            name = context.header.names[index] if index < len(context.header.names) else ""
            label = " ".join(name.split()) or f"column {index + 1}"
            cells[label if label not in cells else f"{label} ({index + 1})"] = text[:_KEPT_CELL]
    letter, fields = context.letter, line.fields
    detail: dict[str, Any] = {"row": cells, "sheet": context.sheet, "list": context.header.kind.value}
    named = {
        "agency": fields.get(Role.AGENCY),
        "malware": fields.get(Role.MALWARE),
        "port": port or fields.get(Role.PORT),
    }
    named |= {"c2_port": fields.get(Role.C2_PORT), "letter": letter.number, "letter_date": letter.date}
    named |= {"deadline": letter.deadline, "reply": letter.reply}
    if line.moment is None:
        named["unread_time"] = fields.get(Role.TIME)
    return detail | {key: value for key, value in named.items() if value}


def _occurrence(line: _Line, victim: str, context: Context) -> str:
    """Digest of the row's words without its running number, with the letter's number.

    The same row in the same letter, saved again in another format, is the same claim. A row without time in a list
    without number or date is identified by its file: otherwise next month's list would look like this month's.
    """
    roles = context.header.roles
    cells = [
        fold(text) for index, text in enumerate(line.texts) if index >= len(roles) or roles[index] is not Role.ORDINAL
    ]
    letter = context.letter
    issue = letter.number or letter.date or ("" if line.moment is not None else context.given.sha256)
    words = "\x1f".join([issue, context.header.kind.value, victim, *filter(None, cells)])
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _problem(line: _Line, reason: str, context: Context) -> ReadProblem:
    place = f"sheet {context.sheet!r}: " if context.sheet else ""
    return ReadProblem(line=line.number, reason=place + reason, excerpt=" | ".join(filter(None, line.texts))[:300])


def _is_footer(texts: tuple[str, ...], header: Header) -> bool:
    """Text below the table: a line that totals or signs, or one cell of words outside the columns of values."""
    filled = {text: index for index, text in reversed(list(enumerate(texts))) if text}
    if _FOOTER.match(fold(texts[min(filled.values())])[:200]):
        return True
    (index,) = filled.values() if len(filled) == 1 else (0,)
    role = header.roles[index] if index < len(header.roles) else None
    return len(filled) == 1 and role not in _ABOUT and len(texts[index]) > 4


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", fold(text))[:60].strip("-")
