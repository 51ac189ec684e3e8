"""Antivirus: headings in two languages, verdicts, the alert that comes of it, AVReport there and back."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from atttcli.ingest.route import recognise
from atttcli.model.alert import Origin
from atttcli.model.event import Event
from atttcli.model.severity import Severity
from atttcli.reports.avreport import Infection, Sender, avreport
from atttcli.source import Input, ReadProblem
from atttcli.sources.antivirus import detection_of
from atttcli.sources.antivirus.columns import columns_of
from atttcli.sources.antivirus.edxml import EdXml
from atttcli.sources.antivirus.threat import outcome_of, severity_of
from atttcli.sources.antivirus.wazuh import Wazuh


def given(data: bytes) -> Input:
    return Input("x", "", len(data), data[:65536], io.BytesIO(data), modified=1_795_403_045_000_000)


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("Đã diệt", "success"), ("ĐÃ XÓA", "success"), ("Cách ly", "success"), ("Không diệt được", "failure"),
        ("Chưa xử lý", "failure"), ("Deleted", "success"), ("Not cleaned", "failure"), ("Quarantined", "success"),
        ("Object not disinfected", "failure"), ("Bỏ qua", "failure"), ("xem thêm", ""), ("", ""),
    ],
)  # fmt: skip
def test_verdicts(words: str, outcome: str) -> None:
    assert outcome_of(words) == outcome


@pytest.mark.parametrize(
    "heading",
    [
        "STT|Tên máy tính|Địa chỉ IP|Tên mã độc|Đường dẫn tập tin|Trạng thái|Thời gian",
        "TT|TÊN MÁY|IP|VIRUS|FILE NHIỄM|KẾT QUẢ XỬ LÝ",
        "Device|IP address|Detected object|Path to file|Action",
        "Computer name|Threat name|User|Result",
        "May tram|Ten virus|Hanh dong",
    ],
)
def test_headings_of_consoles(heading: str) -> None:
    assert columns_of(heading.split("|")) is not None


@pytest.mark.parametrize(
    "heading",
    [
        "STT|Tên đơn vị|Địa chỉ IP|Cổng|Thời gian (GMT+7)|Loại mã độc/botnet|C&C IP/domain|Ghi chú",
        "Link|Tên virus|IP|ISP|Thời gian|Nguồn thông tin",
        "Hash|Tên mã độc|Mô tả",
    ],
)
def test_lists_from_outside_stay_lists(heading: str) -> None:
    assert columns_of(heading.split("|")) is None


def test_the_alert() -> None:
    event = Event(
        5, 3, "raw", "antivirus", "bkav", "console", "PC-1", "an", "10.1.1.1", hash="a" * 64, action="alert", outcome="failure",
        fields={"Signature": "Ransom.X", "Filename": "C:\\x.exe", "Action": "chưa diệt"},
    )  # fmt: skip
    found = detection_of(event, Origin("s", "p"))
    assert found is not None
    assert (found.engine, found.rule_id, found.severity, found.origin.line) == (
        "antivirus",
        "Ransom.X",
        Severity.CRITICAL,
        3,
    )
    assert (found.detail["victim"], found.detail["category"]) == ("10.1.1.1", "mahoa")
    assert {(one.type.value, one.value) for one in found.observables} == {
        ("ipv4-addr", "10.1.1.1"),
        ("sha256", "a" * 64),
    }
    assert detection_of(Event(5, 3, "raw", "mail"), Origin()) is None


def test_severity_grows_when_it_is_still_there() -> None:
    assert severity_of("Trojan.X", "", "success") is Severity.MEDIUM
    assert severity_of("Trojan.X", "", "failure") is Severity.HIGH
    assert severity_of("Adware.X", "", "failure") is Severity.LOW
    assert severity_of("Trojan.X", "Nghiêm trọng", "success") is Severity.CRITICAL


TEXT = st.text(max_size=40)


@forall(
    st.lists(
        st.builds(Infection, TEXT, st.sampled_from(["", "10.0.0.1", "2001:db8::1"]), TEXT.filter(str.strip), TEXT),
        max_size=8,
    ),
    TEXT,
)
def test_avreport_there_and_back(found: list[Infection], name: str) -> None:
    sender = Sender("tinh", "Sở <Mẫu> & \x00")
    data = "".join(avreport(sender, "s", name, 1_795_403_045_000_000, found)).encode("utf-8", "surrogatepass")
    source = recognise(given(data))[1]
    assert isinstance(source, EdXml)
    events = list(source.read(given(data)))
    assert not [event for event in events if isinstance(event, ReadProblem)]
    assert [(event.src_ip, event.category) for event in events] == [(one.ip, "antivirus") for one in found]
    plain = [one.malware for one in found if one.malware.isascii() and one.malware.isprintable()]
    told = [event.fields["Signature"] for event in events]
    assert [text.strip() for text in plain] == [
        text for text, one in zip(told, found, strict=True) if one.malware in plain
    ]


def test_avreport_without_an_end_keeps_what_was_read() -> None:
    data = "".join(avreport(Sender("a", "b"), "s", "n", 0, [Infection("PC", "10.0.0.1", "V")] * 3))
    records = list(EdXml().read(given(data[: data.index("</Malware>\n")].encode())))
    assert [type(record).__name__ for record in records] == ["Event"] * 3 + ["ReadProblem"]


def _wazuh(groups: list[str], description: str, full_log: str = "", **data: object) -> str:
    record = {
        "timestamp": "2026-11-23T10:05:05.123+0700", "agent": {"id": "002", "name": "files01", "ip": "10.20.1.6"},
        "rule": {"level": 3, "description": description, "id": "1", "groups": groups}, "full_log": full_log, "data": data,
    }  # fmt: skip
    return json.dumps(record) + "\n"


def test_what_virustotal_and_clamav_say_besides_findings_is_none() -> None:
    lines = [
        _wazuh(["virustotal"], "VirusTotal: Alert - No records", virustotal={"found": "0", "malicious": "0"}),
        _wazuh(["virustotal"], "VirusTotal: Error: Public API request rate limit reached", virustotal={"error": "204"}),
        _wazuh(["clamd", "freshclam"], "ClamAV database update", "daily.cld updated"),
        _wazuh(
            ["virustotal"], "VirusTotal: Alert - /srv/a.exe - 7 engines detected this file",
            virustotal={"malicious": "1", "positives": "7", "source": {"file": "/srv/a.exe", "md5": "0" * 32}},
        ),
        _wazuh(["clamd"], "ClamAV", "/srv/b.exe: Win.Test.Sample-1 FOUND"),
        _wazuh(["clamd", "virus"], "ClamAV: Virus detected", url="/srv/c.exe"),
    ]  # fmt: skip
    told = [record for record in Wazuh().read(given("".join(lines).encode())) if isinstance(record, Event)]
    assert [event.category == "antivirus" for event in told] == [False, False, False, True, True, True]
    assert told[3].fields["Filename"] == "/srv/a.exe"


def test_files_that_differ_late_in_their_path_are_two_findings() -> None:
    deep = "C:\\" + "\\".join(["thu-muc"] * 80)
    keys = {
        found.key
        for name in ("a.exe", "b.exe")
        if (found := detection_of(_infected(Signature="Trojan.A", Filename=f"{deep}\\{name}"), Origin("0" * 64, "x")))
    }
    assert len(keys) == 2
    assert max(map(len, keys)) <= 400


def _infected(**fields: str) -> Event:
    return Event(1, 1, "raw", "antivirus", "x", host="PC-01", fields=fields)
