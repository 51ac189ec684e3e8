"""Rule packs from the centre to another workspace: what is refused, what one commit switches, what a cut leaves."""

from __future__ import annotations

import json
import os
import random
import shutil
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from atttcli.cli.context import App
from atttcli.errors import AtttError, Conflict, InputError, IntegrityError, NotFound, Refused
from atttcli.exchange.rulepack_file import MAGIC, PackReader, check_name, pack_bytes
from atttcli.exchange.rulepacks import gather, install, open_verified, revert, state_of
from atttcli.field import strict_json
from atttcli.journal.journal import Journal
from atttcli.signing.files import KIT, RULES, sign_file, signature_path
from atttcli.signing.keys import KeyPair
from atttcli.store.connection import Store
from atttcli.store.facts.rulepacks import (
    added_places,
    current_folder,
    current_pack,
    installs,
    pack_folder,
    rules_version,
)
from atttcli.store.workspace import load_workspace
from tests.support.casework import journal_of, make_app
from tests.support.kills import Tell, assert_kept, killed_after

YARA = 'rule {} {{ strings: $a = "{}" condition: $a }}\n'
KEYS = KeyPair(b"r" * 32, b"s" * 32)
CREATED = 1_800_000_000_000_000


def pack(
    folder: Path, version: int, text: str = "one", pair: KeyPair = KEYS, purpose: str = RULES, **files: bytes
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{version}-{text}.attr"
    content = {"yara/a.yar": YARA.format(f"r{version}", text).encode()} | {
        name.replace("__", "/"): data for name, data in files.items()
    }
    path.write_bytes(pack_bytes(content, version=version, name="thử", created=CREATED, tlp="AMBER"))
    sign_file(pair, path, purpose)
    return path


@pytest.fixture
def app(tmp_path: Path) -> App:
    return make_app(tmp_path)


def take(app: App, path: Path, **given: object) -> object:
    return install(app.workspace, journal_of(app), open_verified(path, [KEYS.public]), **given)  # type: ignore[arg-type]


def test_gathered_packed_signed_and_in_force_it_is_matched_with(app: App, tmp_path: Path) -> None:
    source = tmp_path / "given"
    (source / "yara" / "web").mkdir(parents=True)
    (source / "yara" / "web" / "shell.yar").write_text(YARA.format("web_shell", "planted"))
    (source / "indicators").mkdir()
    (source / "indicators" / "c2.csv").write_text("type,value,tlp\nipv4-addr,203.0.113.9,GREEN\n")
    (source / "README.md").write_text("not a rule")
    files = gather([source], "AMBER")
    assert sorted(files) == ["indicators/c2.csv", "yara/web/shell.yar"]
    made = [
        pack_bytes(dict(order), version=7, name="x", created=CREATED, tlp="AMBER")
        for order in (files.items(), reversed(files.items()))
    ]
    assert made[0] == made[1]
    path = tmp_path / "x.attr"
    path.write_bytes(made[0])
    sign_file(KEYS, path, RULES)
    done = take(app, path)
    assert (done.version, done.previous, done.changed) == (7, 0, True)  # type: ignore[attr-defined]
    assert rules_version(app.store) == "7"
    (place,) = added_places(app.workspace, app.store, "yara")
    assert [one.name for one in place.rglob("*.yar")] == ["shell.yar"]
    assert take(app, path).changed is False  # type: ignore[attr-defined]
    assert len(installs(app.store)) == 1


def test_only_rules_that_load_and_marks_that_fit_are_packed(tmp_path: Path) -> None:
    (tmp_path / "bad.yar").write_text("rule x { condition: nothing }")
    with pytest.raises(InputError, match="cannot be used"):
        gather([tmp_path], "AMBER")
    (tmp_path / "bad.yar").unlink()
    (tmp_path / "i.csv").write_text("type,value,tlp\nipv4-addr,203.0.113.9,RED\n")
    with pytest.raises(Refused) as refused:
        gather([tmp_path], "AMBER")
    assert refused.value.guard == "tlp"
    assert list(gather([tmp_path], "RED")) == ["indicators/i.csv"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no rule file"):
        gather([tmp_path / "empty"], "AMBER")


def test_who_signed_and_as_what(app: App, tmp_path: Path) -> None:
    stranger = pack(tmp_path / "s", 1, pair=KeyPair(b"x" * 32, b"y" * 32))
    with pytest.raises(Refused) as refused:
        take(app, stranger)
    assert refused.value.guard == "trust"
    with pytest.raises(Refused) as refused:
        take(app, pack(tmp_path / "k", 1, purpose=KIT))
    assert refused.value.guard == "purpose"
    bare = pack(tmp_path / "b", 1)
    signature_path(bare).unlink()
    with pytest.raises(InputError, match="no signature"):
        take(app, bare)
    assert current_pack(app.store) is None and not list((app.workspace.rules).rglob("*.yar"))


def test_every_flipped_byte_is_refused(app: App, tmp_path: Path) -> None:
    path = pack(tmp_path / "p", 3)
    for target in (path, signature_path(path)):
        data = target.read_bytes()
        for place in range(len(data)):
            target.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
            try:
                open_verified(path, [KEYS.public])
            except AtttError:
                continue
            # The untrusted comment is no part of what is signed, and says nothing that anybody acts upon.
            assert target == signature_path(path) and place < data.index(b"\n")
        target.write_bytes(data)
    assert open_verified(path, [KEYS.public]).manifest.version == 3


def test_older_ones_are_refused_and_another_of_the_same_version_too(app: App, tmp_path: Path) -> None:
    old, new = pack(tmp_path / "p", 4), pack(tmp_path / "p", 5)
    take(app, new)
    for given in ({}, {"allow_older": True}, {"allow_older": True, "reason": " "}):
        with pytest.raises(Refused) as refused:
            take(app, old, **given)
        assert refused.value.guard == "older"
    with pytest.raises(Conflict):
        take(app, pack(tmp_path / "p", 5, "two"), allow_older=True, reason="x")
    assert rules_version(app.store) == "5"
    take(app, old, allow_older=True, reason="báo nhầm")
    assert rules_version(app.store) == "4"
    assert installs(app.store)[0].reason == "báo nhầm"


def test_a_pack_is_taken_back_to_the_one_before_and_at_last_to_none(app: App, tmp_path: Path) -> None:
    for version in (1, 2, 3):
        take(app, pack(tmp_path / "p", version))
    kept = {one.name for one in (app.workspace.rules / "packs").iterdir()}
    assert len(kept) == 2  # the present one and the one before
    with pytest.raises(Refused):
        revert(app.workspace, journal_of(app), " ")
    assert revert(app.workspace, journal_of(app), "báo nhầm").version == 2
    assert [one.name for one in added_places(app.workspace, app.store, "yara")[0].parent.iterdir()] != []
    with pytest.raises(IntegrityError):  # version 1 was let go when 3 came
        revert(app.workspace, journal_of(app), "còn nhầm")
    take(app, pack(tmp_path / "p", 3))  # newer than what is in force: the good one comes back the same way
    assert rules_version(app.store) == "3"


def test_the_first_one_is_taken_back_to_none(app: App, tmp_path: Path) -> None:
    take(app, pack(tmp_path / "p", 1))
    revert(app.workspace, journal_of(app), "thử")
    assert rules_version(app.store) == "" and added_places(app.workspace, app.store, "yara") == []
    with pytest.raises(NotFound):
        revert(app.workspace, journal_of(app), "thử")


def test_files_that_are_gone_are_said_and_put_back(app: App, tmp_path: Path) -> None:
    path = pack(tmp_path / "p", 1)
    take(app, path)
    now = current_pack(app.store)
    assert now is not None and state_of(app.workspace, now) == "ok"
    folder = pack_folder(app.workspace, now.digest)
    (folder / "yara" / "b.yar").write_text(YARA.format("added", "x"))
    assert state_of(app.workspace, now) == "changed"
    take(app, path)
    assert state_of(app.workspace, now) == "ok" and not (folder / "yara" / "b.yar").exists()
    shutil.rmtree(folder)
    assert state_of(app.workspace, now) == "missing"
    with pytest.raises(IntegrityError):  # never as if there had been no pack
        current_folder(app.workspace, app.store)
    take(app, path)
    assert state_of(app.workspace, now) == "ok"


def test_who_may_not_decide_it_writes_nothing(app: App, tmp_path: Path) -> None:
    from atttcli.people.roles import allowed

    assert allowed("rules.installed", {}) == {"lead", "admin"}

    def guard(verb: str, *_: object) -> None:
        raise Refused(verb, guard="role")

    journal = Journal(app.store, "xem", app.clock, guard=guard)
    with pytest.raises(Refused, match=r"rules\.installed"):
        install(app.workspace, journal, open_verified(pack(tmp_path / "p", 1), [KEYS.public]))
    assert not (app.workspace.rules / "packs").exists()


def test_what_is_in_force_comes_out_of_the_journal_alone(app: App, tmp_path: Path) -> None:
    take(app, pack(tmp_path / "p", 1))
    take(app, pack(tmp_path / "p", 2))
    revert(app.workspace, journal_of(app), "thử")
    before = installs(app.store)
    journal_of(app).rebuild()
    assert installs(app.store) == before


BAD_NAMES = [
    "yara/../../x.yar",
    "/yara/a.yar",
    "yara//a.yar",
    "yara/a.yar/",
    "../a.yar",
    "yara/..",
    "other/a.yar",
    "yara\\a.yar",
    "yara/a.exe",
    "yara/CON.yar",
    "yara/com1/a.yar",
    "yara/a b.yar",
    "yara/.hidden.yar",
    "yara/a.yar:x.yar",
    "C:/a.yar",
    "yara/a.yar\n",
    "a.yar",
    "yara/mẫu.yar",
    "yara/1/2/3/4/5/6.yar",
    "yara/" + "a" * 101 + ".yar",
    "network/a.yar",
    "",
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_that_lead_elsewhere_on_some_system(name: str) -> None:
    with pytest.raises(InputError):
        check_name(name)
    with pytest.raises(InputError):
        pack_bytes({name: b"x"}, version=1, name="", created=CREATED, tlp="AMBER")


@pytest.mark.parametrize(
    "names",
    [
        ("yara/a.yar", "yara/A.yar"),
        ("yara/a.yar", "yara/a.yar/b.yar"),
        ("yara/b.yar", "yara/a.yar"),
        ("yara/a.yar", "yara/a.yar"),
        (),
    ],
)
def test_two_files_with_one_place_or_none(names: tuple[str, ...]) -> None:
    import hashlib

    members = [{"name": one, "size": 1, "sha256": hashlib.sha256(b"x").hexdigest()} for one in names]
    with pytest.raises(InputError):
        PackReader(crafted(members, b"x" * len(names)))


def crafted(members: list[dict[str, object]], content: bytes, **other: object) -> bytes:
    value = {
        "format": "atttcli/rules/1",
        "version": 1,
        "name": "",
        "created": "2027-01-15T08:00:00.000000Z",
        "tlp": "AMBER",
        "tool": "1",
        "members": members,
    } | other
    return MAGIC + zlib.compress(strict_json.dumps(value) + b"\n" + content)


def member(data: bytes = b"x", **other: object) -> dict[str, object]:
    import hashlib

    return {"name": "yara/a.yar", "size": len(data), "sha256": hashlib.sha256(data).hexdigest()} | other


@pytest.mark.parametrize(
    "data",
    [
        b"",
        MAGIC,
        b"ATTTR2\n",
        MAGIC + b"\x00" * 50,
        crafted([member()], b"x") + b"\n",
        crafted([member()], b"xy"),
        crafted([member()], b""),
        crafted([member()], b"y"),
        crafted([member(size=-1)], b"x"),
        crafted([member(size=2**60)], b"x"),
        crafted([member(more=1)], b"x"),
        crafted([member()], b"x", version=0),
        crafted([member()], b"x", version=True),
        crafted([member()], b"x", version="1"),
        crafted([member()], b"x", tlp="NONE"),
        crafted([member()], b"x", name="a\nb"),
        crafted([member()], b"x", extra=1),
        crafted([member()], b"x", created="yesterday"),
        crafted([member()], b"x", created=[]),
        MAGIC + zlib.compress(b"{" * 5_000_000),
        MAGIC + zlib.compress(b"\n"),
        MAGIC + zlib.compress(b"[]\n"),
        crafted([member()], b"x")[:-3],
    ],
)
def test_crafted_packs_are_refused_with_a_word(data: bytes) -> None:
    with pytest.raises(InputError):
        list(PackReader(data).members())


def test_a_bomb_is_stopped_before_it_is_held(tmp_path: Path) -> None:
    bomb = crafted([member(size=250 * 1024 * 1024)], b"\x00" * (40 * 1024 * 1024))
    with pytest.raises(InputError):
        list(PackReader(bomb).members())


def _install_for_ever(root: Path, packs: list[Path], seed: int) -> object:
    def work(tell: Tell) -> None:
        chance = random.Random(seed)
        workspace = load_workspace(root)
        while True:
            with Store(workspace.database) as store:
                journal = Journal(store, "lan")
                verified = open_verified(chance.choice(packs), [KEYS.public])
                done = install(workspace, journal, verified, allow_older=True, reason="thử")
                tell(json.dumps([done.version, store.value("SELECT max(seq) FROM journal")]))

    return work


@pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forks")
def test_killed_at_any_moment_a_whole_pack_is_in_force(app: App, tmp_path: Path) -> None:
    """Old or new, never between: what the journal says is in force has its files, as they were signed."""
    big = {f"yara__f{number}.yar": YARA.format(f"f{number}", "y").encode() * 1 for number in range(40)}
    packs = [pack(tmp_path / "p", version, **big) for version in (1, 2, 3)]
    take(app, packs[0])
    root = app.workspace.root
    app.close()
    seen = set()
    for life in range(25):
        told, _ = killed_after(
            random.Random(life).uniform(0, 0.06), _install_for_ever(root, packs, life), from_first=life % 2 == 0
        )  # type: ignore[arg-type]
        acknowledged = json.loads(told[-1]) if told else None
        workspace = load_workspace(root)
        assert_kept(workspace, {})
        with Store(workspace.database) as store:
            now = current_pack(store)
            assert now is not None and state_of(workspace, now) == "ok"
            if acknowledged:
                assert now.seq >= acknowledged[1] or now.version == acknowledged[0]
            seen.add(now.version)
            install(
                workspace, Journal(store, "lan"), open_verified(packs[2], [KEYS.public]), allow_older=True, reason="x"
            )
            names = {one.name for one in (workspace.rules / "packs").iterdir()}
            assert len(names) <= 2 and not any(".part" in name for name in names)  # the next one clears up
    assert len(seen) > 1


def test_replaced_values_do_not_leak_into_others() -> None:
    manifest = PackReader(crafted([member()], b"x")).manifest
    assert replace(manifest, version=2).digest != manifest.digest
