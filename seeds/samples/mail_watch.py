"""Builds mail logs of a province for `mail watch`: months of Zimbra and postfix, planted attacks, and the answers to them.

`python mail_watch.py TARGET [--accounts 7000] [--days 180]`, or `runpy.run_path(...)["build"](target, accounts, days)`. The same
bytes every time. Beside the logs: `nuoc.csv` (countries of the ranges), `lo-lot.txt` (a leaked list), `zmprov-gaa.txt` and
`sieve/` (settings), `di-cong-tac.json` (known travel) and `dap-an.json` (the answers). Addresses are documentation ranges.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2026, 5, 4, tzinfo=UTC) - timedelta(hours=7)  # a Monday; times below are local
DOMAIN = "backan.gov.vn"
WEB = ("ZimbraWebClient - GC120 (Win)", "ZimbraWebClient - FF118 (Win)", "ZimbraWebClient - SAF3 (Mac)")
COUNTRIES = {
    "2001:db8:1000::/36": "VN", "2001:db8:2000::/36": "LA", "2001:db8:3000::/36": "SG", "2001:db8:4000::/36": "TH",
    "2001:db8:5000::/36": "US", "198.51.100.0/24": "RU", "2001:db8:6000::/36": "VN",
}  # fmt: skip
Line = tuple[float, str, str]  # seconds since START, file, text


class Person:
    """A mailbox and how its owner works."""

    def __init__(self, number: int) -> None:
        draw = random.Random(f"person {number}")
        self.box = f"cb{number:05d}@{DOMAIN}"
        self.office = f"10.{number // 5000}.{number // 200 % 250}.{number % 200 + 10}"
        self.agent = draw.choice(WEB)
        homes = draw.choice((0, 1, 1, 2, 6))
        self.homes = [f"2001:db8:1{draw.randrange(0xFFF):03x}::{draw.randrange(1, 0xFFFF):x}" for _ in range(homes)]
        self.phone = draw.random() < 0.15 and bool(self.homes)  # IMAP at home
        self.vpn = draw.random() < 0.02 and bool(self.homes)
        self.forgets = draw.random() < 0.1
        self.vpn_address = f"2001:db8:3{draw.randrange(0xFFF):03x}::1"


class Province:
    """The logs of all days, one after the other; what is planted on a day stands in `planted`."""

    def __init__(self, accounts: int, days: int) -> None:
        self.people = [Person(number) for number in range(accounts)]
        self.days = days
        self.planted: defaultdict[int, list[Line]] = defaultdict(list)
        self.silent: set[int] = set()  # people who do not work (their mailbox is dormant)
        self.away: dict[int, tuple[int, int, str]] = {}  # first and last day, where
        self.answers: dict[str, list[str]] = defaultdict(list)
        self.silenced: list[str] = []
        self.travel: list[dict[str, str]] = []
        self._next = 0

    def day(self, day: int) -> list[Line]:
        """What a day's logs say, in order."""
        draw = random.Random(f"day {day}")
        weekend = (START + timedelta(days=day, hours=7)).weekday() >= 5
        lines = list(self.planted.pop(day, ()))
        for number, person in enumerate(self.people):
            if number in self.silent or (weekend and draw.random() < 0.8):
                continue
            lines.extend(self._work(person, number, day, draw))
        return sorted(lines)

    def _work(self, person: Person, number: int, day: int, draw: random.Random) -> Iterator[Line]:
        at = day * 86400 + 7.2 * 3600 + draw.random() * 3600
        trip = self.away.get(number)
        if trip and trip[0] <= day <= trip[1]:
            yield auth(at, person.box, trip[2], person.agent)
            return
        if person.forgets and draw.random() < 0.05:
            for turn in range(draw.randrange(1, 5)):
                yield auth(at - 60 + 9 * turn, person.box, person.office, person.agent, failed=True)
        yield auth(at, person.box, person.office, person.agent)
        yield use(at + 30, person.box, person.office, person.agent)
        if draw.random() < 0.2:
            yield from sent(at + 600, person.box, person.office, 1 + draw.randrange(4), draw)
        if person.homes and draw.random() < 0.35:
            later, home = at + 12 * 3600 + draw.random() * 7000, draw.choice(person.homes)
            protocol = "imap" if person.phone else "soap"
            yield auth(later, person.box, home, "" if person.phone else person.agent, protocol=protocol)
            if person.vpn:
                yield auth(later + 900, person.box, person.vpn_address, person.agent)
                yield auth(later + 1800, person.box, home, person.agent)

    def pick(self, homeless: bool = False) -> int:
        """A person to whom something happens; nobody twice."""
        while True:
            self._next += 1
            number = self._next * 7919 % len(self.people)
            person = self.people[number]
            if not (person.vpn or (homeless and person.homes) or number in self.away or number in self.silent):
                return number


def auth(at: float, box: str, address: str, agent: str, failed: bool = False, protocol: str = "soap") -> Line:
    """A login in Zimbra's audit.log."""
    ua = f"ua={agent};" if agent else ""
    thread = (
        "ImapSSLServer-12" if protocol == "imap" else f"qtp509886383-191:https://mail.{DOMAIN}/service/soap/AuthRequest"
    )
    head = f"[{thread}] [name={box};oip={address};{ua}soapId=4f;]"
    end = f" error=authentication failed for [{box}], invalid password;" if failed else ""
    level = "WARN " if failed else "INFO "
    return (
        at,
        "audit.log",
        f"{stamp(at)} {level} {head} security - cmd=Auth; account={box}; protocol={protocol};{end}\n",
    )


def use(at: float, box: str, address: str, agent: str) -> Line:
    """A request of a session in mailbox.log."""
    session = f"name={box};mid=88;oip={address};ua={agent};soapId=bf;"
    head = f"[qtp509886383-191:https://mail.{DOMAIN}/service/soap/SearchRequest] [{session}]"
    return at, "mailbox.log", f"{stamp(at)} INFO  {head} soap - SearchRequest elapsed=4\n"


def admin(at: float, box: str, address: str, agent: str, change: str) -> Line:
    """A change of an account in audit.log."""
    session = f"name={box};oip={address};ua={agent};soapId=5a;"
    head = f"[qtp509886383-191:https://mail.{DOMAIN}/service/soap/ModifyAccountRequest] [{session}]"
    return at, "audit.log", f"{stamp(at)} INFO  {head} security - cmd=ModifyAccount; name={box}; {change};\n"


def sent(at: float, box: str, address: str, recipients: int, draw: random.Random) -> Iterator[Line]:
    """A message handed in, in postfix's log."""
    queue = f"{draw.randrange(16**9):09X}"
    when = (START + timedelta(seconds=at, hours=7)).strftime("%Y-%m-%dT%H:%M:%S+07:00")
    login = f"client=unknown[{address}], sasl_method=LOGIN, sasl_username={box}"
    yield at, "mail.log", f"{when} mail postfix/smtps/smtpd[2211]: {queue}: {login}\n"
    text = f"from=<{box}>, size=4312, nrcpt={recipients} (queue active)"
    yield at + 1, "mail.log", f"{when} mail postfix/qmgr[1201]: {queue}: {text}\n"


def stamp(at: float) -> str:
    """Zimbra's local time."""
    moment = START + timedelta(seconds=at, hours=7)
    return f"{moment:%Y-%m-%d %H:%M:%S},{moment.microsecond // 1000:03d}"


# Attacks: each plants its lines and writes down whom it concerns.


def _attacks(place: Province, small: bool) -> None:
    late = place.days - 8  # when everybody's habits are known
    each = 2 if small else 5
    plans: list[Callable[[Province, int, int], None]] = [
        _brute_force, _slow_then_open, _new_country, _journey, _mass_sending, _forwarding, _legacy, _dormant, _stolen_session,
    ]  # fmt: skip
    for plan in plans:
        for turn in range(each):
            plan(place, late - turn, turn)
    for turn in range(1 if small else 3):
        _spray(place, late - turn, turn)
        _one_address(place, late - turn, turn)
    for turn in range(each):
        _known_travel(place, late - 3, turn)
        _untold_travel(place, late - 3, turn)
    _agency_behind_one_address(place, late)


def _brute_force(place: Province, day: int, turn: int) -> None:
    person = place.people[place.pick()]
    for index in range(60):
        place.planted[day].append(
            auth(day * 86400 + 7200 + index * 4, person.box, f"198.51.100.{10 + turn}", "", failed=True)
        )
    place.answers[person.box].append("brute-force")


def _slow_then_open(place: Province, day: int, turn: int) -> None:
    person = place.people[place.pick()]
    for index in range(24):
        at = day * 86400 + 3600 + index * 1700
        place.planted[day].append(auth(at, person.box, f"2001:db8:51{index % 12:02x}::1", "", failed=True))
    # the owner's own morning login comes between; ten more failures and the right one follow
    at = day * 86400 + 15 * 3600
    place.planted[day].extend(
        auth(at + 40 * index, person.box, f"2001:db8:51{index:02x}::1", "", failed=True) for index in range(10)
    )
    place.planted[day].append(auth(at + 500, person.box, "2001:db8:510a::1", WEB[0]))
    place.answers[person.box].append("success-after-failures")


def _new_country(place: Province, day: int, turn: int) -> None:
    person = place.people[place.pick()]
    place.planted[day].append(auth(day * 86400 + 3 * 3600, person.box, f"2001:db8:4{turn:03x}::9", WEB[1]))
    place.answers[person.box].append("new-country")


def _journey(place: Province, day: int, turn: int) -> None:
    while (day + 0) % 7 > 4:  # the office is at work
        day -= 1
    person = place.people[place.pick()]
    place.planted[day].append(auth(day * 86400 + 8.9 * 3600, person.box, f"2001:db8:5{30 + turn:03x}::1", WEB[1]))
    place.answers[person.box].append("impossible-travel")


def _mass_sending(place: Province, day: int, turn: int) -> None:
    person, draw = place.people[place.pick()], random.Random(f"mass {turn}")
    for index in range(260):
        place.planted[day].extend(
            sent(day * 86400 + 2 * 3600 + index * 2, person.box, f"198.51.100.{40 + turn}", 1, draw)
        )
    place.answers[person.box].append("mass-sending")


def _forwarding(place: Province, day: int, turn: int) -> None:
    person = place.people[place.pick()]
    address, at = f"2001:db8:4{0x100 + turn:03x}::7", day * 86400 + 2.5 * 3600
    place.planted[day].append(auth(at, person.box, address, WEB[2]))
    place.planted[day].append(
        admin(at + 60, person.box, address, WEB[2], f"zimbraPrefMailForwardingAddress=hop{turn}@dontri.example")
    )
    place.answers[person.box].extend(["forward-rule", "new-country"])


def _legacy(place: Province, day: int, turn: int) -> None:
    person = place.people[place.pick(homeless=True)]
    place.planted[day].append(
        auth(day * 86400 + 4 * 3600, person.box, f"2001:db8:6{50 + turn:03x}::1", "", protocol="imap")
    )
    place.answers[person.box].append("legacy-first")


def _dormant(place: Province, day: int, turn: int) -> None:
    if place.days < 80:
        return
    number = place.pick()
    person = place.people[number]
    place.silent.add(number)
    for early in range(12):
        place.planted[early].append(auth(early * 86400 + 9 * 3600, person.box, person.office, person.agent))
    place.planted[day].append(auth(day * 86400 + 3600, person.box, f"2001:db8:6{90 + turn:03x}::1", WEB[1]))
    place.answers[person.box].append("dormant")


def _stolen_session(place: Province, day: int, turn: int) -> None:
    while day % 7 > 4:
        day -= 1
    person = place.people[place.pick(homeless=True)]
    at = day * 86400 + 8.3 * 3600
    place.planted[day].append(auth(at, person.box, person.office, person.agent))
    for index in range(4):
        place.planted[day].append(use(at + 300 + index * 60, person.box, f"2001:db8:5{60 + turn:03x}::1", person.agent))
    place.answers[person.box].append("session-two-networks")


def _spray(place: Province, day: int, turn: int) -> None:
    address, at = f"198.51.100.{70 + turn}", day * 86400 + 22 * 3600
    tried = [place.people[(turn * 331 + index * 13) % len(place.people)] for index in range(60)]
    for index, person in enumerate(tried):
        place.planted[day].append(auth(at + index * 15, person.box, address, "zclient/8.8.15", failed=True))
    opened = place.people[place.pick()]
    place.planted[day].append(auth(at + 1200, opened.box, address, "zclient/8.8.15"))
    place.answers[opened.box].append("spray-success")


def _one_address(place: Province, day: int, turn: int) -> None:
    for index in range(8):
        person = place.people[place.pick()]
        at = day * 86400 + 1 * 3600 + index * 900
        place.planted[day].append(auth(at, person.box, f"2001:db8:6{120 + turn:03x}::1", WEB[1]))
        place.answers[person.box].append("shared-address")


def _known_travel(place: Province, day: int, turn: int) -> None:
    number = place.pick()
    person = place.people[number]
    place.away[number] = (day, day + 4, f"2001:db8:2{turn:03x}::5")
    days = [(START + timedelta(days=one, hours=7)).date().isoformat() for one in (day, day + 4)]
    told = {"account": person.box, "country": "LA", "network": "", "valid_from": days[0], "valid_until": days[1]}
    place.travel.append({**told, "reason": "công tác Lào, văn phòng báo"})
    place.silenced.append(person.box)


def _untold_travel(place: Province, day: int, turn: int) -> None:
    """Innocent, and nobody told: an alarm that is false."""
    place.away[place.pick()] = (day, day + 4, f"2001:db8:2{0x800 + turn:03x}::5")


def _agency_behind_one_address(place: Province, day: int) -> None:
    """Innocent: after a change of passwords fifteen people behind one address mistype theirs."""
    for index in range(15):
        person = place.people[(4000 + index) % len(place.people)]
        at = day * 86400 + 8 * 3600 + index * 20
        place.planted[day].append(auth(at, person.box, "10.0.0.1", WEB[0], failed=True))


def build(target: Path, accounts: int = 7000, days: int = 180) -> dict[str, object]:
    """Write everything below `target`; returns the answers: families by account, accounts that travel silences."""
    place = Province(accounts, days)
    _attacks(place, small=accounts < 1000)
    (target / "logs").mkdir(parents=True, exist_ok=True)
    (target / "sieve").mkdir(exist_ok=True)
    _settings(place, target)
    lines = 0
    for day in range(days):
        files: defaultdict[str, list[str]] = defaultdict(list)
        for _at, name, text in place.day(day):
            files[name].append(text)
        age = days - 1 - day
        for name, texts in files.items():
            lines += len(texts)
            data = "".join(texts).encode()
            path = target / "logs" / (f"{name}.{age}.gz" if age else name)
            path.write_bytes(gzip.compress(data, 6, mtime=0) if age else data)
    rows = "".join(f"{cidr},{country}\n" for cidr, country in COUNTRIES.items())
    (target / "nuoc.csv").write_text("cidr,country\n" + rows)
    (target / "di-cong-tac.json").write_text(json.dumps(place.travel, ensure_ascii=False, indent=1))
    key: dict[str, object] = {
        "lines": lines,
        "accounts": dict(sorted(place.answers.items())),
        "silenced": place.silenced,
    }
    (target / "dap-an.json").write_text(json.dumps(key, ensure_ascii=False, indent=1))
    return key


def _settings(place: Province, target: Path) -> None:
    leaked, settings = [], []
    for turn in range(6):
        person = place.people[place.pick()]
        leaked.append(
            person.box + ":khong-phai-mat-khau" if turn % 2 else hashlib.sha256(person.box.encode()).hexdigest()
        )
        place.answers[person.box].append("leaked")
    (target / "lo-lot.txt").write_text(
        "".join(f"nguoi{n}@dontri.example:x\n" for n in range(50)) + "\n".join(leaked) + "\n"
    )
    for turn in range(20):
        person = place.people[place.pick()]
        forward = f"zimbraPrefMailForwardingAddress: hop{turn}@dontri.example\n" if turn < 2 else ""
        settings.append(f"# name {person.box}\ndisplayName: {person.box}\nzimbraAccountStatus: active\n{forward}\n")
        if forward:
            place.answers[person.box].append("forward-setting")
    (target / "zmprov-gaa.txt").write_text("".join(settings))
    for turn in range(2):
        person = place.people[place.pick()]
        text = 'require ["fileinto","copy"];\n# bo loc\n'
        text += 'if anyof (header :contains ["subject"] "mật khẩu") {\n  fileinto "Trash";\n}\n'
        text += 'redirect :copy "kho@dontri.example";\n' if turn else ""
        (target / "sieve" / f"{person.box}.sieve").write_text(text)
        place.answers[person.box].extend(["filter-setting", "forward-setting"] if turn else ["filter-setting"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", type=Path)
    parser.add_argument("--accounts", type=int, default=7000)
    parser.add_argument("--days", type=int, default=180)
    asked = parser.parse_args()
    made = build(asked.target, asked.accounts, asked.days)
    print(f"{made['lines']} lines, {len(made['accounts'])} accounts with an answer")  # type: ignore[arg-type]
