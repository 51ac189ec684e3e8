"""Artefacts of injects, made on the spot: inert, from documentation addresses, the same bytes from the same seed.

Every one says that it is an exercise, and carries a marker of ours that names drill, inject and kind: the drill's own rules
match it, `drill clean` and the ordinary rules find what was left behind. The marker stands nowhere in the package.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from atttcli.clock import VIETNAM, from_micros
from atttcli.drill.capture import capture_bytes
from atttcli.drill.places import filled
from atttcli.model.drill import Inject, Said

MARK_VI, MARK_EN = "DIỄN TẬP - KHÔNG PHẢI SỰ CỐ THẬT", "EXERCISE - NOT A REAL INCIDENT"
_OUTSIDE = "198.51.100."  # a documentation range that belongs to nobody in the shipped organisations
_WORDS = ("bao-cao", "danh-sach", "ke-hoach", "to-trinh", "bien-ban", "so-lieu", "quyet-dinh", "giay-moi")


@dataclass(frozen=True, slots=True)
class Artefact:
    """A file to be handed to the team."""

    name: str
    data: bytes

    @property
    def sha256(self) -> str:
        """Its digest, by which `drill clean` and the safety gate know it again."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Making:
    """What payloads are made from. `at`: the time that they show (microseconds UTC); `places`: names filled in."""

    drill: str
    seed: int
    team: str
    language: str
    at: int
    places: Mapping[str, Mapping[str, Any]]

    def marker(self, inject: str, sig: str) -> str:
        """The marker of one artefact."""
        return "ATTTCLI-DRILL-" + "INERT{" + f"{self.drill}:{self.sign(inject)}:{sig}" + "}"

    def sign(self, inject: str) -> str:
        """How an inject is called where players look: its own id tells who knows other scenarios which ones are decoys."""
        return hashlib.blake2b(f"{self.seed}/{inject}".encode(), digest_size=3).hexdigest()

    @property
    def head(self) -> str:
        """The line that opens and closes every text."""
        return f"[{self.drill}] {MARK_VI} / {MARK_EN}"

    def words(self, text: Said) -> str:
        """A wording with its places filled in."""
        return filled(text.say(self.language), self.places)

    def random(self, inject: str) -> random.Random:
        """Numbers of one inject and team: a team cannot copy another's answers."""
        return random.Random(f"{self.seed}/{self.team}/{inject}")  # noqa: S311 - to be repeated, not to be secret


def make(inject: Inject, how: Making) -> list[Artefact]:
    """The files of an inject; none for what is said or asked."""
    maker = _MAKERS.get(inject.channel)
    return list(maker(inject, how)) if maker else []


def spoken(inject: Inject, how: Making, made: Sequence[Artefact] | None = None) -> str:
    """What is said, asked or sent on paper, framed by the exercise mark; of files: what is handed over.

    `made` is what `make` gave for the inject, where that was asked already: some thousand packets are not made twice.
    """
    payload = inject.payload
    if inject.channel in _MAKERS:
        body = ", ".join(one.name for one in (make(inject, how) if made is None else made))
    else:
        body = "\n".join(
            filter(None, (how.words(payload["from"]) + ":" if "from" in payload else "", payload.get("number", ""),
                          how.words(payload["text"])))
        )  # fmt: skip
    return f"{how.head}\n{body}\n{how.head}"


def _file(inject: Inject, how: Making) -> Iterator[Artefact]:
    given, chance = inject.payload, how.random(inject.id)
    text = f"{how.head}\n\n{how.words(given['text'])}\n\n{how.marker(inject.id, given['sig'])}\n{how.head}\n"
    yield Artefact(given["name"], text.encode())
    taken = {given["name"].lower()}
    for index in range(given["copies"]):
        number = chance.randrange(100, 999)
        while (name := f"{_WORDS[index % len(_WORDS)]}-{number}.docx.{given['ending']}").lower() in taken:
            number += 1
        taken.add(name.lower())
        body = f"{how.head}\n{how.marker(inject.id, 'renamed-files')}\n{chance.randbytes(64).hex()}\n"
        yield Artefact(name, body.encode())


def _log(inject: Inject, how: Making) -> Iterator[Artefact]:
    given, chance = inject.payload, how.random(inject.id)
    marker = how.marker(inject.id, given["sig"])
    total = given["count"] + given["noise"]
    told = sorted(chance.sample(range(total), given["count"]))
    shown, place = iter(given["lines"] or ("-",)), 0
    lines = [_first_line(given["style"], how)]
    wanted = set(told)
    for index in range(total):
        moment = how.at - (total - index) * 1_000_000
        address = f"{_OUTSIDE}{1 + chance.randrange(given['sources'])}"
        if index in wanted:
            words = given["lines"][place % len(given["lines"])] if given["lines"] else next(shown, "-")
            place += 1
            lines.append(_line(given["style"], moment, address, filled(words, how.places), marker))
        else:
            lines.append(
                _line(given["style"], moment, f"192.0.2.{140 + chance.randrange(80)}", _quiet(given, chance), "")
            )
    yield Artefact(given["name"], ("\n".join(filter(None, lines)) + "\n").encode())


def _first_line(style: str, how: Making) -> str:
    """Logs that are JSON all through say it in each line; the others begin with it."""
    return "" if style in ("windows", "gateway", "audit") else f"# {how.head}"


def _quiet(given: Mapping[str, Any], chance: random.Random) -> str:
    return {
        "web": f'"GET /tin-tuc/{chance.randrange(1000, 9999)} HTTP/1.1" 200 {chance.randrange(4000, 30000)}',
        "windows": f"4624|An account was successfully logged on, logon type 3, session {chance.randrange(9999)}",
        "syslog": f"cron[{chance.randrange(200, 9999)}]: (root) CMD (run-parts /etc/cron.hourly)",
        "mail": f"imapd: login ok user=canbo{chance.randrange(7000)}@mail.example",
        "gateway": f"GET /ho-tich/tra-cuu/{chance.randrange(9999)} 200",
        "audit": f"view document {chance.randrange(100000)}",
    }[given["style"]]


def _line(style: str, moment: int, address: str, words: str, marker: str) -> str:
    at = from_micros(moment, VIETNAM)
    if style == "web":
        return f'{address} - - [{at:%d/%b/%Y:%H:%M:%S} +0700] {words} "-" "Mozilla/5.0 {marker or "(Windows NT 10.0)"}"'
    if style in ("syslog", "mail"):
        return f"{at:%b} {at.day:2d} {at:%H:%M:%S} mail01 {words} from={address} {marker}".rstrip()
    number, _bar, message = words.partition("|")
    body: dict[str, Any] = {"@timestamp": (at - timedelta(hours=7)).strftime("%Y-%m-%dT%H:%M:%S.000Z")}
    if style == "windows":
        body |= {"winlog": {"event_id": int(number) if number.isdigit() else 0, "channel": "Security"}}
        body |= {"message": message or words, "source": {"ip": address}}
    else:
        body |= {"message": words, "client": address, "channel": style}
    body |= {"exercise": True, "note": marker}
    return json.dumps(body, ensure_ascii=False, sort_keys=True)


def _capture(inject: Inject, how: Making) -> Iterator[Artefact]:
    given = inject.payload
    marker = how.marker(inject.id, given["sig"])
    server = next((str(facts["address"]) for facts in how.places.values() if facts["kind"] == "system"), "203.0.113.10")
    chance = how.random(inject.id)
    data = capture_bytes(given["shape"], given["count"], server, marker, how.head, how.at, chance)
    yield Artefact(given["name"], data)


def _mail(inject: Inject, how: Making) -> Iterator[Artefact]:
    given, chance = inject.payload, how.random(inject.id)
    stem, dot, ending = given["name"].partition(".")
    for index in range(given["count"]):
        name = given["name"] if given["count"] == 1 else f"{stem}-{index + 1:02d}{dot}{ending}"
        yield Artefact(name, _letter(inject, how, index, chance))


def _letter(inject: Inject, how: Making, index: int, chance: random.Random) -> bytes:
    from email.message import EmailMessage
    from email.policy import SMTP
    from email.utils import format_datetime

    given = inject.payload
    mail = EmailMessage(policy=SMTP)
    mail["From"] = filled(given["from"], how.places)
    mail["To"] = f"canbo{chance.randrange(1, 7000)}@mail.example"
    mail["Subject"] = f"[DIEN TAP/EXERCISE {how.drill}] {how.words(given['subject'])}"
    mail["Date"] = format_datetime(from_micros(how.at + index * 1_000_000, VIETNAM))
    mail["Message-ID"] = f"<{how.drill.lower()}.{how.sign(inject.id)}.{index}@drill.example>"
    mail["X-Exercise"] = how.drill
    marker = how.marker(inject.id, given["sig"])
    mail.set_content(f"{how.head}\n\n{how.words(given['text'])}\n{how.head}\n", cte="8bit")
    page = f"<html><body><p>{how.head}</p><form><input name=matkhau></form><!-- {marker} --></body></html>\n"
    mail.add_attachment(page, subtype="html", filename=f"{given['sig']}.html", cte="8bit")
    mail.set_boundary(f"=_{how.drill}-{how.sign(inject.id)}-{index}")
    return mail.as_bytes()


def _list(inject: Inject, how: Making) -> Iterator[Artefact]:
    """A list as the national centre sends them: whose machine, which address and port, when, what, calling whom."""
    given, chance = inject.payload, how.random(inject.id)
    rows = ["STT,Tên đơn vị,Địa chỉ IP,Cổng,Thời gian (GMT+7),Loại mã độc,C&C IP,Ghi chú"]
    for index in range(given["rows"]):
        facts = how.places[given["places"][index % len(given["places"])]]
        at = from_micros(how.at - chance.randrange(3600, 86400) * 1_000_000, VIETNAM)
        cells = (
            index + 1, f"\"{facts['name']}\"", facts["address"], chance.randrange(1024, 65535), f"{at:%d/%m/%Y %H:%M:%S}",
            given["about"], f"{_OUTSIDE}{200 + chance.randrange(50)}", f'"{how.head}"',
        )  # fmt: skip
        rows.append(",".join(map(str, cells)))
    yield Artefact(given["name"], ("\ufeff" + "\r\n".join(rows) + "\r\n").encode())


_MAKERS = {"file": _file, "log": _log, "capture": _capture, "mail": _mail, "list": _list}
