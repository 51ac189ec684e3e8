"""What the scan tells is what yara-python tells of each file by itself: (file, rule, string, offset), nothing more or less."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from atttcli.field.examine import Examiner, FileFinding
from atttcli.field.filetype import file_type
from atttcli.field.match import Matcher, Owners, Subject, externals_of
from atttcli.field.scanner import ScanLimits, Scanner
from atttcli.limits import Limits
from atttcli.packaged import packaged
from atttcli.rulepack.samples import iter_cases
from atttcli.rulepack.yara import load_yara_rules

yara = pytest.importorskip("yara")
DATA = Path("/work/shared/data")
_MOST_BYTES = 24 << 20
Hit = tuple[str, str, str, int]


@pytest.fixture(scope="module")
def rules() -> Any:
    """The shipped rules and some that match everywhere, of every kind of string."""
    noisy = """
    rule noisy { strings: $a = "the" nocase $b = /[a-z]{4}\\.(exe|dll|vn)/ $c = { 00 00 ?? 00 [0-4] 01 } $d = "http" wide ascii
      $e = "This program" xor $f = "admin" base64 condition: any of them }
    rule sized { condition: filesize > 1000 and filesize < 5000 }
    rule named { condition: extension == ".json" or filename contains "a" or filetype == "EXE" or owner == "root" }
    """
    pack = load_yara_rules([packaged("rules") / "yara"])
    externals = dict.fromkeys(("filename", "filepath", "extension", "filetype", "owner"), "")
    return [pack.compiled, yara.compile(source=noisy, externals=externals)]


def ours(compiled: Any, root: Path, threads: int) -> set[Hit]:
    examiner = Examiner(Matcher(compiled, most_strings=1 << 30), archives=Limits(depth=0))
    found: set[Hit] = set()
    for finding in Scanner(examiner, ScanLimits(threads=threads)).run([str(root)]):
        if isinstance(finding, FileFinding):
            for hit in finding.hits:
                if not hit.encoding:  # the text of UTF-16 is heard beside
                    found.update(told(finding.path, hit.rule, ((s.identifier, s.offset) for s in hit.strings)))
    return found


def told(path: str, rule: str, strings: Iterable[tuple[str, int]]) -> Iterator[Hit]:
    yield (path, rule, "", -1)
    for identifier, offset in strings:
        yield (path, rule, identifier, offset)


def theirs(compiled: Any, root: Path) -> set[Hit]:
    found: set[Hit] = set()
    owners = Owners()
    for path in root.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                subject = Subject(str(path), "", file_type(file.read(512)), owners.name(path.stat().st_uid))
            for match in compiled.match(str(path), externals=externals_of(subject)):
                strings = ((string.identifier, one.offset) for string in match.strings for one in string.instances)
                found.update(told(str(path), match.rule, strings))
    return found


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The samples of our rules, and files around the sizes at which reading changes to mapping."""
    root = tmp_path_factory.mktemp("samples")
    for index, case in enumerate(iter_cases(packaged("rules") / "cases" / "yara")):
        for at, (name, data) in enumerate([*case.positives, *case.negatives]):
            (root / f"{index}-{at}").mkdir()
            (root / f"{index}-{at}" / Path(name).name).write_bytes(data)
    rng = random.Random(5)
    for size in (0, 1, 4095, 4096, (4 << 20) - 1, 4 << 20, (4 << 20) + 1):
        data = bytearray(rng.randbytes(min(size, 4096)) * (size // 4096 + 1))[:size]
        data[-40:] = b"http://x the admin a.exe"[: max(0, size)] if size >= 40 else data[-40:]
        (root / f"size{size}.json").write_bytes(bytes(data))
    return root


@pytest.mark.parametrize("threads", [1, 2])
def test_on_the_samples_of_our_rules(rules: Any, samples: Path, threads: int) -> None:
    for compiled in rules:
        expected = theirs(compiled, samples)
        assert len(expected) > 40
        assert ours(compiled, samples, threads) == expected


@pytest.mark.skipif(not DATA.is_dir(), reason="the real data is not here")
def test_on_real_data(rules: Any, tmp_path: Path) -> None:
    total = 0
    for index, path in enumerate(sorted(DATA.rglob("*"))):
        size = path.stat().st_size if path.is_file() else 0
        if not 0 < size <= 2 << 20 or (index % 4 and size < 1 << 16):
            continue
        total += size
        if total > _MOST_BYTES:
            break
        (tmp_path / f"{index}-{path.name[-60:]}").write_bytes(path.read_bytes())
    for compiled in rules:
        assert ours(compiled, tmp_path, 2) == theirs(compiled, tmp_path)
