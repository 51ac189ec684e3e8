"""Sigma by the fast way (bits, literals, records that are not even built) against a slow reading of the rules' own text."""

from __future__ import annotations

import io
import ipaddress
import json
import re
import string
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atttcli.engines.correlation import CorrelationEngine
from atttcli.engines.sigma import pattern
from atttcli.model.event import Event
from atttcli.rulepack.correlation import load_correlation_rules
from atttcli.source import Input, ReadProblem
from atttcli.sources.windows.jsonlog import WindowsJson

NAMES = ("Image", "CommandLine", "Details", "ThreatName", "Hashes")
WORDS = (
    "evil",
    "\\Temp\\",
    "cmd.exe",
    "é",
    "K\u212a",
    "mımikatz",
    "mimi",
    'a"b',
    "x",
    "-enc",
    "/enc",
    " ",
    "\u0130x",
    "10.1.2.3",
)
KEYS = (
    "", "|contains", "|startswith", "|endswith", "|contains|all", "|contains|cased", "|re", "|re|i", "|exists", "|lt", "|gte",
    "|cidr", "|fieldref", "|fieldref|startswith", "|contains|windash", "|neq", "|hour", "|year",
)  # fmt: skip
words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map("".join)


def value_for(key: str) -> st.SearchStrategy[Any]:
    if key == "|exists":
        return st.booleans()
    if key in ("|lt", "|gte", "|hour", "|year"):
        return st.sampled_from([0, 5, 7, 10, 2024])
    if key == "|cidr":
        return st.sampled_from(["10.0.0.0/8", "2001:db8::/32"])
    if key.startswith("|fieldref"):
        return st.sampled_from(NAMES)
    if key.startswith("|re"):
        return st.sampled_from(["ev.l", "(?:cmd|temp)", "^mimi", "[a-c]$", "x+"])
    plain = words.filter(lambda text: not set("*?%") & set(text))
    return plain | st.lists(plain, min_size=1, max_size=3)


@st.composite
def selections(draw: st.DrawFn) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for _ in range(draw(st.integers(1, 3))):
        key = draw(st.sampled_from(KEYS))
        made[draw(st.sampled_from(NAMES)) + key] = draw(value_for(key))
    return made


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    keywords = draw(st.booleans())
    second = draw(
        st.lists(words.filter(lambda text: len(text.strip()) > 3), min_size=1, max_size=2) if keywords else selections()
    )
    source = draw(
        st.sampled_from(
            [{"product": "windows"}, {"product": "windows", "category": "process_creation"}, {"product": "linux"}]
        )
    )
    return {
        "logsource": source,
        "detection": {"one": draw(selections()), "two": second},
        "condition": draw(st.sampled_from(["one", "one or two", "one and two", "one and not two", "not one", "two"])),
    }


values = (
    words | st.none() | st.booleans() | st.integers(0, 12) | st.just("") | st.lists(words | st.integers(0, 3), max_size=3)
    | st.sampled_from(["2024-05-06T07:08:09Z", "2024-05-06 10:00:00", 5.0, "5", "10.1.2.3", "2001:db8::1"])
)  # fmt: skip


@st.composite
def records(draw: st.DrawFn) -> str:
    made: dict[str, Any] = {
        draw(st.sampled_from(["EventID", "EventId", "event_id"])): draw(st.sampled_from([1, "1", 3, 4688]))
    }
    made[draw(st.sampled_from(["Channel", "LogName"]))] = draw(
        st.sampled_from(["Microsoft-Windows-Sysmon/Operational", "Security", "Other"])
    )
    for name in draw(
        st.lists(st.sampled_from([*NAMES, "Threat Name", "Hostname", "ComputerName", "NewProcessName"]), unique=True)
    ):
        made[name] = draw(values)
    if draw(st.integers(0, 5)) == 0:
        made["inner"] = {draw(st.sampled_from(NAMES)): draw(words)}
    if draw(st.integers(0, 5)) == 0:
        made["EventType"], made["Message"] = "INFO", "EventType: x"
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(['{"EventID": 1,', '{"EventID": 1, "Channel": "\\ud800"}', "[]", "", "x"]))
    text = json.dumps(made, ensure_ascii=draw(st.booleans()))
    if draw(st.booleans()):  # the same text, each letter of some words by its number
        text = text.replace("evil", "\\u0065v\\u0069l").replace("mimi", "\\u006dimi")
    return text


def written(number: int, rule: dict[str, Any]) -> str:
    detection = {**rule["detection"], "condition": rule["condition"]}
    return json.dumps(
        {"title": f"r{number}", "id": f"r{number}", "logsource": rule["logsource"], "detection": detection}
    )


def read(text: str, sieve: Any = None) -> tuple[list[Event], list[ReadProblem], int]:
    data = ('{"EventID": 9, "Channel": "Other"}\n' + text).encode()
    given_ = Input("x", "", len(data), data[:65_536], io.BytesIO(data))
    found = list(WindowsJson().read_where(given_, sieve) if sieve else WindowsJson().read(given_))
    problems = [one for one in found if isinstance(one, ReadProblem)]
    return [one for one in found if isinstance(one, Event)], problems, len(found)


@pytest.mark.parametrize("engine_of_text", ["hyperscan", "re"])
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(rules(), min_size=1, max_size=6), st.lists(records(), min_size=1, max_size=12))
def test_the_fast_way_finds_what_the_slow_one_finds(
    tmp_path_factory: pytest.TempPathFactory, engine_of_text: str, some: list[dict[str, Any]], lines: list[str]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if engine_of_text == "re":
            patch.setattr(pattern, "_re2", lambda: None)
            patch.setitem(__import__("sys").modules, "hyperscan", None)
        folder = tmp_path_factory.mktemp("rules")
        (folder / "rules.yml").write_text(
            "\n---\n".join(written(n, one) for n, one in enumerate(some)), encoding="utf-8"
        )
        pack = load_correlation_rules([folder / "rules.yml"])
        loaded = {rule.meta.id for rule in pack.rules}
        engine = CorrelationEngine(pack)
        loaded -= {problem.where.rule for problem in engine.problems if problem.refused and problem.where.rule}
        text = "\n".join(line.replace("\n", " ") for line in lines)
        events, problems, count = read(text)
        sifted, problems_too, count_too = read(text, engine.sieve())
        assert (problems_too, count_too) == (problems, count)
        found = {(events[at].line, name) for at, ids in engine.matches(events) for name in ids}
        assert {(sifted[at].line, name) for at, ids in engine.matches(sifted) for name in ids} == found
        running = {one.rule.meta.id for kind in engine._dispatch._sources.values() for _place, one in kind}
        slow = {
            (event.line, f"r{n}")
            for event in events
            for n, one in enumerate(some)
            if f"r{n}" in running and meets(one, event)
        }
        assert found == slow


# The slow reading: from the words of the rule, with nothing of ours.


def meets(rule: dict[str, Any], event: Event) -> bool:
    source = rule["logsource"]
    if source["product"] != "windows" or ("category" in source and event.category != source["category"]):
        return False
    one, two = (selected(rule["detection"][name], event) for name in ("one", "two"))
    return {
        "one": one, "two": two, "one or two": one or two, "one and two": one and two, "one and not two": one and not two,
        "not one": not one,
    }[rule["condition"]]  # fmt: skip


def selected(selection: Any, event: Event) -> bool:
    if isinstance(selection, list):
        texts = [spelt(leaf).lower() for leaf in scalars(event.fields)]
        return any(word.lower() in text for word in selection for text in texts)
    return all(holds_of(key, wanted, event) for key, wanted in selection.items())


def scalars(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in scalars(one)]
    if isinstance(value, list):
        return [leaf for one in value for leaf in scalars(one)]
    return [] if value is None else [value]


def spelt(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def looked_up(name: str, event: Event) -> Any:
    if event.fields.get(name) is not None:
        return event.fields[name]
    spaced = next((other for other in event.fields if other.replace(" ", "") == name and other != name), None)
    return event.fields.get(spaced) if spaced else None


def holds_of(key: str, wanted: Any, event: Event) -> bool:
    name, *said = key.split("|")
    value = looked_up(name, event)
    members = (value or [None]) if isinstance(value, list) else [value]
    if "fieldref" in said:
        other = looked_up(wanted, event)
        others = other if isinstance(other, list) else [other]
        return any(
            a is not None and b is not None and spelt(b) != "" and compared(said, spelt(a), spelt(b))
            for a in (value if isinstance(value, list) else [value]) for b in others
        )  # fmt: skip
    choices = wanted if isinstance(wanted, list) else [wanted]
    if "windash" in said:
        choices = [other for one in choices for other in dashed(one)]
    if "neq" in said:
        return not any(single([], member, one) for member in members for one in choices)
    held = (any(single(said, member, one) for member in members) for one in choices)
    return all(held) if "all" in said else any(held)


def dashed(text: str) -> list[str]:
    places = [at.start() for at in re.finditer(r"\B[-/]\b", text)]
    made = [text]
    for place in places:
        made = [one[:place] + dash + one[place + 1 :] for one in made for dash in "-/\u2013\u2014\u2015"]
    return made


def single(said: list[str], value: Any, wanted: Any) -> bool:
    if "exists" in said:
        return (value is not None and value != "") is wanted
    if value is None:
        return False
    if "re" in said:
        return re.search(("(?i)" if "i" in said else "") + wanted, spelt(value)) is not None
    if "lt" in said or "gte" in said:
        if isinstance(value, bool) or (isinstance(value, str) and not re.fullmatch(r"-?\d+(\.\d+)?", value, re.ASCII)):
            return False
        return float(value) < wanted if "lt" in said else float(value) >= wanted
    if "cidr" in said:
        try:
            return isinstance(value, str) and ipaddress.ip_address(value) in ipaddress.ip_network(wanted)
        except ValueError:
            return False
    if "hour" in said or "year" in said:
        try:
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            return False
        moment = moment.astimezone(UTC) if moment.tzinfo else moment
        return (moment.hour if "hour" in said else moment.year) == wanted
    return compared(said, spelt(value), spelt(wanted))


def compared(said: list[str], value: str, wanted: str) -> bool:
    if "cased" not in said:
        value, wanted = value.lower(), wanted.lower()
    if "contains" in said:
        return wanted in value
    if "startswith" in said:
        return value.startswith(wanted)
    return value.endswith(wanted) if "endswith" in said else value == wanted


def test_words_are_marked_on_their_lines(tmp_path: Path) -> None:
    rule = {
        "title": "w",
        "id": "w",
        "logsource": {"product": "windows"},
        "detection": {"k": ["Gentil_Kiwi"], "condition": "k"},
    }
    (tmp_path / "w.yml").write_text(json.dumps(rule), encoding="utf-8")
    sieve = CorrelationEngine(load_correlation_rules([tmp_path / "w.yml"])).sieve()
    lines = [
        b"nothing",
        b"GENTIL_kiwi",
        b"",
        b"gentil_kiwi gentil_kiwi",
        b"\\u0067entil",
        "gentil_\u212aiwi".encode(),
        b"gentil",
    ]
    assert sieve.marked(b"\n".join(lines), ("nothing", "absent")) == ({1, 3, 4, 5}, {0})


def test_a_rule_file_that_changes_is_read_again(tmp_path: Path) -> None:
    from atttcli.rulepack.sigma_files import SigmaSettings

    rule = {
        "title": "w",
        "id": "w",
        "logsource": {"product": "windows"},
        "detection": {"k": {"a": "b"}, "condition": "k"},
    }
    file = tmp_path / "rules" / "w.yml"
    file.parent.mkdir()
    kept = SigmaSettings(tmp_path / "cache")
    for letter in string.ascii_lowercase[:4]:  # of the same size each time, and at once
        file.write_text(json.dumps({**rule, "id": letter}), encoding="utf-8")
        assert [one.meta.id for one in load_correlation_rules([file.parent], kept).rules] == [letter]
