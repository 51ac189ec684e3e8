"""The shell collector on machines that lack a tool: the ways around give the same findings, and the centre takes the result."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from atttcli.exchange.bundles import NEW
from atttcli.exchange.collected import CollectedReader
from atttcli.fleet.kits import kits
from tests.support.collector_stick import BAD, make_stick, write
from tests.support.kit_place import KitPlace, place

desk = pytest.fixture(place)
TOOLS = (
    "awk",
    "cat",
    "cp",
    "cut",
    "date",
    "dd",
    "dirname",
    "echo",
    "find",
    "grep",
    "gzip",
    "head",
    "hexdump",
    "hostname",
    "id",
    "ls",
    "md5sum",
    "mkdir",
    "mv",
    "od",
    "openssl",
    "printf",
    "pwd",
    "readlink",
    "rm",
    "sed",
    "sh",
    "sha1sum",
    "sha256sum",
    "sleep",
    "sort",
    "stat",
    "sync",
    "tail",
    "tar",
    "timeout",
    "touch",
    "tr",
    "true",
    "uname",
    "uniq",
    "wc",
    "xargs",
    "zip",
)
pytestmark = pytest.mark.skipif(not shutil.which("dash"), reason="dash is not installed: the collector was not run")


@pytest.mark.parametrize(
    ("missing", "name", "by"),
    [
        (("timeout", "stat", "od", "sync", "hostname"), "*.tar.gz", "sha256"),
        (("sha256sum",), "*.tar.gz", "sha256"),
        (("sha256sum", "openssl"), "*.tar.gz", "name"),
        (("gzip",), "*.zip", "sha256"),
        (("tar", "zip"), "*/manifest.txt", "sha256"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else None,
)
def test_without(desk: KitPlace, tmp_path, missing, name, by) -> None:
    for tool in TOOLS:
        where = shutil.which(tool)
        if tool not in missing and where is None:
            pytest.skip(f"{tool} is not installed: a machine without {missing} cannot be made")
        if tool not in missing:
            (tmp_path / "bin").mkdir(exist_ok=True)
            os.symlink(where, tmp_path / "bin" / tool)
    root = tmp_path / "root"
    write(root, b"tmp/bad", BAD)
    write(root, b"tmp/svch0st.exe", BAD + b"2")
    write(root, b"tmp/odd \xff", BAD)
    stick = make_stick(tmp_path / "usb", desk.kit.number, "x-vi-huong", desk.clock.at)
    collector = stick / "collector" / "collect.sh"
    path = b"PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH"
    assert path in collector.read_bytes()
    collector.write_bytes(collector.read_bytes().replace(path, b"PATH=" + os.fsencode(tmp_path / "bin"), 1))
    words = [shutil.which("dash"), str(stick / "bat-dau.sh"), "--root", str(root), "--quiet"]
    done = subprocess.run(words, capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == (1 if by == "sha256" else 2), done.stderr.decode()
    said = done.stdout.decode()
    assert said.startswith("Có 3 tệp" if by == "sha256" else "Có 1 tệp"), said
    (result,) = (stick / "out").glob(name)
    assert len(list((stick / "out").iterdir())) == 1, "nothing half is left"
    job = desk.importer()
    job.readers = [*job.readers, CollectedReader({one.number: one for one in kits(desk.app.store)})]
    (taken,) = job.run([result])
    assert (taken.state, taken.ledger.rejected) == (NEW, 0), taken.error
    assert len(desk.facts()["sighting"]) == (3 if by == "sha256" else 1)
