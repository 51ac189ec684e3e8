"""The bundle's body and seal: what is written is read back; anything else is refused, with the word that says why."""

from __future__ import annotations

import io
import json
import os
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from atttcli.errors import BundleRefused, InputError, LimitExceeded
from atttcli.field import strict_json
from atttcli.field.bundle import CHUNK, MAX_LINE, Body, BodyWriter, Line, check, lines
from atttcli.field.chain import Chain, Turn
from atttcli.field.manifest import FAULTS, MAX_INFLATED, Manifest, read_manifest
from atttcli.field.match import RuleHit
from atttcli.field.records import HIT, KnownBad, finding_records, host_record, read_finding, read_host
from atttcli.field.seal import BUNDLE, MAGIC, Opened, public_of, seal, sign, signer, unseal, verify
from tests.support.kit_case import KitCase, raw_body, sha256, yara_finding

OTHER = b"o" * 32


def opened(data: bytes, kit: KitCase, *more: bytes) -> Opened:
    return unseal(io.BytesIO(data), (kit.centre_secret, *more))


def read(data: bytes, kit: KitCase) -> tuple[Manifest, dict[str, bytes]]:
    """The whole way of the centre: open, verify, then read."""
    inside = opened(data, kit)
    if not verify(kit.public, BUNDLE, inside.body, inside.signature):
        raise BundleRefused("no kit of ours", fault="signature")
    body = Body(inside.body)
    return body.manifest, {member.name: b"".join(pieces) for member, pieces in body.members()}


def fault_of(body: bytes) -> str:
    with pytest.raises(BundleRefused) as refused:
        check(memoryview(body))
    assert refused.value.fault in FAULTS
    assert refused.value.message
    return refused.value.fault


def test_what_a_kit_writes_is_what_the_centre_reads() -> None:
    kit = KitCase(samples=(b"MZ sample", b"another"), known=(KnownBad("sha256", "ab" * 32, "A05 12/2026"),))
    manifest, members = read(kit.bundle(), kit)
    assert (manifest.kit, manifest.agency, manifest.sequence) == ("K-2026-0001", "x-vi-huong", 1)
    assert manifest.account["found"] == 12
    assert [m.kind for m in manifest.members] == ["findings", "host", "log", "sample", "sample"]
    found, known = read_finding(members["findings.jsonl"].splitlines()[0])
    assert (found, known) == (yara_finding(), kit.known)
    assert read_host(members["host.jsonl"].splitlines()[1]).rule == "attt-autorun-temp"
    assert members["samples/" + sha256(b"MZ sample")] == b"MZ sample"


def test_every_flipped_byte_of_a_bundle_is_refused() -> None:
    kit = KitCase(files=[], seen=())
    data = kit.bundle()
    assert read(data, kit)[0].sequence == 1
    for place in range(len(data)):
        for flip in (0x01, 0x80):
            broken = bytearray(data)
            broken[place] ^= flip
            with pytest.raises(InputError):
                read(bytes(broken), kit)


def test_every_truncation_and_extension_is_refused() -> None:
    kit = KitCase(files=[], seen=())
    data = kit.bundle()
    for length in range(len(data)):
        with pytest.raises(InputError):
            read(data[:length], kit)
    for more in (b"\0", b"\n", data, MAGIC):
        with pytest.raises(BundleRefused):
            read(data + more, kit)


def test_every_flipped_byte_of_a_signed_body_is_refused() -> None:
    """Below the seal too: who can seal (anybody can) cannot change what a kit signed."""
    kit = KitCase(files=[], seen=(), sequence=1)
    body = kit.body()
    signature = sign(kit.seed, BUNDLE, body)
    assert verify(kit.public, BUNDLE, body, signature)
    for place in range(len(body)):
        broken = bytearray(body)
        broken[place] ^= 0x04
        assert not verify(kit.public, BUNDLE, bytes(broken), signature)
    for place in range(len(signature)):
        broken = bytearray(signature)
        broken[place] ^= 0x04
        assert not verify(kit.public, BUNDLE, body, bytes(broken))


def test_the_wrong_centre_cannot_open_it() -> None:
    kit = KitCase()
    data = kit.bundle()
    with pytest.raises(BundleRefused) as refused:
        unseal(io.BytesIO(data), (OTHER,))
    assert refused.value.fault == "sealed"
    with pytest.raises(BundleRefused):
        unseal(io.BytesIO(data), ())
    assert opened(data, kit, OTHER).centre == kit.centre
    assert unseal(io.BytesIO(data), (OTHER, kit.centre_secret)).digest == sha256(data), "old keys go on opening"


def test_a_signature_says_who_and_for_what() -> None:
    kit = KitCase()
    body = kit.body(sequence=1)
    signature = sign(kit.seed, BUNDLE, body)
    keys = (public_of(OTHER), kit.public)
    assert signer(keys, BUNDLE, body, signature) == 1
    assert signer(keys[:1], BUNDLE, body, signature) is None
    assert signer(keys, "atttcli/rules/1", body, signature) is None, "signed for another purpose"
    assert signer((b"short", b"\0" * 32, kit.public), BUNDLE, body, signature) == 2, "a key that is none is nobody's"


def test_a_member_that_is_not_the_one_in_the_manifest() -> None:
    kit = KitCase(sequence=1)
    line, _, rest = zlib.decompress(kit.body()).partition(b"\n")
    value = json.loads(line)
    assert fault_of(zlib.compress(line + b"\n" + rest[:-1])) == "content"
    assert fault_of(zlib.compress(line + b"\n" + rest + b"x")) == "content"
    assert fault_of(zlib.compress(line + b"\n" + bytes([rest[0] ^ 1]) + rest[1:])) == "content"
    assert fault_of(kit.body() + b"\0") == "content"
    assert fault_of(kit.body()[:-1]) == "content"
    assert fault_of(b"no zlib at all") == "content"
    value["members"] = value["members"][::-1]
    assert fault_of(raw_body(value, {"all": rest})) == "content"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", "atttcli/bundle/2"), ("kit", "K-1"), ("kit", 7), ("agency", "../../etc"), ("agency", "A\x1b[2J"),
        ("sequence", 0), ("sequence", True), ("sequence", 1.0), ("sequence", 10**15), ("previous", "ab"), ("centre", "zz" * 32),
        ("made", "2026-11-23"), ("made", "2026-13-23T00:00:00.000000Z"), ("tlp", "WHITE"), ("tool", "x" * 65),
        ("host", {}), ("host", []), ("rules", {"digest": "ab", "version": "", "count": -1}), ("clock", {"zone": 9999}),
        ("account", {}), ("coverage", {"complete": 1, "holes": [], "unlisted": 0}), ("members", {}), ("extra", 1),
        ("members", [{"name": "../x", "size": 0, "sha256": "00" * 32, "kind": "log"}]),
        ("members", [{"name": "samples/" + "0" * 64, "size": 0, "sha256": "1" * 64, "kind": "sample"}]),
        ("members", [{"name": "log.txt", "size": 0, "sha256": "1" * 64, "kind": "host"}]),
        ("members", [{"name": "log.txt", "size": -1, "sha256": "1" * 64, "kind": "log"}]),
        ("members", [{"name": "log.txt", "size": MAX_INFLATED, "sha256": "1" * 64, "kind": "log"},
                     {"name": "host.jsonl", "size": 1, "sha256": "1" * 64, "kind": "host"}]),
        ("members", [{"name": "log.txt", "size": 0, "sha256": sha256(b""), "kind": "log"}] * 2),
    ],
)  # fmt: skip
def test_a_signed_manifest_that_is_none(field: str, value: object) -> None:
    good = KitCase(sequence=1).manifest().to_json()
    assert read_manifest(strict_json.dumps(good)).sequence == 1
    assert fault_of(raw_body({**good, field: value})) == "malformed"


def test_every_field_is_needed() -> None:
    good = KitCase(sequence=1).manifest().to_json()
    for field in good:
        assert fault_of(raw_body({key: value for key, value in good.items() if key != field})) == "malformed"


def test_only_the_first_bundle_has_none_before_it() -> None:
    kit = KitCase(sequence=1)
    assert fault_of(raw_body(replace(kit.manifest(), previous="ab" * 32).to_json())) == "malformed"
    assert fault_of(raw_body(replace(kit.manifest(), sequence=2).to_json())) == "malformed"


@pytest.mark.parametrize(
    "line",
    [
        b"", b"null", b"[]", b"{", b'{"a":1,"a":1}', b'{"a": 1}', b'{"b":1,"a":2}', b'{"a":01}', b'{"a":1e999}', b'{"a":NaN}',
        b'{"a":' + b"9" * 10_000 + b"}", b"[" * 100_000, b'{"a":' * 3000, b'{"a":"\\ud800"}', b"\xff\xfe", b'"\\u0041"',
        b'{"a":[[[[[[1]]]]]]}',
    ],
    ids=range(17),
)  # fmt: skip
def test_json_of_another_kind_is_refused(line: bytes) -> None:
    assert fault_of(zlib.compress(line + b"\n")) == "malformed"
    assert fault_of(zlib.compress(line)) == "malformed", "no line end"


def test_a_manifest_without_end_and_a_bomb_are_stopped_early() -> None:
    assert fault_of(zlib.compress(b"x" * (8 << 20))) == "malformed"
    value = KitCase(sequence=1).manifest().to_json()
    value["members"] = [{"name": "log.txt", "size": 10, "sha256": sha256(b"x" * 10), "kind": "log"}]
    assert fault_of(raw_body(value, {"log.txt": b"\0" * (64 << 20)})) == "content"


def test_a_file_that_is_no_bundle_or_too_large() -> None:
    kit = KitCase()
    for data in (b"", b"PK\x03\x04", MAGIC[:-1]):
        with pytest.raises(InputError) as refused:
            opened(data, kit)
        assert not isinstance(refused.value, BundleRefused)
    with pytest.raises(BundleRefused):
        opened(MAGIC, kit)
    with pytest.raises(LimitExceeded):
        seal(kit.seed, kit.centre, b"x" * (64 << 20))


def test_samples_are_limited_and_told_apart() -> None:
    with BodyWriter(samples_bytes=10) as writer:
        assert writer.sample(io.BytesIO(b"12345"), 100) == sha256(b"12345")
        assert writer.sample(io.BytesIO(b"12345"), 100) == sha256(b"12345"), "attached once"
        assert writer.sample(io.BytesIO(b"123456"), 100) == "", "together they are too large"
        assert writer.sample(io.BytesIO(b"1234"), 3) == ""
        assert [member.size for member in writer.members()] == [5]
        with pytest.raises(ValueError, match="no such member"):
            writer.add("../x", b"")


def test_names_that_are_no_text_and_long_findings_can_be_written() -> None:
    found = yara_finding("/srv/\udcff\udcfe/x" + "ố" * 9000)
    (hit,) = found.hits
    fat = hit._replace(
        tags=("ộ" * 900,) * 90, meta={str(n) + "ễ" * 900: "ữ" * 9000 for n in range(90)}, strings=hit.strings * 90
    )
    many = found._replace(hits=(hit,) * 900 + (fat,) * 40)
    known = (KnownBad("name", "ắ" * 9000, "ằ" * 9000, "ẳ" * 9000),) * 30
    read_back: list[RuleHit] = []
    bad: list[KnownBad] = []
    for record in finding_records(many, known):
        line = strict_json.dumps(record)
        assert len(line) <= MAX_LINE
        again, some = read_finding(line)
        assert again.path.startswith("/srv/\\xff\\xfe/x")
        read_back += again.hits
        bad += some
    assert (len(read_back), len(bad)) == (940, 30), "no hit is left out"
    assert read_back[0] == hit
    assert read_back[-1].truncated == 180 - 32, "strings that had no room are counted"
    assert len(list(finding_records(found))) == 1


@pytest.mark.parametrize(
    "change", [{"path": ""}, {"sha256": "x"}, {"size": -1}, {"hits": []}, {"more": 1}, {"hits": [[]]}]
)
def test_a_finding_that_is_none(change: dict[str, object]) -> None:
    record = {**next(finding_records(yara_finding())), **change}
    with pytest.raises(strict_json.NotCanonical):
        read_finding(strict_json.dumps(record))


@pytest.mark.parametrize(
    "change", [{"kind": "x"}, {"severity": 5}, {"detail": []}, {"check": ""}, {"rule": ""}, {"x": 1}]
)
def test_an_observation_that_is_none(change: dict[str, object]) -> None:
    record = {**host_record(KitCase().seen[1]), **change}
    assert KitCase().seen[1].kind == HIT
    with pytest.raises(strict_json.NotCanonical):
        read_host(strict_json.dumps(record))


def test_lines_are_bounded_whatever_the_pieces() -> None:
    data = b"one\n\n" + b"x" * 100 + b"\nlast"
    wanted = [Line(1, b"one"), Line(2, b""), Line(3, None), Line(4, b"last")]
    for size in (1, 3, 7, len(data)):
        pieces = (data[at : at + size] for at in range(0, len(data), size))
        assert list(lines(pieces, 10)) == wanted
    assert list(lines(iter([b"x" * 50]), 10)) == [Line(1, None)]


def test_a_large_member_comes_in_pieces() -> None:
    kit, data = KitCase(sequence=1), bytes(range(256)) * 8192
    out = io.BytesIO()
    with BodyWriter() as writer:
        writer.add("log.txt", data)
        writer.finish(kit.manifest(), out)
    ((member, pieces),) = Body(memoryview(out.getvalue())).members()
    assert member.size == len(data)
    body = Body(memoryview(out.getvalue()))
    for _member, pieces in body.members():
        sizes = [len(piece) for piece in pieces]
    assert sum(sizes) == len(data)
    assert max(sizes) <= CHUNK


def test_a_kits_turns_grow_and_survive_a_cut_at_any_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state, out = tmp_path / "state", tmp_path / "out"
    state.mkdir(), out.mkdir()

    def chain() -> Chain:
        return Chain(str(state), str(out), "K-2026-0001", "5e" * 16)

    assert chain().next() == Turn(1, "")
    path = chain().put(Turn(1, ""), "PC kế toán/..", b"one", sha256(b"one"))
    assert path.endswith("K-2026-0001-PC-k-to-n-5e5e5e-00001.attb")
    assert chain().next() == Turn(2, sha256(b"one"))
    real, steps = os.replace, []

    def cut(source: str, target: str) -> None:
        steps.append(target)
        if len(steps) == at:
            raise OSError("the power is gone")
        real(source, target)

    monkeypatch.setattr(os, "replace", cut)
    at = 1  # the turn was not kept: it is given again
    with pytest.raises(OSError, match="power"):
        chain().put(Turn(2, sha256(b"one")), "pc", b"two", sha256(b"two"))
    steps.clear()
    assert chain().next().sequence == 2
    at = 2  # the turn was kept, its bundle not named yet: the next start names it
    with pytest.raises(OSError, match="power"):
        chain().put(Turn(2, sha256(b"one")), "pc", b"two again", sha256(b"two again"))
    monkeypatch.undo()
    assert chain().next() == Turn(3, sha256(b"two again"))
    assert sorted(one.read_bytes() for one in out.glob("*.attb")) == [b"one", b"two again"]
    with pytest.raises(ValueError, match="next turn"):
        chain().put(Turn(2, ""), "pc", b"", "")
    kept = next(state.iterdir())
    kept.write_bytes(b"{}")
    with pytest.raises(InputError, match="turns is damaged"):
        chain()
    kept.unlink()
    if os.name == "nt":
        return
    os.mkfifo(kept)  # whoever opens one waits for ever
    with pytest.raises(InputError, match="turns is damaged"):
        chain()
