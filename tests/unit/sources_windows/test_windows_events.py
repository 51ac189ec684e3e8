"""Windows events: one event whatever form it came in, heads by the table, damaged files read as far as they go."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from atttcli.ingest.route import recognise
from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.windows import event_of
from atttcli.sources.windows.evtx import CHUNK, HEADER
from tests.support.evtx_writing import WrittenEvent, file_of

AT = 1_795_403_045_000_000
SECURITY = "Microsoft-Windows-Security-Auditing"


def given(data: bytes) -> Input:
    return Input("x", "", len(data), data[:65536], io.BytesIO(data), modified=AT)


def records(data: bytes) -> list[Record]:
    _, source = recognise(given(data))
    assert source is not None
    return list(source.read(given(data)))


def events(data: bytes) -> list[Event]:
    return [record for record in records(data) if isinstance(record, Event)]


def logon(number: int, record: int = 1, **data: str) -> WrittenEvent:
    return WrittenEvent(SECURITY, number, "Security", "DC01", record, AT, data)


FAILED = {"TargetUserName": "an.nv", "IpAddress": "192.0.2.5", "IpPort": "50001", "Status": "0xc000006d"}


def forms() -> dict[str, bytes]:
    """One failed logon in every form."""
    iso = "2026-11-23T03:04:05.000000Z"
    data = "".join(f"<Data Name='{name}'>{value}</Data>" for name, value in FAILED.items())
    system = {
        "Provider": {"#attributes": {"Name": SECURITY}}, "EventID": 4625, "Channel": "Security", "Computer": "DC01",
        "TimeCreated": {"#attributes": {"SystemTime": iso}}, "EventRecordID": 1, "Keywords": "0x8010000000000000",
    }  # fmt: skip
    payload = {"EventData": {"Data": [{"@Name": name, "#text": value} for name, value in FAILED.items()]}}
    jsons: dict[str, Any] = {
        "nested": {"Event": {"System": system, "EventData": FAILED}},
        "winlogbeat": {
            "@timestamp": iso,
            "winlog": {"channel": "Security", "event_id": "4625", "provider_name": SECURITY, "computer_name": "DC01",
                       "record_id": 1, "event_data": FAILED},
        },
        "nxlog": {"EventTime": "2026-11-23T10:04:05+07:00", "Hostname": "DC01", "SourceName": SECURITY, "EventID": 4625,
                  "Channel": "Security", "RecordNumber": 1, **FAILED},
        "wazuh": {
            "timestamp": "2026-11-23T10:04:06.000+0700", "rule": {"level": 5, "groups": ["windows"]}, "agent": {"name": "x"},
            "data": {"win": {
                "system": {"providerName": SECURITY, "eventID": "4625", "channel": "Security", "computer": "DC01",
                           "eventRecordID": "1", "systemTime": iso},
                "eventdata": {name[:1].lower() + name[1:]: value for name, value in FAILED.items()},
            }},
        },
        "evtxecmd": {"Payload": json.dumps(payload), "Channel": "Security", "Provider": SECURITY, "EventId": 4625,
                     "EventRecordId": "1", "Computer": "DC01", "TimeCreated": iso},
    }  # fmt: skip
    made = {name: json.dumps(record).encode() + b"\n" for name, record in jsons.items()}
    made["array"] = json.dumps([jsons["nested"]], indent=2).encode()
    made["wrapped"] = json.dumps({"value": [jsons["nested"]]}).encode()
    made["xml"] = (
        f"<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='{SECURITY}'/>"
        f"<EventID>4625</EventID><TimeCreated SystemTime='{iso}'/><EventRecordID>1</EventRecordID><Channel>Security</Channel>"
        f"<Computer>DC01</Computer></System><EventData>{data}</EventData></Event>"
    ).encode()
    made["xml-utf16"] = made["xml"].decode().encode("utf-16")
    made["evtx"] = file_of([[logon(4625, **FAILED)]])
    return made


@pytest.mark.parametrize("form", sorted(forms()))
def test_one_failed_logon_is_the_same_event_in_every_form(form: str) -> None:
    (event,) = events(forms()[form])
    assert (event.time, event.host, event.user) == (AT, "DC01", "an.nv")
    assert (event.src_ip, event.src_port, event.action, event.outcome) == ("192.0.2.5", 50001, "login", "failure")
    assert (event.product, event.service, event.category) == ("windows", "security", "authentication")
    native = event.fields
    assert (native["EventID"], native["Channel"], native["Provider_Name"]) == (4625, "Security", SECURITY)
    assert str(native["EventRecordID"]) == "1"
    assert {name: native[name] for name in FAILED} == FAILED


def head(channel: str, number: int, **data: Any) -> Event:
    system = {"Channel": channel, "EventID": number, "Provider_Name": "p", "Computer": "pc", "SystemTime": AT}
    return event_of(system, data, "raw", 7)


@pytest.mark.parametrize(
    ("channel", "number", "data", "category", "action"),
    [
        ("Microsoft-Windows-Sysmon/Operational", 1, {"Image": "a"}, "process_creation", "process-start"),
        ("Microsoft-Windows-Sysmon/Operational", 12, {"EventType": "CreateKey"}, "registry_add", "registry-create"),
        (
            "Microsoft-Windows-Sysmon/Operational",
            12,
            {"EventType": "DeleteValue"},
            "registry_delete",
            "registry-delete",
        ),
        ("Microsoft-Windows-Sysmon/Operational", 22, {"QueryName": "A.Example."}, "dns_query", "query"),
        ("Microsoft-Windows-PowerShell/Operational", 4104, {"ScriptBlockText": "x"}, "ps_script", "script"),
        ("Windows PowerShell", 400, {}, "ps_classic_start", "script"),
        ("Microsoft-Windows-Windows Defender/Operational", 1116, {"Threat Name": "T"}, "antivirus", "alert"),
        ("Microsoft-Windows-Windows Defender/Operational", 5001, {}, "", "protection-off"),
        ("System", 7045, {"ServiceName": "s"}, "", "service-install"),
        ("System", 104, {"SubjectUserName": "an"}, "", "log-clear"),
        ("Security", 4732, {"SubjectUserName": "an"}, "", "group-add"),
        ("Security", 4698, {"SubjectUserName": "an"}, "", "task-create"),
    ],
)
def test_the_table_of_heads(channel: str, number: int, data: dict[str, Any], category: str, action: str) -> None:
    event = head(channel, number, **data)
    assert (event.category, event.action, event.line) == (category, action, 7)


def test_names_that_sigma_wants_stand_beside_the_native_ones() -> None:
    event = head("Security", 4688, NewProcessName="C:\\a.exe", ParentProcessName="C:\\b.exe", SubjectUserName="an")
    assert (event.fields["Image"], event.fields["NewProcessName"]) == ("C:\\a.exe", "C:\\a.exe")
    found = head("Microsoft-Windows-Windows Defender/Operational", 1117, **{"Threat Name": "T", "Path": "file:_x"})
    assert (found.fields["Signature"], found.fields["Filename"], found.outcome) == ("T", "file:_x", "success")


@pytest.mark.parametrize(
    ("status", "outcome"), [("0x0", "success"), ("0xc000006a", "failure"), (0, "success"), ("", "")]
)
def test_outcome_by_status(status: Any, outcome: str) -> None:
    assert head("Security", 4776, TargetUserName="an", Status=status).outcome == outcome


def test_outcome_by_audit_bits() -> None:
    words = ("0x8010000000000000", -9218868437227405312, "Audit Failure")
    for keywords in words:
        event = event_of({"Channel": "Security", "EventID": 5000, "Keywords": keywords}, {}, "", 1)
        assert event.outcome == "failure", keywords


def test_rdp_user_and_address() -> None:
    event = head(
        "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",
        21,
        User="TINH\\an.nv",
        Address="192.0.2.9",
    )
    assert (event.user, event.src_ip, event.action, event.category) == ("an.nv", "192.0.2.9", "login", "authentication")


def test_strongest_digest_goes_to_the_head() -> None:
    text = "MD5=" + "0" * 32 + ",SHA256=" + "AB" * 32 + ",IMPHASH=" + "1" * 32
    assert head("Microsoft-Windows-Sysmon/Operational", 7, Hashes=text).hash == "ab" * 32


def test_a_chunk_without_header_costs_only_its_own_records() -> None:
    data = bytearray(file_of([[logon(4624, 1)], [logon(4625, 2)], [logon(4634, 3)]]))
    data[HEADER + CHUNK : HEADER + CHUNK + 8] = b"garbage!"
    found = records(bytes(data))
    assert [record.fields["EventID"] for record in found if isinstance(record, Event)] == [4624, 4634]
    (problem,) = [record for record in found if isinstance(record, ReadProblem)]
    assert problem.offset == HEADER + CHUNK
    assert [getattr(record, "line", None) for record in found] == [1, 2, 3]


def test_tables_that_go_round_do_not_hang() -> None:
    data = bytearray(file_of([[logon(4624, 1)]]))
    entry = 600  # in the chunk: an entry whose next is itself, named by the table of names
    data[HEADER + 128 : HEADER + 132] = entry.to_bytes(4, "little")
    data[HEADER + entry : HEADER + entry + 4] = entry.to_bytes(4, "little")
    reasons = [record.reason for record in records(bytes(data)) if isinstance(record, ReadProblem)]
    assert any("round" in reason for reason in reasons)


def test_a_file_cut_off_is_read_as_far_as_it_goes() -> None:
    data = file_of([[logon(4624, 1)], [logon(4625, 2)]])
    found = records(data[: HEADER + CHUNK + 20_000])
    assert [record.fields["EventID"] for record in found if isinstance(record, Event)] == [4624, 4625]
    assert any(isinstance(record, ReadProblem) and "ends within" in record.reason for record in found)


def test_a_stream_that_cannot_be_moved_in_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.evtx.gz"
    path.write_bytes(gzip.compress(file_of([[logon(4624, 1)]])))

    class OneWay(io.RawIOBase):
        def __init__(self) -> None:
            self._inner = gzip.GzipFile(path)

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            return self._inner.read(min(size, 1000) if size > 0 else size)

    from atttcli.sources.windows.evtx import Evtx

    source = Input("x", "", 1, b"ElfFile\0", OneWay())  # type: ignore[arg-type]
    assert [type(record).__name__ for record in Evtx().read(source)] == ["Event"]


def test_entities_and_document_types_are_refused_and_the_rest_is_read() -> None:
    good = forms()["xml"].decode()
    bomb = "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'>&lol;</Event>"
    found = records(f"<Events>{good}{bomb}{good}</Events>".encode())
    assert [type(record).__name__ for record in found] == ["Event", "ReadProblem", "Event"]


def test_unnamed_data_stays_a_list() -> None:
    record = {
        "Event": {"System": {"EventID": 1, "Channel": "Application"}, "EventData": {"Data": {"#text": ["a", "b"]}}}
    }
    (event,) = events(json.dumps(record).encode())
    assert event.fields["Data"] == ["a", "b"]


DECODERS = Path("/work/shared/data/logs/decoders/wazuh/sysmon.ini")


@pytest.mark.skipif(not DECODERS.is_file(), reason="the reference data is not here")
def test_wazuh_decodes_these_lines_as_windows() -> None:
    lines = [line.partition("= ")[2] for line in DECODERS.read_text().splitlines() if line.startswith("log ")]
    assert lines
    for line in lines:
        (event,) = events(line.encode())
        assert (event.product, event.fields["EventID"] > 0) == ("windows", True)
        if "Sysmon" in line:
            assert (event.service, event.category) == ("sysmon", "process_creation")
            assert event.fields["Image"] == line.partition("Image: ")[2].partition("  CommandLine")[0]
            assert event.user


CROWDSEC = Path("/work/shared/data/logs/scenarios/crowdsec/windows-bf/windows-bf.log")


@pytest.mark.skipif(not CROWDSEC.is_file(), reason="the reference data is not here")
def test_crowdsec_reads_these_as_failed_logons() -> None:
    found = events(CROWDSEC.read_bytes())
    assert len(found) == 6
    for event in found:
        assert (event.action, event.outcome) == ("login", "failure")
        assert f'Name="IpAddress">{event.src_ip}<' in event.raw
        assert f'Name="TargetUserName">{event.user}<' in event.raw


def test_the_page_shows_the_table_of_heads() -> None:
    from atttcli.sources.windows.heading import HEADINGS

    page = (Path(__file__).resolve().parents[3] / "docs/readers/windows.md").read_text(encoding="utf-8")
    shown = {
        (cells[1], int(number), cells[3], cells[4])
        for line in page.splitlines()
        if line.startswith("| ") and len(cells := [cell.strip() for cell in line.split("|")]) == 8
        for number in cells[2].split(", ")
        if number.isdigit()
    }
    table = {
        (service, number, heading.category or "-", heading.action or "-")
        for service, numbers in HEADINGS.items()
        for number, heading in numbers.items()
    }
    assert shown == table
