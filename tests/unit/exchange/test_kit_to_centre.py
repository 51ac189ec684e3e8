"""The whole way: the field scanner's own findings, written by the kit's own code, taken in as what a scan here would give."""

from __future__ import annotations

import os

import pytest
import yara

from atttcli.errors import LimitExceeded
from atttcli.exchange.bundles import NEW
from atttcli.field.account import FileAccount, Outcome
from atttcli.field.bundle import BodyWriter
from atttcli.field.chain import Chain
from atttcli.field.deliver import coverage_of, deliver
from atttcli.field.examine import Examiner, FileFinding
from atttcli.field.manifest import MAX_HOLES
from atttcli.field.match import Matcher
from atttcli.field.records import finding_records
from atttcli.field.scanner import Scanner
from atttcli.store.facts.fleet import fleet_scans
from tests.cli.test_bundle import HOSTILE
from tests.support.kit_place import KitPlace, place

desk = pytest.fixture(place)
RULES = """
rule dropper : t { meta: description = "A dropper" severity = "high" category = "madoc"
  strings: $m = "MARKER" condition: $m }
"""


def scan(folder):
    """Findings, outcomes and the account of one run of the field's scanner."""
    matcher = Matcher(yara.compile(sources={"malware": RULES}))
    found, outcomes, account = [], [], None
    for one in Scanner(Examiner(matcher)).run([str(folder)]):
        if isinstance(one, FileFinding):
            found.append(one)
        elif isinstance(one, FileAccount):
            account = one
        elif isinstance(one, Outcome):
            outcomes.append(one)
    return found, outcomes, account


def test_what_the_scanner_found_stands_as_alerts(desk: KitPlace, tmp_path) -> None:
    machine = tmp_path / "machine"
    machine.mkdir()
    (machine / "bad.php").write_bytes(b"..MARKER..")
    (machine / "clean.txt").write_bytes(b"nothing")
    names = [b"k\xff\xfe.php"] if os.name == "posix" else []
    for name in names:
        (machine / os.fsdecode(name)).write_bytes(b"MARKER 2")
    os.symlink("nowhere", machine / "link")
    found, outcomes, account = scan(machine)
    state, out = tmp_path / "state", tmp_path / "out"
    state.mkdir(), out.mkdir()
    kit = desk.kit
    paths = []
    for _ in range(2):
        with BodyWriter(str(state)) as writer:
            for one in found:
                for record in finding_records(one):
                    writer.line("findings.jsonl", record)
            chain = Chain(str(state), str(out), kit.number, kit.host.machine_id)
            manifest = kit.manifest(account=account.to_json(), coverage=coverage_of(account, outcomes))
            paths.append(deliver(writer, manifest, kit.seed, chain, str(state)).path)
    assert sorted(os.listdir(out)) == sorted(os.path.basename(path) for path in paths)
    assert len(os.listdir(state)) == 1, "nothing temporary is left"
    first, second = desk.importer().run([out])
    assert (first.state, second.state, first.remarks, second.remarks) == (NEW, NEW, (), ())
    assert (first.ledger.stored, first.ledger.alerts, second.ledger.alerts) == (len(found), len(found), 0)
    alerts = desk.alerts()
    assert [(one["rule_id"], one["severity"], one["category"]) for one in alerts] == [
        ("malware:dropper", 3, "madoc")
    ] * 2
    assert sorted(one["source_path"] for one in alerts) == sorted([f"{machine}/bad.php", f"{machine}/k\\xff\\xfe.php"])
    (scanned, _) = fleet_scans(desk.app.store)
    assert (scanned["account"]["found"], scanned["complete"], scanned["findings"]) == (account.found, 1, len(found))


def test_a_bundle_that_is_too_large_takes_no_turn(desk: KitPlace, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("atttcli.field.seal.MAX_SEALED", 500)
    kit = desk.kit
    with BodyWriter() as writer:
        writer.add("log.txt", os.urandom(1000))
        chain = Chain(str(tmp_path), str(tmp_path), kit.number, kit.host.machine_id)
        with pytest.raises(LimitExceeded):
            deliver(writer, kit.manifest(), kit.seed, chain)
        assert chain.next().sequence == 1


def test_holes_are_named_up_to_a_limit_and_the_rest_is_counted() -> None:
    outcomes = [
        Outcome("/x", "skipped", "symbolic link"),
        Outcome("/\udcff" + HOSTILE * 200, "failed", "timeout" * 100),
    ]
    outcomes += [Outcome(f"/{n}", "failed", "timeout") for n in range(MAX_HOLES + 9)]
    coverage = coverage_of(FileAccount(), outcomes)
    assert (len(coverage.holes), coverage.unlisted) == (MAX_HOLES, 10)
    assert coverage.holes[0][0].startswith("/\\xff")
    assert len(coverage.holes[0][0]) <= 4096


def test_a_scan_of_our_own_stands_on_the_same_board(desk: KitPlace, tmp_path) -> None:
    from atttcli.scan.account import ScanAccount
    from atttcli.scan.keep import Keeper

    for _ in range(2):
        keeper = Keeper(desk.app.store, desk.app.inventory, desk.clock, "lan", "mail.backan.gov.vn", ["/srv"])
        keeper.finish(ScanAccount(("/srv",), 1, 2, FileAccount(found=3, scanned=3), "ab", 9))
    rows = fleet_scans(desk.app.store)
    assert [(one["source"], one["run"], one["account"]["found"], one["rules_count"]) for one in rows] == [
        ("local", 2, 3, 9), ("local", 1, 3, 9),
    ]  # fmt: skip
    assert rows[0]["agency"] == desk.app.inventory.owner_of("mail.backan.gov.vn").code
