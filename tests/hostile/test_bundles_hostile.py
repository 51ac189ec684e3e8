"""Bundles that a good key signed around hostile content: names that climb, terminal codes, huge numbers, deep JSON, bombs.

Whoever holds a stolen stick can sign whatever they like; so nothing behind the signature is trusted either. Every case ends
in a typed error or is read, in bounded time and memory. `make fuzz` runs ATTTCLI_FUZZ_CASES of them.
"""

from __future__ import annotations

import copy
import io
import json
import os
import random
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from atttcli.errors import AtttError, BundleRefused, InputError
from atttcli.exchange.records import file_detections, host_detection
from atttcli.field import strict_json
from atttcli.field.bundle import Body, lines
from atttcli.field.manifest import FAULTS
from atttcli.field.records import HIT, KnownBad, read_finding, read_host
from atttcli.field.seal import MAGIC, seal, unseal
from atttcli.field.strict_json import NotCanonical
from atttcli.scan.keep import host_alert
from tests.support.kit_case import KitCase, raw_body, sha256, yara_finding
from tests.support.kit_place import KitPlace, place

CASES = int(os.environ.get("ATTTCLI_FUZZ_CASES", "900"))
SECONDS = 5.0
MOST_KIB = 256 * 1024
desk = pytest.fixture(place)

NASTY: tuple[Any, ...] = (
    "../../../../etc/cron.d/x", "..\\..\\x", "C:\\x", "/etc/passwd", "\x1b[2J\x1b]0;x\x07", "\u202egpj.exe", "a\x00b", "\n", "",
    "samples/" + "0" * 64, "x" * 100_000, "ễ" * 9_000, "\ud800", "=cmd|' /C calc'!A0", "{{7*7}}", "<script>", "[bold]", "%s%n",
    10**15, 10**400, -1, 0, 1.5, 1e308, True, None, [], {}, [[[[[[[[[[1]]]]]]]]]], {"a": {"b": {"c": {"d": {"e": {"f": {}}}}}}},
    ["x"] * 2000, {str(n): n for n in range(2000)}, float("inf"), float("nan"), "K-2026-0001", "2026-02-30T00:00:00.000000Z",
)  # fmt: skip


def nasty(dice: random.Random) -> Any:
    return copy.deepcopy(dice.choice(NASTY))


def nodes(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON tree."""
    found = [path]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += nodes(item, (*path, key))
    return found


def damaged(value: Any, dice: random.Random) -> Any:
    """The tree with one to three places made nasty."""
    whole = json.loads(json.dumps(value))
    for _ in range(dice.randint(1, 3)):
        path = dice.choice(nodes(whole))
        if not path:
            return nasty(dice)
        at = whole
        for key in path[:-1]:
            at = at[key]
        match dice.randrange(5):
            case 0 if isinstance(at, dict):
                del at[path[-1]]
            case 1 if isinstance(at, dict):
                at[str(nasty(dice))[:50]] = nasty(dice)
            case 2 if isinstance(at, list):
                at.append(json.loads(json.dumps(at[path[-1]])))
            case _:
                at[path[-1]] = nasty(dice)
    return whole


def as_line(value: Any, dice: random.Random) -> bytes:
    """Canonical where it can be, and now and then another spelling."""
    if dice.random() < 0.1:
        return json.dumps(value, indent=dice.choice((None, 1))).encode("utf-8", "surrogatepass")
    try:
        return strict_json.dumps(value)
    except NotCanonical:
        return json.dumps(value).encode("utf-8", "surrogatepass")


def flipped(data: bytes, dice: random.Random) -> bytes:
    """Bytes changed, cut, doubled or put in."""
    out = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(out) + 1)
        match dice.randrange(4):
            case 0:
                out[at : at + 1] = bytes([dice.randrange(256)])
            case 1:
                del out[at : at + dice.randint(1, 40)]
            case 2:
                out[at:at] = out[at : at + 20] * dice.randint(1, 50)
            case _:
                out[at:at] = dice.choice((b"[" * 5000, b"\x00" * 100, b'"' * 9, b"\n\n", b"\\u0000", b"9" * 6000))
    return bytes(out)


class Maker:
    """Makes hostile bodies out of a good one."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        kit = KitCase(sequence=1, samples=(b"MZ",), known=(KnownBad("sha256", "ab" * 32, "x"),))
        self.good = zlib.decompress(kit.body())
        line, _, rest = self.good.partition(b"\n")
        self.manifest = json.loads(line)
        self.parts, at = {}, 0
        for one in self.manifest["members"]:
            self.parts[one["name"]] = rest[at : at + one["size"]]
            at += one["size"]

    def manifest_tree(self) -> bytes:
        return raw_body(as_line(damaged(self.manifest, self.dice), self.dice), self.parts)

    def stream(self) -> bytes:
        return zlib.compress(flipped(self.good, self.dice))

    def packed(self) -> bytes:
        return flipped(zlib.compress(self.good, self.dice.choice((0, 1, 9))), self.dice)

    def record(self) -> bytes:
        """Members whose digests are right and whose lines are not."""
        name = self.dice.choice(("findings.jsonl", "host.jsonl"))
        parts = dict(self.parts)
        good = [json.loads(line) for line in parts[name].splitlines()]
        made = [as_line(damaged(self.dice.choice(good), self.dice), self.dice) for _ in range(8)]
        made += [flipped(parts[name], self.dice)]
        parts[name] = b"\n".join(made) + self.dice.choice((b"", b"\n"))
        members = [
            {**one, "size": len(parts[one["name"]]), "sha256": sha256(parts[one["name"]])}
            for one in self.manifest["members"]
        ]
        return raw_body({**self.manifest, "members": members}, parts)

    def any(self) -> bytes:
        makers: tuple[Callable[[], bytes], ...] = (
            self.manifest_tree,
            self.stream,
            self.packed,
            self.record,
            self.record,
        )
        return self.dice.choice(makers)()


def read_whole(data: bytes) -> int:
    """As the centre does; how many detections came of it."""
    count = 0
    body = Body(memoryview(data))
    for member, pieces in body.members():
        for line in lines(pieces):
            try:
                if member.kind == "findings":
                    found, known = read_finding(line.data or b"")
                    made = list(file_detections(found, known, body.manifest))
                elif member.kind == "host":
                    seen = read_host(line.data or b"")
                    made = [host_detection(seen, "")] if seen.kind == HIT else []
                else:
                    continue
            except NotCanonical as error:
                assert str(error)
                continue
            for one in made:
                host_alert(one, body.manifest.host.name, 1, "m")
                count += 1
    return count


def test_hostile_bodies_end_typed_and_in_time() -> None:
    dice = random.Random(20261123)
    maker = Maker(dice)
    read = refused = detections = 0
    for _ in range(CASES):
        data = maker.any()
        started = time.process_time()
        try:
            detections += read_whole(data)
            read += 1
        except BundleRefused as error:
            assert error.fault in FAULTS
            assert len(error.message) < 1000
            refused += 1
        except InputError:
            refused += 1
        assert time.process_time() - started < SECONDS
    assert min(read, refused, detections) > CASES // 20, "the cases reach both ends"


def test_hostile_bytes_behind_the_magic_end_typed() -> None:
    dice = random.Random(7)
    kit = KitCase()
    good = kit.bundle()
    for _ in range(CASES // 3):
        data = flipped(good, dice) if dice.random() < 0.5 else MAGIC + dice.randbytes(dice.randrange(200))
        with pytest.raises(InputError):
            unseal(io.BytesIO(data), (kit.centre_secret,))
            raise AssertionError("opened") if data != good else InputError("unchanged")


def test_hostile_content_is_imported_or_refused_and_adds_up(desk: KitPlace) -> None:
    """Through the whole import: what a good kit's key signed about itself, with names that climb and terminal codes."""
    dice = random.Random(11)
    maker = Maker(dice)
    maker.manifest |= {"kit": desk.kit.number, "centre": desk.kit.centre.hex()}
    states: dict[str, int] = {}
    before = {path for path in desk.folder.rglob("*") if path.is_file()}
    for number in range(min(90, CASES // 10)):
        maker.manifest["host"]["machine_id"] = f"{number:032x}"
        taken = desk.take_one(seal(desk.kit.seed, desk.kit.centre, maker.any()))
        states[taken.state] = states.get(taken.state, 0) + 1
        assert taken.error is None or isinstance(taken.error, AtttError)
        taken.ledger.check()
    assert states["new"] > 20
    assert states["refused"] > 20
    written = {path for path in desk.folder.rglob("*") if path.is_file()} - before - {desk.folder / "0.attb"}
    known = ("evidence", "workspace.db", ".ingest.lock")
    strange = [path for path in written if not path.relative_to(desk.folder / "ws").as_posix().startswith(known)]
    assert strange == [], "nothing outside the vault and the database"


def bomb(kind: str, folder: Path) -> Path:
    kit = KitCase(sequence=1)
    value = kit.manifest().to_json()
    if kind == "zeros":  # 100 MiB promised, 160 delivered
        value["members"] = [{"name": "log.txt", "size": 100 << 20, "sha256": sha256(b""), "kind": "log"}]
        packer = zlib.compressobj(9)
        parts = [packer.compress(strict_json.dumps(value) + b"\n")]
        parts += [packer.compress(b"\0" * (16 << 20)) for _ in range(10)]
        body = b"".join([*parts, packer.flush()])
    elif kind == "line":  # one line without end
        data = b"x" * (100 << 20)
        value["members"] = [{"name": "findings.jsonl", "size": len(data), "sha256": sha256(data), "kind": "findings"}]
        body = raw_body(value, {"findings.jsonl": data})
    elif kind == "manifest":
        body = zlib.compress(b'{"a":' * (20 << 20))
    else:  # sealed and incompressible, as large as a bundle may be
        body = random.Random(3).randbytes(63 << 20)
    path = folder / f"{kind}.attb"
    path.write_bytes(seal(kit.seed, kit.centre, body))
    return path


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
@pytest.mark.parametrize("kind", ["zeros", "line", "manifest", "large"])
def test_bombs_cost_bounded_memory(kind: str, tmp_path: Path) -> None:
    path = bomb(kind, tmp_path)
    code = (
        "import sys\n"
        "from atttcli.errors import InputError\n"
        "from atttcli.field.seal import unseal\n"
        "from tests.hostile.test_bundles_hostile import read_whole\n"
        f"inside = unseal(open({str(path)!r}, 'rb'), (b'c' * 32,))\n"
        "try:\n    print(read_whole(inside.body), 'read')\nexcept InputError as error:\n    print(error.message)\n"
    )
    code += "import re\nprint(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    *said, peak = done.stdout.split("\n")[:-1]
    assert said, "refused"
    assert int(peak) < MOST_KIB, f"{int(peak) // 1024} MiB"


def test_findings_of_a_good_file_are_read_whatever_its_names(desk: KitPlace) -> None:
    desk.kit.files = [
        yara_finding(name or "x", rule=name or "x") for name in NASTY if isinstance(name, str) and len(name) < 999
    ]
    taken = desk.take_one(desk.kit.bundle())
    assert taken.ledger.rejected == 0
    assert {one["victim"] for one in desk.alerts()} == {"PC-KETOAN-01"}
