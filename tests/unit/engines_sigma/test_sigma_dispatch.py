"""Which rules meet which events; what the prefilters let through; why a rule matched."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from atttcli.engines.correlation import CorrelationEngine
from atttcli.engines.sigma import grams, pattern
from atttcli.engines.sigma.logsource import concerns
from atttcli.engines.sigma.reasons import matched
from atttcli.model.event import Event
from atttcli.rulepack.correlation import load_correlation_rules
from atttcli.sources.windows.event import event_of


def rule(number: int, source: str, selection: str, condition: str = "selection") -> str:
    head = f"title: r{number}\nid: r{number}\nlogsource: {{{source}}}\n"
    return f"{head}detection:\n  selection:\n{selection}\n  condition: {condition}\n"


def engine(tmp_path: Path, *rules: str) -> CorrelationEngine:
    (tmp_path / "rules.yml").write_text("---\n".join(rules), encoding="utf-8")
    pack = load_correlation_rules([tmp_path / "rules.yml"])
    assert not pack.problems, pack.problems
    return CorrelationEngine(pack)


def sysmon(number: int, line: int = 1, **data: object) -> Event:
    system = {
        "Provider_Name": "Microsoft-Windows-Sysmon",
        "EventID": number,
        "Channel": "Microsoft-Windows-Sysmon/Operational",
    }
    return event_of(system, data, "{}", line)


def test_no_rule_of_another_product(tmp_path: Path) -> None:
    loud = "    CommandLine|contains: ' '"
    run = engine(
        tmp_path,
        rule(1, "category: process_creation, product: macos", loud),
        rule(2, "category: process_creation, product: linux", loud),
        rule(3, "category: process_creation, product: windows", loud),
        rule(4, "product: windows, service: security", loud),
        rule(5, "category: process_creation", loud),
    )
    audit = event_of({"Channel": "Security", "EventID": 4688}, {"NewProcessName": "a", "CommandLine": "a b"}, "{}", 1)
    found = dict(run.matches([sysmon(1, CommandLine="a b"), audit]))
    assert found == {0: ("r3", "r5"), 1: ("r3", "r4", "r5")}


def test_kinds_of_one_category_share_its_rules_and_have_their_own(tmp_path: Path) -> None:
    """Sysmon's and Windows' own start of a process: rules of each service stand among those of the category, in order."""
    of_all = [f"    CommandLine|contains: 'w{number}x'" for number in range(99)]
    rules = [rule(number, "category: process_creation, product: windows", text) for number, text in enumerate(of_all)]
    rules.insert(40, rule(200, "product: windows, service: security", "    CommandLine|contains: 'w7x'"))
    rules.insert(2, rule(201, "product: windows, service: sysmon", "    CommandLine|contains: 'w7x'"))
    run = engine(tmp_path, *rules)
    lines = ["w7x", "w60x w3x", "w98x w7x w1x", "nothing"]
    audits = [event_of({"Channel": "Security", "EventID": 4688}, {"CommandLine": line}, "{}", 1) for line in lines]
    starts = [sysmon(1, CommandLine=line) for line in lines]
    for _ in range(3):  # remembered values too
        assert dict(run.matches(audits)) == {0: ("r7", "r200"), 1: ("r3", "r60"), 2: ("r1", "r7", "r200", "r98")}
        assert dict(run.matches(starts)) == {0: ("r201", "r7"), 1: ("r3", "r60"), 2: ("r1", "r201", "r7", "r98")}


@pytest.mark.parametrize(
    ("source", "head", "met"),
    [
        (("registry_event", "windows", ""), ("registry_set", "windows", "sysmon"), True),
        (("registry_event", "windows", ""), ("registry_delete", "windows", "sysmon"), True),
        (("registry_set", "windows", ""), ("registry_add", "windows", "sysmon"), False),
        (("", "linux", "auth"), ("authentication", "linux", "sshd"), True),
        (("", "linux", "syslog"), ("", "linux", "cron"), True),
        (("", "linux", "syslog"), ("process_creation", "linux", "auditd"), False),
        (("", "linux", "sshd"), ("authentication", "linux", "sudo"), False),
        (("webserver", "", ""), ("webserver", "nginx", "access"), True),
        (("webserver", "apache", ""), ("webserver", "nginx", "access"), False),
        (("", "", ""), ("", "", ""), True),
    ],
)
def test_log_sources(source: tuple[str, str, str], head: tuple[str, str, str], met: bool) -> None:
    assert concerns(source, *head) is met


def test_event_numbers_sort_rules_out(tmp_path: Path) -> None:
    run = engine(
        tmp_path,
        rule(1, "product: windows, service: sysmon", "    EventID: 7\n    ImageLoaded|endswith: '.dll'"),
        rule(2, "product: windows, service: sysmon", "    EventID: [7, '1']\n    Image|exists: true"),
    )
    found = dict(run.matches([sysmon(7, Image="x", ImageLoaded="a.dll"), sysmon(1, Image="x", ImageLoaded="a.dll")]))
    assert {index: set(ids) for index, ids in found.items()} == {0: {"r1", "r2"}, 1: {"r2"}}


def test_blanks_in_names_do_not_count(tmp_path: Path) -> None:
    run = engine(tmp_path, rule(1, "product: windows, service: windefend", "    ThreatName|contains: webshell"))
    system = {"Channel": "Microsoft-Windows-Windows Defender/Operational", "EventID": 1116}
    assert dict(run.matches([event_of(system, {"Threat Name": "Webshell.A"}, "{}", 1)])) == {0: ("r1",)}


@pytest.mark.parametrize("fast", [True, False])
def test_many_rules_give_what_each_gives_alone(tmp_path: Path, fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules as bits, field by field, against the rules run one by one, with RE2 and without."""
    if not fast:
        monkeypatch.setattr(pattern, "_re2", lambda: None)
    draw = random.Random(3)
    words = ["alpha", "beta", "GAMMA", "d\u00e9lta", "x", "ab", ".exe", "\\temp\\", "powershell"]
    rules = []
    for number in range(90):
        field = draw.choice(["Image", "CommandLine", "ParentImage"])
        test = draw.choice(["contains", "startswith", "endswith", "re"])
        word = draw.choice(words)
        text = f"    {field}|{test}: '{word if test != 're' else word.replace(chr(92), '').replace('.', '[.]')}'"
        rules.append(rule(number, "category: process_creation, product: windows", text))
    events = [
        sysmon(1, n, **{name: "".join(draw.choice([*words, " ", "A"]) for _ in range(draw.choice([1, 3, 80])))
                        for name in draw.sample(["Image", "CommandLine", "ParentImage"], 2)})
        for n in range(300)
    ]  # fmt: skip
    run = engine(tmp_path, *rules)
    assert run._dispatch.plan(("process_creation", "windows", "sysmon", "start", ""), "1").slots is not None
    found = {index: set(ids) for index, ids in run.matches(events)}
    alone: dict[int, set[str]] = {}
    for one in run._dispatch._sources["process_creation", "windows", ""]:
        for index, event in enumerate(events):
            if one[1].matches(event):
                alone.setdefault(index, set()).add(one[1].rule.meta.id)
    assert found == alone
    assert sum(map(len, found.values())) > 1000
    assert {index: set(ids) for index, ids in run.matches(events)} == found  # and again, from memory


@pytest.mark.parametrize("index", [grams.each_literal, grams._by_runs])
def test_literals_by_themselves_by_an_automaton_and_by_runs_of_four(index: Callable[[Sequence[str]], Any]) -> None:
    draw = random.Random(9)
    literals = sorted({"".join(draw.choice("abc\u00e9.") for _ in range(draw.randrange(1, 8))) for _ in range(400)})
    find = index(literals)
    for _ in range(300):
        text = "".join(draw.choice("abc\u00e9. ") for _ in range(draw.choice([0, 2, 3, 4, 30, 700])))
        assert set(find(text)) == {place for place, literal in enumerate(literals) if literal in text}


def test_keyword_rules_see_escaped_records(tmp_path: Path) -> None:
    """A keyword that JSON writes otherwise, and a record that writes plain letters by their numbers."""
    loud = [rule(n, "product: windows", "    - 'C:\\temp\\sekurlsa'") for n in (1,)]
    run = engine(tmp_path, *loud, rule(2, "product: windows", "    - 'lsadump::'"))
    system = {"Channel": "Application", "EventID": 1}
    one = event_of(system, {"Data": "run C:\\Temp\\Sekurlsa now"}, '{"Data":"run C:\\\\Temp\\\\Sekurlsa now"}', 1)
    two = event_of(system, {"Data": "lsadump::sam"}, '{"Data":"\\u006csadump::sam"}', 2)
    none = event_of(system, {"Data": "nothing"}, '{"Data":"nothing"}', 3)
    assert dict(run.matches([one, two, none])) == {0: ("r1",), 1: ("r2",)}


def test_reasons_name_selection_field_and_value(tmp_path: Path) -> None:
    text = (
        "title: t\nid: t\nlogsource: {category: process_creation, product: windows}\ndetection:\n"
        "  tool: {Image|endswith: ['\\certutil.exe', '\\bits.exe']}\n  fetch: {CommandLine|contains: [urlcache, verifyctl]}\n"
        "  other: {CommandLine|contains: http}\n  known: {ParentImage|endswith: setup.exe}\n"
        "  condition: tool and (fetch or other) and not known\n"
    )
    run = engine(tmp_path, text)
    event = sysmon(1, Image="C:\\Windows\\certutil.exe", CommandLine="certutil -URLcache x", ParentImage="cmd.exe")
    (found,) = run.matches([event])
    assert found == (0, ("t",))
    (node,) = [one[1].rule.node for some in run._dispatch._sources.values() for one in some]
    told = [(one.selection, one.field, one.test, one.wanted, one.value) for one in matched(node, event)]
    assert told == [
        ("tool", "Image", "endswith", "\\certutil.exe", "C:\\Windows\\certutil.exe"),
        ("fetch", "CommandLine", "contains", "urlcache", "certutil -URLcache x"),
    ]


def test_a_search_that_is_given_up_is_counted() -> None:
    pytest.importorskip("pcre2")
    pattern.given_up()
    search = pattern.compile_search("(?=a)(?:a|aa)+$")
    assert not search("a" * 60 + "!")
    assert search("aa")
    assert (pattern.given_up(), pattern.given_up()) == (1, 0)
