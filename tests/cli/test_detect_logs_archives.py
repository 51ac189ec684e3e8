"""`detect logs` over archives: members are logs like any file, what cannot be opened is named, the rest is judged."""

from __future__ import annotations

import gzip
import io
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.support.cli_run import tell

LINE = '203.0.113.{n} - - [16/Nov/2026:08:00:0{n} +0700] "GET /{n} HTTP/1.1" 200 5 "-" "MARKER"\n'
LOG = "".join(LINE.format(n=n) for n in range(1, 6)).encode()
RULE = 'rule probe { strings: $a = "MARKER" condition: $a }\n'
SEVEN = shutil.which("7z") or shutil.which("7za") or shutil.which("7zr")
WORKERS = pytest.mark.parametrize("workers", ["1", "3"])


def zipped(*members: tuple[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return made.getvalue()


def tarred(mode: str, *members: tuple[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in members:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(data), 1_795_000_000
            archive.addfile(entry, io.BytesIO(data))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return made.getvalue()


def encrypted(name: str, data: bytes) -> bytes:
    """A zip that says that its member is encrypted."""
    made = bytearray(zipped((name, data)))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        made[made.index(mark) + at] |= 1
    return bytes(made)


@pytest.fixture(autouse=True)
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    (tmp_path / "r.yar").write_text(RULE)
    (tmp_path / "logs").mkdir()


def detect(tmp_path: Path, capsys: pytest.CaptureFixture, workers: str = "1"):
    words = ("--yara", tmp_path / "r.yar", "--json", "--workers", workers)
    return tell(capsys, "detect", "logs", tmp_path / "logs", *words)


def places(tmp_path: Path, told) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for one in told.checked("detect-logs"):
        found.setdefault(str(Path(one["path"]).relative_to(tmp_path / "logs")), []).append(one["line"])
    return found


@WORKERS
@pytest.mark.parametrize(
    ("name", "data", "path"),
    [
        ("l.zip", zipped(("var/log/access.log", LOG)), "l.zip!var/log/access.log"),
        ("l.tar", tarred("w", ("access.log", LOG)), "l.tar!access.log"),
        ("l.tgz", tarred("w:gz", ("access.log", LOG)), "l.tgz!access.log"),
        ("l.txz", tarred("w:xz", ("access.log", LOG)), "l.txz!access.log"),
        ("access.log.gz", gzip.compress(LOG), "access.log.gz"),
        ("l.zip", zipped(("access.log.gz", gzip.compress(LOG))), "l.zip!access.log.gz"),
        ("l.zip", zipped(("in.zip", zipped(("a.log", LOG)))), "l.zip!in.zip!a.log"),
        ("l.gz", gzip.compress(zipped(("a.log", LOG))), "l.gz!a.log"),
        ("l.zip", zipped(("in.tgz", tarred("w:gz", ("a.log", LOG)))), "l.zip!in.tgz!a.log"),
        ("no-ending", zipped(("../../etc/a.log", LOG)), "no-ending!../../etc/a.log"),
    ],
    ids=["zip", "tar", "tar.gz", "tar.xz", "gz", "gz in zip", "zip in zip", "zip in gz", "tgz in zip", "climbing name"],
)
def test_members_are_logs_like_any_file(
    name: str, data: bytes, path: str, workers: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "logs" / name).write_bytes(data)
    told = detect(tmp_path, capsys, workers)
    assert told.code == 1, told.err
    assert places(tmp_path, told) == {path: [1, 2, 3, 4, 5]}
    assert not told.err


@pytest.mark.skipif(SEVEN is None, reason="the command 7z makes the sample")
def test_7z(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "a.log").write_bytes(LOG)
    target = tmp_path / "logs" / "l.7z"
    subprocess.run([str(SEVEN), "a", "-y", str(target), "a.log"], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    assert places(tmp_path, detect(tmp_path, capsys)) == {"l.7z!a.log": [1, 2, 3, 4, 5]}
    told = tell(capsys, "source", "test", target, "--json")
    assert [one["path"] for one in told.lines() if one.get("reader") == "web-access"] == [f"{target}!a.log"]


@WORKERS
def test_what_cannot_be_opened_is_named_and_the_rest_is_judged(
    workers: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    logs = tmp_path / "logs"
    deep = LOG
    for _ in range(4):
        deep = zipped(("in", deep))
    (logs / "a.zip").write_bytes(
        zipped(("cut.gz", gzip.compress(LOG * 99)[:150]), ("locked.zip", encrypted("secret.log", LOG)),
               ("deep", deep), ("picture", bytes(range(256)) * 9), ("z.log", LOG))
    )  # fmt: skip
    (logs / "cut.zip").write_bytes(zipped(("a.log", LOG), ("b.log", LOG))[:-60])
    (logs / "l.rar").write_bytes(b"Rar!\x1a\x07\x01\x00" + bytes(100))
    (logs / "z.log").write_bytes(LOG)
    told = detect(tmp_path, capsys, workers)
    assert told.code == 2
    found = places(tmp_path, told)
    assert found["a.zip!z.log"] == found["z.log"] == found["cut.zip!a.log"] == [1, 2, 3, 4, 5]
    for words in (
        "a.zip!cut.gz: ", "a.zip!locked.zip!secret.log: encrypted", "a.zip!deep!in!in: archives nested deeper than 3",
        "a.zip!picture: no log that any reader knows", "l.rar: rar archives cannot be read", "cut.zip: the zip has no directory",
    ):  # fmt: skip
        assert words in told.err


@WORKERS
def test_bombs_are_stopped_and_said(workers: str, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    bomb = b"0 " * 20_000_000
    (tmp_path / "logs" / "a.zip").write_bytes(zipped(("a.log", LOG), ("bomb.log", bomb)))
    (tmp_path / "logs" / "b.tgz").write_bytes(tarred("w:gz", ("a.log", LOG), ("bomb.log", bomb)))
    told = detect(tmp_path, capsys, workers)
    assert told.code == 2
    assert places(tmp_path, told) == {"a.zip!a.log": [1, 2, 3, 4, 5], "b.tgz!a.log": [1, 2, 3, 4, 5]}
    assert "a.zip" in told.err
    assert "b.tgz" in told.err
    assert "decompresses to more than 100 times its size" in told.err


def test_the_same_members_as_ingest_reads(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "logs" / "l.zip").write_bytes(
        zipped(("a.log", LOG), ("b.log.gz", gzip.compress(LOG)), ("c.tgz", tarred("w:gz", ("d/e.log", LOG))))
    )
    told = tell(capsys, "source", "test", tmp_path / "logs" / "l.zip", "--json")
    read = {one["path"] for one in told.lines() if one["kind"] == "file" and one["reader"] == "web-access"}
    assert read == {str(tmp_path / "logs" / path) for path in places(tmp_path, detect(tmp_path, capsys))}
    assert len(read) == 3
