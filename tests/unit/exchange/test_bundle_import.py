"""Bundles come in: verified whole before anything is stored, once however often they come, each in its turn."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.clock import DAY
from atttcli.errors import AtttError, BundleRefused, InputError, NotFound, Refused
from atttcli.evidence.vault import Vault, exhibits, verify
from atttcli.exchange import bundles as importing
from atttcli.exchange.bundles import KNOWN, NEW, REFUSED
from atttcli.exchange.parcel import Parcel
from atttcli.exchange.records import FirstLines
from atttcli.field import strict_json
from atttcli.field.bundle import Body, check, lines
from atttcli.field.manifest import Host, MachineClock
from atttcli.field.opening import NotReadable
from atttcli.field.records import KnownBad, finding_records
from atttcli.field.seal import seal, sealing_public_of
from atttcli.fleet.kits import GRACE, revoke_kit
from atttcli.journal.journal import Journal
from atttcli.signing.registry import KeyRing, create_key
from atttcli.store.facts import fleet
from tests.support.kit_case import KitCase, raw_body, sha256, yara_finding
from tests.support.kit_place import KitPlace, place

desk = pytest.fixture(place)


def fault(taken) -> str:
    assert taken.state == REFUSED
    assert isinstance(taken.error, BundleRefused)
    assert taken.error.message
    assert str(taken.path) in str(taken.error.where)
    return taken.error.fault


def words(taken) -> list[str]:
    assert taken.error is None, taken.error
    return [one.word for one in taken.remarks]


def test_findings_become_alerts_of_that_agency_and_host(desk: KitPlace) -> None:
    desk.kit.known = (KnownBad("sha256", sha256(b"mz"), "A05 12/2026", "Emotet"), KnownBad("name", "svch0st.exe", "CB"))
    taken = desk.take_one(desk.kit.bundle())
    assert (taken.state, words(taken)) == (NEW, [])
    ledger = taken.ledger
    assert (ledger.read, ledger.stored, ledger.duplicate, ledger.rejected, ledger.alerts) == (5, 5, 0, 0, 4)
    alerts = desk.alerts()
    assert {(one["agency"], one["victim"]) for one in alerts} == {("x-vi-huong", "PC-KETOAN-01")}
    assert [one["kind"] for one in alerts] == ["yara", "indicator", "indicator", "host"]
    assert (alerts[0]["rule_id"], alerts[0]["severity"], alerts[0]["category"]) == ("malware:attt_x", 3, "madoc")
    assert json.loads(alerts[0]["detail"])["meta"]["description_vi"] == "Mã độc thả"
    assert alerts[0]["first_seen"] == taken.manifest.started
    seen = fleet.host_records(desk.app.store, taken.digest)
    assert [(one["check_name"], one["kind"]) for one in seen] == [("autoruns", "observation"), ("autoruns", "hit")]
    (scan,) = fleet.fleet_scans(desk.app.store, "x-vi-huong")
    assert (scan["source"], scan["host"], scan["kit"], scan["findings"], scan["complete"]) == (
        "kit", "PC-KETOAN-01", desk.kit.number, 4, 0,
    )  # fmt: skip
    assert (scan["rules_version"], scan["account"]["found"]) == ("2026.11", 12)


def test_the_same_bundle_twice_adds_nothing(desk: KitPlace) -> None:
    data = desk.kit.bundle()
    desk.take_one(data)
    before = desk.facts()
    for bundles in ((data,), (data, data)):
        for taken in desk.take(*bundles):
            assert taken.state == KNOWN
            assert (taken.ledger.read, taken.ledger.stored, taken.ledger.duplicate) == (3, 0, 3)
    assert desk.facts() == before


def test_the_next_scan_with_the_same_findings_is_no_new_alert(desk: KitPlace) -> None:
    desk.take_one(desk.kit.bundle())
    taken = desk.take_one(desk.kit.bundle())
    assert (taken.state, taken.ledger.alerts) == (NEW, 0)
    assert len(desk.alerts()) == 2
    assert len(fleet.fleet_scans(desk.app.store)) == 2


def test_machines_that_call_themselves_alike_are_two(desk: KitPlace) -> None:
    """Every commune has a PC-01: another agency's, and another machine of the same agency."""
    other = desk.issue("so-tc", b"l" * 32)
    twin = replace(desk.kit, host=desk.kit.host._replace(machine_id="77" * 16))
    for data in (desk.kit.bundle(), other.bundle(), twin.bundle()):
        assert desk.take_one(data).state == NEW
    yara = [one for one in desk.alerts() if one["kind"] == "yara"]
    assert [one["agency"] for one in yara] == ["x-vi-huong", "so-tc", "x-vi-huong"]
    assert [one["count"] for one in yara] == [1, 1, 1]


def test_a_host_can_lie_in_its_own_bundle_only(desk: KitPlace) -> None:
    """It may call itself another agency's server; its alerts stay with the agency that the kit was issued to."""
    name = "mail.backan.gov.vn"
    owner = desk.app.inventory.owner_of(name)
    assert owner is not None
    assert owner.code != "x-vi-huong"
    desk.kit.host = Host(name, "linux", "x86_64", "5e" * 16)
    taken = desk.take_one(desk.kit.bundle())
    assert words(taken) == ["host"]
    assert {(one["agency"], one["system"]) for one in desk.alerts()} == {("x-vi-huong", "")}


def test_a_kit_speaks_for_its_agency_only(desk: KitPlace) -> None:
    before = desk.facts()
    assert fault(desk.take_one(desk.kit.bundle(agency="so-tc"))) == "kit"
    assert desk.facts() == before


def test_a_stolen_key_under_another_kits_number(desk: KitPlace) -> None:
    other = desk.issue("x-vi-huong", b"l" * 32)
    before = desk.facts()
    assert fault(desk.take_one(desk.kit.bundle(kit=other.number))) == "kit"
    assert desk.facts() == before


def test_nobody_else_can_sign_or_seal(desk: KitPlace) -> None:
    before = desk.facts()
    stranger = KitCase(seed=b"x" * 32, centre_secret=desk.secret)
    assert fault(desk.take_one(stranger.bundle())) == "signature"
    elsewhere = replace(desk.kit, centre_secret=b"z" * 32)
    assert fault(desk.take_one(elsewhere.bundle())) == "sealed"
    body = desk.kit.body(sequence=1)
    resealed = seal(desk.kit.seed, sealing_public_of(b"z" * 32), body)
    assert fault(desk.take_one(resealed)) == "sealed"
    assert desk.facts() == before


def test_a_bundle_sealed_again_for_another_of_our_keys(desk: KitPlace) -> None:
    second = create_key(desk.journal, desk.app.workspace.keys)
    body = desk.kit.body(sequence=1)
    assert fault(desk.take_one(seal(desk.kit.seed, second.public.seal, body))) == "centre"
    assert desk.take_one(seal(desk.kit.seed, desk.kit.centre, body)).state == NEW, (
        "the old key opens what it was made for"
    )


def test_a_revoked_kit_is_believed_no_more(desk: KitPlace) -> None:
    data = desk.kit.bundle()
    revoke_kit(desk.journal, desk.kit.number, "mất USB")
    taken = desk.take_one(data)
    assert fault(taken) == "revoked"
    assert "mất USB" in taken.error.message


def test_an_expired_kit_is_taken_for_a_while_if_it_ran_in_time(desk: KitPlace) -> None:
    first = desk.kit.bundle()
    expires = desk.app.store.value("SELECT expires FROM kit")
    desk.clock.at = expires + DAY
    assert words(desk.take_one(first)) == ["expired"]
    desk.kit.now = expires + DAY // 2
    assert fault(desk.take_one(desk.kit.bundle())) == "expired"
    desk.kit.now, desk.kit.sequence = expires - DAY, 1
    desk.clock.at = expires + GRACE + DAY
    assert fault(desk.take_one(desk.kit.bundle())) == "expired"


def test_a_gap_is_told_and_filled_later(desk: KitPlace) -> None:
    one, two, three, four, five = (desk.kit.bundle() for _ in range(5))
    assert words(desk.take_one(one)) == []
    taken = desk.take_one(four)
    assert words(taken) == ["gap"]
    assert taken.remarks[0].text == "bundle 4 of K-2026-0001, PC-KETOAN-01 came, 2, 3 is missing"
    assert words(desk.take_one(five)) == []
    assert words(desk.take_one(three)) == ["gap", "late"]
    assert words(desk.take_one(two)) == ["late"]
    assert [row["sequence"] for row in desk.app.store.rows("SELECT sequence FROM bundle ORDER BY 1")] == [1, 2, 3, 4, 5]


def test_a_folder_is_taken_in_turn_whatever_its_names(desk: KitPlace) -> None:
    folder = desk.folder / "stick" / "out"
    folder.mkdir(parents=True)
    for name in ("z", "m", "a"):
        (folder / f"{name}.attb").write_bytes(desk.kit.bundle())
    (folder / "HUONG-DAN.txt").write_text("đọc trước")
    (folder / "link.attb").symlink_to(folder / "a.attb")
    taken = desk.importer().run([folder.parent])
    assert [(one.path.name, one.state, words(one)) for one in taken] == [
        ("z.attb", NEW, []), ("m.attb", NEW, []), ("a.attb", NEW, []),
    ]  # fmt: skip


def test_a_stick_that_was_copied_or_set_back(desk: KitPlace) -> None:
    """The same turn with other content; a turn that follows another one than ours; one that ours does not follow."""
    first = desk.kit.bundle()
    desk.take_one(first)
    copy = replace(desk.kit, files=[yara_finding("/other")])
    other, others = replace(desk.kit, files=[yara_finding("/third")]), copy.bundle()
    desk.take_one(others)
    assert fault(desk.take_one(other.bundle())) == "replay"
    assert fault(desk.take_one(other.bundle())) == "chain"
    desk.app.store.connection.execute("DELETE FROM bundle WHERE digest = ?", (sha256(others),))
    second, third = desk.kit.bundle(), desk.kit.bundle()
    assert words(desk.take_one(third)) == ["gap"]
    copy.sequence, copy.previous = 1, sha256(first)
    assert fault(desk.take_one(copy.bundle())) == "chain"
    assert words(desk.take_one(second)) == ["late"]


def test_turns_of_one_machine_say_nothing_of_another(desk: KitPlace) -> None:
    other = replace(desk.kit, host=Host("PC-02", "windows", "amd64", "aa" * 16))
    for data in (desk.kit.bundle(), other.bundle(), desk.kit.bundle(), other.bundle()):
        assert words(desk.take_one(data)) == []


def test_numbers_that_begin_anew_are_told_and_taken(desk: KitPlace) -> None:
    """A stick that is write-protected keeps no turns: each folder that results were kept in counts from one."""
    beside = replace(desk.kit, files=[yara_finding("/beside")])
    assert words(desk.take_one(desk.kit.bundle())) == []
    taken = desk.take_one(beside.bundle())
    assert (taken.state, words(taken), taken.ledger.stored > 0) == (NEW, ["anew"], True)
    for kit in (desk.kit, beside, beside, desk.kit):
        assert [word for word in words(desk.take_one(kit.bundle())) if word != "late"] == []
    assert len(desk.app.store.rows("SELECT * FROM bundle WHERE sequence = 3")) == 2
    forked = replace(beside, sequence=beside.sequence - 1, previous="")
    forked.previous = desk.app.store.value(
        "SELECT previous FROM bundle WHERE sequence = 3 AND digest = ?", beside.previous
    )
    assert fault(desk.take_one(forked.bundle())) == "replay"
    lone = desk.issue("x-vi-huong", b"o" * 32, now=desk.clock.at + DAY // 24)
    lone.bundle()
    desk.take_one(lone.bundle())
    assert words(desk.take_one(replace(lone, sequence=0, previous="").bundle())) == ["anew"], (
        "not the one that 2 follows"
    )


def test_a_wrong_clock_is_told_and_not_believed(desk: KitPlace) -> None:
    desk.kit.now -= 20 * 365 * DAY
    taken = desk.take_one(desk.kit.bundle(clock=MachineClock(420, desk.clock.at - DAY)))
    assert words(taken) == ["clock"]
    assert {one["first_seen"] for one in desk.alerts()} == {desk.clock.at}
    (scan,) = fleet.fleet_scans(desk.app.store)
    assert scan["finished"] == desk.clock.at


def test_a_scan_before_the_kit_was_issued_did_not_happen(desk: KitPlace) -> None:
    """Whatever the bundle says the kit knew: the register says when it went out."""
    old = desk.clock.at - 400 * DAY
    taken = desk.take_one(desk.kit.bundle(started=old, clock=MachineClock(420, 0)))
    assert words(taken) == ["clock"]
    assert {one["first_seen"] for one in desk.alerts()} == {desk.clock.at}


def test_a_flood_under_a_stolen_key_is_cut_off_and_counted(desk: KitPlace, monkeypatch) -> None:
    monkeypatch.setattr(importing, "MOST_RECORDS", 5)
    desk.kit.files = [yara_finding(f"/{n}", str(n).encode()) for n in range(9)]
    ledger = desk.take_one(desk.kit.bundle()).ledger
    assert (ledger.read, ledger.stored, ledger.rejected) == (11, 7, 4)
    assert len(desk.alerts()) == 6


def test_who_may_not_keep_evidence_is_told_before_anything_is_stored(desk: KitPlace) -> None:
    desk.kit.samples = (b"MZ",)
    data, before = desk.kit.bundle(), desk.facts()

    def guard(verb: str, subject: str, payload) -> None:
        if verb == "evidence.added":
            assert payload["agency"] == "x-vi-huong"
            raise Refused("not yours", guard="role")

    desk.journal.guard = guard
    with pytest.raises(Refused):
        desk.take_one(data)
    assert desk.facts() == before
    desk.journal.guard = None
    assert desk.take_one(data).state == NEW


@pytest.mark.parametrize("path", ["C:\\x\\..", "/tmp/...", "..", "C:\\a\\. ."])
def test_a_sample_has_a_name(desk: KitPlace, path: str) -> None:
    desk.kit.files, desk.kit.samples = [yara_finding(path, b"MZ")], (b"MZ",)
    desk.take_one(desk.kit.bundle())
    (name,) = [row["name"] for row in desk.app.store.rows("SELECT name FROM evidence")]
    assert name.strip(". ") and "/" not in name and "\\" not in name


def test_a_flood_of_line_ends_costs_no_time(desk: KitPlace) -> None:
    """16 MiB of line ends are 16 KB in a bundle; each taken as a line they would be minutes."""
    flood = b"\n" * (16 << 20)
    desk.kit.sequence = 1
    said = desk.kit.manifest().to_json()
    said["members"] = [{"name": name, "size": len(flood), "sha256": sha256(flood), "kind": kind}
                       for name, kind in (("findings.jsonl", "findings"), ("host.jsonl", "host"))]  # fmt: skip
    data = seal(desk.kit.seed, desk.kit.centre, raw_body(said, {"a": flood, "b": flood}))
    spent = process_time()
    taken = desk.take_one(data)
    assert process_time() - spent < 10
    assert (taken.state, taken.ledger.read, taken.ledger.rejected) == (NEW, 2 * len(flood), 2 * len(flood))
    assert len(taken.rejected) == 100


@given(st.lists(st.binary(max_size=6).map(lambda piece: piece.replace(b"a", b"\n")), max_size=6), st.integers(1, 5))
def test_the_first_lines_and_the_count_of_the_rest_are_all_lines(pieces: list[bytes], most: int) -> None:
    first = FirstLines(pieces, most)
    got, whole = b"".join(first), b"".join(pieces)
    assert whole.startswith(got)
    assert len(got.split(b"\n")) - got.endswith(b"\n") <= most
    count = sum(1 for _ in lines(iter([whole])))
    assert sum(1 for _ in lines(iter([got]))) + first.left_out == count


@pytest.mark.parametrize("name", ["started", "made"])
@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00.000000Z"])
def test_a_time_that_no_calendar_here_has_holds_up_nobody(desk: KitPlace, name: str, moment: str) -> None:
    desk.kit.sequence = 1
    odd = seal(desk.kit.seed, desk.kit.centre, raw_body(desk.kit.manifest().to_json() | {name: moment}))
    desk.kit.sequence = 0
    first, second = desk.take(odd, desk.kit.bundle())
    assert fault(first) == "malformed"
    assert second.state == NEW


def test_what_was_taken_in_stays_known_when_its_kit_has_expired(desk: KitPlace) -> None:
    data = desk.kit.bundle()
    desk.take_one(data)
    desk.clock.at += 180 * DAY + GRACE + DAY
    assert desk.take_one(data).state == KNOWN
    assert fault(desk.take_one(desk.kit.bundle())) == "expired"


def test_one_that_changes_while_it_is_stored_holds_up_no_other(desk: KitPlace, monkeypatch) -> None:
    """A collector's folder is read anew: somebody may write to it meanwhile."""
    store = importing._Taking.store

    def torn(taking) -> None:
        if taking._manifest.sequence == 1:
            raise InputError("files.tsv changed while it was read")
        store(taking)

    monkeypatch.setattr(importing._Taking, "store", torn)
    first, second = desk.take(desk.kit.bundle(), desk.kit.bundle())
    assert (first.state, second.state) == (REFUSED, NEW)


def test_what_cannot_be_read_in_a_folder_is_told(desk: KitPlace, monkeypatch) -> None:
    folder = desk.folder / "stick"
    folder.mkdir()
    (folder / "a.attb").write_bytes(desk.kit.bundle())

    def refuse(path, *more):
        raise NotReadable("failed", "permission denied")

    monkeypatch.setattr("atttcli.exchange.parcel.open_regular", refuse)
    (taken,) = desk.importer().run([folder])
    assert taken.state == REFUSED
    assert "permission denied" in taken.error.message


def test_a_centre_without_its_key_refuses_nothing_it_stops(desk: KitPlace) -> None:
    for path in desk.app.workspace.keys.iterdir():
        path.unlink()
    with pytest.raises(NotFound):
        desk.take_one(desk.kit.bundle())


def test_claims_that_do_not_add_up_are_told(desk: KitPlace) -> None:
    account = {**desk.kit.manifest().account, "found": 99}
    assert words(desk.take_one(desk.kit.bundle(account=account))) == ["account"]
    stranger = desk.issue("nowhere", b"l" * 32, now=desk.clock.at + DAY // 24)
    assert words(desk.take_one(stranger.bundle())) == ["agency"]


def test_bad_records_are_counted_and_the_rest_is_taken(desk: KitPlace) -> None:
    good = strict_json.dumps(next(finding_records(yara_finding())))
    data = b"\n".join([good, b"{}", b"\xff", good[:-1], b"[" * 3000, b"x" * 300_000]) + b"\n"
    kit = desk.kit
    members = [{"name": "findings.jsonl", "size": len(data), "sha256": sha256(data), "kind": "findings"}]
    body = raw_body({**kit.manifest(sequence=1).to_json(), "members": members}, {"f": data})
    taken = desk.take_one(seal(kit.seed, kit.centre, body))
    ledger = taken.ledger
    assert (taken.state, ledger.read, ledger.stored, ledger.rejected) == (NEW, 6, 1, 5)
    assert [line for _member, line, _reason in taken.rejected] == [2, 3, 4, 5, 6]
    again = desk.take_one(seal(kit.seed, kit.centre, body))
    assert words(again) == ["anew"], "sealed anew it is another file"
    assert (again.ledger.stored, again.ledger.duplicate) == (0, 1)


def test_a_signed_body_that_is_damaged_stores_nothing(desk: KitPlace) -> None:
    before = desk.facts()
    body = desk.kit.body(sequence=1)
    for broken, wanted in ((body[:-4], "content"), (body + b"x", "content"), (raw_body(b"{}"), "malformed")):
        assert fault(desk.take_one(seal(desk.kit.seed, desk.kit.centre, broken))) == wanted
    assert desk.facts() == before


def test_a_refused_bundle_does_not_hold_up_the_others(desk: KitPlace) -> None:
    good = desk.kit.bundle()
    states = {taken.path.name: taken.state for taken in desk.take(b"no bundle", good[:-1], good)}
    assert states == {"0.attb": REFUSED, "1.attb": REFUSED, "2.attb": NEW}


def test_a_dry_run_stores_nothing_and_says_what_would_come(desk: KitPlace) -> None:
    one, two, three = desk.kit.bundle(), desk.kit.bundle(), desk.kit.bundle()
    before = desk.facts()
    told = desk.take(one, three, dry_run=True)
    assert desk.facts() == before
    assert [(taken.state, words(taken), taken.ledger.read, taken.ledger.stored) for taken in told] == [
        ("checked", [], 3, 3), ("checked", ["gap"], 3, 3),
    ]  # fmt: skip
    desk.take(one, two)
    assert [taken.state for taken in desk.take(one, three, dry_run=True)] == [KNOWN, "checked"]


def test_switched_off_rules_stay_silent(desk: KitPlace) -> None:
    desk.journal.append("rule.disabled", "attt_x", {"reason": "báo nhầm"})
    taken = desk.take_one(desk.kit.bundle())
    assert (taken.ledger.read, taken.ledger.stored, taken.ledger.rejected) == (3, 2, 1)
    assert [one["kind"] for one in desk.alerts()] == ["host"]


def test_samples_go_into_the_vault_with_custody(desk: KitPlace) -> None:
    desk.kit.samples = (b"mz", b"another")
    taken = desk.take_one(desk.kit.bundle())
    assert taken.exhibits == ["CC-2026-0001", "CC-2026-0002"]
    kept = {one.sha256: one for one in exhibits(desk.app.store)}
    assert kept[sha256(b"mz")].name == "svch0st.exe"
    assert kept[sha256(b"mz")].source == f"{desk.kit.number}/1 PC-KETOAN-01: C:\\Windows\\Temp\\svch0st.exe"
    vault = Vault(desk.app.workspace.vault)
    assert [one.problem for one in verify(desk.app.store, vault)] == ["", ""]
    assert b"".join(vault.read(sha256(b"another"))) == b"another"
    again = desk.take_one(desk.kit.bundle())
    assert (again.exhibits, len(exhibits(desk.app.store))) == (taken.exhibits, 2)


def test_a_kill_anywhere_is_made_good_by_the_next_import(desk: KitPlace, tmp_path, monkeypatch) -> None:
    """Cut before every transaction in turn; what is there in the end is what one clean run gives."""
    desk.kit.files = [yara_finding(f"/srv/{n}", str(n).encode()) for n in range(7)]
    desk.kit.samples = (b"one", b"two")
    monkeypatch.setattr(importing, "BATCH", 2)
    data = desk.kit.bundle()
    real = type(desk.app.store).transaction
    cuts = 0
    for stop in range(1, 100):
        calls = 0

        def cut(store, stop=stop):
            nonlocal calls
            calls += not store.connection.in_transaction
            if calls == stop:
                raise KeyboardInterrupt
            return real(store)

        monkeypatch.setattr(type(desk.app.store), "transaction", cut)
        try:
            taken = desk.take_one(data)
        except KeyboardInterrupt:
            cuts += 1
            continue
        finally:
            monkeypatch.setattr(type(desk.app.store), "transaction", real)
        break
    assert cuts > 3
    assert taken.state == NEW
    assert taken.ledger.read == 7 + 2 + 2
    assert taken.ledger.read == taken.ledger.stored + taken.ledger.duplicate
    (tmp_path / "clean").mkdir()
    clean = KitPlace(tmp_path / "clean")
    clean.kit.files, clean.kit.samples = desk.kit.files, desk.kit.samples
    clean.take_one(clean.kit.bundle())
    for what in ("fingerprint", "count", "severity"):
        assert sorted(one[what] for one in desk.alerts()) == sorted(one[what] for one in clean.alerts())
    assert len(desk.facts()["sighting"]) == len(clean.facts()["sighting"])
    assert len(desk.facts()["evidence"]) == 2
    clean.app.close()


def test_locked_keys_ask_once(desk: KitPlace) -> None:
    asked = []
    key = create_key(desk.journal, desk.app.workspace.keys, passphrase="bốn từ dễ nhớ")
    ring = KeyRing(desk.app.workspace.keys, lambda name: asked.append(name) or "bốn từ dễ nhớ")
    (desk.app.workspace.keys / f"{key.public.id}.key").stat()
    assert len(list(ring.sealing_secrets())) == 2
    assert asked == [key.public.id]


def test_importing_needs_the_right_to(desk: KitPlace) -> None:
    def guard(verb, subject, payload):
        if verb == "evidence.added":
            raise AtttError("not you")

    importer = desk.importer()
    importer.journal = Journal(desk.app.store, "an", desk.clock, guard)
    desk.kit.samples = (b"mz",)
    with pytest.raises(AtttError, match="not you"):
        importer.run([desk.write(desk.kit.bundle())])
    assert exhibits(desk.app.store) == []


class PlainReader:
    """The seam for other forms: a body that nobody signed."""

    def recognises(self, head: bytes) -> bool:
        return head.startswith(b"PLAIN\n")

    def read(self, path, stream) -> Parcel:
        data = stream.read()
        body = data.removeprefix(b"PLAIN\n")
        return Parcel(
            path, sha256(data), check(memoryview(body)), None, False, lambda: Body(memoryview(body)).members()
        )


def test_another_form_goes_the_same_way_and_is_marked_unsigned(desk: KitPlace) -> None:
    path = desk.write(b"PLAIN\n" + desk.kit.body(sequence=1))
    importer = desk.importer()
    importer.readers = [*importer.readers, PlainReader()]
    (taken,) = importer.run([path])
    assert (taken.state, taken.signed, words(taken)) == (NEW, False, ["unsigned"])
    for alert in desk.alerts():
        assert "unsigned" in json.loads(alert["tags"])
        assert "unsigned" in alert["why"]
    (scan,) = fleet.fleet_scans(desk.app.store)
    assert scan["source"] == "collector"
    (again,) = importer.run([path])
    assert again.state == KNOWN
    assert words(desk.take_one(desk.kit.bundle())) == [], "what nobody signed takes no turn"


def test_reading_is_of_a_stream_of_any_size(desk: KitPlace) -> None:
    with pytest.raises(AtttError):
        desk.importer().readers[0].read(desk.folder, io.BytesIO(b"ATTTB1\n"))
