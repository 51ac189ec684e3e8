"""A kit, a centre and what a scan of one machine found, all in memory: the least that a bundle needs."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from atttcli.clock import HOUR, parse_moment
from atttcli.field import strict_json
from atttcli.field.bundle import BodyWriter
from atttcli.field.examine import FileFinding
from atttcli.field.manifest import Host, MachineClock, Manifest, RuleSet
from atttcli.field.match import RuleHit, StringHit
from atttcli.field.records import HIT, OBSERVATION, HostRecord, KnownBad, finding_records, host_record
from atttcli.field.seal import public_of, seal, sealing_public_of

NOW = parse_moment("2026-11-23 10:00")
ACCOUNT = {
    "found": 12, "scanned": 9, "unchanged": 1, "skipped": {"symbolic link": 1}, "failed": {"permission denied": 1},
    "bytes_scanned": 4096, "members": 0, "member_problems": 0, "matches": 2, "complete": False, "stopped": "",
}  # fmt: skip
HOST = Host("PC-KETOAN-01", "windows", "amd64", "5e" * 16)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def yara_finding(
    path: str = "C:\\Windows\\Temp\\svch0st.exe", content: bytes = b"mz", rule: str = "attt_x"
) -> FileFinding:
    strings = (StringHit("$a", 12, 4, b"\x00\x01ab"), StringHit("$b", 40, 2, b"zz"))
    meta = {"description": "A dropper", "description_vi": "Mã độc thả", "severity": "high", "category": "madoc"}
    return FileFinding(path, "", sha256(content), len(content), (RuleHit("malware", rule, ("t",), meta, strings),))


@dataclass
class KitCase:
    """One kit of one centre. `bundle()` gives the next one, or what a thief of the stick would make of it."""

    number: str = "K-2026-0001"
    agency: str = "x-vi-huong"
    seed: bytes = b"k" * 32
    centre_secret: bytes = b"c" * 32
    host: Host = HOST
    sequence: int = 0
    previous: str = ""
    now: int = NOW
    files: list[FileFinding] = field(default_factory=lambda: [yara_finding()])
    known: tuple[KnownBad, ...] = ()
    seen: tuple[HostRecord, ...] = (
        HostRecord("autoruns", OBSERVATION, "HKLM\\Run\\update", {"command": "update.exe"}),
        HostRecord("autoruns", HIT, "HKLM\\Run\\svch0st", {"command": "svch0st.exe"}, "attt-autorun-temp", "Runs from Temp", 3),
    )  # fmt: skip
    samples: tuple[bytes, ...] = ()

    @property
    def public(self) -> bytes:
        return public_of(self.seed)

    @property
    def centre(self) -> bytes:
        return sealing_public_of(self.centre_secret)

    def manifest(self, **changes: Any) -> Manifest:
        plain = Manifest(
            self.number, self.agency, self.host, self.sequence, self.previous, self.centre.hex(), self.now - HOUR, self.now,
            dict(ACCOUNT), MachineClock(420, self.now - 24 * HOUR), tool="0.1.0", rules=RuleSet("ab" * 16, "2026.11", 90),
        )  # fmt: skip
        return replace(plain, **changes)

    def body(self, **changes: Any) -> bytes:
        """The next turn's body, as the kit writes it."""
        out = io.BytesIO()
        with BodyWriter() as writer:
            for found in self.files:
                for record in finding_records(found, self.known):
                    writer.line("findings.jsonl", record)
            for one in self.seen:
                writer.line("host.jsonl", host_record(one))
            writer.add("log.txt", b"started\nended\n")
            for sample in self.samples:
                writer.sample(io.BytesIO(sample), 1 << 20)
            writer.finish(self.manifest(**changes), out)
        return out.getvalue()

    def bundle(self, **changes: Any) -> bytes:
        """The next bundle; the turn is taken."""
        self.sequence += 1
        data = seal(self.seed, self.centre, self.body(**changes))
        self.previous = sha256(data)
        return data


def raw_body(
    manifest: Mapping[str, Any] | bytes, members: Mapping[str, bytes] | None = None, behind: bytes = b""
) -> bytes:
    """A body with whatever manifest: what a kit's key in wrong hands can sign."""
    line = manifest if isinstance(manifest, bytes) else strict_json.dumps(manifest)
    return zlib.compress(line + b"\n" + b"".join((members or {}).values()) + behind)
