"""Agreement with the reference engine on its own cases and on the office capture. Needs ../shared/data."""

from __future__ import annotations

import json
import lzma
from collections import Counter
from pathlib import Path

import pytest

from atttcli.engines.network import NetworkEngine
from atttcli.model.alert import Detection
from atttcli.rulepack.network import load_network_rules
from tests.support.network_cases import Outcome, manifest, run_case

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "network"
pytestmark = [pytest.mark.reference, pytest.mark.skipif(not DATA.is_dir(), reason=f"no reference data at {DATA}")]

# What a case needs that this engine does not have yet: named here so that a new failure is seen as one.
KNOWN = {
    "smb-filename": "two IPC$ connections count as shares there, by a race between request and answer",
    "pgsql/pgsql-7000-ids": "asks for the packet after the answer, and for EVE's record of query and answer",
}


def outcomes(*, evader: bool) -> list[Outcome]:
    root = DATA / "verify"
    return [run_case(root, case) for case in manifest(root) if case["plain"] and case["evader"] == evader]


def report(name: str, found: list[Outcome], capsys: pytest.CaptureFixture[str]) -> None:
    counts = Counter(outcome.state for outcome in found)
    with capsys.disabled():
        print(f"\n{name}: {counts['pass']} pass, {counts['fail']} fail, {counts['refused']} not judged (refused rules)")


def test_plain_cases(capsys: pytest.CaptureFixture[str]):
    found = outcomes(evader=False)
    report("plain cases", found, capsys)
    failed = {outcome.name: outcome.why for outcome in found if outcome.state == "fail"}
    assert set(failed) <= set(KNOWN), {name: why for name, why in failed.items() if name not in KNOWN}
    assert sum(outcome.state == "pass" for outcome in found) >= 205


def test_the_alerts_on_postgresql_are_the_same():
    """By rule, ends and transaction; `test_plain_cases` says what else the case asks for."""
    folder = DATA / "verify" / "cases" / "pgsql" / "pgsql-7000-ids"
    engine = NetworkEngine(load_network_rules([folder / "rules.rules"]))
    with (folder / "input.pcap").open("rb") as stream:
        found = [one.detail for one in engine.scan_capture(stream, "pgsql") if isinstance(one, Detection)]
    ours = [(one["alert"]["signature_id"], one["src_ip"], one["dest_port"], one["tx_id"]) for one in found]
    theirs = [
        (one["sid"], one["src"], one["dp"], one.get("tx"))
        for one in json.loads((folder / "peer_alerts.json").read_text())
    ]
    assert ours[:8] == theirs[:8]
    assert [one[:3] for one in ours] == [one[:3] for one in theirs]


def test_http_evader_cases(capsys: pytest.CaptureFixture[str]):
    found = outcomes(evader=True)
    report("http-evader cases", found, capsys)
    assert [outcome for outcome in found if outcome.state != "pass"] == []


def identity(row: dict[str, object], sid: object) -> tuple[object, ...]:
    return (sid, *(row.get(name) for name in ("src_ip", "src_port", "dest_ip", "dest_port", "proto", "tx_id")))


def test_the_office_capture_with_thirty_thousand_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    rules = tmp_path / "et2023.rules"
    rules.write_bytes(lzma.decompress((DATA / "office" / "et2023.rules.xz").read_bytes()))
    pack = load_network_rules([rules])
    assert pack.counts["read"] == 31_993
    assert pack.counts["loaded"] == 31_993
    engine = NetworkEngine(pack)
    found: Counter[tuple[object, ...]] = Counter()
    with (DATA / "office" / "office.pcap").open("rb") as stream:
        for result in engine.scan_capture(stream, "office.pcap"):
            if isinstance(result, Detection):
                found[identity(result.detail, result.detail["alert"]["signature_id"])] += 1
    wanted: Counter[tuple[object, ...]] = Counter()
    for line in (DATA / "office" / "expected-alerts.et2023.jsonl").read_text().splitlines():
        row = json.loads(line)
        wanted[identity(row, row["sid"])] += 1
    missing, extra = wanted - found, found - wanted
    with capsys.disabled():
        print(
            f"\noffice: {pack.counts['loaded']} of {pack.counts['read']} rules, {found.total()} alerts,"
            f" {missing.total()} missing, {extra.total()} extra"
        )
    assert not missing
    assert not extra
