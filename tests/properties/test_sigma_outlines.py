"""Lines of Windows events with the sieve and without: the same findings, problems and count, whatever the layout of the lines."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atttcli.engines.correlation import CorrelationEngine
from atttcli.model.event import Event
from atttcli.rulepack.correlation import load_correlation_rules
from atttcli.source import Input, ReadProblem
from atttcli.sources.windows import outline
from atttcli.sources.windows.jsonlog import WindowsJson

SYSMON = "Microsoft-Windows-Sysmon/Operational"
RULES: dict[str, tuple[dict[str, str], Any, str]] = {
    "image": ({"category": "process_creation"}, {"a": {"Image|endswith": "\\evil.exe"}}, "a"),
    "excluded": (
        {"category": "process_creation"},
        {"a": {"Image|endswith": ".exe"}, "b": {"Image|contains": "good"}, "c": {"CommandLine|contains": "-safe"}},
        "a and not (b or c)",
    ),
    "user": ({"category": "process_creation"}, {"a": {"User|contains": "admin", "Image|exists": True}}, "a"),
    "number": ({"service": "security"}, {"a": {"EventID": 4688, "Keywords|contains": "x"}}, "a"),
    "installer": ({"service": "application"}, {"a": {"EventID": 1042, "Data|contains": "evil"}}, "a"),
    "service": ({"service": "system"}, {"a": {"EventID": 7045, "ImagePath|contains": "evil"}}, "a"),
    "outcome": ({"service": "security"}, {"a": {"EventID": 4625, "Status": "0x0"}}, "a"),
    "port": ({"category": "network_connection"}, {"a": {"DestinationPort": 1}}, "a"),
    "true": ({"category": "network_connection"}, {"a": {"DestinationPort": "true"}}, "a"),
    "half": ({"category": "network_connection"}, {"a": {"DestinationPort|lt": 1}}, "a"),
    "one": ({"category": "network_connection"}, {"a": {"DestinationPort": "1.0"}}, "a"),
    "null": ({"category": "network_connection"}, {"a": {"DestinationPort": None, "Image|contains": "evil"}}, "a"),
    "deleted": ({"category": "registry_delete"}, {"a": {"TargetObject|contains": "evil"}}, "a"),
    "added": ({"category": "registry_add"}, {"a": {"TargetObject|contains": "evil"}}, "a"),
    "type": ({"category": "registry_event"}, {"a": {"EventType": "DeleteKey"}}, "a"),
    "provider": ({}, {"a": {"Provider_Name": "Evil", "Computer|startswith": "pc"}}, "a"),
    "reference": ({}, {"a": {"Image|fieldref": "Parent Image"}}, "a"),
    "anywhere": ({}, {"a": ["mimikatz"]}, "a"),
    "word": (
        {"category": "process_creation"},
        {"a": ["perfc.dat"], "b": {"CommandLine|contains": "-safe", "Image|contains": "good"}},
        "a or b",
    ),
    "unsaid": ({"category": "network_connection"}, {"a": {"Image|contains": "evil"}, "b": ["admin"]}, "a and not b"),
    "unsaid alone": ({"category": "registry_set"}, {"a": ["admin"], "b": ["evil"]}, "not a or b"),
    "nested": ({}, {"a": {"inner_name|contains": "evil"}}, "a"),
    "listed": ({}, {"a": {"Groups|contains": "evil"}}, "a"),
}  # fmt: skip
TEXTS = (
    "C:\\x\\evil.exe", "C:\\good\\evil.exe", "good.exe", "", "evil", "é evil", "mimikatz", "pc1", "Evil", "admin", "0x0",
    "x", '"":{', "[[[", "CreateKey", "DeleteKey", "INFO", "-safe", "perfc.dat",
)  # fmt: skip
NAMES = (
    "Image", "CommandLine", "User", "ParentImage", "Parent Image", "Keywords", "Status", "DestinationPort", "TargetObject",
    "Groups", "EventType", "Message", "Computer", "Hostname", "ComputerName", "SourceName", "ProviderName", "Provider_Name",
    "NewProcessName", "SubjectUserName", "Id", "log_name", "Payload", "inner_name", "Opcode", "OpcodeValue", "SystemTime",
    "Data", "ImagePath",
)  # fmt: skip
ODD = (
    b"\xef\xbb\xbf", b'\xef\xbb\xbf {"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Image":"\\\\evil.exe"}',
    b"", b" \t\0", b"[]", b"x", b'{"EventID":1,', b'[{"EventID": 1, "Channel": "Security", "Image": "evil.exe"}]',
    b'{"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Image": "\\\\evil.exe", "x": "\\ud800"}',
    b'{"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Image": "\\\\evil.exe", "x": "\xff"}',
    b'{"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Image": "\\\\evil.exe", "x": "\xc3\xa9"}',
    b'{"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Image": "\\\\evil.exe", "x": NaN}',
    b'{"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Image": "\\\\evil.exe", "x": "\x01"}',
    b'{"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "x": ' + b"[" * 70 + b"]" * 70 + b"}",
    b'{"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "x": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    b'{"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Image": "a", "Image": "\\\\evil.exe"}',
    b'{"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Image": "\\\\evil.exe", "Image": "a"}',
    b'{"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Im\\u0061ge": "\\\\evil.exe"}',
    b'{"EventID": true, "Channel": "Microsoft-Windows-Sysmon/Operational", "Image": "\\\\evil.exe"}',
    b'{"EventID": 1.0, "Channel": "Microsoft-Windows-Sysmon/Operational", "Image": "\\\\evil.exe"}',
    b'{"EventID": [1], "Channel": "Microsoft-Windows-Sysmon/Operational", "Image": "\\\\evil.exe"}',
    b'{"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "x": {"Image": "\\\\evil.exe"}}',
    b'{"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "x" \t:\t\t{"Image": "\\\\evil.exe"}}',
    b'{"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "x":   {"Image": "\\\\evil.exe"}}',
)  # fmt: skip
values = (
    st.sampled_from(TEXTS) | st.sampled_from([1, 0, True, False, 1.0, 0.5, None, 2**70, -1, "1", "true", "1.0"])
    | st.lists(st.sampled_from(TEXTS), max_size=2) | st.sampled_from([{"name": "evil"}, {"Image": "\\evil.exe"}])
)  # fmt: skip
heads = st.fixed_dictionaries(
    {},
    optional={
        "EventID": st.sampled_from([1, 1, 3, 12, 13, 4688, 4625, "1", "12", 7]),
        "event_id": st.sampled_from([1, 12]),
        "EventId": st.sampled_from([1, 3]),
        "Channel": st.sampled_from([SYSMON, "Security", "Other", "Application", "System", {"#text": "Other"}]),
        "LogName": st.sampled_from([SYSMON, "Security"]),
        "Provider_Name": st.sampled_from(["Service Control Manager", "Evil"]),
        "Provider": st.sampled_from(["Evil", "Microsoft-Windows-Sysmon"]),
    },
)
messages = st.sampled_from(["x", "Registry:\r\nEventType: DeleteKey\r\n", "EventType: CreateKey"])


@st.composite
def layouts(draw: st.DrawFn) -> Iterator[bytes]:
    """Some lines of one layout: the same head, the same names, other values."""
    head = draw(heads)
    head.setdefault("EventID", 1)
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=7))
    last = draw(st.booleans())
    blanks = draw(st.sampled_from([(",", ":"), (", ", ": "), (",", " : "), (", ", ":  ")]))
    made = []
    for _ in range(draw(st.integers(1, 6))):
        told = {name: draw(messages if name == "Message" else values) for name in names}
        record = {**told, **head} if last else {**head, **told}
        text = json.dumps(record, separators=blanks, ensure_ascii=draw(st.booleans()))
        made.append(text.encode() + draw(st.sampled_from([b"", b"\r", b" "])))
    return made  # type: ignore[return-value]


ALSO = ("EventID", "event_id", "LogName", "Provider_Name", "Image")
MATCHING: dict[str, dict[str, Any]] = {
    "image": {"EventID": 1, "Image": "C:\\evil.exe"},
    "excluded": {"EventID": 1, "Image": "C:\\evil.exe", "CommandLine": "evil"},
    "user": {"EventID": 1, "Image": "x", "User": "admin"},
    "number": {"EventID": 4688, "Channel": "Security", "Keywords": "x"},
    "installer": {"EventID": 1042, "Channel": "Application", "Data": "evil"},
    "service": {
        "EventID": 7045,
        "Channel": "System",
        "Provider_Name": "Service Control Manager",
        "ImagePath": "evil",
    },
    "outcome": {"EventID": 4625, "Channel": "Security", "Status": "0x0"},
    "port": {"EventID": 3, "DestinationPort": 1},
    "true": {"EventID": 3, "DestinationPort": True},
    "half": {"EventID": 3, "DestinationPort": 0.5},
    "one": {"EventID": 3, "DestinationPort": 1.0},
    "null": {"EventID": 3, "DestinationPort": None, "Image": "evil"},
    "deleted": {"EventID": 12, "EventType": "DeleteKey", "TargetObject": "evil"},
    "added": {"EventID": 12, "EventType": "INFO", "Message": "EventType: CreateKey", "TargetObject": "evil"},
    "type": {"EventID": 12, "EventType": "INFO", "Message": "EventType: DeleteKey"},
    "provider": {"EventID": 5, "SourceName": "Good", "ProviderName": "Evil", "Hostname": "pc1"},
    "reference": {"EventID": 1, "Image": "x", "Parent Image": "X"},
    "anywhere": {"EventID": 5, "any": "Mimikatz"},
    "word": {"EventID": 1, "any": "PERFC.dat"},
    "unsaid": {"EventID": 3, "Image": "evil"},
    "unsaid alone": {"EventID": 13, "Image": "x"},
    "nested": {"EventID": 5, "inner": {"inner_name": "evil"}},
    "listed": {"EventID": 5, "Groups": ["x", "evil"]},
}


@st.composite
def near_matches(draw: st.DrawFn) -> list[bytes]:
    """Lines that a rule matches, or would but for something: told in another order, twice, by another name, or as no text."""
    name = draw(st.sampled_from([*sorted(MATCHING), *("installer", "service") * 4]))
    given_ = list({"Channel": SYSMON, **MATCHING[name]}.items())
    given_ += draw(st.lists(st.tuples(st.sampled_from(ALSO), st.sampled_from([7, "Other"])), max_size=1))
    if draw(st.booleans()):
        place = draw(st.integers(0, len(given_) - 1))
        name, value = given_[place]
        given_[place] = name, draw(st.sampled_from([{"#text": "Other"}, [value]]))
    made = []
    for _ in range(draw(st.integers(1, 4))):
        pairs = draw(st.permutations(given_))
        made.append("{" + ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in pairs) + "}")
    return [text.encode() for text in made]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> CorrelationEngine:
    file = tmp_path_factory.mktemp("rules") / "rules.yml"
    texts = [
        json.dumps({"title": name, "id": name, "logsource": {"product": "windows", **source},
                    "detection": {**said, "condition": condition}})
        for name, (source, said, condition) in RULES.items()
    ]  # fmt: skip
    file.write_text("\n---\n".join(texts), encoding="utf-8")
    loaded = CorrelationEngine(load_correlation_rules([file]))
    assert not loaded.problems
    return loaded


def found_in(
    data: bytes, engine: CorrelationEngine, sifted: bool
) -> tuple[set[tuple[int, str]], list[ReadProblem], int]:
    given_ = Input("x", "", len(data), data[:65_536], io.BytesIO(data))
    records = list(WindowsJson().read_where(given_, engine.sieve()) if sifted else WindowsJson().read(given_))
    events = [one for one in records if isinstance(one, Event)]
    said = {(events[at].line, name) for at, ids in engine.matches(events) for name in ids}
    return said, [one for one in records if isinstance(one, ReadProblem)], len(records)


@pytest.mark.parametrize("several", [1, 3])
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    parts=st.lists(layouts() | near_matches(), min_size=1, max_size=4),
    odd=st.lists(st.sampled_from(ODD), max_size=3),
    data=st.data(),
)
def test_the_sieve_changes_nothing(
    engine: CorrelationEngine, several: int, parts: list[list[bytes]], odd: list[bytes], data: st.DataObject
) -> None:
    lines = data.draw(st.permutations([line for part in parts for line in part * 2] + odd))
    text = b'{"EventID":9,"Channel":"Other"}\n' + b"\n".join(lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outline, "_SEVERAL", several)
        assert found_in(text, engine, sifted=True) == found_in(text, engine, sifted=False)


def test_every_rule_can_be_found(engine: CorrelationEngine) -> None:
    """The rules above are no empty ones: each has a line, and that line again when its outline is known."""
    for name, record in MATCHING.items():
        record = {"Channel": SYSMON, **record}
        if name == "provider":
            record = {"Channel": "Other", "ProviderName": "Evil", **record}
        quiet = {key: record[key] for key in ("EventID", "Channel", "SourceName", "ProviderName") if key in record}
        lines = [json.dumps(one).encode() for one in (quiet,) * 12 + (record,) * 12]
        said, problems, count = found_in(b"\n".join(lines), engine, sifted=True)
        assert not problems
        assert count == 24
        assert {(number, name) for number in range(13, 25)} <= said, name


def test_a_value_that_no_double_holds_is_no_problem_where_nothing_asks_for_it(engine: CorrelationEngine) -> None:
    lines = [
        b'{"EventID":1,"Channel":"%s","Image":"a","x":%s}' % (SYSMON.encode(), x) for x in [b"1"] * 10 + [b"1e999"]
    ]
    said, problems, count = found_in(b"\n".join(lines), engine, sifted=True)
    assert (said, problems, count) == (set(), [], 11)


def test_what_is_remembered_is_bounded(
    engine: CorrelationEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outline, "_ROOM", 20_000)
    monkeypatch.setattr(outline, "_OUTLINES", 16)
    known = outline.Outlines(engine.sieve())
    for number in range(3000):
        event, image = number % 40, "a" * (number % 300)
        known.may_match(
            b'{"EventID":%d,"Channel":"%s","Image":"%s%d"}' % (event, SYSMON.encode(), image.encode(), number)
        )
    held = {id(one): one for one in (*known._by_heads.values(), *known._likely.values())}
    assert len(known._by_heads) <= 16
    assert sum(len(one.known) for one in held.values()) <= 20_000 // outline._EACH + 1


def test_a_number_told_under_two_names_is_asked_as_either(
    engine: CorrelationEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which of them counts is told by their order: what was learned of lines that had it the other way round is not enough."""
    monkeypatch.setattr(outline, "_SEVERAL", 1)
    one_way = b'{"event_id":7,"EventID":1042,"Channel":"Application","Data":"evil"}'
    other = b'{"EventID":1042,"event_id":7,"Channel":"Application","Data":"evil"}'
    said, _problems, _count = found_in(b"\n".join([one_way, one_way, other]), engine, sifted=True)
    assert said == {(3, "installer")}


def test_the_data_of_an_event_does_not_tell_its_channel(engine: CorrelationEngine) -> None:
    lines = [
        b'{"EventID":7045,"Channel":{"#text":"Other"},"Provider_Name":"Service Control Manager","ImagePath":"evil"}',
        b'{"Event":{"System":{"EventID":7045,"Provider":{"Name":"Service Control Manager"}},'
        b'"EventData":{"Channel":"Other","ImagePath":"evil"}}}',
    ]
    assert found_in(b"\n".join(lines), engine, sifted=True) == ({(1, "service"), (2, "service")}, [], 2)


def test_files_that_were_put_one_after_the_other(engine: CorrelationEngine) -> None:
    """Each began with a byte order mark, one with two of them."""
    line = b'{"EventID":1042,"Channel":"Application","Data":"evil"}\n'
    mark = b"\xef\xbb\xbf"
    data = mark * 2 + line * 2 + mark + line * 2
    for text in (data, data.decode().encode("utf-16")):
        assert WindowsJson().recognise(Input("x", "", len(text), text, io.BytesIO(text))) > 90
        for sifted in (True, False):
            assert found_in(text, engine, sifted) == ({(number, "installer") for number in range(1, 5)}, [], 4)
    read = WindowsJson().read(Input("x", "", len(data), data, io.BytesIO(data)))
    assert {one.raw for one in read if isinstance(one, Event)} == {line.decode().strip()}
