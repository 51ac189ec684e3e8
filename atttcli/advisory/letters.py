"""The letters about an advisory as values: the warning itself, a reminder, the answer to who warned us, the provider's letter."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

from atttcli.advisory.desk import advisory_row, deliveries
from atttcli.advisory.draft import OWN, signing_organ
from atttcli.advisory.targets import active_agencies
from atttcli.advisory.wording import LetterWording, letter_wording
from atttcli.clock import VIETNAM, from_micros, local_text
from atttcli.errors import Refused
from atttcli.inventory import Inventory
from atttcli.inventory.organisation import GROUPS
from atttcli.model.advisory import COLUMNS, Column, Row
from atttcli.model.letter import (
    LetterAnnex,
    LetterBlock,
    LetterColumn,
    LetterForm,
    LetterModel,
    LetterTable,
    LetterText,
)
from atttcli.profile import load_profile
from atttcli.store.connection import Row as Record
from atttcli.store.connection import Store
from atttcli.text.fold import fold
from atttcli.text.redact import defang

LISTED = 8  # so many addressees stand in the letter's head by name, more in its annex
_WEIGHT = {
    "index": 9, "agency": 26, "subject": 24, "address": 18, "port": 9, "time": 17, "malware": 20, "remote": 22, "system": 26,
    "product": 22, "note": 12, "type": 20, "value": 56, "role": 24, "rows": 10, "state": 22, "machines": 16, "day": 14,
    "result": 26,
}  # fmt: skip
_CENTRED = {"index", "port", "time", "rows", "machines", "day"}
_CODE = {"remote", "value"}
_INDICATOR_TYPES = {"ipv4-addr", "ipv6-addr", "domain-name", "url", "email-addr", "cidr"}
_WIDE = 5  # columns: a table of more lies across


class LetterDesk:
    """Builds letters for one workspace. `profile` is the regime in force; letters are in the language of their advisory."""

    def __init__(self, store: Store, inventory: Inventory, profile: str, now: int) -> None:
        self.store, self.inventory, self.now = store, inventory, now
        law = load_profile(profile)
        self._bases = law.bases
        pattern = next((one.pattern for one in law.numbers if one.kind == "cong_van"), "{seq:02d}/{organ}-CNTT")
        self._symbol = pattern.partition("/")[2]
        self._places = {agency.code: place for place, agency in enumerate(inventory.organisation.agencies)}

    def symbol(self, organ_code: str) -> str:
        """What follows the number in the register: `STTTT-CNTT`."""
        organ = signing_organ(self.inventory, organ_code)
        return self._symbol.replace("{organ}", organ.symbol if organ else "").strip("-")

    def in_order(self, codes: Iterable[str]) -> list[str]:
        """Agencies as the organisation lists them: letters and their numbers follow it."""
        return sorted(codes, key=lambda code: (self._places.get(code, 1 << 30), code))

    def warnings(self, number: str) -> Iterator[LetterModel]:
        """The letters of an advisory: one with an annex, or one for each agency with its own rows only."""
        row = advisory_row(self.store, number)
        gone = [one for one in deliveries(self.store, number) if one["state"] != "withdrawn"]
        if not gone:
            raise Refused(f"{number} was withdrawn", guard="withdrawn", hint="atttcli advisory list")
        gone.sort(key=lambda one: self._places.get(one["agency"], 1 << 30))
        cells = self._cells(number)
        if not row["each"]:
            yield self._warning(row, gone, cells)
            return
        for one in gone:
            yield self._warning(row, [one], cells)

    def _cells(self, number: str) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for agency, text in self.store.connection.execute(
            "SELECT agency, cells FROM delivery_row WHERE advisory = ? ORDER BY agency, place", (number,)
        ):
            found.setdefault(agency, []).append(Row(**json.loads(text)))
        return found

    def _head(self, language: str, organ_code: str, code: str, subject: str) -> LetterModel:
        organ = signing_organ(self.inventory, organ_code)
        spoken: Literal["vi", "en"] = "en" if language == "en" else "vi"
        authority = (
            tuple(line.strip() for line in organ.signatures[0].split(" / ")) if organ and organ.signatures else ()
        )
        return LetterModel(
            code=code, subject=subject, as_of=self.now, language=spoken, superior=organ.superior if organ else "",
            organ=organ.name if organ else "", symbol=self.symbol(organ_code), archive="VT, CNTT", authority=authority,
            place=(organ.place if organ else "") or self.inventory.organisation.place,
        )  # fmt: skip

    def _signed(self, organ_code: str, signer: str) -> dict[str, Any]:
        """Who signs in whose place, and the name under it: `Phó Giám đốc: …` signs for the head; a position is no name."""
        organ = signing_organ(self.inventory, organ_code)
        if organ is None or not signer:
            return {"signer": signer}
        wanted = fold(signer)
        for signature in sorted(organ.signatures, key=len, reverse=True):
            position = signature.rpartition("/")[2].strip()
            if wanted == fold(position) or wanted.startswith((fold(position) + " ", fold(position) + ":")):
                rest = signer[len(position) :].strip(" :,-–")
                authority = tuple(line.strip() for line in signature.split(" / "))
                return {"authority": authority, "signer": "" if fold(rest) in fold(organ.name) else rest}
        return {"signer": signer}

    def _warning(self, row: Record, rows: Sequence[Record], cells: dict[str, list[Row]]) -> LetterModel:
        body = json.loads(row["body"])
        say = letter_wording(body["language"])
        head = self._head(body["language"], row["organ"], row["number"], body["subject"])
        alone = rows[0]["agency"] if row["each"] else ""
        document = (rows[0]["document"] if alone else "") or row["document"]
        own = str(len(cells.get(alone, ())))
        blocks: list[LetterBlock] = [LetterText(text.replace(OWN, own)) for text in body["opening"]]
        if body["actions"]:
            blocks.append(LetterText(say.ask.format(organ=head.organ)))
            blocks += [LetterText(f"{place}. {text}") for place, text in enumerate(body["actions"], 1)]
        if body["closing"]:
            blocks.append(LetterText(body["closing"]))
        return replace(
            head,
            addressee=alone,
            copies=tuple(one["agency"] for one in rows),
            exercise=self._is_exercise(row["incident"]),
            number=document.partition("/")[0],
            symbol=document.partition("/")[2] or head.symbol,
            date=row["dated"],
            urgency=body.get("urgency", ""),
            addressees=self._addressees([one["agency"] for one in rows], say),
            blocks=tuple(blocks),
            closing=say.closing,
            recipients=tuple(self._informed(row["organ"], say)),
            **self._signed(row["organ"], row["signer"]),
            annexes=tuple(self._annexes(row, body, rows, cells, say, head.organ)),
            state=row["stage"],
        )

    def _is_exercise(self, incident: str) -> bool:
        """A letter of a drill says so on its head, whatever else it says."""
        return bool(incident and self.store.value("SELECT exercise FROM incident WHERE number = ?", incident))

    def _addressees(self, codes: Sequence[str], say: LetterWording) -> tuple[str, ...]:
        """By name when they are few, by group when a group is whole, else as the annex lists them."""
        if len(codes) <= LISTED:
            return tuple(self.inventory.organisation.name_of(code) for code in codes)
        today = from_micros(self.now, VIETNAM).date().isoformat()
        wanted, phrases = set(codes), []
        for group in GROUPS:
            members = {code for code in active_agencies(self.inventory, today) if self._group(code) == group}
            if members and members <= wanted:
                phrases.append(say.groups[group])
                wanted -= members
        return tuple(phrases) if not wanted else (say.listed_addressees,)

    def _group(self, code: str) -> str:
        agency = self.inventory.agency(code)
        return agency.group if agency else ""

    def _informed(self, organ_code: str, say: LetterWording) -> Iterator[str]:
        organ = signing_organ(self.inventory, organ_code)
        name = self.inventory.organisation.holder("bcd_tinh")
        if name and (organ is None or name != organ.name):
            yield say.file_copy_of.format(name=name)
        team = self.inventory.organisation.holder("doi_ucsc")
        if team and (organ is None or team != organ.name):
            yield team

    def _annexes(
        self, row: Record, body: dict[str, Any], rows: Sequence[Record], cells: dict[str, list[Row]], say: LetterWording,
        organ: str,
    ) -> Iterator[LetterAnnex]:  # fmt: skip
        mine = [(one["agency"], cell) for one in rows for cell in cells.get(one["agency"], ())]
        if self._addressees([one["agency"] for one in rows], say) == (say.listed_addressees,):
            names = [(str(at), self.inventory.organisation.name_of(one["agency"])) for at, one in enumerate(rows, 1)]
            if any(one["agency"] not in cells for one in rows):  # else the rows name every one of them
                yield LetterAnnex(say.recipients_title, (_table("recipients", ("index", "agency"), names, say),))
        if mine:
            table = self._rows_table(mine, say, with_agency=not row["each"] and len(rows) > 1)
            yield LetterAnnex(body["annex"] or say.recipients_title, (table,), len(table.columns) > _WIDE)
        if body["markers"]:
            shown = [
                (
                    str(at),
                    say.types.get(one["type"], one["type"]),
                    _shown(one["type"], one["value"]),
                    say.roles.get(one.get("role", ""), one.get("role", "")),
                )
                for at, one in enumerate(body["markers"], 1)
            ]
            yield LetterAnnex(say.markers_title, (_table("markers", ("index", "type", "value", "role"), shown, say),))
        name = self.inventory.organisation.name_of(rows[0]["agency"]) if len(rows) == 1 else say.dots
        form = LetterForm(
            "answer",
            ((say.form_code, row["number"]), (say.form_agency, name), *((label, say.dots) for label in say.form)),
        )
        yield LetterAnnex(say.form_title, (LetterText(say.form_intro), form))

    def _rows_table(self, rows: Sequence[tuple[str, Row]], say: LetterWording, *, with_agency: bool) -> LetterTable:
        """Only the columns that some row fills."""
        used: list[Column] = [
            name for name in COLUMNS if any(getattr(cell, name) not in ("", None) for _, cell in rows)
        ]
        names = ("index", *(("agency",) if with_agency else ()), *used)
        lines = []
        for at, (agency, cell) in enumerate(rows, 1):
            first = [str(at), *([self.inventory.organisation.name_of(agency)] if with_agency else [])]
            lines.append((*first, *(_cell(name, getattr(cell, name)) for name in used)))
        return _table("rows", names, lines, say)

    def reminder(self, number: str, codes: Sequence[str], due: int) -> LetterModel:
        """One letter to those that have not answered."""
        row = advisory_row(self.store, number)
        body = json.loads(row["body"])
        say = letter_wording(body["language"])
        document = row["document"] or number
        head = self._head(body["language"], row["organ"], number, say.reminder_subject.format(document=document))
        day = f"{row['dated'][8:]}/{row['dated'][5:7]}/{row['dated'][:4]}" if row["dated"] else say.dots
        values = {
            "organ": head.organ, "document": document, "day": day, "subject": body["subject"],
            "due": f"{from_micros(due, VIETNAM):%d/%m/%Y}",
        }  # fmt: skip
        blocks = (LetterText(say.reminder_opening.format(**values)), LetterText(say.reminder_ask.format(**values)))
        names = tuple(self.inventory.organisation.name_of(code) for code in self.in_order(codes))
        form = LetterForm(
            "answer", ((say.form_code, number), (say.form_agency, say.dots), *((label, say.dots) for label in say.form))
        )
        return replace(
            head, addressees=names, blocks=blocks, closing=say.reminder_closing, copies=tuple(self.in_order(codes)),
            exercise=self._is_exercise(row["incident"]),
            recipients=tuple(self._informed(row["organ"], say)),
            annexes=(LetterAnnex(say.form_title, (LetterText(say.form_intro), form)),),
        )  # fmt: skip

    def answer(self, number: str, unowned: int) -> LetterModel:
        """The consolidated answer to whoever sent the list or warning; Refused when nobody did."""
        row = advisory_row(self.store, number)
        source, body = json.loads(row["source"]), json.loads(row["body"])
        if not (source.get("sender") or source.get("number")):
            raise Refused(
                f"{number} rests on nobody's letter",
                guard="source",
                hint=f'atttcli advisory edit {number} --source-sender "…"',
            )
        say = letter_wording(body["language"])
        what = _source_words(source, say)
        head = self._head(body["language"], row["organ"], number, say.answer_subject.format(what=what))
        rows = [one for one in deliveries(self.store, number) if one["state"] not in ("planned", "withdrawn")]
        rows.sort(key=lambda one: self._places.get(one["agency"], 1 << 30))
        values = {
            "what": what,
            "organ": head.organ,
            "agencies": _whole(len(rows), say),
            "moment": _moment(self.now, say),
        }
        blocks: list[LetterBlock] = [LetterText(say.answer_opening.format(**values))]
        counts = Counter(one["state"] for one in rows)
        told = [
            say.answer_counts.format(label=say.states[state], count=_whole(counts[state], say))
            for state in say.states
            if counts[state]
        ]
        total = sum(one["total"] or 0 for one in rows)
        if total:
            handled = sum(min(one["handled"], one["total"] or 0) for one in rows)
            told.append(say.answer_machines.format(handled=_whole(handled, say), total=_whole(total, say)))
        ends = ";" * (len(told) - 1) + "."
        blocks += [LetterText(text + end, "item") for text, end in zip(told, ends, strict=False)]
        if unowned:
            blocks.append(LetterText(say.answer_unowned.format(count=_whole(unowned, say), organ=head.organ)))
        return replace(
            head,
            addressees=(source.get("sender") or source.get("number"),),
            exercise=self._is_exercise(row["incident"]),
            blocks=tuple(blocks),
            closing=say.answer_closing.format(organ=head.organ),
            recipients=tuple(self._informed(row["organ"], say)),
            annexes=(LetterAnnex(say.answer_annex, (self._results(number, rows, say),), landscape=True),),
        )

    def _results(self, number: str, rows: Iterable[Record], say: LetterWording) -> LetterTable:
        counted = dict(
            self.store.connection.execute(
                "SELECT agency, count(*) FROM delivery_row WHERE advisory = ? GROUP BY agency", (number,)
            ).fetchall()
        )
        names = ("index", "agency", "rows", "state", "machines", "day", "result")
        lines = []
        for at, one in enumerate(rows, 1):
            told = json.loads(one["answer"])
            result = "; ".join(part for part in (told.get("machines"), told.get("scanned"), one["reason"]) if part)
            lines.append(
                (
                    str(at), self.inventory.organisation.name_of(one["agency"]), str(counted.get(one["agency"], "")),
                    say.states[one["state"]], _handled(one, say),
                    "" if one["answered"] is None else local_text(one["answered"])[:10], result,
                )
            )  # fmt: skip
        return _table("results", names, lines, say)

    def provider(self, rows: Sequence[Row], language: str, organ_code: str, due: int, code: str) -> LetterModel:
        """The letter to the internet provider about addresses that no agency owns."""
        say = letter_wording(language)
        head = self._head(language, organ_code, code, say.isp_subject)
        values = {"organ": head.organ, "count": _whole(len(rows), say), "due": f"{from_micros(due, VIETNAM):%d/%m/%Y}"}
        bases = [(base.english if language == "en" else "") or base.text for base in self._bases]
        blocks: list[LetterBlock] = [LetterText(say.isp_basis.format(bases="; ".join(bases)))] if bases else []
        blocks.append(LetterText(say.isp_opening.format(**values)))
        blocks += [LetterText(text.format(**values), "item") for text in say.isp_ask]
        table = self._rows_table([("", row) for row in rows], say, with_agency=False)
        return replace(
            head,
            addressees=(self.inventory.organisation.holder("isp") or say.dots,),
            blocks=tuple(blocks),
            closing=say.isp_closing,
            annexes=(LetterAnnex(say.isp_annex, (table,), len(table.columns) > _WIDE),),
        )


def _whole(number: int, say: LetterWording) -> str:
    """A count with the language's separators."""
    shown = f"{number:,}"
    return shown if say.language == "en" else shown.replace(",", ".")


def _handled(row: Record, say: LetterWording) -> str:
    """Machines handled of all; a dash where none are known, or none are affected."""
    return f"{_whole(row['handled'], say)}/{_whole(row['total'], say)}" if row["total"] else "-"


def _moment(micros: int, say: LetterWording) -> str:
    """As letters tell a time: `08 giờ 00 phút ngày 07/03/2026`."""
    if say.language == "en":
        return local_text(micros, seconds=False)
    moment = from_micros(micros, VIETNAM)
    return f"{moment:%H} giờ {moment:%M} phút ngày {moment:%d/%m/%Y}"


def _source_words(source: dict[str, str], say: LetterWording) -> str:
    """`Văn bản số 56/CATTT-NCSC ngày 12/01/2026 của …`, as far as known."""
    day = source.get("date", "")
    shown = f"{day[8:]}/{day[5:7]}/{day[:4]}" if day else ""
    if say.language == "en":
        parts = [
            f"letter {source['number']}" if source.get("number") else "the warning",
            f"of {shown}" if shown else "",
        ]
        return " ".join(filter(None, (*parts, f"from {source['sender']}" if source.get("sender") else "")))
    parts = [f"Văn bản số {source['number']}" if source.get("number") else "cảnh báo", f"ngày {shown}" if shown else ""]
    return " ".join(filter(None, (*parts, f"của {source['sender']}" if source.get("sender") else "")))


def _table(name: str, columns: Sequence[str], rows: Iterable[tuple[str, ...]], say: LetterWording) -> LetterTable:
    weights = _WEIGHT | ({"index": 3} if len(columns) < 3 else {})
    made = tuple(LetterColumn(say.columns[key], weights[key], key in _CENTRED, key in _CODE) for key in columns)
    return LetterTable(name, made, tuple(rows))


def _cell(name: str, value: Any) -> str:
    if name == "time":
        return "" if value is None else local_text(value, seconds=False)
    if name == "remote":
        return defang(str(value)) if value else ""
    return str(value)


def _shown(kind: str, value: str) -> str:
    return defang(value) if kind in _INDICATOR_TYPES else value
