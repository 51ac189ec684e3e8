"""`key`, `kit` and `bundle` from outside: what is said, the exit codes, and that a hostile machine's words stay words."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from atttcli.clock import DAY, Clock
from atttcli.errors import BundleRefused
from atttcli.field.records import HIT, HostRecord
from atttcli.fleet.kits import NewKit, issue_kit
from atttcli.journal.journal import Journal
from atttcli.signing.registry import KeyRing, current_key
from atttcli.store.connection import Store
from tests.support.cli_run import on_terminal, piped, tell
from tests.support.kit_case import KitCase, yara_finding

HOSTILE = "\x1b]0;owned\x07\x1b[2J\u202e[link=file:///etc/passwd]x[/link]:warning:\r\n\x9b31m"


@pytest.fixture
def desk(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ATTTCLI_ACTOR", "lan")
    tell(capsys, "init", "ws", "--organisation", "bac-kan")
    told = tell(capsys, "-w", "ws", "key", "create", "--json")
    assert told.code == 0
    return told.checked("key")[0]


@pytest.fixture
def kit(desk, tmp_path):
    now = Clock().now()
    with Store(tmp_path / "ws" / "workspace.db") as store:
        secret = KeyRing(tmp_path / "ws" / "keys").pair(current_key(store).public.id).seal
        case = KitCase(centre_secret=secret, now=now)
        new = NewKit(
            agency=case.agency,
            os="windows",
            arch="amd64",
            public_key=case.public,
            centre=case.centre,
            expires=now + 90 * DAY,
        )
        case.number = issue_kit(Journal(store, "lan"), new).number
    return case


def test_a_kits_life_from_outside(desk, kit, tmp_path, capsys):
    one, two, three = (kit.bundle() for _ in range(3))
    (tmp_path / "1.attb").write_bytes(one)
    (tmp_path / "3.attb").write_bytes(three)
    checked = tell(capsys, "-w", "ws", "bundle", "verify", "1.attb", "--json")
    assert (checked.code, checked.checked("bundle")[0]["state"]) == (0, "checked")
    shown = tell(capsys, "-w", "ws", "bundle", "show", "1.attb", "--log")
    assert "svch0st.exe" in shown.out
    assert "started" in shown.out
    assert tell(capsys, "-w", "ws", "alert", "list", "--json").lines() == []
    taken = tell(capsys, "-w", "ws", "bundle", "import", "1.attb")
    assert taken.code == 1
    assert "has holes" in taken.err
    assert {row["agency"] for row in tell(capsys, "-w", "ws", "alert", "list", "--json").lines()} == {"x-vi-huong"}
    assert tell(capsys, "-w", "ws", "bundle", "import", "1.attb").code == 0
    gap = tell(capsys, "-w", "ws", "bundle", "import", "3.attb")
    assert "came, 2 is missing" in gap.err
    tell(capsys, "-w", "ws", "kit", "revoke", kit.number, "--reason", "mất USB")
    (tmp_path / "2.attb").write_bytes(two)
    refused = tell(capsys, "-w", "ws", "bundle", "import", "2.attb")
    assert refused.code == 7
    assert "revoked: mất USB" in refused.err
    assert tell(capsys, "-w", "ws", "db", "verify").code == 0


def test_show_says_whether_it_would_be_taken(desk, kit, tmp_path, capsys):
    first = kit.bundle(started=kit.now)
    (tmp_path / "1.attb").write_bytes(first)
    (told, *_rest) = tell(capsys, "-w", "ws", "bundle", "show", "1.attb", "--json").checked("bundle-content")
    assert (told["imported"], told["remarks"], told["fault"]) == (False, [], "")
    assert tell(capsys, "-w", "ws", "bundle", "import", "1.attb").code == 1
    assert "taken in before" in tell(capsys, "-w", "ws", "bundle", "show", "1.attb").out
    copy = replace(kit)
    (tmp_path / "2.attb").write_bytes(kit.bundle(started=kit.now))
    tell(capsys, "-w", "ws", "bundle", "import", "2.attb")
    (tmp_path / "copy.attb").write_bytes(copy.bundle(tool="9"))
    (told, *_rest) = tell(capsys, "-w", "ws", "bundle", "show", "copy.attb", "--json").checked("bundle-content")
    assert told["fault"] == "replay"
    shown = tell(capsys, "-w", "ws", "bundle", "show", "copy.attb")
    assert "NOT TO BE BELIEVED" in shown.err and "the stick was copied or set back" in shown.err


def test_every_refusal_has_its_own_words(desk, kit, tmp_path, capsys):
    good = kit.bundle()
    cases = {
        "sealed": good[:-1] + bytes([good[-1] ^ 1]),
        "signature": KitCase(seed=b"x" * 32, centre_secret=kit.centre_secret, now=kit.now).bundle(),
        "kit": KitCase(centre_secret=kit.centre_secret, now=kit.now, number="K-2020-0009").bundle(),
        "input": b"PK\x03\x04",
    }
    said = set()
    for fault, data in cases.items():
        (tmp_path / "x.attb").write_bytes(data)
        told = tell(capsys, "-w", "ws", "bundle", "verify", "x.attb", "--json")
        (one,) = told.checked("bundle")
        assert (one["state"], one["fault"]) == ("refused", fault)
        assert told.code == (2 if fault == "input" else BundleRefused.exit_code)
        said.add(one["reason"])
    assert len(said) == len(cases)


def test_ingest_sends_bundles_to_their_own_command(desk, kit, tmp_path, capsys):
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "renamed.bin").write_bytes(kit.bundle())
    told = tell(capsys, "-w", "ws", "ingest", "inbox")
    assert told.code == 2
    assert "atttcli bundle import" in told.err
    assert tell(capsys, "-w", "ws", "bundle", "import", "inbox", "--json").checked("bundle")[0]["state"] == "new"


def test_the_words_of_a_hostile_machine_stay_words(desk, kit, tmp_path):
    kit.host = kit.host._replace(name=HOSTILE[:200])
    kit.files = [yara_finding(HOSTILE * 3, rule="x" + HOSTILE)]
    kit.seen = (HostRecord("autoruns", HIT, HOSTILE, {HOSTILE: [HOSTILE]}, HOSTILE[:200], HOSTILE, 4),)
    (tmp_path / "h.attb").write_bytes(kit.bundle(tool=HOSTILE[:60]))
    for words in (("verify", "h.attb"), ("show", "h.attb", "--log"), ("import", "h.attb"), ("import", "h.attb")):
        if os.name == "posix":
            _code, said = on_terminal("-w", "ws", "bundle", *words)
            assert said
            for raw in (b"\x1b]0;", b"\x1b[2J", b"\x07", b"\xe2\x80\xae", b"\xc2\x9b", b"\xe2\x9a\xa0"):
                assert raw not in said
    code, out, err = piped("-w", "ws", "alert", "list")
    assert code == 0
    assert b"\x1b" not in out + err


def test_keys_are_locked_copied_and_put_back(desk, kit, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("ATTTCLI_PASSPHRASE", "bốn từ dễ nhớ")
    locked = tell(capsys, "-w", "ws", "key", "create", "--passphrase", "--json").checked("key")[0]
    assert locked["secrets"] == "locked"
    kept = tell(capsys, "-w", "ws", "key", "backup", "safe.keys", "--json").checked("key-copied")[0]
    assert sorted(kept["keys"]) == sorted([desk["id"], locked["id"]])
    assert tell(capsys, "-w", "ws", "key", "backup", "safe.keys").code == 5
    for path in (tmp_path / "ws" / "keys").iterdir():
        path.unlink()
    (tmp_path / "1.attb").write_bytes(kit.bundle())
    assert tell(capsys, "-w", "ws", "bundle", "verify", "1.attb").code == 3
    back = tell(capsys, "-w", "ws", "key", "restore", "safe.keys", "--json").checked("key-copied")[0]
    assert sorted(back["keys"]) == sorted(kept["keys"])
    assert tell(capsys, "-w", "ws", "bundle", "verify", "1.attb").code == 0
    monkeypatch.setenv("ATTTCLI_PASSPHRASE", "another one")
    assert tell(capsys, "-w", "ws", "bundle", "verify", "1.attb").code == 4


def test_a_backup_holds_no_key(desk, tmp_path, capsys):
    assert tell(capsys, "-w", "ws", "db", "backup", "kept").code == 0
    assert not list((tmp_path / "kept").rglob("*.key"))
    secret = next((tmp_path / "ws" / "keys").iterdir()).read_bytes()
    for path in (tmp_path / "kept").rglob("*"):
        assert path.is_dir() or secret[60:120] not in path.read_bytes()
    tell(capsys, "db", "restore", "kept", "again")
    (key,) = tell(capsys, "-w", "again", "key", "list", "--json").checked("key")
    assert key["secrets"] == "missing"


def test_trust_needs_the_digits_read_out(desk, tmp_path, capsys):
    own = tell(capsys, "-w", "ws", "key", "show", "--output", "mine.pub", "--json").checked("key")[0]
    tell(capsys, "init", "other", "--organisation", "bac-kan")
    refused = tell(capsys, "-w", "other", "key", "trust", "mine.pub", "--name", "Tỉnh")
    assert refused.code == 4
    words = ("key", "trust", "mine.pub", "--name", "Tỉnh", "--fingerprint", own["fingerprint"])
    assert tell(capsys, "-w", "other", *words).code == 0
    assert tell(capsys, "-w", "other", *words).code == 5
