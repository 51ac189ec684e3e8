"""The score of a drill worked out slowly and plainly from its journal and the scenario's YAML, to hold the tool's own against.

Written from section A4 of the ground that the issue names and from decisions 0141 and 0184, not from the code: nothing of
`atttcli.drill` is used. Entries are dicts with seq, time, verb, object, payload.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

MINUTE = 60_000_000
WEIGHTS = {"detect": 25, "triage": 15, "contain": 20, "report": 20, "playbook": 15, "evidence": 5}
DIM = {
    "detect": "detect", "dismiss": "detect", "classify": "triage", "contain": "contain", "report": "report",
    "step": "playbook", "decision": "contain", "evidence": "evidence",
}  # fmt: skip
NOT_REAL = ("false-positive", "benign", "not-ours", "duplicate")
CLOCK = ("drill.started", "drill.paused", "drill.resumed", "drill.rated", "drill.jumped", "drill.ended")


def span(text: Any) -> int:
    units = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    return sum(int(n) * units[u] * 1_000_000 for n, u in re.findall(r"(\d+)([dhms])", str(text)))


def plain(text: Any) -> str:
    decomposed = unicodedata.normalize("NFD", str(text).strip().lower().replace("đ", "d").replace("Đ", "d"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


class Reference:
    def __init__(self, scenario: dict[str, Any], entries: list[dict[str, Any]]) -> None:
        undone = {e["payload"]["seq"] for e in entries if e["verb"] == "undone"}
        entries = [e for e in entries if e["seq"] not in undone]
        for e in entries:
            told_later = e["verb"].startswith("drill.") and isinstance(e["payload"].get("at"), int)
            e["moment"] = e["payload"]["at"] if told_later else e["time"]
        self.scenario = scenario
        self.places = next((e["payload"].get("places", {}) for e in entries if e["verb"] == "drill.planned"), {})
        self.clock = sorted((e for e in entries if e["verb"] in CLOCK), key=lambda e: (e["moment"], e["seq"]))
        end = next((e["moment"] for e in self.clock if e["verb"] == "drill.ended"), None)
        self.delivered: dict[str, dict[str, Any]] = {}
        for e in entries:
            if e["verb"] == "drill.injected":
                self.delivered.setdefault(e["payload"]["inject"], e)
        self.overrides = {
            e["payload"]["line"]: e["payload"]["value"] for e in entries if e["verb"] == "drill.overridden"
        }
        self.acts = sorted(
            (e for e in entries if end is None or e["moment"] <= end), key=lambda e: (e["moment"], e["seq"])
        )
        self.expects = {e["id"]: (i, e) for i in scenario["injects"] for e in i.get("expect", [])}

    # Times

    def active(self, moment: int) -> int:
        """Wall time since the start, without what lay in pauses."""
        total, since = 0, None
        for e in self.clock:
            if e["moment"] > moment:
                break
            if e["verb"] in ("drill.started", "drill.resumed"):
                since = e["moment"]
            elif e["verb"] in ("drill.paused", "drill.ended") and since is not None:
                total, since = total + e["moment"] - since, None
        return total + (moment - since if since is not None else 0)

    def took(self, inject: str, act: dict[str, Any]) -> int:
        return max(0, self.active(act["moment"]) - self.active(self.delivered[inject]["moment"]))

    @staticmethod
    def limits(expect: dict[str, Any]) -> tuple[int, int]:
        target = span(expect.get("within", "0s"))
        return target, span(expect.get("limit", "0s")) or 3 * target

    def s(self, expect: dict[str, Any], took: int) -> float:
        target, limit = self.limits(expect)
        if target == 0 or took <= target:
            return 1.0
        return 0.0 if took >= limit else 1 - (took - target) / (limit - target)

    # What was done

    def after(self, inject: str) -> list[dict[str, Any]]:
        told = self.delivered.get(inject)
        return [] if told is None else [e for e in self.acts if e["moment"] >= told["moment"]]

    def answer(self, inject: str, expect: dict[str, Any]) -> dict[str, Any] | None:
        given = [
            e
            for e in self.after(inject)
            if e["verb"] == "drill.answered" and e["payload"]["expectation"] == expect["id"]
        ]
        return max(given, key=lambda e: e["seq"]) if given else None

    def alerts(self, inject: str) -> set[str]:
        return set(self.delivered[inject]["payload"].get("alerts", [])) if inject in self.delivered else set()

    @staticmethod
    def joined(act: dict[str, Any]) -> set[str]:
        if act["verb"] in ("incident.opened", "incident.linked"):
            return {one["number"] for one in act["payload"].get("alerts", [])}
        return set()

    def names_place(self, act: dict[str, Any], expect: dict[str, Any]) -> bool:
        if act["verb"] != "incident.opened":
            return False
        for matcher in expect.get("on", []):
            word = matcher.get("opened")
            named = {*act["payload"].get("agencies", []), *act["payload"].get("systems", [])}
            if word == "any" or (word and self.places.get(word, {}).get("code") in named):
                return True
        return False

    def fits(self, act: dict[str, Any], matcher: dict[str, Any]) -> bool:
        (kind, word) = next(iter(matcher.items()))
        verbs = {"evidence": "evidence.added", "moved": "incident.moved", "deadline": "deadline.met"}
        if kind == "opened":
            return self.names_place(act, {"on": [matcher]})
        if act["verb"] != verbs.get(kind):
            return False
        value = {"moved": act["payload"].get("to"), "deadline": act["payload"].get("deadline")}.get(kind)
        return word in ("any", value)

    def tied(self, inject: str) -> list[str]:
        expects = next(i for i in self.scenario["injects"] if i["id"] == inject).get("expect", [])
        return [
            e["object"]
            for e in self.after(inject)
            if self.joined(e) & self.alerts(inject) or any(self.names_place(e, x) for x in expects)
        ]

    def detected(self, inject: str, expect: dict[str, Any]) -> dict[str, Any] | None:
        given = self.answer(inject, expect)
        if given is not None:
            return None if given["payload"]["choice"] in ("no", "na") else given
        acts = self.after(inject)
        joins = [e for e in acts if self.joined(e) & self.alerts(inject)]
        named = [e for e in acts if any(self.fits(e, m) for m in expect.get("on", []))]
        standing: dict[str, bool] = {}
        for e in acts:
            standing |= dict.fromkeys(self.joined(e) & self.alerts(inject), True)
            if e["verb"] == "incident.unlinked":
                standing |= dict.fromkeys(e["payload"]["alerts"], False)
        if named:
            return min([*named[:1], *joins[:1]], key=lambda e: (e["moment"], e["seq"]))
        return joins[0] if joins and any(standing.values()) else None

    def wolf(self, inject: str, expect: dict[str, Any]) -> bool:
        given = self.answer(inject, expect)
        if given is not None:
            return bool(given["payload"]["choice"] == "incident")
        standing: set[str] = set()
        for e in self.after(inject):
            standing |= self.joined(e) & self.alerts(inject)
            if e["verb"] == "incident.unlinked":
                standing -= set(e["payload"]["alerts"])
            elif any(self.fits(e, m) for m in expect.get("on", [])):
                return True
        return bool(standing)

    def dismissed(self, inject: str, expect: dict[str, Any]) -> dict[str, Any] | None:
        given = self.answer(inject, expect)
        if self.wolf(inject, expect):
            return None
        if given is not None:
            return given if given["payload"]["choice"] == "dismiss" else None
        best = None
        for number in self.alerts(inject):
            standing = None
            for e in self.after(inject):
                if e["object"] == number and e["verb"] == "alert.reopened":
                    standing = None
                if e["object"] == number and e["verb"] == "alert.closed" and e["payload"]["verdict"] in NOT_REAL:
                    standing = standing or e
            if standing and (best is None or (standing["moment"], standing["seq"]) < (best["moment"], best["seq"])):
                best = standing
        return best

    def done(self, inject: str, expect: dict[str, Any]) -> dict[str, Any] | None:
        if inject not in self.delivered:
            return None
        given = self.answer(inject, expect)
        if given is not None:
            return None if given["payload"]["choice"] in ("no", "na") else given
        start = self.delivered[inject]["moment"]
        for e in self.acts:
            for m in expect.get("on", []):
                (kind, word) = next(iter(m.items()))
                early = (kind == "deadline" and word != "any") or (kind == "moved" and e["object"] in self.tied(inject))
                if self.fits(e, m) and (e["moment"] >= start or early):
                    return e
        return None

    def classified(self, inject: str, expect: dict[str, Any]) -> tuple[str, str, dict[str, Any] | None]:
        given = self.answer(inject, expect)
        if given is not None:
            fields = given["payload"].get("fields", {})
            return fields.get("category", ""), fields.get("severity", ""), given
        numbers = self.tied(inject) or [
            e["object"] for e in self.after(inject) if e["verb"] in ("incident.opened", "incident.linked")
        ]
        now, when = ("", ""), None
        for e in self.acts:
            if not numbers or e["object"] != numbers[0] or e["verb"] not in ("incident.opened", "incident.set"):
                continue
            fields = e["payload"] if e["verb"] == "incident.opened" else e["payload"].get("fields", {})
            opened_empty = e["verb"] == "incident.opened" and not (fields.get("category") or fields.get("severity"))
            new = (fields.get("category") or now[0], fields.get("severity") or now[1])
            if new != now and not opened_empty:
                now, when = new, e
        return now[0], now[1], when

    # Values

    def achieved(self, inject: str, expect: dict[str, Any]) -> dict[str, Any] | None:
        kind = expect["kind"]
        if kind == "detect":
            return self.detected(inject, expect)
        if kind == "dismiss":
            return self.dismissed(inject, expect)
        if kind == "classify":
            category, _severity, act = self.classified(inject, expect)
            return act if category else None
        return self.done(inject, expect)

    def five_steps(self, inject: str, expect: dict[str, Any]) -> float:
        act = self.detected(inject, expect)
        if act is None:
            return 0.25 if self.alerts(inject) else 0.0
        target, limit = self.limits(expect)
        took = self.took(inject, act)
        if target == 0 or took < limit:
            return 0.75 + 0.25 * self.s(expect, took)
        handling = [
            e for e in self.acts
            if e["verb"] == "incident.moved" and e["payload"]["to"] in ("containment", "eradication", "recovery")
            and (e["moment"], e["seq"]) < (act["moment"], act["seq"])
        ]  # fmt: skip
        return 0.5 if handling else 0.75

    def values(self, inject: dict[str, Any], expect: dict[str, Any]) -> dict[str, float]:
        """Line -> value; the points are shared evenly among the lines of an expectation."""
        i, kind, name = inject["id"], expect["kind"], expect["id"]
        given = self.answer(i, expect)
        if kind == "detect":
            return {name: self.five_steps(i, expect) if self.detected(i, expect) else 0.0}
        if kind == "dismiss":
            act = self.dismissed(i, expect)
            return {name: self.s(expect, self.took(i, act)) if act else 0.0}
        if kind == "classify":
            truth = inject.get("truth", {})
            category, severity, act = self.classified(i, expect)
            right = category and category == (expect.get("class") or truth.get("category"))
            apart = int(severity[1:] or 0) - int((expect.get("severity") or truth["severity"])[1:]) if severity else 9
            value = {0: 1.0, 1: 0.5, -1: 0.75}.get(apart, 0.0) if right and act else 0.0
            return {f"{name}.class": value, f"{name}.time": self.s(expect, self.took(i, act)) if value else 0.0}
        if kind == "decision":
            if given is None:
                return {name: 0.0}
            grade = given["payload"].get("grade")
            if grade is None:
                grade = next(
                    (float(o["grade"]) for o in expect.get("options", []) if o["id"] == given["payload"]["choice"]), 0
                )
            return {name: grade * self.s(expect, self.took(i, given))}
        act = self.done(i, expect)
        if kind == "report":
            if act is None:
                return {f"{name}.time": 0.0, f"{name}.quality": 0.0}
            quality = self.quality(expect, act["payload"])
            return {f"{name}.time": self.s(expect, self.took(i, act)) if quality else 0.0, f"{name}.quality": quality}
        if act is None:
            return {name: 0.0}
        value = self.s(expect, self.took(i, act))
        for word in expect.get("after", []):
            other_inject, other = self.expects[word]
            if other_inject["id"] in self.delivered:
                first = self.achieved(other_inject["id"], other)
                if first is None or (first["moment"], first["seq"]) > (act["moment"], act["seq"]):
                    value *= 0.5
                    break
        proof = act["payload"].get("evidence") or any(
            e["verb"] == "evidence.added" and (e["moment"], e["seq"]) <= (act["moment"], act["seq"])
            for e in self.after(i)
        )
        return {name: value * (0.5 if expect.get("evidence") and not proof else 1)}

    def quality(self, expect: dict[str, Any], told: dict[str, Any]) -> float:
        fields = expect.get("fields", {})
        right = 0
        for name, truth in fields.items():
            said = plain(told.get("fields", {}).get(name, ""))
            options = [plain(self.fill(one)) for one in str(truth).split("|")] if truth else []
            right += bool(said) and (not options or said in options)
        halved = expect.get("addressee") and plain(told.get("addressee", "")) != plain(expect["addressee"])
        return right / len(fields) * (0.5 if halved else 1)

    def fill(self, text: str) -> str:
        def one(found: re.Match[str]) -> str:
            return str(self.places[found[1]].get(found[2] or "name", "")) if found[1] in self.places else found[0]

        return re.sub(r"\{([a-z]+)(?:\.([a-z]+))?\}", one, text)

    def left_out(self, inject: str, expect: dict[str, Any]) -> bool:
        given = self.answer(inject, expect)
        return bool(
            given and expect["kind"] in ("step", "contain", "evidence") and given["payload"]["choice"] == "na"
            and given["payload"].get("text", "").strip()
        )  # fmt: skip

    def score(self) -> dict[str, Any]:
        lines: dict[str, tuple[float, float, str, str]] = {}  # id -> points, value, dimension, goal
        found = missed = wolves = 0
        for inject in self.scenario["injects"]:
            if inject["id"] not in self.delivered:
                continue
            for expect in inject.get("expect", []):
                if expect["kind"] == "detect":
                    hit = self.detected(inject["id"], expect) is not None
                    found, missed = found + hit, missed + (not hit)
                if expect["kind"] == "dismiss":
                    wolves += self.wolf(inject["id"], expect)
                if self.left_out(inject["id"], expect):
                    continue
                values = self.values(inject, expect)
                dim = expect.get("dim") or DIM[expect["kind"]]
                for line, value in values.items():
                    value = self.overrides.get(line, value)
                    lines[line] = (expect.get("points", 10) / len(values), value, dim, expect["goal"])
        precision = found / (found + wolves) if found + wolves else 0.0
        recall = found / (found + missed) if found + missed else 0.0
        f2 = 5 * precision * recall / (4 * precision + recall) if precision and recall else 0.0
        dims = {}
        for dim in WEIGHTS:
            value = self.mean([one for one in lines.values() if one[2] == dim])
            dims[dim] = (value + f2) / 2 if dim == "detect" and value is not None and found + missed else value
        weights = WEIGHTS | (self.scenario.get("weights") or {})
        present = {dim: weights[dim] for dim in WEIGHTS if dims[dim] is not None}
        total = sum(weights[dim] * dims[dim] for dim in present) / sum(present.values()) * 100 if present else 0.0
        goals = {
            g["id"]: self.mean([one for one in lines.values() if one[3] == g["id"]]) for g in self.scenario["goals"]
        }
        return {
            "total": total, "dimensions": dims, "lines": {name: one[1] for name, one in lines.items()},
            "goals": goals, "alarms": (found, wolves, missed), "coverage": self.coverage(),
        }  # fmt: skip

    @staticmethod
    def mean(lines: list[tuple[float, float, str, str]]) -> float | None:
        return sum(p * v for p, v, *_ in lines) / sum(p for p, *_ in lines) if lines else None

    def coverage(self) -> dict[str, float | None]:
        found: dict[str, float | None] = {}
        for code in self.scenario.get("techniques", []):
            steps = [
                self.five_steps(i["id"], next(e for e in i["expect"] if e["kind"] == "detect"))
                for i in self.scenario["injects"]
                if code in i.get("truth", {}).get("attack", []) and i["id"] in self.delivered
                and any(e["kind"] == "detect" for e in i.get("expect", []))
            ]  # fmt: skip
            found[code] = sum(steps) / len(steps) if steps else None
        return found
