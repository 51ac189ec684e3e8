"""The score against a plain reference of the formulae, over plays that nobody would think of."""

from __future__ import annotations

import copy
import random
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atttcli.clock import MINUTE, SECOND
from atttcli.drill.play import read_play
from atttcli.drill.scenario import parse_scenario
from atttcli.drill.score import score
from atttcli.model.drill import Scenario, Score
from atttcli.packaged import packaged
from atttcli.store.projection import Entry
from atttcli.text import strict_yaml
from tests.support.drill_reference import Reference

T0 = 1_795_392_000_000_000
NAMES = sorted(
    f"{stem}{ending}"
    for stem in (
        "ransomware-commune",
        "portal-defacement",
        "mailbox-takeover",
        "document-leak",
        "service-flood",
        "platform-key",
    )
    for ending in ("", "-flash")
)
MADE = {"file", "log", "capture", "mail", "list"}
ADDED = b"""
      - {id: X1, kind: contain, within: 10m, points: 7, goal: G1, on: [{moved: containment}], text: {vi: x, en: x}}
      - {id: X2, kind: step, within: 5m, points: 7, goal: G1, after: [E1, E2], evidence: true, on: [{evidence: any}],
         text: {vi: x, en: x}}
      - {id: X3, kind: classify, within: 9m, points: 6, goal: G1, class: mahoa, severity: M2, text: {vi: x, en: x}}
      - {id: X4, kind: contain, within: 8m, limit: 9m, goal: G1, on: [{deadline: bao-cao}], text: {vi: x, en: x}}
"""


@cache
def source(name: str) -> bytes:
    data = (packaged("seeds") / "drills" / f"{name}.yaml").read_bytes()
    if name == "ransomware-commune":  # what shipped scenarios do not ask for
        mark = b'Link the note to the incident"}}\n'
        assert data.count(mark) == 1
        data = data.replace(mark, mark + ADDED.lstrip(b"\n"))
    return data


@cache
def scenario(name: str) -> Scenario:
    return parse_scenario(source(name), name)


@cache
def written(name: str) -> dict[str, Any]:
    found: dict[str, Any] = strict_yaml.load(source(name))
    return found


class Chance:
    """A journal of a drill, entry by entry, of a team that does anything at any time."""

    def __init__(self, name: str, seed: int, length: int) -> None:
        self.name, self.random = name, random.Random(seed)
        self.entries: list[dict[str, Any]] = []
        self.now, self.phase, self.told = T0, "ready", dict[str, list[str]]()
        self.incidents: list[str] = []
        self.linked: dict[str, str] = {}
        places = {
            one.name: {"kind": one.kind, "code": f"ma-{one.name}", "name": f"Nơi {one.name}"}
            for one in scenario(name).places
        }
        self.places = places
        self.add("drill.planned", "DT", {"places": places, "language": "vi"})
        self.run("drill.started")
        self.phase = "running"
        doings = [self.inject] * 4 + [self.open, self.link, self.set, self.answer, self.answer, self.close] * 2
        doings += [self.unlink, self.reopen, self.move, self.evidence, self.deadline, self.undo, self.clock, self.rule]
        for _step in range(length):
            self.now += self.random.choice((0, 1, 30 * SECOND, MINUTE, 4 * MINUTE, 17 * MINUTE + 123_457))
            self.random.choice(doings)()
        if length and self.random.random() < 0.4:
            self.run("drill.ended")
            self.answer()
            self.open()

    def add(self, verb: str, subject: str, body: dict[str, Any]) -> None:
        self.now += 1
        self.entries.append(
            {"seq": len(self.entries) + 1, "time": self.now, "verb": verb, "object": subject, "payload": body}
        )

    def run(self, verb: str, **body: Any) -> None:
        self.add(verb, "DT", body)

    def maybe(self, values: list[Any]) -> list[Any]:
        return [one for one in values if self.random.random() < 0.6]

    def alerts(self) -> list[str]:
        return [number for numbers in self.told.values() for number in numbers]

    def inject(self) -> None:
        waiting = [one for one in scenario(self.name).injects if one.id not in self.told]
        if not waiting:
            return
        one = self.random.choice(waiting[:3])
        self.told[one.id] = [f"CB-{one.id}-{n}" for n in range(self.random.randrange(4))] if one.channel in MADE else []
        body: dict[str, Any] = {"inject": one.id, "alerts": self.told[one.id], "how": "due"}
        if self.random.random() < 0.1:
            body["at"] = max(T0 + 2, self.now - self.random.randrange(20 * MINUTE))
        self.run("drill.injected", **body)

    def open(self) -> None:
        number = f"SC-{len(self.incidents) + 1}"
        free = [{"number": one} for one in self.maybe(self.alerts()) if one not in self.linked]
        self.linked |= {one["number"]: number for one in free}
        agencies = self.maybe([one["code"] for one in self.places.values()])
        body = {
            "title": "x",
            "alerts": free,
            "agencies": agencies,
            "systems": [],
            "category": self.category(),
            "severity": "",
        }
        self.incidents.append(number)
        self.add("incident.opened", number, body)

    def category(self) -> str:
        return self.random.choice(["", scenario(self.name).category, "mahoa", "khac"])

    def link(self) -> None:
        free = [one for one in self.alerts() if one not in self.linked]
        if self.incidents and free:
            number, alert = self.random.choice(self.incidents), self.random.choice(free)
            self.linked[alert] = number
            self.add("incident.linked", number, {"alerts": [{"number": alert}]})

    def unlink(self) -> None:
        if self.linked:
            alert = self.random.choice(sorted(self.linked))
            self.add("incident.unlinked", self.linked.pop(alert), {"alerts": [alert]})

    def set(self) -> None:
        if self.incidents:
            fields = {"category": self.category(), "severity": self.random.choice(["M1", "M2", "M3", "M4", ""])}
            fields = {name: value for name, value in fields.items() if value and self.random.random() < 0.8}
            self.add("incident.set", self.random.choice(self.incidents), {"fields": fields})

    def move(self) -> None:
        if self.incidents:
            to = self.random.choice(["triage", "containment", "recovery"])
            self.add("incident.moved", self.random.choice(self.incidents), {"to": to})

    def close(self) -> None:
        if self.alerts():
            verdict = self.random.choice(["benign", "false-positive", "handled"])
            self.add("alert.closed", self.random.choice(self.alerts()), {"verdict": verdict})

    def reopen(self) -> None:
        if self.alerts():
            self.add("alert.reopened", self.random.choice(self.alerts()), {})

    def evidence(self) -> None:
        self.add("evidence.added", "CC-1", {"incident": "SC-1"})

    def deadline(self) -> None:
        if self.incidents:
            self.add("deadline.met", self.random.choice(self.incidents), {"deadline": "bao-cao"})

    def answer(self) -> None:
        expects = [e for one in scenario(self.name).injects if one.id in self.told for e in one.expects]
        if not expects:
            return
        e = self.random.choice(expects)
        body: dict[str, Any] = {"expectation": e.id, "evidence": self.random.random() < 0.5}
        body["choice"] = self.random.choice(["yes", "no", "na", "dismiss", "incident", *(one.id for one in e.options)])
        body["text"] = self.random.choice(["", "vì không có máy"])
        if e.kind == "decision" and self.random.random() < 0.2:
            body["grade"] = self.random.choice([0, 0.5, 1])
        fields = {name: self.random.choice(["", "sai", truth.split("|")[0] or "x"]) for name, truth in e.fields}
        fields = {name: self.fill(value) for name, value in fields.items() if self.random.random() < 0.8}
        if e.kind == "classify":
            fields = {"category": self.category(), "severity": self.random.choice(["M1", "M2", "M3", "M4"])}
        body |= {"fields": fields, "addressee": self.random.choice(["", e.addressee])}
        if self.random.random() < 0.3:
            body["at"] = self.now - self.random.randrange(30 * MINUTE)
        self.run("drill.answered", **body)

    def fill(self, text: str) -> str:
        return Reference({"injects": []}, copy.deepcopy(self.entries[:1])).fill(text)

    def clock(self) -> None:
        if self.phase == "paused":
            self.run("drill.resumed")
            self.phase = "running"
        elif self.random.random() < 0.5:
            self.run("drill.paused", reason="x")
            self.phase = "paused"
        else:
            self.run("drill.rated", value=self.random.choice([500, 2000, 9000]))

    def undo(self) -> None:
        gone = {e["payload"]["seq"] for e in self.entries if e["verb"] == "undone"}
        own = [
            e
            for e in self.entries
            if not e["verb"].startswith("drill.") and e["verb"] != "undone" and e["seq"] not in gone
        ]
        if own:
            self.add("undone", own[-1]["object"], {"seq": own[-1]["seq"]})

    def rule(self) -> None:
        if self.random.random() < 0.1 and self.told:
            self.run("drill.overridden", line="E1", value=0.3, reason="x")

    def journal(self) -> list[Entry]:
        return [
            Entry(e["seq"], f"{e['seq']:032x}", e["time"], "h", "doi", e["verb"], e["object"], e["payload"], "0" * 64)
            for e in copy.deepcopy(self.entries)
        ]


def told(entries: list[Entry], name: str) -> Score:
    undone = frozenset(e.payload["seq"] for e in entries if e.verb == "undone")
    return score(scenario(name), read_play(entries, undone))


@settings(max_examples=400, deadline=None)
@given(name=st.sampled_from(NAMES), seed=st.integers(0, 2**32), length=st.integers(0, 60))
def test_the_score_is_what_the_formulae_give(name: str, seed: int, length: int) -> None:
    chance = Chance(name, seed, length)
    ours = told(chance.journal(), name)
    plain = Reference(written(name), copy.deepcopy(chance.entries)).score()
    assert {one.id: one.value for one in ours.lines} == pytest.approx(plain["lines"])
    assert (ours.true_positives, ours.false_positives, ours.false_negatives) == plain["alarms"]
    assert dict(ours.dims) == pytest.approx(plain["dimensions"])
    assert {one.id: one.score if one.score is None else one.score / 100 for one in ours.goals} == pytest.approx(
        plain["goals"]
    )
    assert dict(ours.coverage) == pytest.approx(plain["coverage"])
    assert ours.total == pytest.approx(plain["total"])


CLOCK = ("drill.paused", "drill.resumed", "drill.rated")


def said(found: Score) -> list[tuple[str, float, int, str]]:
    return [(one.id, round(one.value, 12), one.took, one.reason) for one in found.lines]


def moved(entries: list[Entry], times: dict[int, int], extra: list[Entry] = []) -> list[Entry]:  # noqa: B006 - not changed
    found = [Entry(e.seq, e.id, times[e.seq], e.host, e.actor, e.verb, e.object, e.payload, e.hash) for e in entries]
    return sorted([*found, *extra], key=lambda e: (e.time, e.seq))


def without_clock(chance: Chance) -> list[Entry]:
    """The play with a clock that only runs, and without what was entered for an earlier time."""
    entries = [e for e in chance.journal() if e.verb not in CLOCK]
    for e in entries:
        e.payload.pop("at", None)
    return entries


plays = {"name": st.sampled_from(NAMES), "seed": st.integers(0, 2**32), "length": st.integers(5, 50)}


@settings(max_examples=150, deadline=None)
@given(
    **plays,
    breaks=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 10**10)), max_size=4),
    rate=st.integers(1, 100_000),
)
def test_pauses_rates_and_jumps_change_no_line(
    name: str, seed: int, length: int, breaks: list[tuple[float, int]], rate: int
) -> None:
    entries = without_clock(Chance(name, seed, length))
    began, last = entries[1].time, entries[-1].time
    at = sorted((began + 3 + int(share * (last - began)), length) for share, length in breaks)
    times = {e.seq: e.time + sum(length for moment, length in at if moment < e.time) for e in entries}
    extra, shift = [Entry(0, "", began + 1, "h", "x", "drill.rated", "DT", {"value": rate}, "")], 0
    for number, (moment, length) in enumerate(at, 1):
        for verb, time in (("drill.paused", moment + shift), ("drill.resumed", moment + shift + length)):
            extra.append(Entry(10_000 + 2 * number + (verb == "drill.resumed"), "", time, "h", "x", verb, "DT", {}, ""))
        shift += length
    jump = Entry(20_000, "", began + 2, "h", "x", "drill.jumped", "DT", {"value": 300 * MINUTE}, "")
    plain = told(entries, name)
    for added in (extra, [*extra, jump]):
        driven = told(moved(entries, times, sorted(added, key=lambda e: (e.time, e.seq))), name)
        assert said(driven) == said(plain)
        assert driven.total == pytest.approx(plain.total)


@settings(max_examples=150, deadline=None)
@given(**plays, pull=st.floats(0, 1))
def test_earlier_is_never_worse_also_with_what_is_done_in_the_tool(
    name: str, seed: int, length: int, pull: float
) -> None:
    entries = without_clock(Chance(name, seed, length))
    times: dict[int, int] = {}
    floor = 0
    for e in entries:  # deliveries and the clock stay; everything else comes earlier, in the same order
        fixed = e.verb in ("drill.planned", "drill.started", "drill.injected", "drill.ended")
        floor = e.time if fixed else max(floor + 1, e.time - int(pull * (e.time - floor)))
        times[e.seq] = floor
    late, early = told(entries, name), told(moved(entries, times), name)
    worse = [(b.id, b.value, a.value) for b, a in zip(late.lines, early.lines, strict=True) if b.value > a.value + 1e-9]
    assert not worse
    assert early.total >= late.total - 1e-9


@settings(max_examples=100, deadline=None)
@given(**plays)
def test_what_is_taken_back_scores_nothing(name: str, seed: int, length: int) -> None:
    entries = Chance(name, seed, length).journal()
    before = told(entries, name)
    chance = random.Random(seed)
    free = [e for e in entries if e.verb.startswith(("incident.", "alert.", "evidence.", "deadline."))]
    if not free:
        return
    again = chance.choice(free)
    last = entries[-1]
    doubled = Entry(
        last.seq + 1, "", last.time + 1, "h", "x", again.verb, "SC-99", {**again.payload, "category": "mahoa"}, ""
    )
    taken = Entry(last.seq + 2, "", last.time + 2, "h", "x", "undone", "SC-99", {"seq": last.seq + 1}, "")
    assert said(told([*entries, doubled, taken], name)) == said(before)


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(NAMES), seed=st.integers(0, 2**32))
def test_crying_wolf_then_taking_it_all_back_finds_nothing(name: str, seed: int) -> None:
    """Alerts that were taken off every incident again were neither found nor false alarms."""
    chance = Chance(name, seed, 0)
    for _inject in scenario(name).injects:
        chance.inject()
    number, alerts = "SC-1", chance.alerts()
    body = {"title": "x", "alerts": [{"number": one} for one in alerts], "agencies": [], "systems": [], "severity": ""}
    chance.add("incident.opened", number, body | {"category": ""})
    wolf = told(chance.journal(), name)
    chance.add("incident.unlinked", number, {"alerts": alerts})
    back = told(chance.journal(), name)
    assert back.true_positives == 0
    assert back.false_positives == 0
    assert wolf.total >= back.total == 0


def test_who_classifies_or_reports_before_being_asked_has_done_it() -> None:
    """The classes of the incident as they stand, the form that is out, the step that is done: earlier is no worse."""
    name = "ransomware-commune"
    chance = Chance(name, 1, 0)
    chance.told["A2"] = ["CB-A2"]
    body = {"title": "x", "alerts": [], "agencies": [], "systems": [], "category": "mahoa", "severity": "M2"}
    chance.add("incident.opened", "SC-1", body)
    chance.add("deadline.met", "SC-1", {"deadline": "bao-cao"})
    chance.add("incident.moved", "SC-1", {"to": "containment"})
    chance.run("drill.injected", inject="A2", alerts=["CB-A2"], how="due")
    lines = {one.id: one.value for one in told(chance.journal(), name).lines}
    assert (lines["X3.class"], lines["X4"], lines["X1"]) == (0, 1, 0), "another incident says nothing of this inject"
    chance.add("incident.linked", "SC-1", {"alerts": [{"number": "CB-A2"}]})
    lines = {one.id: one.value for one in told(chance.journal(), name).lines}
    assert (lines["X3.class"], lines["X3.time"], lines["X4"], lines["X1"]) == (1, 1, 1, 1)


def test_only_what_is_to_be_done_can_be_not_applicable() -> None:
    name = "ransomware-commune"
    for expectation, inject, gone in (
        ("X4", "A2", True),
        ("E4", "A2", False),
        ("X3", "A2", False),
        ("E6", "B1", False),
    ):
        chance = Chance(name, 1, 0)
        chance.run("drill.injected", inject=inject, alerts=[], how="due")
        chance.run("drill.answered", expectation=expectation, choice="na", text="không có máy", fields={})
        found = told(chance.journal(), name)
        assert (expectation not in {one.expectation for one in found.lines}) is gone, expectation
