"""Every modifier of the Sigma specification 2.1 on events that meet it and events that do not."""

from __future__ import annotations

from typing import Any

import pytest

from atttcli.engines.sigma.evaluate import compile_node
from atttcli.engines.sigma.literals import literals
from atttcli.errors import RuleError
from atttcli.model.event import Event
from atttcli.rulepack.sigma_modifiers import field_node


def event(fields: dict[str, Any], raw: str = "") -> Event:
    return Event(None, 1, raw, "process_creation", "windows", fields=fields)


@pytest.mark.parametrize(
    ("key", "value", "yes", "no"),
    [
        ("f", "abc", ["ABC", "abc"], ["abcd", "", None, 5]),
        ("f", "a*c", ["abc", "AC", "a\nc"], ["abcd", "ca"]),
        ("f", "a?c", ["abc"], ["ac", "abbc"]),
        ("f", r"a\*c", ["a*c"], ["abc"]),
        ("f", r"C:\Temp\\*", ["C:\\Temp\\x"], ["C:\\Temp"]),
        ("f|contains", "\\Temp\\", ["C:\\temp\\a"], ["C:\\tempa", "C:/temp/"]),
        ("f|startswith", "\\Temp\\", ["\\TEMP\\a"], ["x\\Temp\\"]),
        ("f|endswith", "\\cmd.exe", ["C:\\CMD.EXE"], ["cmd.exe", "\\cmd.exe "]),
        ("f|contains|all", ["a", "b"], ["xaxbx"], ["a", "b"]),
        ("f|contains", ["a", "b"], ["a", "xb"], ["c"]),
        ("f|cased", "Abc", ["Abc"], ["abc"]),
        ("f|contains|cased", "Abc", ["xAbcx"], ["xabcx"]),
        ("f|re", "a.c$", ["xabc"], ["ABC", "abcd"]),
        ("f|re|i", "a.c$", ["xABC"], ["abcd"]),
        ("f|re|m", "^b$", ["a\nb\nc"], ["abc"]),
        ("f|re|s", "a.c", ["a\nc"], ["ab"]),
        ("f|re|i|s", "A.C", ["a\nc"], ["ab"]),
        ("f|re", "(?<=a)b", ["ab"], ["b"]),
        ("f|cidr", "192.0.2.0/24", ["192.0.2.7"], ["198.51.100.7", "x", 5]),
        ("f|cidr", ["2001:db8::/32", "192.0.2.0/28"], ["2001:db8::1", "192.0.2.1"], ["192.0.2.99"]),
        ("f|base64", "foobar", ["Zm9vYmFy"], ["Zm9v"]),
        ("f|base64|contains", "foo", ["xxZm9vxx"], ["foo"]),
        ("f|base64offset|contains", "foobar", ["Zm9vYmFy", "xmb29iYX", "Zvb2Jhc"], ["foobar"]),
        ("f|wide|base64offset|contains", "ping", ["cABpAG4AZw", "AAaQBuAGcA", "wAGkAbgBnA"], ["cGluZw"]),
        ("f|utf16le|base64|contains", "a", ["YQA="], ["YQ=="]),
        ("f|utf16be|base64|contains", "a", ["AGE="], ["YQA="]),
        ("f|utf16|base64|contains", "a", ["//5hAA=="], ["YQA="]),
        ("f|windash|contains", " -enc ", ["x -enc y", "x /enc y", "x \u2013enc y", "x \u2014enc y", "x \u2015enc y"], ["x enc y"]),
        ("f|windash|contains|all", [" -a ", " -b "], ["x -a /b ", "q /a  -b "], [" -a "]),
        ("f|exists", True, ["x", 0], [None]),
        ("f|exists", False, [None], ["x"]),
        ("f|lt", 5, [4, "4"], [5, "5", "x", None, True]),
        ("f|lte", 5, [5], [6]),
        ("f|gt", 5, [6, "6.5"], [5]),
        ("f|gte", 5, [5], [4]),
        ("f|neq", "a", ["b", None], ["a", "A"]),
        ("f|contains|neq", ["a", "b"], ["c"], ["xa", "xb"]),
        ("f", None, [None, ""], ["x"]),
        ("f", "", [None, ""], ["x"]),
        ("f", True, [True, "true", "True"], [False, "false", None, 1]),
        ("f", 4688, [4688, "4688"], [46880, "x"]),
        ("f", "4688", [4688], [1]),
        ("f|minute", 30, ["2026-11-23T10:30:00Z"], ["2026-11-23T10:31:00Z", "x"]),
        ("f|hour", 3, ["2026-11-23 03:30:00.123", "2026-11-23T10:30:00+07:00"], ["2026-11-23T10:30:00Z"]),
        ("f|day", 23, ["2026-11-23"], ["2026-11-24"]),
        ("f|week", 48, ["2026-11-23"], ["2026-11-22"]),
        ("f|month", 11, ["2026-11-23"], ["2026-12-23"]),
        ("f|year", 2026, ["2026-11-23"], ["2025-11-23"]),
        ("f", ["a", "b"], [["x", "B"]], [["x"], []]),
    ],
)  # fmt: skip
def test_modifier(key: str, value: Any, yes: list[Any], no: list[Any]) -> None:
    node = field_node(key, value, {})
    holds, wanted = compile_node(node), literals(node)
    for given in yes:
        met = event({"f": given} if given is not None else {})
        assert holds(met), given
        assert wanted is None or any(text in str(given).lower() for _, text in wanted), (given, wanted)
    for given in no:
        assert not holds(event({"f": given} if given is not None else {})), given


@pytest.mark.parametrize(
    ("key", "other", "yes", "no"),
    [
        ("f|fieldref", "g", ("a", "A"), ("a", "b")),
        ("f|fieldref|startswith", "g", ("abc", "AB"), ("cab", "ab")),
        ("f|fieldref|endswith", "g", ("cab", "AB"), ("abc", "ab")),
        ("f|fieldref|contains", "g", ("xaby", "AB"), ("xay", "ab")),
    ],
)  # fmt: skip
def test_reference_to_another_field(key: str, other: str, yes: tuple[str, str], no: tuple[str, str]) -> None:
    holds = compile_node(field_node(key, other, {}))
    assert holds(event({"f": yes[0], "g": yes[1]})) and not holds(event({"f": no[0], "g": no[1]}))
    assert not holds(event({"f": "", "g": ""})) and not holds(event({"f": "a"}))


def test_placeholders() -> None:
    node = field_node("f|expand|contains", "%tools%\\run", {"tools": ["one", "t*o"]})
    holds = compile_node(node)
    assert (
        holds(event({"f": "x ONE\\run"})) and holds(event({"f": "two\\run"})) and not holds(event({"f": "three\\run"}))
    )
    with pytest.raises(RuleError, match="%tools% has no values"):
        field_node("f|expand", "%tools%", {})
    assert compile_node(field_node("f", "%tools%", {}))(event({"f": "%tools%"}))  # without `expand` it is plain text


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("f|re|contains", "x", "do not go together"),
        ("f|i", "x", "do not go together"),
        ("f|contains|startswith", "x", "do not go together"),
        ("f|rot13", "x", "not known"),
        ("f|base64", "a*", "wildcards"),
        ("f|wide", "é", "ASCII"),
        ("f|lt", "5", "a number"),
        ("f|hour", "5", "whole number"),
        ("f|exists", "yes", "true or false"),
        ("f|cidr", "10.0.0.0/99", "not a network"),
        ("f|contains", None, "null"),
        ("f", [], "no value"),
        ("f", {"a": 1}, "text, a number or null"),
        ("f|windash", " -a" * 12, "more than"),
    ],
)  # fmt: skip
def test_refused(key: str, value: Any, reason: str) -> None:
    with pytest.raises(RuleError, match=reason):
        field_node(key, value, {})


def test_keywords_meet_values_of_json_and_text_as_it_is() -> None:
    node = field_node("|all", ["\\temp\\", "mimikatz"], {})
    holds = compile_node(node)
    assert holds(event({"a": "C:\\Temp\\x", "b": ["MIMIKATZ"]}, '{"a":"C:\\\\Temp\\\\x","b":["MIMIKATZ"]}'))
    assert not holds(event({"a": "C:\\Temp\\x"}, '{"a":"C:\\\\Temp\\\\x"}'))
    assert holds(event({}, "Nov 23 mimikatz in C:\\temp\\"))
