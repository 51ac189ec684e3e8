"""Whether this folder is what its maker put together: every file of SHA256SUMS has its digest, and nothing was added.

Standard library only: it runs before anything is installed, on Linux and on Windows.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

OUTSIDE = {"SHA256SUMS", "SHA256SUMS.minisig"}


def digest(path: Path) -> str:
    running = hashlib.sha256()
    with path.open("rb") as stream:
        for piece in iter(lambda: stream.read(1 << 20), b""):
            running.update(piece)
    return running.hexdigest()


def problems(folder: Path) -> Iterator[str]:
    named = {}
    for line in (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        value, _, name = line.partition("  ")
        named[name] = value
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() or path.is_symlink()}
    for name in sorted(named.keys() - found):
        yield "missing: " + name
    for name in sorted(found - named.keys() - OUTSIDE):
        yield "added: " + name
    for name in sorted(named.keys() & found):
        if (folder / name).is_symlink() or digest(folder / name) != named[name]:
            yield "changed: " + name


def main() -> int:
    folder = Path(__file__).resolve().parent
    wrong = list(problems(folder))
    for line in wrong:
        print(ascii(line))
    return 7 if wrong else 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())
