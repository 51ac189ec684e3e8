"""The files of a kit and their digests: written once when it is built, held against what stands there at every start.

`manifest.json` names every file but those in `state/` and `out/`; the centre signs it (`manifest.json.minisig`, the format of
minisign). Whoever holds the stick can change the program along with what it checks: the start's check is against damage and
meddlers, the centre's `kit check` is the one that counts. Python 3.8-clean.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import stat
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

from atttcli.errors import InputError, IntegrityError, Where
from atttcli.field import strict_json
from atttcli.field.opening import NotReadable, open_regular, reason

FORMAT = "atttcli/kit-manifest/1"
FILE = "manifest.json"
SIGNATURE = FILE + ".minisig"
FREE = ("state", "out")  # what a kit writes itself
ADDED, CHANGED, MISSING = "added", "changed", "missing"
# What operating systems leave on every stick they meet; told apart, never taken for ours.
_LITTER = (
    "system volume information",
    "$recycle.bin",
    "desktop.ini",
    "thumbs.db",
    ".ds_store",
    ".fseventsd",
    "found.000",
)
_LITTER_BEGINS = (".trash-", "._", ".spotlight-")
# What can be started is nobody's litter: worms of USB sticks hide in just these folders.
_RUNS = (
    ".exe", ".dll", ".scr", ".com", ".pif", ".lnk", ".bat", ".cmd", ".ps1", ".vbs", ".vbe", ".js", ".jse", ".wsf", ".hta",
    ".inf", ".msi", ".jar", ".py", ".pyc", ".pyd", ".so", ".sh",
)  # fmt: skip
_MOST_FILES = 50_000
_MOST_BYTES = 16 * 1024 * 1024
_CHUNK = 1024 * 1024


class Difference(NamedTuple):
    """One file that is not as it was built. `litter`: left by an operating system, not by anybody's hand."""

    path: str
    what: str
    litter: bool = False


class Contents(NamedTuple):
    """What a kit was built with: path below it, with `/`, to size and sha256."""

    number: str
    files: Dict[str, Tuple[int, str]]

    def encoded(self) -> bytes:
        """The bytes that are signed."""
        files = {path: [size, sha256] for path, (size, sha256) in self.files.items()}
        return strict_json.dumps({"format": FORMAT, "kit": self.number, "files": files}) + b"\n"


def contents_of(folder: str, number: str) -> Contents:
    """Digest a kit that was just put together."""
    return Contents(number, {path: _digest(folder, path) for path in _files(folder) if path not in (FILE, SIGNATURE)})


def read_contents(folder: str) -> Contents:
    """The manifest of a kit; IntegrityError when it cannot be read. Its signature is another matter."""
    try:
        value = strict_json.loads(_read(folder, FILE, _MOST_BYTES)[:-1], _MOST_BYTES)
        if value.keys() != {"format", "kit", "files"} or value["format"] != FORMAT:
            raise ValueError("another format")
        files = {_checked(name): (int(size), str(sha256)) for name, (size, sha256) in value["files"].items()}
        return Contents(str(value["kit"]), files)
    except (NotReadable, OSError, ValueError, KeyError, TypeError, AttributeError):
        where = Where(os.path.join(folder, FILE))
        raise IntegrityError("the kit's list of its files is damaged", where=where) from None


def _checked(name: Any) -> str:
    text = str(name)
    if not text or text.startswith("/") or "\\" in text or ":" in text or ".." in text.split("/"):
        raise ValueError("a path that leads elsewhere")
    return text


def differences(folder: str, contents: Contents) -> Iterator[Difference]:
    """What was added, changed or is missing; nothing for a whole kit. Reads every file once."""
    there = set(_files(folder)) - {FILE, SIGNATURE}
    for path in sorted(there | contents.files.keys()):
        if path not in contents.files:
            yield Difference(path, ADDED, is_litter(path))
        elif path not in there:
            yield Difference(path, MISSING)
        else:
            try:
                same = _digest(folder, path) == contents.files[path]
            except InputError:
                same = False
            if not same:
                yield Difference(path, CHANGED)


def is_signed(folder: str, public: bytes) -> bool:
    """Whether this key signed the manifest. Needs PyNaCl."""
    from nacl.exceptions import CryptoError
    from nacl.signing import VerifyKey

    try:
        lines = _read(folder, SIGNATURE, 4096).decode("ascii").split("\n")
        digest = hashlib.blake2b(_read(folder, FILE, _MOST_BYTES), digest_size=64).digest()
        signature = base64.b64decode(lines[1], validate=True)
        VerifyKey(public).verify(digest, signature[10:])
    except (NotReadable, OSError, ValueError, IndexError, binascii.Error, CryptoError):
        return False
    return signature[:2] == b"ED"


def _read(folder: str, name: str, most: int) -> bytes:
    fd, _ = open_regular(os.path.join(folder, name))
    with os.fdopen(fd, "rb") as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise ValueError("too large")
    return data


def _files(folder: str) -> Iterator[str]:
    """Every file, link or odd thing below the kit but in its own `state/` and `out/`; links are not followed."""
    waiting: List[str] = [""]
    count = 0
    while waiting:
        inner = waiting.pop()
        try:
            with os.scandir(os.path.join(folder, *inner.split("/")) if inner else folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            if not inner:
                raise InputError("the kit cannot be listed: %s" % reason(error), where=Where(folder)) from None
            yield inner  # a folder that nobody can look into is something added
            continue
        for entry in listed:
            path = inner + "/" + entry.name if inner else entry.name
            if _is_folder(entry):
                if path not in FREE:
                    waiting.append(path)
                continue
            count += 1
            if count > _MOST_FILES:
                raise InputError("more files than any kit has", where=Where(folder))
            yield path


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return stat.S_ISDIR(entry.stat(follow_symlinks=False).st_mode) and not entry.is_symlink()
    except OSError:
        return False


def is_litter(path: str) -> bool:
    """Whether an operating system leaves such a thing on the sticks that it meets."""
    parts = path.lower().split("/")
    if parts[-1].endswith(_RUNS):
        return False
    return any(part in _LITTER or part.startswith(_LITTER_BEGINS) for part in parts[:1] + parts[-1:])


def _digest(folder: str, path: str) -> Tuple[int, str]:
    try:
        fd, _ = open_regular(os.path.join(folder, *path.split("/")))
    except NotReadable as refused:
        raise InputError(refused.why, where=Where(path)) from None
    digest, size = hashlib.sha256(), 0
    try:
        with os.fdopen(fd, "rb") as stream:
            while True:
                piece = stream.read(_CHUNK)
                if not piece:
                    return size, digest.hexdigest()
                size += len(piece)
                digest.update(piece)
    except OSError as error:
        raise InputError(reason(error), where=Where(path)) from None
