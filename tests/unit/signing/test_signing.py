"""The centre's keys: kept, locked, rotated, trusted, revoked; signatures that count for one purpose and one file only."""

from __future__ import annotations

import base64
import io
import os
import stat

import pytest

from atttcli.errors import AtttError, BundleRefused, Conflict, InputError, IntegrityError, NotFound, Refused, UsageError
from atttcli.field.seal import seal, unseal
from atttcli.incident.undo import undo
from atttcli.journal.journal import Journal
from atttcli.signing.files import (
    KIT,
    RULES,
    parse,
    public_line,
    public_text,
    read_public,
    sign,
    sign_file,
    verify,
    verify_file,
)
from atttcli.signing.keys import KeyPair, PublicKey, key_files, read_key, write_key
from atttcli.signing.registry import (
    KeyRing,
    create_key,
    current_key,
    find_key,
    known_keys,
    own_keys,
    revoke_key,
    signing_keys,
    trust_key,
    trusted_keys,
)
from atttcli.signing.safekeeping import back_up_keys, restore_keys
from tests.support.casework import SetClock, make_app

PASSPHRASE = "bốn từ dễ nhớ"
PAIR = KeyPair(b"s" * 32, b"o" * 32)


@pytest.fixture
def app(tmp_path):
    app = make_app(tmp_path, SetClock())
    yield app
    app.close()


@pytest.fixture
def journal(app):
    return Journal(app.store, "lan", app.clock)


@pytest.fixture
def folder(app):
    return app.workspace.keys


def test_a_key_file_is_private_and_read_back(tmp_path):
    made = write_key(tmp_path / "keys", PAIR)
    assert read_key(made.path).unlock() == PAIR
    assert not made.locked
    if os.name == "posix":
        assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(made.path.parent.stat().st_mode) == 0o700
    assert "s" * 8 not in repr(PAIR)
    assert PAIR.sign.hex() not in repr(PAIR)
    with pytest.raises(Conflict):
        write_key(tmp_path / "keys", PAIR)


def test_a_locked_key_opens_with_its_passphrase_only(tmp_path):
    made = write_key(tmp_path / "keys", PAIR, PASSPHRASE)
    text = made.path.read_text()
    assert PAIR.sign.hex() not in text
    assert PAIR.seal.hex() not in text
    assert read_key(made.path).unlock(PASSPHRASE) == PAIR
    for wrong in (None, "", "another one altogether", "x" * 5000):
        with pytest.raises(Refused) as refused:
            read_key(made.path).unlock(wrong)
        assert refused.value.guard == "passphrase"
    with pytest.raises(UsageError):
        write_key(tmp_path / "other", PAIR, "short")


def test_every_changed_byte_of_a_key_file_is_noticed(tmp_path):
    """Damaged, or opened wrongly: no other key comes out of it."""
    path = write_key(tmp_path / "keys", PAIR).path
    good = path.read_bytes()
    for place in range(len(good)):
        path.chmod(0o600)
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        with pytest.raises(AtttError):
            read_key(path).unlock()
    for data in (b"", b"{}", good[:-9], good + b"x", b"[" * 5000, good.replace(b'"secrets"', b'"box"')):
        path.write_bytes(data)
        with pytest.raises(IntegrityError):
            read_key(path).unlock(PASSPHRASE)


def test_a_crafted_cost_is_refused_before_it_is_paid(tmp_path):
    path = write_key(tmp_path / "keys", PAIR, PASSPHRASE).path
    good = path.read_bytes()
    for cost in (b"1073741824", b"0", b"3", b"-2", b"true"):
        path.write_bytes(good.replace(b'"cost":32768', b'"cost":' + cost))
        with pytest.raises(IntegrityError):
            read_key(path).unlock(PASSPHRASE)


def test_rotation_keeps_old_bundles_open(journal, folder):
    first = create_key(journal, folder, "centre")
    old = seal(b"k" * 32, first.public.seal, b"body")
    journal.clock.at += 1
    second = create_key(journal, folder, "centre 2", PASSPHRASE)
    assert current_key(journal.store).public == second.public
    ring = KeyRing(folder, lambda _key: PASSPHRASE)
    new = seal(b"k" * 32, second.public.seal, b"body")
    assert unseal(io.BytesIO(old), ring.sealing_secrets()).centre == first.public.seal
    assert unseal(io.BytesIO(new), ring.sealing_secrets()).centre == second.public.seal
    revoke_key(journal, second.public.id, "mất máy")
    assert current_key(journal.store).public == first.public
    assert unseal(io.BytesIO(new), ring.sealing_secrets()).centre == second.public.seal, "revoked, and still opens"
    assert second.public not in trusted_keys(journal.store)


def test_no_passphrase_is_asked_where_none_is_needed(journal, folder):
    first = create_key(journal, folder)
    create_key(journal, folder, passphrase=PASSPHRASE)
    asked = []
    ring = KeyRing(folder, lambda key: asked.append(key) or PASSPHRASE)
    unseal(io.BytesIO(seal(b"k" * 32, first.public.seal, b"body")), ring.sealing_secrets())
    assert asked == []
    list(ring.sealing_secrets())
    list(ring.sealing_secrets())
    assert len(asked) == 1


def test_a_damaged_key_holds_up_nobody_but_its_own_bundles(journal, folder):
    first = create_key(journal, folder)
    data = seal(b"k" * 32, first.public.seal, b"body")
    (folder / "00000000.key").write_bytes(b"{}")
    assert unseal(io.BytesIO(data), KeyRing(folder).sealing_secrets()).centre == first.public.seal
    with pytest.raises(IntegrityError, match="damaged"):
        unseal(io.BytesIO(seal(b"k" * 32, PAIR.public.seal, b"body")), KeyRing(folder).sealing_secrets())


def test_one_wrong_passphrase_does_not_hold_up_the_other_key(journal, folder):
    """Two keys, each under a passphrase of its own: whoever knows that of the newer one reads what was sealed to it."""
    old = create_key(journal, folder, passphrase="một hai ba bốn")
    journal.clock.at += 1
    new = create_key(journal, folder, passphrase=PASSPHRASE)
    asked: list[str] = []
    ring = KeyRing(folder, lambda key: asked.append(key) or PASSPHRASE, own_keys(journal.store))
    for _ in range(3):
        data = seal(b"k" * 32, new.public.seal, b"body")
        assert unseal(io.BytesIO(data), ring.sealing_secrets()).centre == new.public.seal
    assert asked == [new.public.id], "the newest is tried first"
    for _ in range(3):
        with pytest.raises(BundleRefused, match=f"passphrase of key {old.public.id}"):
            unseal(io.BytesIO(seal(b"k" * 32, old.public.seal, b"body")), ring.sealing_secrets())
    assert asked == [new.public.id, old.public.id], "asked once, not for each bundle"
    wrong = KeyRing(folder, lambda _key: "không phải nó", own_keys(journal.store))
    with pytest.raises(Refused, match="passphrase"):
        unseal(io.BytesIO(data), wrong.sealing_secrets())


def test_a_key_put_in_the_place_of_ours_is_not_used(journal, folder):
    """Kits would be sealed to whoever put it there."""
    ours = create_key(journal, folder).public
    theirs = write_key(folder / "x", PAIR)
    os.replace(theirs.path, folder / f"{ours.id}.key")
    for known in (own_keys(journal.store), None):
        with pytest.raises(IntegrityError, match="not the key"):
            KeyRing(folder, known=known).pair(ours.id)
        with pytest.raises(IntegrityError, match="not the key"):
            list(KeyRing(folder, known=known).sealing_secrets())
    write_key(folder, PAIR)
    with pytest.raises(NotFound):
        KeyRing(folder, known=own_keys(journal.store)).pair(PAIR.public.id[::-1])
    with pytest.raises(IntegrityError):
        KeyRing(folder, known=own_keys(journal.store)).pair(PAIR.public.id)


def test_a_damaged_key_is_put_back_from_the_copy(journal, folder, tmp_path):
    ours = create_key(journal, folder).public
    write_key(folder, PAIR)  # a creation that was cut off before the journal knew of it
    back_up_keys(folder, KeyRing(folder), tmp_path / "safe", PASSPHRASE)
    path = folder / f"{ours.id}.key"
    for damage in (b"x", (folder / f"{PAIR.public.id}.key").read_bytes(), b""):
        path.write_bytes(damage)
        assert restore_keys(journal.store, folder, tmp_path / "safe") == [ours.id]
        assert read_key(path).public == ours
        assert path.with_name(path.name + ".set-aside").read_bytes() == damage
    assert restore_keys(journal.store, folder, tmp_path / "safe") == []
    path.unlink()
    (folder / f"{PAIR.public.id}.key").unlink()
    assert restore_keys(journal.store, folder, tmp_path / "safe") == [ours.id], "what nobody here knows is left out"
    lone = tmp_path / "lone"
    write_key(lone, PAIR)
    back_up_keys(lone, KeyRing(lone), tmp_path / "theirs", PASSPHRASE)
    with pytest.raises(NotFound):
        restore_keys(journal.store, folder, tmp_path / "theirs")


def test_who_signs_rules_signs_no_kit_of_ours(journal, folder):
    ours = create_key(journal, folder).public
    theirs = PAIR.public
    trust_key(journal, PublicKey(theirs.sign), "vùng", theirs.fingerprint)
    assert {one.sign for one in trusted_keys(journal.store)} == {ours.sign, theirs.sign}
    assert signing_keys(journal.store) == [ours]
    revoke_key(journal, ours.id, "mất máy")
    assert signing_keys(journal.store) == []
    assert own_keys(journal.store) == [ours]


def test_another_key_of_the_same_mark_hides_no_signature():
    """Whoever hands a public key over chooses the eight bytes by which signatures name it."""
    other = PublicKey(KeyPair(b"t" * 32, b"o" * 32).public.sign, given_mark=PAIR.public.mark)
    text = sign(PAIR, io.BytesIO(b"data"), RULES).encode()
    assert verify(io.BytesIO(b"data"), text, [other, PAIR.public], RULES)[0] == PAIR.public
    with pytest.raises(IntegrityError):
        verify(io.BytesIO(b"data"), text, [other], RULES)


def test_no_secret_reaches_the_database(app, journal, folder):
    key = create_key(journal, folder, "centre", PASSPHRASE)
    pair = KeyRing(folder, lambda _key: PASSPHRASE).pair(key.public.id)
    app.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for path in app.workspace.root.rglob("*"):
        if path.is_file() and path.suffix != ".key":
            data = path.read_bytes()
            for secret in (pair.sign, pair.seal):
                assert secret not in data
                assert secret.hex().encode() not in data


def test_a_centre_without_a_key_says_so(app, folder):
    with pytest.raises(NotFound):
        current_key(app.store)
    with pytest.raises(NotFound):
        next(KeyRing(folder).sealing_secrets())
    with pytest.raises(NotFound):
        KeyRing(folder).pair("0" * 8)


def test_others_are_trusted_by_what_was_read_out_on_the_telephone(journal, folder):
    own = create_key(journal, folder).public
    other = read_public(public_text(PAIR.public).encode())
    assert other.sign == PAIR.public.sign
    with pytest.raises(Refused) as refused:
        trust_key(journal, other, "Vùng", own.fingerprint)
    assert refused.value.guard == "fingerprint"
    found = trust_key(journal, other, "Vùng", other.fingerprint.replace(" ", ""))
    assert (found.own, found.name, found.public.sign) == (False, "Vùng", other.sign)
    assert other.sign in {one.sign for one in trusted_keys(journal.store)}
    with pytest.raises(Conflict):
        trust_key(journal, other, "Vùng", other.fingerprint)
    with pytest.raises(Refused):
        revoke_key(journal, other.id, " ")
    revoke_key(journal, other.id[:6], "đổi khoá")
    assert other.sign not in {one.sign for one in trusted_keys(journal.store)}
    with pytest.raises(Conflict):
        revoke_key(journal, other.id, "lần nữa")
    with pytest.raises(Refused, match="left the house"):
        undo(journal)


def test_the_register_comes_out_of_the_journal_alone(journal, folder):
    create_key(journal, folder, "một")
    trust_key(journal, PAIR.public, "Vùng", PAIR.public.fingerprint)
    revoke_key(journal, PAIR.public.id, "đổi khoá")
    before = known_keys(journal.store)
    journal.rebuild()
    assert known_keys(journal.store) == before
    with pytest.raises(NotFound):
        find_key(journal.store, "")


def test_a_signature_counts_for_its_file_its_purpose_and_its_signer(tmp_path):
    path = tmp_path / "rules.zip"
    path.write_bytes(b"rules" * 1000)
    beside = sign_file(PAIR, path, RULES, "2026.11\nbản mới")
    key, signature = verify_file(path, [KeyPair.new().public, PAIR.public], RULES)
    assert (key, signature.purpose, signature.note) == (PAIR.public, RULES, "2026.11 bản mới")
    with pytest.raises(Refused) as refused:
        verify_file(path, [PAIR.public], KIT)
    assert refused.value.guard == "purpose"
    with pytest.raises(Refused) as refused:
        verify_file(path, [KeyPair.new().public], RULES)
    assert refused.value.guard == "trust"
    path.write_bytes(b"other")
    with pytest.raises(IntegrityError):
        verify_file(path, [PAIR.public], RULES)
    beside.unlink()
    with pytest.raises(InputError):
        verify_file(path, [PAIR.public], RULES)


def test_every_changed_byte_of_a_signature_is_refused():
    text = sign(PAIR, io.BytesIO(b"data"), RULES, "note").encode()
    untrusted = text.index(b"\n")
    verify(io.BytesIO(b"data"), text, [PAIR.public], RULES)
    for place in range(untrusted, len(text) - 1):
        for flip in (1, 0x20):
            broken = text[:place] + bytes([text[place] ^ flip]) + text[place + 1 :]
            with pytest.raises(AtttError):
                verify(io.BytesIO(b"data"), broken, [PAIR.public], RULES)
    for broken in (b"", text[:100], text + b"x", b"\n" * 9, b"\xff" * 50, text * 40):
        with pytest.raises(InputError):
            parse(broken)


def test_a_trusted_comment_of_another_signature_cannot_be_used():
    one = sign(PAIR, io.BytesIO(b"data"), RULES).splitlines()
    other = sign(PAIR, io.BytesIO(b"kit"), KIT).splitlines()
    mixed = "\n".join([*one[:2], *other[2:]]) + "\n"
    with pytest.raises(IntegrityError):
        verify(io.BytesIO(b"data"), mixed.encode(), [PAIR.public], KIT)


def test_public_keys_that_are_none():
    assert read_public(public_line(PAIR.public).encode()).sign == PAIR.public.sign
    for text in (b"", b"RW", b"\xff", public_line(PAIR.public).encode()[:-4], base64.b64encode(b"Xx" + b"0" * 40)):
        with pytest.raises(InputError):
            read_public(text)


def test_a_fingerprint_is_digits_that_differ_from_key_to_key():
    seen = {PublicKey(bytes([n]) * 32).fingerprint for n in range(200)}
    assert len(seen) == 200
    assert all(len(one) == 29 and one.replace(" ", "").isdigit() for one in seen)


def test_minisign_agrees(tmp_path):
    """The peer reads our signatures and public keys, and we read its."""
    minisign = pytest.importorskip("minisign", reason="py-minisign is not installed (pip install py-minisign)")
    path = tmp_path / "rules.zip"
    path.write_bytes(b"rules" * 5000)
    beside = sign_file(PAIR, path, RULES, "2026.11")
    theirs = minisign.PublicKey.from_base64(public_line(PAIR.public))
    theirs.verify(path.read_bytes(), minisign.Signature.from_bytes(beside.read_bytes()))
    pair = minisign.KeyPair.generate()
    made = pair.secret_key.sign(path.read_bytes(), trusted_comment=f"{RULES}\tthem")
    known = read_public(bytes(pair.public_key))
    key, signature = verify(io.BytesIO(path.read_bytes()), bytes(made), [known], RULES)
    assert (key, signature.note) == (known, "them")
    assert len(key_files(tmp_path)) == 0
