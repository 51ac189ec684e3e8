"""A bound on memory is kept whatever a file does, and the files after it are judged all the same."""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from atttcli.field import memory

RUN = '''
import json, resource, sys, yara
from atttcli.field.account import FileAccount
from atttcli.field.examine import Examiner, FileFinding
from atttcli.field.match import Matcher
from atttcli.field.scanner import ScanLimits, Scanner
EXTERNALS = dict.fromkeys(("filename", "filepath", "extension", "filetype", "owner"), "")
text = " ".join('$s%d = "a%s"' % (i, "a" * i) for i in range(8))
source = """
rule many { strings: %s condition: %s }
rule last { strings: $z = "needle" condition: $z }
""" % (text, sys.argv[4])
rules = yara.compile(source=source, externals=EXTERNALS)
scan = Scanner(Examiner(Matcher(rules)), ScanLimits(memory=int(sys.argv[2]) << 20, threads=int(sys.argv[3])))
found, total = [], None
for one in scan.run([sys.argv[1]]):
    if isinstance(one, FileFinding):
        found += [(one.path.rsplit("/")[-1], hit.rule) for hit in one.hits]
    elif isinstance(one, FileAccount):
        total = one.to_json()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(json.dumps([sorted(found), total, peak, resource.getrlimit(resource.RLIMIT_DATA)[0] == resource.RLIM_INFINITY]))
'''


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system's bound is Linux's")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    ("condition", "judged"), [(" or ".join(f"$s{at}" for at in range(8)), True), ("3 of them", False)]
)
def test_a_file_that_matches_millions_of_times_stays_within_the_bound(
    tmp_path: Path, threads: int, condition: str, judged: bool
) -> None:
    """Without the bound this needs 1.5 GB. Where libyara can do without the number of matches the file is judged, else told."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "flood").write_bytes(b"a" * 3_000_000)
    for index in range(40):
        (tmp_path / "in" / f"z{index:02}").write_bytes(b"needle")
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(tmp_path / "in"), "100", str(threads), condition],
        check=True,
        capture_output=True,
    )
    found, total, peak, lifted = json.loads(done.stdout)
    assert peak <= 125
    assert (["flood", "many"] in found) == judged
    assert [one for one in found if one[0] == "z39"] == [["z39", "last"]]
    assert (total["scanned"], total["stopped"], lifted) == (40 + judged, "", True)
    assert total["failed"] == ({} if judged else {"not enough memory": 1})


def test_what_is_held_grows_with_what_is_taken() -> None:
    before = memory.own_memory()
    taken = bytearray(30 << 20)
    assert memory.own_memory() - before > 25 << 20
    del taken


def test_on_windows_the_private_bytes_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ask:
        argtypes: Any = None

        def __call__(self, _process: int, counters: Any, size: int) -> int:
            assert size == ctypes.sizeof(counters._obj)
            counters._obj.private = 123_456
            return 1

    class Current:
        restype: Any = None

        def __call__(self) -> int:
            return 7

    kernel = SimpleNamespace(GetCurrentProcess=Current(), K32GetProcessMemoryInfo=Ask())
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    assert memory._of_windows() == 123_456
    del kernel.K32GetProcessMemoryInfo
    assert memory._of_windows() == 0
