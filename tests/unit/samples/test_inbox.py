"""The sample inbox is what expected.yaml says, stays within the organisation's addresses, and its pieces join."""

from __future__ import annotations

import email
import gzip
import hashlib
import io
import ipaddress
import re
import runpy
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yara

from atttcli.engines.network import NetworkEngine
from atttcli.model.alert import Alert, Detection, Origin
from atttcli.model.event import Event
from atttcli.packaged import packaged
from atttcli.rulepack.network import load_network_rules
from atttcli.source import Input, Letter, ReadProblem
from atttcli.sources import LOG_SOURCES
from atttcli.sources.lists import LIST_SOURCES
from atttcli.text import strict_yaml

SAMPLES = packaged("seeds") / "samples"
EXPECTED = strict_yaml.load((SAMPLES / "expected.yaml").read_bytes(), "expected.yaml")
FILES = {entry["path"]: entry for entry in EXPECTED["files"]}
MORNING = 1620866400_000_000  # 13 May 2021, 07:40 +07:00


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inbox")
    _build(folder)
    return folder


def _build(folder: Path) -> list[Path]:
    return runpy.run_path(str(SAMPLES / "build.py"))["build_inbox"](folder)  # type: ignore[no-any-return]


def _plain(path: Path) -> bytes:
    data = path.read_bytes()
    return zlib.decompressobj(31).decompress(data) if path.suffix == ".gz" else data


def _given(path: Path) -> Input:
    data = _plain(path)
    digest = hashlib.sha256(data).hexdigest()
    own = ("203.0.113.0/24", "192.0.2.0/25", "10.0.0.0/8")
    stream = io.BytesIO(data)
    return Input(
        path.name,
        digest,
        len(data),
        data[:65536],
        stream,
        MORNING,
        path,
        own_networks=own,
        own_domains=("backan.gov.vn",),
    )


def _read(path: Path) -> tuple[str, list[Any]]:
    best = max((*LOG_SOURCES, *LIST_SOURCES), key=lambda source: source.recognise(_given(path)))
    return best.name, list(best.read(_given(path)))


def test_every_file_is_expected_and_all_are_small(inbox: Path) -> None:
    built = {path.relative_to(inbox).as_posix(): path.stat().st_size for path in inbox.rglob("*") if path.is_file()}
    assert set(built) == set(FILES)
    assert sum(built.values()) < 300_000


def test_the_same_bytes_every_time(inbox: Path, tmp_path: Path) -> None:
    for path in _build(tmp_path):
        assert path.read_bytes() == (inbox / path.relative_to(tmp_path)).read_bytes(), path


@pytest.mark.parametrize("name", [name for name, entry in FILES.items() if entry["kind"] == "log"])
def test_logs_read_as_stated(inbox: Path, name: str) -> None:
    wanted = FILES[name]
    reader, records = _read(inbox / name)
    kinds = Counter(type(record) for record in records)
    assert reader == wanted["reader"]
    assert (kinds[Event], kinds[Alert], kinds[ReadProblem]) == (
        wanted["events"],
        wanted.get("alerts", 0),
        wanted["rejected"],
    )
    assert [record.line for record in records if isinstance(record, ReadProblem)] == wanted.get("bad_lines", [])


@pytest.mark.parametrize("name", [name for name, entry in FILES.items() if entry["kind"] == "list"])
def test_lists_name_their_victims(inbox: Path, name: str) -> None:
    wanted = FILES[name]
    reader, records = _read(inbox / name)
    assert reader == wanted["reader"]
    victims = {record.victim for record in records if isinstance(record, Alert) and record.victim[:1].isdigit()}
    assert victims == set(wanted["victims"])
    assert {record.line for record in records if isinstance(record, ReadProblem)} == set(wanted.get("bad_rows", []))
    for letter in (record for record in records if isinstance(record, Letter)):
        assert (letter.number, letter.date, letter.deadline) == (wanted["letter"], wanted["date"], wanted["deadline"])


def test_yesterdays_log_is_really_cut(inbox: Path) -> None:
    with pytest.raises(EOFError):
        gzip.decompress((inbox / "05-cong-ttdt/access.log.1.gz").read_bytes())


def test_archive_opens_with_its_password_only(inbox: Path) -> None:
    wanted = FILES["07-tep-nghi-ngo.zip"]
    with zipfile.ZipFile(inbox / "07-tep-nghi-ngo.zip") as archive:
        assert archive.namelist() == wanted["members"]
        with pytest.raises(RuntimeError):
            archive.read("DOC_TOI.txt", b"wrong")
        assert "đã bị mã hóa" in archive.read("DOC_TOI.txt", EXPECTED["password"].encode()).decode()


def _members(inbox: Path) -> Iterator[tuple[str, bytes]]:
    """Every file with what is packed in it, named as the router names it."""
    with zipfile.ZipFile(inbox / "07-tep-nghi-ngo.zip") as archive:
        for name in archive.namelist():
            yield f"07-tep-nghi-ngo.zip!{name}", archive.read(name, b"infected")
    message = email.message_from_bytes((inbox / "01-thu-gia-mao.eml").read_bytes())
    for part in message.walk():
        if part.get_filename():
            data, name = part.get_payload(decode=True), f"01-thu-gia-mao.eml!{part.get_filename()}"
            assert isinstance(data, bytes)
            yield name, data
            with zipfile.ZipFile(io.BytesIO(data)) as inner:
                yield from ((f"{name}!{member}", inner.read(member)) for member in inner.namelist())
    for name, entry in FILES.items():
        if entry["kind"] in ("capture", "list", "text"):
            yield name, (inbox / name).read_bytes()


def test_yara_finds_what_is_expected_and_nothing_else(inbox: Path) -> None:
    rules = sorted((packaged("rules") / "yara").glob("*.yar"))
    pack = yara.compile(filepaths={path.stem: str(path) for path in rules}, includes=False)
    found = Counter(
        (name, match.rule)
        for name, data in _members(inbox)
        for match in pack.match(data=data)
        if "log" not in match.tags
    )
    assert found == {(entry["path"], entry["rule"]): entry["count"] for entry in EXPECTED["alerts"]["yara"]}


def test_log_rules_find_what_is_expected(inbox: Path) -> None:
    pack = yara.compile(str(packaged("rules") / "yara" / "log_attacks.yar"))
    lines = _plain(inbox / "05-cong-ttdt/access.log.gz").splitlines()
    found = Counter(match.rule for line in lines for match in pack.match(data=line))
    assert found == {entry["rule"]: entry["count"] for entry in EXPECTED["alerts"]["yara_log"]}


def test_network_rules_find_what_is_expected(inbox: Path) -> None:
    engine = NetworkEngine(load_network_rules(sorted((packaged("rules") / "network").glob("*.rules"))))
    with (inbox / "03-xa-vi-huong.pcap").open("rb") as stream:
        found = Counter(
            item.rule_id.rpartition(":")[2]
            for item in engine.scan_capture(stream, "03-xa-vi-huong.pcap")
            if isinstance(item, Detection)
        )
    assert found == {entry["rule"]: entry["count"] for entry in EXPECTED["alerts"]["network"]}


def test_correlations_find_what_is_expected(inbox: Path) -> None:
    correlation = pytest.importorskip("atttcli.engines.correlation")
    rules = pytest.importorskip("atttcli.rulepack.correlation").load_correlation_rules([packaged("rules") / "sigma"])
    events = [
        (Origin(path=name, line=record.line), record)
        for name, entry in FILES.items()
        if entry["kind"] == "log"
        for record in _read(inbox / name)[1]
        if isinstance(record, Event)
    ]
    events.sort(key=lambda item: item[1].time or 0)
    found = Counter(
        (item.rule_id, item.key)
        for item in correlation.CorrelationEngine(rules).scan(events)
        if isinstance(item, Detection)
    )
    for entry in EXPECTED["alerts"]["correlation"]:
        assert found[entry["rule"], entry["key"]] >= entry["at_least"], entry["about"]


def test_addresses_are_as_in_the_organisation(inbox: Path) -> None:
    """Victims belong to the agencies named, the other side to nobody, and every public address is for documentation."""
    organisation = strict_yaml.load((packaged("seeds") / "organisations" / "bac-kan.yaml").read_bytes())
    owners = {agency["code"]: [*agency["public"], *agency["lan"]] for agency in organisation["agencies"]}
    for agency in EXPECTED["agencies"]:
        for value in agency["because"]:
            if value[0].isdigit():
                assert _inside(value, owners[agency["code"]]), (agency["code"], value)
            else:
                assert value == next(a["email"] for a in organisation["agencies"] if a["code"] == agency["code"])
    ours = [network for networks in owners.values() for network in networks]
    ours += [network["cidr"] for network in organisation["networks"]]
    for outside in ("198.51.100.66", "198.51.100.214", "198.51.100.230", *EXPECTED["unresolved"]):
        assert not _inside(outside, ours), outside
    text = b"\n".join(
        _plain(inbox / name) for name, entry in FILES.items() if entry["kind"] in ("log", "text", "mail")
    ).decode()
    documentation = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "10.0.0.0/8"]
    seen = set(re.findall(r"\b(?:\d{1,3}\.){3}\d{1,3}\b", text.replace("[.]", ".")))
    stray = {value for value in seen if not _inside(value, documentation)}
    assert stray <= {"90.0.4430.93", "90.0.4430.91"}  # browser versions


def _inside(value: str, networks: list[str]) -> bool:
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(network) for network in networks)
